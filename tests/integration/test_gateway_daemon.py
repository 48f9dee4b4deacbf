# SPDX-License-Identifier: Apache-2.0
"""inlet53-gateway for operators: its start and end, the output of the tool about it, both daemons together."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from gateway import API_ID, API_NAME, OPEN_POLICY, Gateway, mock, read_all, read_response, request
from support import ADDRESSES, BUILD, DEADLINE, addresses, ask, free_endpoint, wait_until

TOOL = BUILD / "inlet53"

FUNCTION = """
import os, time

def handler(event, context):
    while not os.path.exists("release"):
        time.sleep(0.01)
    return {"body": "released"}
"""

APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy_file = "policy.json"
[rest_api.hello.stage.v1]
access_log = {{ file = "access.log" }}
{mock("/hello", body="hello")}
[rest_api.hello.resource."/wait".GET]
integration = {{ type = "AWS_PROXY", function = "wait" }}
[function.wait]
runtime = "python3.11"
handler = "app.handler"
code = "code"
timeout = "60 s"
"""

RESOLVER = """
[security_group.resolver]
vpc = "demo"
ingress = [{{ protocol = "all", cidr = "127.0.0.0/16" }}]
[resolver_endpoint.inbound]
security_groups = ["resolver"]
[[resolver_endpoint.inbound.ip_address]]
subnet = "private-a"
address = "10.0.10.10"
listen = "{}"
[[resolver_endpoint.inbound.ip_address]]
subnet = "private-b"
address = "10.0.150.10"
listen = "{}"
"""


