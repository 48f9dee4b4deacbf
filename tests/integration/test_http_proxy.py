# SPDX-License-Identifier: Apache-2.0
"""HTTP proxy integrations: the request to the backend, its response, and backends that are slow, broken or not
reachable."""

import gzip
import http.server
import json
import socket
import ssl
import subprocess
import threading

import pytest

from gateway import API_ID, CLIENT, OPEN_POLICY, UUID, Gateway, read_all, request
from support import free_endpoint, wait_until

LARGE = 3 << 20


class Backend(http.server.BaseHTTPRequestHandler):
    """Returns the request that it received; some paths misbehave."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        path = self.path.partition("?")[0]
        body = self.read_body()
        if path.startswith("/raw/"):
            self.connection.sendall(RAW[path.removeprefix("/raw/")])
            self.close_connection = True
        elif path == "/hang":
            self.server.released.wait(60)
            self.close_connection = True
        elif path == "/large":
            self.respond(200, b"x" * LARGE)
        elif path == "/chunks":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nfirst\r\n6;a=b\r\nsecond\r\n0\r\nX-Trailer: 1\r\n\r\n")
        elif path == "/fields":
            self.respond(418, b"tea", [("Content-Type", "text/tea"), ("X-A", "1"), ("X-A", "2"), ("Via", "1.1 me"),
                                       ("x-amzn-RequestId", "theirs"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        elif path == "/gzip":
            self.respond(200, gzip.compress(b"small"), [("Content-Encoding", "gzip")])
        elif path == "/none":
            self.respond(304, b"")
        else:
            told = {"method": self.command, "target": self.path, "headers": self.headers.items(),
                    "body": body.decode("latin-1"), "port": self.client_address[1]}
            self.respond(200, json.dumps(told).encode())

    def read_body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def respond(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer


RAW = {
    "garbage": b"this is no HTTP\r\n\r\n",
    "nothing": b"",
    "cut-off": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    "cut-off-head": b"HTTP/1.1 200 OK\r\nContent-",
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "both": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "huge": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc",
    "long-head": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "to-the-end": b"HTTP/1.1 200 OK\r\n\r\nuntil it closes",
    "one-zero": b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold",
    "early": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, **tls):
        super().__init__(("127.0.0.1", 0), Backend)
        self.released = threading.Event()
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(**tls)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass

    @property
    def port(self):
        return self.server_address[1]


def proxy(path, uri, timeout="29 s", more=""):
    return f"""
[rest_api.hello.resource."{path}".ANY]
integration = {{ type = "HTTP_PROXY", uri = "{uri}", timeout = "{timeout}"{more} }}
"""


@pytest.fixture(scope="module")
def backend():
    server = Server()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def untrusted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=backend", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    server = Server(certfile=folder / "cert.pem", keyfile=folder / "key.pem")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, backend, untrusted):
    base = f"http://127.0.0.1:{backend.port}"
    nobody = "http://127.0.0.1:%d" % free_endpoint("127.0.0.1")[1]
    apis = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''
[rest_api.hello.stage.v1]
variables = {{ backend = "127.0.0.1:{backend.port}" }}
execution_log = "execution.log"
""" + "".join([proxy("/all/{proxy+}", base + "/{proxy}"), proxy("/one/{a}/{b}", base + "/swapped/{b}/{a}?x=1"),
               proxy("/variable", "http://${stageVariables.backend}/variable"),
               proxy("/unknown", "http://${stageVariables.nobody}/"),
               proxy("/post", base + "/post", more=', http_method = "POST"'), proxy("/nobody", nobody),
               proxy("/noname", "http://no-such-host.invalid/"), proxy("/hang", base + "/hang", "300 ms"),
               proxy("/tls", f"https://127.0.0.1:{untrusted.port}/")])
    running = Gateway(tmp_path_factory.mktemp("gateway"), apis).start()
    yield running
    assert running.stop() == 0, running.messages()


def fields_of(told):
    return {name.lower(): value for name, value in told["headers"]}


#--- The request

def test_the_request_to_the_backend(gateway, backend):
    response = gateway.call("/v1/all/a%2Fb//c/?q=1&q=%20", "PUT", body=b"abc",
                            headers={"User-Agent": "test/1", "X-A": "1", "Accept": "text/plain", "TE": "trailers",
                                     "Content-Encoding": "identity", "Content-Type": "text/x", "Expect": "100-continue",
                                     "X-Forwarded-For": "10.9.9.9", "Authorization": "Basic YTpi"})
    assert response.status == 200
    told = response.json
    assert (told["method"], told["target"], told["body"]) == ("PUT", "/a%2Fb//c?q=1&q=%20", "abc")
    fields = fields_of(told)
    assert fields["host"] == f"127.0.0.1:{backend.port}" and fields["user-agent"] == "test/1"
    assert fields["x-a"] == "1" and fields["accept"] == "text/plain" and fields["content-type"] == "text/x"
    assert fields["x-forwarded-for"] == f"10.9.9.9, {CLIENT}" and fields["x-amzn-apigateway-api-id"] == API_ID
    assert fields["x-amzn-trace-id"].startswith("Root=1-") and fields["content-length"] == "3"
    assert not {"te", "expect", "content-encoding", "transfer-encoding"} & set(fields)


def test_missing_fields_of_a_request_are_set(gateway):
    with gateway.connect() as tls:
        tls.sendall(request("/v1/all/a", "GET", "Connection: close"))
        told = json.loads(read_all(tls).partition(b"\r\n\r\n")[2])
    fields = fields_of(told)
    assert fields["user-agent"] == f"AmazonAPIGateway_{API_ID}" and fields["accept"] == "application/json"


