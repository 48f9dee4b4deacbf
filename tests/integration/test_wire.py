# SPDX-License-Identifier: Apache-2.0
"""The responses to every kind of message: equal over UDP and TCP, parsed by two libraries."""

import random
import socket
import struct
import subprocess

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from support import API, DEADLINE, addresses, ask

FORMERR, NOTIMP, REFUSED, BADVERS, SILENCE = 1, 4, 5, 16, None


def exchange(endpoint, wire, tcp):
    """Returns the response to a raw message, or None without a response, which the answer to a later query shows."""
    marker = dns.message.make_query("marker.corp.internal", "A")
    if tcp:
        with socket.create_connection(endpoint, timeout=DEADLINE) as stream:
            stream.sendall(struct.pack("!H", len(wire)) + wire)
            head = stream.recv(2, socket.MSG_WAITALL)
            if len(head) < 2:
                return None
            return stream.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(DEADLINE)
        udp.connect(endpoint)
        udp.send(wire)
        udp.send(marker.to_wire())
        first = udp.recv(65535)
        return None if first[:2] == marker.to_wire()[:2] else first


def header(flags=0x0100, qd=1, an=0, ns=0, ar=0, ident=0x3535):
    return struct.pack("!6H", ident, flags, qd, an, ns, ar)


QUESTION = dns.name.from_text("app.corp.internal").to_wire() + struct.pack("!2H", 1, 1)
OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)


def opt(options=b"", version=0, owner=b"\0", size=1232):
    return owner + struct.pack("!HHBBHH", 41, size, 0, version, 0, len(options)) + options


RECORD = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes(4)
OPTION = struct.pack("!HH", 65001, 4) + b"abcd"
COOKIE = struct.pack("!HH", 10, 8) + bytes(8)
OPCODE = {name: code << 11 for name, code in
          {"iquery": 1, "status": 2, "notify": 4, "update": 5, "dso": 6, "unknown": 15}.items()}

CASES = {
    "empty": (b"", SILENCE),
    "one octet": (b"\x35", SILENCE),
    "eleven octets": (header()[:11], SILENCE),
    "a response": (header(flags=0x8180) + QUESTION, SILENCE),
    "a response without a question": (header(flags=0x8100, qd=0), SILENCE),
    "no question": (header(qd=0), FORMERR),
    "two questions": (header(qd=2) + QUESTION * 2, FORMERR),
    "a question that is cut off": (header() + QUESTION[:-1], FORMERR),
    "a name that is cut off": (header() + b"\x03app", FORMERR),
    "a compressed question": (header() + b"\xc0\x0c" + QUESTION[-4:], FORMERR),
    "label type 01": (header() + b"\x41a\0" + QUESTION[-4:], FORMERR),
    "label type 10": (header() + b"\x81a\0" + QUESTION[-4:], FORMERR),
    "a name of 256 octets": (header() + b"\x3f" + b"a" * 63 + (b"\x3f" + b"b" * 63) * 3 + b"\0" + QUESTION[-4:], FORMERR),
    "an octet after the question": (header() + QUESTION + b"\0", FORMERR),
    "counts that lie": (header(ar=1) + QUESTION, FORMERR),
    "counts of 65535": (header(an=65535, ns=65535, ar=65535) + QUESTION, FORMERR),
    "a record in the answer": (header(an=1) + QUESTION + RECORD, FORMERR),
    "a record in the authority": (header(ns=1) + QUESTION + RECORD, FORMERR),
    "two OPTs": (header(ar=2) + QUESTION + OPT * 2, FORMERR),
    "an OPT with an owner": (header(ar=1) + QUESTION + opt(owner=b"\x01a\0"), FORMERR),
    "an OPT in the answer": (header(an=1) + QUESTION + OPT, FORMERR),
    "an option longer than the OPT": (header(ar=1) + QUESTION + opt(struct.pack("!HH", 3, 40) + b"x"), FORMERR),
    "half an option's head": (header(ar=1) + QUESTION + opt(b"\0\3\0"), FORMERR),
    "an OPT longer than the message": (header(ar=1) + QUESTION + OPT[:-2] + b"\0\x09", FORMERR),
    "asking for OPT": (header() + QUESTION[:-4] + struct.pack("!2H", 41, 1), FORMERR),
    "EDNS version 1": (header(ar=1) + QUESTION + opt(version=1), BADVERS),
    "class CH": (header() + dns.name.from_text("version.bind").to_wire() + struct.pack("!2H", 16, 3), REFUSED),
    "class ANY": (header() + QUESTION[:-4] + struct.pack("!2H", 1, 255), REFUSED),
    "class NONE": (header() + QUESTION[:-4] + struct.pack("!2H", 1, 254), REFUSED),
    "AXFR": (header() + QUESTION[:-4] + struct.pack("!2H", 252, 1), REFUSED),
    "an unknown option": (header(ar=1) + QUESTION + opt(OPTION), 0),
    "repeated options": (header(ar=1) + QUESTION + opt(OPTION * 100), 0),
    "a cookie": (header(ar=1) + QUESTION + opt(COOKIE), 0),
    "a record before the OPT": (header(ar=2) + QUESTION + RECORD + OPT, 0),
    "an OPT before a record": (header(ar=2) + QUESTION + OPT + RECORD, 0),
    "every flag but QR": (header(flags=0x07FF) + QUESTION, 0),
    "RD=0": (header(flags=0) + QUESTION, 0),
    **{f"opcode {name}": (header(flags=bits) + QUESTION, NOTIMP) for name, bits in OPCODE.items()},
    "an update without a question": (header(flags=OPCODE["update"], qd=0), NOTIMP),
    "an unknown opcode, every flag and no question": (header(flags=0x7FF0, qd=0), NOTIMP),
    "an update with every flag": (header(flags=OPCODE["update"] | 0x07F0) + QUESTION, NOTIMP),
}


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_message_gets_its_response(shared_daemon, case, tcp):
    wire, expected = CASES[case]
    response = exchange(shared_daemon.endpoints[0], wire, tcp)
    if expected is SILENCE:
        assert response is None
        return
    assert response[:2] == b"\x35\x35"
    flags = struct.unpack("!H", response[2:4])[0]
    sent = struct.unpack("!H", wire[2:4])[0]
    assert flags & 0x8000, "QR"
    if expected == NOTIMP:  # dnspython parses no message with such an opcode
        assert flags == 0x8000 | sent & 0x7800 | NOTIMP, "nothing but QR, the opcode and the rcode"
        return
    assert flags & 0x7900 == sent & 0x7900, "opcode and RD are copied"
    assert not flags & 0x0060, "Z and AD are clear"
    message = dns.message.from_wire(response)
    assert message.rcode() == expected
    if expected == 0:
        assert sorted(addresses(message)) == ["10.0.20.10", "10.0.20.11"]
    if expected == BADVERS:
        assert message.edns == 0
    if "OPT before" in case or "unknown option" in case:
        assert message.edns == 0 and message.options == ()


