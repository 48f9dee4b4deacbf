# SPDX-License-Identifier: Apache-2.0
"""Certificates that the key of a local authority signs outside its permission, and old authorities."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY = "inlet53 local certificate authority"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def load(folder):
    """Returns the authority's certificate and key."""
    return (x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes()),
            serialization.load_pem_private_key((folder / "ca-key.pem").read_bytes(), None))


def pem(value):
    if isinstance(value, x509.Certificate):
        return value.public_bytes(serialization.Encoding.PEM)
    return value.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                               serialization.NoEncryption())


def write_private(file, data):
    file.write_bytes(data)
    file.chmod(0o600)


def general_name(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def sign(folder, names, valid, with_rsa=False):
    """Returns a server's certificate followed by its key. `valid` is its validity, a timedelta.
    `with_rsa` appends its RSA certificate and the key of that."""
    keys = [ec.generate_private_key(ec.SECP256R1())]
    if with_rsa:
        keys.append(rsa.generate_private_key(65537, 2048))
    return b"".join(sign_key(folder, names, valid, key) for key in keys)


def sign_key(folder, names, valid, key):
    authority, authority_key = load(folder)
    builder = (x509.CertificateBuilder()
               .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signed by a test")]))
               .issuer_name(authority.subject).public_key(key.public_key())
               .serial_number(x509.random_serial_number())
               .not_valid_before(now() - datetime.timedelta(hours=1)).not_valid_after(now() + valid)
               .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), False)
               .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
               .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False))
    return pem(builder.sign(authority_key, hashes.SHA256())) + pem(key)


def make_old_authority(folder):
    """Creates an authority like those of earlier versions: ten years, names below amazonaws.com, any address."""
    folder.mkdir(mode=0o755)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AUTHORITY)])
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
               .serial_number(x509.random_serial_number()).not_valid_before(now())
               .not_valid_after(now() + datetime.timedelta(days=3650))
               .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
               .add_extension(x509.NameConstraints([x509.DNSName("amazonaws.com")], None), True))
    (folder / "ca.pem").write_bytes(pem(builder.sign(key, hashes.SHA256())))
    write_private(folder / "ca-key.pem", pem(key))
