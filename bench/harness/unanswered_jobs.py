# SPDX-License-Identifier: Apache-2.0
"""The jobs about targets that work but do not answer every query: some names get no answer, or datagrams are lost.

All servers are queried at the same time, each by its own client: the loads are far below the capacity of one server.
"""

import json
import random
import string
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import scripted_target, stub
from .forwarders import Forwarded
from .forwarding_jobs import forwarders
from .rounds import say
from .servers import CannotMeasure
from .workloads import API_ADDRESSES, PARTNER_DOMAIN

PEERS = ("unbound", "bind", "dnsdist", "dnsmasq")
DELAY_SECONDS, LATE_SECONDS = 0.001, 5.0
GOAL_MS = 2 * 1000 * DELAY_SECONDS + 5  # the maximum p99 of the healthy names
WINDOW_ROUNDS = 10  # a load lasts as long as this number of rounds of the other jobs
PATIENCE_SECONDS = 8.0  # of the client, which sends each query once
TARGETS = (1, 2)
BAD = ("drop", "late")
HEALTHY, OTHER, BROKEN = "healthy", "other", "bad"  # the kinds of names in a load


@dataclass(frozen=True)
class Pattern:
    """A load: single bad names, and groups of healthy names."""
    text: str
    bad_rate: float  # a second
    group_seconds: float = 3.0  # between groups: long enough that a target may count as unresponsive
    group: int = 10
    group_of_other: int = 4  # names of the other rule, in each group
    poisson: bool = False  # bad names and groups are random with these rates; False: regular


PATTERNS = (Pattern("1 a second", 1), Pattern("2 a second", 2),
            Pattern("2 a second, at random", 2, group_seconds=1.5, group=5, group_of_other=2, poisson=True))

LOSS = 0.3
LOSS_NAMES, LOSS_RATE = 4_000, 200
LOSS_AGAIN_SECONDS = 6.0  # after the last first answer: servers store a failure for up to 5 s (RFC 9520)


def schedule(pattern, seconds, seed):
    """Returns the sorted (seconds from the start, kind, number) of each query of a load."""
    draw = random.Random(seed)
    if pattern.poisson:
        bad, groups = ([], [])
        for times, rate in ((bad, pattern.bad_rate), (groups, 1 / pattern.group_seconds)):
            when = draw.expovariate(rate)
            while when < seconds:
                times.append(when)
                when += draw.expovariate(rate)
    else:
        bad = [i / pattern.bad_rate for i in range(int(seconds * pattern.bad_rate))]
        # Each group is in the middle between two bad names.
        groups = [(i + 1) * pattern.group_seconds - 0.5 / pattern.bad_rate
                  for i in range(int(seconds / pattern.group_seconds))]
    found = [(when, BROKEN) for when in bad]
    for when in groups:
        found += [(when, HEALTHY)] * pattern.group + [(when, OTHER)] * pattern.group_of_other
    return [(when, what, number) for number, (when, what) in enumerate(sorted(found))]


def domain(targets, bad, what):
    """Returns the rule's domain. The other rule has the same targets."""
    return f"{'other' if what == OTHER else 'names'}-{targets}-{bad}.{PARTNER_DOMAIN}"


@contextmanager
def scripted(bench, count, **options):
    """Starts scripted targets: yields their endpoints and a list, which has their received queries afterwards."""
    command = ["taskset", "-c", str(bench.options.generator_cpu), sys.executable, "-B",
               Path(scripted_target.__file__), "--targets", str(count)]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    received = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready, *ports = process.stdout.readline().split()
            if ready != "ready":
                raise CannotMeasure("the scripted target does not start")
            yield [(scripted_target.ADDRESS, int(port)) for port in ports], received
        finally:
            process.terminate()
            received += json.loads(process.stdout.readline() or "[]")


def unanswered(bench):
    """Healthy names of a target that drops other names or answers them late: the answered share and the latency."""
    seconds = max(2.0, bench.options.seconds * WINDOW_ROUNDS)
    variants = [(targets, bad) for targets in TARGETS for bad in BAD]
    rows = []
    for pattern in PATTERNS:  # each with new targets and servers
        count = sum(targets for targets, _ in variants)
        with scripted(bench, count, delay=DELAY_SECONDS, late=LATE_SECONDS) as (endpoints, received):
            free = iter(endpoints)
            rules = {}
            for targets, bad in variants:
                asked = [next(free) for _ in range(targets)]
                rules |= {domain(targets, bad, what): asked for what in (HEALTHY, OTHER)}
            content = Forwarded(rules, [(f"probe.{next(iter(rules))}", sorted(API_ADDRESSES))])
            with bench.started("unanswered", [*forwarders(bench, content, PEERS)]) as running:
                found = _ask_all_servers(running, pattern, seconds, variants)
        rows += found
        _add_sends(found, received)
        say(f"unanswered: {pattern.text}")
    return rows


