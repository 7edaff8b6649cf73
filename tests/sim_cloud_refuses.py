"""What the cloud refuses for a while, loses the answer of, or fails the task of, and what is there afterwards; networks
and security groups by their rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import forked
from tests.account_hands import Cloud, Kube, eventually
from tests.simulators import simulate


class Unprovisioned:
    """A simulator with an empty account, and faults for it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cloud = Cloud(yaml.safe_load((directory / "config.yaml").read_text("utf-8")))
        self.centre = Kube((directory / "kubeconfig").read_text("utf-8"))

    def fault(self, *words: str) -> str:
        done = forked.run(["sim", "fault", *words, "--dir", str(self.directory)])
        return done.stdout + done.stderr

    @property
    def vpc(self) -> str:
        return str(self.cloud.vpc("DescribeVpcs", VpcName="prod")["Vpcs"]["Vpc"][0]["VpcId"])

    def vswitch(self, name: str) -> str:
        found = self.cloud.vpc("DescribeVSwitches", VSwitchName=name)["VSwitches"]["VSwitch"]
        return str(found[0]["VSwitchId"])

    def make_hub(self, name: str) -> dict[str, Any]:
        vswitches = json.dumps([self.vswitch("gateway-h")])
        asked: dict[str, Any] = {"RegionId": self.cloud.region, "VpcId": self.vpc, "VSwitches": vswitches}
        return self.cloud.adcp("CreateHubCluster", **asked, Name=name)

    def hubs(self) -> list[tuple[str, str]]:
        found = self.cloud.adcp("DescribeHubClusters")["Clusters"]
        return [(one["ClusterInfo"]["ClusterId"], one["ClusterInfo"]["Name"]) for one in found]

    def remove_hub(self, hub: str) -> None:
        self.cloud.adcp("DeleteHubCluster", ClusterId=hub)
        eventually(lambda: hub not in dict(self.hubs()))


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unprovisioned]:
    where = tmp_path_factory.mktemp("refusing")
    for directory, _ in simulate(where, "--scenario", "unprovisioned", "--speed", "200"):
        yield Unprovisioned(directory)


def refusal(call: Callable[[], object]) -> str:
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

    with pytest.raises(AlibabaCloudException) as error:
        call()
    return str(error.value.code)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("quota", "QuotaExceeded.HubCluster"),
        ("permission", "Forbidden.RAM"),
        ("throttling", "Throttling.User"),
        ("name-taken", "Cluster.NameAlreadyExist"),
        ("unavailable", "ServiceUnavailable"),
    ],
)
def test_a_refused_operation_leaves_nothing_and_succeeds_afterwards(
    account: Unprovisioned, kind: str, code: str
) -> None:
    said = account.fault("cloud-refusal", "CreateHubCluster", kind, "--times", "1")

    assert f"CreateHubCluster meets {kind}, 1 times" in said
    assert code == refusal(lambda: account.make_hub("refused"))
    assert [] == account.hubs()
    account.remove_hub(account.make_hub("again")["ClusterId"])


def test_an_answer_that_is_lost_leaves_what_was_made_once(account: Unprovisioned) -> None:
    from Tea.exceptions import TeaException

    account.fault("cloud-refusal", "CreateHubCluster", "accepted-but-timeout", "--times", "1")
    with pytest.raises(TeaException):
        account.make_hub("lost")
    ((hub, name),) = account.hubs()

    assert "lost" == name
    eventually(lambda: account.cloud.hub_state(hub) == "running")
    account.remove_hub(hub)


def test_a_yes_that_becomes_trouble_leaves_what_was_made_once(account: Unprovisioned) -> None:
    account.fault("cloud-refusal", "CreateHubCluster", "accepted-but-unavailable", "--times", "1")

    assert "InternalError" == refusal(lambda: account.make_hub("troubled"))
    ((hub, name),) = account.hubs()
    assert "troubled" == name
    eventually(lambda: account.cloud.hub_state(hub) == "running")
    account.remove_hub(hub)


def test_a_failing_task_leaves_a_failed_fleet_with_its_log(account: Unprovisioned) -> None:
    account.fault("cloud-refusal", "CreateHubCluster", "task-failed", "--times", "1")
    made = account.make_hub("failing")
    task = account.cloud.done(made["TaskId"])
    (hub,) = account.cloud.adcp("DescribeHubClusters")["Clusters"]
    log = account.cloud.adcp("DescribeHubClusterLogs", ClusterId=made["ClusterId"])["Logs"]

    assert ("fail", "OperationFailed") == (task.state, task.error.code)
    assert "failed" == hub["ClusterInfo"]["State"]
    assert "OperationFailed" in hub["ClusterInfo"]["ErrorMessage"]
    assert ["info", "info", "error"] == [line["LogLevel"] for line in log]
    assert "Cluster.InvalidState" == refusal(
        lambda: account.cloud.adcp("DescribeHubClusterKubeconfig", ClusterId=made["ClusterId"])
    )
    account.remove_hub(made["ClusterId"])


