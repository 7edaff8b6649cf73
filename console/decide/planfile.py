"""A plan file: what is wished for, in names that people read, so that one file serves the Fleet and a rehearsal on the
simulator. It holds no values before and no ids: the plan is made from it and from what stands there then."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from console import yaml_file
from console.decide import intents, split, steps
from console.decide.case import Wish
from console.decide.plan import FASTEST, ON_LOSS, ON_REFUSAL, expiring, lasting
from console.errors import UsageError
from console.model.fleet import Fleet
from console.model.text import inert
from console.settings import Duration
from console.yaml_file import Located, Place

SCHEMA = "fleet-console/plan/v1"
_WEIGHTS = "{MEMBER: WEIGHT, MEMBER: WEIGHT}"
_WEIGHT = "a whole number, 0 to 100"
_Weight = Annotated[int, msgspec.Meta(ge=0, le=100)]
_TIME = "a time with its unit: 30s, 60m"
_ACCEPTED = {
    "schema": SCHEMA,
    "drain": "the name of a zone or a member",
    "routes": f"NAMESPACE/NAME: {_WEIGHTS}",
    "steps": "now, canary, or rising percentages, the last 100: [10, 50, 100]",
    "hold": _TIME,
    "expires": f"{_TIME}, or never",
    "on_loss": f"one of {', '.join(ON_LOSS)}",
    "on_refusal": f"one of {', '.join(ON_REFUSAL)}",
    "probe_rate": "requests a second",
    "hold_sync": "true or false",
    "new_key": "true or false",
    "override": "a list of rules: [headroom]",
    "confirm": "a list of rules: [data-layer]",
    "reason": "a text",
    "ticket": "a text",
}
"""Field -> what it takes."""


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


def load(path: Path) -> PlanFile:
    """A plan file. Raises `UsageError` with everything that is wrong with it, a line each, with line and column."""
    said = yaml_file.text(path, fix="Name a plan file that can be read.")
    located = yaml_file.compose(said, str(path))
    return parse(located.value, str(path), located)


def parse(document: object, where: str, located: Located | None = None) -> PlanFile:
    """A document as a plan file; `located`: the same with the places of its parts. Raises as `load`."""
    wrong = _Wrong(where, located)
    if not isinstance(document, Mapping):
        wrong.say("", "a plan file is a mapping that begins with `schema`")
        document = {}
    known = {field.name: field.type for field in msgspec.structs.fields(_File)}
    values: dict[str, Any] = {}
    for name, value in document.items():
        if name not in known:
            wrong.say(f"{name}", f"there is no such field. Fields: {', '.join(known)}")
            continue
        if name == "routes" and isinstance(value, Mapping):
            values[name] = {key: _weights_of(wrong, key, said) for key, said in value.items()}
            continue
        with wrong.at(str(name), value):
            values[name] = msgspec.convert(value, known[name])
    if "schema" not in document:
        wrong.say("schema", f"it is missing: schema: {SCHEMA}")
    if (document.get("drain") is None) == (not document.get("routes")):
        wrong.say("routes" if "routes" in document else "", "a plan file says either `drain` or `routes`")
    said = _File(**{"schema": SCHEMA, **values})
    rate = said.probe_rate
    if rate is not None and not 0 < rate <= FASTEST:
        wrong.say("probe_rate", f"{rate:g} is no rate: more than 0, at most {FASTEST:g} requests a second")
    for name in ("override", "confirm"):
        for number, rule in enumerate(getattr(said, name)):
            with wrong.at(f"{name}[{number}]"):
                intents.overridable(rule)
    parsed: tuple[int, ...] = (100,)
    hold, expires = 0.0, None
    with wrong.at("steps"):
        parsed = steps.parse(said.steps if isinstance(said.steps, str) else ",".join(map(str, said.steps)))
    with wrong.at("hold"):
        hold = _lasting(said.hold)
    if said.expires not in (None, "never"):
        with wrong.at("expires"):
            expires = expiring(_lasting(said.expires or ""), inert(said.expires or "", 40))
    wrong.tell()
    return PlanFile(said, parsed, hold, expires)


class _Wrong:
    """Gathers what is wrong with a file."""

    def __init__(self, where: str, located: Located | None) -> None:
        self._where = where
        self._located = located
        self._found = [(flaw.place, f"{flaw.path}: {flaw.sentence}") for flaw in (located.flaws if located else ())]

    def say(self, path: str, sentence: str) -> None:
        """One thing, at a path of the document."""
        place = self._located.place(path, key=True) if self._located is not None else (0, 0)
        self._found.append((place, f"{inert(path, 160)}: {sentence}" if path else sentence))

    @contextmanager
    def at(self, path: str, value: object = None, kind: str = "") -> Iterator[None]:
        """Say what the block raises. `value`: what is converted in it; `kind`: what it is not, else by the field."""
        try:
            yield
        except msgspec.ValidationError:
            self.say(path, f"{_written(value)} {kind or f'is not accepted here: {_ACCEPTED[path]}'}")
        except UsageError as error:
            self.say(path, str(error))

    def tell(self) -> None:
        """Raise `UsageError` where anything was said, in the order of the file."""
        if self._found:
            lines = [self._line(place, sentence) for place, sentence in sorted(self._found, key=lambda one: one[0])]
            raise UsageError("\n".join(lines))

    def _line(self, place: Place, sentence: str) -> str:
        at = f":{place[0]}:{place[1]}" if place[0] else ""
        return f"{self._where}{at}: {sentence}"


def _written(value: object) -> str:
    """A value as a file says it, inert and cut."""
    if isinstance(value, str):
        return inert(value, 60)
    return inert(json.dumps(value, ensure_ascii=False, default=str), 60)


def _weights_of(wrong: _Wrong, key: str, said: object) -> dict[str, int]:
    """The weights of a route; tells what is wrong with them on every Fleet, each by its own place. Members that are not
    named keep what they have."""
    path = f"routes.{key}"
    if key.count("/") != 1:
        wrong.say(path, "it is not NAMESPACE/NAME")
    if not isinstance(said, Mapping):
        wrong.say(path, f"{_written(said)} is not accepted here: {_WEIGHTS}")
        return {}
    weights: dict[str, int] = {}
    for member, value in said.items():
        with wrong.at(f"{path}.{member}", value, f"is no weight: {_WEIGHT}"):
            weights[member] = msgspec.convert(value, _Weight)
    total = sum(weights.values())
    if not said:
        wrong.say(path, "it names no member")
    elif len(weights) == len(said) and total > 100:
        wrong.say(path, f"the weights sum to {total}, not 100")
    elif len(weights) == len(said) and not total:
        wrong.say(path, "all weights are 0: say who serves, or use `drain`")
    return weights


def _lasting(text: str) -> float:
    return lasting(float(Duration.parse(text)), inert(text, 40))


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
