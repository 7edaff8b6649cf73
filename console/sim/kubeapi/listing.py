"""Reading many: lists with selectors, pages and versions; watches that resume, bookmark and say when they cannot."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from console.sim.kubeapi import selectors
from console.sim.kubeapi.builtins import as_served
from console.sim.kubeapi.resources import Resource
from console.sim.kubeapi.selectors import Predicate
from console.sim.kubeapi.status import ApiError, Cause, Obj, bad_request, expired, invalid, too_large_version
from console.sim.kubeapi.store import Change, Store, Stored

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_TOO_OLD_TO_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The query of a list or a watch, checked."""

    matches: Predicate | None
    limit: int
    token: str
    resource_version: str
    match: str
    watch: bool
    bookmarks: bool
    initial_events: bool | None
    timeout: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a list; `remaining` is unknown (None) where a selector hides it."""

    items: list[Stored]
    revision: int
    token: str = ""
    remaining: int | None = None


def options_of(resource: Resource, query: dict[str, str], name: str = "") -> ListOptions:
    """Read the query of a list. Raises `ApiError` 400 or 422."""
    matches = selectors.both(
        selectors.label_selector(query.get("labelSelector", "")),
        selectors.field_selector(query.get("fieldSelector", ""), resource.selectable, plural=resource.plural),
    )
    if name:
        matches = selectors.both(matches, lambda obj: bool(obj["metadata"]["name"] == name))
    initial = query.get("sendInitialEvents")
    options = ListOptions(
        matches=matches,
        limit=_number(query, "limit") or 0,
        token=query.get("continue", ""),
        resource_version=query.get("resourceVersion", ""),
        match=query.get("resourceVersionMatch", ""),
        watch=truth(query.get("watch")),
        bookmarks=truth(query.get("allowWatchBookmarks")),
        initial_events=None if initial is None else truth(initial),
        timeout=_number(query, "timeoutSeconds") or None,
    )
    _check(options)
    return options


def truth(text: str | None) -> bool:
    """A boolean of a query: `1`, `true`, `True`; present and empty counts as true."""
    return text is not None and text.lower() in ("1", "true", "t", "")


def page(store: Store, resource: Resource, namespace: str, options: ListOptions) -> Page:
    """One page of a list. Raises `ApiError` 410 where its version is forgotten, 504 where it is yet to come."""
    start: tuple[str, str] | None = None
    at: int | None = None
    if options.token:
        at, start = _read_token(options.token)
    elif options.resource_version not in ("", "0"):
        asked = _version(options.resource_version)
        if asked > store.revision:
            raise too_large_version(asked, store.revision)
        at = asked if options.match == "Exact" else None
    try:
        objects, places = store.standing(resource.key, namespace, at=None if at == -1 else at, start=start)
    except ApiError:
        if not options.token:
            raise
        raise expired(_TOO_OLD_TO_CONTINUE, continue_token=_token(-1, start)) from None
    revision = store.revision if at in (None, -1) else at
    assert revision is not None
    matches = options.matches
    if matches is not None:
        places = [place for place in places if matches(as_served(resource, objects[place].obj))]
    stored = [objects[place] for place in places[: options.limit or None]]
    if len(stored) < len(places):
        remaining = None if matches is not None else len(places) - options.limit
        return Page(stored, revision, _token(revision, places[options.limit]), remaining)
    return Page(stored, revision)


class Event:
    """One watch event before it is put into the form a watcher wants."""

    __slots__ = ("stored", "type")

    def __init__(self, kind: str, stored: Stored) -> None:
        self.type = kind
        self.stored = stored


class Watch:
    """One watch: events in order from where it resumes, batch by batch."""

    def __init__(
        self, store: Store, resource: Resource, namespace: str, options: ListOptions, bookmark_every: float
    ) -> None:
        self._store = store
        self._resource = resource
        self._namespace = namespace
        self._options = options
        self._every = bookmark_every
        self._started = time.monotonic()
        self._synthetic = options.initial_events or (
            options.initial_events is None and options.resource_version in ("", "0")
        )
        cursor = store.revision if self._synthetic else self._resume_from()
        self._subscription = store.subscribe(resource.key, cursor)
        self._initial = [
            stored for stored in store.list(resource.key, namespace)
            if options.matches is None or options.matches(as_served(resource, stored.obj))
        ] if self._synthetic else []  # fmt: skip
        self._initial_revision = store.revision

    def _resume_from(self) -> int:
        # sendInitialEvents=false without a version means: from now.
        return (
            _version(self._options.resource_version)
            if self._options.resource_version not in ("", "0")
            else self._store.revision
        )

    def initial(self) -> list[Event]:
        """What is there when the watch starts, where it asked for that."""
        return [Event("ADDED", stored) for stored in self._initial]

    def initial_bookmark(self) -> Obj | None:
        """The bookmark that ends the initial events, where they were asked for by name."""
        if not self._options.initial_events:
            return None
        return self._bookmark(self._initial_revision, {INITIAL_EVENTS_END: "true"})

    async def next(self) -> tuple[list[Event], Obj | None] | None:
        """The next events, or a bookmark after a quiet while, or nothing of both; None when its time is over.

        Raises `ApiError` 410 where it fell behind what is remembered.
        """
        wait = self._every
        if self._options.timeout is not None:
            left = self._options.timeout - (time.monotonic() - self._started)
            if left <= 0:
                return None
            wait = min(wait, left)
        events = self._events(self._subscription.take())
        if events:
            return events, None
        try:
            async with asyncio.timeout(wait):
                await self._subscription.woken.wait()
        except TimeoutError:
            return [], self._bookmark(self._store.revision, {}) if self._options.bookmarks else None
        return self._events(self._subscription.take()), None

    def close(self) -> None:
        """Stop following."""
        self._subscription.close()

    def _events(self, changes: list[Change]) -> list[Event]:
        return [event for change in changes for event in self._event(change)]

    def _event(self, change: Change) -> Iterator[Event]:
        if self._namespace and change.now.place[0] != self._namespace:
            return
        matches = self._options.matches
        before = change.before
        did = before is not None and (matches is None or matches(as_served(self._resource, before.obj)))
        does = not change.removed and (matches is None or matches(as_served(self._resource, change.now.obj)))
        if does:
            yield Event("MODIFIED" if did else "ADDED", change.now)
        elif did:
            yield Event("DELETED", change.now)

    def _bookmark(self, revision: int, annotations: dict[str, str]) -> Obj:
        metadata: Obj = {"resourceVersion": str(revision), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        return {"kind": self._resource.kind, "apiVersion": self._resource.api_version, "metadata": metadata}


def _check(options: ListOptions) -> None:
    causes = []
    if options.watch and options.initial_events is not None and options.match != "NotOlderThan":
        why = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        causes.append(Cause("FieldValueForbidden", why, "resourceVersionMatch"))
    elif options.watch and options.match and options.initial_events is None:
        why = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        causes.append(Cause("FieldValueForbidden", why, "resourceVersionMatch"))
    elif not options.watch and options.initial_events is not None:
        causes.append(
            Cause("FieldValueForbidden", "Forbidden: sendInitialEvents is forbidden for list", "sendInitialEvents")
        )
    elif not options.watch and options.match:
        if not options.resource_version:
            why = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
            causes.append(Cause("FieldValueForbidden", why, "resourceVersionMatch"))
        elif options.match not in ("Exact", "NotOlderThan"):
            why = f'Unsupported value: "{options.match}": supported values: "Exact", "NotOlderThan"'
            causes.append(Cause("FieldValueNotSupported", why, "resourceVersionMatch"))
    if causes:
        raise invalid("ListOptions", "meta.k8s.io", "", causes)
    if options.token and options.resource_version not in ("", "0"):
        raise bad_request("specifying resource version is not allowed when using continue")


def _number(query: dict[str, str], name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _version(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        cause = Cause(
            "FieldValueInvalid",
            f'Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax',
            "resourceVersion",
        )
        raise invalid("ListOptions", "meta.k8s.io", "", [cause]) from None


def _token(revision: int, start: tuple[str, str] | None) -> str:
    """An opaque continue token; revision -1 continues without consistency, as the apiserver offers after a 410."""
    document = {"v": "meta.k8s.io/v1", "rv": revision, "start": list(start or ("", ""))}
    return base64.urlsafe_b64encode(msgspec.json.encode(document)).decode().rstrip("=")


def _read_token(token: str) -> tuple[int, tuple[str, str]]:
    try:
        document = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, name = document["start"]
        return int(document["rv"]), (str(namespace), str(name))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        raise bad_request("continue key is not valid") from None
