# SPDX-License-Identifier: Apache-2.0
"""Private REST APIs over HTTPS: names, authorization, responses and logs."""

import csv
import errno
import json
import re
import signal
import socket
import xml.etree.ElementTree

import pytest

from gateway import (API_ID, API_NAME, CLIENT, OPEN_POLICY, OTHER_VPCE, REGIONAL_NAME, SERVICE, UNAUTHORISED,
                     UUID, VPC, VPCE, ZONAL_NAME, Gateway, mock, read_response, request)
from support import free_endpoint, wait_until

FORBIDDEN = '{"message":"Forbidden"}'
NO_TOKEN = '{"message":"Missing Authentication Token"}'
OWN_FORMAT = ("$context.requestId|$context.identity.userAgent|$context.identity.sourceIp|$context.identity.vpceId"
              "|$context.identity.vpcId|$context.path|$context.stage|$context.apiId|$context.accountId"
              "|$context.domainName|$context.domainPrefix|$context.error.responseType|$context.error.message"
              "|$context.protocol|$context.integrationStatus|$context.authorizer.principalId|$context.status")

STATEMENTS = [
    ("Allow", "execute-api:/v1/*", {}),
    ("Allow", "execute-api:/v2/GET/from-here", {"IpAddress": {"aws:VpcSourceIp": CLIENT}}),
    ("Allow", "execute-api:/v2/GET/from-there", {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
    ("Allow", "execute-api:/v2/GET/by-endpoint", {"StringEquals": {"aws:SourceVpce": VPCE}}),
    ("Allow", "execute-api:/v2/GET/by-vpc", {"StringEquals": {"aws:sourcevpc": VPC}}),
    ("Allow", "execute-api:/v2/GET/by-agent", {"StringLike": {"aws:UserAgent": "friend/*"}}),
    ("Allow", "execute-api:/v2/*/pets/*", {}),
    ("Deny", "execute-api:/v1/GET/denied", {}),
    ("Deny", "execute-api:/v1/GET/by-endpoint", {"StringNotEquals": {"aws:SourceVpce": VPCE}}),
    ("Deny", "execute-api:/v1/GET/by-public-address", {"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
    ("Deny", "execute-api:/v2/DELETE/pets/?", {}),
]

ENDPOINT_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
     "Resource": [f"arn:aws:execute-api:eu-west-1:123456789012:{API_ID}/v1/*"]},
    {"Effect": "Deny", "Principal": "*", "Action": "*",
     "Resource": f"arn:aws:execute-api:eu-west-1:123456789012:{API_ID}/*/GET/denied-here"}]})


def policy_of(statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource,
         **({"Condition": condition} if condition else {})} for effect, resource, condition in statements]})


def placed(path, method="GET"):
    """Returns a method whose response shows the route of the call."""
    return mock(path, method, '{"resource":"$context.resourcePath","method":"$context.httpMethod"}')


def api(name, api_id, more="", policy=OPEN_POLICY, endpoint_type="PRIVATE"):
    given = f"policy = '''{policy}'''" if policy else ""
    return f"""
[rest_api.{name}]
id = "{api_id}"
endpoint_type = "{endpoint_type}"
{'vpc_endpoints = ["execute-api"]' if endpoint_type == "PRIVATE" else ""}
{given}
""" + more.replace("rest_api.hello", f"rest_api.{name}")


PATHS = ["/hello", "/denied", "/denied-here", "/by-endpoint", "/by-vpc", "/by-agent", "/by-public-address",
         "/from-here", "/from-there"]
ROUTES = ["/pets", "/pets/{petId}", "/pets/mine", "/pets/{petId}/toys", "/a.b,c:d"]

