# SPDX-License-Identifier: Apache-2.0
"""Targets that answer most names and drop or delay others: the good names are not affected."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest

from rules import error_of, host, refusals, rule, start
from support import addresses, ask, wait_until
from targets import ScriptedTarget, dead_endpoint

LATE = 5  # seconds


def dropping(query, _):
    return None if query.question[0].name.labels[0].lower().startswith(b"bad") else host(query)


def late(query, _):
    if query.question[0].name.labels[0].lower().startswith(b"bad"):
        time.sleep(LATE)  # in a separate thread
    return host(query)


class BadNames:
    """Some clients, each of which queries one bad name after the other, when the previous one fails."""

    def __init__(self, endpoint, clients, names_each):
        self.rcodes = []
        self.threads = [threading.Thread(target=self.run, args=(endpoint, client, names_each))
                        for client in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, endpoint, client, names_each):
        for i in range(names_each):
            self.rcodes.append(ask(endpoint, f"bad{client}-{i}.partner.test").rcode())

    def active(self):
        return any(thread.is_alive() for thread in self.threads)

    def join(self):
        for thread in self.threads:
            thread.join(120)


@pytest.mark.parametrize("script, targets, clients, healthy_domain", [
    (dropping, 1, 2, "partner.test"),   # one bad name a second
    (dropping, 1, 4, "partner.test"),   # two
    (dropping, 1, 24, "partner.test"),  # more than make a target count as unresponsive
    (dropping, 2, 4, "partner.test"),
    (dropping, 1, 4, "other.test"),     # another rule with the same target
    (late, 1, 4, "partner.test"),
    (late, 2, 24, "other.test"),
])
def test_good_names_are_answered_beside_bad_names(tmp_path, script, targets, clients, healthy_domain):
    servers = [ScriptedTarget(script) for _ in range(targets)]
    endpoints = [server.endpoint for server in servers]
    running = start(tmp_path, rule("partner", "partner.test", *endpoints), rule("other", "other.test", *endpoints))
    endpoint = running.endpoints[0]
    bad = BadNames(endpoint, clients, 3)
    asked = 0
    while bad.active() and asked < 300:
        # A group of names after the target has received another query for a bad one, or the last one has failed.
        seen = sum(len(server.queries) for server in servers)
        wait_until(lambda: sum(len(server.queries) for server in servers) > seen or not bad.active(), "a bad name")
        for _ in range(3):
            response = ask(endpoint, f"n{asked}.{healthy_domain}")
            assert response.rcode() == dns.rcode.NOERROR and addresses(response) == ["10.1.1.2"], asked
            asked += 1
    bad.join()
    # The target is unresponsive now, if there were only bad names meanwhile.
    for _ in range(3):
        assert addresses(ask(endpoint, f"n{asked}.{healthy_domain}")) == ["10.1.1.2"]
        asked += 1
    assert asked >= 9
    assert bad.rcodes == [dns.rcode.SERVFAIL] * (3 * clients)
    # RFC 9520: three queries to each target.
    for server in servers:
        assert 1 <= len(server.asked("bad0-0.partner.test.")) <= 3
    assert running.stop() == 0, running.messages()
    for server in servers:
        server.stop()


def test_an_unresponsive_target_gets_queries_for_other_names(tmp_path):
    """Only bad names until the target counts as unresponsive: the next good name is answered."""
    server = ScriptedTarget(dropping)
    running = start(tmp_path, rule("partner", "partner.test", server.endpoint))
    bad = BadNames(running.endpoints[0], 24, 2)
    bad.join()
    assert bad.rcodes == [dns.rcode.SERVFAIL] * 48
    responses = []
    askers = [threading.Thread(target=lambda i=i: responses.append(ask(running.endpoints[0], f"n{i}.partner.test")))
              for i in range(10)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(60)
    assert [addresses(response) for response in responses] == [["10.1.1.2"]] * 10
    assert running.stop() == 0, running.messages()
    server.stop()


#--- Extended errors

def failing(script, tmp_path, expected, more=""):
    server = ScriptedTarget(script)
    running = start(tmp_path, rule("partner", "partner.test", server.endpoint), more=more)
    for _ in range(2):  # from the target, then from the cache
        response = ask(running.endpoints[0], "x.partner.test", use_edns=0)
        assert response.rcode() == dns.rcode.SERVFAIL
        assert error_of(response) == expected
    assert running.stop() == 0, running.messages()
    server.stop()


@pytest.mark.parametrize("code", [0, 9, 20, 22, 23])
def test_an_extended_error_of_a_target_has_no_text(tmp_path, code):
    def script(query, _):
        response = dns.message.make_response(query)
        response.set_rcode(dns.rcode.SERVFAIL)
        response.use_edns(0, options=[dns.edns.EDEOption(code, "the target's words")])
        return response
    failing(script, tmp_path, (code, None))


def test_a_silent_targets_error(tmp_path):
    failing(lambda *_: None, tmp_path, (22, "no target of the rule has answered in time"),
            more='[forward]\nquery_timeout = "300 ms"\n')


def test_a_malformed_responses_error(tmp_path):
    failing(lambda query, _: host(query).to_wire() + b"\0", tmp_path, (23, "the response of the target is malformed"))


def test_a_failed_connections_error(tmp_path):
    def script(query, over_tcp):
        response = host(query)
        response.flags |= dns.flags.TC
        return response
    server = ScriptedTarget(script)
    server.servers[1].shutdown()
    server.servers[1].server_close()
    running = start(tmp_path, rule("partner", "partner.test", server.endpoint))
    response = ask(running.endpoints[0], "x.partner.test", use_edns=0)
    assert error_of(response) == (23, "the connection to the target of the rule has failed")
    assert running.stop() == 0, running.messages()
    server.stop()


def test_an_unreachable_targets_error(tmp_path):
    held, closed = dead_endpoint()
    held.close()
    running = start(tmp_path, rule("partner", "partner.test", closed))
    response = ask(running.endpoints[0], "x.partner.test", use_edns=0)
    assert error_of(response) == (23, "the network reports the target as unreachable")
    assert error_of(ask(running.endpoints[0], "x.nowhere.test", use_edns=0)) == (
        20, "no endpoint, rule or hosted zone covers this name")
    assert running.stop() == 0, running.messages()


def test_a_local_packet_filter_does_not_make_the_target_unresponsive(tmp_path):
    privileges = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    run = subprocess.run(["unshare", *privileges, "--net", sys.executable, "-B",
                          Path(__file__).with_name("denied_queries.py"), tmp_path], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert seen["refused"] == [["SERVFAIL", 0, "this host does not allow queries to the target"]], seen["said"]
    assert seen["after"] == "NOERROR", "the target has not become silent"
    assert seen["status"] == 0, seen["said"]
    assert refusals(seen["said"])["not_sent"] == 30


def test_a_loop_of_aliases_has_its_own_error(tmp_path):
    server = ScriptedTarget(lambda query, _: host(query))
    running = start(tmp_path, rule("partner", "partner.test", server.endpoint))
    running.zone_file.write_text(running.zone_file.read_text() + "one CNAME two\ntwo CNAME one\n")
    running.reload()

    def is_loop():
        response = ask(running.endpoints[0], "one.corp.internal", use_edns=0)
        return response.rcode() == dns.rcode.SERVFAIL and error_of(response) == (0, "the chain of aliases is too long")
    wait_until(is_loop, "the loop of the zone")
    assert running.stop() == 0, running.messages()
    server.stop()


def test_a_refusal_by_a_limit_is_not_stored(tmp_path):
    released = threading.Event()

    def script(query, _):
        released.wait(30)
        return host(query)
    server = ScriptedTarget(script)
    running = start(tmp_path, rule("partner", "partner.test", server.endpoint),
                    more='[forward]\nmax_in_flight = 1\nmax_in_flight_per_target = 1\nquery_timeout = "10 s"\n')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
        first.sendto(dns.message.make_query("x.partner.test", "A").to_wire(), running.endpoints[0])
        wait_until(lambda: server.queries, "the first question")
        response = ask(running.endpoints[0], "y.partner.test", use_edns=0)
        assert error_of(response) == (0, "too many questions wait for targets")
        released.set()
        first.settimeout(60)
        first.recv(4096)
    assert addresses(ask(running.endpoints[0], "y.partner.test")) == ["10.1.1.2"]
    assert running.stop() == 0, running.messages()
    server.stop()
