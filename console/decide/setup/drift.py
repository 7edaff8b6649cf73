"""How a live object differs from a wanted one: field by field, in the wanted one's fields alone.

What the wanted object does not say is somebody else's. Lists whose items have a name (listeners, zone mappings, paths)
are compared item by item, and items of others stay; every other list is one value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from console.decide.setup.found import ARGO
from console.decide.setup.manifests import PREFIX
from console.decide.setup.task import Change
from console.model.ground import Object
from console.model.text import inert
from console.model.topology import SETUP_MANAGER

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
_ABSENT = object()
_LONGEST = 200


def changes(wanted: Object, live: Object) -> tuple[Change, ...]:
    """What applying `wanted` would change in `live`, empty where nothing: fields that differ, and annotations and
    labels that we applied and no longer want."""
    names = ("metadata", "spec", "data")
    found = [one for name in names if name in wanted for one in _differ(name, wanted[name], live.get(name, _ABSENT))]
    return (*found, *_given_up(wanted, live))


def merged(wanted: Object, live: Object) -> dict[str, Any]:
    """`wanted` with the items that others hold in its named lists, so that applying it takes nothing from them."""
    return _merged(wanted, live, "")  # type: ignore[no-any-return]


def _differ(path: str, wanted: Any, live: Any) -> Iterator[Change]:
    if isinstance(wanted, Mapping):
        held: Any = live if isinstance(live, Mapping) else {}
        for name, value in wanted.items():
            place = _joined(path, name)
            default = _DEFAULTS.get(name, _DEFAULTS.get(place, _ABSENT))
            yield from _differ(place, value, held.get(name, default))
        if not wanted and not isinstance(live, Mapping):
            yield Change(path, shown(live), "{}")
    elif _named(path, wanted) and isinstance(live, list):
        items = {_name(path, one): one for one in live if isinstance(one, Mapping)}
        for one in wanted:
            yield from _differ(f"{path}[{_word(path, one)}]", one, items.get(_name(path, one), _ABSENT))
    elif not _same(path, wanted, live):
        yield Change(path, shown(live), shown(wanted))


def _same(path: str, wanted: Any, live: Any) -> bool:
    if path.endswith(f"annotations.{PREFIX}listen-ports") and isinstance(live, str):
        try:
            return bool(msgspec.json.decode(wanted) == msgspec.json.decode(live))
        except msgspec.DecodeError:
            return False
    return bool(wanted == live)


def _given_up(wanted: Object, live: Object) -> Iterator[Change]:
    """Annotations and labels that our manager owns by its last apply and that are wanted no more."""
    for entry in live.get("metadata", {}).get("managedFields") or ():
        if entry.get("manager") != SETUP_MANAGER or entry.get("operation") != "Apply":
            continue
        owned = (entry.get("fieldsV1") or {}).get("f:metadata") or {}
        for kind in ("labels", "annotations"):
            said = wanted["metadata"].get(kind) or {}
            held = live["metadata"].get(kind) or {}
            for field in owned.get(f"f:{kind}") or ():
                name = str(field).removeprefix("f:")
                if name not in ("", ".") and name not in said and name in held:
                    yield Change(f"metadata.{kind}.{name}", shown(held[name]), None)


def _merged(wanted: Any, live: Any, path: str) -> Any:
    if isinstance(wanted, Mapping):
        held: Any = live if isinstance(live, Mapping) else {}
        return {name: _merged(value, held.get(name), _joined(path, name)) for name, value in wanted.items()}
    if _named(path, wanted) and isinstance(live, list):
        mine = {_name(path, one): one for one in wanted}
        others = [dict(one) for one in live if isinstance(one, Mapping) and _name(path, one) not in mine]
        held = {_name(path, one): one for one in live if isinstance(one, Mapping)}
        return [{**held.get(name, {}), **_merged(one, held.get(name), path)} for name, one in mine.items()] + others
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
