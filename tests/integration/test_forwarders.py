# SPDX-License-Identifier: Apache-2.0
"""Queries through real forwarders: every kind of answer, and the loss of an endpoint address."""

import dns.flags
import dns.rcode
import dns.reversename
import pytest

from forwarders import RECIPES, Bind, Dnsdist, Dnsmasq, KnotResolver, PowerDnsRecursor, Resolved, SignedRoot, Unbound
from support import ADDRESSES, API, Daemon, addresses, ask, ask_as_stub, wait_until

FORWARDERS = [Bind, Unbound, Dnsmasq, KnotResolver, PowerDnsRecursor, Dnsdist, Resolved]
VPC_DOMAIN = "eu-west-1.compute.internal"


@pytest.fixture(scope="module", params=FORWARDERS, ids=lambda kind: kind.__name__)
def chain(request, tmp_path_factory):
    """Returns (daemon, forwarder)."""
    daemon = Daemon(tmp_path_factory.mktemp("daemon")).start()
    forwarder = request.param(tmp_path_factory.mktemp("forwarder"), daemon.endpoints, protects=True).start()
    yield daemon, forwarder
    forwarder.stop()
    assert daemon.stop() == 0, daemon.messages()


def check_everything(forwarder, tag, ask=ask):
    """`tag` makes names that no cache has yet."""
    at = forwarder.endpoint
    assert sorted(addresses(ask(at, API))) == ADDRESSES
    assert sorted(addresses(ask(at, f"{tag}.execute-api.eu-west-1.amazonaws.com"))) == ADDRESSES
    empty = ask(at, f"v6{tag}.execute-api.eu-west-1.amazonaws.com", "AAAA")
    assert empty.rcode() == dns.rcode.NOERROR and addresses(empty) == []
    https = ask(at, f"h{tag}.execute-api.eu-west-1.amazonaws.com", "HTTPS")
    assert https.rcode() == dns.rcode.NOERROR and https.answer == []
    assert addresses(ask(at, f"{tag}.apps.corp.internal")) == ["10.0.20.20"]
    missing = ask(at, f"{tag}.corp.internal")
    assert missing.rcode() == dns.rcode.NXDOMAIN
    alias = ask(at, "www.corp.internal")
    assert sorted(addresses(alias)) == ["10.0.20.10", "10.0.20.11"]
    nonterminal = ask(at, "deep.corp.internal")
    assert nonterminal.rcode() == dns.rcode.NOERROR and nonterminal.answer == []


def test_everything_resolves(chain):
    check_everything(chain[1], "one")


def pointers(response):
    return [record.target.to_text() for rrset in response.answer for record in rrset]


def test_addresses_of_the_vpc_have_names_in_both_directions(chain):
    """Forward and reverse, although resolvers answer 10.in-addr.arpa themselves without the recipe."""
    at = chain[1].endpoint
    pointer = ask(at, dns.reversename.from_address("10.0.200.7"), "PTR")
    assert pointers(pointer) == [f"ip-10-0-200-7.{VPC_DOMAIN}."]
    assert addresses(ask(at, f"ip-10-0-200-7.{VPC_DOMAIN}")) == ["10.0.200.7"]


def test_a_large_answer_uses_tcp(chain):
    daemon, forwarder = chain
    cut = ask(forwarder.endpoint, "large.corp.internal", "TXT", use_edns=0, payload=1232)
    assert cut.flags & dns.flags.TC
    whole = ask(forwarder.endpoint, "large.corp.internal", "TXT", tcp=True)
    assert len(whole.answer[0][0].strings) == 14
    daemon.wait_record(query_name="large.corp.internal.", transport="TCP")


def test_records_name_the_forwarder(chain):
    daemon, forwarder = chain
    ask(forwarder.endpoint, "logged.execute-api.eu-west-1.amazonaws.com")
    record = daemon.wait_record(query_name="logged.execute-api.eu-west-1.amazonaws.com.", query_type="A")
    assert record["srcaddr"].startswith("127.")
    assert {a["Rdata"] for a in record["answers"]} == set(ADDRESSES)


