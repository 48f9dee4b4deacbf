# SPDX-License-Identifier: Apache-2.0
"""DNS over TCP with misbehaving clients (RFC 7766)."""

import random
import resource
import signal
import socket
import struct

import dns.message
import pytest

from support import API, DEADLINE, Daemon, addresses, ask, wait_until


def framed(name, rdtype="A", ident=None):
    query = dns.message.make_query(name, rdtype)
    if ident is not None:
        query.id = ident
    wire = query.to_wire()
    return struct.pack("!H", len(wire)) + wire


def test_a_record_does_not_wait_for_what_follows_it(daemon):
    """The second message is too short for an answer: the connection ends, and the first one's record stays."""
    with connect(daemon) as stream:
        stream.sendall(framed("first.corp.internal") + struct.pack("!H", 5) + b"short")
        while stream.recv(4096):
            pass
    daemon.wait_record(query_name="first.corp.internal.", transport="TCP")


def connect(daemon, endpoint=0):
    return socket.create_connection(daemon.endpoints[endpoint], timeout=DEADLINE)


def read_message(stream):
    head = stream.recv(2, socket.MSG_WAITALL)
    if len(head) < 2:
        return None
    return dns.message.from_wire(stream.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL))


def is_closed(stream):
    """Reads until the peer closes; returns true if it closes without an answer."""
    try:
        return stream.recv(1) == b""
    except ConnectionResetError:
        return True


def test_one_byte_at_a_time(shared_daemon):
    with connect(shared_daemon) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in framed(API):
            stream.send(bytes([byte]))
        assert len(addresses(read_message(stream))) == 2


def test_any_split_of_many_pipelined_queries(shared_daemon):
    random.seed(7766)
    data = b"".join(framed(API, ident=i) for i in range(1000))
    with connect(shared_daemon) as stream:
        at = 0
        while at < len(data):
            size = random.choice([1, 2, 3, 100, 5000])
            stream.sendall(data[at:at + size])
            at += size
        assert sorted(read_message(stream).id for _ in range(1000)) == list(range(1000))


def test_a_half_closed_peer_gets_all_answers(shared_daemon):
    with connect(shared_daemon) as stream:
        stream.sendall(framed(API, ident=1) + framed("large.corp.internal", "TXT", ident=2))
        stream.shutdown(socket.SHUT_WR)
        assert {read_message(stream).id, read_message(stream).id} == {1, 2}
        assert is_closed(stream)


@pytest.mark.parametrize("garbage", [b"\0\0", b"\0\x05hello", struct.pack("!H", 12) + b"\0\1\x80\0" + bytes(8)],
                         ids=["no bytes", "five bytes", "a response"])
def test_an_invalid_message_closes_the_connection(shared_daemon, garbage):
    with connect(shared_daemon) as stream:
        stream.sendall(garbage)
        assert is_closed(stream)


def test_stalled_and_idle_connections_are_closed(tmp_path):
    daemon = Daemon(tmp_path, more='[tcp]\nidle_timeout = "400 ms"\nfirst_query_timeout = "300 ms"\n').start()
    with connect(daemon) as silent, connect(daemon) as stalled, connect(daemon) as idle:
        stalled.sendall(framed(API)[:9])
        idle.sendall(framed(API))
        assert len(addresses(read_message(idle))) == 2
        assert is_closed(silent) and is_closed(stalled) and is_closed(idle)
    assert daemon.stop() == 0


def test_a_peer_that_does_not_read_is_bounded_and_closed(tmp_path):
    daemon = Daemon(tmp_path, more='[tcp]\nidle_timeout = "1 s"\n').start()
    before = resident_bytes(daemon)
    with socket.socket() as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream.settimeout(DEADLINE)
        stream.connect(daemon.endpoints[0])
        query = framed("large.corp.internal", "TXT") * 100
        with pytest.raises(OSError):
            # Ends when the daemon has closed: it answers with 60 times the size of the input.
            for _ in range(2000):
                stream.sendall(query)
        # Other clients were served meanwhile, and memory stayed within the limits of the connection.
    assert len(addresses(ask(daemon.endpoints[0], API, tcp=True))) == 2
    assert resident_bytes(daemon) - before < 32 << 20
    assert daemon.stop() == 0


def resident_bytes(daemon):
    with open(f"/proc/{daemon.process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def test_connections_of_one_client_are_capped(tmp_path):
    daemon = Daemon(tmp_path, more="[tcp]\nmax_connections_per_client = 5\n").start()
    held = [connect(daemon) for _ in range(5)]
    for stream in held:
        stream.sendall(framed(API))
        assert read_message(stream) is not None
    with connect(daemon) as sixth:
        sixth.settimeout(DEADLINE)
        assert is_closed(sixth)
    # Another client is not affected.
    assert len(addresses(ask(daemon.endpoints[0], API, tcp=True, source="127.0.0.2"))) == 2
    for stream in held:
        stream.close()
    wait_until(lambda: can_connect(daemon), "room for the first client again")
    assert daemon.stop() == 0


def can_connect(daemon):
    try:
        return len(addresses(ask(daemon.endpoints[0], API, tcp=True))) == 2
    except (OSError, EOFError):
        return False


def test_the_total_of_connections_is_capped(tmp_path):
    daemon = Daemon(tmp_path, more="[tcp]\nmax_connections = 3\n").start()
    held = [connect(daemon) for _ in range(3)]
    for stream in held:
        stream.sendall(framed(API))
        assert read_message(stream) is not None
    with connect(daemon) as fourth:
        assert is_closed(fourth)
    for stream in held:
        stream.close()
    assert daemon.stop() == 0
    assert "tcp_refused=1" in daemon.messages()


def test_term_answers_what_has_arrived(tmp_path):
    daemon = Daemon(tmp_path).start()
    with connect(daemon) as stream, connect(daemon) as idle:
        stream.sendall(b"".join(framed(API, ident=i) for i in range(1000)))
        daemon.process.send_signal(signal.SIGTERM)
        assert sorted(read_message(stream).id for _ in range(1000)) == list(range(1000))
        assert is_closed(stream) and is_closed(idle)
        assert daemon.stop() == 0


def test_a_peer_that_does_not_read_does_not_prevent_shutdown(tmp_path):
    daemon = Daemon(tmp_path).start()
    with socket.socket() as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream.connect(daemon.endpoints[0])
        stream.setblocking(False)
        query = framed("large.corp.internal", "TXT") * 100
        with pytest.raises(BlockingIOError):  # the daemon has stopped reading
            for _ in range(100_000):
                stream.send(query)
        assert daemon.stop() == 0
        assert "ended" in daemon.messages()
