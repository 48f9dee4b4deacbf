# SPDX-License-Identifier: Apache-2.0
"""The table that compares our programs with another build of them (`--compare-build`)."""

from .rounds import spread
from .tables import cpu, find, number, table

MARK = "-baseline"
LIMIT = 1.03  # the maximum ratio of a build that counts as equally expensive


def pairs(rows):
    """Returns (row, row of the other build) with the same job and load."""
    found = []
    for other in rows:
        if MARK not in other["server"] or not other["rounds"]:
            continue
        own = find(rows, server=other["server"].replace(MARK, ""), job=other["job"], load=other["load"],
                   **{key: other[key] for key in ("version", "targets", "sockets", "records") if key in other})
        if own and own["rounds"]:
            found.append((own, other))
    return found


def ratios(own, other):
    """Returns the sorted ratios of the rounds of each turn."""
    return sorted(mine["us_per_answer"] / theirs["us_per_answer"]
                  for mine, theirs in zip(own["rounds"], other["rounds"]))


def described(row):
    """Returns the values that distinguish the row from others of its job."""
    said = [str(row[key]) for key in ("version", "targets") if key in row]
    said += [f"{row[key]:,} {key}" for key in ("sockets", "records") if key in row]
    if row["load"].get("rate"):
        said.append(f"{row['load']['rate']:,} a second")
    return ", ".join(said + ["log"] * bool(row["log"]))


def comparison(results):
    body = []
    for own, other in pairs(results["rows"]):
        all_ratios = ratios(own, other)
        middle = median_of(all_ratios)
        body.append([own["job"], described(own), number(cpu(own)), number(cpu(other)), number(middle, 3),
                     f"{number(all_ratios[0], 3)}–{number(all_ratios[-1], 3)}",
                     f"{number(spread(own, 'us_per_answer')[0])} and {number(spread(other, 'us_per_answer')[0])}",
                     len(all_ratios), "yes" if middle <= LIMIT else "**no**"])
    if not body:
        return ""
    return ("## This build and the other\n\nµs of CPU an answer, measured in interleaved rounds of one run. The ratio is "
            f"the median over the turns of this build's figure to the other's. The last column is yes if it is at most {LIMIT}."
            "\n\n" + table(["job", "load", "this build", "other build", "ratio", "min–max", "minimum of each", "turns",
                            "within 3 %"], body))


def median_of(ordered):
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


SECTIONS = (comparison,)
