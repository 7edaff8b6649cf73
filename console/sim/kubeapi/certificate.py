"""A certificate of its own for a server on loopback: kubectl and client-go send a bearer token over TLS only."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_ADDRESSES = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a kubeconfig needs (`authority`, PEM, for certificate-authority-data) and what a server needs (the rest)."""

    authority: bytes
    chain: bytes
    key: bytes

    def context(self) -> ssl.SSLContext:
        """A server's TLS context, for `aiohttp.web.TCPSite(..., ssl_context=)`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as directory:
            # The ssl module reads certificates from files only; they are gone again when it has read them.
            chain = Path(directory, "chain.pem")
            chain.write_bytes(self.chain + self.key)
            context.load_cert_chain(chain)
        return context


def issue(*, valid: dt.timedelta = dt.timedelta(days=365), now: dt.datetime | None = None) -> Certificate:
    """A fresh authority and a server certificate for localhost; a negative `valid` gives an expired one."""
    now = now or dt.datetime.now(dt.UTC)
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _name("fleet-console simulator CA")
    names = [x509.DNSName("localhost"), *(x509.IPAddress(ipaddress.ip_address(a)) for a in _ADDRESSES)]
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    root = (
        _builder(authority, authority, authority_key.public_key(), now, dt.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        _builder(_name("kube-apiserver"), authority, server_key.public_key(), now, valid)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return Certificate(
        authority=root.public_bytes(pem),
        chain=server.public_bytes(pem),
        key=server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain),
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, valid: dt.timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1) + min(valid, dt.timedelta()))
        .not_valid_after(now + valid)
    )
