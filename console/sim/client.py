"""A small Kubernetes client for the controllers: list, watch, create, patch, and a mirror of one resource that resumes,
relists after 410 and outlives the server's absence. It knows no more of the server than any other client does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import msgspec

if TYPE_CHECKING:
    import aiohttp

Obj = dict[str, Any]
Place = tuple[str, str]
"""Namespace ("" at cluster scope) and name."""

PAGE = 500
"""Objects asked for at a time."""
WATCH_SECONDS = 300
"""How long one watch request lives, as client-go's 5 to 10 minutes."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
"""Seconds between two attempts, doubled from the first to the longest."""
BUSY = 10
"""Times that a server may ask for patience (Retry-After) before that is its answer, as client-go has it."""


class Resource(NamedTuple):
    """A resource by the words of its address; `group` is "" for the core group."""

    group: str
    version: str
    plural: str
    kind: str

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Its path; without a namespace that of all namespaces or of the cluster's scope."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        parts += ["namespaces", namespace] if namespace else []
        parts += [each for each in (self.plural, name, subresource) if each]
        return "/" + "/".join(quote(part, safe="") for part in parts)

    @property
    def api_version(self) -> str:
        """`networking.k8s.io/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version


ALB_CONFIGS = Resource("alibabacloud.com", "v1", "albconfigs", "AlbConfig")
EVENTS = Resource("", "v1", "events", "Event")
INGRESSES = Resource("networking.k8s.io", "v1", "ingresses", "Ingress")
INGRESS_CLASSES = Resource("networking.k8s.io", "v1", "ingressclasses", "IngressClass")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
MANAGED_CLUSTERS = Resource("cluster.open-cluster-management.io", "v1", "managedclusters", "ManagedCluster")


class Refusal(Exception):
    """The server answered with a Status: `code` and `reason` are its own."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class WatchEvent(NamedTuple):
    """One line of a watch: ADDED, MODIFIED, DELETED or BOOKMARK, and the object."""

    type: str
    object: Obj


def place(obj: Obj) -> Place:
    """Where an object stands."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


class Client:
    """One identity at one API server. `agent` is its User-Agent, from which the server takes the field manager.
    `mark`: labels that it puts on what it makes, and without which it lists and watches nothing; `tests`: resources of
    which it lists and watches, in place of that, whatever passes a test. `server_name`: whose certificate the server
    shows, where it is not the host's.

    Every method raises `Refusal` where the server says no, and `aiohttp.ClientError`, `OSError` or `TimeoutError` where
    it does not answer. A server that is busy is asked again when it says.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        server: str,
        token: str,
        *,
        agent: str,
        mark: Mapping[str, str] | None = None,
        tests: Mapping[Resource, Callable[[Obj], bool]] | None = None,
        server_name: str | None = None,
    ) -> None:
        self._session = session
        self._server = server.rstrip("/")
        self._headers = {"User-Agent": agent, "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._mark = dict(mark or {})
        self._tests = tests or {}
        self._server_name = server_name

    async def list(self, resource: Resource, namespace: str = "") -> tuple[list[Obj], str]:
        """All objects, page by page, and the resourceVersion to watch from."""
        items: list[Obj] = []
        query = {"limit": str(PAGE), **self._selection(resource)}
        # Items of the built-in kinds come without these.
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        while True:
            found = await self._call("GET", resource.path(namespace), query=query)
            items += ({**kind, **item} for item in found.get("items") or ())
            metadata = found.get("metadata", {})
            if not metadata.get("continue"):
                passes = self._tests.get(resource)
                kept = items if passes is None else [item for item in items if passes(item)]
                return kept, metadata.get("resourceVersion", "")
            query = {**query, "continue": metadata["continue"]}

    async def get(self, resource: Resource, namespace: str, name: str) -> Obj:
        """One object."""
        return await self._call("GET", resource.path(namespace, name))

    async def document(self, path: str) -> Obj:
        """A document that is no resource: `/version`."""
        return await self._call("GET", path)

    async def create(self, resource: Resource, obj: Obj) -> Obj:
        """A new object, in the namespace that its metadata names."""
        if self._mark:
            labels = {**(obj["metadata"].get("labels") or {}), **self._mark}
            obj = {**obj, "metadata": {**obj["metadata"], "labels": labels}}
        return await self._call("POST", resource.path(obj["metadata"].get("namespace", "")), body=obj)

    async def merge(
        self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any], *, subresource: str = ""
    ) -> Obj:
        """A JSON merge patch: names only what is to change, so that nobody else's field is touched."""
        path = resource.path(namespace, name, subresource)
        return await self._call("PATCH", path, body=patch, content_type="application/merge-patch+json")

    async def delete(self, resource: Resource, namespace: str, name: str) -> Obj:
        """Delete one object; what it owns goes with it."""
        return await self._call("DELETE", resource.path(namespace, name))

    async def watch(self, resource: Resource, version: str, namespace: str = "") -> AsyncGenerator[WatchEvent, None]:
        """Changes after `version`, until the server ends the request; what passes its resource's test no more comes as
        DELETED. Raises `Refusal` 410 where the server forgot them."""
        import aiohttp

        query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true"}
        query |= self._selection(resource)
        query["timeoutSeconds"] = str(WATCH_SECONDS)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=WATCH_SECONDS + 30)
        address, passes = self._server + resource.path(namespace), self._tests.get(resource)
        async with self._session.get(
            address, params=query, headers=self._headers, timeout=timeout, server_hostname=self._server_name
        ) as answer:
            await _raise_for(answer)
            rest = b""
            async for chunk in answer.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for event in map(_watched, filter(None, lines)):
                    gone = passes is not None and event.type != "BOOKMARK" and not passes(event.object)
                    yield WatchEvent("DELETED", event.object) if gone else event

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> Obj:
        data = None if body is None else msgspec.json.encode(body)
        headers = self._headers if body is None else {**self._headers, "Content-Type": content_type}
        address, name = self._server + path, self._server_name
        for attempt in range(BUSY + 1):
            async with self._session.request(
                method, address, params=query, data=data, headers=headers, server_hostname=name
            ) as answer:
                wait = _busy(answer) if attempt < BUSY else None
                if wait is None:
                    await _raise_for(answer)
                    found: Obj = msgspec.json.decode(await answer.read())
                    return found
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt answers or raises")

    def _selection(self, resource: Resource) -> dict[str, str]:
        """The query that leaves out what does not carry the mark, where no test does."""
        selector = ",".join(f"{key}={value}" for key, value in self._mark.items())
        return {"labelSelector": selector} if selector and resource not in self._tests else {}


