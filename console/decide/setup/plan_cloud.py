"""The stages whose writes go to the cloud: network, Fleet, clusters, their link to the gateway, association."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from console.decide.setup import says
from console.decide.setup.found import ARGO, Found
from console.decide.setup.plan_words import FLEETS, MINUTE, NETWORK, broken, kubeconfig, note, tags
from console.decide.setup.task import CloudCall, Stage, Task, Wait
from console.model.ground import Admission, SecurityGroup
from console.model.topology import MemberPart, VSwitchPart


def network(found: Found) -> Iterator[Task]:
    """1. The VPC and its vSwitches."""
    topology, part = found.topology, found.topology.vpc
    if found.vpc is None and part.id is None:
        params = {"RegionId": topology.region, "VpcName": part.name, "CidrBlock": part.cidr, "Tag": tags(found)}
        yield Task(
            "vpc", Stage.NETWORK, "create", f"create VPC {part.name} {part.cidr}",
            CloudCall("vpc", "CreateVpc", params, ("vpc", str(part.name))), undo="DeleteVpc", usual=5.0,
        )  # fmt: skip
    elif found.vpc is not None and found.vpc.status not in ("", "Available"):
        what = f"wait until VPC {found.vpc.id} is Available (it is {found.vpc.status})"
        yield Task("vpc ready", Stage.NETWORK, "wait", what, NETWORK, usual=5.0)
    for one in topology.vswitches:
        yield from _vswitch(found, one)


def _vswitch(found: Found, part: VSwitchPart) -> Iterator[Task]:
    there = found.subnet(part.name)
    if there is None and part.id is None:
        params = {
            "RegionId": found.topology.region, "VpcId": found.vpc_id, "ZoneId": part.zone, "CidrBlock": part.cidr,
            "VSwitchName": part.name, "Tag": tags(found),
        }  # fmt: skip
        yield Task(
            f"vswitch {part.name}", Stage.NETWORK, "create",
            f"create vSwitch {part.name} {part.cidr} in {part.zone}, VPC {found.vpc_id}",
            CloudCall("vpc", "CreateVSwitch", params, ("vswitch", part.name)), undo="DeleteVSwitch", usual=5.0,
        )  # fmt: skip
    elif there is not None and there.status not in ("", "Available"):
        what = f"wait until vSwitch {there.id} is Available (it is {there.status})"
        yield Task(f"vswitch {part.name} ready", Stage.NETWORK, "wait", what, NETWORK, usual=5.0)


def fleet(found: Found) -> Iterator[Task]:
    """2. The Fleet, ArgoCD on it, and its kubeconfig."""
    part, there = found.topology.fleet, found.fleet
    if there is None and part.id is None:
        yield _new_fleet(found)
    if there is None or there.state != "running":
        state = "not there yet" if there is None else there.state or "in no state"
        failed = there is not None and there.state in ("failed", "inactive", "deleting", "delete_failed")
        yield Task(
            "fleet running", Stage.FLEET, "wait", f"wait until Fleet {found.fleet_id} is running (it is {state})",
            FLEETS, failed=broken(there.state, there.error, there.log) if failed and there else "",
            item="fleet", usual=5 * MINUTE, allowed=25 * MINUTE,
        )  # fmt: skip
    if part.argocd and (there is None or there.argocd is False):
        params = {"ClusterId": found.fleet_id, "ArgoCDEnabled": True}
        yield Task(
            "argocd", Stage.FLEET, "change", f"turn ArgoCD on for Fleet {found.fleet_id}",
            CloudCall("adcp", "UpdateHubClusterFeature", params),
            undo="UpdateHubClusterFeature with ArgoCDEnabled false", usual=MINUTE, allowed=10 * MINUTE,
        )  # fmt: skip
    if found.ground.hub is None:
        yield kubeconfig(found.fleet_id)
    if part.argocd and (found.ground.hub is None or "Application" in found.hub.missing):
        what = "wait until the Fleet serves ArgoCD's kinds"
        yield Task("argocd ready", Stage.FLEET, "wait", what, Wait(("hub",)), usual=MINUTE, allowed=10 * MINUTE)


def _new_fleet(found: Found) -> Task:
    part = found.topology.fleet
    params = {
        "RegionId": found.topology.region, "Name": part.name, "Profile": "Default", "VpcId": found.vpc_id,
        "VSwitches": [found.subnet_id(name) for name in part.vswitches], "ApiServerPublicEip": part.public,
        "Tag": tags(found),
    }  # fmt: skip
    where = "a public and a private address" if part.public else "a private address"
    return Task(
        "fleet", Stage.FLEET, "create",
        f"create Fleet {part.name} in VPC {found.vpc_id}, its API server with {where}",
        CloudCall("adcp", "CreateHubCluster", params, ("fleet", part.name)), undo="DeleteHubCluster",
        says=says.fleet(found), final="a deleted Fleet and what was stored in it do not come back", usual=10.0,
    )  # fmt: skip


def link(found: Found) -> Iterator[Task]:
    """5. The rules by which the gateway's vSwitches reach the pods and nodes of ACK clusters (domain.md 6, rule 13)."""
    gateway = found.topology.gateway
    if gateway is None:
        return
    for part in found.topology.members_of(gateway.members):
        if part.kind != "ack":
            continue
        there = found.cluster(part)
        name = there.security_group if there else f"<security group of {part.name}>"
        group = next((one for one in found.account.groups or () if one.id == name), None)
        if group is not None and group.denied:
            continue  # nobody would see whether it is written, or was there before: a person looks
        for vswitch in gateway.vswitches:
            cidr = found.subnet_cidr(vswitch)
            if name and cidr and not (group is not None and admits(group, cidr)):
                yield _rule(found, part, name, vswitch, cidr)


