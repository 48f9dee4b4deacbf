# SPDX-License-Identifier: Apache-2.0
"""The tables of the job `attacks`."""

import statistics

from .attack_jobs import CASES, CONNECTIONS, PHASES, RATE, phases
from .tables import named, number, table

MIB = 1024 ** 2


def middle(values):
    """Returns the median of the known values."""
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def attacks(results):
    rows = [row for row in results["rows"] if row["job"] == "attacks" and row.get("runs")]
    if not rows:
        return ""
    lasts = phases(results["head"]["options"]["seconds"])
    text = (f"## The effect of attacks on other clients\n\nA client makes {RATE} calls a second of a mock integration over "
            f"{CONNECTIONS} persistent HTTP/1.1 connections, {lasts['before']:g} s before the attack, {lasts['during']:g} s "
            f"during it and {lasts['after']:g} s after it. The latency of a call starts at its due time. *Failed* are calls "
            "without status 200. Memory is the resident set without functions' processes: before the attack, the maximum, and at "
            "the end. CPU is the server's time during the attack, including functions. nginx has its defaults, but accepts "
            "bodies of 10 MiB, which it stores in files. Figures are medians over the runs.\n\n")
    body = []
    for name in CASES:
        for row in (row for row in rows if row["attack"] == name):
            body.append(_cells(row))
    columns = ["attack", "server", "p50 ms before", "during", "p99 ms before", "during", "after", "max ms during",
               "failed before", "during", "after", "MiB before", "peak", "after", "CPU", "processes", "runs"]
    text += table(columns, body)
    return text + "\nThe attacks and their connections (sums over the runs):\n\n" + _fates(rows)


def _cells(row):
    runs = row["runs"]

    def latency(phase, part):
        return number(middle(run["calls"][phase]["ms"][part] for run in runs), 1)

    failed = [sum(run["calls"][phase]["failed"] for run in runs) for phase in PHASES]
    memory = [number(middle(run[f"resident_{when}"] for run in runs) / MIB, 0) for when in ("before", "peak", "after")]
    return [row["attack"], named(row), latency("before", "p50"), latency("during", "p50"),
            *(latency(phase, "p99") for phase in PHASES), latency("during", "max"), *failed, *memory,
            f"{middle(run['cpu'] for run in runs):.0%}", max(run["children"] for run in runs), len(runs)]


def _fates(rows):
    body = []
    for name, case in CASES.items():
        for row in (row for row in rows if row["attack"] == name):
            total = {}
            for run in row["runs"]:
                for key, count in run.get("attack", {}).items():
                    total[key] = total.get(key, 0) + count
            said = [f"{count:,} × status {key}" for key, count in sorted(total.items()) if key.isdigit()]
            reloads = [run["reloads"] for run in row["runs"] if "reloads" in run]
            if reloads:
                said.append(f"{sum(reloads)} reloads")
            body.append([case.text, named(row), f"{total['bytes'] / MIB:,.1f}" if "bytes" in total else "–",
                         total.get("connections", "–"), total.get("closed", "–"), total.get("refused", 0),
                         ", ".join(said)])
    return table(["attack", "server", "MiB sent", "connections", "closed by the server", "refused", "remarks"], body)


SECTIONS = (attacks,)
