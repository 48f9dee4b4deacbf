# SPDX-License-Identifier: Apache-2.0
"""Access to a function's Runtime API, and a function's access to the daemon's files: as root, as an ordinary
user, and if the system allows no isolation."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from gateway import API_ID, OPEN_POLICY, Gateway
from isolation import AS_USER, CHILDREN, NO_NAMESPACES, PROBE, USER, folder_of, give, without
from support import BUILD, DEADLINE, SOURCE, wait_until
from test_demo import demo, own_ports

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="starts daemons as other users: needs root")

APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''
[rest_api.hello.stage.v1]
access_log = {{ file = "access.log", format = "json" }}
[rest_api.hello.resource."/probe".POST]
integration = {{ type = "AWS_PROXY", function = "probe" }}
[function.probe]
runtime = "python3.11"
handler = "app.handler"
code = "code"
environment = {{ SECRET = "of the function" }}
"""

# The files that no function may read, with the names that its handler uses: DAEMON stands for
# /proc/PID of the daemon, FOLDER for the directory of the test.
PRIVATE = ["FOLDER/inlet53.toml", "FOLDER/authority/ca.key", "FOLDER/authority/ca.pem", "FOLDER/access.log",
           "FOLDER/operator.log", "DAEMON/environ", "DAEMON/root/FOLDER/inlet53.toml", "DAEMON/mem", "DAEMON/maps"]

WARNING = "functions can read the daemon's keys and configuration: "


def prepare(folder, settings=""):
    (folder / "code").mkdir()
    (folder / "code/app.py").write_text(PROBE)
    for path in (folder, folder / "code", folder / "code/app.py"):
        path.chmod(0o755)
    return Gateway(folder, APIS, functions=settings)


def probe(gateway, paths=()):
    response = gateway.call("/v1/probe", "POST", body=json.dumps({"read": list(paths)}))
    assert response.status == 200, gateway.lines("probe.log")
    return response.json


def what_it_reads(gateway):
    """Returns the private files of which the function could read a part."""
    paths = [path.replace("FOLDER", str(gateway.folder)) for path in PRIVATE]
    return [path for path, text in zip(PRIVATE, probe(gateway, paths)["read"]) if text]


@pytest.fixture
def as_root(tmp_path):
    running = prepare(tmp_path).start()
    yield running
    running.stop()


@pytest.fixture
def other_folder():
    with folder_of() as folder:
        yield folder


#--- Callers of the Runtime API

@pytest.mark.parametrize("who", ["root", "nobody", "function"])
def test_other_processes_get_nothing_from_a_runtime_api(as_root, who):
    said = probe(as_root)
    uid = {"root": 0, "nobody": 65534, "function": said["uid"]}[who]
    assert said["uid"] >= 70000
    run = subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "curl", "-sS", "--max-time",
                          str(DEADLINE), f"http://{said['api']}/2018-06-01/runtime/invocation/next"],
                         capture_output=True, text=True, timeout=2 * DEADLINE)
    # curl: an empty reply, or a reset.
    assert run.returncode in (52, 56) and run.stdout == ""
    assert probe(as_root)["api"] == said["api"], "the environment lives and is served"
    assert as_root.messages().count("refused a connection from 127.0.0.1:") == 1
    assert as_root.stop() == 0
    assert as_root.statistics()["runtime_api_refused"] == 1


def test_refusals_are_logged_once(as_root):
    api = probe(as_root)["api"]
    for _ in range(5):
        subprocess.run(["curl", "-sS", "--max-time", str(DEADLINE), f"http://{api}/"], capture_output=True)
    probe(as_root)
    assert as_root.messages().count("refused a connection from") == 1
    assert as_root.stop() == 0
    assert as_root.statistics()["runtime_api_refused"] == 5


