"""The stages whose writes go to the Fleet's own API: applications, gateway, first requests, and what is left behind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from console.decide.setup import drift, manifests, says
from console.decide.setup.drift import OTHERS, SAID, changes, going, merged
from console.decide.setup.found import Found
from console.decide.setup.manifests import Manifest, key_of
from console.decide.setup.plan_words import FIRST_REQUESTS, MINUTE
from console.decide.setup.says import Phrases
from console.decide.setup.stays import asked_by_others, of_object, taken_weights
from console.decide.setup.task import Apply, Change, Files, Requests, Stage, Task, Wait
from console.model.ground import Object
from console.model.hub import RUN_NAMESPACE
from console.model.text import inert
from console.model.topology import ApplicationPart, GatewayPart, RoutePart, Topology

_HUB = Wait(("hub",))
_DROPS = "an ApplicationSet that chooses by the former label drops its Application, and its workload, at once"
_BOTH = Wait(("hub", "balancers"))


def ground_floor(found: Found) -> Iterator[Task]:
    """The namespace of the console's own Lease and records, before anything else is written on the Fleet."""
    task = _apply(found, manifests.namespace(found, RUN_NAMESPACE), Stage.FLEET, frozenset())
    if task is not None:
        yield task


def applications(found: Found, take: frozenset[str]) -> Iterator[Task]:
    """7. Labels of ArgoCD's clusters, AppProjects, ApplicationSets; then Applications Synced and Healthy."""
    topology = found.topology
    if not topology.applications:
        return
    for part in topology.members:
        manifest = manifests.cluster_labels(found, part)
        task = _apply(found, manifest, Stage.APPLICATIONS, take, says.labels(manifest))
        if task is not None:  # its Secret's name is known only once the member is associated
            yield replace(task, id=f"member {part.name} labelled", final=_DROPS if task.changes else "")
    wanted = [
        (one, says.project(one)) for one in (manifests.project(found, name) for name in manifests.projects(found))
    ]
    wanted += [(manifests.namespace(found, name), ()) for name in manifests.namespaces(found)]
    for one in topology.applications:
        if not one.kept:
            wanted.append((manifests.application_set(found, one), says.application_set(found, one)))
    for manifest, phrases in wanted:
        task = _apply(found, manifest, Stage.APPLICATIONS, take, phrases)
        if task is not None:
            yield task
    for one in topology.applications:
        yield from _synced(found, one)


def _apply(found: Found, manifest: Manifest, stage: Stage, take: frozenset[str], phrases: Phrases = ()) -> Task | None:
    """Apply a manifest where its object is missing or differs. `phrases`: what is said of it where it is new."""
    key = key_of(manifest)
    live, taken = found.hub.find(key.kind, key.name, key.namespace), str(key) in take
    if live is None:
        return Task(
            f"apply {key}", stage, "create", f"create {key}", Apply("hub", drift.new(manifest), taken),
            undo=f"delete {key}", final=_final(manifest), says=phrases, usual=5.0,
        )  # fmt: skip
    differing = changes(manifest, live, take=taken)
    if not differing:
        return None
    fields = f"{len(differing)} field{'s' if len(differing) > 1 else ''}"
    rest = of_object(key, manifest, live, take=True) if taken else ()
    stays = f"; stays: {', '.join(rest)}" if rest else ""
    made = merged(manifest, live, take=taken)
    return Task(
        f"apply {key}", stage, "change", f"change {fields} of {key}{stays}",
        Apply("hub", made, taken), undo="apply the values before", changes=(*differing, *drift.notes(made, live)),
        usual=5.0,
    )  # fmt: skip


def _final(manifest: Object) -> str:
    if manifest["kind"] == "ApplicationSet" and not manifest["spec"]["syncPolicy"]["preserveResourcesOnDeletion"]:
        return "deleting it later deletes its workloads in every member (preserveResourcesOnDeletion false)"
    return ""


