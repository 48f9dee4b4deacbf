# SPDX-License-Identifier: Apache-2.0
"""DNS over HTTPS with real clients and with misbehaving clients (RFC 8484)."""

import base64
import socket
import struct
import subprocess
import threading

import dns.flags
import dns.message
import dns.rcode
import pytest

import http2_frames
from encrypted import EncryptedDaemon, framed, is_closed, read_message
from support import ADDRESSES, API, DEADLINE, addresses, ask, wait_until
from targets import ScriptedTarget, answer_to
from test_forwarding import OUTBOUND, rule

TYPE = "application/dns-message"


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, timeout=DEADLINE, **more)


def message(name=API, rdtype="A", ident=0, **options):
    query = dns.message.make_query(name, rdtype, **options)
    query.id = ident
    return query.to_wire()


def get_target(wire):
    return "/dns-query?dns=" + base64.urlsafe_b64encode(wire).rstrip(b"=").decode()


class Http1:
    """One connection over HTTP/1.1."""

    def __init__(self, server):
        self.stream = server.connect(server.doh, context=server.context(["http/1.1"]))
        self.file = self.stream.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.stream.close()

    def send(self, method, target, body=b"", **fields):
        head = f"{method} {target} HTTP/1.1\r\nHost: dns\r\n"
        head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        if body:
            head += f"Content-Length: {len(body)}\r\n"
        self.stream.sendall(head.encode() + b"\r\n" + body)

    def read(self, with_body=True):
        status = int(self.file.readline().split()[1])
        fields = {}
        while (line := self.file.readline()) != b"\r\n":
            name, value = line.decode().split(":", 1)
            fields[name.lower()] = value.strip()
        return status, fields, self.file.read(int(fields["content-length"])) if with_body else b""

    def ask(self, *arguments, with_body=True, **fields):
        self.send(*arguments, **fields)
        return self.read(with_body)


# --- Real clients

@pytest.mark.parametrize("how", ["+https", "+https-get"])
def test_kdig(encrypted, how):
    answer = run("kdig", f"@{encrypted.doh[0]}", "-p", encrypted.doh[1], how, f"+tls-ca={encrypted.authority}",
                 API, "A").stdout.decode()
    assert all(address in answer for address in ADDRESSES), answer
    encrypted.wait_record(query_name=f"{API}.", transport="DOH")


@pytest.mark.parametrize("how", ["+https", "+https-get"])
def test_dig(encrypted, how):
    answer = run("dig", f"@{encrypted.doh[0]}", "-p", encrypted.doh[1], how, f"+tls-ca={encrypted.authority}",
                 "app.corp.internal", "AAAA").stdout.decode()
    assert "fd00:53::10" in answer, answer


def test_curl_resolves_names(encrypted):
    """No server listens at the resolved address: that curl tries it shows that it has the answer."""
    said = run("curl", "-sv", "--max-time", "1", "--cacert", encrypted.authority, "--doh-url",
               "https://%s:%d/dns-query" % encrypted.doh, "http://host.deep.corp.internal:9/").stderr.decode()
    assert "10.0.20.30" in said, said


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl_posts(encrypted, version, tmp_path):
    body = tmp_path / "query"
    body.write_bytes(message("many.corp.internal"))
    done = run("curl", "-si", version, "--cacert", encrypted.authority, "-H", f"content-type: {TYPE}",
               "--data-binary", f"@{body}", "https://%s:%d/dns-query" % encrypted.doh)
    head, _, wire = done.stdout.partition(b"\r\n\r\n")
    assert head.split()[1] == b"200" and f"content-type: {TYPE}".encode() in head.lower(), head
    assert len(addresses(dns.message.from_wire(wire))) == 100


# --- HTTP semantics

def test_the_id_is_returned_and_the_connection_stays_open(encrypted):
    with Http1(encrypted) as client:
        for ident in (0, 0, 4711):
            status, fields, body = client.ask("GET", get_target(message(ident=ident)))
            assert (status, fields["content-type"]) == (200, TYPE)
            assert dns.message.from_wire(body).id == ident
            status, _, body = client.ask("POST", "/dns-query", message(ident=ident), content_type=TYPE)
            assert status == 200 and dns.message.from_wire(body).id == ident


