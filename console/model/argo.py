"""What ArgoCD on the hub says: Applications and ApplicationSets, reduced to what an operator weighs; and the same
application across members as one thing.

Statuses are ArgoCD's own words (domain.md section 4), None where a field is absent. All text is inert.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from console.model.held import SyncHeld

_CLUSTER_ID = re.compile(r"c[0-9a-f]{32}")
SYNC_ORDER = ("Synced", "OutOfSync", "Unknown")
"""Best to worst."""
HEALTH_ORDER = ("Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown")
"""Best to worst, as ArgoCD orders them."""


@dataclass(frozen=True, slots=True)
class ManagedResource:
    """One object that an Application manages."""

    kind: str
    namespace: str
    name: str
    status: str | None
    health: str | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Application:
    """One application in one member. `member`: its id once it is known which; times are epoch seconds."""

    namespace: str
    name: str
    uid: str = ""
    set: str | None = None
    """The ApplicationSet that owns it."""
    destination: str | None = None
    """ArgoCD's name of the cluster, else its server."""
    target: str = ""
    """The namespace that it deploys to."""
    project: str = ""
    source: str = ""
    """Repository and path."""
    wanted: str = ""
    """targetRevision."""
    automated: bool = False
    self_heal: bool = False
    automation: str = ""
    """spec.syncPolicy.automated as `held.policy_text`; empty where there is none that could be written back."""
    held: SyncHeld | None = None
    """Which run switched its automated sync off and owes it, by the annotation on it."""
    tracker: str = ""
    """The Application that manages this one, by ArgoCD's mark on it."""
    sync: str | None = None
    revision: str | None = None
    health: str | None = None
    health_message: str = ""
    phase: str | None = None
    """Of its last operation."""
    phase_message: str = ""
    reconciled: float | None = None
    """When ArgoCD last compared it with git, by ArgoCD's clock."""
    conditions: tuple[tuple[str, str], ...] = ()
    """(type, message)"""
    resources: int = 0
    unwell: tuple[ManagedResource, ...] = ()
    """The first of those that are not Synced or not Healthy."""
    deleting: bool = False
    operating: bool = False
    """Whether an operation is asked for, or under way."""
    skipped: bool = False
    """Whether an annotation tells ArgoCD to leave it alone."""
    member: str | None = None
    title: str = ""
    """Its name without the member's, once it is known which."""

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`"""
        return f"{self.namespace}/{self.name}"

    @property
    def well(self) -> bool:
        """Synced and Healthy, by ArgoCD's word."""
        return self.sync == "Synced" and self.health == "Healthy"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a selector wants of a label. `operator`: In, NotIn, Exists, DoesNotExist, or another word, which
    ArgoCD refuses; `written`: as matchLabels has it, which is one value and `In`."""

    key: str
    operator: str
    values: tuple[str, ...] = ()
    written: bool = False

    @property
    def text(self) -> str:
        """`cluster=idc`, `name NotIn (in-cluster)`"""
        if self.written:
            return f"{self.key}={self.values[0]}"
        return f"{self.key} {self.operator} ({','.join(self.values)})" if self.values else f"{self.key} {self.operator}"


@dataclass(frozen=True, slots=True)
class Generator:
    """One cluster generator: all its requirements must be met; none match every cluster. `values`: what it hands to the
    template."""

    requirements: tuple[Requirement, ...] = ()
    values: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Its selector, as `-l` would have it; empty text matches every cluster."""
        return ", ".join(one.text for one in self.requirements)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of an ApplicationSet; `at`: epoch seconds of its last change."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True)
class ApplicationSet:
    """What generates Applications."""

    namespace: str
    name: str
    error: str = ""
    """Why it cannot generate, from condition ErrorOccurred."""
    rolling: bool = False
    preserves: bool = False
    """Whether resources stay in the members when an Application goes."""
    generators: tuple[Generator, ...] = ()
    """Its cluster generators."""
    others: tuple[str, ...] = ()
    """Kinds of its other generators, which no label of a cluster alone decides."""
    conditions: tuple[Condition, ...] = ()

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`"""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ClusterSecret:
    """What the metadata of a cluster Secret says of a cluster; never anything of its data."""

    name: str
    cluster: str | None = None
    """The cluster's id."""
    called: str | None = None
    """Its name at the cloud."""
    labels: tuple[tuple[str, str], ...] = ()
    """By which generators select it."""

    @property
    def words(self) -> tuple[str, ...]:
        """What ArgoCD may call the cluster: its name there is in the data, which is not read."""
        if self.called is None or self.cluster is None:
            return (self.name,)
        return (self.name, self.called, f"{self.called}-{self.cluster}", f"{self.cluster}-{self.called}")


