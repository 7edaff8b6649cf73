"""What the last picture was made of: every part with the facts it was made from, and made anew only from others. The
key of a part is the very facts that go into it, so that none can be older than they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from console.present.last import Each

T = TypeVar("T")
Item = TypeVar("Item")
Key = tuple[object, ...]


@dataclass(slots=True)
class Kept:
    """Parts by name. Keys are compared as tuples are: the same objects cost nothing, equal ones count as the same."""

    _parts: dict[str, tuple[Key, Any]] = field(default_factory=dict)
    _rows: dict[str, dict[str, tuple[Key, Any]]] = field(default_factory=dict)
    _each: dict[str, Each[Any, Any]] = field(default_factory=dict)
    _likely: dict[str, tuple[Key, Mapping[str, Key]]] = field(default_factory=dict)
    _made: dict[str, tuple[object, Any]] = field(default_factory=dict)

    def take(self, name: str, key: Key, make: Callable[[], T]) -> T:
        """The part of this name: the very object that was given for an equal key last."""
        known = self._parts.get(name)
        if known is None or known[0] != key:
            known = self._parts[name] = (key, make())
        made: T = known[1]
        return made

    def rows(self, name: str, keys: Mapping[str, Key], make: Callable[[str], T]) -> tuple[T, ...]:
        """One value a row, in order; each as `take` would give it, and rows that are no more are forgotten."""
        former, rows = self._rows.get(name, {}), dict[str, tuple[Key, Any]]()
        for row, key in keys.items():
            known = former.get(row)
            rows[row] = known if known is not None and known[0] == key else (key, make(row))
        self._rows[name] = rows
        return tuple([value for _, value in rows.values()])

    def likely(
        self, name: str, common: Key, rows: Mapping[str, Key], key: Callable[[str], Key], make: Callable[[str], T]
    ) -> tuple[T, ...]:
        """As `rows`, where rows share most of their keys: `common` is what all of them look at, and `key` the whole
        key of a row, which is asked for only where `common` or the row's own part in `rows` is another."""
        former = self._likely.get(name)
        same = former is not None and former[0] == common
        before: Mapping[str, Key] = former[1] if former is not None else {}
        known, found = self._rows.get(name, {}), dict[str, tuple[Key, Any]]()
        for row, own in rows.items():
            kept = known.get(row)
            if kept is None or not same or before.get(row) != own:
                whole = key(row)
                kept = kept if kept is not None and kept[0] == whole else (whole, make(row))
            found[row] = kept
        self._likely[name], self._rows[name] = (common, rows), found
        return tuple([value for _, value in found.values()])

    def each(self, name: str, items: Iterable[Item], make: Callable[[Item], T]) -> tuple[T, ...]:
        """One value an item, in order, made of that item alone: the very same object gives the very same value."""
        known = self._made.get(name)
        if known is None or known[0] is not items:
            kept: Each[Item, T] = self._each.setdefault(name, Each(make))
            known = self._made[name] = (items, tuple(kept.of(items)))
        made: tuple[T, ...] = known[1]
        return made