def test_a_hub_created_twice_is_two(account: Unprovisioned) -> None:
    made = {account.make_hub("twin")["ClusterId"] for _ in range(2)}

    assert 2 == len(made)
    for hub in made:
        account.remove_hub(hub)


def test_a_fault_that_cannot_be_is_told(account: Unprovisioned) -> None:
    assert "CreateVpc begins no task" in account.fault("cloud-refusal", "CreateVpc", "task-failed")
    assert "no operation is called 'CreateMoon'" in account.fault("cloud-refusal", "CreateMoon", "quota")
    assert "there is no Fleet yet" in account.fault("slow-controller", "3")


def test_writes_of_a_resource_are_refused_in_the_data_centre(account: Unprovisioned) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "trial"}}
    account.fault("write-refusal", "namespaces", "webhook", "--times", "1")
    with pytest.raises(AssertionError, match="denied the request: namespaces are frozen"):
        account.centre.apply(namespace)
    account.centre.apply(namespace)
    account.fault("write-refusal", "namespaces", "accepted-but-timeout", "--times", "1")
    with pytest.raises(OSError):
        account.centre.ask("DELETE", "/api/v1/namespaces/trial")

    assert account.centre.ask("GET", "/api/v1/namespaces/trial") is None

    account.fault("write-refusal", "namespaces", "unavailable", "--times", "1")
    with pytest.raises(AssertionError, match="currently unable to handle"):
        account.centre.apply(namespace)

    assert account.centre.ask("GET", "/api/v1/namespaces/trial") is None

    account.fault("write-refusal", "namespaces", "accepted-but-unavailable", "--times", "1")
    with pytest.raises(AssertionError, match="request timed out"):
        account.centre.apply(namespace)

    assert account.centre.ask("GET", "/api/v1/namespaces/trial") is not None
    account.centre.ask("DELETE", "/api/v1/namespaces/trial")


def test_networks_fit_or_are_refused_and_go_from_the_inside_out(account: Unprovisioned) -> None:
    vpc = account.cloud.vpc
    made = [vpc("CreateVpc", CidrBlock="192.168.0.0/16", VpcName="new", ClientToken="t1")["VpcId"] for _ in range(2)]
    eventually(lambda: vpc("DescribeVpcs", VpcId=made[0])["Vpcs"]["Vpc"][0]["Status"] == "Available")
    asked = {"VpcId": made[0], "ZoneId": "cn-hangzhou-h"}
    vswitch = vpc("CreateVSwitch", CidrBlock="192.168.1.0/24", ClientToken="t2", **asked)["VSwitchId"]

    assert made[0] == made[1]
    assert vswitch == vpc("CreateVSwitch", CidrBlock="192.168.1.0/24", ClientToken="t2", **asked)["VSwitchId"]
    assert "InvalidCidrBlock.Overlapped" == refusal(lambda: vpc("CreateVSwitch", CidrBlock="192.168.1.128/25", **asked))
    assert "InvalidCidrBlock" == refusal(lambda: vpc("CreateVSwitch", CidrBlock="10.9.0.0/24", **asked))
    assert "InvalidCidrBlock.Malformed" == refusal(lambda: vpc("CreateVSwitch", CidrBlock="192.168.1.7/24", **asked))
    assert "DependencyViolation" == refusal(lambda: vpc("DeleteVpc", VpcId=made[0]))
    tags = {"ResourceId.1": vswitch, "Tag.1.Key": "made-by", "Tag.1.Value": "test"}
    vpc("TagResources", ResourceType="VSWITCH", **tags)
    found = vpc("DescribeVSwitches", **{"Tag.1.Key": "made-by", "Tag.1.Value": "test"})["VSwitches"]["VSwitch"]
    assert [vswitch] == [one["VSwitchId"] for one in found]
    vpc("DeleteVSwitch", VSwitchId=vswitch)
    vpc("DeleteVpc", VpcId=made[0])
    assert [] == vpc("DescribeVpcs", VpcId=made[0])["Vpcs"]["Vpc"]


def test_the_route_table_knows_the_way_to_the_data_centres_nodes_alone(account: Unprovisioned) -> None:
    (table,) = account.cloud.vpc("DescribeRouteTableList", VpcId=account.vpc)["RouterTableList"]["RouterTableListType"]
    asked = {"RouteTableId": table["RouteTableId"], "RouteEntryType": "Custom"}
    entries = account.cloud.vpc("DescribeRouteEntryList", **asked)["RouteEntrys"]["RouteEntry"]

    assert ["172.16.0.0/20"] == [one["DestinationCidrBlock"] for one in entries]
    assert "RouterInterface" == entries[0]["NextHops"]["NextHop"][0]["NextHopType"]
