"""ArgoCD's past: the members' objects as its syncs left them, and on the hub the sets and Applications as compared some
minutes ago. Everything comes from the functions that the controllers use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from console.sim.argo import app_status, generate, manifests, set_status
from console.sim.argo.charts import Charts, Rendered, image_at, image_of
from console.sim.argo.compare import Id, compare, id_of, with_tracking
from console.sim.argo.git import Application
from console.sim.argo.kinds import CONTROLLER, DEPLOYMENTS, SERVICES, SET_CONTROLLER
from console.sim.argo.manifests import Cluster
from console.sim.argo.sync import DONE, called, entry
from console.sim.argo.workloads import DEADLINE, rolling, stuck
from console.sim.client import Obj
from console.sim.member_manifests import member as member_objects
from console.sim.past import AUTHOR, Clock
from console.sim.recorder import rfc3339
from console.sim.terms import seconds
from console.sim.world import Member, World

if TYPE_CHECKING:
    from console.sim.kubeapi import KubeApi

COMPARED = (35.0, 155.0)
"""Seconds since the last comparison of the Applications, at least and at most; each has its turn in between."""
SYNC_SECONDS = 3.0
"""How long the last sync took."""


def deployed(world: World, member: Member) -> Iterator[Obj]:
    """The objects of one member's API, what ArgoCD deployed among them marked as its own and at its release."""
    owners = {application.service.key: application for application in world.applications}
    workloads = {(service.namespace, service.workload): owners.get(service.key) for service in world.services}
    for obj in member_objects(world, member):
        metadata = obj["metadata"]
        where = (metadata.get("namespace", ""), metadata["name"])
        application = owners.get(where) if obj["kind"] == SERVICES.kind else workloads.get(where)
        if obj["kind"] == "Pod":
            # Pods are not tracked themselves, but they run what their Deployment says.
            application = workloads.get((where[0], metadata["labels"]["app"]))
            yield obj if application is None else _with_image(obj, obj["spec"], _image(world, member, application))
        elif application is None or obj["kind"] not in (SERVICES.kind, DEPLOYMENTS.kind):
            yield obj
        else:
            marked = with_tracking(f"{member.name}-{application.name}", obj)
            yield _deployment(world, member, application, marked) if obj["kind"] == DEPLOYMENTS.kind else marked


def _deployment(world: World, member: Member, application: Application, obj: Obj) -> Obj:
    """A Deployment at its release, or at what somebody set by hand; one whose servers are dead ran out of time."""
    edit = world.edited.get((member.id, application.name))
    image = _image(world, member, application) if edit is None else image_at(application.service, edit.version)
    template = obj["spec"]["template"]
    inner = _with_image(template, template["spec"], image)
    obj = {**obj, "spec": {**obj["spec"], "template": inner}}
    obj["metadata"] = {**obj["metadata"], "generation": 1}
    if member.id in world.dead:
        died = world.began - seconds(world.dead[member.id].since)
        return {**obj, "status": stuck(obj, died, ready=0)}
    if edit is not None:
        since = world.began - seconds(edit.since)
        obj["status"] = rolling(obj, since)
        if seconds(edit.since) >= DEADLINE:
            obj["status"] = stuck(obj, since + DEADLINE, ready=obj["status"]["readyReplicas"])
    return obj


def _with_image(obj: Obj, spec: Obj, image: str) -> Obj:
    (container,) = spec["containers"]
    return {**obj, "spec": {**spec, "containers": [{**container, "image": image}]}}


def _image(world: World, member: Member, application: Application) -> str:
    commit = world.repository.resolve(application.revisions[member.id])
    assert commit is not None, "scenarios are checked for it"
    return image_of(application.service, commit)


