# SPDX-License-Identifier: Apache-2.0
"""The job `attacks`: the effect on other clients of an HTTPS server while one client attacks it, compared with nginx.

A well-behaved client calls a mock integration at a steady rate from before each attack until after it. Each attack
starts the server again. Attacks have limits of connections, bytes and time (`attackers.py`).
"""

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import attackers, machine, paced_calls
from .attack_servers import BIG_SIZE, TARGETS, AttackApi, AttackedGateway, AttackedNginx
from .rounds import say
from .servers import POLL_SECONDS, START_SECONDS, CannotMeasure
from .unanswered_jobs import percentile

OURS, NGINX = "inlet53-gateway", "nginx"
RATE, CONNECTIONS = 100, 16  # of the well-behaved client
SAMPLE_SECONDS = 0.05
RELOAD_PAUSE_SECONDS = 0.5
PHASES = ("before", "during", "after")
CLIENT_GRACE_SECONDS = 60


@dataclass(frozen=True)
class Case:
    """An attack, or another disturbance of a server: `by` is "attack", "reload" or "slow disk"."""
    text: str
    attack: str | None = None  # of attackers.ATTACKS
    by: str = "attack"
    nginx: bool = True  # whether nginx has an equivalent
    called: str = "hello"  # the target of the well-behaved client


CASES = {
    "hpack-1": Case("header of 4 KB, 16,000 references in each block, 1 MB/s, 1 connection", "hpack-1"),
    "hpack-4": Case("the same on 4 connections", "hpack-4"),
    "bodies": Case("30 POSTs of 9 MiB without an end", "bodies"),
    "bodies-http2": Case("the same on 30 streams of one HTTP/2 connection", "bodies-http2"),
    "denied": Case("20 such POSTs to an API whose policy denies all", "denied"),
    "unread": Case("50 responses of 6 MB that are not read", "unread"),
    "resets": Case("streams reset at once, 2,000 a second on each of 4 connections", "resets"),
    "function-resets": Case("500 such streams to a function", "function-resets", nginx=False),
    "hanging-function": Case("80 calls of a function that hangs, beside calls of another", "hanging-function",
                             nginx=False, called="function"),
    "reload": Case("continuous reloads, 1,000 APIs of 50 routes", by="reload"),
    "slow-disk": Case("each write to the access log takes 100 ms", by="slow disk"),
}


def phases(seconds):
    """Returns the length of each phase, for rounds of so many seconds."""
    return {"before": max(1.0, 0.7 * seconds), "during": max(2.0, 2 * seconds), "after": max(1.0, seconds)}


def attacks(bench):
    """Measures the effect of each attack on other clients: p50 and p99; and the server's memory and CPU time."""
    rows = {}
    with _backend(bench) as backend:
        content = AttackApi(bench.folder, bench.tool, backend)
        many = content.with_many()
        for number in range(bench.options.attack_runs):
            for name in bench.options.attacks:
                case = CASES[name]
                for make in _servers(bench, case):
                    server = make(many if case.by == "reload" else content, "text" if case.by == "slow disk" else None)
                    row = rows.setdefault((name, server.key), _row(server, name))
                    if "failed" not in row:
                        _measure(bench, server, case, row)
                say(f"attacks: {name}, run {number + 1}")
    return [row for row in rows.values() if row["runs"] or "failed" in row]


def _servers(bench, case):
    if bench.wants(OURS):
        yield lambda content, log: AttackedGateway(bench.folder, content, log)
        if bench.options.baseline_gateway:
            yield lambda content, log: AttackedGateway(bench.folder, content, log,
                                                       baseline=bench.options.baseline_gateway)
    if bench.wants(NGINX) and case.nginx:
        yield lambda content, log: AttackedNginx(bench.folder, content, log)


def _row(server, name):
    return {"job": "attacks", "attack": name, "server": server.key, "label": server.label, "package": server.package,
            "ours": server.is_ours, "is_bare": False, "log": server.log, "rounds": [], "repeated": 0, "disturbed": 0,
            "runs": []}


@contextmanager
def _backend(bench):
    """Starts an HTTP server on the processor of the load generator, with a file of 6 MB. Yields its URL."""
    folder = bench.folder / "backend"
    folder.mkdir()
    (folder / "big.txt").write_bytes(b"a" * BIG_SIZE)
    port = machine.free_port("127.0.0.1")
    command = ["taskset", "-c", str(bench.options.generator_cpu), sys.executable, "-m", "http.server", str(port),
               "--bind", "127.0.0.1", "--directory", folder]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{port}/big.txt"
        finally:
            process.terminate()


