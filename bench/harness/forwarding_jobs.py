# SPDX-License-Identifier: Apache-2.0
"""The jobs that forward and cache: hits, misses, and cached answers over TLS and HTTPS."""

import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from . import dns
from .forwarders import FORWARDERS, Forwarded, InletForwarder
from .https_content import HelloApi
from .https_jobs import VERSIONS
from .https_loads import H2load, HttpsLoad
from .inlet import Inlet53d
from .loads import Dnsperf, Generator, InletBench
from .peers import Gdnsd
from .rounds import measure_once
from .servers import program
from .workloads import PartnerNames

OWN_ZONE = "own zone"
FILL_SECONDS = 60  # at most, to store each name in a cache


@contextmanager
def targets(bench, content, count=1):
    """Starts servers of the zone on the processor of the load generator. Their CPU time does not count."""
    with ExitStack() as running:
        started = []
        for i in range(count):
            started.append(Gdnsd(bench.folder, content, key=f"target-{i}").start([bench.options.generator_cpu]))
            running.callback(started[-1].stop)
        yield started


def forwarders(bench, content, only=FORWARDERS):
    yield from bench.ours(content, kind=InletForwarder)
    for key, peer in FORWARDERS.items():
        if bench.wants(key) and key in only:
            yield peer(bench.folder, content)


def generator(bench, **more):
    """Returns `inlet53 bench`, the only generator that queries a new name each time."""
    return InletBench(bench.options.generator_cpu, bench.tool.resolve(), **more)


def watching(targets):
    """Returns a function that adds the targets' activity to a round: none, if all answers come from a cache."""
    def during(_, load):
        before = sum(target.cpu_ns() for target in targets)
        while Generator.running(load):
            time.sleep(0.01)
        return {"target_ns": sum(target.cpu_ns() for target in targets) - before}
    return during


def fill(server, asker, load):
    """Queries each name once, and then again for lost answers."""
    for _ in range(2):
        measure_once(server, asker, load)


def hits(bench):
    """10,000 names of a target that every cache has, and the same names from a zone of inlet53d."""
    names = PartnerNames(bench.folder)
    with targets(bench, names) as asked:
        content = Forwarded({names.domain: [target.endpoint for target in asked]}, names.probes)
        servers = [*forwarders(bench, content)]
        if servers and servers[0].is_ours:
            servers.append(Inlet53d(bench.folder, names, variant=(OWN_ZONE, "", None)))
        with bench.started("hits", servers) as running:
            rows = bench.rows("hits")
            for server in running:
                fill(server, generator(bench), bench.load(names.names, seconds=FILL_SECONDS, once=True))
                rows.add(server, bench.load(names.names), watching(asked))
            return rows.run()


def misses(bench):
    """A new name in every query: the cost of one question to a target."""
    names = PartnerNames(bench.folder)
    with targets(bench, names) as asked:
        content = Forwarded({names.domain: [target.endpoint for target in asked]}, names.probes)
        with bench.started("misses", [*forwarders(bench, content)]) as running:
            rows = bench.rows("misses", generator(bench))
            for server in running:
                rows.add(server, bench.load(names.names, fresh=names.domain), watching(asked))
            return rows.run()


@contextmanager
def _encrypted(bench, kind):
    """Returns the forwarders that support `kind`, and their names and targets."""
    names = PartnerNames(bench.folder)
    shown = HelloApi(bench.folder, bench.tool)
    with targets(bench, names) as asked:
        content = Forwarded({names.domain: [target.endpoint for target in asked]}, names.probes, encrypted=kind,
                            certificate=shown.certificate, key=shown.key)
        with bench.started(kind, [*forwarders(bench, content)]) as running:
            yield running, names, asked


def dot(bench):
    """The cached names, over persistent connections of DNS over TLS."""
    asker = Dnsperf(bench.options.generator_cpu)
    with _encrypted(bench, "dot") as (running, names, asked):
        rows = bench.rows("dot", asker)
        for server in running:
            fill(server, asker, bench.load(names.names, seconds=FILL_SECONDS, tls=True, once=True))
            rows.add(server, bench.load(names.names, tls=True), watching(asked))
        return rows.run()


def doh(bench):
    """The cached names, over persistent connections of DNS over HTTPS (HTTP/2, GET)."""
    asker = H2load(bench.options.generator_cpu, program("h2load"))
    with _encrypted(bench, "doh") as (running, names, asked):
        base = f"https://{names.domain}"  # h2load gets the address separately
        urls = bench.folder / "doh.urls"
        urls.write_text("".join(f"{base}{dns.doh_path(name)}\n" for name in names.all))
        rows = bench.rows("doh", asker)
        for server in running:
            load = HttpsLoad(base, bench.options.seconds, urls, **VERSIONS["HTTP/2"])
            fill(server, asker, replace(load, seconds=FILL_SECONDS, connections=1, requests=len(names.all)))
            rows.add(server, load, watching(asked))
        return rows.run()


JOBS = {"hits": hits, "misses": misses, "dot": dot, "doh": doh}
