# SPDX-License-Identifier: Apache-2.0
"""Real forwarders, started with the recipes of conf/forwarders, and a signed root to validate below."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import dns.exception
import pytest

from support import BUILD, DEADLINE, SOURCE, ask, free_endpoint, wait_until

RECIPES = SOURCE / "conf" / "forwarders"
TARGET = re.compile(r"127\.0\.53\.([12])(@|#|:| port )5300")


def recipe(name, endpoints):
    """Returns the text of a recipe with the daemon's addresses instead of the demo's."""
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
    """A forwarder on loopback with its files in `folder`. Subclasses write them and name the command.

    `without` is a pattern: matching lines of the recipe are omitted. `protects`: against rebinding."""

    def __init__(self, folder, endpoints, root=None, without=None, protects=False):
        self.folder = Path(folder)
        self.endpoint = free_endpoint("127.0.0.1")
        self.endpoints = endpoints
        self.root = root  # a SignedRoot; if set, the forwarder validates
        self.without = without
        self.protects = protects
        self.process = None

    def recipe(self, name):
        return self.kept(recipe(name, self.endpoints))

    def kept(self, text):
        if self.without is None:
            return text
        return "".join(line for line in text.splitlines(True) if not re.search(self.without, line))

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
        options = (RECIPES / "bind-options.conf").read_text()
        if self.protects:  # the recipe has the line as a comment
            options = re.sub(r"^//(deny-answer|    except)", r"\1", options, flags=re.M)
            assert "\ndeny-answer-addresses" in options
            options = options if self.without is None else re.sub(r"\n +except-from.*;", ";", options)
        validation = "dnssec-validation no;"
        anchors = ""
        if self.root:
            validation = 'dnssec-validation yes; forward only; forwarders { %s port %d; };' % self.root.endpoint
            anchors = 'trust-anchors { . static-key %s; };' % self.root.bind_key()
        validation += f' include "{self.write("options.conf", self.kept(options))}";'
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
        private = "private-address: 10.0.0.0/8" if self.protects else ""
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
  {private}
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
                f"--port={self.endpoint[1]}", "--log-facility=-", "--stop-dns-rebind", "--bogus-priv",
                "--domain-needed"]


class KnotResolver(Forwarder):
    def prepare(self):
        self.write("kresd.conf", f"""
net.listen('127.0.0.1', {self.endpoint[1]}, {{ kind = 'dns' }})
cache.size = 10 * MB
trust_anchors.remove('.')
modules.unload('ta_update')
modules.unload('priming')
{"modules.load('rebinding < iterate')" if self.protects else ""}
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
""")
        return [program("pdns_recursor"), f"--config-dir={self.folder}"]


class Dnsdist(Forwarder):
    def prepare(self):
        config = self.write("dnsdist.conf", f"""
setSecurityPollSuffix("")
setLocal('127.0.0.1:{self.endpoint[1]}')
{self.recipe("dnsdist.conf")}""")
        return [program("dnsdist"), "--supervised", "--disable-syslog", "-C", str(config)]


class Resolved(Forwarder):
    """systemd-resolved in a mount namespace. Its package is unpacked and never installed, because an
    installation replaces /etc/resolv.conf. It changes from root to its own user and has its files below /run."""

    def prepare(self):
        package = unpacked("systemd-resolved")
        if not list(Path("/usr/lib").glob("*/systemd/libsystemd-shared-*.so")):
            pytest.skip("needs the libraries of systemd, which this system lacks")
        user, user_id = "systemd-resolve", "65533"
        for name, line in (("passwd", f"{user}:x:{user_id}:{user_id}::/:/bin/false\n"), ("group", f"{user}:x:{user_id}:\n")):
            self.write(name, (Path("/etc") / name).read_text() + line)
        (self.folder / "systemd/resolved.conf.d").mkdir(parents=True, exist_ok=True)
        self.write("systemd/resolved.conf.d/inlet53.conf", self.recipe("resolved.conf"))
        self.write("systemd/resolved.conf", "[Resolve]\nFallbackDNS=\nLLMNR=no\nMulticastDNS=no\nDNSStubListener=no\n"
                                            f"DNSStubListenerExtra={self.endpoint[0]}:{self.endpoint[1]}\n")
        binds = [f"mount --bind {shlex.quote(str(self.folder / name))} /etc/{name}" for name in ("passwd", "group", "systemd")]
        script = "; ".join(["set -e", *binds, "mount -t tmpfs none /run", "mkdir -p /run/systemd/resolve",
                            f"chown {user_id}:{user_id} /run/systemd/resolve",
                            f"exec {shlex.quote(str(package / 'lib/systemd/systemd-resolved'))}"])
        return ["unshare", "--mount", "sh", "-c", script]


def unpacked(package):
    """Returns the directory with the files of a Debian package, below the build directory; apt downloads it once.
    Fails the test if that is impossible; skips it without root."""
    folder = BUILD / "packages"
    files = folder / package
    if not files.exists():
        if os.geteuid() != 0:
            pytest.skip("needs root: for a mount namespace, and to become another user")
        folder.mkdir(exist_ok=True)
        fetched = subprocess.run(["apt-get", "-q", "download", package], cwd=folder, capture_output=True, text=True,
                                 timeout=DEADLINE)
        found = sorted(folder.glob(f"{package}_*.deb"))
        if not found:
            pytest.fail(f"the package {package} cannot be fetched: {fetched.stderr.strip()[-200:]}")
        subprocess.run(["dpkg-deb", "--extract", found[-1], folder / f"{package}.part"], check=True, timeout=DEADLINE)
        (folder / f"{package}.part").rename(files)
    return files


class Everything:
    """A mixin for a Forwarder that sends all names to the daemon, instead of those of its recipe."""

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
            # The default health check queries A of a.root-servers.net and accepts no rcode but NOERROR.
            "dnsdist.conf": f"newServer({{ address = '{a}:{port_a}', mustResolve = true }})\n"
                            f"newServer({{ address = '{b}:{port_b}', mustResolve = true }})",
        }[name]


class SignedRoot:
    """An authoritative server of a signed test root: com is delegated without DS, and no
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