def _measure(bench, server, case, row):
    server.slow = case.by == "slow disk"
    with bench.started("attacks", [server]) as running:
        if not running:
            row["failed"] = "it did not start"
            return
        try:
            row["runs"].append(_disturb(bench, server, case))
        except (CannotMeasure, OSError, ValueError) as error:
            row["failed"] = str(error) or type(error).__name__
            say(f"attacks: {row['attack']}: {server.key}: {row['failed']}")


def _start(bench, program, *arguments):
    command = ["taskset", "-c", str(bench.options.generator_cpu), sys.executable, "-B", Path(program.__file__),
               *map(str, arguments)]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)


def _expect(process, word, what):
    if process.stdout.readline().strip() != word:
        raise CannotMeasure(f"{what} does not start")


def _disturb(bench, server, case):
    """Runs the client, and during its run the attack. Returns the figures of one run."""
    lasts = phases(bench.options.seconds)
    host, path = TARGETS[case.called]
    attack = watch = None
    client = _start(bench, paced_calls, *server.endpoint, host, path, RATE, sum(lasts.values()), CONNECTIONS)
    try:
        _expect(client, "ready", "the well-behaved client")
        time.sleep(lasts["before"])
        watch = Watch(server)
        if case.attack:
            attack = _start(bench, attackers, case.attack, *server.endpoint, lasts["during"], json.dumps(TARGETS))
            _expect(attack, "begun", "the attack")
        begun = time.monotonic()
        more = _disturbance(server, case, begun + lasts["during"])
        time.sleep(max(0, begun + lasts["during"] - time.monotonic()))
        ended = time.monotonic()
        cpu = watch.cpu_ns() / 1e9 / (ended - begun)
        if attack:
            output, _ = attack.communicate(timeout=CLIENT_GRACE_SECONDS)
            more["attack"] = json.loads(output)
        time.sleep(max(0, ended + lasts["after"] - time.monotonic()))
        told = watch.end() | {"cpu": cpu}
        output, _ = client.communicate(timeout=CLIENT_GRACE_SECONDS)
        calls = json.loads(output)
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure("a client does not end") from error
    finally:
        if watch:
            watch.end()
        for process in (client, attack):
            if process:
                if process.poll() is None:
                    process.kill()
                process.wait()
                process.stdout.close()
    return told | more | {"calls": by_phase(calls, begun, ended)}


def _disturbance(server, case, until):
    if case.by == "slow disk":
        server.switch.touch()
        time.sleep(max(0, until - time.monotonic()))
        server.switch.unlink()
    elif case.by == "reload":
        return {"reloads": _reload_until(server, until)}
    return {}


def _reload_until(server, until):
    """Reloads continuously. Returns the number of completed reloads."""
    done = 0
    while time.monotonic() < until:
        before = server.reloads()
        server.hang_up()
        deadline = time.monotonic() + START_SECONDS
        while server.reloads() == before:
            if time.monotonic() > deadline:
                raise CannotMeasure("a reload does not end")
            time.sleep(POLL_SECONDS)
        done += 1
        time.sleep(RELOAD_PAUSE_SECONDS)
    return done


class Watch:
    """Samples a server's memory and processes from before the attack until after it."""

    def __init__(self, server):
        self.server = server
        self.resident_before = machine.resident_bytes(server.memory_pids())
        self.resident_now = self.resident_peak = self.resident_before
        self.cpu = server.cpu_ns()
        self.children = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)
        self.thread.start()

    def _sample(self):
        while not self.ended.wait(SAMPLE_SECONDS):
            pids = self.server.memory_pids()
            self.resident_now = machine.resident_bytes(pids)
            self.resident_peak = max(self.resident_peak, self.resident_now)
            self.children = max(self.children, len(machine.process_tree(self.server.pids)) - len(pids))

    def cpu_ns(self):
        """Returns the CPU time of the server since the beginning."""
        return self.server.cpu_ns() - self.cpu

    def end(self):
        self.ended.set()
        self.thread.join()
        return {"resident_before": self.resident_before, "resident_peak": self.resident_peak,
                "resident_after": self.resident_now, "children": self.children}


def by_phase(calls, begun, ended):
    """Returns counts and latencies of (due, seconds, status) before, during and after the attack, by due time."""
    found = {}
    for phase in PHASES:
        of_phase = [(seconds, status) for due, seconds, status in calls
                    if phase == ("before" if due < begun else "during" if due < ended else "after")]
        times = sorted(1000 * seconds for seconds, status in of_phase if status == 200)
        found[phase] = {"calls": len(of_phase), "failed": len(of_phase) - len(times),
                        "ms": {name: percentile(times, part) for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1))}}
    return found


JOBS = {"attacks": attacks}
