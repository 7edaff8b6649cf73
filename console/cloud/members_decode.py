"""Answers of ADCP and CS about Fleets, clusters and tasks -> the records of `console.model.ground`. What has no id
cannot be told of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from console.cloud.fields import held
from console.cloud.network_decode import GroundFields
from console.model.cluster import Cluster
from console.model.ground import Attached, FleetHub, MemberCluster
from console.model.text import inert

LINES = 12
"""Lines of a log that are kept, the last ones."""
_FAILED = ("fail", "failed")
_POD_VSWITCHES = ("podvswitchids", "podvswitchid", "pod_vswitch_ids")


@dataclass(frozen=True, slots=True)
class TaskWords:
    """DescribeTaskInfo: `state` running | fail | success; `lines` of its stages and events, oldest first."""

    state: str
    error: str = ""
    lines: tuple[str, ...] = ()


class MembersDecoder(GroundFields):
    """Decodes the answers of one part."""

    def fleets(self, body: Any) -> Iterator[FleetHub]:
        """DescribeHubClusters."""
        for one in self.rows(body, "Clusters"):
            found = self.fleet(one)
            if found.id:
                yield found

    def fleet(self, one: Any) -> FleetHub:
        """One of DescribeHubClusters, or the Cluster of DescribeHubClusterDetails, which knows of ArgoCD, too."""
        info, network = held(one, "ClusterInfo"), held(one, "Network")
        features = held(held(held(info, "MetaData"), "ACKOne"), "GitOps")
        return FleetHub(
            id=self._text(info, "ClusterId"),
            name=self._text(info, "Name"),
            state=self._text(info, "State"),
            region=self._text(info, "RegionId"),
            vpc=self._text(network, "VpcId"),
            vswitches=self.texts(network, "VSwitches"),
            argocd=self._truth(features, "Enabled"),
            public=self._truth(held(one, "ApiServer"), "EnabledPublic"),
            error=self._text(info, "ErrorMessage"),
            tags=self.tags(info),
        )

    def attached(self, body: Any) -> Iterator[Attached]:
        """DescribeManagedClusters."""
        for one in self.rows(body, "Clusters"):
            cluster, status = held(one, "Cluster"), held(one, "Status")
            id = self._text(cluster, "ClusterID") or self._text(cluster, "ClusterId")
            if id:
                yield Attached(id, self._text(status, "State"), self._text(status, "Message"))

    def log(self, body: Any) -> tuple[str, ...]:
        """DescribeHubClusterLogs: its last lines, oldest first, `LEVEL TEXT`."""
        told = [
            (self._text(one, "CreationTime"), self._text(one, "LogLevel"), self._text(one, "ClusterLog"))
            for one in self.rows(body, "Logs")
        ]
        told.sort(key=lambda line: line[0])
        return tuple(f"{level or 'info'} {text}" for _, level, text in told[-LINES:] if text)

    def clusters(self, body: Any) -> Iterator[MemberCluster]:
        """DescribeClustersV1; those without an id are kept, since pages are counted by them."""
        for one in self.rows(body, "clusters"):
            yield self.cluster(one)

    def total(self, body: Any) -> int | None:
        """How many clusters there are on all pages; None where it does not say."""
        return self.count(held(body, "page_info"), "total_count")

    def cluster(self, one: Any) -> MemberCluster:
        """One of DescribeClustersV1, or DescribeClusterDetail."""
        type = self._text(one, "cluster_type")
        older = tuple(part.strip() for part in self._text(one, "vswitch_id").split(",") if part.strip())
        id = self._text(one, "cluster_id")
        return MemberCluster(
            id=id,
            name=self._text(one, "name"),
            kind=Cluster(id, type=type).kind or type,
            state=self._text(one, "state"),
            region=self._text(one, "region_id"),
            vpc=self._text(one, "vpc_id"),
            vswitches=tuple(dict.fromkeys(self.texts(one, "vswitch_ids") or older)),
            pod_vswitches=self._pod_vswitches(one),
            pods=self._text(one, "container_cidr") or self._text(one, "subnet_cidr"),
            services=self._text(one, "service_cidr"),
            security_group=self._text(one, "security_group_id"),
            version=self._text(one, "current_version") or self._text(one, "init_version"),
            nodes=self.count(one, "size"),
            tags=self.tags(one, "key", "value"),
        )

    def task(self, body: Any) -> TaskWords:
        """DescribeTaskInfo."""
        error, state = held(body, "error"), self._text(body, "state")
        words = " ".join(filter(None, (self._text(error, "code"), self._text(error, "message"))))
        stages = [
            f"{self._text(one, 'state') or 'running'} {self._text(one, 'message')}".strip()
            for one in self._items(body, "stages")
        ]
        events = [
            " ".join(filter(None, (self._text(one, name) for name in ("level", "reason", "message"))))
            for one in self._items(body, "events")
        ]
        lines = tuple(line for line in (*stages, *events, f"error {words}" if words else "") if line)
        return TaskWords(state, words if words or state not in _FAILED else "the task failed", lines[-LINES:])

    def _pod_vswitches(self, one: Any) -> tuple[str, ...]:
        """Of a cluster with Terway: in `parameters` of its details, or in `meta_data`, which is a JSON text; a list of
        ids, ids by zone, or either as JSON text. The service documents no place for it."""
        meta = _document(held(one, "meta_data"))
        for place in (held(one, "parameters"), meta, held(meta, "Capabilities")):
            for name, value in place.items() if isinstance(place, Mapping) else ():
                if isinstance(name, str) and name.lower() in _POD_VSWITCHES and (ids := _ids(value)):
                    return ids
        return ()


def _document(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _ids(value: Any) -> tuple[str, ...]:
    """vSwitch ids in a list, a mapping of lists, a JSON text or a comma list."""
    if isinstance(value, str):
        found = _document(value)
        value = [part.strip() for part in value.split(",")] if found is None or isinstance(found, str) else found
    if isinstance(value, Mapping):
        value = [id for ids in value.values() for id in (ids if isinstance(ids, list) else [ids])]
    listed = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(inert(id, 120) for id in listed if isinstance(id, str) and id.startswith("vsw-")))
