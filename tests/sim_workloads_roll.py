"""What stands in the members rolls out, gets stuck and dies, and ArgoCD sees it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import time
from typing import Any

import aiohttp
import msgspec
import pytest

from console.sim import scenario, world
from console.sim.argo import health, past, workloads
from console.sim.argo.kinds import APPLICATIONS, NAMESPACE
from console.sim.client import Client
from console.sim.simulation import Simulation

BEGAN = 1_795_000_000.0


def healths(name: str, **changes: Any) -> dict[tuple[str, str], str]:
    """The health of every Deployment of a scenario by member and name; `changes` to its first fault."""
    found = scenario.load(name)
    if changes:
        found = msgspec.structs.replace(found, faults=(msgspec.structs.replace(found.faults[0], **changes),))
    made = world.generate(found, seed=1, began=BEGAN)
    return {
        (member.name, obj["metadata"]["name"]): health.of(obj).status
        for member in made.members
        for obj in past.deployed(made, member)
        if obj["kind"] == "Deployment"
    }


def unwell(found: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    return {key: status for key, status in found.items() if status != "Healthy"}


def test_in_a_calm_fleet_all_is_healthy() -> None:
    assert {} == unwell(healths("calm"))


def test_where_the_servers_are_dead_everything_is_degraded() -> None:
    assert {("idc-prod", name): "Degraded" for name in ("web-demo", "api", "checkout")} == unwell(healths("zone-lost"))


@pytest.mark.parametrize(("since", "expected"), [("26m", "Degraded"), ("2m", "Progressing")])
def test_an_image_that_does_not_start_degrades_at_the_deadline(since: str, expected: str) -> None:
    assert {("idc-prod", "checkout"): expected} == unwell(healths("degraded-app", since=since))


def deployment(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "generation": 2}, "spec": {"replicas": 4}, "status": status}


def counts(status: dict[str, Any]) -> tuple[int, int, int]:
    return status["replicas"], status["updatedReplicas"], status["readyReplicas"]


def test_a_rolling_update_keeps_most_of_the_old_pods() -> None:
    before = deployment(replicas=4, updatedReplicas=4, readyReplicas=4)
    midway = workloads.rolling(before, BEGAN)
    halted = workloads.stuck({**before, "status": midway}, BEGAN + 600, ready=3)

    assert [(4, 1, 3), (4, 4, 4), (4, 1, 3)] == [
        counts(midway),
        counts(workloads.rolled(before, BEGAN)),
        counts(halted),
    ]
    assert ["ProgressDeadlineExceeded", "MinimumReplicasAvailable"] == [c["reason"] for c in halted["conditions"]]


async def test_servers_that_die_degrade_the_applications_of_their_member_and_no_other() -> None:
    made = world.generate(scenario.load("calm"), seed=1, began=time.time())
    lost = made.members[1]
    async with Simulation(made, speed=50, load=0) as simulation, asyncio.timeout(30):
        hub = simulation.contexts[0]
        authority = base64.b64decode(hub.cluster_section["certificate-authority-data"])
        trusted = ssl.create_default_context(cadata=authority.decode())
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted)) as session:
            client = Client(session, simulation.hub_url, hub.user_section["token"], agent="test")
            await simulation.members.servers[lost.id].turn("refuse")
            await until(client, {f"{lost.name}-{name}": "Degraded" for name in ("web-demo", "api", "checkout")})
            await simulation.members.servers[lost.id].turn("alive")
            await until(client, {})


async def until(client: Client, wanted: dict[str, str]) -> None:
    """Return once these Applications and no others are not healthy."""
    items, version = await client.list(APPLICATIONS, NAMESPACE)
    found = {item["metadata"]["name"]: item["status"]["health"]["status"] for item in items}
    async with contextlib.aclosing(client.watch(APPLICATIONS, version, NAMESPACE)) as events:
        while wanted != {name: status for name, status in found.items() if status != "Healthy"}:
            event = await anext(events)
            if event.type != "BOOKMARK":
                found[event.object["metadata"]["name"]] = event.object["status"]["health"]["status"]
