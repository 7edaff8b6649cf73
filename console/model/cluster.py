"""What the cloud says of clusters (CS 2015-12-15, ADCP 2022-01-01, VPC 2016-04-28), one record a kind. Text is inert;
states are the services' own words, empty where they say nothing. `since`: the monotonic second from which on a state
was seen as it is: it may be older."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

SEVERAL = "several"
"""Shown in place of the zone of a member whose vSwitches stand in more than one: it is drained by member."""
NOT_LISTED = "not listed"
"""In place of an association's state: the Fleet does not list the cluster."""
_ACK = ("ManagedKubernetes", "Kubernetes", "Ask")
_REGISTERED = ("ExternalKubernetes",)
_CHANGING = frozenset({"initial", "updating", "upgrading", "scaling", "removing", "draining", "installing"})
_GOOD = frozenset({"successed", "succeeded"})
"""The service spells it in the first way."""


class Standing(StrEnum):
    """What a state of the cloud amounts to."""

    GOOD = "good"
    CHANGING = "changing"
    """Under way by somebody's order; no fault."""
    BAD = "bad"
    """Every other word, those that nobody knows yet included."""
    UNKNOWN = "unknown"


def standing(state: str, good: Iterable[str] = ("running",)) -> Standing:
    """What a cluster's state amounts to."""
    word = state.lower()
    if not word:
        return Standing.UNKNOWN
    return Standing.GOOD if word in good else Standing.CHANGING if word in _CHANGING else Standing.BAD


@dataclass(frozen=True, slots=True)
class Cluster:
    """DescribeClusterDetail: `state` initial | running | updating | upgrading | scaling | waiting | disconnected |
    unavailable | ...; `type` ManagedKubernetes | Kubernetes | ExternalKubernetes."""

    id: str
    state: str = ""
    type: str = ""
    version: str = ""
    vpc: str = ""
    vswitches: tuple[str, ...] = ()
    since: float = 0.0

    @property
    def kind(self) -> str | None:
        """ack | registered, None where its type is neither."""
        return "ack" if self.type in _ACK else "registered" if self.type in _REGISTERED else None

    @property
    def standing(self) -> Standing:
        """What its state amounts to."""
        return standing(self.state)


@dataclass(frozen=True, slots=True)
class Association:
    """One of DescribeManagedClusters: `state` Installing | Successed (sic) | Failed | Deleting | Deleted;
    `cluster_state` is ADCP's own word on the cluster, coarser than that of CS."""

    cluster: str
    state: str = ""
    message: str = ""
    cluster_state: str = ""
    version: str = ""
    since: float = 0.0

    @property
    def standing(self) -> Standing:
        """What its state amounts to."""
        return standing(self.state, _GOOD)


@dataclass(frozen=True, slots=True)
class HubCluster:
    """The Fleet itself, by DescribeHubClusters or DescribeHubClusterDetails; `associations` None: not read."""

    id: str
    name: str = ""
    state: str = ""
    version: str = ""
    error: str = ""
    since: float = 0.0
    associations: tuple[Association, ...] | None = None

    @property
    def standing(self) -> Standing:
        """What its state amounts to."""
        return standing(self.state)


@dataclass(frozen=True, slots=True)
class VSwitch:
    """DescribeVSwitches."""

    id: str
    zone: str


@dataclass(frozen=True, slots=True)
class CloudWord:
    """What the cloud says of one member; None where it is not read, or says nothing of it."""

    cluster: Cluster | None = None
    association: Association | None = None

    @property
    def standing(self) -> Standing:
        """Of the cluster: by CS, else by ADCP."""
        if self.cluster is not None and self.cluster.state:
            return self.cluster.standing
        return standing(self.association.cluster_state) if self.association is not None else Standing.UNKNOWN

    @property
    def cut_off(self) -> bool:
        """Whether the cloud says that the cluster does not run: what is seen of it elsewhere is no proof that it is
        well."""
        return self.standing is Standing.BAD

    @property
    def version(self) -> str:
        """Kubernetes version."""
        own = self.cluster.version if self.cluster is not None else ""
        return own or (self.association.version if self.association is not None else "")


NO_WORD = CloudWord()


def zone_of(cluster: Cluster, vswitches: Mapping[str, VSwitch]) -> str | None:
    """The one zone of an ACK cluster's vSwitches, `SEVERAL` where they stand in more, None where one is not known."""
    zones = {vswitches[one].zone if one in vswitches else "" for one in cluster.vswitches}
    known = zones - {""}
    if len(known) > 1:
        return SEVERAL
    return known.pop() if len(known) == 1 and "" not in zones else None
