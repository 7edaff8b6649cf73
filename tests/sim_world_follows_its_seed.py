"""The world comes from the scenario and the seed alone, and its objects say what domain.md says of them."""

from __future__ import annotations

import ipaddress
import re

import msgspec
import pytest

from console.errors import SettingsError
from console.sim import cluster_specs, manifests, member_manifests, scenario, world
from console.sim.client import Obj
from console.sim.world import World

BEGAN = 1_795_000_000.0


def made(name: str = "calm", seed: int = 1) -> World:
    return world.generate(scenario.load(name), seed=seed, began=BEGAN)


def of_kind(name: str, kind: str) -> list[Obj]:
    return [obj for obj in manifests.hub(made(name)) if obj["kind"] == kind]


def test_the_same_seed_makes_the_same_world() -> None:
    assert made() == made()


def test_another_seed_makes_other_members() -> None:
    first, second = made(seed=1), made(seed=2)

    assert set() == {member.id for member in first.members} & {member.id for member in second.members}


def test_member_ids_are_cluster_ids() -> None:
    assert all(re.fullmatch(r"c[0-9a-f]{32}", member.id) for member in made().members)


def test_every_pod_has_an_address_of_its_own_in_its_members_range() -> None:
    found = made()
    placed = [(m, pod) for m in found.members for pods in m.pods.values() for pod in pods]

    assert [12, 12] == [sum(len(pods) for pods in member.pods.values()) for member in found.members]
    assert len(placed) == len({pod.ip for _, pod in placed})
    assert all(ipaddress.ip_address(pod.ip) in ipaddress.ip_network(member.pod_cidr) for member, pod in placed)


def test_ranges_of_the_members_do_not_overlap() -> None:
    ranges = [ipaddress.ip_network(cidr) for m in made().members for cidr in (m.pod_cidr, m.node_cidr)]

    assert not [1 for a in ranges for b in ranges if a is not b and a.overlaps(b)]


def test_too_small_a_range_is_told() -> None:
    calm = scenario.load("calm")
    first, second = calm.world.members
    tiny = msgspec.structs.replace(first, pods=cluster_specs.PodsSpec(cidr="10.0.64.0/26"))
    cramped = msgspec.structs.replace(calm, world=msgspec.structs.replace(calm.world, members=(tiny, second)))

    with pytest.raises(SettingsError, match=r"world.members\[0\]: 6 nodes do not fit"):
        world.generate(cramped, seed=1, began=BEGAN)


def test_the_gateway_names_its_members_and_two_zones() -> None:
    (config,) = of_kind("calm", "AlbConfig")
    ids = ",".join(member.id for member in made().members)

    assert "ackone-gateway-demo" == config["metadata"]["name"]
    assert {"alb.ingress.kubernetes.io/remote-clusters": ids} == config["metadata"]["annotations"]
    assert 2 == len({zone["zoneId"] for zone in config["spec"]["config"]["zoneMappings"]})


def test_every_route_carries_its_weights_and_a_health_check() -> None:
    ack, idc = (member.id for member in made().members)
    prefix = "alb.ingress.kubernetes.io/"

    for ingress in of_kind("calm", "Ingress"):
        annotations = ingress["metadata"]["annotations"]
        assert ("62", "38") == tuple(annotations[f"{prefix}cluster-weight.{member}"] for member in (ack, idc))
        assert "true" == annotations[f"{prefix}healthcheck-enabled"]


def available(cluster: Obj) -> tuple[str, str]:
    found = {each["type"]: each for each in cluster["status"]["conditions"]}["ManagedClusterConditionAvailable"]
    return found["status"], found["reason"]


def test_a_calm_member_is_available_and_untainted() -> None:
    clusters = of_kind("calm", "ManagedCluster")

    assert {("True", "ManagedClusterAvailable")} == set(map(available, clusters))
    assert not [cluster for cluster in clusters if "taints" in cluster["spec"]]


def test_the_lost_zones_agent_fell_silent_before_the_hub_gave_it_up() -> None:
    cluster = of_kind("zone-lost", "ManagedCluster")[1]
    lease = of_kind("zone-lost", "Lease")[1]
    since = cluster["status"]["conditions"][2]["lastTransitionTime"]

    assert ("Unknown", "ManagedClusterLeaseUpdateStopped") == available(cluster)
    assert "cluster.open-cluster-management.io/unreachable" == cluster["spec"]["taints"][0]["key"]
    assert lease["spec"]["renewTime"] < since


def test_a_members_own_api_has_room_for_its_pods() -> None:
    found = made()
    objects = list(member_manifests.member(found, found.members[0]))
    ready = {o["metadata"]["name"]: o["status"]["readyReplicas"] for o in objects if o["kind"] == "Deployment"}
    most = {o["metadata"]["name"]: o["spec"]["maxReplicas"] for o in objects if o["kind"] == "HorizontalPodAutoscaler"}

    assert {"web-demo": 4, "api": 4, "checkout": 4} == ready
    assert {"web-demo": 14, "api": 14, "checkout": 14} == most


def test_a_dead_members_nodes_stopped_reporting() -> None:
    found = made("zone-lost")
    objects = list(member_manifests.member(found, found.members[1]))
    states = {o["status"]["conditions"][0]["status"] for o in objects if o["kind"] == "Node"}

    assert {"Unknown"} == states
    assert [0, 0, 0] == [o["status"]["readyReplicas"] for o in objects if o["kind"] == "Deployment"]
