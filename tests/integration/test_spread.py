# SPDX-License-Identifier: Apache-2.0
"""The number of workers that UDP queries reach (`udp_spread`)."""

import os
import signal
import socket
import threading
from pathlib import Path

import dns.message
import dns.rcode

from support import API, Daemon, ask, wait_until

BACKLOG = 2000  # more than a worker answers in a turn; more than a small receive buffer holds


def all_stopped(pid):
    return all(" (stopped)" in (task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir())


def test_workers_join_while_the_first_falls_behind(tmp_path):
    daemon = Daemon(tmp_path, more='[server]\nworkers = 2\nstatistics_interval = "1 s"\n').start()
    daemon.wait_message("udp_workers=1")
    host, port = daemon.endpoints[0]
    query = dns.message.make_query(API, "A").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        os.kill(daemon.process.pid, signal.SIGSTOP)
        wait_until(lambda: all_stopped(daemon.process.pid), "the daemon's threads to stop")
        for number in range(BACKLOG):
            client.sendto(number.to_bytes(2, "big") + query[2:], (host, port))
        os.kill(daemon.process.pid, signal.SIGCONT)
    daemon.wait_message("udp_workers=2")
    alone = daemon.messages().count("udp_workers=1")
    daemon.wait_message("udp_workers=1", count=alone + 1)
    assert daemon.stop() == 0


def test_workers_join_when_the_first_reaches_its_forward_limit(scripted):
    target, running = scripted(
        lambda query, _: None,
        more='[server]\nworkers = 2\nstatistics_interval = "1 s"\n'
             '[forward]\nquery_timeout = "10 s"\nmax_in_flight = 1\n')
    running.wait_message("udp_workers=1")
    slow = threading.Thread(target=ask, args=(running.endpoints[0], "slow.partner.test"))
    slow.start()
    wait_until(lambda: target.asked("slow.partner.test."), "the slow question")
    assert ask(running.endpoints[0], "other.partner.test").rcode() == dns.rcode.SERVFAIL
    running.wait_message("udp_workers=2")
    slow.join(60)
