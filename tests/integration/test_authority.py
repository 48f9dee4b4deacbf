# SPDX-License-Identifier: Apache-2.0
"""The local certificate authority: permitted names, renewal, access to its keys."""

import datetime
import json
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess

import pytest

import certificates
from encrypted import EncryptedDaemon
from gateway import API_ID, API_NAME, OPEN_POLICY, Gateway, mock
from support import BUILD, DEADLINE, SOURCE, free_endpoint, wait_until

APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''
[rest_api.hello.stage.v1]
{mock("/hello", body="hello")}
"""

TEN_DAYS = datetime.timedelta(days=10)


def run(*command, **options):
    return subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=DEADLINE,
                          stdin=subprocess.DEVNULL, **options)


def ca(config, *arguments):
    return run(BUILD / "inlet53", "ca", "--config", config, *arguments)


@pytest.fixture
def gateway(tmp_path):
    """A gateway that is not started."""
    running = Gateway(tmp_path, APIS)
    yield running
    if running.process and running.is_running():
        assert running.stop() == 0, running.messages()


@pytest.fixture
def authority(gateway):
    """The directory of an authority that was created for the gateway's configuration."""
    made = ca(gateway.config_file)
    assert made.returncode == 0, made.stderr
    return gateway.folder / "authority"


#--- Permitted names

GOOD = [["a.execute-api.eu-west-1.amazonaws.com"], ["vpce-1.execute-api.eu-west-1.vpce.amazonaws.com"]]
BAD = [["www.example.org"], ["s3.eu-west-1.amazonaws.com"], ["a.execute-api.us-east-1.amazonaws.com"],
       ["a.execute-api.cn-north-1.amazonaws.com.cn"], ["127.0.0.1"], ["10.0.12.179"], ["::1"], ["2001:db8::1"],
       [GOOD[0][0], "127.0.0.1"], [GOOD[0][0], "www.example.org"]]


@pytest.mark.parametrize("names", GOOD + BAD, ids=lambda names: "+".join(names))
def test_openssl_and_gnutls_refuse_other_names_and_addresses(authority, tmp_path, names):
    file = tmp_path / "signed.pem"
    file.write_bytes(certificates.sign(authority, names, TEN_DAYS))
    verified = run("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", authority / "ca.pem", file)
    gnutls = run("certtool", "--verify", "--verify-profile", "medium", "--load-ca-certificate", authority / "ca.pem",
                 "--infile", file)
    if names in GOOD:
        assert verified.returncode == 0, verified.stderr
        assert "Chain verification output: Verified" in gnutls.stdout, gnutls.stdout + gnutls.stderr
    else:
        assert verified.returncode != 0 and "subtree violation" in verified.stderr, verified.stderr
        assert gnutls.returncode != 0 and "Not verified" in gnutls.stdout, gnutls.stdout


def accepts(endpoint):
    with socket.socket() as probe:
        return probe.connect_ex(endpoint) == 0


