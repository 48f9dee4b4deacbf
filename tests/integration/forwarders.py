"""Real forwarders, started with the recipes of conf/forwarders, and a signed root to validate below."""

import re
import shutil
import subprocess
from pathlib import Path

import dns.exception

from support import DEADLINE, SOURCE, ask, free_endpoint, wait_until

RECIPES = SOURCE / "conf" / "forwarders"
TARGET = re.compile(r"127\.0\.53\.([12])(@|#|:| port )5300")


def recipe(name, endpoints):
    """A recipe's text with the daemon's addresses in the place of the demo's."""
    def served(match):
        address, port = endpoints[int(match[1]) - 1]
        return f"{address}{match[2]}{port}"
    text, count = TARGET.subn(served, (RECIPES / name).read_text())
    assert count >= 2, f"{name} names no target"
    return text


def program(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert path, f"{name} is not installed; make deps installs it"
    return path


class Forwarder:
    """A forwarder on loopback with its files in `folder`. Subclasses write them and name the command."""

    def __init__(self, folder, endpoints, root=None, except_private=True):
        self.folder = Path(folder)
        self.endpoint = free_endpoint("127.0.0.1")
        self.endpoints = endpoints
        self.root = root  # a SignedRoot: then it validates
        self.except_private = except_private
        self.process = None

    def recipe(self, name):
        return recipe(name, self.endpoints)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self):
        command = self.prepare()
        self.output = open(self.folder / "output.txt", "ab")
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=self.output, stderr=self.output)
        wait_until(self.ready, f"{type(self).__name__} to answer")
        return self

    def ready(self):
        assert self.process.poll() is None, (self.folder / "output.txt").read_text()
        try:
            ask(self.endpoint, "ready.corp.internal", timeout=1)
            return True
        except (dns.exception.Timeout, OSError):
            return False

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(DEADLINE)
        self.output.close()


class Bind(Forwarder):
    def prepare(self):
        self.write("recipe.conf", self.recipe("bind.conf"))
        validation = "dnssec-validation no;"
        anchors = ""
        if self.root:
            validation = 'dnssec-validation yes; forward only; forwarders { %s port %d; };' % self.root.endpoint
            anchors = 'trust-anchors { . static-key %s; };' % self.root.bind_key()
            if self.except_private:
                validation += f' include "{RECIPES / "bind-options.conf"}";'
        config = self.write("named.conf", f"""
            options {{
              directory "{self.folder}"; pid-file none; session-keyfile none;
              listen-on port {self.endpoint[1]} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
              recursion yes; allow-query {{ any; }}; {validation}
            }};
            controls {{ }};
            {anchors}
            include "recipe.conf";
            """)
        return [program("named"), "-g", "-n", "1", "-c", str(config)]


class Unbound(Forwarder):
    qname_minimisation = "yes"
    mixed_case = "yes"  # 0x20

    def prepare(self):
        text = self.recipe("unbound.conf")
        if self.root and not self.except_private:
            text = text.replace('domain-insecure: "corp.internal"', "")
        root = ""
        modules = "iterator"
        if self.root:
            modules = "validator iterator"
            root = 'forward-zone:\n  name: "."\n  forward-addr: %s@%d\n' % self.root.endpoint
            text = text.replace("server:", f'server:\n  trust-anchor-file: "{self.root.anchor_file()}"', 1)
        config = self.write("unbound.conf", f"""
server:
  interface: 127.0.0.1@{self.endpoint[1]}
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  do-daemonize: no
  module-config: "{modules}"
  qname-minimisation: {self.qname_minimisation}
  use-caps-for-id: {self.mixed_case}
remote-control:
  control-enable: no
{text}
{root}""")
        return [program("unbound"), "-d", "-c", str(config)]


class Dnsmasq(Forwarder):
    def prepare(self):
        self.write("recipe.conf", self.recipe("dnsmasq.conf"))
        return [program("dnsmasq"), "--keep-in-foreground", "--conf-file=recipe.conf", "--no-resolv", "--no-hosts",
                "--user=root", "--pid-file=", "--listen-address=127.0.0.1", "--bind-interfaces",
                f"--port={self.endpoint[1]}", "--log-facility=-", "--stop-dns-rebind"]


class KnotResolver(Forwarder):
    def prepare(self):
        self.write("kresd.conf", f"""
net.listen('127.0.0.1', {self.endpoint[1]}, {{ kind = 'dns' }})
cache.size = 10 * MB
trust_anchors.remove('.')
modules.unload('ta_update')
modules.unload('priming')
{self.recipe("kresd.conf")}""")
        return [program("kresd"), "-n", "-c", str(self.folder / "kresd.conf"), str(self.folder)]


