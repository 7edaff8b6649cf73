"""Asks CS, ADCP and VPC about clusters: CS by its own client, the other two, which have none here, by
the generic one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from console.cloud.budget import CallBudget
from console.cloud.call import Caller
from console.cloud.clusters_decode import ClustersDecoder
from console.imports import IMPORTING
from console.model.cluster import Association, Cluster, HubCluster, VSwitch

VERSIONS = {"adcp": "2022-01-01", "vpc": "2016-04-28"}
_PAGE, _PAGES = 50, 40


class Clusters:
    """The questions; each blocks. `connect` makes a product's client when the first question needs it; it may fail.

    All raise `Trouble`, and what `connect` raises.
    """

    def __init__(self, connect: Callable[[str], Any], budget: CallBudget) -> None:
        self._connect = connect
        self._clients: dict[str, Any] = {}
        self._callers = {product: Caller(product, budget) for product in ("cs", "adcp", "vpc")}

    def detail(self, cluster: str, decoder: ClustersDecoder) -> Cluster:
        """DescribeClusterDetail."""
        client = self._client("cs")
        with IMPORTING:
            from darabonba.runtime import RuntimeOptions

        def call() -> Any:
            return client.describe_cluster_detail_with_options(cluster, {}, RuntimeOptions())

        return decoder.cluster(self._callers["cs"].ask("DescribeClusterDetail", call), cluster)

    def hubs(self, decoder: ClustersDecoder) -> tuple[HubCluster, ...]:
        """DescribeHubClusters: every Fleet that the credential may see."""
        return tuple(decoder.hubs(self._rpc("adcp", "DescribeHubClusters")))

    def hub(self, id: str, decoder: ClustersDecoder) -> HubCluster:
        """DescribeHubClusterDetails."""
        return decoder.hub(self._rpc("adcp", "DescribeHubClusterDetails", ClusterId=id), id)

    def associations(self, hub: str, decoder: ClustersDecoder) -> tuple[Association, ...]:
        """DescribeManagedClusters."""
        return tuple(decoder.associations(self._rpc("adcp", "DescribeManagedClusters", ClusterId=hub)))

    def vswitches(self, vpc: str, region: str | None, decoder: ClustersDecoder) -> Iterator[VSwitch]:
        """DescribeVSwitches: all of one VPC, page by page."""
        place = {"VpcId": vpc, **({"RegionId": region} if region else {})}
        for number in range(1, _PAGES + 1):
            asked = {**place, "PageNumber": str(number), "PageSize": str(_PAGE)}
            found = tuple(decoder.vswitches(self._rpc("vpc", "DescribeVSwitches", **asked)))
            yield from found
            if len(found) < _PAGE:
                return

    def _client(self, product: str) -> Any:
        if product not in self._clients:
            self._clients[product] = self._connect(product)
        return self._clients[product]

    def _rpc(self, product: str, action: str, **query: str) -> Any:
        """A call as the vendor's own clients make it."""
        client = self._client(product)
        with IMPORTING:
            from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
            from darabonba.runtime import RuntimeOptions

        params = Params(
            action=action,
            version=VERSIONS[product],
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        return self._callers[product].ask(
            action, lambda: client.call_api(params, OpenApiRequest(query=query), RuntimeOptions())
        )
