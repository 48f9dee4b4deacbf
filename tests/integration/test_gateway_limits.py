# SPDX-License-Identifier: Apache-2.0
"""Malicious or numerous clients of the gateway: other clients are still answered."""

import concurrent.futures
import os
import resource
import ssl

import pytest

from gateway import (API_ID, API_NAME, OPEN_POLICY, Gateway, mock, read_all, read_response, request, status_of)
from http2_frames import END_STREAM, GOAWAY, HEADERS, NO_ERROR, Connection, call_fields, fields, frame, headers
from support import wait_until

IDLE = 10_000
LARGE = 8 << 20

FUNCTION = """
def handler(event, context):
    return {"body": "x" * 6000000}
"""

APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''
[rest_api.hello.stage.v1]
{mock("/hello", body="hello")}
{mock("/hello", "POST", body="hello")}
{mock("/large", body="x" * LARGE)}
[rest_api.hello.resource."/function".GET]
integration = {{ type = "AWS_PROXY", function = "large" }}
[function.large]
runtime = "python3.11"
handler = "app.handler"
code = "code"
"""


def start(folder, settings=""):
    (folder / "code").mkdir()
    (folder / "code/app.py").write_text(FUNCTION)
    return Gateway(folder, APIS, gateway=settings).start()


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """A gateway with short timeouts."""
    running = start(tmp_path_factory.mktemp("gateway"), """
