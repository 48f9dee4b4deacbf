# SPDX-License-Identifier: Apache-2.0
"""HTTPS for its clients: TLS, certificates, HTTP/1.1 including all errors of clients."""

import hashlib
import json
import socket
import ssl
import stat
import subprocess

import pytest

from gateway import (API_ID, API_NAME, OPEN_POLICY, REGIONAL_NAME, SERVICE, VPCE, ZONAL_NAME, Gateway, mock,
                     read_all, read_response, request, status_of)
from support import wait_until

HELLO = b'{"greeting":"hello"}'
MAX_BODY = 10485760
TOO_LARGE = b"HTTP content length exceeded 10485760 bytes."

APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''

[rest_api.hello.stage.v1]
access_log = {{ file = "access.log", format = "$context.requestId $context.httpMethod $context.status" }}
{mock("/hello", body=HELLO.decode())}
{mock("/hello", "HEAD", body=HELLO.decode())}
{mock("/hello", "POST", body=HELLO.decode())}
{mock("/empty", status=204)}

[rest_api.hello.resource."/digest".ANY]
integration = {{ type = "AWS_PROXY", function = "digest" }}

[function.digest]
runtime = "python3.11"
handler = "app.handler"
code = "digest"
timeout = "30 s"
"""

DIGEST = """
import base64, hashlib, json

def handler(event, context):
    body = (event["body"] or "").encode()
    return {"body": json.dumps({"size": len(body), "sha256": hashlib.sha256(body).hexdigest(),
                                "headers": event["headers"]})}
