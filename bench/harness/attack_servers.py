# SPDX-License-Identifier: Apache-2.0
"""The servers of the job `attacks`, inlet53-gateway and nginx, and their contents."""

import copy
import os
import pwd

from . import machine
from .https_content import BODY, HOST, STAGE, HelloApi
from .https_servers import InletGateway, Nginx
from .inlet import RELOADED
from .servers import CannotMeasure

BIG_SIZE = 6_000_000
DENIED_HOST = HOST.replace(HOST.partition(".")[0], "denied1234")
MANY_APIS, MANY_ROUTES = 1_000, 50
SLOW_WRITE_MS = 100
OPEN_POLICY = """{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]}"""
DENY_POLICY = OPEN_POLICY.replace("Allow", "Deny")
# The targets of calls: (host, path).
TARGETS = {"hello": (HOST, f"/{STAGE}/hello"), "upload": (HOST, f"/{STAGE}/upload"),
           "denied": (DENIED_HOST, f"/{STAGE}/denied"), "big": (HOST, f"/{STAGE}/big"),
           "function": (HOST, f"/{STAGE}/function"), "hang": (HOST, f"/{STAGE}/hang")}
_MOCK = """{ type = "MOCK", responses = [{ status_code = 200, template = '{}' }] }"""
_MORE = """
[rest_api.hello.resource."/upload".POST]
integration = {mock}

[rest_api.hello.resource."/big".GET]
integration = {{ type = "HTTP_PROXY", uri = "{backend}" }}

[rest_api.hello.resource."/function".GET]
integration = {{ type = "AWS_PROXY", function = "quick" }}

[rest_api.hello.resource."/hang".GET]
integration = {{ type = "AWS_PROXY", function = "hang" }}

[function.quick]
runtime = "python3.11"
handler = "app.quick"
code = "attacked"
timeout = "10 s"

[function.hang]
runtime = "python3.11"
handler = "app.hang"
code = "attacked"
timeout = "60 s"

[rest_api.denied]
id = "{denied}"
vpc_endpoints = ["execute-api"]
policy = '''{deny}'''

[rest_api.denied.stage.{stage}]

[rest_api.denied.resource."/denied".POST]
integration = {mock}
"""
_HANDLERS = f"""import time


def quick(event, context):
    return {{"statusCode": 200, "body": {BODY!r}}}


def hang(event, context):
    time.sleep(60)
    return {{"statusCode": 200, "body": "late"}}
"""


class AttackApi(HelloApi):
    """The API of the other HTTPS jobs, with methods for each attack; `backend` is the source of the 6 MB."""

    policy = OPEN_POLICY

    many = False  # with 1,000 other APIs

    def __init__(self, folder, tool, backend):
        self.backend = backend
        (folder / "https/attacked").mkdir(parents=True)
        super().__init__(folder, tool)

    def with_many(self):
        """Returns this content with 1,000 other APIs."""
        other = copy.copy(self)
        other.many = True
        return other

    def config(self, listen, certificate, log=""):
        text = super().config(listen, certificate, log)
        text += _MORE.format(mock=_MOCK, backend=self.backend, denied=DENIED_HOST.partition(".")[0], deny=DENY_POLICY,
                             stage=STAGE)
        return text + (many_apis() if self.many else "")


def many_apis():
    """Returns the TOML of 1,000 APIs with 50 routes each, beside the measured one."""
    parts = []
    for i in range(MANY_APIS):
        parts.append(f'[rest_api.many-{i}]\nid = "many{i:06d}"\nvpc_endpoints = ["execute-api"]\n'
                     f"policy = '''{OPEN_POLICY}'''\n[rest_api.many-{i}.stage.{STAGE}]\n")
        parts += [f'[rest_api.many-{i}.resource."/route-{j}".GET]\nintegration = {_MOCK}\n' for j in range(MANY_ROUTES)]
    return "\n" + "".join(parts)


class Slowed:
    """With `slow`, the directory of its logs is on a slow disk: the preloaded `slow_disk.so` delays each write by
    100 ms while the file `switch` exists."""

    slow_disk = None  # the path of slow_disk.so in the build directory; run.py sets it
    slow = False

    def prepare(self):
        if self.slow:
            if not self.slow_disk.exists():
                raise CannotMeasure(f"{self.slow_disk} is missing: build with -Dbench=true")
            self.environment = {**os.environ, "LD_PRELOAD": str(self.slow_disk), "SLOW_DISK_FILE": str(self.log_path),
                                "SLOW_DISK_SWITCH": str(self.switch), "SLOW_DISK_MS": str(SLOW_WRITE_MS)}
        return super().prepare()

    @property
    def switch(self):
        return self.folder / "slow"


class AttackedGateway(Slowed, InletGateway):
    reload_marker = RELOADED

    def prepare(self):
        folder = self.folder / "attacked"
        folder.mkdir()
        (folder / "app.py").write_text(_HANDLERS)
        return super().prepare()

    def memory_pids(self):
        """Returns the processes without those of functions."""
        return self.pids[:1]


class AttackedNginx(Slowed, Nginx):
    """Its limits are the defaults, except for bodies: it accepts 10 MiB, as API Gateway does. It stores a body in a
    file before it passes it on to its second server block; 6 MB come from a file."""

    reload_marker = "start worker process "  # the beginning of a line that a new configuration causes

    def memory_pids(self):
        """Returns the master process and the workers."""
        return machine.process_tree(self.pids)

    def write_config(self, endpoint, secure, log):
        path = super().write_config(endpoint, secure, log)
        user = pwd.getpwuid(os.getuid()).pw_name
        text = path.read_text()
        locations = f"""location = {TARGETS["upload"][1]} {{ proxy_pass http://unix:{self.folder}/behind.sock; }}
    location = {TARGETS["denied"][1]} {{ deny all; }}
    location = {TARGETS["big"][1]} {{ alias {self.folder}/big; }}
    location {TARGETS["hello"][1]} """
        text = text.replace(f"location {TARGETS['hello'][1]} ", locations)
        text = text.replace("daemon off;", f"daemon off;\nuser {user};" if os.getuid() == 0 else "daemon off;")
        more = f"  server {{\n    listen unix:{self.folder}/behind.sock;\n    location / {{ return 200 '{{}}'; }}\n  }}\n"
        if self.content.many:
            more += self.many_servers(endpoint)
        text = text.replace("error_log stderr;", "error_log stderr notice;")
        text = text.replace("http {", "http {\n  client_max_body_size 10m;\n  server_names_hash_max_size 65536;\n"
                                      "  server_names_hash_bucket_size 128;", 1)
        head, _, _ = text.rpartition("}")
        (self.folder / "big").write_bytes(b"a" * BIG_SIZE)
        return self.write("nginx.conf", head + more + "}\n")

    def many_servers(self, endpoint):
        tls = f"ssl_certificate {self.content.certificate}; ssl_certificate_key {self.content.key};"
        routes = "\n".join(f"    location = /{STAGE}/route-{j} {{ return 200 '{{}}'; }}" for j in range(MANY_ROUTES))
        name = HOST.partition(".")[2]
        # nginx reads the certificate once for each server block; blocks without one inherit it.
        return "".join(f"  server {{\n    listen {endpoint[0]}:{endpoint[1]} ssl http2;\n"
                       f"    server_name many{i:06d}.{name};\n    {tls}\n{routes}\n  }}\n" for i in range(MANY_APIS))
