# SPDX-License-Identifier: Apache-2.0
"""EDNS options of dig, kdig, drill and dnspython, and class CHAOS."""

import socket
import struct
import subprocess

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from support import API, ADDRESSES, DEADLINE, Daemon, addresses, ask

SECRET = "e5e973e5a6b2a43f48e7dc849e37bfcf"
EVERYTHING = f"""
[server]
version = "inlet53 of the tests"
identity = "resolver-1.example"

[edns]
nsid = "resolver-1"
client_subnet = "answer"
cookie_secret = "{SECRET}"

[tcp]
idle_timeout = "12 s"
"""
COOKIE, NSID, ECS, KEEPALIVE = 10, 3, 8, 11


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A daemon that answers every option."""
    running = Daemon(tmp_path_factory.mktemp("told"), more=EVERYTHING).start()
    yield running
    assert running.stop() == 0, running.messages()


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A daemon that requires cookies over UDP, with the same secret."""
    more = f'[edns]\ncookies = "require"\ncookie_secret = "{SECRET}"\n'
    running = Daemon(tmp_path_factory.mktemp("strict"), more=more).start()
    yield running
    assert running.stop() == 0, running.messages()


def options_of(response):
    return {int(option.otype): option.to_wire() for option in response.options}


def ask_with(endpoint, options, **more):
    return ask(endpoint, API, use_edns=0,
               options=[dns.edns.GenericOption(code, data) for code, data in options], **more)


def shown_by(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def dig(endpoint, *more):
    return shown_by(["dig", "-p", str(endpoint[1]), f"@{endpoint[0]}", *more])


def test_a_cookie_is_issued_returned_and_valid_at_another_server(told, strict):
    at = told.endpoints[0]
    first = options_of(ask_with(at, [(COOKIE, b"clientid")]))
    assert list(first) == [COOKIE] and len(first[COOKIE]) == 24 and first[COOKIE][:8] == b"clientid"
    assert first[COOKIE][8:12] == b"\x01\0\0\0", "version 1 (RFC 9018)"
    again = ask_with(at, [(COOKIE, first[COOKIE])])
    assert options_of(again) == first and sorted(addresses(again)) == ADDRESSES
    # Another server with the same secret accepts it.
    assert ask_with(strict.endpoints[1], [(COOKIE, first[COOKIE])]).rcode() == dns.rcode.NOERROR


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_malformed_options_are_refused(told, tcp):
    at = told.endpoints[0]
    wrong = [(COOKIE, bytes(size)) for size in (0, 7, 9, 15, 41)]
    wrong += [(ECS, b"\0\1\x18\x18\xc0\0\2"), (ECS, b"\0\1\x18\0\xc0\0"), (ECS, b"")]
    for option in wrong:
        response = ask_with(at, [option], tcp=tcp)
        assert response.rcode() == dns.rcode.FORMERR and response.options == (), option
    response = ask_with(at, [(KEEPALIVE, b"\0\x64")], tcp=tcp)
    assert response.rcode() == (dns.rcode.FORMERR if tcp else dns.rcode.NOERROR)


def test_a_message_without_a_question_gets_a_cookie(told):
    at = told.endpoints[0]
    cookie = struct.pack("!HH8s", COOKIE, 8, b"clientid")
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(cookie)) + cookie
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(DEADLINE)
        udp.connect(at)
        udp.send(struct.pack("!6H", 0x3535, 0, 0, 0, 0, 1) + opt)
        response = dns.message.from_wire(udp.recv(4096))
    assert response.rcode() == dns.rcode.NOERROR and response.question == []
    assert len(options_of(response)[COOKIE]) == 24


def test_cookies_may_be_required_over_udp(strict):
    at = strict.endpoints[0]
    without = ask(at, API)
    assert without.flags & dns.flags.TC and without.answer == []
    assert sorted(addresses(ask(at, API, tcp=True))) == ADDRESSES
    learned = ask_with(at, [(COOKIE, b"clientid")])
    assert learned.rcode() == dns.rcode.BADCOOKIE and learned.answer == []
    cookie = options_of(learned)[COOKIE]
    assert sorted(addresses(ask_with(at, [(COOKIE, cookie)]))) == ADDRESSES
    assert ask_with(at, [(COOKIE, cookie[:-1] + bytes([cookie[-1] ^ 1]))]).rcode() == dns.rcode.BADCOOKIE


