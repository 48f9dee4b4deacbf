# SPDX-License-Identifier: Apache-2.0
"""Lambda functions behind the gateway: the handler's input, its responses, and functions that fail, crash, hang or
print much."""

import base64
import concurrent.futures
import json
import re

import pytest

from gateway import (API_ID, API_NAME, CLIENT, OPEN_POLICY, UUID, VPC, VPCE, Gateway, mock, read_response, request,
                     status_of)
from support import wait_until

PYTHON = """
import json, os, signal, sys, time

print("module", os.environ["AWS_LAMBDA_FUNCTION_NAME"])
calls = 0

def handler(event, context):
    global calls
    calls += 1
    what = (event["pathParameters"] or {}).get("what", "event")
    return globals()[what.replace("-", "_")](event, context)

def event(event, context):
    return {"statusCode": 201, "headers": {"X-Seen": "yes"}, "body": json.dumps(event)}

def environment(event, context):
    return {"body": json.dumps({"environment": dict(os.environ), "folder": os.getcwd(),
                                "remaining": context.get_remaining_time_in_millis(),
                                "request_id": context.aws_request_id, "arn": context.invoked_function_arn,
                                "name": context.function_name, "memory": context.memory_limit_in_mb})}

def returned(event, context):
    return json.loads(event["body"])

def counted(event, context):
    return {"body": json.dumps([os.getpid(), calls])}

def error(event, context):
    raise ValueError("as asked")

def crash(event, context):
    os.abort()

def leave(event, context):
    sys.exit(0)

def hang(event, context):
    signal.pause()

def hold(event, context):
    while not os.path.exists(os.environ["RELEASE"]):
        time.sleep(0.01)
    return {"body": json.dumps(os.getpid())}

def spin(event, context):
    while True:
        pass

def shout(event, context):
    line = "x" * 1023 + "\\\\n"
    for _ in range(100 * 1024):
        sys.stdout.write(line)
    sys.stdout.flush()
    return {"body": "shouted"}

def large(event, context):
    return {"body": "x" * 6000000}

def no_json(event, context):
    return {"body": {1, 2}}

def chatter(event, context):
    print("first line")
    print("second line", file=sys.stderr)
    sys.stdout.write("no end of line")
    return {"body": "ok"}
"""

NODE = """
exports.handler = async (event, context) => {
  console.log('asked by', event.requestContext.identity.sourceIp);
  if (event.path === '/node/error') throw new TypeError('as asked');
  if (event.path === '/node/exit') process.exit(7);
  return {statusCode: 202, headers: {'X-Runtime': process.env.AWS_EXECUTION_ENV},
          body: JSON.stringify({path: event.path, id: context.awsRequestId})};
};
exports.callback = (event, context, done) => done(null, {body: 'called back'});
"""

# A client of the Runtime API with curl: every HTTP client works.
BOOTSTRAP = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  head=$(mktemp)
  event=$(curl -sS -D "$head" "$api/invocation/next")
  id=$(sed -n 's/^Lambda-Runtime-Aws-Request-Id: *//Ip' "$head" | tr -d '\\r')
  rm "$head"
  echo "handler $_HANDLER got ${#event} octets"
  case $event in
  *garbage*) response='no JSON at all' ;;
  *) response='{"statusCode": 203, "body": "from sh"}' ;;
  esac
  curl -sS -o /dev/null -d "$response" "$api/invocation/$id/response"
done
"""


def function(name, code="python", **more):
    given = {"runtime": "python3.11", "handler": "app.handler", "code": code, **more}
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in given.items() if key != "environment"]
    if "environment" in given:
        lines.append("environment = { %s }\n" % ", ".join(f"{k} = {json.dumps(v)}" for k, v in
                                                          given["environment"].items()))
    return f"\n[function.{name}]\n" + "".join(lines)


def proxy(path, name, timeout="29 s"):
    return f"""
