"""A shift as a value: which annotations of which Ingresses hold what before and after, in which steps, and the hash by
which two fronts, two hosts and two people know that they mean the same plan.

The hash covers the Fleet's UID, object UIDs, weights before and after, steps, holds, expiry and the way back after it,
overrides, what to do on a loss or a refusal, the rate of probes that was consented to, and the Applications whose
automated sync is off meanwhile; not resourceVersions, measurements, order, actor, reason or time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

from console.decide import reverters, steps
from console.decide.reverters import Reverter
from console.errors import UsageError
from console.model.run import RunRoute

T = TypeVar("T")
ON_LOSS = ("continue", "hold", "rollback")
"""What a run may do where nobody has looked at it for a while."""
ON_REFUSAL = ("hold", "rollback")
"""What it may do where a write in the middle is refused."""
LONGEST = 7 * 86400.0
"""Seconds that a hold or an expiry may last."""
FASTEST = 1000.0
"""Probe requests a second that anybody may consent to."""
Values = tuple[tuple[str, str | None], ...]
"""Annotation key -> raw value, None where the key is absent; in the order in which members are shown."""


@dataclass(frozen=True, slots=True)
class RouteChange:
    """What one Ingress holds before the plan and after it, byte for byte.

    `members`: annotation key -> member id. `before` and `after` name the same keys.
    """

    namespace: str
    name: str
    uid: str
    members: tuple[tuple[str, str], ...]
    before: Values
    after: Values

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`."""
        return f"{self.namespace}/{self.name}"

    def weights(self, values: Values) -> dict[str, int | None]:
        """Member id -> weight of `before` or `after`; None where absent or no number."""
        names = dict(self.members)
        return {names[key]: weight(raw) for key, raw in values}

    def at(self, percent: int) -> Values:
        """What it holds `percent` of the way from before to after; a weight that does not differ keeps its bytes.

        Raises `ValueError` strictly in between where `before` makes no split.
        """
        if percent <= 0 or percent >= 100:
            return self.before if percent <= 0 else self.after
        held, wanted = dict(self.before), dict(self.after)
        keys = sorted(held)
        parts = steps.between([weight(held[k]) for k in keys], [weight(wanted[k]) for k in keys], percent)
        now = dict(zip(keys, parts, strict=True))
        return tuple((key, _value(now[key], held[key], wanted[key])) for key, _ in self.before)

    def back(self, percent: int) -> Values:
        """What it holds `percent` of the way from after back to before, where each member that gains by that has a
        point more than after at least; `before` where that makes no split, or there is nothing in between."""
        if percent >= 100:
            return self.before
        held, wanted = dict(self.after), dict(self.before)
        keys = sorted(held)
        try:
            parts = steps.tried([weight(held[k]) for k in keys], [weight(wanted[k]) for k in keys], percent)
        except ValueError:
            return self.before
        now = dict(zip(keys, parts, strict=True))
        return tuple((key, _value(now[key], held[key], wanted[key])) for key, _ in self.before)

    def places(self, positions: Sequence[int], held: Values) -> tuple[int, ...]:
        """The indices of these positions, in percent of the way, whose values are `held`: one, several where little
        moves, or none."""
        return tuple(place for place, at in enumerate(positions) if dict(self.at(at)) == dict(held))

    def arranged(self, members: Sequence[str]) -> RouteChange:
        """The same change with its members in this order, others after them."""
        place = {member: index for index, member in enumerate(members)}
        rank = {key: place.get(member, len(place)) for key, member in self.members}

        def sort(pairs: Iterable[tuple[str, T]]) -> tuple[tuple[str, T], ...]:
            return tuple(sorted(pairs, key=lambda pair: (rank[pair[0]], pair[0])))

        return replace(self, members=sort(self.members), before=sort(self.before), after=sort(self.after))


