# SPDX-License-Identifier: Apache-2.0
"""The servers of the forwarding jobs: each has rules that send names to targets, a cache, and no DNSSEC validation."""

import os
import pwd
import re

from . import dns, machine
from .inlet import Inlet53d
from .servers import CannotMeasure, Server, program
from .workloads import API_ADDRESSES, TTL

# The size of each cache, as near as the settings permit.
CACHE_MIB = 64
CACHE_NAMES = 100_000
_ASK = {"dot": dns.ask_over_tls, "doh": dns.ask_over_https}


class Forwarded:
    """The configuration of forwarders.

    `rules` is {domain: [endpoints of its targets]}; `probes` are (name, addresses) that must be answered. Forwarders
    serve `private` themselves, a domain with one address for all names. `encrypted` ("dot" or "doh") is the
    protocol of clients, with `certificate` and its `key`.
    """

    def __init__(self, rules, probes, private=None, encrypted=None, certificate=None, key=None):
        self.rules = rules
        self.probes = probes
        self.private = private
        self.encrypted = encrypted
        self.certificate = certificate
        self.key = key


class Forwarder(Server):
    """A forwarder starts over UDP; with encryption, its `endpoint` then changes to the encrypted one."""

    encrypts = ()  # "dot", "doh"

    def start(self, cpus):
        kind = self.content.encrypted
        if kind and kind not in self.encrypts:
            raise CannotMeasure(f"has no {kind}")
        self.encrypted_endpoint = (self.address, machine.free_port(self.address))
        super().start(cpus)
        if kind:
            self.endpoint = self.encrypted_endpoint
            for name, expected in self.content.probes:
                answer = _ASK[kind](self.endpoint, name)
                if not answer or answer[:2] != (0, expected):
                    self.stop()
                    raise CannotMeasure(f"answers {name} over {kind} with {answer}, not with {expected}")
        return self

    def rules(self):
        """Returns (domain, endpoints of its targets) of each rule."""
        return self.content.rules.items()


class InletForwarder(Forwarder, Inlet53d):
    encrypts = ("dot", "doh")

    def configuration(self):
        if not self.content.encrypted:
            return super().configuration()
        protocol = {"dot": "DoT", "doh": "DoH"}[self.content.encrypted]
        return super().configuration(
            f'protocols = ["Do53", "{protocol}"]',
            f'listen_{self.content.encrypted} = "%s:%d"' % self.encrypted_endpoint,
            f'listen_{self.content.encrypted} = "127.0.53.2:%d"' % self.encrypted_endpoint[1],
        ) + f'\n[tls]\ncertificate = "{self.content.certificate}"\nkey = "{self.content.key}"\n'

    def answers(self):
        text = """
[resolver_endpoint.outbound]
direction = "OUTBOUND"
security_groups = ["loopback"]
"""
        for letter, address in (("a", "10.0.20.54"), ("b", "10.0.150.54")):
            text += f"""
[[resolver_endpoint.outbound.ip_address]]
subnet = "private-{letter}"
address = "{address}"
send_from = "127.0.0.1"
"""
        for i, (domain, targets) in enumerate(self.rules()):
            listed = ", ".join('{ address = "%s:%d" }' % target for target in targets)
            text += f"""
[resolver_rule.rule-{i}]
domain_name = "{domain}"
resolver_endpoint = "outbound"
target_ips = [{listed}]
vpcs = ["benchmark"]
"""
        if self.content.private:
            zone = self.write("private.zone", f"$TTL {TTL}\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\n"
                                              f"ns A 127.0.0.1\n* A {API_ADDRESSES[0]}\n")
            text += f"""
[hosted_zone.private]
domain_name = "{self.content.private}"
file = "{zone}"
vpcs = ["benchmark"]
"""
        return text


