"""Looks at the cloud for `doctor`: whether the named credential can be had, and whether a call of each product that is
read is answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from console.cloud.alb import Alb
from console.cloud.budget import CallBudget
from console.cloud.clusters import Clusters
from console.cloud.clusters_decode import ClustersDecoder
from console.cloud.credentials import alb_client, client
from console.cloud.trouble import Trouble
from console.errors import FleetConsoleError
from console.model.checkup import CloudCall, CloudFacts, Failure
from console.model.cluster import Cluster
from console.model.freshness import SourceName, SourceState
from console.model.text import inert
from console.settings import CloudSettings, CredentialSettings

ACTION = "ListLoadBalancers"
"""Cheap, changes nothing, and needs no id."""


def look(settings: CloudSettings, members: Sequence[str] = ()) -> CloudFacts:
    """Blocks for imports, the credential and a call of each product; a failure is a fact, never raised. Nothing secret
    is in it. `members`: cluster ids that settings name."""
    named = settings.credentials
    if named is None:
        return CloudFacts()
    which = _which(named)
    try:
        alb = Alb(alb_client(settings), CallBudget())
    except FleetConsoleError as error:
        return CloudFacts(which, ACTION, credential=Failure(str(error.args[0]), error.fix))
    except Exception as error:  # the SDK raises what it likes
        sentence = f"the cloud's client cannot be made: {inert(type(error).__name__)}"
        return CloudFacts(which, ACTION, credential=Failure(sentence, "Name another credential."))
    began = time.monotonic()
    try:
        alb.greet()
    except Trouble as error:
        found = CloudFacts(which, ACTION, call=_failure(error), skew=alb.skew)
    else:
        found = CloudFacts(which, ACTION, seconds=time.monotonic() - began, skew=alb.skew)
    return replace(found, reads=_reads(settings, members) if settings.clusters else ())


def _reads(settings: CloudSettings, members: Sequence[str]) -> tuple[CloudCall, ...]:
    """One call for each source that moves slowly."""
    clusters, decoder = Clusters(lambda product: client(settings, product), CallBudget()), ClustersDecoder()
    cluster: list[Cluster] = []
    return (
        _read(SourceName.FLEET, "adcp:DescribeHubClusters", lambda: clusters.hubs(decoder)),
        _read(
            SourceName.CLUSTERS,
            "cs:DescribeClusterDetail",
            (lambda: cluster.append(clusters.detail(members[0], decoder))) if members else None,
        ),
        _read(
            SourceName.VSWITCHES,
            "vpc:DescribeVSwitches",
            (lambda: list(clusters.vswitches(cluster[0].vpc, settings.region, decoder)))
            if cluster and cluster[0].vpc
            else None,
        ),
    )


def _read(of: SourceName, action: str, ask: Callable[[], object] | None) -> CloudCall:
    if ask is None:
        return CloudCall(of, action, asked=False)
    began = time.monotonic()
    try:
        ask()
    except Trouble as error:
        return CloudCall(of, action, _failure(error))
    except FleetConsoleError as error:
        return CloudCall(of, action, Failure(str(error.args[0]), error.fix))
    except Exception as error:  # the SDK raises what it likes
        return CloudCall(of, action, Failure(f"it cannot be asked: {inert(type(error).__name__)}"))
    return CloudCall(of, action, seconds=time.monotonic() - began)


def _failure(error: Trouble) -> Failure:
    fix = (
        "Wait, or have fewer consoles and controllers ask the same account."
        if error.state is SourceState.THROTTLED
        else f"Have {error.permission} allowed for the RAM user or role."
        if error.permission
        else "Check region, endpoint and credential under fleets.cloud."
    )
    return Failure(str(error), fix)


def _which(named: CredentialSettings) -> str:
    """The credential's name, in the order in which it is looked for."""
    if named.access_key_id or named.access_key_secret:
        return "the key in the settings"
    if named.environment:
        return "the environment"
    if named.profile is not None:
        return f"profile {inert(named.profile, 60)}"
    return f"role {inert(named.role, 60)}" if named.role is not None else "nothing that is named"
