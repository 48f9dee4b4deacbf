#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures inlet53d and its peers and writes a report: tables, plots and the figures of each round.

    bench/run.py                                    all jobs, 75 to 100 minutes
    bench/run.py --quick                            five jobs with short times, about six minutes
    bench/run.py --jobs names,log --servers inlet53d,gdnsd,nsd --rounds 5 --seconds 2 --out DIR
    bench/run.py --report-only --out DIR            writes the report again from DIR/results.json

bench/README.md describes the jobs. All traffic stays on loopback.
"""

import argparse
import contextlib
import datetime
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import attack_jobs, attack_servers, https_jobs, https_servers, jobs, machine, report, units
from harness.inlet import BareResponder, Inlet53d
from harness.loads import Dnsperf, InletBench
from harness.peers import PEERS
from harness.rounds import say

ROOT = Path(__file__).resolve().parent.parent
SERVERS = (jobs.OURS, jobs.BARE, *PEERS, https_jobs.OURS, *https_servers.PEERS)
QUICK = {"jobs": "names,log,records,unanswered,attacks", "rounds": 5, "seconds": 0.4, "repeats": 1, "records": "1000000",
         "zone_servers": "gdnsd,nsd", "repeating_seconds": 10, "attack_runs": 1}
FULL = {"jobs": ",".join(jobs.JOB_NAMES), "rounds": 5, "seconds": 3, "repeats": 3,
        "records": "10000,100000,1000000,10000000", "zone_servers": ",".join(jobs.ZONE_SERVERS),
        "repeating_seconds": 1200, "attack_runs": 3}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--quick", action="store_true", help="use few jobs, rounds and seconds")
    add("--jobs", help=f"jobs to run, separated by commas: {','.join(jobs.JOB_NAMES)}")
    add("--servers", default=",".join(SERVERS), help=f"servers to measure: {','.join(SERVERS)}")
    add("--zone-servers", help="servers in the job records")
    add("--rounds", type=int, help="number of rounds")
    add("--seconds", type=float, help="length of a round")
    add("--repeats", type=int, help="maximum number of repetitions of a disturbed round")
    add("--tries", type=int, default=1, help="measurements of each round; the one with the least CPU time counts")
    add("--repeating-seconds", type=float, help="maximum time for all repeated rounds together")
    add("--attack-runs", type=int, help="number of runs of each attack on each server")
    add("--attacks", default=",".join(attack_jobs.CASES), help=f"attacks to run: {','.join(attack_jobs.CASES)}")
    add("--records", help="zone sizes of the job records")
    add("--reload-records", type=int, default=1_000_000, help="zone size of the job reload")
    add("--sockets", type=int, default=64, help="number of sockets of the load generator")
    add("--outstanding", type=int, default=128, help="maximum number of outstanding queries")
    add("--variant", action="append", default=[], dest="variants", metavar="NAME=TOML",
        help="also measure inlet53d with these lines in [server]")
    add("--baseline", type=Path, help="inlet53d of another build, to measure too")
    add("--baseline-gateway", type=Path, help="inlet53-gateway of another build, to measure too")
    add("--compare-build", type=Path, metavar="DIR",
        help="directory of another build, whose inlet53d and inlet53-gateway are measured too and compared")
    add("--build", type=Path, default=ROOT / "build", help="build directory")
    add("--daemon", type=Path, help="inlet53d to measure (default: BUILD/inlet53d)")
    add("--gateway", type=Path, help="inlet53-gateway to measure (default: BUILD/inlet53-gateway)")
    add("--tool", type=Path, help="inlet53 as the load generator (default: BUILD/inlet53); without it dnsperf is used")
    add("--server-cpu", type=int, default=max(os.sched_getaffinity(0)), help="processor of the servers")
    add("--generator-cpu", type=int, default=min(os.sched_getaffinity(0)), help="processor of the load generator")
    add("--work", type=Path, help="directory on a disk for files of the run (default: BUILD/bench-work)")
    add("--out", type=Path, help="directory of the report (default: bench/results/DATE-COMMIT; "
        "BUILD/bench-quick with --quick)")
    add("--note", help="a note at the head of the report, such as other activity of the machine")
    add("--report-only", action="store_true", help="write the report again")
    options = parser.parse_args()

    for key, value in (QUICK if options.quick else FULL).items():
        if getattr(options, key) is None:
            setattr(options, key, value)
    for key in ("jobs", "servers", "zone_servers", "attacks", "records"):
        setattr(options, key, [part for part in getattr(options, key).split(",") if part])
    options.records = [int(count) for count in options.records]
    options.variants = [variant.split("=", 1) for variant in options.variants]
    for key, known in (("jobs", jobs.JOB_NAMES), ("servers", SERVERS), ("zone_servers", jobs.ZONE_SERVERS)):
        for name in getattr(options, key):
            if name not in known:
                parser.error(f"--{key.replace('_', '-')}: {name} is not one of {', '.join(known)}")
    for variant in options.variants:
        if len(variant) != 2:
            parser.error("--variant: NAME=TOML, such as 'large buffer=udp_receive_buffer = \"8 MiB\"'")
    options.variants = [(name, lines, None) for name, lines in options.variants]
    if options.compare_build:
        for key, name in (("baseline", "inlet53d"), ("baseline_gateway", "inlet53-gateway")):
            if getattr(options, key):
                parser.error(f"--compare-build and --{key.replace('_', '-')} exclude each other")
            if not (options.compare_build / name).is_file():
                parser.error(f"--compare-build: there is no {options.compare_build / name}")
            setattr(options, key, options.compare_build / name)
    if options.baseline:
        options.variants.append(("baseline", "", options.baseline.resolve()))
    if options.baseline_gateway:
        options.baseline_gateway = options.baseline_gateway.resolve()
    if options.server_cpu == options.generator_cpu:
        parser.error("two processors are required: one for the server, one for the load")
    options.work = options.work or options.build / "bench-work"
    return options


def commit():
    described = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"], cwd=ROOT,
                               capture_output=True, text=True)
    return described.stdout.strip() or "unknown"


def versions():
    """Returns the version of every package of a server or tool."""
    peers = [*PEERS.values(), *https_servers.PEERS.values()]
    packages = sorted({peer.package for peer in peers} | {"nginx-light", "nghttp2-client", "libssl3", "libnghttp2-14",
                                                          "dnsperf", "fstrm-bin", "libuv1", "libuv1-dev"})
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n", *packages],
                            capture_output=True, text=True).stdout
    return {name: version for status, name, version in map(str.split, listed.splitlines()) if status == "installed"}


def head(options, generator):
    kept = ("jobs", "servers", "rounds", "seconds", "repeats", "tries", "sockets", "outstanding", "server_cpu",
            "generator_cpu", "reload_records")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "commit": commit(),
        "machine": machine.facts(), "versions": versions(), "generator": generator.name,
        "form": "quick" if options.quick else "full", "note": options.note,
        "options": {key: getattr(options, key) for key in kept},
        "variants": {name: lines for name, lines, _ in options.variants},
    }


def measure(options, results):
    """Runs the jobs; `results` has all completed measurements, also after an interruption."""
    tool = options.tool or options.build / "inlet53"
    Inlet53d.program = (options.daemon or options.build / "inlet53d").resolve()
    https_servers.InletGateway.program = (options.gateway or options.build / "inlet53-gateway").resolve()
    attack_servers.Slowed.slow_disk = (options.build / "bench/slow_disk.so").resolve()
    BareResponder.program = (options.build / "bench/bare_responder").resolve()
    if InletBench.there(tool):
        generator = InletBench(options.generator_cpu, tool.resolve())
    else:
        generator = Dnsperf(options.generator_cpu)
        say(f"{tool} has no bench: dnsperf makes the load, which stops at some 230 kq/s and knows no percentiles")
    os.sched_setaffinity(0, {options.generator_cpu})  # this process stays off the servers' processor too
    options.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        os.chmod(folder, 0o755)  # functions and servers that run as other users read files below it
        results["head"] = head(options, generator)
        bench = jobs.Bench(options, generator, Path(folder).resolve())
        results |= {"rows": [], "logs": bench.logs, "left_out": bench.left_out, "clocks": bench.clocks, "units": []}
        for rows in jobs.run_all(bench, options.jobs):
            results["rows"] += rows
        if "units" in options.jobs:
            results["units"] = units.run(options.build / "bench", options.server_cpu, options.seconds)


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    options = parse_arguments()
    if options.report_only:
        if options.out is None:
            sys.exit("bench: --report-only needs --out")
        report.write(json.loads((options.out / "results.json").read_text()), options.out)
        return 0
    signal.signal(signal.SIGTERM, interrupted)  # so that the servers are ended
    results, begun = {}, machine.now_ns()
    try:
        measure(options, results)
    except KeyboardInterrupt:
        say("interrupted: the report has what was measured until now")
        results["interrupted"] = True
    finally:
        with contextlib.suppress(OSError):
            options.work.rmdir()  # if it is empty; it may be a directory of the user
        if results.get("rows") or results.get("units"):
            results["head"]["minutes"] = round((machine.now_ns() - begun) / 60e9, 1)
            save(results, options)
    return 1 if "interrupted" in results else 0


def json_lines(results):
    """Returns JSON with a line for each row, so that a changed row is a changed line."""
    parts = []
    for key, value in results.items():
        text = json.dumps(value)
        if isinstance(value, list) and value:
            text = "[\n" + ",\n".join(map(json.dumps, value)) + "\n]"
        parts.append(f"{json.dumps(key)}: {text}")
    return "{" + ",\n".join(parts) + "}\n"


def save(results, options):
    out = options.out
    if out is None:
        name = f"{results['head']['date'].split()[0]}-{results['head']['commit']}"
        out = options.build / "bench-quick" if options.quick else ROOT / "bench/results" / name
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json_lines(results))
    report.write(results, out)
    say(f"report: {out}/report.md")


if __name__ == "__main__":
    sys.exit(main())
