"""What the last picture was made of: every part with the facts it was made from, and made anew only from others. The
key of a part is the very facts that go into it, so that none can be older than they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from console.present.last import Each, Others, others

T = TypeVar("T")
Item = TypeVar("Item")
Key = tuple[object, ...]


@dataclass(slots=True)
class _Made:
    """The values of items, and what they were made of."""

    given: object
    each: Each[Any, Any]
    items: object = None
    values: tuple[Any, ...] = ()


class Carried(Generic[Item]):
    """Items that keep something of what stood in their place in the last picture."""

    def __init__(self, name: Callable[[Item], str]) -> None:
        self._name = name
        self._last: tuple[tuple[Item, ...], tuple[Item, ...]] = ((), ())
        """The items as they were made, and as they were shown."""

    def of(
        self, items: tuple[Item, ...], former: Iterable[Item], carry: Callable[[Item, Item | None], Item]
    ) -> tuple[Item, ...]:
        """Each item with what `carry` gives it of the one of that name among `former`."""
        before, shown = self._last
        places = others(items, before)
        if places is not None and all(self._name(items[n]) == self._name(shown[n]) for n in places):
            found = list(shown)
            for place in places:
                found[place] = carry(items[place], shown[place])
        else:
            known = {self._name(item): item for item in former}
            found = [carry(item, known.get(self._name(item))) for item in items]
        self._last = (items, tuple(found))
        return self._last[1]


class _Among(Generic[T]):
    """Rows in an order, each with its key and its value."""

    def __init__(self, order: Sequence[str], rows: Mapping[str, tuple[Key, T]]) -> None:
        self.order = order
        self.places = {row: place for place, row in enumerate(order)}
        self.rows = {row: rows[row] for row in order if row in rows}
        self.whole = False
        """Whether `values` are those of all rows."""
        self.values: tuple[T, ...] = ()

    def with_(self, fresh: Mapping[str, tuple[Key, T]]) -> tuple[T, ...]:
        """All values, once these rows are as they are now; the very same object where there are none."""
        self.rows.update(fresh)
        if not self.whole:
            self.values, self.whole = tuple([self.rows[row][1] for row in self.order]), True
        elif fresh:
            values = list(self.values)
            for row, (_, value) in fresh.items():
                values[self.places[row]] = value
            self.values = tuple(values)
        return self.values


@dataclass(slots=True)
class Kept:
    """Parts by name. Keys are compared as tuples are: the same objects cost nothing, equal ones count as the same."""

    _parts: dict[str, tuple[Key, Any]] = field(default_factory=dict)
    _rows: dict[str, dict[str, tuple[Key, Any]]] = field(default_factory=dict)
    _each: dict[str, _Made] = field(default_factory=dict)
    _among: dict[str, _Among[Any]] = field(default_factory=dict)
    _keys: dict[str, Any] = field(default_factory=dict)
    _fresh: dict[str, Any] = field(default_factory=dict)
    _others: Others = field(default_factory=Others)

    def take(self, name: str, key: Key, make: Callable[[], T]) -> T:
        """The part of this name: the very object that was given for an equal key last."""
        known = self._parts.get(name)
        made: T = make() if known is None or known[0] != key else known[1]
        self._parts[name] = (key, made)  # also an equal key: it is the newest objects that will be met again
        return made

    def rows(self, name: str, keys: Mapping[str, Key], make: Callable[[str], T]) -> tuple[T, ...]:
        """One value a row, in order; each as `take` would give it, and rows that are no more are forgotten."""
        former, rows = self._rows.get(name, {}), dict[str, tuple[Key, Any]]()
        for row, key in keys.items():
            known = former.get(row)
            rows[row] = (key, known[1] if known is not None and known[0] == key else make(row))
        self._rows[name] = rows
        return tuple([value for _, value in rows.values()])

    def among(
        self,
        name: str,
        order: Sequence[str],
        suspects: Collection[str] | None,
        key: Callable[[str], Key],
        make: Callable[[str], T],
    ) -> tuple[T, ...]:
        """As `rows` of `order`, which is the very same object while they are the same rows; `suspects`: the rows whose
        key alone may be another, None for any."""
        known: _Among[T] | None = self._among.get(name)
        if known is None or known.order is not order:
            known = self._among[name] = _Among(order, known.rows if known is not None else {})
        found: dict[str, tuple[Key, T]] = {}
        for row in order if suspects is None or not known.whole else suspects:
            if row in known.places:
                whole, held = key(row), known.rows.get(row)
                if held is None or held[0] != whole:
                    found[row] = (whole, make(row))
        return known.with_(found)

    def former(self, name: str, now: T) -> T | None:
        """What was given here for the last picture; `now` stands in its stead once this picture is `settled`."""
        self._fresh[name] = now
        return self._keys.get(name)

    def settled(self) -> None:
        """A picture was made of everything that was given."""
        self._keys.update(self._fresh)

    def each(self, name: str, items: Iterable[Item], make: Callable[[Item], T], given: object = None) -> tuple[T, ...]:
        """One value an item, in order, made of that item, and of `given` alone: the very same object gives the very
        same value for as long as `given` is the very same."""
        known = self._each.get(name)
        if known is None or known.given is not given:
            known = self._each[name] = _Made(given, Each(make, self._others))
        if known.items is not items:
            known.items, known.values = items, tuple(known.each.of(items))
        made: tuple[T, ...] = known.values
        return made
