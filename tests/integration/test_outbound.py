# SPDX-License-Identifier: Apache-2.0
"""Records of outbound endpoints, and queries that wait."""

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import pytest

from rules import ede_of, host, rule, start
from support import addresses, ask, wait_until
from targets import ScriptedTarget, dead_endpoint

VPC_ADDRESSES = ("10.0.10.20", "10.0.150.20")  # of the outbound endpoint


def outbound_records(running, name):
    """Waits for the client's record, after which the records of the outbound endpoint are complete; returns these."""
    running.wait_record(query_name=name, srcaddr="127.0.0.1")
    return [record for record in running.records()
            if record["query_name"] == name and record["srcaddr"] in VPC_ADDRESSES]


#--- Records

def test_a_forwarded_query_has_an_outbound_record(scripted):
    target, running = scripted(lambda query, _: host(query))
    ask(running.endpoints[0], "x.partner.test")
    record, = outbound_records(running, "x.partner.test.")
    assert record["srcids"]["resolver_endpoint"].startswith("rslvr-out-")
    assert record["srcids"]["resolver_network_interface"].startswith("rni-")
    assert record["rcode"] == "NOERROR" and record["transport"] == "UDP"
    assert record["answers"] == [{"Rdata": "10.1.1.2", "Type": "A", "Class": "IN"}]
    _, _, _, port = target.asked("x.partner.test.")[0]
    assert record["srcport"] == str(port)
    # An answer from the cache causes no outbound query.
    ask(running.endpoints[0], "x.partner.test")
    wait_until(lambda: len([r for r in running.records() if r["srcaddr"] == "127.0.0.1"
                            and r["query_name"] == "x.partner.test."]) == 2, "the second record")
    assert len(outbound_records(running, "x.partner.test.")) == 1


def test_the_record_of_a_query_over_tcp_has_its_transport(scripted):
    def truncated_at_first(query, over_tcp):
        response = host(query)
        if not over_tcp:
            response.flags |= dns.flags.TC
        return response
    target, running = scripted(truncated_at_first)
    ask(running.endpoints[0], "x.partner.test")
    record, = outbound_records(running, "x.partner.test.")
    assert record["transport"] == "TCP"
    assert record["srcport"] == str(target.asked("x.partner.test.")[-1][3])


def test_clients_that_wait_for_one_question_share_its_record(scripted):
    release = threading.Event()

    def script(query, _):
        release.wait(30)
        return host(query)
    target, running = scripted(script, more='[forward]\nquery_timeout = "10 s"\n')
    askers = [threading.Thread(target=ask, args=(running.endpoints[0], "x.partner.test")) for _ in range(5)]
    for asker in askers:
        asker.start()
    wait_until(lambda: target.asked("x.partner.test."), "the question")
    release.set()
    for asker in askers:
        asker.join(60)
    assert len(outbound_records(running, "x.partner.test.")) == 1


def test_an_unanswered_query_has_an_outbound_record(tmp_path):
    held, hole = dead_endpoint()
    running = start(tmp_path, rule("hole", "hole.test", hole), more='[forward]\nquery_timeout = "200 ms"\n')
    assert ask(running.endpoints[0], "x.hole.test").rcode() == dns.rcode.SERVFAIL
    record, = outbound_records(running, "x.hole.test.")
    assert record["rcode"] == "SERVFAIL" and record["answers"] == []
    assert running.stop() == 0, running.messages()
    held.close()


def test_outbound_records_can_be_off(tmp_path):
    target = ScriptedTarget(lambda query, _: host(query))
    running = start(tmp_path, rule("partner", "partner.test", target.endpoint))
    text = running.config_file.read_text()
    assert running.stop() == 0
    running.config_file.write_text(text.replace("[query_log]", "[query_log]\noutbound = false"))
    running.start()
    ask(running.endpoints[0], "x.partner.test")
    assert outbound_records(running, "x.partner.test.") == []
    assert running.stop() == 0, running.messages()
    target.stop()


#--- Waiting

def send_queries(sock, endpoint, names):
    queries = [dns.message.make_query(name, "A") for name in names]
    for query in queries:
        sock.sendto(query.to_wire(), endpoint)
    return {query.id: query for query in queries}


def receive(sock):
    return dns.message.from_wire(sock.recv(4096))


@pytest.fixture
def client():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(60)
        yield sock


def test_late_answers_are_not_sent_in_one_burst(scripted, client):
    """A target that delays its answers and sends them all at once (CVE-2024-33655)."""
    release = threading.Event()

    def script(query, _):
        release.wait(60)
        return host(query)
    target, running = scripted(script, more='[forward]\nquery_timeout = "500 ms"\n')
    waiting = send_queries(client, running.endpoints[0], [f"n{i}.partner.test" for i in range(40)])
    for _ in range(40):
        response = receive(client)
        assert waiting.pop(response.id) and response.rcode() == dns.rcode.SERVFAIL
    release.set()
    # All later answers of the target belong to queries before this one, which is answered.
    for i in range(5):
        assert addresses(ask(running.endpoints[0], f"after{i}.partner.test")) == ["10.1.1.2"]
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(4096)


def test_one_client_cannot_have_all_queries_wait(scripted, client):
    release = threading.Event()

    def script(query, _):
        release.wait(60)
        return host(query)
    more = '[forward]\nquery_timeout = "10 s"\nmax_waiting_per_client = 3\n'
    target, running = scripted(script, more=more)
    send_queries(client, running.endpoints[0], [f"n{i}.partner.test" for i in range(10)])
    refused = [receive(client) for _ in range(7)]
    assert [response.rcode() for response in refused] == [dns.rcode.SERVFAIL] * 7
    others = []
    other = threading.Thread(target=lambda: others.append(
        ask(running.endpoints[0], "other.partner.test", source="127.0.0.2", use_edns=0)))
    other.start()
    wait_until(lambda: target.asked("other.partner.test."), "the other client's question")
    release.set()
    assert sorted(addresses(receive(client)) for _ in range(3)) == [["10.1.1.2"]] * 3
    other.join(60)
    assert addresses(others[0]) == ["10.1.1.2"] and ede_of(others[0]) == []


def test_a_refusal_by_a_limit_does_not_count_as_a_failure_of_the_target(scripted, client):
    """A query without a free place fails alone: the target answers the next query."""
    release = threading.Event()

    def script(query, _):
        if query.question[0].name.to_text().lower().startswith("slow"):
            release.wait(60)
        return host(query)
    target, running = scripted(script, more='[forward]\nquery_timeout = "10 s"\nmax_in_flight = 1\n')
    send_queries(client, running.endpoints[0], ["slow.partner.test"])
    wait_until(lambda: target.asked("slow.partner.test."), "the slow question")
    assert ask(running.endpoints[0], "quick.partner.test").rcode() == dns.rcode.SERVFAIL
    release.set()
    assert addresses(receive(client)) == ["10.1.1.2"]
    assert addresses(ask(running.endpoints[0], "quick.partner.test")) == ["10.1.1.2"]