# More than the budget of searches allows: the gateway closes them, serves others, and admits its own.
def test_a_flood_of_connections_to_a_runtime_api_does_not_block_environments(as_root):
    host, port = probe(as_root)["api"].split(":")
    for _ in range(3000):
        with socket.create_connection((host, int(port)), timeout=DEADLINE):
            pass
    said = probe(as_root)
    assert said["api"] == f"{host}:{port}", "the environment lives and is served"
    (as_root.folder / "code/new.py").write_text("")
    assert probe(as_root)["api"] != said["api"], "a new environment connects"
    assert as_root.messages().count("refused a connection from") == 1


# A process can give its parent, the gateway, a child.
def test_orphaned_children_of_a_function_are_reaped(other_folder):
    gateway = prepare(other_folder)
    (other_folder / "code/app.py").write_text(CHILDREN)
    gateway.start()
    numbers = gateway.call("/v1/probe", "POST", body="{}").json
    assert len(numbers) == 20
    wait_until(lambda: not any(Path(f"/proc/{number}").exists() for number in numbers), "no zombie")
    assert len(gateway.call("/v1/probe", "POST", body="{}").json) == 20
    assert gateway.stop() == 0


#--- The daemon's files

def test_functions_of_root_have_separate_users(as_root):
    assert what_it_reads(as_root) == []
    assert WARNING not in as_root.messages()


def test_functions_of_a_user_are_in_namespaces(other_folder):
    gateway = prepare(other_folder)
    give(other_folder)
    gateway.start(AS_USER)
    assert what_it_reads(gateway) == []
    assert probe(gateway)["uid"] == USER
    assert WARNING not in gateway.messages()
    assert gateway.stop() == 0


# Editors and renewals replace files: the new files are hidden, too.
def test_a_replaced_file_stays_hidden(as_root):
    secret = "FOLDER/inlet53.toml".replace("FOLDER", str(as_root.folder))
    assert probe(as_root, [secret])["read"] == [None]
    new = as_root.folder / "new.toml"
    new.write_text(as_root.config_file.read_text())
    new.rename(as_root.config_file)
    assert probe(as_root, [secret])["read"] == [None]


@pytest.fixture(params=["root", "user"])
def as_either(request, other_folder):
    """A gateway of root, whose functions have user ids, and one of a user, whose functions have namespaces. Its
    authority has a separate directory."""
    gateway = prepare(other_folder)
    (other_folder / "state").mkdir()
    gateway.write_config(authority="state/authority")
    gateway.ca = other_folder / "state/authority/ca.pem"
    if request.param == "user":
        give(other_folder)
    gateway.start(AS_USER if request.param == "user" else ())
    yield gateway
    assert gateway.stop() == 0


def what_it_reads_of(gateway, folder):
    """Returns the files of an authority, readable by all users, that a function reads."""
    files = [folder / "ca-key.pem", folder / "ca.pem", folder / "gateway.pem"]
    for file in files:
        assert file.exists()
        file.chmod(0o644)  # with a gateway of root, functions are other users
    folder.chmod(0o755)
    read = [file.name for file, text in zip(files, probe(gateway, map(str, files))["read"]) if text]
    folder.chmod(0o700)
    for file in files:
        file.chmod(0o600)
    return read


# The steps that SECURITY.md has for a lost key: remove the directory, send HUP. Running environments stay.
def test_a_recreated_authority_stays_hidden(as_either):
    api, authority = probe(as_either)["api"], as_either.ca.parent
    before = (authority / "ca.pem").read_bytes()
    shutil.rmtree(authority)
    as_either.reload()
    assert (authority / "ca.pem").read_bytes() != before
    assert what_it_reads_of(as_either, authority) == []
    assert probe(as_either)["api"] == api


def test_a_renamed_authority_stays_hidden(as_either):
    probe(as_either)
    authority, aside = as_either.ca.parent, as_either.ca.parent.with_suffix(".old")
    authority.rename(aside)
    as_either.reload()
    assert what_it_reads_of(as_either, aside) == what_it_reads_of(as_either, authority) == []
    (as_either.folder / "code/new.py").write_text("")  # the next call has a new environment
    assert what_it_reads_of(as_either, aside) == what_it_reads_of(as_either, authority) == []


