"""Applications with the member that each deploys to, and those of several members as one; what was worked out once is
kept, since there may be thousands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import is_not

from console.model.argo import Application, Deployed, deployed, member_of, title_of


@dataclass(slots=True)
class Resolved:
    """Application facts -> the same with their members; an unchanged fact gives the very same object again."""

    applications: tuple[Application, ...] = ()
    """In order of their keys."""
    deployed: tuple[Deployed, ...] = ()
    _among: _Members = field(default_factory=lambda: _Members((), {}, {}))
    _facts: dict[str, Application] = field(default_factory=dict)
    _ordered: list[Application] = field(default_factory=list)
    """The applications, to be changed in place: there may be thousands, and one of them moves."""
    _place: dict[str, int] = field(default_factory=dict)
    """Key -> place among `applications`."""
    _group: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Key -> place of its group among `deployed`, and its own among the parts of that."""

    def take(
        self,
        facts: Mapping[str, Application],
        ids: Sequence[str],
        names: Mapping[str, str],
        clusters: Mapping[str, str],
        moved: Collection[str] | None = None,
    ) -> None:
        """Work out what is new. `names`: a member's name -> its id; `clusters`: what ArgoCD may call a cluster -> its
        id; `moved`: the keys among which all is that changed since the last time, None where that is not known."""
        if (self._among.ids, self._among.names, self._among.clusters) != (ids, names, clusters):
            self._among = _Members(ids, names, clusters)
            self._facts = {}
            moved = None
        former = self._facts
        if moved is not None and all(key in former and key in facts for key in moved):
            self._follow({key: facts[key] for key in moved if facts[key] is not former[key]})
            return
        fresh = list(compress(facts, map(is_not, facts.values(), map(former.get, facts))))
        if not fresh and len(facts) == len(former):
            return
        self._facts = dict(facts)
        done = {key: self._among.resolve(facts[key]) for key in fresh}
        if len(facts) != len(former) or not all(key in former and self._stays(one) for key, one in done.items()):
            kept = {key: self.applications[self._place[key]] for key in facts if key in former and key not in done}
            self._arrange({**kept, **done})
        else:
            self._replace(done)

    def _follow(self, fresh: Mapping[str, Application]) -> None:
        """A few of those that are known are others now."""
        if not fresh:
            return
        done = {key: self._among.resolve(fact) for key, fact in fresh.items()}
        self._facts.update(fresh)
        if all(map(self._stays, done.values())):
            self._replace(done)
        else:
            self._arrange({**{one.key: one for one in self.applications}, **done})

    def _stays(self, one: Application) -> bool:
        """Whether an application is part of the same group as before."""
        before = self.applications[self._place[one.key]]
        return (before.title, before.set) == (one.title, one.set)

    def _arrange(self, done: Mapping[str, Application]) -> None:
        """Everything anew."""
        self._ordered = [done[key] for key in sorted(done)]
        self.applications = tuple(self._ordered)
        self.deployed = deployed(self.applications)
        self._place = {one.key: place for place, one in enumerate(self._ordered)}
        self._group = {
            part.key: (place, own) for place, group in enumerate(self.deployed) for own, part in enumerate(group.parts)
        }

    def _replace(self, done: Mapping[str, Application]) -> None:
        """Some in their places, and the groups that they are part of."""
        others: dict[int, list[Application]] = {}
        for key, one in done.items():
            self._ordered[self._place[key]] = one
            place, own = self._group[key]
            others.setdefault(place, list(self.deployed[place].parts))[own] = one
        groups = list(self.deployed)
        for place, parts in others.items():
            groups[place] = replace(groups[place], parts=tuple(parts))
        self.applications, self.deployed = tuple(self._ordered), tuple(groups)


class _Members:
    """The members that Applications may be of."""

    def __init__(self, ids: Sequence[str], names: Mapping[str, str], clusters: Mapping[str, str]) -> None:
        self.ids = ids
        self.clusters = clusters
        self.names = names
        self._set = frozenset(ids)
        self._called: dict[str, list[str]] = {}
        for name, identifier in names.items():
            self._called.setdefault(identifier, []).append(name)

    def resolve(self, fact: Application) -> Application:
        """An Application with its member and its title."""
        member = member_of(fact, self._set, self.names, self.clusters)
        called = self._called.get(member, []) if member else []
        return replace(fact, member=member, title=title_of(fact.name, (member or "", *called, fact.destination or "")))