[rest_api.hello.resource."{path}".ANY]
integration = {{ type = "AWS_PROXY", function = "{name}", timeout = "{timeout}" }}
"""


APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
binary_media_types = ["image/png", "application/octet-stream"]
policy = '''{OPEN_POLICY}'''
[rest_api.hello.stage.v1]
deployment_id = "abc123"
variables = {{ colour = "blue" }}
execution_log = "execution.log"
[rest_api.hello.stage.plain]
{mock("/mock", body="ok")}
[rest_api.hello.resource."/event"]
id = "evt123"
""" + "".join([proxy("/event", "python"), proxy("/event/{a}/{rest+}", "python"), proxy("/python/{what}", "python"),
               proxy("/single/{what}", "single"), proxy("/twins/{what}", "twins"),
               proxy("/patient/{what}", "patient"),
               proxy("/short/{what}", "patient", "100 ms"), proxy("/bad/{what}", "bad"),
               proxy("/changing", "changing"), proxy("/node/{what}", "node"), proxy("/callback", "callback"),
               proxy("/shell", "shell"), proxy("/missing", "missing"), proxy("/nofunction", "nofunction")])

FUNCTIONS = "".join([
    function("python", environment={"GREETING": "hello"}, timeout="20 s", memory_size=256),
    function("single", reserved_concurrency=1, timeout="30 s", environment={"RELEASE": "FOLDER/shared/release-one"}),
    function("twins", timeout="30 s", environment={"RELEASE": "FOLDER/shared/release"}),
    function("patient", timeout="1 s"), function("bad", timeout="20 s"), function("changing", "changing"),
    function("node", "node", runtime="nodejs20.x"),
    function("callback", "node", runtime="nodejs20.x", handler="app.callback"),
    function("shell", "shell", runtime="provided.al2023", handler="some.handler", timeout="20 s"),
    function("missing", "python", handler="nowhere.handler"), function("nofunction", "python", handler="app.nobody")])


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    for name, file, source in (("python", "app.py", PYTHON.replace("\\\\n", "\\n")), ("node", "app.js", NODE),
                               ("shell", "bootstrap", BOOTSTRAP), ("changing", "app.py", changing(1))):
        (folder / name).mkdir()
        (folder / name / file).write_text(source)
    (folder / "shell/bootstrap").chmod(0o755)
    (folder / "shared").mkdir()  # functions see it, and the files that tests put into it
    running = Gateway(folder, APIS + FUNCTIONS.replace("FOLDER", str(folder))).start()
    yield running
    assert running.stop() == 0, running.messages()
    counts = running.statistics()
    assert counts["environments"] == 0 or counts["cold_starts"] >= counts["environments"]
    assert counts["invocations"] > counts["cold_starts"] > 0


def changing(number):
    return f"def handler(event, context):\n    return {{'body': '{number}'}}\n"


#--- The event

