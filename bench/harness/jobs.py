# SPDX-License-Identifier: Apache-2.0
"""The jobs: their servers, loads and rows. Each returns rows for the report."""

import time
from contextlib import contextmanager

from . import attack_jobs, failing_jobs, forwarding_jobs, https_jobs, machine, unanswered_jobs
from .inlet import BareResponder, Inlet53d
from .loads import Dnsperf, Generator, Load
from .peers import PEERS
from .rounds import Rows, say
from .servers import CannotMeasure
from .workloads import ApiNames, ZoneRecords

BARE_MODES = ("poll", "blocking", "recvfrom", "uv_udp", "io_uring", "segment")
OURS = "inlet53d"
BARE = "bare"
ZONE_SERVERS = ("gdnsd", "nsd", "knot", "bind", "unbound", "pdns")
PACED_RATE = 20_000
WORKERS_RATE = 100_000


class Bench:
    """The common state of all jobs: directory, servers, times, load generator."""

    def __init__(self, options, generator, folder):
        self.options = options
        self.generator = generator
        self.folder = folder
        self.tool = options.tool or options.build / "inlet53"
        self.server_cpus = [options.server_cpu]
        self.api = ApiNames(folder)
        self.left_out = []  # {"job", "server", "why"}
        self.logs = []  # the contents of each query log at the end
        self.clocks = {}  # the server's CPU time by its clock and by /proc/PID/stat
        self.repeating_seconds = options.repeating_seconds  # the remaining time for repeated rounds

    def wants(self, key):
        return key in self.options.servers

    def load(self, names, **changes):
        return Load(**{"names": names, "seconds": self.options.seconds, "outstanding": self.options.outstanding,
                       "sockets": self.options.sockets} | changes)

    def rows(self, job, generator=None, histograms=False):
        return Rows(self, job, generator or self.generator, histograms)

    def ours(self, content, log=None, kind=Inlet53d, **more):
        """Returns inlet53d and its variants."""
        if self.wants(OURS):
            yield kind(self.folder, content, log, **more)
            for variant in self.options.variants:
                yield kind(self.folder, content, log, variant=variant, **more)

    def peers(self, content, log=False, only=PEERS):
        """Returns each selected peer without its log, or with each kind of log that it has."""
        for key, peer in PEERS.items():
            if self.wants(key) and key in only and (content.wildcard or not peer.only_wildcards):
                for kind in peer.logs if log else (None,):
                    yield peer(self.folder, content, kind)

    @contextmanager
    def started(self, job, servers, cpus=None):
        """Yields the servers that start and answer correctly. Stops them all, and counts their logs."""
        running = []
        try:
            for server in servers:
                try:
                    running.append(server.start(cpus or self.server_cpus))
                except CannotMeasure as error:
                    say(f"{job}: without {server.key}: {error}")
                    self.left_out.append({"job": job, "server": server.key, "why": str(error)})
            yield running
        finally:
            for server in running:
                self.settle(job, server)

    def settle(self, job, server):
        pids = server.pids
        clock, stat = machine.cpu_ns(pids), machine.stat_ns(pids)
        known = self.clocks.setdefault(server.key, {"clock_ns": 0, "stat_ns": 0})
        known["clock_ns"] += clock
        known["stat_ns"] += stat
        server.stop()
        if server.log and server.answered_least:
            records, data = server.count_log()
            self.logs.append({"job": job, "server": server.key, "label": server.label, "log": server.log,
                              "ours": server.is_ours, "records": records, "octets": data,
                              "answered": server.answered_least, "asked": server.answered_most})
            if server.log_path.exists():
                server.log_path.unlink()


def saturation(bench, job, plain, logged):
    """10,000 names, each query from another port than the last, at saturation."""
    api = bench.api
    servers = []
    if plain and bench.wants(BARE):
        servers.append(BareResponder(bench.folder, api))
    for log in [False] * plain + [True] * logged:
        servers += bench.ours(api, "json" if log else None)
        servers += bench.peers(api, log)
    with bench.started(job, servers) as running:
        rows = bench.rows(job)
        for server in running:
            rows.add(server, bench.load(api.names))
        return rows.run()


def few(bench):
    """Few client sockets: responses to one client in groups."""
    with bench.started("few", [*bench.ours(bench.api), *bench.peers(bench.api, only=("gdnsd",))]) as running:
        rows = bench.rows("few")
        for sockets in (1, 2, 4):
            for server in running:
                rows.add(server, bench.load(bench.api.names, sockets=sockets), sockets=sockets)
        return rows.run()


def records(bench):
    """Zones of several sizes: CPU time, memory, and the cost of loading."""
    result = []
    for count in bench.options.records:
        content = ZoneRecords(bench.folder, count)
        only = () if count > 1_000_000 else bench.options.zone_servers
        servers = [*bench.ours(content), *bench.peers(content, only=only)]
        with bench.started(f"records, {count:,}", servers) as running:
            rows = bench.rows("records")
            for server in running:
                rows.add(server, bench.load(content.names), records=count, load_ns=server.load_ns,
                         load_wall_ns=server.load_wall_ns)
            rows.run()
            for row, server, *_ in rows.rows:
                row["memory"] = server.memory()
                result.append(row)
        content.zone.unlink()
        content.names.unlink()
    return result


def tcp(bench):
    """Ten persistent connections, with many outstanding queries on each."""
    with bench.started("tcp", [*bench.ours(bench.api), *bench.peers(bench.api)]) as running:
        rows = bench.rows("tcp")
        for server in running:
            rows.add(server, bench.load(bench.api.names, tcp=True, connections=10))
        return rows.run()


