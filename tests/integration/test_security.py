# SPDX-License-Identifier: Apache-2.0
"""Access of other users and processes on this machine to the daemons, their files and their ports."""

import os
import re
import socket
import stat
import subprocess
import sys

import pytest

from encrypted import EncryptedDaemon
from gateway import API_ID, OPEN_POLICY, Gateway, mock
from support import BUILD, DEADLINE, API, addresses, ask

NOBODY = 65534
APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''
[rest_api.hello.stage.v1]
access_log = {{ file = "logs/access.log", format = "json" }}
execution_log = "logs/execution.log"
{mock("/hello", body="hello")}
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0,
                                reason="needs root to become another user, or to look into a daemon")


@pytest.fixture
def gateway(tmp_path):
    """A gateway that is not started."""
    running = Gateway(tmp_path, APIS)
    yield running
    if running.process and running.is_running():
        assert running.stop() == 0, running.messages()


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


#--- Sockets

def inodes(pid):
    """Returns the inodes of a process's sockets."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{name}"))
        if match:
            found.add(match.group(1))
    return found


def endpoint_of(text):
    address, port = text.split(":")
    return socket.inet_ntop(socket.AF_INET, bytes.fromhex(address)[::-1]), int(port, 16)


def served(pid):
    """Returns (protocol, endpoint) of each IPv4 socket that receives from any source, and the number of IPv6
    sockets. Listening is state 0A of TCP, an unconnected UDP socket has state 07."""
    ours, found, v6 = inodes(pid), set(), 0
    for protocol, state in (("tcp", "0A"), ("udp", "07")):
        for line in open(f"/proc/{pid}/net/{protocol}").read().splitlines()[1:]:
            words = line.split()
            if words[3] == state and words[9] in ours:
                found.add((protocol, endpoint_of(words[1])))
        for line in open(f"/proc/{pid}/net/{protocol}6").read().splitlines()[1:]:
            words = line.split()
            v6 += words[3] == state and words[9] in ours
    return found, v6


@needs_root
def test_inlet53d_listens_only_at_the_configured_addresses(tmp_path):
    server = EncryptedDaemon(tmp_path).start()
    plain = {(protocol, endpoint) for protocol in ("tcp", "udp") for endpoint in server.endpoints}
    tls = {("tcp", endpoint) for endpoint in (server.dot, server.doh, *server.others.values())}
    assert served(server.process.pid) == (plain | tls, 0)
    assert server.stop() == 0


@needs_root
def test_the_gateway_listens_only_at_the_configured_addresses(gateway):
    gateway.start()
    assert gateway.call("/v1/hello").status == 200
    assert served(gateway.process.pid) == ({("tcp", endpoint) for endpoint in gateway.endpoints}, 0)


BIND = """
import os, socket, sys
user, kind, address, port = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
if user != os.getuid():
    os.setuid(user)
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
try:
    one.bind((address, port))
    if kind == "tcp":
        one.listen()
    print("bound")
except OSError as error:
    print(os.strerror(error.errno))
"""


def bind_as(user, kind, endpoint):
    run = subprocess.run([sys.executable, "-c", BIND, str(user), kind, endpoint[0], str(endpoint[1])], text=True,
                         capture_output=True, timeout=DEADLINE)
    return run.stdout.strip() or run.stderr


@needs_root
@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_another_user_cannot_share_a_port(tmp_path, kind):
    server = EncryptedDaemon(tmp_path).start()
    for endpoint in (server.endpoints[0], *([server.dot, server.doh] if kind == "tcp" else [])):
        assert bind_as(NOBODY, kind, endpoint) == "Address already in use"
    assert server.stop() == 0


def test_a_process_of_the_same_user_can_share_a_port(tmp_path):
    """A limit that SECURITY.md names; the daemon's own check at its start prevents mistakes only."""
    server = EncryptedDaemon(tmp_path).start()
    assert bind_as(os.getuid(), "udp", server.endpoints[0]) == "bound"
    assert server.stop() == 0


@needs_root
def test_another_user_has_no_access_to_the_control_socket(tmp_path):
    server = EncryptedDaemon(tmp_path, more='\n[control]\nsocket = "control.sock"\n').start()
    path = tmp_path / "control.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    code = ("import os, socket, sys\nos.chdir(sys.argv[1])\nos.setuid(65534)\ns = socket.socket(socket.AF_UNIX)\n"
            "s.settimeout(30)\ntry:\n    s.connect('control.sock')\n    s.sendall(b'GET /v1/status HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n"
            "    print(s.recv(12).decode())\n"
            "except OSError as error:\n    print('refused', error.errno)\n")

    def as_nobody():
        run = subprocess.run([sys.executable, "-c", code, tmp_path], text=True, capture_output=True, timeout=DEADLINE)
        return run.stdout.strip() or run.stderr
    tmp_path.chmod(0o755)
    assert as_nobody() == "refused 13"
    path.chmod(0o666)
    assert as_nobody() == "HTTP/1.1 403"
    assert server.stop() == 0


