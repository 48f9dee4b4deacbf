# SPDX-License-Identifier: Apache-2.0
"""The common part of all measured servers: a directory, a command, a probe, a query log that is counted."""

import os
import re
import shutil
import signal
import struct
import subprocess
import time

from . import dns, machine

START_SECONDS = 300
STOP_SECONDS = 20
POLL_SECONDS = 0.02


class CannotMeasure(Exception):
    """The reason why a server is omitted, for the report."""


def program(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
    if path is None:
        raise CannotMeasure(f"{name} is not installed")
    return path


class Server:
    """One server with one worker, on loopback, with its files in `folder`.

    Subclasses define their `package`, the kinds of query log that they can write, and how they start (`prepare`,
    which writes their files and returns the command).
    """

    package = None
    logs = ()  # kinds of its query log: "json", "text", "dnstap"
    only_wildcards = False  # answers all names equally, and has no zones
    is_ours = False
    is_bare = False
    prime_seconds = 0.1  # of load before each measured round
    environment = None  # its environment variables; None: those of this process

    def __init__(self, folder, content, log=None, key=None):
        self.key = key or self.name + (f"+{log}" if log else "")
        self.folder = folder / self.key
        self.content = content
        self.log = log
        self.cpus = {0}
        self.processes = []
        self.outputs = []
        self.answered_least = self.answered_most = 0  # queries that the log must have

    @property
    def label(self):
        return self.name

    def prepare(self):
        raise NotImplementedError

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    @property
    def log_path(self):
        return self.folder / "query.log"

    @property
    def pids(self):
        return [process.pid for process in self.processes]

    def spawn(self, name, command):
        output = open(self.folder / f"{name}.out", "wb")
        self.outputs.append(output)
        taskset = ["taskset", "-c", ",".join(map(str, sorted(self.cpus)))]
        process = subprocess.Popen([*taskset, *map(str, command)], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output, env=self.environment)
        self.processes.append(process)
        return process

    def start(self, cpus):
        """Starts it, waits for the correct answer and pins all its threads. Also measures the cost of loading."""
        self.cpus = set(cpus)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.endpoint = (self.address, machine.free_port(self.address))
        try:
            command = self.prepare()
            if self.log == "dnstap":
                self.start_collector()
            begun = machine.now_ns()
            server = self.spawn("server", command)
            self.wait_for_answer(server)
            self.load_ns = machine.cpu_ns([server.pid])
            self.load_wall_ns = machine.now_ns() - begun
            for name, expected in self.content.probes:
                self.probe(name, expected)
        except BaseException:
            self.stop()
            raise
        self.pin()
        return self

    def pin(self):
        machine.pin(self.pids, self.cpus)

    address = "127.0.0.1"

    @property
    def dnstap_socket(self):
        return self.folder / "dnstap.sock"

    def start_collector(self):
        collector = self.spawn("collector", [program("fstrm_capture"), "-t", "protobuf:dnstap.Dnstap", "-u",
                                             self.dnstap_socket, "-w", self.log_path])
        deadline = time.monotonic() + START_SECONDS
        while not self.dnstap_socket.exists():
            if collector.poll() is not None or time.monotonic() > deadline:
                raise CannotMeasure("fstrm_capture does not start")
            time.sleep(POLL_SECONDS)
        self.dnstap_socket.chmod(0o777)  # for servers that run as another user

    def wait_for_answer(self, server):
        name, expected = self.content.probes[0]
        deadline = time.monotonic() + START_SECONDS
        answer = None
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise CannotMeasure(f"ended with {server.returncode}: {self.last_words()}")
            answer = dns.ask(self.endpoint, name, 0.5)
            self.answered_most += 1
            if answer and answer[:2] == (0, expected):
                return
            time.sleep(POLL_SECONDS)
        raise CannotMeasure(f"no right answer within {START_SECONDS} s, the last was {answer}: {self.last_words()}")

    def probe(self, name, expected):
        """Fails unless the answer is NOERROR with exactly these addresses."""
        self.answered_most += 1
        answer = dns.ask(self.endpoint, name)
        if not answer or answer[:2] != (0, expected):
            raise CannotMeasure(f"answers {name} with {answer}, not with {expected}")
        self.answer_octets = answer[2]

    def last_words(self):
        output = self.folder / "server.out"
        lines = output.read_text(errors="replace").splitlines() if output.exists() else []
        return " / ".join(lines[-3:])

    def hang_up(self):
        """Requests a reload."""
        os.kill(self.pids[-1], signal.SIGHUP)

    reload_marker = None  # a pattern that the server's output has once for each completed reload

    def reloads(self):
        """Returns the number of completed reloads, including the first start if it has the marker too."""
        return len(re.findall(self.reload_marker, (self.folder / "server.out").read_text(errors="replace")))

    def peak_memory(self):
        """Returns the maximum resident set since the start, in bytes."""
        return machine.peak_bytes(self.pids[-1:])

    def memory(self):
        """Returns the memory of the server in bytes, without its collector."""
        return machine.memory_bytes(self.pids[-1:])

    def cpu_ns(self):
        """Returns the CPU time that counts as the server's."""
        return machine.cpu_ns(self.pids)

    def stop(self):
        for process in reversed(self.processes):  # the server first, so that its last records arrive
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for output in self.outputs:
            output.close()
        self.processes, self.outputs = [], []

    log_marker = b"\n"  # a text that each query has once in a text log
    frames_for_each = 1  # in dnstap

    def count_log(self):
        """Returns (records, bytes) of the query log. Call it after the server has ended."""
        if not self.log_path.exists():
            return 0, 0
        data = self.log_path.stat().st_size
        if self.log == "dnstap":
            return count_frames(self.log_path) // self.frames_for_each, data
        return count_text(self.log_path, self.log_marker), data


def count_text(path, marker):
    records, rest = 0, b""
    with open(path, "rb") as file:
        while chunk := file.read(1 << 22):
            chunk = rest + chunk
            records += chunk.count(marker)
            # No marker is counted twice: the remaining part is shorter than a marker.
            rest = chunk[-(len(marker) - 1):] if len(marker) > 1 else b""
    return records


def count_frames(path):
    """Counts the data frames of a Frame Streams file: a length, and a control frame after length 0."""
    frames = 0
    data = memoryview(path.read_bytes())
    at, unpack = 0, struct.Struct("!I").unpack_from
    while at + 4 <= len(data):
        (length,) = unpack(data, at)
        if length:
            frames += 1
            at += 4 + length
        else:
            at += 8 + unpack(data, at + 4)[0]
    return frames
