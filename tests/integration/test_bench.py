# SPDX-License-Identifier: Apache-2.0
"""inlet53 bench: its counters, with the daemon and with misbehaving servers."""

import json
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from support import API, BUILD, DEADLINE, free_endpoint, wait_until

TOOL = BUILD / "inlet53"
KEYS = ["target", "transport", "sockets", "skipped_lines", "seconds", "sent", "answered", "lost", "late", "behind", "wrong",
        "truncated", "reconnects", "queries_per_second", "rcodes", "latency_us", "histogram"]
# Long enough that no answer is lost on a slow machine.
PATIENCE = ("--timeout", "60")


def at(endpoint):
    return "%s:%d" % endpoint


def bench(endpoint, *arguments):
    return subprocess.run([TOOL, "bench", at(endpoint), *map(str, arguments)], text=True,
                          capture_output=True, timeout=DEADLINE)


def report(endpoint, *arguments, status=0):
    """Runs it, checks the exit status, and returns the JSON report."""
    run = bench(endpoint, "-o", "json", *arguments)
    assert run.returncode == status, run.stdout + run.stderr
    assert run.stderr == ""
    return json.loads(run.stdout)


class Server:
    """A server on its own thread; `serve` is called until the server is stopped."""

    def __init__(self, kind):
        self.endpoint = free_endpoint()
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.endpoint)
        self.socket.settimeout(0.1)
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()
        self.socket.close()

    def run(self):
        while not self.stopped.is_set():
            try:
                self.serve()
            except TimeoutError:
                pass


def answer(query, *, flip_id=0):
    """Returns the query as a NOERROR response without records."""
    message = bytearray(query)
    message[1] ^= flip_id
    message[2] |= 0x80
    return bytes(message)


class UdpServer(Server):
    """Sends the result of `answers` for a query and its number."""

    def __init__(self, answers):
        super().__init__(socket.SOCK_DGRAM)
        self.answers = answers
        self.received = 0

    def serve(self):
        query, client = self.socket.recvfrom(512)
        self.received += 1
        for message in self.answers(self.received, query):
            self.socket.sendto(message, client)


class TcpServer(Server):
    """Answers one query on each connection, then closes it."""

    def __init__(self):
        super().__init__(socket.SOCK_STREAM)
        self.served = 0
        self.socket.listen()

    def serve(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.settimeout(0.5)
            length = connection.recv(2, socket.MSG_WAITALL)
            if len(length) < 2:
                return
            query = connection.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL)
            # In two parts, as a network may deliver it.
            connection.sendall(length + query[:1])
            connection.sendall(answer(query)[1:])
            self.served += 1
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):  # an unread query would cause a reset
                pass


@pytest.mark.parametrize("sockets", [1, 3, 16])
def test_udp(shared_daemon, sockets):
    got = report(shared_daemon.endpoints[0], "--sockets", sockets, "--queries", 2000, *PATIENCE)
    assert list(got) == KEYS
    assert got["target"] == at(shared_daemon.endpoints[0])
    assert (got["transport"], got["sockets"]) == ("UDP", sockets)
    assert got["sent"] == got["answered"] == 2000
    assert got["lost"] == got["late"] == got["wrong"] == got["reconnects"] == 0
    assert got["rcodes"] == {"NOERROR": 2000}
    assert got["queries_per_second"] == pytest.approx(2000 / got["seconds"])


def test_latency_and_histogram_agree(shared_daemon):
    got = report(shared_daemon.endpoints[0], "--queries", 1000, *PATIENCE)
    assert list(got["latency_us"]) == ["min", "mean", "p50", "p90", "p99", "p999", "max"]
    latency = got["latency_us"]
    assert 0 < latency["min"] <= latency["p50"] <= latency["p90"] <= latency["p99"]
    assert latency["p99"] <= latency["p999"] <= latency["max"]
    assert sum(count for _, count in got["histogram"]) == 1000
    uppers = [upper for upper, _ in got["histogram"]]
    assert uppers == sorted(uppers)
    assert latency["max"] <= uppers[-1] <= latency["max"] * 1.01


def test_tcp(shared_daemon):
    got = report(shared_daemon.endpoints[0], "--tcp", "--connections", 3, "--queries", 2000,
                 *PATIENCE)
    assert (got["transport"], got["sockets"]) == ("TCP", 3)
    assert got["sent"] == got["answered"] == 2000
    assert got["lost"] == got["wrong"] == got["reconnects"] == 0


@pytest.mark.parametrize("transport", [(), ("--tcp",)])
def test_paced(shared_daemon, transport):
    got = report(shared_daemon.endpoints[0], "--rate", 2000, "--queries", 500, *transport,
                 *PATIENCE)
    assert got["sent"] == got["answered"] == 500


def test_misses_are_nxdomain(shared_daemon):
    got = report(shared_daemon.endpoints[0], "--misses", 30, "--miss-domain", "corp.internal",
                 "--queries", 2000, *PATIENCE)
    assert set(got["rcodes"]) == {"NOERROR", "NXDOMAIN"}
    assert 400 < got["rcodes"]["NXDOMAIN"] < 800
    again = report(shared_daemon.endpoints[0], "--misses", 30, "--miss-domain", "corp.internal",
                   "--queries", 2000, *PATIENCE)
    assert again["rcodes"] == got["rcodes"]


