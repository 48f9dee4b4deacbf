# SPDX-License-Identifier: Apache-2.0
"""The tables of the job about failing targets."""

import statistics

from .failing_jobs import (DEAD_RATE, FLOOD_NAMES, FLOOD_RATE, HEALTHY_RATE, HOLE_NAMES, HOLE_SECONDS, LOSS, LOSS_NAMES,
                           LOSS_RATE, PRIVATE_RATE)
from .rounds import median
from .stub import TIMEOUT_SECONDS, TRIES
from .tables import find, microseconds, named, number, of_job, remarks, table


def failing(results):
    rows = [row for row in results["rows"] if row["job"] == "failing" and "hole" in row]
    if not rows:
        return ""
    text = ("## Targets that fail\n\nEach server serves a private zone itself and has rules for one healthy target, "
            "two of them, a healthy and a dead one, a dead one alone, and one that drops datagrams. A dead target is a "
            "socket that no process reads.\n")
    return text + _lossy(rows) + _one_of_two(results) + _black_hole(rows) + _flood(rows)


def percent(part, whole):
    return f"{100 * part / max(1, whole):.2f} %"


def _lossy(rows):
    body = []
    for row in rows:
        found = row["lossy"]
        body.append([named(row), percent(found["answered"], found["asked"]), percent(found["at_once"], found["asked"]),
                     found["failed"], found["silent"],
                     *(number(found["ms"].get(part), 1) for part in ("p50", "p99"))])
    return (f"\n### The target drops {LOSS:.0%} of the datagrams\n\n{LOSS_NAMES:,} new names, {LOSS_RATE} a second. "
            f"The client repeats a query after {TIMEOUT_SECONDS} s and sends it at most {TRIES} times; "
            "*answered* are those whose first response has the addresses.\n\n"
            + table(["server", "answered", "to the first query", "SERVFAIL", "no response", "p50 ms", "p99 ms"], body))


def _one_of_two(results):
    rows = of_job(results["rows"], "failing")
    body = []
    for both in (row for row in rows if row["targets"] == "both"):
        half = find(rows, server=both["server"], targets="half")
        if half is None:
            continue
        cells = [microseconds(median(row, f"latency_us/{part}")) for part in ("p50", "p99") for row in (both, half)]
        answered = sum(figures["rcodes"].get("NOERROR", 0) for figures in half["rounds"])
        body.append([named(both), *cells, percent(answered, sum(figures["sent"] for figures in half["rounds"])),
                     remarks(half, False)])
    return (f"\n### One of two targets is dead\n\n{DEAD_RATE:,} new names a second.\n\n"
            + table(["server", "p50 µs, both alive", "p50 µs, one dead", "p99 µs, both alive", "p99 µs, one dead",
                     "answered, one dead", "remarks"], body))


def _black_hole(rows):
    body = []
    for row in rows:
        found = row["hole"]
        times = found["seconds"]
        body.append([named(row), *(number(pick(times) if times else None) for pick in (min, statistics.median, max)),
                     ", ".join({2: "SERVFAIL"}.get(rcode, f"rcode {rcode}") for rcode in found["rcodes"]) or "–",
                     found["asked"] - len(times)])
    return (f"\n### A black hole\n\nThe rule's only target is dead. {HOLE_NAMES} names, one query for "
            f"each, and the time until its response, at most {HOLE_SECONDS} s.\n\n"
            + table(["server", "min s", "median s", "max s", "response", "no response"], body))


def _flood(rows):
    body = []
    for row in rows:
        if not row["flood"]:
            continue
        cells = []
        for what in ("private", "healthy"):
            cells.append(percent(sum(one[what]["answered"] for one in row["flood"]),
                                 sum(one[what]["sent"] for one in row["flood"])))
            for part in ("p50", "p99"):
                cells.append(microseconds(statistics.median(one[what]["latency_us"][part] or 0
                                                            for one in row["flood"])))
        body.append([named(row), *cells])
    columns = ["server"] + [f"{what}, {column}" for what in ("private", "healthy") for column in
                            ("answered", "p50 µs", "p99 µs")]
    return (f"\n### A flood to the black hole\n\n{FLOOD_NAMES:,} names of the black hole, {FLOOD_RATE} a second. Meanwhile "
            f"{PRIVATE_RATE:,} queries a second for private names, and {HEALTHY_RATE} for new names of a healthy target; "
            f"later answers than {TIMEOUT_SECONDS} s do not count. Latencies of answers are medians over the floods."
            "\n\n" + table(columns, body))


SECTIONS = (failing,)
