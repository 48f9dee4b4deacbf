# SPDX-License-Identifier: Apache-2.0
"""Names that nothing covers: REFUSED, or NXDOMAIN for clients with a search list."""

import shutil
import subprocess

import dns.edns
import dns.rcode
import dns.rdatatype
import dns.resolver
import pytest

from support import Daemon, addresses, ask

NXDOMAIN = '[server]\nuncovered_names = "nxdomain"\n'
UNCOVERED = "www.example.com"


@pytest.fixture
def start(tmp_path):
    started = []

    def run(**options):
        started.append(Daemon(tmp_path, **options).start())
        return started[-1]
    yield run
    for running in started:
        assert running.stop() == 0, running.messages()


def searching_client(endpoint):
    """A resolver as in a Kubernetes pod: ndots:5, and a search list that inlet53d does not cover."""
    client = dns.resolver.Resolver(configure=False)
    client.nameservers, client.port = [endpoint[0]], endpoint[1]
    client.ndots = 5
    client.search = [dns.name.from_text(name) for name in ("default.svc.cluster.local.", "cluster.local.")]
    client.lifetime = 60
    return client


def test_a_search_list_ends_at_refused_and_continues_after_nxdomain(start):
    daemon = start()
    with pytest.raises(dns.resolver.NoNameservers):
        searching_client(daemon.endpoints[0]).resolve("app.corp.internal", search=True)
    daemon.write_config(more=NXDOMAIN)
    daemon.reload()
    answer = searching_client(daemon.endpoints[0]).resolve("app.corp.internal", search=True)
    assert sorted(record.address for record in answer) == ["10.0.20.10", "10.0.20.11"]
    daemon.write_config(more="")
    daemon.reload()
    assert ask(daemon.endpoints[0], UNCOVERED).rcode() == dns.rcode.REFUSED


@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed")
def test_nxdomain_has_an_soa_of_the_root(start):
    daemon = start(more=NXDOMAIN)
    host, port = daemon.endpoints[0]
    for transport in ("+notcp", "+tcp"):
        said = subprocess.run(["dig", f"@{host}", "-p", str(port), "+tries=1", "+timeout=60", transport, UNCOVERED],
                              capture_output=True, text=True, check=True).stdout
        assert "status: NXDOMAIN" in said and "flags: qr rd ra;" in said, said
        soa = [line.split() for line in said.splitlines() if "\tSOA\t" in line]
        assert [(line[0], line[1], line[-1]) for line in soa] == [(".", "60", "60")], said
    daemon.wait_record(query_name=UNCOVERED + ".", rcode="NXDOMAIN", answers=[])
    response = ask(daemon.endpoints[0], UNCOVERED, use_edns=0)
    assert [option.code for option in response.options if isinstance(option, dns.edns.EDEOption)] == [20]


def test_names_above_covered_ones_exist(start):
    daemon = start(more=NXDOMAIN)
    at = daemon.endpoints[0]
    for name in ("internal", "com", "amazonaws.com", "eu-west-1.amazonaws.com", "."):
        response = ask(at, name)
        assert response.rcode() == dns.rcode.NOERROR and response.answer == [], name
        assert [rrset.name.to_text() for rrset in response.authority] == ["."], name
    assert sorted(addresses(ask(at, "app.corp.internal"))) == ["10.0.20.10", "10.0.20.11"]


def test_a_delegation_endpoint_refuses_other_names(start):
    daemon = start(more=NXDOMAIN, direction="INBOUND_DELEGATION")
    response = ask(daemon.endpoints[0], UNCOVERED)
    assert response.rcode() == dns.rcode.REFUSED and response.authority == []
