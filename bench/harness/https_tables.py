# SPDX-License-Identifier: Apache-2.0
"""The tables of the HTTPS jobs."""

from .https_jobs import IDLE_CONNECTIONS, LAMBDA_RATE, OURS, VERSIONS
from .rounds import median
from .tables import (CPU_COLUMNS, cpu, cpu_cells, find, kept, microseconds, named, number, of_job, remarks,
                     share, table)

# The unit of these tables is a request.
COLUMNS = [CPU_COLUMNS[0].replace("an answer", "a request"), *CPU_COLUMNS[1:]]


def https(results):
    rows = of_job(results["rows"], "https")
    counts = {count["server"]: count for count in results["logs"] if count["job"] == "https"}
    text = ""
    for version, shape in VERSIONS.items():
        for logged in (False, True):
            group = sorted((row for row in rows if row["version"] == version and bool(row["log"]) == logged), key=cpu)
            if not group:
                continue
            ours = find(group, server=f"{OURS}+text" if logged else OURS)
            body = [[named(row), *cpu_cells(row, ours), number(median(row, "queries_per_second") / 1000, 1),
                     share(median(row, "core_busy")), share(median(row, "generator_busy")), row["answer_octets"],
                     kept(counts.get(row["server"])) if logged else "", remarks(row)] for row in group]
            text += (f"\n### {version}, {shape['connections']} connections, {shape['streams']} outstanding on each"
                     f"{', access log' if logged else ''}\n\n"
                     + table(["server", *COLUMNS, "k/s", "core busy", "load busy", "bytes", "kept", "remarks"], body))
    if not text:
        return ""
    return ("## HTTPS: a mock integration\n\nGET of 41 bytes of JSON over persistent TLS 1.3 connections, all servers "
            "with one certificate (ECDSA P-256) and one cipher suite. inlet53-gateway finds API, stage and resource, "
            "evaluates the resource policy and generates three ids for each request; nginx has `return 200` with the "
            "same fields as fixed text. nghttpx is a proxy only: nginx behind it, on the same core, counts with it. "
            "*Bytes* is the size of a response over HTTP/1.1.\n" + text)


def handshakes(results):
    rows = of_job(results["rows"], "handshakes")
    if not rows:
        return ""
    body = []
    for row in sorted(rows, key=lambda row: (row["version"], cpu(row))):
        ours = find(rows, server=OURS, version=row["version"])
        body.append([named(row), row["version"], *cpu_cells(row, ours), share(median(row, "core_busy")),
                     remarks(row, False)])
    rate = rows[0]["load"]["new_connections"]
    return (f"## HTTPS: new connections\n\n{rate:,} connections a second, each with a full TLS 1.3 handshake (no "
            "resumption), one request and its closing.\n\n"
            + table(["server", "version", CPU_COLUMNS[0].replace("an answer", "a connection"), *COLUMNS[1:],
                     "core busy", "remarks"], body))


def functions(results):
    rows = of_job(results["rows"], "lambda")
    if not rows:
        return ""
    body = []
    for row in rows:
        load = f"{row['load']['rate']:,} a second" if row["load"]["rate"] else "at saturation"
        body.append([f"{load}, baseline" if "baseline" in row["server"] else load, number(cpu(row), 1), cpu_cells(row, None)[1], number(median(row, "function_us"), 1),
                     number(median(row, "queries_per_second"), 0),
                     *(microseconds(median(row, f"latency_us/{part}")) for part in ("p50", "p99", "max")),
                     remarks(row, False)])
    return (f"## HTTPS: a Lambda function\n\nA warm Python handler that only returns the body, in one environment. Calls "
            f"come over one connection: {LAMBDA_RATE} a second, and at saturation. *Gateway* is the CPU time of the "
            "gateway's process only; the function's process (Python, the runtime's HTTP client) shares its core and "
            "has its own column. The latency is the client's, including the handler.\n\n"
            + table(["load", "gateway: µs of CPU", "min–max", "function: µs of CPU", "requests/s", "p50 µs",
                     "p99 µs", "max µs", "remarks"], body))


def idle(results):
    rows = [row for row in results["rows"] if row["job"] == "idle" and "failed" not in row]
    if not rows:
        return ""
    body = []
    for row in rows:
        memory = dict(map(tuple, row["memory"]))
        few, many = (memory[count] for count in IDLE_CONNECTIONS)
        between = IDLE_CONNECTIONS[1] - IDLE_CONNECTIONS[0]
        body.append([named(row), *(number(data / 1024 ** 2, 1) for data in memory.values()),
                     f"{(many - few) / between:,.0f}"])
    return ("## HTTPS: idle connections\n\nEach connection has had a handshake and one request over HTTP/1.1, and is "
            "idle. Memory is the proportional set size of the server's processes, without the kernel's memory of each "
            "socket.\n\n"
            + table(["server", "MiB, none", *(f"MiB, {count:,}" for count in IDLE_CONNECTIONS), "bytes a connection"],
                    body))


SECTIONS = (https, handshakes, functions, idle)
