# SPDX-License-Identifier: Apache-2.0
"""Runs in a new network namespace in which a packet filter denies queries to a target, and prints the
responses to clients as JSON. Usage: denied_queries.py FOLDER"""

import json
import subprocess
import sys

import dns.rcode

from rules import error_of, host, rule, start
from support import ask
from targets import ScriptedTarget

FILTER = """
table inet filter {
  chain output {
    type filter hook output priority 0;
    udp dport %d drop
  }
}
"""


def main(folder):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    target = ScriptedTarget(lambda query, _: host(query))
    subprocess.run(["nft", "-f", "-"], input=FILTER % target.endpoint[1], text=True, check=True)
    running = start(folder, rule("partner", "partner.test", target.endpoint),
                    more='[forward]\nquery_timeout = "300 ms"\n')
    refused = [ask(running.endpoints[0], f"n{i}.partner.test", use_edns=0) for i in range(30)]
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    after = ask(running.endpoints[0], "new.partner.test")
    status = running.stop()
    target.stop()
    print(json.dumps({"refused": sorted({(dns.rcode.to_text(each.rcode()), *error_of(each)) for each in refused}),
                      "after": dns.rcode.to_text(after.rcode()), "status": status, "said": running.messages()}))


if __name__ == "__main__":
    main(sys.argv[1])