APIS = api("hello", API_ID, """
[rest_api.hello.stage.v1]
access_log = { file = "access.log", format = "%s" }
execution_log = "execution.log"
variables = { colour = "blue" }
[rest_api.hello.stage.v2]
[rest_api.hello.stage.json]
access_log = { file = "json.log" }
[rest_api.hello.stage.clf]
access_log = { file = "clf.log", format = "CLF" }
[rest_api.hello.stage.xml]
access_log = { file = "xml.log", format = "xml" }
[rest_api.hello.stage.csv]
access_log = { file = "csv.log", format = "csv" }
""" % OWN_FORMAT + "".join(placed(path) for path in PATHS + ROUTES)
    + placed("/hello", "POST") + placed("/pets/{petId}", "DELETE") + placed("/files/{proxy+}", "ANY")
    + placed("/any", "ANY") + placed("/any", "PUT")
    + mock("/mock", "GET", '<p colour="$stageVariables.colour" agent="$context.identity.userAgent">$$context.stage'
           '$context.nothing</p>', 203,
           '"Content-Type" = "text/html", "X-Kind" = "mock", "Cache-Control" = "no-cache"'),
    policy_of(STATEMENTS + [("Allow", f"execute-api:/{stage}/*", {}) for stage in ("json", "clf", "xml", "csv")]))

APIS += api("public", "publicapi0", "[rest_api.hello.stage.v1]" + placed("/hello"), endpoint_type="REGIONAL")
APIS += api("silent", "nopolicy00", "[rest_api.hello.stage.v1]" + placed("/hello"), policy="")
APIS += api("custom", "custom0000", """
[rest_api.hello.stage.v1]
variables = { where = "here" }
access_log = { file = "custom.log" }
[rest_api.hello.gateway_response.MISSING_AUTHENTICATION_TOKEN]
status_code = 404
headers = { "Access-Control-Allow-Origin" = "*", "Content-Type" = "text/plain" }
template = 'no $context.httpMethod $context.path $stageVariables.where: $context.error.messageString'
[rest_api.hello.gateway_response.ACCESS_DENIED]
headers = { "X-Why" = "policy" }
""" + placed("/hello"), policy_of([("Allow", "execute-api:/v1/POST/*", {})]))
APIS += api("default", "default000", """
[rest_api.hello.stage.v1]
throttling_rate_limit = 0
throttling_burst_limit = 2
[rest_api.hello.stage.v1.method_settings."POST /hello"]
throttling_rate_limit = 0
throttling_burst_limit = 3
[rest_api.hello.stage.v2]
[rest_api.hello.gateway_response.DEFAULT_4XX]
status_code = 418
template = '{"why":"$context.error.responseType","message":$context.error.messageString}'
[rest_api.hello.gateway_response.THROTTLED]
headers = { "Retry-After" = "1" }
""" + placed("/hello") + placed("/hello", "POST") + placed("/other"))
APIS += api("throttled", "throttled0", """
[rest_api.hello.stage.v1]
throttling_rate_limit = 0
throttling_burst_limit = 2
""" + placed("/one") + placed("/two"))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    running = Gateway(tmp_path_factory.mktemp("gateway"), APIS,
                      other_endpoint=f"policy = '''{ENDPOINT_POLICY}'''").start()
    yield running
    assert running.stop() == 0, running.messages()


@pytest.fixture
def own_gateway(tmp_path):
    """A gateway for one test that changes it."""
    running = Gateway(tmp_path, SMALL.format(body="one", policy=OPEN_POLICY)).start()
    yield running
    assert running.stop() == 0, running.messages()


def call_raw(gateway, host, target, *fields, index=0):
    with gateway.connect(index) as tls:
        tls.sendall(request(target, "GET", *fields, host=host))
        head, body = read_response(tls)
        return int(head.split()[1]), body.decode()


#--- Names of an API

BY_ID = f"x-apigw-api-id: {API_ID}"


@pytest.mark.parametrize("host,fields", [
    (API_NAME, []), (API_NAME.upper(), []), (f"{API_NAME}:443", []), (f"{API_ID}-{VPCE}.{SERVICE}", []),
    (REGIONAL_NAME, [BY_ID]), (ZONAL_NAME, [BY_ID]), ("nlb.corp.internal", [BY_ID]), ("127.0.0.1:8443", [BY_ID]),
    (f"nopolicy00.{SERVICE}", [BY_ID]), (API_NAME, [BY_ID]), (REGIONAL_NAME, [f"X-APIGW-API-ID: {API_ID}"]),
    ("", [BY_ID])], ids=str)
