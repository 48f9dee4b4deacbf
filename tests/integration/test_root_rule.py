# SPDX-License-Identifier: Apache-2.0
"""Forwarders that send all names to inlet53d, which forwards other names by a rule for `.`."""

import dns.edns
import dns.flags
import dns.rcode
import dns.rdatatype
import pytest

from forwarders import (Bind, Dnsdist, Dnsmasq, Everything, KnotResolver, PowerDnsRecursor, SignedRoot, Unbound)
from support import ADDRESSES, API, Daemon, addresses, ask, ask_as_stub, wait_until, zone_text
from targets import Root
from test_forwarding import OUTBOUND, ede_of, rule

KINDS = [Bind, Unbound, Dnsmasq, KnotResolver, PowerDnsRecursor, Dnsdist]
PRIVATE_ZONE = "out CNAME www.example.\nround CNAME there.example.\n"


def start_daemon(folder, target):
    return Daemon(folder, more=OUTBOUND + rule("internet", ".", target), zone=zone_text() + PRIVATE_ZONE).start()


def sending_all(kind):
    return type(f"{kind.__name__}Everything", (Everything, kind), {})


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def chain(request, tmp_path_factory):
    """Returns (forwarder, daemon, target)."""
    target = Root(tmp_path_factory.mktemp("target")).start()
    daemon = start_daemon(tmp_path_factory.mktemp("daemon"), target.endpoint)
    forwarder = sending_all(request.param)(tmp_path_factory.mktemp("forwarder"), daemon.endpoints).start()
    yield forwarder, daemon, target
    forwarder.stop()
    assert daemon.stop() == 0, daemon.messages()
    target.stop()


def check_private(at, tag):
    """`tag` makes names that no cache has yet."""
    assert sorted(addresses(ask_as_stub(at, API))) == ADDRESSES
    assert sorted(addresses(ask_as_stub(at, f"{tag}.execute-api.eu-west-1.amazonaws.com"))) == ADDRESSES
    assert addresses(ask_as_stub(at, f"{tag}.apps.corp.internal")) == ["10.0.20.20"]
    assert ask_as_stub(at, f"{tag}.corp.internal").rcode() == dns.rcode.NXDOMAIN
    empty = ask_as_stub(at, "mail.corp.internal", "AAAA")
    assert empty.rcode() == dns.rcode.NOERROR and not empty.answer


def check_forwarded(at):
    assert addresses(ask(at, "www.example")) == ["10.1.1.2"]
    assert addresses(ask(at, "www.example", "AAAA")) == ["fd00::2"]
    assert addresses(ask(at, "any.wild.example")) == ["10.1.1.3"]
    assert ask(at, "missing.example").rcode() == dns.rcode.NXDOMAIN
    no_data = ask(at, "www.example", "MX")
    assert no_data.rcode() == dns.rcode.NOERROR and not no_data.answer
    assert addresses(ask(at, "alias.example")) == ["10.1.1.2"]
    # A chain from a zone of inlet53d to the target.
    assert addresses(ask(at, "out.corp.internal")) == ["10.1.1.2"]


def check_large(at):
    assert ask(at, "large.example", "TXT", use_edns=0, payload=1232).flags & dns.flags.TC
    assert len(ask(at, "large.example", "TXT", tcp=True).answer[0][0].strings) == 14


def check_dnssec_ok(at):
    """A client that requests signatures gets the answer without them and without AD."""
    for name in ("do.wild.example", "do.apps.corp.internal"):
        response = ask(at, name, want_dnssec=True)
        assert len(addresses(response)) == 1 and not response.flags & dns.flags.AD


