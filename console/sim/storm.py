"""A storm: objects of the hub changed at a rate, most of them Applications, some Leases, a few Ingresses' weights; and
the truth about the hub's objects, fact by fact, that a console must have come to when it is over."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec

from console.errors import UsageError
from console.sim.argo.kinds import APPLICATIONS
from console.sim.client import INGRESSES, LEASES, MANAGED_CLUSTERS, Obj, Place, place
from console.sim.faults.ground import GivenGround, Ground, OwnGround
from console.sim.faults.site import Site
from console.sim.ingress_annotations import WEIGHT_PREFIX
from console.sim.manifests import GRACE, LEASE
from console.sim.past import AGENT
from console.sim.recorder import micro_time
from console.sim.terms import Base, Days, seconds

TICK = 0.02
"""Seconds between two gusts."""
LEASES_OF, WEIGHTS_OF = 0.12, 0.01
"""Parts of all changes."""
ROUTES = 5
"""Routes whose weights change."""
LATE = 90.0
"""Seconds after which an unrenewed Lease is late."""
SYNC, HEALTH = ("Synced", "OutOfSync"), ("Healthy", "Progressing", "Degraded")
MANAGER = "storm"


class StormSpec(Base, frozen=True):
    """`rate` changes a second, for so long."""

    rate: float
    lasting: Days = msgspec.field(name="for")


class Storm:
    """Changes the objects of one simulation."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._random = random.Random(site.world.seed)

    @cached_property
    def _ground(self) -> Ground:
        """The hub's objects, once there is a hub. Raises `UsageError`."""
        site = self._site
        return GivenGround(site.client) if site.given else OwnGround(site.hub.api)

    async def rage(self, asked: StormSpec) -> dict[str, Any]:
        """Change objects until the time is over: how many `changes` in how many `seconds`, and when it `ended`.

        Raises `UsageError` where the rate is more than the hub's server is asked to bear.
        """
        if asked.rate > self._ground.most:
            raise UsageError(
                f"{asked.rate:g} changes a second are above {self._ground.most:g}, the most for a hub that was given",
                fix="Say a lower --rate.",
            )
        began, lasting = time.monotonic(), seconds(asked.lasting)
        applications = [place(one) for one in await self._ground.objects(APPLICATIONS)]
        done, whole = 0, round(asked.rate * lasting)
        while done < whole:
            due = min(whole, int(asked.rate * (time.monotonic() - began + TICK)))
            for _ in range(due - done):
                self._change(applications)
            done = due
            await asyncio.sleep(TICK)
        failed = await self._ground.settled()
        return {"changes": done - failed, "seconds": round(time.monotonic() - began, 3), "ended": time.time()}

    def _change(self, applications: Sequence[Place]) -> None:
        chance = self._random.random()
        if chance < WEIGHTS_OF:
            self._weigh()
        elif chance < WEIGHTS_OF + LEASES_OF or not applications:
            self._renew()
        else:
            self._compare(self._random.choice(applications))

    def _compare(self, where: Place) -> None:
        """Leave an Application as another comparison would."""
        sync = {
            "status": self._random.choice(SYNC),
            "revision": self._random.choice(self._site.world.repository.commits).sha,
        }
        self._ground.restate(where, {"sync": sync, "health": {"status": self._random.choice(HEALTH)}})

    def _renew(self) -> None:
        member = self._random.choice(self._site.world.members)
        if not self._site.agents[member.id].silent:
            patch = {"spec": {"renewTime": micro_time(self._site.clock.epoch())}}
            self._ground.amend(LEASES, (member.id, LEASE), patch, AGENT)

    def _weigh(self) -> None:
        route = self._random.choice(self._site.world.routes[:ROUTES])
        first, *others = (member for member, _ in route.weights)
        weights = {first: self._random.randrange(1, 100 - len(others)), **dict.fromkeys(others, 1)}
        annotations = {WEIGHT_PREFIX + member: str(weight) for member, weight in weights.items()}
        where = (route.namespace, route.name)
        self._ground.amend(INGRESSES, where, {"metadata": {"annotations": annotations}}, MANAGER)

    async def truth(self) -> dict[str, Any]:
        """`applications`: sync, health and revision by key; `routes`: weights by member and key; `members`: the control
        link by id."""
        ground = self._ground
        leases = {
            lease["metadata"]["namespace"]: lease["spec"]
            for lease in await ground.objects(LEASES)
            if lease["metadata"]["name"] == LEASE
        }
        return {
            "applications": {
                _key(one): _verdict(one.get("status") or {}) for one in await ground.objects(APPLICATIONS)
            },
            "routes": {_key(one): _weights(one) for one in await ground.objects(INGRESSES)},
            "members": {
                one["metadata"]["name"]: self._link(leases.get(one["metadata"]["name"]))
                for one in await ground.objects(MANAGED_CLUSTERS)
            },
        }

    def _link(self, lease: Obj | None) -> str:
        if lease is None:
            return "unknown"
        age = self._site.clock.epoch() - datetime.fromisoformat(lease["renewTime"]).timestamp()
        return "up" if age <= LATE else "late" if age <= GRACE else "lost"


def _verdict(status: Obj) -> dict[str, str | None]:
    sync, health = status.get("sync") or {}, status.get("health") or {}
    return {"sync": sync.get("status"), "health": health.get("status"), "revision": sync.get("revision")}


def _key(obj: Obj) -> str:
    return f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"


def _weights(ingress: Obj) -> dict[str, int]:
    annotations = ingress["metadata"].get("annotations") or {}
    return {
        key.removeprefix(WEIGHT_PREFIX): int(value)
        for key, value in annotations.items()
        if key.startswith(WEIGHT_PREFIX) and value.isdigit()
    }