def test_an_api_is_found_by_host_and_header(gateway, host, fields):
    assert call_raw(gateway, host, "/v1/hello", *fields)[0] == 200


@pytest.mark.parametrize("host,target,fields", [
    (f"zzzzzzzzzz.{SERVICE}", "/v1/hello", []), (SERVICE, "/v1/hello", []), (REGIONAL_NAME, "/v1/hello", []),
    ("api.corp.internal", "/v1/hello", []), ("127.0.0.1", "/v1/hello", []), ("", "/v1/hello", []),
    (API_ID, "/v1/hello", []), (f"{API_ID}.execute-api.us-east-1.amazonaws.com", "/v1/hello", []),
    (f"{API_ID}-{OTHER_VPCE}.{SERVICE}", "/v1/hello", []), (API_NAME, "/v1/hello", ["x-apigw-api-id: zzzzzzzzzz"]),
    (f"publicapi0.{SERVICE}", "/v1/hello", []), (API_NAME, "/v1/hello", ["x-apigw-api-id: publicapi0"]),
    (API_NAME, "/v9/hello", []), (API_NAME, "/V1/hello", []), (API_NAME, "/", []), (API_NAME, "/hello", [])],
    ids=str)
def test_calls_without_a_known_api_or_stage(gateway, host, target, fields):
    assert call_raw(gateway, host, target, *fields) == (403, FORBIDDEN)


def test_an_api_without_a_policy_refuses_every_call(gateway):
    refused = gateway.call("/v1/hello", name=f"nopolicy00.{SERVICE}")
    assert refused.status == 403
    assert refused.json["Message"].endswith("because no resource-based policy allows the execute-api:Invoke action")


#--- Authorization

def test_an_unauthorised_source_gets_no_handshake(gateway):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.bind((UNAUTHORISED, 0))
        client.setblocking(False)
        assert client.connect_ex(gateway.endpoints[0]) == errno.EINPROGRESS
        # The gateway answers an admitted client that connects later, so it has processed the other one.
        assert gateway.call("/v1/hello").status == 200
        tcp_syn_sent = 2
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == tcp_syn_sent


EXPLICIT = "with an explicit deny in a resource-based policy"
IMPLICIT = "because no resource-based policy allows the execute-api:Invoke action"


@pytest.mark.parametrize("method,target,index,agent,refusal", [
    ("GET", "/v1/hello", 0, "a", None), ("POST", "/v1/hello", 0, "a", None), ("GET", "/v1/denied", 0, "a", EXPLICIT),
    ("GET", "/v1/denied/", 0, "a", None), ("GET", "/v2/hello", 0, "a", IMPLICIT),
    ("GET", "/v2/from-here", 0, "a", None), ("GET", "/v2/from-there", 0, "a", IMPLICIT),
    ("GET", "/v1/by-endpoint", 0, "a", None), ("GET", "/v1/by-endpoint", 2, "a", EXPLICIT),
    ("GET", "/v2/by-endpoint", 1, "a", None), ("GET", "/v2/by-vpc", 0, "a", None),
    ("GET", "/v2/by-agent", 0, "friend/1", None), ("GET", "/v2/by-agent", 0, "Friend/1", IMPLICIT),
    ("GET", "/v1/by-public-address", 0, "a", EXPLICIT), ("GET", "/v2/pets/1", 0, "a", None),
    ("DELETE", "/v2/pets/1", 0, "a", EXPLICIT), ("DELETE", "/v2/pets/12", 0, "a", None),
    ("GET", "/v2/pets", 0, "a", IMPLICIT), ("GET", "/v2/pets/", 0, "a", None)])
def test_the_resource_policy(gateway, method, target, index, agent, refusal):
    response = gateway.call(target, method, index=index, headers={"User-Agent": agent})
    if refusal is None:
        assert response.status == 200, response.text
        return
    assert response.status == 403 and response.headers["x-amzn-errortype"] == "AccessDeniedException"
    stage, _, path = target[1:].partition("/")
    arn = f"arn:aws:execute-api:eu-west-1:********9012:{API_ID}/{stage}/{method}/{path}"
    assert response.json == {"Message": "User: anonymous is not authorized to perform: execute-api:Invoke on"
                                        f" resource: {arn} {refusal}"}