def test_with_one_address_disabled_everything_resolves(chain):
    daemon, forwarder = chain
    daemon.write_config(enabled_b="false")
    daemon.reload()

    def resolves():
        try:
            check_everything(forwarder, "two", ask_as_stub)
            return True
        except AssertionError:
            return False
    # A forwarder may detect the loss of the address only by a stub's repetition, or by its
    # next health check (dnsdist), and answers SERVFAIL until then.
    wait_until(resolves, "everything to resolve through the other address")
    check_everything(forwarder, "three", ask_as_stub)
    daemon.write_config(enabled_b="true")
    daemon.reload()


@pytest.fixture(scope="module")
def signed_root(tmp_path_factory):
    root = SignedRoot(tmp_path_factory.mktemp("root")).start()
    yield root
    root.stop()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    running = Daemon(tmp_path_factory.mktemp("alone")).start()
    yield running
    assert running.stop() == 0, running.messages()


# The lines of each recipe that permit private addresses in answers; dnsdist, PowerDNS Recursor and
# systemd-resolved have no such protection.
PROTECTED = [(Bind, "no such line: its clause is cut"), (Unbound, "private-domain"), (Dnsmasq, "rebind-domain-ok"),
             (KnotResolver, "ALLOW_LOCAL")]


@pytest.mark.parametrize("kind, line", PROTECTED, ids=lambda value: getattr(value, "__name__", ""))
def test_protection_against_rebinding_needs_the_recipes_line(daemon, tmp_path, kind, line):
    """With this line the tests above pass; without it the forwarder returns no private address."""
    forwarder = kind(tmp_path, daemon.endpoints, without=line, protects=True).start()
    for name in (API, "app.corp.internal", f"ip-10-0-200-7.{VPC_DOMAIN}"):
        assert addresses(ask(forwarder.endpoint, name)) == []
    forwarder.stop()


def test_reverse_names_need_the_line_of_unbound(daemon, tmp_path):
    """In other forwarders, rules for zones have precedence over their built-in answers."""
    forwarder = Unbound(tmp_path, daemon.endpoints, without="local-zone").start()
    assert ask(forwarder.endpoint, dns.reversename.from_address("10.0.200.7"), "PTR").rcode() == dns.rcode.NXDOMAIN
    forwarder.stop()


def test_every_recipe_is_tested_or_marked_as_untested():
    run = {"bind.conf", "bind-options.conf", "unbound.conf", "dnsmasq.conf", "kresd.conf", "recursor.conf",
           "dnsdist.conf", "resolved.conf"}
    for recipe in RECIPES.iterdir():
        assert recipe.name in run or "is not tested" in " ".join(recipe.read_text().split()), recipe


@pytest.mark.parametrize("kind", [Bind, Unbound], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("except_private", [True, False], ids=["recipe", "without-its-line"])
def test_validating_forwarders(signed_root, tmp_path, kind, except_private):
    """Below an unsigned delegation, the recipe's line is unnecessary; below a domain that is proven absent, it is
    required."""
    daemon = Daemon(tmp_path).start()
    folder = tmp_path / "forwarder"
    folder.mkdir()
    without = None if except_private else "validate-except|domain-insecure"
    forwarder = kind(folder, daemon.endpoints, root=signed_root, without=without).start()
    assert sorted(addresses(ask(forwarder.endpoint, API))) == ADDRESSES
    # The validator works: signed data is authenticated.
    assert ask(forwarder.endpoint, ".", "SOA", want_dnssec=True).flags & dns.flags.AD
    private = ask(forwarder.endpoint, "app.corp.internal")
    of_address = ask(forwarder.endpoint, f"ip-10-0-200-7.{VPC_DOMAIN}")
    pointer = ask(forwarder.endpoint, dns.reversename.from_address("10.0.200.7"), "PTR")
    if except_private:
        assert sorted(addresses(private)) == ["10.0.20.10", "10.0.20.11"]
        assert addresses(of_address) == ["10.0.200.7"]
        assert pointers(pointer) == [f"ip-10-0-200-7.{VPC_DOMAIN}."]
    else:
        assert [response.rcode() for response in (private, of_address, pointer)] == 3 * [dns.rcode.SERVFAIL]
    forwarder.stop()
    assert daemon.stop() == 0
