#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every fuzz target with libFuzzer for some time, from its corpus; exit code 1 if one finds a fault.

New inputs are in build-fuzz/corpus/TARGET, the input of a fault in build-fuzz/faults/TARGET-*.

Usage: fuzz.py SECONDS [TARGET…]
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-fuzz"
SETUP = ["-Dfuzzers=true", "-Db_sanitize=address,undefined", "-Db_lundef=false",
         "-Dbuildtype=debugoptimized", "-Doptimization=1", "-Dwerror=false"]  # clang has other warnings than g++


def build():
    if not (BUILD / "build.ninja").is_file():
        subprocess.run(["meson", "setup", BUILD, ROOT, *SETUP], check=True,
                       env={**os.environ, "CC": "clang-16", "CXX": "clang++-16"})
    targets = subprocess.run(["ninja", "-C", BUILD, "-t", "targets", "all"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    names = re.findall(r"^(tests/fuzz/[a-z0-9_]+_fuzz): ", targets, re.MULTILINE)
    subprocess.run(["ninja", "-C", BUILD, *names], check=True)
    return {pathlib.Path(name).name.removesuffix("_fuzz"): BUILD / name for name in names}


def fuzz(unit, program, seconds):
    """Returns one line of text, and whether the target found no fault."""
    found, faults = BUILD / "corpus" / unit, BUILD / "faults"
    found.mkdir(parents=True, exist_ok=True)
    faults.mkdir(exist_ok=True)
    seeds = ROOT / "tests/fuzz/corpus" / unit
    run = subprocess.run(
        [program, f"-max_total_time={seconds}", f"-artifact_prefix={faults}/{unit}-",
         "-print_final_stats=1", "-timeout=10", "-rss_limit_mb=2048", found,
         *([seeds] if seeds.is_dir() else [])],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    executions = re.search(r"number_of_executed_units:\s*(\d+)", run.stdout)
    line = f"{unit}: {int(executions.group(1)) if executions else 0:,} executions"
    if run.returncode == 0:
        return line, True
    return f"{line}, FAULT:\n{run.stdout[-4000:]}", False


def main():
    if len(sys.argv) < 2 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    programs = build()
    wanted = sys.argv[2:] or sorted(programs)
    unknown = [unit for unit in wanted if unit not in programs]
    if unknown or not wanted:
        sys.exit(f"no such fuzz target: {', '.join(unknown) or 'there is none'}")
    held = True
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for line, good in pool.map(lambda u: fuzz(u, programs[u], int(sys.argv[1])), wanted):
            print(line, flush=True)
            held = held and good
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