def _synced(found: Found, part: ApplicationPart) -> Iterator[Task]:
    """One wait for each Application of an ApplicationSet."""
    there = {one["metadata"]["name"]: one for one in found.applications(part.name)}
    members = found.topology.members_of(part.members)
    for name in there if part.kept else [manifests.application_name(found, part, one) for one in members]:
        status = (there.get(name) or {}).get("status") or {}
        sync = inert(str((status.get("sync") or {}).get("status") or "not there yet"), 40)
        health = inert(str((status.get("health") or {}).get("status") or "not known"), 40)
        if (sync, health) == ("Synced", "Healthy"):
            continue
        if name in there and not part.automated and sync != "Synced":
            continue  # nobody syncs it but a person
        operation = status.get("operationState") or {}
        broken = operation.get("phase") in ("Failed", "Error")
        yield Task(
            f"application {name}", Stage.APPLICATIONS, "wait",
            f"wait until Application {name} is Synced and Healthy (it is {sync}, {health})", _HUB,
            failed=inert(str(operation.get("message") or "its last operation failed"), 300) if broken else "",
            usual=MINUTE, allowed=10 * MINUTE,
        )  # fmt: skip


def gateway(found: Found, take: frozenset[str]) -> Iterator[Task]:
    """8. AlbConfig, IngressClass, namespaces, Ingresses; then the ALB Active and its rules Available."""
    part = found.topology.gateway
    if part is None:
        return
    config, rest = _listening(found, part, take)
    wanted = [
        (config, says.alb_config(found, part)),
        (manifests.ingress_class(found, part), says.ingress_class(part)),
    ]
    if not found.topology.applications:
        wanted += [(manifests.namespace(found, name), ()) for name in manifests.namespaces(found)]
    routes = [(manifests.ingress(found, one, part), says.ingress(one, part)) for one in found.topology.routes]
    wanted += [(_zeroed(found, one, take), phrases) for one, phrases in routes]
    tasks = [_apply(found, one, Stage.GATEWAY, take, phrases) for one, phrases in wanted]
    yield from (one for one in tasks if one is not None)
    yield from (one for route, _ in routes if (one := _weights_away(found, route, take)) is not None)
    yield from _listeners_away(found, rest, take)
    yield from _active(found, part.name)
    yield from (one for route in found.topology.routes if (one := _routed(found, route)) is not None)


def _zeroed(found: Found, manifest: Manifest, take: frozenset[str]) -> Manifest:
    """An Ingress with a 0 for each weight that goes with its taking: what others manage is ours by another value only,
    and can be given up only then."""
    zero = dict.fromkeys(taken_weights(found, manifest) if str(key_of(manifest)) in take else (), "0")
    metadata = manifest["metadata"]
    notes = {**(metadata.get("annotations") or {}), **zero}
    return {**manifest, "metadata": {**metadata, "annotations": notes}} if zero else manifest


def _weights_away(found: Found, manifest: Manifest, take: frozenset[str]) -> Task | None:
    key = key_of(manifest)
    live = found.hub.find(key.kind, key.name, key.namespace)
    gone = taken_weights(found, manifest) if str(key) in take else {}
    if live is None or not gone:
        return None
    what = f"take {len(gone)} weight{'s' if len(gone) > 1 else ''} off {key}, which the file does not name"
    return Task(
        f"apply {key} weights", Stage.GATEWAY, "change", what, Apply("hub", merged(manifest, live, take=True), True),
        undo="apply the values before", usual=5.0,
        changes=tuple(Change(f"metadata.annotations.{name}", value, None) for name, value in gone.items()),
    )  # fmt: skip


def _listening(found: Found, part: GatewayPart, take: frozenset[str]) -> tuple[Manifest, Manifest | None]:
    """The AlbConfig with the listeners that it has until every Ingress asks for others, and, where some then go,
    without them: the controller adds a listener again as long as any Ingress asks for it (domain.md 1.3)."""
    config = manifests.alb_config(found, part)
    live = found.hub.find("AlbConfig", part.name)
    taken = str(key_of(config)) in take
    surplus = going(config, live, "spec", "listeners", take=taken) if live is not None else []
    if not surplus:
        return config, None
    asked = asked_by_others(found, part)
    kept = [one for one in surplus if one.get("port") in asked]
    last = _with_listeners(config, kept) if len(kept) < len(surplus) else None
    return _with_listeners(config, surplus), last


