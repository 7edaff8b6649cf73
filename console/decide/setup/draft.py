"""A topology while it is being written: a plain document that may be incomplete or wrong, changed path by path.

Paths are those of problems: `members[1].cidrs.pods`. A change makes a new document; what does not change is shared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from console import yaml_file
from console.decide.setup import file as files
from console.decide.setup.fields import Problem, problems
from console.decide.setup.partial import readable
from console.decide.setup.references import references
from console.errors import TopologyError
from console.model.topology import SCHEMA, Topology

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A document and what is wrong with it. `topology`: what it says, None where `problems` has anything."""

    document: Document
    problems: tuple[Problem, ...]
    topology: Topology | None

    @property
    def text(self) -> str:
        """As YAML."""
        return yaml_text(self.document)


def draft(document: Document) -> Draft:
    """A document, judged: field by field, and in itself as far as its parts are sound."""
    found = tuple(problems(dict(document), Topology))
    if found:
        return Draft(document, (*found, *readable(document, found)), None)
    topology = msgspec.convert(document, Topology)
    found = references(topology)
    return Draft(document, found, None if found else topology)


def of(topology: Topology) -> Draft:
    """The draft that a topology is."""
    return draft(files.document(topology))


def read(text: str, where: str) -> Draft:
    """The draft in a text, which may have problems. Raises `TopologyError` with line and column where it is no YAML
    mapping, or says a key twice."""
    located = yaml_file.compose(text, where, TopologyError)
    for flaw in located.flaws:
        raise TopologyError(f"{where}:{flaw.place[0]}:{flaw.place[1]}: {flaw.sentence}")
    if not isinstance(located.value, dict):
        raise TopologyError(f"{where}:1:1: a mapping is needed: name, region, vpc, ...")
    return draft(located.value)


def empty(region: str) -> Draft:
    """The least that a draft begins with."""
    return draft({"schema": SCHEMA, "name": "demo", "region": region, "vpc": {}, "fleet": {}, "members": []})


def yaml_text(document: object) -> str:
    """Plain values as YAML, in their order."""
    import yaml

    return str(yaml.safe_dump(_own(document), sort_keys=False, allow_unicode=True, width=120))


def at(document: object, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    for step in steps(path):
        if isinstance(step, int):
            if not isinstance(document, list) or step >= len(document):
                return None
            document = document[step]
        elif isinstance(document, Mapping):
            document = document.get(step)
        else:
            return None
    return document


def items(document: object, path: str) -> list[Mapping[str, Any]]:
    """The parts in a list at a path; what is no part is left out."""
    held = at(document, path)
    return [one for one in held if isinstance(one, Mapping)] if isinstance(held, list) else []


def put(document: Document, path: str, value: object) -> Document:
    """The document with another value at a path; None leaves the field out, and what is empty without it."""
    changed = _put(document, steps(path), value)
    return changed if isinstance(changed, Mapping) else document


def add(document: Document, path: str, value: object) -> Document:
    """The document with one more item at the end of a list."""
    held = at(document, path)
    return put(document, path, [*(held if isinstance(held, list) else []), value])


def remove(document: Document, path: str) -> Document:
    """The document without the item or field at a path."""
    *way, last = steps(path)
    if isinstance(last, int):
        whole = _joined(way)
        held = at(document, whole)
        kept = [one for number, one in enumerate(held if isinstance(held, list) else []) if number != last]
        return put(document, whole, kept)
    return put(document, path, None)


def renamed(document: Document, path: str, old: str) -> Document:
    """The document after the name at a path, `members[0].name`, was changed from `old`: whoever says the old one says
    the new one, as long as nothing else has the old one or the new one."""
    new, (kind, *_) = at(document, path), steps(path)
    names = [one.get("name") for one in items(document, str(kind))]
    if not isinstance(new, str) or not old or old == new or old in names or names.count(new) > 1:
        return document
    for place in _references(document, str(kind)):
        held = at(document, place)
        if isinstance(held, list):
            document = put(document, place, [new if one == old else one for one in held])
        elif isinstance(held, Mapping):
            document = put(document, place, {new if name == old else name: one for name, one in held.items()})
    return document


def _references(document: Document, kind: str) -> Iterator[str]:
    """Paths of what names members, or vSwitches."""

    def each(name: str) -> list[str]:
        held = at(document, name)
        return [f"{name}[{number}]" for number in range(len(held))] if isinstance(held, list) else []

    if kind == "vswitches":
        yield from ("fleet.vswitches", "gateway.vswitches")
        yield from (f"{one}.{name}" for one in each("members") for name in ("vswitches", "pod_vswitches"))
    elif kind == "members":
        yield "gateway.members"
        yield from (f"{one}.members" for one in each("applications"))
        yield from (f"{one}.weights" for one in each("routes"))


def steps(path: str) -> list[str | int]:
    """A path as names and numbers."""
    return [int(number) if number else name for name, number in _STEP.findall(path)]


def _joined(way: list[str | int]) -> str:
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in way).lstrip(".")


def _put(held: object, way: list[str | int], value: object) -> object:
    if not way:
        return value
    first, *rest = way
    if isinstance(first, int):
        items = list(held) if isinstance(held, list) else []
        if first < len(items):
            items[first] = _put(items[first], rest, value)
        return items
    fields = dict(held) if isinstance(held, Mapping) else {}
    changed = _put(fields.get(first), rest, value)
    if changed is None or (rest and changed == {}):
        fields.pop(first, None)
    else:
        fields[first] = changed
    return fields


def _own(value: object) -> object:
    """A copy in dicts and lists, none of them shared: YAML would write an anchor."""
    if isinstance(value, Mapping):
        return {name: _own(one) for name, one in value.items()}
    return [_own(one) for one in value] if isinstance(value, list | tuple) else value
