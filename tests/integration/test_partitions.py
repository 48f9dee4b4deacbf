# SPDX-License-Identifier: Apache-2.0
"""Regions of other partitions: their names in DNS, certificates, calls and policies; unknown regions."""

import json
import subprocess

import dns.rcode
import pytest

from gateway import API_ID, VPCE, Gateway, mock
from support import ADDRESSES, BUILD, DEADLINE, Daemon, addresses, ask

# A region, its partition, the prefix of its service names, and the domain of its names.
PARTITIONS = [
    ("cn-north-1", "aws-cn", "cn.com.amazonaws", "amazonaws.com.cn"),
    ("cn-northwest-1", "aws-cn", "com.amazonaws", "amazonaws.com.cn"),
    ("us-gov-west-1", "aws-us-gov", "com.amazonaws", "amazonaws.com"),
    ("us-iso-east-1", "aws-iso", "gov.ic.c2s", "c2s.ic.gov"),
    ("eusc-de-east-1", "aws-eusc", "com.amazonaws", "amazonaws.eu"),
]

APIS = """
[rest_api.hello]
id = "dligg9dxuk"
vpc_endpoints = ["execute-api"]
policy = '''{policy}'''
[rest_api.hello.stage.v1]
{method}
"""


def policy(partition, region):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
         "Resource": f"arn:{partition}:execute-api:{region}:123456789012:dligg9dxuk/v1/GET/hello"}]})


def move(config_file, region, prefix):
    """Changes the region of a configuration from eu-west-1 to another one."""
    text = config_file.read_text().replace("com.amazonaws.eu-west-1", f"{prefix}.{region}")
    config_file.write_text(text.replace("eu-west-1", region))


def check(config_file):
    return subprocess.run([BUILD / "inlet53", "check", config_file], timeout=DEADLINE, capture_output=True, text=True)


@pytest.mark.parametrize("region, partition, prefix, suffix", PARTITIONS)
def test_names_of_endpoints_have_the_domain_of_the_partition(tmp_path, region, partition, prefix, suffix):
    daemon = Daemon(tmp_path)
    move(daemon.config_file, region, prefix)
    daemon.start()
    service = f"execute-api.{region}.{suffix}"
    for name in (service, f"{API_ID}.{service}", f"{API_ID}-{VPCE}.{service}",
                 f"{VPCE}-abcd1234.execute-api.{region}.vpce.{suffix}"):
        assert sorted(addresses(ask(daemon.endpoints[0], name))) == ADDRESSES, name
    if suffix != "amazonaws.com":
        other = ask(daemon.endpoints[0], f"{API_ID}.execute-api.{region}.amazonaws.com")
        assert other.rcode() == dns.rcode.REFUSED
    assert check(daemon.config_file).stderr == ""
    assert daemon.stop() == 0


@pytest.mark.parametrize("region, partition, prefix, suffix", PARTITIONS)
def test_calls_and_policies_use_arns_of_the_partition(tmp_path, region, partition, prefix, suffix):
    gateway = Gateway(tmp_path, APIS.format(policy=policy(partition, region), method=mock("/hello", body="hi")))
    move(gateway.config_file, region, prefix)
    gateway.start()
    # curl verifies the certificate for each of the names.
    api, regional = f"{API_ID}.execute-api.{region}.{suffix}", f"{VPCE}-p7k2m9qx.execute-api.{region}.vpce.{suffix}"
    answers = [gateway.curl(f"https://{api}/v1/hello"),
               gateway.curl(f"https://{API_ID}-{VPCE}.execute-api.{region}.{suffix}/v1/hello"),
               gateway.curl(f"https://{regional}/v1/hello", "-H", f"x-apigw-api-id: {API_ID}")]
    assert [(answer.status, answer.text) for answer in answers] == [(200, "hi")] * 3, answers
    # A policy with the ARN of another partition allows nothing.
    text = gateway.config_file.read_text()
    gateway.config_file.write_text(text.replace(f"arn:{partition}:", "arn:aws:"))
    gateway.reload()
    refused = gateway.curl(f"https://{api}/v1/hello")
    assert refused.status == 403
    assert f"arn:{partition}:execute-api:{region}:********9012:{API_ID}/v1/GET/hello" in refused.text
    assert gateway.stop() == 0


def test_check_warns_about_an_unknown_region(tmp_path):
    daemon = Daemon(tmp_path)
    move(daemon.config_file, "eu-wets-1", "com.amazonaws")
    run = check(daemon.config_file)
    assert run.returncode == 0
    # The region at the top of the file applies to all objects; the warning is printed once.
    assert run.stderr == f'{daemon.config_file}:2:10: region: AWS has no region "eu-wets-1"; did you mean "eu-west-1"?\n'
