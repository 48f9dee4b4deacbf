# SPDX-License-Identifier: Apache-2.0
"""DNS Firewall: the responses of its rules, its fields in the query log, and changed or missing lists."""

import subprocess

import dns.edns
import dns.flags
import dns.rcode
import pytest

from support import API, BUILD, Daemon, addresses, ask, wait_until

GROUP = "rslvr-frg-0a1b2c3d4e5f60718"
LISTS = {name: f"rslvr-fdl-0000000000000000{i}"
         for i, name in enumerate(("nodata", "nxdomain", "override", "watched", "trusted", "file"))}

OVERRIDE = 'block_response = "OVERRIDE", block_override_domain = "sink.example.net", block_override_ttl = 77'

# The text that Daemon(more=…) appends. It comes after [vpc.demo], so TOML requires full names of tables here.
FIREWALL = f"""
[[vpc.demo.firewall_rule_group]]
rule_group = "out"
priority = 101

[firewall_rule_group.out]
id = "{GROUP}"
rule = [
  {{ priority = 5, domain_list = "trusted", action = "ALLOW", redirection = "TRUST_REDIRECTION_DOMAIN" }},
  {{ priority = 10, domain_list = "nodata", action = "BLOCK", block_response = "NODATA" }},
  {{ priority = 20, domain_list = "nxdomain", action = "BLOCK", block_response = "NXDOMAIN", qtype = "A" }},
  {{ priority = 30, domain_list = "override", action = "BLOCK", {OVERRIDE} }},
  {{ priority = 40, domain_list = "file", action = "BLOCK", block_response = "NXDOMAIN" }},
  {{ priority = 90, domain_list = "watched", action = "ALERT" }},
]
""" + "".join(f"""
[firewall_domain_list.{name}]
id = "{LISTS[name]}"
{content}
""" for name, content in {
    "nodata": 'domains = ["app.corp.internal"]',
    "nxdomain": 'domains = ["*.apps.corp.internal"]',
    "override": 'domains = ["*.bad.test", "bad.test"]',
    "watched": f'domains = ["*.deep.corp.internal", "{API}"]',
    "trusted": 'domains = ["www.corp.internal"]',
    "file": 'file = "blocked.txt"',
}.items())


@pytest.fixture
def firewall(tmp_path):
    (tmp_path / "blocked.txt").write_text("# blocked\nmx1.corp.internal\n")
    running = Daemon(tmp_path, more=FIREWALL).start()
    yield running
    assert running.stop() == 0, running.messages()


def logged(daemon, name, **fields):
    record = daemon.wait_record(query_name=name + ".", **fields)
    keys = list(record)
    assert keys[13] == "srcids"
    return [record[key] for key in keys[14:]], keys[14:]


FIELDS = ["firewall_rule_action", "firewall_rule_group_id", "firewall_domain_list_id"]


def test_a_blocked_query_gets_the_response_of_its_rule(firewall):
    endpoint = firewall.endpoints[0]
    nodata = ask(endpoint, "app.corp.internal", use_edns=0)
    assert nodata.rcode() == dns.rcode.NOERROR and not nodata.answer and not nodata.authority
    assert nodata.flags & dns.flags.RA and not nodata.flags & dns.flags.AA
    assert [option.code for option in nodata.options if isinstance(option, dns.edns.EDEOption)] == [15]

    nxdomain = ask(endpoint, "one.apps.corp.internal")
    assert nxdomain.rcode() == dns.rcode.NXDOMAIN and not nxdomain.answer and not nxdomain.authority
    assert ask(endpoint, "one.apps.corp.internal", "AAAA").rcode() == dns.rcode.NOERROR

    for tcp in (False, True):
        override = ask(endpoint, "WWW.bad.test", tcp=tcp)
        assert override.rcode() == dns.rcode.NOERROR
        assert override.answer[0].to_text() == "WWW.bad.test. 77 IN CNAME sink.example.net."

    for name, word, list_name in (("app.corp.internal", "BLOCK", "nodata"),
                                  ("one.apps.corp.internal", "BLOCK", "nxdomain"),
                                  ("www.bad.test", "BLOCK", "override")):
        assert logged(firewall, name) == ([word, GROUP, LISTS[list_name]], FIELDS)
    record = firewall.wait_record(query_name="www.bad.test.", transport="TCP")
    assert record["answers"] == [{"Rdata": "sink.example.net.", "Type": "CNAME", "Class": "IN"}]
    assert firewall.wait_record(query_name="app.corp.internal.")["answers"] == []


