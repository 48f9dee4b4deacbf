# SPDX-License-Identifier: Apache-2.0
"""The unit benchmarks: the results of Google Benchmark for single functions."""

import json
import subprocess

from .rounds import say


def run(folder, cpu, seconds):
    """Returns the rows of every *_bench program in `folder`."""
    rows = []
    for program in sorted(folder.glob("*_bench")):
        say(f"units: {program.name}")
        command = ["taskset", "-c", str(cpu), program, "--benchmark_format=json", "--benchmark_repetitions=5",
                   "--benchmark_report_aggregates_only=true", f"--benchmark_min_time={seconds / 10:g}"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows += [{"program": program.name, "name": row["run_name"], "cpu_time": row["cpu_time"],
                  "unit": row["time_unit"]}
                 for row in json.loads(output)["benchmarks"] if row.get("aggregate_name") == "median"]
    return rows
