"""HTTP onto objects: a path and a method become a verb on a resource, permission is asked, and the answer is put in form."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from console.sim.kubeapi import access, listing, negotiation, objects, tables
from console.sim.kubeapi.builtins import as_served
from console.sim.kubeapi.negotiation import Wish
from console.sim.kubeapi.objects import Deletion, Objects, Write
from console.sim.kubeapi.resources import Registry, Resource
from console.sim.kubeapi.status import (
    ApiError,
    Obj,
    bad_request,
    method_not_allowed,
    no_such_path,
    success,
    unsupported_media_type,
)
from console.sim.kubeapi.store import Store, Stored

_PATCHES = (objects.JSON_PATCH, objects.MERGE_PATCH, objects.APPLY_PATCH)


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names."""

    resource: Resource
    namespace: str
    name: str
    subresource: str

    @property
    def permission(self) -> str:
        """The resource in the words of a rule: `ingresses/status`."""
        return f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural

    @property
    def place(self) -> tuple[str, str]:
        """Where the object stands in the store."""
        return (self.namespace if self.resource.namespaced else "", self.name)


def target_of(registry: Registry, path: str) -> Target:
    """Parse `/api/v1/...` or `/apis/GROUP/VERSION/...`. Raises `ApiError` 404 for a path that is not served."""
    parts = [part for part in path.split("/") if part]
    if parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    else:
        group, version, rest = parts[1], parts[2], parts[3:]
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and not (len(rest) == 3 and rest[2] in ("status", "finalize")):
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource, *more = [*rest, "", "", ""][: max(3, len(rest))]
    resource = registry.find(group, version, plural)
    if any(more) or (namespace and not resource.namespaced) or (name and resource.namespaced and not namespace):
        raise no_such_path()
    if subresource and not (subresource == "status" and resource.has_status):
        raise no_such_path()
    if not resource.namespaced:
        return Target(resource, name if resource.key == objects.NAMESPACES else "", name, subresource)
    return Target(resource, namespace, name, subresource)


