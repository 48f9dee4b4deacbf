# SPDX-License-Identifier: Apache-2.0
"""Resolver rules whose target is an endpoint of the same file: a hub VPC that other VPCs forward to."""

import json
import shutil
import subprocess

import pytest

from support import BUILD, DEADLINE, Daemon, free_endpoint

HUB_ADDRESS = "10.9.0.53"

HUB = """
[vpc.hub]
cidr_blocks = ["10.9.0.0/16"]

[subnet.hub]
vpc = "hub"
availability_zone = "eu-west-1a"
cidr_block = "10.9.0.0/24"

[security_group.hub]
vpc = "hub"
ingress = [
  {{ protocol = "udp", port = 53, cidr = "127.0.0.0/8" }},
  {{ protocol = "tcp", port = 53, cidr = "127.0.0.0/8" }},
]

[resolver_endpoint.hub]
vpc = "hub"
security_groups = ["hub"]
ip_address = [
  {{ subnet = "hub", address = "{address}", listen = "{listen}" }},
  {{ subnet = "hub", address = "10.9.0.54", enabled = false }},
]

[hosted_zone.shared]
domain_name = "shared.internal"
file = "shared.zone"
vpcs = ["hub"]

[resolver_endpoint.outbound]
direction = "OUTBOUND"
security_groups = ["resolver"]
ip_address = [
  {{ subnet = "private-a", address = "10.0.10.20" }},
  {{ subnet = "private-b", address = "10.0.150.20" }},
]

[resolver_rule.shared]
domain_name = "shared.internal"
resolver_endpoint = "outbound"
target_ips = [{{ address = "{address}" }}]
vpcs = ["demo"]
"""

ZONE = "$TTL 60\n@ SOA a b 1 2 3 4 60\napp A 10.9.0.80\n" + "big TXT " + " ".join(['"%s"' % ("x" * 250)] * 8) + "\n"


@pytest.fixture
def spoke(tmp_path):
    (tmp_path / "shared.zone").write_text(ZONE)
    listen = "%s:%d" % free_endpoint()
    running = Daemon(tmp_path, more=HUB.format(address=HUB_ADDRESS, listen=listen))
    running.listen = listen
    yield running.start()
    assert running.stop() == 0, running.messages()


@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed")
def test_a_query_for_the_hub_goes_to_its_listen_address(spoke):
    host, port = spoke.endpoints[0]

    def dig(*arguments):
        return subprocess.run(["dig", f"@{host}", "-p", str(port), "+tries=1", "+timeout=60", *arguments],
                              capture_output=True, text=True, check=True).stdout
    assert dig("+short", "app.shared.internal").strip() == "10.9.0.80"
    assert dig("+short", "+tcp", "big.shared.internal", "TXT").count("x") == 2000  # over the hub's TCP, too
    assert "status: NXDOMAIN" in dig("missing.shared.internal")
    hub = next(address for address in check(spoke)["resolver_ip_addresses"] if address["address"] == HUB_ADDRESS)
    asked = spoke.wait_record(query_name="app.shared.internal.", srcaddr="127.0.0.1",
                              srcids={"resolver_endpoint": hub["resolver_endpoint"],
                                      "resolver_network_interface": hub["resolver_network_interface"]})
    assert asked["answers"] == [{"Rdata": "10.9.0.80", "Type": "A", "Class": "IN"}]


def check(daemon):
    run = subprocess.run([BUILD / "inlet53", "check", "-o", "json", daemon.config_file], timeout=DEADLINE,
                         capture_output=True, text=True)
    return json.loads(run.stdout)


def test_check_shows_the_listen_address_of_a_target(spoke):
    target, = check(spoke)["resolver_rules"][0]["target_ips"]
    assert target == {"address": f"{HUB_ADDRESS}:53", "protocol": "Do53", "served_at": spoke.listen}
    run = subprocess.run([BUILD / "inlet53", "check", spoke.config_file], timeout=DEADLINE, capture_output=True,
                         text=True)
    assert f"forwards to {HUB_ADDRESS}:53 (served at {spoke.listen})" in run.stdout
