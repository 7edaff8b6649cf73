"""Everything the sources said, as it is now, and what of it moved since a picture was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.model.freshness import Source, SourceName, Topic
from console.model.hub import Event, Lock, Problem
from console.model.permission import Lacking
from console.store.parts import MemberFacts

Told = Mapping[tuple[str, str], tuple[Event, ...]]
"""(kind, name) of an object -> the Events about it, or about others of that name elsewhere."""


@dataclass(slots=True)
class Facts:
    """Facts by source and key; `problems` likewise. Whoever changes them does it by `put`, `drop` and `listed`, so that
    what is made of one kind costs nothing while that kind stays as it is."""

    uid: str | None = None
    skew: float = 0.0
    until: float | None = None
    """Epoch second at which the hub's credential ends."""
    lock: Lock | None = None
    lacking: tuple[Lacking, ...] = ()
    """What access reviews said that we may not."""
    problems: dict[Topic, dict[str, Problem]] = field(default_factory=dict)
    sources: dict[Topic, Source] = field(default_factory=dict)
    members: dict[str, MemberFacts] = field(default_factory=dict)
    """By cluster id: what the members' own APIs said."""
    _kinds: dict[Topic, dict[str, Any]] = field(default_factory=dict)
    _all: dict[Topic, tuple[Any, ...]] = field(default_factory=dict)
    _moved: dict[Topic, set[str] | None] = field(default_factory=dict)
    _told: dict[tuple[str, str], tuple[Event, ...]] = field(default_factory=dict)

    def of(self, source: Topic) -> Mapping[str, Any]:
        """The facts of one source by key."""
        return self._kinds.setdefault(source, {})

    def all(self, source: Topic) -> tuple[Any, ...]:
        """The facts of one source: the very same object for as long as none of them moves."""
        known = self._all.get(source)
        if known is None:
            known = self._all[source] = tuple(self.of(source).values())
        return known

    @property
    def told(self) -> Told:
        """All Events by what they are about: the very same ones about it for as long as none of those moves."""
        return self._told

    def put(self, source: Topic, key: str, fact: Any) -> None:
        """One fact is this now."""
        kinds = self._kinds.setdefault(source, {})
        self._retell(kinds.get(key), fact)
        kinds[key] = fact
        self._all.pop(source, None)
        moved = self._moved.setdefault(source, None)
        if moved is not None:
            moved.add(key)

    def drop(self, source: Topic, key: str) -> Any:
        """One fact is no more; what it was."""
        gone = self._kinds.setdefault(source, {}).pop(key, None)
        if gone is not None:
            self._retell(gone, None)
            self._all.pop(source, None)
            self._moved[source] = None
        return gone

    def listed(self, source: Topic, facts: dict[str, Any]) -> None:
        """These are all."""
        for fact in self.all(source):
            self._retell(fact, None)
        for fact in facts.values():
            self._retell(None, fact)
        self._kinds[source] = facts
        self._all.pop(source, None)
        self._moved[source] = None

    def moved(self, source: Topic) -> set[str] | None:
        """The keys of what was put since this was asked last; None where more than that may have changed."""
        known = self._moved.get(source)
        self._moved[source] = set()
        return known

    def flaws(self) -> Iterator[Problem]:
        """What could not be read, source by source."""
        for source in SourceName:
            yield from self.problems.get(source, {}).values()

    def _retell(self, former: Any, fact: Any) -> None:
        if isinstance(former, Event):
            about = (former.kind, former.name)
            left = tuple(one for one in self._told.get(about, ()) if one.uid != former.uid)
            if left:
                self._told[about] = left
            else:
                self._told.pop(about, None)
        if isinstance(fact, Event):
            about = (fact.kind, fact.name)
            self._told[about] = (*self._told.get(about, ()), fact)
