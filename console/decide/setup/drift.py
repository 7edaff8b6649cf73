"""How a live object differs from a wanted one: field by field, in the wanted one's fields and in those that we applied
and want no more.

What neither the wanted object nor our last apply says is somebody else's. Lists whose items have a name (listeners,
zone mappings, paths) are compared item by item: items that are ours alone go where they are wanted no more, items of
others stay. Every other list is one value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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
_ABSENT = object()
_LONGEST = 200


def changes(wanted: Object, live: Object) -> tuple[Change, ...]:
    """What applying `wanted` would change in `live`, empty where nothing: fields that differ, and fields and items that
    we applied, that nobody else manages, and that we no longer want."""
    names = ("metadata", "spec", "data")
    whole = _Live(live)
    found = [
        one for name in names if name in wanted for one in _differ((name,), name, wanted[name], whole.at(name), whole)
    ]
    return (*found, *_given_up(wanted, live, whole.owned))


def going(wanted: Object, live: Object, *way: str) -> list[Mapping[str, Any]]:
    """Items of the named list at `way` that are ours alone and wanted no more, as they stand."""
    here, there = _reached(wanted, way), _reached(live, way)
    if not isinstance(here, list) or not isinstance(there, list):
        return []
    return [one for one, ours in _Live(live).strangers(way, ".".join(way), here, there) if ours]


def merged(wanted: Object, live: Object, *, take: bool = False) -> dict[str, Any]:
    """`wanted` with the items that others hold in its named lists, so that applying it takes nothing from them.
    `take`: the lists become ours by it, so which of their items are others' is noted on the object."""
    whole = _Live(live)
    made: dict[str, Any] = _merged((), "", wanted, live, whole)
    if whole.kept and (take or whole.noted):
        metadata = made["metadata"]
        note = msgspec.json.encode(sorted(whole.kept)).decode()
        made["metadata"] = {**metadata, "annotations": {**(metadata.get("annotations") or {}), OTHERS: note}}
    return made


class _Live:
    """A live object as it is compared. `noted`: items of others in lists that we took; `kept`: those found so far."""

    def __init__(self, live: Object) -> None:
        self._live = live
        self.owned = Owned(live)
        self.noted = _noted(live)
        self.kept: set[str] = set()

    def at(self, name: str) -> Any:
        """A field of it."""
        return self._live.get(name, _ABSENT)

    def strangers(self, way: Way, path: str, wanted: Sequence[Any], live: Sequence[Any]) -> Iterator[tuple[Any, bool]]:
        """Items of a live list that the wanted one has not, and whether each is ours alone."""
        mine = {_name(path, one) for one in wanted}
        for one in live:
            if isinstance(one, Mapping) and _name(path, one) not in mine:
                item = f"{path}[{_word(path, one)}]"
                ours = item not in self.noted and self.owned.solely((*way, one))
                if not ours:
                    self.kept.add(item)
                yield one, ours


def _noted(live: Object) -> frozenset[str]:
    metadata = live.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    try:
        said = msgspec.json.decode(notes.get(OTHERS, "[]") if isinstance(notes, Mapping) else "[]", type=list[str])
    except (msgspec.DecodeError, TypeError):
        return frozenset()
    return frozenset(said)


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
        if held is _ABSENT or way[-1] == OTHERS or not _missing(wanted, way) or not owned.solely(way):
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
