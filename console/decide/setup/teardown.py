"""The plan that takes a topology away again, in reverse: what our set-up made, by its tags and labels, and what is
named besides. What was adopted stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from console.decide.setup import hits, left_behind, manifests
from console.decide.setup.found import ARGO, Found
from console.decide.setup.plan_words import CLUSTERS, FLEETS, MINUTE, kubeconfig, note
from console.decide.setup.task import Agent, CloudCall, Delete, SetupPlan, Stage, Task, Wait
from console.decide.setup.unknown import UNSEEN
from console.model.ground import Attached, FleetHub, Ground, Key, MemberCluster
from console.model.text import inert
from console.model.topology import MemberPart, Topology

_HUB = Wait(("hub",))
_FINAL = {
    "Ingress": "clients of the route are refused from then on",
    "AlbConfig": "its ALB goes, and its address does not come back",
    "ApplicationSet": "its Applications go, and with them their workloads unless preserveResourcesOnDeletion is true",
    "Namespace": "everything in it goes",
}  # fmt: skip


def teardown(topology: Topology, ground: Ground, *, also: frozenset[str] = frozenset()) -> SetupPlan:
    """Everything to take away. `also`: adopted things that are named: `fleet`, `member NAME`, `vswitch NAME`, `vpc`, or
    an object as `str(Key)`; `hub`: what cannot be seen on the Fleet. Needs a ground of which `unknown_to_teardown` says
    nothing."""
    found = Found(topology, ground)
    hit, refused = hits.words(found, also), hits.refusal(found, also)
    tasks = [
        *_sight(found, also),
        *_objects(found, also),
        *_associations(found, also),
        *_admissions(found),
        *_members(found, also),
        *_fleet(found, also),
        *_network(found, also),
    ]
    tasks = [replace(one, what=f"{one.what}, {hit[one.id]}") if one.id in hit else one for one in tasks]
    tasks = [replace(one, failed=refused) if refused and one.id == "fleet deleted" else one for one in tasks]
    return SetupPlan(topology.name, "teardown", tuple(tasks))


def _sight(found: Found, also: frozenset[str]) -> Iterator[Task]:
    """A Fleet of ours that runs is looked into before it goes: what stands on it may have made things elsewhere."""
    fleet, ground = found.fleet, found.ground
    if fleet is None or fleet.state != "running" or ground.hub is not None or UNSEEN in also:
        return
    if found.ours(fleet.tags):
        yield kubeconfig(fleet.id)


def _objects(found: Found, also: frozenset[str]) -> Iterator[Task]:
    """The hub's objects, Ingresses first: an AlbConfig waits for them (domain.md 1.1)."""
    strays = [one.key for one in left_behind.left_behind(found) if one.key is not None]
    for key in (*strays, *reversed(manifests.wanted(found))):
        live = found.hub.find(key.kind, key.name, key.namespace)
        if live is None or key.kind == "Secret" or not (found.made(live) or str(key) in also):
            continue
        if key.kind == "Namespace" and hits.keeps(found, key.name, also):
            continue
        yield Task(
            f"delete {key}", _stage(key), "delete", f"delete {key}", Delete("hub", key), final=_FINAL.get(key.kind, ""),
            usual=10.0, allowed=10 * MINUTE,
        )  # fmt: skip
    gone = Wait(("hub", "balancers"))
    if found.topology.gateway is not None and _gateway_is_ours(found, also):
        what = "wait until the gateway's ALB is gone"
        yield Task("gateway gone", Stage.GATEWAY, "wait", what, gone, usual=MINUTE, allowed=15 * MINUTE)
    sets = [one.name for one in strays if one.kind == "ApplicationSet"]
    for name in (*sets, *(part.name for part in found.topology.applications)):
        there = found.hub.find("ApplicationSet", name, ARGO)
        if there is not None and (found.made(there) or f"ApplicationSet {ARGO}/{name}" in also):
            what = f"wait until the Applications of {name} are gone"
            yield Task(f"applications of {name} gone", Stage.APPLICATIONS, "wait", what, _HUB, usual=MINUTE)


