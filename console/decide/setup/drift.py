"""How a live object differs from a wanted one: field by field, in the wanted one's fields and in those that we applied
and want no more.

What neither the wanted object nor our last apply says is somebody else's. Lists whose items have a name (listeners,
zone mappings, paths) are compared item by item: items that are ours alone go where they are wanted no more, items of
others stay. Every other list is one value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from console.decide.setup.found import ARGO
from console.decide.setup.manifests import PREFIX
from console.decide.setup.owned import Owned, Way
from console.decide.setup.task import Change
from console.model.ground import Object
from console.model.text import inert

_NAMES = {
    "zoneMappings": ("vSwitchId",), "listeners": ("port", "protocol"), "paths": ("path",), "rules": ("host",),
    "certificates": ("CertificateId",),
}  # fmt: skip
"""List field -> what names an item of it."""
_DEFAULTS: Mapping[str, str] = {
    PREFIX + "healthcheck-enabled": "false",
    PREFIX + "healthcheck-path": "/",
    PREFIX + "healthcheck-protocol": "HTTP",
    PREFIX + "healthcheck-method": "HEAD",
    PREFIX + "healthcheck-httpcode": "http_2xx",
    PREFIX + "healthcheck-timeout-seconds": "5",
    PREFIX + "healthcheck-interval-seconds": "2",
    PREFIX + "healthy-threshold-count": "3",
    PREFIX + "unhealthy-threshold-count": "3",
    "addressType": "Internet",
    "spec.template.metadata.namespace": ARGO,
}
"""Field, by its name or its whole path -> what a controller takes where it is absent (domain.md 1.1 and 1.3): absent
and this are the same."""
OTHERS = "fleet-console/others"
"""Annotation on an object of which lists were taken from their owners: the items in them that are others', as JSON. The
lists are ours alone from then on, and managedFields no longer tell."""
SAID = "fleet-console/said"
"""Annotation on an object: the items of named lists that the file said when we applied it last, as JSON. Whoever writes
such a list after us manages all of it, and managedFields no longer tell which items were ours."""
_ABSENT = object()
_LONGEST = 200


class Staying(NamedTuple):
    """An item of a named list that the file does not say and that stays. `way`: to the list; `owners`: managers."""

    way: tuple[str, ...]
    item: str
    owners: tuple[str, ...]


def changes(wanted: Object, live: Object, *, take: bool = False) -> tuple[Change, ...]:
    """What applying `wanted` would change in `live`, empty where nothing: fields that differ, and fields and items that
    we applied, that nobody else manages, and that we no longer want. `take`: items that we applied go whoever manages
    their list by now."""
    names = ("metadata", "spec", "data")
    whole = _Live(live, take=take)
    found = [
        one for name in names if name in wanted for one in _differ((name,), name, wanted[name], whole.at(name), whole)
    ]
    return (*found, *_given_up(wanted, live, whole.owned))


def going(wanted: Object, live: Object, *way: str, take: bool = False) -> list[Mapping[str, Any]]:
    """Items of the named list at `way` that go, since they are wanted no more, as they stand."""
    here, there = _reached(wanted, way), _reached(live, way)
    if not isinstance(here, list) or not isinstance(there, list):
        return []
    return [one for one, ours in _Live(live, take=take).strangers(way, ".".join(way), here, there) if ours]


def staying(wanted: Object, live: Object, *, take: bool = False) -> tuple[Staying, ...]:
    """Items in named lists of a live object that the wanted one does not say, and that stay with it."""
    whole = _Live(live, take=take)
    _merged((), "", wanted, live, whole)
    return tuple(whole.kept.values())


def merged(wanted: Object, live: Object, *, take: bool = False) -> dict[str, Any]:
    """`wanted` with the items that others hold in its named lists, so that applying it takes nothing from them.
    `take`: the lists become ours by it, so which of their items are others' is noted on the object."""
    whole = _Live(live, take=take)
    made: dict[str, Any] = _merged((), "", wanted, live, whole)
    notes = {OTHERS: whole.kept} if take or whole.noted else {}
    return _with_notes(made, {**notes, **({SAID: _items("", wanted)} if take or whole.said is not None else {})})


def new(wanted: Object) -> dict[str, Any]:
    """`wanted` as it is made, with a note of its items."""
    return _with_notes(dict(wanted), {SAID: _items("", wanted)})


def notes(made: Object, live: Object) -> tuple[Change, ...]:
    """What an apply changes in our own notes on an object."""
    told = ((("metadata", "annotations", name), name) for name in (OTHERS, SAID))
    both = ((name, _reached(live, way), _reached(made, way)) for way, name in told)
    return tuple(
        Change(f"metadata.annotations.{name}", shown(before), shown(after))
        for name, before, after in both
        if before != after
    )