@dataclass(frozen=True, slots=True)
class Plan:
    """One shift, drain or rollback. `routes` in the order in which they are written, least risk first. `steps`: percent
    of the way from before to after, the last one 100.

    `hold` seconds between steps, `expires` seconds after its end at which it goes back by itself (None: never).
    """

    fleet_uid: str
    kind: str
    """shift | drain | rollback"""
    routes: tuple[RouteChange, ...]
    steps: tuple[int, ...] = (100,)
    hold: float = 0.0
    expires: float | None = None
    overrides: tuple[str, ...] = ()
    """Rules that block, and were overridden by name."""
    of: str | None = None
    """The run that a rollback undoes."""
    confirmed: tuple[str, ...] = ()
    """Rules that ask, and were answered."""
    on_loss: str = "continue"
    """One of `ON_LOSS`."""
    on_refusal: str = "hold"
    """One of `ON_REFUSAL`."""
    target: str = ""
    """The zone or member that a drain empties."""
    at_once: bool = False
    """Whether it goes to the end in one step, whatever its `steps`."""
    probe_rate: float | None = None
    """Requests a second that may be sent to all its routes together until their answers agree; None: nobody consented
    to more than the probes' budget, and the plan's canonical form says nothing of it."""
    reverters: tuple[Reverter, ...] = ()
    """Applications whose automated sync is off while it lasts, in order of their keys; the canonical form of a plan
    without any says nothing of them."""
    returns: tuple[int, ...] = ()
    """Percent of the way back at each place between after and before where it stands while it goes back by itself; the
    canonical form of a plan without any says nothing of it."""

    @property
    def positions(self) -> tuple[int, ...]:
        """Percent of the way at each place where it can stand: before, and after every step."""
        return (0, *self.steps)

    def stations(self, change: RouteChange) -> tuple[Values, ...]:
        """What a route holds at every place where it can stand: at each of `positions`, then at each of `returns`."""
        back = (change.back(percent) for percent in self.returns)
        return (*(change.at(percent) for percent in self.positions), *back)

    def way(self, change: RouteChange, held: Values) -> int | None:
        """How far on the way, in percent, a route is that holds these values: the least that fits, None where none
        does."""
        found = change.places(self.positions, held)
        if found:
            return self.positions[found[0]]
        back = (percent for percent in self.returns if dict(change.back(percent)) == dict(held))
        return next((100 - percent for percent in back), None)

    @property
    def way_back(self) -> tuple[int, ...]:
        """Indices of `stations` in the order in which it goes back by itself; the steps where it has no `returns`."""
        last = len(self.steps)
        return (*range(last + 1, last + 1 + len(self.returns)), 0) if self.returns else tuple(range(last - 1, -1, -1))

    @property
    def idle(self) -> bool:
        """Whether every Ingress holds already what the plan wants."""
        return all(change.before == change.after for change in self.routes)

    @property
    def hash(self) -> str:
        """64 hex digits over `canonical`."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """The plan as JSON with sorted keys and no spaces: what is hashed, recorded and read again."""
        routes = sorted((route.arranged(()) for route in self.routes), key=lambda route: route.key)
        sorted_ = replace(self, routes=tuple(routes))
        document = asdict(sorted_)
        if self.probe_rate is None:
            del document["probe_rate"]
        if not self.reverters:
            del document["reverters"]
        if not self.returns:
            del document["returns"]
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def lasting(seconds: float, what: str) -> float:
    """The seconds of a hold or an expiry. Raises `UsageError`, naming `what`, where no plan may last so long."""
    if not 0 <= seconds <= LONGEST:
        raise UsageError(f"{what} is too long", fix=f"At most {LONGEST / 3600:g}h (7 days).")
    return seconds


def expiring(seconds: float, what: str) -> float:
    """The seconds after which a plan goes back by itself, as `lasting`; 0 are refused, too."""
    if not seconds:
        raise UsageError(f"{what} is no time after which it could go back", fix="Say how long it stays, or never.")
    return lasting(seconds, what)


def untouched(change: RouteChange) -> RunRoute:
    """A route as a run tells it before anything is written."""
    before, after = change.weights(change.before), change.weights(change.after)
    return RunRoute(change.key, tuple(before.items()), tuple(after.items()), tuple(before.items()))


def short(digest: str) -> str:
    """A hash as people compare it: `8f31-c02e`."""
    return f"{digest[:4]}-{digest[4:8]}"


def means(digest: str, said: str) -> bool:
    """Whether a hash is the one that was said: whole, in its short form, or its beginning of 8 digits or more."""
    plain = said.replace("-", "").lower()
    return len(plain) >= 8 and digest.startswith(plain)


def weight(raw: str | None) -> int | None:
    """A raw annotation value as a weight; None where it is absent or no plain number from 0 to 100."""
    if raw is None or not re.fullmatch(r"[0-9]{1,3}", raw) or int(raw) > 100:
        return None
    return int(raw)


def parse(text: str) -> Plan:
    """A plan from its canonical JSON. Raises `UsageError` on anything that is not exactly one; trusts nothing in it."""
    try:
        document = json.loads(text)
        plan = _plan(document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"this is no plan: {type(error).__name__}") from None
    if plan.canonical() != text:
        raise UsageError("this is no plan in its canonical form")
    return plan


def _plan(document: Mapping[str, Any]) -> Plan:
    routes = tuple(
        RouteChange(
            namespace=_text(route["namespace"]),
            name=_text(route["name"]),
            uid=_text(route["uid"]),
            members=tuple((_text(k), _text(v)) for k, v in route["members"]),
            before=tuple((_text(k), None if v is None else _text(v)) for k, v in route["before"]),
            after=tuple((_text(k), None if v is None else _text(v)) for k, v in route["after"]),
        )
        for route in document["routes"]
    )
    for route in routes:
        keys = [key for key, _ in route.members]
        if [k for k, _ in route.before] != keys or [k for k, _ in route.after] != keys:
            raise ValueError("keys of before and after differ")
    plan = Plan(
        fleet_uid=_text(document["fleet_uid"]),
        kind=_text(document["kind"]),
        routes=routes,
        steps=tuple(int(step) for step in document["steps"]),
        hold=float(document["hold"]),
        expires=None if document["expires"] is None else float(document["expires"]),
        overrides=tuple(_text(word) for word in document["overrides"]),
        of=None if document["of"] is None else _text(document["of"]),
        confirmed=tuple(_text(word) for word in document["confirmed"]),
        on_loss=_text(document["on_loss"]),
        on_refusal=_text(document["on_refusal"]),
        target=_text(document["target"]),
        at_once=document["at_once"] is True,
        probe_rate=None if document.get("probe_rate") is None else float(document["probe_rate"]),
        reverters=tuple(reverters.parse(one) for one in document.get("reverters", ())),
        returns=tuple(int(percent) for percent in document.get("returns", ())),
    )
    checked(plan)
    return plan


def checked(plan: Plan) -> Plan:
    """The plan itself. Raises `ValueError` where it is none that can be carried out, whoever made it."""
    if plan.kind not in ("shift", "drain", "rollback"):
        raise ValueError("no kind of plan")
    if plan.on_loss not in ON_LOSS or plan.on_refusal not in ON_REFUSAL:
        raise ValueError("no word for a loss or a refusal")
    rising = all(a < b for a, b in zip((0, *plan.steps), plan.steps, strict=False))
    if not plan.steps or plan.steps[-1] != 100 or not rising:
        raise ValueError("steps do not rise to 100")
    if not 0 <= plan.hold <= LONGEST or (plan.expires is not None and not 0 < plan.expires <= LONGEST):
        raise ValueError("a hold or an expiry that is no time")
    if plan.probe_rate is not None and not 0 < plan.probe_rate <= FASTEST:
        raise ValueError("a rate of probes that is none")
    if any(not 0 < a < b for a, b in zip(plan.returns, (*plan.returns[1:], 100), strict=False)):
        raise ValueError("a way back that does not rise to 100")
    reverters.check(plan.reverters)
    if plan.reverters and plan.kind != "rollback" and not plan.expires:
        raise ValueError("an automated sync that would be off for good")
    if len({route.key for route in plan.routes}) != len(plan.routes) or not plan.routes:
        raise ValueError("a route twice, or none")
    for route in plan.routes:
        for percent in plan.steps:
            route.at(percent)
    return plan


def _value(now: int, held: str | None, wanted: str | None) -> str | None:
    """A weight as the annotation's value: the bytes that stand there, or will, where they say the same; absent where
    one side is, and there is nothing to say. The same from both ends, so that a way back finds where it stands."""
    if not now and None in (held, wanted):
        return None
    if now == weight(held):
        return held
    return wanted if now == weight(wanted) else str(now)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def undo(plan: Plan, run: str, stands: Mapping[str, Values] | None = None, *, now: bool = False) -> Plan:
    """The plan that puts back exactly what `plan`, carried out as `run`, replaced: absent keys become absent again.

    `stands`: route key -> what its Ingress holds; each route begins there, and moves towards its former weights only.
    One that is not named, or holds nothing that `plan` ever wanted, is taken to stand at the plan's end: the runner
    looks, and refuses. It goes down the steps that the other went up, as far as the furthest route got, or at once.
    """
    begins, ways = dict[str, Values](), list[int]()
    for change in plan.routes:
        held = (stands or {}).get(change.key, change.after)
        way = plan.way(change, held)
        begins[change.key] = change.after if way is None else held
        ways.append(100 if way is None else way)
    furthest = max(ways)
    down = sorted({round(Fraction(100 * (furthest - step), furthest)) for step in plan.steps if step < furthest})
    return Plan(
        plan.fleet_uid,
        "rollback",
        tuple(replace(one, before=begins[one.key], after=one.before) for one in plan.routes),
        (100,) if now else (*(percent for percent in down if 0 < percent < 100), 100),
        of=run,
        at_once=now,
        probe_rate=plan.probe_rate,
        reverters=plan.reverters,
    )