def _with_listeners(config: Manifest, more: Sequence[Mapping[str, object]]) -> Manifest:
    spec = config["spec"]
    return {**config, "spec": {**spec, "listeners": [*spec["listeners"], *map(dict, more)]}}


def _listeners_away(found: Found, config: Manifest | None, take: frozenset[str]) -> Iterator[Task]:
    task = _apply(found, config, Stage.GATEWAY, take) if config is not None else None
    if task is not None and config is not None:
        gone = tuple(one for one in task.changes if one.after is None and one.path.startswith("spec.listeners["))
        what = (
            f"take {len(gone)} listener{'s' if len(gone) > 1 else ''} off {key_of(config)}, which no Ingress asks for"
        )
        notes = (one for one in task.changes if one.path.removeprefix("metadata.annotations.") in (OTHERS, SAID))
        yield replace(task, id=f"{task.id} listeners", what=what, changes=(*gone, *notes))


def _active(found: Found, name: str) -> Iterator[Task]:
    config = found.hub.find("AlbConfig", name)
    status = ((config or {}).get("status") or {}).get("loadBalancer") or {}
    events = [one for one in found.hub.gateway_events if one.startswith(f"AlbConfig {name}:")]
    if not status.get("id") or not status.get("dnsname"):
        yield Task(
            "gateway ready", Stage.GATEWAY, "wait",
            f"wait until AlbConfig {name} has an ALB and its address{_said(events)}", _HUB, usual=MINUTE,
            allowed=10 * MINUTE,
        )  # fmt: skip
    balancer = found.balancer
    rules = balancer.rules if balancer is not None else None
    changing = [identifier for identifier, word in rules or () if word != "Available"]
    state = "not there yet" if balancer is None else balancer.status
    if state != "Active" or changing or (rules is not None and len(rules) < len(found.topology.routes)):
        counted = f"{len(rules or ()) - len(changing)} rules Available"
        yield Task(
            "gateway active", Stage.GATEWAY, "wait",
            f"wait until the ALB of {name} is Active and its rules are Available (it is {state}, {counted})", _BOTH,
            usual=MINUTE, allowed=10 * MINUTE,
        )  # fmt: skip


def _routed(found: Found, part: RoutePart) -> Task | None:
    live = found.hub.find("Ingress", part.ingress, part.namespace)
    held = ((live or {}).get("status") or {}).get("loadBalancer") or {}
    if any(one.get("hostname") for one in held.get("ingress") or ()):
        return None
    events = [one for one in found.hub.gateway_events if one.startswith(f"Ingress {part.name}:")]
    return Task(
        f"route {part.name} ready", Stage.GATEWAY, "wait",
        f"wait until the controller has taken Ingress {part.name}{_said(events)}", _HUB, usual=30.0,
        allowed=10 * MINUTE,
    )  # fmt: skip


def _said(events: list[str]) -> str:
    """The newest warning of the controller: it tries again, so nothing has failed for good."""
    return f"; the controller says {events[0].partition(': ')[2]}" if events else ""


def first_requests(found: Found) -> Iterator[Task]:
    """9. Requests through the gateway, and whom they reach."""
    routes = tuple(one.name for one in found.topology.routes)
    if routes and found.topology.gateway is not None:
        yield Task(
            FIRST_REQUESTS, Stage.FIRST, "ask",
            f"send requests for {', '.join(routes)} through the gateway and compare the share with the weights",
            Requests(routes), usual=30.0, allowed=5 * MINUTE,
        )  # fmt: skip


def files(found: Found) -> Task:
    """10. What is left behind for people and for the console."""
    return Task(
        "files", Stage.FINISH, "write",
        "write the console's settings, the manifests and the teardown plan into the set-up's directory",
        Files(_digest(found.topology)), undo="remove the files", usual=2.0,
    )  # fmt: skip


def _digest(topology: Topology) -> str:
    return hashlib.sha256(msgspec.json.encode(topology, order="deterministic")).hexdigest()
