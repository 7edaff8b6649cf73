"""Applications with the member that each deploys to, and those of several members as one; what was worked out once is
kept, since there may be thousands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from console.model.argo import Application, Deployed, deployed, member_of, title_of


@dataclass(slots=True)
class Resolved:
    """Application facts -> the same with their members; an unchanged fact gives the very same object again."""

    applications: tuple[Application, ...] = ()
    """In order of their keys."""
    deployed: tuple[Deployed, ...] = ()
    _known: tuple[Sequence[str], Mapping[str, str]] = ((), {})
    _done: dict[str, tuple[Application, Application]] = field(default_factory=dict)

    def take(self, facts: Mapping[str, Application], ids: Sequence[str], names: Mapping[str, str]) -> None:
        """Work out what is new. `names`: a member's name -> its id."""
        if self._known != (ids, names):
            self._known = (ids, names)
            self._done = {}
        former, fresh = self._done, 0
        done: dict[str, tuple[Application, Application]] = {}
        for key, fact in facts.items():
            known = former.get(key)
            if known is None or known[0] is not fact:
                known = (fact, _resolve(fact, ids, names))
                fresh += 1
            done[key] = known
        if fresh or len(done) != len(former):
            self._done = done
            self.applications = tuple(done[key][1] for key in sorted(done))
            self.deployed = deployed(self.applications)


def _resolve(fact: Application, ids: Sequence[str], names: Mapping[str, str]) -> Application:
    member = member_of(fact, ids, names, {})
    called = [name for name, identifier in names.items() if identifier == member] if member else []
    return replace(fact, member=member, title=title_of(fact.name, (member or "", *called, fact.destination or "")))
