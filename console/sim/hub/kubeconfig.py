"""The kubeconfig of a hub that is given: one context, with every file that it points to read once, so that it can be
copied into the simulator's own kubeconfig and used by its controllers.

Sentences name the file and the field, never what stands in it.
"""

from __future__ import annotations

import base64
import binascii
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from console.errors import KubeconfigError

Section = Mapping[str, Any]
_FILES = ("certificate-authority", "client-certificate", "client-key")
"""Fields that name a file, or hold its text in base64 under `NAME-data`."""
_UNUSABLE = ("exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra")


@dataclass(frozen=True, slots=True)
class Entry:
    """One context. `cluster` and `user` are its sections with all files inlined, fit for another kubeconfig."""

    context: str
    server: str
    cluster: Section = field(default_factory=dict, repr=False)
    user: Section = field(default_factory=dict, repr=False)

    @property
    def host(self) -> str:
        """The host's name or address in the server's URL."""
        return urlsplit(self.server).hostname or ""

    @property
    def token(self) -> str:
        """The bearer token; "" where a certificate says who we are, or nobody asks."""
        return str(self.user.get("token") or "")

    @property
    def server_name(self) -> str | None:
        """Whose certificate the server shows, where it is not the host's."""
        return self.cluster.get("tls-server-name") or None

    def tls(self) -> ssl.SSLContext:
        """How the server is trusted, and our certificate where we have one. Raises `KubeconfigError`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.cluster.get("insecure-skip-tls-verify") is True:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif authority := _decoded(self.cluster, "certificate-authority"):
            try:
                context.load_verify_locations(cadata=authority.decode("ascii"))
            except (ssl.SSLError, ValueError):
                raise KubeconfigError(
                    "the certificate-authority of --hub is no PEM certificate", fix="Fetch a new kubeconfig."
                ) from None
        else:
            context.load_default_certs()
        certificate, key = _decoded(self.user, "client-certificate"), _decoded(self.user, "client-key")
        if certificate and key:
            _present(context, certificate, key)
        return context


def read(path: Path, context: str | None = None) -> Entry:
    """The entry of a context, the current one where none is named. Raises `KubeconfigError`."""
    document = _document(path)
    name = context or document.get("current-context")
    known = ", ".join(str(each.get("name")) for each in _items(document, "contexts")) or "none"
    if not name:
        raise KubeconfigError(f"{path} names no current context", fix=f"Say --context NAME; known: {known}.")
    chosen = _section(document, "contexts", name)
    if chosen is None:
        raise KubeconfigError(f"no context '{name}' in {path}", fix=f"Say --context NAME; known: {known}.")
    cluster = _section(document, "clusters", chosen.get("cluster"))
    user = _section(document, "users", chosen.get("user")) if chosen.get("user") else {}
    if cluster is None or user is None:
        what = "cluster" if cluster is None else "user"
        raise KubeconfigError(f"context '{name}' in {path} names a {what} that is not there", fix="Correct it.")
    server = cluster.get("server")
    if not isinstance(server, str) or urlsplit(server).scheme not in ("http", "https") or not urlsplit(server).hostname:
        raise KubeconfigError(f"the cluster of context '{name}' in {path} has no http or https server address")
    _check(path, name, cluster, user)
    folder = path.absolute().parent
    return Entry(str(name), server.rstrip("/"), _inlined(cluster, folder), _inlined(user, folder))


def _check(path: Path, name: object, cluster: Section, user: Section) -> None:
    """Raises `KubeconfigError` for what the simulator's client cannot do."""
    if cluster.get("proxy-url"):
        raise KubeconfigError(
            f"context '{name}' in {path} goes through a proxy (proxy-url)", fix="Name a context that goes straight."
        )
    odd = [each for each in _UNUSABLE if user.get(each)]
    if odd:
        raise KubeconfigError(
            f"the user of context '{name}' in {path} has {', '.join(odd)}, which --hub cannot use",
            fix="Name a context whose user has a token (kubectl create token) or a client certificate.",
        )


def _document(path: Path) -> Section:
    import yaml

    try:
        document = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except OSError as error:
        raise KubeconfigError(f"{path}: {error.strerror}", fix="Name a kubeconfig with --hub.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise KubeconfigError(f"{path} is no YAML", fix="Name a kubeconfig with --hub.") from None
    if not isinstance(document, dict):
        raise KubeconfigError(f"{path} is no kubeconfig", fix="Name a kubeconfig with --hub.")
    return document


def _items(document: Section, kind: str) -> list[Section]:
    found = document.get(kind)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _section(document: Section, kind: str, name: object) -> Section | None:
    for item in _items(document, kind):
        if item.get("name") == name:
            inner = item.get(kind.removesuffix("s"))
            return inner if isinstance(inner, dict) else {}
    return None


def _inlined(section: Section, folder: Path) -> dict[str, Any]:
    """The section without a path in it."""
    copy = {key: value for key, value in section.items() if key not in (*_FILES, "tokenFile", "extensions")}
    for name in _FILES:
        if section.get(name) and not section.get(f"{name}-data"):
            text = _file(folder, name, section[name])
            copy[f"{name}-data"] = base64.b64encode(text).decode()
    # As kubectl: a file that is named is newer than the text beside it.
    if section.get("tokenFile"):
        copy["token"] = _file(folder, "tokenFile", section["tokenFile"]).decode("utf-8", "replace").strip()
    return copy


def _file(folder: Path, name: str, named: object) -> bytes:
    path = folder / Path(str(named)).expanduser()
    try:
        return path.read_bytes()
    except OSError as error:
        raise KubeconfigError(f"{name} {path} cannot be read: {error.strerror}", fix="Restore the file.") from None


def _decoded(section: Section, name: str) -> bytes | None:
    data = section.get(f"{name}-data")
    if not data:
        return None
    try:
        return base64.b64decode(str(data))
    except (binascii.Error, ValueError):
        raise KubeconfigError(f"{name}-data of --hub is no base64", fix="Fetch a new kubeconfig.") from None


def _present(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load our certificate; OpenSSL takes it from a file only, which lives for this one call, for our eyes only."""
    with tempfile.NamedTemporaryFile(prefix="fleet-console-") as file:
        file.write(certificate.rstrip() + b"\n" + key)
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except (ssl.SSLError, OSError):
            raise KubeconfigError(
                "the client certificate of --hub and its key do not fit together or are no PEM",
                fix="Fetch a new kubeconfig.",
            ) from None
