# SPDX-License-Identifier: Apache-2.0
"""The names of VPC endpoints, private REST APIs and hosted zones, for clients."""

import dns.edns
import dns.flags
import dns.rcode
import dns.rdatatype
import pytest

from support import ADDRESSES, API, VPCE, Daemon, addresses, ask

SERVICE = "execute-api.eu-west-1.amazonaws.com"
REGIONAL = f"{VPCE}-abcd1234.execute-api.eu-west-1.vpce.amazonaws.com"


@pytest.mark.parametrize("name", [
    API, SERVICE, f"unknown123.{SERVICE}", f"dligg9dxuk-{VPCE}.{SERVICE}", f"a.b.{SERVICE}", REGIONAL])
@pytest.mark.parametrize("endpoint", [0, 1])
@pytest.mark.parametrize("tcp", [False, True])
def test_endpoint_names_resolve(shared_daemon, name, endpoint, tcp):
    response = ask(shared_daemon.endpoints[endpoint], name, tcp=tcp)
    assert response.rcode() == dns.rcode.NOERROR
    assert sorted(addresses(response)) == ADDRESSES
    assert response.answer[0].ttl == 60
    assert response.flags & dns.flags.RA and response.flags & dns.flags.RD
    assert not response.flags & (dns.flags.AA | dns.flags.AD)
    assert response.authority == [] and response.additional == []


def test_zonal_names_have_one_address(shared_daemon):
    for zone, address in zip("ab", ADDRESSES):
        name = f"{VPCE}-abcd1234-eu-west-1{zone}.execute-api.eu-west-1.vpce.amazonaws.com"
        assert addresses(ask(shared_daemon.endpoints[0], name)) == [address]


@pytest.mark.parametrize("rdtype", ["AAAA", "TXT", "HTTPS", "MX", "SOA", "DS", "DNSKEY", "TYPE65280"])
def test_other_types_are_cacheable_nodata(shared_daemon, rdtype):
    response = ask(shared_daemon.endpoints[0], API, rdtype)
    assert response.rcode() == dns.rcode.NOERROR and response.answer == []
    assert [rrset.rdtype for rrset in response.authority] == [dns.rdatatype.SOA]
    soa = response.authority[0]
    assert soa.name.to_text() == SERVICE + "." and soa.ttl == min(soa.ttl, soa[0].minimum) > 0


def test_addresses_rotate(shared_daemon):
    first = [addresses(ask(shared_daemon.endpoints[0], API))[0] for _ in range(40)]
    assert {first.count(a) for a in ADDRESSES} == {20}


def test_addresses_rotate_for_clients_that_ask_for_both_families(shared_daemon):
    first = []
    for _ in range(20):
        first += addresses(ask(shared_daemon.endpoints[0], API))[:1]
        ask(shared_daemon.endpoints[0], API, "AAAA")
    assert {first.count(a) for a in ADDRESSES} == {10}


def test_hosted_zone(shared_daemon):
    at = shared_daemon.endpoints[0]
    assert sorted(addresses(ask(at, "app.corp.internal"))) == ["10.0.20.10", "10.0.20.11"]
    assert addresses(ask(at, "app.corp.internal", "AAAA")) == ["fd00:53::10"]
    assert addresses(ask(at, "any.thing.apps.corp.internal")) == ["10.0.20.20"]
    alias = ask(at, "www.corp.internal")
    assert [rrset.rdtype for rrset in alias.answer] == [dns.rdatatype.CNAME, dns.rdatatype.A]
    empty = ask(at, "deep.corp.internal")  # an empty non-terminal
    assert empty.rcode() == dns.rcode.NOERROR and empty.answer == [] and len(empty.authority) == 1
    missing = ask(at, "nx.corp.internal")
    assert missing.rcode() == dns.rcode.NXDOMAIN
    assert missing.authority[0].rdtype == dns.rdatatype.SOA and missing.authority[0].ttl == 300
    one = ask(at, "app.corp.internal", "ANY")
    assert len(one.answer) == 1


def test_an_uncovered_name_is_refused_with_an_extended_error(shared_daemon):
    response = ask(shared_daemon.endpoints[0], "a.root-servers.net", use_edns=0)
    assert response.rcode() == dns.rcode.REFUSED
    assert [option.code for option in response.options if isinstance(option, dns.edns.EDEOption)] == [20]
    plain = ask(shared_daemon.endpoints[0], ".", "NS")
    assert plain.rcode() == dns.rcode.REFUSED and plain.edns == -1


@pytest.mark.parametrize("rdtype", ["AXFR", "IXFR"])
def test_transfers_are_refused(shared_daemon, rdtype):
    for tcp in (False, True):
        import dns.message
        import dns.query
        query = dns.message.make_query("corp.internal", rdtype)
        send = dns.query.tcp if tcp else dns.query.udp
        host, port = shared_daemon.endpoints[0]
        assert send(query, host, port=port, timeout=60).rcode() == dns.rcode.REFUSED


