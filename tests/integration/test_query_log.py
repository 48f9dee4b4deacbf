# SPDX-License-Identifier: Apache-2.0
"""The query log of a running daemon: every query, at once, complete lines, exact counts."""

import json
import os
import random
import re
import signal
import subprocess
import threading
from pathlib import Path

import dns.message
import dns.name
import dns.query
import pytest

from support import API, BUILD, Daemon, ask, wait_until

BLOG = {
    "version": "1.100000",
    "account_id": "123456789012",
    "region": "eu-west-1",
    "vpc_id": "vpc-0c00ca6aa29c8472f",
    "query_timestamp": "2021-04-25T12:37:34Z",
    "query_name": f"{API}.",
    "query_type": "A",
    "query_class": "IN",
    "rcode": "NOERROR",
    "answers": [
        {"Rdata": "10.0.140.226", "Type": "A", "Class": "IN"},
        {"Rdata": "10.0.12.179", "Type": "A", "Class": "IN"},
    ],
    "srcaddr": "172.31.6.137",
    "srcport": "32843",
    "transport": "UDP",
    "srcids": {
        "resolver_endpoint": "rslvr-in-a7dd746257784e148",
        "resolver_network_interface": "rni-3a4a0caca1d0412ab",
    },
}


def test_the_record_of_the_blog_post(daemon):
    """Compares all fields except the time, the client and the order of the two answers."""
    ask(daemon.endpoints[0], API)
    record = daemon.wait_record(query_name=f"{API}.")
    assert list(record) == list(BLOG)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["query_timestamp"])
    assert record["srcaddr"] == "127.0.0.1" and record["srcport"].isdigit()
    free = ("query_timestamp", "srcaddr", "srcport", "answers")
    assert {k: v for k, v in record.items() if k not in free} == {k: v for k, v in BLOG.items() if k not in free}
    assert sorted(map(str, record["answers"])) == sorted(map(str, BLOG["answers"]))


def test_every_query_is_recorded_with_its_interface_and_transport(daemon):
    first, second = daemon.endpoints
    ask(second, "www.corp.internal", tcp=True)
    record = daemon.wait_record(query_name="www.corp.internal.", transport="TCP")
    assert record["srcids"]["resolver_network_interface"] == "rni-4b5b1dbdb2e1523bc"
    assert [a["Type"] for a in record["answers"]] == ["CNAME", "A", "A"]
    for name, rdtype, rcode in [("nx.corp.internal", "A", "NXDOMAIN"), ("app.corp.internal", "TYPE65280", "NOERROR"),
                                ("www.example.com", "HTTPS", "REFUSED")]:
        ask(first, name, rdtype)
        record = daemon.wait_record(query_name=f"{name}.", query_type=rdtype)
        assert record["rcode"] == rcode and record["answers"] == []
    for i in range(10):
        ask(first, "again.corp.internal")
    wait_until(lambda: sum(r["query_name"] == "again.corp.internal." for r in daemon.records()) == 10, "all ten")


def test_any_bytes_give_valid_json(daemon):
    random.seed(5)
    labels = [b'"', b"\\", b"a.b", b"\0\x01\x1f\x7f", bytes(range(128, 160)), "gr\u00fc\u00df".encode(), b"<b>&'", b" "]
    labels += [bytes([i]) * 3 for i in range(256)]
    for label in labels:
        name = dns.name.Name([label, b"corp", b"internal", b""])
        ask(daemon.endpoints[0], name)
    lowered = {dns.name.Name([label.lower(), b"corp", b"internal", b""]) for label in labels}
    def logged():
        return {dns.name.from_text(r["query_name"]) for r in daemon.records() if r["query_name"].endswith(".corp.internal.")}
    wait_until(lambda: lowered <= logged(), "every odd name")
    assert all(line.isascii() for line in daemon.log_file.read_bytes().splitlines())


def test_usr1_opens_a_new_file_after_a_rename(daemon):
    ask(daemon.endpoints[0], "before.corp.internal")
    daemon.wait_record(query_name="before.corp.internal.")
    moved = daemon.log_file.with_suffix(".old")
    os.rename(daemon.log_file, moved)
    daemon.process.send_signal(signal.SIGUSR1)
    wait_until(daemon.log_file.exists, "the new file")
    ask(daemon.endpoints[0], "after.corp.internal")
    daemon.wait_record(query_name="after.corp.internal.")
    assert b"before.corp.internal." in moved.read_bytes()
    assert b"before.corp.internal." not in daemon.log_file.read_bytes()


