# SPDX-License-Identifier: Apache-2.0
"""Every error response of the gateway, byte by byte: tests/golden/gateway/errors/NAME.http. Parts that differ
between calls are masked. INLET53_REGENERATE=1 writes the files instead of comparing."""

import json
import os
import re

import pytest

from gateway import API_ID, API_NAME, OPEN_POLICY, SERVICE, Gateway, mock, read_response, request
from support import SOURCE

GOLDEN = SOURCE / "tests/golden/gateway/errors"

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/v1/*"},
    {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/v1/GET/denied"}]})

ENDPOINT_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:execute-api:eu-west-1:*:*/GET/*"},
    {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "arn:aws:execute-api:eu-west-1:*:*/denied"}]})

FUNCTION = """
import os, signal, sys

RESULTS = {
    "not-an-object": "text", "null": None, "another-key": {"statusCode": 200, "frob": 1},
    "status-no-number": {"statusCode": "abc"}, "body-no-text": {"statusCode": 200, "body": {"a": 1}},
    "bad-base64": {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
    "too-large": {"body": "x" * 6291556},
}

def handler(event, context):
    what = event["pathParameters"]["what"]
    if what == "error":
        raise ValueError("as asked")
    if what == "exit":
        os._exit(3)
    if what == "timeout":
        signal.pause()
    return RESULTS[what]
"""


def function(name, **more):
    given = {"runtime": "python3.11", "handler": "app.handler", "code": "function", **more}
    return f"\n[function.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in given.items())


APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
binary_media_types = ["image/png"]
policy = '''{POLICY}'''
[rest_api.hello.stage.v1]
[rest_api.hello.stage.v2]
[rest_api.hello.stage.v1.method_settings."GET /throttled"]
throttling_rate_limit = 0
throttling_burst_limit = 0
{mock("/hello")}{mock("/hello", "POST")}{mock("/denied")}{mock("/throttled")}{mock("/deep/{proxy+}")}
[rest_api.hello.resource."/lambda/{{what}}".ANY]
integration = {{ type = "AWS_PROXY", function = "hello" }}
[rest_api.hello.resource."/refused".GET]
integration = {{ type = "AWS_PROXY", function = "none-at-once" }}
[rest_api.hello.resource."/slow/{{what}}".GET]
integration = {{ type = "AWS_PROXY", function = "hello", timeout = "50 ms" }}
[rest_api.hello.resource."/unreachable".GET]
integration = {{ type = "HTTP_PROXY", uri = "http://127.53.0.1:9/" }}