def _gateway_is_ours(found: Found, also: frozenset[str]) -> bool:
    """Whether the ALB has to go: its AlbConfig is to be deleted, or is gone while an ALB of its name still stands."""
    assert found.topology.gateway is not None
    name = found.topology.gateway.name
    live = found.hub.find("AlbConfig", name)
    if live is not None:
        return found.made(live) or f"AlbConfig {name}" in also
    return any(one.name == name and one.vpc == found.vpc_id for one in found.account.balancers or ())


def _stage(key: Key) -> Stage:
    return Stage.APPLICATIONS if key.kind in ("ApplicationSet", "AppProject", "Namespace") else Stage.GATEWAY


def goes(found: Found, part: MemberPart, cluster: MemberCluster, also: frozenset[str]) -> bool:
    """Whether a member's cluster is taken away: ours, or named."""
    return found.ours(cluster.tags) or f"member {part.name}" in also


def _parts(found: Found) -> tuple[MemberPart, ...]:
    """The members, and clusters of ours that the file no longer names."""
    return (*found.topology.members, *left_behind.members(found))


def _associations(found: Found, also: frozenset[str]) -> Iterator[Task]:
    for part in _parts(found):
        cluster, attached = found.cluster(part), found.attached(part)
        if cluster is None or attached is None or attached.state == "Deleted":
            continue
        if goes(found, part, cluster, also) or hits.fleet_goes(found, also):
            yield from association_away(found, part, cluster, attached)


def association_away(found: Found, part: MemberPart, cluster: MemberCluster, attached: Attached) -> Iterator[Task]:
    """Detach a member."""
    if attached.state != "Deleting":
        params = {"ClusterId": found.fleet_id, "ClusterIds": [cluster.id]}
        yield Task(
            f"member {part.name} detached", Stage.ASSOCIATE, "change",
            f"detach {part.name} ({cluster.id}) from Fleet {found.fleet_id}{_after(attached.state, attached.message)}",
            CloudCall("adcp", "DetachClusterFromHub", params), usual=10.0,
        )  # fmt: skip
    yield Task(
        f"member {part.name} leaving", Stage.ASSOCIATE, "wait",
        f"wait until {part.name} is detached (it is {attached.state})", FLEETS, usual=MINUTE, allowed=25 * MINUTE,
    )  # fmt: skip


def _admissions(found: Found) -> Iterator[Task]:
    """The rules that we added to security groups that stay, also of clusters that the file no longer names."""
    known = {cluster.id: part.name for part in found.topology.members if (cluster := found.cluster(part)) is not None}
    for cluster in found.account.clusters or ():
        if found.ours(cluster.tags):
            continue
        group = next((one for one in found.account.groups or () if one.id == cluster.security_group), None)
        for rule in group.rules or () if group else ():
            if rule.note == note(found):
                params = {
                    "RegionId": found.topology.region, "SecurityGroupId": cluster.security_group,
                    "SecurityGroupRuleId": [rule.id],
                }  # fmt: skip
                yield Task(
                    f"member {known.get(cluster.id, cluster.id)} shuts out {rule.source}", Stage.LINK, "delete",
                    f"remove our rule for {rule.source} from security group {cluster.security_group}",
                    CloudCall("ecs", "RevokeSecurityGroup", params), usual=5.0,
                )  # fmt: skip


def _members(found: Found, also: frozenset[str]) -> Iterator[Task]:
    for part in _parts(found):
        cluster = found.cluster(part)
        if cluster is not None and goes(found, part, cluster, also):
            yield from cluster_away(found, part, cluster)