def test_the_event_of_a_call(gateway):
    with gateway.connect() as tls:
        tls.sendall(request("//v1/event/a%2Bb/x//y/?q=1&q=2%2B+3&empty=&flag", "POST", "User-Agent: test/1",
                            "X-Many: 1", "X-Many: 2", "x-case: MiXed", "Content-Type: text/plain", "TE: trailers",
                            "Expect: 100-continue", "Authorization: Basic YTpi", "X-Forwarded-For: 10.9.9.9",
                            "x-amzn-vpce-id: vpce-forged", "Content-Length: 6", body="grüß".encode()))
        head, body = read_response(tls)
    assert status_of(head) == 201 and b"\r\nX-Seen: yes\r\n" in head
    request_id = re.search(rb"x-amzn-RequestId: (\S+)", head).group(1).decode()
    extended_id = re.search(rb"x-amz-apigw-id: (\S+)", head).group(1).decode()
    trace_id = re.search(rb"X-Amzn-Trace-Id: (\S+)", head).group(1).decode()
    event = json.loads(body)

    assert set(event) == {"resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
                          "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext",
                          "body", "isBase64Encoded"}
    assert event["resource"] == "/event/{a}/{rest+}" and event["httpMethod"] == "POST"
    assert event["path"] == "/event/a%2Bb/x//y/"
    assert event["pathParameters"] == {"a": "a%2Bb", "rest": "x//y"}
    assert event["queryStringParameters"] == {"q": "2+ 3", "empty": "", "flag": ""}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2+ 3"], "empty": [""], "flag": [""]}
    assert event["stageVariables"] == {"colour": "blue"}
    assert event["body"] == "grüß" and event["isBase64Encoded"] is False

    headers = event["headers"]
    assert headers.pop("X-Amzn-Trace-Id") == trace_id
    assert headers.pop("x-amzn-cipher-suite").startswith("TLS_AES_") and headers.pop("x-amzn-tls-version") == "TLSv1.3"
    assert headers == {"Host": API_NAME, "User-Agent": "test/1", "X-Many": "2", "x-case": "MiXed",
                       "Content-Type": "text/plain", "Authorization": "Basic YTpi",
                       "X-Forwarded-For": f"10.9.9.9, {CLIENT}", "x-amzn-vpc-id": VPC, "x-amzn-vpce-id": VPCE,
                       "x-amzn-vpce-config": "1"}
    assert event["multiValueHeaders"]["X-Many"] == ["1", "2"]
    assert {k: v[-1] for k, v in event["multiValueHeaders"].items()}.items() >= headers.items()

    context = event["requestContext"]
    identity = context.pop("identity")
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context.pop("requestTime"))
    assert isinstance(context.pop("requestTimeEpoch"), int)
    assert re.fullmatch(r"[a-z0-9]{6,10}", context.pop("resourceId"))
    assert context == {"resourcePath": "/event/{a}/{rest+}", "httpMethod": "POST", "extendedRequestId": extended_id,
                       "path": "/v1/event/a%2Bb/x//y/", "accountId": "123456789012", "protocol": "HTTP/1.1",
                       "stage": "v1", "domainPrefix": API_ID, "requestId": request_id, "domainName": API_NAME,
                       "deploymentId": "abc123", "apiId": API_ID}
    assert identity == {"cognitoIdentityPoolId": None, "cognitoIdentityId": None, "principalOrgId": None,
                        "cognitoAuthenticationType": None, "userArn": None, "userAgent": "test/1", "accountId": None,
                        "caller": None, "sourceIp": CLIENT, "accessKey": None, "cognitoAuthenticationProvider": None,
                        "user": None, "vpcId": VPC, "vpceId": VPCE}


def test_empty_values_are_null(gateway):
    event = gateway.call("/plain/event").json
    for name in ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"):
        assert event[name] is None, name
    assert event["requestContext"]["resourceId"] == "evt123"


def test_the_same_event_over_http_2(gateway):
    event = json.loads(gateway.curl("/v1/event?a=b", "--http2", "-H", "X-A: 1").body)
    assert event["requestContext"]["protocol"] == "HTTP/1.1" and event["headers"]["Host"] == API_NAME
    assert event["headers"]["X-A"] == "1" and not any(name.startswith(":") for name in event["headers"])


def test_bodies_of_binary_types_are_base64(gateway):
    data = bytes(range(256))
    event = gateway.call("/v1/event", "POST", body=data, headers={"Content-Type": "image/png"}).json
    assert event["isBase64Encoded"] is True and base64.b64decode(event["body"]) == data
    event = gateway.call("/v1/event", "POST", body=b"text", headers={"Content-Type": "text/plain"}).json
    assert event["isBase64Encoded"] is False and event["body"] == "text"


