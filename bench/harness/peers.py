# SPDX-License-Identifier: Apache-2.0
"""The other servers: each with one worker, minimal responses, no rate limit, and optionally its own query log."""

import os
import pwd

from .servers import Server, program
from .workloads import API_ADDRESSES, TTL


class Gdnsd(Server):
    """gdnsd. It has no query log."""

    name = package = "gdnsd"

    def prepare(self):
        zones = self.folder / "zones"
        zones.mkdir()
        (zones / self.content.domain).symlink_to(self.content.zone)
        (self.folder / "state").mkdir()
        (self.folder / "run").mkdir()
        self.write("config", f"""options => {{
  listen => {self.address}:{self.endpoint[1]}
  run_dir => "{self.folder}/run"
  state_dir => "{self.folder}/state"
  udp_threads => 1
  tcp_threads => 1
}}
""")
        return [program("gdnsd"), "-c", self.folder, "start"]


class Nsd(Server):
    name = "NSD"
    package = "nsd"
    logs = ("dnstap",)

    def prepare(self):
        dnstap = ""
        if self.log:
            dnstap = f"""dnstap:
  dnstap-enable: yes
  dnstap-socket-path: "{self.dnstap_socket}"
  dnstap-log-auth-response-messages: yes
"""
        config = self.write("nsd.conf", f"""server:
  server-count: 1
  ip-address: {self.address}@{self.endpoint[1]}
  username: ""
  database: ""
  zonesdir: "{self.folder}"
  zonelistfile: "zone.list"
  xfrdfile: "xfrd.state"
  xfrdir: "{self.folder}"
  pidfile: ""
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  tcp-count: 100
  verbosity: 0
remote-control:
  control-enable: no
{dnstap}zone:
  name: "{self.content.domain}"
  zonefile: "{self.content.zone}"
""")
        return [program("nsd"), "-d", "-c", config]


class Knot(Server):
    """Knot DNS. It pins its own threads; `start` pins them again."""

    name = "Knot DNS"
    package = "knot"
    logs = ("dnstap",)

    def prepare(self):
        capture = module = ""
        if self.log:
            module = "    global-module: mod-dnstap/capture\n"
            capture = f"""mod-dnstap:
  - id: capture
    sink: "unix:{self.dnstap_socket}"
    log-queries: off
    log-responses: on
"""
        config = self.write("knot.conf", f"""server:
  rundir: "{self.folder}"
  pidfile: "{self.folder}/knot.pid"
  listen: {self.address}@{self.endpoint[1]}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: warning
database:
  storage: "{self.folder}"
{capture}template:
  - id: default
    storage: "{self.folder}"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
{module}zone:
  - domain: {self.content.domain}
    file: "{self.content.zone}"
""")
        return [program("knotd"), "-c", config]


class Unbound(Server):
    """Unbound. It answers from local data; its log has a line for each reply, without the answers."""

    name = "Unbound"
    package = "unbound"
    logs = ("text", "dnstap")
    log_marker = b" IN NOERROR "

    def prepare(self):
        with open(self.folder / "local.conf", "w") as local:
            if self.content.wildcard:
                local.write(f'local-zone: "{self.content.domain}" redirect\n')
                local.writelines(f'local-data: "{self.content.domain} {TTL} A {address}"\n'
                                 for address in API_ADDRESSES)
            else:
                local.write(f'local-zone: "{self.content.domain}" static\n')
                local.writelines(f'local-data: "{name} {TTL} A {address}"\n'
                                 for name, address in self.content.records())
        log = dnstap = ""
        if self.log == "text":
            log = f'logfile: "{self.log_path}"\n  log-replies: yes'
        elif self.log == "dnstap":
            dnstap = f"""dnstap:
  dnstap-enable: yes
  dnstap-socket-path: "{self.dnstap_socket}"
  dnstap-log-client-response-messages: yes
"""
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
  {log}
  include: "{self.folder}/local.conf"
remote-control:
  control-enable: no
{dnstap}""")
        return [program("unbound"), "-d", "-c", config]


class Bind(Server):
    name = "BIND"
    package = "bind9"
    logs = ("text", "dnstap")
    log_marker = b" query: "

    def prepare(self):
        options = logging = ""
        if self.log == "text":
            options = "querylog yes;"
            logging = f'channel queries {{ file "{self.log_path}"; print-time yes; severity info; }}; ' \
                      "category queries { queries; };"
        elif self.log == "dnstap":
            options = f'dnstap {{ auth response; client response; }}; dnstap-output unix "{self.dnstap_socket}";'
        config = self.write("named.conf", f"""options {{
  directory "{self.folder}"; pid-file none; session-keyfile none;
  listen-on port {self.endpoint[1]} {{ {self.address}; }}; listen-on-v6 {{ none; }};
  recursion no; minimal-responses yes; dnssec-validation no; notify no; allow-query {{ any; }};
  {options}
}};
controls {{ }};
logging {{
  channel operator {{ file "{self.folder}/server.out"; severity warning; }};
  category default {{ operator; }};
  {logging}
}};
zone "{self.content.domain}" {{ type primary; file "{self.content.zone}"; }};
""")
        return [program("named"), "-f", "-n", "1", "-U", "1", "-c", config]


class Dnsdist(Server):
    """dnsdist. It answers by a rule, without a backend server."""

    name = package = "dnsdist"
    logs = ("dnstap",)
    only_wildcards = True

    def prepare(self):
        tap = ""
        if self.log:
            tap = f'addSelfAnsweredResponseAction(AllRule(), DnstapLogResponseAction("bench", ' \
                  f'newFrameStreamUnixLogger("{self.dnstap_socket}", {{inputQueueSize=16384}})))'
        addresses = ", ".join(f'"{address}"' for address in API_ADDRESSES)
        config = self.write("dnsdist.conf", f"""setSecurityPollSuffix("")
