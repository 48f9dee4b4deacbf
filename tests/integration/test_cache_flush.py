# SPDX-License-Identifier: Apache-2.0
"""`inlet53 cache flush`: a running daemon removes targets' answers from its cache."""

import os
import subprocess

import pytest

from isolation import AS_USER
from rules import host
from support import BUILD, Daemon, addresses, ask

NAMES = ["www.partner.test", "a.www.partner.test", "other.partner.test"]


def flush(*arguments):
    done = subprocess.run([BUILD / "inlet53", "cache", "flush", *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def cached(scripted):
    """A daemon of two workers that has queried its target for each of NAMES."""
    target, running = scripted(lambda query, _: host(query), more='[control]\nsocket = "c.sock"\n[server]\nworkers = 2\nudp_spread = "query"\n')

    def asked_again():
        """Returns the names that the target is queried for again."""
        before = {name: len(target.asked(name + ".")) for name in NAMES}
        for name in NAMES:
            for _ in range(40):  # both workers
                assert addresses(ask(running.endpoints[0], name)) == ["10.1.1.2"]
        return {name for name in NAMES if len(target.asked(name + ".")) > before[name]}
    assert asked_again() == set(NAMES)
    assert asked_again() == set()
    return running, asked_again


def test_a_name_a_subtree_and_everything(cached):
    running, asked_again = cached
    config = ["--config", str(running.config_file)]
    assert flush("WWW.partner.test", *config) == (0, "removed 2 responses\n")
    assert asked_again() == {"www.partner.test"}
    assert flush("www.partner.test.", "--subtree", *config) == (0, "removed 4 responses\n")
    assert asked_again() == {"www.partner.test", "a.www.partner.test"}
    assert flush("--all", "--socket", str(running.folder / "c.sock")) == (0, "removed 6 responses\n")
    assert asked_again() == set(NAMES)
    assert flush("not-cached.test", *config) == (0, "removed 0 responses\n")


def test_faults_are_reported(cached, tmp_path_factory):
    running, asked_again = cached
    socket = ["--socket", str(running.folder / "c.sock")]
    code, said = flush("a..b", *socket)
    assert code == 1 and '"a..b" is no domain name' in said
    code, said = flush("--all", "--socket", str(running.folder / "none.sock"))
    assert code == 1 and "no daemon listens there" in said
    for arguments in ([], ["--all"], ["--all", "x.test", *socket], ["--subtree", "--all", *socket]):
        assert flush(*arguments)[0] == 2, arguments
    other = Daemon(tmp_path_factory.mktemp("other"))
    code, said = flush("--all", "--config", str(other.config_file))
    assert code == 1 and "inlet53.inlet53d.sock: no daemon listens there" in said
    assert asked_again() == set()


def test_a_user_without_permission_gets_an_error(cached):
    running, _ = cached
    socket = running.folder / "c.sock"
    socket.chmod(0)
    as_user = AS_USER if os.geteuid() == 0 else ()
    done = subprocess.run([*as_user, BUILD / "inlet53", "cache", "flush", "--all", "--socket", socket],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"{socket}: this user may not control the daemon: Permission denied" in done.stderr


def test_a_second_daemon_does_not_take_the_socket(cached, tmp_path_factory):
    running, _ = cached
    other = Daemon(tmp_path_factory.mktemp("other"), more=f'[control]\nsocket = "{running.folder}/c.sock"\n')
    with pytest.raises(AssertionError):
        other.start()
    assert other.process.wait(60) == 4
    assert "another daemon" in other.messages()
    assert flush("--all", "--config", str(running.config_file))[0] == 0
