# SPDX-License-Identifier: Apache-2.0
"""Zone files: `inlet53 check` compared with named-checkzone, and its reports of faults."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from support import BUILD, DEADLINE, SOURCE

RDATA = SOURCE / "tests/golden/zones/rdata.txt"
HEAD = "$ORIGIN corp.example.\n$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 10.0.0.1\n"
HEAD_LINES = HEAD.count("\n")
MOST_FAULTS = 20  # in one run
CONFIG = """region = "eu-west-1"
account_id = "123456789012"

[vpc.main]
cidr_blocks = ["10.0.0.0/16"]

[hosted_zone.corp]
domain_name = "corp.example"
vpcs = ["main"]
file = "corp.zone"
"""
FILE_LINE = 1 + CONFIG[:CONFIG.index("file =")].count("\n")


def check(folder, zone):
    """Runs `inlet53 check` with a configuration and this zone; None: the file is missing."""
    folder.mkdir(exist_ok=True)
    (folder / "inlet53.toml").write_text(CONFIG)
    if zone is not None:
        (folder / "corp.zone").write_bytes(zone if isinstance(zone, bytes) else zone.encode())
    return subprocess.run([BUILD / "inlet53", "check", "inlet53.toml"], cwd=folder, text=True, capture_output=True,
                          timeout=DEADLINE)


def is_good_for_bind(folder, number, record):
    path = folder / f"{number}.zone"
    path.write_text(HEAD + record + "\n")
    command = ["named-checkzone", "-i", "none", "-k", "ignore", "corp.example", path]
    return subprocess.run(command, capture_output=True, timeout=DEADLINE).returncode == 0


def refused_lines(done):
    """Returns the line numbers of the zone file's reported faults."""
    return {int(number) for number in re.findall(r"^\S*corp\.zone:(\d+):", done.stderr, re.M)}


def test_named_checkzone_agrees_on_rdata(tmp_path):
    lines = [line for line in RDATA.read_text().splitlines() if line and not line.startswith("#")]
    records = [f"a{number} {line[2:]}" for number, line in enumerate(lines)]
    refused = set()
    for first in range(0, len(records), MOST_FAULTS):
        done = check(tmp_path / f"zone-{first}", HEAD + "\n".join(records[first:first + MOST_FAULTS]) + "\n")
        refused |= {first + number - HEAD_LINES - 1 for number in refused_lines(done)}
    with ThreadPoolExecutor(2) as threads:
        good = list(threads.map(lambda one: is_good_for_bind(tmp_path, *one), enumerate(records)))
    accepted = [number not in refused for number in range(len(records))]
    marks = [{(True, False): "+", (False, True): "-"}.get(both, "=") for both in zip(accepted, good)]
    differing = [f"{mark} {line}" for mark, line in zip(marks, lines) if mark != line[0]]
    assert differing == []
    assert 80 < sum(accepted) < len(records) - 80  # there are enough lines of both kinds


def test_faults_name_line_column_and_word(tmp_path):
    done = check(tmp_path, HEAD + "a A 10.0.0.300\nb MX ten mail\nc TYPO 1\n")
    assert done.returncode == 3
    said = done.stderr.splitlines()
    assert re.findall(r"^\S*/corp\.zone:(\d+):(\d+): ", done.stderr, re.M) == [("6", "5"), ("7", "6"), ("8", "3")], said
    for line, word in zip(said, ("10.0.0.300", "ten", "TYPO")):
        assert word in line


def test_at_most_twenty_faults_are_reported(tmp_path):
    done = check(tmp_path, HEAD + "a A 10.0.0.300\n" * 25)
    assert done.returncode == 3
    assert refused_lines(done) == set(range(HEAD_LINES + 1, HEAD_LINES + 1 + MOST_FAULTS))
    assert "20 faults; the rest of the zone is not read" in done.stderr.splitlines()[-1]


def test_a_missing_file_is_reported_with_the_line_that_names_it(tmp_path):
    done = check(tmp_path, None)
    assert done.returncode == 3
    assert f"inlet53.toml:{FILE_LINE}:" in done.stderr and "corp.zone" in done.stderr


def test_a_byte_order_mark_is_named(tmp_path):
    done = check(tmp_path, b"\xef\xbb\xbf" + HEAD.encode())
    assert done.returncode == 3
    assert "corp.zone:1:1: " in done.stderr and "byte order mark" in done.stderr


def test_records_outside_the_zone_are_ignored_with_a_warning(tmp_path):
    done = check(tmp_path, HEAD + "www.other.example. A 10.0.0.2\na A 10.0.0.3\n")
    assert done.returncode == 0
    assert "corp.zone:6:" in done.stdout + done.stderr
    assert "www.other.example" in done.stdout + done.stderr


def test_the_output_of_a_zone_transfer_loads(tmp_path):
    soa = "corp.example. 300 IN SOA ns.corp.example. h.corp.example. 1 2 3 4 5\n"
    body = "corp.example. 300 IN NS ns.corp.example.\nns.corp.example. 300 IN A 10.0.0.1\n"
    assert check(tmp_path, soa + body + soa).returncode == 0
    other = check(tmp_path, soa + body + soa.replace(" 1 2 ", " 2 2 "))
    assert other.returncode == 3 and "corp.zone:4:" in other.stderr


def test_generate_makes_the_records_of_bind(tmp_path):
    zone = HEAD + ("$GENERATE 1-4 host-$ A 10.0.1.$\n$GENERATE 0-20/5 ${100,4,d}.x CNAME host-${1}\n"
                   "$GENERATE 10-12 n${0,3,x} TXT \"number ${-10,2,X}\"\n$GENERATE 1-2 m$ MX \"10 mail$\"\n")
    assert check(tmp_path, zone).returncode == 0, check(tmp_path, zone).stderr
    command = ["named-checkzone", "-i", "none", "-k", "ignore", "-D", "-o", "-", "corp.example", tmp_path / "corp.zone"]
    bind = subprocess.run(command, text=True, capture_output=True, timeout=DEADLINE)
    assert bind.returncode == 0, bind.stderr + bind.stdout
    written = sum(1 for line in bind.stdout.splitlines() if "\tIN " in line or " IN " in line)
    said = check(tmp_path, zone).stdout
    assert f"{written} records" in said, said