handshake_timeout = "1 s"
head_timeout = "1 s"
body_timeout = "1 s"
idle_timeout = "3 s"
max_connections_per_client = 40
""")
    yield running
    assert running.stop() == 0, running.messages()


@pytest.fixture
def patient(tmp_path):
    running = start(tmp_path, 'idle_timeout = "10 min"\nhandshake_timeout = "5 min"\n')
    yield running
    assert running.stop() == 0, running.messages()


def open_files(gateway):
    return len(os.listdir(f"/proc/{gateway.process.pid}/fd"))


def assert_answers(gateway, source="127.0.0.2"):
    assert gateway.call("/v1/hello", source=source).text == "hello"


#--- Slow clients

def test_a_handshake_that_is_never_finished(impatient):
    for data in (b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 40):
        with impatient.connect_tcp() as tcp:
            tcp.sendall(data)
            assert_answers(impatient)
            assert tcp.recv(100) == b""


def dribble(tls, data):
    """Sends single bytes until the gateway has responded; returns the response."""
    tls.settimeout(0.05)
    for byte in data:
        try:
            tls.sendall(bytes([byte]))
            answer = tls.recv(65536)
            tls.settimeout(60)
            return answer + read_all(tls)
        except TimeoutError:
            continue
        except ssl.SSLError:
            return b""
    raise AssertionError("it took all of it")


def test_a_slow_head(impatient):
    with impatient.connect() as tls:
        answer = dribble(tls, request("/v1/hello", "GET", "X-A: " + "a" * 5000))
        assert status_of(answer) == 408 and b"\r\nConnection: close\r\n" in answer
    assert_answers(impatient)


def test_a_slow_head_over_http_2(impatient):
    with Connection(impatient) as connection:
        connection.send(frame(HEADERS, END_STREAM, 1, fields(*call_fields())[:20]))
        assert_answers(impatient)
        ends = [one for one in connection.read_all() if one.kind == GOAWAY]
        assert ends and ends[0].error == NO_ERROR


def test_a_body_that_pauses(impatient):
    with impatient.connect() as tls:
        tls.sendall(request("/v1/hello", "POST", "Content-Length: 10", body=b"abc"))
        assert_answers(impatient)
        assert status_of(read_all(tls)) == 408
    with Connection(impatient) as connection:
        connection.send(headers(1, *call_fields("/v1/hello", "POST"), flags=4))
        assert connection.read_until(lambda one: one.kind == HEADERS and one.stream == 1)


def test_a_connection_without_a_request(impatient):
    with impatient.connect() as tls:
        assert read_all(tls) == b""
    with impatient.connect() as tls:
        tls.sendall(request())
        assert read_response(tls)[1] == b"hello"
        assert read_all(tls) == b""
    with Connection(impatient) as connection:
        assert [one.error for one in connection.read_all() if one.kind == GOAWAY] == [NO_ERROR]


def is_held(tls):
    """Returns whether a process still has the other end of a connection open."""
    ours, theirs = f"{tls.getsockname()[1]:04X}", f"{tls.getpeername()[1]:04X}"
    for line in open("/proc/net/tcp"):
        _, local, remote, *_, inode = line.split()[:10]
        if local.endswith(":" + theirs) and remote.endswith(":" + ours):
            return inode != "0"
    return False


@pytest.mark.parametrize("target", ["/v1/large", "/v1/function"])
def test_a_client_that_does_not_read(impatient, target):
    assert impatient.call(target).status == 200  # the function has its process
    with impatient.connect() as tls:
        tls.sendall(request(target) * 3)
        wait_until(lambda: is_held(tls), "the connection")
        assert_answers(impatient)
        # The gateway closes it, and discards the unsent data.
        wait_until(lambda: not is_held(tls), "the end of the connection")


def test_a_client_that_opens_no_window(impatient):
    with Connection(impatient) as connection:
        connection.send(b"".join(headers(1 + 2 * i, *call_fields("/v1/large")) for i in range(10)))
        assert_answers(impatient)
        before = impatient.memory()
        assert before < 900 << 20
        assert connection.read_until(lambda one: False) is None  # it ends


def test_a_slow_reader_gets_the_complete_response(patient):
    with patient.connect() as tls:
        tls.sendall(request("/v1/large") * 2)
        for _ in range(2):
            head, body = read_response(tls)
            assert len(body) == LARGE


#--- Many clients

def test_one_client_has_its_share_of_connections(impatient):
    wait_until(lambda: impatient.connect() is not None, "a connection")
    held, refused = [], 0
    for _ in range(60):
        try:
            held.append(impatient.connect())
        except (ssl.SSLError, OSError):
            refused += 1
    assert refused and len(held) <= 40
    assert_answers(impatient)  # from another client address
    for tls in held:
        tls.close()


def raise_descriptor_limit(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard >= wanted, f"this needs RLIMIT_NOFILE {wanted}, not {hard}"
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def test_ten_thousand_idle_connections(patient):
    raise_descriptor_limit(IDLE + 500)
    empty = patient.memory()
    files = open_files(patient)
    # Handshakes take most of the time here; tickets of TLS 1.2 avoid their asymmetric cryptography.
    context = patient.tls(version=ssl.TLSVersion.TLSv1_2)
    with patient.connect(context=context) as first:
        first.sendall(request())
        read_response(first)
        session = first.session

    def open_some(source):
        return [patient.connect(context=context, session=session, source=source) for _ in range(IDLE // 2)]

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        held = [tls for some in pool.map(open_some, ("127.0.0.1", "127.0.0.2")) for tls in some]
    assert len(held) == IDLE
    wait_until(lambda: open_files(patient) >= files + IDLE, "all connections")
    per_connection = (patient.memory() - empty) // IDLE
    print(f"{per_connection} bytes of memory for each of {IDLE} idle connections")
    assert per_connection < 150_000  # with sanitizers; 30 000 without

    # New clients are answered, and so are the idle ones.
    assert_answers(patient)
    for tls in held[::500]:
        tls.sendall(request())
        assert read_response(tls)[1] == b"hello"
    for tls in held:
        tls.close()
    wait_until(lambda: open_files(patient) <= files, "the end of all connections")
    assert_answers(patient)


def test_connections_without_a_handshake(patient):
    """The maximum number of connections without a handshake."""
    raise_descriptor_limit(3000)
    held = [patient.connect_tcp() for _ in range(2000)]
    for tcp in held[::2]:
        tcp.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
    assert_answers(patient)
    for tcp in held:
        tcp.close()
    assert_answers(patient)


def test_memory_after_all_tests_of_the_file(impatient):
    assert_answers(impatient)
    assert impatient.memory() < 900 << 20
