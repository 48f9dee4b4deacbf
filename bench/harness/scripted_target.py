# SPDX-License-Identifier: Apache-2.0
"""DNS targets whose behaviour depends on the first label of a name. Every answer has the two addresses of the bench.

    python3 scripted_target.py [--targets N] [--delay S] [--late S] [--lose-queries P] [--lose-answers P] [--seed N]

A name that begins with "drop-" gets no answer, a name that begins with "late-" gets one after `late` seconds, all
others after `delay` seconds. Queries and answers are lost with the given probabilities, from the seed.
It prints "ready" and the port of each target. After TERM it prints, as JSON, how often each target received each
"drop-" and "late-" name.
"""

import argparse
import heapq
import json
import random
import selectors
import signal
import socket
import struct
import time
from collections import Counter

ADDRESSES = ("10.0.12.179", "10.0.140.226")
ADDRESS = "127.0.0.1"
TTL = 86_400
DROP, LATE = "drop-", "late-"
BATCH = 64  # queries that one target reads before it sends the due answers
_RECORDS = b"".join(struct.pack("!3HIH", 0xC00C, 1, 1, TTL, 4) + socket.inet_aton(address) for address in ADDRESSES)


def question_end(query):
    """Returns the end of the question's name, including the root label."""
    at = 12
    while query[at]:
        at += 1 + query[at]
    return at + 1


def answer(query):
    """Returns the response: the unchanged question, including its letter case; no OPT record."""
    return query[:2] + struct.pack("!5H", 0x8580, 1, len(ADDRESSES), 0, 0) + query[12:question_end(query) + 4] + _RECORDS


def name_of(query):
    """Returns the question's name in lower case."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
        at += 1 + query[at]
    return ".".join(labels)


class Script:
    """Decides about each query. Counts the queries for names that are dropped or late."""

    def __init__(self, delay=0.0, late=5.0, lose_queries=0.0, lose_answers=0.0, seed=53):
        self.delay, self.late = delay, late
        self.lose_queries, self.lose_answers = lose_queries, lose_answers
        self.draw = random.Random(seed)
        self.received = Counter()  # (target, name) of dropped and late names

    def seconds_until_answer(self, target, name):
        """Returns None if no answer is sent."""
        if name.startswith((DROP, LATE)):
            self.received[target, name] += 1
        if self.lose_queries and self.draw.random() < self.lose_queries:
            return None
        if name.startswith(DROP):
            return None
        if self.lose_answers and self.draw.random() < self.lose_answers:
            return None
        return self.late if name.startswith(LATE) else self.delay


class Stopped(Exception):
    pass


def stop(*_):
    raise Stopped


def serve(script, sockets):
    """Answers until TERM."""
    selector = selectors.DefaultSelector()
    for i, server in enumerate(sockets):
        selector.register(server, selectors.EVENT_READ, i)
    due, number = [], 0  # a heap of (when, number, socket, response, client)
    while True:
        timeout = max(0, due[0][0] - time.monotonic()) if due else None
        for key, _ in selector.select(timeout):
            for _ in range(BATCH):
                try:
                    query, client = key.fileobj.recvfrom(4096)
                except BlockingIOError:
                    break
                seconds = script.seconds_until_answer(key.data, name_of(query))
                if seconds is None:
                    continue
                number += 1
                heapq.heappush(due, (time.monotonic() + seconds, number, key.fileobj, answer(query), client))
        while due and due[0][0] <= time.monotonic():
            _, _, server, response, client = heapq.heappop(due)
            try:
                server.sendto(response, client)
            except OSError:
                pass  # its buffer is full, or the client has closed its socket: lost as in a network


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=1)
    for name, default in (("delay", 0.0), ("late", 5.0), ("lose-queries", 0.0), ("lose-answers", 0.0)):
        parser.add_argument(f"--{name}", type=float, default=default)
    parser.add_argument("--seed", type=int, default=53)
    options = vars(parser.parse_args())
    sockets = []
    for _ in range(options.pop("targets")):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        server.setblocking(False)
        server.bind((ADDRESS, 0))
        sockets.append(server)
    script = Script(**options)
    signal.signal(signal.SIGTERM, stop)
    print("ready", *(server.getsockname()[1] for server in sockets), flush=True)
    try:
        serve(script, sockets)
    except Stopped:
        print(json.dumps([[target, name, count] for (target, name), count in script.received.items()]), flush=True)


if __name__ == "__main__":
    main()