setUDPMultipleMessagesVectorSize(64)
setMaxTCPClientThreads(1)
setLocal("{self.address}:{self.endpoint[1]}", {{maxInFlight=1000}})
names = newSuffixMatchNode()
names:add(newDNSName("{self.content.domain}."))
addAction(SuffixMatchNodeRule(names), SpoofAction({{{addresses}}}, {{ttl={TTL}}}))
{tap}
""")
        return [program("dnsdist"), "--supervised", "--disable-syslog", "-C", config]


class Dnsmasq(Server):
    """dnsmasq. It forks a process for each TCP connection."""

    name = "dnsmasq"
    package = "dnsmasq-base"
    logs = ("text",)
    log_marker = b" query[A] "
    only_wildcards = True

    def prepare(self):
        user = pwd.getpwuid(os.getuid()).pw_name
        command = [program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                   f"--user={user}", "--pid-file=", f"--listen-address={self.address}", "--bind-interfaces",
                   f"--port={self.endpoint[1]}", f"--local-ttl={TTL}",
                   *(f"--address=/{self.content.domain}/{address}" for address in API_ADDRESSES)]
        if self.log:
            return [*command, "--log-queries", f"--log-facility={self.log_path}"]
        return [*command, "--log-facility=-"]


class KnotResolver(Server):
    """Knot Resolver. It answers by a policy. Its dnstap also has a frame for each query, which 5.6 cannot turn off."""

    name = "Knot Resolver"
    package = "knot-resolver"
    logs = ("dnstap",)
    frames_for_each = 2
    only_wildcards = True

    def prepare(self):
        tap = ""
        if self.log:
            tap = f"modules = {{ dnstap = {{ socket_path = '{self.dnstap_socket}', " \
                  "client = { log_responses = true } } }"
        addresses = ", ".join(f"kres.str2ip('{address}')" for address in API_ADDRESSES)
        config = self.write("kresd.conf", f"""net.listen('{self.address}', {self.endpoint[1]}, {{ kind = 'dns' }})
cache.size = 10 * MB
trust_anchors.remove('.')
modules.unload('ta_update')
modules.unload('priming')
net.tcp_pipeline(1000)
{tap}
policy.add(policy.suffix(policy.ANSWER({{ [kres.type.A] = {{ rdata = {{ {addresses} }}, ttl = {TTL} }} }}),
                         policy.todnames({{ '{self.content.domain}' }})))
""")
        return [program("kresd"), "-n", "-c", config, self.folder]


class PowerDns(Server):
    """The authoritative server with the bind backend."""

    name = "PowerDNS Auth"
    package = "pdns-server"
    logs = ("text",)
    log_marker = b" wants '"
    prime_seconds = 0.6  # its packet cache expires between rounds

    def prepare(self):
        zone = f'zone "{self.content.domain}" {{ type master; file "{self.content.zone}"; }};\n'
        self.write("pdns.conf", f"""launch=bind
bind-config={self.write("named.conf", zone)}
local-address={self.address}
local-port={self.endpoint[1]}
socket-dir={self.folder}
daemon=no
guardian=no
disable-syslog=yes
receiver-threads=1
distributor-threads=1
security-poll-suffix=
max-tcp-connections=100
loglevel={5 if self.log else 3}
log-dns-queries={"yes" if self.log else "no"}
""")
        return [program("pdns_server"), f"--config-dir={self.folder}"]

    @property
    def log_path(self):
        return self.folder / "server.out"  # it logs to its standard error


class PowerDnsRecursor(Server):
    """Serves the zone as an auth-zone, mostly from its packet cache."""

    name = "PowerDNS Recursor"
    package = "pdns-recursor"
    logs = ("text",)
    log_marker = b'msg="Question'
    prime_seconds = 1.5  # a TTL of one minute, and expensive misses
    only_wildcards = True

    def prepare(self):
        self.write("recursor.conf", f"""auth-zones={self.content.domain}={self.content.zone}
local-address={self.address}
local-port={self.endpoint[1]}
allow-from=127.0.0.0/8
socket-dir={self.folder}
daemon=no
write-pid=no
dnssec=off
security-poll-suffix=
disable-syslog=yes
threads=1
pdns-distributes-queries=no
quiet={"no" if self.log else "yes"}
loglevel={6 if self.log else 3}
""")
        return [program("pdns_recursor"), f"--config-dir={self.folder}"]

    @property
    def log_path(self):
        return self.folder / "server.out"


PEERS = {"gdnsd": Gdnsd, "nsd": Nsd, "knot": Knot, "unbound": Unbound, "bind": Bind, "dnsdist": Dnsdist,
         "dnsmasq": Dnsmasq, "kresd": KnotResolver, "pdns": PowerDns, "recursor": PowerDnsRecursor}
