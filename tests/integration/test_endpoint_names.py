# SPDX-License-Identifier: Apache-2.0
"""The names of interface endpoints for services whose names differ from the service's name."""

import json
import shutil
import subprocess

import pytest

from support import BUILD, DEADLINE, Daemon

ENDPOINTS = {
    "firehose": ("com.amazonaws.eu-west-1.kinesis-firehose", "10.0.40.1"),
    "kms": ("com.amazonaws.eu-west-1.kms", "10.0.40.2"),
    "dkr": ("com.amazonaws.eu-west-1.ecr.dkr", "10.0.40.3"),
    "lambda": ("com.amazonaws.eu-west-1.lambda", "10.0.40.4"),
    "accesspoint": ("com.amazonaws.s3-global.accesspoint", "10.0.40.5"),
    "new": ("com.amazonaws.eu-west-1.new.api", "10.0.40.6"),
    "given": ("com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f60718", "10.0.40.7"),
}

ENDPOINT = """
[vpc_endpoint.{name}]
id = "vpce-0000000000000000{last}"
service_name = "{service}"
dns_suffix = "abcd1234"
private_dns = "enabled"
{more}
network_interface = [{{ subnet = "private-a", address = "{address}" }}]
"""

GIVEN = 'private_dns_names = ["db.partner.example", "*.apps.partner.example"]'


def endpoints_text():
    return "".join(ENDPOINT.format(name=name, service=service, address=address, last=address[-1],
                                   more=GIVEN if name == "given" else "")
                   for name, (service, address) in ENDPOINTS.items())


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    running = Daemon(tmp_path_factory.mktemp("daemon"), more=endpoints_text()).start()
    yield running
    assert running.stop() == 0, running.messages()


def dig(daemon, name):
    """Returns the status and the addresses."""
    host, port = daemon.endpoints[0]
    run = subprocess.run(["dig", f"@{host}", "-p", str(port), "+tries=1", "+timeout=60", "+noedns", name, "A"],
                         capture_output=True, text=True, check=True)
    status = run.stdout.split("status: ")[1].split(",")[0]
    answers = [line.split()[-1] for line in run.stdout.splitlines()
               if line.split()[2:4] == ["IN", "A"] and not line.startswith(";")]
    return status, answers


@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed")
@pytest.mark.parametrize("name, status, address", [
    ("firehose.eu-west-1.amazonaws.com", "NOERROR", "10.0.40.1"),
    ("vpce-00000000000000001-abcd1234.firehose.eu-west-1.vpce.amazonaws.com", "NOERROR", "10.0.40.1"),
    ("kinesis-firehose.eu-west-1.amazonaws.com", "REFUSED", None),
    ("x.firehose.eu-west-1.amazonaws.com", "NXDOMAIN", None),
    ("kms.eu-west-1.amazonaws.com", "NOERROR", "10.0.40.2"),
    ("x.kms.eu-west-1.amazonaws.com", "NXDOMAIN", None),
    ("dkr.ecr.eu-west-1.amazonaws.com", "NOERROR", "10.0.40.3"),
    ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "NOERROR", "10.0.40.3"),
    ("lambda.eu-west-1.amazonaws.com", "NOERROR", "10.0.40.4"),
    ("lambda.eu-west-1.api.aws", "NOERROR", "10.0.40.4"),
    ("x.accesspoint.s3-global.amazonaws.com", "NOERROR", "10.0.40.5"),
    ("vpce-00000000000000005-abcd1234-eu-west-1a.accesspoint.s3-global.eu-west-1.vpce.amazonaws.com",
     "NOERROR", "10.0.40.5"),
    ("api.new.eu-west-1.amazonaws.com", "NOERROR", "10.0.40.6"),
    ("x.api.new.eu-west-1.amazonaws.com", "NXDOMAIN", None),
    ("db.partner.example", "NOERROR", "10.0.40.7"),
    ("x.y.apps.partner.example", "NOERROR", "10.0.40.7"),
    ("vpce-00000000000000007-abcd1234.vpce-svc-0a1b2c3d4e5f60718.eu-west-1.vpce.amazonaws.com",
     "NOERROR", "10.0.40.7"),
])
def test_names_are_those_of_the_service(daemon, name, status, address):
    assert dig(daemon, name) == (status, [address] if address else [])


def check(daemon, *arguments):
    return subprocess.run([BUILD / "inlet53", "check", *arguments, daemon.config_file], timeout=DEADLINE,
                          capture_output=True, text=True)


def test_check_and_the_daemon_report_assumed_names(daemon):
    words = ("vpc_endpoint.new.service_name: this service is not in the list of AWS's services, so its DNS "
             "names follow from its name: api.new.eu-west-1.amazonaws.com, "
             "vpce-….api.new.eu-west-1.vpce.amazonaws.com; private_dns_names and base_endpoint_dns_names set "
             "others")
    line = next(number for number, text in enumerate(daemon.config_file.read_text().splitlines(), 1)
                if ".new.api" in text)
    plain = check(daemon)
    assert plain.returncode == 0
    assert plain.stderr == f"{daemon.config_file}:{line}:16: {words}\n"
    assert json.loads(check(daemon, "-o", "json").stdout)["warnings"] == [plain.stderr.rstrip("\n")]
    assert daemon.messages().count(words) == 1
