"""Polls the ALBs of the known gateways and posts what changed: rules in every round, what moves slowly less often.

One thread; it starts with the SDK's import and the credential, so that nobody waits for either. Facts stay, with their
age, while calls fail.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from console.cloud.alb import Alb
from console.cloud.budget import CallBudget
from console.cloud.decode import Decoder
from console.cloud.trouble import Trouble
from console.errors import Denied, FleetConsoleError, Lost, SettingsError
from console.model.alb import GroupHealth, Listener, LoadBalancer, LoadBalancerFacts, Rule, Server, ServerGroup
from console.model.freshness import Source, SourceName, SourceState
from console.model.hub import Problem
from console.model.text import inert
from console.settings import CloudSettings, Duration
from console.store.events import Changed, Gone, Heard, Observation

FASTEST = 5.0
"""Seconds between two rounds of a viewer, at least."""
WATCHED = 0.5
"""Seconds between two looks at the rules that a runner watches, at least."""
_CALLS = 6.0
"""Calls a second that such looks take where several load balancers are watched."""
_SERVERS = 10.0
_GROUPS = 15.0
_LISTENERS = 15.0
_ATTRIBUTES = 30.0
"""Seconds after which each kind is asked for again."""
_AT_ONCE = 30
"""Groups whose servers are asked for in one round, so that a large ALB does not hold up its rules."""
_LOGIN = 30.0
"""Seconds after which a credential that failed is tried again."""


@dataclass(slots=True)
class _Balancer:
    """What is known of one load balancer, and when (monotonic) each part was asked for."""

    id: str
    attributes: LoadBalancer
    listeners: tuple[Listener, ...] = ()
    rules: tuple[Rule, ...] = ()
    groups: dict[str, ServerGroup] = field(default_factory=dict)
    servers: dict[str, tuple[Server, ...]] = field(default_factory=dict)
    health: dict[str, tuple[GroupHealth, ...]] = field(default_factory=dict)
    asked: dict[str, float] = field(default_factory=dict)
    complete: bool = False

    def facts(self) -> LoadBalancerFacts:
        return LoadBalancerFacts(
            load_balancer=self.attributes,
            listeners=self.listeners,
            rules=self.rules,
            groups=tuple(self.groups[id] for id in sorted(self.groups)),
            servers=tuple(server for id in sorted(self.servers) for server in self.servers[id]),
            health=tuple(entry for id in sorted(self.health) for entry in self.health[id]),
            read=frozenset(part for part in self.asked if " " not in part),
        )

    def named_groups(self) -> tuple[str, ...]:
        return tuple(sorted({group for rule in self.rules for group, _ in rule.tuples if group}))


class AlbPoll:
    """Source `alb`. `post` is the store's `apply`; `balancers` names the load balancers that the gateways have, None
    while that is not known yet; `watched` those whose rules a runner waits for. `connect` makes the client of the
    OpenAPI and may block and fail; `turn` blocks until there is time for that."""

    def __init__(
        self,
        settings: CloudSettings,
        post: Callable[..., None],
        clock: Callable[[], float],
        balancers: Callable[[], Sequence[str] | None],
        *,
        watched: Callable[[], Collection[str]] = tuple,
        every: float | None = None,
        connect: Callable[[], object] | None = None,
        turn: Callable[[], object] = lambda: None,
        budget: CallBudget | None = None,
    ) -> None:
        self._settings = settings
        self._post = post
        self._clock = clock
        self._balancers = balancers
        self._watched = watched
        self._every = max(FASTEST, float(Duration.parse(settings.poll))) if every is None else every
        self._connect = connect or self._client
        self._turn = turn
        self.budget = budget or CallBudget()
        """Every call of this process draws from it; a runner's urgent calls, too."""
        self._known: dict[str, _Balancer] = {}
        self._source = Source(SourceName.ALB, SourceState.LOADING, clock())
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._failures = 0

    def start(self) -> None:
        """Begin, in a thread of its own."""
        if self._settings.credentials is None:
            why = "no cloud credentials: ALB rules and health are not read. Name some under fleets.cloud.credentials"
            self._say(SourceState.UNCONFIGURED, why)
            return
        self._post(Heard(self._source))
        threading.Thread(target=self._run, name="alb", daemon=True).start()

    def stop(self) -> None:
        """End after the call that is under way."""
        self._stopped.set()
        self._wake.set()

    def look(self) -> None:
        """Look now: the gateways, or what is watched, may have changed."""
        self._wake.set()

    def rules_read(self, id: str) -> float | None:
        """When (monotonic) a load balancer's rules were asked for the last time that was answered; None: never."""
        one = self._known.get(id)
        return one.asked.get("rules") if one is not None else None

    def _client(self) -> object:
        from console.cloud.credentials import alb_client

        return alb_client(self._settings)

    def _run(self) -> None:
        self._turn()
        alb = self._log_in()
        if alb is None:
            return
        while not self._stopped.is_set():
            try:
                self._round(alb)
            except Exception as error:  # a poll that dies would look like a quiet cloud
                self._failed(Trouble(SourceState.STALE, f"ALB could not be read: {inert(type(error).__name__)}"))
            self._wake.wait(self._pause())
            self._wake.clear()

    def _log_in(self) -> Alb | None:
        """The client, however long its credential takes; None where stopped before."""
        while not self._stopped.is_set():
            try:
                return Alb(self._connect(), self.budget)
            except SettingsError as error:
                self._say(SourceState.UNCONFIGURED, str(error))
            except Denied as error:
                self._say(SourceState.DENIED, str(error))
            except FleetConsoleError as error:
                self._say(SourceState.LOST, str(error))
            except Exception as error:
                self._say(SourceState.LOST, f"the cloud's client cannot be made: {inert(type(error).__name__)}")
            self._wake.wait(_LOGIN)
            self._wake.clear()
        return None

    def _pause(self) -> float:
        if self._failures:
            return random.uniform(0.5, 1.0) * min(60.0, self._every * 2.0 ** min(self._failures - 1, 5))
        if not self._known:
            return 1.0
        pause = self._fast if any(id in self._known for id in self._watched()) else self._every
        return pause / self.budget.share

    @property
    def _fast(self) -> float:
        """Seconds between two looks at the rules of each load balancer that is watched: all of them a few calls a
        second."""
        return max(WATCHED, len(self._watched()) / _CALLS)

    def _round(self, alb: Alb) -> None:
        """Ask for everything that is due, post what came, say how it went."""
        try:
            wanted = self._balancers()
        except Lost as error:
            self._say(SourceState.LOST, str(error), echo=True)
            return
        if wanted is None:
            return
        if not wanted:
            self._without_gateways(alb)
            return
        self._forget(wanted)
        worst: Trouble | None = None
        watched = self._watched()
        for id in sorted(wanted, key=lambda id: id not in watched):
            if self._stopped.is_set():
                return
            problem = self._look_at(alb, id)
            if problem is not None and not problem.gone:
                worst = problem
                if problem.state in (SourceState.THROTTLED, SourceState.LOST, SourceState.DENIED):
                    break
        if worst is not None:
            self._failed(worst)
        else:
            self._failures = 0
            self._say(SourceState.LIVE, answered=True)

    def _without_gateways(self, alb: Alb) -> None:
        self._forget(())
        if self._source.state is SourceState.EMPTY and self._clock() - (self._source.seen or 0.0) < self._every:
            return
        try:
            alb.greet()
        except Trouble as error:
            self._failed(error)
            return
        self._failures = 0
        self._say(SourceState.EMPTY, "no gateway with an ALB is known", answered=True)

    def _forget(self, wanted: Sequence[str]) -> None:
        for id in [id for id in self._known if id not in wanted]:
            del self._known[id]
            self._post(Gone(SourceName.ALB, id, self._clock()))

    def _look_at(self, alb: Alb, id: str) -> Trouble | None:
        """One load balancer: every part that is due; what was read is posted even where a later part fails."""
        one = self._known.get(id) or _Balancer(id, LoadBalancer(id))
        self._known[id] = one
        decoder = Decoder()
        failed: Trouble | None = None
        for part, period in self._parts(one):
            if not self._due(one, part, period):
                continue
            began = self._clock()
            try:
                self._ask(alb, one, part, decoder)
            except Trouble as error:
                failed = error
                if error.gone or error.state is not SourceState.STALE:
                    break
                continue
            one.asked[part] = began
        problem = self._problem(id, failed, decoder)
        if failed is None:
            one.complete = True
        if one.rules or one.complete or problem is not None:
            news: list[Observation] = [Changed(SourceName.ALB, id, one.facts(), self._clock(), problem)]
            self._post(*news)
        return failed

    def _parts(self, one: _Balancer) -> Sequence[tuple[str, float]]:
        """The parts of one load balancer and how often each is asked for, in seconds; the order counts."""
        fast = one.id in self._watched()
        return (
            ("rules", self._fast if fast else self._every),
            ("groups", _GROUPS),
            ("servers", max(_SERVERS, self._every)),
            ("listeners", _LISTENERS),
            ("health", max(FASTEST, self._every)),
            ("attributes", _ATTRIBUTES),
        )

    def _due(self, one: _Balancer, part: str, period: float) -> bool:
        at = one.asked.get(part)
        if at is None:
            return True
        named = one.named_groups()
        if (part == "groups" and any(group not in one.groups for group in named)) or (
            part == "servers" and any(group not in one.servers for group in named)
        ):
            return self._clock() - at >= min(period, WATCHED)
        return self._clock() - at >= period - 0.5

    def _ask(self, alb: Alb, one: _Balancer, part: str, decoder: Decoder) -> None:
        match part:
            case "attributes":
                read = alb.load_balancer(one.id, decoder)
                one.attributes = replace(read, id=one.id)
            case "listeners":
                one.listeners = alb.listeners(one.id, decoder)
            case "rules":
                one.rules = alb.rules(one.id, decoder, urgent=one.id in self._watched())
            case "groups":
                read_groups = alb.groups(one.named_groups(), decoder)
                one.groups = {group.id: group for group in read_groups}
            case "servers":
                self._ask_servers(alb, one, decoder)
            case _:
                health = {listener.id: alb.health(listener.id, decoder) for listener in one.listeners if listener.id}
                one.health = health

    def _ask_servers(self, alb: Alb, one: _Balancer, decoder: Decoder) -> None:
        """The groups that were asked for longest ago come first; a large ALB takes several rounds."""
        named = one.named_groups()
        one.servers = {id: servers for id, servers in one.servers.items() if id in named}
        waiting = sorted(named, key=lambda id: one.asked.get(f"servers of {id}", float("-inf")))
        for group in waiting[:_AT_ONCE]:
            one.servers[group] = alb.servers(group, decoder)
            one.asked[f"servers of {group}"] = self._clock()

    def _problem(self, id: str, failed: Trouble | None, decoder: Decoder) -> Problem | None:
        shown = f"ALB {inert(id, 80)}"
        if failed is not None and (failed.gone or failed.state is SourceState.STALE):
            return Problem(shown, str(failed))
        if decoder.odd:
            more = f"; and {len(decoder.odd) - 3} more" if len(decoder.odd) > 3 else ""
            return Problem(shown, "; ".join(decoder.odd[:3]) + more)
        return None

    def _failed(self, problem: Trouble) -> None:
        self._failures += 1
        seen = self._source.seen is not None
        state = SourceState.LOST if problem.state is SourceState.STALE and not seen else problem.state
        self._say(state, str(problem), problem.permission)

    def _say(
        self, state: SourceState, message: str = "", permission: str | None = None, *,
        answered: bool = False, echo: bool = False,
    ) -> None:  # fmt: skip
        calls = None if state is SourceState.UNCONFIGURED else self.budget.minute
        fresh = self._source.told(
            state, self._clock(), message, permission,
            answered=answered, mode=f"poll {self._every:g}s", calls=calls, echo=echo,
        )  # fmt: skip
        if fresh != self._source:
            self._source = fresh
            self._post(Heard(fresh))
