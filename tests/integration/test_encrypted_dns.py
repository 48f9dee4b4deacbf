# SPDX-License-Identifier: Apache-2.0
"""DNS over TLS with real clients and with misbehaving clients (RFC 7858, RFC 7766)."""

import shutil
import socket
import ssl
import subprocess

import dns.message
import dns.rdatatype
import pytest

from encrypted import EncryptedDaemon, framed, is_closed, read_exactly, read_message
from support import ADDRESSES, API, BUILD, DEADLINE, addresses, ask, ask_as_stub, free_endpoint, wait_until


def run(*command):
    finished = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=DEADLINE,
                              stdin=subprocess.DEVNULL)
    return finished.stdout + finished.stderr


# --- Real clients

def test_kdig(encrypted):
    answer = run("kdig", f"@{encrypted.dot[0]}", "-p", encrypted.dot[1], f"+tls-ca={encrypted.authority}", API, "A")
    assert all(address in answer for address in ADDRESSES), answer
    assert "TLS1.3" in answer
    encrypted.wait_record(query_name=f"{API}.", transport="DOT")


def test_dig(encrypted):
    answer = run("dig", f"@{encrypted.dot[0]}", "-p", encrypted.dot[1], "+tls", f"+tls-ca={encrypted.authority}",
                 "app.corp.internal", "AAAA")
    assert "fd00:53::10" in answer, answer


def test_the_certificate_has_a_name_for_clients_that_verify_one(encrypted):
    name = "rslvr-in-a7dd746257784e148.resolver.eu-west-1.amazonaws.com"
    answer = run("kdig", f"@{encrypted.dot[0]}", "-p", encrypted.dot[1], f"+tls-ca={encrypted.authority}",
                 f"+tls-hostname={name}", "app.corp.internal", "A", "+short")
    assert "10.0.20.10" in answer