def test_everything_resolves_until_the_target_dies(chain):
    forwarder, daemon, target = chain
    at = forwarder.endpoint
    check_private(at, "one")
    check_forwarded(at)
    check_large(at)
    check_dnssec_ok(at)

    target.stop()
    lost = ask(daemon.endpoints[0], "lost.wild.example", use_edns=0)
    assert lost.rcode() == dns.rcode.SERVFAIL and ede_of(lost)[0] in (22, 23)
    assert ask_as_stub(at, "gone.wild.example").rcode() == dns.rcode.SERVFAIL
    check_private(at, "two")
    # Earlier answers are still in the cache.
    assert addresses(ask_as_stub(at, "any.wild.example")) == ["10.1.1.3"]


@pytest.mark.parametrize("name", ["there.example", "round.corp.internal"])
def test_a_chain_from_the_target_ends_in_our_zone(tmp_path, name):
    """A target of `.` answers an alias of a private name with NXDOMAIN: the target does not know the name."""
    target = Root(tmp_path).start()
    daemon = start_daemon(tmp_path, target.endpoint)
    try:
        assert sorted(addresses(ask(daemon.endpoints[0], name))) == ["10.0.20.10", "10.0.20.11"]
    finally:
        daemon.stop()
        target.stop()


def test_the_health_check_of_dnsdist(tmp_path_factory):
    """dnsdist queries A of a.root-servers.net. The check still passes while the target is dead, from the cache."""
    target = Root(tmp_path_factory.mktemp("target")).start()
    daemon = start_daemon(tmp_path_factory.mktemp("daemon"), target.endpoint)
    folder = tmp_path_factory.mktemp("forwarder")
    forwarder = sending_all(Dnsdist)(folder, daemon.endpoints).start()

    def checks():
        return sum(record["query_name"] == "a.root-servers.net." for record in daemon.records())
    said = folder / "output.txt"
    wait_until(lambda: said.read_text().count("as 'up'") == 2, "both addresses to be up")
    target.stop()
    seen = checks()
    wait_until(lambda: checks() >= seen + 4, "more health checks")
    check_private(forwarder.endpoint, "after")
    assert "as 'down'" not in said.read_text()
    forwarder.stop()
    assert daemon.stop() == 0, daemon.messages()


#--- Validating forwarders

@pytest.fixture(scope="module")
def signed_root(tmp_path_factory):
    root = SignedRoot(tmp_path_factory.mktemp("root")).start()
    yield root
    root.stop()


class ValidatingUnbound(Everything, Unbound):
    permissive = True

    def recipe(self, name):
        more = "  val-permissive-mode: yes\n" if self.permissive else ""
        return super().recipe(name).replace(
            "server:\n", f'server:\n  trust-anchor-file: "{self.anchor}"\n{more}', 1)

    def prepare(self):
        self.anchor = self.signed.anchor_file()
        command = super().prepare()
        config = self.folder / "unbound.conf"
        config.write_text(config.read_text().replace('module-config: "iterator"', 'module-config: "validator iterator"'))
        return command


@pytest.mark.parametrize("permissive", [True, False], ids=["permissive", "strict"])
def test_a_forwarder_that_validates(signed_root, tmp_path, permissive):
    """inlet53d forwards no signatures, so a validator treats every name below a signed root as bogus. A forwarder that
    sends all names to inlet53d must not validate, or must not enforce it (`val-permissive-mode`); `domain-insecure`
    and similar settings are for domains below the root."""
    daemon = start_daemon(tmp_path, signed_root.endpoint)
    folder = tmp_path / "forwarder"
    folder.mkdir()
    forwarder = ValidatingUnbound(folder, daemon.endpoints)
    forwarder.signed, forwarder.permissive = signed_root, permissive
    forwarder.start()
    for name, expected in ((API, ADDRESSES), ("app.corp.internal", ["10.0.20.10", "10.0.20.11"]),
                           ("ns.root", ["127.0.0.1"])):
        response = ask(forwarder.endpoint, name, want_dnssec=True)
        if permissive:
            assert sorted(addresses(response)) == expected and not response.flags & dns.flags.AD
        else:
            assert response.rcode() == dns.rcode.SERVFAIL
    forwarder.stop()
    assert daemon.stop() == 0, daemon.messages()