@pytest.mark.parametrize("name, rdtype, age", [
    (API, "A", 60), ("app.corp.internal", "A", 300), ("app.corp.internal", "TXT", 300),
    ("nothing.corp.internal", "A", 300), ("uncovered.example", "A", 0),
])
def test_max_age_is_the_ttl_of_the_response(encrypted, name, rdtype, age):
    udp = ask(encrypted.endpoints[0], name, rdtype)
    with Http1(encrypted) as client:
        status, fields, body = client.ask("GET", get_target(message(name, rdtype)))
    assert status == 200  # whatever the rcode
    assert dns.message.from_wire(body).rcode() == udp.rcode()
    soas = [rrset.ttl for rrset in udp.authority]
    assert fields["cache-control"] == f"max-age={min(soas) if soas else age}"


def test_head_has_the_fields_of_get_without_the_body(encrypted):
    with Http1(encrypted) as client:
        _, fields, body = client.ask("GET", get_target(message()))
        status, of_head, _ = client.ask("HEAD", get_target(message()), with_body=False)
        assert (status, of_head) == (200, fields)
        assert client.ask("GET", get_target(message()))[2] == body or body  # no bytes are left


def test_requests_without_a_valid_query(encrypted):
    with Http1(encrypted) as client:
        assert client.ask("GET", "/")[0] == 404
        assert client.ask("GET", "/dns-query")[0] == 400
        assert client.ask("GET", get_target(message()) + "==")[0] == 400
        assert client.ask("GET", get_target(b"short"))[0] == 400
        assert client.ask("GET", get_target(b"\0\0\x80\0" + bytes(8)))[0] == 400
        assert client.ask("POST", "/dns-query", message(), content_type="text/plain")[0] == 415
        status, fields, _ = client.ask("DELETE", "/dns-query")
        assert (status, fields["allow"]) == (405, "GET, HEAD, POST")
        status, _, body = client.ask("GET", get_target(message()[:-1]))
        assert status == 200 and dns.message.from_wire(body).rcode() == dns.rcode.FORMERR
        status, _, body = client.ask("GET", get_target(message(API, "AXFR")))
        assert status == 200 and dns.message.from_wire(body).rcode() == dns.rcode.REFUSED
        # UPDATE is not supported here either.
        status, _, body = client.ask("GET", get_target(b"\0\0\x28\0\0\1" + message()[6:]))
        assert status == 200 and body[3] & 15 == dns.rcode.NOTIMP
    with Http1(encrypted) as client:
        assert client.ask("POST", "/dns-query", bytes(65536), content_type=TYPE)[0] == 413


def test_a_message_of_65535_bytes(encrypted):
    """The maximum size: an unknown option fills the message."""
    query = bytearray(message(use_edns=0))
    room = 65535 - len(query) - 4
    query[-2:] = struct.pack("!H", room + 4)
    query += struct.pack("!HH", 65001, room) + bytes(room)
    with Http1(encrypted) as client:
        status, _, body = client.ask("POST", "/dns-query", bytes(query), content_type=TYPE)
        assert status == 200 and len(addresses(dns.message.from_wire(body))) == 2


def test_padding_is_answered_with_padding(encrypted):
    with Http1(encrypted) as client:
        padded = message(use_edns=0, pad=128)
        _, _, body = client.ask("POST", "/dns-query", padded, content_type=TYPE)
        assert len(body) == 468
        _, _, body = client.ask("POST", "/dns-query", message(use_edns=0), content_type=TYPE)
        assert len(body) < 200


# --- Misbehaving clients

