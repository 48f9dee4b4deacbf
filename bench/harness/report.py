# SPDX-License-Identifier: Apache-2.0
"""Writes report.md and the plots from the results only."""

from . import (attack_tables, comparison, failing_tables, forwarding_tables, https_tables, plots, tables,
               unanswered_tables)
from .rounds import MAX_FOREIGN, SATURATED

PICTURES = {"names": ("cpu", "CPU time an answer, by server"), "records": ("records", "CPU and memory by records"),
            "paced": ("latency", "Distribution of latency"), "https": ("cpu-https", "CPU time a request, by server")}
INTRODUCTION = """# inlet53 and other servers

The main figure is the server's CPU time for each answer, or over HTTPS for each request. It includes the
kernel and all threads; one worker runs on one core, the load generator on the other. Ratios are medians
over interleaved rounds; a ratio above 1 means more CPU time than inlet53. Figures of different reports are
not comparable. `bench/README.md` describes the jobs and the figures.
"""


def write(results, folder):
    drawn = plots.draw(results, folder)
    parts = [head(results)]
    for section in (*tables.SECTIONS, *forwarding_tables.SECTIONS, *failing_tables.SECTIONS,
                    *unanswered_tables.SECTIONS, *https_tables.SECTIONS, *attack_tables.SECTIONS, *comparison.SECTIONS):
        text = section(results)
        if text and section.__name__ in PICTURES:
            name, title = PICTURES[section.__name__]
            if name in drawn:
                heading, _, rest = text.partition("\n\n")
                text = f"{heading}\n\n![{title}]({name}.svg)\n\n{rest}"
        parts.append(text)
    parts.append(tail(results))
    (folder / "report.md").write_text("\n".join(part for part in parts if part))


def head(results):
    facts = results["head"]
    machine, options = facts["machine"], facts["options"]
    rows = [row for row in results["rows"] if row["rounds"]]
    rounds = sum(len(row["rounds"]) for row in rows)
    repeated = sum(row["repeated"] for row in rows)
    disturbed = sum(row["disturbed"] for row in rows)
    items = [
        f"**Commit** {facts['commit']}, {facts['date']}, {facts['form']} form, {facts['minutes']:g} minutes"
        + (", interrupted" if results.get("interrupted") else ""),
        f"**Machine** {machine['processors']} × {machine['model']}, {machine['memory_gib']} GiB, Linux "
        f"{machine['kernel']}; load average before: {', '.join(machine['load_average'])}",
        f"**Rounds** {options['rounds']} of {options['seconds']:g} s for each row, {options['outstanding']} outstanding "
        f"queries, {options['sockets']} client sockets; servers on CPU {options['server_cpu']}, load on CPU "
        f"{options['generator_cpu']}"
        + (f"; the cheapest of {options['tries']} tries counts" if options.get("tries", 1) > 1 else ""),
        f"**Disturbance** {rounds} rounds, {repeated} repetitions because other processes used more than "
        f"{MAX_FOREIGN:.0%} of the server's core; {disturbed} disturbed rounds count",
        f"**Load** {facts['generator']}. Rows whose server's core was less than {SATURATED:.0%} busy have the note "
        "*not saturated*",
    ]
    if facts.get("note"):
        items.insert(1, f"**Note** {facts['note']}")
    if agreement := clocks(results):
        items.append(agreement)
    items.append("**Versions** " + ", ".join(f"{name} {version}" for name, version in facts["versions"].items()))
    items += [f"**Variant** {name}: `{lines}`" if lines else f"**Variant** {name}: another build"
              for name, lines in facts["variants"].items()]
    return INTRODUCTION + "\n" + "".join(f"- {item}\n" for item in items)


def clocks(results):
    """Returns a line that compares the two CPU clocks of the kernel."""
    differences = [abs(clock["clock_ns"] / clock["stat_ns"] - 1) for clock in results.get("clocks", {}).values()
                   if clock["stat_ns"] > 1e9]
    if not differences:
        return ""
    return (f"**Clocks** CPU time by the process clocks and by `/proc/PID/stat` differs by at most "
            f"{max(differences):.1%} over a server's life")


def tail(results):
    failed = [row for row in results["rows"] if "failed" in row]
    if not failed and not results["left_out"]:
        return ""
    lines = ["## Omitted servers", ""]
    lines += [f"- {entry['server']} ({entry['job']}): {entry['why']}" for entry in results["left_out"]]
    lines += [f"- {row['server']} ({row['job']}): {row['failed']}" for row in failed]
    return "\n".join(lines) + "\n"
