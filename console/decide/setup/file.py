"""topology.yaml: read with line and column of everything that is wrong, and written as its author would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from console import yaml_file
from console.decide.setup.fields import Problem, problems
from console.decide.setup.partial import readable
from console.decide.setup.references import references
from console.errors import TopologyError
from console.model.text import inert
from console.model.topology import Part, Topology

_TOLD = 12
"""Problems that one sentence tells."""


def read(path: Path) -> Topology:
    """The topology in a file. Raises `TopologyError` with file, line and column, and what is accepted."""
    return parse(yaml_file.text(path, TopologyError, fix="Name a topology file that can be read."), str(path))


def parse(text: str, where: str) -> Topology:
    """The topology in a text. Raises `TopologyError` as `read` does; `where` names the text."""
    located = yaml_file.compose(text, where, TopologyError)
    if located.flaws:
        told = [(one.place, str(Problem(one.path, one.sentence))) for one in located.flaws]
        raise _wrong(where, told)
    found = tuple(problems(located.value, Topology))
    if not found:
        topology = msgspec.convert(located.value, Topology)
        found = references(topology)
        if not found:
            return topology
    elif isinstance(located.value, dict):
        found = (*found, *readable(located.value, found))
    raise _wrong(where, [(located.place(one.path, key=one.at_key), str(one)) for one in found])


def dump(topology: Topology) -> str:
    """The topology as YAML: in the order of its fields, without what is said by default. `parse` gives it back."""
    import yaml

    return str(yaml.safe_dump(document(topology), sort_keys=False, allow_unicode=True, width=120))


def annotated(topology: Topology, reasons: Mapping[str, str]) -> str:
    """`dump` with a comment above each part that `reasons` has a sentence for, by its path."""
    text = dump(topology)
    located, lines = yaml_file.compose(text, "the topology"), text.splitlines()
    above: list[tuple[int, str]] = []
    for path, reason in reasons.items():
        line, _ = located.place(path, key=True)
        indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
        above.append((line, f"{' ' * indent}# {inert(reason, 300)}"))
    for line, comment in sorted(above, reverse=True):
        lines.insert(line - 1, comment)
    return "\n".join(lines) + "\n"


def document(part: Part) -> dict[str, Any]:
    """A part as plain values, in the order of its fields, without what equals its default."""
    made: dict[str, Any] = {}
    for one in msgspec.structs.fields(type(part)):
        value = getattr(part, one.name)
        default = one.default if one.default_factory is msgspec.NODEFAULT else one.default_factory()
        if value != default:
            made[one.encode_name] = _plain(value)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return document(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return dict(value) if isinstance(value, dict) else value


def _wrong(where: str, found: Iterable[tuple[yaml_file.Place, str]]) -> TopologyError:
    """All problems as one failure, in the order of the file."""
    told = [f"{inert(where, 200)}:{line}:{column}: {said}" for (line, column), said in sorted(found)]
    more = f"\n… and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return TopologyError("\n".join(told[:_TOLD]) + more)
