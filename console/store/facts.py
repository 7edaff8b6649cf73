"""Everything the sources said, as it is now, and what of it moved since a picture was made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    """Facts by source and key; problems likewise. Whoever changes them does it by `put`, `drop` and `listed`, so that
    what is made of one kind costs nothing while that kind stays as it is."""

    uid: str | None = None
    skew: float = 0.0
    until: float | None = None
    """Epoch second at which the hub's credential ends."""
    lock: Lock | None = None
    lacking: tuple[Lacking, ...] = ()
    """What access reviews said that we may not."""
    sources: dict[Topic, Source] = field(default_factory=dict)
    members: dict[str, MemberFacts] = field(default_factory=dict)
    """By cluster id: what the members' own APIs said."""
    _kinds: dict[Topic, dict[str, Any]] = field(default_factory=dict)
    _all: dict[Topic, tuple[Any, ...]] = field(default_factory=dict)
    _problems: dict[Topic, dict[str, Problem]] = field(default_factory=dict)
    _flaws: tuple[Problem, ...] | None = None
    _moved: dict[Topic, set[str]] = field(default_factory=dict)
    _lost: set[Topic] = field(default_factory=lambda: set(SourceName))
    """Of which more may have moved than was noted key by key."""
    _told: dict[tuple[str, str], tuple[Event, ...]] = field(default_factory=dict)
    _retold: set[tuple[str, str]] = field(default_factory=set)

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
        self._moved.setdefault(source, set()).add(key)

    def drop(self, source: Topic, key: str) -> Any:
        """One fact is no more; what it was."""
        gone = self._kinds.setdefault(source, {}).pop(key, None)
        if gone is not None:
            self._retell(gone, None)
            self._all.pop(source, None)
            self._lost.add(source)
        return gone

    def listed(self, source: Topic, facts: dict[str, Any], problems: dict[str, Problem]) -> bool:
        """These are all; whether anything is another."""
        same = self.of(source) == facts and self._problems.get(source, {}) == problems
        for fact in self.all(source):
            self._retell(fact, None)
        for fact in facts.values():
            self._retell(None, fact)
        self._kinds[source], self._problems[source] = facts, problems
        self._all.pop(source, None)
        self._flaws = None
        self._lost.add(source)
        return not same

    def flaw(self, source: Topic, key: str, problem: Problem | None) -> bool:
        """What of one object could not be read is this now; whether that is news."""
        problems = self._problems.setdefault(source, {})
        if problems.get(key) == problem:
            return False
        self._flaws = None
        if problem is None:
            del problems[key]
        else:
            problems[key] = problem
        return True

    @property
    def flaws(self) -> tuple[Problem, ...]:
        """What could not be read, source by source."""
        if self._flaws is None:
            of = self._problems.get
            self._flaws = tuple(one for source in SourceName for one in of(source, {}).values())
        return self._flaws

    def moved(self, source: Topic) -> Collection[str] | None:
        """The keys of what was put since the last picture; None where more than that may have changed."""
        return None if source in self._lost else self._moved.get(source, ())

    @property
    def retold(self) -> Collection[tuple[str, str]]:
        """(kind, name) of the objects about which Events came or went since the last picture."""
        return self._retold

    def settled(self) -> None:
        """A picture shows everything as it is now."""
        self._lost.clear()
        self._moved.clear()
        self._retold.clear()

    def _retell(self, former: Any, fact: Any) -> None:
        if isinstance(former, Event):
            about = (former.kind, former.name)
            self._retold.add(about)
            left = tuple(one for one in self._told.get(about, ()) if one.uid != former.uid)
            if left:
                self._told[about] = left
            else:
                self._told.pop(about, None)
        if isinstance(fact, Event):
            about = (fact.kind, fact.name)
            self._retold.add(about)
            self._told[about] = (*self._told.get(about, ()), fact)
