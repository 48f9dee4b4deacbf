# SPDX-License-Identifier: Apache-2.0
"""Measures one load on one server, and interleaved rounds of several servers."""

import math
import os
import statistics
import sys
import time

from . import machine
from .loads import LoadFailed
from .servers import CannotMeasure

# The maximum share of foreign load on the server's processors in a round that is not repeated.
MAX_FOREIGN = 0.05
# Below this share of the processor, the server was not the limit of a load without a rate.
SATURATED = 0.95
HISTOGRAM_STEP = 1.02
# The figures of a report: one number of each round.
KEPT = ("seconds", "sent", "answered", "lost", "late", "behind", "wrong", "truncated", "reconnects", "queries_per_second",
        "rcodes", "latency_us")


def measure_once(server, generator, load, during=None):
    """Runs one load. Returns the round's figures; `during` is called while it runs."""
    cpus = server.cpus
    shared = generator.cpu in cpus
    # Writes the pending part of a log to the disk now, not during the round.
    if server.log and server.log_path.exists():
        descriptor = os.open(server.log_path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    threads_before = machine.thread_ns(server.pids)
    idle, wall = machine.idle_ns(cpus), machine.now_ns()
    own, family = server.cpu_ns(), machine.cpu_ns(server.pids)
    process = generator.start(load, server.endpoint)
    try:
        more = during(server, process) if during else {}
        result = generator.finish(process)
    finally:
        if process.returncode is None:  # if the run was interrupted
            process.kill()
            process.wait()
    own, family = server.cpu_ns() - own, machine.cpu_ns(server.pids) - family
    wall = machine.now_ns() - wall
    busy = max(0, wall * len(cpus) - (machine.idle_ns(cpus) - idle))
    known = family + (result["generator_ns"] if shared else 0)
    server.answered_least += result["answered"]
    server.answered_most += result["sent"]
    if result["answered"] == 0:
        raise CannotMeasure("answered nothing")
    threads = machine.thread_ns(server.pids)
    figures = {key: result.get(key, 0) for key in KEPT}
    figures |= {
        "server_ns": own,
        "function_us": (family - own) / 1000 / result["answered"],  # of child processes that do not count as the server
        "us_per_answer": own / 1000 / result["answered"],
        "core_busy": min(1.0, busy / 1e9 / len(cpus) / result["seconds"]),
        "generator_busy": result["generator_ns"] / wall,
        "foreign": max(0.0, (busy - known) / (wall * len(cpus))),
        "thread_ns": sorted((ns - threads_before.get(thread, 0) for thread, ns in threads.items()), reverse=True)[:8],
        **more,
    }
    return figures, result.get("histogram", [])


class Rows:
    """The rows of one job, one for each server and load, with their rounds."""

    def __init__(self, bench, job, generator, histograms=False):
        self.bench, self.job, self.generator, self.histograms = bench, job, generator, histograms
        self.rows = []

    def add(self, server, load, during=None, **labels):
        row = {
            "job": self.job, "server": server.key, "label": server.label, "package": server.package,
            "ours": server.is_ours, "is_bare": server.is_bare, "log": server.log, "generator": self.generator.name,
            "load": load.described(), "answer_octets": server.answer_octets, **labels,
            "rounds": [], "histogram": [], "repeated": 0, "disturbed": 0,
        }
        self.rows.append((row, server, load, during))

    def run(self):
        """Warms each server, then measures interleaved rounds; returns the rows without failed ones."""
        for row, server, load, _ in self.rows:
            self._attempt(row, lambda: self._prime(server, load, min(1.0, load.seconds / 2)))
        for number in range(self.bench.options.rounds):
            # Every second turn has the opposite order, so that no server always follows the same one.
            for row, server, load, during in self.rows[::-1 if number % 2 else 1]:
                if "failed" not in row:
                    self._attempt(row, lambda: self._round(row, server, load, during))
            say(f"{self.job}: round {number + 1} of {self.bench.options.rounds}")
        return [row for row, *_ in self.rows]

    def _attempt(self, row, act):
        try:
            act()
        except (CannotMeasure, LoadFailed) as error:
            row["failed"] = str(error)
            say(f"{self.job}: {row['server']}: {error}")

    def _prime(self, server, load, seconds):
        primer = type(load)(**{**load.__dict__, "seconds": seconds})
        measure_once(server, self.generator, primer)

    def _round(self, row, server, load, during):
        """Returns the cheapest undisturbed attempt, else the least disturbed one."""
        attempts = []
        quiet = 0
        while not attempts or quiet < self.bench.options.tries:
            begun = time.monotonic()
            self._prime(server, load, server.prime_seconds)
            attempts.append(measure_once(server, self.generator, load, during))
            is_quiet = attempts[-1][0]["foreign"] <= MAX_FOREIGN
            quiet += is_quiet
            disturbed = len(attempts) - quiet
            if len(attempts) > 1 and not is_quiet:
                self.bench.repeating_seconds -= time.monotonic() - begun
            if not is_quiet and (disturbed > self.bench.options.repeats or self.bench.repeating_seconds <= 0):
                break
        figures, histogram = min(attempts, key=lambda attempt: (max(MAX_FOREIGN, attempt[0]["foreign"]),
                                                                attempt[0]["us_per_answer"]))
        figures["attempts"] = len(attempts)
        row["repeated"] += disturbed if quiet else disturbed - 1
        row["disturbed"] += figures["foreign"] > MAX_FOREIGN
        row["rounds"].append(figures)
        if self.histograms:
            row["histogram"] = merged(row["histogram"], histogram)


def merged(one, other):
    """Merges two histograms with steps of 2 %."""
    counts = dict(map(tuple, one))
    for upper, count in other:
        step = math.ceil(math.log(max(1.0, upper), HISTOGRAM_STEP) - 1e-9)
        upper = round(HISTOGRAM_STEP ** step, 3)
        counts[upper] = counts.get(upper, 0) + count
    return sorted(counts.items())


def median(row, key):
    """Returns the median of one figure over the rounds; `key` may be a path such as latency_us/p99. None if unknown."""
    values = []
    for figures in row["rounds"]:
        value = figures
        for part in key.split("/"):
            value = value.get(part) if value else None
        values.append(value)
    return statistics.median(values) if values and None not in values else None


def spread(row, key):
    values = [figures[key] for figures in row["rounds"]]
    return min(values), max(values)


_begun = time.monotonic()


def say(text):
    print(f"bench: {time.monotonic() - _begun:5.0f} s  {text}", file=sys.stderr, flush=True)