def test_names_of_a_file_in_turn(daemon, tmp_path):
    names = tmp_path / "names"
    names.write_text(f"# what to ask\n{API}\nwww.corp.internal AAAA\nnot-there.corp.internal. MX\n")
    got = report(daemon.endpoints[0], "--names", names, "--sequential", "--type", "HTTPS",
                 "--queries", 3, "--outstanding", 1, *PATIENCE)
    assert got["rcodes"] == {"NOERROR": 2, "NXDOMAIN": 1}
    for name, rdtype in ((API, "HTTPS"), ("www.corp.internal", "AAAA"),
                         ("not-there.corp.internal", "MX")):
        daemon.wait_record(query_name=name + ".", query_type=rdtype)


def test_names_of_a_configuration(daemon):
    got = report(daemon.endpoints[0], "--config", daemon.config_file, "--sequential",
                 "--queries", 200, "--misses", 10, *PATIENCE)
    assert got["answered"] == 200
    assert 0 < got["rcodes"]["NXDOMAIN"] < 60  # below the hosted zone
    assert set(got["rcodes"]) == {"NOERROR", "NXDOMAIN"}
    daemon.wait_record(query_name=API + ".")
    daemon.wait_record(query_name="www.corp.internal.", query_type="CNAME")


def test_lost_queries_are_counted():
    every_second = lambda number, query: [answer(query)] if number % 2 else []
    with UdpServer(every_second) as server:
        got = report(server.endpoint, "--queries", 40, "--timeout", 1, status=1)
    assert got["sent"] == server.received == 40
    assert got["lost"] >= 20  # more on a slow machine
    assert got["answered"] == 40 - got["lost"]
    assert got["wrong"] == 0


def test_wrong_answers_are_counted():
    both = lambda number, query: [answer(query, flip_id=0x80), answer(query)]
    with UdpServer(both) as server:
        got = report(server.endpoint, "--queries", 40, "--outstanding", 1, *PATIENCE, status=1)
    assert got["answered"] == 40
    # The second message of the last one ends the run.
    assert got["wrong"] == 40


def test_late_answers_are_counted():
    held = []

    def after_the_next(_, query):
        held.append(query)
        return [answer(held.pop(0))] if len(held) > 1 else []
    with UdpServer(after_the_next) as server:
        got = report(server.endpoint, "--queries", 4, "--outstanding", 1, "--sockets", 1,
                     "--timeout", 0.5, status=1)
    assert got["answered"] == 0
    assert got["lost"] == 4
    assert 1 <= got["late"] <= 3  # the last is never answered; three except on a very slow machine
    assert got["wrong"] == 0


def test_a_pause_of_the_server_counts_for_every_waiting_query():
    def stalls_once(number, query):
        if number == 50:
            time.sleep(0.5)
        return [answer(query)]
    with UdpServer(stalls_once) as server:
        got = report(server.endpoint, "--rate", 1000, "--queries", 300, *PATIENCE)
    assert got["answered"] == 300
    # About 250 queries were due during the pause; more on a slow machine.
    assert sum(count for upper, count in got["histogram"] if upper > 100_000) >= 150


def test_truncated_answers_are_counted():
    with UdpServer(lambda _, query: [answer(query[:2] + b"\x03" + query[3:])]) as server:
        got = report(server.endpoint, "--queries", 10, *PATIENCE)
    assert got["truncated"] == got["answered"] == 10


def test_connections_that_close_are_opened_again():
    with TcpServer() as server:
        got = report(server.endpoint, "--tcp", "--connections", 1, "--outstanding", 1,
                     "--queries", 10, *PATIENCE, status=1)
    assert got["sent"] == 10
    assert got["reconnects"] >= 1
    assert got["answered"] >= 1
    assert got["answered"] + got["lost"] == 10


def test_it_ends_when_the_server_has_ended():
    """Without a time limit: it reports the answered queries; all others are lost or unsent."""
    with TcpServer() as server:
        run = subprocess.Popen([TOOL, "bench", at(server.endpoint), "--tcp", "--connections", "1", "--outstanding", "1",
                                "--queries", "1000000", "--timeout", "0.3", "-o", "json"], stdout=subprocess.PIPE)
        wait_until(lambda: server.served > 0, "an answer")
    out, _ = run.communicate(timeout=DEADLINE)
    assert run.returncode == 1
    assert 0 < json.loads(out)["sent"] < 1000000


def test_interrupt_ends_it_with_its_report(shared_daemon):
    before = len(shared_daemon.records())
    run = subprocess.Popen([TOOL, "bench", at(shared_daemon.endpoints[0]), "--rate", "200",
                            "--seconds", "600", "-o", "json", *PATIENCE],
                           stdout=subprocess.PIPE, text=True)
    wait_until(lambda: len(shared_daemon.records()) > before, "the first query")
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0
    got = json.loads(output)
    assert got["answered"] == got["sent"] > 0