def test_the_policies_of_endpoint_and_api_must_both_allow(gateway):
    assert gateway.call("/v1/hello", index=2).status == 200
    denied = gateway.call("/v1/denied-here", index=2)
    assert denied.status == 403 and denied.json["Message"].endswith(
        "with an explicit deny in a VPC endpoint policy")
    assert gateway.call("/v1/denied-here", index=0).status == 200
    not_allowed = gateway.call("/v2/from-here", index=2)
    assert not_allowed.status == 403 and not_allowed.json["Message"].endswith(
        "because no VPC endpoint policy allows the execute-api:Invoke action")
    # The API's own policy is evaluated after it.
    assert gateway.call("/v1/denied", index=2).json["Message"].endswith(EXPLICIT)


def test_a_client_cannot_claim_another_source(gateway):
    forged = {"x-amzn-vpce-id": VPCE, "x-amzn-vpc-id": VPC, "X-Forwarded-For": "10.0.0.1"}
    assert gateway.call("/v1/by-endpoint", index=2, headers=forged).status == 403
    assert gateway.call("/v2/from-there", headers=forged).status == 403


#--- Routing

@pytest.mark.parametrize("method,target,resource", [
    ("GET", "/v1/hello", "/hello"), ("GET", "/v1/hello/", "/hello"), ("GET", "/v1/hello?a=b", "/hello"),
    ("GET", "//v1/hello", "/hello"), ("GET", "/v1//hello", "/hello"), ("GET", "/v1/pets", "/pets"),
    ("GET", "/v1/pets/7", "/pets/{petId}"), ("GET", "/v1/pets/mine", "/pets/mine"),
    ("DELETE", "/v1/pets/mine", "/pets/{petId}"), ("GET", "/v1/pets/mine/toys", "/pets/{petId}/toys"),
    ("GET", "/v1/files/a", "/files/{proxy+}"), ("PATCH", "/v1/files/a//b/c/", "/files/{proxy+}"),
    ("HEAD", "/v1/any", "/any"), ("PUT", "/v1/any", "/any"), ("GET", "/v1/a.b,c:d", "/a.b,c:d"),
    ("GET", "/v1/pets/%2F", "/pets/{petId}"), ("GET", "/v1", None), ("GET", "/v1/", None), ("HEAD", "/v1/hello", None),
    ("GET", "/v1/Hello", None), ("GET", "/v1/hello/more", None), ("PUT", "/v1/hello", None),
    ("GET", "/v1/files/", None), ("GET", "/v1/pets/7/8", None), ("GET", "/v1/%68ello", None)])
def test_routes(gateway, method, target, resource):
    response = gateway.call(target, method)
    if resource is None:
        assert response.status == 403 and response.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
        assert method == "HEAD" or response.text == NO_TOKEN
    else:
        assert response.status == 200
        assert method == "HEAD" or response.json == {"resource": resource, "method": method}


@pytest.mark.parametrize("given,method", [("POST", "POST"), ("post", "POST"), ("P@ST", "GET"), ("", "GET")])
def test_a_header_overrides_the_method(gateway, given, method):
    response = gateway.call("/v1/hello", headers={"X-HTTP-Method-Override": given})
    assert response.json["method"] == method


def test_the_policy_gets_the_overriding_method(gateway):
    response = gateway.call("/v2/pets/1", "GET", headers={"X-HTTP-Method-Override": "DELETE"})
    assert response.status == 403 and "/v2/DELETE/pets/1 with an explicit deny" in response.json["Message"]


def test_a_mock_sends_its_configured_response(gateway):
    response = gateway.call("/v1/mock", headers={"User-Agent": "a&<b>"})
    assert response.status == 203
    assert response.text == '<p colour="blue" agent="a&<b>">$v1</p>'
    assert response.headers["content-type"] == "text/html" and response.headers["x-kind"] == "mock"
    assert response.headers["cache-control"] == "no-cache"
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", response.headers["x-amzn-trace-id"])


