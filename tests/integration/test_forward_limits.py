# SPDX-License-Identifier: Apache-2.0
"""Limits of queries that wait for targets: shares of clients, memory, extended errors of refusals."""

import socket

import dns.message
import dns.rcode
import pytest

from rules import error_of, host, refusals, rule, start
from support import addresses, ask, wait_until
from targets import ScriptedTarget, dead_endpoint


class Client:
    """Sends queries from one address and reads the responses."""

    def __init__(self, address, endpoint):
        self.endpoint = endpoint
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((address, 0))
        self.socket.setblocking(False)
        self.responses = []

    def send(self, name):
        self.socket.sendto(dns.message.make_query(name, "A", use_edns=0).to_wire(), self.endpoint)

    def read(self):
        while True:
            try:
                self.responses.append(self.socket.recv(4096))
            except BlockingIOError:
                return self.responses


@pytest.fixture
def picky():
    """A target that answers names that begin with `ok` and drops all others."""
    target = ScriptedTarget(lambda query, _: host(query) if str(query.question[0].name).lower().startswith("ok")
                            else None)
    yield target
    target.stop()


def test_many_unanswered_names_leave_room_for_other_names_of_a_target(tmp_path, picky):
    running = start(tmp_path, rule("partner", "partner.test", picky.endpoint), more='[forward]\nquery_timeout = "10 s"\n')
    endpoint = running.endpoints[0]
    assert addresses(ask(endpoint, "ok-first.partner.test")) == ["10.1.1.2"]
    client = Client("127.0.0.2", endpoint)
    for i in range(1200):  # twice as many as fill all sockets
        client.send(f"lost{i}.partner.test")
        if i % 50 == 49:  # without it, the target would count as unresponsive, which has a lower limit
            assert addresses(ask(endpoint, f"ok{i}.partner.test", source="127.0.0.2")) == ["10.1.1.2"]
    assert running.stop() == 0, running.messages()
    assert refusals(running.messages()) == {}


def test_one_client_leaves_places_at_a_target_to_other_clients(tmp_path, picky):
    more = '[forward]\nquery_timeout = "5 s"\nmax_in_flight_per_target = 180\n'
    running = start(tmp_path, rule("partner", "partner.test", picky.endpoint), more=more)
    endpoint = running.endpoints[0]
    assert addresses(ask(endpoint, "ok-first.partner.test")) == ["10.1.1.2"]
    greedy = Client("127.0.0.2", endpoint)
    for i in range(400):
        greedy.send(f"lost{i}.partner.test")
    wait_until(lambda: len(greedy.read()) == 240, "the refusals of what is over its share")
    for response in map(dns.message.from_wire, greedy.responses):
        assert response.rcode() == dns.rcode.SERVFAIL
        assert error_of(response) == (0, "this client uses its share of the places at the targets of the rule")
    # Other clients are answered, also one that sends many names at once.
    for i in range(15):
        assert addresses(ask(endpoint, f"ok{i}.partner.test", source="127.0.0.3")) == ["10.1.1.2"]
    assert running.stop() == 0, running.messages()
    assert refusals(running.messages()) == {"client_at_targets": 240}


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def has_own_allocator(pid):
    """Returns whether the daemon uses the address sanitizer's allocator, which keeps freed memory for a while."""
    with open(f"/proc/{pid}/maps") as maps:
        return "libasan" in maps.read()


def test_memory_of_waiting_queries_is_bounded_and_returned(tmp_path, picky):
    """40 clients with 900 names each, at targets that do not answer."""
    dead = [dead_endpoint() for _ in range(4)]
    rules = [rule(f"r{i}", f"r{i}.test", endpoint) for i, (_, endpoint) in enumerate(dead)]
    running = start(tmp_path, rule("healthy", "healthy.test", picky.endpoint), *rules,
                    more='\n[cache]\nsize = "1 MiB"\n[forward]\nquery_timeout = "5 s"\n'
                    "max_in_flight_per_target = 10000\n")
    endpoint, pid = running.endpoints[0], running.process.pid
    clients = [Client(f"127.0.0.{i + 2}", endpoint) for i in range(40)]
    assert addresses(ask(endpoint, "ok.healthy.test")) == ["10.1.1.2"]
    before = peak = resident_mib(pid)
    for name in range(900):
        for i, client in enumerate(clients):
            client.send(f"n{name}-c{i}.r{name % 4}.test")
            client.read()
        if name % 50 == 49:
            peak = max(peak, resident_mib(pid))
            answer = ask(endpoint, f"ok{name}.healthy.test", use_edns=0)
            assert addresses(answer) == ["10.1.1.2"], answer.to_text()
    assert 2 < peak - before < 60

    def is_given_back():
        for client in clients:
            client.read()
        return resident_mib(pid) - before < (peak - before) / 2
    if not has_own_allocator(pid):
        wait_until(is_given_back, "the memory after the load")
    assert running.stop() == 0, running.messages()


def test_each_refusal_has_its_own_reason(tmp_path, picky):
    cases = [
        ("max_waiting_per_client = 1", "client_limit", ("a", "b"), "too many queries of this client wait for targets"),
        ("max_waiters = 1", "question_full", ("a", "a"), "too many queries wait for the answer to this question"),
        ("max_in_flight = 1", "questions_full", ("a", "b"), "too many questions wait for targets"),
        ("max_in_flight_per_target = 1", "targets_full", ("a", "b"),
         "too many questions wait for the targets of the rule"),
    ]
    for limit, reason, names, text in cases:
        folder = tmp_path / reason
        folder.mkdir()
        running = start(folder, rule("partner", "partner.test", picky.endpoint),
                        more=f'[forward]\nquery_timeout = "10 s"\n{limit}\n')
        assert addresses(ask(running.endpoints[0], "ok.partner.test")) == ["10.1.1.2"]
        waits = Client("127.0.0.2", running.endpoints[0])
        waits.send(f"{names[0]}.partner.test")
        wait_until(lambda: picky.asked(f"{names[0]}.partner.test."), "the first question")
        refused = ask(running.endpoints[0], f"{names[1]}.partner.test", source="127.0.0.2", use_edns=0)
        assert refused.rcode() == dns.rcode.SERVFAIL and error_of(refused) == (0, text), reason
        assert running.stop() == 0, running.messages()
        assert refusals(running.messages()) == {reason: 1}
        picky.queries.clear()


def test_contradictory_limits_are_refused_with_line_and_key(tmp_path):
    _, dead = dead_endpoint()
    running = start(tmp_path, rule("partner", "partner.test", dead))
    running.config_file.write_text(running.config_file.read_text() + "[forward]\nmax_waiters = 30000\n")
    running.reload()
    line = running.config_file.read_text().count("\n")
    running.wait_message(f"inlet53.toml:{line}:15: forward.max_waiters: it is over max_waiting, which is 20000")
    assert running.stop() == 0, running.messages()
