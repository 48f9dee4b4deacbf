# SPDX-License-Identifier: Apache-2.0
"""A minimal DNS client that checks the answers of servers before a measurement."""

import base64
import random
import socket
import ssl
import struct
import subprocess

TYPE_A = 1


def query(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", TYPE_A, 1)


def skip_name(message, at):
    while message[at]:
        if message[at] >= 0xC0:
            return at + 2
        at += 1 + message[at]
    return at + 1


def addresses(message):
    """Returns the rcode and the A records of an answer section."""
    _, flags, questions, answers, _, _ = struct.unpack_from("!6H", message)
    at = 12
    for _ in range(questions):
        at = skip_name(message, at) + 4
    found = []
    for _ in range(answers):
        at = skip_name(message, at)
        rrtype, _, _, length = struct.unpack_from("!2HIH", message, at)
        at += 10
        found.append(socket.inet_ntoa(message[at:at + 4]) if rrtype == TYPE_A else f"type {rrtype}")
        at += length
    return flags & 15, sorted(found)


def ask(endpoint, name, timeout=1.0):
    """Returns (rcode, sorted addresses, size of the answer in bytes), or None without an answer."""
    number = random.randrange(65536)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        client.connect(endpoint)
        try:
            client.send(query(name, number))
            while True:
                message = client.recv(4096)
                if len(message) >= 12 and message[:2] == struct.pack("!H", number):
                    return *addresses(message), len(message)
        except (TimeoutError, ConnectionRefusedError):
            return None


def ask_over_tls(endpoint, name, timeout=5.0):
    """The same over DNS over TLS, with any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    data = query(name, random.randrange(65536))
    try:
        with socket.create_connection(endpoint, timeout) as plain, context.wrap_socket(plain) as client:
            client.sendall(struct.pack("!H", len(data)) + data)
            with client.makefile("rb") as stream:
                message = stream.read(*struct.unpack("!H", stream.read(2)))
    except (OSError, struct.error):
        return None
    return *addresses(message), len(message)


def doh_path(name):
    """Returns the path of a GET over DNS over HTTPS; its id is 0, as RFC 8484 recommends."""
    return "/dns-query?dns=" + base64.urlsafe_b64encode(query(name, 0)).rstrip(b"=").decode()


def ask_over_https(endpoint, name, timeout=5.0):
    """The same over DNS over HTTPS, with curl for HTTP/2."""
    asked = subprocess.run(["curl", "-s", "-k", "--http2", "--fail", "--max-time", str(timeout),
                            "https://%s:%d" % endpoint + doh_path(name)], capture_output=True)
    if asked.returncode != 0 or len(asked.stdout) < 12:
        return None
    return *addresses(asked.stdout), len(asked.stdout)