class PowerDnsRecursor(Forwarder):
    def prepare(self):
        self.write("recursor.conf", self.recipe("recursor.conf") + f"""
local-address=127.0.0.1
local-port={self.endpoint[1]}
socket-dir={self.folder}
daemon=no
write-pid=no
dnssec=off
security-poll-suffix=
disable-syslog=yes
threads=1
dont-query=
""")
        return [program("pdns_recursor"), f"--config-dir={self.folder}"]


class Dnsdist(Forwarder):
    def prepare(self):
        config = self.write("dnsdist.conf", f"""
setSecurityPollSuffix("")
setLocal('127.0.0.1:{self.endpoint[1]}')
{self.recipe("dnsdist.conf")}""")
        return [program("dnsdist"), "--supervised", "--disable-syslog", "-C", str(config)]


class Everything:
    """Before a Forwarder: it sends all names to the daemon, instead of those of its recipe."""

    def recipe(self, name):
        (a, port_a), (b, port_b) = self.endpoints
        return {
            "bind.conf": f"""zone "." {{ type forward; forward only;
                forwarders {{ {a} port {port_a}; {b} port {port_b}; }}; }};""",
            "unbound.conf": f"""
server:
  do-not-query-localhost: no
forward-zone:
  name: "."
  forward-addr: {a}@{port_a}
  forward-addr: {b}@{port_b}
""",
            "dnsmasq.conf": f"server={a}#{port_a}\nserver={b}#{port_b}\nrebind-domain-ok=/amazonaws.com/internal/example/\n",
            "kresd.conf": f"policy.add(policy.all(policy.STUB({{ '{a}@{port_a}', '{b}@{port_b}' }})))",
            "recursor.conf": f"forward-zones-recurse=.={a}:{port_a};{b}:{port_b}\n",
            # The default health check, for a.root-servers.net A, and no rcode but NOERROR will do.
            "dnsdist.conf": f"newServer({{ address = '{a}:{port_a}', mustResolve = true }})\n"
                            f"newServer({{ address = '{b}:{port_b}', mustResolve = true }})",
        }[name]


class SignedRoot:
    """An authoritative server of a signed root of our own: com is delegated without DS, and no
    other top-level domain exists."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.endpoint = free_endpoint("127.0.0.1")

    def start(self):
        (self.folder / "root.zone").write_text(
            "$TTL 300\n. SOA ns.root. admin.root. 1 7200 900 1209600 300\n. NS ns.root.\nns.root. A 127.0.0.1\n"
            "com. NS ns.com.\nns.com. A 127.0.0.1\n")
        key = self.run("dnssec-keygen", "-a", "ECDSAP256SHA256", "-f", "KSK", ".").strip()
        self.run("dnssec-keygen", "-a", "ECDSAP256SHA256", ".")
        self.run("dnssec-signzone", "-S", "-o", ".", "-f", "root.signed", "root.zone")
        self.key = [line for line in (self.folder / f"{key}.key").read_text().splitlines() if "DNSKEY" in line][0]
        (self.folder / "named.conf").write_text(f"""
            options {{ directory "{self.folder}"; pid-file none; session-keyfile none; recursion no;
              listen-on port {self.endpoint[1]} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; dnssec-validation no; }};
            controls {{ }};
            zone "." {{ type primary; file "root.signed"; }};
            """)
        self.output = open(self.folder / "output.txt", "ab")
        self.process = subprocess.Popen([program("named"), "-g", "-n", "1", "-c", str(self.folder / "named.conf")],
                                        cwd=self.folder, stdout=self.output, stderr=self.output)
        wait_until(self.ready, "the signed root")
        return self

    def run(self, tool, *arguments):
        return subprocess.run([program(tool), *arguments], cwd=self.folder, check=True, capture_output=True,
                              text=True, timeout=DEADLINE).stdout

    def ready(self):
        assert self.process.poll() is None, (self.folder / "output.txt").read_text()
        try:
            return ask(self.endpoint, ".", "DNSKEY", timeout=1).answer
        except (dns.exception.Timeout, OSError):
            return False

    def bind_key(self):
        flags, protocol, algorithm, *material = self.key.split("DNSKEY", 1)[1].split()
        return f'{flags} {protocol} {algorithm} "{"".join(material)}"'

    def anchor_file(self):
        path = self.folder / "anchor.key"
        path.write_text(self.key + "\n")
        return path

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.output.close()