"""


def write_function(folder, name, source, file="app.py"):
    (folder / name).mkdir(exist_ok=True)
    (folder / name / file).write_text(source)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    write_function(folder, "digest", DIGEST)
    running = Gateway(folder, APIS).start()
    yield running
    assert running.stop() == 0, running.messages()


@pytest.fixture
def own_gateway(tmp_path):
    """A gateway for one test that changes it; not started."""
    write_function(tmp_path, "digest", DIGEST)
    running = Gateway(tmp_path, APIS)
    yield running
    if running.process and running.is_running():
        assert running.stop() == 0, running.messages()


#--- TLS

@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda v: v.name)
def test_supported_tls_versions(gateway, version):
    with gateway.connect(version=version) as tls:
        assert tls.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
        tls.sendall(request())
        head, body = read_response(tls)
        assert status_of(head) == 200 and body == HELLO


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_tls_versions_are_refused(gateway, version):
    run = s_client(gateway, version, "-cipher", "DEFAULT@SECLEVEL=0")
    assert "alert protocol version" in run.stdout + run.stderr
    assert "Cipher is (NONE)" in run.stdout


@pytest.mark.parametrize("offered,selected", [(["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"),
                                              (["http/1.1"], "http/1.1"), ([], None)])
def test_alpn(gateway, offered, selected):
    with gateway.connect(alpn=offered) as tls:
        assert tls.selected_alpn_protocol() == selected


def test_http2_can_be_switched_off_by_a_reload(own_gateway):
    own_gateway.start()
    with own_gateway.connect(alpn=["h2", "http/1.1"]) as tls:
        assert tls.selected_alpn_protocol() == "h2"
    own_gateway.write_config(gateway="http2 = false")
    own_gateway.reload()
    with own_gateway.connect(alpn=["h2", "http/1.1"]) as tls:
        assert tls.selected_alpn_protocol() == "http/1.1"
    with pytest.raises(ssl.SSLError, match="NO_APPLICATION_PROTOCOL|no application protocol"):
        own_gateway.connect(alpn=["h2"])


def test_alpn_of_another_protocol_is_refused(gateway):
    with pytest.raises(ssl.SSLError, match="NO_APPLICATION_PROTOCOL|no application protocol"):
        gateway.connect(alpn=["smtp"])


def test_without_alpn_the_protocol_is_http_1(gateway):
    with gateway.connect(alpn=[]) as tls:
        tls.sendall(request())
        assert read_response(tls)[1] == HELLO


def s_client(gateway, *arguments, text=""):
    return subprocess.run(["openssl", "s_client", "-connect", "%s:%d" % gateway.endpoints[0], "-servername",
                           API_NAME, "-CAfile", gateway.ca, *arguments], input=text, text=True,
                          capture_output=True, timeout=60)


@pytest.mark.parametrize("kind", ["ECDSA", "RSA"])
def test_a_client_may_require_a_kind_of_certificate(gateway, kind):
    cipher = f"ECDHE-{kind}-AES128-GCM-SHA256"
    run = s_client(gateway, "-tls1_2", "-cipher", cipher, "-verify_return_error")
    assert f"Cipher is {cipher}" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_sessions_are_resumed(gateway, tmp_path, version):
    session = tmp_path / "session.pem"
    last = request("/v1/hello", "GET", "Connection: close").decode()
    first = s_client(gateway, version, "-ign_eof", "-sess_out", session, text=last)
    assert "\nNew, TLSv1." in first.stdout and HELLO.decode() in first.stdout
    again = s_client(gateway, version, "-ign_eof", "-sess_in", session, text=last)
    assert "\nReused, TLSv1." in again.stdout and HELLO.decode() in again.stdout
    assert "Verify return code: 0 (ok)" in again.stdout


def test_garbage_instead_of_tls_does_not_crash_the_gateway(gateway):
    for payload in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 70000, b"\x80\x2e\x01\x00\x02",
                   b"\x16\x03\x01\x00\x00" * 1000):
        with gateway.connect_tcp() as tcp:
            tcp.sendall(payload)
            tcp.shutdown(socket.SHUT_WR)
            try:
                while tcp.recv(4096):
                    pass
            except ConnectionResetError:
                pass
    assert gateway.call("/v1/hello").status == 200


#--- Certificates

@pytest.mark.parametrize("name", [API_NAME, f"{API_ID}-{VPCE}.{SERVICE}", REGIONAL_NAME, ZONAL_NAME])
def test_the_certificate_has_the_names_of_the_service(gateway, name):
    gateway.connect(name=name).close()


@pytest.mark.parametrize("name", ["api.corp.internal", f"a.{API_NAME}", SERVICE,
                                  "x.execute-api.us-east-1.amazonaws.com"])
def test_the_certificate_has_no_other_name(gateway, name):
    with pytest.raises(ssl.SSLCertVerificationError, match="[Hh]ostname mismatch"):
        gateway.connect(name=name)


def test_a_call_by_address_fails_verification(gateway):
    url = "https://%s:%d/v1/hello" % gateway.endpoints[0]
    refused = gateway.curl(url)
    assert refused.exit_code == 60 and refused.status == 0
    unverified = gateway.curl(url, "-k")
    assert (unverified.status, unverified.text) == (403, '{"message":"Forbidden"}')
    assert unverified.headers["x-amzn-errortype"] == "ForbiddenException"
    by_id = gateway.curl(url, "-k", "-H", f"x-apigw-api-id: {API_ID}")
    assert by_id.status == 200


def test_keys_are_for_their_owner_only(gateway):
    for name in ("ca-key.pem", "gateway.pem"):
        key = gateway.folder / "authority" / name
        assert "PRIVATE KEY" in key.read_text()
        assert stat.S_IMODE(key.stat().st_mode) == 0o600, key


def make_certificate(folder, label, name):
    """Creates a self-signed certificate of a user. Returns certificate and key."""
    certificate, key = folder / f"{label}.pem", folder / f"{label}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", f"/CN={label}", "-addext", f"subjectAltName=DNS:{name}", "-keyout",
                    key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def test_a_custom_certificate_is_reloaded(own_gateway):
    gateway, folder = own_gateway, own_gateway.folder
    make_certificate(folder, "own", "api.corp.internal")
    text = gateway.config_file.read_text()
    gateway.config_file.write_text(text.replace('authority = "authority"',
                                                'certificate = "own.pem"\nkey = "own.key"'))
    gateway.start()
    assert not (folder / "authority").exists()

    def connect():
        context = ssl.create_default_context(cafile=str(folder / "own.pem"))
        return gateway.connect(name="api.corp.internal", context=context)

    with connect() as old:
        before = old.getpeercert(True)
        make_certificate(folder, "own", "api.corp.internal")
        gateway.reload()
        with connect() as new:
            assert new.getpeercert(True) != before
        # The old connection continues.
        old.sendall(request())
        assert read_response(old)[1] == HELLO
        # With an unreadable certificate, the previous one stays in use.
        good = (folder / "own.pem").read_text()
        (folder / "own.pem").write_text("no certificate\n")
        gateway.reload(refused=True)
        assert "own.pem: cannot be read as a certificate" in gateway.messages()
        (folder / "own.pem").write_text(good)
        with connect() as new:
            new.sendall(request())
            assert read_response(new)[1] == HELLO


def test_a_restart_keeps_the_authority(own_gateway):
    own_gateway.start()
    authority = own_gateway.ca.read_bytes()
    with own_gateway.connect() as tls:
        leaf = tls.getpeercert(True)
    assert own_gateway.stop() == 0
    own_gateway.operator_log.unlink()
    own_gateway.start()
    assert own_gateway.ca.read_bytes() == authority
    with own_gateway.connect() as tls:
        assert tls.getpeercert(True) == leaf


#--- Clients

@pytest.mark.parametrize("option,version", [("--http1.1", "1.1"), ("--http2", "2"), ("--http1.0", "1.1")])
def test_curl(gateway, option, version):
    response = gateway.curl("/v1/hello", option)
    assert (response.status, response.body, response.version) == (200, HELLO, version)
    assert response.headers["content-length"] == str(len(HELLO))
    assert response.headers["content-type"] == "application/json"


def test_nghttp(gateway):
    run = gateway.run_client("nghttp", "-v", "-H", f":authority: {API_NAME}",
                             "https://%s:%d/v1/hello" % gateway.endpoints[0])
    assert run.returncode == 0 and ":status: 200" in run.stdout and HELLO.decode() in run.stdout, run.stdout


NODE = """
const https = require('https');
const agent = new https.Agent({keepAlive: true, maxSockets: 1});
const [host, service, name] = process.argv.slice(1);
let seen = [];
function call(left) {
  https.get({host, port: service, agent, servername: name, path: '/v1/hello', headers: {host: name}}, (response) => {
    let body = '';
    const port = response.socket.localPort;
    response.on('data', (piece) => body += piece);
    response.on('end', () => {
      seen.push([response.statusCode, body, port]);
      if (left > 1) return call(left - 1);
      agent.destroy();
      console.log(JSON.stringify(seen));
    });
  });
}
call(3);
"""


def test_node(gateway):
    run = gateway.run_client("node", "-e", NODE, *gateway.endpoints[0], API_NAME)
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert [(status, body) for status, body, _ in seen] == [(200, HELLO.decode())] * 3
    assert len({port for _, _, port in seen}) == 1  # one connection


@pytest.mark.parametrize("arguments", [[], ["--h1"]], ids=["h2", "h1"])
def test_h2load(gateway, arguments):
    run = gateway.run_client("h2load", *arguments, "-n", 2000, "-c", 8, "-m", 16, "-H",
                             f":authority: {API_NAME}", "https://%s:%d/v1/hello" % gateway.endpoints[0])
    assert "2000 succeeded, 0 failed, 0 errored" in run.stdout, run.stdout + run.stderr
    assert "status codes: 2000 2xx" in run.stdout


#--- HTTP/1.1

def test_keep_alive(gateway):
    connection = gateway.open_http()
    for _ in range(20):
        assert gateway.call("/v1/hello", connection=connection).body == HELLO
    connection.close()


def test_the_last_request_closes_the_connection(gateway):
    answer = gateway.exchange(request("/v1/hello", "GET", "Connection: close") + request())
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 1 and b"\r\nConnection: close\r\n" in answer


def test_pipelining_keeps_the_order(gateway):
    with gateway.connect() as tls:
        # The function is slower than the mocks around it.
        tls.sendall(request() + request("/v1/digest", "POST", "Content-Length: 3", body=b"abc")
                    + request("/v1/nowhere") + request("/v1/empty") + request())
        answers = [read_response(tls) for _ in range(3)]
        assert [status_of(head) for head, _ in answers] == [200, 200, 403]
        assert json.loads(answers[1][1])["size"] == 3
        assert status_of(read_response(tls)[0]) == 204
        assert read_response(tls)[1] == HELLO


def test_head_and_204_have_no_body(gateway):
    with gateway.connect() as tls:
        tls.sendall(request("/v1/hello", "HEAD") + request("/v1/empty") + request())
        head, _ = read_response(tls, is_head=True)
        assert status_of(head) == 200 and b"Content-Length: %d\r\n" % len(HELLO) in head
        head, _ = read_response(tls)
        assert status_of(head) == 204 and b"content-length" not in head.lower()
        assert read_response(tls)[1] == HELLO


@pytest.mark.parametrize("option", ["--http1.1", "--http2"])
def test_uploads_of_unknown_length(gateway, tmp_path, option):
    body = bytes(range(32, 127)) * 20000
    file = tmp_path / "body"
    file.write_bytes(body)
    response = gateway.curl("/v1/digest", option, "-X", "POST", "-H", "Transfer-Encoding: chunked", "-T", file)
    assert response.status == 200, response
    assert response.json["sha256"] == hashlib.sha256(body).hexdigest()
    assert "transfer-encoding" not in {name.lower() for name in response.json["headers"]}


def test_chunks_in_pieces(gateway):
    payload = request("/v1/digest", "POST", "Transfer-Encoding: chunked",
                     body=b"1\r\na\r\n000A;name=\"v\"\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n") + request()
    with gateway.connect() as tls:
        for position in range(0, len(payload), 7):
            tls.sendall(payload[position:position + 7])
        assert json.loads(read_response(tls)[1])["size"] == 11
        assert read_response(tls)[1] == HELLO


def test_expect_100_continue(gateway):
    with gateway.connect() as tls:
        tls.sendall(request("/v1/digest", "POST", "Content-Length: 5", "Expect: 100-continue"))
        assert read_response(tls)[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
        tls.sendall(b"12345")
        assert json.loads(read_response(tls)[1])["size"] == 5


def test_expect_100_continue_does_not_permit_a_too_large_body(gateway):
    answer = gateway.exchange(request("/v1/hello", "POST", f"Content-Length: {MAX_BODY + 1}",
                                      "Expect: 100-continue"))
    assert status_of(answer) == 413


@pytest.mark.parametrize("option,how", [("--http1.1", "of known length"), ("--http1.1", "in chunks"),
                                        ("--http2", "in chunks")])
def test_the_largest_body(gateway, tmp_path, option, how):
    file = tmp_path / "body"
    chunked = ["-H", "Transfer-Encoding: chunked"] if how == "in chunks" else []
    arguments = [option, "-X", "POST", "-T", file, *chunked]
    file.write_bytes(b"x" * MAX_BODY)
    assert gateway.curl("/v1/hello", *arguments).status == 200
    file.write_bytes(b"x" * (MAX_BODY + 1))
    refused = gateway.curl("/v1/hello", *arguments)
    assert (refused.status, refused.body) == (413, TOO_LARGE)
    assert refused.headers["content-type"] == "text/*"
    assert "x-amzn-errortype" not in refused.headers


def test_the_largest_body_of_known_length_over_http_2(gateway, tmp_path):
    """With nghttp: curl 7.88 reports an error for a response that arrives before the end of its upload."""
    file = tmp_path / "body"
    for size, words in ((MAX_BODY, HELLO.decode()), (MAX_BODY + 1, TOO_LARGE.decode())):
        file.write_bytes(b"x" * size)
        run = gateway.run_client("nghttp", "-d", file, "-H", f":authority: {API_NAME}",
                                 "https://%s:%d/v1/hello" % gateway.endpoints[0])
        assert run.returncode == 0 and words in run.stdout, run.stdout + run.stderr


HOST = f"Host: {API_NAME}".encode()


def raw(*lines, body=b""):
    return b"\r\n".join([line if isinstance(line, bytes) else line.encode() for line in lines] + [b"", b""]) + body


# Ambiguous requests and requests over a limit: bytes, status.
REFUSED = {
    "both lengths": (raw("POST /v1/hello HTTP/1.1", HOST, "Content-Length: 5", "Transfer-Encoding: chunked",
                         body=b"0\r\n\r\nGET /v1/hello HTTP/1.1\r\n"), 400),
    "two lengths": (raw("POST /v1/hello HTTP/1.1", HOST, "Content-Length: 5", "Content-Length: 6",
                        body=b"123456"), 400),
    "the same length twice": (raw("POST /v1/hello HTTP/1.1", HOST, "Content-Length: 5", "Content-Length: 5",
                                  body=b"12345"), 400),
    "a list of lengths": (raw("POST /v1/hello HTTP/1.1", HOST, "Content-Length: 5, 5", body=b"12345"), 400),
    "a signed length": (raw("POST /v1/hello HTTP/1.1", HOST, "Content-Length: +5", body=b"12345"), 400),
    "a hexadecimal length": (raw("POST /v1/hello HTTP/1.1", HOST, "Content-Length: 0x5", body=b"12345"), 400),
    "an endless length": (raw("POST /v1/hello HTTP/1.1", HOST, "Content-Length: " + "9" * 40), 400),
    "a length that is too much": (raw("POST /v1/hello HTTP/1.1", HOST, "Content-Length: 99999999999"), 413),
    "another transfer coding": (raw("POST /v1/hello HTTP/1.1", HOST, "Transfer-Encoding: gzip, chunked"), 501),
    "chunked that is none": (raw("POST /v1/hello HTTP/1.1", HOST, "Transfer-Encoding: xchunked"), 501),
    "chunked twice": (raw("POST /v1/hello HTTP/1.1", HOST, "Transfer-Encoding: chunked",
                          "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
    "chunks over HTTP/1.0": (raw("POST /v1/hello HTTP/1.0", HOST, "Transfer-Encoding: chunked",
                                 body=b"0\r\n\r\n"), 400),
    "a space before a colon": (raw("POST /v1/hello HTTP/1.1", HOST, "Content-Length : 5", body=b"12345"), 400),
    "a folded line": (raw("GET /v1/hello HTTP/1.1", HOST, "X-A: 1", " Transfer-Encoding: chunked"), 400),
    "a tab-folded line": (raw("GET /v1/hello HTTP/1.1", HOST, "X-A: 1", "\tb"), 400),
    "a first field that is folded": (raw("GET /v1/hello HTTP/1.1", " X-A: 1", HOST), 400),
    "a bare LF": (b"GET /v1/hello HTTP/1.1\n" + HOST + b"\n\n", 400),
    "a bare LF between fields": (b"GET /v1/hello HTTP/1.1\r\n" + HOST + b"\nX-A: 1\r\n\r\n", 400),
    "a bare CR": (b"GET /v1/hello HTTP/1.1\r\n" + HOST + b"\r\nX-A: 1\rX-B: 2\r\n\r\n", 400),
    "a NUL": (raw("GET /v1/hello HTTP/1.1", HOST, b"X-A: 1\x002"), 400),
    "no colon": (raw("GET /v1/hello HTTP/1.1", HOST, "X-A"), 400),
    "no name": (raw("GET /v1/hello HTTP/1.1", HOST, ": 1"), 400),
    "a name with a space": (raw("GET /v1/hello HTTP/1.1", HOST, "X A: 1"), 400),
    "a chunk's size that is none": (raw("POST /v1/hello HTTP/1.1", HOST, "Transfer-Encoding: chunked",
                                        body=b"x\r\n"), 400),
    "a chunk's size of 17 digits": (raw("POST /v1/hello HTTP/1.1", HOST, "Transfer-Encoding: chunked",
                                        body=b"10000000000000001\r\n"), 400),
    "a chunk without its end": (raw("POST /v1/hello HTTP/1.1", HOST, "Transfer-Encoding: chunked",
                                    body=b"1\r\nab\r\n0\r\n\r\n"), 400),
    "a chunk's size ended by LF": (raw("POST /v1/hello HTTP/1.1", HOST, "Transfer-Encoding: chunked",
                                       body=b"1\na\r\n0\r\n\r\n"), 400),
    "no Host": (raw("GET /v1/hello HTTP/1.1"), 400),
    "two Hosts": (raw("GET /v1/hello HTTP/1.1", HOST, HOST), 400),
    "a Host that is none": (raw("GET /v1/hello HTTP/1.1", "Host: a/b"), 400),
    "HTTP/0.9": (b"GET /v1/hello\r\n\r\n", 400),
    "HTTP/2.0 in HTTP/1.1's way": (raw("GET /v1/hello HTTP/2.0", HOST), 505),
    "HTTP/1.2": (raw("GET /v1/hello HTTP/1.2", HOST), 505),
    "no HTTP": (b"\x05\x01\x00\r\n\r\n", 400),
    "two spaces": (raw("GET  /v1/hello HTTP/1.1", HOST), 400),
    "a target with a space": (raw("GET /v1/hello x HTTP/1.1", HOST), 400),
    "a target with bytes beyond ASCII": (raw(b"GET /v1/\xe9 HTTP/1.1", HOST), 400),
    "a fragment": (raw("GET /v1/hello#a HTTP/1.1", HOST), 400),
    "a method that is none": (raw("G@T /v1/hello HTTP/1.1", HOST), 400),
    "CONNECT": (raw(f"CONNECT {API_NAME}:443 HTTP/1.1", HOST), 400),
    "a target that is too long": (raw("GET /v1/" + "a" * 10240 + " HTTP/1.1", HOST), 414),
    "a request line without end": (b"GET /" + b"a" * 70000, 414),
    "values that are too long": (raw("GET /v1/hello HTTP/1.1", HOST, "X-A: " + "a" * 10240), 431),
    "too many fields": (raw("GET /v1/hello HTTP/1.1", HOST, *[f"X-{i}: 1" for i in range(200)]), 431),
    "a field without end": (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 70000, 431),
    "names that are too long": (raw("GET /v1/hello HTTP/1.1", HOST, *[f"{'X' * 400}{i}: 1" for i in range(170)]),
                                431),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_rejected_request_closes_the_connection(gateway, case):
    payload, status = REFUSED[case]
    # The gateway must never treat the rest of the data as another request.
    answer = gateway.exchange(payload + request("/v1/smuggled"))
    assert status_of(answer) == status, answer
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in answer and b"\r\nx-amzn-RequestId: " in answer


@pytest.mark.parametrize("case,payload", [
    ("an absolute target", raw(f"GET https://{API_NAME}/v1/hello HTTP/1.1", "Host: elsewhere.invalid")),
    ("HTTP/1.0", raw("GET /v1/hello HTTP/1.0", HOST)),
    ("an empty line before it", b"\r\n" + request()),
    ("a Host in capitals", raw("GET /v1/hello HTTP/1.1", HOST.upper())),
    ("a Host with a port", raw("GET /v1/hello HTTP/1.1", HOST + b":8443")),
    ("obs-text in a value", raw("GET /v1/hello HTTP/1.1", HOST, b"X-A: \xe9")),
    ("a body with GET", raw("GET /v1/hello HTTP/1.1", HOST, "Content-Length: 3", body=b"abc")),
    ("no space after a colon", raw("GET /v1/hello HTTP/1.1", HOST, "X-A:1")),
    ("199 fields", raw("GET /v1/hello HTTP/1.1", HOST, *[f"X-{i}: 1" for i in range(198)])),
], ids=lambda value: value if isinstance(value, str) else "")
def test_accepted_requests(gateway, case, payload):
    with gateway.connect() as tls:
        tls.sendall(payload)
        head, body = read_response(tls)
        assert status_of(head) == 200 and body == HELLO, case


def test_a_client_may_close_its_sending_side(gateway):
    with gateway.connect() as tls:
        tls.sendall(request("/v1/digest", "POST", "Content-Length: 3", body=b"abc"))
        # Closes the sending half of TCP only: Python does not read after its own close_notify.
        with socket.socket(fileno=socket.dup(tls.fileno())) as tcp:
            tcp.shutdown(socket.SHUT_WR)
        assert status_of(read_response(tls)[0]) == 200


def test_disconnecting_during_a_body_does_not_crash_the_gateway(gateway):
    for _ in range(20):
        with gateway.connect() as tls:
            tls.sendall(request("/v1/digest", "POST", "Content-Length: 100", body=b"abc"))
    assert gateway.call("/v1/hello").status == 200
    wait_until(gateway.is_running, "the gateway")