def _with_notes(made: dict[str, Any], notes: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    said = {name: msgspec.json.encode(sorted(items)).decode() for name, items in notes.items() if items}
    if said:
        metadata = made["metadata"]
        made["metadata"] = {**metadata, "annotations": {**(metadata.get("annotations") or {}), **said}}
    return made


def _items(path: str, wanted: Any) -> list[str]:
    """Every item of a named list in a wanted value."""
    if isinstance(wanted, Mapping):
        return [item for name, value in wanted.items() for item in _items(_joined(path, name), value)]
    if not _named(path, wanted):
        return []
    items = [(f"{path}[{_word(path, one)}]", one) for one in wanted]
    return [each for item, one in items for each in (item, *_items(item, one))]


class _Live:
    """A live object as it is compared. `noted`: items of others in lists that we took; `said`: items that we applied,
    None where no note tells; `kept`: items of others found so far, by their path."""

    def __init__(self, live: Object, *, take: bool) -> None:
        self._live = live
        self._take = take
        self.owned = Owned(live)
        self.noted = _noted(live, OTHERS) or frozenset()
        self.said = _noted(live, SAID)
        self.kept: dict[str, Staying] = {}

    def at(self, name: str) -> Any:
        """A field of it."""
        return self._live.get(name, _ABSENT)

    def strangers(self, way: Way, path: str, wanted: Sequence[Any], live: Sequence[Any]) -> Iterator[tuple[Any, bool]]:
        """Items of a live list that the wanted one has not, and whether each goes: ours alone, or taken back."""
        mine = {_name(path, one) for one in wanted}
        for one in live:
            if isinstance(one, Mapping) and _name(path, one) not in mine:
                item = f"{path}[{_word(path, one)}]"
                taken_back = self._take and item in (self.said or ())
                ours = taken_back or (item not in self.noted and self.owned.solely((*way, one)))
                if not ours:
                    plain = tuple(name for name in way if isinstance(name, str))
                    self.kept[item] = Staying(plain, _word(path, one), self.owned.others((*way, one)))
                yield one, ours


def _noted(live: Object, note: str) -> frozenset[str] | None:
    said = _reached(live, ("metadata", "annotations", note))
    try:
        return frozenset(msgspec.json.decode(said, type=list[str])) if isinstance(said, str) else None
    except msgspec.DecodeError:
        return None


def _differ(way: Way, path: str, wanted: Any, live: Any, whole: _Live) -> Iterator[Change]:
    if isinstance(wanted, Mapping):
        held: Any = live if isinstance(live, Mapping) else {}
        for name, value in wanted.items():
            place = _joined(path, name)
            default = _DEFAULTS.get(name, _DEFAULTS.get(place, _ABSENT))
            yield from _differ((*way, name), place, value, held.get(name, default), whole)
        if not wanted and not isinstance(live, Mapping):
            yield Change(path, shown(live), "{}")
    elif _named(path, wanted) and isinstance(live, list):
        items = {_name(path, one): one for one in live if isinstance(one, Mapping)}
        for one in wanted:
            item = f"{path}[{_word(path, one)}]"
            yield from _differ((*way, one), item, one, items.get(_name(path, one), _ABSENT), whole)
        for one, ours in whole.strangers(way, path, wanted, live):
            if ours:
                yield Change(f"{path}[{_word(path, one)}]", shown(one), None)
    elif not _same(path, wanted, live):
        yield Change(path, shown(live), shown(wanted))


def _same(path: str, wanted: Any, live: Any) -> bool:
    if path.endswith(f"annotations.{PREFIX}listen-ports") and isinstance(live, str):
        try:
            return bool(msgspec.json.decode(wanted) == msgspec.json.decode(live))
        except msgspec.DecodeError:
            return False
    return bool(wanted == live)


def _given_up(wanted: Object, live: Object, owned: Owned) -> Iterator[Change]:
    """Fields that our last apply said, that nobody else manages, and that are wanted no more."""
    for way in dict.fromkeys(owned.applied()):
        held = _reached(live, way)
        if held is _ABSENT or way[-1] in (OTHERS, SAID) or not _missing(wanted, way) or not owned.solely(way):
            continue
        yield Change(".".join(inert(one, _LONGEST) for one in way), shown(held), None)


def _reached(thing: Any, way: Sequence[str]) -> Any:
    for name in way:
        thing = thing.get(name, _ABSENT) if isinstance(thing, Mapping) else _ABSENT
    return thing


def _missing(wanted: Any, way: Sequence[str]) -> bool:
    """Whether a wanted object lacks a field; where it says another kind of value on the way, that is a change of its
    own."""
    for name in way:
        if not isinstance(wanted, Mapping):
            return False
        if name not in wanted:
            return True
        wanted = wanted[name]
    return False


def _merged(way: Way, path: str, wanted: Any, live: Any, whole: _Live) -> Any:
    if isinstance(wanted, Mapping):
        held: Any = live if isinstance(live, Mapping) else {}
        return {
            name: _merged((*way, name), _joined(path, name), value, held.get(name), whole)
            for name, value in wanted.items()
        }
    if _named(path, wanted) and isinstance(live, list):
        others = [dict(one) for one, ours in whole.strangers(way, path, wanted, live) if not ours]
        items = {_name(path, one): one for one in live if isinstance(one, Mapping)}
        made = []
        for one in wanted:
            held = items.get(_name(path, one), {})
            made.append({**held, **_merged((*way, one), f"{path}[{_word(path, one)}]", one, held, whole)})
        return made + others
    return wanted


def _named(path: str, value: Any) -> bool:
    """Whether a value is a list whose items have names."""
    return isinstance(value, list) and _last(path) in _NAMES and all(isinstance(one, Mapping) for one in value)


def _name(path: str, item: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(item.get(name) for name in _NAMES[_last(path)])


def _word(path: str, item: Mapping[str, Any]) -> str:
    return "/".join(inert(str(one), 60) for one in _name(path, item) if one is not None) or "any"


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def shown(value: Any) -> str | None:
    """A value as a change shows it, inert; None for what is absent."""
    if value is _ABSENT or value is None:
        return None
    if isinstance(value, str):
        return inert(value, _LONGEST)
    if isinstance(value, (Mapping, Sequence)):
        return inert(msgspec.json.encode(value).decode(), _LONGEST)
    return inert(str(value).lower() if isinstance(value, bool) else str(value), _LONGEST)