def test_unbound_forwards_over_tls(encrypted, tmp_path):
    listen = free_endpoint()
    config = tmp_path / "unbound.conf"
    config.write_text(f"""
server:
  directory: "{tmp_path}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  interface: {listen[0]}@{listen[1]}
  access-control: 127.0.0.0/8 allow
  module-config: "iterator"
  tls-cert-bundle: "{encrypted.authority}"
forward-zone:
  name: "amazonaws.com."
  forward-tls-upstream: yes
  forward-addr: {encrypted.dot[0]}@{encrypted.dot[1]}#rslvr-in-a7dd746257784e148.resolver.eu-west-1.amazonaws.com
""")
    program = shutil.which("unbound") or "/usr/sbin/unbound"
    unbound = subprocess.Popen([program, "-d", "-c", config], stderr=subprocess.DEVNULL)
    try:
        assert sorted(addresses(ask_as_stub(listen, f"unbound.{API.split('.', 1)[1]}"))) == sorted(ADDRESSES)
    finally:
        unbound.terminate()
        unbound.wait(DEADLINE)
    encrypted.wait_record(query_name=f"unbound.{API.split('.', 1)[1]}.", transport="DOT")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_resumes(start_encrypted, version, tmp_path):
    server = start_encrypted(arguments=["--workers", "2"])
    session = tmp_path / "session.pem"
    base = ["openssl", "s_client", "-connect", "%s:%d" % server.dot, "-CAfile", server.authority, "-alpn", "dot",
            version]
    with subprocess.Popen([*map(str, base), "-sess_out", str(session)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as first:
        wait_until(session.exists, "a ticket")  # in TLS 1.3 it arrives after the handshake
        said = first.communicate("")[0]
    assert "ALPN protocol: dot" in said and "Verify return code: 0" in said, said
    # The kernel chooses the worker that gets the connection.
    for _ in range(4):
        assert "Reused" in run(*base, "-sess_in", session)
    assert server.stop() == 0
    assert server.counts()["tls_resumed"] == 4


def test_a_client_with_another_alpn_protocol_is_refused(encrypted):
    with pytest.raises(ssl.SSLError):
        encrypted.connect(context=encrypted.context(["h2"])).close()


def test_old_versions_are_refused(encrypted):
    assert "Cipher is (NONE)" in run("openssl", "s_client", "-connect", "%s:%d" % encrypted.dot, "-tls1_1",
                                     "-cipher", "DEFAULT@SECLEVEL=0")


# --- Streams

def test_many_queries_at_once_fill_few_records(encrypted):
    with encrypted.connect() as stream:
        stream.sendall(b"".join(framed("app.corp.internal", ident=i) for i in range(200)))
        first = len(stream.recv(16384))
        assert first > 1000  # one record holds many answers
        rest = 200 * (len(framed("app.corp.internal")) + 32) - first
        assert read_exactly(stream, rest) is not None


def test_any_split_of_pipelined_queries(encrypted):
    data = b"".join(framed(API, ident=i) for i in range(100))
    with encrypted.connect() as stream:
        for at in range(0, len(data), 7):
            stream.sendall(data[at:at + 7])
        assert sorted(read_message(stream).id for _ in range(100)) == list(range(100))


def test_a_large_answer_is_whole(encrypted):
    with encrypted.connect() as stream:
        stream.sendall(framed("many.corp.internal") + framed("large.corp.internal", "TXT"))
        assert len(addresses(read_message(stream))) == 100
        assert read_message(stream).answer[0].rdtype == dns.rdatatype.TXT


def test_a_client_that_closes_its_side_gets_all_answers(encrypted):
    with encrypted.connect() as stream:
        stream.sendall(framed(API, ident=7))
        assert read_message(stream).id == 7
        try:
            stream.unwrap().close()
        except (ssl.SSLError, OSError) as error:
            pytest.fail(f"no close_notify came back: {error}")


def test_slow_readers_get_all_answers(encrypted):
    """More answers than the server buffers for one client, which starts to read after its last query."""
    count = 4000
    with encrypted.connect() as stream:
        stream.setblocking(False)
        data = b"".join(framed("many.corp.internal", ident=i) for i in range(count))
        sent, received, answers = 0, b"", []
        stalled = 0
        while len(answers) < count:
            try:
                if sent < len(data):
                    sent += stream.send(data[sent:sent + 16384])
                    continue
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                stalled += 1
            stream.settimeout(DEADLINE)
            received += stream.recv(65536)
            stream.setblocking(False)
            while len(received) >= 2 and len(received) >= 2 + int.from_bytes(received[:2], "big"):
                size = int.from_bytes(received[:2], "big")
                answers.append(int.from_bytes(received[2:4], "big"))
                received = received[2 + size:]
        assert answers == list(range(count))


# --- Misbehaving clients

def test_garbage_instead_of_a_handshake_does_not_crash_the_daemon(encrypted):
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", framed(API), bytes(1000), b"\x16\x03\x01\xff\xff" + bytes(70000)):
        with socket.create_connection(encrypted.dot, timeout=DEADLINE) as stream:
            try:
                stream.sendall(garbage)
                while stream.recv(4096):
                    pass
            except ConnectionError:
                pass
    with encrypted.connect() as stream:
        stream.sendall(framed(API))
        assert len(addresses(read_message(stream))) == 2


@pytest.mark.parametrize("garbage", [b"\0\0", b"\0\x05hello", b"\0\x0c\0\1\x80\0" + bytes(8)],
                         ids=["no bytes", "five bytes", "a response"])
def test_garbage_in_the_stream_ends_the_connection(encrypted, garbage):
    with encrypted.connect() as stream:
        stream.sendall(framed(API) + garbage + framed(API))
        assert len(addresses(read_message(stream))) == 2
        assert is_closed(stream)


def test_a_slow_handshake_and_an_idle_client_are_closed(start_encrypted):
    server = start_encrypted(tls='handshake_timeout = "300 ms"\nidle_timeout = "300 ms"')
    with socket.create_connection(server.dot, timeout=DEADLINE) as silent:
        assert is_closed(silent)
    with server.connect() as idle:
        idle.sendall(framed(API)[:-1])  # never complete
        assert is_closed(idle)
    with server.connect() as stream:
        stream.sendall(framed(API))
        assert read_message(stream) and is_closed(stream)


def test_an_idle_connection_stays_open(start_encrypted):
    """The server frees the buffers meanwhile, and the record after that still works."""
    server = start_encrypted(tls='idle_timeout = "3 s"')
    with server.connect() as stream:
        for ident in (1, 2):
            stream.sendall(framed(API, ident=ident))
            assert read_message(stream).id == ident
            if ident == 1:
                stream.settimeout(1.5)
                with pytest.raises(TimeoutError):
                    stream.recv(1)
                stream.settimeout(DEADLINE)


def test_too_many_connections(start_encrypted):
    server = start_encrypted(tls="max_connections_per_client = 2")
    with server.connect(), server.connect():
        with pytest.raises((ssl.SSLError, ConnectionError)):
            server.connect().close()
        with server.connect(source="127.0.0.2") as other:
            other.sendall(framed(API))
            assert read_message(other)
    assert "tcp_refused=1" in (server.stop() == 0 and server.messages())


def test_unauthorised_sources_get_no_handshake(encrypted):
    with socket.socket() as client:
        client.bind(("127.9.9.9", 0))
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.connect(encrypted.dot)


def test_port_853_needs_its_own_rule(tmp_path):
    """The security group of the other tests, without tcp 853: no client gets a handshake."""
    server = EncryptedDaemon(tmp_path)
    server.write_config()
    server.config_file.write_text(server.config_file.read_text().replace("port = 853", "port = 854"))
    server.start()
    with socket.socket() as client:
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.connect(server.dot)
    assert server.stop() == 0


def test_without_do53_nothing_is_served_in_the_clear(tmp_path):
    server = EncryptedDaemon(tmp_path, protocols=["DoT"])
    server.config_file.write_text("".join(line for line in server.config_file.read_text().splitlines(True)
                                          if not line.startswith("listen = ")))
    def takes_connections():
        try:
            server.connect().close()
            return True
        except ConnectionRefusedError:
            return False
    server.answers = takes_connections
    server.start()
    with server.connect() as stream:
        stream.sendall(framed(API))
        assert read_message(stream)
    assert "UDP" not in server.messages()
    assert server.stop() == 0


# --- Certificates

def own_certificate(folder, name):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", f"/CN={name}", "-keyout", folder / "dns.key", "-out", folder / "dns.pem")


def shown_subject(server):
    context = ssl._create_unverified_context()
    with server.connect(context=context) as stream:
        return ssl.DER_cert_to_PEM_cert(stream.getpeercert(binary_form=True))


def test_a_certificate_is_replaced_while_connections_are_open(tmp_path, start_encrypted):
    own_certificate(tmp_path, "first")
    server = start_encrypted(tls='certificate = "dns.pem"\nkey = "dns.key"')
    first = (tmp_path / "dns.pem").read_text()
    assert shown_subject(server).split() == first.split()
    with server.connect(context=ssl._create_unverified_context()) as standing:
        standing.sendall(framed(API, ident=1))
        assert read_message(standing).id == 1
        own_certificate(tmp_path, "second")
        server.reload()
        server.wait_message("reloaded")
        wait_until(lambda: shown_subject(server).split() != first.split(), "the second certificate")
        standing.sendall(framed(API, ident=2))
        assert read_message(standing).id == 2
        # An unreadable certificate is refused.
        (tmp_path / "dns.key").write_text("no key")
        server.reload()
        server.wait_message("reload refused")
        assert "dns.key: cannot be read as a private key" in server.messages()
        assert shown_subject(server).split() == (tmp_path / "dns.pem").read_text().split()
        standing.sendall(framed(API, ident=3))
        assert read_message(standing).id == 3


def test_an_unreadable_certificate_at_the_start(tmp_path):
    server = EncryptedDaemon(tmp_path, tls='certificate = "dns.pem"\nkey = "dns.key"')
    with open(server.operator_log, "wb") as log:
        assert subprocess.run([BUILD / "inlet53d", "--config", server.config_file], stderr=log).returncode == 3
    assert "dns.pem: cannot be read: No such file" in server.messages()