class Unbound(Forwarder):
    name = "Unbound"
    package = "unbound"
    encrypts = ("dot", "doh")

    def prepare(self):
        more = ""
        if self.content.private:
            more += f"""  local-zone: "{self.content.private}" redirect
  local-data: "{self.content.private} {TTL} A {API_ADDRESSES[0]}"
"""
        if self.content.encrypted:
            kind = {"dot": "tls", "doh": "https"}[self.content.encrypted]
            more += f"""  interface: %s@%d
  {kind}-port: {self.encrypted_endpoint[1]}
  tls-service-pem: "{self.content.certificate}"
  tls-service-key: "{self.content.key}"
""" % self.encrypted_endpoint
        zones = ""
        for domain, targets in self.rules():
            zones += f'forward-zone:\n  name: "{domain}"\n'
            zones += "".join("  forward-addr: %s@%d\n" % target for target in targets)
        config = self.write("unbound.conf", f"""server:
  interface: {self.address}@{self.endpoint[1]}
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"
  minimal-responses: yes
  incoming-num-tcp: 100
  do-not-query-localhost: no
  msg-cache-size: {CACHE_MIB // 2}m
  rrset-cache-size: {CACHE_MIB // 2}m
{more}remote-control:
  control-enable: no
{zones}""")
        return [program("unbound"), "-d", "-c", config]


class Bind(Forwarder):
    name = "BIND"
    package = "bind9"
    encrypts = ("dot", "doh")

    def prepare(self):
        listen = tls = zones = ""
        if self.content.encrypted:
            tls = f'tls bench {{ cert-file "{self.content.certificate}"; key-file "{self.content.key}"; }};\n'
            http = ""
            if self.content.encrypted == "doh":
                tls += 'http bench { endpoints { "/dns-query"; }; };\n'
                http = "http bench "
            listen = f"listen-on port {self.encrypted_endpoint[1]} tls bench {http}{{ {self.address}; }};"
        for domain, targets in self.rules():
            zones += f'zone "{domain}" {{ type forward; forward only; forwarders {{ {addresses(targets)} }}; }};\n'
        if self.content.private:
            file = self.write("private.zone", f"$TTL {TTL}\n@ SOA ns hostmaster 1 7200 900 1209600 60\n@ NS ns\n"
                                              f"ns A 127.0.0.1\n* A {API_ADDRESSES[0]}\n")
            zones += f'zone "{self.content.private}" {{ type primary; file "{file}"; }};\n'
        anybody = addresses(next(iter(self.content.rules.values())))  # without an Internet address
        config = self.write("named.conf", f"""{tls}options {{
  directory "{self.folder}"; pid-file none; session-keyfile none;
  listen-on port {self.endpoint[1]} {{ {self.address}; }}; listen-on-v6 {{ none; }};
  {listen}
  recursion yes; minimal-responses yes; dnssec-validation no; notify no; allow-query {{ any; }};
  max-cache-size {CACHE_MIB}M; recursive-clients 10000;
  forward only; forwarders {{ {anybody} }};
}};
controls {{ }};
logging {{
  channel operator {{ file "{self.folder}/server.out"; severity warning; }};
  category default {{ operator; }};
}};
{zones}""")
        return [program("named"), "-f", "-n", "1", "-U", "1", "-c", config]


def addresses(targets):
    return "".join("%s port %d; " % target for target in targets)


