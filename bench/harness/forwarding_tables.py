# SPDX-License-Identifier: Apache-2.0
"""The tables of the jobs that forward and cache."""

from .forwarding_jobs import OWN_ZONE
from .rounds import median
from .tables import (CPU_COLUMNS, REFERENCE, cpu, cpu_cells, find, microseconds, named, number, of_job, ratio, remarks,
                     share, table)

COLUMNS = ["server", *CPU_COLUMNS, "kq/s", "core busy", "load busy", "p50 µs", "p99 µs", "target µs", "remarks"]
NOT_ASKED = 0.1  # µs of the targets' CPU time for each answer, above which they were queried


def target_us(row):
    """Returns the CPU time of the targets for each answer of the server."""
    return sum(figures["target_ns"] for figures in row["rounds"]) / 1000 / sum(
        figures["answered"] for figures in row["rounds"])


def _remarks(row, cached):
    said = [remarks(row)] if remarks(row) else []
    if cached and target_us(row) > NOT_ASKED:
        said.append("not all answers from its cache")
    answered = sum(figures["answered"] for figures in row["rounds"])
    good = sum(figures["rcodes"].get("NOERROR", figures["rcodes"].get("2xx", 0)) for figures in row["rounds"])
    if good < answered:
        said.append(f"{(answered - good) / answered * 100:.1f} % without the answer")
    return "; ".join(said)


def _table(rows, cached):
    ours = find(rows, server=REFERENCE)
    return table(COLUMNS, [
        [named(row), *cpu_cells(row, ours), number(median(row, "queries_per_second") / 1000, 0),
         share(median(row, "core_busy")), share(median(row, "generator_busy")),
         *(microseconds(median(row, f"latency_us/{part}")) for part in ("p50", "p99")), number(target_us(row)),
         _remarks(row, cached)] for row in sorted(rows, key=cpu)])


def hits(results):
    rows = of_job(results["rows"], "hits")
    if not rows:
        return ""
    text = ("## Forwarding: all from the cache\n\n10,000 names of a zone that one target has. Each server has every "
            "name in its cache; *target µs* is the target's CPU time for each answer, so 0 means that it got no "
            "queries. One row is inlet53d with the same zone as a hosted zone.\n\n"
            + _table(rows, True))
    ours, own = find(rows, server=REFERENCE), find(rows, label=f"{REFERENCE}, {OWN_ZONE}")
    if ours and own:
        text += f"\nAn answer from the cache of inlet53d costs {number(ratio(ours, own))} times as much as one from a zone.\n"
    return text


def misses(results):
    rows = of_job(results["rows"], "misses")
    if not rows:
        return ""
    return ("## Forwarding: nothing from the cache\n\nEvery query has a new name, below a "
            "wildcard of one target. The target runs on the processor of the load generator and does not count.\n\n"
            + _table(rows, False))


def dot(results):
    rows = of_job(results["rows"], "dot")
    if not rows:
        return ""
    return ("## DNS over TLS\n\nThe cached names over ten persistent connections. The load generator is dnsperf; "
            "OpenSSL and the server choose the cipher suite.\n\n" + _table(rows, True))


def doh(results):
    rows = of_job(results["rows"], "doh")
    if not rows:
        return ""
    return ("## DNS over HTTPS\n\nThe cached names by GET over eight persistent HTTP/2 connections with 16 streams "
            "each, with TLS_AES_128_GCM_SHA256.\n\n" + _table(rows, True))


SECTIONS = (hits, misses, dot, doh)