def paced(bench):
    """A load below the capacity of every server: latency and the cost of wake-ups. The bare responder shows
    the delays of the machine."""
    bare = [BareResponder(bench.folder, bench.api)] if bench.wants(BARE) else []
    with bench.started("paced", [*bench.ours(bench.api), *bare, *bench.peers(bench.api)]) as running:
        rows = bench.rows("paced", histograms=True)
        for server in running:
            rows.add(server, bench.load(bench.api.names, rate=PACED_RATE))
        return rows.run()


def _all_cpus(bench):
    return [bench.options.generator_cpu, bench.options.server_cpu]


def workers(bench):
    """Two workers and one worker under the same load. The load generator shares the two cores."""
    if not bench.wants(OURS):
        return []
    both = bench.server_cpus + [bench.options.generator_cpu]  # the first worker is on the processor of the single one
    spread = ("by query", 'udp_spread = "query"', None)
    one = Inlet53d(bench.folder, bench.api, key="inlet53d-1-worker", worker_cpus=bench.server_cpus)
    two = [Inlet53d(bench.folder, bench.api, key="inlet53d-2-workers", workers=2),
           Inlet53d(bench.folder, bench.api, key="inlet53d-2-workers-pinned", workers=2, worker_cpus=both),
           Inlet53d(bench.folder, bench.api, workers=2, worker_cpus=both, variant=spread)]
    with bench.started("workers", [one]) as alone, bench.started("workers", two, both) as paired:
        rows = bench.rows("workers")
        for server in alone:
            for rate in (WORKERS_RATE, WORKERS_RATE // 2):
                rows.add(server, bench.load(bench.api.names, rate=rate), workers="1, pinned")
        for server in paired:
            what = "pinned" if server.worker_cpus else "not pinned"
            what += ", by query" if server.variant else ""
            rows.add(server, bench.load(bench.api.names, rate=WORKERS_RATE), workers=f"2, {what}")
        return rows.run()


def ports(bench):
    """How the kernel distributes queries from few source ports over two workers."""
    if not bench.wants(OURS):
        return []
    servers = [Inlet53d(bench.folder, bench.api, workers=2, variant=(f"by {spread}", f'udp_spread = "{spread}"', None))
               for spread in ("fill", "query", "client")]
    with bench.started("ports", servers, _all_cpus(bench)) as running:
        rows = bench.rows("ports")
        for sockets in (1, 2, 16):
            for server in running:
                rows.add(server, bench.load(bench.api.names, rate=WORKERS_RATE, sockets=sockets), sockets=sockets)
        return rows.run()


def reload(bench):
    """The latency of answers during continuous reloads of a zone, and without reloads."""
    if not bench.wants(OURS):
        return []
    content = ZoneRecords(bench.folder, bench.options.reload_records)
    servers = [Inlet53d(bench.folder, content, key="inlet53d-one-core")]
    with bench.started("reload", servers) as narrow, \
            bench.started("reload", [Inlet53d(bench.folder, content, key="inlet53d-two-cores")],
                          _all_cpus(bench)) as wide:
        rows = bench.rows("reload")
        for server in narrow + wide:
            where = "one core" if server in narrow else "two cores"
            load = bench.load(content.names, rate=PACED_RATE, seconds=max(bench.options.seconds, 4))
            rows.add(server, load, reload=f"{where}, no reload")
            rows.add(server, load, during=_reload_all_the_time, reload=f"{where}, reloads")
        return rows.run()


def _reload_all_the_time(server, load):
    """Reloads continuously while the load runs. Returns the number of completed reloads."""
    first = done = server.reloads()
    while Generator.running(load):
        server.hang_up()
        while Generator.running(load) and server.reloads() == done:
            time.sleep(0.01)
        done = server.reloads()
    return {"reloads": done - first, "peak_octets": server.peak_memory()}


def io(bench):
    """The cost of several methods of receiving and sending, without other work."""
    servers = [*(BareResponder(bench.folder, bench.api, mode) for mode in BARE_MODES if bench.wants(BARE)),
               *bench.ours(bench.api)]
    with bench.started("io", servers) as running:
        rows = bench.rows("io")
        for sockets in (bench.options.sockets, 1):
            for server in running:
                rows.add(server, bench.load(bench.api.names, sockets=sockets), sockets=sockets)
        return rows.run()


def opinion(bench):
    """The same servers with dnsperf."""
    dnsperf = Dnsperf(bench.options.generator_cpu)
    with bench.started("opinion", [*bench.ours(bench.api), *bench.peers(bench.api)]) as running:
        rows = bench.rows("opinion", dnsperf)
        for server in running:
            rows.add(server, bench.load(bench.api.names))
        return rows.run()


JOBS = {"few": few, "records": records, "tcp": tcp, "paced": paced, "workers": workers, "ports": ports,
        "reload": reload, "io": io, "opinion": opinion, **forwarding_jobs.JOBS,
        **failing_jobs.JOBS, **unanswered_jobs.JOBS, **https_jobs.JOBS, **attack_jobs.JOBS}
JOB_NAMES = ("names", "log", *JOBS, "units")


def run_all(bench, chosen):
    """Yields the rows of each chosen job. The rounds of `names` and `log` are interleaved."""
    if {"names", "log"} & set(chosen):
        yield saturation(bench, "names" if "names" in chosen else "log", plain=True, logged="log" in chosen)
    for name, job in JOBS.items():
        if name in chosen:
            say(f"{name}: {job.__doc__.splitlines()[0]}")
            yield job(bench)