def seed(api: KubeApi, clock: Clock, world: World, clusters: Sequence[Cluster]) -> None:
    """Make ArgoCD's objects on the hub at their dates, the Applications with what the last comparison found."""
    with clock.at(world.began - world.age):
        api.seed(manifests.project(world), manager=CONTROLLER)
    secrets = []
    for cluster in clusters:
        with clock.at(world.began - cluster.member.age):
            secrets.append(api.seed(manifests.cluster_secret(world, cluster), manager=AUTHOR))
    charts = Charts(world.repository, world.services)
    live = {cluster.name: _live(world, cluster.member) for cluster in clusters}
    total = len(world.applications) * len(clusters)
    turn = 0
    for application in world.applications:
        made = world.began - application.age
        with clock.at(made):
            owner = api.seed(manifests.application_set(world, application), manager=AUTHOR)
        owned = []
        for wanted in generate.applications(owner, secrets):
            compared_at = world.began - COMPARED[0] - (COMPARED[1] - COMPARED[0]) * turn / max(total - 1, 1)
            turn += 1
            # One after another, as the members' queues would have it.
            status = _status(world, charts, wanted, live[wanted["spec"]["destination"]["name"]], compared_at, turn)
            with clock.at(made + 1):
                api.seed(wanted, manager=SET_CONTROLLER)
            owned.append({**wanted, "status": status})
        _finish(api, clock, owner, owned, made + 2)


def _finish(api: KubeApi, clock: Clock, owner: Obj, owned: list[Obj], at: float) -> None:
    """What the controllers wrote last: each Application's status, and the set's."""
    for application in owned:
        with clock.at(_epoch(application["status"]["reconciledAt"])):
            api.amend(application, {"status": application["status"]}, manager=CONTROLLER)
    conditions = set_status.conditions((), rfc3339(at), generated=True)
    resources = set_status.resources(owned)
    status = {"conditions": conditions, "resources": resources, "resourcesCount": len(resources)}
    with clock.at(at):
        api.amend(owner, {"status": status}, manager=SET_CONTROLLER)


def _live(world: World, member: Member) -> dict[Id, Obj]:
    return {id_of(obj): obj for obj in deployed(world, member) if obj["kind"] in (SERVICES.kind, DEPLOYMENTS.kind)}


def _status(world: World, charts: Charts, wanted: Obj, live: Mapping[Id, Obj], compared_at: float, turn: int) -> Obj:
    """The status of an Application that was synced at its release, and compared since."""
    spec, name = wanted["spec"], wanted["metadata"]["name"]
    rendered = charts.render(spec["source"], spec["destination"]["namespace"])
    synced = world.began - rendered.commit.deployed + 20.0 * turn
    state = _last_sync(rendered, spec["source"], synced)
    history = app_status.history(wanted, state, state["finishedAt"])
    healthy = {"health": {"status": "Healthy", "lastTransitionTime": rfc3339(synced + 9.0)}}
    before = {**wanted, "status": {**healthy, "operationState": state, "history": history}}
    found = compare(name, rendered.objects, live)
    # Health that changed since did so when the Deployment's did.
    changed = max(map(_last_change, live.values()), default=compared_at)
    status = app_status.compared(before, rendered, found, rfc3339(compared_at), latest=True)
    if status["health"] != healthy["health"]:
        status["health"]["lastTransitionTime"] = rfc3339(changed)
    return status


def _last_sync(rendered: Rendered, source: Obj, at: float) -> Obj:
    operation = app_status.automatic_operation(rendered.commit.sha)
    resources = [entry(obj, "Synced", f"{called(obj)} configured", "Running") for obj in rendered.objects]
    result = {"revision": rendered.commit.sha, "source": source, "resources": resources}
    state = app_status.running(operation, rfc3339(at))
    return app_status.finished(state, "Succeeded", DONE, rfc3339(at + SYNC_SECONDS), result=result)


def _last_change(obj: Obj) -> float:
    conditions: Iterable[Obj] = (obj.get("status") or {}).get("conditions") or ()
    return max((_epoch(each["lastTransitionTime"]) for each in conditions), default=0.0)


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
