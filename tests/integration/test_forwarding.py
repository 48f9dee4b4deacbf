# SPDX-License-Identifier: Apache-2.0
"""Resolver rules: queries to targets, their responses, and rejected responses."""

import threading

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import pytest

from rules import OUTBOUND, ZONE, ede_of, host, rule, start
from support import Daemon, addresses, ask, wait_until
from targets import Bind, Knot, Nsd, ScriptedTarget, Unbound, answer_to, dead_endpoint

#--- Real targets

@pytest.fixture(scope="module", params=[Bind, Nsd, Knot, Unbound], ids=lambda kind: kind.__name__.lower())
def with_target(request, tmp_path_factory):
    target = request.param(tmp_path_factory.mktemp("target")).start()
    running = start(tmp_path_factory.mktemp("daemon"), rule("partner", "partner.test", target.endpoint))
    yield running
    assert running.stop() == 0, running.messages()
    target.stop()


def test_answers_of_real_targets(with_target):
    endpoint = with_target.endpoints[0]
    for tcp in (False, True):
        response = ask(endpoint, "host.partner.test", tcp=tcp)
        assert addresses(response) == ["10.1.1.2"]
        assert response.flags & dns.flags.RA and not response.flags & (dns.flags.AA | dns.flags.AD)
        assert ask(endpoint, "a.partner.test", "AAAA", tcp=tcp).answer[0][0].to_text() == "fd00::1"
    chain = ask(endpoint, "here.partner.test")
    assert [rrset.name.to_text() for rrset in chain.answer] == ["here.partner.test.", "host.partner.test."]


def test_negative_answers_have_an_soa(with_target):
    endpoint = with_target.endpoints[0]
    missing = ask(endpoint, "missing.partner.test")
    assert missing.rcode() == dns.rcode.NXDOMAIN and missing.authority[0].ttl <= 20
    no_data = ask(endpoint, "host.partner.test", "MX")
    assert no_data.rcode() == dns.rcode.NOERROR and not no_data.answer
    assert no_data.authority[0].rdtype == dns.rdatatype.SOA


def test_chains_cross_between_zones_and_rules(with_target):
    endpoint = with_target.endpoints[0]
    out = ask(endpoint, "out.corp.internal")
    assert [rrset.name.to_text() for rrset in out.answer] == ["out.corp.internal.", "host.partner.test."]
    assert addresses(out) == ["10.1.1.2"]
    around = ask(endpoint, "round.corp.internal")
    assert [rrset.name.to_text() for rrset in around.answer] == [
        "round.corp.internal.", "there.partner.test.", "app.corp.internal."]
    # The client resolves the end of a chain outside of rules and zones.
    away = ask(endpoint, "away.partner.test")
    assert away.rcode() == dns.rcode.NOERROR and len(away.answer) == 1


def test_an_answer_too_large_for_udp(with_target):
    endpoint = with_target.endpoints[0]
    small = ask(endpoint, "large.partner.test", "TXT", use_edns=0, payload=1232)
    assert small.flags & dns.flags.TC
    whole = ask(endpoint, "large.partner.test", "TXT", tcp=True)
    assert len(whole.answer[0][0].strings) == 14


def test_the_record_of_a_forwarded_query(with_target):
    ask(with_target.endpoints[0], "a.partner.test")
    record = with_target.wait_record(query_name="a.partner.test.", query_type="A", srcaddr="127.0.0.1")
    assert record["rcode"] == "NOERROR"
    assert record["answers"] == [{"Rdata": "10.1.1.1", "Type": "A", "Class": "IN"}]
    assert record["srcids"]["resolver_endpoint"].startswith("rslvr-in-")


LETTERS = "letters-of-all-kinds-in-one-name.partner.test"


def names_in(response):
    for rrset in response.answer + response.authority:
        yield rrset.name
        for rdata in rrset:
            yield from (value for value in (getattr(rdata, field, None) for field in rdata.__slots__)
                        if isinstance(value, dns.name.Name))


@pytest.mark.parametrize("qname, qtype", [
    (LETTERS, "MX"), (LETTERS, "PTR"), (LETTERS, "SRV"), (f"alias.{LETTERS}", "A"), (f"alias.{LETTERS}", "MX"),
    ("alias-below-the-name-that-has-moved.moved.partner.test", "A"),  # a DNAME
    ("there-is-no-such-name-for-all-these-letters.partner.test", "A"), (LETTERS, "TXT")])
def test_the_random_letter_case_does_not_reach_clients(with_target, qname, qtype):
    """Targets compress names against the question, which is sent in mixed letter case."""
    response = ask(with_target.endpoints[0], qname, qtype)
    names = list(names_in(response))
    assert names
    for name in names:
        assert name.to_text() == name.to_text().lower()
    with_target.wait_record(query_name=qname + ".", query_type=qtype, srcaddr="127.0.0.1")
    for record in with_target.records():
        if record["query_name"] == qname + ".":
            for answer in record["answers"]:
                assert answer["Rdata"] == answer["Rdata"].lower()