@pytest.fixture
def impostor(authority, tmp_path):
    """Returns a function that starts a TLS server with a certificate for some name or address, signed by the
    authority's key."""
    started = []

    def begin(names):
        file = tmp_path / "impostor.pem"
        file.write_bytes(certificates.sign(authority, names, TEN_DAYS))
        endpoint = free_endpoint("127.0.0.1")
        started.append(subprocess.Popen(["openssl", "s_server", "-accept", "%s:%d" % endpoint, "-cert", file, "-www",
                                         "-quiet"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL))

        wait_until(lambda: accepts(endpoint), "openssl s_server")
        return endpoint
    yield begin
    for process in started:
        process.kill()
        process.wait()


def clients(endpoint, name, trusted):
    """Returns whether curl, openssl and gnutls-cli trust a server."""
    at = "%s:%d" % endpoint
    by_address = name[0].isdigit()
    curl = run("curl", "-s", "--max-time", "20", "--cacert", trusted, "--connect-to", f"::{at}", f"https://{name}/")
    expected = ["-verify_ip" if by_address else "-verify_hostname", name]
    openssl = run("openssl", "s_client", "-connect", at, "-CAfile", trusted, "-verify_return_error", *expected)
    gnutls = run("gnutls-cli", endpoint[0], "-p", endpoint[1], "--x509cafile", trusted, "--verify-hostname", name)
    return {"curl": curl.returncode == 0, "openssl": openssl.returncode == 0, "gnutls": gnutls.returncode == 0}


@pytest.mark.parametrize("name,trusted", [("a.execute-api.eu-west-1.amazonaws.com", True), ("www.example.org", False),
                                          ("127.0.0.1", False)])
def test_clients_refuse_a_server_with_another_name(authority, impostor, name, trusted):
    endpoint = impostor([name])
    assert clients(endpoint, name, authority / "ca.pem") == dict.fromkeys(["curl", "openssl", "gnutls"], trusted)


def test_dns_addresses_are_permitted_and_no_others(tmp_path):
    server = EncryptedDaemon(tmp_path)
    shown = json.loads(ca(server.config_file, "-o", "json").stdout)
    listens = sorted({server.dot[0], server.doh[0], *(other[0] for other in server.others.values())})
    permitted = shown["certificate_authority"]["permitted"]
    assert permitted[0] == "rslvr-in-a7dd746257784e148.resolver.eu-west-1.amazonaws.com"
    assert sorted(permitted[1:]) == sorted(["10.0.10.10", "10.0.150.10", *listens])
    assert "127.0.0.1" not in permitted
    file = tmp_path / "forged.pem"
    for name, good in ((server.dot[0], True), ("127.0.0.1", False), ("10.0.10.11", False), ("::1", False)):
        file.write_bytes(certificates.sign(tmp_path / "authority", [name], TEN_DAYS))
        verified = run("openssl", "verify", "-CAfile", server.authority, file)
        assert (verified.returncode == 0) is good, name


def test_a_region_of_china_is_served_and_certified_under_its_own_domain(gateway):
    text = gateway.config_file.read_text().replace("eu-west-1", "cn-north-1")
    gateway.config_file.write_text(text)
    gateway.start()
    name = f"{API_ID}.execute-api.cn-north-1.amazonaws.com.cn"
    answer = gateway.curl(f"https://{name}/v1/hello")
    assert (answer.status, answer.text) == (200, "hello"), answer.complaint
    assert gateway.curl(f"https://{API_NAME}/v1/hello").exit_code == 60
    gateway.connect(name="vpce-0ac4147ba9386c9f7-p7k2m9qx.execute-api.cn-north-1.vpce.amazonaws.com.cn").close()


#--- Renewal

def leaf_of(gateway, context):
    with gateway.connect(context=context) as tls:
        return tls.getpeercert(True)


def nearly_due(folder, label, names, with_rsa=False):
    """Replaces a certificate by one that expires in 30 days and a few seconds."""
    left = datetime.timedelta(days=30, seconds=8)
    certificates.write_private(folder / f"{label}.pem", certificates.sign(folder, names, left, with_rsa))


def test_the_gateway_renews_its_certificate_while_it_runs(gateway, authority):
    nearly_due(authority, "gateway", ["*.execute-api.eu-west-1.amazonaws.com",
                                      "*.execute-api.eu-west-1.vpce.amazonaws.com"], with_rsa=True)
    handed_out = (authority / "ca.pem").read_bytes()
    before = (authority / "gateway.pem").read_bytes()
    gateway.start()
    assert (authority / "gateway.pem").read_bytes() == before, gateway.messages()
    contexts = [gateway.tls(), gateway.tls()]
    contexts[1].maximum_version = ssl.TLSVersion.TLSv1_2
    contexts[1].set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    old = [leaf_of(gateway, context) for context in contexts]
    gateway.wait_message("renewed the certificate of HTTPS")
    new = [leaf_of(gateway, context) for context in contexts]  # and the client trusts them
    assert len(set(old + new)) == 4
    assert (authority / "ca.pem").read_bytes() == handed_out
    assert gateway.call("/v1/hello").status == 200


def test_inlet53d_renews_its_certificate_while_it_runs(tmp_path):
    server = EncryptedDaemon(tmp_path)
    names = json.loads(ca(server.config_file, "-o", "json").stdout)["dns_certificate"]["names"]
    nearly_due(tmp_path / "authority", "dns", names)
    server.start()
    context = server.context()

    def shown(endpoint):
        with server.connect(endpoint, context=context) as stream:
            return stream.getpeercert(True)
    old = shown(server.dot)
    assert shown(server.doh) == old
    wait_until(lambda: "renewed the certificate of DNS over TLS and HTTPS" in server.messages(), "the renewal")
    wait_until(lambda: shown(server.dot) != old and shown(server.dot) == shown(server.doh), "the new certificate")
    assert server.stop() == 0, server.messages()


def test_more_names_renew_the_authority_and_clients_need_its_file_again(gateway, authority):
    gateway.start()
    previous = gateway.tls()
    leaf_of(gateway, previous)
    key = (authority / "ca-key.pem").read_bytes()
    text = gateway.config_file.read_text()
    other = """
[vpc.far]
id = "vpc-0a00ca6aa29c8472f"
region = "us-east-1"
cidr_blocks = ["10.9.0.0/16"]
[subnet.far-a]
vpc = "far"
availability_zone = "us-east-1a"
cidr_block = "10.9.0.0/17"
[security_group.far]
vpc = "far"
ingress = [{ protocol = "tcp", port = 443, cidr = "127.0.0.0/16" }]
[vpc_endpoint.far]
service_name = "com.amazonaws.us-east-1.execute-api"
vpc = "far"
private_dns = "enabled"
security_groups = ["far"]
[[vpc_endpoint.far.network_interface]]
subnet = "far-a"
address = "10.9.0.9"
listen = "%s:%d"
""" % free_endpoint()
    gateway.config_file.write_text(text + other)
    # The new file can be installed on clients before the daemon serves the new names: the key is the same.
    shown = ca(gateway.config_file)
    assert "renewed for more names" in shown.stderr and "us-east-1" in shown.stdout, shown.stdout + shown.stderr
    renewed = gateway.tls()
    leaf_of(gateway, renewed)
    gateway.reload()
    leaf_of(gateway, renewed)
    gateway.connect(name="a.execute-api.us-east-1.amazonaws.com", context=renewed).close()
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        leaf_of(gateway, previous)
    assert (authority / "ca-key.pem").read_bytes() == key


def test_an_authority_of_an_earlier_version_is_replaced(gateway):
    folder = gateway.folder / "authority"
    certificates.make_old_authority(folder)
    (folder / "gateway-key.pem").write_text("of the earlier version")
    key = (folder / "ca-key.pem").read_bytes()
    previous = gateway.tls()
    gateway.start()
    gateway.wait_message("ca.pem: replaced, with its key")
    assert (folder / "ca-key.pem").read_bytes() != key and not (folder / "gateway-key.pem").exists()
    leaf_of(gateway, gateway.tls())
    with pytest.raises(ssl.SSLCertVerificationError):
        leaf_of(gateway, previous)


def test_both_daemons_share_one_authority(tmp_path):
    """Both start at the same time, without an authority."""
    server = EncryptedDaemon(tmp_path, more="\n[gateway]\nauthority = \"authority\"\n")
    text = server.config_file.read_text()
    listens = [free_endpoint(), free_endpoint()]
    for address, listen in zip(("10.0.12.179", "10.0.140.226"), listens):
        text = text.replace(f'address = "{address}"', f'address = "{address}"\nlisten = "%s:%d"' % listen)
    stage = f"policy = '''{OPEN_POLICY}'''\n[rest_api.hello.stage.v1]\n{mock('/hello', body='hello')}\n[hosted_zone"
    server.config_file.write_text(text.replace("[hosted_zone", stage, 1).replace(
        "cidr = \"127.0.0.0/16\"", "cidr = \"127.0.0.0/8\""))
    log = tmp_path / "up.log"
    with log.open("wb") as output:
        up = subprocess.Popen([BUILD / "inlet53", "up", server.config_file], stdout=output, stderr=output)
    try:
        wait_until(lambda: log.read_text().count("(HTTPS)") >= 2 and log.read_text().count("serving rslvr") >= 6,
                   "both daemons")
        context = ssl.create_default_context(cafile=tmp_path / "authority/ca.pem")
        wait_until(lambda: accepts(server.dot) and accepts(listens[0]), "both daemons to listen")
        with server.connect(context=context):
            pass
        with socket.create_connection(listens[0], timeout=DEADLINE) as tcp:
            context.wrap_socket(tcp, server_hostname=API_NAME).close()
        assert log.read_text().count("ca.pem: ") == 1, log.read_text()
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(DEADLINE) == 0, log.read_text()


#--- Access to the keys

def test_keys_and_their_directory_are_for_their_owner_only(authority):
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in authority.iterdir()}
    assert modes == {"ca.pem": 0o644, "ca-key.pem": 0o600, "gateway.pem": 0o600, ".lock": 0o600, ".gitignore": 0o644}
    assert stat.S_IMODE(authority.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["ca-key.pem", "gateway.pem"])
