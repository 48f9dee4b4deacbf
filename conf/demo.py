#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo: starts inlet53 on loopback, sends DNS queries and API calls as a client, and shows
answers, responses and log records.

It checks all of them. With --once it then ends: with 0, or with 1 if any result differs from the
expected one. Otherwise it runs until Ctrl-C and shows commands to try.

Usage: demo.py BUILD_DIRECTORY [--once] [--config FILE] [--log FILE]
"""

import argparse
import dataclasses
import json
import pathlib
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "demo"))
sys.dont_write_bytecode = True

import calls  # noqa: E402
from questions import CLIENT, Log, ask, ask_unauthorised, check_no_unauthorised, questions  # noqa: E402
from screen import shown, style  # noqa: E402

READY_SECONDS = 30


def parted(listen):
    host, _, port = listen.rpartition(":")
    return host, int(port)


@dataclasses.dataclass
class Target:
    """The addresses and files of the configuration, from `inlet53 check -o json`."""
    addresses: list[dict]
    vpc_endpoint: dict
    other_interface: dict  # of the VPC endpoint that the API's policy denies
    api: str
    region: str
    account: str
    zone: str
    query_log: pathlib.Path
    access_log: pathlib.Path
    authority: str  # the file of the local certificate authority

    def listen(self, index):
        return parted(self.addresses[index]["listen"])


class Demo:
    def __init__(self, tool, config, operator_log):
        self.tool = tool
        self.config = config
        self.up = None
        self.operator_log = operator_log

    def load(self):
        """Checks the configuration as an operator does."""
        run = subprocess.run([self.tool, "check", "-o", "json", self.config], text=True,
                             stdout=subprocess.PIPE)
        said = json.loads(run.stdout)
        if not said["ok"]:
            sys.exit("\n".join(f"{e['file']}:{e['line']}: {e['message']}" for e in said["errors"]))
        endpoint, other = said["vpc_endpoints"]
        api = said["rest_apis"][0]
        return Target(addresses=said["resolver_ip_addresses"], vpc_endpoint=endpoint,
                      other_interface=other["network_interfaces"][0], api=api["id"],
                      region=api["region"], account=api["account_id"],
                      zone=said["hosted_zones"][0]["domain_name"].rstrip("."),
                      query_log=pathlib.Path(said["query_log"]),
                      access_log=pathlib.Path(api["stages"][0]["access_log"]),
                      authority=shown(said["certificate_authority"]))

    def start(self, target):
        """Starts `inlet53 up` and waits until every address accepts a connection."""
        self.operator_log.parent.mkdir(exist_ok=True)
        with self.operator_log.open("w") as output:
            # In its own session: only the demo gets Ctrl-C, and stops it in order.
            self.up = subprocess.Popen([self.tool, "up", self.config], stdout=output,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        deadline = time.monotonic() + READY_SECONDS
        interfaces = [*target.vpc_endpoint["network_interfaces"], target.other_interface]
        for address in [*(target.listen(i) for i in range(len(target.addresses))),
                        *(parted(interface["listen"]) for interface in interfaces)]:
            while not connects(address):
                if self.up.poll() is not None:
                    self.explain_end()
                if time.monotonic() > deadline:
                    sys.exit(f"not ready after {READY_SECONDS} s:\n{self.operator_log.read_text()}")
                time.sleep(0.02)

    def explain_end(self):
        print(self.operator_log.read_text(), end="", file=sys.stderr)
        if self.up.returncode == 4:
            sys.exit("The demo's ports are in use. Stop the other program, such as another demo, or change"
                     f" `listen` in {shown(self.config)}.")
        sys.exit(f"inlet53 up ended with exit code {self.up.returncode}")

    def stop(self):
        if self.up and self.up.poll() is None:
            self.up.terminate()
            self.up.wait()


def connects(address):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(address) == 0


def introduce(demo, target):
    print(style.bold("inlet53: the cloud side of hybrid DNS, on loopback") + "\n")
    print(f"   $ {shown(demo.tool)} up {shown(demo.config)}")
    print(f"   resolver endpoint {target.addresses[0]['resolver_endpoint']}")
    for ip in target.addresses:
        print(f"     {ip['availability_zone']}  {ip['address']:<13} served at {ip['listen']}"
              f"  logged as {ip['resolver_network_interface']}")
    print(f"   query log {shown(target.query_log)}")
    print(f"   Each dig below also has -b {CLIENT}#PORT; its record has the same port.")


def say_what_next(demo, target):
    (host, port), (other, _) = target.listen(0), target.listen(1)
    tool, config = shown(demo.tool), shown(demo.config)
    zone = target.zone
    print(f"""
{style.bold('The demo runs until Ctrl-C. Commands to try in another terminal:')}

   dig @{host} -p {port} {target.api}.execute-api.eu-west-1.amazonaws.com
   dig @{other} -p {port} app.{zone} ANY
   {tool} logs tail --config {config} -f
   {tool} logs tail --config {config} --rcode NXDOMAIN -o json
   {tool} check {config}
   curl --cacert {target.authority} --connect-to ::{target.vpc_endpoint['network_interfaces'][0]['listen']} \\
        https://{target.api}.execute-api.{target.region}.amazonaws.com/DemoStage/hello
   {tool} policy explain --config {config} --api hello --vpce other \\
        --source-ip {CLIENT} GET /DemoStage/hello
   kill -HUP {demo.up.pid}      # reads {config} and its zone files again

{style.bold('A forwarder that uses it')}, for example Unbound:

   forward-zone:
     name: "execute-api.eu-west-1.amazonaws.com."
     forward-addr: {host}@{port}
     forward-addr: {other}@{port}

   conf/forwarders/ has recipes for BIND, Unbound, dnsmasq, Knot Resolver, PowerDNS Recursor,
   dnsdist, systemd-resolved, CoreDNS and Windows.

   The operator log of the daemons: {shown(demo.operator_log)}""", flush=True)


def run(demo, once):
    target = demo.load()
    log = Log(target.query_log)
    demo.start(target)
    introduce(demo, target)
    asked = questions(target)
    good = [ask(number, question, target, log) for number, question in enumerate(asked, 1)]
    good.append(ask_unauthorised(len(asked) + 1, target, asked[0].name))
    good.append(check_no_unauthorised(log))
    good += calls.run(len(asked) + 2, target)
    verdict = f"{sum(good)} of {len(good)} as expected"
    print("\n" + (style.good(verdict) if all(good) else style.bad(verdict)), flush=True)
    if not once:
        say_what_next(demo, target)
        demo.up.wait()
        demo.explain_end()
    return 0 if all(good) else 1


def interrupted(signum, _frame):
    sys.exit(128 + signum)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="the build directory")
    parser.add_argument("--once", action="store_true", help="end after the checks")
    parser.add_argument("--config", type=pathlib.Path, default=HERE / "demo.toml")
    parser.add_argument("--log", type=pathlib.Path,
                        help="the daemons' operator log; default: demo/operator.log in the build directory")
    arguments = parser.parse_args()
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, interrupted)
    build = arguments.build.resolve()
    log = (arguments.log or build / "demo/operator.log").resolve()
    demo = Demo(build / "inlet53", arguments.config.resolve(), log)
    try:
        return run(demo, arguments.once)
    except KeyboardInterrupt:
        print()
        return 0
    finally:
        demo.stop()


if __name__ == "__main__":
    sys.exit(main())
