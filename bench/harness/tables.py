# SPDX-License-Identifier: Apache-2.0
"""The tables of a report, one function for each job."""

import statistics

from .rounds import SATURATED, median, spread

REFERENCE = "inlet53d"
LOG_WORDS = {None: "", "json": "JSON", "text": "text", "dnstap": "dnstap"}


def table(columns, rows):
    """Returns a Markdown table; the first column and the named ones are text, the others are numbers."""
    rule = ["---" if column in (columns[0], "log", "remarks") else "---:" for column in columns]
    lines = [columns, rule, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def of_job(rows, *names):
    return [row for row in rows if row["job"] in names and row["rounds"]]


def cpu(row):
    return median(row, "us_per_answer")


def ratio(row, reference):
    """Returns the median of the ratios, each of a round and the reference's round of the same turn."""
    if reference is None or len(reference["rounds"]) != len(row["rounds"]):
        return None
    return statistics.median(mine["us_per_answer"] / theirs["us_per_answer"]
                             for mine, theirs in zip(row["rounds"], reference["rounds"]))


def latency_spread(row, part):
    """Returns the minimum and maximum of a latency figure over the rounds."""
    values = [figures["latency_us"][part] for figures in row["rounds"] if figures["latency_us"]]
    return (min(values), max(values)) if values else (None, None)


def find(rows, **wanted):
    return next((row for row in rows if all(row.get(key) == value for key, value in wanted.items())), None)


def number(value, digits=2):
    return "–" if value is None else f"{value:,.{digits}f}"


def microseconds(value):
    return "–" if value is None else f"{value:,.0f}"


def share(value):
    return "–" if value is None else f"{value * 100:.0f} %"


def saturated(row):
    return round(median(row, "core_busy"), 2) >= SATURATED


def not_saturated(row):
    return f"not saturated ({share(median(row, 'core_busy'))})"


def remarks(row, saturating=True):
    """Returns the notes of a row that limit its validity."""
    said = []
    if saturating and not saturated(row):
        said.append(not_saturated(row))
    if row["disturbed"]:
        said.append(f"{row['disturbed']} of {len(row['rounds'])} rounds disturbed")
    asked = sum(figures["sent"] for figures in row["rounds"])
    lost = sum(figures["lost"] for figures in row["rounds"])
    if lost > asked / 1000:
        said.append(f"{lost / asked * 100:.1f} % lost")
    behind = sum(figures.get("behind", 0) for figures in row["rounds"])
    if behind > asked / 100:
        said.append(f"{behind / asked * 100:.0f} % sent more than 1 ms late")
    return "; ".join(said)


def named(row):
    name = f"**{row['label']}**" if row["ours"] else row["label"]
    return f"*{name}*" if row["is_bare"] else name


def cpu_cells(row, reference):
    least, most = spread(row, "us_per_answer")
    return [number(cpu(row)), f"{number(least)}–{number(most)}", number(ratio(row, reference))]


CPU_COLUMNS = ["µs of CPU an answer", "min–max", "ratio to inlet53"]


def names(results):
    rows = sorted((row for row in of_job(results["rows"], "names", "log") if row["log"] is None), key=cpu)
    if not rows:
        return ""
    ours = find(rows, server=REFERENCE)
    body = [[named(row), *cpu_cells(row, ours), number(median(row, "queries_per_second") / 1000, 0),
             share(median(row, "core_busy")), share(median(row, "generator_busy")),
             microseconds(median(row, "latency_us/p50")), microseconds(median(row, "latency_us/p99")), remarks(row)]
            for row in rows]
    return ("## 10,000 names, no query log\n\nAt saturation, each query from another port than the last. "
            "The bare responder sends fixed bytes. It waits in epoll for each batch; inlet53d removes a busy socket "
            "from epoll and sends responses to one port together, so it can use less CPU time.\n\n"
            + table(["server", *CPU_COLUMNS, "kq/s", "core busy", "load busy", "p50 µs", "p99 µs", "remarks"],
                    body))


def log(results):
    rows = of_job(results["rows"], "names", "log")
    logged = sorted((row for row in rows if row["log"]), key=cpu)
    if not logged:
        return ""
    ours = find(logged, server=f"{REFERENCE}+json")
    counts = {count["server"]: count for count in results["logs"]}
    body = []
    for row in logged:
        plain = find(rows, label=row["label"], log=None)
        count = counts.get(row["server"])
        body.append([named(row), LOG_WORDS[row["log"]], *cpu_cells(row, ours),
                     number(cpu(row) - cpu(plain) if plain else None),
                     microseconds(plain and median(plain, "latency_us/p99")),
                     microseconds(median(row, "latency_us/p99")),
                     number(count and count["octets"] / max(1, count["records"]), 0), kept(count), remarks(row)])
    text = ("## The same with query logs\n\nThe CPU time of a dnstap collector (fstrm_capture) counts with "
            "its server's; both share one core. *Kept* is the share of answers that have a record in the log, over "
            "the whole session.\n\n"
            + table(["server", "log", *CPU_COLUMNS, "log, µs", "p99 µs without", "p99 µs with",
                     "bytes a record", "kept", "remarks"], body))
    return text + "".join(our_log(count) for count in results["logs"]
                          if count["ours"] and count["job"] in ("names", "log"))


def kept(count):
    if not count:
        return "–"
    part = count["records"] / count["answered"]
    return "all" if part >= 1 else f"{part * 100:.1f} %"


def our_log(count):
    """Answers that never reached the generator are in the log too, so that the expected count is a range."""
    right = count["answered"] <= count["records"] <= count["asked"]
    return (f"\n{count['label']}: {count['records']:,} records for {count['answered']:,} answers to "
            f"{count['asked']:,} queries{': each answer has its record' if right else ' **(these should be equal)**'}.\n")


def few(results):
    rows = of_job(results["rows"], "few")
    if not rows:
        return ""
    body = []
    for row in rows:
        ours = find(rows, server=REFERENCE, sockets=row["sockets"])
        body.append([named(row), row["sockets"], *cpu_cells(row, ours),
                     number(median(row, "queries_per_second") / 1000, 0), share(median(row, "core_busy")),
                     remarks(row)])
    return ("## Few client sockets\n\nThe load of a forwarder with few source ports.\n\n"
            + table(["server", "sockets", *CPU_COLUMNS, "kq/s", "core busy", "remarks"], body))


def records(results):
    rows = of_job(results["rows"], "records")
    if not rows:
        return ""
    body = []
    for row in sorted(rows, key=lambda row: (row["records"], cpu(row))):
        ours = find(rows, server=REFERENCE, records=row["records"])
        body.append([named(row), f"{row['records']:,}", *cpu_cells(row, ours), number(row["memory"] / 1024 ** 2, 0),
                     number(row["load_ns"] / 1e9), number(row["load_wall_ns"] / 1e9), remarks(row)])
    return ("## Large zones\n\nOne A record for each name; the query names are random. Memory is the "
            "proportional set size after the rounds; loading is the CPU time from the start to the first correct "
            "answer, on one core.\n\n"
            + table(["server", "records", *CPU_COLUMNS, "memory MiB", "load CPU s", "load wall s", "remarks"], body))


def tcp(results):
    rows = sorted(of_job(results["rows"], "tcp"), key=cpu)
    if not rows:
        return ""
    ours = find(rows, server=REFERENCE)
    body = [[named(row), *cpu_cells(row, ours), number(median(row, "queries_per_second") / 1000, 0),
             share(median(row, "core_busy")), microseconds(median(row, "latency_us/p99")),
             sum(figures["reconnects"] for figures in row["rounds"]), remarks(row)] for row in rows]
    return ("## TCP\n\nTen persistent connections, with many outstanding queries on each.\n\n"
            + table(["server", *CPU_COLUMNS, "kq/s", "core busy", "p99 µs", "reconnects", "remarks"], body))


def paced(results):
    rows = sorted(of_job(results["rows"], "paced"), key=lambda row: median(row, "latency_us/p99") or cpu(row))
    if not rows:
        return ""
    ours = find(rows, server=REFERENCE)
    body = [[named(row), microseconds(median(row, "latency_us/p50")), microseconds(median(row, "latency_us/p99")),
             "–".join(microseconds(end) for end in latency_spread(row, "p99")),
             microseconds(median(row, "latency_us/max")), microseconds(latency_spread(row, "max")[1]),
             *cpu_cells(row, ours), remarks(row, False)] for row in rows]
    rate = rows[0]["load"]["rate"]
    return (f"## Latency at {rate:,} queries a second\n\nWake-ups use most of the CPU time. *p50*, *p99* and *max* are "
            "medians over the rounds; *p99 min–max* are the minimum and maximum of a round, and *worst* is the slowest "
            "answer of all rounds. The plot has the answers of all rounds together.\n\n"
            + table(["server", "p50 µs", "p99 µs", "p99 min–max", "max µs", "worst µs", *CPU_COLUMNS, "remarks"], body))


def workers(results):
    rows = of_job(results["rows"], "workers")
    if not rows:
        return ""
    body = [[row["workers"], *cpu_cells(row, rows[0])[:2], number(ratio(row, rows[0])), achieved(row),
             remarks(row, False)] for row in rows]
    return ("## Two workers and one\n\nA paced load. The load generator shares the two cores, so the table does not show "
            "a higher rate, only whether a second worker increases the cost of an answer. A worker with half the load "
            "wakes up for fewer queries at a time: in the second row, one worker has the load that each of two workers "
            "has with `query`. In other rows, all queries go to the first worker while it keeps up.\n\n"
            + table(["workers", *CPU_COLUMNS[:2], "ratio to one", "answered kq/s", "remarks"], body))


def achieved(row):
    """Returns the achieved rate and the requested rate."""
    return f"{median(row, 'queries_per_second') / 1000:,.0f} of {row['load']['rate'] / 1000:,.0f}"


def ports(results):
    rows = of_job(results["rows"], "ports")
    if not rows:
        return ""
    body = []
    for row in rows:
        shares = []
        for figures in row["rounds"]:
            two = figures["thread_ns"][:2]
            shares.append(two[0] / max(1, sum(two)))
        body.append([row["sockets"], row["label"].partition(", ")[2], share(statistics.median(shares)), share(1 - statistics.median(shares)),
                     number(cpu(row)), achieved(row), remarks(row, False)])
    return ("## Source ports and the balance of two workers\n\nWith `udp_spread = \"fill\"` (the default) the first "
            "worker gets every query while it keeps up. With `query` the ID of the query selects the worker. With "
            "`client` the kernel selects it by a hash of the client's address and port, so one port uses one worker.\n\n"
            + table(["source ports", "spread", "busier worker", "other worker", CPU_COLUMNS[0], "answered kq/s",
                     "remarks"], body))


def reload(results):
    rows = of_job(results["rows"], "reload")
    if not rows:
        return ""
    body = [[row["reload"], *(microseconds(median(row, f"latency_us/{part}")) for part in ("p50", "p99", "max")),
             sum(figures.get("reloads", 0) for figures in row["rounds"]),
             sum(figures["lost"] for figures in row["rounds"]), number(cpu(row)),
             number(max(figures.get("peak_octets", 0) for figures in row["rounds"]) / 1024 ** 2 or None, 0),
             remarks(row, False)] for row in rows]
    count = results["head"]["options"]["reload_records"]
    rate = rows[0]["load"]["rate"]
    return (f"## Reloads of a zone of {count:,} records\n\n{rate:,} queries a second, one worker; with reloads, one "
            "SIGHUP follows the other while the load runs. On one core the reload shares the core of the worker; "
            "with two cores it shares that of the load generator.\n\n"
            + table(["case", "p50 µs", "p99 µs", "max µs", "reloads", "lost", CPU_COLUMNS[0], "peak MiB",
                     "remarks"], body))


def io(results):
    rows = of_job(results["rows"], "io")
    if not rows:
        return ""
    counts = sorted({row["sockets"] for row in rows}, reverse=True)
    body = []
    for first in sorted((row for row in rows if row["sockets"] == counts[0]), key=cpu):
        cells = [named(first)]
        for sockets in counts:
            row = find(rows, server=first["server"], sockets=sockets)
            poll = find(rows, server="bare-poll", sockets=sockets)
            cells += [number(row and cpu(row)), number(row and ratio(row, poll)),
                      share(row and median(row, "core_busy"))]
        body.append(cells)
    columns = ["method"]
    for sockets in counts:
        columns += [f"µs, {sockets} client socket{'s' * (sockets > 1)}", "ratio to poll", "core busy"]
    return ("## Methods of receiving and sending\n\nThe bare responder with each method, and inlet53d.\n\n" + table(columns, body))


def opinion(results):
    rows = sorted(of_job(results["rows"], "opinion"), key=cpu)
    if not rows:
        return ""
    ours = find(rows, server=REFERENCE)
    others = [row for row in of_job(results["rows"], "names", "log") if row["log"] is None]
    body = []
    for row in rows:
        first = find(others, server=row["server"])
        body.append([named(row), *cpu_cells(row, ours),
                     number(ratio(first, find(others, server=REFERENCE)) if first else None),
                     number(median(row, "queries_per_second") / 1000, 0), share(median(row, "core_busy")),
                     remarks(row)])
    return ("## Another load generator: dnsperf\n\nThe first job with dnsperf.\n\n"
            + table(["server", *CPU_COLUMNS, f"ratio by {others[0]['generator']}" if others else "ratio before",
                     "kq/s", "core busy", "remarks"], body))


def units(results):
    if not results.get("units"):
        return ""
    body = [[f"`{row['program']}` {row['name']}", f"{number(row['cpu_time'], 1)} {row['unit']}"]
            for row in results["units"]]
    return "## Unit benchmarks\n\nGoogle Benchmark, median of five.\n\n" + table(["benchmark", "CPU time"], body)


SECTIONS = (names, log, few, records, tcp, paced, workers, ports, reload, io, opinion, units)