class Dnsdist(Forwarder):
    """A balancer with a packet cache: it does not repeat the queries that it forwards."""

    name = package = "dnsdist"
    encrypts = ("dot", "doh")

    def prepare(self):
        lines = []
        for i, (domain, targets) in enumerate(self.rules()):
            for j, target in enumerate(targets):
                lines.append(f"newServer({{address='%s:%d', pool='rule{i}', name='target{i}-{j}'}})" % target)
            lines.append(f"getPool('rule{i}'):setCache(newPacketCache({CACHE_NAMES}))")
            lines.append(f"addAction(makeRule('{domain}'), PoolAction('rule{i}'))")
        if self.content.private:
            lines.append(f"addAction(makeRule('{self.content.private}'), "
                         f"SpoofAction('{API_ADDRESSES[0]}', {{ttl={TTL}}}))")
        certificate = f"'{self.content.certificate}', '{self.content.key}'"
        where = "'%s:%d'" % self.encrypted_endpoint
        if self.content.encrypted == "dot":
            lines.append(f"addTLSLocal({where}, {certificate})")
        elif self.content.encrypted == "doh":
            lines.append(f"addDOHLocal({where}, {certificate}, '/dns-query')")
        config = self.write("dnsdist.conf", f"""setSecurityPollSuffix("")
setUDPMultipleMessagesVectorSize(64)
setMaxTCPClientThreads(1)
setServFailWhenNoServer(true)
setLocal("{self.address}:{self.endpoint[1]}", {{maxInFlight=1000}})
""" + "\n".join(lines) + "\n")
        return [program("dnsdist"), "--supervised", "--disable-syslog", "-C", config]


class Dnsmasq(Forwarder):
    name = "dnsmasq"
    package = "dnsmasq-base"

    def prepare(self):
        user = pwd.getpwuid(os.getuid()).pw_name
        return [program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                f"--user={user}", "--pid-file=", f"--listen-address={self.address}", "--bind-interfaces",
                f"--port={self.endpoint[1]}", f"--cache-size={CACHE_NAMES}", "--dns-forward-max=10000",
                "--log-facility=-",
                *(f"--server=/{domain}/%s#%d" % target for domain, targets in self.rules() for target in targets)]


class KnotResolver(Forwarder):
    """Without trust anchors, FORWARD does not validate. It has a cache, which STUB has not."""

    name = "Knot Resolver"
    package = "knot-resolver"
    encrypts = ("dot", "doh")

    def prepare(self):
        lines = []
        for domain, targets in self.rules():
            listed = ", ".join("'%s@%d'" % target for target in targets)
            lines.append(f"policy.add(policy.suffix(policy.FORWARD({{ {listed} }}), policy.todnames({{ '{domain}.' }})))")
        if self.content.encrypted:
            kind = {"dot": "tls", "doh": "doh2"}[self.content.encrypted]
            lines.append(f"net.tls('{self.content.certificate}', '{self.content.key}')")
            lines.append("net.listen('%s', %d, { kind = '" % self.encrypted_endpoint + kind + "' })")
        config = self.write("kresd.conf", f"""net.listen('{self.address}', {self.endpoint[1]}, {{ kind = 'dns' }})
cache.size = {CACHE_MIB} * MB
trust_anchors.remove('.')
modules.unload('ta_update')
modules.unload('priming')
net.tcp_pipeline(1000)
""" + "\n".join(lines) + "\n")
        return [program("kresd"), "-n", "-c", config, self.folder]


class PowerDnsRecursor(Forwarder):
    name = "PowerDNS Recursor"
    package = "pdns-recursor"

    def prepare(self):
        zones = ""
        for domain, targets in {**self.content.rules, ".": next(iter(self.content.rules.values()))}.items():
            zones += f"forward-zones-recurse+={domain}=" + ";".join("%s:%d" % target for target in targets) + "\n"
        self.write("recursor.conf", re.sub(r"\+=", "=", zones, count=1) + f"""local-address={self.address}
local-port={self.endpoint[1]}
allow-from=127.0.0.0/8
dont-query=
hint-file=no
socket-dir={self.folder}
daemon=no
write-pid=no
dnssec=off
security-poll-suffix=
disable-syslog=yes
threads=1
pdns-distributes-queries=no
max-cache-entries={2 * CACHE_NAMES}
max-packetcache-entries={CACHE_NAMES}
quiet=yes
loglevel=3
""")
        return [program("pdns_recursor"), f"--config-dir={self.folder}"]


FORWARDERS = {"unbound": Unbound, "bind": Bind, "dnsdist": Dnsdist, "dnsmasq": Dnsmasq, "kresd": KnotResolver,
              "recursor": PowerDnsRecursor}