def test_listed_private_dns_keeps_public_apis_reachable(tmp_path):
    daemon = Daemon(tmp_path, private_dns="listed").start()
    at = daemon.endpoints[0]
    assert sorted(addresses(ask(at, API))) == ADDRESSES
    assert sorted(addresses(ask(at, f"dligg9dxuk-{VPCE}.{SERVICE}"))) == ADDRESSES
    assert ask(at, API, "AAAA").rcode() == dns.rcode.NOERROR
    for name in (SERVICE, f"public1234.{SERVICE}", f"x.{API}"):
        for rdtype in ("A", "SOA", "ANY"):
            assert ask(at, name, rdtype).rcode() == dns.rcode.REFUSED, (name, rdtype)
    assert daemon.stop() == 0


def test_disabled_private_dns_keeps_the_public_names(tmp_path):
    daemon = Daemon(tmp_path, private_dns="disabled").start()
    at = daemon.endpoints[0]
    assert ask(at, API).rcode() == dns.rcode.REFUSED
    assert sorted(addresses(ask(at, f"dligg9dxuk-{VPCE}.{SERVICE}"))) == ADDRESSES
    assert sorted(addresses(ask(at, REGIONAL))) == ADDRESSES
    assert daemon.stop() == 0


def test_delegation_endpoint_is_authoritative(tmp_path):
    daemon = Daemon(tmp_path, direction="INBOUND_DELEGATION").start()
    at = daemon.endpoints[0]
    response = ask(at, "app.corp.internal")
    assert response.flags & dns.flags.AA and not response.flags & dns.flags.RA
    referral = ask(at, "host.sub.corp.internal")
    assert referral.answer == [] and not referral.flags & dns.flags.AA
    assert referral.authority[0].rdtype == dns.rdatatype.NS
    assert referral.additional[0].name.to_text() == "ns.sub.corp.internal."
    for rdtype in ("SOA", "NS"):
        apex = ask(at, "corp.internal", rdtype)
        assert apex.flags & dns.flags.AA and len(apex.answer) == 1
    assert ask(at, API).rcode() == dns.rcode.REFUSED
    assert daemon.stop() == 0


def test_ipv6_endpoint_addresses(tmp_path):
    """A dual-stack VPC: queries over IPv6, the endpoint's AAAA records and its A records."""
    from support import free_port
    import socket
    port = free_port("::1", socket.AF_INET6)
    daemon = Daemon(tmp_path)
    text = daemon.config_file.read_text()
    text = text.replace('cidr_blocks = ["10.0.0.0/16"]', 'cidr_blocks = ["10.0.0.0/16", "fd00:53::/56"]')
    text = text.replace('cidr_block = "10.0.0.0/17"', 'cidr_block = "10.0.0.0/17"\nipv6_cidr_block = "fd00:53:0:1::/64"')
    text = text.replace('cidr_block = "10.0.128.0/17"', 'cidr_block = "10.0.128.0/17"\nipv6_cidr_block = "fd00:53:0:2::/64"')
    text = text.replace('address = "10.0.150.10"', 'address = "fd00:53:0:2::10"')
    text = text.replace('listen = "%s:%d"' % daemon.endpoints[1], f'listen = "[::1]:{port}"')
    text = text.replace('{ protocol = "udp", port = 53, prefix_list = "on-premises" },',
                        '{ protocol = "udp", port = 53, prefix_list = "on-premises" },\n'
                        '  { protocol = "all", cidr = "::1/128" },')
    text = text.replace('private_dns = "enabled"', 'private_dns = "enabled"\ndns_record_ip_type = "dualstack"')
    text = text.replace('address = "10.0.12.179"', 'address = "10.0.12.179"\nipv6_address = "fd00:53:0:1::179"')
    text = text.replace('address = "10.0.140.226"', 'address = "10.0.140.226"\nipv6_address = "fd00:53:0:2::226"')
    daemon.config_file.write_text(text)
    daemon.start()
    for tcp in (False, True):
        at = ("::1", port)
        assert sorted(addresses(ask(at, API, tcp=tcp, source="::1"))) == ADDRESSES
        assert sorted(addresses(ask(at, API, "AAAA", tcp=tcp, source="::1"))) == ["fd00:53:0:1::179", "fd00:53:0:2::226"]
    record = daemon.wait_record(query_type="AAAA", srcaddr="::1")
    assert record["srcids"]["resolver_network_interface"] == "rni-4b5b1dbdb2e1523bc"
    assert daemon.stop() == 0
