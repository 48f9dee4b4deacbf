# SPDX-License-Identifier: Apache-2.0
"""Names of every VPC: those of its addresses, forward and reverse, of instances, and of localhost."""

import shutil
import subprocess

import dns.rcode
import dns.reversename
import pytest

from support import Daemon, addresses, ask, wait_until

DOMAIN = "eu-west-1.compute.internal"

INSTANCE = """
[instance.web]
id = "i-0a1b2c3d4e5f60718"
subnet = "private-a"
address = "10.0.30.10"
public_address = "203.0.113.25"
"""


@pytest.fixture(scope="module")
def vpc(tmp_path_factory):
    running = Daemon(tmp_path_factory.mktemp("daemon"), more=INSTANCE).start()
    yield running
    assert running.stop() == 0, running.messages()


def dig(endpoint, *arguments):
    run = subprocess.run(["dig", f"@{endpoint[0]}", "-p", str(endpoint[1]), "+tries=1", "+timeout=60", *arguments],
                         capture_output=True, text=True, check=True)
    return run.stdout


@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed")
def test_dig_x_finds_the_name_of_an_address(vpc):
    assert dig(vpc.endpoints[0], "+short", "-x", "10.0.200.7").strip() == f"ip-10-0-200-7.{DOMAIN}."
    assert dig(vpc.endpoints[1], "+short", "-x", "127.0.0.1").strip() == "localhost."
    assert dig(vpc.endpoints[1], "+short", "-x", "::1").strip() == "localhost."
    assert "status: NXDOMAIN" in dig(vpc.endpoints[0], "-x", "10.1.0.7")
    assert "status: REFUSED" in dig(vpc.endpoints[0], "-x", "192.0.2.7")


def test_every_address_and_its_name_lead_to_each_other(vpc):
    for address in ("10.0.0.0", "10.0.0.1", "10.0.9.10", "10.0.99.100", "10.0.255.255"):
        name = f"ip-{address.replace('.', '-')}.{DOMAIN}"
        for tcp in (False, True):
            assert addresses(ask(vpc.endpoints[0], name.upper(), tcp=tcp)) == [address]
        pointer = ask(vpc.endpoints[0], dns.reversename.from_address(address), "PTR")
        assert pointer.answer[0].to_text().endswith(f" 60 IN PTR {name}.")


def test_negative_answers_have_an_soa(vpc):
    nodata = ask(vpc.endpoints[0], f"ip-10-0-0-1.{DOMAIN}", "AAAA")
    assert nodata.rcode() == dns.rcode.NOERROR and not nodata.answer
    nxdomain = ask(vpc.endpoints[0], "1.0.1.10.in-addr.arpa", "PTR")
    assert nxdomain.rcode() == dns.rcode.NXDOMAIN
    for response, apex in ((nodata, DOMAIN), (nxdomain, "10.in-addr.arpa")):
        soa = response.authority[0]
        assert soa.name.to_text() == apex + "." and soa.ttl == 60 and soa[0].minimum == 60


def test_instances_have_names(vpc):
    assert addresses(ask(vpc.endpoints[0], f"i-0a1b2c3d4e5f60718.{DOMAIN}")) == ["10.0.30.10"]
    assert addresses(ask(vpc.endpoints[0], "ec2-203-0-113-25.eu-west-1.compute.amazonaws.com")) == ["10.0.30.10"]
    assert ask(vpc.endpoints[0], f"i-0a1b2c3d4e5f60719.{DOMAIN}").rcode() == dns.rcode.NXDOMAIN


def test_a_generated_record_is_logged_like_any_answer(vpc):
    ask(vpc.endpoints[0], "5.4.0.10.in-addr.arpa", "PTR")
    record = vpc.wait_record(query_name="5.4.0.10.in-addr.arpa.")
    assert record["answers"] == [{"Rdata": f"ip-10-0-4-5.{DOMAIN}.", "Type": "PTR", "Class": "IN"}]
    ask(vpc.endpoints[0], f"ip-10-0-4-5.{DOMAIN}")
    record = vpc.wait_record(query_name=f"ip-10-0-4-5.{DOMAIN}.")
    assert record["answers"] == [{"Rdata": "10.0.4.5", "Type": "A", "Class": "IN"}]


def test_reverse_names_and_vpc_names_can_be_off(daemon):
    endpoint = daemon.endpoints[0]
    text = daemon.config_file.read_text()
    daemon.config_file.write_text(text.replace("[vpc.demo]", "[vpc.demo]\nautodefined_reverse = false"))
    daemon.reload()
    wait_until(lambda: ask(endpoint, "1.0.0.10.in-addr.arpa", "PTR").rcode() == dns.rcode.REFUSED, "the switch")
    assert addresses(ask(endpoint, f"ip-10-0-0-1.{DOMAIN}")) == ["10.0.0.1"]
    daemon.config_file.write_text(text.replace("[vpc.demo]", "[vpc.demo]\nenable_dns_hostnames = false")
                                  .replace('private_dns = "enabled"', 'private_dns = "disabled"')
                                  .split("[hosted_zone.corp]")[0])
    daemon.reload()
    wait_until(lambda: ask(endpoint, f"ip-10-0-0-1.{DOMAIN}").rcode() == dns.rcode.REFUSED, "the attribute")