# The directory of the private files is the user's home, so that no mount hides it; the start creates the
# authority and the access log.
def test_a_reload_that_changes_nothing_ends_no_environment(other_folder):
    gateway = prepare(other_folder)
    (other_folder / "probe.log").touch()  # a new log would end environments
    gateway.start(("env", f"HOME={other_folder}"))
    said = probe(gateway)
    gateway.reload()
    assert probe(gateway)["api"] == said["api"]
    assert gateway.stop() == 0


# Into a directory that functions could see before.
def test_a_moved_authority_is_hidden_at_both_paths(as_either):
    old, data = as_either.ca.parent, as_either.folder / "data"
    data.mkdir()
    os.chown(data, os.stat(old).st_uid, -1)
    api = probe(as_either)["api"]
    as_either.write_config(authority="data/authority")
    as_either.reload()
    as_either.ca = data / "authority/ca.pem"
    assert what_it_reads_of(as_either, data / "authority") == []
    assert what_it_reads_of(as_either, old) == []
    assert probe(as_either)["api"] != api, "what began before the move has ended"


def test_unreadable_code_is_reported(tmp_path):
    gateway = prepare(tmp_path)
    (tmp_path / "code/app.py").chmod(0o600)
    gateway.start()
    assert f"function probe cannot start: {tmp_path}/code/app.py" in gateway.messages()
    assert gateway.call("/v1/probe", "POST", body=json.dumps({"read": []})).status == 502
    (tmp_path / "code/app.py").chmod(0o644)
    assert probe(gateway)["uid"] >= 70000
    assert gateway.stop() == 0


# A new file that its user cannot read prevents the function's start; the function never gets the daemon's rights.
def test_an_unreadable_file_never_ends_the_isolation(as_root):
    assert probe(as_root)["uid"] >= 70000
    data = as_root.folder / "code/data.json"
    data.write_text("{}")
    data.chmod(0o600)
    assert as_root.call("/v1/probe", "POST", body=json.dumps({"read": []})).status == 502
    assert f"{data} cannot be read by user 7" in as_root.messages()
    data.chmod(0o644)
    assert probe(as_root)["uid"] >= 70000


#--- Root of a container with fewer capabilities

NO_MOUNTS = "functions can read the daemon's files as far as other users may read them: " \
    "cannot make a mount namespace: Operation not permitted"


def test_root_without_mount_namespaces_warns_once(other_folder):
    # Without mounts, an interpreter of root is inaccessible.
    gateway = prepare(other_folder, 'python = "/usr/bin/python3"').start(without("sys_admin"))
    said = probe(gateway, [str(gateway.config_file), str(other_folder / "authority/ca-key.pem")])
    assert said["uid"] >= 70000
    assert said["read"][0] is not None and said["read"][1] is None, "files are as their permissions say"
    assert gateway.messages().count(NO_MOUNTS) == 1
    assert "isolation of functions: a user id for each function, without a mount namespace (" in gateway.messages()
    assert gateway.stop() == 0
    run = check(gateway, without("sys_admin"))
    assert run.returncode == 0 and run.stdout.count(f"warning: {NO_MOUNTS}") == 1
    assert "isolation: a user id for each function, without a mount namespace (" in run.stdout


def test_required_refuses_root_without_mount_namespaces(other_folder):
    gateway = prepare(other_folder, 'isolation = "required"')
    gateway.launch(without("sys_admin"))
    assert gateway.process.wait(DEADLINE) == 3
    assert f'{NO_MOUNTS}; [lambda] isolation = "required" does not allow that' in gateway.messages()
    assert f"warning: {NO_MOUNTS}; inlet53-gateway will not start" in check(gateway, without("sys_admin")).stdout


