# SPDX-License-Identifier: Apache-2.0
"""inlet53d, and the bare responder, which sends fixed responses."""

from .servers import Server
from .workloads import API_ADDRESSES

RELOADED = r"\breloaded "  # the line of the operator log after a reload
_CONFIG = """region = "eu-west-1"
account_id = "123456789012"

[vpc.benchmark]
cidr_blocks = ["10.0.0.0/16"]

[subnet.private-a]
vpc = "benchmark"
availability_zone = "eu-west-1a"
cidr_block = "10.0.0.0/17"

[subnet.private-b]
vpc = "benchmark"
availability_zone = "eu-west-1b"
cidr_block = "10.0.128.0/17"

[security_group.loopback]
vpc = "benchmark"
ingress = [
  {{ protocol = "tcp", port = 53, cidr = "127.0.0.0/8" }},
  {{ protocol = "udp", port = 53, cidr = "127.0.0.0/8" }},
  {{ protocol = "tcp", port = 853, cidr = "127.0.0.0/8" }},
  {{ protocol = "tcp", port = 443, cidr = "127.0.0.0/8" }},
]

[resolver_endpoint.inbound]
security_groups = ["loopback"]
{protocols}

[[resolver_endpoint.inbound.ip_address]]
subnet = "private-a"
address = "10.0.20.53"
listen = "127.0.53.1:{port}"
{listen}

[[resolver_endpoint.inbound.ip_address]]
subnet = "private-b"
address = "10.0.150.53"
listen = "127.0.53.2:{port}"
{listen_b}

[query_log]
when_full = "block"
rotate_size = 0
rotate_interval = 0

[server]
{server}
"""
_WILDCARD = """
[vpc_endpoint.execute-api]
service_name = "com.amazonaws.eu-west-1.execute-api"
vpc = "benchmark"
private_dns = "enabled"
"""
_INTERFACE = """
[[vpc_endpoint.execute-api.network_interface]]
subnet = "private-{letter}"
address = "{address}"
"""
_ZONE = """
[hosted_zone.bench]
domain_name = "{domain}"
file = "{file}"
vpcs = ["benchmark"]
"""


class Inlet53d(Server):
    name = "inlet53d"
    logs = ("json",)
    is_ours = True
    reload_marker = RELOADED
    address = "127.0.53.1"
    program = None  # set by run.py
    version = ""

    def __init__(self, folder, content, log=None, key=None, workers=1, worker_cpus=None, variant=None):
        """`variant` is (name, lines of the [server] table, program or None), measured beside the default."""
        if variant:
            key = f"inlet53d-{variant[0]}" + (f"+{log}" if log else "")
        super().__init__(folder, content, log, key)
        self.workers = workers
        self.worker_cpus = worker_cpus
        self.variant = variant
        if variant and variant[2]:
            self.program = variant[2]

    @property
    def label(self):
        return f"inlet53d, {self.variant[0]}" if self.variant else "inlet53d"

    def configuration(self, protocols="", listen="", listen_b=""):
        """`protocols`, `listen` and `listen_b` are additional lines of the endpoint and of its addresses."""
        return _CONFIG.format(port=self.endpoint[1], server=self.variant[1] if self.variant else "",
                              protocols=protocols, listen=listen, listen_b=listen_b) + self.answers()

    def answers(self):
        """Returns the tables of the configuration that define the job's names."""
        if self.content.wildcard:
            return _WILDCARD + "".join(_INTERFACE.format(letter=letter, address=address)
                                       for letter, address in zip("ab", API_ADDRESSES))
        return _ZONE.format(domain=self.content.domain, file=self.content.zone)

    def prepare(self):
        text = self.configuration()
        command = [self.program, "--config", self.write("inlet53d.toml", text), "--workers", self.workers,
                   "--query-log", self.log_path if self.log else "off"]
        if self.worker_cpus:
            command += ["--cpus", ",".join(map(str, self.worker_cpus))]
        return command

    def pin(self):
        if not self.worker_cpus:  # otherwise it pins its own workers
            super().pin()


class BareResponder(Server):
    """Answers with the two addresses; `mode` is its method of receiving and sending datagrams."""

    is_bare = True
    only_wildcards = True
    program = None

    def __init__(self, folder, content, mode="poll"):
        self.name = f"bare-{mode}"
        super().__init__(folder, content)
        self.mode = mode

    @property
    def label(self):
        return f"bare responder, {self.mode}"

    def prepare(self):
        return [self.program, self.mode, *self.endpoint]