#--- Files

def check_descriptors(pid):
    for name in os.listdir(f"/proc/{pid}/fdinfo"):
        flags = int(re.search(r"flags:\s+([0-7]+)", open(f"/proc/{pid}/fdinfo/{name}").read()).group(1), 8)
        if int(name) > 2:
            assert flags & os.O_CLOEXEC, (name, os.readlink(f"/proc/{pid}/fd/{name}"))


@needs_root
def test_no_descriptor_of_a_daemon_is_inherited(tmp_path, gateway):
    gateway.start()
    (tmp_path / "dns").mkdir()
    server = EncryptedDaemon(tmp_path / "dns", more='\n[control]\nsocket = "control.sock"\n').start()
    for process in (gateway.process, server.process):
        check_descriptors(process.pid)
    assert server.stop() == 0


def test_the_version_of_interpreters_is_read_as_the_gateways_user(tmp_path, gateway):
    """Once at the start and once at each reload; no function starts before a call."""
    (tmp_path / "app.py").write_text("def handler(event, context): return {}\n")
    ran, language = tmp_path / "ran", {"python": ("python3.11", "Python 3.11.9"), "node": ("nodejs20.x", "v20.1.0")}
    for name, (_, version) in language.items():
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $(id -u) $*" >> {ran}\necho "{version}"\n')
        (tmp_path / name).chmod(0o755)
    functions = "".join(f'[function.{name}]\nruntime = "{runtime}"\nhandler = "app.handler"\ncode = "."\n'
                        for name, (runtime, _) in language.items())
    gateway.write_config(apis=APIS + functions, functions=f'python = "{tmp_path}/python"\nnode = "{tmp_path}/node"')
    user = os.geteuid()
    once = [f"node {user} --version", f"python {user} --version"]
    gateway.start()
    assert sorted(ran.read_text().splitlines()) == once
    gateway.reload()
    assert sorted(ran.read_text().splitlines()) == sorted(2 * once)


PUBLIC = {"ca.pem", ".gitignore"}


def check_modes(folder, given):
    """Checks all files except `given`: no other user may write them, or read them unless they are public."""
    seen = set()
    for path in folder.rglob("*"):
        if path in given:
            continue
        mode = path.lstat().st_mode
        assert not mode & (stat.S_IWGRP | stat.S_IWOTH), (path, oct(mode))
        if stat.S_ISREG(mode) and path.name not in PUBLIC:
            assert not mode & stat.S_IROTH, (path, oct(mode))
        seen.add(path.name)
    return seen


def test_other_users_write_nothing_and_read_no_log(tmp_path, gateway, open_umask):
    given = {*tmp_path.rglob("*"), gateway.operator_log}
    gateway.start()
    assert gateway.call("/v1/hello").status == 200
    gateway.wait_line("logs/access.log", "hello")
    assert {"access.log", "execution.log", "gateway.pem", "ca-key.pem"} <= check_modes(tmp_path, given)


def test_other_users_write_nothing_and_read_no_query_log(tmp_path, open_umask):
    server = EncryptedDaemon(tmp_path, log="logs/below/query.log",
                             more='\n[control]\nsocket = "control.sock"\n')
    server.log_file = tmp_path / "logs/below/query.log"
    given = {*tmp_path.rglob("*"), server.operator_log}
    server.start()
    assert addresses(ask(server.endpoints[0], API))
    assert {"query.log", "below", "dns.pem", "control.sock"} <= check_modes(tmp_path, given)
    assert server.stop() == 0


@needs_root
@pytest.mark.parametrize("trap", ["link", "file"])
def test_a_log_that_another_user_created_is_refused(tmp_path, gateway, trap):
    (tmp_path / "logs").mkdir()
    log, victim = tmp_path / "logs/access.log", tmp_path / "victim"
    victim.write_text("precious")
    if trap == "link":
        log.symlink_to(victim)
    else:
        log.write_text("")
    os.lchown(log, NOBODY, NOBODY)
    run = subprocess.run([BUILD / "inlet53-gateway", "--config", gateway.config_file], text=True,
                         capture_output=True, timeout=DEADLINE)
    assert run.returncode == 3, run.stderr
    assert "access.log: cannot be opened: the " in run.stderr and "belongs to user 65534" in run.stderr, run.stderr
    assert victim.read_text() == "precious"


#--- Servers that a client can make the gateway call

def test_a_client_does_not_choose_the_server_of_an_integration(tmp_path):
    text = APIS.replace("[rest_api.hello.stage.v1]", """[rest_api.hello.resource."/{proxy+}".ANY]
integration = { type = "HTTP_PROXY", uri = "http://127.0.0.1:80{proxy}" }
[rest_api.hello.stage.v1]""")
    refused = subprocess.run([BUILD / "inlet53", "check", Gateway(tmp_path, text).config_file], text=True,
                             capture_output=True, timeout=DEADLINE)
    assert refused.returncode == 3, refused.stdout
    assert "{proxy} stands in the host or port, so that a client would choose the server" in refused.stderr
