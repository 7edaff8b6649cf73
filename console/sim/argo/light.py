"""ArgoCD of a light world: the ApplicationSets and their Applications as compared some minutes ago, each of about
10 kB, and nobody who compares them again."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.sim.argo import manifests
from console.sim.argo.charts import path_of
from console.sim.argo.generate import owner_reference
from console.sim.argo.git import Application, Commit
from console.sim.argo.kinds import (
    APPLICATION_SETS,
    APPLICATIONS,
    CONTROLLER,
    NAMESPACE,
    RESOURCES_FINALIZER,
    SET_CONTROLLER,
)
from console.sim.client import Obj
from console.sim.past import AUTHOR, Clock
from console.sim.recorder import rfc3339
from console.sim.world import Member, World

if TYPE_CHECKING:
    from console.sim.kubeapi import KubeApi

KINDS = (
    ("", "v1", "Service"),
    ("apps", "v1", "Deployment"),
    ("", "v1", "ConfigMap"),
    ("autoscaling", "v2", "HorizontalPodAutoscaler"),
)
RESOURCES = 26
HISTORY = 10
UNWELL = (("OutOfSync", "Healthy"), ("Synced", "Progressing"), ("Synced", "Degraded"))
ONE_IN = 40
"""Applications of which one is not well."""


def seed(api: KubeApi, clock: Clock, world: World) -> None:
    """Make the sets and their Applications on the hub at their dates. The first Application goes the way of all writes;
    the others are like it, and placed beside it."""
    chance = random.Random(world.seed)
    members = {member.id: member for member in world.members}
    pattern: Obj = {}
    for application in world.applications:
        made = world.began - application.age
        with clock.at(made):
            owner = api.seed(_set(world, application, members), manager=AUTHOR)
            for member in application.revisions:
                one = _application(world, application, members[member], owner, chance)
                if not pattern:
                    pattern = _first(api, one)["metadata"]
                    continue
                one["metadata"] |= {
                    "uid": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                    "creationTimestamp": rfc3339(made),
                    "generation": pattern["generation"],
                    "managedFields": pattern["managedFields"],
                }
                api.place(one)


def _first(api: KubeApi, application: Obj) -> Obj:
    """An Application as its two controllers would have made it."""
    api.seed({key: value for key, value in application.items() if key != "status"}, manager=SET_CONTROLLER)
    return api.amend(application, {"status": application["status"]}, manager=CONTROLLER)


def _name(application: Application, member: Member) -> str:
    return f"{member.name}-{application.name}"


def _set(world: World, application: Application, members: dict[str, Member]) -> Obj:
    """A set whose generator lists its members by name."""
    elements = [
        {"cluster": f"{member}-{members[member].name}", "member": members[member].name}
        for member in application.revisions
    ]
    return {
        "apiVersion": APPLICATION_SETS.api_version,
        "kind": APPLICATION_SETS.kind,
        "metadata": {
            "name": application.name,
            "namespace": NAMESPACE,
            "creationTimestamp": rfc3339(world.began - application.age),
        },
        "spec": {
            "goTemplate": True,
            "generators": [{"list": {"elements": elements}}],
            "template": {
                "metadata": {"name": "{{.member}}-" + application.name},
                "spec": {
                    "project": manifests.PROJECT,
                    "destination": {"name": "{{.cluster}}", "namespace": application.service.namespace},
                    "source": _source(world, application),
                },
            },
        },
    }


def _source(world: World, application: Application) -> Obj:
    return {
        "repoURL": world.repository.url,
        "path": path_of(application.service),
        "targetRevision": next(iter(application.revisions.values())),
    }


def _application(world: World, application: Application, member: Member, owner: Obj, chance: random.Random) -> Obj:
    commit = world.repository.resolve(application.revisions[member.id])
    assert commit is not None, "scenarios are checked for it"
    sync, health = chance.choice(UNWELL) if chance.randrange(ONE_IN) == 0 else ("Synced", "Healthy")
    source = _source(world, application)
    destination = {"name": f"{member.id}-{member.name}", "namespace": application.service.namespace}
    return {
        "apiVersion": APPLICATIONS.api_version,
        "kind": APPLICATIONS.kind,
        "metadata": {
            "name": _name(application, member),
            "namespace": NAMESPACE,
            "finalizers": [RESOURCES_FINALIZER],
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": {
            "project": manifests.PROJECT,
            "destination": destination,
            "source": source,
            "syncPolicy": {"automated": {}},
        },
        "status": {
            "reconciledAt": rfc3339(world.began - chance.uniform(35.0, 155.0)),
            "sync": {
                "status": sync,
                "revision": commit.sha,
                "comparedTo": {"source": source, "destination": destination},
            },
            "health": {"status": health, "lastTransitionTime": rfc3339(world.began - commit.deployed)},
            "resources": list(_resources(application, sync, health)),
            "history": list(_history(world, commit, source)),
            "operationState": _operation(world, commit, application),
            "sourceType": "Helm",
        },
    }


def _resources(application: Application, sync: str, health: str) -> Iterator[Obj]:
    """What it manages, the first of them as well as the whole."""
    for number in range(RESOURCES):
        group, version, kind = KINDS[number % len(KINDS)]
        first = number == 1
        yield {
            **({"group": group} if group else {}),
            "version": version,
            "kind": kind,
            "namespace": application.service.namespace,
            "name": f"{application.service.workload}-{number:02d}",
            "status": sync if first else "Synced",
            "health": {"status": health if first else "Healthy"},
        }


def _history(world: World, commit: Commit, source: Obj) -> Iterator[Obj]:
    for number in range(HISTORY):
        at = world.began - commit.deployed - 86400.0 * (HISTORY - number)
        yield {
            "id": number,
            "revision": commit.sha,
            "source": source,
            "deployStartedAt": rfc3339(at),
            "deployedAt": rfc3339(at + 3),
            "initiatedBy": {"automated": True},
        }


def _operation(world: World, commit: Commit, application: Application) -> Obj:
    at = world.began - commit.deployed
    resources = [
        {
            "group": group,
            "version": version,
            "kind": kind,
            "namespace": application.service.namespace,
            "name": f"{application.service.workload}-{number:02d}",
            "status": "Synced",
            "message": f"{kind.lower()}/{application.service.workload}-{number:02d} configured",
            "hookPhase": "Running",
            "syncPhase": "Sync",
        }
        for number in range(RESOURCES // 4)
        for group, version, kind in (KINDS[number % len(KINDS)],)
    ]
    return {
        "operation": {"initiatedBy": {"automated": True}, "sync": {"revision": commit.sha}},
        "phase": "Succeeded",
        "message": "successfully synced (all tasks run)",
        "startedAt": rfc3339(at),
        "finishedAt": rfc3339(at + 3),
        "syncResult": {"revision": commit.sha, "resources": resources},
    }
