# SPDX-License-Identifier: Apache-2.0
"""The job about targets that lose datagrams or are dead: the answered clients, their latency, and side effects."""

import random
import socket
import statistics
import string
from contextlib import contextmanager

from . import stub
from .forwarders import Forwarded
from .forwarding_jobs import forwarders, generator, targets
from .loads import Load
from .rounds import say
from .unanswered_jobs import scripted
from .workloads import API_ADDRESSES, PartnerNames

# Servers that also serve names of their own.
PEERS = ("unbound", "bind", "dnsdist")
PRIVATE = "private.internal"
LOSS, LOSS_SEED, LOSS_NAMES, LOSS_RATE = 0.3, 53, 2_000, 500
DEAD_RATE = 2_000
HOLE_NAMES, HOLE_SECONDS = 10, 12
FLOOD_NAMES, FLOOD_RATE, PRIVATE_RATE, HEALTHY_RATE = 2_000, 500, 1_000, 500
FLOOD_TIMEOUT = stub.TIMEOUT_SECONDS
FLOOD_ROUNDS = 3


@contextmanager
def _hole():
    """Returns a target that never answers: a socket that no process reads."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()


def failing(bench):
    """A target that drops datagrams, one of two that is dead, a black hole, and a flood of queries to that."""
    names = PartnerNames(bench.folder)
    domains = {what: f"{what}.{names.domain}" for what in ("healthy", "both", "half", "hole", "lossy")}
    with targets(bench, names, 2) as alive, scripted(bench, 1, lose_queries=LOSS, seed=LOSS_SEED) as (lossy, _), \
            _hole() as dead, _hole() as hole:
        one, two = (target.endpoint for target in alive)
        content = Forwarded({domains["healthy"]: [one], domains["both"]: [one, two], domains["half"]: [one, dead],
                             domains["hole"]: [hole], domains["lossy"]: lossy},
                            [(f"probe.{PRIVATE}", API_ADDRESSES[:1])], private=PRIVATE)
        with bench.started("failing", [*forwarders(bench, content, PEERS)]) as running:
            rows = [_row(server) for server in running]
            for row, server in zip(rows, running):
                row["hole"] = _black_hole(server, domains["hole"])
                row["lossy"] = _lossy_target(server, domains["lossy"])
                say(f"failing: {server.key}: black hole and lost datagrams")
            for number in range(min(FLOOD_ROUNDS, bench.options.rounds)):
                for row, server in zip(rows, running):
                    row["flood"].append(_flood(bench, server, domains))
                say(f"failing: flood {number + 1}")
            timed = bench.rows("failing", generator(bench, timeout=FLOOD_TIMEOUT))
            for server in running:
                for which in ("both", "half"):
                    timed.add(server, bench.load(names.names, fresh=domains[which], rate=DEAD_RATE), targets=which)
            return rows + timed.run()


def _row(server):
    return {"job": "failing", "server": server.key, "label": server.label, "package": server.package,
            "ours": server.is_ours, "is_bare": False, "log": None, "rounds": [], "repeated": 0, "disturbed": 0,
            "flood": []}


def _labels(count, domain):
    draw = random.Random(domain)
    return ["".join(draw.choices(string.ascii_lowercase, k=12)) + "." + domain for _ in range(count)]


def _black_hole(server, domain):
    """Measures the time until new names get their failure."""
    answers = stub.ask_all(server.endpoint, _labels(HOLE_NAMES, domain), HOLE_NAMES, HOLE_SECONDS, tries=1)
    return {"asked": len(answers), "seconds": sorted(seconds for rcode, seconds, _ in answers if rcode is not None),
            "rcodes": sorted({rcode for rcode, *_ in answers if rcode is not None})}


def _lossy_target(server, domain):
    answers = stub.ask_all(server.endpoint, _labels(LOSS_NAMES, domain), LOSS_RATE)
    good = [(seconds, sent) for rcode, seconds, sent in answers if rcode == 0]
    return {"asked": len(answers), "answered": len(good), "at_once": sum(sent == 1 for _, sent in good),
            "failed": sum(rcode not in (0, None) for rcode, *_ in answers),
            "silent": sum(rcode is None for rcode, *_ in answers),
            "ms": {part: 1000 * statistics.quantiles([seconds for seconds, _ in good], n=1000)[at - 1]
                   for part, at in (("p50", 500), ("p99", 990))} if len(good) > 1 else {}}


def _flood(bench, server, domains):
    """Sends 2,000 names of the black hole, during queries for private names and for names of a healthy target."""
    private = bench.folder / "private.names"
    private.write_text("".join(f"{name} A\n" for name in _labels(10_000, PRIVATE)))
    seconds = FLOOD_NAMES / FLOOD_RATE
    loads = {"hole": Load(private, seconds, FLOOD_RATE, fresh=domains["hole"]),
             "private": Load(private, seconds, PRIVATE_RATE),
             "healthy": Load(private, seconds, HEALTHY_RATE, fresh=domains["healthy"])}
    askers = {what: generator(bench, timeout=FLOOD_TIMEOUT) for what in loads}
    draw = random.SystemRandom()
    processes = {}
    try:
        for what, load in loads.items():
            askers[what].seed = draw.randrange(1 << 32)  # names that differ from those of the last time
            processes[what] = askers[what].start(load, server.endpoint)
        return {what: _told(askers[what].finish(process)) for what, process in processes.items()}
    finally:
        for process in processes.values():
            if process.returncode is None:  # if the run was interrupted
                process.kill()
                process.wait()


def _told(result):
    return {"sent": result["sent"], "answered": result["rcodes"].get("NOERROR", 0), "rcodes": result["rcodes"],
            "latency_us": result["latency_us"]}


JOBS = {"failing": failing}