@pytest.fixture
def gateway(tmp_path):
    """A gateway that is not started."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/app.py").write_text(FUNCTION)
    (tmp_path / "policy.json").write_text(OPEN_POLICY)
    made = Gateway(tmp_path, APIS)
    yield made
    if made.process and made.is_running():
        made.kill()


def tool(*arguments):
    return subprocess.run([TOOL, *map(str, arguments)], text=True, capture_output=True, timeout=DEADLINE)


def run_daemon(gateway):
    """Runs a gateway that ends by itself."""
    return subprocess.run([BUILD / "inlet53-gateway", "--config", gateway.config_file], text=True,
                          capture_output=True, timeout=DEADLINE)


#--- Start

def test_usage(gateway):
    run = subprocess.run([BUILD / "inlet53-gateway", "--frob"], capture_output=True, timeout=DEADLINE)
    assert run.returncode == 2
    run = subprocess.run([BUILD / "inlet53-gateway", "--version"], text=True, capture_output=True, timeout=DEADLINE)
    assert run.returncode == 0 and re.fullmatch(r"inlet53-gateway \d+\.\d+\.\d+\n", run.stdout)


def test_a_taken_port_is_exit_code_4(gateway):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(gateway.endpoints[1])
        taken.listen()
        run = run_daemon(gateway)
    assert run.returncode == 4 and "%s:%d" % gateway.endpoints[1] in run.stderr


@pytest.mark.parametrize("policy,place,words", [
    ('{"Version": "2012-10-17",\n "Statement": [\n  {"Effect": "Allow", "Principal": "*",\n   "Action":: "*"}]}\n',
     r"policy\.json:4:1\d: ", ""),
    ('{"Version": "2012-10-17", "Statement": [\n {"Effect": "Maybe", "Principal": "*", "Action": "execute-api:Invoke",'
     ' "Resource": "execute-api:/*"}]}\n', r"policy\.json:2:\d+: ", "Effect"),
    ('{"Version": "2012-10-17", "Statement": [\n {"Effect": "Allow", "Principal": "*",'
     ' "Action": "execute-api:Invoke",\n  "Resource": "execute-api:/*", "Condition": {"Frob": {"a": "b"}}}]}\n', r"policy\.json:3:\d+: ", "Frob")])
def test_an_invalid_policy_is_exit_code_3(gateway, policy, place, words):
    (gateway.folder / "policy.json").write_text(policy)
    run = run_daemon(gateway)
    assert run.returncode == 3
    assert re.search(place, run.stderr) and words in run.stderr, run.stderr
    checked = tool("check", gateway.config_file)
    assert checked.returncode == 3 and re.search(place, checked.stderr), checked.stderr


@pytest.mark.parametrize("old,new,words", [
    ('type = "MOCK"', 'type = "HTTP"', "HTTP"), ('function = "wait"', 'function = "nobody"', "nobody"),
    ('code = "code"', 'code = "nowhere"', "nowhere"), ('handler = "app.handler"', "", "handler"),
    ("[rest_api.hello.stage.v1]", "[rest_api.hello.stage.'a b']", "a b"), ('policy_file = "policy.json"',
                                                                            'policy_file = "none.json"', "none.json")])
def test_a_file_that_can_not_be_served_is_exit_code_3(gateway, old, new, words):
    text = gateway.config_file.read_text()
    assert old in text
    gateway.config_file.write_text(text.replace(old, new, 1))
    run = run_daemon(gateway)
    assert run.returncode == 3
    assert re.search(r"inlet53\.toml:\d+:\d+: ", run.stderr) and words in run.stderr, run.stderr


def test_without_a_stage_there_is_nothing_to_serve(gateway):
    gateway.write_config(apis='[rest_api.hello]\nid = "dligg9dxuk"\n')
    run = run_daemon(gateway)
    assert run.returncode == 3 and "no REST API has a stage" in run.stderr


#--- The tool

def test_check_summarises_the_configuration(gateway):
    run = tool("check", gateway.config_file)
    assert run.returncode == 0
    assert "eu-west-1a  10.0.12.179  served at %s:%d" % gateway.endpoints[0] in run.stdout
    assert f"REST API {API_ID}  1 stage, 2 methods" in run.stdout
    said = json.loads(tool("check", gateway.config_file, "-o", "json").stdout)
    assert said["calls_for_gateway"] is True and said["calls_for_dns"] is False
    assert [[i["listen"] for i in e["network_interfaces"]] for e in said["vpc_endpoints"]] == [
        ["%s:%d" % endpoint for endpoint in gateway.endpoints[:2]], ["%s:%d" % gateway.endpoints[2]]]
    api, = said["rest_apis"]
    assert (api["id"], api["region"], api["account_id"]) == (API_ID, "eu-west-1", "123456789012")
    assert api["stages"] == [{"name": "v1", "access_log": str(gateway.folder / "access.log"), "execution_log": ""}]
    assert sorted(api["methods"]) == ["GET /hello", "GET /wait"] and api["has_policy"] is True
    assert said["certificate_authority"] == str(gateway.ca)
    assert not gateway.ca.exists()  # the check creates nothing


def test_ca_creates_and_prints_the_authority(gateway):
    first = json.loads(tool("ca", "--config", gateway.config_file, "-o", "json").stdout)
    assert first["certificate_authority"]["made_now"] and first["server_certificate"]["made_now"]
    assert first["certificate_authority"]["file"] == str(gateway.ca)
    assert first["server_certificate"]["names"] == ["*.execute-api.eu-west-1.amazonaws.com",
                                                    "*.execute-api.eu-west-1.vpce.amazonaws.com"]
    text = tool("ca", "--config", gateway.config_file).stdout
    assert str(gateway.ca) in text and "(made now)" not in text
    fingerprint = first["server_certificate"]["sha256"]
    assert fingerprint in text
    # It is the gateway's certificate.
    gateway.start()
    with gateway.connect() as tls:
        assert hashlib.sha256(tls.getpeercert(True)).hexdigest().upper() == fingerprint.replace(":", "").upper()
    verified = subprocess.run(["openssl", "verify", "-CAfile", gateway.ca, first["server_certificate"]["file"]],
                              capture_output=True, text=True)
    assert verified.returncode == 0, verified.stderr


#--- End

def test_term_lets_calls_end(gateway):
    gateway.start()
    with gateway.connect() as idle, gateway.connect() as busy, gateway.connect() as half:
        half.sendall(b"GET /v1/hello HTTP/1.1\r\n")
        busy.sendall(request("/v1/wait"))
        gateway.wait_line("wait.log", "START RequestId")
        gateway.process.send_signal(signal.SIGTERM)
        assert read_all(idle) == b""
        with pytest.raises(ConnectionRefusedError):
            gateway.connect_tcp()
        (gateway.folder / "code/release").touch()
        head, body = read_response(busy)
        assert body == b"released" and b"\r\nConnection: close\r\n" in head
    assert gateway.process.wait(DEADLINE) == 0
    assert "statistics: " in gateway.messages() and gateway.messages().rstrip().endswith("ended")
    gateway.wait_line("access.log", '"resourcePath":"/wait"')


def test_a_hanging_call_does_not_prevent_the_end(gateway):
    gateway.start()
    with gateway.connect() as busy:
        busy.sendall(request("/v1/wait"))
        gateway.wait_line("wait.log", "START RequestId")
        assert gateway.stop() == 0


def test_a_second_term_ends_it_at_once(gateway):
    gateway.start()
    with gateway.connect() as busy:
        busy.sendall(request("/v1/wait"))
        gateway.wait_line("wait.log", "START RequestId")
        gateway.process.send_signal(signal.SIGTERM)

        def is_draining():
            try:
                gateway.connect_tcp().close()
                return False
            except ConnectionResetError:  # the listener closed while the connection waited in its queue
                return False
            except ConnectionRefusedError:
                return True
        wait_until(is_draining, "the end of listening")
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(DEADLINE) == 0
    assert "stopped immediately after a second signal" in gateway.messages()


#--- Both daemons

@pytest.fixture
def up(gateway):
    """`inlet53 up` with a file that requires both daemons."""
    gateway.resolver = [free_endpoint(), free_endpoint()]
    gateway.write_config(apis=APIS + RESOLVER.format(*["%s:%d" % one for one in gateway.resolver]))
    with gateway.operator_log.open("wb") as log:
        gateway.process = subprocess.Popen([TOOL, "up", gateway.config_file], stdout=log, stderr=log)
    gateway.wait_message("serving", 5)
    yield gateway
    if gateway.is_running():
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.wait(DEADLINE)


def pids_of(gateway, program):
    return [int(pid) for pid in re.findall(rf"started {program}, process (\d+)", gateway.messages())]


def test_up_starts_both_daemons(up):
    assert len(pids_of(up, "inlet53d")) == len(pids_of(up, "inlet53-gateway")) == 1
    assert sorted(addresses(ask(up.resolver[0], API_NAME))) == ADDRESSES
    assert up.call("/v1/hello").text == "hello"
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(DEADLINE) == 0


def test_dns_is_served_while_the_gateway_is_killed(up):
    resolver, = pids_of(up, "inlet53d")
    os.kill(pids_of(up, "inlet53-gateway")[0], signal.SIGKILL)
    wait_until(lambda: "inlet53-gateway was ended by SIGKILL" in up.messages(), "the end of the gateway")
    assert sorted(addresses(ask(up.resolver[0], API_NAME))) == ADDRESSES
    up.wait_message("serving", 8)
    assert up.call("/v1/hello").text == "hello"
    assert pids_of(up, "inlet53d") == [resolver] and len(pids_of(up, "inlet53-gateway")) == 2


def test_up_passes_a_reload_on_to_both(up):
    up.write_config(apis=up.values["apis"] + "[rest_api.hello.stage.v2]\n")
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: up.call("/v2/hello").status == 200, "the new stage")


def test_up_of_apis_alone_starts_no_resolver(gateway):
    with gateway.operator_log.open("wb") as log:
        gateway.process = subprocess.Popen([TOOL, "up", gateway.config_file], stdout=log, stderr=log)
    gateway.wait_message("serving", 3)
    assert pids_of(gateway, "inlet53d") == [] and gateway.call("/v1/hello").text == "hello"
    assert gateway.stop() == 0


def test_an_interpreter_of_another_version_is_reported(gateway):
    text = gateway.config_file.read_text()
    gateway.config_file.write_text(text.replace("python3.11", "python3.99"))
    told = r"function wait: runtime python3\.99 runs on Python 3\.\d+\.\d+"
    run = tool("check", gateway.config_file)
    assert run.returncode == 0 and re.search("warning: " + told, run.stdout), run.stdout
    said = json.loads(tool("check", gateway.config_file, "-o", "json").stdout)
    assert [re.fullmatch(told, one) is not None for one in said["function_interpreter_problems"]] == [True]
    gateway.start()
    assert re.search(told, gateway.messages()), gateway.messages()
    assert gateway.stop() == 0


def test_check_finds_a_missing_interpreter(gateway):
    gateway.write_config(functions='python = "/nowhere/python"')
    problem = "runtime python3.11 cannot run: the interpreter /nowhere/python: No such file or directory"
    run = tool("check", gateway.config_file)
    assert run.returncode == 3
    assert run.stderr == f"{gateway.config_file}: function.wait: {problem}\n"
    gateway.start()
    assert f"function wait: {problem}" in gateway.messages(), gateway.messages()
    assert gateway.stop() == 0


def test_check_finds_missing_code(gateway):
    (gateway.folder / "own").mkdir()
    gateway.write_config(apis=APIS.replace("app.handler", "none.handler")
                         + '[function.own]\nruntime = "provided.al2023"\ncode = "own"\n')
    run = tool("check", gateway.config_file)
    assert run.returncode == 3
    code, own = gateway.folder / "code", gateway.folder / "own"
    problems = [f"function.wait: the file of the handler none.handler is missing: {code}/none.py",
                f"function.own: Couldn't find valid bootstrap(s): [{own}/bootstrap]"]
    assert run.stderr.splitlines() == [f"{gateway.config_file}: {problem}" for problem in problems]
    gateway.start()  # the code may be added later
    for problem in problems:
        assert problem.replace("function.", "function ") in gateway.messages(), gateway.messages()
    assert gateway.stop() == 0
