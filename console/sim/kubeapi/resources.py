"""What is served: a Resource per group, version and plural, and the registry that CRDs are added to while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from console.sim.kubeapi.status import Obj, no_such_path, qualified
from console.sim.kubeapi.store import Key

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class Column(NamedTuple):
    """A printer column of a CRD: its JSONPath is relative to the object, without braces."""

    name: str
    type: str
    json_path: str
    description: str = ""
    priority: int = 0
    format: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One served resource in one version.

    `schema` is the whole object's structural schema, references inlined; `custom` resources prune, take no
    strategic patches and insist on a resourceVersion in updates, as CRs do.
    """

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    schema: Obj
    list_kind: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    has_status: bool = False
    has_generation: bool = False
    custom: bool = False
    columns: tuple[Column, ...] = ()
    selectable: tuple[str, ...] = ("metadata.name", "metadata.namespace")
    unconditional_update: bool = True
    create_on_update: bool = False
    stored_under: Key | None = None

    @property
    def key(self) -> Key:
        """Where its objects are stored; the two Event APIs share theirs."""
        return self.stored_under or (self.group, self.plural)

    @property
    def api_version(self) -> str:
        """`networking.k8s.io/v1`, or `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`ingresses.networking.k8s.io`, or `configmaps`."""
        return qualified(self.plural, self.group)

    @property
    def listed_kind(self) -> str:
        """The kind of its lists."""
        return self.list_kind or f"{self.kind}List"


@dataclass(slots=True)
class Registry:
    """Every served resource by group, version and plural; `changes` counts so that documents can be cached."""

    _resources: dict[tuple[str, str, str], Resource] = field(default_factory=dict)
    changes: int = 0

    def add(self, resource: Resource) -> None:
        """Serve a resource, in place of any of the same group, version and plural."""
        self._resources[resource.group, resource.version, resource.plural] = resource
        self.changes += 1

    def drop(self, group: str, plural: str) -> None:
        """Serve no version of a custom resource any more; built-ins stay."""
        for key, resource in list(self._resources.items()):
            if resource.custom and (key[0], key[2]) == (group, plural):
                del self._resources[key]
        self.changes += 1

    def find(self, group: str, version: str, plural: str) -> Resource:
        """Raises `ApiError` 404 for a path that nothing is served at."""
        try:
            return self._resources[group, version, plural]
        except KeyError:
            raise no_such_path() from None

    def get(self, group: str, version: str, plural: str) -> Resource | None:
        """As `find`, or None."""
        return self._resources.get((group, version, plural))

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def group_versions(self) -> dict[str, list[str]]:
        """Versions by group, the core group first, in order of registration; newest stable version first."""
        groups: dict[str, list[str]] = {}
        for group, version, _ in self._resources:
            versions = groups.setdefault(group, [])
            if version not in versions:
                versions.append(version)
        for versions in groups.values():
            versions.sort(key=_version_order)
        return groups

    def of(self, group: str, version: str) -> list[Resource]:
        """Resources of one group and version, by plural. Raises `ApiError` 404 where there is none."""
        found = [r for r in self._resources.values() if (r.group, r.version) == (group, version)]
        if not found:
            raise no_such_path()
        return sorted(found, key=lambda resource: resource.plural)


def _version_order(version: str) -> tuple[int, int, int]:
    """Kubernetes' order of versions: v2, v1, v1beta2, v1beta1, v1alpha1."""
    digits = version.removeprefix("v")
    for rank, word in ((1, "beta"), (2, "alpha")):
        if word in digits:
            major, _, minor = digits.partition(word)
            return rank, -int(major or 0), -int(minor or 0)
    return 0, -int(digits) if digits.isdigit() else 0, 0