def _ask_all_servers(running, pattern, seconds, variants):
    """Returns the rows of one load, for each server and variant."""
    jobs = [(server, targets, bad) for server in running for targets, bad in variants]
    if not jobs:
        return []
    begin = time.monotonic() + 0.2
    # The groups have different times, because the clients share a processor with the targets.
    step = 0.4 / pattern.bad_rate / len(jobs)

    def ask(number):
        server, targets, bad = jobs[number]
        token = "".join(random.SystemRandom().choices(string.ascii_lowercase, k=8))
        asked = schedule(pattern, seconds, seed=variants.index((targets, bad)))  # the same schedule for each server
        names = [(when, _name(what, bad, token, i, targets)) for when, what, i in asked]
        time.sleep(max(0, begin + number * step - time.monotonic()))
        answers = stub.ask_at(server.endpoint, names, PATIENCE_SECONDS, tries=1)
        row = _row("unanswered", server)
        row |= {"pattern": pattern.text, "targets": targets, "bad": bad, "token": token, "seconds": seconds,
                "parts": {part: summary([answer for (_, what, _), answer in zip(asked, answers) if what == part])
                          for part in (HEALTHY, OTHER, BROKEN)}}
        return row

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(ask, range(len(jobs))))


def _name(what, bad, token, number, targets):
    stem = {"drop": scripted_target.DROP, "late": scripted_target.LATE}[bad] if what == BROKEN else ""
    return f"{stem}{token}-{number}.{domain(targets, bad, what)}"


def _row(job, server):
    return {"job": job, "server": server.key, "label": server.label, "package": server.package,
            "ours": server.is_ours, "is_bare": False, "log": None, "rounds": [], "repeated": 0, "disturbed": 0}


def summary(answers):
    """Returns counts and latencies of (rcode, seconds, sent)."""
    good = sorted(1000 * seconds for rcode, seconds, _ in answers if rcode == 0)
    return {"asked": len(answers), "answered": len(good),
            "failed": sum(rcode not in (0, None) for rcode, *_ in answers),
            "silent": sum(rcode is None for rcode, *_ in answers),
            "ms": {name: percentile(good, part) for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1))},
            "failed_ms": percentile(sorted(1000 * seconds for rcode, seconds, _ in answers if rcode not in (0, None)), 1)}


def percentile(ordered, part):
    """Returns the lowest value that this share of the values does not exceed; None without values."""
    return ordered[max(0, -int(-len(ordered) * part // 1) - 1)] if ordered else None


def _add_sends(rows, received):
    """Adds how often one target got one bad name: maximum and median."""
    for row in rows:
        counts = sorted(count for _, name, count in received if row["token"] in name)
        row["sends"] = {"median": percentile(counts, 0.5), "most": percentile(counts, 1)}
        del row["token"]


def loss(bench):
    """Two targets, and 30 % of the datagrams lost in each direction: the first query, and a second one."""
    names = [f"{i:05d}-{{}}.loss.{PARTNER_DOMAIN}" for i in range(LOSS_NAMES)]
    names = names[:max(200, int(LOSS_RATE * bench.options.seconds * WINDOW_ROUNDS))]
    with scripted(bench, 2, lose_queries=LOSS, lose_answers=LOSS) as (endpoints, _):
        content = Forwarded({f"loss.{PARTNER_DOMAIN}": endpoints}, [(f"probe.loss.{PARTNER_DOMAIN}",
                                                                      sorted(API_ADDRESSES))])
        with bench.started("loss", [*forwarders(bench, content, PEERS)]) as running:
            if not running:
                return []
            with ThreadPoolExecutor(len(running)) as threads:
                return list(threads.map(lambda server: _lossy(server, names), running))


def _lossy(server, names):
    token = "".join(random.SystemRandom().choices(string.ascii_lowercase, k=8))
    names = [name.format(token) for name in names]
    first = stub.ask_all(server.endpoint, names, LOSS_RATE, PATIENCE_SECONDS, tries=1)
    asked_again = [name for name, (rcode, *_) in zip(names, first) if rcode != 0]
    time.sleep(LOSS_AGAIN_SECONDS)
    second = stub.ask_all(server.endpoint, asked_again, LOSS_RATE, PATIENCE_SECONDS, tries=1)
    return _row("loss", server) | {"first": summary(first), "second": summary(second)}


JOBS = {"unanswered": unanswered, "loss": loss}
