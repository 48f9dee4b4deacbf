# SPDX-License-Identifier: Apache-2.0
"""Limits of queries: Route 53's quota of an endpoint address, and inlet53's limit for each client."""

import re
import socket

import dns.exception
import dns.message
import pytest

from support import API, Daemon, ask, wait_until

SENT = 20_000  # datagrams, in one burst
MOST_AT_ONCE = 150  # of the quota with connection tracking, 1,500 a second


@pytest.fixture
def limited(tmp_path):
    more = '[limits]\naws_quotas = true\nqueries_per_client = 1000000\n'
    running = Daemon(tmp_path, more=more).start()
    yield running
    if running.process.poll() is None:
        running.stop()


def answers(endpoint):
    try:
        return ask(endpoint, API, timeout=0.5).answer
    except dns.exception.Timeout:
        return False


def count_of(text, name):
    return int(re.findall(rf"\b{name}=(\d+)", text)[-1])


def test_an_address_has_the_aws_quota_of_tracked_connections(limited):
    """A query over the quota gets no answer and no record, and is counted."""
    query = dns.message.make_query(API, "A").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.connect(limited.endpoints[0])
        for _ in range(SENT):
            udp.send(query)
        # The other address has a separate quota.
        assert ask(limited.endpoints[1], API).answer
        # A full bucket shows that the daemon has processed all queries.
        wait_until(lambda: answers(limited.endpoints[0]), "an answer after the burst")
    assert limited.stop() == 0
    said = limited.messages()
    dropped = count_of(said, "limited")
    answered = count_of(said, "NOERROR")
    assert dropped > 0
    assert answered >= MOST_AT_ONCE
    assert len([record for record in limited.records() if record["rcode"] == "NOERROR"]) == answered


def test_over_tcp_a_client_over_its_limit_is_disconnected(tmp_path):
    daemon = Daemon(tmp_path, more='[limits]\nqueries_per_client = 10\nunlimited_clients = ["127.0.0.9/32"]\n').start()
    query = dns.message.make_query(API, "A").to_wire()
    message = len(query).to_bytes(2, "big") + query
    with socket.create_connection(daemon.endpoints[0], timeout=30) as stream:
        stream.sendall(message * 200)
        received = b""
        while data := stream.recv(65536):
            received += data
    answers = 0
    while received:
        received = received[2 + int.from_bytes(received[:2], "big"):]
        answers += 1
    assert 1 <= answers < 200
    for _ in range(20):
        assert ask(daemon.endpoints[0], API, source="127.0.0.9").answer
    assert daemon.stop() == 0
    assert count_of(daemon.messages(), "limited") >= 1


def test_limits_are_off_by_default(daemon):
    assert all(ask(daemon.endpoints[0], API).answer for _ in range(30))


@pytest.mark.parametrize("line, complaint", [
    ('queries_per_client = -1', "queries_per_client"),
    ('queries_per_client = 1000001', "queries_per_client"),
    ('unlimited_clients = ["10.0.0.1/8"]', "bits after its prefix"),
    ('aws_quota = true', "aws_quota"),
])
def test_invalid_limits_are_reported(tmp_path, line, complaint):
    daemon = Daemon(tmp_path, more=f"[limits]\n{line}\n")
    with pytest.raises(AssertionError):
        daemon.start()
    assert complaint in daemon.messages() and ".toml:" in daemon.messages()
