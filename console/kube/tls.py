"""TLS and proxies of one hub: the official client's connection pool, with trust and certificates held in memory."""

from __future__ import annotations

import socket
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from console.errors import KubeconfigError
from console.imports import IMPORTING
from console.kube.credential import Granted
from console.kube.kubeconfig import Entry
from console.settings import is_loopback

_CONNECTIONS = 24
"""Connections kept: one a watch and a few for calls."""


def same_certificate(one: Granted, other: Granted) -> bool:
    """Whether a pool made for one credential presents the certificate of the other."""
    return one.certificate == other.certificate and one.key == other.key


def pool_of(entry: Entry, granted: Granted) -> Any:
    """The official client's connection pool for this entry, with TLS material held in memory."""
    with IMPORTING:
        import urllib3
        from kubernetes.client.configuration import Configuration
        from kubernetes.client.rest import RESTClientObject

    configuration = Configuration(host=entry.server, connection_pool_maxsize=_CONNECTIONS)
    configuration.host = entry.server
    configuration.verify_ssl = not entry.insecure
    configuration.tls_server_name = entry.tls_server_name
    configuration.socket_options = _socket_options()
    if entry.proxy is not None:
        configuration.proxy = entry.proxy
    elif is_loopback(urlsplit(entry.server).netloc.rpartition("@")[2]):
        configuration.proxy = None  # as kubectl does: a proxy of the environment never stands before this machine
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    pool = RESTClientObject(configuration).pool_manager
    if entry.server.startswith("https"):
        pool.connection_pool_kw["ssl_context"] = _tls(entry, granted)
    return pool


def _socket_options() -> list[tuple[int, int, int]]:
    """Keepalive that gives a silent peer up after 5 + 3 x 3 s, and unacknowledged writes after 15 s."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 15_000)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options


def _tls(entry: Entry, granted: Granted) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if entry.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif entry.ca is not None:
        try:
            context.load_verify_locations(cadata=entry.ca.decode("ascii"))
        except (ssl.SSLError, ValueError):
            raise KubeconfigError("the certificate-authority is no PEM certificate", fix="Fetch a new one.") from None
    else:
        context.load_default_certs()
    if granted.certificate is not None and granted.key is not None:
        _present(context, granted.certificate, granted.key)
    return context


def _present(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load our certificate; OpenSSL takes it from a file only, which lives for this one call, for our eyes only."""
    descriptor, path = tempfile.mkstemp(prefix="fleet-console-")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - mkstemp gave a descriptor
            file.write(certificate.rstrip() + b"\n" + key)
        context.load_cert_chain(path)
    except (ssl.SSLError, OSError) as error:
        if isinstance(error, ssl.SSLError):
            raise KubeconfigError(
                "the client certificate and its key do not fit together or are no PEM", fix="Fetch a new kubeconfig."
            ) from None
        raise KubeconfigError(f"the client certificate cannot be loaded: {error.strerror}") from None
    finally:
        Path(path).unlink()


def expiry_hint(granted: Granted) -> str:
    """What our own certificate's dates say about a refusal; nothing where they are in order."""
    if granted.certificate is None:
        return ""
    try:
        from cryptography import x509

        certificate = x509.load_pem_x509_certificate(granted.certificate)
        end, begin = certificate.not_valid_after_utc, certificate.not_valid_before_utc
    except (ImportError, ValueError):
        return ""
    now = datetime.now(UTC)
    if end < now:
        return f"The client certificate expired on {end:%Y-%m-%d %H:%M} UTC: fetch a new kubeconfig."
    if begin > now:
        return f"The client certificate is valid only from {begin:%Y-%m-%d %H:%M} UTC: check this machine's clock."
    return ""


def certificate_ends(pem: bytes) -> float | None:
    """When the first certificate of a PEM text ends, epoch seconds; None where nobody can tell."""
    try:
        from cryptography import x509

        return x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()
    except (ImportError, ValueError):
        return None
