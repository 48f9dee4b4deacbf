#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the test lanes and prints one line at the end, `N passed, N failed`; exit code 1 unless all passed.

A lane is one build directory with its options, and the Meson tests that run in it.

Usage: run.py                    the sanitizer lanes
       run.py --all              also the instruction counts
       run.py --suite SUITE      one suite only, in the lane that has it
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULT_PASSED = {"OK", "EXPECTEDFAIL"}


@dataclasses.dataclass
class Lane:
    title: str
    folder: str
    setup: list[str]
    tests: list[str]  # arguments of `meson test`; empty: all tests


# Stack traces need line numbers only: without the other debug information, objects are 30 % smaller.
FOR_TRACES = ["-Dbuildtype=debug", "-Dcpp_args=-g1"]

LANES = [
    Lane("all tests, with the address and undefined-behaviour sanitizers", "build-asan",
         ["-Db_sanitize=address,undefined", *FOR_TRACES], []),
    Lane("tests of threads, with the thread sanitizer", "build-tsan",
         ["-Db_sanitize=thread", *FOR_TRACES],
         ["unit base", "unit net", "unit linelog", "unit querylog", "unit server", "integration reload"]),
]

# Counts depend on the compiler, so `make test` omits them.
COUNT_LANE = Lane("instructions of a query, in a release build", "build-count",
                  ["--buildtype=release", "-Ddebug=true", "-Db_lto=true"], ["instructions"])

SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:second_deadlock_stack=1",
}


def without_randomised_addresses():
    """Returns a command prefix; the sanitizers of g++ 12 fail on kernels that randomise more than 28 bits."""
    command = ["setarch", "-R"]
    try:
        works = subprocess.run([*command, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        works = False
    return command if works else []


def set_up(folder, options):
    """Returns whether the build directory exists or was created; prints errors of meson."""
    if (folder / "build.ninja").is_file():
        return True
    # Release builds use the default linker.
    quick = {"CXX_LD": "mold"} if "release" not in " ".join(options) and shutil.which("mold") else {}
    run = subprocess.run(["meson", "setup", folder, ROOT, *options], text=True, env={**quick, **os.environ},
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode != 0:
        print(run.stdout)
    return run.returncode == 0


def run_lane(lane, suite):
    """Returns the names of the lane's tests that passed and of those that did not."""
    print(f"\n== {suite or lane.title} ({lane.folder})", flush=True)
    folder = ROOT / lane.folder
    if not set_up(folder, lane.setup):
        return [], [f"{lane.folder} (meson setup failed)"]
    log = folder / "meson-logs/testlog.json"
    log.unlink(missing_ok=True)
    asked = ["--suite", suite] if suite else lane.tests
    if suite == "lint":
        asked.append("--no-rebuild")  # it reads sources only; otherwise Meson would build everything first
    # valgrind fails with this prefix, so only builds with sanitizers use it.
    sanitized = any("b_sanitize" in option for option in lane.setup)
    run = subprocess.run([*(without_randomised_addresses() if sanitized else []), "meson", "test", "-C", folder,
                          "--print-errorlogs", "--timeout-multiplier", "8",
                          "--num-processes", str(os.cpu_count()), *asked],
                         env={**SANITIZERS, **os.environ})
    results = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    passed = [r["name"] for r in results if r["result"] in RESULT_PASSED]
    failed = [r["name"] for r in results if r["result"] not in RESULT_PASSED]
    if not failed and (run.returncode != 0 or not passed):
        failed = [f"{lane.folder} (the build failed, or no test ran)"]
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", help="run one suite only")
    parser.add_argument("--all", action="store_true", help="also count instructions")
    arguments = parser.parse_args()
    suite = arguments.suite
    passed, failed = [], []
    lanes = [*LANES, COUNT_LANE] if arguments.all else LANES
    if suite:
        lanes = [COUNT_LANE] if suite in COUNT_LANE.tests else LANES[:1]
    for lane in lanes:
        lane_passed, lane_failed = run_lane(lane, suite)
        passed += lane_passed
        failed += [f"{name} [{lane.folder}]" for name in lane_failed]
    print()
    for name in failed:
        print(f"failed: {name}")
    print(f"{len(passed)} passed, {len(failed)} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
