"""A shift as a value: which annotations of which Ingresses hold what before and after, in which steps, and the hash by
which two fronts, two hosts and two people know that they mean the same plan.

The hash covers the Fleet's UID, object UIDs, weights before and after, steps, holds, expiry and overrides; not
resourceVersions, measurements, actor, reason or time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from console.errors import UsageError

T = TypeVar("T")
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

    def arranged(self, members: Sequence[str]) -> RouteChange:
        """The same change with its members in this order, others after them."""
        place = {member: index for index, member in enumerate(members)}
        rank = {key: place.get(member, len(place)) for key, member in self.members}

        def sort(pairs: Iterable[tuple[str, T]]) -> tuple[tuple[str, T], ...]:
            return tuple(sorted(pairs, key=lambda pair: (rank[pair[0]], pair[0])))

        return replace(self, members=sort(self.members), before=sort(self.before), after=sort(self.after))


@dataclass(frozen=True, slots=True)
class Plan:
    """One shift or rollback of it. `steps`: percent of the way from before to after, the last one 100.

    `hold` seconds between steps, `expires` seconds after which it returns by itself (None: never).
    """

    fleet_uid: str
    kind: str
    """shift | rollback"""
    routes: tuple[RouteChange, ...]
    steps: tuple[int, ...] = (100,)
    hold: float = 0.0
    expires: float | None = None
    overrides: tuple[str, ...] = ()
    of: str | None = None
    """The run that a rollback undoes."""

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
        sorted_ = replace(self, routes=tuple(route.arranged(()) for route in self.routes))
        return json.dumps(asdict(sorted_), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def short(digest: str) -> str:
    """A hash as people compare it: `8f31-c02e`."""
    return f"{digest[:4]}-{digest[4:8]}"


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
    return Plan(
        fleet_uid=_text(document["fleet_uid"]),
        kind=_text(document["kind"]),
        routes=routes,
        steps=tuple(int(step) for step in document["steps"]),
        hold=float(document["hold"]),
        expires=None if document["expires"] is None else float(document["expires"]),
        overrides=tuple(_text(word) for word in document["overrides"]),
        of=None if document["of"] is None else _text(document["of"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def undo(plan: Plan, run: str) -> Plan:
    """The plan that puts back exactly what `plan`, carried out as `run`, replaced: absent keys become absent again."""
    routes = tuple(replace(route, before=route.after, after=route.before) for route in plan.routes)
    return Plan(fleet_uid=plan.fleet_uid, kind="rollback", routes=routes, of=run)
