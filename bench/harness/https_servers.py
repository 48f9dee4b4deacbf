# SPDX-License-Identifier: Apache-2.0
"""The servers of the HTTPS jobs: inlet53-gateway, nginx, and nghttpx in front of nginx. One worker each."""

import socket
import ssl
import time

from . import machine
from .https_content import BODY, HANDLER, HOST
from .servers import POLL_SECONDS, START_SECONDS, CannotMeasure, Server, program

# Header fields of the gateway's response, which nginx sends too, as fixed text.
_EXTRA_FIELDS = {"x-amzn-RequestId": "5b7b3a52-64a5-4e8d-9c2f-7d0a4c1e9b36", "x-amz-apigw-id": "Zm9vYmFyYmF6cXU="}
_TRACE_ID = "Root=1-6a1b2c3d-0123456789abcdef01234567"
_CONNECTIONS = 20_000
_CLIENT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_CLIENT.check_hostname = False
_CLIENT.verify_mode = ssl.CERT_NONE
_CLIENT.minimum_version = ssl.TLSVersion.TLSv1_3


class HttpsServer(Server):
    """Answers GET of the content's path over TLS. The access log counts as its query log."""

    logs = ("text",)
    prime_seconds = 0.5  # the load begins with handshakes

    def wait_for_answer(self, server):
        deadline = time.monotonic() + START_SECONDS
        path, expected = self.content.probes[0]
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise CannotMeasure(f"ended with {server.returncode}: {self.last_words()}")
            try:
                return self.probe(path, expected)
            except OSError:
                time.sleep(POLL_SECONDS)
        raise CannotMeasure(f"no answer within {START_SECONDS} s: {self.last_words()}")

    def probe(self, path, expected):
        """Fails unless the response is 200 with this body, over TLS 1.3."""
        with connect(self.endpoint) as stream:
            self.answered_most += 1
            head, body = ask(stream, path)
            if stream.version() != "TLSv1.3" or not head.startswith("HTTP/1.1 200 ") or body != expected:
                raise CannotMeasure(f"answers {path} over {stream.version()} with {head!r} and {body!r}")
        self.answer_octets = len(head) + len(body)


def connect(endpoint):
    """Opens a connection to it, with any certificate."""
    return _CLIENT.wrap_socket(socket.create_connection(endpoint, 10), server_hostname=HOST)


def ask(stream, path):
    """Makes one GET over HTTP/1.1. Returns the response's head, with the empty line, and its body."""
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(stream)
    head, _, body = data.partition(b"\r\n\r\n")
    size = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < size:
        body += _more(stream)
    return head.decode() + "\r\n\r\n", body.decode()


def _more(stream):
    data = stream.recv(1 << 16)
    if not data:
        raise ConnectionError("the connection has ended")
    return data


class InletGateway(HttpsServer):
    name = "inlet53-gateway"
    is_ours = True
    program = None  # set by run.py

    def __init__(self, folder, content, log=None, key=None, baseline=None):
        """`baseline` is the program of another build, which is measured too."""
        key = key or "inlet53-gateway" + ("-baseline" if baseline else "") + (f"+{log}" if log else "")
        super().__init__(folder, content, log, key)
        self.baseline = baseline

    @property
    def label(self):
        return "inlet53-gateway, baseline" if self.baseline else "inlet53-gateway"

    def prepare(self):
        code = self.folder / "code"
        code.mkdir()
        (code / "app.py").write_text(HANDLER)
        certificate = f'certificate = "{self.content.certificate}"\nkey = "{self.content.key}"'
        log = f'access_log = {{ file = "{self.log_path}", format = "clf" }}' if self.log else ""
        text = self.content.config("%s:%d" % self.endpoint, certificate, log)
        return [self.baseline or self.program, "--config", self.write("inlet53.toml", text)]


class LambdaGateway(InletGateway):
    """Counts its own CPU time only; the report has that of the function's process separately."""

    def cpu_ns(self):
        return machine.process_ns(self.pids[0])


class Nginx(HttpsServer):
    """Its error log is its output; it writes only below its directory."""

    name = package = "nginx"
    secure = True  # False: plain HTTP/1.1, behind a proxy

    def prepare(self):
        return [program("nginx"), "-p", self.folder, "-c", self.write_config(self.endpoint, self.secure, self.log)]

    def write_config(self, endpoint, secure, log):
        fields = _EXTRA_FIELDS | {"X-Amzn-Trace-Id": self.trace_id()}
        tls = f"""ssl_certificate {self.content.certificate};
    ssl_certificate_key {self.content.key};
    ssl_protocols TLSv1.3;""" if secure else ""
        return self.write("nginx.conf", f"""daemon off;
worker_processes 1;
worker_rlimit_nofile {_CONNECTIONS};
pid nginx.pid;
error_log stderr;
events {{ worker_connections {_CONNECTIONS}; }}
http {{
  default_type application/json;
  access_log {f"{self.log_path} combined buffer=64k flush=200ms" if log else "off"};
  server_tokens off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {{
    listen {endpoint[0]}:{endpoint[1]} {"ssl http2" if secure else ""} backlog=1024;
    server_name {HOST};
    {tls}
    location {self.content.probes[0][0]} {{
      {" ".join(f"add_header {name} {value};" for name, value in fields.items())}
      return 200 '{BODY}';
    }}
  }}
}}
""")

    @staticmethod
    def trace_id():
        """Returns a trace id that is shorter by nginx's additional fields, so that the responses have equal length."""
        return _TRACE_ID[:len(_TRACE_ID) - len("Server: nginx\r\n")]


class Nghttpx(Nginx):
    """A proxy only: nginx on the same processor generates the responses, and counts with it."""

    name = "nghttpx before nginx"
    package = "nghttp2-proxy"

    def __init__(self, folder, content, log=None, key=None):
        super().__init__(folder, content, log, key or "nghttpx" + (f"+{log}" if log else ""))

    def prepare(self):
        backend = (self.address, machine.free_port(self.address))
        config = self.write_config(backend, secure=False, log=False)
        self.spawn("backend", [program("nginx"), "-p", self.folder, "-c", config])
        log = [f"--accesslog-file={self.log_path}"] if self.log else []
        return [program("nghttpx"), "--conf=/dev/null", "--workers=1", "--frontend=%s,%d" % self.endpoint,
                "--backend=%s,%d" % backend, "--backend-connections-per-host=100", "--no-ocsp", "--no-via",
                "--no-server-rewrite", "--tls-min-proto-version=TLSv1.3", "--errorlog-file=/dev/stderr", *log,
                self.content.key, self.content.certificate]


PEERS = {"nginx": Nginx, "nghttpx": Nghttpx}
