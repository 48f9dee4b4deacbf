# SPDX-License-Identifier: Apache-2.0
"""`make demo ONCE=1`: the demo's own file at other ports, so that the test does not conflict with a running demo."""

import subprocess
import sys

import pytest

from support import BUILD, DEADLINE, SOURCE, free_endpoint


def own_ports(folder):
    """Returns the demo's configuration in a new directory, with free ports."""
    text = (SOURCE / "conf/demo.toml").read_text()
    for fixed in ("127.0.53.1:5300", "127.0.53.2:5300", "127.0.53.11:8443", "127.0.53.12:8443",
                  "127.0.53.13:8443"):
        assert f'listen = "{fixed}"' in text
        text = text.replace(f'"{fixed}"', '"%s:%d"' % free_endpoint(fixed.partition(":")[0]))
    for ours, theirs in (("../zones/", f"{SOURCE}/zones/"), ("../build/demo", "."),
                         ('"demo/', f'"{SOURCE}/conf/demo/')):
        assert ours in text
        text = text.replace(ours, theirs)
    file = folder / "demo.toml"
    file.write_text(text)
    return file


@pytest.fixture
def config(tmp_path):
    return own_ports(tmp_path)


def demo(config, prefix=()):
    return subprocess.run([*prefix, sys.executable, SOURCE / "conf/demo.py", BUILD, "--once", "--config", config,
                           "--log", config.parent / "operator.log"],
                          text=True, capture_output=True, timeout=2 * DEADLINE)


def test_every_answer_and_record_is_as_expected(config):
    run = demo(config)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "✗" not in run.stdout


def test_an_unexpected_response_fails_it(config, tmp_path):
    code = tmp_path / "changed"
    code.mkdir()
    handler = (SOURCE / "conf/demo/hello/app.py").read_text()
    (code / "app.py").write_text(handler.replace("SUCCESS", "FAILURE"))
    config.write_text(config.read_text().replace(f"{SOURCE}/conf/demo/hello", "changed"))
    run = demo(config)
    assert run.returncode == 1
    assert run.stdout.count("✗") == 3  # each call that reaches the function


def test_an_unexpected_answer_fails_it(config, tmp_path):
    zone = (SOURCE / "zones/corp.internal.zone").read_text()
    (tmp_path / "changed.zone").write_text(zone.replace("10.0.12.21", "10.0.12.22"))
    config.write_text(config.read_text().replace(f"{SOURCE}/zones/corp.internal.zone", "changed.zone"))
    run = demo(config)
    assert run.returncode == 1
    assert run.stdout.count("✗") == 1