def test_ids_of_a_response(gateway):
    ids = set()
    for _ in range(3):
        response = gateway.call("/v1/hello")
        assert UUID.fullmatch(response.headers["x-amzn-requestid"])
        assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", response.headers["x-amz-apigw-id"])
        ids |= {response.headers["x-amzn-requestid"], response.headers["x-amz-apigw-id"]}
    assert len(ids) == 6
    own = "01234567-89ab-cdef-0123-456789abcdef"
    assert gateway.call("/v1/hello", headers={"x-amzn-RequestId": own}).headers["x-amzn-requestid"] == own


#--- Gateway responses and throttling

def test_custom_gateway_responses(gateway):
    name = f"custom0000.{SERVICE}"
    response = gateway.call("/v1/nowhere", name=name)
    assert response.status == 404
    assert response.text == 'no GET /v1/nowhere here: "Missing Authentication Token"'
    assert response.headers["content-type"] == "text/plain"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    # Only headers are configured: status and body are AWS's.
    denied = gateway.call("/v1/hello", name=name)
    assert denied.status == 403 and denied.headers["x-why"] == "policy" and denied.json["Message"]
    # An unknown API has no gateway responses.
    assert gateway.call("/v9/hello", name=name).text == FORBIDDEN


def test_default_4xx_applies_to_types_without_a_table(gateway):
    name = f"default000.{SERVICE}"
    response = gateway.call("/v1/nowhere", name=name)
    assert response.status == 418
    assert response.json == {"why": "MISSING_AUTHENTICATION_TOKEN", "message": "Missing Authentication Token"}


def statuses(gateway, count, target, method="GET", name=API_NAME):
    connection = gateway.open_http(name=name)
    seen = [gateway.call(target, method, name=name, connection=connection) for _ in range(count)]
    connection.close()
    return seen


def test_throttling_by_stage_and_method(gateway):
    name = f"default000.{SERVICE}"
    seen = statuses(gateway, 5, "/v1/hello", name=name)
    assert [response.status for response in seen] == [200, 200, 429, 429, 429]
    assert seen[-1].headers["x-amzn-errortype"] == "TooManyRequestsException"
    assert seen[-1].headers["retry-after"] == "1" and seen[-1].text == '{"message":"Too Many Requests"}'
    assert [r.status for r in statuses(gateway, 5, "/v1/hello", "POST", name=name)] == [200, 200, 200, 429, 429]
    assert [r.status for r in statuses(gateway, 5, "/v2/hello", name=name)] == [200] * 5


def test_a_stage_limit_applies_to_each_method_separately(gateway):
    name = f"throttled0.{SERVICE}"
    assert [r.status for r in statuses(gateway, 3, "/v1/one", name=name)] == [200, 200, 429]
    assert [r.status for r in statuses(gateway, 3, "/v1/two", name=name)] == [200, 200, 429]


#--- Logs

def wait_own_line(gateway, response):
    return gateway.wait_line("access.log", response.headers["x-amzn-requestid"]).split("|")


def test_an_access_log_with_a_custom_format(gateway):
    good = wait_own_line(gateway, gateway.call("/v1/hello?a=b", headers={"User-Agent": "one/1"}))
    assert good[1:] == ["one/1", CLIENT, VPCE, VPC, "/v1/hello", "v1", API_ID, "123456789012", API_NAME, API_ID,
                        "-", "-", "HTTP/1.1", "200", "-", "200"]
    bad = wait_own_line(gateway, gateway.call("/v1/nowhere", index=2, headers={"User-Agent": "one/1"}))
    assert bad[3] == OTHER_VPCE and bad[11:] == ["MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token",
                                                 "HTTP/1.1", "-", "-", "403"]


