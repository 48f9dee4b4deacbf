# SPDX-License-Identifier: Apache-2.0
"""The operator's tool: check of valid and invalid files, supervision by up, logs tail."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess

import pytest

from support import (ADDRESSES, API, BUILD, DEADLINE, SOURCE, Daemon, addresses, ask, free_endpoint, wait_until)

TOOL = BUILD / "inlet53"


def tool(*arguments, **options):
    return subprocess.run([TOOL, *map(str, arguments)], text=True, capture_output=True,
                          timeout=DEADLINE, **options)


@pytest.fixture
def files(tmp_path):
    """A configuration without a running daemon."""
    return Daemon(tmp_path)


class Up:
    """`inlet53 up` with its output."""

    def __init__(self, files):
        self.files = files
        self.output = files.folder / "up.log"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen([TOOL, "up", files.config_file], stdout=output,
                                            stderr=output)

    def messages(self):
        return self.output.read_text()

    def daemon_pids(self):
        return [int(pid) for pid in re.findall(r"started inlet53d, process (\d+)", self.messages())]

    def wait_message(self, words):
        wait_until(lambda: words in self.messages(), words)

    def wait_said_again(self, words, count):
        wait_until(lambda: self.messages().count(words) == count, f"{count} times {words!r}")

    def wait_start(self, count=1):
        """Waits until the `count`th daemon serves, and returns its process."""
        wait_until(lambda: self.messages().count("serving") >= 2 * count, "the daemon")
        return self.daemon_pids()[-1]

    def end(self, signum=signal.SIGTERM):
        self.process.send_signal(signum)
        return self.process.wait(DEADLINE)


@pytest.fixture
def up(files):
    running = Up(files)
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGKILL)


def is_running(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


def test_usage_is_exit_code_2():
    for wrong in ([], ["frob"], ["check"], ["check", "a", "b"], ["logs", "tail"],
                  ["logs", "tail", "a", "--client", "1.2"], ["logs", "tail", "a", "-n", "few"]):
        assert tool(*wrong).returncode == 2, wrong


def test_version_and_help():
    assert re.fullmatch(r"inlet53 \d+\.\d+\.\d+\n", tool("--version").stdout)
    assert "check" in tool("--help").stdout


def test_help_and_version_are_commands():
    assert tool("help").stdout == tool("--help").stdout
    assert tool("help", "logs", "tail").stdout == tool("logs", "tail", "--help").stdout
    assert tool("version").stdout == tool("--version").stdout


@pytest.mark.parametrize("words, said", [
    (["chek", "a"], '"chek" is not a command of inlet53; did you mean check?'),
    (["logs", "tial"], '"tial" is not a command of logs; did you mean tail?'),
    (["help", "chek"], '"chek" is not a command of inlet53; did you mean check?'),
    (["frob"], '"frob" is not a command of inlet53; its commands are init, check, up, '),
])
def test_an_unknown_command_is_named(words, said):
    run = tool(*words)
    assert run.returncode == 2 and said in run.stderr and run.stdout == ""


@pytest.mark.parametrize("words", [["help"], ["version"], ["--help"], ["check", "CONFIG"], ["check", "CONFIG", "-o", "json"]],
                         ids=" ".join)
def test_output_that_cannot_be_written_is_a_failure(files, words):
    words = [files.config_file if word == "CONFIG" else word for word in words]
    with open("/dev/full", "w") as full:
        run = subprocess.run([TOOL, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
    assert run.returncode == 1
    assert run.stderr.endswith("inlet53: cannot write the output\n")


def test_check_summarises_a_valid_file(files):
    run = tool("check", files.config_file)
    assert run.returncode == 0 and run.stderr == ""
    assert run.stdout.startswith(f"{files.config_file}: ok\n")
    assert "rni-3a4a0caca1d0412ab  eu-west-1a  10.0.10.10  served at 127.53." in run.stdout


def test_check_prints_json(files):
    said = json.loads(tool("check", files.config_file, "-o", "json").stdout)
    assert said["ok"] is True
    assert [a["address"] for a in said["resolver_ip_addresses"]] == ["10.0.10.10", "10.0.150.10"]
    assert said["hosted_zones"][0]["records"] > 100


def test_json_output_has_paths_that_are_not_utf8(files, tmp_path):
    """A path may contain any bytes; JSON may not."""
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    shown = str(tmp_path / "caf\N{REPLACEMENT CHARACTER}")
    folder.mkdir()
    sound, broken = folder / "sound.toml", folder / "broken.toml"
    sound.write_text(files.config_file.read_text())
    (folder / files.zone_file.name).write_text(files.zone_file.read_text())
    broken.write_text("[frob]\n")

    def said(code, *arguments):
        run = subprocess.run([TOOL, *arguments, "-o", "json"], capture_output=True, timeout=DEADLINE)
        assert run.returncode == code, run.stderr
        return json.loads(run.stdout.decode("utf-8"))
    assert said(0, "check", sound)["file"] == shown + "/sound.toml"
    assert said(3, "check", broken)["errors"][0]["file"] == shown + "/broken.toml"
    encrypted = sound.read_text().replace('direction = "INBOUND"', 'direction = "INBOUND"\nprotocols = ["Do53", "DoT"]')
    sound.write_text(encrypted + '[tls]\nauthority = "ca"\n')
    assert shown in said(0, "ca", "--config", sound)["certificate_authority"]["file"]
    assert shown in said(0, "ca", "--folder", folder / "ca")["certificate_authority"]["file"]


def test_the_tool_works_in_a_folder_that_was_removed(files, tmp_path):
    """Without `cd`, which fails there."""
    (tmp_path / "gone").mkdir()
    enter = f'cd {tmp_path / "gone"} && rmdir ../gone && exec "$0" "$@"'
    for arguments, code in ([["check", files.config_file], 0], [["check", "none.toml"], 3],
                            [["ca", "--folder", "none"], 1], [["logs", "tail", "none.log"], 1]):
        run = subprocess.run(["sh", "-c", enter, TOOL, *map(str, arguments)], capture_output=True, text=True,
                             timeout=DEADLINE)
        (tmp_path / "gone").mkdir()
        assert run.returncode == code and "filesystem error" not in run.stderr, run.stderr


@pytest.mark.parametrize("file", sorted((SOURCE / "conf").glob("*.toml")), ids=lambda file: file.name)
def test_the_files_of_conf_are_valid(file):
    run = tool("check", file)
    assert run.returncode == 0 and run.stderr == "", run.stderr


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
    bad = tool("check", daemon.config_file)
    assert bad.returncode == code
    assert place in bad.stderr and words in bad.stderr and bad.stdout == "", bad.stderr
    said = json.loads(tool("check", daemon.config_file, "-o", "json").stdout)
    assert said["ok"] is False and said["errors"]


@pytest.mark.parametrize("socket_path, said", [
    ("p" * 200, "the path is too long for a socket: "),
    ("none/c.sock", "/none does not exist: create it"),
    ("inlet53.toml", "a file that is not a socket has this path"),
    ("inlet53.toml/c.sock", "inlet53.toml is not a directory"),
], ids=["too long", "no directory", "a file", "below a file"])
def test_check_reports_an_impossible_control_socket(files, socket_path, said):
    files.write_config(more=f'[control]\nsocket = "{socket_path}"\n')
    for arguments in (["check"], ["check", "-o", "json"]):
        run = tool(*arguments, files.config_file)
        assert run.returncode == 3 and said in run.stdout + run.stderr and "control.socket" in run.stdout + run.stderr
    daemon = subprocess.run([BUILD / "inlet53d", "--config", files.config_file], capture_output=True, text=True,
                            timeout=DEADLINE)
    assert daemon.returncode in (3, 4) and said in daemon.stderr
    files.write_config(more='[control]\nsocket = "c.sock"\n')
    assert tool("check", files.config_file).returncode == 0


def test_check_reports_that_nothing_would_be_served(files):
    text = files.config_file.read_text().replace('enabled = true', 'enabled = false')
    files.config_file.write_text(text.replace('address = "10.0.10.10"', 'address = "10.0.10.10"\nenabled = false'))
    run = tool("check", files.config_file)
    assert run.returncode == 0 and "inlet53d will not start" in run.stdout
    assert tool("up", files.config_file).returncode == 3


def test_up_starts_the_daemon_and_stops_it(up):
    pid = up.wait_start()
    assert sorted(addresses(ask(up.files.endpoints[1], API))) == ADDRESSES
    assert up.end() == 0
    assert not is_running(pid)


def test_up_starts_a_killed_daemon_again(up):
    pid = up.wait_start()
    os.kill(pid, signal.SIGKILL)
    again = up.wait_start(2)
    assert again != pid
    assert "ended by SIGKILL; restarting it in 500 ms" in up.messages()
    assert sorted(addresses(ask(up.files.endpoints[0], API))) == ADDRESSES
    assert up.end(signal.SIGINT) == 0


def test_up_does_not_restart_a_daemon_that_term_ended(up):
    os.kill(up.wait_start(), signal.SIGTERM)
    assert up.process.wait(DEADLINE) == 0


def test_up_passes_a_reload_on(up):
    up.wait_start()
    up.files.write_config(enabled_b="false")
    up.process.send_signal(signal.SIGHUP)
    up.wait_message("reload")
    assert up.end() == 0


def starts(up, name):
    return up.messages().count(f"started {name}, process ")


def with_gateway(files, listen):
    """Adds a stage to the configuration, which then requires a gateway at an address."""
    text = files.config_file.read_text()
    for index, address in enumerate(("10.0.12.179", "10.0.140.226")):
        text = text.replace(f'address = "{address}"', f'address = "{address}"\nlisten = "%s:%d"' % listen[index])
    return text + '[rest_api.hello.stage.v1]\n[gateway]\nauthority = "authority"\nstatistics_interval = 0\n'


def test_up_starts_and_stops_daemons_as_the_file_requires(up):
    files = up.files
    pid = up.wait_start()
    plain = files.config_file.read_text()
    listen = [free_endpoint(), free_endpoint()]
    for round_ in (1, 2):
        files.config_file.write_text(with_gateway(files, listen))
        up.process.send_signal(signal.SIGHUP)
        wait_until(lambda: up.messages().count("(HTTPS)") == 2 * round_, "the gateway")
        files.config_file.write_text(plain)
        up.process.send_signal(signal.SIGHUP)
        up.wait_said_again("inlet53-gateway ended with exit code 0; it is not required any more", round_)
    assert starts(up, "inlet53-gateway") == 2
    assert up.daemon_pids() == [pid], "the other daemon goes on"
    up.wait_message("reloaded ")
    assert up.end() == 0


def test_up_starts_a_stopped_daemon_at_hup(up):
    """A daemon that TERM has ended, while another daemon runs."""
    files = up.files
    up.wait_start()
    files.config_file.write_text(with_gateway(files, [free_endpoint(), free_endpoint()]))
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: up.messages().count("(HTTPS)") == 2, "the gateway")
    os.kill(up.daemon_pids()[0], signal.SIGTERM)
    up.wait_message("inlet53d ended by itself; it is not restarted")
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: up.messages().count("serving rslvr-in") == 4, "the daemon")
    assert len(up.daemon_pids()) == 2
    assert up.end() == 0


def test_up_keeps_its_daemons_when_the_file_has_faults(up):
    pid = up.wait_start()
    sound = up.files.config_file.read_text()
    up.files.config_file.write_text("[frob]\n")
    up.process.send_signal(signal.SIGHUP)
    up.wait_message("is invalid: no daemon is started or stopped")
    up.wait_message("reload refused")
    up.files.config_file.write_text(sound.replace("listen =", "enabled = false\nlisten =").replace("enabled = true", ""))
    up.process.send_signal(signal.SIGHUP)
    up.wait_message("requires no daemon")
    assert is_running(pid)
    assert up.end() == 0


def test_up_does_not_restart_a_daemon_with_an_invalid_file(up):
    """The file is invalid when the daemon crashes; HUP tries again."""
    files = up.files
    pid = up.wait_start()
    files.config_file.write_text(with_gateway(files, [free_endpoint(), free_endpoint()]))
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: up.messages().count("(HTTPS)") == 2, "the gateway, which keeps `up` there")
    sound = files.config_file.read_text()
    files.config_file.write_text("[frob]\n")
    os.kill(pid, signal.SIGKILL)
    up.wait_message("inlet53d ended with exit code 3; it is not restarted before HUP")
    assert starts(up, "inlet53d") == 2
    files.config_file.write_text(sound)
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: up.messages().count("serving rslvr-in") == 4, "the daemon")
    assert up.end() == 0


def test_up_continues_if_a_daemon_that_hup_requires_cannot_start(up):
    files = up.files
    pid = up.wait_start()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        files.config_file.write_text(with_gateway(files, [taken.getsockname(), free_endpoint()]))
        up.process.send_signal(signal.SIGHUP)
        up.wait_message("inlet53-gateway ended with exit code 4; it is not restarted before HUP")
    assert is_running(pid)
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: up.messages().count("(HTTPS)") == 2, "the gateway")
    assert up.end() == 0


def test_up_ends_when_a_program_is_missing(files, tmp_path):
    """up does not try again, because the program stays missing."""
    (tmp_path / "bin").mkdir()
    alone = shutil.copy(TOOL, tmp_path / "bin")
    run = subprocess.run([alone, "up", files.config_file], env={"PATH": "/nowhere"}, text=True, capture_output=True,
                         timeout=DEADLINE)
    assert run.returncode == 1
    assert "inlet53d cannot be started: inlet53d: No such file or directory\n" in run.stderr
    assert "again" not in run.stderr


def test_up_ends_its_daemon_when_it_is_killed(up):
    pid = up.wait_start()
    up.end(signal.SIGKILL)
    wait_until(lambda: not is_running(pid), "the daemon's end")


def test_up_reports_a_port_in_use(files):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(files.endpoints[0])
        run = tool("up", files.config_file)
    assert run.returncode == 4
    assert "%s:%d" % files.endpoints[0] in run.stderr


def test_up_refuses_a_broken_file(files):
    files.config_file.write_text("[frob]\n")
    assert tool("up", files.config_file).returncode == 3


def test_logs_tail_filters(daemon):
    for name in ("app", "nowhere"):
        ask(daemon.endpoints[0], f"{name}.corp.internal")
    daemon.wait_record(query_name="nowhere.corp.internal.")
    run = tool("logs", "tail", "--config", daemon.config_file, "--rcode", "nxdomain", "-o", "json")
    assert run.returncode == 0
    assert [json.loads(line)["query_name"] for line in run.stdout.splitlines()] == [
        "nowhere.corp.internal."]
    table = tool("logs", "tail", daemon.log_file, "--name", "app.*").stdout
    assert "10.0.20.10" in table and "nowhere" not in table
    assert "\033" not in table  # no colour without a terminal


def test_logs_tail_names_a_missing_file(tmp_path):
    run = tool("logs", "tail", tmp_path / "none.log")
    assert run.returncode == 1 and "none.log" in run.stderr
