# SPDX-License-Identifier: Apache-2.0
"""The DNS part of the demo: queries, the expected answers, and their records."""

import contextlib
import dataclasses
import json
import re
import socket
import subprocess
import textwrap
import time

from screen import WIDTH, cut, say_verdict, style

UNAUTHORISED = "127.9.9.9"  # a source that is in no block of the demo's prefix list
CLIENT = "127.0.0.1"
RECORD_SECONDS = 10.0  # a record is written within a second; a busy machine may take longer


@dataclasses.dataclass
class Question:
    """A query and its expected answer."""
    title: str
    name: str
    type: str
    status: str = "NOERROR"
    answers: list[str] = dataclasses.field(default_factory=list)  # RDATA, in any order
    note: str = ""
    address: int = 0  # index of the queried endpoint address
    transports: tuple[str, ...] = ("UDP",)  # of its records
    shows: str = ""  # a text that dig's output must contain
    lengthy: bool = False  # its answer is too long to print


def questions(target):
    vpce = target.vpc_endpoint
    region = vpce["service_name"].split(".")[2]
    service = f"execute-api.{region}.amazonaws.com"
    vpce_name = f"{vpce['id']}-{vpce['dns_suffix']}"
    both = ["10.0.12.179", "10.0.140.226"]
    zone = target.zone
    return [
        Question("The private REST API, at the address in the first Availability Zone",
                 f"{target.api}.{service}", "A", answers=both,
                 note="both network interfaces of the VPC endpoint; which is first changes"),
        Question("The same at the address in the other Availability Zone", f"{target.api}.{service}", "A",
                 answers=both, address=1),
        Question("It has no IPv6 address: NODATA, with an SOA so that the forwarder can cache it",
                 f"{target.api}.{service}", "AAAA", shows="SOA"),
        Question("An unknown API id: private DNS applies to all APIs of the region", f"zzzzzzzzzz.{service}",
                 "A", answers=both, note="AWS resolves it too; the gateway then answers 403"),
        Question("The service's own name", service, "A", answers=both),
        Question("The API by the name of its endpoint", f"{target.api}-{vpce['id']}.{service}", "A",
                 answers=both),
        Question("The VPC endpoint, regional name",
                 f"{vpce_name}.execute-api.{region}.vpce.amazonaws.com", "A", answers=both),
        Question("The VPC endpoint, one Availability Zone",
                 f"{vpce_name}-{region}a.execute-api.{region}.vpce.amazonaws.com", "A",
                 answers=["10.0.12.179"]),
        Question("A name of the private hosted zone", f"db.{zone}", "A", answers=["10.0.12.21"]),
        Question("An alias in it, with the addresses of its target", f"www.{zone}", "A",
                 answers=[f"web.{zone}.", "10.0.12.31", "10.0.140.31"]),
        Question("An alias that leads to the private REST API", f"api.{zone}", "A",
                 answers=[f"{target.api}.{service}.", *both]),
        Question("A wildcard", f"anything.apps.{zone}", "A", answers=["10.0.12.51"]),
        Question("A name with names below it but no record: NODATA, not NXDOMAIN",
                 f"dev.{zone}", "A", shows="SOA"),
        Question("A name that the zone does not have", f"nowhere.{zone}", "A", status="NXDOMAIN",
                 shows="SOA"),
        Question("An answer too large for UDP: truncated, then repeated over TCP",
                 f"large.{zone}", "TXT", transports=("UDP", "TCP"), lengthy=True,
                 shows="retrying in TCP mode"),
        Question("A name that no zone, endpoint or rule covers", "www.example.org", "A", status="REFUSED",
                 shows="EDE: 20", note="no rule covers it"),
    ]


class Log:
    """The query log, from its end at the start of the demo."""

    def __init__(self, path):
        self.path = path
        self.start = path.stat().st_size if path.exists() else 0

    def records(self):
        with contextlib.suppress(FileNotFoundError), self.path.open("rb") as file:
            file.seek(self.start)
            lines = file.read().split(b"\n")[:-1]  # the last one has no newline yet
            return [json.loads(line) for line in lines]
        return []

    def records_of(self, port, name, count):
        """Returns the records of one client; waits for `count` of them for a limited time."""
        deadline = time.monotonic() + RECORD_SECONDS
        while True:
            found = [r for r in self.records()
                     if r["srcport"] == str(port) and r["query_name"] == f"{name}."]
            if len(found) >= count or time.monotonic() > deadline:
                return found
            time.sleep(0.01)


def gets_no_handshake(address):
    """Returns true if a SYN from an unauthorised source gets no answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((UNAUTHORISED, 0))
        probe.settimeout(0.5)
        try:
            probe.connect(address)
        except TimeoutError:
            return True
        except OSError:
            return False  # a reset is an answer
        return False


def free_port():
    """Returns a free source port for a client, which identifies its record. It is also free for TCP, because dig
    would otherwise choose another one."""
    while True:
        with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
              socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream):
            datagrams.bind((CLIENT, 0))
            port = datagrams.getsockname()[1]
            try:
                stream.bind((CLIENT, port))
            except OSError:
                continue
            return port


def dig(target, index, name, qtype, source, port=0, extra=()):
    host, server_port = target.listen(index)
    return subprocess.run(
        ["dig", f"@{host}", "-p", str(server_port), "-b", f"{source}#{port}", name, qtype, *extra],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def show_command(target, index, name, qtype, extra=""):
    host, port = target.listen(index)
    print(f"   $ dig @{host} -p {port} {extra}{name} {qtype}")


def answer_lines(output):
    """Returns the records of dig's answer section."""
    section = re.search(r"^;; ANSWER SECTION:\n(.*?)\n\n", output, re.MULTILINE | re.DOTALL)
    return section.group(1).split("\n") if section else []


