"""A client as stub resolvers are: it repeats a query that nobody answers, and takes the first answer."""

import heapq
import socket
import struct
import time

from . import dns

TIMEOUT_SECONDS = 5  # resolv.conf(5)
TRIES = 3  # the first query and two repetitions


def ask_all(endpoint, names, rate, timeout=TIMEOUT_SECONDS, tries=TRIES):
    """Asks for each name, `rate` of them a second. Returns for each (rcode, seconds, queries sent); the rcode
    is None when nothing came. The names are at most 65536."""
    results = [None] * len(names)
    sent = [0] * len(names)
    begun = time.monotonic()
    due = [(begun + i / rate, i) for i in range(len(names))]  # a heap, as it is sorted
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        client.connect(endpoint)
        while due:
            now = time.monotonic()
            when, i = due[0]
            if results[i] is not None:
                heapq.heappop(due)
            elif when <= now:
                heapq.heappop(due)
                if sent[i] == tries:
                    results[i] = (None, now - begun - i / rate, tries)
                    continue
                sent[i] += 1
                heapq.heappush(due, (when + timeout, i))
                client.send(dns.query(names[i], i))
            else:
                client.settimeout(when - now)
                _receive(client, results, sent, begun, rate)
    return results


def _receive(client, results, sent, begun, rate):
    try:
        message = client.recv(4096)
    except (TimeoutError, ConnectionRefusedError, BlockingIOError):
        return
    number, flags = struct.unpack_from("!2H", message)
    if number < len(results) and results[number] is None and sent[number]:
        results[number] = (flags & 15, time.monotonic() - begun - number / rate, sent[number])