def test_dig_gets_an_answer_if_cookies_are_required(strict):
    """dig sends a cookie, accepts the server's, and repeats the query."""
    for more in ([], ["+nocookie"]):
        shown = dig(strict.endpoints[0], API, "+noall", "+answer", "+comments", *more)
        assert "10.0.12.179" in shown and "status: NOERROR" in shown, shown
    assert strict.wait_record(rcode="BADCOOKIE")["answers"] == []


def test_dig_shows_every_option(told):
    shown = dig(told.endpoints[0], API, "+cookie", "+nsid", "+subnet=192.0.2.0/24", "+tcp", "+keepalive")
    assert "(good)" in shown, shown
    assert '("resolver-1")' in shown and "CLIENT-SUBNET: 192.0.2.0/24/0" in shown
    assert "TCP KEEPALIVE: 12.0 secs" in shown or "TCP-KEEPALIVE: 12.0 secs" in shown
    refused = dig(told.endpoints[0], "www.example.org")
    assert "EDE: 20 (Not Authoritative): (no endpoint, rule or hosted zone covers this name)" in refused
    assert "WARNING" not in shown + refused


def test_kdig_and_drill_accept_the_options(told):
    host, port = told.endpoints[0]
    shown = shown_by(["kdig", "-p", str(port), f"@{host}", API, "+nsid", "+cookie", "+subnet=2001:db8::/56"])
    assert "resolver-1" in shown and "COOKIE" in shown and "2001:db8::/56/0" in shown, shown
    assert "WARNING" not in shown
    assert "10.0.12.179" in shown_by(["drill", "-p", str(port), API, f"@{host}", "A"])


def test_by_default_only_cookies_are_answered(shared_daemon):
    at = shared_daemon.endpoints[0]
    asked = [(NSID, b""), (ECS, b"\0\1\x18\x18\xc0\0\2"), (COOKIE, b"clientid")]
    response = ask_with(at, asked)
    assert response.rcode() == dns.rcode.NOERROR and list(options_of(response)) == [COOKIE]
    # A client that asks for the idle timeout over TCP gets it.
    assert options_of(ask_with(at, [(KEEPALIVE, b"")], tcp=True)) == {KEEPALIVE: struct.pack("!H", 100)}
    assert options_of(ask_with(at, [(KEEPALIVE, b"")])) == {}


def test_cookies_can_be_off(tmp_path):
    running = Daemon(tmp_path, more='[edns]\ncookies = "off"\n').start()
    for cookie in (b"clientid", b"no"):
        response = ask_with(running.endpoints[0], [(COOKIE, cookie)])
        assert response.rcode() == dns.rcode.NOERROR and response.options == ()
    assert running.stop() == 0


def test_class_chaos_is_answered_when_it_is_set(told, shared_daemon):
    for name, text in {"version.bind": "inlet53 of the tests", "VERSION.server": "inlet53 of the tests",
                       "id.server": "resolver-1.example", "hostname.bind": "resolver-1.example"}.items():
        assert dig(told.endpoints[0], name, "CH", "TXT", "+short").strip() == f'"{text}"'
        assert "status: REFUSED" in dig(shared_daemon.endpoints[0], name, "CH", "TXT")
    assert "status: REFUSED" in dig(told.endpoints[0], "authors.bind", "CH", "TXT")
    assert "status: REFUSED" in dig(told.endpoints[0], "version.bind", "IN", "TXT")
    record = told.wait_record(query_name="id.server.", rcode="NOERROR")
    assert record["query_class"] == "CH"
    assert record["answers"] == [{"Rdata": '"resolver-1.example"', "Type": "TXT", "Class": "CH"}]
