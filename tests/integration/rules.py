# SPDX-License-Identifier: Apache-2.0
"""Daemons with resolver rules."""

import re

import dns.edns

from support import Daemon
from targets import answer_to

OUTBOUND = """
[resolver_endpoint.outbound]
direction = "OUTBOUND"
security_groups = ["resolver"]
[[resolver_endpoint.outbound.ip_address]]
subnet = "private-a"
address = "10.0.10.20"
send_from = "127.0.0.1"
[[resolver_endpoint.outbound.ip_address]]
subnet = "private-b"
address = "10.0.150.20"
send_from = "127.0.0.1"
"""


def rule(name, domain, *targets):
    listed = ", ".join('{ address = "%s:%d" }' % target for target in targets)
    return f"""
[resolver_rule.{name}]
domain_name = "{domain}"
resolver_endpoint = "outbound"
target_ips = [{listed}]
vpcs = ["demo"]
"""


ZONE = """$TTL 300
@     SOA a b 1 2 3 4 60
app   A   10.0.20.10
out   CNAME host.partner.test.
round CNAME there.partner.test.
"""


def start(folder, *rules, more=""):
    return Daemon(folder, more=OUTBOUND + "".join(rules) + more, zone=ZONE).start()


def refusals(said):
    """Returns the counters of refusals in a daemon's last statistics: `{"client_at_targets": 12}`."""
    last = said.rsplit("statistics:", 1)[1]
    return {name: int(count) for name, count in re.findall(r"forward_(\w+)=(\d+)", last) if name != "failed"}


def ede_of(response):
    return [option.code for option in response.options if option.otype == dns.edns.OptionType.EDE]


def error_of(response):
    """Returns the code and the text of the response's only extended error."""
    (code, text), = [(option.code, option.text) for option in response.options
                     if option.otype == dns.edns.OptionType.EDE]
    return code, text


def host(query, ttl=60, address="10.1.1.2"):
    return answer_to(query, f"{query.question[0].name} {ttl} IN A {address}")
