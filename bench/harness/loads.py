# SPDX-License-Identifier: Apache-2.0
"""The load generators. Both return the result in the format of `inlet53 bench -o json`, as far as they have it."""

import json
import os
import re
import subprocess
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

# A generator that hangs is ended after three times its load and this time.
GRACE_SECONDS = 20
LATENCIES = ("min", "mean", "p50", "p90", "p99", "p999", "max")


@dataclass(frozen=True)
class Load:
    """Queries `names` for `seconds`: at saturation, or `rate` queries a second."""
    names: Path
    seconds: float
    rate: int | None = None
    outstanding: int = 128  # the capacity of a receive buffer of the kernel's default size
    sockets: int = 64
    tcp: bool = False
    tls: bool = False  # DNS over TLS
    connections: int = 10  # for TCP and TLS; persistent
    fresh: str | None = None  # a domain: each query has a new name below it, instead of one of `names`
    once: bool = False  # each of `names` only once

    def described(self):
        return {key: value for key, value in asdict(self).items() if key != "names"}


class LoadFailed(Exception):
    """The generator returned no figures."""


class Generator:
    """A load generator. Subclasses build its command and read its output."""

    def __init__(self, cpu):
        self.cpu = cpu

    def start(self, load, endpoint):
        command = ["taskset", "-c", str(self.cpu), *self.command(load, endpoint)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.patience = threading.Timer(load.seconds * 3 + GRACE_SECONDS, process.kill)
        self.patience.daemon = True
        self.patience.start()
        return process

    @staticmethod
    def running(process):
        """Returns whether it has not ended yet; does not wait for it, which `finish` does."""
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def finish(self, process):
        """Returns the result, with the generator's own CPU time."""
        output, errors = process.stdout.read(), process.stderr.read()
        self.patience.cancel()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        process.stderr.close()
        try:
            result = self.parse(output)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise LoadFailed(f"{self.name}: {errors.strip() or output.strip() or error}") from error
        result["generator_ns"] = round((usage.ru_utime + usage.ru_stime) * 1e9)
        return result


class InletBench(Generator):
    name = "inlet53 bench"

    def __init__(self, cpu, program, timeout=1):
        super().__init__(cpu)
        self.program = program
        self.timeout = timeout
        self.seed = 0

    def command(self, load, endpoint):
        self.seed += 1  # other names each time, so that cached answers of the last load are not used
        arguments = [str(self.program), "bench", "%s:%d" % endpoint, "--names", str(load.names), "--seconds",
                     f"{load.seconds:g}", "--timeout", str(self.timeout), "--seed", str(self.seed), "-o", "json"]
        arguments += ["--rate", str(load.rate)] if load.rate else ["--outstanding", str(load.outstanding)]
        if load.fresh:
            arguments += ["--misses", "100", "--miss-domain", load.fresh]
        if load.once:
            arguments += ["--sequential", "--queries", str(count_lines(load.names))]
        if load.tcp:
            return arguments + ["--tcp", "--connections", str(load.connections)]
        return arguments + ["--sockets", str(load.sockets)]

    def parse(self, output):
        return json.loads(output)

    @staticmethod
    def there(program):
        """Returns whether the tool of this build has the command."""
        if not Path(program).exists():
            return False
        tried = subprocess.run([program, "bench", "-h"], capture_output=True, text=True)
        return tried.returncode == 0 and "--outstanding" in tried.stdout


class Dnsperf(Generator):
    """dnsperf. It reports only the mean latency."""

    name = "dnsperf"

    def command(self, load, endpoint):
        address, port = endpoint
        arguments = ["dnsperf", "-s", address, "-p", str(port), "-d", str(load.names), "-l", f"{load.seconds:g}",
                     "-q", str(load.outstanding), "-T", "1", "-t", "1", "-O", "suppress=timeout",
                     "-c", str(load.connections if load.tcp or load.tls else load.sockets)]
        if load.rate:
            arguments += ["-Q", str(load.rate)]
        if load.tcp:
            arguments += ["-m", "tcp"]
        if load.tls:
            arguments += ["-m", "dot"]
        if load.once:
            arguments += ["-n", "1"]
        return arguments

    def parse(self, output):
        def number(label):
            return float(re.search(rf"{re.escape(label)}\s+([\d.]+)", output)[1])

        latency = dict.fromkeys(LATENCIES)
        if match := re.search(r"Average Latency \(s\):\s+([\d.]+) \(min ([\d.]+), max ([\d.]+)\)", output):
            latency |= {key: float(value) * 1e6 for key, value in zip(("mean", "min", "max"), match.groups())}
        codes = re.search(r"Response codes:\s+(.*)", output)
        return {
            "seconds": number("Run time (s):"), "sent": int(number("Queries sent:")),
            "answered": int(number("Queries completed:")), "lost": int(number("Queries lost:")),
            "late": 0, "wrong": 0, "truncated": 0, "reconnects": 0,
            "queries_per_second": number("Queries per second:"),
            "rcodes": {code: int(count) for code, count in re.findall(r"(\w+) (\d+) \(", codes[1] if codes else "")},
            "latency_us": latency, "histogram": [],
        }


def count_lines(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)