def test_an_alert_rule_answers_and_is_logged(firewall):
    assert addresses(ask(firewall.endpoints[0], "host.deep.corp.internal")) == ["10.0.20.30"]
    assert logged(firewall, "host.deep.corp.internal") == (["ALERT", GROUP, LISTS["watched"]], FIELDS)
    assert len(addresses(ask(firewall.endpoints[1], API))) == 2
    assert logged(firewall, API) == (["ALERT", GROUP, LISTS["watched"]], FIELDS)


def test_an_unmatched_or_allowed_query_has_no_firewall_fields(firewall):
    for name in ("many.corp.internal", "www.corp.internal"):
        assert ask(firewall.endpoints[0], name, tcp=True).answer
        assert logged(firewall, name) == ([], [])


def test_targets_of_aliases_are_checked(firewall):
    # www.corp.internal is an alias of app.corp.internal, which is blocked, but its rule trusts redirections.
    trusted = ask(firewall.endpoints[0], "www.corp.internal")
    assert sorted(addresses(trusted)) == ["10.0.20.10", "10.0.20.11"]
    text = firewall.config_file.read_text()
    firewall.config_file.write_text(text.replace(', redirection = "TRUST_REDIRECTION_DOMAIN"', ""))
    firewall.reload()
    wait_until(lambda: not ask(firewall.endpoints[0], "www.corp.internal").answer, "the rule that inspects redirections")
    assert logged(firewall, "www.corp.internal", answers=[]) == (["BLOCK", GROUP, LISTS["nodata"]], FIELDS)


def test_a_reload_reads_a_list_or_reports_its_invalid_line(firewall):
    endpoint, file = firewall.endpoints[0], firewall.folder / "blocked.txt"
    assert ask(endpoint, "mx1.corp.internal").rcode() == dns.rcode.NXDOMAIN
    file.write_text("many.corp.internal\n")
    firewall.reload()
    wait_until(lambda: addresses(ask(endpoint, "mx1.corp.internal")), "the new list")
    assert ask(endpoint, "many.corp.internal").rcode() == dns.rcode.NXDOMAIN

    file.write_text("fine.test\n0.0.0.0 ads.test\n")
    firewall.reload()
    assert f"{file}:2:" in firewall.messages() and "reload refused" in firewall.messages()
    file.unlink()
    firewall.reload()
    firewall.wait_message("reload refused", 2)
    assert f"{file}: cannot read the file" in firewall.messages()
    assert ask(endpoint, "many.corp.internal").rcode() == dns.rcode.NXDOMAIN


def test_a_vpc_that_fails_open_is_served_without_a_missing_list(firewall):
    endpoint = firewall.endpoints[0]
    text = firewall.config_file.read_text()
    firewall.config_file.write_text(text.replace("[vpc.demo]", "[vpc.demo]\nfirewall_fail_open = true"))
    (firewall.folder / "blocked.txt").unlink()
    firewall.reload()
    wait_until(lambda: addresses(ask(endpoint, "mx1.corp.internal")), "the query to be let through")
    assert "DNS Firewall fails open" in firewall.messages()
    # Rules before the one without its list still apply; queries never reach those after it.
    assert not ask(endpoint, "app.corp.internal").answer
    assert addresses(ask(endpoint, "host.deep.corp.internal")) == ["10.0.20.30"]
    assert logged(firewall, "host.deep.corp.internal") == ([], [])


def check(daemon):
    return subprocess.run([BUILD / "inlet53", "check", daemon.config_file], capture_output=True, text=True)


def test_check_reads_the_lists(firewall):
    file = firewall.folder / "blocked.txt"
    file.write_text("one.test\n*.one.test\n")
    assert f"firewall domain list {LISTS['file']}  2 domains" in check(firewall).stdout
    file.write_text("one.test\n\none..test\n")
    refused = check(firewall)
    assert refused.returncode == 3 and f"{file}:3: " in refused.stderr
    file.unlink()
    refused = check(firewall)
    assert refused.returncode == 3 and f"{file}: cannot read the file" in refused.stderr
    text = firewall.config_file.read_text()
    firewall.config_file.write_text(text.replace("[vpc.demo]", "[vpc.demo]\nfirewall_fail_open = true"))
    opened = check(firewall)
    assert opened.returncode == 0 and "can't be read: DNS Firewall fails open" in opened.stdout
