# SPDX-License-Identifier: Apache-2.0
"""The HTTPS part of the demo: calls of the private REST API, the expected responses, their log."""

import contextlib
import dataclasses
import json
import pathlib
import subprocess
import time

from questions import CLIENT, UNAUTHORISED, answer_lines, dig, rdata_of
from screen import WIDTH, cut, say_verdict, style

CALL_SECONDS = 20
CONNECT_SECONDS = 1
RECORD_SECONDS = 10.0  # a record is written within a second; a busy machine may take longer
PEER_UNVERIFIED = 60  # curl's exit code for a certificate that is not for this name
TIMED_OUT = 28


@dataclasses.dataclass
class Call:
    """A call and its expected response."""
    title: str
    interface: dict  # of a VPC endpoint, as `inlet53 check` prints it
    url: str
    status: int = 0  # 0: no response
    body: str = ""
    arguments: tuple[str, ...] = ()
    exit_code: int = 0
    note: str = ""
    logged: bool = True  # whether the stage's access log has a line of it


def success():
    return json.dumps({"response": {"resultStatus": "SUCCESS"}})


def refused(target):
    arn = f"arn:aws:execute-api:{target.region}:********{target.account[-4:]}:{target.api}"
    return json.dumps({"Message": f"User: anonymous is not authorized to perform: execute-api:Invoke"
                                  f" on resource: {arn}/DemoStage/GET/hello with an explicit deny in a"
                                  f" resource-based policy"}, separators=(",", ":"))


def calls(target):
    (first, second), other = target.vpc_endpoint["network_interfaces"], target.other_interface
    name = f"{target.api}.execute-api.{target.region}.amazonaws.com"
    regional = (f"{target.vpc_endpoint['id']}-{target.vpc_endpoint['dns_suffix']}"
                f".execute-api.{target.region}.vpce.amazonaws.com")
    hello = "/DemoStage/hello"
    return [
        Call("The private REST API, at the resolved address, over HTTP/2", first,
             f"https://{name}{hello}", 200, success()),
        Call("The same in the other Availability Zone, over HTTP/1.1", second,
             f"https://{name}{hello}", 200, success(), arguments=("--http1.1",)),
        Call("By the endpoint's own name, with the API's id in a header", first,
             f"https://{regional}{hello}", 200, success(),
             arguments=("-H", f"x-apigw-api-id: {target.api}")),
        Call("The same without the header: the API is unknown", first,
             f"https://{regional}{hello}", 403, '{"message":"Forbidden"}', logged=False),
        Call("Through another VPC endpoint, which the API's policy denies", other,
             f"https://{name}{hello}", 403, refused(target)),
        Call("A path that the API does not declare", first, f"https://{name}/DemoStage/goodbye", 403,
             '{"message":"Missing Authentication Token"}'),
        Call("By IP address, which the certificate does not have", first,
             f"https://{first['listen']}{hello}", exit_code=PEER_UNVERIFIED, logged=False),
        Call("By IP address, unverified: the call names no API", first, f"https://{first['listen']}{hello}", 403,
             '{"message":"Forbidden"}', arguments=("-k",), logged=False),
        Call("A source that no rule of the security group admits", first, f"https://{name}{hello}",
             arguments=("--interface", UNAUTHORISED, "--connect-timeout", str(CONNECT_SECONDS)),
             exit_code=TIMED_OUT, note="no TCP handshake", logged=False),
    ]


class AccessLog:
    """The stage's access log, from its end at the start of the demo."""

    def __init__(self, path):
        self.path = path
        self.start = path.stat().st_size if path.exists() else 0

    def lines(self):
        with contextlib.suppress(FileNotFoundError), self.path.open("rb") as file:
            file.seek(self.start)
            return [json.loads(line) for line in file.read().split(b"\n")[:-1]]
        return []

    def line_of(self, request_id):
        """Returns the line of one call; waits for it for a limited time."""
        deadline = time.monotonic() + RECORD_SECONDS
        while True:
            for line in self.lines():
                if line["requestId"] == request_id:
                    return line
            if time.monotonic() > deadline:
                return None
            time.sleep(0.01)


