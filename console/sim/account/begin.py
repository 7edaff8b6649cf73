"""The account of a world as it is at the beginning: its network, and the clusters and the Fleet where they are there
already. Ids that nothing else needs are drawn from the seed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from console.sim.account.groups import group_for
from console.sim.account.state import Account, Association, Cluster, Hub, RouteEntry, Vpc, VSwitch
from console.sim.alb.state import Alb
from console.sim.world import Member, World


def account_of(world: World, alb: Alb, *, speed: float = 1.0, now: Callable[[], float] = time.time) -> Account:
    """What the account of a world holds as it begins."""
    made = Account(
        region=world.region, zones=world.zones, seed=world.seed, version=world.version, alb=alb, speed=speed, now=now
    )
    since = world.began - world.age
    vpc = Vpc(world.vpc, world.vpc_name, world.vpc_cidr, since, made.id("vtb-bp1", "vpc"))
    vpc.routes = list(_routes(made, world))
    made.vpcs[vpc.id] = vpc
    for each in world.vswitches:
        made.vswitches[each.id] = VSwitch(each.id, each.name, vpc.id, each.zone, each.cidr, since)
    for number, member in enumerate(world.members):
        made.clusters[member.id] = _cluster(made, world, number, member)
    if world.provisioned:
        made.hubs[world.id] = _hub(world)
    return made


def _routes(account: Account, world: World) -> Iterator[RouteEntry]:
    """The ways to the data centres: nodes, and pods where they have addresses of the underlay."""
    router = ("RouterInterface", account.id("ri-bp1", "vpc"))
    ranges = [(each.name, each.node_cidr, each.pod_cidr) for each in world.members if each.kind == "registered"]
    ranges += [
        (each.name, each.node_cidr, each.pod_cidr if each.network == "underlay" else "") for each in world.data_centres
    ]
    for name, *cidrs in ranges:
        for cidr in filter(None, cidrs):
            yield RouteEntry(account.id("rte-bp1", name, cidr), cidr, f"to-{name}", next_hop=router)


def _hub(world: World) -> Hub:
    made = Hub(world.id, world.name, world.version, world.vpc, (), world.began - world.age, state="running")
    made.vswitches = tuple(each.id for each in world.vswitches[:1])
    made.argocd = made.public = True
    made.members = {member.id: Association(member.id, "Successed") for member in world.members}
    return made


def _cluster(account: Account, world: World, number: int, member: Member) -> Cluster:
    ack, own = member.kind == "ack", member.vswitches
    in_vpc = len(own) > 1
    size = f"{'' if member.nodes[0].cpu <= 4 else member.nodes[0].cpu // 4}xlarge"
    gateways = [each.cidr for gateway in world.gateways for each in gateway.vswitches]
    inside = [each.cidr for each in own] + ([member.pod_cidr] if ack and not in_vpc else [])
    return Cluster(
        id=member.id,
        name=member.name,
        kind="ack" if ack else "registered",
        version=member.version,
        vpc=world.vpc,
        created=world.began - member.age,
        state="running",
        vswitches=tuple(each.id for each in own[:1] or world.vswitches[:1]),
        pod_vswitches=tuple(each.id for each in own[1:]),
        zone=member.zone,
        container_cidr="" if in_vpc else member.pod_cidr,
        service_cidr=f"192.168.{16 * number % 256}.0/20" if ack else "",
        network="terway-eniip" if ack else "",
        security_group=group_for(
            account,
            f"alicloud-cs-{member.id}",
            world.vpc,
            dict.fromkeys((*gateways, *inside)),
            words=(member.name,),
        ),
        nodes=member.nodes,
        node_cidr=member.node_cidr,
        pods=tuple(pod.ip for pods in member.pods.values() for pod in pods),
        instance_type=f"ecs.g7.{size}" if ack else "",
        protected=ack,
    )
