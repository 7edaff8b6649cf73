"""Asks CS, ADCP and VPC about clusters: the state of each, the Fleet, its associations, the zones of vSwitches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from console.cloud.budget import CallBudget
from console.cloud.clusters_decode import ClustersDecoder
from console.cloud.openapi import OpenApis
from console.imports import IMPORTING
from console.model.cluster import Association, Cluster, HubCluster, VSwitch

_PAGE, _PAGES = 50, 40


class Clusters:
    """The questions; each blocks. `connect` makes a product's client when the first question needs it; it may fail.

    All raise `Trouble`, and what `connect` raises.
    """

    def __init__(self, connect: Callable[[str], Any], budget: CallBudget) -> None:
        self._openapis = OpenApis(connect, budget)

    def detail(self, cluster: str, decoder: ClustersDecoder) -> Cluster:
        """DescribeClusterDetail."""
        client = self._openapis.client("cs")
        with IMPORTING:
            from darabonba.runtime import RuntimeOptions

        def call() -> Any:
            return client.describe_cluster_detail_with_options(cluster, {}, RuntimeOptions())

        return decoder.cluster(self._openapis.ask("cs", "DescribeClusterDetail", call), cluster)

    def hubs(self, decoder: ClustersDecoder) -> tuple[HubCluster, ...]:
        """DescribeHubClusters: every Fleet that the credential may see."""
        return tuple(decoder.hubs(self._openapis.rpc("adcp", "DescribeHubClusters", {})))

    def hub(self, id: str, decoder: ClustersDecoder) -> HubCluster:
        """DescribeHubClusterDetails."""
        return decoder.hub(self._openapis.rpc("adcp", "DescribeHubClusterDetails", {"ClusterId": id}), id)

    def associations(self, hub: str, decoder: ClustersDecoder) -> tuple[Association, ...]:
        """DescribeManagedClusters."""
        return tuple(decoder.associations(self._openapis.rpc("adcp", "DescribeManagedClusters", {"ClusterId": hub})))

    def vswitches(self, vpc: str, region: str | None, decoder: ClustersDecoder) -> Iterator[VSwitch]:
        """DescribeVSwitches: all of one VPC, page by page."""
        place = {"VpcId": vpc, **({"RegionId": region} if region else {})}
        for number in range(1, _PAGES + 1):
            asked = {**place, "PageNumber": str(number), "PageSize": str(_PAGE)}
            found = tuple(decoder.vswitches(self._openapis.rpc("vpc", "DescribeVSwitches", asked)))
            yield from found
            if len(found) < _PAGE:
                return
