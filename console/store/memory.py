"""What one look cannot tell: when a route's weights last changed while we watched, and what the controller had said by
then.

The controller layer is ordered by resourceVersions and counts, never by clocks (design.md, the five layers).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from console.model.alb import LoadBalancerFacts
from console.model.fleet import AlbHealthWord, Member, Route, Zone
from console.model.hub import Event, Ingress
from console.present.last import others
from console.settings import MemberSettings
from console.store.applications import Resolved
from console.store.backends import Backends
from console.store.beats import Beats
from console.store.dated import Dated
from console.store.kept import Carried, Kept
from console.store.keys import weight_keys
from console.store.led import Led
from console.store.shares import Shares

SUCCESS = "SuccessfullyReconciled"
"""The controller's event after it applied a whole gateway (domain.md section 2)."""

DOUBT = 2.0
"""Seconds within which a controller that carried out an earlier version is thought to come to the present one."""


def revision(text: str) -> int | None:
    """A resourceVersion as a number; None where the server uses something else, which then cannot be ordered."""
    return int(text) if text.isdigit() else None


@dataclass(frozen=True, slots=True)
class Mark:
    """The moment at which a route's weights were seen to change: `at` monotonic, None at first sight."""

    weights: tuple[tuple[str, str], ...]
    at: float | None
    revision: int | None
    hash: str | None
    counts: tuple[tuple[str, int], ...] = ()
    """Event uid -> count, of every event of the route that was known then."""
    unheard: bool = False
    """Whether an earlier change of its annotations, our fence's say, still had no word: the next one may be of that."""
    labels: int = 0
    """How often the hash label changed since."""
    worded: float | None = None
    """Monotonic second at which the controller's first word since was seen."""

    def doubted(self, now: float) -> bool:
        """Whether the controller's first word since may still turn out to be of the change before: a second one is due
        soon then, and where none comes, it was of these weights."""
        return self.unheard and (self.worded is None or now - self.worded < DOUBT)


@dataclass(frozen=True, slots=True)
class Version:
    """A route's annotations as they were seen last, its hash label, and whether they changed since that did: one word
    of the controller can then be of the annotations before."""

    annotations: tuple[tuple[str, str], ...]
    hash: str | None
    revision: int | None
    unheard: bool = False

    def followed_by(self, fact: Ingress) -> Version:
        """The version that a fact shows after this one."""
        if self.annotations != fact.annotations:
            return Version(fact.annotations, fact.hash, revision(fact.resource_version), unheard=True)
        return Version(fact.annotations, fact.hash, self.revision, self.unheard and self.hash == fact.hash)

    def waits(self, events: Iterable[Event]) -> bool:
        """Whether neither the label nor an event about the route has followed it yet."""
        at = self.revision
        return self.unheard and not any(
            event.reason == SUCCESS and at is not None and (revision(event.resource_version) or 0) > at
            for event in events
        )