#--- A scripted target

def test_the_cache_answers_with_aged_ttls(scripted):
    target, running = scripted(lambda query, _: host(query))
    for _ in range(20):
        assert addresses(ask(running.endpoints[0], "x.partner.test")) == ["10.1.1.2"]
    assert len(target.asked("x.partner.test.")) == 1
    assert ask(running.endpoints[1], "x.partner.test").answer[0].ttl <= 60


def test_an_answer_with_ttl_0_is_not_stored(scripted):
    target, running = scripted(lambda query, _: host(query, ttl=0))
    for count in (1, 2, 3):
        response = ask(running.endpoints[0], "x.partner.test")
        assert addresses(response) == ["10.1.1.2"] and response.answer[0].ttl == 0
        assert len(target.asked("x.partner.test.")) == count


def test_equal_questions_are_sent_once(scripted):
    release = threading.Event()

    def script(query, _):
        release.wait(30)
        return host(query)
    target, running = scripted(script, more='[forward]\nquery_timeout = "10 s"\n')
    answers = []
    askers = [threading.Thread(target=lambda: answers.append(ask(running.endpoints[0], "x.partner.test")))
              for _ in range(20)]
    for asker in askers:
        asker.start()
    wait_until(lambda: target.asked("x.partner.test."), "the question")
    # Other queries are answered meanwhile.
    assert addresses(ask(running.endpoints[0], "app.corp.internal")) == ["10.0.20.10"]
    release.set()
    for asker in askers:
        asker.join(60)
    assert [addresses(answer) for answer in answers] == [["10.1.1.2"]] * 20


def test_forged_responses_and_records_are_ignored(scripted):
    def script(query, _):
        wrong_id, wrong_question = host(query, address="10.6.6.1"), host(query, address="10.6.6.2")
        wrong_id.id ^= 1
        wrong_question.question = dns.message.make_query("y.partner.test", "A").question
        no_response = host(query, address="10.6.6.3")
        no_response.flags &= ~dns.flags.QR
        unasked = answer_to(query, f"{query.question[0].name} 60 IN A 10.1.1.2",
                            "app.corp.internal. 60 IN A 10.6.6.4", "x.elsewhere.test. 60 IN A 10.6.6.5")
        return [b"", b"\x00", wrong_id, wrong_question, no_response, unasked]
    _, running = scripted(script)
    response = ask(running.endpoints[0], "x.partner.test")
    assert addresses(response) == ["10.1.1.2"]
    assert addresses(ask(running.endpoints[0], "app.corp.internal")) == ["10.0.20.10"]


def test_garbage_and_oversized_messages(tmp_path):
    """After such a response, the other target is queried, and no part of the response is used."""
    def script(query, _):
        ident = query.id.to_bytes(2, "big")
        oversized = host(query, address="10.6.6.6").to_wire() + b"\0" * 20_000
        return [ident + b"\xff" * 10, ident + bytes(range(256)), oversized]
    broken, sound = ScriptedTarget(script), ScriptedTarget(lambda query, _: host(query))
    running = start(tmp_path, rule("partner", "partner.test", broken.endpoint, sound.endpoint))
    for i in range(1000):
        assert addresses(ask(running.endpoints[0], f"n{i}.partner.test")) == ["10.1.1.2"]
        if i >= 20 and broken.queries:
            break
    assert broken.queries
    assert running.stop() == 0, running.messages()
    broken.stop()
    sound.stop()


def test_letter_case_is_random_and_verified(scripted):
    names = []

    def script(query, over_tcp):
        names.append(query.question[0].name.to_text())
        response = host(query)
        if not over_tcp:
            for rrset in response.question + response.answer:
                rrset.name = dns.name.from_text(rrset.name.to_text().lower())
        return response
    target, running = scripted(script)
    response = ask(running.endpoints[0], "abcdefghijklmnopqrstuvwxyz.partner.test")
    assert addresses(response) == ["10.1.1.2"]
    assert response.answer[0].name.to_text() == "abcdefghijklmnopqrstuvwxyz.partner.test."
    assert any(name != name.lower() for name in names)


def test_a_target_that_does_not_know_edns(scripted):
    def script(query, _):
        if query.edns >= 0:
            response = dns.message.make_response(query)
            response.use_edns(-1)
            response.set_rcode(dns.rcode.FORMERR)
            return response
        return host(query)
    _, running = scripted(script)
    assert addresses(ask(running.endpoints[0], "x.partner.test")) == ["10.1.1.2"]


