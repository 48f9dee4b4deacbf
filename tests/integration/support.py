# SPDX-License-Identifier: Apache-2.0
"""Shared parts of the integration tests: free addresses, a running inlet53d, its query log."""

import contextlib
import errno
import json
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

BUILD = Path(os.environ.get("INLET53_BUILD", "build")).resolve()
SOURCE = Path(__file__).resolve().parents[2]

# Long enough for a slow shared machine. No test waits this long without a fault.
DEADLINE = 60.0

API = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com"
VPCE = "vpce-0ac4147ba9386c9f7"
ADDRESSES = ["10.0.12.179", "10.0.140.226"]


def wait_until(condition, what, deadline=DEADLINE):
    """Waits until `condition` returns a true value, and returns this value."""
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:.0f} s in vain for {what}")
        time.sleep(0.02)


@contextlib.contextmanager
def held_file(path):
    """Replaces a file by a FIFO: a process that reads it waits until the end of the `with`, when it reads an
    empty file. Yields a function that waits for the reader."""
    path = Path(path)
    path.unlink()
    os.mkfifo(path)
    held = []

    def has_reader():
        try:
            held.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True
    try:
        yield lambda: wait_until(has_reader, f"a reader of {path}")
    finally:
        for end in held:
            os.close(end)


def free_port(address, family=socket.AF_INET):
    """Returns a port that is free for UDP and TCP at `address`. It is below the ephemeral ports, because a client
    could get one of those before the caller binds it."""
    while True:
        port = random.randrange(10_000, 32_000)
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(family, kind) as attempt:
                    attempt.bind((address, port))
            return port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise


def free_endpoint(address=None):
    """Returns (address, port) on loopback; other tests are unlikely to use the address."""
    if address is None:
        address = f"127.53.{random.randint(1, 254)}.{random.randint(1, 254)}"
    return address, free_port(address)


def ask(endpoint, name, rdtype="A", *, tcp=False, timeout=DEADLINE, source="127.0.0.1", **options):
    """Sends one query and returns the response. Options are those of dns.message.make_query."""
    query = dns.message.make_query(name, rdtype, **options)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, endpoint[0], timeout=timeout, port=endpoint[1], source=source)


def ask_as_stub(endpoint, name, rdtype="A", *, timeout=DEADLINE, retry=2.0, source="127.0.0.1", **options):
    """Queries like a stub resolver: it repeats the same message from the same port until a response arrives. A
    forwarder distinguishes such a repetition from a new query and then tries its other servers (dnsmasq
    does so only then)."""
    query = dns.message.make_query(name, rdtype, **options)
    end = time.monotonic() + timeout
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.setblocking(False)
        while True:
            try:
                return dns.query.udp(query, endpoint[0], timeout=retry, port=endpoint[1], sock=sock)
            except dns.exception.Timeout:
                if time.monotonic() > end:
                    raise


def addresses(response):
    """Returns the texts of the A and AAAA records in the answer."""
    wanted = (dns.rdatatype.A, dns.rdatatype.AAAA)
    return [r.to_text() for rrset in response.answer if rrset.rdtype in wanted for r in rrset]


TOPOLOGY = """
region = "eu-west-1"
account_id = "123456789012"

[vpc.demo]
id = "vpc-0c00ca6aa29c8472f"
cidr_blocks = ["10.0.0.0/16"]

[subnet.private-a]
vpc = "demo"
availability_zone = "eu-west-1a"
cidr_block = "10.0.0.0/17"

[subnet.private-b]
vpc = "demo"
availability_zone = "eu-west-1b"
cidr_block = "10.0.128.0/17"

[prefix_list.on-premises]
address_family = "IPv4"
entries = [{{ cidr = "172.31.0.0/16" }}, {{ cidr = "127.0.0.0/16" }}]

[security_group.resolver]
vpc = "demo"
ingress = [
  {{ protocol = "tcp", port = 53, prefix_list = "on-premises" }},
  {{ protocol = "udp", port = 53, prefix_list = "on-premises" }},
]

[security_group.vpc-endpoint]
vpc = "demo"
ingress = [{{ protocol = "tcp", port = 443, prefix_list = "on-premises" }}]

[resolver_endpoint.inbound]
id = "rslvr-in-a7dd746257784e148"
direction = "{direction}"
security_groups = ["resolver"]

[[resolver_endpoint.inbound.ip_address]]
id = "rni-3a4a0caca1d0412ab"
subnet = "private-a"
address = "10.0.10.10"
listen = "{listen_a}"

[[resolver_endpoint.inbound.ip_address]]
id = "rni-4b5b1dbdb2e1523bc"
subnet = "private-b"
address = "10.0.150.10"
listen = "{listen_b}"
enabled = {enabled_b}

[vpc_endpoint.execute-api]
id = "vpce-0ac4147ba9386c9f7"
vpc = "demo"
service_name = "com.amazonaws.eu-west-1.execute-api"
dns_suffix = "abcd1234"
private_dns = "{private_dns}"
security_groups = ["vpc-endpoint"]

[[vpc_endpoint.execute-api.network_interface]]
subnet = "private-a"
address = "10.0.12.179"

[[vpc_endpoint.execute-api.network_interface]]
subnet = "private-b"
address = "10.0.140.226"

[rest_api.hello]
id = "dligg9dxuk"
vpc_endpoints = ["execute-api"]

[hosted_zone.corp]
domain_name = "corp.internal"
file = "{zone}"
vpcs = ["demo"]

[query_log]
file = "{log}"
{more}
"""

