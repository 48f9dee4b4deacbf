# SPDX-License-Identifier: Apache-2.0
import pytest

from encrypted import EncryptedDaemon
from rules import rule, start as start_with_rules
from support import Daemon
from targets import ScriptedTarget


@pytest.fixture
def daemon(tmp_path):
    """A new daemon for one test; it must end without a fault."""
    running = Daemon(tmp_path).start()
    yield running
    assert running.stop() == 0, running.messages()


@pytest.fixture(scope="module")
def shared_daemon(tmp_path_factory):
    """One daemon for all tests of a file that do not change it."""
    running = Daemon(tmp_path_factory.mktemp("daemon")).start()
    yield running
    assert running.stop() == 0, running.messages()


@pytest.fixture
def scripted(tmp_path):
    """Starts a daemon whose rule for partner.test has one scripted target."""
    started = []

    def begin(script, more="", domain="partner.test"):
        target = ScriptedTarget(script)
        running = start_with_rules(tmp_path, rule("partner", domain, target.endpoint), more=more)
        started.append((target, running))
        return target, running
    yield begin
    for target, running in started:
        assert running.stop() == 0, running.messages()
        target.stop()


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    """One daemon with DoT and DoH for all tests of a file that do not change it."""
    running = EncryptedDaemon(tmp_path_factory.mktemp("daemon")).start()
    yield running
    assert running.stop() == 0, running.messages()


@pytest.fixture
def start_encrypted(tmp_path):
    """Starts a daemon with DoT and DoH and with the test's settings."""
    started = []

    def run(**arguments):
        started.append(EncryptedDaemon(tmp_path, **arguments).start())
        return started[-1]
    yield run
    for daemon in started:
        assert daemon.stop() == 0, daemon.messages()
