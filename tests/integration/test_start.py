# SPDX-License-Identifier: Apache-2.0
"""Starts without standard streams, memory, threads or a working directory."""

import os
import signal
import subprocess
from pathlib import Path

import dns.exception
import pytest

from gateway import API_ID, OPEN_POLICY, Gateway, mock
from isolation import folder_of, give, without
from support import ADDRESSES, API, BUILD, DEADLINE, Daemon, addresses, ask, wait_until

CLOSED = ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"]
CLOSED_IDS = ["stdin", "stdout", "stderr", "all"]

APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy_file = "policy.json"
[rest_api.hello.stage.v1]
{mock("/hello", body="hello")}
"""


def made(kind, folder):
    """Returns a daemon or a gateway that is not started."""
    if kind is Daemon:
        return Daemon(folder)
    (folder / "policy.json").write_text(OPEN_POLICY)
    return Gateway(folder, APIS)


def end(running):
    if running.process and running.process.poll() is None:
        running.kill()


@pytest.fixture
def daemon(tmp_path):
    """A daemon that is not started."""
    running = made(Daemon, tmp_path)
    yield running
    end(running)


@pytest.fixture
def gateway(tmp_path):
    """A gateway that is not started."""
    running = made(Gateway, tmp_path)
    yield running
    end(running)


#--- Closed standard streams

def closing(streams):
    """Returns a command that closes streams and executes the rest of its command line."""
    return ["sh", "-c", f'exec "$0" "$@" {streams}']


def streams_of(pid):
    return [os.readlink(f"/proc/{pid}/fd/{stream}") for stream in range(3)]


@pytest.mark.parametrize("streams", CLOSED, ids=CLOSED_IDS)
def test_the_dns_daemon_works_with_closed_streams(daemon, streams):
    with open(daemon.operator_log, "ab") as log:
        daemon.process = subprocess.Popen(
            [*closing(streams), BUILD / "inlet53d", "--config", daemon.config_file],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wait_until(lambda: answers(daemon), "an answer")
    assert {"/dev/null", "/dev/full", str(daemon.operator_log)} >= set(streams_of(daemon.process.pid))
    assert sorted(addresses(ask(daemon.endpoints[0], API))) == ADDRESSES
    daemon.wait_record(query_name=API + ".")  # each line of the log is a record
    assert daemon.stop() == 0


def answers(daemon):
    assert daemon.process.poll() is None, daemon.messages()
    try:
        return ask(daemon.endpoints[0], "ready.invalid", timeout=0.5)
    except dns.exception.Timeout:
        return None


@pytest.mark.parametrize("streams", CLOSED, ids=CLOSED_IDS)
def test_the_gateway_works_with_closed_streams(gateway, streams):
    gateway.launch(prefix=closing(streams))
    wait_until(lambda: responds(gateway), "a response")
    assert {"/dev/null", "/dev/full", str(gateway.operator_log)} >= set(streams_of(gateway.process.pid))
    assert gateway.stop() == 0


def responds(gateway):
    assert gateway.is_running(), gateway.messages()
    if not gateway.ca.exists():
        return None
    return gateway.curl("/v1/hello").status == 200


@pytest.mark.parametrize("streams, code", zip(CLOSED, [0, 1, 0, 1]), ids=CLOSED_IDS)
def test_the_tool_works_with_closed_streams(daemon, streams, code):
    run = subprocess.run([*closing(streams), BUILD / "inlet53", "check", daemon.config_file],
                         capture_output=True, text=True, timeout=DEADLINE)
    assert run.returncode == code
    assert ("ok\n" in run.stdout) == (code == 0)
    assert run.stderr == ("inlet53: cannot write the output\n" if streams == "1>&-" else "")


@pytest.mark.parametrize("program", ["inlet53", "inlet53d", "inlet53-gateway"])
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_that_cannot_be_written_is_a_failure(program, option):
    with open("/dev/full", "w") as full:
        run = subprocess.run([BUILD / program, option], stdout=full, stderr=subprocess.PIPE, text=True,
                             timeout=DEADLINE)
    assert run.returncode == 1 and run.stderr == f"{program}: cannot write the output\n"


#--- Addresses

def test_a_port_below_1024_needs_a_capability(daemon):
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) > 53:
        daemon.write_config(listen_a="%s:53" % daemon.endpoints[0][0])
        run = subprocess.run([*without("net_bind_service"), BUILD / "inlet53d", "--config", daemon.config_file],
                             capture_output=True, text=True, timeout=DEADLINE)
        assert run.returncode == 4
        assert "port 53 needs the capability CAP_NET_BIND_SERVICE" in run.stderr and "`listen`" in run.stderr


def test_an_address_that_is_not_local_is_explained(daemon):
    daemon.write_config(listen_a="192.0.2.53:5300")  # RFC 5737: unassigned
    run = subprocess.run([BUILD / "inlet53d", "--config", daemon.config_file], capture_output=True, text=True,
                         timeout=DEADLINE)
    assert run.returncode == 4
    assert "this machine has no such address: add 192.0.2.53 to an interface" in run.stderr


#--- The control socket

def test_a_daemon_that_hangs_keeps_its_control_socket(daemon, tmp_path):
    """The next daemon reports it and ends, and the socket stays."""
    (tmp_path / "other").mkdir()
    control = f'[control]\nsocket = "{tmp_path / "c.sock"}"\n'
    daemon.write_config(more=control)
    daemon.start()
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        other = Daemon(tmp_path / "other", more=control)
        run = subprocess.run([BUILD / "inlet53d", "--config", other.config_file], capture_output=True, text=True,
                             timeout=DEADLINE)
        assert run.returncode == 4
        assert f"c.sock: cannot listen: another daemon (process {daemon.process.pid}) uses it; stop that daemon" in run.stderr
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    assert (tmp_path / "c.sock").is_socket()
    assert daemon.stop() == 0
    assert not (tmp_path / "c.sock").exists() and not (tmp_path / "c.sock.lock").exists()


def test_a_daemon_takes_over_from_one_that_was_killed(daemon):
    daemon.write_config(more='[control]\nsocket = "c.sock"\n')
    for _ in range(2):
        daemon.start()
        daemon.kill()
        assert (daemon.folder / "c.sock").is_socket()


#--- Too little memory, too few threads

def has_sanitizer():
    return b"__asan_init" in (BUILD / "inlet53d").read_bytes() or b"__tsan_init" in (BUILD / "inlet53d").read_bytes()


class Attempt:
    """A start of a daemon under a limit: it serves, or it ends with a message."""

    def __init__(self, daemon, prefix):
        program, served = ("inlet53d", 2) if isinstance(daemon, Daemon) else ("inlet53-gateway", 3)
        daemon.operator_log.write_bytes(b"")
        with open(daemon.operator_log, "ab") as log:
            daemon.process = subprocess.Popen([*prefix, BUILD / program, "--config", daemon.config_file],
                                              stdout=log, stderr=log)
        wait_until(lambda: daemon.process.poll() is not None or daemon.messages().count("serving") == served, "the start")
        self.serves = daemon.messages().count("serving") == served
        self.code = daemon.stop() if self.serves else daemon.process.wait(DEADLINE)
        self.said = daemon.messages()

    def is_plain(self):
        """Returns whether the message names the missing resource. (The loader reports missing memory for libraries.)"""
        if self.serves:
            return self.code in (0, 1)
        if self.code == 127:
            return "error while loading shared libraries" in self.said
        return self.code == 1 and any(words in self.said for words in (
            "not enough memory", "cannot start a thread: Resource temporarily unavailable", "cannot make an event loop",
            "OpenSSL fails"))


@pytest.mark.skipif(has_sanitizer(), reason="a sanitizer needs address space without limits")
@pytest.mark.parametrize("kind", [Daemon, Gateway])
def test_a_start_with_too_little_memory_reports_it(tmp_path, kind):
    running = made(kind, tmp_path)
    try:
        for mib in range(16, 4000, 8):
            attempt = Attempt(running, ["prlimit", f"--as={mib << 20}"])
            assert attempt.is_plain(), (mib, attempt.code, attempt.said)
            if attempt.serves:
                return
    finally:
        end(running)
    raise AssertionError("it never served")


OTHER_USER = 65_531  # no other process has it


@pytest.mark.parametrize("kind", [Daemon, Gateway])
def test_a_start_with_too_few_threads_reports_it(kind):
    """The limit applies to a user, and not to root: as root, the daemon gets a user id that has no other process."""
    as_root = os.geteuid() == 0
    user = OTHER_USER if as_root else os.geteuid()
    prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if as_root else []
    with folder_of(user) as folder:
        running = made(kind, folder)
        try:
            running.operator_log.write_bytes(b"")
            give(folder, user)
            for threads in range(1, 1000):
                # The leak sanitizer needs its own thread at the end.
                sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
                attempt = Attempt(running, [*prefix, "env", f"ASAN_OPTIONS={sanitizer}", "prlimit", f"--nproc={threads}"])
                assert attempt.is_plain(), (threads, attempt.code, attempt.said)
                assert not (as_root and threads == 1 and attempt.serves)
                if attempt.serves:
                    return
        finally:
            end(running)
    raise AssertionError("it never served")