[rest_api.public]
id = "publicapi0"
endpoint_type = "REGIONAL"
policy = '''{OPEN_POLICY}'''
[rest_api.public.stage.v1]
{mock("/hello").replace("rest_api.hello", "rest_api.public")}
""" + function("hello", timeout="1 s") + function("none-at-once", reserved_concurrency=0)


def of_function(what, *fields):
    return request(f"/v1/lambda/{what}", "GET", *fields)


# In the order of AWS's table of errors: bytes to send, and the index of the address.
CALLS = {
    "missing_authentication_token.no_resource": request("/v1/nowhere"),
    "missing_authentication_token.no_method": request("/v1/hello", "DELETE"),
    "missing_authentication_token.root": request("/v1"),
    "incomplete_signature": request("/v1/nowhere", "GET", "Authorization: Bearer xyz"),
    "forbidden.unknown_api": request(host=f"zzzzzzzzzz.{SERVICE}"),
    "forbidden.unknown_stage": request("/v9/hello"),
    "forbidden.public_api": request(host=f"publicapi0.{SERVICE}"),
    "forbidden.wrong_host": request(host="api.corp.internal"),
    "access_denied.explicit": request("/v1/denied"),
    "access_denied.implicit": request("/v2/hello"),
    "access_denied.endpoint_explicit": (request("/v1/denied"), 2),
    "access_denied.endpoint_implicit": (request("/v1/hello", "POST"), 2),
    "throttled": request("/v1/throttled"),
    "request_too_large.payload": request("/v1/hello", "POST", "Content-Length: 10485761"),
    "request_too_large.event": request("/v1/lambda/null", "POST", "Content-Length: 6400000", body=b"x" * 6400000),
    "uri_too_long.arn": request("/v1/deep/" + "a" * 1600),
    "uri_too_long.target": request("/v1/deep/" + "a" * 10240),
    "fields_too_large": request("/v1/hello", "GET", "X-A: " + "a" * 10240),
    "malformed": request("/v1/hello", "GET", "no field"),
    "unsupported_coding": request("/v1/hello", "POST", "Transfer-Encoding: gzip"),
    "unsupported_version": request().replace(b"HTTP/1.1", b"HTTP/3.0"),
    "request_timeout": b"GET /v1/hello HTTP/1.1\r\n",
    "lambda.not_an_object": of_function("not-an-object"),
    "lambda.null": of_function("null"),
    "lambda.another_key": of_function("another-key"),
    "lambda.status_no_number": of_function("status-no-number"),
    "lambda.body_no_text": of_function("body-no-text"),
    "lambda.error": of_function("error"),
    "lambda.exit": of_function("exit"),
    "lambda.timeout": of_function("timeout"),
    "lambda.too_large": of_function("too-large"),
    "lambda.bad_base64": of_function("bad-base64", "Accept: image/png"),
    "lambda.throttled": request("/v1/refused"),
    "integration_timeout": request("/v1/slow/timeout"),
    "integration_failure": request("/v1/unreachable"),
}

VOLATILE = [(re.compile(rb"(?m)^(Date: ).*$"), rb"\1{date}"),
            (re.compile(rb"(?m)^(x-amzn-RequestId: )[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"), rb"\1{request id}"),
            (re.compile(rb"(?m)^(x-amz-apigw-id: )[A-Za-z0-9_-]{15}=$"), rb"\1{extended request id}")]


def masked(data):
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.replace(b"\r\n", b"\n")
    for pattern, mask in VOLATILE:
        head = pattern.sub(mask, head)
    return head + b"\n\n" + body + b"\n"


def assert_golden(name, data):
    file = GOLDEN / f"{name}.http"
    if os.environ.get("INLET53_REGENERATE"):
        file.write_bytes(masked(data))
    assert masked(data).decode() == file.read_text()


def start(folder, **values):
    (folder / "function").mkdir()
    (folder / "function/app.py").write_text(FUNCTION)
    return Gateway(folder, APIS, other_endpoint=f"policy = '''{ENDPOINT_POLICY}'''", **values).start()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    running = start(tmp_path_factory.mktemp("gateway"), gateway='head_timeout = "1 s"')
    yield running
    assert running.stop() == 0, running.messages()


def ask(gateway, data, index=0):
    with gateway.connect(index) as tls:
        tls.sendall(data)
        head, body = read_response(tls)
        return head + body


@pytest.mark.parametrize("name", CALLS)
def test_errors_equal_the_golden_files(gateway, name):
    data, index = CALLS[name] if isinstance(CALLS[name], tuple) else (CALLS[name], 0)
    assert_golden(name, ask(gateway, data, index))


def test_refusals_with_the_former_wording(tmp_path):
    gateway = start(tmp_path, gateway="former_refusal_wording = true")
    assert_golden("access_denied.explicit.former", ask(gateway, CALLS["access_denied.explicit"]))
    assert_golden("access_denied.implicit.former", ask(gateway, CALLS["access_denied.implicit"]))
    assert gateway.stop() == 0


def test_every_golden_file_has_a_call():
    called = set(CALLS) | {"access_denied.explicit.former", "access_denied.implicit.former"}
    assert {file.name.removesuffix(".http") for file in GOLDEN.glob("*")} == called


def test_errors_over_http_2(gateway):
    """The fields of the HTTP/1.1 response without those of the connection, with names in lower case."""
    for target in ("/v1/nowhere", "/v1/denied", "/v1/throttled"):
        one, two = (gateway.curl(target, option) for option in ("--http1.1", "--http2"))
        assert (one.status, one.body) == (two.status, two.body)
        # Connection exists in HTTP/1.1 only (RFC 9113 section 8.2.2).
        volatile = {"date", "x-amzn-requestid", "x-amz-apigw-id", "connection"}
        assert {k: v for k, v in one.headers.items() if k not in volatile} == {
            k: v for k, v in two.headers.items() if k not in volatile}
