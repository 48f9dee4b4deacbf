# SPDX-License-Identifier: Apache-2.0
"""A client like a stub resolver: it repeats a query without an answer, and uses the first answer."""

import heapq
import socket
import struct
import time

from . import dns

TIMEOUT_SECONDS = 5  # resolv.conf(5)
TRIES = 3  # the first query and two repetitions


def ask_all(endpoint, names, rate, timeout=TIMEOUT_SECONDS, tries=TRIES):
    """Queries each name, at `rate` names a second. Returns the result of `ask_at`."""
    return ask_at(endpoint, [(i / rate, name) for i, name in enumerate(names)], timeout, tries)


def ask_at(endpoint, schedule, timeout=TIMEOUT_SECONDS, tries=TRIES):
    """Queries each (seconds from now, name) of the schedule, which is sorted and has at most 65536 entries.

    Returns for each (rcode, seconds since its first query, queries sent); the rcode is None without an answer.
    """
    results = [None] * len(schedule)
    first = [0.0] * len(schedule)
    sent = [0] * len(schedule)
    begun = time.monotonic()
    due = [(begun + when, i) for i, (when, _) in enumerate(schedule)]  # a heap, because it is sorted
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
                    results[i] = (None, now - first[i], tries)
                    continue
                if not sent[i]:
                    first[i] = now
                sent[i] += 1
                heapq.heappush(due, (when + timeout, i))
                client.send(dns.query(schedule[i][1], i))
            else:
                client.settimeout(when - now)
                _receive(client, results, first, sent)
    return results


def _receive(client, results, first, sent):
    try:
        message = client.recv(4096)
    except (TimeoutError, ConnectionRefusedError, BlockingIOError):
        return
    number, flags = struct.unpack_from("!2H", message)
    if number < len(results) and results[number] is None and sent[number]:
        results[number] = (flags & 15, time.monotonic() - first[number], sent[number])
