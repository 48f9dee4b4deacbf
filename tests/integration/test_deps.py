# SPDX-License-Identifier: Apache-2.0
""".ci/deps in a mount namespace, with a fake apt: the test does not change this machine."""

import os
import shlex
import signal
import subprocess

import pytest

from support import DEADLINE, SOURCE, wait_until

OWN_POLICY = "#!/bin/sh\nexit 7\n"
DEBIAN = 'ID=debian\nVERSION_ID="12"\n'
# Prints the result of the policy during the installation, enables a service, and waits if the test needs that.
APT = """#!/bin/sh
echo "apt-get $*" >> {folder}/ran
case "$*" in *install*) ;; *) exit 0 ;; esac
/usr/sbin/policy-rc.d; echo $? > {folder}/answer
ln -s /dev/null /etc/systemd/system/new.service
if [ -p {folder}/hold ]; then echo > {folder}/holds; read -r word < {folder}/hold; fi
exit $(cat {folder}/status)
"""
NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]

pytestmark = pytest.mark.skipif(subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode != 0,
                                reason="needs a mount namespace")


class System:
    """The parts of a system that .ci/deps uses: os-release, /usr/sbin, boot links, apt and dpkg."""

    def __init__(self, folder, release=DEBIAN):
        self.folder, self.process = folder, None
        for name in ("bin", "sbin", "boot"):
            (folder / name).mkdir()
        (folder / "boot/old.service").symlink_to("/dev/null")
        (folder / "release").write_text(release)
        (folder / "status").write_text("0")
        self.program("apt-get", APT.format(folder=folder))
        self.program("dpkg-query", "#!/bin/sh\nexit 1\n")
        self.program("apt-cache", "#!/bin/sh\n")
        self.program("sudo", f"#!/bin/sh\necho sudo >> {folder}/ran\n")
        self.policy = folder / "sbin/policy-rc.d"

    def program(self, name, text):
        (self.folder / "bin" / name).write_text(text)
        (self.folder / "bin" / name).chmod(0o755)

    def start(self):
        mounts = {"sbin": "/usr/sbin", "boot": "/etc/systemd/system", "release": "/etc/os-release"}
        commands = [shlex.join(["mount", "--bind", str(self.folder / name), place]) for name, place in mounts.items()]
        script = "; ".join(["set -e", *commands, f"exec {SOURCE}/.ci/deps build"])
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        with open(self.folder / "said", "wb") as said:
            self.process = subprocess.Popen([*NAMESPACE, "sh", "-c", script], env={**os.environ, "PATH": path},
                                            stdout=said, stderr=said, start_new_session=True)
        return self

    def end(self):
        return self.process.wait(DEADLINE)

    def messages(self):
        return (self.folder / "said").read_text()

    def ran(self):
        file = self.folder / "ran"
        return file.read_text().splitlines() if file.exists() else []

    def left(self):
        """Returns the contents of /usr/sbin and of the boot links."""
        return sorted(path.name for name in ("sbin", "boot") for path in (self.folder / name).iterdir())


@pytest.fixture
def system(tmp_path):
    made = System(tmp_path)
    yield made
    if made.process and made.process.poll() is None:
        os.killpg(made.process.pid, signal.SIGKILL)
        made.process.wait(DEADLINE)


@pytest.mark.parametrize("release", ['ID=fedora\nVERSION_ID=41\n', "NAME=x\n", 'ID="ubuntu"\nID_LIKE=debian\n'])
def test_another_system_is_not_changed(tmp_path, release):
    system = System(tmp_path, release).start()
    assert system.end() == 1
    assert "deps: this system is not Debian" in system.messages() and "libldns-dev" in system.messages()
    assert system.ran() == [] and system.left() == ["old.service"]


def test_another_debian_version_is_reported(tmp_path):
    system = System(tmp_path, 'ID=debian\nVERSION_ID="13"\n').start()
    assert system.end() == 0
    assert "the packages are those of Debian 12, but this system is Debian 13" in system.messages()


@pytest.mark.parametrize("own", [None, OWN_POLICY])
@pytest.mark.parametrize("status", [0, 100])
def test_no_service_starts_and_the_state_is_restored(system, own, status):
    if own:
        system.policy.write_text(own)
    (system.folder / "status").write_text(str(status))
    assert system.start().end() == (1 if status else 0), system.messages()
    assert (system.folder / "answer").read_text() == "101\n"
    assert system.left() == ["old.service"] + (["policy-rc.d"] if own else [])
    assert own is None or system.policy.read_text() == own


@pytest.mark.parametrize("own", [None, OWN_POLICY])
@pytest.mark.parametrize("number, whom", [(signal.SIGKILL, "deps"), (signal.SIGKILL, "all"), (signal.SIGTERM, "deps"),
                                          (signal.SIGINT, "all"), (signal.SIGHUP, "all")])
def test_a_killed_installation_leaves_no_policy(system, own, number, whom):
    if own:
        system.policy.write_text(own)
    os.mkfifo(system.folder / "hold")
    system.start()
    wait_until((system.folder / "holds").exists, "apt to run")
    assert "exit 101" in system.policy.read_text()
    if whom == "all":
        os.killpg(system.process.pid, number)
    else:
        system.process.send_signal(number)
        if number == signal.SIGKILL:
            system.end()
        assert "exit 101" in system.policy.read_text()  # apt still runs
        (system.folder / "hold").write_text("go\n")
    expected = ["old.service"] + (["policy-rc.d"] if own else [])
    wait_until(lambda: system.left() == expected, "the policy to be put back")
    assert own is None or system.policy.read_text() == own
    assert system.end() != 0


def test_a_policy_without_its_guard_forbids_nothing_and_is_replaced(system):
    """As after a power failure."""
    os.mkfifo(system.folder / "hold")
    system.start()
    wait_until((system.folder / "holds").exists, "apt to run")
    policy = system.policy.read_text()
    os.killpg(system.process.pid, signal.SIGKILL)
    system.end()
    wait_until(lambda: not system.policy.exists(), "the policy to be put back")
    system.policy.write_text(policy)
    system.policy.chmod(0o755)
    assert subprocess.run([system.policy]).returncode == 0
    (system.folder / "hold").unlink()
    assert system.start().end() == 0, system.messages()
    assert (system.folder / "answer").read_text() == "101\n"
    assert system.left() == ["old.service"]
