# SPDX-License-Identifier: Apache-2.0
"""The distribution of environments over functions, and the calls that get one."""

import os
import socket

import pytest

from gateway import API_ID, OPEN_POLICY, Gateway
from http2_frames import CANCEL, HEADERS, RST_STREAM, Connection, call_fields, frame, headers, number
from support import wait_until

PLACES = 8
# With two functions, each has a guarantee of PLACES / 2 / 2; the rest is for any function.
MOST_OF_ONE = PLACES - PLACES // 4

PYTHON = """
import os, time

def hold(event, context):
    while not os.path.exists(os.environ["RELEASE"]):
        time.sleep(0.01)
    return {"body": "held"}

def quick(event, context):
    return {"body": str(os.getpid())}
"""


def function(name, handler, folder):
    return f"""
[rest_api.hello.resource."/{name}".GET]
integration = {{ type = "AWS_PROXY", function = "{name}" }}
[function.{name}]
runtime = "python3.11"
handler = "app.{handler}"
code = "code"
timeout = "60 s"
environment = {{ RELEASE = "{folder}/shared/release" }}
"""


@pytest.fixture
def gateway(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "shared").mkdir()  # functions see it, and the files that tests put into it
    (tmp_path / "code/app.py").write_text(PYTHON)
    log_format = "$context.path $context.status $context.integrationErrorMessage $context.requestId"
    apis = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''
[rest_api.hello.stage.v1]
access_log = {{ file = "access.log", format = "{log_format}" }}
{function("holding", "hold", tmp_path)}{function("other", "quick", tmp_path)}"""
    running = Gateway(tmp_path, apis, functions=f"max_environments = {PLACES}\n").start()
    yield running
    (tmp_path / "shared/release").touch()
    assert running.stop() == 0, running.messages()


def starts(gateway, name):
    return sum("INIT_START" in line for line in gateway.lines(f"{name}.log"))


def answered(gateway, words):
    return sum(words in line for line in gateway.lines("access.log"))


def calls(target, count, first=1):
    return [headers(first + 2 * i, *call_fields(target)) for i in range(count)]


def resets(count, first=1):
    return [frame(RST_STREAM, 0, first + 2 * i, number(CANCEL)) for i in range(count)]


def test_a_function_that_hangs_leaves_others_their_share(gateway):
    warm = gateway.call("/v1/other").text
    with Connection(gateway) as connection:
        connection.send(b"".join(calls("/v1/holding", 40)))
        refused = 40 - MOST_OF_ONE
        wait_until(lambda: answered(gateway, "/v1/holding 502") == refused, "the refusals")
        # The other function still works, and keeps its process.
        assert {gateway.call("/v1/other").status for _ in range(20)} == {200}
        assert os.path.exists(f"/proc/{warm}")
        wait_until(lambda: starts(gateway, "holding") == MOST_OF_ONE, "all places that one function may have")

        wait_until(lambda: sum("\t-\tRefused RequestId: " in line and "Rate Exceeded: 6 environments of holding" in line
                               for line in gateway.lines("holding.log")) == refused, "each refusal in its log")
        gateway.wait_message("function holding: an invocation is refused: Rate Exceeded: 6 environments of holding run")
        assert gateway.messages().count("function holding: ") <= 2
        assert not any("Refused" in line for line in gateway.lines("other.log"))

        (gateway.folder / "shared/release").touch()
    wait_until(lambda: gateway.call("/v1/holding").status == 200, "a response of the function that hung")


def test_a_cold_function_starts_beside_one_that_hangs(gateway):
    with Connection(gateway) as connection:
        connection.send(b"".join(calls("/v1/holding", 40)))
        assert connection.read_until(lambda one: one.kind == HEADERS) is not None
        assert gateway.call("/v1/other").status == 200


def test_a_burst_of_reset_streams_starts_nothing(gateway):
    with Connection(gateway) as connection:
        both = zip(calls("/v1/other", 64), resets(64))
        connection.send(b"".join(call + reset for call, reset in both))
        gateway.wait_line("access.log", "/v1/other 499 The client left before the call was answered")
        assert gateway.call("/v1/other").status == 200
    wait_until(lambda: len(gateway.lines("access.log")) == 65, "a line for each call")
    # One starts at a time, and only while it has a client: 64 TLS records may arrive in several parts.
    assert starts(gateway, "other") <= 4


def test_a_closed_connection_ends_its_waiting_calls(gateway):
    with Connection(gateway) as connection:
        # Calls and FIN arrive together: nothing can start between them.
        connection.tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        connection.send_last(b"".join(calls("/v1/other", 64)))
        gateway.wait_line("access.log", "/v1/other 499 The client left before the call was answered")
    wait_until(lambda: len(gateway.lines("access.log")) == 64, "a line for each call")
    assert starts(gateway, "other") <= 4
    assert gateway.call("/v1/other").status == 200


def test_a_running_call_continues_without_its_client(gateway):
    with Connection(gateway) as connection:
        connection.send(calls("/v1/holding", 1)[0])
        gateway.wait_line("holding.log", "START RequestId")
        connection.send(resets(1)[0])
    (gateway.folder / "shared/release").touch()
    gateway.wait_line("holding.log", "REPORT RequestId")
    gateway.wait_line("access.log", "/v1/holding 200")
