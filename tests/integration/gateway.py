# SPDX-License-Identifier: Apache-2.0
"""Shared parts of the tests of the HTTPS gateway: a running inlet53-gateway and clients for it."""

import dataclasses
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
from pathlib import Path

from support import BUILD, DEADLINE, free_endpoint, wait_until

REGION = "eu-west-1"
API_ID = "dligg9dxuk"
VPCE = "vpce-0ac4147ba9386c9f7"
OTHER_VPCE = "vpce-0f1e2d3c4b5a69788"
VPC = "vpc-0c00ca6aa29c8472f"
SERVICE = f"execute-api.{REGION}.amazonaws.com"
API_NAME = f"{API_ID}.{SERVICE}"
REGIONAL_NAME = f"{VPCE}-p7k2m9qx.execute-api.{REGION}.vpce.amazonaws.com"
ZONAL_NAME = f"{VPCE}-p7k2m9qx-{REGION}a.execute-api.{REGION}.vpce.amazonaws.com"
CLIENT = "127.0.0.1"
UNAUTHORISED = "127.9.9.9"

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NETWORK = """
region = "eu-west-1"
account_id = "123456789012"

[vpc.demo]
id = "vpc-0c00ca6aa29c8472f"
cidr_blocks = ["10.0.0.0/16"]

[subnet.private-a]
vpc = "demo"
availability_zone = "eu-west-1a"
cidr_block = "10.0.0.0/17"

[subnet.private-b]
vpc = "demo"
availability_zone = "eu-west-1b"
cidr_block = "10.0.128.0/17"

[security_group.vpc-endpoint]
vpc = "demo"
ingress = [{{ protocol = "tcp", port = 443, cidr = "127.0.0.0/16" }}]

[vpc_endpoint.execute-api]
id = "vpce-0ac4147ba9386c9f7"
service_name = "com.amazonaws.eu-west-1.execute-api"
dns_suffix = "p7k2m9qx"
private_dns = "enabled"
security_groups = ["vpc-endpoint"]
{endpoint}

[[vpc_endpoint.execute-api.network_interface]]
subnet = "private-a"
address = "10.0.12.179"
listen = "{listen_a}"

[[vpc_endpoint.execute-api.network_interface]]
subnet = "private-b"
address = "10.0.140.226"
listen = "{listen_b}"

[vpc_endpoint.other]
id = "vpce-0f1e2d3c4b5a69788"
service_name = "com.amazonaws.eu-west-1.execute-api"
private_dns = "disabled"
security_groups = ["vpc-endpoint"]
{other_endpoint}

[[vpc_endpoint.other.network_interface]]
subnet = "private-a"
address = "10.0.12.200"
listen = "{listen_other}"

{apis}

[gateway]
authority = "{authority}"
statistics_interval = 0
{gateway}

[lambda]
log_folder = "."
{functions}
"""

OPEN_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]})


def mock(path, method="GET", body="", status=200, headers=""):
    """Returns the TOML of a method of [rest_api.hello] with a mock integration."""
    head = f"headers = {{ {headers} }}\n" if headers else ""
    table = f'rest_api.hello.resource."{path}".{method}.integration'
    return f"""
[{table}]
type = "MOCK"
request_template = '{{"statusCode": {status}}}'
[[{table}.responses]]
status_code = {status}
{head}template = '''{body}'''
"""