ZONE = """$TTL 300
@          SOA   ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400
@          NS    ns-1536.awsdns-00.co.uk.
app        A     10.0.20.10
app        A     10.0.20.11
app        AAAA  fd00:53::10
www        CNAME app
*.apps     A     10.0.20.20
host.deep  A     10.0.20.30
mail       MX    10 mx1
mx1        A     10.0.20.25
large      TXT   {large}
many       A     10.1.0.1
{many}
sub        NS    ns.sub
ns.sub     A     10.0.30.1
"""


def zone_text():
    large = " ".join('"%s"' % (chr(ord("a") + i) * 200) for i in range(14))
    many = "\n".join(f"many A 10.1.0.{i}" for i in range(2, 101))
    return ZONE.format(large=large, many=many)


class Daemon:
    """One inlet53d with two endpoint IP addresses, with its files in `folder`."""

    def __init__(self, folder, *, more="", arguments=(), zone=None, **topology):
        self.folder = Path(folder)
        self.endpoints = [free_endpoint(), free_endpoint()]
        self.log_file = self.folder / "query.log"
        self.config_file = self.folder / "inlet53.toml"
        self.zone_file = self.folder / "corp.zone"
        self.arguments = list(arguments)
        self.values = {
            "direction": "INBOUND",
            "enabled_b": "true",
            "private_dns": "enabled",
            "more": more,
            "zone": self.zone_file.name,
            "log": self.log_file.name,
            "listen_a": "%s:%d" % self.endpoints[0],
            "listen_b": "%s:%d" % self.endpoints[1],
            **topology,
        }
        self.zone_file.write_text(zone_text() if zone is None else zone)
        self.write_config()
        self.operator_log = self.folder / "operator.log"
        self.process = None

    def write_config(self, **changes):
        self.values.update(changes)
        self.config_file.write_text(TOPOLOGY.format(**self.values))

    def start(self):
        with open(self.operator_log, "ab") as log:
            self.process = subprocess.Popen(
                [BUILD / "inlet53d", "--config", self.config_file, *self.arguments],
                stderr=log, stdout=log)
        self.wait_message("serving")
        wait_until(self.answers, "an answer")
        return self

    def answers(self):
        assert self.process.poll() is None, self.operator_log.read_text()
        try:
            ask(self.endpoints[0], "ready.invalid", timeout=0.5)
            return True
        except dns.exception.Timeout:
            return False

    def messages(self):
        return self.operator_log.read_text()

    def wait_message(self, words, count=1):
        def seen():
            assert self.process.poll() is None or self.messages().count(words) >= count, self.messages()
            return self.messages().count(words) >= count
        wait_until(seen, f"{words!r} in the operator log")

    def reload(self):
        """Sends HUP and returns the last log line of the reload."""
        before = self.reloads()
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.reloads() > before, "the reload")

    def reloads(self):
        return self.messages().count("reloaded ") + self.messages().count("reload refused")

    def stop(self):
        """Sends TERM and returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)

    def records(self):
        """Returns the records in the log file; an unterminated last line does not count."""
        if not self.log_file.exists():
            return []
        lines = self.log_file.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines]

    def wait_record(self, **fields):
        """Waits for the first record with these fields, and returns it."""
        def found():
            for record in self.records():
                if all(record.get(key) == value for key, value in fields.items()):
                    return record
            return None
        return wait_until(found, f"a record with {fields}")
