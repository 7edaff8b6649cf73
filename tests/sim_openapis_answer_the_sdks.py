"""The real clients against the simulated CS, ADCP and VPC: the world's facts in the wire's form, pages, errors."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from console.sim import scenario, world
from console.sim.account.begin import account_of
from console.sim.account.grounds import Nothing
from console.sim.alb import operations
from console.sim.alb.state import Alb
from console.sim.openapis import adcp, cs, vpc
from console.sim.openapis.bucket import Sieve
from console.sim.openapis.endpoint import OpenApi

KEY, SECRET = "simulated-key", "simulated-secret"
WORLD = world.generate(scenario.load("calm"), seed=1, began=1_795_000_000.0)
ACK, IDC = WORLD.members
VPC = ipaddress.IPv4Network(WORLD.vpc_cidr)
REGION = {"RegionId": WORLD.region}


class Cloud:
    """All products on one endpoint, in a thread; `silent` and `dead` hold the ids of members that are."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.dead: set[str] = set()
        alb = Alb(zones=WORLD.zones)
        alb.instant = True
        for gateway in WORLD.gateways:
            alb.create_load_balancer(gateway.name, zones=[(each.zone, each.id) for each in gateway.vswitches])
        account = account_of(WORLD, alb)
        account.silent, account.dead = self.silent.__contains__, self.dead.__contains__
        grounds = Nothing()
        products = (
            operations.product(alb),
            cs.product(account, grounds),
            adcp.product(account, grounds),
            vpc.product(account),
        )
        self.api = OpenApi(products, {KEY: SECRET})
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def _serve(self) -> None:
        from aiohttp import web

        async def begin() -> None:
            runner = web.AppRunner(self.api.application())
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.port = runner.addresses[0][1]
            self._ready.set()

        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(begin())
        self._loop.run_forever()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def config(self, secret: str = SECRET) -> Any:
        from alibabacloud_tea_openapi.utils_models import Config

        return Config(
            access_key_id=KEY,
            access_key_secret=secret,
            endpoint=f"127.0.0.1:{self.port}",
            protocol="http",
            region_id=WORLD.region,
        )

    def cs(self, secret: str = SECRET) -> Any:
        from alibabacloud_cs20151215.client import Client

        return Client(self.config(secret))

    def rpc(self, version: str, action: str, secret: str = SECRET, **query: str) -> dict[str, Any]:
        """An RPC call as the generated clients make it; the body."""
        from alibabacloud_tea_openapi.client import Client
        from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
        from darabonba.runtime import RuntimeOptions

        params = Params(
            action=action,
            version=version,
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        body: dict[str, Any] = Client(self.config(secret)).call_api(
            params, OpenApiRequest(query=query), RuntimeOptions()
        )["body"]
        return body

    def adcp(self, action: str, **query: str) -> dict[str, Any]:
        return self.rpc("2022-01-01", action, **query)

    def vpc(self, action: str, **query: str) -> dict[str, Any]:
        return self.rpc("2016-04-28", action, **query)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.stop()


def refusal(call: Callable[[], object]) -> tuple[str, int]:
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

    with pytest.raises(AlibabaCloudException) as error:
        call()
    return error.value.code, error.value.status_code


def test_members_are_clusters_of_two_kinds(cloud: Cloud) -> None:
    from alibabacloud_cs20151215 import models

    body = cloud.cs().describe_clusters_v1(models.DescribeClustersV1Request()).body

    assert [
        (ACK.id, "ack-prod-j", "ManagedKubernetes", "running", "1.32.1-aliyun.1"),
        (IDC.id, "idc-prod", "ExternalKubernetes", "running", "1.30.4"),
    ] == [(one.cluster_id, one.name, one.cluster_type, one.state, one.current_version) for one in body.clusters]
    assert (1, 10, 2) == (body.page_info.page_number, body.page_info.page_size, body.page_info.total_count)
    assert {WORLD.vpc} == {one.vpc_id for one in body.clusters}
    assert [ACK.vswitches[0].id] == body.clusters[0].vswitch_ids
    assert "cn-hangzhou-j" == body.clusters[0].zone_id


def test_clusters_are_filtered_and_paged(cloud: Cloud) -> None:
    from alibabacloud_cs20151215 import models

    def names(**how: Any) -> list[str]:
        body = cloud.cs().describe_clusters_v1(models.DescribeClustersV1Request(**how)).body
        return [one.name for one in body.clusters]

    assert ["idc-prod"] == names(cluster_type="ExternalKubernetes")
    assert ["idc-prod"] == names(name="idc")
    assert ["idc-prod"] == names(page_size=1, page_number=2)
    assert [] == names(cluster_id="c0")
    assert [] == names(page_number=3)


def test_a_registered_member_whose_agent_is_silent_is_disconnected(cloud: Cloud) -> None:
    cloud.silent.update((ACK.id, IDC.id))
    states = [cloud.cs().describe_cluster_detail(member.id).body.state for member in (ACK, IDC)]
    managed = cloud.adcp("DescribeManagedClusters", ClusterId=WORLD.id)["Clusters"]

    assert ["running", "disconnected"] == states
    assert ["running", "inactive"] == [one["Cluster"]["State"] for one in managed]


def test_a_clusters_detail_holds_json_in_texts(cloud: Cloud) -> None:
    detail = cloud.cs().describe_cluster_detail(ACK.id).body

    assert "intranet_api_server_endpoint" in json.loads(detail.master_url)
    assert "terway-eniip" == json.loads(detail.meta_data)["Capabilities"]["Network"]
    assert (6, True) == (detail.size, detail.deletion_protection)


def test_nodes_are_the_worlds_page_by_page(cloud: Cloud) -> None:
    from alibabacloud_cs20151215 import models

    def page(member: str, **how: str) -> Any:
        return cloud.cs().describe_cluster_nodes(member, models.DescribeClusterNodesRequest(**how)).body

    pages = [page(IDC.id, page_size="5", page_number=str(number)) for number in (1, 2)]

    assert [5, 3] == [len(one.nodes) for one in pages]
    assert [node.name for node in IDC.nodes] == [node.node_name for one in pages for node in one.nodes]
    assert ({"Ready"}, {False}) == (
        {node.node_status for node in pages[0].nodes},
        {node.is_aliyun_node for node in pages[0].nodes},
    )
    assert (2, 5, 8) == (pages[1].page.page_number, pages[1].page.page_size, pages[1].page.total_count)
    assert [ACK.nodes[1].ip] == page(ACK.id, node_ips=ACK.nodes[1].ip).nodes[0].ip_address


def test_a_dead_members_nodes_say_so(cloud: Cloud) -> None:
    from alibabacloud_cs20151215 import models

    cloud.dead.add(ACK.id)
    nodes = cloud.cs().describe_cluster_nodes(ACK.id, models.DescribeClusterNodesRequest()).body.nodes
    pools = cloud.cs().describe_cluster_node_pools(ACK.id, models.DescribeClusterNodePoolsRequest()).body.nodepools

    assert {"Unknown"} == {node.node_status for node in nodes}
    assert [(6, 0, 6)] == [(p.status.total_nodes, p.status.healthy_nodes, p.status.offline_nodes) for p in pools]


def test_only_members_in_the_cloud_have_node_pools(cloud: Cloud) -> None:
    from alibabacloud_cs20151215 import models

    request = models.DescribeClusterNodePoolsRequest()
    (pool,) = cloud.cs().describe_cluster_node_pools(ACK.id, request).body.nodepools
    nodes = cloud.cs().describe_cluster_nodes(ACK.id, models.DescribeClusterNodesRequest()).body.nodes

    assert ("active", 6, [ACK.vswitches[0].id]) == (
        pool.status.state,
        pool.scaling_group.desired_size,
        pool.scaling_group.vswitch_ids,
    )
    assert {pool.nodepool_info.nodepool_id} == {node.nodepool_id for node in nodes}
    assert [] == cloud.cs().describe_cluster_node_pools(IDC.id, request).body.nodepools


def test_what_cs_does_not_know_is_told_in_its_own_shape(cloud: Cloud) -> None:
    from alibabacloud_cs20151215 import models
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

    with pytest.raises(AlibabaCloudException) as caught:
        cloud.cs().describe_cluster_detail("c/0")

    assert ("ErrorClusterNotFound", 404) == (caught.value.code, caught.value.status_code)
    assert {"code", "message", "requestId", "status"} <= set(caught.value.data)
    assert ("ErrorTaskNotFound", 404) == refusal(lambda: cloud.cs().describe_task_info("T-1"))
    assert "SignatureDoesNotMatch" == refusal(lambda: cloud.cs("wrong").describe_cluster_detail(ACK.id))[0]
    assert ("InvalidAction.NotFound", 404) == refusal(
        lambda: cloud.cs().describe_cluster_logs(ACK.id)  # nothing simulated is at its path
    )
    assert (
        "IllegalParam.page_size"
        == (refusal(lambda: cloud.cs().describe_clusters_v1(models.DescribeClustersV1Request(page_size=500)))[0])
    )


def test_the_fleet_is_a_hub_cluster_with_the_members_associated(cloud: Cloud) -> None:
    (hub,) = cloud.adcp("DescribeHubClusters")["Clusters"]
    detail = cloud.adcp("DescribeHubClusterDetails", ClusterId=WORLD.id)["Cluster"]
    managed = cloud.adcp("DescribeManagedClusters", ClusterId=WORLD.id)["Clusters"]

    assert (WORLD.id, "hz-prod", "running") == tuple(hub["ClusterInfo"][key] for key in ("ClusterId", "Name", "State"))
    assert WORLD.vpc == hub["Network"]["VpcId"]
    assert detail["ClusterInfo"]["MetaData"]["ACKOne"]["GitOps"]["Enabled"]
    assert [(ACK.id, "Successed"), (IDC.id, "Successed")] == [
        (one["Cluster"]["ClusterID"], one["Status"]["State"]) for one in managed
    ]
    assert [WORLD.region] == [one["RegionId"] for one in cloud.adcp("DescribeRegions")["Regions"]]
    assert [] == cloud.adcp("DescribeHubClusters", Profile="XFlow")["Clusters"]


def test_a_hub_that_is_not_there_is_told(cloud: Cloud) -> None:
    assert ("Cluster.NotFound", 404) == refusal(lambda: cloud.adcp("DescribeManagedClusters", ClusterId=ACK.id))
    assert ("MissingParam.ClusterId", 400) == refusal(lambda: cloud.adcp("DescribeHubClusterDetails"))


def test_the_vpc_holds_the_vswitches_of_gateways_and_members(cloud: Cloud) -> None:
    (found,) = cloud.vpc("DescribeVpcs", **REGION)["Vpcs"]["Vpc"]
    attribute = cloud.vpc("DescribeVpcAttribute", **REGION, VpcId=WORLD.vpc)
    vswitches = cloud.vpc("DescribeVSwitches", VpcId=WORLD.vpc)["VSwitches"]["VSwitch"]

    assert (WORLD.vpc, "prod", "10.0.0.0/8", "Available") == tuple(
        found[key] for key in ("VpcId", "VpcName", "CidrBlock", "Status")
    )
    assert found["VSwitchIds"] == attribute["VSwitchIds"]
    assert 1 == len(attribute["AssociatedCens"]["AssociatedCen"])
    assert ["gateway-h", "gateway-k", "ack-prod-j-nodes", "ack-prod-j-pods"] == [
        one["VSwitchName"] for one in vswitches
    ]
    assert {v.id for g in WORLD.gateways for v in g.vswitches} == {one["VSwitchId"] for one in vswitches[:2]}
    assert {v.id for v in ACK.vswitches} == {one["VSwitchId"] for one in vswitches[2:]}
    assert all(ipaddress.IPv4Network(one["CidrBlock"]).subnet_of(VPC) for one in vswitches)
    assert [256 - 4 - 3, 4096 - 4 - 6] == [vswitches[index]["AvailableIpAddressCount"] for index in (0, 2)]


def test_vswitches_are_filtered_and_paged(cloud: Cloud) -> None:
    page = cloud.vpc("DescribeVSwitches", **REGION, PageSize="3", PageNumber="2")
    zoned = cloud.vpc("DescribeVSwitches", **REGION, ZoneId="cn-hangzhou-k")["VSwitches"]["VSwitch"]
    named = cloud.vpc("DescribeVSwitches", **REGION, VSwitchId=ACK.vswitches[0].id)["VSwitches"]["VSwitch"]

    assert (["ack-prod-j-pods"], 2, 3, 4) == (
        [one["VSwitchName"] for one in page["VSwitches"]["VSwitch"]],
        page["PageNumber"],
        page["PageSize"],
        page["TotalCount"],
    )
    assert ["gateway-k"] == [one["VSwitchName"] for one in zoned]
    assert ["ack-prod-j-nodes"] == [one["VSwitchName"] for one in named]


def test_zones_are_those_of_the_region_for_vpc_and_alb(cloud: Cloud) -> None:
    wanted = ["cn-hangzhou-h", "cn-hangzhou-j", "cn-hangzhou-k"]

    assert wanted == [zone["ZoneId"] for zone in cloud.vpc("DescribeZones", **REGION)["Zones"]["Zone"]]
    assert wanted == [zone["ZoneId"] for zone in cloud.rpc("2020-06-16", "DescribeZones")["Zones"]]


def test_what_vpc_refuses_has_its_own_codes(cloud: Cloud) -> None:
    assert ("MissingParameter", 400) == refusal(lambda: cloud.vpc("DescribeVSwitches"))
    assert ("InvalidVpcId.NotFound", 404) == refusal(lambda: cloud.vpc("DescribeVpcAttribute", VpcId="vpc-0"))
    assert ("InvalidRegionId.NotFound", 404) == refusal(lambda: cloud.vpc("DescribeVpcs", RegionId="mars"))
    assert "IllegalParam.PageSize" == refusal(lambda: cloud.vpc("DescribeVpcs", **REGION, PageSize="51"))[0]
    assert [] == cloud.vpc("DescribeVpcs", **REGION, VpcId="vpc-0")["Vpcs"]["Vpc"]


def test_a_version_and_an_operation_nobody_has_are_told(cloud: Cloud) -> None:
    assert ("InvalidAction.NotFound", 404) == refusal(lambda: cloud.rpc("1999-01-01", "DescribeVpcs"))
    assert ("InvalidAction.NotFound", 404) == refusal(lambda: cloud.vpc("ListRules"))
    assert "SignatureDoesNotMatch" == refusal(lambda: cloud.rpc("2016-04-28", "DescribeVpcs", secret="wrong"))[0]


def test_rights_and_throttling_are_by_operation_and_product(cloud: Cloud) -> None:
    cloud.api.denied[KEY, "DescribeVSwitches"] = "Forbidden.RAM"
    cloud.api.denied[KEY, "DescribeClusterDetail"] = "StatusForbidden"
    cloud.api.throttled["adcp"] = Sieve(10)

    assert ("Forbidden.RAM", 403) == refusal(lambda: cloud.vpc("DescribeVSwitches", **REGION))
    assert ("StatusForbidden", 403) == refusal(lambda: cloud.cs().describe_cluster_detail(ACK.id))
    assert ("Throttling.User", 400) == refusal(lambda: cloud.adcp("DescribeRegions"))
    assert 1 == cloud.vpc("DescribeVpcs", **REGION)["TotalCount"]


def test_the_same_seed_makes_the_same_ids() -> None:
    again = world.generate(scenario.load("calm"), seed=1, began=0.0)
    other = world.generate(scenario.load("calm"), seed=2, began=0.0)

    assert (WORLD.id, WORLD.vswitches) == (again.id, again.vswitches)
    assert WORLD.id != other.id
    assert not set(WORLD.vswitches) & set(other.vswitches)