@dataclasses.dataclass
class Response:
    exit_code: int
    status: int
    headers: dict
    body: str
    complaint: str  # curl's message


def curl(target, call):
    """Calls like a client that has resolved the name: TCP goes to the `listen` of the resolved address."""
    listen = call.interface["listen"]
    command = ["curl", "-sS", "-i", "--max-time", str(CALL_SECONDS), "--cacert", target.authority,
               "--connect-to", f"::{listen}", *call.arguments, call.url]
    run = subprocess.run(command, capture_output=True, text=True)
    head, _, body = run.stdout.partition("\n\n")
    first, *rest = head.splitlines() or [""]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    status = int(first.split()[1]) if first else 0
    return Response(run.returncode, status, headers, body, run.stderr.strip())


def show_command(target, call):
    arguments = " ".join(f"'{a}'" if " " in a else a for a in call.arguments)
    print(f"   $ curl {'' if not arguments else arguments + ' '}--cacert {target.authority}"
          f" --connect-to ::{call.interface['listen']}")
    print(f"          {call.url}")


def show_response(response):
    if response.status:
        kind = response.headers.get("x-amzn-errortype", "")
        print(f"     {response.status} {kind}".rstrip())
        for start in range(0, len(response.body), WIDTH - 5):
            print(f"     {response.body[start:start + WIDTH - 5]}")
    else:
        print(cut(f"     {response.complaint}", WIDTH))


def faults_of(call, response, line):
    faults = []
    if response.exit_code != call.exit_code:
        faults.append(f"expected curl to end with {call.exit_code}, not {response.exit_code}")
    if (response.status, response.body) != (call.status, call.body):
        faults.append(f"expected {call.status} {call.body}" if call.status else "expected no response")
    if call.logged and line is None:
        faults.append("expected a line in the access log within a second")
    if line is not None and (line["status"], line["ip"]) != (str(call.status), CLIENT):
        faults.append(f"expected status {call.status} and ip {CLIENT} in the access log")
    return faults


def make(number, call, target, log):
    """Makes one call, shows the result, and returns whether it is as expected."""
    print(f"\n{style.bold(f'{number:2}. {call.title}')}")
    show_command(target, call)
    response = curl(target, call)
    show_response(response)
    if call.note:
        print(style.dim(f"     ({call.note})"))
    line = log.line_of(response.headers.get("x-amzn-requestid")) if call.logged else None
    if line is not None:
        shown = (f"{line['requestTime']} {line['httpMethod']} {line['resourcePath']} {line['status']}"
                 f" {line['responseLength']} bytes to {line['ip']}")
        print(style.dim(f"   log  {shown}"))
    return say_verdict(faults_of(call, response, line))


def resolve(number, target):
    """The first step of a client: the name resolves to the endpoint's addresses in the VPC."""
    print(f"\n{style.bold(f'{number:2}. The name of the API resolves to the VPC endpoint')}")
    name = f"{target.api}.execute-api.{target.region}.amazonaws.com"
    answers = [rdata_of(line) for line in answer_lines(dig(target, 0, name, "A", CLIENT))]
    served = {i["address"]: i["listen"] for i in target.vpc_endpoint["network_interfaces"]}
    for answer in answers:
        print(f"     {answer:<14} served at {served.get(answer, 'nowhere')}")
    return say_verdict([] if sorted(answers) == sorted(served) else ["expected both interfaces"])


def run(number, target):
    """Makes all calls, numbered from `number`. Returns the verdicts."""
    log = AccessLog(pathlib.Path(target.access_log))
    good = [resolve(number, target)]
    for call in calls(target):
        number += 1
        good.append(make(number, call, target, log))
    return good
