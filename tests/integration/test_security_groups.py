# SPDX-License-Identifier: Apache-2.0
"""Sources that no security group admits: no answer over UDP, no handshake over TCP, until a reload admits them."""

import errno
import re
import socket
import struct

import dns.exception
import dns.message
import pytest

from support import API, ask, wait_until

UNAUTHORISED = "127.9.9.9"
TCP_SYN_SENT = 2


def test_unauthorised_sources_get_no_answer(daemon):
    endpoint = daemon.endpoints[0]
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.bind((UNAUTHORISED, 0))
    client.setblocking(False)
    assert client.connect_ex(endpoint) == errno.EINPROGRESS

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((UNAUTHORISED, 0))
        udp.setblocking(False)
        udp.sendto(dns.message.make_query(API, "A").to_wire(), endpoint)
        # The daemon answers an admitted client that asks later, so it has processed the other one.
        for tcp in (False, True, False):
            assert ask(endpoint, API, tcp=tcp).answer
        with pytest.raises(BlockingIOError):
            udp.recv(4096)
    state = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    assert state == TCP_SYN_SENT
    client.close()
    assert all(record["srcaddr"] != UNAUTHORISED for record in daemon.records())


def test_a_reload_changes_the_admitted_sources(daemon):
    text = daemon.config_file.read_text()
    daemon.config_file.write_text(text.replace("127.0.0.0/16", "127.9.0.0/16"))
    daemon.reload()
    endpoint = daemon.endpoints[0]
    wait_until(lambda: ask(endpoint, API, source=UNAUTHORISED).answer, "the answer to the admitted source")
    assert ask(endpoint, API, tcp=True, source=UNAUTHORISED).answer
    with pytest.raises(dns.exception.Timeout):
        ask(endpoint, API, timeout=0.3)
    daemon.config_file.write_text(text)
    daemon.reload()


def ask_unauthorised(endpoint, source=UNAUTHORISED, times=1):
    """Sends queries that get no answer; a later answer to an admitted client shows that they were processed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((source, 0))
        for _ in range(times):
            udp.sendto(dns.message.make_query(API, "A").to_wire(), endpoint)
    assert ask(endpoint, API).answer


def test_the_first_refusal_of_a_client_is_logged_with_the_rule_that_admits_it(daemon):
    said = f"no security group of rslvr-in-a7dd746257784e148 (resolver) admits {UNAUTHORISED} over udp at 10.0.10.10"
    ask_unauthorised(daemon.endpoints[0], times=3)
    daemon.wait_message(said)
    ask_unauthorised(daemon.endpoints[0], "127.9.9.10")
    daemon.wait_message("admits 127.9.9.10 over udp")  # the later queries of the first one arrived before it
    assert daemon.messages().count(f"admits {UNAUTHORISED}") == 1

    rule = re.search(f"{re.escape(said)}.*A rule that admits it: ({{.*}})", daemon.messages()).group(1)
    assert rule == f'{{ protocol = "udp", port = 53, cidr = "{UNAUTHORISED}/32" }}'
    text = daemon.config_file.read_text()
    daemon.config_file.write_text(text.replace("ingress = [\n", f"ingress = [\n  {rule},\n", 1))
    daemon.reload()
    wait_until(lambda: ask(daemon.endpoints[0], API, source=UNAUTHORISED).answer, "the answer to the admitted source")
    daemon.config_file.write_text(text)
    daemon.reload()

    def is_refused_again():
        ask_unauthorised(daemon.endpoints[0])
        return daemon.messages().count(said) == 2
    wait_until(is_refused_again, "the refusal after the reload")


def test_refusals_of_many_clients_are_bounded(daemon):
    for number in range(300):
        ask_unauthorised(daemon.endpoints[0], f"127.9.{1 + number // 250}.{1 + number % 250}")
    daemon.wait_message("security groups have refused 256 clients; until the next reload, further clients are only counted")
    ask_unauthorised(daemon.endpoints[0], "127.9.9.9")
    daemon.reload()
    assert daemon.messages().count("no security group of") == 256
