"""Fleets of ADCP: made, given features, given members and deprived of them, taken away; each by a task whose lines are
the Fleet's log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.sim.account.clusters import cluster_of
from console.sim.account.grounds import Grounds
from console.sim.account.network import vpc_of
from console.sim.account.state import Account, Association, Cluster, Hub, Line, found
from console.sim.account.tasks import Event, Stage, Task, Ways
from console.sim.openapis.refusal import OpenApiError

CREATE_STAGES = (
    Stage("CheckParameters", "Checking quota, VPC and vSwitches", 8),
    Stage("CreateControlPlane", "Creating the control plane of the Fleet", 45),
    Stage("InstallComponents", "Installing the components of the Fleet", 25),
    Stage("WaitForApiServer", "Waiting for the API server", 10),
)
ATTACH_STAGES = (
    Stage("CheckClusters", "Checking the clusters and their connection", 5),
    Stage("InstallAgent", "Installing the agent in the clusters", 20),
    Stage("AcceptClusters", "Accepting the clusters and giving them their namespaces", 10),
)
DETACH_STAGES = (Stage("RemoveAgent", "Removing the agent from the clusters", 15),)
ARGOCD_STAGES = (Stage("InstallArgoCD", "Installing ArgoCD", 25),)
FEATURE_STAGES = (Stage("UpdateFeature", "Updating features of the Fleet", 8),)
DELETE_STAGES = (Stage("DeleteControlPlane", "Deleting the control plane of the Fleet", 30),)


def create(
    account: Account,
    grounds: Grounds,
    *,
    name: str,
    vpc: str,
    vswitches: Sequence[str],
    tags: dict[str, str],
    profile: str = "Default",
    public: bool = False,
    audit: bool = False,
) -> tuple[Hub, Task]:
    """CreateHubCluster: it has no token, so that called twice it makes two."""
    vpc_of(account, vpc)
    if not vswitches:
        raise OpenApiError("MissingVSwitches", "VSwitches is mandatory for this action.")
    for each in vswitches:
        if each not in account.vswitches or account.vswitches[each].vpc != vpc:
            raise OpenApiError("InvalidVSwitch.NotFound", f"The vSwitch {each} is not in {vpc}.", 404)
    made = Hub(account.cluster_id(), name, account.version, vpc, tuple(vswitches), account.now(), tags=tags)
    made.profile, made.public, made.audit = profile, public, audit
    account.hubs[made.id] = made

    async def done() -> None:
        if made.state == "initial":
            await grounds.raise_hub(made)
            made.state = "running" if made.state == "initial" else made.state
        if made.id not in account.hubs:
            # It was taken away while it was being made.
            await grounds.raze_hub(made)

    def failed(why: str) -> None:
        made.state, made.error = "failed", why

    return made, account.tasks.begin("create_hub", made.id, CREATE_STAGES, Ways(logged(made), done, failed))


def attach(account: Account, grounds: Grounds, hub: Hub, identifiers: Sequence[str]) -> Task:
    """AttachClusterToHub; the Fleet runs again when all are associated or not."""
    clusters = [_attachable(account, hub, each) for each in dict.fromkeys(identifiers)]
    _busy(hub)
    hub.state = "updating"
    for cluster in clusters:
        hub.members[cluster.id] = Association(cluster.id)

    async def done() -> None:
        for cluster in clusters:
            await grounds.join(hub, cluster)
            hub.members[cluster.id].state = "Successed"
        hub.state = "running"

    def failed(why: str) -> None:
        hub.state = "running"
        for cluster in clusters:
            hub.members[cluster.id] = Association(cluster.id, "Failed", why)

    return account.tasks.begin("attach_cluster", hub.id, ATTACH_STAGES, Ways(logged(hub), done, failed))


def detach(account: Account, grounds: Grounds, hub: Hub, identifiers: Sequence[str]) -> Task:
    """DetachClusterFromHub."""
    for each in identifiers:
        if each not in hub.members:
            raise OpenApiError("Cluster.NotFound", f"The cluster {each} is not associated with {hub.id}.", 404)
    _busy(hub)
    hub.state = "updating"
    former = {each: hub.members[each].state for each in identifiers}
    for each in identifiers:
        hub.members[each].state = "Deleting"

    async def done() -> None:
        for each in former:
            if each in account.clusters:
                await grounds.leave(hub, account.clusters[each])
            hub.members.pop(each, None)
        hub.state = "running"

    def failed(why: str) -> None:
        hub.state = "running"
        for each, state in former.items():
            hub.members[each].state, hub.members[each].message = state, why

    return account.tasks.begin("detach_cluster", hub.id, DETACH_STAGES, Ways(logged(hub), done, failed))


def set_features(
    account: Account,
    grounds: Grounds,
    hub: Hub,
    *,
    argocd: bool | None = None,
    public: bool | None = None,
    protected: bool | None = None,
    name: str = "",
) -> Task:
    """UpdateHubClusterFeature: what is None stays."""
    _busy(hub)
    hub.state = "updating"
    changes = argocd is not None and argocd != hub.argocd

    async def done() -> None:
        hub.public = hub.public if public is None else public
        hub.protected = hub.protected if protected is None else protected
        hub.name = name or hub.name
        if changes:
            hub.argocd = bool(argocd)
            await grounds.set_argocd(hub)
        hub.state = "running"

    def failed(why: str) -> None:
        hub.state, hub.error = "running", why

    stages = ARGOCD_STAGES if changes else FEATURE_STAGES
    return account.tasks.begin("update_feature", hub.id, stages, Ways(logged(hub), done, failed))


def delete(account: Account, grounds: Grounds, hub: Hub, *, force: bool) -> Task:
    """DeleteHubCluster: not while it has members, but by force."""
    if hub.protected:
        raise OpenApiError("Cluster.DeletionProtection", f"The cluster {hub.id} has deletion protection.", 403)
    if hub.members and not force:
        words = f"The cluster {hub.id} has {len(hub.members)} associated clusters, detach them first."
        raise OpenApiError("Cluster.HasManagedClusters", words, 403)
    if hub.state == "deleting":
        raise OpenApiError("Cluster.InvalidState", f"The cluster {hub.id} is being deleted.")
    hub.state = "deleting"

    async def done() -> None:
        for each in list(hub.members):
            if each in account.clusters:
                await grounds.leave(hub, account.clusters[each])
        await grounds.raze_hub(hub)
        account.hubs.pop(hub.id, None)

    def failed(why: str) -> None:
        hub.state, hub.error = "delete_failed", why

    return account.tasks.begin("delete_hub", hub.id, DELETE_STAGES, Ways(logged(hub), done, failed))


def hub_of(account: Account, identifier: str) -> Hub:
    """The Fleet of this id. Raises `OpenApiError`."""
    return found(account.hubs, identifier, "Cluster.NotFound", f"The cluster {identifier} is not found.")


def logged(hub: Hub) -> Callable[[Event], None]:
    """What writes a task's lines into the Fleet's log."""
    return lambda event: hub.log.append(Line(event.at, event.level, f"{event.reason}: {event.text}"))


def _attachable(account: Account, hub: Hub, identifier: str) -> Cluster:
    cluster = cluster_of(account, identifier)
    if cluster.vpc != hub.vpc:
        words = f"The cluster {identifier} is in {cluster.vpc}, the Fleet in {hub.vpc}."
        raise OpenApiError("Cluster.VpcMismatch", words)
    other = account.hub_of(identifier)
    if other is not None and (other.id != hub.id or hub.members[identifier].state != "Failed"):
        words = f"The cluster {identifier} is already associated with {other.id}."
        raise OpenApiError("Cluster.AlreadyAttached", words)
    if account.state_of(cluster) != "running":
        words = f"The cluster {identifier} is {account.state_of(cluster)}, not running."
        raise OpenApiError("Cluster.InvalidState", words)
    return cluster


def _busy(hub: Hub) -> None:
    if hub.state != "running":
        raise OpenApiError("Cluster.InvalidState", f"The cluster {hub.id} is {hub.state}, not running.")
