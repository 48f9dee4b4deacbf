# SPDX-License-Identifier: Apache-2.0
"""A well-behaved client: GETs over persistent HTTP/1.1 connections at a steady rate, timed from their due times.

    python3 paced_calls.py ADDRESS PORT HOST PATH RATE SECONDS CONNECTIONS

It prints "ready" when all connections are open, and at the end, as JSON, for each call: its due time
(CLOCK_MONOTONIC, seconds), its duration in seconds, and its status, or 0 without a response. It reopens a
connection that the server has closed between two calls, as RFC 9110 section 9.2.2 permits.
"""

import json
import queue
import socket
import ssl
import sys
import threading
import time

TIMEOUT_SECONDS = 20
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE


class Connection:
    def __init__(self, endpoint, host, path):
        self.endpoint, self.host = endpoint, host
        self.request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self.stream = None

    def open(self):
        plain = socket.create_connection(self.endpoint, TIMEOUT_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = CONTEXT.wrap_socket(plain, server_hostname=self.host)

    def close(self):
        if self.stream:
            self.stream.close()
        self.stream = None

    def call(self):
        """Returns the status; 0 without a response. Tries again with a new connection if the old one was closed."""
        for _ in range(2):
            was_open = self.stream is not None
            try:
                if not was_open:
                    self.open()
                self.stream.sendall(self.request)
                status, closes = self._read_response()
                if closes:
                    self.close()
                return status
            except TimeoutError:
                self.close()
                return 0
            except OSError:
                self.close()
                if not was_open:
                    return 0
        return 0

    def _read_response(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        size = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
        while len(body) < size:
            body += self._more()
        return int(lines[0].split()[1]), b"connection: close" in lines

    def _more(self):
        data = self.stream.recv(1 << 16)
        if not data:
            raise ConnectionError("the connection has ended")
        return data


def work(connection, due_calls, calls):
    while (due := due_calls.get()) is not None:
        status = connection.call()
        calls.append((due, time.monotonic() - due, status))


def main():
    address, port, host, path = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    rate, seconds, count = float(sys.argv[5]), float(sys.argv[6]), int(sys.argv[7])
    connections = [Connection((address, port), host, path) for _ in range(count)]
    for connection in connections:
        connection.call()
    due_calls, calls = queue.SimpleQueue(), []
    threads = [threading.Thread(target=work, args=(connection, due_calls, calls)) for connection in connections]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    begun = time.monotonic()
    for i in range(int(rate * seconds)):
        due = begun + i / rate
        time.sleep(max(0, due - time.monotonic()))
        due_calls.put(due)
    for _ in threads:
        due_calls.put(None)
    for thread in threads:
        thread.join()
    print(json.dumps(sorted(calls)), flush=True)


if __name__ == "__main__":
    main()