def test_the_environment_of_a_handler(gateway):
    seen = gateway.call("/v1/python/environment").json
    environment = seen["environment"]
    expected = {"_HANDLER": "app.handler", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11", "AWS_LAMBDA_FUNCTION_NAME": "python",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
                "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/python", "GREETING": "hello", "TZ": ":UTC"}
    assert {name: environment.get(name) for name in expected} == expected
    assert seen["folder"] == str(gateway.folder / "python") == environment["LAMBDA_TASK_ROOT"]
    assert UUID.fullmatch(seen["request_id"]) and 0 < seen["remaining"] <= 20000
    assert seen["arn"] == "arn:aws:lambda:eu-west-1:123456789012:function:python"
    assert (seen["name"], seen["memory"]) == ("python", "256")
    # It has no variable of the gateway's own environment.
    assert "INLET53_BUILD" not in environment


#--- The response

RETURNED = [
    ({}, 200, "", {}), ({"statusCode": 204}, 204, "", {}), ({"statusCode": "404", "body": "none"}, 404, "none", {}),
    ({"body": "b"}, 200, "b", {"content-type": "application/json"}),
    ({"headers": {"Content-Type": "text/plain"}, "body": "ü"}, 200, "ü", {"content-type": "text/plain"}),
    ({"headers": {"X-Bool": True, "X-Number": 7}}, 200, "", {"x-bool": "true", "x-number": "7"}),
    ({"headers": None, "multiValueHeaders": None, "body": None}, 200, "", {}),
    ({"headers": {"Connection": "close", "Content-Length": "99", "Date": "never", "Server": "me",
                  "Transfer-Encoding": "chunked"}}, 200, "",
     {"x-amzn-remapped-connection": "close", "x-amzn-remapped-content-length": "99", "content-length": "0",
      "x-amzn-remapped-date": "never", "x-amzn-remapped-server": "me", "transfer-encoding": None}),
    ({"body": "aGVsbG8=", "isBase64Encoded": True}, 200, "aGVsbG8=", {}),
]


@pytest.mark.parametrize("returned,status,body,headers", RETURNED, ids=str)
def test_valid_responses_of_a_handler(gateway, returned, status, body, headers):
    response = gateway.call("/v1/python/returned", "POST", body=json.dumps(returned))
    assert (response.status, response.text) == (status, body)
    for name, value in headers.items():
        assert response.headers.get(name) == value, response.fields


def test_headers_of_both_maps_are_in_order(gateway):
    returned = {"multiValueHeaders": {"X-A": ["1", "2"], "Set-Cookie": ["a=1", "b=2"]}, "headers": {"x-a": "3"}}
    response = gateway.call("/v1/python/returned", "POST", body=json.dumps(returned))
    assert [value for name, value in response.fields if name.lower() == "x-a"] == ["1", "2", "3"]
    assert [value for name, value in response.fields if name == "Set-Cookie"] == ["a=1", "b=2"]


def test_base64_is_decoded_for_binary_types(gateway):
    body = json.dumps({"body": "aGVsbG8=", "isBase64Encoded": True})
    response = gateway.call("/v1/python/returned", "POST", body=body, headers={"Accept": "image/png"})
    assert response.body == b"hello"


@pytest.mark.parametrize("returned", [
    None, "text", 7, [], {"statusCode": "abc"}, {"statusCode": 42}, {"statusCode": 200, "frob": 1},
    {"body": {"a": 1}}, {"headers": []}, {"headers": {"X-A": {"b": 1}}}, {"headers": {"X-A": "1\r\nX-B: 2"}},
    {"headers": {"X A": "1"}}, {"multiValueHeaders": {"X-A": "1"}}, {"isBase64Encoded": "yes"}], ids=str)
def test_malformed_responses_of_a_handler(gateway, returned):
    response = gateway.call("/v1/python/returned", "POST", body=json.dumps(returned))
    assert (response.status, response.text) == (502, '{"message": "Internal server error"}')
    request_id = response.headers["x-amzn-requestid"]
    assert "Malformed Lambda proxy response" in gateway.wait_line("execution.log", f"({request_id}) Execution failed")


