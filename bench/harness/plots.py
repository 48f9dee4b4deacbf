# SPDX-License-Identifier: Apache-2.0
"""The plots, drawn by gnuplot as SVG and PNG."""

import math
import shutil
import subprocess

from . import tables
from .rounds import median, spread

OURS, OURS_LOGGED = "#d9480f", "#f4a27a"
PEER, PEER_LOGGED = "#3b6ea5", "#a9c4e0"
BARE = "#9aa0a6"
INK, FAINT = "#222222", "#dddddd"
# Line colours: inlet53d first, then colours that also differ in lightness.
LINES = ("#3b6ea5", "#2f9e44", "#7048e8", "#0c8599", "#b08900", "#c2255c", "#5f6368", "#66a80f", "#9c36b5", "#4dabf7")
FONT = "DejaVu Sans"
WIDTH = 900
# The PNG has twice the size in everything, for high-resolution screens.
TERMINALS = {"svg": "svg size {width},{height}",
             "png": "pngcairo size {width}*2,{height}*2 fontscale 2 linewidth 2 pointscale 2"}


def draw(results, folder):
    """Draws the plots of the results; returns the names of the files."""
    if shutil.which("gnuplot") is None:
        return []
    drawn = []
    for name, make in (("cpu", cpu), ("records", records), ("latency", latency), ("cpu-https", cpu_https)):
        made = make(results)
        if made:
            height, script = made
            for kind, terminal in TERMINALS.items():
                run(f'set terminal {terminal.format(width=WIDTH, height=height)} font "{FONT},12" '
                    f'background rgb "white"\nset output "{folder / name}.{kind}"\n{script}')
            drawn.append(name)
    return drawn


def run(script):
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def block(name, lines):
    """Returns a gnuplot data block."""
    return f"${name} << EOD\n" + "\n".join(" ".join(map(str, line)) for line in lines) + "\nEOD\n"


def quoted(text):
    return '"' + text.replace('"', "'") + '"'


def cpu(results):
    """Returns each server without and with its query logs, the lowest CPU time on top."""
    rows = tables.of_job(results["rows"], "names", "log")
    plain = sorted((row for row in rows if row["log"] is None), key=tables.cpu)
    groups = [(row["label"], [row, *logs_of(row, rows)]) for row in plain]
    return bars_of(results, "Server CPU time for each answer", groups)


def cpu_https(results):
    """Returns the same for requests over HTTPS, by the version of HTTP."""
    rows = tables.of_job(results["rows"], "https")
    plain = sorted((row for row in rows if row["log"] is None), key=lambda row: (row["version"], tables.cpu(row)))
    groups = []
    for row in plain:
        same = [other for other in rows if other["version"] == row["version"]]
        groups.append((f"{row['label']}, {row['version']}", [row, *logs_of(row, same)]))
    return bars_of(results, "Server CPU time for each HTTPS request", groups)


def logs_of(row, rows):
    return sorted((other for other in rows if other["log"] and other["label"] == row["label"]), key=tables.cpu)


def bars_of(results, title, groups):
    """Returns horizontal bars: (label, rows) for each group, in this order."""
    bars = []  # (row, y, half height)
    at = 0.0
    ticks = []
    for label, group in groups:
        ticks.append((at + 0.28 * (len(group) - 1), label))
        for other in group:
            bars.append((other, at, 0.25))
            at += 0.56
        at += 0.34
    if not bars:
        return None
    data = {}
    # One bad round must not compress all other bars; the table has its value.
    limit = 1.5 * max(tables.cpu(row) for row, *_ in bars)
    widest = min(limit, max(spread(row, "us_per_answer")[1] for row, *_ in bars))
    labels = []
    for row, y, half in bars:
        value, (least, most) = tables.cpu(row), spread(row, "us_per_answer")
        most = min(most, limit)
        data.setdefault(colour(row), []).append((0, y, 0, value, y - half, y + half))
        data.setdefault("whiskers", []).append((value, y, least, most))
        words = f"{value:.1f}" + (f"  with {tables.LOG_WORDS[row['log']]} log" if row["log"] else "")
        words += "" if tables.saturated(row) else f"  {tables.not_saturated(row)}"
        labels.append((most + widest * 0.008, y, quoted(words)))
    facts = results["head"]
    rounds = facts["options"]["rounds"]
    script = [f'set title "{title}, µs (shorter is better)" font ",15" offset 0,0.3',
              f'set xlabel "median of {rounds} rounds, from the least to the most; pale: with its log; '
              f'commit {facts["commit"]}" font ",10" textcolor rgb "#666666"',
              f"set xrange [0:{widest * 1.27:.3f}]", f"set yrange [{at:.2f}:-0.6]",
              "set border 1 lc rgb '#888888'", "set xtics nomirror out", "unset key",
              f"set grid xtics lc rgb '{FAINT}' lt 1", "set style fill solid noborder",
              f"set tics textcolor rgb '{INK}'",
              "set ytics scale 0 nomirror (" + ", ".join(f"{quoted(label)} {y:.2f}" for y, label in ticks) + ")",
              block("labels", labels)]
    plot = []
    for index, (key, lines) in enumerate(data.items()):
        script.append(block(f"d{index}", lines))
        if key == "whiskers":
            plot.append(f"$d{index} using 1:2:3:4 with xerrorbars pt 0 lw 1 lc rgb '{INK}'")
        else:
            plot.insert(0, f"$d{index} using 1:2:3:4:5:6 with boxxyerror lc rgb '{key}'")
    plot.append(f"$labels using 1:2:3 with labels left font ',10' textcolor rgb '{INK}'")
    return 130 + int(at * 29), "\n".join(script) + "\nplot " + ", \\\n  ".join(plot) + "\n"


