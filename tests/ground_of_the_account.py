"""The account as the simulator's OpenAPIs tell it, and as scripted ones do: pages, refusals, tasks, wrong shapes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cloud.account import PARTS, AccountReader, Reading
from console.cloud.budget import CallBudget
from console.cloud.credentials import client
from console.cloud.members_decode import MembersDecoder
from console.cloud.network_decode import NetworkDecoder
from console.cloud.openapi import OpenApis
from console.cloud.trouble import Trouble
from console.model.ground import Admission, NextHop
from console.settings import CloudSettings, load
from tests.cloud_scripted import Query, ScriptedCloud, cloud, error
from tests.simulators import Simulated

__all__ = ["cloud"]

FLEET = {
    "ClusterInfo": {"ClusterId": "c-hub", "Name": "hz", "State": "running", "RegionId": "cn-test",
                    "MetaData": {"ACKOne": {"GitOps": {"Enabled": True}}}, "Tags": [{"Key": "k", "Value": "v"}]},
    "ApiServer": {"EnabledPublic": True},
    "Network": {"VpcId": "vpc-1", "VSwitches": ["vsw-1"]},
}  # fmt: skip
CLUSTER = {
    "cluster_id": "c-a", "name": "a", "state": "running", "cluster_type": "ManagedKubernetes", "region_id": "cn-test",
    "vpc_id": "vpc-1", "vswitch_ids": ["vsw-1"], "security_group_id": "sg-1", "container_cidr": "",
    "service_cidr": "172.21.0.0/20", "current_version": "1.30.1", "tags": [{"key": "k", "value": "v"}],
    "meta_data": "{\"Capabilities\": {\"Network\": \"terway-eniip\"}}",
}  # fmt: skip
TASK = {
    "task_id": "T-1", "state": "fail", "error": {"code": "QuotaExceeded", "message": "5 of 5"},
    "stages": [{"state": "success", "message": "network"}, {"state": "fail", "message": "master"}],
    "events": [{"level": "error", "reason": "Quota", "message": "no more"}],
}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "DescribeRegions": {"Regions": [{"RegionId": "cn-test"}]},
    "DescribeZones": {"Zones": [{"ZoneId": "cn-test-j"}, {"ZoneId": "cn-test-k"}]},
    "DescribeVpcs": {"TotalCount": 1, "Vpcs": {"Vpc": [
        {"VpcId": "vpc-1", "VpcName": "one", "CidrBlock": "10.0.0.0/8", "Status": "Available",
         "SecondaryCidrBlocks": {"SecondaryCidrBlock": ["172.16.0.0/12"]}, "UserCidrs": {"UserCidr": ["30.0.0.0/8"]},
         "Tags": {"Tag": [{"Key": "k", "Value": "v"}]}}]}},
    "DescribeVSwitches": {"TotalCount": 1, "VSwitches": {"VSwitch": [
        {"VSwitchId": "vsw-1", "VpcId": "vpc-1", "ZoneId": "cn-test-j", "CidrBlock": "10.0.0.0/24", "VSwitchName": "n",
         "AvailableIpAddressCount": 7, "Status": "Available", "Tags": {"Tag": []}}]}},
    "DescribeRouteTableList": {"TotalCount": 1, "RouterTableList": {"RouterTableListType": [
        {"RouteTableId": "vtb-1", "VpcId": "vpc-1"}]}},
    "DescribeRouteEntryList": {"RouteEntrys": {"RouteEntry": [
        {"DestinationCidrBlock": "192.168.0.0/16", "Type": "Custom",
         "NextHops": {"NextHop": [{"NextHopType": "RouterInterface", "NextHopId": "ri-1"}]}}]}},
    "DescribeSecurityGroups": {"SecurityGroups": {"SecurityGroup": [
        {"SecurityGroupId": "sg-1", "VpcId": "vpc-1", "SecurityGroupName": "one"},
        {"SecurityGroupId": "sg-2", "VpcId": "vpc-1", "SecurityGroupName": "two"}]}},
    "DescribeSecurityGroupAttribute": {"Permissions": {"Permission": [
        {"IpProtocol": "TCP", "PortRange": "80/80", "SourceCidrIp": "10.0.0.0/24", "Policy": "Accept", "Priority": "5",
         "Direction": "ingress", "SecurityGroupRuleId": "sgr-1", "Description": "ours"}]}},
    "DescribeHubClusters": {"Clusters": [FLEET]},
    "DescribeHubClusterDetails": {"Cluster": FLEET},
    "DescribeManagedClusters": {"Clusters": [{"Cluster": {"ClusterID": "c-a"}, "Status": {"State": "Installing"}}]},
    "DescribeHubClusterLogs": {"Logs": [{"CreationTime": "2", "LogLevel": "error", "ClusterLog": "late"},
                                        {"CreationTime": "1", "LogLevel": "info", "ClusterLog": "early"}]},
    "DescribeClustersV1": {"clusters": [CLUSTER], "page_info": {"total_count": 1}},
    "DescribeClusterDetail": {**CLUSTER, "parameters": {"PodVswitchIds": "[\"vsw-7\"]", "Password": "canary"}},
    "DescribeTaskInfo": TASK,
    "ListLoadBalancers": {"LoadBalancers": [
        {"LoadBalancerId": "alb-1", "LoadBalancerName": "gw", "DNSName": "d.example", "LoadBalancerStatus": "Active",
         "VpcId": "vpc-1"}]},
    "ListRules": {"Rules": [{"RuleId": "rule-1", "RuleStatus": "Available"}]},
}  # fmt: skip


def reader(settings: CloudSettings) -> AccountReader:
    openapis = OpenApis(lambda product: client(settings, product), CallBudget(1000.0, 3.0))
    return AccountReader(openapis, settings.region or "")


@pytest.fixture
def scripted(cloud: ScriptedCloud) -> ScriptedCloud:
    """A whole account of one Fleet."""

    def says(action: str) -> Callable[[Query], tuple[int, Any]]:
        return lambda _: (200, ANSWERS[action])

    cloud.answer |= {action: says(action) for action in ANSWERS}
    return cloud


def test_every_part_of_the_account_is_read(scripted: ScriptedCloud) -> None:
    found = reader(scripted.settings).read(vpc="vpc-1", balancers=("alb-1",))
    account = found.account

    assert ({}, {}) == (found.unread, found.odd)
    assert (("cn-test",), ("cn-test-j", "cn-test-k")) == (account.regions, account.alb_zones)
    assert account.vpcs is not None and account.subnets is not None and account.groups is not None
    assert account.fleets is not None and account.clusters is not None and account.balancers is not None
    assert (("172.16.0.0/12",), ("30.0.0.0/8",), (("k", "v"),)) == (
        account.vpcs[0].secondary, account.vpcs[0].user, account.vpcs[0].tags)  # fmt: skip
    assert ("n", 7) == (account.subnets[0].name, account.subnets[0].free)
    assert (NextHop("vpc-1", "vtb-1", "192.168.0.0/16", "RouterInterface", "ri-1"),) == account.hops
    assert (Admission("TCP", "80/80", "10.0.0.0/24", "Accept", 5, "sgr-1", "ours"),) == account.groups[0].rules
    assert account.groups[1].rules is None
    fleet, cluster = account.fleets[0], account.clusters[0]
    assert (True, True, "vpc-1", ("vsw-1",)) == (fleet.argocd, fleet.public, fleet.vpc, fleet.vswitches)
    assert ("info early", "error late") == fleet.log
    assert ("ack", "c-hub", ("vsw-7",), "sg-1") == (
        cluster.kind, cluster.fleet, cluster.pod_vswitches, cluster.security_group)  # fmt: skip
    assert ("d.example", (("rule-1", "Available"),)) == (account.balancers[0].dns, account.balancers[0].rules)
    assert "canary" not in str(found)


def test_only_what_is_named_is_asked_for(scripted: ScriptedCloud) -> None:
    found = reader(scripted.settings).read(("vpcs", "balancers"))

    assert {"DescribeVpcs", "ListLoadBalancers"} == {action for action, _ in scripted.asked}
    assert (None, None) == (found.account.fleets, found.account.subnets)
    assert {} == found.unread


def test_what_was_read_before_tells_whose_rules_and_which_fleet_are_meant(scripted: ScriptedCloud) -> None:
    asked = reader(scripted.settings)
    asked.read(("fleets", "clusters"), vpc="vpc-1")
    groups = asked.read(("groups",), vpc="vpc-1").account.groups
    clusters = asked.read(("clusters",), vpc="vpc-1").account.clusters

    assert groups and clusters
    assert [1, None] == [one.rules and len(one.rules) for one in groups]
    assert "c-hub" == clusters[0].fleet


def test_without_a_vpc_its_routes_are_unread_and_not_absent(scripted: ScriptedCloud) -> None:
    found = reader(scripted.settings).read()

    assert found.account.hops is None
    assert {"hops"} == found.unread.keys()
    assert [None, None] == [one.rules for one in found.account.groups or ()]


def test_a_refusal_names_the_permission_and_leaves_the_rest_known(scripted: ScriptedCloud) -> None:
    for action in ("DescribeVpcs", "DescribeSecurityGroups", "DescribeManagedClusters"):
        scripted.answer[action] = lambda _: (403, error("NoPermission"))
    found = reader(scripted.settings).read(vpc="vpc-1")

    assert (None, None) == (found.account.vpcs, found.account.groups)
    assert found.account.fleets and found.account.fleets[0].attached is None
    assert found.account.clusters and found.account.subnets
    assert "vpc:DescribeVpcs" in found.unread["vpcs"]
    assert "ecs:DescribeSecurityGroups" in found.unread["groups"]
    assert "adcp:DescribeManagedClusters" in found.unread["fleets c-hub"]


@pytest.mark.parametrize(
    ("status", "code", "denied"), [(403, "NoPermission", True), (503, "ServiceUnavailable", False)]
)
def test_rules_that_may_not_be_read_are_told_from_those_that_were_not(
    status: int, code: str, denied: bool, scripted: ScriptedCloud
) -> None:
    scripted.answer["DescribeSecurityGroupAttribute"] = lambda _: (status, error(code))
    found = reader(scripted.settings).read(vpc="vpc-1")

    assert found.account.groups is not None
    assert (None, denied) == (found.account.groups[0].rules, found.account.groups[0].denied)
    assert "groups sg-1" in found.unread


def test_no_endpoint_is_no_crash(scripted: ScriptedCloud) -> None:
    dead = msgspec.structs.replace(
        scripted.settings, endpoints=dict.fromkeys(scripted.settings.endpoints, "127.0.0.1:1")
    )
    found = reader(dead).read(vpc="vpc-1")

    assert set(PARTS) == found.unread.keys()


def test_pages_of_clusters_and_vpcs_are_followed_to_their_end(scripted: ScriptedCloud) -> None:
    def clusters(query: Query) -> tuple[int, Any]:
        calls = len(scripted.calls("DescribeClustersV1"))
        page = [{**CLUSTER, "cluster_id": f"c-{calls}-{n}"} for n in range(50 if calls < 3 else 2)]
        return 200, {"clusters": page, "page_info": {"total_count": 102}}

    def vpcs(query: Query) -> tuple[int, Any]:
        count = 50 if query["PageNumber"] == "1" else 3
        return 200, {"Vpcs": {"Vpc": [{"VpcId": f"vpc-{query['PageNumber']}-{n}"} for n in range(count)]}}

    scripted.answer |= {"DescribeClustersV1": clusters, "DescribeVpcs": vpcs}
    found = reader(scripted.settings).read(("vpcs", "clusters"), vpc="vpc-other").account

    assert (102, 53) == (len(found.clusters or ()), len(found.vpcs or ()))


def test_a_task_that_failed_says_why_until_its_cluster_runs(scripted: ScriptedCloud) -> None:
    states = ["failed", "failed", "running"]
    scripted.answer["DescribeClustersV1"] = lambda _: (
        200, {"clusters": [{**CLUSTER, "state": states[len(scripted.calls("DescribeClustersV1")) - 1]}]})  # fmt: skip
    asked = reader(scripted.settings)
    asked.remember("c-a", "T-1")
    first, second, third = (asked.read(("clusters",)).account.clusters for _ in range(3))

    assert first and first == second and third
    assert "QuotaExceeded 5 of 5" == first[0].error
    assert ("success network", "fail master", "error Quota no more", "error QuotaExceeded 5 of 5") == first[0].log
    assert ("", 1) == (third[0].error, len(scripted.calls("DescribeTaskInfo")))


def test_a_fleet_that_went_between_two_questions_is_not_there(scripted: ScriptedCloud) -> None:
    scripted.answer["DescribeManagedClusters"] = lambda _: (404, error("Cluster.NotFound"))
    found = reader(scripted.settings).read(("fleets",))

    assert ((), {}) == (found.account.fleets, found.unread)


PATHS: tuple[tuple[str, Callable[[Any], object]], ...] = tuple(
    (action, decode)
    for action, decode in {
        "DescribeRegions": lambda body: list(NetworkDecoder().regions(body)),
        "DescribeZones": lambda body: list(NetworkDecoder().zones(body)),
        "DescribeVpcs": lambda body: list(NetworkDecoder().vpcs(body)),
        "DescribeVSwitches": lambda body: list(NetworkDecoder().subnets(body)),
        "DescribeRouteTableList": lambda body: list(NetworkDecoder().tables(body)),
        "DescribeRouteEntryList": lambda body: list(NetworkDecoder().hops(body, "v", "t")),
        "DescribeSecurityGroups": lambda body: list(NetworkDecoder().groups(body)),
        "DescribeSecurityGroupAttribute": lambda body: list(NetworkDecoder().rules(body)),
        "ListLoadBalancers": lambda body: list(NetworkDecoder().balancers(body)),
        "ListRules": lambda body: list(NetworkDecoder().gateway_rules(body)),
        "DescribeHubClusters": lambda body: list(MembersDecoder().fleets(body)),
        "DescribeHubClusterDetails": lambda body: MembersDecoder().fleet(
            body.get("Cluster") if isinstance(body, dict) else None
        ),
        "DescribeManagedClusters": lambda body: list(MembersDecoder().attached(body)),
        "DescribeHubClusterLogs": lambda body: MembersDecoder().log(body),
        "DescribeClustersV1": lambda body: list(MembersDecoder().clusters(body)),
        "DescribeClusterDetail": lambda body: MembersDecoder().cluster(body),
        "DescribeTaskInfo": lambda body: MembersDecoder().task(body),
    }.items()
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\x1b[31mred"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in an answer, itself among them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, part in inner for place in places(part, (*here, key)))]


@pytest.mark.parametrize(("action", "decode"), PATHS, ids=[action for action, _ in PATHS])
@given(data=st.data())
def test_any_field_may_be_missing_or_of_a_wrong_type(
    action: str, decode: Callable[[Any], object], data: st.DataObject
) -> None:
    """Whatever stands anywhere: facts whose texts are inert, or trouble that is told."""
    body = copy.deepcopy(ANSWERS[action])
    place = data.draw(st.sampled_from(places(body)))
    wrong = data.draw(JSON)
    if not place:
        body = wrong
    else:
        holder = body
        for key in place[:-1]:
            holder = holder[key]
        if data.draw(st.booleans()):
            del holder[place[-1]]
        else:
            holder[place[-1]] = wrong
    try:
        found = decode(body)
    except Trouble:
        return

    assert "\x1b" not in str(found)


def test_a_list_of_another_shape_is_unknown_and_never_empty(scripted: ScriptedCloud) -> None:
    for action in ("DescribeVpcs", "DescribeClustersV1", "DescribeHubClusters"):
        scripted.answer[action] = lambda _: (200, {"Vpcs": "none", "clusters": {}, "Clusters": 7})
    found = reader(scripted.settings).read(("vpcs", "fleets", "clusters"))

    assert (None, None, None) == (found.account.vpcs, found.account.fleets, found.account.clusters)
    assert {"vpcs", "fleets", "clusters"} == found.unread.keys()


@pytest.fixture(scope="module")
def calm_reading(calm: Simulated) -> Reading:
    settings = load(calm[0] / "config.yaml").fleet.cloud
    asked = reader(settings)
    vpcs = asked.read(("vpcs",)).account.vpcs

    assert vpcs
    return asked.read(("vpcs", "subnets", "fleets", "clusters", "balancers", "regions"), vpc=vpcs[0].id)


def test_the_calm_account_is_known(calm_reading: Reading) -> None:
    account = calm_reading.account

    assert ({}, {}) == (calm_reading.unread, calm_reading.odd)
    assert account.fleets and account.clusters and account.subnets and account.balancers and account.regions
    assert [("running", True)] == [(one.state, one.argocd) for one in account.fleets]
    assert {"ack", "registered"} == {one.kind for one in account.clusters}
    assert {account.fleets[0].id} == {one.fleet for one in account.clusters}
    assert all(one.free for one in account.subnets)
