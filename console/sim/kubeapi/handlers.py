"""Requests for resources: permission is asked, the verb carried out, and the answer put in the form that is wanted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import format_datetime
from typing import Any

import msgspec
from aiohttp import web

from console.sim.kubeapi import access, escalation, listing, negotiation, objects, tables
from console.sim.kubeapi.builtins import as_served
from console.sim.kubeapi.deletion import Deletion
from console.sim.kubeapi.incoming import Write, received
from console.sim.kubeapi.negotiation import Wish
from console.sim.kubeapi.objects import Objects
from console.sim.kubeapi.paths import Target, target_of, verb_of
from console.sim.kubeapi.resources import Registry, Resource
from console.sim.kubeapi.status import (
    ApiError,
    Obj,
    bad_request,
    success,
    unsupported_media_type,
)
from console.sim.kubeapi.store import Store, Stored
from console.sim.kubeapi.streaming import Frames, encoded, error_event, stream

_PATCHES = (objects.JSON_PATCH, objects.MERGE_PATCH, objects.APPLY_PATCH)


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
        self.passes: Callable[[web.Request], Awaitable[bool]] | None = None

    def date(self) -> str:
        """The Date header by the server's clock."""
        return format_datetime(self._objects.clock().astimezone(UTC), usegmt=True)

    async def serve(self, request: web.Request, role: str, parts: list[str]) -> web.StreamResponse:
        """Answer a request below a group and version. Raises `ApiError`."""
        target = target_of(self._registry, parts)
        verb = verb_of(request.method, target, watching=listing.truth(request.query.get("watch")))
        self._check(role, verb, target)
        if target.resource.verbs == ("create",):
            return await self._review(request, target, role)
        match verb:
            case "get":
                return self._get(request, target)
            case "list":
                return self._list(request, target)
            case "watch":
                return await self._watch(request, target)
            case "delete":
                return await self._delete(request, target)
            case "deletecollection":
                return await self._delete_collection(request, target)
            case _:
                return await self._write(request, target, verb, role)

    def _check(self, role: str, verb: str, target: Target) -> None:
        group, namespace = target.resource.group, target.namespace
        self._rights.check(role, verb, group, target.permission, namespace=namespace, name=target.name)

    # -- reading -------------------------------------------------------------------------------------------------

    def _get(self, request: web.Request, target: Target) -> web.Response:
        wish = negotiation.wish_of(request.headers.get("Accept", ""))
        return self._answer(request, target.resource, self._objects.read(target.resource, target.place), wish)

    def _list(self, request: web.Request, target: Target) -> web.Response:
        resource, wish = target.resource, negotiation.wish_of(request.headers.get("Accept", ""))
        options = listing.options_of(resource, dict(request.query))
        page = listing.page(self._store, resource, target.scope, options)
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
        items = b",".join(encoded(resource, stored, wish) for stored in page.items)
        return negotiation.answer(request, head[:-1] + b',"items":[' + items + b"]}", media=wish.media)

    async def _watch(self, request: web.Request, target: Target) -> web.StreamResponse:
        resource, wish = target.resource, negotiation.wish_of(request.headers.get("Accept", ""))
        options = listing.options_of(resource, dict(request.query), target.name)
        headers = {"Content-Type": negotiation.JSON, "Cache-Control": "no-cache, private", "Date": self.date()}
        response = web.StreamResponse(headers=headers)
        response.enable_chunked_encoding()
        try:
            watch = listing.Watch(self._store, resource, target.scope, options, self._bookmark_every)
        except ApiError as error:
            if error.code != 410:
                raise
            await response.prepare(request)
            await response.write(error_event(error))
            return response
        await response.prepare(request)
        frames = Frames(resource, wish, self._objects.clock, _include(request))
        await stream(request, response, watch, frames, lambda: self.closing, self.passes)
        return response

    # -- writing -------------------------------------------------------------------------------------------------

    async def _write(self, request: web.Request, target: Target, verb: str, role: str) -> web.Response:
        resource, wish = target.resource, negotiation.wish_of(request.headers.get("Accept", ""))
        media = negotiation.media_type(request)
        if verb == "patch" and media not in _PATCHES and (resource.custom or media != objects.STRATEGIC_PATCH):
            accepted = _PATCHES if resource.custom else (*_PATCHES[:2], objects.STRATEGIC_PATCH, _PATCHES[2])
            raise unsupported_media_type(accepted)
        write = _write_of(request, target, apply=media == objects.APPLY_PATCH)
        body = negotiation.parse(await negotiation.read_body(request), media)
        escalation.check(self._rights, self._store, role, target, body)
        if verb == "patch":
            if media == objects.APPLY_PATCH and self._store.get(resource.key, target.place) is None:
                self._rights.check(
                    role, "create", resource.group, target.permission, namespace=target.namespace, name=target.name
                )
            done = self._objects.patch(resource, target.place, media, body, write)
        elif verb == "update":
            done = self._objects.update(resource, target.place, body, write)
        else:
            done = self._objects.create(resource, target.scope, body, write)
        response = self._answer(request, resource, done.stored, wish, status=201 if done.created else 200)
        for warning in write.warnings:
            escaped = warning.replace("\\", "\\\\").replace('"', '\\"')
            response.headers.add("Warning", f'299 - "{escaped}"')
        return response

    async def _delete(self, request: web.Request, target: Target) -> web.Response:
        resource = target.resource
        wish = negotiation.wish_of(request.headers.get("Accept", ""))
        stored, gone = self._objects.deletions.delete(resource, target.place, await _deletion(request))
        if gone:
            status = success(resource.plural, resource.group, target.name, stored.obj["metadata"]["uid"])
            return negotiation.answer_object(request, status, media=wish.media)
        return self._answer(request, resource, stored, wish)

    async def _delete_collection(self, request: web.Request, target: Target) -> web.Response:
        resource = target.resource
        options = listing.options_of(resource, dict(request.query))
        deletion = await _deletion(request)
        page = listing.page(self._store, resource, target.scope, options)
        for stored in page.items:
            if self._store.get(resource.key, stored.place) is not None:
                self._objects.deletions.delete(resource, stored.place, deletion)
        answer = {
            "kind": resource.listed_kind,
            "apiVersion": resource.api_version,
            "metadata": {"resourceVersion": str(self._store.revision)},
            "items": [as_served(resource, stored.obj) for stored in page.items],
        }
        return negotiation.answer_object(request, answer)

    async def _review(self, request: web.Request, target: Target, role: str) -> web.Response:
        body = negotiation.parse(await negotiation.read_body(request), negotiation.media_type(request))
        spec = received(target.resource, body, Write()).get("spec", {})
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
        return negotiation.answer(request, encoded(resource, stored, wish), status=status, media=wish.media)


def _include(request: web.Request) -> str:
    return request.query.get("includeObject", "Metadata")


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
