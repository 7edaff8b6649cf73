"""Reads kubeconfig files as kubectl does and reduces them to one entry: a server, how to trust it and who we are there.

Every file that an entry points to is read here, once, so that later edits change nothing. Sentences about a broken file
name the file and the line, never what stands in it: it holds secrets.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.errors import KubeconfigError
from console.model.text import inert

_SEPARATOR = ";" if os.name == "nt" else ":"
_DEFAULT = "~/.kube/config"


@dataclass(frozen=True, slots=True)
class Entry:
    """One context, resolved. PEM texts are bytes; `user` keeps the fields that make a credential (repr is hidden)."""

    context: str
    server: str
    user_name: str = ""
    ca: bytes | None = None
    insecure: bool = False
    tls_server_name: str | None = None
    proxy: str | None = None
    certificate: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    user: Mapping[str, Any] = field(default_factory=dict, repr=False)
    cluster: Mapping[str, Any] = field(default_factory=dict, repr=False)
    folder: Path = Path()
    """The directory of the file that the user stands in; relative paths start there."""


def load(kubeconfig: str | None, context: str | None) -> Entry:
    """The entry that --kubeconfig, KUBECONFIG or ~/.kube/config and the context name.

    Raises `KubeconfigError`. Of several files the first that names a thing wins, as with kubectl.
    """
    paths = files(kubeconfig)
    merged = _Merged()
    for path in paths:
        merged.add(path, _document(path))
    return merged.entry(context, ", ".join(str(path) for path in paths))


def contexts(kubeconfig: str | None) -> tuple[str, ...]:
    """Names of all contexts, the current one first. Raises `KubeconfigError` as `load` does."""
    merged = _Merged()
    for path in files(kubeconfig):
        merged.add(path, _document(path))
    current = [merged.current] if merged.current in merged.contexts else []
    return tuple(dict.fromkeys((*filter(None, current), *merged.contexts)))


def file_of(kubeconfig: str | None, context: str) -> Path | None:
    """The file, absolute, that a context is taken from; None where none has it. Raises nothing."""
    try:
        return next((path.absolute() for path in files(kubeconfig) if context in contexts(str(path))), None)
    except KubeconfigError:
        return None


def files(kubeconfig: str | None) -> list[Path]:
    """The files that are read, in their order. Raises `KubeconfigError` where there is none."""
    if kubeconfig is not None:
        path = Path(kubeconfig).expanduser()
        if not path.exists():
            raise KubeconfigError(f"{inert(path)}: no such kubeconfig", fix="Name one that exists with --kubeconfig.")
        return [path]
    listed = os.environ.get("KUBECONFIG")
    if listed:
        paths = [Path(part).expanduser() for part in listed.split(_SEPARATOR) if part]
        found = [path for path in paths if path.exists()]
        if not found:
            raise KubeconfigError(
                f"KUBECONFIG names no file that exists: {inert(listed)}", fix="Correct it, or use --kubeconfig FILE."
            )
        return found
    path = Path(_DEFAULT).expanduser()
    if not path.exists():
        raise KubeconfigError(
            f"no kubeconfig: neither --kubeconfig nor KUBECONFIG names one, and {_DEFAULT} does not exist",
            fix="Name one with --kubeconfig FILE; `fleet-console demo` needs none.",
        )
    return [path]


def _document(path: Path) -> Mapping[str, Any]:
    import yaml

    shown = inert(path)
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise KubeconfigError(
            f"{shown} cannot be read: {error.strerror}", fix="Check the file's owner and mode, or name another one."
        ) from None
    except UnicodeDecodeError:
        raise KubeconfigError(f"{shown} is no text file", fix="Name a kubeconfig with --kubeconfig.") from None
    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise KubeconfigError(f"{shown}{line}: no valid YAML", fix="Repair it or fetch a new kubeconfig.") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise KubeconfigError(f"{shown} is no kubeconfig: a mapping is needed", fix="Fetch a new kubeconfig.")
    return document


@dataclass
class _Merged:
    """Several files as one: name -> (what stands there, the file's directory)."""

    current: str | None = None
    contexts: dict[str, tuple[Mapping[str, Any], Path]] = field(default_factory=dict)
    clusters: dict[str, tuple[Mapping[str, Any], Path]] = field(default_factory=dict)
    users: dict[str, tuple[Mapping[str, Any], Path]] = field(default_factory=dict)

    def add(self, path: Path, document: Mapping[str, Any]) -> None:
        """Take in what no earlier file has said."""
        current = document.get("current-context")
        if self.current is None and isinstance(current, str) and current:
            self.current = current
        for kind, known in (("contexts", self.contexts), ("clusters", self.clusters), ("users", self.users)):
            listed = document.get(kind)
            for item in listed if isinstance(listed, list) else ():
                if not isinstance(item, dict) or not isinstance(item.get("name"), str):
                    continue
                inner = item.get(kind.removesuffix("s"))
                known.setdefault(item["name"], (inner if isinstance(inner, dict) else {}, path.absolute().parent))

    def entry(self, context: str | None, where: str) -> Entry:
        """The entry of one context; `where` names the files in sentences."""
        where = inert(where)
        name = context or self.current
        known = ", ".join(inert(other, 60) for other in list(self.contexts)[:8]) or "none"
        if not name:
            raise KubeconfigError(f"{where} names no current context", fix=f"Say --context NAME; known: {known}.")
        if name not in self.contexts:
            raise KubeconfigError(
                f"no context '{inert(name, 80)}' in {where}, which holds {known}", fix="Say --context NAME."
            )
        chosen = self.contexts[name][0]
        cluster, cluster_folder = self._named(self.clusters, chosen.get("cluster"), "cluster", name, where)
        user: Mapping[str, Any] = {}
        user_folder = cluster_folder
        if chosen.get("user"):
            user, user_folder = self._named(self.users, chosen.get("user"), "user", name, where)
        server = cluster.get("server")
        if not isinstance(server, str) or not server.startswith(("http://", "https://")):
            raise KubeconfigError(
                f"the cluster of context '{inert(name, 80)}' in {where} has no http or https server address",
                fix="Correct it or fetch a new kubeconfig.",
            )
        return Entry(
            context=name,
            server=_without_user(server.rstrip("/")),
            user_name=str(chosen.get("user") or ""),
            ca=_pem(cluster, "certificate-authority", cluster_folder),
            insecure=cluster.get("insecure-skip-tls-verify") is True,
            tls_server_name=_text(cluster, "tls-server-name"),
            proxy=_text(cluster, "proxy-url"),
            certificate=_pem(user, "client-certificate", user_folder),
            key=_pem(user, "client-key", user_folder),
            user=user,
            cluster=cluster,
            folder=user_folder,
        )

    def _named(
        self, known: Mapping[str, tuple[Mapping[str, Any], Path]], wanted: object, kind: str, context: str, where: str
    ) -> tuple[Mapping[str, Any], Path]:
        found = known.get(wanted) if isinstance(wanted, str) else None
        if found is None:
            raise KubeconfigError(
                f"context '{inert(context, 80)}' in {where} names {kind} '{inert(wanted, 80)}', which is not there",
                fix="Correct it or fetch a new kubeconfig.",
            )
        return found


def _without_user(server: str) -> str:
    """A name and password in the address are not used by any client, and must not be shown."""
    scheme, _, rest = server.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _pem(fields: Mapping[str, Any], name: str, folder: Path) -> bytes | None:
    """What `NAME-data` holds in base64, else what the file that `NAME` points to holds."""
    data = _text(fields, f"{name}-data")
    if data is not None:
        try:
            return base64.b64decode(data, validate=False)
        except (binascii.Error, ValueError):
            raise KubeconfigError(f"{name}-data is no base64", fix="Fetch a new kubeconfig.") from None
    named = _text(fields, name)
    if named is None:
        return None
    path = folder / Path(named).expanduser()
    try:
        return path.read_bytes()
    except OSError as error:
        raise KubeconfigError(
            f"{name} {inert(path)} cannot be read: {error.strerror}", fix="Restore the file or fetch a new kubeconfig."
        ) from None