def colour(row):
    if row["is_bare"]:
        return BARE
    if row["ours"]:
        return OURS_LOGGED if row["log"] else OURS
    return PEER_LOGGED if row["log"] else PEER


def line_style(row, index):
    if row["ours"]:
        return f"lc rgb '{OURS}' lw 3"
    dashes = "dt '_'" if index >= len(LINES) / 2 else ""
    return f"lc rgb '{LINES[index % len(LINES)]}' lw 1.6 {dashes}"


def records(results):
    """Returns CPU time and memory by the number of records, side by side."""
    rows = tables.of_job(results["rows"], "records")
    servers = sorted({row["server"] for row in rows}, key=lambda key: (key != tables.REFERENCE, key))
    if len({row["records"] for row in rows}) < 2:
        return None
    most = max(row["records"] for row in rows)
    script = ['set multiplot layout 1,2 title "By the number of records in the zone" font ",15"', "set logscale x 10",
              f"set xrange [7000:{most * 1.5}]",
              "set xtics ('10 k' 1e4, '100 k' 1e5, '1 M' 1e6, '10 M' 1e7) nomirror out",
              f"set grid lc rgb '{FAINT}' lt 1", "set border 3 lc rgb '#888888'", "set ytics nomirror out",
              "set key at screen 0.80, screen 0.82 left top reverse Left samplen 1.5 spacing 1.3 font ',11'",
              f"set tics textcolor rgb '{INK}'", "set tmargin at screen 0.80", "set bmargin at screen 0.11"]
    unsaturated = [(row["records"], tables.cpu(row)) for row in rows if not tables.saturated(row)]
    plot_cpu, plot_memory = [], []
    if unsaturated:
        script.append(block("unsaturated", unsaturated))
        plot_cpu.append(f"$unsaturated using 1:2 with points pt 6 ps 1.8 lc rgb '{INK}' notitle")
    for index, server in enumerate(servers):
        own = sorted((row for row in rows if row["server"] == server), key=lambda row: row["records"])
        script.append(block(f"r{index}", [(row["records"], tables.cpu(row), row["memory"] / 1024 ** 2)
                                          for row in own]))
        style = f"with linespoints pt 7 ps 0.7 {line_style(own[0], index - 1)}"
        plot_cpu.append(f"$r{index} using 1:2 {style} notitle")
        plot_memory.append(f"$r{index} using 1:3 {style} title {quoted(own[0]['label'])}")
    circles = " (circle: not saturated)" if unsaturated else ""
    script += [f'set title "Server CPU time for each answer, µs{circles}"', "set yrange [0:*]",
               "set lmargin at screen 0.055; set rmargin at screen 0.385", "plot " + ", ".join(plot_cpu),
               'set title "Memory, MiB"', "set yrange [*:*]", "set logscale y 10",
               "set lmargin at screen 0.46; set rmargin at screen 0.79", "plot " + ", ".join(plot_memory),
               "unset multiplot"]
    return 400, "\n".join(script) + "\n"


def latency(results):
    """Returns the share of answers within a time, of all rounds together; the y axis shows the number of nines.

    The table has medians over the rounds, which a single slow round does not change."""
    rows = [row for row in tables.of_job(results["rows"], "paced") if row["histogram"]]
    if not rows:
        return None
    rows.sort(key=lambda row: (not row["ours"], median(row, "latency_us/p99")))
    script = ['set title "Latency at 20,000 queries a second: share of answers within a time, all rounds together" font ",15"',
              "set logscale x 10",
              "set xtics nomirror out ('10 µs' 10, '100 µs' 100, '1 ms' 1e3, '10 ms' 1e4, '100 ms' 1e5)",
              f"set grid lc rgb '{FAINT}' lt 1", "set border 3 lc rgb '#888888'", "set yrange [0:4]",
              f"set tics textcolor rgb '{INK}'",
              "set ytics nomirror out ('0 %%' 0, '50 %%' 0.30103, '90 %%' 1, '99 %%' 2, '99.9 %%' 3, '99.99 %%' 4)",
              "set key outside right center Left reverse samplen 2 spacing 1.2"]
    plot = []
    for index, row in enumerate(rows):
        total, below, points = sum(count for _, count in row["histogram"]), 0, []
        for upper, count in row["histogram"]:
            below += count
            if below < total:
                points.append((upper, -math.log10(1 - below / total)))
        script.append(block(f"l{index}", points or [(row["histogram"][-1][0], 4)]))
        plot.append(f"$l{index} using 1:2 with lines {line_style(row, index - 1)} title {quoted(row['label'])}")
    # inlet53d on top of the others, and first in the key.
    plot.append(f"$l0 using 1:2 with lines {line_style(rows[0], 0)} notitle")
    return 460, "\n".join(script) + "\nplot " + ", \\\n  ".join(plot) + "\n"
