"""A hub whose every answer is scripted by the test: what no well-behaved API server would do on demand."""

from __future__ import annotations

import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from console.kube.feed import Feed
from console.model.freshness import Source, SourceName, SourceState
from console.store.events import Changed, Gone, Heard, Listed, Unread

Told = tuple[int, Any] | tuple[int, Any, Mapping[str, str]]
END = object()
"""In a watch's queue: the server ends it."""
BREAK = object()
"""In a watch's queue: the link breaks."""


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def watching(self) -> bool:
        return self.query.get("watch") == "true"


def status(code: int, reason: str, message: str = "") -> dict[str, Any]:
    """A Status object."""
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}


def page(*items: Any, version: str = "10", following: str | None = None) -> dict[str, Any]:
    """One page of a list."""
    meta = {"resourceVersion": version, **({"continue": following} if following else {})}
    return {"kind": "List", "metadata": meta, "items": list(items)}


def change(kind: str, thing: Any) -> bytes:
    """One line of a watch."""
    return json.dumps({"type": kind, "object": thing}).encode() + b"\n"


def bookmark(version: str) -> bytes:
    """A bookmark's line."""
    return change("BOOKMARK", {"metadata": {"resourceVersion": version}})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that break off are part of the play."""


class ScriptedHub:
    """Serves on loopback. `answer[path]` tells what is said to plain requests, `watch[path]` holds lines of watches."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: dict[str, Callable[[Request], Told]] = {}
        self.watch: dict[str, queue.Queue[Any]] = {}
        self.refuse_watch: dict[str, Told] = {}
        self.uid = "uid-1"
        self.answer["/api/v1/namespaces/kube-system"] = lambda _: (200, {"metadata": {"uid": self.uid}})
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def lists(self, path: str, *answers: Told) -> None:
        """Answers of a list, one after the other; the last is repeated."""
        waiting = list(answers)
        self.answer[path] = lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]
        self.watch.setdefault(path, queue.Queue())

    def close(self) -> None:
        """Stop serving."""
        for waiting in self.watch.values():
            waiting.put(END)
        self._server.shutdown()
        self._server.server_close()

    def asked(self, path: str, *, watching: bool = False) -> list[Request]:
        """The requests for one path."""
        return [request for request in list(self.requests) if request.path == path and request.watching == watching]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: ScriptedHub

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers.items()), body)
        self.hub.requests.append(request)
        if request.watching and request.path not in self.hub.refuse_watch:
            self._stream(self.hub.watch.setdefault(request.path, queue.Queue()))
            return
        if request.watching:
            told = self.hub.refuse_watch[request.path]
        else:
            known = self.hub.answer.get(request.path)
            told = known(request) if known else (404, status(404, "NotFound"))
        payload = told[1] if isinstance(told[1], bytes) else json.dumps(told[1]).encode()
        self.send_response(told[0])
        for name, value in (told[2] if len(told) == 3 else {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_PATCH = _serve  # noqa: N815 - the names that http.server looks for

    def _stream(self, lines: queue.Queue[Any]) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while (line := lines.get()) is not END:
            if line is BREAK:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *words: object) -> None:
        """Say nothing."""


class Collected:
    """Everything a reader posted; `until` waits for it."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._news = threading.Condition()
        self.feed = Feed(self.post, time.monotonic)

    def post(self, *observations: Any) -> None:
        with self._news:
            self.all.extend(observations)
            self._news.notify_all()

    def until(self, wanted: Callable[[], bool], seconds: float = 5.0) -> bool:
        """Whether `wanted` comes true in time."""
        with self._news:
            return self._news.wait_for(wanted, seconds)

    def states(self, source: SourceName) -> list[SourceState]:
        """The states a source went through, repetitions left out."""
        found: list[SourceState] = []
        for one in self.heard(source):
            if not found or found[-1] is not one.state:
                found.append(one.state)
        return found

    def heard(self, source: SourceName) -> list[Source]:
        return [one.source for one in self.all if isinstance(one, Heard) and one.source.name is source]

    def last(self, source: SourceName) -> Source | None:
        """What was said last of a source."""
        return next(iter(reversed(self.heard(source))), None)

    def facts(self) -> dict[str, Any]:
        """What a store would hold now."""
        held: dict[str, Any] = {}
        for one in self.all:
            if isinstance(one, Listed):
                held = dict(one.facts)
            elif isinstance(one, Changed):
                held[one.key] = one.fact
            elif isinstance(one, Gone | Unread):
                held.pop(one.key, None)
        return held

    def lists(self) -> list[Listed]:
        return [one for one in self.all if isinstance(one, Listed)]


def kubeconfig(
    path: Path, server: str, user: dict[str, Any] | None = None, *, cluster: Mapping[str, Any] | None = None
) -> str:
    """Write a kubeconfig of one context `hub`; returns its path."""
    document = {
        "current-context": "hub",
        "contexts": [{"name": "hub", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": "u", "user": user or {"token": "tok"}}],
    }
    path.write_text(json.dumps(document))
    return str(path)


@pytest.fixture
def scripted() -> Iterator[ScriptedHub]:
    """A hub that says what the test tells it to."""
    hub = ScriptedHub()
    yield hub
    hub.close()
