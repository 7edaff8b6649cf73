"""From an empty account to associated clusters and back, by the set-up's own eyes and hands, over the wire."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.cloud.account import AccountReader
from console.cloud.budget import CallBudget
from console.cloud.credentials import client
from console.cloud.openapi import OpenApis
from console.cloud.outcome import Declined
from console.cloud.papers import Papers
from console.cloud.provision import Done, Provision
from console.kube import groundwork, site
from console.kube.apply import Applier
from console.kube.connect import Hub
from console.model.ground import Account, FleetHub, MemberCluster
from console.settings import load
from tests.simulators import simulate

SECONDS = 60.0
NOTE = "made by a test"


class Place:
    """A simulator with an empty account, our eyes and hands in it, and what was made so far by name."""

    def __init__(self, directory: Path) -> None:
        self.kubeconfig = str(directory / "kubeconfig")
        cloud = load(directory / "config.yaml").fleet.cloud
        openapis = OpenApis(lambda product: client(cloud, product), CallBudget(90.0, 3.0))
        self.region = str(cloud.region)
        self.eyes = AccountReader(openapis, self.region)
        self.hands = Provision(openapis, self.region, self.eyes.remember)
        self.papers = Papers(openapis)
        found = self.eyes.read(("vpcs", "subnets")).account
        assert found.vpcs and found.subnets
        self.vpc = found.vpcs[0].id
        self.vswitches = {one.name: one.id for one in found.subnets}
        self.made: dict[str, str] = {}

    def read(self) -> Account:
        found = self.eyes.read(vpc=self.vpc)
        assert ({}, {}) == (found.unread, found.odd)
        return found.account

    def fleet(self) -> FleetHub:
        found = [one for one in self.read().fleets or () if one.id == self.made["fleet"]]
        return found[0] if found else FleetHub(self.made["fleet"], "", "gone")

    def cluster(self, name: str) -> MemberCluster:
        found = [one for one in self.read().clusters or () if one.id == self.made[name]]
        return found[0] if found else MemberCluster(self.made[name], name, "", "gone")

    def make(self, called: str, product: str, action: str, token: str = "", /, **params: Any) -> Done:
        done = self.hands.call(product, action, params, token)
        self.made[called] = done.id
        return done


def eventually(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    where = tmp_path_factory.mktemp("empty")
    for directory, _ in simulate(where, "--scenario", "unprovisioned", "--speed", "100"):
        yield Place(directory)


@pytest.fixture(scope="module")
def whole(place: Place) -> Place:
    """Everything made: the tests below look at it, the last one takes it away."""
    before = place.read()
    assert ((), (), ()) == (before.fleets, before.clusters, before.balancers)
    assert before.hops is not None and before.alb_zones and place.region in (before.regions or ())
    tag = [{"Key": "made-by", "Value": "test"}]
    place.make(
        "fleet", "adcp", "CreateHubCluster", RegionId=place.region, Name="hz-prod", VpcId=place.vpc,
        VSwitches=[place.vswitches["gateway-h"]], ApiServerPublicEip=True, Tag=tag,
    )  # fmt: skip
    place.make(
        "idc", "cs", "CreateCluster", "token-idc", name="idc-prod", cluster_type="ExternalKubernetes",
        region_id=place.region, vpcid=place.vpc, vswitch_ids=[place.vswitches["gateway-k"]], tags=[],
    )  # fmt: skip
    nodes = [{"nodepool_info": {"name": "main"}, "scaling_group": {"desired_size": 2}, "count": 2}]
    place.make(
        "ack", "cs", "CreateCluster", "token-ack", name="ack-prod", cluster_type="ManagedKubernetes",
        region_id=place.region, vpcid=place.vpc, vswitch_ids=[place.vswitches["nodes-j"]],
        pod_vswitch_ids=[place.vswitches["pods-j"]], addons=[{"name": "terway-eniip"}],
        service_cidr="172.19.0.0/20", nodepools=nodes, tags=[{"key": "made-by", "value": "test"}],
    )  # fmt: skip
    eventually(lambda: place.fleet().state == "running")
    place.hands.call("adcp", "UpdateHubClusterFeature", {"ClusterId": place.made["fleet"], "ArgoCDEnabled": True})
    eventually(lambda: place.fleet().argocd is True and place.fleet().state == "running")
    eventually(lambda: place.cluster("idc").state == "waiting" and place.cluster("ack").state == "running")
    centre = Hub.open(place.kubeconfig, None)
    assert not site.look(centre).agent
    Applier(centre).apply_all(place.papers.agent(place.made["idc"], private=True).text)
    eventually(lambda: place.cluster("idc").state == "running")
    assert site.look(centre).agent
    centre.close()
    for name in ("ack", "idc"):
        params = {"ClusterId": place.made["fleet"], "ClusterIds": [place.made[name]]}
        place.hands.call("adcp", "AttachClusterToHub", params)
        eventually(lambda: place.fleet().state == "running" and bool(place.fleet().attached))
    eventually(lambda: ["Successed", "Successed"] == [one.state for one in place.fleet().attached or ()])
    return place


def test_what_was_made_is_seen_as_it_was_asked_for(whole: Place) -> None:
    fleet, ack, idc = whole.fleet(), whole.cluster("ack"), whole.cluster("idc")

    assert ("hz-prod", whole.vpc, (whole.vswitches["gateway-h"],), True) == (
        fleet.name, fleet.vpc, fleet.vswitches, fleet.public)  # fmt: skip
    assert (("made-by", "test"),) == fleet.tags
    assert ("made-by", "test") in ack.tags
    assert ("ack", (whole.vswitches["pods-j"],), "172.19.0.0/20") == (ack.kind, ack.pod_vswitches, ack.services)
    assert ("registered", fleet.id, fleet.id) == (idc.kind, ack.fleet, idc.fleet)
    assert ack.log and not ack.error and fleet.log


def test_the_same_token_makes_no_second_one(whole: Place) -> None:
    params = {"VpcName": "other", "CidrBlock": "172.16.0.0/12"}
    first = whole.hands.call("vpc", "CreateVpc", params, "token-vpc")
    again = whole.hands.call("vpc", "CreateVpc", params, "token-vpc")
    tags = {"ResourceType": "VPC", "ResourceId": [first.id], "Tag": [{"Key": "k", "Value": "v"}]}
    whole.hands.call("vpc", "TagResources", tags)
    found = [one for one in whole.read().vpcs or () if one.id == first.id]
    whole.hands.call("vpc", "DeleteVpc", {"VpcId": first.id})

    assert first.id == again.id
    assert [("other", "172.16.0.0/12", (("k", "v"),))] == [(one.name, one.cidr, one.tags) for one in found]
    with pytest.raises(Declined):
        whole.hands.call("vpc", "DeleteVpc", {"VpcId": first.id})


def test_an_admission_is_written_seen_and_taken_back(whole: Place) -> None:
    group = whole.cluster("ack").security_group
    rule = {"IpProtocol": "ALL", "PortRange": "-1/-1", "SourceCidrIp": "10.9.0.0/24", "Policy": "Accept",
            "Priority": "1", "Description": NOTE}  # fmt: skip
    whole.hands.call("ecs", "AuthorizeSecurityGroup", {"SecurityGroupId": group, "Permissions": [rule]}, "token-rule")

    def ours() -> list[Any]:
        groups = [one for one in whole.read().groups or () if one.id == group]
        return [one for one in groups[0].rules or () if one.note == NOTE]

    seen = ours()
    params = {"SecurityGroupId": group, "SecurityGroupRuleId": [seen[0].id]}
    whole.hands.call("ecs", "RevokeSecurityGroup", params, "token-revoke")

    assert [("ALL", "-1/-1", "10.9.0.0/24", "Accept", 1)] == [
        (one.protocol, one.ports, one.source, one.policy, one.priority) for one in seen
    ]
    assert [] == ours()


def test_the_hub_is_read_by_its_own_kubeconfig(whole: Place, tmp_path: Path) -> None:
    file = tmp_path / "hub"
    file.write_text(whole.papers.hub_kubeconfig(whole.made["fleet"], private=False).text)
    hub = Hub.open(str(file), None)
    found = groundwork.read(hub)
    hub.close()

    assert ({}, True) == (found.unread, found.hub is not None)
    assert found.hub is not None
    members = {key.name for key in found.hub.objects if key.kind == "ManagedCluster"}
    secrets = [one for key, one in found.hub.objects.items() if key.kind == "Secret"]
    assert {whole.made["ack"], whole.made["idc"]} == members
    assert secrets and all({"apiVersion", "kind", "metadata"} == one.keys() for one in secrets)
    assert found.hub.allowed and all(found.hub.allowed.values())


def test_a_members_own_api_is_reached(whole: Place, tmp_path: Path) -> None:
    file = tmp_path / "member"
    file.write_text(whole.papers.member_kubeconfig(whole.made["ack"], private=False, minutes=60).text)
    found = site.read(str(file), None, "ack-prod")

    assert ("", 2) == (found.problem, len(found.nodes))


def test_everything_is_taken_away_again(whole: Place) -> None:
    fleet = whole.made["fleet"]
    params = {"ClusterId": fleet, "ClusterIds": [whole.made["ack"], whole.made["idc"]]}
    whole.hands.call("adcp", "DetachClusterFromHub", params)
    eventually(lambda: not whole.fleet().attached and whole.fleet().state == "running")
    centre = Hub.open(whole.kubeconfig, None)
    gone = Applier(centre).delete_all(whole.papers.agent(whole.made["idc"], private=True).text)
    centre.close()
    for name in ("ack", "idc"):
        whole.hands.call("cs", "DeleteCluster", {"cluster_id": whole.made[name]})
    whole.hands.call("adcp", "DeleteHubCluster", {"ClusterId": fleet})
    eventually(lambda: ((), ()) == (whole.read().fleets, whole.read().clusters))

    assert "Deployment" in {one.kind for one in gone}
    assert sorted(whole.vswitches.values()) == sorted(one.id for one in whole.read().subnets or ())