def test_the_text_report(shared_daemon):
    run = bench(shared_daemon.endpoints[0], "--queries", 1234, *PATIENCE)
    assert run.returncode == 0
    assert run.stderr == ""  # no progress output without a terminal
    assert re.match(r"127\.53\.\d+\.\d+:\d+ over UDP, 64 sockets, \d+\.\d\d s\n", run.stdout)
    assert re.search(r"^  answered +1 234$", run.stdout, re.MULTILINE)
    assert re.search(r"^  p99\.9 +\d+\.\d us$", run.stdout, re.MULTILINE)


@pytest.mark.parametrize("transport", [(), ("--tcp",), ("--rate", "100")])
def test_a_closed_port_is_reported_at_once(transport):
    endpoint = free_endpoint()
    run = bench(endpoint, "--seconds", 1_000_000, *transport)
    assert run.returncode == 1
    assert re.fullmatch(rf"inlet53: {re.escape(at(endpoint))} \((UDP|TCP)\): Connection refused\n",
                        run.stderr)
    assert run.stdout == ""


def test_lines_that_cannot_be_used_are_skipped_and_counted(daemon, tmp_path):
    names = tmp_path / "names"
    names.write_text(f"{API} A IN\nb..test\n{API} BOGUS\nwww.corp.internal AAAA E\n" + 20 * "c..test\n")
    arguments = ("--names", names, "--sequential", "--queries", 10, *PATIENCE)
    run = bench(daemon.endpoints[0], *arguments, "-o", "json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["skipped_lines"] == 22
    said = run.stderr.splitlines()
    assert said[:3] == [f"inlet53: {names}:2: not a domain name: b..test; skipped",
                        f"inlet53: {names}:3: not a type: BOGUS; skipped",
                        f"inlet53: {names}:5: not a domain name: c..test; skipped"]
    assert said[10:] == ["inlet53: 22 lines are skipped in total"]
    assert re.search(r"^  lines skipped +22$", bench(daemon.endpoints[0], *arguments).stdout, re.M)


def test_a_server_may_be_a_host_name():
    """The first address of the name, which the report shows."""
    address = socket.getaddrinfo("localhost", None, type=socket.SOCK_DGRAM)[0][4][0]
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 0))
        server.settimeout(DEADLINE)
        port = server.getsockname()[1]
        with subprocess.Popen([TOOL, "bench", f"localhost:{port}", "--queries", "1", "-o", "json", *PATIENCE],
                              stdout=subprocess.PIPE) as run:
            query, client = server.recvfrom(512)
            server.sendto(query[:2] + b"\x80\x00" + query[4:], client)
            said = json.loads(run.stdout.read())
        assert run.returncode == 0
        assert said["target"] == (f"[{address}]:{port}" if ":" in address else f"{address}:{port}")


def test_a_server_with_an_unknown_host_name():
    run = subprocess.run([TOOL, "bench", "no-such-host.invalid", "--queries", "1"], text=True, capture_output=True,
                         timeout=DEADLINE)
    assert run.returncode == 1
    assert run.stderr.startswith("inlet53: no-such-host.invalid cannot be resolved: ")


def test_bad_names_are_usage_errors(tmp_path):
    endpoint = free_endpoint()
    names = tmp_path / "names"
    for text, complaint in (("# x\nb..test\n", ":2: not a domain name: b..test; none of 1 lines is valid"),
                            ("a.test BOGUS\n", ":1: not a type: BOGUS; none of 1 lines is valid"),
                            ("# nothing\n", ": contains no names")):
        names.write_text(text)
        run = bench(endpoint, "--names", names)
        assert (run.returncode, run.stderr) == (2, f"inlet53: {names}{complaint}\n")
    run = bench(endpoint, "--names", tmp_path / "absent")
    assert (run.returncode, run.stderr) == (
        2, f"inlet53: {tmp_path}/absent: No such file or directory\n")


def test_bad_options_are_usage_errors():
    for wrong in ([], ["local host"], ["localhost:0"], ["localhost:x"], ["localhost:1:2"], ["127.0.0.300"], ["127.0.0.1:0"], ["127.0.0.1:65536"], ["[127.0.0.1]:53"],
                  ["::1", "--rate", "0"], ["::1", "--rate", "5", "--outstanding", "5"],
                  ["::1", "--tcp", "--sockets", "5"], ["::1", "--connections", "5"],
                  ["::1", "--type", "BOGUS"], ["::1", "--miss-domain", "a..b"],
                  ["::1", "--names", "x", "--config", "y"], ["::1", "--misses", "101"],
                  ["::1", "--sockets", "0"], ["::1", "--seed", "-1"], ["::1", "-o", "xml"]):
        run = subprocess.run([TOOL, "bench", *wrong], capture_output=True, timeout=DEADLINE)
        assert run.returncode == 2, wrong


def test_a_bad_configuration_is_exit_code_3(tmp_path):
    config = tmp_path / "bad.toml"
    config.write_text("region = 5\n")
    run = bench(free_endpoint(), "--config", config)
    assert run.returncode == 3
    assert run.stderr.startswith(f"inlet53: {config}:1:")