def cluster_away(found: Found, part: MemberPart, cluster: MemberCluster) -> Iterator[Task]:
    """Remove the agent from the data centre, and delete the cluster."""
    site = found.ground.sites.get(part.name)
    if part.kind == "registered" and part.context and site is not None and site.agent:
        yield Task(
            f"member {part.name} agent removed", Stage.REGISTERED, "delete",
            f"delete the agent of {part.name} from context {part.context}",
            Agent(part.name, cluster.id, remove=True), usual=10.0,
        )  # fmt: skip
    stage = Stage.ACK if part.kind == "ack" else Stage.REGISTERED
    if cluster.state != "deleting":
        lost = "the cluster, its nodes and their workloads do" if part.kind == "ack" else "the registration does"
        said = _after(cluster.state, cluster.error, *cluster.log[-1:])
        yield _deletion(
            f"member {part.name} deleted", stage, f"delete cluster {part.name} ({cluster.id}){said}",
            CloudCall("cs", "DeleteCluster", {"cluster_id": cluster.id}), f"{lost} not come back",
        )  # fmt: skip
    what = f"wait until cluster {part.name} is gone (it is {cluster.state})"
    yield Task(f"member {part.name} gone", stage, "wait", what, CLUSTERS, usual=5 * MINUTE, allowed=30 * MINUTE)


def _fleet(found: Found, also: frozenset[str]) -> Iterator[Task]:
    there = found.fleet
    if there is not None and hits.fleet_goes(found, also):
        yield from fleet_away(there)


def fleet_away(fleet: FleetHub) -> Iterator[Task]:
    """Delete a Fleet."""
    if fleet.state != "deleting":
        said = _after(fleet.state, fleet.error, *fleet.log[-1:])
        yield _deletion(
            "fleet deleted", Stage.FLEET, f"delete Fleet {fleet.name} ({fleet.id}){said}",
            CloudCall("adcp", "DeleteHubCluster", {"ClusterId": fleet.id}),
            "the Fleet and everything stored in it do not come back",
        )  # fmt: skip
    what = f"wait until Fleet {fleet.name} is gone (it is {fleet.state})"
    yield Task("fleet gone", Stage.FLEET, "wait", what, FLEETS, usual=MINUTE, allowed=25 * MINUTE)


def _after(state: str, *words: str) -> str:
    """What the cloud says of a thing that failed, or could not be deleted at the last try."""
    failed = "fail" in state.lower()
    return (
        "".join(f"; the cloud says {state}" if not one else f": {one}" for one in ("", *filter(None, words)))
        if failed
        else ""
    )


def _network(found: Found, also: frozenset[str]) -> Iterator[Task]:
    region = found.topology.region
    for part in reversed(found.topology.vswitches):
        there = found.subnet(part.name)
        if there is not None and (found.ours(there.tags) or f"vswitch {part.name}" in also):
            yield _deletion(
                f"vswitch {part.name} deleted", Stage.NETWORK, f"delete vSwitch {part.name} ({there.id})",
                CloudCall("vpc", "DeleteVSwitch", {"RegionId": region, "VSwitchId": there.id}), "",
            )  # fmt: skip
    for switch in left_behind.vswitches(found):
        yield _deletion(
            f"vswitch {switch.id} deleted", Stage.NETWORK, f"delete vSwitch {inert(switch.name, 60)} ({switch.id})",
            CloudCall("vpc", "DeleteVSwitch", {"RegionId": region, "VSwitchId": switch.id}), "",
        )  # fmt: skip
    vpc = found.vpc
    if vpc is not None and (found.ours(vpc.tags) or "vpc" in also):
        yield _deletion(
            "vpc deleted", Stage.NETWORK, f"delete VPC {vpc.name} ({vpc.id})",
            CloudCall("vpc", "DeleteVpc", {"RegionId": region, "VpcId": vpc.id}), "",
        )  # fmt: skip


def _deletion(identifier: str, stage: Stage, what: str, call: CloudCall, final: str) -> Task:
    return Task(identifier, stage, "delete", what, call, final=final, usual=10.0, allowed=10 * MINUTE)