def _rule(found: Found, part: MemberPart, group: str, vswitch: str, cidr: str) -> Task:
    permission = {
        "IpProtocol": "ALL", "PortRange": "-1/-1", "SourceCidrIp": cidr, "Policy": "Accept", "Priority": "1",
        "Description": note(found),
    }  # fmt: skip
    params = {"RegionId": found.topology.region, "SecurityGroupId": group, "Permissions": [permission]}
    return Task(
        f"member {part.name} admits {vswitch}", Stage.LINK, "create",
        f"admit {cidr} (gateway's vSwitch {vswitch}), all ports, in security group {group} of {part.name}",
        CloudCall("ecs", "AuthorizeSecurityGroup", params, ("rule", cidr)), undo="RevokeSecurityGroup", usual=5.0,
    )  # fmt: skip


def admits(group: SecurityGroup, cidr: str) -> bool:
    """Whether every port is open to the whole of `cidr`: an Accept covers it, and no Drop of the same or an earlier
    priority touches it. Rules that were not read admit nothing."""
    wanted = ipaddress.ip_network(cidr, strict=False)
    rules = [one for one in group.rules or () if _covers(one, wanted)]
    accepted = [one.priority for one in rules if one.policy.lower() == "accept" and _whole(one)]
    dropped = [
        one.priority for one in group.rules or () if one.policy.lower() == "drop" and _touches(one, wanted)
    ]  # at one priority a Drop wins
    return bool(accepted) and all(min(accepted) < priority for priority in dropped)


def _covers(rule: Admission, wanted: Any) -> bool:
    source = _network(rule.source)
    return source is not None and source.version == wanted.version and wanted.subnet_of(source)


def _touches(rule: Admission, wanted: Any) -> bool:
    source = _network(rule.source)
    return source is not None and source.version == wanted.version and source.overlaps(wanted)


def _network(text: str) -> Any:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _whole(rule: Admission) -> bool:
    return rule.protocol.lower() in ("all", "-1", "tcp") and rule.ports in ("-1/-1", "1/65535", "0/65535")


def association(found: Found) -> Iterator[Task]:
    """6. Members of the Fleet: by ADCP, then by the hub's own objects and ArgoCD's clusters."""
    for part in found.topology.members:
        identifier, attached = found.cluster_id(part), found.attached(part)
        if attached is None or attached.state in ("Deleted", ""):
            params = {"ClusterId": found.fleet_id, "ClusterIds": [identifier]}
            yield Task(
                f"member {part.name} associated", Stage.ASSOCIATE, "change",
                f"associate {part.name} ({identifier}) with Fleet {found.fleet_id}",
                CloudCall("adcp", "AttachClusterToHub", params), undo="DetachClusterFromHub", usual=10.0,
            )  # fmt: skip
        if attached is None or attached.state.lower() not in ("successed", "succeeded"):
            state = attached.state if attached else "not associated"
            failed = attached is not None and attached.state == "Failed"
            yield Task(
                f"member {part.name} joining", Stage.ASSOCIATE, "wait",
                f"wait until {part.name} is associated (it is {state})", FLEETS,
                failed=broken("Failed", attached.message, found.fleet.log if found.fleet else ()) if failed and attached
                else "", item=f"member {part.name}", usual=MINUTE, allowed=25 * MINUTE,
            )  # fmt: skip
        yield from _joined(found, part)


def _joined(found: Found, part: MemberPart) -> Iterator[Task]:
    identifier = found.cluster_id(part)
    there = found.hub.find("ManagedCluster", identifier)
    conditions = {
        str(one.get("type")): one.get("status") for one in ((there or {}).get("status") or {}).get("conditions") or ()
    }
    missing = [
        word
        for word, condition in (("Joined", "ManagedClusterJoined"), ("Available", "ManagedClusterConditionAvailable"))
        if conditions.get(condition) != "True"
    ]
    if missing:
        yield Task(
            f"member {part.name} available", Stage.ASSOCIATE, "wait",
            f"wait until ManagedCluster {identifier} is {' and '.join(missing)}", Wait(("hub",)), usual=MINUTE,
            allowed=10 * MINUTE,
        )  # fmt: skip
    if found.topology.applications and found.secret(part) is None:
        yield Task(
            f"member {part.name} in ArgoCD", Stage.ASSOCIATE, "wait",
            f"wait until ArgoCD has a cluster for {part.name} (a Secret in {ARGO} with cluster_id {identifier})",
            Wait(("hub",)), usual=30.0, allowed=10 * MINUTE,
        )  # fmt: skip