@dataclass(slots=True)
class Memory:
    """Marks per route and the monotonic second of each member's last sign of life; the store's, under its lock."""

    prefix: str
    marks: dict[str, Mark] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    beats: Beats = field(default_factory=Beats)
    rules: dict[str, tuple[object, float | None]] = field(default_factory=dict)
    """Route -> (its rule weights, monotonic second when they were seen to change; None at first sight)."""

    balancers: dict[str, tuple[tuple[object, ...], Backends]] = field(default_factory=dict)
    """AlbConfig's name -> what its backends were resolved from, and they."""
    resolved: Resolved = field(default_factory=Resolved)
    led: Led = field(default_factory=Led)
    kept: Kept = field(default_factory=Kept)
    _judged: tuple[Member, ...] = ()
    _dead: dict[str, bool] = field(default_factory=dict)
    turned: Mapping[str, float] = field(default_factory=dict)
    """Member id -> the monotonic second at which the ALB was seen to find it dead, or to find it so no more; another
    object with each such turn."""
    carried: Carried[Route] = field(default_factory=lambda: Carried(lambda route: route.key))
    """The routes with the moment since when each is stuck."""
    past: Carried[Zone] = field(default_factory=lambda: Carried(lambda zone: zone.name))
    """The zones with what each carried before."""
    dated: Dated = field(default_factory=Dated)
    shares: Shares = field(default_factory=Shares)
    marked: set[str] = field(default_factory=set)
    """The routes whose mark is another one than at the last picture."""
    _doubtful: set[str] = field(default_factory=set)
    """The routes whose mark is `unheard`."""

    def route(self, fact: Ingress, events: Iterable[Event], now: float) -> None:
        """Remember a route's weights as they are now seen."""
        values = dict(fact.annotations)
        keys = weight_keys(values, self.prefix)
        weights = tuple((key, values[key]) for key in keys)
        mark, before = self.marks.get(fact.key), self.versions.get(fact.key)
        first = Version(fact.annotations, fact.hash, revision(fact.resource_version))
        self.versions[fact.key] = before.followed_by(fact) if before else first
        if mark is None or before is None:
            self._mark(fact.key, Mark(weights, None, revision(fact.resource_version), fact.hash))
        elif mark.weights != weights:
            own = [event for event in events if concerns(event, fact)]
            counts = tuple((event.uid, event.count) for event in own)
            at, unheard = revision(fact.resource_version), before.waits(own)
            self._mark(fact.key, Mark(weights, now, at, fact.hash, counts, unheard))
        elif before.hash != fact.hash:
            self._mark(fact.key, replace(mark, labels=mark.labels + 1, worded=mark.worded or now))

    def word(self, event: Event, now: float) -> None:
        """Remember when the controller's first success since a change of weights was seen."""
        key = f"{event.namespace}/{event.name}"
        mark = self.marks.get(key) if event.kind == "Ingress" and event.reason == SUCCESS else None
        if mark is not None and mark.worded is None and mark.at is not None:
            seen = revision(event.resource_version)
            if seen is not None and mark.revision is not None and seen > mark.revision:
                self._mark(key, replace(mark, worded=now))

    def doubts(self, now: float) -> frozenset[str]:
        """The routes of which the controller's word is in doubt."""
        return frozenset(key for key in self._doubtful if self.marks[key].doubted(now))

    def settled(self, now: float) -> None:
        """A picture was made of everything that is remembered."""
        self.marked.clear()
        self.beats.settled(now)
        self.kept.settled()

    def _mark(self, route: str, mark: Mark) -> None:
        self.marks[route] = mark
        self.marked.add(route)
        if mark.unheard:
            self._doubtful.add(route)
        else:
            self._doubtful.discard(route)

    def backends(
        self, gateway: str, facts: LoadBalancerFacts, ids: tuple[str, ...], members: Mapping[str, MemberSettings]
    ) -> Backends:
        """A gateway's backends, resolved anew only where the facts of its ALB or the members are other ones."""
        known = self.balancers.get(gateway)
        if known is None or known[0][0] is not facts or known[0][1] != ids:
            known = self.balancers[gateway] = ((facts, ids), Backends(facts, ids, members))
        return known[1]

    def healths(self, members: tuple[Member, ...], now: float) -> None:
        """Remember which members the ALB finds dead."""
        places = others(members, self._judged)
        for place in range(len(members)) if places is None else places:
            member = members[place]
            word = member.alb_health.word
            if word is AlbHealthWord.UNKNOWN:
                continue
            dead = word is AlbHealthWord.DEAD
            if self._dead.setdefault(member.id, dead) is not dead:
                self._dead[member.id] = dead
                self.turned = {**self.turned, member.id: now}
        self._judged = members

    def rule(self, route: str, weights: object, now: float) -> float | None:
        """Remember a route's rule weights; returns when they were seen to change, None where they never were."""
        known = self.rules.get(route)
        if known is None:
            self.rules[route] = (weights, None)
        elif known[0] != weights:
            self.rules[route] = (weights, now)
        return self.rules[route][1]

    def forget(self, route: str) -> None:
        """Drop a route that is no more."""
        self.marks.pop(route, None)
        self._doubtful.discard(route)
        self.versions.pop(route, None)
        self.rules.pop(route, None)


def concerns(event: Event, fact: Ingress) -> bool:
    """Whether an Event is about this very Ingress."""
    return (
        event.kind == "Ingress"
        and event.namespace == fact.namespace
        and event.name == fact.name
        and event.object_uid in ("", fact.uid)
    )
