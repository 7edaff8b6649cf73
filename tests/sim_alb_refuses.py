"""What the ALB refuses to its ingress controller is an error once, and one ALB afterwards."""

from __future__ import annotations

import asyncio

import pytest

from console.sim import manifests, scenario, servers, world
from console.sim.alb.state import Alb
from console.sim.alb_cloud import AlbCloud
from console.sim.alb_ingress import CloudRefused
from console.sim.openapis.refusals import Refusal
from console.sim.routing import Model, build

WORLD = world.generate(scenario.load("calm"), seed=1, began=1_795_000_000.0)


def model() -> Model:
    return build(
        manifests.alb_config(WORLD, WORLD.gateways[0]),
        [manifests.ingress(WORLD, route) for route in WORLD.routes],
        associated=frozenset(member.id for member in WORLD.members),
        backends=servers.backends(WORLD),
    )


@pytest.mark.parametrize(
    ("operation", "kind", "words"),
    [
        ("CreateLoadBalancer", "quota", "QuotaExceeded.LoadBalancersNum"),
        ("CreateLoadBalancer", "task-failed", "OperationFailed"),
        ("CreateLoadBalancer", "accepted-but-timeout", "deadline exceeded"),
        ("CreateLoadBalancer", "accepted-but-unavailable", "InternalError"),
        ("CreateServerGroup", "permission", "NoPermission"),
        ("CreateListener", "unavailable", "ServiceUnavailable"),
        ("CreateRule", "throttling", "Throttling.User"),
    ],
)
def test_a_refusal_is_told_once_and_leaves_one_alb(operation: str, kind: str, words: str) -> None:
    alb = Alb(zones=WORLD.zones)
    alb.instant = True
    cloud = AlbCloud(alb, vpc=WORLD.vpc, vswitches={}, speed=100)
    cloud.refusals.held[operation] = Refusal(kind, 1)
    with pytest.raises(CloudRefused, match=words):
        asyncio.run(cloud.apply(model()))
    asyncio.run(cloud.apply(model()))

    assert 1 == len(alb.load_balancers)
    assert 3 == len(alb.rules)
    assert 6 == len(alb.groups)
