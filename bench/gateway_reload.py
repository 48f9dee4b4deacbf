#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures calls of the gateway while it reloads a large configuration (HUP), and at rest.

Usage: gateway_reload.py [BUILD] [--apis N] [--routes N] [--reloads N] [--connections N]

Each connection makes one call after the other. The report has the median, p99 and maximum of all calls,
at rest and from HUP to `reloaded`, and the time of the reload.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]})


def api(name, identifier, routes):
    text = f"""
[rest_api.{name}]
id = "{identifier}"
vpc_endpoints = ["execute-api"]
policy = '''{POLICY}'''
[rest_api.{name}.stage.v1]
access_log = {{ file = "access.log" }}
"""
    for path in routes:
        text += f"""[rest_api.{name}.resource."{path}".GET.integration]
type = "MOCK"
request_template = '{{"statusCode": 200}}'
responses = [{{ status_code = 200, template = "hello" }}]
"""
    return text


def configuration(apis, routes, api_id):
    paths = [f"/r{i}/{{id}}" for i in range(routes)]
    return api("hello", api_id, ["/hello"]) + "".join(
        api(f"large{i}", f"{i:010x}", paths) for i in range(apis))


class Caller(threading.Thread):
    """Makes calls over one connection until it is stopped; `calls` has their starts and durations, in seconds."""

    def __init__(self, gateway, request, read_response):
        super().__init__(daemon=True)
        self.tls, self.request, self.read_response = gateway.connect(), request(), read_response
        self.calls, self.stopped = [], False

    def run(self):
        while not self.stopped:
            begin = time.monotonic()
            self.tls.sendall(self.request)
            head, _ = self.read_response(self.tls)
            if b" 200 " not in head:
                sys.exit(f"no response of 200: {head!r}")
            self.calls.append((begin, time.monotonic() - begin))
            time.sleep(0.002)

    def stop(self):
        self.stopped = True
        self.join()
        self.tls.close()


def report(title, durations):
    durations = sorted(durations)
    print(f"{title}: {len(durations)} calls, median {statistics.median(durations) * 1000:.1f} ms, "
          f"p99 {durations[int(len(durations) * 0.99)] * 1000:.1f} ms, longest {durations[-1] * 1000:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", default=ROOT / "build", type=pathlib.Path)
    parser.add_argument("--apis", type=int, default=1000)
    parser.add_argument("--routes", type=int, default=50)
    parser.add_argument("--reloads", type=int, default=5)
    parser.add_argument("--connections", type=int, default=2)
    options = parser.parse_args()
    os.environ["INLET53_BUILD"] = str(options.build.resolve())
    sys.path.insert(0, str(ROOT / "tests/integration"))
    from gateway import API_ID, Gateway, read_response, request

    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(folder, configuration(options.apis, options.routes, API_ID)).start()
        callers = [Caller(gateway, request, read_response) for _ in range(options.connections)]
        for caller in callers:
            caller.start()
        try:
            rest_until = time.monotonic() + 3
            time.sleep(3)
            reloads = []
            for number in range(1, options.reloads + 1):
                begin = time.monotonic()
                gateway.process.send_signal(signal.SIGHUP)
                gateway.wait_said("reloaded ", number)
                # Work after the switch, such as freeing the old state, counts too.
                time.sleep(0.5)
                reloads.append((begin, time.monotonic()))
        finally:
            for caller in callers:
                caller.stop()
            gateway.stop()
        calls = [call for caller in callers for call in caller.calls]
    report("at rest", [duration for begin, duration in calls if begin + duration <= rest_until])
    report("during reloads", [duration for begin, duration in calls
                              if any(begin + duration >= first and begin <= last for first, last in reloads)])
    print(f"a reload: median {statistics.median(last - first - 0.5 for first, last in reloads) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
