"""A plan file: what is wished for, in names that people read, so that one file serves the Fleet and a rehearsal on the
simulator. It holds no values before and no ids: the plan is made from it and from what stands there then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from console import yaml_file
from console.decide import intents, split, steps
from console.decide.case import Wish
from console.decide.plan import lasting
from console.errors import UsageError
from console.model.fleet import Fleet
from console.model.text import inert
from console.settings import Duration

SCHEMA = "fleet-console/plan/v1"


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The document. `routes`: NAMESPACE/NAME -> member by id, name or unique prefix -> weight."""

    schema: Literal["fleet-console/plan/v1"]
    drain: str | None = None
    routes: dict[str, dict[str, int]] = {}
    steps: str | tuple[int, ...] = "now"
    hold: str = "0s"
    expires: str | None = None
    on_loss: Literal["continue", "hold", "rollback"] = "continue"
    on_refusal: Literal["hold", "rollback"] = "hold"
    probe_rate: float | None = None
    hold_sync: bool = False
    new_key: bool = False
    override: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    reason: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan file that was read and is sound in itself; `wish` makes it one of a Fleet."""

    said: _File
    parsed: tuple[int, ...]
    hold: float
    expires: float | None

    @property
    def reason(self) -> str:
        """Why, for the record."""
        return self.said.reason

    @property
    def ticket(self) -> str:
        """A ticket, or nothing."""
        return self.said.ticket

    def wish(self, fleet: Fleet) -> Wish:
        """What it wishes for on a Fleet. Raises `UsageError` for names that this Fleet does not know."""
        said = self.said
        if said.drain is not None:
            wish = intents.drained(fleet, said.drain)
        else:
            wish = Wish(tuple((key, self._weights(fleet, key, weights)) for key, weights in said.routes.items()))
        return replace(
            wish,
            steps=self.parsed,
            hold=self.hold,
            expires=wish.expires if said.expires is None else self.expires,
            on_loss=said.on_loss,
            on_refusal=said.on_refusal,
            probe_rate=said.probe_rate,
            hold_sync=said.hold_sync,
            new_key=said.new_key,
            overrides=said.override,
            confirmed=said.confirm,
        )

    def _weights(self, fleet: Fleet, key: str, weights: Mapping[str, int]) -> dict[str, int]:
        route = fleet.route(key)
        if route is None:
            names = ", ".join(one.key for one in fleet.routes[:8]) or "none"
            raise UsageError(f"no route is called '{inert(key, 120)}'", fix=f"Known routes: {names}.")
        return split.resolve(fleet, route, weights.items())


def read(path: Path) -> object:
    """The YAML document of a file. Raises `UsageError` with line and column where it is none."""
    return yaml_file.load(path, fix="Name a plan file that can be read.")


def parse(document: object, where: str) -> PlanFile:
    """A document as a plan file. Raises `UsageError` with the place in it and what is accepted."""
    try:
        said = msgspec.convert(document, _File)
    except msgspec.ValidationError as error:
        raise UsageError(f"{where}: {inert(error, 200)}", fix="README shows a plan file.") from None
    if (said.drain is None) == (not said.routes):
        raise UsageError(f"{where}: a plan file says either `drain` or `routes`")
    text = said.steps if isinstance(said.steps, str) else ",".join(map(str, said.steps))
    never = said.expires in (None, "never")
    for key, weights in said.routes.items():
        if key.count("/") != 1:
            raise UsageError(f"{where}: routes: '{inert(key, 80)}' is not NAMESPACE/NAME")
        if any(not 0 <= weight <= 100 for weight in weights.values()):
            raise UsageError(f"{where}: routes: {inert(key, 80)}: weights are 0 to 100")
    for name in (*said.override, *said.confirm):
        intents.overridable(name)
    hold = _lasting(said.hold, f"{where}: hold")
    return PlanFile(said, steps.parse(text), hold, None if never else _lasting(said.expires or "", f"{where}: expires"))


def _lasting(text: str, place: str) -> float:
    return lasting(float(Duration.parse(text)), f"{place}: {inert(text, 40)}")


def of(fleet: Fleet, wish: Wish, reason: str, ticket: str) -> dict[str, Any]:
    """A wish as the document of a plan file, with members by their names."""
    names = {member.id: member.name for member in fleet.members}
    document: dict[str, Any] = {"schema": SCHEMA}
    if wish.kind == "drain":
        document["drain"] = wish.target
    else:
        document["routes"] = {key: {names.get(one, one): w for one, w in to.items()} for key, to in wish.routes}
    values = {
        "steps": list(wish.steps),
        "hold": f"{wish.hold:g}s",
        "expires": "never" if wish.expires is None else f"{wish.expires:g}s",
        "on_loss": wish.on_loss,
        "on_refusal": wish.on_refusal,
        "probe_rate": wish.probe_rate,
        "hold_sync": wish.hold_sync,
        "new_key": wish.new_key,
        "override": list(wish.overrides),
        "confirm": list(wish.confirmed),
        "reason": reason,
        "ticket": ticket,
    }
    return document | {name: value for name, value in values.items() if value not in ("", [], False, None)}


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write a plan file whole. Raises `UsageError` where it exists already, or cannot be written."""
    import yaml

    try:
        with path.open("x", encoding="utf-8") as file:
            yaml.safe_dump(dict(document), file, sort_keys=False, allow_unicode=True)
    except FileExistsError:
        raise UsageError(f"{path} is there already", fix="Name a new file.") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", fix="Name a file that can be written.") from None
