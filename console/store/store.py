"""`FleetStore`, the one owner of what was observed: readers in any thread apply observations, one picture comes out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from console.model.fleet import Fleet
from console.model.freshness import SourceName, SourceState, Topic
from console.model.hub import Event, Heartbeat, Ingress, Problem
from console.settings import FleetSettings
from console.store.events import (
    Changed,
    Gone,
    Heard,
    Identified,
    Listed,
    Locked,
    Observation,
    OfMember,
    Reviewed,
    Unread,
)
from console.store.facts import Facts
from console.store.memory import Memory
from console.store.parts import MemberFacts, News, heard
from console.store.picture import build, carry, shown_skew

_LEFT_TO_CLOCK = 5.0
"""Seconds after which a picture is rebuilt without news: a Lease grows late by the clock alone."""
_PATIENT = 1.0
"""Seconds that an age alone may wait for better news to go out with: a heartbeat like all others (500 members send 50 a
second), a source that answered again."""


class FleetStore:
    """Facts of one Fleet. All methods may be called from any thread; nothing here blocks on I/O.

    `clock` is monotonic seconds, `wall` epoch seconds; both are arguments so that tests own the time.
    """

    def __init__(
        self,
        settings: FleetSettings,
        name: str = "fleet",
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._name = name
        self._clock = clock
        self._wall = wall
        self._facts = Facts()
        self._memory = Memory(settings.weights.key_prefix)
        self._changed = threading.Condition(threading.RLock())
        self._version = 0
        self._beat: float | None = None
        """Real monotonic second of the oldest age that no picture shows yet."""
        self._built: tuple[int, float] = (-1, 0.0)
        self._fleet = Fleet(name=name, region=settings.shown_region, uid=None, sources=())

    @property
    def version(self) -> int:
        """Grows with every observation that said something new."""
        return self._version

    @property
    def now(self) -> float:
        """The store's monotonic clock."""
        return self._clock()

    @property
    def fleet(self) -> Fleet:
        """The present picture: the very same object as before where nothing that is shown has changed."""
        with self._changed:
            now = self._clock()
            version, at = self._built
            if version != self._version or now - at >= _LEFT_TO_CLOCK:
                built = build(self._name, self._facts, self._memory, self._settings, now)
                fresh = carry(built, self._fleet, now, self._memory)
                self._built = (self._version, now)
                if fresh != self._fleet:
                    self._fleet = fresh
            return self._fleet

    def rename(self, name: str) -> None:
        """Call the Fleet `name`, once its context is known and settings give it none."""
        with self._changed:
            self._name = name
            self._touch()

    def apply(self, *observations: Observation) -> None:
        """Take observations in, in order; wakes those who wait where anything is new."""
        with self._changed:
            news = 0
            for observation in observations:
                news += self._take(observation)
            if news:
                self._touch()

    def wait(self, until: Callable[[Fleet], bool], timeout: float) -> bool:
        """Block until the picture satisfies `until`; False where `timeout` seconds of real time went by without."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not until(self.fleet):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, _LEFT_TO_CLOCK))
            return True

    def wait_news(self, version: int, timeout: float) -> int:
        """Block until something newer than `version` was observed, or for `timeout` seconds; returns the version."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._version == version:
                now = time.monotonic()
                if self._beat is not None and now >= self._beat + _PATIENT:
                    self._touch()
                    break
                due = deadline if self._beat is None else min(deadline, self._beat + _PATIENT)
                if due <= now:
                    break
                self._changed.wait(due - now)
            return self._version

    def _touch(self) -> None:
        self._version += 1
        self._beat = None
        self._changed.notify_all()

    def _weigh(self, news: News) -> bool:
        """Whether it is news at once."""
        return self._defer() if news is News.AGE else news is News.FACT

    def _defer(self) -> bool:
        """Let what only renews an age wait for better news."""
        if self._beat is None:
            self._beat = time.monotonic()
            self._changed.notify_all()
        return False

    def _take(self, observation: Observation) -> bool:
        match observation:
            case Identified():
                return self._identify(observation)
            case Reviewed(lacking=lacking):
                before, self._facts.lacking = self._facts.lacking, lacking
                return before != lacking
            case Locked(lock=lock):
                former, self._facts.lock = self._facts.lock, lock
                same = former is not None and former.run == lock.run
                return self._defer() if same else True
            case Heard(source=source):
                known = self._facts.sources.get(source.name)
                self._facts.sources[source.name] = source
                return self._weigh(heard(known, source))
            case OfMember(member=member, said=said):
                return self._weigh(self._facts.members.setdefault(member, MemberFacts()).take(said))
            case Listed(source=name, facts=facts, problems=problems, at=at):
                return self._list(name, dict(facts), dict(problems), at)
            case Changed(source=name, key=key, fact=fact, problem=problem, at=at):
                return self._put(name, key, fact, problem, at)
            case Gone(source=name, key=key) | Unread(source=name, key=key):
                problem = observation.problem if isinstance(observation, Unread) else None
                return self._drop(name, key, problem)

    def _identify(self, said: Identified) -> bool:
        """Another UID is another Fleet: nothing of the former one may show under the new one's name."""
        facts, uid = self._facts, said.uid
        before = (shown_skew(facts.skew), facts.until)
        facts.skew, facts.until = said.skew, said.until
        if facts.uid == uid:
            self._memory.beats.skewed(said.skew)
            return before != (shown_skew(said.skew), said.until)
        if facts.uid is not None:
            sources = {s: v for s, v in facts.sources.items() if v.state is SourceState.UNCONFIGURED}
            self._facts = Facts(sources=sources, members=facts.members)  # members are who they are under any hub
            self._memory = Memory(self._settings.weights.key_prefix)
        self._facts.uid, self._facts.skew, self._facts.until = uid, said.skew, said.until
        self._memory.beats.skewed(said.skew)
        return True

    def _list(self, name: Topic, facts: dict[str, object], problems: dict[str, Problem], at: float) -> bool:
        kinds = self._facts.of(name)
        for key in [key for key in kinds if key not in facts]:
            self._forget(name, key)
        for fact in facts.values():
            self._remember(fact, at)
        return self._facts.listed(name, facts, problems)

    def _put(self, name: Topic, key: str, fact: object, problem: Problem | None, at: float) -> bool:
        former = self._facts.of(name).get(key)
        expected = isinstance(fact, Heartbeat) and self._memory.beats.expects(fact, at) and problem is None
        self._remember(fact, at)
        if expected:
            self._facts.put(name, key, fact)
            return self._defer()
        same = former == fact
        if not same:
            self._facts.put(name, key, fact)
        return self._facts.flaw(name, key, problem) or not same

    def _drop(self, name: Topic, key: str, problem: Problem | None) -> bool:
        known = self._facts.drop(name, key)
        self._forget(name, key)
        return self._facts.flaw(name, key, problem) or known is not None

    def _remember(self, fact: object, at: float) -> None:
        if isinstance(fact, Ingress):
            self._memory.route(fact, self._facts.told.get(("Ingress", fact.name), ()), at)
        elif isinstance(fact, Event):
            self._memory.word(fact, at)
        elif isinstance(fact, Heartbeat):
            self._memory.beats.beat(fact, at, self._wall())

    def _forget(self, name: Topic, key: str) -> None:
        if name is SourceName.ROUTES:
            self._memory.forget(key)
        elif name is SourceName.HEARTBEATS:
            self._memory.beats.silence(key)