def test_a_key_that_others_may_read_is_refused(gateway, authority, name):
    (authority / name).chmod(0o644)
    run = subprocess.run([BUILD / "inlet53-gateway", "--config", gateway.config_file], text=True,
                         capture_output=True, timeout=DEADLINE)
    assert run.returncode == 3
    assert f"{name}: other users may read this private key (mode 0644)" in run.stderr + run.stdout
    assert "chmod 0600" in run.stderr + run.stdout


def test_a_directory_that_others_may_write_to_is_refused(gateway, authority):
    authority.chmod(0o777)
    refused = ca(gateway.config_file)
    assert refused.returncode == 1 and "other users may write to it (mode 0777)" in refused.stderr


def test_a_link_in_the_place_of_a_key_is_refused(gateway, authority, tmp_path):
    (authority / "ca-key.pem").rename(tmp_path / "moved.pem")
    (authority / "ca-key.pem").symlink_to(tmp_path / "moved.pem")
    refused = ca(gateway.config_file)
    assert refused.returncode == 1 and "ca-key.pem: is a symbolic link" in refused.stderr, refused.stderr


def test_an_authority_without_a_configuration_is_shown_but_not_created(authority, tmp_path):
    shown = run(BUILD / "inlet53", "ca", "--folder", authority)
    assert shown.returncode == 0 and str(authority / "ca.pem") in shown.stdout
    none = run(BUILD / "inlet53", "ca", "--folder", tmp_path / "none")
    assert none.returncode == 1 and "`inlet53 ca --config FILE` makes an authority" in none.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("config", sorted(file.name for file in (SOURCE / "conf").glob("*.toml")))
def test_git_ignores_the_authority_of_a_configuration_in_the_checkout(tmp_path, config):
    """In a clone, and in a copy of the files, if the sources come without git."""
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("conf", ".gitignore", "zones"):
        source = SOURCE / name
        ignore = shutil.ignore_patterns("authority", "__pycache__", "*.sock")
        (shutil.copytree(source, clone / name, ignore=ignore) if source.is_dir() else shutil.copy(source, clone / name))
    git = ["git", "-C", clone, "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "safe.directory=*"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        assert run(*git, *arguments, env={**os.environ, "HOME": str(tmp_path)}).returncode == 0
    made = ca(clone / "conf" / config, "-o", "json")
    assert made.returncode == 0, made.stderr
    left = run(*git, "status", "--porcelain", env={**os.environ, "HOME": str(tmp_path)})
    assert left.returncode == 0 and left.stdout == "", left.stdout
    # The directory has its own .gitignore, for directories outside the checkout.
    (clone / ".gitignore").write_text("")
    left = run(*git, "status", "--porcelain", env={**os.environ, "HOME": str(tmp_path)})
    assert left.stdout.splitlines() == [" M .gitignore"], left.stdout
