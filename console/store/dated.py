"""Which Events are the newest."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Mapping

from console.model.hub import Event


class Dated:
    """Events by when they happened; followed key by key, since there may be many."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._order: list[tuple[float, str]] = []
        """(epoch second, key) of those that have a date, the oldest first."""

    def follow(self, events: Mapping[str, Event], moved: Collection[str] | None) -> None:
        """Take in what is new. `moved`: the keys of those that changed, None where any may have."""
        if moved is None:
            self._at = {key: event.at for key, event in events.items() if event.at is not None}
            self._order = sorted((at, key) for key, at in self._at.items())
        for key in moved or ():
            former, at = self._at.pop(key, None), events[key].at
            if former is not None:
                del self._order[bisect_left(self._order, (former, key))]
            if at is not None:
                self._at[key] = at
                insort(self._order, (at, key))

    def newest(self, most: int) -> list[str]:
        """The keys of so many, and of all others of the same second as the last of them."""
        first = max(0, len(self._order) - most)
        while 0 < first < len(self._order) and self._order[first - 1][0] == self._order[first][0]:
            first -= 1
        return [key for _, key in self._order[first:]]
