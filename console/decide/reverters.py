"""Reverters: ArgoCD's Applications that would write a run's weights back, and whose automated sync the run may switch
off for its time, where somebody consented to that and nothing else would write it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from console.model.argo import Application
from console.model.fleet import Fleet
from console.model.held import policy_of
from console.model.run import JournalLine

MOST = 50
"""Applications that one plan may hold."""
HOLD, RESTORE = "hold-sync", "restore-sync"
"""The two steps of a run's journal, each with the Application's `NAMESPACE/NAME` behind it."""


@dataclass(frozen=True, slots=True)
class Reverter:
    """One Application. `automated`: its `spec.syncPolicy.automated` as it stands, as `held.policy_text`."""

    namespace: str
    name: str
    uid: str
    automated: str

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`"""
        return f"{self.namespace}/{self.name}"


def parse(document: Mapping[str, Any]) -> Reverter:
    """One of a plan's JSON. Raises `KeyError` or `TypeError` where a field is missing or no text."""
    values = tuple(document[name] for name in ("namespace", "name", "uid", "automated"))
    if not all(isinstance(value, str) for value in values):
        raise TypeError("not text")
    return Reverter(*values)


def check(reverters: Iterable[Reverter]) -> None:
    """Raise `ValueError` where they cannot be held, whoever made them."""
    known = tuple(reverters)
    if len({one.key for one in known}) != len(known) or len(known) > MOST:
        raise ValueError("an Application twice, or too many")
    for one in known:
        for text in (one.namespace, one.name, one.uid):
            if not 0 < len(text) <= 253 or not text.isascii() or not text.isprintable() or "/" in text:
                raise ValueError("no name of an Application")
        policy_of(one.automated)


def called(fleet: Fleet, name: str) -> tuple[Application, ...]:
    """The Applications that a mark with this name may mean: it does not say their namespace."""
    return tuple(one for one in fleet.applications if one.name == name)


def why_not(known: tuple[Application, ...]) -> str:
    """Why what is called so cannot be held, as half a sentence; empty where it can. `known`: what `called` gives."""
    if len(known) != 1:
        return f"{len(known)} Applications have its name" if known else "it is not known"
    (one,) = known
    if one.set is not None:
        return f"ApplicationSet {one.set} owns it and would write its sync policy back"
    if one.tracker:
        return f"Application {one.tracker} manages it and would write its sync policy back"
    if one.deleting:
        return "it is being deleted"
    if not one.automated:
        return "it does not sync by itself"
    return "" if one.uid and one.automation else "its sync policy is not known whole"


def among(fleet: Fleet, names: Iterable[str]) -> tuple[Reverter, ...]:
    """Those of these names that can be held, in order of their keys."""
    found = [known[0] for name in set(names) if not why_not(known := called(fleet, name))]
    return tuple(Reverter(one.namespace, one.name, one.uid, one.automation) for one in sorted(found, key=_key))


def namespaces(fleet: Fleet, routes: Iterable[str]) -> tuple[str, ...]:
    """Those of the Applications that would write these routes (keys) back, and can be held."""
    wanted = set(routes)
    tracked = {route.tracked for route in fleet.routes if route.key in wanted} - {""}
    return tuple(sorted({one.namespace for one in among(fleet, tracked)}))


def _key(one: Application) -> str:
    return one.key


def owed(lines: Iterable[JournalLine]) -> tuple[str, ...]:
    """The Applications whose automated sync a run switched off, or may have, and has not restored, by its journal."""
    open_: dict[str, None] = {}
    for line in lines:
        verb, _, key = line.step.partition(" ")
        if verb == HOLD and line.phase == "intended":
            open_[key] = None
        elif (verb, line.phase) in ((HOLD, "refused"), (RESTORE, "confirmed")):
            open_.pop(key, None)
    return tuple(open_)


def several(keys: Iterable[str]) -> str:
    """`automated sync of argocd/web`, with several of them by name."""
    return f"automated sync of {', '.join(keys)}"
