# SPDX-License-Identifier: Apache-2.0
"""`inlet53 status`, `reload` and `stop`: the control sockets of both daemons."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from isolation import AS_USER
from support import BUILD, DEADLINE, Daemon, addresses, ask, held_file, wait_until
from test_gateway_daemon import gateway as idle_gateway  # noqa: F401, a fixture


def inlet53(*arguments):
    done = subprocess.run([BUILD / "inlet53", *arguments], capture_output=True, text=True, timeout=DEADLINE)
    return done.returncode, done.stdout, done.stderr


def status(daemon):
    code, out, err = inlet53("status", "--config", daemon.config_file, "-o", "json")
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def gateway(idle_gateway):  # noqa: F811
    return idle_gateway.start()


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


#--- status

def test_status_is_readable_at_80_columns(daemon):
    code, out, _ = inlet53("status", "--config", daemon.config_file)
    shown = out.replace(str(daemon.folder), "DIR")
    assert code == 0 and max(len(line) for line in shown.splitlines()) <= 80
    a, b = ("%s:%d" % endpoint for endpoint in daemon.endpoints)
    assert re.fullmatch(
        rf"inlet53d \S+, process {daemon.process.pid}, since {TIME}\n"
        r"  configuration DIR/inlet53.toml\n"
        rf"  in use since  {TIME}\n"
        rf"  {re.escape(a)} +Do53  serving  \S+, eu-west-1a\n"
        rf"  {re.escape(b)} +Do53  serving  \S+, eu-west-1b\n"
        r"  workers       1, 1 of them for UDP\n"
        r"  queries       \d+\n"
        r"  query log     DIR/query.log, \d+ records, 0 dropped\n", shown), shown


def test_status_as_json(daemon):
    ask(daemon.endpoints[0], "app.corp.internal")
    [shown] = status(daemon)
    assert shown["program"] == "inlet53d" and shown["pid"] == daemon.process.pid
    assert shown["configuration"]["file"] == str(daemon.config_file)
    assert [address["listen"] for address in shown["addresses"]] == ["%s:%d" % each for each in daemon.endpoints]
    assert shown["queries"] >= 1 and shown["last_reload"] is None
    wait_until(lambda: status(daemon)[0]["query_log"]["records"] >= 1, "a record that is written")


def test_status_of_the_gateway(gateway):
    daemons = json.loads(inlet53("status", "--config", gateway.config_file, "-o", "json")[1])
    [shown] = [each for each in daemons if each["program"] == "inlet53-gateway"]
    assert shown["apis"] >= 1
    assert {address["listen"] for address in shown["addresses"]} == {"%s:%d" % each for each in gateway.endpoints}
    code, out, err = inlet53("status", "--socket", gateway.folder / "inlet53.inlet53-gateway.sock")
    assert code == 0 and "REST APIs" in out and err == ""


def test_a_daemon_that_does_not_run_is_named(daemon):
    daemon.kill()
    code, out, err = inlet53("status", "--config", daemon.config_file)
    assert code == 1 and out == "" and "inlet53.inlet53d.sock: no daemon listens there: " in err
    daemon.start()


#--- reload

def test_reload_waits_until_the_new_configuration_is_in_use(daemon):
    for i in range(10):
        daemon.zone_file.write_text(f"$TTL 300\n@ SOA ns a 1 2 3 4 5\n@ NS ns\nns A 10.0.0.1\nnew A 10.9.9.{i}\n")
        code, out, err = inlet53("reload", "--config", daemon.config_file)
        assert (code, out, err) == (0, "inlet53d: reloaded, serving 2 addresses\n", "")
        assert addresses(ask(daemon.endpoints[0], "new.corp.internal")) == [f"10.9.9.{i}"]
    assert status(daemon)[0]["last_reload"]["reloaded"] is True


def test_reload_says_where_a_file_is_wrong(daemon):
    good = daemon.config_file.read_text()
    daemon.config_file.write_text(good.replace('cidr_blocks = ["10.0.0.0/16"]', 'cidr_blocks = ["10.0.0.0/99"]'))
    code, out, err = inlet53("reload", "--socket", daemon.folder / "inlet53.inlet53d.sock")
    assert code == 1 and out == ""
    assert "rejected, the old configuration stays" in err
    assert re.search(r"inlet53\.toml:7:\d+: vpc\.demo\.cidr_blocks", err), err
    daemon.config_file.write_text(good)
    daemon.zone_file.write_text("@ SOA ns a 1 2 3 4 5\n@ NS ns\nbad A 10.0.0.300\n")
    code, out, err = inlet53("reload", "--config", daemon.config_file, "-o", "json")
    [result] = json.loads(out)
    assert code == 1 and result["reloaded"] is False
    assert re.search(r"corp\.zone:3:7: ", result["errors"][0]), result
    assert status(daemon)[0]["last_reload"]["errors"] == result["errors"]
    assert addresses(ask(daemon.endpoints[0], "host.deep.corp.internal")) == ["10.0.20.30"]
    assert "rejected" in inlet53("status", "--config", daemon.config_file)[1]


def test_reload_names_what_needs_a_restart(daemon):
    daemon.write_config(more='[tcp]\nbacklog = 77\n[server]\nworkers = 2\n')
    code, out, err = inlet53("reload", "--config", daemon.config_file)
    assert code == 0 and "reloaded" in out
    assert "needs a restart: [server] workers\n" in err and "needs a restart: [tcp] backlog\n" in err


def test_reload_of_the_gateway(gateway):
    socket_path = gateway.folder / "inlet53.inlet53-gateway.sock"
    code, out, err = inlet53("reload", "--socket", socket_path)
    assert code == 0 and re.fullmatch(r"the daemon: reloaded, serving 3 addresses, \d+ REST APIs\n", out), err
    good = gateway.config_file.read_text()
    gateway.config_file.write_text(good + "\n[gateway]\nhttp2 = 3\n")
    code, _, err = inlet53("reload", "--socket", socket_path)
    assert code == 1 and "inlet53.toml:" in err
    gateway.config_file.write_text(good)


def test_requests_during_a_reload_wait_for_the_next_one(daemon):
    """The file that a reload has read may be older than the request."""
    begin = [BUILD / "inlet53", "reload", "--socket", daemon.folder / "inlet53.inlet53d.sock"]
    other = daemon.folder / "other.toml"
    other.write_text(daemon.config_file.read_text())
    with held_file(daemon.config_file) as wait_for_reader:
        first = subprocess.Popen(begin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for_reader()
        second = subprocess.Popen(begin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: daemon.messages().count("sends POST /v1/reload") == 2, "the second request")
        ask(daemon.endpoints[0], "app.corp.internal")  # the daemon goes on
        os.replace(other, daemon.config_file)
    assert "rejected" in first.communicate(timeout=DEADLINE)[1] and first.returncode == 1  # an empty file
    assert second.communicate(timeout=DEADLINE)[0] == "the daemon: reloaded, serving 2 addresses\n"


#--- stop

def test_stop(tmp_path):
    running = Daemon(tmp_path).start()
    assert inlet53("stop", "--config", running.config_file) == (0, "inlet53d: stops\n", "")
    assert running.process.wait(DEADLINE) == 0
    assert not (tmp_path / "inlet53.inlet53d.sock").exists()
    assert f"user {os.geteuid()} sends POST /v1/stop" in running.messages()


#--- The socket

def test_the_default_socket_is_in_the_runtime_directory_of_a_service(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    running = Daemon(tmp_path).start()
    assert (tmp_path / "run/inlet53d.sock").is_socket()
    assert running.stop() == 0


def test_a_default_socket_that_cannot_be_made_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "missing"))
    running = Daemon(tmp_path).start()
    assert "does not exist: create it; the daemon runs without a control socket" in running.messages()
    assert running.stop() == 0


def test_a_group_that_does_not_exist(tmp_path):
    running = Daemon(tmp_path, more='[control]\ngroup = "no-such-group"\n')
    run = subprocess.run([BUILD / "inlet53d", "--config", running.config_file], capture_output=True, text=True,
                         timeout=DEADLINE)
    assert run.returncode == 3 and 'the control group: there is no group "no-such-group"' in run.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_members_of_the_group_may_reload(tmp_path):
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if str(parent).startswith("/tmp/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    running = Daemon(tmp_path, more='[control]\nsocket = "c.sock"\ngroup = "4321"\n').start()
    request = ("import socket,sys\ns = socket.socket(socket.AF_UNIX)\ns.settimeout(60)\ns.connect(sys.argv[1])\n"
               "s.sendall(b'GET /v1/status HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\nprint(s.recv(12).decode())\n")

    def as_member_of(group):
        run = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", f"--groups={group}", "/usr/bin/python3",
                              "-c", request, tmp_path / "c.sock"], capture_output=True, text=True, timeout=DEADLINE)
        return run.stdout.strip() or run.stderr.strip().splitlines()[-1]
    assert as_member_of(4321) == "HTTP/1.1 200"
    assert as_member_of(4322) == "PermissionError: [Errno 13] Permission denied"
    (tmp_path / "c.sock").chmod(0o666)
    assert as_member_of(4322) == "HTTP/1.1 403"
    assert running.stop() == 0


def test_a_daemon_that_hangs_is_an_error_and_no_wait_without_end(daemon):
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        done = subprocess.run([BUILD / "inlet53", "status", "--config", daemon.config_file], capture_output=True,
                              text=True, timeout=DEADLINE)
        assert done.returncode == 1 and "the daemon gave no response in time" in done.stderr
    finally:
        daemon.process.send_signal(signal.SIGCONT)


def test_a_thousand_connections_do_not_stop_queries_or_the_next_client(daemon):
    path = str(daemon.folder / "inlet53.inlet53d.sock")
    with contextlib.ExitStack() as held:
        for _ in range(1000):
            client = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
            with contextlib.suppress(BlockingIOError):
                client.connect(path)
        for _ in range(50):
            assert addresses(ask(daemon.endpoints[0], "host.deep.corp.internal")) == ["10.0.20.30"]
    wait_until(lambda: inlet53("status", "--config", daemon.config_file)[0] == 0, "a place at the socket")


@pytest.mark.parametrize("arguments", [(), ("--config", "a.toml", "--socket", "b.sock"), ("-o", "yaml")])
def test_what_is_missing_on_the_command_line_is_said(arguments):
    for verb in ("status", "reload", "stop"):
        code, _, err = inlet53(verb, *arguments)
        assert code == 2 and err != ""


def test_a_file_that_has_become_invalid(daemon, tmp_path_factory):
    """The daemon that reads it is found by its default socket, and reports the error."""
    daemon.config_file.write_text("[vpc\n")
    code, _, err = inlet53("reload", "--config", daemon.config_file)
    assert code == 1 and "inlet53d: rejected, the old configuration stays" in err and "inlet53.toml:1" in err
    assert status(daemon)[0]["last_reload"]["reloaded"] is False
    other = tmp_path_factory.mktemp("other") / "other.toml"
    other.write_text("[vpc\n")
    code, _, err = inlet53("reload", "--config", other)
    assert code == 3 and "other.toml:1" in err and "--socket" in err


def test_a_file_that_requires_no_daemon(tmp_path):
    (tmp_path / "empty.toml").write_text('region = "eu-west-1"\naccount_id = "123456789012"\n')
    code, out, err = inlet53("status", "--config", tmp_path / "empty.toml")
    assert (code, out) == (3, "") and "no daemon is required" in err


def test_another_user_is_told_so(daemon):
    path = daemon.folder / "inlet53.inlet53d.sock"
    path.chmod(0)
    as_user = AS_USER if os.geteuid() == 0 else ()
    done = subprocess.run([*as_user, BUILD / "inlet53", "status", "--socket", path], capture_output=True, text=True,
                          timeout=DEADLINE)
    assert done.returncode == 1 and "this user may not control the daemon: Permission denied" in done.stderr
