"""The operator's tool: what it says of good and bad files, and how it looks after the daemon."""

import json
import os
import signal
import subprocess

import pytest

from support import ADDRESSES, API, BUILD, DEADLINE, SOURCE, Daemon, addresses, ask, wait_until


def tool(*arguments):
    return subprocess.run([BUILD / "inlet53", *arguments], capture_output=True, text=True, timeout=DEADLINE)


def test_check_says_what_a_good_file_calls_for():
    good = tool("check", str(SOURCE / "conf" / "demo.toml"))
    assert good.returncode == 0, good.stderr
    assert "rslvr-in-a7dd746257784e148" in good.stdout and "127.0.53.1:5300" in good.stdout
    machine = tool("check", str(SOURCE / "conf" / "demo.toml"), "-o", "json")
    assert json.loads(machine.stdout)


BROKEN = {
    "an unknown key": ("cidr_blocks = [", "cidr_block = [", 3, 'cidr_blocks'),
    "a dangling reference": ('vpc = "demo"', 'vpc = "dmeo"', 3, "demo"),
    "an address outside its subnet": ('"10.0.10.10"', '"10.0.200.10"', 3, "10.0.200.10"),
    "an id of the wrong shape": ("rslvr-in-a7dd746257784e148", "rslvr-in-a7dd", 3, "rslvr-in-"),
    "no TOML": ("[vpc.demo]", "[vpc.demo", 3, ""),
    "a broken record": (None, None, 3, "corp.zone:"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_check_names_file_line_and_column(tmp_path, case):
    old, new, code, words = BROKEN[case]
    daemon = Daemon(tmp_path)
    if old is None:
        daemon.zone_file.write_text("$TTL 60\n@ SOA a b 1 2 3 4 5\napp A 10.0.0.256\n")
        place = ":3:"
    else:
        text = daemon.config_file.read_text()
        line = text[:text.index(old)].count("\n") + 1
        daemon.config_file.write_text(text.replace(old, new, 1))
        place = f"inlet53.toml:{line}:"
    bad = tool("check", str(daemon.config_file))
    assert bad.returncode == code
    assert place in bad.stderr and words in bad.stderr, bad.stderr


def test_usage_errors_are_2():
    for arguments in ([], ["no-such-verb"], ["check"], ["logs", "tail", "--no-such-flag"]):
        assert tool(*arguments).returncode == 2, arguments
    assert tool("--version").returncode == 0 and tool("--help").returncode == 0


class Up:
    """`inlet53 up` over a Daemon's files."""

    def __init__(self, folder):
        self.daemon = Daemon(folder)
        with open(self.daemon.operator_log, "ab") as log:
            self.process = subprocess.Popen([BUILD / "inlet53", "up", self.daemon.config_file],
                                            stderr=log, stdout=log)
        self.daemon.process = self.process
        wait_until(lambda: self.daemon.said().count("serving") >= 2, "the daemon to serve")
        wait_until(self.daemon.answers, "an answer")

    def child(self):
        """The daemon's pid, None between two of them."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid), "-x", "inlet53d"], capture_output=True, text=True)
        return int(found.stdout) if found.stdout else None


def test_up_starts_restarts_and_stops(tmp_path):
    up = Up(tmp_path)
    first = up.child()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: up.child() not in (None, first), "another daemon")
    wait_until(up.daemon.answers, "its answer")
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "reloaded" in up.daemon.said(), "the reload")
    assert sorted(addresses(ask(up.daemon.endpoints[1], API))) == ADDRESSES
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(DEADLINE) == 0
    assert "ended" in up.daemon.said()


def test_a_daemon_does_not_outlive_its_supervisor(tmp_path):
    up = Up(tmp_path)
    child = up.child()
    up.process.kill()
    up.process.wait(DEADLINE)
    wait_until(lambda: not os.path.exists(f"/proc/{child}"), "the daemon to end")


def test_up_passes_on_what_keeps_a_daemon_from_starting(tmp_path):
    running = Daemon(tmp_path).start()
    second = tool("up", str(running.config_file))
    assert second.returncode == 4, second.stderr
    assert "%s:%d" % running.endpoints[0] in second.stderr
    assert running.stop() == 0
    running.config_file.write_text("nonsense = 1\n")
    assert tool("up", str(running.config_file)).returncode == 3