class Handlers:
    """One method per verb; each gets a request that is already authenticated as a role."""

    def __init__(
        self, store: Store, registry: Registry, objects: Objects, rights: access.Access, bookmark_every: float
    ) -> None:
        self._store = store
        self._registry = registry
        self._objects = objects
        self._rights = rights
        self._bookmark_every = bookmark_every
        self.closing = False

    async def serve(self, request: web.Request, role: str) -> web.StreamResponse:
        """Answer a resource request. Raises `ApiError`."""
        target = target_of(self._registry, request.path)
        verb = _verb(request, target)
        namespace = target.namespace
        self._rights.check(role, verb, target.resource.group, target.permission, namespace=namespace, name=target.name)
        needed = "create" if verb == "post-named" else verb
        if needed not in target.resource.verbs:
            raise method_not_allowed()
        if target.resource.verbs == ("create",):
            return await self._review(request, target, role)
        if verb == "get":
            return self._get(request, target)
        if verb == "list":
            return self._list(request, target)
        if verb == "watch":
            return await self._watch(request, target)
        if verb == "deletecollection":
            return await self._delete_collection(request, target)
        if verb == "delete":
            return await self._delete(request, target)
        return await self._write(request, target, verb, role)

    # -- reading -------------------------------------------------------------------------------------------------

    def _get(self, request: web.Request, target: Target) -> web.Response:
        wish = negotiation.wish_of(request.headers.get("Accept", ""))
        return self._answer(request, target.resource, self._objects.read(target.resource, target.place), wish)

    def _list(self, request: web.Request, target: Target) -> web.Response:
        resource, wish = target.resource, negotiation.wish_of(request.headers.get("Accept", ""))
        options = listing.options_of(resource, dict(request.query))
        page = listing.page(self._store, resource, target.namespace if resource.namespaced else "", options)
        metadata: Obj = {"resourceVersion": str(page.revision)}
        if page.token:
            metadata["continue"] = page.token
        if page.remaining is not None:
            metadata["remainingItemCount"] = page.remaining
        if wish.form == "Table":
            served = [as_served(resource, stored.obj) for stored in page.items]
            table = tables.table(resource, served, self._objects.clock(), wish.version, _include(request))
            return negotiation.answer_object(request, {**table, "metadata": metadata}, media=wish.media)
        kind, api_version = resource.listed_kind, resource.api_version
        if wish.form:
            kind, api_version = "PartialObjectMetadataList", f"meta.k8s.io/{wish.version}"
        head = msgspec.json.encode({"kind": kind, "apiVersion": api_version, "metadata": metadata})
        items = b",".join(_encoded(resource, stored, wish) for stored in page.items)
        return negotiation.answer(request, head[:-1] + b',"items":[' + items + b"]}", media=wish.media)

    async def _watch(self, request: web.Request, target: Target) -> web.StreamResponse:
        resource, wish = target.resource, negotiation.wish_of(request.headers.get("Accept", ""))
        options = listing.options_of(resource, dict(request.query), target.name)
        namespace = target.namespace if resource.namespaced else ""
        response = web.StreamResponse(headers={"Content-Type": negotiation.JSON, "Cache-Control": "no-cache, private"})
        response.enable_chunked_encoding()
        try:
            watch = listing.Watch(self._store, resource, namespace, options, self._bookmark_every)
        except ApiError as error:
            if error.code != 410:
                raise
            await response.prepare(request)
            await response.write(_error_event(error))
            return response
        await response.prepare(request)
        frame = _Frames(resource, wish, self._objects, _include(request))
        try:
            await self._stream(request, response, watch, frame)
        except ApiError as error:
            await response.write(_error_event(error))
        except ConnectionError:
            # The watcher left; nobody is there to be told.
            pass
        finally:
            watch.close()
        return response

    async def _stream(
        self, request: web.Request, response: web.StreamResponse, watch: listing.Watch, frame: _Frames
    ) -> None:
        first = [frame.event(event) for event in watch.initial()]
        if bookmark := watch.initial_bookmark():
            first.append(frame.bookmark(bookmark))
        if first:
            await response.write(b"".join(first))
        while not self.closing:
            batch = await watch.next()
            if batch is None or request.transport is None or request.transport.is_closing():
                return
            events, bookmark = batch
            data = b"".join(frame.event(event) for event in events)
            if bookmark:
                data += frame.bookmark(bookmark)
            if data:
                await response.write(data)
            # A watcher under constant change must not keep the loop to itself.
            await asyncio.sleep(0)

    # -- writing -------------------------------------------------------------------------------------------------

    async def _write(self, request: web.Request, target: Target, verb: str, role: str) -> web.Response:
        resource, wish = target.resource, negotiation.wish_of(request.headers.get("Accept", ""))
        media = negotiation.media_type(request)
        if verb == "patch" and media not in _PATCHES and (resource.custom or media != objects.STRATEGIC_PATCH):
            accepted = _PATCHES if resource.custom else (*_PATCHES[:2], objects.STRATEGIC_PATCH, _PATCHES[2])
            raise unsupported_media_type(accepted)
        write = _write_of(request, target, apply=media == objects.APPLY_PATCH)
        body = negotiation.parse(await negotiation.read_body(request), media)
        if verb == "patch":
            if media == objects.APPLY_PATCH and self._store.get(resource.key, target.place) is None:
                self._rights.check(
                    role, "create", resource.group, target.permission, namespace=target.namespace, name=target.name
                )
            done = self._objects.patch(resource, target.place, media, body, write)
        elif verb == "update":
            done = self._objects.update(resource, target.place, body, write)
        elif target.name:
            raise method_not_allowed()
        else:
            done = self._objects.create(resource, target.namespace if resource.namespaced else "", body, write)
        response = self._answer(request, resource, done.stored, wish, status=201 if done.created else 200)
        for warning in write.warnings:
            escaped = warning.replace("\\", "\\\\").replace('"', '\\"')
            response.headers.add("Warning", f'299 - "{escaped}"')
        return response

    async def _delete(self, request: web.Request, target: Target) -> web.Response:
        resource = target.resource
        wish = negotiation.wish_of(request.headers.get("Accept", ""))
        stored, gone = self._objects.delete(resource, target.place, await _deletion(request))
        if gone:
            status = success(resource.plural, resource.group, target.name, stored.obj["metadata"]["uid"])
            return negotiation.answer_object(request, status, media=wish.media)
        return self._answer(request, resource, stored, wish)

    async def _delete_collection(self, request: web.Request, target: Target) -> web.Response:
        resource = target.resource
        options = listing.options_of(resource, dict(request.query))
        deletion = await _deletion(request)
        page = listing.page(self._store, resource, target.namespace if resource.namespaced else "", options)
        for stored in page.items:
            if self._store.get(resource.key, stored.place) is not None:
                self._objects.delete(resource, stored.place, deletion)
        answer = {
            "kind": resource.listed_kind,
            "apiVersion": resource.api_version,
            "metadata": {"resourceVersion": str(self._store.revision)},
            "items": [as_served(resource, stored.obj) for stored in page.items],
        }
        return negotiation.answer_object(request, answer)

    async def _review(self, request: web.Request, target: Target, role: str) -> web.Response:
        body = negotiation.parse(await negotiation.read_body(request), negotiation.media_type(request))
        if not isinstance(body, dict):
            raise bad_request(f"the object provided is unrecognized (must be of kind {target.resource.kind})")
        spec = body.get("spec") or {}
        status: Any
        if target.resource.kind == "SelfSubjectAccessReview":
            status = self._rights.access_review(role, spec)
        elif target.resource.kind == "SelfSubjectRulesReview":
            status = self._rights.rules_review(role, self._registry)
        else:
            status = {"userInfo": access.user_info(role)}
        answer = {"kind": target.resource.kind, "apiVersion": target.resource.api_version,
                  "metadata": {"creationTimestamp": None}, "spec": spec, "status": status}  # fmt: skip
        if target.resource.kind == "SelfSubjectReview":
            del answer["spec"]
        return negotiation.answer_object(request, answer, status=201)

    def _answer(
        self, request: web.Request, resource: Resource, stored: Stored, wish: Wish, *, status: int = 200
    ) -> web.Response:
        if wish.form == "Table":
            served = [as_served(resource, stored.obj)]
            table = tables.table(resource, served, self._objects.clock(), wish.version, _include(request))
            return negotiation.answer_object(request, table, status=status, media=wish.media)
        return negotiation.answer(request, _encoded(resource, stored, wish), status=status, media=wish.media)


