# SPDX-License-Identifier: Apache-2.0
"""inlet53 policy explain: its explanation of a policy and a call, as text and JSON, and its exit codes."""

import json
import subprocess

import pytest

from support import BUILD, DEADLINE, VPCE, Daemon

TOOL = BUILD / "inlet53"

# The policy of the blog post: all callers are allowed, but only through one endpoint.
BLOG = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
         "Resource": "execute-api:/*"},
        {"Sid": "OnlyByOurEndpoint", "Effect": "Deny", "Principal": "*",
         "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
         "Condition": {"StringNotEquals": {"aws:SourceVpce": VPCE}}},
    ],
}
ARN = "arn:aws:execute-api:eu-west-1:********9012:dligg9dxuk/DemoStage/GET/hello"


def explain(policy_file, *arguments, vpce=VPCE, source="10.0.1.5",
            call=("GET", "/DemoStage/hello"), api="dligg9dxuk"):
    by = ["--vpce", vpce] if vpce else []
    return subprocess.run([TOOL, "policy", "explain", "--policy", policy_file, "--api", api, *by,
                           "--source-ip", source, *arguments, *call],
                          text=True, capture_output=True, timeout=DEADLINE)


@pytest.fixture
def policy_file(tmp_path):
    def write(policy):
        file = tmp_path / "policy.json"
        file.write_text(policy if isinstance(policy, str) else json.dumps(policy, indent=2))
        return file
    return write


def test_an_allowed_call(policy_file):
    file = policy_file(BLOG)
    run = explain(file)
    assert run.returncode == 0 and run.stderr == "", run.stderr
    assert run.stdout.startswith(f"allow by Statement[0] ({file}:4)\n")
    assert f'no   Condition StringNotEquals aws:SourceVpce "{VPCE}": the request has "{VPCE}"' in run.stdout
    assert '  aws:VpcSourceIp "10.0.1.5"\n' in run.stdout
    assert "403" not in run.stdout


def test_a_denied_call_has_the_message_of_api_gateway(policy_file):
    run = explain(policy_file(BLOG), vpce="vpce-0b4147ba9386c9f70")
    assert run.returncode == 1
    assert run.stdout.startswith("explicit deny by Statement[1] OnlyByOurEndpoint (")
    assert ('403 AccessDeniedException\n{"Message":"User: anonymous is not authorized to perform: '
            f'execute-api:Invoke on resource: {ARN} with an explicit deny in a resource-based '
            'policy"}\n') in run.stdout


def test_a_call_without_a_matching_allow_is_denied(policy_file):
    policy = dict(BLOG, Statement=BLOG["Statement"][1:])
    run = explain(policy_file(policy))
    assert run.returncode == 1 and run.stdout.startswith("implicit deny: no statement allows it\n")
    assert f"{ARN} because no resource-based policy allows the execute-api:Invoke action" in run.stdout
    former = explain(policy_file(policy), "--former-wording")
    assert f'{ARN}"}}\n' in former.stdout


def test_a_missing_key_matches_a_negated_operator(policy_file):
    statement = dict(BLOG["Statement"][1], Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    policy = dict(BLOG, Statement=[BLOG["Statement"][0], statement])
    run = explain(policy_file(policy))
    assert run.returncode == 1
    assert "the request does not have the key, which matches a negated operator" in run.stdout
    assert explain(policy_file(policy), vpce=None).returncode == 0


def test_json_output(policy_file):
    run = explain(policy_file(BLOG), "-o", "json", "--vpc", "vpc-0a", "--user-agent", "curl/8.5",
                  "--referer", "r", "--time", "2026-11-22T15:00:00Z", vpce="vpce-0b")
    said = json.loads(run.stdout)
    assert run.returncode == 1 and said["decision"] == "explicit deny" and said["statement"] == 1
    assert said["response"]["status"] == 403
    assert json.loads(said["response"]["body"])["Message"].startswith("User: anonymous")
    assert said["request"]["keys"] == {
        "aws:VpcSourceIp": "10.0.1.5", "aws:SourceVpce": "vpce-0b", "aws:SourceVpc": "vpc-0a",
        "aws:CurrentTime": "2026-11-22T15:00:00Z", "aws:EpochTime": "1795359600",
        "aws:SecureTransport": "true", "aws:UserAgent": "curl/8.5", "aws:Referer": "r"}
    assert [s["matches"] for s in said["statements"]] == [True, True]
    assert said["statements"][1]["conditions"] == [
        {"operator": "StringNotEquals", "key": "aws:SourceVpce", "values": [VPCE],
         "request": ["vpce-0b"], "met": True}]
    allowed = json.loads(explain(policy_file(BLOG), "-o", "json").stdout)
    assert allowed["decision"] == "allow" and allowed["response"] is None


def test_region_and_account_are_in_the_arn(policy_file):
    run = explain(policy_file(BLOG), "--region", "cn-north-1", "--account", "210987654321",
                  call=("post", "/S?a=b"))
    assert "on arn:aws-cn:execute-api:cn-north-1:210987654321:dligg9dxuk/S/POST/\n" in run.stdout


def test_a_configuration_provides_the_api_and_the_endpoint(policy_file, tmp_path):
    config = Daemon(tmp_path).config_file
    policy = dict(BLOG, Statement=dict(BLOG["Statement"][0],
                                       Condition={"Null": {"aws:SourceVpc": "false"}}))
    run = explain(policy_file(policy), "--config", config)
    assert run.returncode == 0, run.stdout + run.stderr
    assert '  aws:SourceVpc "vpc-' in run.stdout
    unknown = explain(policy_file(policy), "--config", config, api="nosuchapi0")
    assert unknown.returncode == 2 and "has no REST API nosuchapi0" in unknown.stderr


def test_faults_have_file_line_and_column(policy_file):
    text = json.dumps(BLOG, indent=2).replace("StringNotEquals", "StringNotEqual")
    line = text[:text.index("StringNotEqual")].count("\n") + 1
    file = policy_file(text)
    run = explain(file)
    assert run.returncode == 3 and run.stdout == ""
    assert run.stderr == (f"{file}:{line}:9: Statement[1].Condition: unknown condition operator "
                          '"StringNotEqual"; did you mean "StringNotEquals"?\n')
    said = json.loads(explain(file, "-o", "json").stdout)
    assert said["ok"] is False and said["errors"][0]["line"] == line
    assert explain(policy_file("{")).returncode == 3
    assert explain(file.parent / "absent.json").returncode == 3


@pytest.mark.parametrize("wrong", [
    dict(source="10.0.0"), dict(call=("GET", "hello")), dict(call=("GET", "/")),
    dict(call=("GET",)), dict(call=())], ids=str)
def test_usage_is_exit_code_2(policy_file, wrong):
    assert explain(policy_file(BLOG), **wrong).returncode == 2


def test_more_usage_errors(policy_file):
    assert explain(policy_file(BLOG), "--time", "tomorrow").returncode == 2
    assert subprocess.run([TOOL, "policy"], capture_output=True).returncode == 2