def test_slow_heads_bodies_and_idle_clients_are_closed(start_encrypted):
    server = start_encrypted(tls='handshake_timeout = "300 ms"\nidle_timeout = "300 ms"\nhead_timeout = "300 ms"\n'
                       'body_timeout = "300 ms"')
    with socket.create_connection(server.doh, timeout=DEADLINE) as silent:
        assert is_closed(silent)
    with Http1(server) as client:
        client.stream.sendall(b"GET /dns-que")
        assert client.read()[0] == 408 and is_closed(client.stream)
    with Http1(server) as client:
        client.stream.sendall(b"POST /dns-query HTTP/1.1\r\nHost: x\r\nContent-Type: application/dns-message\r\n"
                              b"Content-Length: 40\r\n\r\nxxx")
        assert client.read()[0] == 408 and is_closed(client.stream)
    with Http1(server) as client:
        assert client.ask("GET", get_target(message()))[0] == 200
        assert is_closed(client.stream)


def test_too_many_connections(start_encrypted):
    server = start_encrypted(tls="max_connections = 2")

    def is_served():
        try:
            return Http1(server).ask("GET", get_target(message()))[0] == 200
        except (OSError, IndexError):
            return False

    with Http1(server), Http1(server):
        assert not is_served()
    wait_until(is_served, "a place")


def test_unauthorised_sources_get_no_handshake(encrypted):
    with socket.socket() as client:
        client.bind(("127.9.9.9", 0))
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.connect(encrypted.doh)


def test_garbage_does_not_crash_the_daemon(encrypted):
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", bytes(3000), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(100)):
        with socket.create_connection(encrypted.doh, timeout=DEADLINE) as plain:
            plain.sendall(garbage)
            try:
                while plain.recv(4096):
                    pass
            except ConnectionError:
                pass
        for protocol in ("h2", "http/1.1"):
            with encrypted.connect(encrypted.doh, context=encrypted.context([protocol])) as stream:
                stream.sendall(garbage)
                try:
                    while stream.recv(4096):
                        pass
                except OSError:
                    pass
    with Http1(encrypted) as client:
        assert client.ask("GET", get_target(message()))[0] == 200


# --- Hand-written HTTP/2

class Doh:
    """The address that http2_frames connects to."""

    def __init__(self, server):
        self.server = server

    def connect(self, alpn):
        return self.server.connect(self.server.doh, context=self.server.context(alpn))


def question(stream, name=API, ident=0):
    return http2_frames.headers(stream, *http2_frames.call_fields(get_target(message(name, ident=ident))))


def bodies(connection, count):
    """Returns the bodies of the next `count` streams that end."""
    said = {}
    while count > 0:
        frame = connection.read()
        assert frame is not None, said
        if frame.kind == http2_frames.DATA:
            said[frame.stream] = said.get(frame.stream, b"") + frame.payload
            count -= frame.flags & http2_frames.END_STREAM
    return said