@pytest.mark.parametrize("case", CASES)
def test_ldns_accepts_every_response(shared_daemon, case, tmp_path):
    wire, expected = CASES[case]
    response = exchange(shared_daemon.endpoints[0], wire, True)
    if expected is SILENCE:
        assert response is None
        return
    message = tmp_path / "response.hex"
    message.write_text(response.hex())
    shown = subprocess.run(["drill", "-i", str(message)], capture_output=True, text=True, timeout=60)
    # drill parses a packet from a hex dump; it must print the header's id and no parse error.
    assert shown.returncode == 0 and "id: 13621" in shown.stdout, shown.stdout + shown.stderr


def test_the_questions_case_is_echoed(shared_daemon):
    name = "DlIgG9dXuK.eXeCuTe-ApI.eU-wEsT-1.AmAzOnAwS.cOm."
    for tcp in (False, True):
        response = ask(shared_daemon.endpoints[0], name, tcp=tcp)
        assert response.question[0].name.to_text() == name
        assert len(addresses(response)) == 2


def test_sizes_and_truncation(shared_daemon):
    at = shared_daemon.endpoints[0]
    for options, limit in [({}, 512), ({"use_edns": 0, "payload": 300}, 512), ({"use_edns": 0, "payload": 512}, 512),
                           ({"use_edns": 0, "payload": 1000}, 1000), ({"use_edns": 0, "payload": 4096}, 1232)]:
        for name, rdtype in (("many.corp.internal", "A"), ("large.corp.internal", "TXT")):
            response = ask(at, name, rdtype, **options)
            assert response.flags & dns.flags.TC and response.answer == []
            assert len(response.to_wire()) <= limit
            whole = ask(at, name, rdtype, tcp=True, **options)
            assert not whole.flags & dns.flags.TC
            assert len(whole.answer[0]) == (100 if rdtype == "A" else 1)
    assert len(ask(at, "large.corp.internal", "TXT", tcp=True).answer[0][0].strings) == 14


def test_edns_is_answered_with_edns_only_when_asked(shared_daemon):
    at = shared_daemon.endpoints[0]
    assert ask(at, API).edns == -1
    response = ask(at, API, use_edns=0, want_dnssec=True)
    assert response.edns == 0 and response.payload == 1232
    assert response.ednsflags & dns.flags.DO
    assert response.options == ()


def test_every_query_that_dnspython_builds_is_understood(shared_daemon):
    random.seed(53)
    types = [t for t in dns.rdatatype.RdataType if 0 < t < 65280 and t not in (41, 249, 250, 251, 252, 253, 254)]
    for rdtype in types:
        use_edns = random.choice([-1, 0])
        options = [dns.edns.GenericOption(random.randint(0, 65535), random.randbytes(random.randint(0, 60)))
                   for _ in range(random.randint(0, 5))] if use_edns == 0 else None
        response = ask(shared_daemon.endpoints[0], "nothing.corp.internal", rdtype, use_edns=use_edns,
                       options=options, payload=random.randint(0, 65535) if use_edns == 0 else None)
        assert response.rcode() == dns.rcode.NXDOMAIN, rdtype


@pytest.mark.parametrize("tool", ["dig", "kdig", "drill"])
def test_dig_kdig_and_drill_accept_a_response(shared_daemon, tool):
    host, port = shared_daemon.endpoints[0]
    command = {"dig": ["dig", "-p", str(port), f"@{host}", API, "A", "+qr"],
               "kdig": ["kdig", "-p", str(port), f"@{host}", API, "A"],
               "drill": ["drill", "-p", str(port), API, f"@{host}", "A"]}[tool]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "10.0.12.179" in shown.stdout and "10.0.140.226" in shown.stdout
    assert "WARNING" not in shown.stdout + shown.stderr
