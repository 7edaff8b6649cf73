"""A YAML file that a person wrote: its document, and the line and column of each part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.errors import UsageError

LARGEST = 1 << 20
"""Bytes of a file that a person writes; more is something else, or an attack."""
_NODES = 20_000
_DEPTH = 40
"""Bounds of a document with its aliases written out; nobody writes as much, and an alias may stand for itself."""
_WORDS = 300
Place = tuple[int, int]
"""Line and column, from 1."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What cannot be read, at `path` (`members[1].cidrs`, empty for the whole) and `place`; `sentence` is inert."""

    path: str
    place: Place
    sentence: str


@dataclass(frozen=True, slots=True)
class Located:
    """A document with the place of each value and of each key, by its path. `flaws`: keys said twice or that are no
    texts, and values that cannot be read; they are left out of `value`."""

    value: object
    values: Mapping[str, Place] = field(default_factory=dict)
    keys: Mapping[str, Place] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()

    def place(self, path: str, *, key: bool = False) -> Place:
        """Where a part stands, or its key; for one that is not there, where it belongs."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.values.get(path, (1, 1))


def text(path: Path, failure: type[UsageError] = UsageError, *, fix: str = "") -> str:
    """The text of a file. Raises `failure` where it cannot be read, is no text, or is larger than `LARGEST`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise failure(f"{path}: {error.strerror}", fix=fix) from None
    if len(data) > LARGEST:
        raise failure(f"{path}: larger than {LARGEST >> 10} KiB", fix=fix)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise failure(f"{path}: not YAML: byte {error.start} is no UTF-8", fix="Correct the file.") from None


def load(path: Path, failure: type[UsageError] = UsageError, *, fix: str = "") -> object:
    """The YAML document of a file, unchecked. Raises `failure` with line and column where it is none, or says a key
    twice, or has what cannot be read."""
    located = compose(text(path, failure, fix=fix), str(path), failure)
    if located.flaws:
        said = (f"{path}:{one.place[0]}:{one.place[1]}: {one.sentence}" for one in located.flaws)
        raise failure("\n".join(said), fix="Correct the file.")
    return located.value


def compose(said: str, where: str, failure: type[UsageError] = UsageError) -> Located:
    """A YAML text as its document, with places. Raises `failure` with line and column where it is no YAML, or too
    much of it."""
    import yaml

    if len(said) > LARGEST:
        raise failure(f"{where}: larger than {LARGEST >> 10} KiB")
    try:
        loader = _loader()(said)
        try:
            node = loader.get_single_node()
            walk = _Walk(loader)
            value = None if node is None else walk.value(node, "", 0)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise _broken(error, said, where, failure) from None
    except OverflowError as error:
        raise failure(f"{where}: {error}", fix="Write it without anchors and aliases.") from None
    return Located(value, walk.values, walk.keys, tuple(walk.flaws))


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Walk:
    """Makes values of composed nodes, and notes where each stood."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.values: dict[str, Place] = {}
        self.keys: dict[str, Place] = {}
        self.flaws: list[Flaw] = []
        self.seen = 0

    def value(self, node: Any, path: str, depth: int) -> object:
        """The value of a node. Raises `OverflowError` past the bounds."""
        import yaml

        self.seen += 1
        if self.seen > _NODES or depth > _DEPTH:
            raise OverflowError(f"more than {_NODES} values, or more than {_DEPTH} inside one another")
        self.values[path] = _place(node)
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.value(one, f"{path}[{number}]", depth + 1) for number, one in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode):
            self._flaw(path, node, f"the tag {_shown(node.tag)} is not read here")
            return None
        try:
            return self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._flaw(path, node, f"{_shown(node.value)} is no value of the tag {_shown(node.tag)}: quote it")
            return None

    def _mapping(self, node: Any, path: str, depth: int) -> dict[str, object]:
        import yaml

        made: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                word = _shown(key.value) if isinstance(key, yaml.ScalarNode) else "a list or a mapping"
                self._flaw(path, key, f"the key {word} is no text: quote it")
                continue
            inner = f"{path}.{key.value}" if path else key.value
            if key.value in made:
                first = self.keys[inner]
                self._flaw(inner, key, f"the key {_shown(key.value)} is there twice, first in line {first[0]}")
                continue
            self.keys[inner] = _place(key)
            made[key.value] = self.value(value, inner, depth + 1)
        return made

    def _flaw(self, path: str, node: Any, sentence: str) -> None:
        self.flaws.append(Flaw(path, _place(node), sentence))


def _place(node: Any) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _broken(error: Exception, said: str, where: str, failure: type[UsageError]) -> UsageError:
    """What a YAML library says, with the place that it means."""
    mark, position = getattr(error, "problem_mark", None), getattr(error, "position", None)
    place = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
    if mark is None and isinstance(position, int):
        before = said.encode()[:position].decode(errors="ignore")
        place = f":{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    parts = [getattr(error, name, None) for name in ("context", "problem", "reason")]
    words = " ".join(part for part in parts if isinstance(part, str)) or str(error)
    return failure(f"{where}{place}: not YAML: {_printable(words)}", fix="Correct the file.")


def _shown(word: str) -> str:
    """A word of the file in quotes, cut, without what moves a screen."""
    return f"'{_printable(word)[:60]}'"


def _printable(words: str) -> str:
    kept = "".join(one if one.isprintable() else "�" for one in " ".join(words.split()))
    return kept if len(kept) <= _WORDS else kept[:_WORDS] + "…"
