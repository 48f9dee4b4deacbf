# SPDX-License-Identifier: Apache-2.0
"""Bodies and header blocks that could fill the gateway's memory or use its time: each has a limit, and other
clients are answered meanwhile."""

import http.server
import json
import os
import socket
import ssl
import threading
import time

import pytest

from gateway import API_ID, API_NAME, OPEN_POLICY, Gateway, mock, read_all, read_response, request, status_of
from http2_frames import (DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, GOAWAY, HEADERS, RST_STREAM, Connection,
                          call_fields, fields, frame, headers, text)
from support import wait_until

MIB = 1 << 20
OTHER = "127.0.0.2"  # another client's address

DENY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]})

FUNCTION = """
def handler(event, context):
    return {"body": "x" * 6000000}
"""


def apis(policy=OPEN_POLICY):
    return f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{policy}'''
[rest_api.hello.stage.v1]
execution_log = "execution.log"
access_log = {{ file = "access.log", format = "$context.status $context.path $context.requestId" }}
[rest_api.hello.stage.quiet]
{mock("/hello", body="hello")}
{mock("/hello", "POST", body="hello")}
{mock("/large", body="x" * 6_000_000)}
[rest_api.hello.resource."/function".GET]
integration = {{ type = "AWS_PROXY", function = "large" }}
[rest_api.hello.resource."/function".POST]
integration = {{ type = "AWS_PROXY", function = "large" }}
[function.large]
runtime = "python3.11"
handler = "app.handler"
code = "code"
timeout = "5 min"
reserved_concurrency = 4
"""


def start(folder, policy=OPEN_POLICY, gateway="", more=""):
    (folder / "code").mkdir()
    (folder / "code/app.py").write_text(FUNCTION)
    return Gateway(folder, apis(policy) + more, gateway=gateway).start()


@pytest.fixture(autouse=True)
def small_quarantine(monkeypatch):
    """The address sanitizer keeps freed memory for a while; a small quarantine keeps the measurement valid."""
    options = [os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=8:allocator_release_to_os_interval_ms=100"]
    monkeypatch.setenv("ASAN_OPTIONS", ":".join(filter(None, options)))


@pytest.fixture
def gateway(tmp_path):
    """A gateway whose clients may pause for long."""
    running = start(tmp_path, gateway='body_timeout = "5 min"\nidle_timeout = "5 min"\n')
    yield running
    running.kill()


def assert_answers(gateway, source=OTHER):
    assert gateway.call("/v1/hello", source=source).text == "hello"
    assert gateway.call("/v1/hello", "POST", body=b"x" * 1000, source=source).text == "hello"


class Growth:
    """The maximum growth of the gateway's memory since the start of the measurement."""

    def __init__(self, gateway):
        self.gateway, self.before, self.most = gateway, gateway.memory(), 0

    def look(self):
        now = self.gateway.memory() - self.before
        self.most = max(self.most, now)
        return now


def send_some(tls, payload):
    """Sends data until the gateway reads nothing for a while; returns the size that was sent."""
    tls.settimeout(0.3)
    sent = 0
    while sent < len(payload):
        try:
            sent += tls.send(payload[sent:sent + 65536])
        except (TimeoutError, ssl.SSLWantWriteError):
            break
        except OSError:
            break
    return sent


def test_unfinished_bodies_of_one_client(gateway):
    """30 incomplete requests of 10 MiB: 270 MiB if each was kept."""
    growth = Growth(gateway)
    held = [gateway.connect() for _ in range(30)]
    body = b"x" * (9 * MIB)
    for tls in held:
        tls.sendall(request("/v1/hello", "POST", f"Content-Length: {10 * MIB}"))
    taken = [send_some(tls, body) for tls in held]
    growth.look()
    assert sum(size == len(body) for size in taken) <= 6, "more than 64 MiB were taken"
    assert growth.most < 110 * MIB
    assert_answers(gateway)
    for tls in held:
        tls.close()
    wait_until(lambda: growth.look() < 40 * MIB, "the memory to be given back")
    # All of them are served one after another, however many arrive at once.
    assert gateway.call("/v1/hello", "POST", body=body).text == "hello"


def test_unneeded_bodies_are_not_stored(gateway):
    """30 requests of 10 MiB to a mock of a stage without an execution log: the gateway reads all of their bodies."""
    growth = Growth(gateway)
    held = [gateway.connect() for _ in range(30)]
    body = b"x" * (9 * MIB)
    for tls in held:
        tls.sendall(request("/quiet/hello", "POST", f"Content-Length: {10 * MIB}"))
        tls.sendall(body)
        growth.look()
    assert growth.most < 30 * MIB
    for tls in held:
        tls.sendall(b"x" * MIB)
        assert status_of(read_response(tls)[0]) == 200
        tls.sendall(request("/quiet/hello"))  # the connection stays
        assert status_of(read_response(tls)[0]) == 200
        tls.close()
    growth.look()
    assert growth.most < 30 * MIB


def test_curl_posts_an_unneeded_body(gateway):
    body = gateway.folder / "body"
    body.write_bytes(b"x" * 5_000_000)
    for version in ("--http1.1", "--http2"):
        for more in ((), ("-H", "Transfer-Encoding: chunked"), ("-H", "Expect:"), ("-H", "Expect: 100-continue")):
            answer = gateway.curl("/quiet/hello", version, "--data-binary", f"@{body}", *more)
            assert (answer.exit_code, answer.status, answer.text) == (0, 200, "hello"), (version, more, answer)
    # Its limit is that of any body.
    body.write_bytes(b"x" * 10_485_761)
    assert gateway.curl("/quiet/hello", "--http1.1", "--data-binary", f"@{body}").status == 413


def test_unfinished_bodies_over_http_2(gateway):
    growth = Growth(gateway)
    length = ("content-length", str(10 * MIB))
    connections = [Connection(gateway) for _ in range(4)]
    for connection in connections:
        connection.send(b"".join(headers(1 + 2 * i, *call_fields("/v1/hello", "POST", length), flags=END_HEADERS)
                                 for i in range(20)))
        # The initial window of each stream: 80 streams, 5 MiB.
        for i in range(20):
            connection.send(frame(DATA, 0, 1 + 2 * i, b"x" * 16000) * 4)
    assert_answers(gateway)
    growth.look()
    assert growth.most < 60 * MIB
    for connection in connections:
        connection.tls.close()
    assert_answers(gateway)


def test_many_large_bodies_are_served_in_turns(gateway):
    """12 clients of one address with 9 MiB each, together more than its share: none is refused."""
    answers = []

    def post():
        answers.append(gateway.call("/v1/hello", "POST", body=b"x" * (9 * MIB)).status)

    threads = [threading.Thread(target=post) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12


def test_a_body_that_waits_too_long_for_memory(tmp_path):
    gateway = start(tmp_path, gateway='body_timeout = "1 s"\nmax_body_memory_per_client = "16 MiB"\n')
    holder = gateway.connect()
    stop = threading.Event()

    def dribble():
        while not stop.wait(0.2):
            holder.sendall(b"x")

    holder.sendall(request("/v1/hello", "POST", f"Content-Length: {10 * MIB}"))
    thread = threading.Thread(target=dribble)
    thread.start()
    try:
        with gateway.connect() as tls:
            tls.sendall(request("/v1/hello", "POST", f"Content-Length: {10 * MIB}", "Expect: 100-continue"))
            answer = read_all(tls)
            assert status_of(answer) == 503 and b"Service Unavailable" in answer
        assert_answers(gateway, "127.0.0.1")  # small requests of the same client are still served
    finally:
        stop.set()
        thread.join()
        holder.close()
    assert gateway.stop() == 0
    assert gateway.statistics()["bodies_denied"] == 1


def test_bodies_of_refused_calls_are_not_stored(tmp_path):
    gateway = start(tmp_path, DENY)
    growth = Growth(gateway)
    held = []
    for _ in range(20):
        tls = gateway.connect()
        tls.sendall(request("/v1/hello", "POST", f"Content-Length: {10 * MIB}"))
        send_some(tls, b"x" * (9 * MIB))
        held.append(tls)
    growth.look()
    assert growth.most < 20 * MIB
    for tls in held:
        tls.close()
    # The response arrives before the body is sent, and without 100 (Continue).
    for more in ((), ("Expect: 100-continue",)):
        with gateway.connect() as tls:
            tls.sendall(request("/v1/hello", "POST", f"Content-Length: {10 * MIB}", *more))
            answer = read_all(tls)
            assert status_of(answer) == 403 and b"\r\nConnection: close\r\n" in answer
    # A short body does not close the connection.
    with gateway.connect() as tls:
        for _ in range(3):
            tls.sendall(request("/v1/hello", "POST", "Content-Length: 4", body=b"body"))
            assert status_of(read_response(tls)[0]) == 403
    with Connection(gateway) as connection:
        connection.send(headers(1, *call_fields("/v1/hello", "POST"), flags=END_HEADERS))
        assert connection.read_until(lambda one: one.kind == HEADERS and one.stream == 1)
        end = connection.read_until(lambda one: one.kind == RST_STREAM)
        assert end.stream == 1 and end.error == 0
    assert gateway.stop() == 0


def test_responses_that_are_not_read(gateway):
    """60 responses of 6 MB, of the gateway and of a function: 360 MB if each was kept."""
    assert gateway.call("/v1/function").status == 200
    growth = Growth(gateway)
    held = []
    statuses = []
    for target in ["/v1/function"] * 20 + ["/v1/large"] * 40:
        with_small_window = socket.socket()
        with_small_window.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with_small_window.settimeout(60)
        with_small_window.connect(gateway.endpoints[0])
        tls = gateway.tls().wrap_socket(with_small_window, server_hostname=API_NAME)
        tls.sendall(request(target))
        statuses.append(status_of(tls.recv(1024)))
        held.append(tls)
        growth.look()
    assert statuses.count(200) >= 5 and statuses.count(503) >= 30, statuses
    # The log has the status codes that the clients got.
    wait_until(lambda: len(gateway.lines("access.log")) == 1 + len(statuses), "the calls in the log")
    assert sorted(int(line.split()[0]) for line in gateway.lines("access.log")[1:]) == sorted(statuses)
    assert growth.most < 130 * MIB
    assert_answers(gateway)
    for tls in held:
        tls.close()
    wait_until(lambda: growth.look() < 50 * MIB, "the memory to be given back")
    assert gateway.call("/v1/large").status == 200


def test_idle_connections_have_freed_their_responses(gateway):
    """30 connections that stay open after a response of 6 MB each: 180 MB if each kept its buffer."""
    growth = Growth(gateway)
    held = [gateway.connect() for _ in range(30)]
    for tls in held:
        tls.sendall(request("/v1/large"))
        assert len(read_response(tls)[1]) == 6_000_000
    wait_until(lambda: growth.look() < 40 * MIB, "the memory to be given back")
    for tls in held:
        tls.close()


#--- Backends

FLOOD = memoryview(b"x" * 10_000_000)  # one for all threads: copying it takes longer than a call may


class Flood(http.server.BaseHTTPRequestHandler):
    """Sends 10 MB; the last byte waits until the test ends."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        chunked = self.path == "/chunks"
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"Transfer-Encoding: chunked\r\n\r\n989680\r\n" if chunked else
                                                  b"Content-Length: 10000000\r\n\r\n"))
        try:
            self.wfile.write(FLOOD[:-1])
            self.server.released.wait(60)
            self.wfile.write(bytes(FLOOD[-1:]) + (b"\r\n0\r\n\r\n" if chunked else b""))
        except OSError:
            pass


class FloodServer(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # applies when the socket starts to listen


@pytest.fixture
def flood():
    server = FloodServer(("127.0.0.1", 0), Flood)
    server.released = threading.Event()
    threading.Thread(target=server.serve_forever).start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("target", ["sized", "chunks"])
def test_responses_of_backends_have_a_bound(tmp_path, flood, target):
    """40 responses of 10 MB that arrive at once: 400 MB if each was kept."""
    uri = f"http://127.0.0.1:{flood.server_address[1]}/{target}"
    gateway = start(tmp_path, gateway='idle_timeout = "5 min"\n', more=f"""
[rest_api.hello.resource."/flood".GET]
integration = {{ type = "HTTP_PROXY", uri = "{uri}" }}
""")
    growth = Growth(gateway)
    held = [gateway.connect() for _ in range(40)]
    for tls in held:
        tls.sendall(request("/v1/flood"))

    def logged(status):
        growth.look()
        return sum(line.startswith(f"{status} /v1/flood ") for line in gateway.lines("access.log"))

    # One client has 64 MiB, and so at most six of these responses.
    wait_until(lambda: logged(503) >= 34, "calls without room to be refused")
    gateway.wait_line("execution.log", "there is no memory for the response")
    assert_answers(gateway)
    # The clients disconnect: their calls end, and the received data is freed.
    for tls in held:
        tls.close()
    wait_until(lambda: logged(503) + logged(499) == 40, "the calls to end")
    assert growth.most < 110 * MIB
    refused, left = logged(503), logged(499)
    assert left >= 1 and logged(200) == 0
    flood.released.set()
    assert len(gateway.call("/v1/flood").body) == 10_000_000
    assert gateway.stop() == 0
    counts = gateway.statistics()
    assert counts["body_memory"] == 0 and counts["abandoned"] == left and counts["bodies_refused"] == refused


#--- Headers

BOMB = (fields(*call_fields()) + b"\x40" + text("x-a") + text("a" * 4000), b"\xbe" * 12000)


def test_a_head_that_expands_beyond_the_limit_ends_its_connection(gateway):
    with Connection(gateway) as connection:
        connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, BOMB[0] + BOMB[1]))
        end = connection.read_until(lambda one: one.kind == GOAWAY)
        assert connection.was_reset or end.error == ENHANCE_YOUR_CALM
    assert_answers(gateway)


def test_floods_of_heads_leave_time_for_others(gateway):
    """Four clients send only heads that expand to a large size, as fast as they can."""
    stop = threading.Event()
    small = fields(*call_fields()) + b"\x40" + text("x-a") + text("a" * 4000)

    def flood(block):
        while not stop.is_set():
            try:
                with Connection(gateway) as connection:
                    connection.tls.settimeout(0.5)
                    for stream in range(1, 20001, 2):
                        if stop.is_set():
                            break
                        connection.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, block))
            except OSError:
                continue

    threads = [threading.Thread(target=flood, args=(block,)) for block in (BOMB[0] + BOMB[1], small + b"\xbe" * 14) * 2]
    before = gateway.memory()
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            begin = time.monotonic()
            assert_answers(gateway)
            assert time.monotonic() - begin < 20  # a liveness check, not a measurement
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert gateway.memory() - before < 200 * MIB
    assert gateway.is_running()
