"""A wish -> a plan, and everything that speaks against it or should be known, all at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from console.decide import reverters, rules, steps
from console.decide.case import Aim, Around, Case, Kind, Wish
from console.decide.plan import FASTEST, Plan, RouteChange, checked, expiring, lasting, weight
from console.decide.reverters import Reverter
from console.errors import UsageError
from console.model.fleet import AlbHealthWord, Fleet, Route
from console.model.run import Reason, Severity
from console.model.text import inert

DRAIN_EXPIRES = 3600.0
"""Seconds after which a drain goes back by itself, unless that is waived."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A plan, or None where none can be made, and every rule's word."""

    plan: Plan | None
    reasons: tuple[Reason, ...] = ()
    overrides: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether a rule blocks or asks without an answer, or no plan could be made."""
        return self.plan is None or bool(self.blocking)

    @property
    def blocking(self) -> tuple[Reason, ...]:
        """The rules that still keep the plan from being carried out."""
        return tuple(reason for reason in self.reasons if not self.answered(reason))

    def answered(self, reason: Reason) -> bool:
        """Whether a reason keeps nothing from being carried out: it informs, or was overridden or confirmed by name."""
        if reason.severity is Severity.BLOCKS:
            return reason.rule in self.overrides
        return reason.severity is Severity.INFORMS or reason.rule in (*self.confirmed, *self.overrides)


def decide(fleet: Fleet, wish: Wish, around: Around) -> Decision:
    """The plan of a wish (routes by key; weights by member id, summing to 100, see `decide.split`).

    Raises `UsageError` where a route or a rule is not known, a rule that nobody can waive is to be overridden, a hold
    or an expiry is too long, what is consented to is no rate of probes, or an automated sync would be off for good.
    Everything else that speaks against it is in the reasons.
    """
    for key, _ in wish.routes:
        if fleet.route(key) is None:
            raise UsageError(f"no route is called '{inert(key, 120)}'", fix=_known(fleet))
    for name in (*wish.overrides, *wish.confirmed):
        overridable(name)
    lasting(wish.hold, f"a hold of {wish.hold:.0f} s")
    if wish.expires is not None:
        expiring(wish.expires, f"an expiry after {wish.expires:.0f} s")
    case = Case.of(fleet, wish, around)
    found = rules.reasons(case)
    # Only what speaks against the plan is overridden: a word too many changes no plan and no hash.
    overrides = _said(wish.overrides, found, Severity.BLOCKS)
    confirmed = _said(wish.confirmed, found, Severity.ASKS)
    confirmed += tuple(name for name in _said(wish.overrides, found, Severity.ASKS) if name not in confirmed)
    return Decision(_plan(case, overrides, confirmed), found, overrides, confirmed)


def overridable(name: str) -> None:
    """Raise `UsageError` where a rule is not known, or is one that nobody can waive."""
    rule = rules.named(name)
    if rule.absolute:
        raise UsageError(f"rule {name} cannot be overridden", fix=rule.says)


def _said(names: Sequence[str], reasons: Sequence[Reason], severity: Severity) -> tuple[str, ...]:
    speaking = {reason.rule for reason in reasons if reason.severity is severity}
    return tuple(sorted(speaking.intersection(names)))


def _known(fleet: Fleet) -> str:
    names = ", ".join(route.key for route in fleet.routes[:8])
    return f"Known routes: {names}." if names else "No route is known; `fleet-console status` says why."


def _plan(case: Case, overrides: tuple[str, ...], confirmed: tuple[str, ...]) -> Plan | None:
    fleet, wish = case.fleet, case.wish
    if fleet.uid is None or not case.aims:
        return None
    changes = tuple(_change(case, aim) for aim in case.aims)
    probed = {aim.route.key: aim.route.probed for aim in case.aims}
    plan = Plan(
        fleet_uid=fleet.uid,
        kind=wish.kind,
        routes=tuple(sorted(changes, key=lambda change: (not probed[change.key], _moved(change), change.key))),
        steps=wish.steps,
        hold=wish.hold if len(wish.steps) > 1 else 0.0,
        expires=wish.expires,
        overrides=overrides,
        confirmed=confirmed,
        on_loss=wish.on_loss,
        on_refusal=wish.on_refusal,
        target=wish.target,
        probe_rate=_rate(case),
        reverters=_reverters(case),
        returns=case.around.returns if wish.expires is not None else (),
    )
    try:
        return checked(plan)
    except ValueError:
        return None  # rule `split` says why


def _rate(case: Case) -> float | None:
    """The rate of probes that was consented to, where any route is probed."""
    said = case.around.probe_rate if case.wish.probe_rate is None else case.wish.probe_rate
    if said is not None and not 0 < said <= FASTEST:
        raise UsageError(f"{said:g} probe requests a second are no rate", fix=f"More than 0, at most {FASTEST:g}.")
    return said if any(aim.route.probed for aim in case.aims) else None


def _reverters(case: Case) -> tuple[Reverter, ...]:
    """Who would write the routes back and can be held, where that was consented to."""
    tracked = {aim.route.tracked for aim in case.aims} - {""}
    found = reverters.among(case.fleet, tracked) if case.wish.hold_sync else ()
    if found and not case.wish.expires:
        said = reverters.several(one.key for one in found)
        raise UsageError(f"{said} would be off for good", fix="Say after how long it goes back: --expires 60m.")
    return found


def _moved(change: RouteChange) -> int:
    """Weight points that change hands: what a mistake would cost. A probed route goes first, since its effect is seen
    before the others follow."""
    before, after = change.weights(change.before), change.weights(change.after)
    return sum(max(0, (after[member] or 0) - (before[member] or 0)) for member in after)


def _change(case: Case, aim: Aim) -> RouteChange:
    namespace, _, name = aim.route.key.partition("/")
    lines = {line.member: line for line in aim.route.members}
    keys: dict[str, str] = {}
    before: dict[str, str | None] = {}
    after: dict[str, str | None] = {}
    for member, want in aim.to.items():
        line = lines.get(member)
        key = line.key if line and line.key else case.around.key_prefix + member
        keys[key] = member
        before[key] = line.raw if line else None
        held = weight(before[key])
        after[key] = before[key] if held == want else str(want)
    return RouteChange(
        namespace=namespace,
        name=name,
        uid=aim.route.uid,
        members=tuple(keys.items()),
        before=tuple(before.items()),
        after=tuple(after.items()),
    ).arranged([*lines, *(member.id for member in case.fleet.members)])


def wish_of(fleet: Fleet, plan: Plan) -> Wish:
    """The wish that a plan grants, to judge it anew; routes that are not known any more are left out."""
    routes = tuple(
        (change.key, {member: want or 0 for member, want in change.weights(change.after).items()})
        for change in plan.routes
        if fleet.route(change.key) is not None
    )
    kind: Kind = "drain" if plan.kind == "drain" else "shift"
    return Wish(
        routes, kind, plan.target, plan.steps, plan.hold, plan.expires, plan.on_loss, plan.on_refusal, new_key=True,
        overrides=plan.overrides, confirmed=plan.confirmed, hold_sync=bool(plan.reverters and plan.expires),
    )  # fmt: skip


def drained(fleet: Fleet, word: str) -> Wish:
    """The wish that a zone, or a member by id, name or unique prefix, carries no weight on any route of any gateway.

    What it carried goes to the others in proportion to what they carry; where they carry nothing, evenly to those that
    are not known to be dead. Raises `UsageError` where the word names nothing, or several things.
    """
    members, target = _target(fleet, word)
    routes: list[tuple[str, Mapping[str, int]]] = []
    unsplit: list[str] = []
    for route in fleet.routes:
        touched = any(line.member in members and line.annotation != 0 and line.key for line in route.members)
        touched = touched or (not route.noted and bool(_inside(fleet, route) & set(members)))
        if not touched:
            continue
        if any(line.raw is not None and line.annotation is None for line in route.members):
            unsplit.append(route.key)
            continue
        routes.append((route.key, _without(fleet, route, members)))
    if not routes and not unsplit:
        raise UsageError(f"{target} carries no weight on any route", fix="Nothing is to be drained there.")
    return Wish(tuple(routes), kind="drain", target=target, expires=DRAIN_EXPIRES, unsplit=tuple(unsplit))


def _target(fleet: Fleet, word: str) -> tuple[frozenset[str], str]:
    zone = next((zone for zone in fleet.zones if zone.name == word), None)
    if zone is not None:
        return frozenset(zone.members), zone.name
    found = fleet.member(word)
    if len(found) == 1:
        return frozenset({found[0].id}), found[0].name
    shown = inert(word, 60)
    zones = ", ".join(zone.name for zone in fleet.zones) or "none"
    names = ", ".join(member.name for member in fleet.members[:8]) or "none"
    if found:
        raise UsageError(f"'{shown}' names {len(found)} members: {', '.join(m.name for m in found)}", fix="Write more.")
    raise UsageError(f"no zone or member is called '{shown}'", fix=f"Zones: {zones}. Members: {names}.")


def _inside(fleet: Fleet, route: Route) -> set[str]:
    """The members that the route's gateway has, else those that it weighs."""
    gateway = fleet.gateway(route.gateway)
    return set(gateway.members if gateway else ()) or {line.member for line in route.members}


def _without(fleet: Fleet, route: Route, members: Collection[str]) -> dict[str, int]:
    """The split of a route with nothing for these members."""
    keyed = [line.member for line in route.members if line.key is not None]
    held = {member: weight for member, weight in route.noted.items() if member not in members and weight}
    if not held:
        dead = {member.id for member in fleet.members if member.alb_health.word is AlbHealthWord.DEAD}
        behind = sorted(_inside(fleet, route) - set(members))
        held = dict.fromkeys([one for one in behind if one not in dead] or behind, 1)
    order = sorted(held)
    parts = dict(zip(order, steps.shared([held[member] for member in order]), strict=True)) if held else {}
    every = dict.fromkeys([*keyed, *order])
    return {member: parts.get(member, 0) for member in every}
