"""The life of objects: created, updated, patched, applied and deleted by the apiserver's rules, apart from HTTP."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from console.sim.kubeapi import admission, crds, ownership, patches, serverside
from console.sim.kubeapi.builtins import EVENTS_KEY, as_served, as_stored
from console.sim.kubeapi.deletion import NAMESPACES, Deletions
from console.sim.kubeapi.incoming import Write, placed, received
from console.sim.kubeapi.resources import Registry, Resource
from console.sim.kubeapi.status import (
    MODIFIED_MEANWHILE,
    ApiError,
    Cause,
    Obj,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    invalid,
    not_found,
    patch_rejected,
)
from console.sim.kubeapi.store import Place, Store, Stored

_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_APPLY = "application/apply-patch+yaml"
JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC_PATCH, APPLY_PATCH = "application/strategic-merge-patch+json", _APPLY


class Done(NamedTuple):
    """A write's outcome: the version that answers the client, and whether it came to be by this write."""

    stored: Stored
    created: bool = False


class Objects:
    """Every rule by which objects change. Methods are synchronous, so that each is atomic on the event loop."""

    def __init__(
        self, store: Store, registry: Registry, clock: Callable[[], datetime], seed: int | None = None
    ) -> None:
        self.store = store
        self.registry = registry
        self.clock = clock
        self.deletions = Deletions(store, registry, self.now)
        self._random = random.Random(seed)
        self._service_addresses = 10

    def now(self) -> str:
        """RFC 3339 in whole seconds, as metadata carries it."""
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")

    def read(self, resource: Resource, place: Place) -> Stored:
        """Raises `ApiError` 404."""
        stored = self.store.get(resource.key, place)
        if stored is None:
            raise not_found(resource.plural, resource.group, place[1])
        return stored

    # -- create ------------------------------------------------------------------------------------------------

    def create(
        self, resource: Resource, namespace: str, body: Obj, write: Write, *, owners: ownership.Owners | None = None
    ) -> Done:
        """Store a new object. `owners` is given by server-side apply, which decides ownership itself."""
        obj = received(resource, body, write)
        metadata = placed(resource, namespace, obj)
        if metadata.get("resourceVersion"):
            raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
        if not metadata.get("name") and metadata.get("generateName"):
            suffix = "".join(self._random.choices(_NAME_LETTERS, k=5))
            metadata["name"] = metadata["generateName"][:58] + suffix
        self._check_namespace(resource, namespace, metadata.get("name", ""))
        if self.store.get(resource.key, (metadata.get("namespace", ""), metadata.get("name", ""))):
            raise already_exists(resource.plural, resource.group, metadata["name"])
        given = ownership.decode(metadata.pop("managedFields", None))
        if resource.has_status:
            obj.pop("status", None)
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = self.now()
        for name in ("selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"):
            metadata.pop(name, None)
        if resource.has_generation:
            metadata["generation"] = 1
        admission.set_defaults(resource, obj)
        admission.validate(resource, obj, None)
        self._finish(resource, obj)
        if owners is None:
            manager = ownership.Manager(write.manager, ownership.UPDATE, resource.api_version, write.subresource)
            owned = ownership.fields_of(_without_status(resource, obj), resource.schema)
            owners = ownership.after_update(given, {}, owned, manager, self.now())
        _set_owners(obj, owners)
        if write.dry_run:
            return Done(Stored(as_stored(resource, obj), 0), created=True)
        stored = self.store.put(resource.key, as_stored(resource, obj))
        if resource.key == crds.CRD_KEY:
            crds.serve(self.registry, stored.obj)
        elif resource.key == EVENTS_KEY:
            self.deletions.expire_events()
        return Done(stored, created=True)

    # -- update and patch --------------------------------------------------------------------------------------

    def update(self, resource: Resource, place: Place, body: Obj, write: Write) -> Done:
        """PUT: replace an object, optimistically locked by its resourceVersion."""
        obj = received(resource, body, write)
        metadata = placed(resource, place[0], obj)
        if metadata.get("name") != place[1]:
            raise bad_request(
                f"the name of the object ({metadata.get('name', '')}) does not match the name on the URL ({place[1]})"
            )
        current = self.store.get(resource.key, place)
        if current is None:
            if resource.create_on_update and not write.subresource:
                return self.create(resource, place[0], obj, write)
            raise not_found(resource.plural, resource.group, place[1])
        if not metadata.get("resourceVersion") and not resource.unconditional_update:
            cause = Cause(
                "FieldValueInvalid", "Invalid value: 0x0: must be specified for an update", "metadata.resourceVersion"
            )
            raise invalid(resource.kind, resource.group, place[1], [cause])
        return self._replace(resource, current, obj, write)

    def patch(self, resource: Resource, place: Place, media: str, body: Any, write: Write) -> Done:
        """PATCH by media type. Raises `ApiError` 415 for a kind of patch that the resource does not take."""
        current = self.store.get(resource.key, place)
        if media == APPLY_PATCH:
            return self._apply(resource, place, current, body, write)
        if current is None:
            raise not_found(resource.plural, resource.group, place[1])
        live = as_served(resource, current.copy())
        if media == JSON_PATCH:
            patched = patches.json_patch(live, body)
        elif not isinstance(body, dict):
            raise bad_request(
                "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}"
            )
        elif media == MERGE_PATCH:
            patched = patches.merge_patch(live, body)
        else:
            patched = patches.strategic_merge(live, body, resource.schema)
        if not isinstance(patched.get("metadata"), dict):
            raise patch_rejected()
        obj = received(resource, patched, write)
        if obj["metadata"].get("name") != place[1]:
            cause = Cause(
                "FieldValueInvalid",
                f'Invalid value: "{obj["metadata"].get("name", "")}": field is immutable',
                "metadata.name",
            )
            raise invalid(resource.kind, resource.group, place[1], [cause])
        return self._replace(resource, current, obj, write)

    def _apply(self, resource: Resource, place: Place, current: Stored | None, body: Any, write: Write) -> Done:
        if not isinstance(body, dict):
            raise bad_request("error decoding patch: expected an object")
        config = received(resource, body, write)
        metadata = placed(resource, place[0], config)
        if metadata.get("name", place[1]) != place[1]:
            raise bad_request(
                f"the name of the object ({metadata.get('name')}) does not match the name on the URL ({place[1]})"
            )
        if metadata.get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        metadata["name"] = place[1]
        if write.subresource:
            config = {
                name: config[name] for name in ("apiVersion", "kind", "metadata", write.subresource) if name in config
            }
            config["metadata"] = {"name": place[1]}
        manager = ownership.Manager(write.manager, ownership.APPLY, resource.api_version, write.subresource)
        if current is None:
            if write.subresource:
                raise not_found(resource.plural, resource.group, place[1])
            config = _without_status(resource, config)
            owners = {manager: ownership.Entry(set(ownership.fields_of(config, resource.schema)), self.now())}
            return self.create(resource, place[0], config, write, owners=owners)
        if not write.subresource:
            config = _without_status(resource, config)
        version, uid = metadata.pop("resourceVersion", None), metadata.pop("uid", None)
        live = as_served(resource, current.copy())
        owners = ownership.decode(live["metadata"].pop("managedFields", None))
        applied = serverside.apply(live, owners, config, resource.schema, manager, self.now(), force=write.force)
        for name, value in (("resourceVersion", version), ("uid", uid)):
            if value:
                applied.obj["metadata"][name] = value
        return self._replace(resource, current, applied.obj, write, owners=applied.owners)

    def _replace(
        self, resource: Resource, current: Stored, obj: Obj, write: Write, *, owners: ownership.Owners | None = None
    ) -> Done:
        """Put `obj` in the place of `current`: locked, validated, owned; a change of nothing is no write."""
        live = as_served(resource, current.copy())
        metadata, old = obj["metadata"], live["metadata"]
        if metadata.get("uid") and metadata["uid"] != old["uid"]:
            why = f"Precondition failed: UID in precondition: {metadata['uid']}, UID in object meta: {old['uid']}"
            raise conflict(resource.plural, resource.group, old["name"], why)
        if metadata.get("resourceVersion") and metadata["resourceVersion"] != old["resourceVersion"]:
            raise conflict(resource.plural, resource.group, old["name"], MODIFIED_MEANWHILE)
        if write.subresource == "status":
            # Only the status passes; the rest, metadata included, stays as it is.
            written = metadata.get("managedFields")
            obj = {**live, "status": obj["status"]} if "status" in obj else _without(live, "status")
            obj["metadata"] = metadata = {**old, "managedFields": written} if written is not None else dict(old)
        elif resource.has_status:
            obj = _without(obj, "status") | ({"status": live["status"]} if "status" in live else {})
        for name in ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds",
                     "resourceVersion", "namespace", "selfLink"):  # fmt: skip
            metadata.pop(name, None)
            if name in old:
                metadata[name] = old[name]
        admission.set_defaults(resource, obj)
        admission.validate(resource, obj, live)
        self._finish(resource, obj, live)
        if resource.has_generation and _spec_of(resource, obj) != _spec_of(resource, live):
            metadata["generation"] = old.get("generation", 0) + 1
        if owners is None:
            owners = self._owners_after_update(resource, live, obj, write)
        _set_owners(obj, owners)
        stored_form = as_stored(resource, obj)
        if _same(current.obj, stored_form):
            return Done(current)
        if write.dry_run:
            return Done(Stored(stored_form, current.revision))
        return Done(self._commit(resource, current, stored_form))

    def _commit(self, resource: Resource, current: Stored, obj: Obj) -> Stored:
        """Store a changed object, or finish its deletion where its last finalizer just went."""
        metadata = obj["metadata"]
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers") and resource.key != NAMESPACES:
            return self.deletions.remove(resource, current, obj)
        stored = self.store.put(resource.key, obj)
        if resource.key == crds.CRD_KEY:
            crds.serve(self.registry, stored.obj)
        return stored

    def _owners_after_update(self, resource: Resource, live: Obj, obj: Obj, write: Write) -> ownership.Owners:
        given = obj["metadata"].get("managedFields")
        base = given if given is not None else live["metadata"].get("managedFields")
        if given in ([], [{}]):
            base = []
        manager = ownership.Manager(write.manager, ownership.UPDATE, resource.api_version, write.subresource)
        before = ownership.fields_of(live, resource.schema)
        now = ownership.fields_of(obj, resource.schema)
        return ownership.after_update(ownership.decode(base), before, now, manager, self.now())

    # -- what every write goes through ---------------------------------------------------------------------------

    def _check_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        if not resource.namespaced:
            return
        found = self.store.get(NAMESPACES, ("", namespace))
        if found is None:
            raise not_found("namespaces", "", namespace)
        if found.obj["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            error = forbidden(resource.plural, resource.group, name, why)
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
            error.details = {**(error.details or {}), "causes": [cause]}
            raise error

    def _finish(self, resource: Resource, obj: Obj, live: Obj | None = None) -> None:
        """What the server itself adds after validation: a Service's address, a CRD's status."""
        if resource.kind == "Service" and not resource.custom and obj["spec"].get("type") != "ExternalName":
            address = ((live or {}).get("spec") or {}).get("clusterIP") or obj["spec"].get("clusterIP")
            if not address:
                self._service_addresses += 1
                address = f"10.96.{self._service_addresses // 250}.{self._service_addresses % 250 + 1}"
            obj["spec"]["clusterIP"] = address
            obj["spec"].setdefault("clusterIPs", [address])
        elif resource.key == crds.CRD_KEY:
            crds.established(obj, self.now())


def _set_owners(obj: Obj, owners: ownership.Owners) -> None:
    encoded = ownership.encode(owners)
    obj["metadata"].pop("managedFields", None)
    if encoded:
        obj["metadata"]["managedFields"] = encoded


def _same(before: Obj, now: Obj) -> bool:
    """Whether nothing changed but, at most, the times in managedFields."""
    if _without(before, "metadata") != _without(now, "metadata"):
        return False
    old, new = before["metadata"], now["metadata"]
    if _without(old, "managedFields") != _without(new, "managedFields"):
        return False
    return [_without(entry, "time") for entry in old.get("managedFields", ())] == [
        _without(entry, "time") for entry in new.get("managedFields", ())
    ]


def _without(obj: Obj, *names: str) -> Obj:
    return {name: value for name, value in obj.items() if name not in names}


def _without_status(resource: Resource, obj: Obj) -> Obj:
    return _without(obj, "status") if resource.has_status else obj


def _spec_of(resource: Resource, obj: Obj) -> Obj:
    """The part of an object whose change is a new generation: all but metadata, and status where it is apart."""
    return _without(obj, "metadata", "status") if resource.has_status else _without(obj, "metadata")