def test_a_client_cannot_imitate_the_gateway(gateway):
    forged = {"x-amzn-vpce-id": "vpce-forged", "x-amzn-vpc-id": "vpc-forged", "X-Amzn-Apigateway-Api-Id": "forged"}
    told = gateway.call("/v1/all/a", headers=forged).json
    assert "forged" not in json.dumps(told["headers"])


@pytest.mark.parametrize("target,method,seen", [
    ("/v1/one/1/2", "GET", "/swapped/2/1?x=1"), ("/v1/one/1/2?y=2", "GET", "/swapped/2/1?x=1&y=2"),
    ("/v1/variable", "DELETE", "/variable"), ("/v1/all/x", "PATCH", "/x"), ("/v1/all/x", "OPTIONS", "/x"),
    ("/v1/all/../x", "GET", "/../x")])
def test_the_url(gateway, target, method, seen):
    told = gateway.call(target, method).json
    assert (told["target"], told["method"]) == (seen, method)


def test_the_method_of_the_integration(gateway):
    assert gateway.call("/v1/post").json["method"] == "POST"


def test_head(gateway):
    response = gateway.call("/v1/all/a", "HEAD")
    assert response.status == 200 and response.body == b""


def test_request_bodies_are_unchanged(gateway):
    body = bytes(range(256)) * 8192
    told = gateway.call("/v1/all/a", "POST", body=body).json
    assert told["body"].encode("latin-1") == body


def test_connections_are_persistent(gateway):
    ports = {gateway.call("/v1/all/a").json["port"] for _ in range(5)}
    assert len(ports) == 1


def test_a_closed_persistent_connection_is_replaced(gateway, backend):
    for _ in range(5):
        assert gateway.call("/v1/all/raw/to-the-end").body == b"until it closes"
        assert gateway.call("/v1/all/a").status == 200


#--- The response

def test_the_response_of_the_backend(gateway):
    response = gateway.call("/v1/all/fields")
    assert (response.status, response.body) == (418, b"tea")
    assert response.headers["content-type"] == "text/tea" and "via" not in response.headers
    assert [value for name, value in response.fields if name.lower() == "x-a"] == ["1", "2"]
    assert [value for name, value in response.fields if name.lower() == "set-cookie"] == ["a=1", "b=2"]
    assert response.headers["x-amzn-remapped-x-amzn-requestid"] == "theirs"
    assert UUID.fullmatch(response.headers["x-amzn-requestid"])
    assert response.headers["x-amzn-remapped-content-length"] == "3"
    assert "x-amzn-remapped-date" in response.headers and "x-amzn-remapped-server" in response.headers
    assert response.headers["x-amzn-trace-id"].startswith("Root=1-")


@pytest.mark.parametrize("path,body", [("chunks", b"firstsecond"), ("large", b"x" * LARGE), ("raw/one-zero", b"old"),
                                       ("raw/early", b"ok"), ("raw/to-the-end", b"until it closes")])
def test_response_bodies_are_unchanged(gateway, path, body):
    assert gateway.call(f"/v1/all/{path}").body == body


def test_a_status_without_a_body(gateway):
    response = gateway.call("/v1/all/none")
    assert (response.status, response.body) == (304, b"")


#--- Failures

@pytest.mark.parametrize("target,status,message", [
    ("/v1/nobody", 504, "Network error communicating with endpoint"),
    ("/v1/noname", 504, "Network error communicating with endpoint"),
    ("/v1/tls", 504, "Network error communicating with endpoint"),
    ("/v1/hang", 504, "Endpoint request timed out"), ("/v1/unknown", 500, "Internal server error"),
    ("/v1/all/raw/garbage", 500, "Internal server error"), ("/v1/all/raw/two-lengths", 500, "Internal server error"),
    ("/v1/all/raw/both", 500, "Internal server error"), ("/v1/all/raw/huge", 500, "Internal server error"),
    ("/v1/all/raw/long-head", 500, "Internal server error"),
    ("/v1/all/raw/nothing", 504, "Network error communicating with endpoint"),
    ("/v1/all/raw/cut-off", 504, "Network error communicating with endpoint"),
    ("/v1/all/raw/cut-off-head", 504, "Network error communicating with endpoint")])
def test_a_backend_that_fails(gateway, target, status, message):
    response = gateway.call(target)
    assert (response.status, response.text) == (status, '{"message": "%s"}' % message)
    assert response.headers["x-amzn-errortype"] == "InternalServerErrorException"
    request_id = response.headers["x-amzn-requestid"]
    assert gateway.wait_line("execution.log", f"({request_id}) Execution failed")
    assert gateway.call("/v1/all/a").status == 200


def test_others_are_answered_while_a_backend_hangs(gateway, backend):
    with gateway.connect() as hanging:
        hanging.sendall(request("/v1/all/hang"))
        for _ in range(5):
            assert gateway.call("/v1/all/a").status == 200


def test_a_backend_that_never_answers(gateway):
    """The kernel completes the handshake; nothing is sent after it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = "127.0.0.1:%d" % silent.getsockname()[1]
        gateway.write_config(apis=gateway.values["apis"] + proxy("/silent", f"http://{address}/", "200 ms"))
        gateway.reload()
        response = gateway.call("/v1/silent")
        assert (response.status, response.json["message"]) == (504, "Endpoint request timed out")
    wait_until(lambda: gateway.call("/v1/silent").json["message"] == "Network error communicating with endpoint",
               "the refusal")
