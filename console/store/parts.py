"""What one member's own API said, part by part, as its readers post it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import count
from typing import Any

from console.model.freshness import Source, Topic
from console.model.hub import Problem
from console.store.events import Changed, FromApi, Gone, Heard, Identified, Listed, Unread

_NUMBERS = count(1)


class News(Enum):
    """What an observation brought."""

    NOTHING = auto()
    AGE = auto()
    """A source answered again, and says what it said before."""
    FACT = auto()


def heard(known: Source | None, source: Source) -> News:
    """What a source's state brings beside what was known of it."""
    if known == source:
        return News.NOTHING
    return News.AGE if known is not None and replace(known, seen=source.seen) == source else News.FACT


@dataclass(slots=True)
class MemberFacts:
    """Everything that one member's API said, key -> fact, by part; `problems` likewise."""

    kinds: dict[Topic, dict[str, Any]] = field(default_factory=dict)
    problems: dict[Topic, dict[str, Problem]] = field(default_factory=dict)
    sources: dict[Topic, Source] = field(default_factory=dict)
    said: int = 0
    """Another number, which no other member has, after everything that it said and had not said before."""
    heard: int = 0
    """The same, also after a source answered again."""

    def of(self, part: Topic) -> Mapping[str, Any]:
        """The facts of one part by key."""
        return self.kinds.get(part, {})

    def take(self, said: FromApi) -> News:
        """Take one observation in."""
        news = self._take(said)
        if news is not News.NOTHING:
            self.heard = next(_NUMBERS)
        if news is News.FACT:
            self.said = self.heard
        return news

    def _take(self, said: FromApi) -> News:
        match said:
            case Heard(source=source):
                known = self.sources.get(source.name)
                self.sources[source.name] = source
                return heard(known, source)
            case Listed(source=part, facts=facts, problems=problems):
                same = self.of(part) == facts and self.problems.get(part, {}) == problems
                self.kinds[part], self.problems[part] = dict(facts), dict(problems)
                return News.NOTHING if same else News.FACT
            case Changed(source=part, key=key, fact=fact, problem=problem):
                return self._put(part, key, fact, problem)
            case Gone(source=part, key=key):
                return self._put(part, key, None, None)
            case Unread(source=part, key=key, problem=problem):
                return self._put(part, key, None, problem)
            case Identified():
                return News.NOTHING

    def _put(self, part: Topic, key: str, fact: object, problem: Problem | None) -> News:
        facts, problems = self.kinds.setdefault(part, {}), self.problems.setdefault(part, {})
        if facts.get(key) == fact and problems.get(key) == problem:
            return News.NOTHING
        for held, value in ((facts, fact), (problems, problem)):
            held.pop(key, None)
            if value is not None:
                held[key] = value  # type: ignore[assignment]
        return News.FACT