def test_a_large_response_is_complete(gateway):
    response = gateway.call("/v1/python/large")
    assert response.status == 200 and len(response.body) == 6000000
    assert len(gateway.curl("/v1/python/large", "--http2").body) == 6000000


#--- Runtimes

def test_node(gateway):
    response = gateway.call("/v1/node/hello")
    assert response.status == 202 and response.headers["x-runtime"] == "AWS_Lambda_nodejs20.x"
    assert response.json["path"] == "/node/hello" and UUID.fullmatch(response.json["id"])
    assert gateway.call("/v1/callback").text == "called back"
    assert gateway.call("/v1/node/error").status == 502
    assert gateway.call("/v1/node/exit").status == 502
    assert gateway.call("/v1/node/hello").status == 202
    log = gateway.wait_line("node.log", "asked by")
    assert CLIENT in log
    gateway.wait_line("node.log", "as asked")


def test_a_bootstrap_of_any_kind(gateway):
    response = gateway.call("/v1/shell")
    assert (response.status, response.text) == (203, "from sh")
    assert "some.handler" in gateway.wait_line("shell.log", "handler ")
    assert gateway.call("/v1/shell?garbage").status == 502
    assert gateway.call("/v1/shell").status == 203


@pytest.mark.parametrize("path,log,words", [("/v1/missing", "missing.log", "Runtime.ImportModuleError"),
                                            ("/v1/nofunction", "nofunction.log", "Runtime.HandlerNotFound")])
def test_a_missing_handler(gateway, path, log, words):
    for _ in range(2):
        assert gateway.call(path).status == 502
    gateway.wait_line(log, words)


#--- Failures

def assert_failed(gateway, path, words, log):
    response = gateway.call(path)
    assert (response.status, response.text) == (502, '{"message": "Internal server error"}')
    gateway.wait_line(log, words)
    assert gateway.call("/v1/bad/counted").status == 200


@pytest.mark.parametrize("what,words", [("error", "as asked"), ("crash", "Runtime.ExitError"),
                                        ("leave", "Runtime.ExitError"), ("no-json", "Runtime.MarshalError")])
def test_a_handler_that_fails(gateway, what, words):
    assert_failed(gateway, f"/v1/bad/{what}", words, "bad.log")


@pytest.mark.parametrize("what", ["hang", "spin"])
def test_a_handler_that_hangs_is_ended(gateway, what):
    pid = gateway.call("/v1/patient/counted").json[0]
    response = gateway.call(f"/v1/patient/{what}")
    assert response.status == 502
    gateway.wait_line("patient.log", "Task timed out after 1.00 seconds")
    # Its process has ended, another replaces it.
    wait_until(lambda: gateway.call("/v1/patient/counted").json[0] != pid, "another process")
    wait_until(lambda: not is_running(pid), "the end of the process")


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_caller_waits_no_longer_than_the_integration(gateway):
    response = gateway.call("/v1/short/hang")
    assert (response.status, response.text) == (504, '{"message": "Endpoint request timed out"}')
    assert response.headers["x-amzn-errortype"] == "InternalServerErrorException"


def test_others_are_answered_while_one_hangs(gateway):
    with gateway.connect() as hanging:
        hanging.sendall(request("/v1/python/hang"))
        for _ in range(3):
            assert gateway.call("/v1/mock").text == "ok"
            assert gateway.call("/v1/python/counted").status == 200
            assert gateway.call("/v1/node/hello").status == 202
        hanging.setblocking(False)
        with pytest.raises(OSError):  # nothing has arrived
            hanging.recv(1)


def test_a_hundred_megabytes_of_output(gateway):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        shouting = pool.submit(gateway.call, "/v1/bad/shout")
        while not shouting.done():
            assert gateway.call("/v1/mock").text == "ok"
        assert shouting.result().text == "shouted"
    gateway.wait_line("bad.log", "bytes of output were left out")
    assert (gateway.folder / "bad.log").stat().st_size < 60 << 20
    assert gateway.memory() < 700 << 20