def test_many_streams_at_once(encrypted):
    with http2_frames.Connection(Doh(encrypted)) as connection:
        for first in (0, 100):
            connection.send(b"".join(question(2 * i + 1, ident=i) for i in range(first, first + 100)))
            said = bodies(connection, 100)
            assert all(dns.message.from_wire(body).id == (stream - 1) // 2 for stream, body in said.items())


@pytest.mark.parametrize("flood", [
    b"".join(question(1 + 2 * i) + http2_frames.frame(http2_frames.RST_STREAM, 0, 1 + 2 * i, bytes(4))
             for i in range(2000)),
    http2_frames.frame(http2_frames.WINDOW_UPDATE, 0, 0, http2_frames.number(1)) * 12000,
], ids=["rapid reset", "WINDOW_UPDATE"])
def test_a_flood_ends_with_its_connection(encrypted, flood):
    with http2_frames.Connection(Doh(encrypted)) as connection:
        connection.send_last(flood)
        ends = [one for one in connection.read_all() if one.kind == http2_frames.GOAWAY]
        assert connection.was_reset or ends
    with http2_frames.Connection(Doh(encrypted)) as connection:
        connection.send(question(1))
        assert bodies(connection, 1)


def test_an_endless_head_ends_the_connection(encrypted):
    piece = http2_frames.frame(http2_frames.CONTINUATION, 0, 1, http2_frames.fields(("x", "y" * 100)))
    with http2_frames.Connection(Doh(encrypted)) as connection:
        connection.send(http2_frames.headers(1, flags=0) + piece * 20)
        connection.read_all()  # the server ends the connection, although the client has not


# --- Queries that wait for targets

@pytest.fixture
def forwarding(tmp_path):
    """A server whose target answers `slow` only after a signal of the test, and other names at once."""
    let_go = threading.Event()

    def script(query, *_):
        if query.question[0].name.labels[0].lower().startswith(b"slow"):
            let_go.wait(DEADLINE)
        return [answer_to(query, f"{query.question[0].name} 77 IN A 192.0.2.7")]
    target = ScriptedTarget(script)
    running = EncryptedDaemon(tmp_path, more=OUTBOUND + rule("partner", "partner.test", target.endpoint)
                              + "\n[forward]\nquery_timeout = \"10 s\"\n").start()
    running.let_go = let_go
    yield running
    let_go.set()
    assert running.stop() == 0, running.messages()
    target.stop()


def test_streams_of_dot_are_answered_out_of_order(forwarding):
    with forwarding.connect() as stream:
        stream.sendall(framed("slow.partner.test", ident=1) + framed(API, ident=2))
        assert read_message(stream).id == 2
        stream.sendall(framed(API, ident=3))
        assert read_message(stream).id == 3
        forwarding.let_go.set()
        late = read_message(stream)
        assert late.id == 1 and addresses(late) == ["192.0.2.7"]
    forwarding.wait_record(query_name="slow.partner.test.", transport="DOT")


def test_over_dot_more_queries_may_wait_than_are_read_at_once(forwarding):
    """The stream pauses meanwhile; afterwards the server answers the received messages, complete records of them."""
    with forwarding.connect() as stream:
        stream.sendall(b"".join(framed(f"slow{i}.partner.test", ident=i) for i in range(250)))
        stream.sendall(framed(API, ident=999))
        stream.settimeout(0.3)
        with pytest.raises(TimeoutError):
            stream.recv(1)
        stream.settimeout(DEADLINE)
        forwarding.let_go.set()
        assert sorted(read_message(stream).id for _ in range(251)) == [*range(250), 999]


def test_streams_of_doh_are_answered_out_of_order(forwarding):
    with http2_frames.Connection(Doh(forwarding)) as connection:
        connection.send(question(1, "slow.partner.test") + question(3))
        assert list(bodies(connection, 1)) == [3]
        forwarding.let_go.set()
        (stream, body), = bodies(connection, 1).items()
        assert stream == 1 and addresses(dns.message.from_wire(body)) == ["192.0.2.7"]
    forwarding.wait_record(query_name="slow.partner.test.", transport="DOH")


def test_a_query_that_waits_over_http1(forwarding):
    with Http1(forwarding) as client:
        client.send("GET", get_target(message("slow.partner.test")))
        client.send("GET", get_target(message("fast.partner.test")))
        forwarding.let_go.set()
        for _ in range(2):
            status, fields, body = client.read()
            assert status == 200 and addresses(dns.message.from_wire(body)) == ["192.0.2.7"]
            assert int(fields["cache-control"].split("=")[1]) in (76, 77)


def test_a_client_that_disconnects_while_it_waits_does_not_crash_the_daemon(forwarding):
    with http2_frames.Connection(Doh(forwarding)) as connection:
        connection.send(question(1, "slow.partner.test"))
        connection.send(http2_frames.frame(http2_frames.RST_STREAM, 0, 1, bytes(4)) + question(3))
        assert list(bodies(connection, 1)) == [3]
    with forwarding.connect() as stream:
        stream.sendall(framed("slow.partner.test"))
    forwarding.let_go.set()
    with Http1(forwarding) as client:
        assert client.ask("GET", get_target(message("slow.partner.test")))[0] == 200


def test_a_client_over_its_limit_gets_429(start_encrypted):
    with Http1(start_encrypted(more="[limits]\nqueries_per_client = 5\n")) as client:
        statuses = [client.ask("POST", "/dns-query", body=message(), content_type=TYPE)[0] for _ in range(20)]
    assert statuses[0] == 200 and 429 in statuses
