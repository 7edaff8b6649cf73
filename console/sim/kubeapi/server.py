"""The simulator's Kubernetes API: an aiohttp application that kubectl and others take for an API server."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from console.sim.kubeapi import crds as custom
from console.sim.kubeapi import negotiation, openapi
from console.sim.kubeapi.access import Access
from console.sim.kubeapi.builtins import builtin_resources
from console.sim.kubeapi.discovery import Discovery
from console.sim.kubeapi.handlers import Handlers
from console.sim.kubeapi.incoming import Write
from console.sim.kubeapi.objects import Objects
from console.sim.kubeapi.paths import is_resource
from console.sim.kubeapi.resources import Registry, Resource
from console.sim.kubeapi.status import ApiError, Obj, Unanswered, method_not_allowed, no_such_path, unauthorized
from console.sim.kubeapi.store import Store

Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
"""Consulted before a request is looked at: may wait, may answer in the server's place, may cut the connection."""

_HEALTH = ("/healthz", "/livez", "/readyz")


class KubeApi:
    """One API server in memory. Before it serves, any thread may `seed`, `amend` and `place`; from then on all methods
    belong to the loop that serves `application()`."""

    def __init__(
        self,
        *,
        tokens: Mapping[str, str],
        crds: Sequence[Obj] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        bookmark_every: float = 5.0,
        history: int = 2000,
        version: str = "v1.32.4",
    ) -> None:
        self.faults: list[Fault] = []
        self.afterwards: list[Callable[[web.Request], None]] = []
        """Told once a request was carried out. What one raises is answered in its place; `Unanswered`: nothing is, and
        the connection breaks."""
        self.access = Access(tokens)
        self._version = version
        self._store = Store(history)
        self._registry = Registry()
        for resource in builtin_resources():
            self._registry.add(resource)
        self._objects = Objects(self._store, self._registry, clock)
        self._handlers = Handlers(self._store, self._registry, self._objects, self.access, bookmark_every)
        self._discovery = Discovery(self._registry)
        self._documents = openapi.Documents(self._registry, version)
        for name in ("default", "kube-system"):
            self.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, manager="kube-apiserver")
        for crd in crds:
            self.seed(crd, manager="kube-apiserver")

    def application(self) -> web.Application:
        """The aiohttp application; its answers carry the Date of the server's clock."""
        application = web.Application(client_max_size=negotiation.BODY_LIMIT)
        application.router.add_route("*", "/{path:.*}", self._answer)
        application.on_shutdown.append(self._close)
        return application

    def seed(self, obj: Obj, *, manager: str = "seed") -> Obj:
        """Create an object from inside, its status included; missing namespaces are made.

        Returns a copy of what is stored. Raises `ApiError` where the server would refuse it.
        """
        resource = self._resource_of(obj)
        body = msgspec.json.decode(msgspec.json.encode(obj))
        status = body.get("status")
        namespace = ""
        if resource.namespaced:
            namespace = body.setdefault("metadata", {}).setdefault("namespace", "default")
            if self._store.get(("", "namespaces"), ("", namespace)) is None:
                self.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, manager=manager)
        done = self._objects.create(resource, namespace, body, Write(manager=manager, validation="Ignore"))
        if status is not None and resource.has_status and resource.key != custom.CRD_KEY:
            write = Write(manager=manager, validation="Ignore", subresource="status")
            patch = {"status": status}
            done = self._objects.patch(resource, done.stored.place, "application/merge-patch+json", patch, write)
        return done.stored.copy()

    def amend(self, obj: Obj, patch: Obj, *, manager: str = "seed") -> Obj:
        """Merge a patch into an object that is there, from inside: its status where that is apart, else the whole.

        Returns a copy of what is stored. Raises `ApiError` where the server would refuse it.
        """
        resource = self._resource_of(obj)
        place = (obj["metadata"].get("namespace", "") if resource.namespaced else "", obj["metadata"]["name"])
        subresource = "status" if resource.has_status and "status" in patch else ""
        write = Write(manager=manager, validation="Ignore", subresource=subresource)
        return self._objects.patch(resource, place, "application/merge-patch+json", patch, write).stored.copy()

    def place(self, obj: Obj) -> None:
        """Store a whole object as it stands, from inside, new or in the place of the one of its name: neither checked
        nor owned anew, for those who know it to be right. It belongs to the server from here on."""
        self._store.put(self._resource_of(obj).key, obj)

    def object(self, group: str, plural: str, namespace: str, name: str) -> Obj | None:
        """An object as it is stored, not to be changed; None where there is none."""
        stored = self._store.get((group, plural), (namespace, name))
        return None if stored is None else stored.obj

    def objects(self, group: str, plural: str) -> list[Obj]:
        """All objects of a resource as they are stored, in order of place; not to be changed."""
        return [stored.obj for stored in self._store.list((group, plural))]

    def link(self, passes: Callable[[web.Request], Awaitable[bool]]) -> None:
        """Have `passes` asked before all news of every watch; it may take its time, or say that the watch is over."""
        self._handlers.passes = passes

    def compact(self) -> None:
        """Forget watch history: the next watch that resumes gets 410 Gone, as does every old continue token."""
        self._store.compact()

    def _resource_of(self, obj: Obj) -> Resource:
        group, _, version = obj["apiVersion"].rpartition("/")
        for resource in self._registry:
            if (resource.group, resource.version, resource.kind) == (group, version, obj["kind"]):
                return resource
        raise no_such_path()

    async def _close(self, _: web.Application) -> None:
        self._handlers.closing = True
        self._store.wake_all()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            response = await self._route(request)
            for each in self.afterwards:
                each(request)
        except Unanswered:
            if request.transport is not None:
                request.transport.abort()
            response = web.Response(status=504)
        except ApiError as error:
            response = negotiation.answer_error(request, error)
        except web.HTTPException:
            raise
        except Exception as error:
            # An apiserver answers a panic with a Status, and so does this one: clients must be able to read it.
            request.app.logger.exception("request failed: %s %s", request.method, request.path)
            response = negotiation.answer_error(
                request, ApiError(500, "InternalError", f"Internal error occurred: {error}")
            )
        if not response.prepared:
            response.headers["Date"] = self._handlers.date()
            response.headers["Audit-Id"] = str(uuid.uuid4())
        return response

    async def _route(self, request: web.Request) -> web.StreamResponse:
        for fault in list(self.faults):
            answer = await fault(request)
            if answer is not None:
                return answer
        path = request.path.rstrip("/") or "/"
        authorization = request.headers.get("Authorization", "")
        role = self.access.role_of(authorization)
        if role is None and (authorization or not path.startswith(_HEALTH)):
            raise unauthorized()
        parts = [part for part in path.split("/") if part]
        if role is not None and (impersonated := request.headers.get("Impersonate-User")):
            self.access.check(role, "impersonate", "", "users", namespace="", name=impersonated)
            role = impersonated
        if role is not None and is_resource(parts):
            return await self._handlers.serve(request, role, parts)
        if request.method not in ("GET", "HEAD"):
            raise method_not_allowed()
        return self._document(request, path, parts)

    def _document(self, request: web.Request, path: str, parts: list[str]) -> web.Response:
        """What is not a resource: health, version, discovery and OpenAPI."""
        if path.startswith(_HEALTH):
            return web.Response(text="ok")
        if path == "/version":
            return negotiation.answer_object(request, self._version_info())
        if parts[:1] == ["openapi"]:
            return self._documents.answer(request, parts[1:])
        if path == "/":
            return negotiation.answer_object(
                request, {"paths": ["/api", "/apis", "/healthz", "/openapi/v3", "/version"]}
            )
        return self._discovery.answer(request, parts)

    def _version_info(self) -> dict[str, Any]:
        major, minor, *_ = self._version.removeprefix("v").split(".")
        return {
            "major": major, "minor": minor, "gitVersion": self._version, "gitCommit": "", "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "", "platform": "linux/amd64",
        }  # fmt: skip