@pytest.mark.parametrize("agent", ["a\tb", 'a"b', "a\\b", "ä", "a|b", "\x1b[31m", "a" * 3000, "${jndi:x}"])
def test_a_call_is_one_line_whatever_the_user_agent(gateway, agent):
    before = len(gateway.lines("access.log"))
    with gateway.connect() as tls:
        tls.sendall(request("/v1/hello", "GET", f"User-Agent: {agent}"))
        head, _ = read_response(tls)
    if b" 400 " in head.split(b"\r\n")[0]:
        return  # such a byte never reaches a log
    request_id = re.search(rb"x-amzn-RequestId: (\S+)", head).group(1).decode()
    line = gateway.wait_line("access.log", request_id)
    assert not re.search(r"[\x00-\x1f\x7f]", line)
    assert len(gateway.lines("access.log")) == before + 1


def test_a_user_agent_with_a_line_end_stays_in_one_line(gateway):
    """HTTP/2 could transport them; HTTP/1.1 ends the field."""
    before = len(gateway.lines("access.log"))
    with gateway.connect() as tls:
        tls.sendall(request("/v1/hello", "GET", "User-Agent: a\r\nX-B: forged|line"))
        head, _ = read_response(tls)
    request_id = re.search(rb"x-amzn-RequestId: (\S+)", head).group(1).decode()
    assert "|a|" in gateway.wait_line("access.log", request_id)
    assert len(gateway.lines("access.log")) == before + 1


def test_presets_of_the_access_log(gateway):
    agent = {"User-Agent": 'a "quoted" <agent>'}
    ids = {}
    for stage in ("json", "clf", "xml", "csv"):
        response = gateway.call(f"/{stage}/pets/7", headers=agent)
        ids[stage] = (response.headers["x-amzn-requestid"], response.headers["x-amz-apigw-id"])
        size = len(response.body)
    time_text = r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000"

    record = json.loads(gateway.wait_line("json.log", ids["json"][0]))
    assert re.fullmatch(time_text, record.pop("requestTime"))
    assert record == {"requestId": ids["json"][0], "extendedRequestId": ids["json"][1], "ip": CLIENT, "caller": "-",
                      "user": "-", "httpMethod": "GET", "resourcePath": "/pets/{petId}", "status": "200",
                      "protocol": "HTTP/1.1", "responseLength": str(size)}
    clf = gateway.wait_line("clf.log", ids["clf"][0])
    assert re.fullmatch(rf'127\.0\.0\.1 - - \[{time_text}\] "GET /pets/\{{petId\}} HTTP/1\.1" 200 {size} '
                        rf'{ids["clf"][0]} {ids["clf"][1]}', clf), clf
    element = xml.etree.ElementTree.fromstring(gateway.wait_line("xml.log", ids["xml"][0]))
    assert element.get("id") == ids["xml"][0] and element.find("resourcePath").text == "/pets/{petId}"
    assert element.find("status").text == "200"
    row = next(csv.reader([gateway.wait_line("csv.log", ids["csv"][0])]))
    assert row[:3] == [CLIENT, "-", "-"]
    assert row[4:] == ["GET", "/pets/{petId}", "HTTP/1.1", "200", str(size), *ids["csv"]]


def test_the_execution_log_has_the_steps_of_a_call(gateway):
    response = gateway.call("/v1/pets/7?a=1", headers={"Authorization": "secret", "X-A": "1"})
    request_id = response.headers["x-amzn-requestid"]
    gateway.wait_line("execution.log", f"({request_id}) Method completed with status: 200")
    steps = "\n".join(line for line in gateway.lines("execution.log") if f"({request_id})" in line)
    for words in (f"Extended Request Id: {response.headers['x-amz-apigw-id']}",
                  f"Starting execution for request: {request_id}", "HTTP Method: GET, Resource Path: /pets/{petId}",
                  "Method request path: {petId=7}", "a=1", "X-A=1", "Authorization=****"):
        assert words in steps, steps
    assert "secret" not in steps


def test_the_execution_log_has_the_reason_of_a_refusal(gateway):
    request_id = gateway.call("/v1/denied").headers["x-amzn-requestid"]
    gateway.wait_line("execution.log", f"({request_id}) Method completed with status: 403")
    steps = "\n".join(line for line in gateway.lines("execution.log") if request_id in line)
    assert "ACCESS_DENIED with status code: 403" in steps


#--- Reloads