@dataclass(frozen=True, slots=True)
class Deployed:
    """One application as it stands in several members."""

    key: str
    """`SET/TITLE`, or `/TITLE` where no ApplicationSet owns it."""
    title: str
    set: str | None
    parts: tuple[Application, ...]

    @property
    def owner(self) -> str | None:
        """The ApplicationSet, `NAMESPACE/NAME`; None where none owns it."""
        return f"{self.parts[0].namespace}/{self.set}" if self.set else None

    @property
    def sync(self) -> str | None:
        """The worst of its parts."""
        return worst((part.sync for part in self.parts), SYNC_ORDER)

    @property
    def health(self) -> str | None:
        """The worst of its parts."""
        return worst((part.health for part in self.parts), HEALTH_ORDER)

    @property
    def skewed(self) -> bool:
        """Whether its parts are known to run different revisions."""
        return len({part.revision for part in self.parts if part.revision}) > 1

    def revisions(self, members: Iterable[str]) -> tuple[str, ...]:
        """The different revisions in these members, in order; empty where none is known."""
        inside = set(members)
        return tuple(sorted({p.revision for p in self.parts if p.member in inside and p.revision}))


def title_of(name: str, affixes: Iterable[str]) -> str:
    """An Application's name without the member's id or name, which templates put before or behind it."""
    for affix in affixes:
        if affix and name.startswith(f"{affix}-"):
            return name[len(affix) + 1 :]
        if affix and name.endswith(f"-{affix}"):
            return name[: -len(affix) - 1]
    return name


def worst(words: Iterable[str | None], order: tuple[str, ...]) -> str | None:
    """The worst of some statuses. A word that ArgoCD does not have counts as the worst; None where one is not known
    and no worse one is there."""
    found = list(words)
    known = [word for word in found if word is not None]
    ranked = sorted(known, key=lambda word: order.index(word) if word in order else len(order))
    if not ranked or (None in found and ranked[-1] == order[0]):
        return None
    return ranked[-1]


def deployed(applications: Iterable[Application]) -> tuple[Deployed, ...]:
    """Applications of the same set and title as one, in order of their titles."""
    groups: dict[tuple[str, str], list[Application]] = {}
    for one in applications:
        groups.setdefault((one.title, one.set or ""), []).append(one)
    return tuple(
        Deployed(f"{owner}/{title}", title, owner or None, tuple(parts))
        for (title, owner), parts in sorted(groups.items())
    )


def member_of(
    application: Application, ids: Iterable[str], names: Mapping[str, str], clusters: Mapping[str, str]
) -> str | None:
    """The member that an Application deploys to; None where nothing tells.

    `names`: a member's name -> id; `clusters`: ArgoCD's cluster name -> id, from the cluster Secrets' annotations.
    ACK One names a cluster after its id, or `NAME-ID`, and templates put the id in front of the Application's name.
    """
    where = application.destination or ""
    known = ids if isinstance(ids, Collection) else tuple(ids)
    if clusters.get(where) in known:
        return clusters[where]
    if where in names:
        return names[where]
    for text in (where, application.name):
        found: list[str] = [each for each in _CLUSTER_ID.findall(text) if each in known]
        found = found or [identifier for identifier in known if identifier in text]
        if len(found) == 1:
            return found[0]
    return None


def clusters_of(secrets: Iterable[ClusterSecret]) -> dict[str, str]:
    """What ArgoCD may call a cluster -> its id; a word that two clusters share tells neither."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for one in secrets:
        for word in one.words if one.cluster is not None else ():
            if found.setdefault(word, one.cluster or "") != one.cluster:
                shared.add(word)
    return {word: cluster for word, cluster in found.items() if word not in shared}
