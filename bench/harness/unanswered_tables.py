# SPDX-License-Identifier: Apache-2.0
"""The tables of the jobs about targets that work but do not answer every query."""

from .failing_tables import percent
from .tables import named, number, table
from .unanswered_jobs import (BAD, BROKEN, DELAY_SECONDS, GOAL_MS, HEALTHY, LATE_SECONDS, LOSS, LOSS_AGAIN_SECONDS,
                              LOSS_RATE, OTHER, PATIENCE_SECONDS, PATTERNS, TARGETS)

MILLISECONDS = ("p50", "p99", "max")


def meets_goal(row):
    """Returns whether every healthy name of both rules is answered, within the time limit."""
    return all(part["answered"] == part["asked"] and part["ms"]["p99"] is not None and part["ms"]["p99"] <= GOAL_MS
               for part in (row["parts"][HEALTHY], row["parts"][OTHER]))


def unanswered(results):
    rows = [row for row in results["rows"] if row["job"] == "unanswered" and "parts" in row]
    if not rows:
        return ""
    text = (f"## A target that does not answer some names\n\nThe target answers in {1000 * DELAY_SECONDS:g} ms, except "
            f"for bad names, which it drops or answers after {LATE_SECONDS:g} s. Between them are *healthy* names, "
            "all of them new, of the same rule and of an *other* rule with the same target. The client sends each "
            f"query once and waits {PATIENCE_SECONDS:g} s. All servers get queries at the same time, for "
            f"{rows[0]['seconds']:g} s in each load; each row has its own target or two. The goal is 100 % with a p99 of "
            f"at most {GOAL_MS:g} ms. *Sends* is how often one target received one bad name: the median and the "
            "maximum.\n")
    for pattern in PATTERNS:
        body = []
        for targets in TARGETS:
            for bad in BAD:
                for row in rows:
                    if (row["pattern"], row["targets"], row["bad"]) == (pattern.text, targets, bad):
                        body.append(_cells(row))
        if body:
            text += f"\n### Bad names: {pattern.text}\n\n" + table(
                ["server", "targets", "bad names are", "healthy, answered", "failed", "no response",
                 *(f"{part} ms" for part in MILLISECONDS), "other rule, answered", "p99 ms", "bad name fails after, at most, ms",
                 "sends", "goal"], body)
    return text


def _cells(row):
    healthy, other, bad = (row["parts"][part] for part in (HEALTHY, OTHER, BROKEN))
    sends = row["sends"]
    return [named(row), row["targets"], {"drop": "dropped", "late": "late"}[row["bad"]],
            percent(healthy["answered"], healthy["asked"]), healthy["failed"], healthy["silent"],
            *(number(healthy["ms"][part], 1) for part in MILLISECONDS),
            percent(other["answered"], other["asked"]), number(other["ms"]["p99"], 1),
            number(bad["failed_ms"], 0), "–" if sends["most"] is None else f"{sends['median']}, {sends['most']}",
            "met" if meets_goal(row) else "missed"]


def loss(results):
    rows = [row for row in results["rows"] if row["job"] == "loss" and "first" in row]
    if not rows:
        return ""
    body = []
    for row in rows:
        first, second = row["first"], row["second"]
        body.append([named(row), percent(first["answered"], first["asked"]),
                     percent(first["answered"] + second["answered"], first["asked"]), first["failed"], first["silent"],
                     *(number(first["ms"][part], 1) for part in MILLISECONDS)])
    return (f"## Two targets, {LOSS:.0%} of the datagrams lost in each direction\n\n{rows[0]['first']['asked']:,} new "
            f"names, {LOSS_RATE} a second. The client sends one query for each name and waits {PATIENCE_SECONDS:g} s. "
            f"It repeats unanswered queries once, at least {LOSS_AGAIN_SECONDS:g} s after the first query. "
            "The goals are 98 % and 99.9 %. A server that does not repeat queries itself reaches 49 % with one "
            "target.\n\n"
            + table(["server", "answered", "with one more query", "failed", "no response",
                     *(f"{part} ms" for part in MILLISECONDS)], body))


SECTIONS = (unanswered, loss)
