import pytest

from support import Daemon


@pytest.fixture
def daemon(tmp_path):
    """A fresh daemon for one test; it must end well."""
    running = Daemon(tmp_path).start()
    yield running
    assert running.stop() == 0, running.said()


@pytest.fixture(scope="module")
def shared_daemon(tmp_path_factory):
    """One daemon for all the tests of a file that change nothing in it."""
    running = Daemon(tmp_path_factory.mktemp("daemon")).start()
    yield running
    assert running.stop() == 0, running.said()
