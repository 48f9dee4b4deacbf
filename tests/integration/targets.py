# SPDX-License-Identifier: Apache-2.0
"""DNS servers that inlet53d forwards to: real servers, and a scripted one."""

import socket
import socketserver
import struct
import subprocess
import threading
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from forwarders import program
from support import DEADLINE, ask, free_endpoint, wait_until

ZONE = """$ORIGIN partner.test.
$TTL 300
@      SOA a b 1 7200 900 1209600 20
@      NS  a
a      A   10.1.1.1
a      AAAA fd00::1
host   A   10.1.1.2
here   CNAME host
there  CNAME app.corp.internal.
away   CNAME www.elsewhere.test.
zero   0 A 10.1.1.9
large  TXT %s
letters-of-all-kinds-in-one-name       MX    10 exchange.letters-of-all-kinds-in-one-name
letters-of-all-kinds-in-one-name       PTR   pointer.letters-of-all-kinds-in-one-name
letters-of-all-kinds-in-one-name       SRV   1 2 53 service.letters-of-all-kinds-in-one-name
alias.letters-of-all-kinds-in-one-name CNAME letters-of-all-kinds-in-one-name
moved                                  DNAME letters-of-all-kinds-in-one-name
alias-below-the-name-that-has-moved.letters-of-all-kinds-in-one-name A 10.1.1.7
"""


def zone_text():
    return ZONE % " ".join('"%s"' % (chr(ord("a") + i) * 200) for i in range(14))


class Target:
    """A real server of partner.test. Subclasses write its configuration and name the command."""

    probe = "a.partner.test"

    def __init__(self, folder):
        self.folder = Path(folder)
        self.endpoint = free_endpoint("127.0.0.1")
        (self.folder / "partner.zone").write_text(zone_text())
        self.process = None

    def start(self):
        command = self.prepare()
        self.output = open(self.folder / "target.txt", "ab")
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=self.output, stderr=self.output)
        wait_until(self.answers, f"{type(self).__name__} to answer")
        return self

    def answers(self):
        assert self.process.poll() is None, (self.folder / "target.txt").read_text()
        try:
            return ask(self.endpoint, self.probe, timeout=1).answer
        except (dns.exception.Timeout, OSError):
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(DEADLINE)
        self.output.close()


class Bind(Target):
    def zones(self):
        return 'zone "partner.test" { type primary; file "partner.zone"; };'

    def prepare(self):
        config = self.folder / "named.conf"
        config.write_text(f"""options {{ directory "{self.folder}"; pid-file none; session-keyfile none;
            listen-on port {self.endpoint[1]} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; }};
            controls {{ }};
            {self.zones()}""")
        return [program("named"), "-g", "-n", "1", "-c", str(config)]


class Nsd(Target):
    def prepare(self):
        config = self.folder / "nsd.conf"
        config.write_text(f"""server:
  ip-address: 127.0.0.1@{self.endpoint[1]}
  zonesdir: "{self.folder}"
  database: ""
  pidfile: "{self.folder}/nsd.pid"
  xfrdfile: ""
  zonelistfile: ""
  username: ""
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: partner.test
  zonefile: partner.zone
""")
        return [program("nsd"), "-d", "-c", str(config)]


class Knot(Target):
    def prepare(self):
        config = self.folder / "knot.conf"
        config.write_text(f"""server:
    rundir: {self.folder}
    listen: 127.0.0.1@{self.endpoint[1]}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stdout
    any: warning
database:
    storage: {self.folder}
zone:
  - domain: partner.test
    storage: {self.folder}
    file: partner.zone
    zonefile-sync: -1
    journal-content: none
""")
        return [program("knotd"), "-c", str(config)]


ROOT_ZONE = """$ORIGIN .
$TTL 300
@                   SOA   a.root-servers.net. nstld.root-servers.net. 1 1800 900 604800 20
@                   NS    a.root-servers.net.
a.root-servers.net. A     198.41.0.4
www.example.        A     10.1.1.2
www.example.        AAAA  fd00::2
*.wild.example.     A     10.1.1.3
alias.example.      CNAME www.example.
there.example.      CNAME app.corp.internal.
large.example.      TXT   %s
"""


class Root(Bind):
    """A server of all names, in one zone."""

    probe = "www.example"

    def __init__(self, folder):
        super().__init__(folder)
        large = " ".join('"%s"' % (chr(ord("a") + i) * 200) for i in range(14))
        (self.folder / "root.zone").write_text(ROOT_ZONE % large)

    def zones(self):
        return 'zone "." { type primary; file "root.zone"; };'


class Unbound(Target):
    """A resolver with the zone in a local file, such as a company's own resolver."""

    def prepare(self):
        config = self.folder / "unbound.conf"
        config.write_text(f"""server:
  directory: "{self.folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1@{self.endpoint[1]}
  access-control: 127.0.0.0/8 allow
  module-config: "iterator"
  local-zone: "test." transparent
auth-zone:
  name: "partner.test."
  zonefile: "partner.zone"
  for-downstream: yes
  fallback-enabled: no
""")
        return [program("unbound"), "-d", "-c", str(config)]


def answer_to(query, *records):
    """Returns a correct response; records are texts, `host.partner.test. 60 IN A 10.1.1.2`."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    for record in records:
        name, ttl, rdclass, rdtype, rdata = record.split(None, 4)
        response.answer.append(dns.rrset.from_text(name, int(ttl), rdclass, rdtype, rdata))
    return response


class ScriptedTarget:
    """Passes each query to `script(query, over_tcp)`, which returns the response: messages, bytes, or None."""

    def __init__(self, script):
        self.script = script
        self.endpoint = free_endpoint("127.0.0.1")
        self.queries = []  # (name, type, over TCP, source port)
        target = self

        class Udp(socketserver.DatagramRequestHandler):
            def handle(self):
                data, sock = self.request
                for response in target.responses(data, False, self.client_address[1]):
                    sock.sendto(response, self.client_address)

            def finish(self):
                pass

        class Tcp(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.settimeout(DEADLINE)
                with self.request.makefile("rb") as stream:
                    while length := stream.read(2):
                        data = stream.read(struct.unpack("!H", length)[0])
                        for response in target.responses(data, True, self.client_address[1]):
                            self.request.sendall(struct.pack("!H", len(response)) + response)

        class TcpServer(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.servers = [socketserver.ThreadingUDPServer(self.endpoint, Udp), TcpServer(self.endpoint, Tcp)]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def responses(self, data, over_tcp, port):
        query = dns.message.from_wire(data)
        question = query.question[0]
        self.queries.append((question.name.to_text().lower(), question.rdtype, over_tcp, port))
        given = self.script(query, over_tcp)
        if given is None:
            return []
        return [one if isinstance(one, bytes) else one.to_wire(max_size=65535)
                for one in (given if isinstance(given, list) else [given])]

    def asked(self, name):
        return [query for query in self.queries if query[0] == name]

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()


def dead_endpoint():
    """Returns an address that never answers and causes no ICMP error: a socket that is never read."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock, sock.getsockname()