def rdata_of(line):
    return line.split(None, 4)[4]


def show_answer(question, output):
    status = re.search(r"status: (\w+)", output)
    if not status:
        print(textwrap.indent(output, "     "))
        return
    flags = re.search(r"flags: ([a-z ]+);", output).group(1)
    size = re.search(r"MSG SIZE\s+rcvd: (\d+)", output).group(1)
    print(f"     {status.group(1)}, flags {flags}, {size} bytes")
    lines = answer_lines(output)
    for line in lines[:1] if question.lengthy else lines:
        owner, ttl, _, rrtype, rdata = line.split(None, 4)
        rest = cut(f"  {ttl}  {rrtype}  {rdata}", max(WIDTH // 2, WIDTH - 5 - len(owner)))
        print(f"     {cut(owner, WIDTH - 5 - len(rest))}{rest}")
    if question.lengthy:
        print(f"     … {len(lines) - 1} similar records")
    for line in output.splitlines():
        if re.match(r"; EDE|[^;].*\sSOA\s|.*retrying in TCP", line):
            print(cut(f"     {' '.join(line.lstrip('; ').split())}", WIDTH))


def wrapped(record):
    """Returns the record as in the file, with line breaks before fields."""
    lines = [""]
    for piece in re.split(r'(?<=,)(?=["{])', json.dumps(record, separators=(",", ":"))):
        if len(lines[-1]) + len(piece) > WIDTH - 8:
            lines.append("")
        lines[-1] += piece
    return lines


def show_record(record, whole):
    if whole:
        lines = wrapped(record)
    else:
        answers = ", ".join(a["Rdata"] for a in record["answers"]) or "no answers"
        lines = [f"{record['query_timestamp']} {record['query_type']} {record['rcode']}"
                 f" {record['transport']} from {record['srcaddr']}:{record['srcport']}"
                 f" at {record['srcids']['resolver_network_interface']}",
                 cut(answers, WIDTH - 8)]
    for number, line in enumerate(lines):
        print(style.dim(f"   {'log' if number == 0 else '   '}  {line}"))


def faults_of(question, output, records, interface):
    """Returns the differences from the expected result, as texts."""
    faults = []
    status = re.search(r"status: (\w+)", output)
    if not status or status.group(1) != question.status:
        faults.append(f"expected {question.status}")
    got = [rdata_of(line) for line in answer_lines(output)]
    if not question.lengthy and sorted(got) != sorted(question.answers):
        faults.append(f"expected the answers {question.answers}")
    if question.lengthy and not got:
        faults.append("expected an answer")
    if question.shows not in output:
        faults.append(f"expected {question.shows!r} in the response")
    if [r["transport"] for r in records] != list(question.transports):
        faults.append(f"expected log records over {', '.join(question.transports)} within a second")
    for record in records[-1:]:
        logged = {"query_name": f"{question.name}.", "query_type": question.type,
                  "rcode": question.status, "srcaddr": CLIENT}
        faults += [f"expected {key} {value!r} in the record" for key, value in logged.items()
                   if record[key] != value]
        if [a["Rdata"] for a in record["answers"]] != got:
            faults.append("expected the record to have the answers of the response, in their order")
        if record["srcids"]["resolver_network_interface"] != interface:
            faults.append(f"expected the interface {interface} in the record")
    return faults


def in_order(records, transports):
    """Returns records in the order of their transports. Each worker writes its own records, so their order in
    the file may differ from that of the queries."""
    places = {transport: place for place, transport in enumerate(transports)}
    return sorted(records, key=lambda record: places.get(record["transport"], len(places)))


def ask(number, question, target, log):
    """Sends one query, shows the result, and returns whether it is as expected."""
    print(f"\n{style.bold(f'{number:2}. {question.title}')}")
    port = free_port()
    show_command(target, question.address, question.name, question.type)
    output = dig(target, question.address, question.name, question.type, CLIENT, port)
    show_answer(question, output)
    if question.note:
        print(style.dim(f"     ({question.note})"))
    records = in_order(log.records_of(port, question.name, len(question.transports)), question.transports)
    for record in records:
        show_record(record, whole=number == 1)
    interface = target.addresses[question.address]["resolver_network_interface"]
    return say_verdict(faults_of(question, output, records, interface))


def ask_unauthorised(number, target, name):
    print(f"\n{style.bold(f'{number:2}. A source that no rule of the security group admits')}")
    show_command(target, 0, name, "A", extra=f"-b {UNAUTHORISED} ")
    output = dig(target, 0, name, "A", UNAUTHORISED, extra=("+tries=1", "+timeout=1"))
    silent = "timed out" in output or "no servers could be reached" in output
    print("     no answer" if silent else textwrap.indent(output, "     "))
    handshake = not gets_no_handshake(target.listen(0))
    print(f"     TCP: {'a handshake' if handshake else 'no handshake'}")
    faults = ([] if silent else ["expected no answer"]) + (
        ["expected no TCP handshake"] if handshake else [])
    return say_verdict(faults)


def check_no_unauthorised(log):
    """Checks that the log has no record of the unauthorised source."""
    seen = [r for r in log.records() if r["srcaddr"] == UNAUTHORISED]
    print(f"   log  {len(log.records())} records in total, {len(seen)} of {UNAUTHORISED}")
    return say_verdict([f"expected no record of {UNAUTHORISED}"] if seen else [])
