"""A target that answers every question with the bench's two addresses, and drops some datagrams unseen.

    python3 lossy_target.py ADDRESS PORT SHARE SEED

It says "ready" when it listens. Which datagrams it drops is drawn from the seed.
"""

import random
import socket
import struct
import sys

ADDRESSES = ("10.0.12.179", "10.0.140.226")
TTL = 86_400
_RECORDS = b"".join(struct.pack("!3HIH", 0xC00C, 1, 1, TTL, 4) + socket.inet_aton(address) for address in ADDRESSES)


def answer(query):
    """The question's octets as they came, mixed case too; no OPT."""
    at = 12
    while query[at]:
        at += 1 + query[at]
    return query[:2] + struct.pack("!5H", 0x8580, 1, len(ADDRESSES), 0, 0) + query[12:at + 5] + _RECORDS


def main():
    address, port, share, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    draw = random.Random(seed)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        server.bind((address, port))
        print("ready", flush=True)
        while True:
            query, client = server.recvfrom(4096)
            if draw.random() >= share:
                server.sendto(answer(query), client)


if __name__ == "__main__":
    main()