class Mirror:
    """A local copy of one resource, kept by list and watch. `changed(before, now)` is called for every difference, with
    None for what was not or is no more there; `ready` is set once the first list is in."""

    def __init__(
        self, client: Client, resource: Resource, changed: Callable[[Obj | None, Obj | None], None] | None = None
    ) -> None:
        self._client = client
        self._resource = resource
        self._changed = changed
        self.objects: dict[Place, Obj] = {}
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Follow the resource until cancelled."""
        import aiohttp

        pause, version = FIRST_PAUSE, ""
        while True:
            try:
                if not version:
                    items, version = await self._client.list(self._resource)
                    self._replace(items)
                    self.ready.set()
                async for event in self._client.watch(self._resource, version):
                    version = event.object["metadata"].get("resourceVersion", version)
                    pause = FIRST_PAUSE
                    if event.type != "BOOKMARK":
                        self._take(event)
            except (Refusal, aiohttp.ClientError, OSError, TimeoutError) as failure:
                # A lost connection, or a busy server's, resumes where it broke; one that forgot that place is asked for
                # all.
                if isinstance(failure, Refusal) and failure.code != 429 and failure.code < 500:
                    version = ""
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))
                pause = min(pause * 2, LONGEST_PAUSE)

    def _take(self, event: WatchEvent) -> None:
        where = place(event.object)
        if event.type == "DELETED":
            self._tell(self.objects.pop(where, None), None)
            return
        before = self.objects.get(where)
        self.objects[where] = event.object
        self._tell(before, event.object)

    def _replace(self, items: list[Obj]) -> None:
        kept = {place(item): item for item in items}
        former, self.objects = self.objects, kept
        for where in former.keys() - kept.keys():
            self._tell(former[where], None)
        for where, item in kept.items():
            before = former.get(where)
            if before is None or before["metadata"].get("resourceVersion") != item["metadata"].get("resourceVersion"):
                self._tell(before, item)

    def _tell(self, before: Obj | None, now: Obj | None) -> None:
        if self._changed is not None and (before is not None or now is not None):
            self._changed(before, now)


def _busy(answer: aiohttp.ClientResponse) -> float | None:
    """Seconds after which the server wants to be asked again; None where it did not say so. As client-go: only 429 and
    failures of the server that carry Retry-After, since such a request was not carried out."""
    said = answer.headers.get("Retry-After", "")
    if not said.isdecimal() or (answer.status != 429 and answer.status < 500):
        return None
    return min(float(said), LONGEST_PAUSE) * random.uniform(1.0, 1.2)


async def _raise_for(answer: aiohttp.ClientResponse) -> None:
    if answer.status < 400:
        return
    body = await answer.read()
    try:
        status = msgspec.json.decode(body)
    except msgspec.DecodeError:
        status = None
    if not isinstance(status, dict):
        raise Refusal(answer.status, "", body[:200].decode("utf-8", "replace"))
    raise Refusal(answer.status, str(status.get("reason", "")), str(status.get("message", "")))


def _watched(line: bytes) -> WatchEvent:
    found = msgspec.json.decode(line)
    event = WatchEvent(found["type"], found["object"])
    if event.type == "ERROR":
        status = event.object
        raise Refusal(status.get("code", 500), str(status.get("reason", "")), str(status.get("message", "")))
    return event
