# SPDX-License-Identifier: Apache-2.0
"""The load of the HTTPS jobs and of DoH: h2load, with one TLS 1.3 cipher suite so that all servers do the same work."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

from .loads import LATENCIES, Generator

CIPHER_SUITE = "TLS_AES_128_GCM_SHA256"
CONNECTION_PERIOD_MS = 10
_MICROSECONDS = {"us": 1, "ms": 1e3, "s": 1e6}


@dataclass(frozen=True)
class HttpsLoad:
    """GETs of `url`, or of the URLs in the file `urls`, for `seconds`; each stream has one outstanding request."""
    url: str
    seconds: float
    urls: Path | None = None
    http2: bool = False
    connections: int = 32
    streams: int = 1  # of each connection
    requests: int | None = None  # instead of `seconds`
    rate: int | None = None  # requests a second of each connection; None: at saturation
    new_connections: int | None = None  # a second, with one request each, instead of persistent connections

    def described(self):
        return {key: value for key, value in asdict(self).items() if key not in ("url", "urls")}


class H2load(Generator):
    """h2load. It writes the latency of every request to `latencies`, if that is set."""

    name = "h2load"

    def __init__(self, cpu, program, latencies: Path | None = None):
        super().__init__(cpu)
        self.program = program
        self.latencies = latencies

    def command(self, load, endpoint):
        what = [f"--input-file={load.urls}"] if load.urls else [load.url]
        arguments = [str(self.program), *what, "--connect-to=%s:%d" % endpoint, f"--tls13-ciphers={CIPHER_SUITE}"]
        if not load.http2:
            arguments.append("--h1")
        if load.new_connections:
            count = max(1, round(load.new_connections * load.seconds))
            arguments += ["-n", str(count), "-c", str(count),
                          "-r", str(max(1, load.new_connections * CONNECTION_PERIOD_MS // 1000)),
                          f"--rate-period={CONNECTION_PERIOD_MS}ms"]
        else:
            limit = ["-n", str(load.requests)] if load.requests else ["-D", f"{round(load.seconds * 1000)}ms"]
            arguments += [*limit, "-c", str(load.connections), "-m", str(load.streams)]
        if load.rate:
            arguments.append(f"--rps={load.rate}")
        if self.latencies:
            self.latencies.unlink(missing_ok=True)  # h2load appends
            arguments.append(f"--log-file={self.latencies}")
        return arguments

    def parse(self, output):
        seconds = re.search(r"finished in ([\d.]+)(us|ms|s),", output)
        counts = {word: int(count) for count, word in
                  re.findall(r"(\d+) (\w+)", re.search(r"^requests: (.*)$", output, re.M)[1])}
        codes = {code: int(count) for count, code in
                 re.findall(r"(\d+) (\dxx)", re.search(r"^status codes: (.*)$", output, re.M)[1])}
        # A head whose body was incomplete at the end has a status, but does not count as a success.
        if counts["failed"] or codes["2xx"] < counts["succeeded"] or sum(codes.values()) != codes["2xx"]:
            raise ValueError(f"not all answers were 2xx: {counts}, {codes}")
        if "TLSv1.3" not in output:
            raise ValueError("no TLS 1.3")
        elapsed = float(seconds[1]) * _MICROSECONDS[seconds[2]] / 1e6
        return {
            "seconds": elapsed, "sent": counts["started"], "answered": counts["succeeded"], "lost": 0, "late": 0, "wrong": 0,
            "truncated": 0, "reconnects": 0, "queries_per_second": counts["succeeded"] / elapsed, "rcodes": codes,
            "latency_us": self.read_latencies(), "histogram": [],
        }

    def read_latencies(self):
        if not self.latencies:
            return dict.fromkeys(LATENCIES)
        values = sorted(int(line.split()[2]) for line in self.latencies.read_text().splitlines())
        if not values:
            raise ValueError("h2load has written no latencies")
        part = {"min": 0, "p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "max": 1}
        return {"mean": sum(values) / len(values)} | {
            key: values[min(len(values) - 1, int(len(values) * share))] for key, share in part.items()}
