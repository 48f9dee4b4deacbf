# SPDX-License-Identifier: Apache-2.0
"""The content of the HTTPS jobs: a private REST API with one method, and the certificate of all servers."""

import json
import subprocess

from .servers import CannotMeasure

API_ID = "dligg9dxuk"
HOST = f"{API_ID}.execute-api.eu-west-1.amazonaws.com"
ENDPOINT_ID = "vpce-0ac4147ba9386c9f7"
STAGE = "DemoStage"
PATH = f"/{STAGE}/hello"
BODY = '{"response": {"resultStatus": "SUCCESS"}}'
# The demo's policy: it refuses calls through another endpoint, so each call evaluates a condition.
POLICY = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
     "Resource": "execute-api:/%(stage)s/GET/hello"},
    {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke",
     "Resource": "execute-api:/%(stage)s/GET/hello",
     "Condition": {"StringNotEquals": {"aws:SourceVpce": "%(endpoint)s"}}}
  ]
}""" % {"stage": STAGE, "endpoint": ENDPOINT_ID}
_CONFIG = """region = "eu-west-1"
account_id = "123456789012"

[vpc.benchmark]
cidr_blocks = ["10.0.0.0/16"]

[subnet.private-a]
vpc = "benchmark"
availability_zone = "eu-west-1a"
cidr_block = "10.0.0.0/17"

[security_group.loopback]
vpc = "benchmark"
ingress = [{{ protocol = "tcp", port = 443, cidr = "127.0.0.0/8" }}]

[vpc_endpoint.execute-api]
id = "{endpoint}"
service_name = "com.amazonaws.eu-west-1.execute-api"
private_dns = "enabled"
security_groups = ["loopback"]

[[vpc_endpoint.execute-api.network_interface]]
subnet = "private-a"
address = "10.0.12.179"
listen = "{listen}"

[rest_api.hello]
id = "{api}"
vpc_endpoints = ["execute-api"]
policy = '''{policy}'''

[rest_api.hello.stage.{stage}]
{log}

[rest_api.hello.resource."/hello".GET]
{integration}

[gateway]
{certificate}
idle_timeout = "1 h"
throttling_rate_limit = 1000000
throttling_burst_limit = 1000000

[lambda]
log_folder = "lambda"
"""
_MOCK = """integration = {{ type = "MOCK", responses = [{{ status_code = 200, template = '{body}' }}] }}"""
_FUNCTION = """integration = { type = "AWS_PROXY", function = "hello" }

[function.hello]
runtime = "python3.11"
handler = "app.handler"
code = "code"
reserved_concurrency = 1
"""
HANDLER = f"""def handler(event, context):
    return {{"statusCode": 200, "body": {BODY!r}}}
"""


class HelloApi:
    """GET /DemoStage/hello, with a mock integration or a function."""

    policy = POLICY

    def __init__(self, folder, tool, function=False):
        self.folder = folder / "https"
        self.folder.mkdir(exist_ok=True)
        self.function = function
        self.url = f"https://{HOST}{PATH}"
        self.probes = [(PATH, BODY)]
        # Creates the certificate as users do.
        config = self.folder / "authority.toml"
        config.write_text(self.config("127.0.0.1:443", f'authority = "{self.folder}/authority"'))
        (self.folder / "code").mkdir(exist_ok=True)
        made = subprocess.run([tool, "ca", "--config", config, "-o", "json"], capture_output=True, text=True)
        if made.returncode != 0:
            raise CannotMeasure(f"{tool} ca: {made.stderr.strip()}")
        self.certificate = json.loads(made.stdout)["server_certificate"]["file"]
        self.key = self.certificate  # in one file, after the certificate

    def config(self, listen, certificate, log=""):
        """Returns the gateway's configuration. `certificate` and `log` are lines of [gateway] and of the stage."""
        integration = _FUNCTION if self.function else _MOCK.format(body=BODY)
        return _CONFIG.format(listen=listen, certificate=certificate, log=log, api=API_ID, stage=STAGE,
                              endpoint=ENDPOINT_ID, policy=self.policy, integration=integration)
