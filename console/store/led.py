"""Which Ingress leads to which gateway, and which of them are routes of this console; followed key by key, since there
may be many."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import is_
from typing import NamedTuple

from console.model.hub import Ingress, IngressClass
from console.store.keys import weight_keys


class _Ground(NamedTuple):
    """What decides it beside the Ingress itself."""

    classes: Sequence[IngressClass]
    members: Collection[str]
    prefix: str


@dataclass(slots=True)
class Led:
    """Ingresses by the gateway that their class, or the default one, leads to."""

    gateway: dict[str, str | None] = field(default_factory=dict)
    """Ingress's key -> AlbConfig's name."""
    routes: dict[str | None, dict[str, Ingress]] = field(default_factory=dict)
    """AlbConfig's name -> the Ingresses that lead to it, by key; None for those that lead to none."""
    called: dict[str, list[str]] = field(default_factory=dict)
    """An Ingress's name -> the keys of those called so: Events name no namespace."""
    chosen: tuple[str, ...] = ()
    """The Ingresses of this console, in order: those whose class leads to a gateway, or that carry weights. The very
    same object while they are the same ones."""
    _inside: Collection[str] = ()
    _ground: _Ground = field(default_factory=lambda: _Ground((), (), ""))
    _by_name: Mapping[str, IngressClass] = field(default_factory=dict)
    _default: str | None = None

    def follow(
        self,
        ingresses: Mapping[str, Ingress],
        moved: Collection[str] | None,
        classes: Sequence[IngressClass],
        members: Collection[str],
        prefix: str,
    ) -> None:
        """Take in what is new. `moved`: the keys of those that changed, None where any may have; `members`: their ids;
        `prefix`: of the annotations that carry weights."""
        ground = _Ground(classes, members, prefix)
        few = moved is not None and all(map(is_, ground, self._ground))
        if not few or not all(self._stays(ingresses[key]) for key in moved or ()):
            self._arrange(ingresses, ground)
        for key in moved or ():
            self.routes[self.gateway[key]][key] = ingresses[key]

    def _stays(self, fact: Ingress) -> bool:
        """Whether it leads where it led, and is chosen as it was."""
        known = fact.key in self.gateway and self.gateway[fact.key] == self._leads(fact)
        return known and (fact.key in self._inside) is self._chosen(fact)

    def _arrange(self, ingresses: Mapping[str, Ingress], ground: _Ground) -> None:
        """Everything anew."""
        self._ground = ground
        self._by_name = {one.name: one for one in ground.classes}
        self._default = next((one.gateway for one in ground.classes if one.default and one.gateway), None)
        self.gateway = {key: self._leads(fact) for key, fact in ingresses.items()}
        self.routes, self.called = {}, {}
        for key, fact in ingresses.items():
            self.routes.setdefault(self.gateway[key], {})[key] = fact
            self.called.setdefault(fact.name, []).append(key)
        chosen = tuple(sorted(key for key, fact in ingresses.items() if self._chosen(fact)))
        self.chosen = self.chosen if chosen == self.chosen else chosen
        self._inside = frozenset(chosen)

    def _leads(self, fact: Ingress) -> str | None:
        if fact.class_name is None:
            return self._default
        found = self._by_name.get(fact.class_name)
        return found.gateway if found else None

    def _chosen(self, fact: Ingress) -> bool:
        if self.gateway.get(fact.key) is not None:
            return True
        return bool(weight_keys((key for key, _ in fact.annotations), self._ground.prefix, self._ground.members))
