"""Answers of CS, ADCP and VPC -> the records of `console.model.cluster`. What has no id cannot be told of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from console.cloud.fields import Fields, held
from console.model.cluster import Association, Cluster, HubCluster, VSwitch
from console.model.text import inert


class ClustersDecoder(Fields):
    """Decodes the answers of one round."""

    def cluster(self, body: Any, id: str) -> Cluster:
        """DescribeClusterDetail of one cluster: the id is the one that was asked for."""
        vswitches = [self._plain(one) for one in self._items(body, "vswitch_ids")]
        older = self._text(body, "vswitch_id").split(",")
        return Cluster(
            id=id,
            state=self._text(body, "state"),
            type=self._text(body, "cluster_type"),
            version=self._text(body, "current_version") or self._text(body, "init_version"),
            vpc=self._text(body, "vpc_id"),
            vswitches=tuple(dict.fromkeys(filter(None, vswitches or (one.strip() for one in older)))),
        )

    def hubs(self, body: Any) -> Iterator[HubCluster]:
        """DescribeHubClusters."""
        for one in self._items(body, "Clusters"):
            found = self._hub(one)
            if found.id:
                yield found

    def hub(self, body: Any, id: str) -> HubCluster:
        """DescribeHubClusterDetails of one Fleet."""
        found = self._hub(held(body, "Cluster"))
        return HubCluster(id, found.name, found.state, found.version, found.error)

    def associations(self, body: Any) -> Iterator[Association]:
        """DescribeManagedClusters."""
        for one in self._items(body, "Clusters"):
            cluster, status = held(one, "Cluster"), held(one, "Status")
            id = self._text(cluster, "ClusterID") or self._text(cluster, "ClusterId")
            if id:
                yield Association(
                    cluster=id,
                    state=self._text(status, "State"),
                    message=self._text(status, "Message"),
                    cluster_state=self._text(cluster, "State"),
                    version=self._text(cluster, "CurrentVersion"),
                )

    def vswitches(self, body: Any) -> Iterator[VSwitch]:
        """DescribeVSwitches; its list is wrapped twice. Those without an id are kept: pages are counted by them."""
        for one in self._items(held(body, "VSwitches"), "VSwitch"):
            yield VSwitch(self._text(one, "VSwitchId"), self._text(one, "ZoneId"))

    def _hub(self, one: Any) -> HubCluster:
        info = held(one, "ClusterInfo")
        return HubCluster(
            id=self._text(info, "ClusterId"),
            name=self._text(info, "Name"),
            state=self._text(info, "State"),
            version=self._text(info, "Version"),
            error=self._text(info, "ErrorMessage"),
        )

    def _plain(self, one: Any) -> str:
        if isinstance(one, str):
            return inert(one, 120)
        self._note("vswitch_ids", one)
        return ""
