# SPDX-License-Identifier: Apache-2.0
"""The jobs over HTTPS: a mock integration, new connections, a function, idle connections."""

import resource
from contextlib import ExitStack

from .https_content import HelloApi
from .https_loads import H2load, HttpsLoad
from .https_servers import PEERS, InletGateway, LambdaGateway, ask, connect
from .rounds import say
from .servers import CannotMeasure, program

OURS = "inlet53-gateway"
# Connections and streams of each: 32 outstanding requests over HTTP/1.1, 128 over HTTP/2.
VERSIONS = {"HTTP/1.1": {"http2": False, "connections": 32, "streams": 1},
            "HTTP/2": {"http2": True, "connections": 8, "streams": 16}}
HANDSHAKES_RATE = 1000
LAMBDA_RATE = 200
IDLE_CONNECTIONS = (1_000, 10_000)


def _content(bench, function=False):
    return HelloApi(bench.folder, bench.tool, function)


def _h2load(bench, **more):
    return H2load(bench.options.generator_cpu, program("h2load"), **more)


def _servers(bench, content, log=None, peers=PEERS):
    if bench.wants(OURS):
        yield InletGateway(bench.folder, content, log)
        if bench.options.baseline_gateway:
            yield InletGateway(bench.folder, content, log, baseline=bench.options.baseline_gateway)
    for key, peer in PEERS.items():
        if bench.wants(key) and key in peers:
            yield peer(bench.folder, content, log)


def https(bench):
    """A mock integration over persistent connections, with both versions of HTTP, with and without access log."""
    content = _content(bench)
    servers = [*_servers(bench, content), *_servers(bench, content, "text")]
    with bench.started("https", servers) as running:
        rows = bench.rows("https", _h2load(bench))
        for version, shape in VERSIONS.items():
            for server in running:
                rows.add(server, HttpsLoad(content.url, bench.options.seconds, **shape), version=version)
        return rows.run()


def handshakes(bench):
    """New connections, each with a full TLS 1.3 handshake and one request."""
    content = _content(bench)
    with bench.started("handshakes", [*_servers(bench, content, peers=("nginx",))]) as running:
        rows = bench.rows("handshakes", _h2load(bench))
        for version, shape in VERSIONS.items():
            for server in running:
                load = HttpsLoad(content.url, bench.options.seconds, http2=shape["http2"],
                                 new_connections=HANDSHAKES_RATE)
                rows.add(server, load, version=version)
        return rows.run()


def functions(bench):
    """An empty, warm function: the gateway's part of a call, and the latency."""
    if not bench.wants(OURS):
        return []
    content = _content(bench, function=True)
    generator = _h2load(bench, latencies=bench.folder / "latencies")
    servers = [LambdaGateway(bench.folder, content)]
    if bench.options.baseline_gateway:
        servers.append(LambdaGateway(bench.folder, content, baseline=bench.options.baseline_gateway))
    with bench.started("lambda", servers) as running:
        rows = bench.rows("lambda", generator)
        for server in running:
            for rate in (LAMBDA_RATE, None):
                rows.add(server, HttpsLoad(content.url, bench.options.seconds, connections=1, rate=rate))
        return rows.run()


def idle(bench):
    """Connections that have had one request and wait for the next: their memory."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    content = _content(bench)
    result = []
    for server in _servers(bench, content, peers=("nginx",)):
        with bench.started("idle", [server]) as running:
            result += [_hold(one, content) for one in running]
    return result


def _hold(server, content):
    row = {"job": "idle", "server": server.key, "label": server.label, "package": server.package,
           "ours": server.is_ours, "is_bare": False, "log": None, "rounds": [], "repeated": 0, "disturbed": 0,
           "memory": [[0, server.memory()]]}
    path, expected = content.probes[0]
    with ExitStack() as held:
        try:
            streams = []
            for count in range(1, max(IDLE_CONNECTIONS) + 1):
                streams.append(held.enter_context(connect(server.endpoint)))
                _ask(streams[-1], path, expected)
                if count in IDLE_CONNECTIONS:
                    row["memory"].append([count, server.memory()])
                    say(f"idle: {server.key}: {count:,} connections")
            _ask(streams[0], path, expected)  # the server has closed no older connection
        except (OSError, CannotMeasure) as error:
            row["failed"] = str(error)
    return row


def _ask(stream, path, expected):
    _, body = ask(stream, path)
    if body != expected:
        raise CannotMeasure(f"answers {body!r}")


JOBS = {"https": https, "handshakes": handshakes, "lambda": functions, "idle": idle}
