"""Over how many workers UDP queries go (`udp_spread`)."""

import os
import signal
import socket

import dns.message
import pytest

from support import API, Daemon

BACKLOG = 2000  # more than a worker answers before its loop looks at anything else


def buffer_allowed():
    with open("/proc/sys/net/core/rmem_max") as limit:
        return os.geteuid() == 0 or int(limit.read()) >= 2 << 20


@pytest.mark.skipif(not buffer_allowed(), reason="net.core.rmem_max gives a socket no room for such a backlog")
def test_who_falls_behind_has_help_until_it_is_calm(tmp_path):
    daemon = Daemon(tmp_path, more='[server]\nworkers = 2\nstatistics_interval = "1 s"\n').start()
    daemon.wait_said("udp_workers=1")
    host, port = daemon.endpoints[0]
    query = dns.message.make_query(API, "A").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        os.kill(daemon.process.pid, signal.SIGSTOP)
        for number in range(BACKLOG):
            client.sendto(number.to_bytes(2, "big") + query[2:], (host, port))
        os.kill(daemon.process.pid, signal.SIGCONT)
    daemon.wait_said("udp_workers=2")
    alone = daemon.said().count("udp_workers=1")
    daemon.wait_said("udp_workers=1", count=alone + 1)
    assert daemon.stop() == 0