# The output of a function then belongs to root.
def test_root_without_cap_chown(other_folder):
    gateway = prepare(other_folder)
    app = other_folder / "code/app.py"
    app.write_text(app.read_text().replace("def handler(event, context):", "def handler(event, context):\n"
                                                                           "    print('said by the function')"))
    gateway.start(without("chown"))
    assert probe(gateway)["uid"] >= 70000
    assert what_it_reads(gateway) == []
    gateway.wait_line("probe.log", "said by the function")
    assert gateway.stop() == 0


def test_the_isolation_is_logged_at_the_start(as_root):
    assert "isolation of functions: a user id for each function, and a mount namespace for each environment" \
        in as_root.messages()


#--- Without isolation

def test_without_namespaces_functions_run_with_one_warning(other_folder):
    gateway = prepare(other_folder)
    give(other_folder)
    gateway.start((*AS_USER, *NO_NAMESPACES))
    assert probe(gateway)["uid"] == USER
    assert gateway.messages().count(WARNING) == 1
    assert "cannot make a user and mount namespace: Operation not permitted" in gateway.messages()
    # The daemon's memory and environment are inaccessible even then.
    assert all("DAEMON" not in path for path in what_it_reads(gateway))
    assert gateway.stop() == 0


def test_required_refuses_to_start_without_namespaces(other_folder):
    gateway = prepare(other_folder, 'isolation = "required"')
    give(other_folder)
    gateway.launch((*AS_USER, *NO_NAMESPACES))
    assert gateway.process.wait(DEADLINE) == 3
    assert 'cannot make a user and mount namespace: Operation not permitted; [lambda] isolation = "required"' \
        in gateway.messages()
    gateway.operator_log.unlink()
    gateway.start(AS_USER)
    assert what_it_reads(gateway) == []
    assert gateway.stop() == 0


def test_required_refuses_a_reload_with_code_that_cannot_be_read(tmp_path):
    gateway = prepare(tmp_path, 'isolation = "required"').start()
    (tmp_path / "code/app.py").chmod(0o600)
    gateway.reload(refused=True)
    assert "cannot be read by user 7" in gateway.messages()
    assert gateway.stop() == 0


def test_off_disables_isolation_and_the_warning(tmp_path):
    gateway = prepare(tmp_path, 'isolation = "off"').start()
    assert probe(gateway)["uid"] == 0
    assert probe(gateway, [str(gateway.config_file)])["read"][0] is not None
    assert WARNING not in gateway.messages()
    assert gateway.stop() == 0


#--- inlet53 check

def check(gateway, prefix=()):
    return subprocess.run([*prefix, BUILD / "inlet53", "check", gateway.config_file], capture_output=True, text=True,
                          timeout=DEADLINE)


def test_check_reports_the_isolation(other_folder):
    gateway = prepare(other_folder)
    run = check(gateway)
    assert run.returncode == 0
    assert "isolation: a user id for each function, and a mount namespace for each environment" in run.stdout
    give(other_folder)
    assert "isolation: a user and mount namespace for each environment" in check(gateway, AS_USER).stdout
    run = check(gateway, (*AS_USER, *NO_NAMESPACES))
    assert run.returncode == 0
    assert run.stdout.count(f"warning: {WARNING}") == 1


#--- The demo

@pytest.mark.parametrize("prefix", [(), AS_USER, (*AS_USER, *NO_NAMESPACES)], ids=["root", "user", "no namespaces"])
def test_the_demo_works(other_folder, prefix):
    config = own_ports(other_folder)
    give(other_folder)
    run = demo(config, prefix)
    said = (other_folder / "operator.log").read_text()
    assert said.count(WARNING) == (1 if NO_NAMESPACES[0] in prefix else 0)
    if "for a socket filter" in said:
        # A kernel that lets only root attach a filter: sources outside the security groups then get a handshake.
        assert run.stdout.count("✗") == 2 and "26 of 28 as expected" in run.stdout, run.stdout + run.stderr
        assert "expected no TCP handshake" in run.stdout and "expected curl to end with 28" in run.stdout
    else:
        assert run.returncode == 0, run.stdout + run.stderr
