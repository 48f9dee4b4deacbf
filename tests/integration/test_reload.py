# SPDX-License-Identifier: Apache-2.0
"""Reloading: as a whole or not at all; added and removed addresses; signals and exit codes."""

import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import dns.exception
import dns.rcode
import pytest

from gateway import API_ID, OPEN_POLICY, Gateway, mock
from support import ADDRESSES, API, BUILD, Daemon, addresses, ask, free_endpoint, held_file, wait_until


GATEWAY_APIS = f"""
[rest_api.hello]
id = "{API_ID}"
policy_file = "policy.json"
[rest_api.hello.stage.v1]
{mock("/hello", body="hello")}
"""


def test_a_disabled_address_is_closed_and_opened_again(daemon):
    daemon.write_config(enabled_b="false")
    daemon.reload()
    first, second = daemon.endpoints
    wait_until(lambda: silent(second), "the second address to fall silent")
    assert sorted(addresses(ask(first, API))) == ADDRESSES
    with pytest.raises(OSError):
        ask(second, API, tcp=True)
    daemon.write_config(enabled_b="true")
    daemon.reload()
    for tcp in (False, True):
        assert sorted(addresses(ask(second, API, tcp=tcp))) == ADDRESSES


def silent(endpoint):
    try:
        ask(endpoint, API, timeout=0.2)
        return False
    except (dns.exception.Timeout, OSError):
        return True


def test_an_invalid_file_keeps_the_old_state(daemon):
    daemon.zone_file.write_text("app A 10.0.0.256\n")
    daemon.reload()
    assert "reload refused" in daemon.messages() and "corp.zone:1:" in daemon.messages()
    assert sorted(addresses(ask(daemon.endpoints[0], "app.corp.internal"))) == ["10.0.20.10", "10.0.20.11"]
    daemon.config_file.write_text("regoin = 1\n")
    daemon.reload()
    assert 'inlet53.toml:1:' in daemon.messages() and "region" in daemon.messages()
    assert sorted(addresses(ask(daemon.endpoints[1], API))) == ADDRESSES


def test_a_reload_names_the_settings_that_need_a_restart(daemon):
    text = daemon.config_file.read_text()
    said = "these settings change only at a restart"
    daemon.config_file.write_text(text + '[tls]\nauthority = "other"\n')
    daemon.reload()
    assert said not in daemon.messages(), "a certificate is taken up"
    for others in ("[gateway]\nbacklog = 5\nhttp2 = false\n", "[lambda]\nmax_environments = 1\n"):
        daemon.config_file.write_text(text + others)
        daemon.reload()
        assert said not in daemon.messages(), "these are another daemon's"
    daemon.config_file.write_text(text + '[tcp]\nbacklog = 5\nidle_timeout = "20 s"\n[cache]\nprefetch = false\n')
    daemon.reload()
    assert f"{said}: [tcp] idle_timeout, [tcp] backlog, [cache] prefetch\n" in daemon.messages()


def test_an_address_in_use_rejects_the_reload(daemon):
    import socket
    taken = free_endpoint()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(taken)
        daemon.write_config(listen_b="%s:%d" % taken)
        daemon.reload()
    assert "reload refused" in daemon.messages() and "%s:%d" % taken in daemon.messages()
    assert sorted(addresses(ask(daemon.endpoints[1], API))) == ADDRESSES


def test_reloads_under_load_lose_nothing(daemon):
    """Answers are of the old zone or the new one; none is lost or mixed."""
    failures, seen, stop = [], set(), threading.Event()

    def client(endpoint):
        while not stop.is_set():
            try:
                seen.add(tuple(sorted(addresses(ask(endpoint, "flip.corp.internal", timeout=10)))))
            except Exception as error:  # noqa: BLE001: any error is a lost answer
                failures.append(error)

    zone = daemon.zone_file.read_text()
    versions = ["flip A 10.2.0.1\nflip A 10.2.0.2\n", "flip A 10.3.0.1\nflip A 10.3.0.2\n"]
    daemon.zone_file.write_text(zone + versions[0])
    daemon.reload()
    clients = [threading.Thread(target=client, args=(e,)) for e in daemon.endpoints]
    for thread in clients:
        thread.start()
    for i in range(20):
        daemon.zone_file.write_text(zone + versions[(i + 1) % 2])
        daemon.reload()
    stop.set()
    for thread in clients:
        thread.join()
    assert failures == []
    assert seen == {("10.2.0.1", "10.2.0.2"), ("10.3.0.1", "10.3.0.2")}


def names(count, address="10.0.0.1"):
    return "".join(f"h{i} A {address}\n" for i in range(count))


