# SPDX-License-Identifier: Apache-2.0
"""`inlet53 explain`: the reasons for an answer, compared with the answers and records of the daemon."""

import json
import subprocess

import dns.rcode
import pytest

from rules import OUTBOUND, rule
from support import API, BUILD, DEADLINE, Daemon, ask


def explain(*arguments):
    done = subprocess.run([BUILD / "inlet53", "explain", *arguments], capture_output=True, text=True, timeout=DEADLINE)
    return done.returncode, done.stdout, done.stderr


def steps(text):
    """Returns the lines of the first endpoint without the first one and without the record."""
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines[1:] if not line.startswith("log record")]


def test_the_steps_of_a_chain(shared_daemon):
    code, out, _ = explain("WWW.corp.internal", "--config", shared_daemon.config_file, "--client", "127.0.0.1")
    assert code == 0
    assert steps(out) == ["security groups: admit the client",
                          "www.corp.internal.", "hosted zone corp.internal.: CNAME",
                          "app.corp.internal.", "hosted zone corp.internal.: answer",
                          "response NOERROR"]


def test_a_client_that_is_not_admitted(shared_daemon):
    code, out, _ = explain(API, "--config", shared_daemon.config_file, "--client", "192.0.2.1")
    assert code == 0 and steps(out)[0] == "security groups: do not admit the client; it gets no response"
    assert out.endswith("  no response\n")


QUESTIONS = [("app.corp.internal", "A"), ("app.corp.internal", "AAAA"), ("www.corp.internal", "A"),
             ("none.corp.internal", "A"), ("app.corp.internal", "TXT"), ("x.apps.corp.internal", "A"),
             ("host.deep.corp.internal", "A"), ("deep.corp.internal", "A"), ("x.sub.corp.internal", "A"),
             ("mail.corp.internal", "MX"), (API, "A"), (API, "AAAA"), ("www.example.com", "A"),
             ("ip-10-0-0-9.eu-west-1.compute.internal", "A"), ("9.0.0.10.in-addr.arpa", "PTR")]


@pytest.mark.parametrize("name, rdtype", QUESTIONS)
def test_it_decides_as_the_daemon_does(shared_daemon, name, rdtype):
    response = ask(shared_daemon.endpoints[0], name, rdtype)
    code, out, err = explain(name, rdtype, "--config", shared_daemon.config_file, "--client", "127.0.0.1", "-o", "json")
    assert code == 0, err
    [shown] = json.loads(out)
    assert shown["rcode"] == dns.rcode.to_text(response.rcode()) and shown["admitted"] is True
    logged = shared_daemon.wait_record(query_name=f"{name}.", query_type=rdtype)
    differs = ("query_timestamp", "srcport", "answers")
    assert {key: value for key, value in shown["record"].items() if key not in differs} == \
        {key: value for key, value in logged.items() if key not in differs}
    assert sorted(map(str, shown["record"]["answers"])) == sorted(map(str, logged["answers"]))


def test_a_name_of_a_rule(tmp_path):
    files = Daemon(tmp_path, more=OUTBOUND + rule("partner", "partner.test", ("127.0.0.1", 5353)))
    code, out, err = explain("www.partner.test", "--config", files.config_file)
    assert code == 0, err
    assert any("forwards to 127.0.0.1:5353" in line for line in steps(out))
    assert steps(out)[-1] == "the targets decide the response"


@pytest.mark.parametrize("arguments, said", [
    (("a..b",), '"a..b" is not a domain name'), (("a.test", "FOO"), '"FOO" is not a type'),
    (("a.test", "--client", "ten"), '"ten" is not an IP address'),
    (("a.test", "--endpoint", "other"), 'there is no resolver endpoint "other"')])
def test_wrong_arguments(shared_daemon, arguments, said):
    code, out, err = explain(*arguments, "--config", shared_daemon.config_file)
    assert (code, out) == (2, "") and said in err
