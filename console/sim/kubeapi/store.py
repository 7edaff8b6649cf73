"""What the server holds: objects by resource, one revision counter, and the history that watches resume from."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from console.sim.kubeapi.status import Obj, too_old

Key = tuple[str, str]
"""A resource's group and plural; versions of a resource share their objects."""
Place = tuple[str, str]
"""Namespace ("" at cluster scope) and name."""


class Stored:
    """One version of one object. Treated as immutable: whoever changes an object works on a copy."""

    __slots__ = ("_encoded", "obj", "revision")

    def __init__(self, obj: Obj, revision: int) -> None:
        self.obj = obj
        self.revision = revision
        self._encoded: dict[str, bytes] = {}

    def encoded(self, view: str, convert: Callable[[Obj], Obj]) -> bytes:
        """This version as JSON in one API version's form, encoded once and shared by all who ask."""
        known = self._encoded.get(view)
        if known is None:
            known = self._encoded[view] = msgspec.json.encode(convert(self.obj))
        return known

    def copy(self) -> Obj:
        """A deep copy that may be changed."""
        copied: Obj = msgspec.json.decode(msgspec.json.encode(self.obj))
        return copied

    @property
    def place(self) -> Place:
        """Where it stands within its resource."""
        metadata = self.obj["metadata"]
        return metadata.get("namespace", ""), metadata["name"]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the history. `now` is the object after it; for a removal, its last state."""

    revision: int
    removed: bool
    now: Stored
    before: Stored | None


class Subscription:
    """One watcher's place in the history of a resource; falls behind without holding anything up."""

    def __init__(self, log: _Log, cursor: int) -> None:
        self._log = log
        self.cursor = cursor
        self.woken = asyncio.Event()

    def take(self) -> list[Change]:
        """The changes since the last call. Raises `ApiError` 410 where history was cut before they were read."""
        self.woken.clear()
        changes = self._log.since(self.cursor)
        if changes:
            self.cursor = changes[-1].revision
        return changes

    def close(self) -> None:
        """Stop being woken."""
        self._log.subscriptions.discard(self)


@dataclass(slots=True)
class _Log:
    limit: int
    floor: int
    revisions: list[int] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    subscriptions: set[Subscription] = field(default_factory=set)

    def append(self, change: Change) -> None:
        self.revisions.append(change.revision)
        self.changes.append(change)
        if len(self.changes) > 2 * self.limit:
            # Cutting half at a time keeps the cost of a write constant.
            self.floor = self.revisions[-self.limit - 1]
            del self.revisions[: -self.limit]
            del self.changes[: -self.limit]
        for subscription in self.subscriptions:
            subscription.woken.set()

    def since(self, revision: int) -> list[Change]:
        if revision < self.floor:
            raise too_old(revision, self.floor)
        return self.changes[bisect_right(self.revisions, revision) :]

    def forget(self, revision: int) -> None:
        latest = self.revisions[-1] if self.revisions else self.floor
        for subscription in self.subscriptions:
            if subscription.cursor >= latest:
                subscription.cursor = revision
        self.floor = revision
        self.revisions.clear()
        self.changes.clear()


class Store:
    """All objects. Every method is called from the server's event loop, or before it runs."""

    def __init__(self, history: int) -> None:
        self._history = history
        self._objects: dict[Key, dict[Place, Stored]] = {}
        self._sorted: dict[Key, Sequence[Place]] = {}
        self._logs: dict[Key, _Log] = {}
        self._floor = 0
        self.revision = 1

    def get(self, key: Key, place: Place) -> Stored | None:
        """The current version, or None."""
        return self._objects.get(key, {}).get(place)

    def list(self, key: Key, namespace: str = "", *, at: int | None = None) -> list[Stored]:
        """Objects of a resource (of one namespace, where given) in order of place, now or at a past revision.

        Raises `ApiError` 410 where history does not reach back to `at`.
        """
        objects, places = self.standing(key, namespace, at=at)
        return [objects[place] for place in places]

    def standing(
        self, key: Key, namespace: str = "", *, at: int | None = None, start: Place | None = None
    ) -> tuple[Mapping[Place, Stored], Sequence[Place]]:
        """The same as places in order, from `start` on, and what stands there: a page needs but some."""
        objects = self._objects.get(key, {})
        places = self._in_order(key)
        if at is not None and at < self.revision:
            objects = dict(objects)
            for change in reversed(self._log(key).since(at)):
                if change.before is None:
                    objects.pop(change.now.place, None)
                else:
                    objects[change.now.place] = change.before
            if objects.keys() != self._objects.get(key, {}).keys():
                places = sorted(objects)
        if start is not None:
            places = places[bisect_left(places, start) :]
        return objects, [place for place in places if place[0] == namespace] if namespace else places

    def _in_order(self, key: Key) -> Sequence[Place]:
        """The places of a resource, sorted anew only where one came or went."""
        places = self._sorted.get(key)
        if places is None:
            places = self._sorted[key] = sorted(self._objects.get(key, ()))
        return places

    def every(self) -> Iterator[tuple[Key, Stored]]:
        """All objects of all resources, safe against changes while iterating."""
        for key, objects in list(self._objects.items()):
            for stored in list(objects.values()):
                yield key, stored

    def put(self, key: Key, obj: Obj) -> Stored:
        """Store a new version under the next revision. `obj` belongs to the store from here on."""
        self.revision += 1
        obj["metadata"]["resourceVersion"] = str(self.revision)
        stored = Stored(obj, self.revision)
        objects = self._objects.setdefault(key, {})
        before = objects.get(stored.place)
        if before is None:
            self._sorted.pop(key, None)
        objects[stored.place] = stored
        self._log(key).append(Change(self.revision, False, stored, before))
        return stored

    def remove(self, key: Key, place: Place, final: Obj) -> Stored:
        """Take an object away; `final` is its last state, which watchers get under the next revision."""
        self.revision += 1
        before = self._objects[key].pop(place)
        self._sorted.pop(key, None)
        final["metadata"]["resourceVersion"] = str(self.revision)
        stored = Stored(final, self.revision)
        self._log(key).append(Change(self.revision, True, stored, before))
        return stored

    def subscribe(self, key: Key, cursor: int) -> Subscription:
        """Follow a resource from after `cursor`. Raises `ApiError` 410 where that is no longer remembered."""
        log = self._log(key)
        log.since(cursor)
        subscription = Subscription(log, cursor)
        log.subscriptions.add(subscription)
        return subscription

    def compact(self) -> None:
        """Forget all history; watches that are up to date live on, older ones get 410."""
        self.revision += 1
        self._floor = self.revision
        for log in self._logs.values():
            log.forget(self.revision)

    def wake_all(self) -> None:
        """Wake every watcher, so that it can see that the server is going down."""
        for log in self._logs.values():
            for subscription in log.subscriptions:
                subscription.woken.set()

    def _log(self, key: Key) -> _Log:
        log = self._logs.get(key)
        if log is None:
            log = self._logs[key] = _Log(self._history, self._floor)
        return log
