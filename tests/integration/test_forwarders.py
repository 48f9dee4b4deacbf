"""Through real forwarders: every kind of answer, and what happens when an address goes away."""

import dns.flags
import dns.rcode
import pytest

from forwarders import Bind, Dnsdist, Dnsmasq, KnotResolver, PowerDnsRecursor, SignedRoot, Unbound
from support import ADDRESSES, API, Daemon, addresses, ask, ask_as_stub, wait_until

FORWARDERS = [Bind, Unbound, Dnsmasq, KnotResolver, PowerDnsRecursor, Dnsdist]


@pytest.fixture(scope="module", params=FORWARDERS, ids=lambda kind: kind.__name__)
def chain(request, tmp_path_factory):
    """(daemon, forwarder)"""
    daemon = Daemon(tmp_path_factory.mktemp("daemon")).start()
    forwarder = request.param(tmp_path_factory.mktemp("forwarder"), daemon.endpoints).start()
    yield daemon, forwarder
    forwarder.stop()
    assert daemon.stop() == 0, daemon.said()


def check_everything(forwarder, tag, ask=ask):
    """`tag` makes names that no cache knows yet."""
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


def test_a_large_answer_takes_tcp(chain):
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
    # A forwarder may first have to learn that the address is gone: by a stub's repetition, or by its
    # next health check (dnsdist), with SERVFAIL for an answer until then.
    wait_until(resolves, "everything to resolve through the other address")
    check_everything(forwarder, "three", ask_as_stub)
    daemon.write_config(enabled_b="true")
    daemon.reload()


@pytest.fixture(scope="module")
def signed_root(tmp_path_factory):
    root = SignedRoot(tmp_path_factory.mktemp("root")).start()
    yield root
    root.stop()


@pytest.mark.parametrize("kind", [Bind, Unbound], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("except_private", [True, False], ids=["recipe", "without-its-line"])
def test_validating_forwarders(signed_root, tmp_path, kind, except_private):
    """Below an unsigned delegation nothing is needed; below a domain that is proven absent, the
    recipe's line is."""
    daemon = Daemon(tmp_path).start()
    folder = tmp_path / "forwarder"
    folder.mkdir()
    forwarder = kind(folder, daemon.endpoints, root=signed_root, except_private=except_private).start()
    assert sorted(addresses(ask(forwarder.endpoint, API))) == ADDRESSES
    # The validator works: what is signed is authenticated.
    assert ask(forwarder.endpoint, ".", "SOA", want_dnssec=True).flags & dns.flags.AD
    private = ask(forwarder.endpoint, "app.corp.internal")
    if except_private:
        assert sorted(addresses(private)) == ["10.0.20.10", "10.0.20.11"]
    else:
        assert private.rcode() == dns.rcode.SERVFAIL
    forwarder.stop()
    assert daemon.stop() == 0