def test_a_concurrency_of_one_throttles_a_second_call(gateway):
    """With a concurrency of 1, a second call is throttled, as at Lambda."""
    with gateway.connect() as holding:
        holding.sendall(request("/v1/single/hold"))
        gateway.wait_line("single.log", "START RequestId")
        throttled = gateway.call("/v1/single/counted")
        assert (throttled.status, throttled.text) == (502, '{"message": "Internal server error"}')
        request_id = throttled.headers["x-amzn-requestid"]
        assert "Rate Exceeded" in gateway.wait_line("execution.log", f"({request_id}) Execution failed")
        (gateway.folder / "shared/release-one").touch()
        assert status_of(read_response(holding)[0]) == 200
    wait_until(lambda: gateway.call("/v1/single/counted").status == 200, "room for the next call")


#--- Environments

def test_a_warm_process_is_used_again(gateway):
    first, second = (gateway.call("/v1/bad/counted").json for _ in range(2))
    assert first[0] == second[0] and second[1] == first[1] + 1


def test_concurrent_calls_have_separate_processes(gateway):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        calls = [pool.submit(gateway.call, "/v1/twins/hold") for _ in range(2)]
        wait_until(lambda: sum("START RequestId" in line for line in gateway.lines("twins.log")) == 2, "both calls")
        (gateway.folder / "shared/release").touch()
        assert calls[0].result().json != calls[1].result().json


def test_changed_code_applies_at_the_next_call(gateway):
    assert gateway.call("/v1/changing").text == "1"
    (gateway.folder / "changing/app.py").write_text(changing(22))
    wait_until(lambda: gateway.call("/v1/changing").text == "22", "the new code")
    (gateway.folder / "changing/app.py").write_text("no python\n")
    wait_until(lambda: gateway.call("/v1/changing").status == 502, "the broken code")
    (gateway.folder / "changing/app.py").write_text(changing(333))
    wait_until(lambda: gateway.call("/v1/changing").text == "333", "the repaired code")


def test_the_log_of_a_function(gateway):
    gateway.call("/v1/python/chatter")
    gateway.wait_line("python.log", "no end of line")
    wait_until(lambda: any("REPORT" in line for line in after(gateway, "no end of line")), "the report")
    report = gateway.lines("python.log")
    at = next(i for i, line in enumerate(report) if line.endswith("\tfirst line"))
    time, stream, start = report[at - 1].split("\t", 2)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    request_id = re.fullmatch(r"START RequestId: (\S+) Version: \$LATEST", start).group(1)
    texts = [line.split("\t", 2)[2] for line in report[at:at + 5]]
    assert sorted(texts[:3]) == ["first line", "no end of line", "second line"]
    assert texts[3] == f"END RequestId: {request_id}"
    assert re.fullmatch(rf"REPORT RequestId: {request_id}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms"
                        r"\tMemory Size: 256 MB\tMax Memory Used: \d+ MB(\tInit Duration: \d+\.\d\d ms)?", texts[4])
    assert re.search(r"^INIT_START Runtime: python3\.11\tLog Stream: \d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$",
                     "\n".join(line.split("\t", 2)[2] for line in report), re.MULTILINE)


def after(gateway, words):
    lines = gateway.lines("python.log")
    return lines[next(i for i, line in enumerate(lines) if words in line):]


def test_no_process_outlives_the_gateway(tmp_path):
    (tmp_path / "python").mkdir()
    (tmp_path / "python/app.py").write_text(PYTHON)
    apis = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''
[rest_api.hello.stage.v1]
{proxy("/python/{what}", "python")}{function("python", timeout="30 s")}"""
    for end in (Gateway.stop, Gateway.kill):
        gateway = Gateway(tmp_path, apis).start()
        pid = gateway.call("/v1/python/counted").json[0]
        assert is_running(pid)
        end(gateway)
        wait_until(lambda: not is_running(pid), "the end of the function's process")
        gateway.operator_log.unlink()
