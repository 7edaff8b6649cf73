"""Probes every configured route at its rate and posts, about once a second, what the newest answers said.

A few worker threads take whichever route is due next; a slow gateway lowers the rate, it never piles requests up.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from console import log
from console.model.freshness import Source, SourceName, SourceState
from console.model.share import NEWEST, ProbeSeries, changed
from console.model.text import inert
from console.probe.attribute import Attribution, attribution, member_of
from console.probe.rates import shared_rates
from console.probe.request import Reply, Unanswered, ask
from console.settings import Duration, ProbeSettings
from console.store.events import Changed, Heard

WORKERS = 10
_POST_EVERY = 1.0
"""Seconds between two posts of one route."""
_FAST = 20.0
"""Requests a second of one route beyond which it is posted more often than that."""
_OFTEN = 10.0
"""Posts a second of one route, at most."""
_HEARD_EVERY = 4.0
"""Seconds between two posts that only say: still answering."""
_FAILURES = 100
_WELL, _SEVERAL = 10.0, 3
"""Seconds without a failure after which a route has recovered from so many of them."""
_LOST_AFTER = 5
"""Requests in a row without an answer after which a route counts as lost."""

Members = Callable[[], Sequence[tuple[str, str]]]
"""The members that are known so far: (id, name)."""
Listener = Callable[[str, float, str | None, bool], None]
"""Is told each request: route, monotonic second at which it was sent, the member that answered, whether none did."""


@dataclass(slots=True)
class _Probe:
    """One route: what to ask, when next (monotonic), and the newest answers as the words that named members."""

    settings: ProbeSettings
    attribute: Attribution
    timeout: float
    rate: float
    due: float
    answers: deque[tuple[float, str | None]] = field(default_factory=lambda: deque(maxlen=2 * NEWEST))
    failures: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=_FAILURES))
    silent: int = 0
    posted: float = float("-inf")
    lost: int = 0
    """Requests without an answer since there were none for a while."""

    def recovered(self, now: float) -> float | None:
        """Since when nothing has failed after several requests did: who answered before says nothing of now."""
        last = self.failures[-1][0] if self.failures else now
        if now - last < _WELL:
            return None
        lost, self.lost = self.lost, 0
        return last if lost >= _SEVERAL else None

    def forget(self, before: float | None) -> None:
        """Drop the answers from before a second: a share that surely changed is never judged by them again."""
        while before is not None and self.answers and self.answers[0][0] < before:
            self.answers.popleft()


class Probes:
    """Source `probe`. `post` is the store's `apply`, `clock` monotonic; `budget` requests a second in all."""

    def __init__(
        self,
        settings: Sequence[ProbeSettings],
        budget: float,
        post: Callable[..., None],
        clock: Callable[[], float],
        members: Members,
        *,
        ask: Callable[[str, str | None, float], Reply] = ask,
        heard: Listener | None = None,
    ) -> None:
        self._post = post
        self._clock = clock
        self._members = members
        self._ask = ask
        self.heard = heard
        """May be set while it runs."""
        self._budget = budget
        self._boosts: dict[str, float] = {}
        self._consented: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._probes = {
            one.route: _Probe(one, attribution(one.member), float(Duration.parse(one.timeout)), one.rate, clock())
            for one in settings
        }
        self._turn = threading.Condition()
        self._stopped = False
        self._source = Source(SourceName.PROBE, SourceState.LOADING, clock())
        self._share_out()

    def start(self) -> None:
        """Begin, in threads of its own; nothing to do where no route is probed."""
        if not self._probes:
            self.decline("no probe is configured: shares are not observed")
            return
        self._post(Heard(self._source))
        for number in range(WORKERS):
            threading.Thread(target=self._work, name=f"probe {number}", daemon=True).start()

    def decline(self, why: str) -> None:
        """Say that nothing is probed, and why."""
        self._source = Source(SourceName.PROBE, SourceState.UNCONFIGURED, self._clock(), None, why)
        self._post(Heard(self._source))

    def stop(self) -> None:
        """End; a request under way is not waited for."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def boost(self, route: str, rate: float) -> None:
        """Probe one route faster, within the budget; a rate of 0 takes the boost back."""
        with self._turn:
            if rate > 0:
                self._boosts[route] = rate
            else:
                self._boosts.pop(route, None)
            self._share_out()
            if route in self._probes:
                self._probes[route].due = min(self._probes[route].due, self._clock())
            self._turn.notify_all()

    def consent(self, rate: float, routes: Collection[str]) -> None:
        """Let these routes together have `rate` requests a second, beyond the budget, and no other; none of them takes
        that back."""
        with self._turn:
            self._consented = (rate, frozenset(routes))
            self._share_out()
            for route in self._consented[1] & self._probes.keys():
                self._probes[route].due = min(self._probes[route].due, self._clock())
            self._turn.notify_all()

    def _share_out(self) -> None:
        wanted = {route: probe.settings.rate for route, probe in self._probes.items()}
        limit, consented = self._consented
        boosts = dict.fromkeys(consented, limit) if consented else self._boosts
        for route, rate in shared_rates(wanted, boosts, self._budget, limit if consented else 0.0).items():
            self._probes[route].rate = rate

    @property
    def _mode(self) -> str:
        return f"{sum(probe.rate for probe in self._probes.values()):.3g}/s"

    def _work(self) -> None:
        while (probe := self._next()) is not None:
            sent = self._clock()
            try:
                reply: Reply | Unanswered = self._ask(probe.settings.url, probe.settings.host, probe.timeout)
            except Unanswered as error:
                reply = error
            except Exception as error:  # a probe that dies would look like a share that stands still
                reply = Unanswered(f"the request could not be made ({inert(type(error).__name__, 60)})")
            self.take(probe, reply)
            self._retell(probe, reply, sent)

    def _retell(self, probe: _Probe, reply: Reply | Unanswered, sent: float) -> None:
        """One request to whoever listens."""
        if self.heard is None:
            return
        failed = isinstance(reply, Unanswered)
        word = None if isinstance(reply, Unanswered) else probe.attribute(reply.headers, reply.body)
        member = None if word is None else member_of(word, probe.settings.names, self._members())
        self.heard(probe.settings.route, sent, member, failed)

    def _next(self) -> _Probe | None:
        """Wait for the route that is due next; None once stopped."""
        with self._turn:
            while not self._stopped:
                now = self._clock()
                running = [probe for probe in self._probes.values() if probe.rate > 0]
                probe = min(running, key=lambda probe: probe.due, default=None)
                if probe is not None and probe.due <= now:
                    probe.due = max(probe.due + 1.0 / probe.rate, now)
                    return probe
                self._turn.wait(1.0 if probe is None else min(1.0, probe.due - now))
            return None

    def take(self, probe: _Probe, reply: Reply | Unanswered) -> None:
        """Count one answer, or the lack of it, and post where it is time to."""
        word = None if isinstance(reply, Unanswered) else probe.attribute(reply.headers, reply.body)
        with self._turn:
            if self._stopped:
                return
            now = self._clock()
            self._log(probe, reply)
            if isinstance(reply, Unanswered):
                probe.failures.append((now, str(reply)))
                probe.silent += 1
                probe.lost += 1
            else:
                probe.answers.append((now, word))
                probe.silent = 0
            if now - probe.posted >= _POST_EVERY / max(1.0, min(_OFTEN, probe.rate / _FAST)):
                probe.posted = now
                for before in (changed(probe.answers), probe.recovered(now)):
                    probe.forget(before)
                self._post(Changed(SourceName.PROBE, probe.settings.route, self._series(probe), now))
            self._tell(now)

    def _log(self, probe: _Probe, reply: Reply | Unanswered) -> None:
        """The first trouble of a row, another one, and its end: not every request."""
        if not isinstance(reply, Unanswered):
            if probe.silent:
                log.note("probe", probe.settings.route, "answers again after", probe.silent, "without an answer")
        elif not probe.silent or probe.failures[-1][1] != str(reply):
            log.note("probe", probe.settings.route, reply)

    def _series(self, probe: _Probe) -> ProbeSeries:
        members = self._members()
        known: dict[str | None, str | None] = {None: None}
        for _, word in probe.answers:
            if word is not None and word not in known:
                found = member_of(word, probe.settings.names, members)
                known[word] = found if members else inert(probe.settings.names.get(word, word), 80)
        answers = tuple((at, known[word]) for at, word in probe.answers)
        return ProbeSeries(probe.settings.route, answers, tuple(probe.failures))

    def _tell(self, now: float) -> None:
        """Say how the source fares: lost only where no route has answered for several requests."""
        probes = self._probes.values()
        answering = [probe for probe in probes if probe.answers and probe.silent < _LOST_AFTER]
        old = self._source
        if answering:
            mute = next((probe for probe in probes if probe.silent >= _LOST_AFTER and probe.failures), None)
            message = f"{inert(mute.settings.route, 120)}: {mute.failures[-1][1]}" if mute is not None else ""
            fresh = old.told(SourceState.LIVE, now, message, answered=True, mode=self._mode)
        elif all(probe.silent >= _LOST_AFTER for probe in probes):
            last = max((probe.failures[-1] for probe in probes if probe.failures), default=(0.0, ""))
            fresh = old.told(SourceState.LOST, now, last[1], mode=self._mode)
        else:
            return
        said = (old.state, old.message) == (fresh.state, fresh.message)
        if said and (fresh.seen == old.seen or now - (old.seen or 0.0) < _HEARD_EVERY):
            return
        self._source = fresh
        self._post(Heard(fresh))
