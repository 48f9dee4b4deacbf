#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the user-space instructions of inlet53d for each query and compares them with bounds.toml.

Instruction counts hardly depend on the state of the machine, so a test can check them. The daemon runs under
callgrind twice, with one round of queries and with three; the difference does not contain its start.

Usage: check.py    with INLET53_BUILD set to a release build that has debug information
"""

import collections
import contextlib
import os
import random
import signal
import socket
import string
import struct
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import callgrind

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = Path(os.environ.get("INLET53_BUILD", "build-count")).resolve()
ADDRESS = "127.0.53.77"
PATIENCE = 60.0  # valgrind is slow, and the machine may be slow

NAMES = 10_000
BATCH = 60  # outstanding queries, each from another port
API_SUFFIX = "execute-api.eu-west-1.amazonaws.com"
A = 1
NXDOMAIN = 3
# Meson's variable for malloc would add instructions; debuginfod would download sources of libraries.
DISTURBING = ("MALLOC_PERTURB_", "DEBUGINFOD_URLS")
IDLE = 1.0  # a query: timers of two runs of different length


def random_labels(seed, count):
    letters = string.ascii_lowercase + string.digits
    chosen = random.Random(seed)
    return ["".join(chosen.choices(letters, k=10)) for _ in range(count)]


LABELS = random_labels(1, NAMES)
MISSING = random_labels(2, NAMES)

MISSED = {f"{label}.corp.internal" for label in MISSING}

# The name, the transport, and whether the log is on.
CASES = {
    "api-names": ([f"{label}.{API_SUFFIX}" for label in LABELS], "UDP", False),
    "api-names-logged": ([f"{label}.{API_SUFFIX}" for label in LABELS], "UDP", True),
    "hosted-names": ([f"{label}.corp.internal" for label in LABELS], "UDP", False),
    "missing-names": ([f"{label}.corp.internal" for label in MISSING], "UDP", False),
    "api-names-tcp": ([f"{label}.{API_SUFFIX}" for label in LABELS], "TCP", False),
}


def query(number, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number % 65536, 0x0100, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, A, 1)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.bind((ADDRESS, 0))
        return tcp.getsockname()[1]


def write_configuration(folder, port):
    """Writes conf/load-benchmark.toml with a free port and a zone of NAMES names."""
    zone = folder / "corp.zone"
    zone.write_text("@ 60 SOA ns hostmaster 1 7200 900 1209600 60\n@ 60 NS ns\nns 60 A 10.0.0.1\n"
                    + "".join(f"{label} 60 A 10.0.20.{i % 256}\n" for i, label in enumerate(LABELS)))
    text = (SOURCE / "conf/load-benchmark.toml").read_text()
    text = text.replace("127.0.53.1:5300", f"{ADDRESS}:{port}").replace("127.0.53.2:5300", f"127.0.53.78:{port}")
    text = text.replace("../zones/corp.internal.zone", str(zone))
    config = folder / "inlet53.toml"
    config.write_text(text)
    return config


def check_response(response, message, rcode):
    """Checks the response, so that an error does not count as a fast answer."""
    answers = 0 if rcode else 1
    if response[:2] != message[:2] or response[3] & 0x0F != rcode or (response[7] > 0) != bool(answers):
        raise RuntimeError(f"not the answer: {response.hex()}")


@contextlib.contextmanager
def stopped(process):
    """Stops the process meanwhile, so that queries wait together until it continues."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


class UdpClients:
    """Sends each batch while the daemon is stopped, so that the number of queries in a turn of its loop does not
    depend on the machine's scheduler."""

    def __init__(self, endpoint, rcode, process):
        self.rcode = rcode
        self.process = process
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(BATCH)]
        for client in self.sockets:
            client.connect(endpoint)
            client.settimeout(PATIENCE)

    def ask(self, messages):
        with stopped(self.process):
            for client, message in zip(self.sockets, messages):
                client.send(message)
        for client, message in zip(self.sockets, messages):
            check_response(client.recv(4096), message, self.rcode)

    def close(self):
        for client in self.sockets:
            client.close()


class TcpClient:
    def __init__(self, endpoint, rcode, process):
        self.rcode = rcode
        self.stream = socket.create_connection(endpoint, timeout=PATIENCE).makefile("rwb")

    def ask(self, messages):
        self.stream.write(b"".join(struct.pack(">H", len(m)) + m for m in messages))
        self.stream.flush()
        for message in messages:
            check_response(self.stream.read(struct.unpack(">H", self.stream.read(2))[0]), message, self.rcode)

    def close(self):
        self.stream.close()


def wait_until_answering(endpoint, process, message):
    end = time.monotonic() + PATIENCE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(endpoint)
        client.settimeout(0.5)
        while time.monotonic() < end and process.poll() is None:
            try:
                client.send(message)
                client.recv(4096)
                return
            except OSError:
                time.sleep(0.05)
    raise RuntimeError("inlet53d does not answer under valgrind")


def run_rounds(folder, case, rounds):
    """Returns the instructions by module of one run of the daemon."""
    names, transport, logged = CASES[case]
    port = free_port()
    config = write_configuration(folder, port)
    out = folder / f"callgrind.{case}.{rounds}"
    with open(folder / "operator.log", "wb") as said:
        process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", BUILD / "inlet53d", "--config", config,
             "--workers", "1", "--query-log", folder / "query.log" if logged else "off"], stderr=said, stdout=said,
            env={key: value for key, value in os.environ.items() if key not in DISTURBING})
    try:
        endpoint = (ADDRESS, port)
        messages = [query(i, name) for i, name in enumerate(names)]
        wait_until_answering(endpoint, process, messages[0])
        clients = (UdpClients if transport == "UDP" else TcpClient)(endpoint, NXDOMAIN if names[0] in MISSED else 0,
                                                                    process)
        for _ in range(rounds):
            for at in range(0, len(messages), BATCH):
                clients.ask(messages[at:at + BATCH])
        clients.close()
        process.send_signal(signal.SIGTERM)
        if process.wait(PATIENCE) != 0:
            raise RuntimeError((folder / "operator.log").read_text())
        if logged and sum(1 for _ in open(folder / "query.log", "rb")) < rounds * NAMES:
            raise RuntimeError("records are missing in the query log")
    finally:
        process.kill()
        process.wait()
    return callgrind.instructions_by_module(out)


def instructions_a_query(folder, case):
    one, three = run_rounds(folder, case, 1), run_rounds(folder, case, 3)
    return collections.Counter({module: (three[module] - one[module]) / (2 * NAMES) for module in three})


def check(case, bounds, modules):
    """Prints a line for each module; returns the exceeded bounds."""
    total = sum(modules.values())
    print(f"{case}: {bounds['title']}: {total:.0f} instructions a query (at most {bounds['total']})")
    for module, cost in modules.most_common():
        if cost >= 0.5:
            print(f"    {module:10} {cost:7.1f}  (at most {bounds['modules'].get(module, 0)})")
    excess = [f"{case}: {module}: {cost:.1f} instructions, bound {bounds['modules'].get(module, 0)}"
              for module, cost in modules.items() if cost > bounds["modules"].get(module, 0) + IDLE]
    if total > bounds["total"]:
        excess.append(f"{case}: {total:.0f} instructions in all, bound {bounds['total']}")
    return excess


def main():
    bounds = tomllib.loads((HERE / "bounds.toml").read_text())
    excess = []
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            excess += check(case, bounds[case], instructions_a_query(Path(folder), case))
    for line in excess:
        print(f"too many: {line}")
    return 1 if excess else 0


if __name__ == "__main__":
    sys.exit(main())
