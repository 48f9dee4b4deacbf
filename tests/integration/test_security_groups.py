"""Strangers: silence over UDP, not even a handshake over TCP; both end with a reload."""

import errno
import socket
import struct

import dns.exception
import pytest

from support import API, ask, wait_until

STRANGER = "127.9.9.9"
TCP_SYN_SENT = 2


def test_strangers_get_silence(daemon):
    endpoint = daemon.endpoints[0]
    stranger = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    stranger.bind((STRANGER, 0))
    stranger.setblocking(False)
    assert stranger.connect_ex(endpoint) == errno.EINPROGRESS

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((STRANGER, 0))
        udp.setblocking(False)
        import dns.message
        udp.sendto(dns.message.make_query(API, "A").to_wire(), endpoint)
        # Friends that come after the stranger are answered, so the stranger's turn has passed.
        for tcp in (False, True, False):
            assert ask(endpoint, API, tcp=tcp).answer
        with pytest.raises(BlockingIOError):
            udp.recv(4096)
    state = stranger.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    assert state == TCP_SYN_SENT
    stranger.close()
    assert all(record["srcaddr"] != STRANGER for record in daemon.records())


def test_a_reload_changes_who_is_let_in(daemon):
    text = daemon.config_file.read_text()
    daemon.config_file.write_text(text.replace("127.0.0.0/16", "127.9.0.0/16"))
    daemon.reload()
    endpoint = daemon.endpoints[0]
    wait_until(lambda: ask(endpoint, API, source=STRANGER).answer, "the new friend's answer")
    assert ask(endpoint, API, tcp=True, source=STRANGER).answer
    with pytest.raises(dns.exception.Timeout):
        ask(endpoint, API, timeout=0.3)
    daemon.config_file.write_text(text)
    daemon.reload()