def test_a_target_that_drops_queries_with_edns(scripted):
    """Some firewalls do. The first client may wait for a repetition; later clients need not."""
    target, running = scripted(lambda query, _: host(query) if query.edns < 0 else None)
    for i in range(20):
        assert addresses(ask(running.endpoints[0], f"n{i}.partner.test")) == ["10.1.1.2"]
    assert len(target.asked("n19.partner.test.")) == 1


def test_a_target_that_declines(scripted):
    def script(query, _):
        response = dns.message.make_response(query)
        response.set_rcode(dns.rcode.REFUSED)
        return response
    target, running = scripted(script)
    for _ in range(3):
        assert ask(running.endpoints[0], "x.partner.test").rcode() == dns.rcode.REFUSED
    assert len(target.asked("x.partner.test.")) <= 2  # the refusal is remembered


def test_a_rule_for_all_names_does_not_affect_our_names(scripted):
    target, running = scripted(lambda query, _: host(query), domain=".")
    endpoint = running.endpoints[0]
    assert addresses(ask(endpoint, "www.example.com")) == ["10.1.1.2"]
    assert addresses(ask(endpoint, "app.corp.internal")) == ["10.0.20.10"]
    assert ask(endpoint, "missing.corp.internal").rcode() == dns.rcode.NXDOMAIN
    assert {name for name, *_ in target.queries} == {"ready.invalid.", "www.example.com."}


#--- Missing targets

def test_a_black_hole_gives_servfail_and_delays_no_other_query(tmp_path):
    held, hole = dead_endpoint()
    healthy = ScriptedTarget(lambda query, _: host(query))
    running = start(tmp_path, rule("hole", "hole.test", hole), rule("partner", "partner.test", healthy.endpoint))
    endpoint = running.endpoints[0]
    answers = []
    askers = [threading.Thread(target=lambda i=i: answers.append(ask(endpoint, f"n{i}.hole.test"))) for i in range(50)]
    for asker in askers:
        asker.start()
    for i in range(50):
        assert addresses(ask(endpoint, f"n{i}.partner.test")) == ["10.1.1.2"]
    for asker in askers:
        asker.join(60)
    assert [answer.rcode() for answer in answers] == [dns.rcode.SERVFAIL] * 50
    assert ede_of(ask(endpoint, "again.hole.test", use_edns=0)) == [22]
    assert running.stop() == 0, running.messages()
    healthy.stop()
    held.close()


def test_one_of_two_targets_is_dead(tmp_path):
    held, hole = dead_endpoint()
    healthy = ScriptedTarget(lambda query, _: host(query))
    running = start(tmp_path, rule("partner", "partner.test", hole, healthy.endpoint))
    for i in range(100):
        assert addresses(ask(running.endpoints[0], f"n{i}.partner.test")) == ["10.1.1.2"]
    assert running.stop() == 0, running.messages()
    healthy.stop()
    held.close()


def test_a_stale_answer_is_served_while_no_target_answers(tmp_path):
    answering = threading.Event()
    answering.set()
    target = ScriptedTarget(lambda query, _: host(query, ttl=1) if answering.is_set() else None)
    running = start(tmp_path, rule("partner", "partner.test", target.endpoint),
                    more='[forward]\nquery_timeout = "300 ms"\n')
    endpoint = running.endpoints[0]
    assert addresses(ask(endpoint, "x.partner.test")) == ["10.1.1.2"]
    answering.clear()

    def is_stale():
        response = ask(endpoint, "x.partner.test", use_edns=0)
        assert addresses(response) == ["10.1.1.2"]
        return ede_of(response) == [3] and response.answer[0].ttl == 30
    wait_until(is_stale, "an answer after its time")
    assert running.stop() == 0, running.messages()
    target.stop()


def test_a_reload_changes_rules(tmp_path):
    old = ScriptedTarget(lambda query, _: host(query, address="10.1.1.2"))
    new = ScriptedTarget(lambda query, _: host(query, address="10.1.1.3"))
    running = start(tmp_path, rule("partner", "partner.test", old.endpoint))
    assert addresses(ask(running.endpoints[0], "x.partner.test")) == ["10.1.1.2"]
    running.config_file.write_text(
        running.config_file.read_text().replace("%s:%d" % old.endpoint, "%s:%d" % new.endpoint))
    running.reload()
    wait_until(lambda: addresses(ask(running.endpoints[0], "x.partner.test")) == ["10.1.1.3"], "the new target")
    assert running.stop() == 0, running.messages()
    old.stop()
    new.stop()