@dataclasses.dataclass
class Response:
    """A response. `fields` are in order; `headers` has the last value of each name in lower case."""
    status: int
    fields: list
    body: bytes
    exit_code: int = 0  # curl's
    complaint: str = ""
    version: str = ""

    @property
    def headers(self):
        return {name.lower(): value for name, value in self.fields}

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Gateway:
    """One inlet53-gateway at three addresses on loopback: two of the VPC endpoint that the API's
    names resolve to, and one of another endpoint. Its files are in `folder`."""

    def __init__(self, folder, apis="", **values):
        self.folder = Path(folder)
        self.endpoints = [free_endpoint(), free_endpoint(), free_endpoint()]
        self.config_file = self.folder / "inlet53.toml"
        self.operator_log = self.folder / "operator.log"
        self.ca = self.folder / "authority/ca.pem"
        self.process = None
        listens = ["%s:%d" % endpoint for endpoint in self.endpoints]
        self.values = {"listen_a": listens[0], "listen_b": listens[1], "listen_other": listens[2],
                       "apis": apis, "endpoint": "", "other_endpoint": "", "gateway": "", "functions": "",
                       "authority": "authority",
                       **values}
        self.write_config()

    #--- The daemon

    def write_config(self, **changes):
        self.values.update(changes)
        self.config_file.write_text(NETWORK.format(**self.values))

    def launch(self, prefix=()):
        """Starts the daemon, with a command that executes it as `prefix`; does not wait for it."""
        # Meson sets a variable that makes malloc fill memory, which would make reserved memory resident.
        environment = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}
        with open(self.operator_log, "ab") as log:
            self.process = subprocess.Popen([*prefix, BUILD / "inlet53-gateway", "--config", self.config_file],
                                            stderr=log, stdout=log, env=environment)

    def start(self, prefix=()):
        self.launch(prefix)
        self.wait_message("serving", 3)
        return self

    def messages(self):
        return self.operator_log.read_text()

    def wait_message(self, words, count=1):
        def seen():
            assert self.process.poll() is None or self.messages().count(words) >= count, self.messages()
            return self.messages().count(words) >= count
        wait_until(seen, f"{words!r} in the operator log")

    def reload(self, refused=False):
        words = "reload refused" if refused else "reloaded "
        before = self.messages().count(words)
        self.process.send_signal(signal.SIGHUP)
        self.wait_message(words, before + 1)

    def stop(self):
        """Sends TERM and returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)

    def is_running(self):
        return self.process.poll() is None

    def memory(self):
        """Returns the resident memory in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def statistics(self):
        """Returns the counters of the last line of statistics, after the end."""
        line = [line for line in self.messages().splitlines() if "statistics: " in line][-1]
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}

    #--- Logs

    def lines(self, name):
        """Returns the complete lines of a file in the gateway's directory."""
        file = self.folder / name
        return file.read_text().split("\n")[:-1] if file.exists() else []

    def wait_line(self, name, words):
        """Waits for the first line of a file that contains these words, and returns it."""
        def found():
            return next((line for line in self.lines(name) if words in line), None)
        return wait_until(found, f"{words!r} in {name}")

    #--- Clients

    def tls(self, *, alpn=("http/1.1",), verify=True, version=None):
        context = ssl.create_default_context(cafile=str(self.ca))
        context.check_hostname = verify
        context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    def connect_tcp(self, index=0, source=CLIENT):
        return socket.create_connection(self.endpoints[index], timeout=DEADLINE, source_address=(source, 0))

    def connect(self, index=0, *, name=API_NAME, source=CLIENT, context=None, session=None, **tls):
        """Opens a TLS connection."""
        context = context or self.tls(**tls)
        tcp = self.connect_tcp(index, source)
        try:
            return context.wrap_socket(tcp, server_hostname=name, session=session)
        except BaseException:
            tcp.close()
            raise

    def open_http(self, index=0, *, name=API_NAME, source=CLIENT):
        """Returns an http.client connection for many calls. It verifies the certificate for `name`."""
        connection = http.client.HTTPSConnection(name, timeout=DEADLINE)
        connection.sock = self.connect(index, name=name, source=source)
        connection.auto_open = 0
        return connection

    def call(self, target, method="GET", *, index=0, name=API_NAME, headers=None, body=None, source=CLIENT,
             connection=None):
        """Makes one call over HTTP/1.1."""
        own = connection or self.open_http(index, name=name, source=source)
        try:
            own.request(method, target, body=body, headers={"Host": name, **(headers or {})})
            response = own.getresponse()
            return Response(response.status, response.getheaders(), response.read())
        finally:
            if connection is None:
                own.close()

    def exchange(self, payload, *, index=0, end_stream=False):
        """Sends bytes over TLS; returns everything that arrives until the gateway closes the connection."""
        with self.connect(index) as tls:
            tls.sendall(payload)
            if end_stream:
                tls.unwrap()
            return read_all(tls)

    def curl(self, url, *arguments, index=0, source=CLIENT):
        """Runs curl with the local authority; a target without scheme and host is one of the API."""
        if not url.startswith("https:"):
            url = f"https://{API_NAME}{url}"
        head, body = self.folder / "curl.head", self.folder / "curl.body"
        for file in (head, body):
            file.unlink(missing_ok=True)
        run = subprocess.run(
            ["curl", "-sS", "--path-as-is", "-o", body, "-D", head, "-w", "%{http_version}", "--max-time",
             str(DEADLINE), "--interface", source, "--cacert", self.ca, "--connect-to",
             "::%s:%d" % self.endpoints[index], *map(str, arguments), url],
            text=True, capture_output=True, timeout=2 * DEADLINE)
        # After 100 Continue there are several heads; the last one counts.
        heads = [text for text in head.read_text().split("\n\n") if text] if head.exists() else []
        lines = heads[-1].splitlines() if heads else [""]
        fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        status = int(lines[0].split()[1]) if lines[0] else 0
        return Response(status, fields, body.read_bytes() if body.exists() else b"", run.returncode,
                        run.stderr, run.stdout)

    def run_client(self, *command, **options):
        """Runs a client program and returns its output as text."""
        return subprocess.run(list(map(str, command)), text=True, capture_output=True, timeout=2 * DEADLINE,
                              env={**os.environ, "NODE_EXTRA_CA_CERTS": str(self.ca)}, **options)


def read_all(tls):
    """Returns everything that arrives until the peer ends the connection in any way."""
    data = b""
    while True:
        try:
            piece = tls.recv(65536)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError):
            piece = b""
        if not piece:
            return data
        data += piece


def read_response(tls, is_head=False):
    """Reads one HTTP/1.1 response with a Content-Length, and no byte of the next; returns head and body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = tls.recv(1)
        assert piece, f"the connection ended within {head!r}"
        head += piece
    found = re.search(rb"\r\ncontent-length: (\d+)\r\n", head, re.IGNORECASE)
    left = int(found.group(1)) if found and not is_head else 0
    body = b""
    while len(body) < left:
        piece = tls.recv(left - len(body))
        assert piece, "the connection ended within a body"
        body += piece
    return head, body


def status_of(head):
    return int(head.split(b" ", 2)[1])


def request(target="/v1/hello", method="GET", *fields, host=API_NAME, body=b""):
    """Returns the bytes of an HTTP/1.1 request."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body
