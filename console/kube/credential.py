"""Who we are at the hub: a token, a client certificate or a password from the kubeconfig, or from its exec plugin.

A plugin runs without a terminal (stdin closed, its own session), within a time limit; what it writes to stderr ends up
in the sentence of its failure, not on the screen. It runs again shortly before its credential expires.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from console.errors import KubeconfigError
from console.imports import IMPORTING
from console.kube.kubeconfig import Entry
from console.model.text import inert

PLUGIN_TIME = 30.0
"""Seconds an exec plugin may take."""
_EARLY = 300.0
"""A plugin's credential is renewed this many seconds before it expires, or in the last fifth of a shorter life."""
_RETRY = 30.0
"""Seconds after which a renewal that failed in good time is tried again."""
_REREAD = 60.0
"""Seconds after which a token file is read again."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What identifies us now. `expires` and `renew_at` are epoch seconds, None where it lasts."""

    authorization: str | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    expires: float | None = None
    renew_at: float | None = None


class Credential:
    """The credential of one kubeconfig entry; any thread may ask, a renewal happens once for all of them."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._lock = threading.Lock()
        self._granted: Granted | None = None

    @property
    def renewable(self) -> bool:
        """Whether asking anew may give another credential than the refused one."""
        return any(key in self._entry.user for key in ("exec", "auth-provider", "tokenFile"))

    def granted(self) -> Granted:
        """The credential that holds now. Raises `KubeconfigError` where the plugin fails."""
        with self._lock:
            known, now = self._granted, time.time()
            if known is None:
                known = self._granted = _obtain(self._entry)
            elif known.renew_at is not None and now >= known.renew_at:
                known = self._granted = self._renewed(known, now)
            return known

    def _renewed(self, known: Granted, now: float) -> Granted:
        """A fresh credential; while there is none, the known one for as long as it holds."""
        try:
            return _obtain(self._entry)
        except KubeconfigError:
            if known.expires is None or known.expires <= now:
                raise
            return replace(known, renew_at=now + _RETRY)

    def renew(self, refused: Granted) -> Granted:
        """Another credential than `refused`, unless another thread has obtained one meanwhile."""
        with self._lock:
            if self._granted is refused or self._granted is None:
                self._granted = _obtain(self._entry)
            return self._granted


def _obtain(entry: Entry) -> Granted:
    """The order of precedence is the official client's: auth-provider, token, exec plugin, password; certificates
    besides."""
    user = entry.user
    fixed = Granted(certificate=entry.certificate, key=entry.key)
    if isinstance(user.get("auth-provider"), dict):
        return _from_provider(entry)
    token_file = user.get("tokenFile")
    if isinstance(token_file, str) and token_file:
        return _from_file(entry, entry.folder / Path(token_file).expanduser())
    if isinstance(user.get("token"), str) and user["token"]:
        return Granted(f"Bearer {_header_safe(user['token'], 'token')}", entry.certificate, entry.key)
    if isinstance(user.get("exec"), dict):
        return from_plugin(entry)
    if isinstance(user.get("username"), str) and isinstance(user.get("password"), str):
        pair = base64.b64encode(f"{user['username']}:{user['password']}".encode()).decode()
        return Granted(f"Basic {pair}", entry.certificate, entry.key)
    return fixed


def _header_safe(token: str, what: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise KubeconfigError(f"the {what} holds characters that no token has", fix="Fetch a new kubeconfig.")
    return token


def _from_file(entry: Entry, path: Path) -> Granted:
    try:
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no plain text"
        raise KubeconfigError(f"token file {inert(path)} cannot be read: {why}", fix="Restore the file.") from None
    renew_at = time.time() + _REREAD
    return Granted(f"Bearer {_header_safe(token, 'token file')}", entry.certificate, entry.key, None, renew_at)


def _from_provider(entry: Entry) -> Granted:
    """The older auth-provider section (oidc, gcp), left to the official client; nothing is written back."""
    with IMPORTING:
        from kubernetes.client.configuration import Configuration
        from kubernetes.config.kube_config import KubeConfigLoader

    document = {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "clusters": [{"name": "one", "cluster": {"server": entry.server}}],
        "users": [{"name": "one", "user": {"auth-provider": entry.user["auth-provider"]}}],
    }
    configuration = Configuration()
    try:
        KubeConfigLoader(document, active_context="one", config_base_path=str(entry.folder)).load_and_set(configuration)
    except Exception as error:
        raise KubeconfigError(
            f"the auth-provider of user '{inert(entry.user_name, 80)}' failed: {inert(type(error).__name__)}",
            fix="Log in again with your provider's tool.",
        ) from None
    token = configuration.api_key.get("BearerToken")
    if not token:
        raise KubeconfigError(
            f"the auth-provider of user '{inert(entry.user_name, 80)}' gave no token",
            fix="Log in again with your provider's tool, or use an exec plugin.",
        )
    return Granted(token, entry.certificate, entry.key, None, time.time() + _REREAD)


def from_plugin(entry: Entry) -> Granted:
    """Run the exec plugin. Raises `KubeconfigError` with its own words where it fails."""
    section: Mapping[str, Any] = entry.user["exec"]
    command = section.get("command")
    version = section.get("apiVersion")
    who = f"the exec plugin of user '{inert(entry.user_name, 80)}'"
    if not isinstance(command, str) or not command or not isinstance(version, str):
        raise KubeconfigError(f"{who} has no command or no apiVersion", fix="Fetch a new kubeconfig.")
    shown = inert(Path(command).name, 80)
    status = _status(_run(command, section, entry, f"{who} ({shown})"), version, f"{who} ({shown})")
    expires = _moment(status.get("expirationTimestamp"))
    renew_at = None
    if expires is not None:
        now = time.time()
        renew_at = max(now, expires - min(_EARLY, 0.2 * max(0.0, expires - now)))
    token = status.get("token")
    certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
    if isinstance(token, str) and token:
        return Granted(
            f"Bearer {_header_safe(token, 'token of the exec plugin')}",
            certificate.encode() if isinstance(certificate, str) and isinstance(key, str) else entry.certificate,
            key.encode() if isinstance(certificate, str) and isinstance(key, str) else entry.key,
            expires,
            renew_at,
        )
    if isinstance(certificate, str) and isinstance(key, str):
        return Granted(None, certificate.encode(), key.encode(), expires, renew_at)
    raise KubeconfigError(f"{who} ({shown}) gave neither a token nor a client certificate with its key", fix=_run_it())


def _run(command: str, section: Mapping[str, Any], entry: Entry, who: str) -> bytes:
    if section.get("interactiveMode") == "Always":
        raise KubeconfigError(
            f"{who} wants a terminal (interactiveMode: Always), which it cannot have here",
            fix="Log in with kubectl first, or use a credential that needs no terminal.",
        )
    if os.sep in command:
        command = str(entry.folder / Path(command).expanduser())
    args = [str(word) for word in section.get("args") or () if isinstance(word, str | int | float)]
    try:
        process = subprocess.Popen(
            [command, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(section, entry),
            start_new_session=True,
        )
    except OSError as error:
        hint = section.get("installHint")
        raise KubeconfigError(
            f"{who} cannot be started: {error.strerror}",
            fix=inert(hint, 300) if isinstance(hint, str) and hint else "Install it, or correct its path and mode.",
        ) from None
    try:
        out, said = process.communicate(timeout=PLUGIN_TIME)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise KubeconfigError(f"{who} gave no credential within {PLUGIN_TIME:.0f} s", fix=_run_it()) from None
    if process.returncode != 0:
        words = inert(said.decode("utf-8", "replace").strip()[-300:], 300)
        because = f": {words}" if words else ""
        raise KubeconfigError(f"{who} failed with exit code {process.returncode}{because}", fix=_run_it())
    return out


def _environment(section: Mapping[str, Any], entry: Entry) -> dict[str, str]:
    environment = dict(os.environ)
    for item in section.get("env") or ():
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            environment[item["name"]] = str(item.get("value", ""))
    spec: dict[str, Any] = {"interactive": False}
    if section.get("provideClusterInfo") is True:
        names = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
        cluster = {name: entry.cluster[name] for name in names if name in entry.cluster}
        if entry.ca is not None:
            cluster["certificate-authority-data"] = base64.b64encode(entry.ca).decode()
        for extension in entry.cluster.get("extensions") or ():
            if isinstance(extension, dict) and extension.get("name") == "client.authentication.k8s.io/exec":
                cluster["config"] = extension.get("extension")
        spec["cluster"] = cluster
    info = {"apiVersion": section["apiVersion"], "kind": "ExecCredential", "spec": spec}
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(info, default=str)
    return environment


def _status(out: bytes, version: str, who: str) -> Mapping[str, Any]:
    try:
        document = json.loads(out)
    except (ValueError, RecursionError):
        raise KubeconfigError(f"{who} answered with something that is no JSON", fix=_run_it()) from None
    if not isinstance(document, dict) or not isinstance(document.get("status"), dict):
        raise KubeconfigError(f"{who} answered with no ExecCredential", fix=_run_it())
    if document.get("apiVersion") != version:
        said = inert(document.get("apiVersion"), 80)
        raise KubeconfigError(f"{who} speaks {said}, the kubeconfig asks for {inert(version, 80)}", fix=_run_it())
    status: Mapping[str, Any] = document["status"]
    return status


def _run_it() -> str:
    return "Run it by hand to see why, or log in again and retry."


def _moment(text: object) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