class Flood:
    """Clients that send the next query after each answer, each name once."""

    def __init__(self, daemon, clients=4):
        self.daemon, self.stopping, self.answered = daemon, threading.Event(), [0] * clients
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(clients)]

    def run(self, client):
        import socket
        host, port = self.daemon.endpoints[client % 2]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            udp.connect((host, port))
            while not self.stopping.is_set():
                wire = dns.message.make_query(f"n{self.answered[client]}.c{client}.corp.internal", "A").to_wire()
                try:
                    udp.send(wire)
                    udp.recv(4096)
                except OSError:
                    return
                self.answered[client] += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def test_kill_leaves_no_incomplete_line(tmp_path):
    daemon = Daemon(tmp_path)
    for round_ in range(5):
        daemon.start()
        with Flood(daemon) as flood:
            wait_until(lambda: sum(flood.answered) > 400 + 100 * round_, "some load")
            seen = len(daemon.records())
            wait_until(lambda: len(daemon.records()) > seen, "records on the disk")
            daemon.kill()
        kept = daemon.records()  # records that were read stay
        daemon.start()
        whole = daemon.log_file.read_bytes()
        assert whole.count(b"\n") >= len(kept)
        assert all(json.loads(line) for line in whole.split(b"\n")[:-1])
        assert daemon.stop() == 0


def test_rotation_loses_nothing(tmp_path):
    daemon = Daemon(tmp_path, more='rotate_size = "64 KiB"\n').start()
    with Flood(daemon) as flood:
        wait_until(lambda: len(list(tmp_path.glob("query.log.*"))) >= 3, "three rotated files")
    assert daemon.stop() == 0
    names = []
    for file in tmp_path.glob("query.log*"):
        data = file.read_bytes()
        assert data.endswith(b"\n") or not data
        names += [json.loads(line)["query_name"] for line in data.splitlines()]
    expected = {f"n{i}.c{c}.corp.internal." for c, n in enumerate(flood.answered) for i in range(n)}
    assert expected <= set(names)
    assert len(names) == len(set(n for n in names if n != "ready.invalid.")) + names.count("ready.invalid.")


def test_a_full_disk_drops_and_counts_exactly(tmp_path):
    """RLIMIT_FSIZE simulates a full disk: writing fails, and the daemon still answers."""
    daemon = Daemon(tmp_path)
    limited = ["prlimit", "--fsize=300000", str(BUILD / "inlet53d"), "--config", str(daemon.config_file)]
    with open(daemon.operator_log, "ab") as log:
        daemon.process = subprocess.Popen(limited, stderr=log, stdout=log)
    daemon.wait_message("serving")
    wait_until(daemon.answers, "an answer")
    with Flood(daemon) as flood:
        wait_until(lambda: sum(flood.answered) > 3000, "more records than fit")
    assert daemon.stop() == 0, daemon.messages()
    counts = dict(re.findall(r"(\w+)=(\d+)", daemon.messages().rsplit("statistics:", 1)[1]))
    asked = int(counts["udp_queries"]) + int(counts["tcp_queries"])
    dropped = int(counts["records_dropped_disk"]) + int(counts["records_dropped_ring"])
    assert dropped > 0
    assert int(counts["records"]) == len(daemon.records()) == asked - dropped
    assert daemon.log_file.read_bytes().endswith(b"\n")
    assert "query.log" in daemon.messages()


def test_drops_are_reported_while_they_occur_and_a_full_disk_again_after_usr1(tmp_path):
    daemon = Daemon(tmp_path)
    limited = ["prlimit", "--fsize=300000", str(BUILD / "inlet53d"), "--config", str(daemon.config_file)]
    with open(daemon.operator_log, "ab") as log:
        daemon.process = subprocess.Popen(limited, stderr=log, stdout=log)
    try:
        daemon.wait_message("serving")
        wait_until(daemon.answers, "an answer")
        with Flood(daemon):
            daemon.wait_message("can't be written: File too large")
            daemon.wait_message("records were dropped: the file can't be written")
            daemon.process.send_signal(signal.SIGUSR1)
            daemon.wait_message("opened anew")
            daemon.wait_message("can't be written: File too large", 2)
        assert daemon.stop() == 0, daemon.messages()
    finally:
        if daemon.process.poll() is None:
            daemon.kill()


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    daemon = Daemon(tmp_path, log="corp.zone/logs/query.log")
    run = subprocess.run([BUILD / "inlet53d", "--config", daemon.config_file], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert f"its directory {tmp_path}/corp.zone/logs cannot be made: Not a directory" in run.stderr


def test_logs_tail_reads_what_the_daemon_wrote(daemon):
    ask(daemon.endpoints[0], API)
    ask(daemon.endpoints[0], "nx.corp.internal")
    daemon.wait_record(query_name="nx.corp.internal.")
    def tail(*arguments):
        return subprocess.run([BUILD / "inlet53", "logs", "tail", daemon.log_file, *arguments],
                              capture_output=True, text=True, timeout=60, check=True).stdout
    table = tail()
    assert API in table and "NXDOMAIN" in table and "\x1b" not in table
    lines = tail("-o", "json", "--name", "*.corp.internal", "--rcode", "NXDOMAIN").splitlines()
    assert [json.loads(line)["query_name"] for line in lines] == ["nx.corp.internal."]
    assert tail("--client", "127.0.0.1", "--type", "A", "-o", "json").count("\n") >= 2
    assert tail("--client", "10.0.0.0/8", "-o", "json") == ""