SMALL = """
[rest_api.hello]
id = "dligg9dxuk"
vpc_endpoints = ["execute-api"]
policy = '''{policy}'''
[rest_api.hello.stage.v1]
access_log = {{ file = "access.log" }}
execution_log = "execution.log"
""" + mock("/hello", body="BODY").replace("{", "{{").replace("}", "}}").replace("BODY", "{body}")


def test_a_reload_changes_stages_methods_and_policies(own_gateway):
    connection = own_gateway.open_http()

    def get(target):
        response = own_gateway.call(target, connection=connection)
        return response.status, response.text

    assert get("/v1/hello") == (200, "one") and get("/v2/hello") == (403, FORBIDDEN)
    own_gateway.write_config(apis=SMALL.format(body="two", policy=OPEN_POLICY) + "[rest_api.hello.stage.v2]\n")
    own_gateway.reload()
    # The existing connection uses it too.
    assert get("/v1/hello") == (200, "two") and get("/v2/hello") == (200, "two")
    own_gateway.write_config(apis=SMALL.format(body="three", policy=policy_of([("Deny", "execute-api:/*", {})])))
    own_gateway.reload()
    assert get("/v1/hello")[0] == 403 and EXPLICIT in get("/v1/hello")[1]
    connection.close()


@pytest.mark.parametrize("what,words", [
    ("no TOML", "[rest_api."), ("an unknown key", "frob = 1"),
    ("a policy that can't be read", SMALL.format(body="two", policy='{"Version": "2012-10-17", "Statement": [{}]}'))])
def test_an_invalid_file_keeps_the_old_state(own_gateway, what, words):
    own_gateway.write_config(apis=words if "rest_api.hello" in words else own_gateway.values["apis"] + words)
    own_gateway.reload(refused=True)
    assert re.search(r"inlet53\.toml[:.]", own_gateway.messages()), own_gateway.messages()
    assert own_gateway.call("/v1/hello").text == "one"


def test_a_reload_adds_and_removes_addresses(own_gateway):
    third = free_endpoint()
    second = own_gateway.endpoints[1]
    with own_gateway.connect(1) as old:
        own_gateway.write_config(listen_b="%s:%d" % third)
        own_gateway.reload()
        own_gateway.endpoints[1] = third
        assert own_gateway.call("/v1/hello", index=1).text == "one"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(second, timeout=5, source_address=(CLIENT, 0))
    assert own_gateway.call("/v1/hello", index=0).text == "one"


def test_an_address_in_use_rejects_the_reload(own_gateway):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        third = free_endpoint()
        taken.bind(third)
        taken.listen()
        own_gateway.write_config(listen_b="%s:%d" % third)
        own_gateway.reload(refused=True)
    assert "%s:%d" % third in own_gateway.messages()
    assert own_gateway.call("/v1/hello", index=1).text == "one"
    own_gateway.reload()
    own_gateway.endpoints[1] = third
    assert own_gateway.call("/v1/hello", index=1).text == "one"


def test_a_reload_changes_the_admitted_sources(own_gateway):
    text = own_gateway.config_file.read_text()
    own_gateway.config_file.write_text(text.replace("127.0.0.0/16", "127.9.0.0/16"))
    own_gateway.reload()
    assert own_gateway.call("/v1/hello", source=UNAUTHORISED).text == "one"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.bind((CLIENT, 0))
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.connect(own_gateway.endpoints[0])


def test_usr1_opens_the_logs_again(own_gateway):
    first = own_gateway.call("/v1/hello").headers["x-amzn-requestid"]
    for log in ("access.log", "execution.log"):
        own_gateway.wait_line(log, first)
        (own_gateway.folder / log).rename(own_gateway.folder / f"{log}.1")
    own_gateway.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: (own_gateway.folder / "access.log").exists(), "the new log")
    second = own_gateway.call("/v1/hello").headers["x-amzn-requestid"]
    for log in ("access.log", "execution.log"):
        own_gateway.wait_line(log, second)
        assert not any(second in line for line in own_gateway.lines(f"{log}.1"))
        assert any(first in line for line in own_gateway.lines(f"{log}.1"))