class _Frames:
    """Watch events as bytes, in the form one watcher wants; the plain form is encoded once for all watchers."""

    def __init__(self, resource: Resource, wish: Wish, objects: Objects, include: str) -> None:
        self._resource = resource
        self._wish = wish
        self._objects = objects
        self._include = include

    def event(self, event: listing.Event) -> bytes:
        """One line of the stream."""
        if self._wish.form == "Table":
            served = [as_served(self._resource, event.stored.obj)]
            table = tables.table(self._resource, served, self._objects.clock(), self._wish.version, self._include)
            table["metadata"] = {"resourceVersion": str(event.stored.revision)}
            encoded = msgspec.json.encode(table)
        else:
            encoded = _encoded(self._resource, event.stored, self._wish)
        return b'{"type":"' + event.type.encode() + b'","object":' + encoded + b"}\n"

    def bookmark(self, obj: Obj) -> bytes:
        """A bookmark's line, as a table or as metadata where the watcher reads those."""
        if self._wish.form == "Table":
            table = tables.table(self._resource, [], self._objects.clock(), self._wish.version, self._include)
            table["metadata"] = {"resourceVersion": obj["metadata"]["resourceVersion"]}
            table["rows"] = [{"cells": [], "object": {**obj, **tables.PARTIAL_V1}}]
            obj = table
        elif self._wish.form:
            obj = {**obj, **tables.PARTIAL_V1}
        return msgspec.json.encode({"type": "BOOKMARK", "object": obj}) + b"\n"


def _verb(request: web.Request, target: Target) -> str:
    method = request.method
    if method in ("GET", "HEAD"):
        if listing.truth(request.query.get("watch")):
            return "watch"
        return "get" if target.name else "list"
    if method == "DELETE":
        return "delete" if target.name else "deletecollection"
    found = {"POST": "create", "PUT": "update", "PATCH": "patch"}.get(method)
    if found is None or (found != "create" and not target.name):
        raise method_not_allowed()
    return found


def _encoded(resource: Resource, stored: Stored, wish: Wish) -> bytes:
    if wish.form:
        view = f"meta.k8s.io/{wish.version}"
        return stored.encoded(view, lambda obj: tables.partial(obj, wish.version))
    return stored.encoded(resource.api_version, lambda obj: as_served(resource, obj))


def _include(request: web.Request) -> str:
    return request.query.get("includeObject", "Metadata")


def _error_event(error: ApiError) -> bytes:
    return msgspec.json.encode({"type": "ERROR", "object": error.status()}) + b"\n"


def _write_of(request: web.Request, target: Target, *, apply: bool) -> Write:
    query = request.query
    dry_run = query.getall("dryRun", [])
    if any(value != "All" for value in dry_run):
        raise bad_request(f'invalid dryRun value "{dry_run[0]}": supported values: "All"')
    manager = query.get("fieldManager", "")
    if apply and not manager:
        raise bad_request(
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
        )
    validation = query.get("fieldValidation") or "Warn"
    if validation not in ("Ignore", "Warn", "Strict"):
        raise bad_request(f'invalid fieldValidation value "{validation}"')
    agent = request.headers.get("User-Agent", "unknown").partition("/")[0]
    return Write(
        manager=(manager or agent)[:128],
        dry_run=bool(dry_run),
        force=listing.truth(query.get("force")),
        validation=validation,
        subresource=target.subresource,
    )


async def _deletion(request: web.Request) -> Deletion:
    data = await negotiation.read_body(request)
    body = negotiation.parse(data, negotiation.media_type(request)) if data.strip() else {}
    if not isinstance(body, dict):
        raise bad_request("DeleteOptions expected")
    preconditions = body.get("preconditions") or {}
    propagation = body.get("propagationPolicy") or request.query.get("propagationPolicy") or "Background"
    if body.get("orphanDependents"):
        propagation = "Orphan"
    return Deletion(
        uid=preconditions.get("uid") or "",
        resource_version=preconditions.get("resourceVersion") or "",
        propagation=propagation,
        dry_run=bool(body.get("dryRun") or request.query.get("dryRun")),
    )
