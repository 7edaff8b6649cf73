"""One connection to a hub's or a member's Kubernetes API: raw calls, streams, and the few questions that all parts ask.

Of the official client the configuration, proxies and connection pool are used (tls.py); requests and answers stay raw.
Nothing here prints, reads a terminal or follows the kubeconfig once it is open.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import msgspec

from console import log
from console.errors import Answered, FleetConsoleError, KubeconfigError, Lost
from console.imports import IMPORTING
from console.kube.answer import LARGEST, Answer, Stream
from console.kube.credential import Credential, Granted
from console.kube.kubeconfig import Entry, load
from console.kube.tls import expiry_hint, pool_of, same_certificate
from console.kube.trouble import failure, lost, permission
from console.model.text import inert

__all__ = ["Answer", "Hub", "Stream", "failure", "permission"]

_LONGEST = 120.0
"""Seconds that one answer may take in all, however steadily it trickles."""
_RENEW_EVERY = 10.0
"""Seconds between two renewals of a refused credential: a plugin is not run once per thread and answer."""


class Hub:
    """An opened hub. Any thread may call any method."""

    def __init__(self, entry: Entry, called: str = "the hub") -> None:
        self.called = called
        """What it is called in sentences."""
        self.context = entry.context
        """The context's name."""
        self.server = entry.server
        """The address of the API server."""
        self.skew: float | None = None
        """The server's clock minus ours, seconds, from the newest Date header; None before the first."""
        self.skew_between: tuple[float, float] | None = None
        """The bounds that all Date headers so far leave for it."""
        self.heard: Callable[[str, str, Sequence[tuple[str, str]], Answer], None] | None = None
        """Is told the answer to every write: method, path, query, answer."""
        self._entry = entry
        self._credential = Credential(entry)
        self._lock = threading.Lock()
        self._pool: tuple[Granted, Any] | None = None
        self._renewed = 0.0

    @classmethod
    def open(cls, kubeconfig: str | None, context: str | None, called: str = "the hub") -> Hub:
        """Read the kubeconfig, run its exec plugin and make TLS ready; blocks, and sends nothing to the server yet.

        Raises `KubeconfigError` with the next step. What was read is kept: later edits of any file change nothing.
        """
        hub = cls(load(kubeconfig, context), called)
        hub._ready()
        return hub

    def granted(self) -> Granted:
        """The credential that holds now, TLS made ready for it. Raises `KubeconfigError` as `open` does."""
        return self._ready()[0]

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: object | bytes | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout: tuple[float, float] = (5, 10),
    ) -> Answer:
        """One request; `timeout` is (to connect, between two pieces of the answer) in seconds.

        Raises `Lost` where no answer came, `KubeconfigError` where the exec plugin fails; any status is an answer.
        Reads are sent again once where a kept connection had gone; writes never are.
        """
        sent: dict[str, Any] = {"query": query, "body": body, "accept": accept, "content_type": content_type}
        answer, granted = self._exchange(method, path, timeout, **sent)
        if answer.status == 401 and self._renew(granted):
            answer, granted = self._exchange(method, path, timeout, **sent)
        if self.heard is not None and method != "GET":
            self.heard(method, path, query, answer)
        if answer.status != 401:
            return answer
        return Answer(answer.status, answer.headers, answer.body, expiry_hint(granted))

    def stream(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        timeout: tuple[float, float] = (5, 90),
        *,
        doing: str = "watch",
        permission: str = "",
    ) -> Stream:
        """Open a watch. Raises `Lost`, or the failure of an answer that is no 200; `timeout[1]` must exceed the silence
        between two bookmarks, or a quiet watch ends."""
        response, granted = self._send("GET", path, timeout, query=query, accept="application/json")
        if response.status == 401 and self._renew(granted):
            self._read(response, timeout)
            response, granted = self._send("GET", path, timeout, query=query, accept="application/json")
        if response.status != 200:
            raise failure(self._read(response, timeout), doing, permission, self.called)
        return Stream(response, self.server, timeout)

    def fleet_uid(self) -> str:
        """The Fleet's identity: the UID of namespace kube-system. Raises `Denied`, `Lost` or `Answered`."""
        answer = self.call("GET", "/api/v1/namespaces/kube-system", timeout=(4, 6))
        if not answer.ok:
            raise failure(answer, "read namespace kube-system", permission("get", "", "namespaces"), self.called)
        document = answer.json()
        metadata = document.get("metadata") if isinstance(document, dict) else None
        uid = metadata.get("uid") if isinstance(metadata, dict) else None
        if not isinstance(uid, str) or not uid:
            raise Answered(
                f"{inert(self.server, 120)} answered with no namespace",
                status=answer.status,
                fix="Check that the kubeconfig's server is a Kubernetes API.",
            )
        return inert(uid, 80)

    def whoami(self) -> str | None:
        """The user as the hub knows us (SelfSubjectReview); None where the server has no such question."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = self.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=review)
        if answer.status == 401:
            raise failure(answer, "tell who we are")
        user = _inside(answer, "status", "userInfo", "username")
        return inert(user, 200) if isinstance(user, str) and user else None

    def allowed(
        self, verb: str, group: str, resource: str, namespace: str | None = None, name: str | None = None
    ) -> bool | None:
        """Whether we may (SelfSubjectAccessReview); None where the server does not say."""
        wanted = {"verb": verb, "group": group, "resource": resource, "namespace": namespace, "name": name}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in wanted.items() if value is not None}},
        }
        answer = self.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=review)
        said = _inside(answer, "status", "allowed")
        return said if isinstance(said, bool) else None

    def close(self) -> None:
        """Drop kept connections; calls under way end by themselves."""
        with self._lock:
            if self._pool is not None:
                with suppress(Exception):
                    self._pool[1].clear()

    def _exchange(self, method: str, path: str, timeout: tuple[float, float], **sent: Any) -> tuple[Answer, Granted]:
        response, granted = self._send(method, path, timeout, **sent)
        return self._read(response, timeout), granted

    def _send(
        self,
        method: str,
        path: str,
        timeout: tuple[float, float],
        *,
        query: Sequence[tuple[str, str]] = (),
        body: object | bytes | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
    ) -> tuple[Any, Granted]:
        with IMPORTING:
            from urllib3 import Timeout
            from urllib3.exceptions import LocationValueError, ProtocolError

        granted, pool = self._ready()
        headers = {"Accept": accept, "User-Agent": "fleet-console"}
        if not any(key == "watch" for key, _ in query):
            headers["Accept-Encoding"] = "gzip"
        if granted.authorization is not None:
            headers["Authorization"] = granted.authorization
        data: bytes | None = None
        if body is not None:
            data = body if isinstance(body, bytes) else msgspec.json.encode(body)
            headers["Content-Type"] = content_type
        url = f"{self.server}{path}?{urlencode(query)}" if query else f"{self.server}{path}"
        before, began = time.time(), time.monotonic()
        send = partial(
            pool.request,
            method,
            url,
            body=data,
            headers=headers,
            timeout=Timeout(connect=timeout[0], read=timeout[1]),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            try:
                response = send()
            except ProtocolError:
                if method != "GET":
                    raise
                pool.clear()  # kept connections have gone, and none of the others is any better
                response = send()
        except LocationValueError:
            raise KubeconfigError(
                f"{inert(self.server, 120)} is no server address", fix="Correct it in the kubeconfig."
            ) from None
        except Exception as error:
            found = lost(error, self.server, timeout, expiry_hint(granted))
            log.note("hub", method, path, "no answer", log.lasted(began), found)
            raise found from error
        watching = "watch" if any(key == "watch" for key, _ in query) else ""
        log.note("hub", method, path, watching, response.status, log.lasted(began))
        self._note_clock(response.headers.get("Date"), before, time.time())
        return response, granted

    def _read(self, response: Any, timeout: tuple[float, float]) -> Answer:
        deadline = time.monotonic() + _LONGEST
        parts: list[bytes] = []
        size = 0
        try:
            while piece := response.read1(1 << 18):
                size += len(piece)
                parts.append(piece)
                if size > LARGEST or time.monotonic() > deadline:
                    response.close()
                    raise Lost(f"{inert(self.server, 120)} sent an answer that is too large or too slow")
        except FleetConsoleError:
            raise
        except Exception as error:
            response.close()
            raise lost(error, self.server, timeout) from error
        response.release_conn()
        return Answer(response.status, response.headers, b"".join(parts))

    def _note_clock(self, date: str | None, before: float, after: float) -> None:
        """A Date header is cut to the second: half a second late on average. Each one bounds the difference; a clock
        that was set meanwhile breaks the bounds, and they begin anew."""
        with suppress(TypeError, ValueError, OverflowError):
            if date:
                told = parsedate_to_datetime(date).timestamp()
                self.skew = told + 0.5 - (before + after) / 2
                low, high = self.skew_between or (told - after, told + 1.0 - before)
                low, high = max(low, told - after), min(high, told + 1.0 - before)
                self.skew_between = (low, high) if low <= high else (told - after, told + 1.0 - before)

    def _ready(self) -> tuple[Granted, Any]:
        """The credential that holds now and a pool that presents its certificate."""
        granted = self._credential.granted()
        with self._lock:
            if self._pool is not None and same_certificate(self._pool[0], granted):
                return granted, self._pool[1]
            self._pool = (granted, pool_of(self._entry, granted))
            return granted, self._pool[1]

    def _renew(self, refused: Granted) -> bool:
        """Ask for another credential after a 401; False where there can be none, or one was asked for just now."""
        if not self._credential.renewable:
            return False
        with self._lock:
            recent = time.monotonic() - self._renewed < _RENEW_EVERY
            if not recent:
                self._renewed = time.monotonic()
        if recent:
            return self._credential.granted() is not refused
        self._credential.renew(refused)
        return True


def _inside(answer: Answer, *names: str) -> object:
    """A field of a JSON answer that is a yes; None for everything else."""
    if not answer.ok:
        return None
    try:
        found: Any = answer.json()
    except Answered:
        return None
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found
