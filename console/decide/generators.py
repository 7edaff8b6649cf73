"""Whom an ApplicationSet's cluster generators select by the labels of ArgoCD's cluster Secrets, and what an edit of one
label would change in that. Selectors mean what apimachinery's LabelSelector means (domain.md section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from console.model.argo import Application, ApplicationSet, ClusterSecret, Generator, Requirement
from console.model.fleet import Fleet

Chosen = tuple[int, ...]
"""Places of the generators that select a cluster."""


class Effect(StrEnum):
    """What an edit of a label does to a cluster's Applications of one set."""

    DROPS = "drops"
    """No generator selects the cluster any more."""
    CHANGES = "changes"
    """Others do than before."""
    ADDS = "adds"
    """The first one does."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Edits of one label that do the same. `held`: its value now, None where it is absent.

    `removed`: taking it away is one of them; `others`: so is every value that no selector names; `values`: and these.
    """

    key: str
    held: str | None
    effect: Effect
    after: Chosen
    removed: bool = False
    others: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selected:
    """One cluster as a set sees it: the member that it is, the generators that select it, its Applications, and the
    edits of its labels that would change that."""

    cluster: ClusterSecret
    member: str | None
    by: Chosen
    applications: tuple[Application, ...]
    edits: tuple[Edit, ...]


def meets(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    """Whether labels meet one requirement; none meet one that ArgoCD refuses."""
    held = labels.get(requirement.key)
    if not sound(requirement):
        return False
    if requirement.operator == "In":
        return held in requirement.values
    if requirement.operator == "NotIn":
        return held not in requirement.values
    return (held is not None) is (requirement.operator == "Exists")


def sound(requirement: Requirement) -> bool:
    """Whether it is a requirement at all: a known operator, with values exactly where it takes them."""
    if requirement.operator in ("In", "NotIn"):
        return bool(requirement.key and requirement.values)
    return bool(requirement.key) and requirement.operator in ("Exists", "DoesNotExist") and not requirement.values


def chosen(generators: Sequence[Generator], labels: Mapping[str, str]) -> Chosen:
    """The generators that select a cluster with these labels."""
    return tuple(
        place
        for place, generator in enumerate(generators)
        if all(meets(requirement, labels) for requirement in generator.requirements)
    )


def keys(generators: Sequence[Generator]) -> tuple[str, ...]:
    """The labels that their selectors look at, each once."""
    return tuple(dict.fromkeys(one.key for generator in generators for one in generator.requirements))


def edits(generators: Sequence[Generator], labels: Mapping[str, str]) -> tuple[Edit, ...]:
    """Every edit of one label that changes who selects a cluster; those of one label that do the same are one."""
    before = chosen(generators, labels)
    return tuple(edit for key in keys(generators) for edit in _of(generators, labels, key, before))


def _of(generators: Sequence[Generator], labels: Mapping[str, str], key: str, before: Chosen) -> Iterator[Edit]:
    held = labels.get(key)
    named = dict.fromkeys(
        value for generator in generators for one in generator.requirements if one.key == key for value in one.values
    )
    rest = {name: value for name, value in labels.items() if name != key}
    removed = before if held is None else chosen(generators, rest)
    # A value that is named nowhere; all of those do the same.
    fresh = "x" * (1 + max(map(len, [*named, held or ""])))
    other = chosen(generators, {**rest, key: fresh})
    after = {value: chosen(generators, {**rest, key: value}) for value in named if value != held}
    for outcome in dict.fromkeys((removed, other, *after.values())):
        if outcome != before:
            values = tuple(value for value, found in after.items() if found == outcome)
            yield Edit(
                key, held, _effect(before, outcome), outcome, removed == outcome, other == outcome, values
            )  # fmt: skip


def _effect(before: Chosen, after: Chosen) -> Effect:
    if not after:
        return Effect.DROPS
    return Effect.CHANGES if before else Effect.ADDS


def generated(fleet: Fleet, owner: ApplicationSet) -> tuple[Application, ...]:
    """The Applications that a set owns, in order of their keys."""
    return tuple(one for one in fleet.applications if (one.namespace, one.set) == (owner.namespace, owner.name))


def selected(fleet: Fleet, owner: ApplicationSet) -> tuple[Selected, ...]:
    """Every cluster that is known by its Secret, as the set sees it."""
    mine, ids = generated(fleet, owner), {member.id for member in fleet.members}
    names = {member.name: member.id for member in fleet.members}
    out = []
    for cluster in fleet.clusters:
        member = cluster.cluster if cluster.cluster in ids else names.get(cluster.called or cluster.name)
        there = tuple(one for one in mine if _goes(one, cluster, member))
        labels = dict(cluster.labels)
        by = chosen(owner.generators, labels)
        out.append(Selected(cluster, member, by, there, edits(owner.generators, labels)))
    return tuple(out)


def _goes(application: Application, cluster: ClusterSecret, member: str | None) -> bool:
    if application.member is not None and member is not None:
        return application.member == member
    return application.destination in cluster.words
