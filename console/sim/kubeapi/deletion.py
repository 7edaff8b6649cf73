"""How objects go: preconditions, finalizers, garbage collection, and the content of namespaces and CRDs with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from console.sim.kubeapi import crds
from console.sim.kubeapi.builtins import EVENTS_KEY
from console.sim.kubeapi.resources import Registry, Resource
from console.sim.kubeapi.status import Obj, conflict, forbidden, not_found
from console.sim.kubeapi.store import Place, Store, Stored

NAMESPACES = ("", "namespaces")
EVENT_LIFETIME = timedelta(hours=1)
_KEPT = ("default", "kube-system", "kube-public", "kube-node-lease")


class Deletion(NamedTuple):
    """DeleteOptions that matter here."""

    uid: str = ""
    resource_version: str = ""
    propagation: str = "Background"
    dry_run: bool = False


class Deletions:
    """Deletes objects and whatever must go with them, all before it returns. `now` gives RFC 3339 in whole seconds."""

    def __init__(self, store: Store, registry: Registry, now: Callable[[], str]) -> None:
        self._store = store
        self._registry = registry
        self._now = now
        self._events_swept = ""

    def delete(self, resource: Resource, place: Place, options: Deletion) -> tuple[Stored, bool]:
        """Delete an object; returns its last version, and whether it is gone or waits for finalizers."""
        current = self._store.get(resource.key, place)
        if current is None:
            raise not_found(resource.plural, resource.group, place[1])
        metadata = current.obj["metadata"]
        for asked, own, word in (
            (options.uid, metadata["uid"], "UID"),
            (options.resource_version, metadata["resourceVersion"], "ResourceVersion"),
        ):
            if asked and asked != own:
                why = (
                    f"the {word} in the precondition ({asked}) does not match the {word} in record ({own}). "
                    "The object might have been deleted and then recreated"
                )
                raise conflict(resource.plural, resource.group, place[1], why)
        if resource.key == NAMESPACES and place[1] in _KEPT:
            raise forbidden(resource.plural, resource.group, place[1], "this namespace may not be deleted")
        if options.dry_run:
            return current, not metadata.get("finalizers")
        if resource.key == NAMESPACES:
            return self._delete_namespace(resource, current)
        if resource.key == crds.CRD_KEY:
            self._delete_all_of(current.obj)
        if options.propagation != "Orphan":
            self._delete_dependents(metadata["uid"])
        if metadata.get("finalizers"):
            return self._mark(resource, current), False
        return self.remove(resource, current, current.copy()), True

    def _mark(self, resource: Resource, current: Stored) -> Stored:
        """Set the deletion timestamp once; finalizers do the rest."""
        if current.obj["metadata"].get("deletionTimestamp"):
            return current
        obj = current.copy()
        obj["metadata"]["deletionTimestamp"] = self._now()
        obj["metadata"]["deletionGracePeriodSeconds"] = 0
        if resource.has_generation:
            obj["metadata"]["generation"] = obj["metadata"].get("generation", 0) + 1
        return self._store.put(resource.key, obj)

    def remove(self, resource: Resource, current: Stored, final: Obj) -> Stored:
        """Take an object away for good; what waited for that (its CRD's API, its namespace) follows."""
        removed = self._store.remove(resource.key, current.place, final)
        if resource.key == crds.CRD_KEY:
            crds.unserve(self._registry, final)
        namespace = self._store.get(NAMESPACES, ("", current.place[0])) if current.place[0] else None
        if namespace is not None and namespace.obj["metadata"].get("deletionTimestamp"):
            self._finish_namespace(namespace)
        return removed

    def _delete_namespace(self, resource: Resource, current: Stored) -> tuple[Stored, bool]:
        obj = self._mark(resource, current).copy()
        if obj["status"].get("phase") != "Terminating":
            obj["status"]["phase"] = "Terminating"
            self._store.put(resource.key, obj)
        name = current.place[1]
        for key, stored in self._store.every():
            if stored.place[0] == name and self._store.get(key, stored.place) is not None:
                owner = self._resource_of(key)
                if stored.obj["metadata"].get("finalizers"):
                    self._mark(owner, stored)
                else:
                    self._store.remove(key, stored.place, stored.copy())
        namespace = self._store.get(NAMESPACES, ("", name))
        if namespace is not None:
            self._finish_namespace(namespace)
        return namespace or current, self._store.get(NAMESPACES, ("", name)) is None

    def _finish_namespace(self, namespace: Stored) -> None:
        name = namespace.place[1]
        emptied = not any(stored.place[0] == name for _, stored in self._store.every())
        if emptied and not namespace.obj["metadata"].get("finalizers"):
            final = namespace.copy()
            final["spec"] = {}
            self._store.remove(NAMESPACES, namespace.place, final)

    def _delete_all_of(self, crd: Obj) -> None:
        key = (crd["spec"]["group"], crd["spec"]["names"]["plural"])
        for stored in self._store.list(key):
            self._store.remove(key, stored.place, stored.copy())

    def _delete_dependents(self, uid: str) -> None:
        """Garbage collection: what the deleted object alone owns goes with it."""
        for key, stored in self._store.every():
            references = stored.obj["metadata"].get("ownerReferences") or ()
            if references and all(reference.get("uid") == uid for reference in references):
                self.delete(self._resource_of(key), stored.place, Deletion())

    def _resource_of(self, key: tuple[str, str]) -> Resource:
        return next(resource for resource in self._registry if resource.key == key)

    def expire_events(self) -> None:
        """Forget Events an hour after they were last seen, as the apiserver does; looks at most once a minute."""
        now = self._now()
        if now[:16] == self._events_swept:
            return
        self._events_swept = now[:16]
        oldest = datetime.fromisoformat(now) - EVENT_LIFETIME
        for stored in self._store.list(EVENTS_KEY):
            times = (
                stored.obj.get("lastTimestamp"),
                stored.obj.get("eventTime"),
                stored.obj["metadata"]["creationTimestamp"],
            )
            if all(_moment(time) < oldest for time in times if time):
                self._store.remove(EVENTS_KEY, stored.place, stored.copy())


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
