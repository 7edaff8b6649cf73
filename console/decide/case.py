"""What guardrails look at: a picture, the splits that are wished for, and the circumstances that no picture holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from console.model.argo import Application
from console.model.direct import Sample
from console.model.fleet import Fleet, Gateway, Member, Route
from console.model.run import RunReport, Severity
from console.model.text import inert
from console.settings import DEFAULT_KEY_PREFIX, RuleSettings, Settings

Kind = Literal["shift", "drain"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator wants. `routes`: (route key, member id -> weight); `target`: what a drain empties.

    `steps` in percent of the way, `hold` and `expires` in seconds, `probe_rate` in requests a second of all routes
    together (None: as settings say).
    """

    routes: tuple[tuple[str, Mapping[str, int]], ...]
    kind: Kind = "shift"
    target: str = ""
    steps: tuple[int, ...] = (100,)
    hold: float = 0.0
    expires: float | None = None
    on_loss: str = "continue"
    on_refusal: str = "hold"
    probe_rate: float | None = None
    hold_sync: bool = False
    """Consent: the automated sync of Applications that would write it back is off for the run's time."""
    new_key: bool = False
    overrides: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    unsplit: tuple[str, ...] = ()
    """Routes of the target whose split cannot be read, so that nothing can be wished for them."""


@dataclass(frozen=True, slots=True)
class Around:
    """What decides beside the picture. `running`: runs that are under way on this host; `recorded`: those that only
    their records tell of, which may be gone: the Fleet's Lease knows; `wall`: epoch seconds."""

    key_prefix: str = DEFAULT_KEY_PREFIX
    read_only: bool = False
    rules: Mapping[str, RuleSettings] = field(default_factory=dict)
    assertions: tuple[str, ...] = ()
    probe_rate: float | None = None
    """What settings consent to, where the wish says nothing."""
    running: tuple[RunReport, ...] = ()
    recorded: tuple[RunReport, ...] = ()
    upkeep: tuple[RunReport, ...] = ()
    """Runs of one step that are under way, wherever."""
    wall: float = 0.0
    returns: tuple[int, ...] = ()
    """Percent of the way back at each place where a run stands that goes back by itself."""
    provable: frozenset[str] | None = None
    """Ids of the members that have a direct probe or whose own API is named; None: not known."""
    direct: Mapping[str, Sample] = field(default_factory=dict)
    """Member id -> what it said itself just now, past the gateway; only of whom the ALB says nothing."""

    @classmethod
    def by(cls, settings: Settings) -> Around:
        """What settings alone say."""
        prefix, run = settings.fleet.weights.key_prefix, settings.run
        rules, asserted = settings.rules, settings.assertions
        members = settings.fleet.members.items()
        provable = frozenset(one for one, said in members if said.direct is not None or said.readable)
        return cls(
            prefix, settings.read_only, rules, asserted, run.probe_rate, returns=run.returning.places,
            provable=provable,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Aim:
    """One route, the gateway it stands behind, and the split that it shall get."""

    route: Route
    gateway: Gateway | None
    to: Mapping[str, int]

    @property
    def held(self) -> dict[str, int]:
        """Member id -> weight by its annotation; absent ones count as 0."""
        return {line.member: line.annotation or 0 for line in self.route.members}

    @property
    def gaining(self) -> list[str]:
        """Members that would get more than they have."""
        held = self.held
        return [member for member, want in self.to.items() if want > held.get(member, 0)]

    @property
    def losing(self) -> list[str]:
        """Members that would get less."""
        return [member for member, weight in self.held.items() if self.to.get(member, 0) < weight]

    @property
    def namespace(self) -> str:
        """Of the route, and of the Services and applications behind it."""
        return self.route.key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks against a plan. `at_most`: what it weighs where that is less than its rule's severity."""

    measured: str
    needed: str
    message: str
    at_most: Severity = Severity.BLOCKS


@dataclass(frozen=True)
class Case:
    """Everything that every rule looks at."""

    fleet: Fleet
    wish: Wish
    around: Around
    aims: tuple[Aim, ...]

    @classmethod
    def of(cls, fleet: Fleet, wish: Wish, around: Around) -> Case:
        """The case of a wish whose routes are all known."""
        gateways = {gateway.name: gateway for gateway in fleet.gateways}
        routes = {route.key: route for route in fleet.routes}
        aims = (Aim(routes[key], gateways.get(routes[key].gateway or ""), to) for key, to in wish.routes)
        return cls(fleet, wish, around, tuple(aims))

    @cached_property
    def _members(self) -> Mapping[str, Member]:
        return {member.id: member for member in self.fleet.members}

    def member(self, member: str) -> Member | None:
        """The member of that id."""
        return self._members.get(member)

    def name(self, member: str) -> str:
        """A member as it is called."""
        known = self._members.get(member)
        return known.name if known else inert(member, 60)

    @property
    def gaining(self) -> list[str]:
        """Members that would get more on any route, each once."""
        return list(dict.fromkeys(member for aim in self.aims for member in aim.gaining))

    @property
    def gateways(self) -> list[Gateway]:
        """The gateways of all routes, each once."""
        return list({aim.gateway.name: aim.gateway for aim in self.aims if aim.gateway is not None}.values())

    def about(self, aim: Aim) -> str:
        """`ROUTE: ` where there are several, to begin a finding with."""
        return f"{aim.route.key}: " if len(self.aims) > 1 else ""

    def threshold(self, rule: str, default: float) -> float:
        """What settings say, else the rule's own."""
        said = self.around.rules.get(rule)
        return default if said is None or said.threshold is None else said.threshold

    @cached_property
    def _deployed(self) -> Mapping[tuple[str | None, str], Sequence[Application]]:
        found: dict[tuple[str | None, str], list[Application]] = {}
        for one in self.fleet.applications:
            if not one.deleting:
                found.setdefault((one.member, one.target), []).append(one)
        return found

    def applications(self, aim: Aim, member: str) -> Sequence[Application]:
        """The applications that deploy to a route's namespace in one member."""
        return self._deployed.get((member, aim.namespace), ())
