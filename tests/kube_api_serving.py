"""A simulated Kubernetes API served from a thread on a free loopback port, with a kubeconfig context per role."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from aiohttp import web

from console.sim.kubeapi import KubeApi, Role
from console.sim.kubeapi.certificate import issue

CRDS = Path(__file__).parent.parent / "assets" / "manifests" / "crds"
TOKENS = {"admin-token": Role.ADMIN, "operator-token": Role.OPERATOR, "viewer-token": Role.VIEWER}
T = TypeVar("T")


class Served:
    """A running server: where it is, and a way to call into it on its own loop."""

    def __init__(
        self, api: KubeApi, loop: asyncio.AbstractEventLoop, url: str, kubeconfig: Path, authority: bytes
    ) -> None:
        self.api = api
        self.url = url
        self.kubeconfig = kubeconfig
        self.authority = authority
        self._loop = loop

    def on_loop(self, call: Callable[[], T]) -> T:
        """Run `call` in the server's loop, as its owner would."""

        async def run() -> T:
            return call()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def kubectl(self, *arguments: str, stdin: str = "", role: str = "admin") -> subprocess.CompletedProcess[str]:
        """The real kubectl as one of the roles."""
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig), "--context", role, *arguments]
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.kubeconfig.parent), "KUBE_EDITOR": ""}
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30, env=environment)


def crds() -> list[dict[str, Any]]:
    """The CRDs that the simulator ships, the caller's own."""
    return [json.loads(text) for text in _crds()]


@cache
def _crds() -> list[str]:
    """Each as JSON: hundreds of servers need them, and YAML takes ten times longer to read."""
    texts = [path.read_text("utf-8") for path in sorted(CRDS.iterdir())]
    return [text if text.startswith("{") else json.dumps(yaml.safe_load(text)) for text in texts]


@contextmanager
def serving(directory: Path, **options: Any) -> Iterator[Served]:
    """Serve a KubeApi until the block ends."""
    api = KubeApi(tokens=TOKENS, **{"crds": crds(), **options})
    certificate = issue()
    loop = asyncio.new_event_loop()
    started: list[int] = []
    ready = threading.Event()

    async def serve() -> Callable[[], Awaitable[None]]:
        runner = web.AppRunner(api.application(), shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.context())
        await site.start()
        started.append(runner.addresses[0][1])
        ready.set()
        return runner.cleanup

    def run() -> None:
        asyncio.set_event_loop(loop)
        cleanup = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    url = f"https://127.0.0.1:{started[0]}"
    kubeconfig = directory / "kubeconfig"
    kubeconfig.write_text(json.dumps(_kubeconfig(url, certificate.authority)), "utf-8")
    try:
        yield Served(api, loop, url, kubeconfig, certificate.authority)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def fixed_clock() -> datetime:
    """A clock that stands still."""
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _kubeconfig(url: str, authority: bytes) -> dict[str, Any]:
    trusted = base64.b64encode(authority).decode()
    users = [{"name": str(role), "user": {"token": token}} for token, role in TOKENS.items()]
    users.append({"name": "stranger", "user": {"token": "wrong"}})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "admin",
        "clusters": [{"name": "fleet", "cluster": {"server": url, "certificate-authority-data": trusted}}],
        "users": users,
        "contexts": [{"name": user["name"], "context": {"cluster": "fleet", "user": user["name"]}} for user in users],
    }
