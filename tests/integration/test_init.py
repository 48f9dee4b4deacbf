# SPDX-License-Identifier: Apache-2.0
"""`inlet53 init`: the starter configuration, from the new file to a DNS answer."""

import os
import re
import stat
import subprocess

import pytest

from support import BUILD, DEADLINE, SOURCE, free_endpoint, wait_until

TOOL = BUILD / "inlet53"
STARTER = SOURCE / "conf/starter.toml"
ANSWER = {"10.0.12.179", "10.0.140.226"}


def init(*arguments, **options):
    return subprocess.run([TOOL, "init", *arguments], text=True, stderr=subprocess.PIPE, timeout=DEADLINE,
                          **{"stdout": subprocess.PIPE, **options})


def refused(run, file, reason):
    assert run.returncode == 1 and run.stdout == ""
    assert run.stderr == f"inlet53: {file}: {reason}\n"


@pytest.mark.parametrize("arguments, name", [([], "inlet53.toml"), (["own.toml"], "own.toml")])
def test_init_writes_a_file_that_check_accepts(tmp_path, arguments, name):
    run = init(*arguments, cwd=tmp_path)
    assert run.returncode == 0 and run.stderr == ""
    assert f"inlet53 check {name}\n" in run.stdout and f"inlet53 up {name}\n" in run.stdout
    file = tmp_path / name
    assert file.read_bytes() == STARTER.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) & ~0o644 == 0
    check = subprocess.run([TOOL, "check", file], text=True, capture_output=True, timeout=DEADLINE)
    assert check.returncode == 0 and check.stderr == ""


def test_init_prints_the_file(tmp_path):
    run = init("-", cwd=tmp_path)
    assert run.returncode == 0 and run.stdout == STARTER.read_text() and run.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["init", "help"])
def test_init_has_help(command):
    words = {"init": ["init", "--help"], "help": ["help", "init"]}[command]
    run = subprocess.run([TOOL, *words], text=True, capture_output=True, timeout=DEADLINE)
    assert run.returncode == 0 and "(default: inlet53.toml); - is stdout" in run.stdout


def test_init_does_not_overwrite_a_file(tmp_path):
    file, link, dangling = tmp_path / "own.toml", tmp_path / "link.toml", tmp_path / "dangling.toml"
    file.write_text("mine\n")
    link.symlink_to(file)
    dangling.symlink_to(tmp_path / "other.toml")
    for path in (file, link, dangling, tmp_path):
        refused(init(path), path, "exists, and init does not overwrite it")
    assert file.read_text() == "mine\n" and not (tmp_path / "other.toml").exists()


def test_init_reports_a_directory_that_is_missing(tmp_path):
    file = tmp_path / "none/own.toml"
    refused(init(file), file, "cannot be created: No such file or directory")


def test_init_reports_a_directory_that_it_cannot_write(tmp_path):
    """Runs as another user if the test runs as root, for whom permissions do not apply."""
    tmp_path.chmod(0o555)
    other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    # The directory is entered before the user changes, who may have no access to it.
    run = subprocess.run([*other, TOOL, "init", "own.toml"], cwd=tmp_path, text=True, capture_output=True,
                         timeout=DEADLINE)
    refused(run, "own.toml", "cannot be created: Permission denied")


def test_init_reports_a_full_device(tmp_path):
    with open("/dev/full", "w") as full:
        run = init("-", stdout=full)
    assert run.returncode == 1 and run.stderr == "inlet53: cannot write the output\n"


def test_init_leaves_no_part_of_a_file_on_a_full_device(tmp_path):
    """A full file system of one page, in a new mount namespace."""
    script = 'mount -t tmpfs -o size=4096 none "$1" && cd "$1" && head -c 4096 /dev/zero >filler && ' \
             '"$2" init own.toml; echo "code $?"; ls'
    run = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", tmp_path, TOOL],
                         text=True, capture_output=True, timeout=DEADLINE)
    assert run.stderr == "inlet53: own.toml: cannot be written: No space left on device\n"
    assert run.stdout == "code 1\nfiller\n"


def test_the_starter_configuration_is_served(tmp_path):
    """At free ports. dig queries both addresses, and the query log has both queries."""
    assert init("own.toml", cwd=tmp_path).returncode == 0
    file, endpoints = tmp_path / "own.toml", []
    text = file.read_text()
    for listen in ("127.0.53.1:5300", "127.0.53.2:5300"):
        endpoints.append(free_endpoint(listen.split(":")[0]))
        text = text.replace(listen, "%s:%d" % endpoints[-1])
    file.write_text(text)
    said = tmp_path / "said"
    with said.open("wb") as output:
        process = subprocess.Popen([TOOL, "up", file], stdout=output, stderr=output)
    try:
        wait_until(lambda: said.read_text().count(": serving ") == 2, "the daemon to serve")
        for address, port in endpoints:
            run = subprocess.run(["dig", f"@{address}", "-p", str(port), "+short", "+time=60",
                                  "abcdefghij.execute-api.eu-west-1.amazonaws.com"],
                                 text=True, capture_output=True, timeout=DEADLINE)
            assert set(run.stdout.split()) == ANSWER, run.stdout + run.stderr
        wait_until(lambda: (tmp_path / "query.log").read_text().count('"abcdefghij.') == 2, "the records")
    finally:
        process.terminate()
        assert process.wait(DEADLINE) == 0, said.read_text()
    assert not re.search("error|warning", said.read_text())
