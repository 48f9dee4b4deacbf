#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the time from an answer until its record is readable in the log, idle and under load.

Usage: log_delay.py [BUILD]    (dnsperf generates the load; one worker, the demo's topology)
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVER, PORT = "127.0.53.1", "5399"
SAMPLES = 20


def ask(name):
    subprocess.run(["dig", f"@{SERVER}", "-p", PORT, "+short", "+tries=1", "+time=5", name], check=True,
                   stdout=subprocess.DEVNULL)


def delay(log, number):
    """Returns the seconds from a marker's answer until a reader of the file has its record."""
    marker = f"marker{number}-{os.getpid()}.corp.internal"
    with open(log, "rb") as reader:
        reader.seek(0, os.SEEK_END)
        ask(marker)
        answered = time.monotonic()
        read = b""
        while marker.encode() + b"." not in read:
            read = read[-400:] + reader.read()
            if time.monotonic() - answered > 30:
                sys.exit(f"no record of {marker} within 30 s")
            time.sleep(0.005)
        return time.monotonic() - answered


def report(title, delays):
    print(f"{title}: median {statistics.median(delays) * 1000:.0f} ms, "
          f"maximum {max(delays) * 1000:.0f} ms of {len(delays)}")


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve()
    with tempfile.TemporaryDirectory() as folder:
        config, log = pathlib.Path(folder, "delay.toml"), pathlib.Path(folder, "query.log")
        text = (ROOT / "conf/demo.toml").read_text().replace(":5300", f":{PORT}")
        config.write_text(re.sub(r'"\.\./zones/', f'"{ROOT}/zones/', text))
        daemon = subprocess.Popen([build / "inlet53d", "--config", config, "--query-log", log, "--workers", "1"],
                                  stderr=subprocess.DEVNULL)
        try:
            while not log.exists():
                time.sleep(0.01)
            report("idle", [delay(log, i) for i in range(SAMPLES)])
            load = subprocess.Popen(["dnsperf", "-s", SERVER, "-p", PORT, "-l", "60", "-q", "200",
                                     "-d", ROOT / "bench/workloads/private-names.txt"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            report("under load", [delay(log, SAMPLES + i) for i in range(SAMPLES)])
            load.terminate()
            load.wait()
        finally:
            daemon.terminate()
            daemon.wait()


if __name__ == "__main__":
    main()