def test_a_reload_requested_during_a_reload_reads_the_file_again(daemon):
    zone = daemon.zone_file.read_text()
    for i in range(1, 6):
        daemon.zone_file.write_text(zone + names(3000, f"10.1.0.{i}"))
        daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: addresses(ask(daemon.endpoints[0], "h7.corp.internal")) == ["10.1.0.5"], "the last version")


def test_answers_and_shutdown_do_not_wait_for_a_reload(daemon):
    with held_file(daemon.config_file) as wait_for_reader:
        daemon.process.send_signal(signal.SIGHUP)
        wait_for_reader()
        assert sorted(addresses(ask(daemon.endpoints[0], API))) == ADDRESSES
        assert daemon.stop() == 0, daemon.messages()


def start_in(folder, daemon):
    """Starts a daemon in its own working directory, with relative paths."""
    daemon.config_file = Path(os.path.relpath(daemon.config_file, folder))
    here = os.getcwd()
    os.chdir(folder)
    try:
        return daemon.start()
    finally:
        os.chdir(here)
        daemon.config_file = (folder / daemon.config_file).resolve()


@pytest.mark.parametrize("kind", ["inlet53d", "inlet53-gateway"])
def test_a_removed_working_directory_stops_no_reload(tmp_path, kind):
    """A path on the command line stays relative to the directory of the start."""
    work, config = tmp_path / "work", tmp_path / "config"
    work.mkdir()
    config.mkdir()
    if kind == "inlet53d":
        daemon = Daemon(config, arguments=["--query-log", "../query.log"])
    else:
        (config / "policy.json").write_text(OPEN_POLICY)
        daemon = Gateway(config, GATEWAY_APIS)
    start_in(work, daemon)
    try:
        work.rmdir()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_message("reload")  # `work/..` is no directory any more
        assert "reload refused: the old configuration stays" in daemon.messages()
        work.mkdir()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_message("reloaded ")
        assert daemon.stop() == 0, daemon.messages()
    finally:
        if daemon.process.poll() is None:
            daemon.kill()


def test_a_recreated_working_directory_is_used(tmp_path):
    """As after a deployment that replaces it."""
    work, old = tmp_path / "work", tmp_path / "old"
    work.mkdir()
    daemon = Daemon(work)
    daemon.operator_log = tmp_path / "operator.log"
    start_in(work, daemon)
    try:
        work.rename(old)
        shutil.copytree(old, work, ignore=shutil.ignore_patterns("*.sock*"))
        shutil.rmtree(old)
        daemon.reload()
        assert "reload refused" not in daemon.messages()
        assert sorted(addresses(ask(daemon.endpoints[0], API))) == ADDRESSES
        assert daemon.stop() == 0, daemon.messages()
    finally:
        if daemon.process.poll() is None:
            daemon.kill()


def test_exit_codes(tmp_path):
    def run(*arguments):
        return subprocess.run([BUILD / "inlet53d", *arguments], capture_output=True, text=True, timeout=60)

    assert run().returncode == 2
    assert run("--no-such-flag").returncode == 2
    assert run("--version").returncode == 0
    missing = run("--config", str(tmp_path / "missing.toml"))
    assert missing.returncode == 3 and "missing.toml" in missing.stderr

    daemon = Daemon(tmp_path).start()
    second = run("--config", str(daemon.config_file), "--query-log", "off")
    assert second.returncode == 4
    assert "%s:%d" % daemon.endpoints[0] in second.stderr
    daemon.process.send_signal(signal.SIGINT)
    assert daemon.process.wait(60) == 0
    assert "statistics:" in daemon.messages()


def test_signals_during_the_start_are_kept(tmp_path):
    daemon = Daemon(tmp_path)
    daemon.zone_file.write_text(daemon.zone_file.read_text() + names(2000))
    with open(daemon.operator_log, "ab") as log:
        daemon.process = subprocess.Popen([BUILD / "inlet53d", "--config", daemon.config_file], stderr=log, stdout=log)
    # It installs its handlers before it reads the zone: SIGHUP is then caught (bit 0 of the mask).
    wait_until(lambda: caught_signals(daemon.process.pid) & 1, "the handler of HUP")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: "reloaded" in daemon.messages(), "the reload that was asked for")
    assert daemon.stop() == 0


def caught_signals(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt:"))


def test_statistics_are_logged_at_their_interval(tmp_path):
    daemon = Daemon(tmp_path, more='[server]\nstatistics_interval = "1 s"\n').start()
    ask(daemon.endpoints[0], API)
    daemon.wait_message("statistics: udp_queries=2", count=2)
    assert daemon.stop() == 0


def test_workers_and_cpus_flags(tmp_path):
    daemon = Daemon(tmp_path, arguments=["--workers", "2", "--cpus", "0", "--query-log", "off"]).start()
    for _ in range(20):
        assert sorted(addresses(ask(daemon.endpoints[0], API))) == ADDRESSES
    assert daemon.stop() == 0
    assert not daemon.log_file.exists()
