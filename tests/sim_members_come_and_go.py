"""Clusters that are made, connected, associated and let go again: what is refused, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.account_hands import Cloud, Kube, eventually
from tests.simulators import simulate

AGENT = "/apis/apps/v1/namespaces/alibabacloud-ack-connector/deployments/alibabacloud-ack-connector"
MANAGED = "/apis/cluster.open-cluster-management.io/v1/managedclusters"
SECRETS = "/api/v1/namespaces/argocd/secrets"


class Site:
    """An account with a Fleet and a registered cluster that is connected."""

    def __init__(self, directory: Path) -> None:
        self.cloud = Cloud(yaml.safe_load((directory / "config.yaml").read_text("utf-8")))
        self.centre = Kube((directory / "kubeconfig").read_text("utf-8"))
        self.vpc = self.cloud.vpc("DescribeVpcs")["Vpcs"]["Vpc"][0]["VpcId"]
        self.fleet = self.make_fleet("first")
        self.registered = self.register("idc")
        self.apply_agent(self.registered)
        eventually(lambda: self.cloud.state(self.registered) == "running")
        self.hub = Kube(self.cloud.adcp("DescribeHubClusterKubeconfig", ClusterId=self.fleet)["Kubeconfig"])

    def vswitch(self, name: str) -> str:
        found = self.cloud.vpc("DescribeVSwitches", VSwitchName=name)["VSwitches"]["VSwitch"]
        return str(found[0]["VSwitchId"])

    def make_fleet(self, name: str) -> str:
        vswitches = json.dumps([self.vswitch("gateway-h")])
        asked: dict[str, Any] = {"RegionId": self.cloud.region, "VpcId": self.vpc, "VSwitches": vswitches}
        made = self.cloud.adcp("CreateHubCluster", {"Name": name}, **asked)
        assert "success" == self.cloud.done(made["TaskId"]).state
        return str(made["ClusterId"])

    def register(self, name: str, **said: Any) -> str:
        said = {"vpcid": self.vpc, "vswitch_ids": [self.vswitch("gateway-k")], **said}
        made = self.cloud.create_cluster(name=name, cluster_type="ExternalKubernetes", **said)
        assert "success" == self.cloud.done(made.task_id).state
        return str(made.cluster_id)

    def apply_agent(self, cluster: str) -> None:
        from alibabacloud_cs20151215 import models

        request = models.DescribeExternalAgentRequest(agent_mode="admin")
        for obj in yaml.safe_load_all(self.cloud.cs.describe_external_agent(cluster, request).body.config):
            self.centre.apply(obj)

    def change(self, action: str, hub: str, *clusters: str) -> Any:
        made = self.cloud.adcp(action, {"ClusterIds": json.dumps(clusters)}, ClusterId=hub)
        return self.cloud.done(made["TaskId"])

    def feature(self, **said: Any) -> None:
        made = self.cloud.adcp("UpdateHubClusterFeature", ClusterId=self.fleet, **said)
        assert "success" == self.cloud.done(made["TaskId"]).state


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    where = tmp_path_factory.mktemp("members")
    for directory, _ in simulate(where, "--scenario", "unprovisioned", "--speed", "200"):
        yield Site(directory)


def refusal(call: Callable[[], object]) -> str:
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

    with pytest.raises(AlibabaCloudException) as error:
        call()
    return str(error.value.code)


def test_a_registered_cluster_is_as_connected_as_its_agent(site: Site) -> None:
    site.centre.ask("DELETE", AGENT)
    eventually(lambda: site.cloud.state(site.registered) == "disconnected")
    site.apply_agent(site.registered)
    eventually(lambda: site.cloud.state(site.registered) == "running")
    nodes = site.cloud.cs.describe_cluster_nodes(site.registered, _nodes()).body.nodes

    assert 6 == len(nodes)
    assert {"Ready"} == {one.node_status for one in nodes}


def test_an_agent_of_another_cluster_connects_nobody(site: Site) -> None:
    other = site.register("other")

    assert "waiting" == site.cloud.state(other)
    assert "Cluster.InvalidState" == refusal(lambda: site.change("AttachClusterToHub", site.fleet, other))


def test_only_clusters_of_the_fleets_vpc_become_members(site: Site) -> None:
    vpc = site.cloud.vpc("CreateVpc", CidrBlock="192.168.0.0/16")["VpcId"]
    eventually(lambda: site.cloud.vpc("DescribeVpcs", VpcId=vpc)["Vpcs"]["Vpc"][0]["Status"] == "Available")
    made = site.cloud.vpc("CreateVSwitch", VpcId=vpc, ZoneId="cn-hangzhou-j", CidrBlock="192.168.0.0/20")["VSwitchId"]
    eventually(
        lambda: site.cloud.vpc("DescribeVSwitches", VSwitchId=made)["VSwitches"]["VSwitch"][0]["Status"] != "Pending"
    )
    cluster = site.cloud.create_cluster(
        name="elsewhere",
        cluster_type="ManagedKubernetes",
        vpcid=vpc,
        vswitch_ids=[made],
        service_cidr="172.21.0.0/20",
        nodepools=[{"scaling_group": {"desired_size": 1}}],
    )
    site.cloud.done(cluster.task_id)

    assert "Cluster.VpcMismatch" == refusal(lambda: site.change("AttachClusterToHub", site.fleet, cluster.cluster_id))


def test_a_member_is_in_one_fleet_and_keeps_it_from_going(site: Site) -> None:
    other = site.make_fleet("second")
    assert "success" == site.change("AttachClusterToHub", site.fleet, site.registered).state
    delete = site.cloud.cs.delete_cluster

    assert [site.registered] == [one["metadata"]["name"] for one in site.hub.list(MANAGED)]
    assert "Cluster.AlreadyAttached" == refusal(lambda: site.change("AttachClusterToHub", other, site.registered))
    assert "Cluster.HasManagedClusters" == refusal(lambda: site.cloud.adcp("DeleteHubCluster", ClusterId=site.fleet))
    assert "ErrorClusterInFleet" == refusal(lambda: delete(site.registered, _deletion()))
    assert "success" == site.change("DetachClusterFromHub", site.fleet, site.registered).state
    assert [] == site.hub.list(MANAGED)
    assert [] == site.cloud.adcp("DescribeManagedClusters", ClusterId=site.fleet)["Clusters"]


def test_labels_on_a_clusters_secret_survive(site: Site) -> None:
    site.change("AttachClusterToHub", site.fleet, site.registered)
    assert site.hub.ask("GET", "/apis/argoproj.io/v1alpha1") is None
    site.feature(ArgoCDEnabled="True")
    secret = f"{SECRETS}/cluster-{site.registered}"
    eventually(lambda: site.hub.ask("GET", secret))
    site.hub.merge(secret, {"metadata": {"labels": {"cluster": "idc"}}})
    site.feature(ArgoCDEnabled="False")
    site.feature(ArgoCDEnabled="True")
    found = site.hub.ask("GET", secret)

    assert found is not None
    assert "idc" == found["metadata"]["labels"]["cluster"]
    assert {"cluster_id": site.registered, "cluster_name": "idc"} == found["metadata"]["annotations"]
    site.change("DetachClusterFromHub", site.fleet, site.registered)
    assert site.hub.ask("GET", secret) is None


def test_a_protected_cluster_stays(site: Site) -> None:
    protected = site.register("protected", deletion_protection=True)

    assert "ErrorClusterDeletionProtection" == refusal(lambda: site.cloud.cs.delete_cluster(protected, _deletion()))


def test_the_same_token_makes_one_cluster(site: Site) -> None:
    asked = {"vpcid": site.vpc, "vswitch_ids": [site.vswitch("gateway-k")], "client_token": "once"}
    made = {
        site.cloud.create_cluster(name="once", cluster_type="ExternalKubernetes", **asked).cluster_id for _ in range(2)
    }

    assert 1 == len(made)


def _nodes() -> Any:
    from alibabacloud_cs20151215 import models

    return models.DescribeClusterNodesRequest()


def _deletion() -> Any:
    from alibabacloud_cs20151215 import models

    return models.DeleteClusterRequest()
