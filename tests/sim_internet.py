"""The proxy that stands for the internet leads to the gateways by the ALBs' own names, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.account_hands import Cloud, Kube, through
from tests.simulators import Simulated

HOST = "demo.example.com"


def account(calm: Simulated) -> tuple[Cloud, dict[str, Any]]:
    directory, ready = calm
    return Cloud(yaml.safe_load((directory / "config.yaml").read_text("utf-8"))), ready


def test_a_gateway_is_reached_by_its_name_and_port(calm: Simulated) -> None:
    cloud, ready = account(calm)
    (balancer,) = cloud.call("alb", "ListLoadBalancers")["LoadBalancers"]
    named = through(ready["internet"], f"http://{balancer['DNSName']}:8001/svc1/x?y=1", HOST)
    near = through(ready["internet"], ready["gateways"]["ackone-gateway-demo"] + "/svc1", HOST)

    assert (200, HOST, "/svc1/x?y=1") == (named[0], named[1]["host"], named[1]["path"])
    assert 200 == near[0]


def test_nothing_else_is_reached(calm: Simulated) -> None:
    cloud, ready = account(calm)
    (balancer,) = cloud.call("alb", "ListLoadBalancers")["LoadBalancers"]

    assert 502 == through(ready["internet"], f"http://{balancer['DNSName']}:80/svc1", HOST)[0]
    assert 502 == through(ready["internet"], ready["openapi"] + "/", HOST)[0]
    assert 502 == through(ready["internet"], "http://example.com/", HOST)[0]


def test_settings_name_it(calm: Simulated) -> None:
    directory, ready = calm
    settings = yaml.safe_load((directory / "config.yaml").read_text("utf-8"))

    assert {"proxy": ready["internet"]} == settings["probe"]


def test_a_topology_that_stands_is_told_whole(calm: Simulated) -> None:
    cloud, _ = account(calm)
    (hub,) = cloud.adcp("DescribeHubClusters")["Clusters"]
    identifier = hub["ClusterInfo"]["ClusterId"]
    kube = Kube(cloud.adcp("DescribeHubClusterKubeconfig", ClusterId=identifier)["Kubeconfig"])
    managed = cloud.adcp("DescribeManagedClusters", ClusterId=identifier)["Clusters"]
    found = cloud.vpc("DescribeVSwitches", PageSize=50)["VSwitches"]["VSwitch"]
    gateways = {one["CidrBlock"] for one in found if one["VSwitchName"].startswith("gateway-")}
    (table,) = cloud.vpc("DescribeRouteTableList")["RouterTableList"]["RouterTableListType"]
    routes = cloud.vpc("DescribeRouteEntryList", RouteTableId=table["RouteTableId"], RouteEntryType="Custom")

    assert {one["Cluster"]["ClusterID"] for one in managed} == {
        one["metadata"]["name"] for one in kube.list("/apis/cluster.open-cluster-management.io/v1/managedclusters")
    }
    assert ["172.16.0.0/20", "172.20.0.0/16"] == [
        one["DestinationCidrBlock"] for one in routes["RouteEntrys"]["RouteEntry"]
    ]
    for one in managed:
        cluster = cloud.cs.describe_cluster_detail(one["Cluster"]["ClusterID"]).body
        asked = {"SecurityGroupId": cluster.security_group_id, "Direction": "ingress"}
        rules = cloud.ecs("DescribeSecurityGroupAttribute", **asked)["Permissions"]["Permission"]
        assert gateways <= {rule["SourceCidrIp"] for rule in rules if rule["PortRange"] == "-1/-1"}
        assert hub["Network"]["VpcId"] == cluster.vpc_id
        assert json.loads(cluster.meta_data) or cluster.cluster_type == "ExternalKubernetes"