def test_a_reload_keeps_cached_answers_of_unchanged_rules(tmp_path):
    target = ScriptedTarget(lambda query, _: host(query, address="10.1.1.2"))
    inner = ScriptedTarget(lambda query, _: host(query, address="10.1.1.3"))
    running = start(tmp_path, rule("partner", "partner.test", target.endpoint),
                    rule("gone", "gone.test", target.endpoint))
    endpoint = running.endpoints[0]

    def reload_with(*rules):
        running.write_config(more=OUTBOUND + "".join(rules))
        running.reload()

    def first_address(name):
        found = addresses(ask(endpoint, name))
        return found[0] if found else None

    for name in ("x.partner.test", "x.sub.partner.test", "x.gone.test"):
        assert first_address(name) == "10.1.1.2"
    # An unrelated rule before it, and a rule for a part of its names; the rule is renamed, and another is gone.
    partner = rule("renamed", "partner.test", target.endpoint)
    reload_with(rule("added", "added.test", inner.endpoint), partner, rule("sub", "sub.partner.test", inner.endpoint))
    wait_until(lambda: first_address("x.added.test") == "10.1.1.3", "the rule that was added")
    assert first_address("x.partner.test") == "10.1.1.2"
    assert len(target.asked("x.partner.test.")) == 1
    assert first_address("x.sub.partner.test") == "10.1.1.3"
    assert ask(endpoint, "x.gone.test").rcode() == dns.rcode.REFUSED
    # A rule that is removed and added again starts with an empty cache.
    reload_with(partner, rule("gone", "gone.test", target.endpoint))
    wait_until(lambda: first_address("x.gone.test") == "10.1.1.2", "the rule that came back")
    assert len(target.asked("x.gone.test.")) == 2
    # Other targets.
    reload_with(rule("renamed", "partner.test", inner.endpoint))
    wait_until(lambda: ask(endpoint, "y.gone.test").rcode() == dns.rcode.REFUSED, "the reload")
    assert first_address("x.partner.test") == "10.1.1.3"
    assert len(target.asked("x.partner.test.")) == 1
    assert running.stop() == 0, running.messages()
    target.stop()
    inner.stop()


def test_a_zone_added_by_a_reload_has_precedence_over_the_cache(tmp_path):
    target = ScriptedTarget(lambda query, _: host(query, address="10.1.1.2"))
    running = start(tmp_path, rule("partner", "partner.test", target.endpoint))
    assert addresses(ask(running.endpoints[0], "app.inner.partner.test")) == ["10.1.1.2"]
    running.write_config(more=OUTBOUND + rule("partner", "partner.test", target.endpoint) + """
[hosted_zone.inner]
domain_name = "inner.partner.test"
file = "corp.zone"
vpcs = ["demo"]
""")
    running.reload()
    wait_until(lambda: addresses(ask(running.endpoints[0], "app.inner.partner.test")) == ["10.0.20.10"], "the zone")
    assert running.stop() == 0, running.messages()
    target.stop()


def test_unique_mode_omits_answers_from_the_cache(tmp_path):
    target = ScriptedTarget(lambda query, _: host(query))
    running = Daemon(tmp_path, zone=ZONE, more='mode = "unique"\n' + OUTBOUND +
                     rule("partner", "partner.test", target.endpoint)).start()
    for _ in range(5):
        ask(running.endpoints[0], "x.partner.test")
    ask(running.endpoints[0], "app.corp.internal")
    running.wait_record(query_name="app.corp.internal.")
    names = [record["query_name"] for record in running.records() if record["srcaddr"] == "127.0.0.1"]
    assert names.count("x.partner.test.") == 1
    assert running.stop() == 0, running.messages()
    target.stop()


def test_tcp_answers_out_of_order(scripted):
    release = threading.Event()

    def script(query, _):
        release.wait(30)
        return host(query)
    _, running = scripted(script, more='[forward]\nquery_timeout = "10 s"\n')
    import socket
    import struct
    slow = dns.message.make_query("slow.partner.test", "A")
    fast = dns.message.make_query("app.corp.internal", "A")
    with socket.create_connection(running.endpoints[0], timeout=60) as tcp:
        for query in (slow, fast):
            data = query.to_wire()
            tcp.sendall(struct.pack("!H", len(data)) + data)
        stream = tcp.makefile("rb")

        def receive():
            return dns.message.from_wire(stream.read(struct.unpack("!H", stream.read(2))[0]))
        assert receive().id == fast.id
        release.set()
        assert receive().id == slow.id


def test_invalid_rules_are_reported_with_their_place(tmp_path):
    running = start(tmp_path)
    running.config_file.write_text(running.config_file.read_text() +
                                   rule("back", "back.test", running.endpoints[0]))
    running.reload()
    running.wait_message("would go in a loop")
    assert addresses(ask(running.endpoints[0], "app.corp.internal")) == ["10.0.20.10"]
    assert running.stop() == 0, running.messages()
