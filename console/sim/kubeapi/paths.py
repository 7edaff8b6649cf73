"""What a path and a method mean: a resource, a namespace, a name and a verb."""

from __future__ import annotations

from dataclasses import dataclass

from console.sim.kubeapi.deletion import NAMESPACES
from console.sim.kubeapi.resources import Registry, Resource
from console.sim.kubeapi.status import method_not_allowed, no_such_path


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names; `namespace` is the one that a refusal speaks of."""

    resource: Resource
    namespace: str
    name: str
    subresource: str

    @property
    def permission(self) -> str:
        """The resource in the words of a rule: `ingresses/status`."""
        return f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural

    @property
    def scope(self) -> str:
        """The namespace its objects are stored under, "" at cluster scope or for all namespaces."""
        return self.namespace if self.resource.namespaced else ""

    @property
    def place(self) -> tuple[str, str]:
        """Where the object stands in the store."""
        return self.scope, self.name


def is_resource(parts: list[str]) -> bool:
    """Whether a path (split at its slashes) lies below a group and version."""
    return (parts[:1] == ["api"] and len(parts) > 2) or (parts[:1] == ["apis"] and len(parts) > 3)


def target_of(registry: Registry, parts: list[str]) -> Target:
    """Raises `ApiError` 404 for a path that is not served."""
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    namespace = ""
    # namespaces/NAME/status is the namespace's own status, everything longer is a place within it.
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2:] != ["status"]:
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource = (*rest, "", "")[:3]
    resource = registry.find(group, version, plural)
    out_of_place = (namespace and not resource.namespaced) or (name and resource.namespaced and not namespace)
    if len(rest) > 3 or out_of_place:
        raise no_such_path()
    if subresource and not (subresource == "status" and resource.has_status):
        raise no_such_path()
    if resource.key == NAMESPACES:
        namespace = name
    return Target(resource, namespace, name, subresource)


def verb_of(method: str, target: Target, *, watching: bool) -> str:
    """The verb that permission is asked for. Raises `ApiError` 405."""
    named = bool(target.name)
    reading = "watch" if watching else "get" if named else "list"
    verbs = {"GET": reading, "HEAD": reading}
    if named:
        verbs |= {"DELETE": "delete", "PUT": "update", "PATCH": "patch"}
    else:
        verbs |= {"DELETE": "deletecollection", "POST": "create"}
    verb = verbs.get(method)
    if verb is None or verb not in target.resource.verbs:
        raise method_not_allowed()
    return verb
