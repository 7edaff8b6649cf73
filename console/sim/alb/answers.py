"""What the ALB's read operations answer, field by field in the wire's names (the SDK's response models)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from console.sim.alb.state import Alb, Job, Listener, LoadBalancer, Rule, Server, ServerGroup
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.refusal import OpenApiError

Answer = dict[str, Any]


def list_load_balancers(alb: Alb, asked: Parameters) -> Answer:
    """ListLoadBalancers."""
    ids, names = asked.items("LoadBalancerIds", 20), asked.items("LoadBalancerNames", 10)
    found = [
        one
        for one in alb.load_balancers.values()
        if (not ids or one.id in ids) and (not names or one.name in names) and _tagged(one.tags, asked)
    ]
    return _page("LoadBalancers", [_load_balancer(one) for one in found], asked)


def get_load_balancer_attribute(alb: Alb, asked: Parameters) -> Answer:
    """GetLoadBalancerAttribute."""
    wanted = asked.text("LoadBalancerId", needed=True)
    one = alb.load_balancers.get(wanted)
    if one is None:
        raise OpenApiError("ResourceNotFound.LoadBalancer", f"The specified resource {wanted} is not found.", 404)
    zones = [
        {
            "ZoneId": zone,
            "VSwitchId": vswitch,
            "Status": "Active",
            "LoadBalancerAddresses": [{"Address": f"203.0.113.{index + 10}", "IntranetAddressHcStatus": "Healthy"}],
        }
        for index, (zone, vswitch) in enumerate(one.zones)
    ]
    return {**_load_balancer(one), "RegionId": alb.region, "ZoneMappings": zones}


def list_listeners(alb: Alb, asked: Parameters) -> Answer:
    """ListListeners."""
    balancers, ids = asked.items("LoadBalancerIds", 20), asked.items("ListenerIds", 20)
    found = [
        one
        for one in alb.listeners.values()
        if (not balancers or one.load_balancer in balancers) and (not ids or one.id in ids)
    ]
    return _page("Listeners", [_listener(one) for one in found], asked)


def get_listener_attribute(alb: Alb, asked: Parameters) -> Answer:
    """GetListenerAttribute."""
    return _listener(_listener_of(alb, asked))


def list_rules(alb: Alb, asked: Parameters) -> Answer:
    """ListRules."""
    balancers, listeners = asked.items("LoadBalancerIds", 20), asked.items("ListenerIds", 20)
    ids = asked.items("RuleIds", 20)
    found = [
        rule
        for rule in alb.rules.values()
        if (not balancers or rule.load_balancer in balancers)
        and (not listeners or rule.listener in listeners)
        and (not ids or rule.id in ids)
    ]
    return _page("Rules", [_rule(rule) for rule in sorted(found, key=lambda r: (r.listener, r.priority))], asked)


def list_server_groups(alb: Alb, asked: Parameters) -> Answer:
    """ListServerGroups."""
    ids, names = asked.items("ServerGroupIds", 100), asked.items("ServerGroupNames", 10)
    found = [
        group
        for group in alb.groups.values()
        if (not ids or group.id in ids) and (not names or group.name in names) and _tagged(group.tags, asked)
    ]
    return _page("ServerGroups", [_server_group(alb, group) for group in found], asked)


def list_server_group_servers(alb: Alb, asked: Parameters) -> Answer:
    """ListServerGroupServers."""
    wanted = asked.text("ServerGroupId")
    ids = asked.items("ServerIds", 40)
    if wanted and wanted not in alb.groups:
        raise OpenApiError("ResourceNotFound.ServerGroup", f"The specified resource {wanted} is not found.", 404)
    groups = [alb.groups[wanted]] if wanted else list(alb.groups.values())
    found = [
        {
            "ServerId": server.ip,
            "ServerIp": server.ip,
            "ServerType": "Ip",
            "Port": server.port,
            "Weight": server.weight,
            "Status": "Configuring" if group.status == "Configuring" else server.status,
            "ServerGroupId": group.id,
            "RemoteIpEnabled": group.type == "Ip",
            "Description": "",
        }
        for group in groups
        for server in group.servers.values()
        if not ids or server.ip in ids
    ]
    return _page("Servers", found, asked)


def get_listener_health_status(alb: Alb, asked: Parameters) -> Answer:
    """GetListenerHealthStatus: only servers that are not normal are listed."""
    listener = _listener_of(alb, asked)
    asked.number("MaxResults", 20, 1, 30)
    rules = alb.rules_of(listener.id)
    by_rule = [
        {"RuleId": rule.id, "ServerGroupInfos": [_health(alb, group, weight) for group, weight in rule.tuples]}
        for rule in rules
        if asked.truth("IncludeRule")
    ]
    status = {"ListenerId": listener.id, "ListenerPort": listener.port, "ListenerProtocol": listener.protocol}
    page = _page("RuleHealthStatus", by_rule, asked)
    return {**page, "ListenerHealthStatus": [{**status, "ServerGroupInfos": []}]}


def list_asyn_jobs(alb: Alb, asked: Parameters) -> Answer:
    """ListAsynJobs."""
    ids, resources = asked.items("JobIds", 100), asked.items("ResourceIds", 100)
    kind, api = asked.text("ResourceType"), asked.text("ApiName")
    found = [
        job
        for job in reversed(alb.jobs.values())
        if (not ids or job.id in ids)
        and (not resources or job.resource in resources)
        and (not kind or job.kind == kind)
        and (not api or job.api == api)
    ]
    return _page("Jobs", [_job(job) for job in found], asked)


def list_tag_resources(alb: Alb, asked: Parameters) -> Answer:
    """ListTagResources."""
    kind, ids = asked.text("ResourceType", needed=True), asked.items("ResourceId", 50)
    things: dict[str, dict[str, str]] = {
        "loadbalancer": {one.id: one.tags for one in alb.load_balancers.values()},
        "servergroup": {one.id: one.tags for one in alb.groups.values()},
    }.get(kind, {})
    found = [
        {"ResourceId": identifier, "ResourceType": kind, "TagKey": key, "TagValue": value}
        for identifier, tags in things.items()
        if not ids or identifier in ids
        for key, value in tags.items()
    ]
    return _page("TagResources", found, asked)


def describe_zones(alb: Alb, asked: Parameters) -> Answer:
    """DescribeZones."""
    used = {zone for one in alb.load_balancers.values() for zone, _ in one.zones}
    zones = sorted(used.union(alb.zones))
    return {"Zones": [{"ZoneId": zone, "LocalName": zone} for zone in zones]}


READS: dict[str, Callable[[Alb, Parameters], Answer]] = {
    "ListLoadBalancers": list_load_balancers,
    "GetLoadBalancerAttribute": get_load_balancer_attribute,
    "ListListeners": list_listeners,
    "GetListenerAttribute": get_listener_attribute,
    "ListRules": list_rules,
    "ListServerGroups": list_server_groups,
    "ListServerGroupServers": list_server_group_servers,
    "GetListenerHealthStatus": get_listener_health_status,
    "ListAsynJobs": list_asyn_jobs,
    "ListTagResources": list_tag_resources,
    "DescribeZones": describe_zones,
}


def _page(name: str, found: Sequence[Answer], asked: Parameters) -> Answer:
    """One page: MaxResults 1 to 100, 20 by default; NextToken is the place of the next one."""
    most = asked.number("MaxResults", 20, 1, 100)
    token = asked.text("NextToken")
    if token and not (token.startswith("tok-") and token[4:].isdigit()):
        raise OpenApiError("IllegalParam.NextToken", "The parameter NextToken is illegal.")
    begin = int(token[4:]) if token else 0
    page: Answer = {name: list(found[begin : begin + most]), "MaxResults": most, "TotalCount": len(found)}
    if begin + most < len(found):
        page["NextToken"] = f"tok-{begin + most}"
    return page


def _load_balancer(one: LoadBalancer) -> Answer:
    return {
        "LoadBalancerId": one.id,
        "LoadBalancerName": one.name,
        "LoadBalancerStatus": one.status,
        "LoadBalancerBussinessStatus": one.business,
        "LoadBalancerEdition": "Standard",
        "AddressType": one.address_type,
        "AddressIpVersion": "IPv4",
        "AddressAllocatedMode": "Fixed",
        "DNSName": one.dns,
        "VpcId": one.vpc,
        "CreateTime": datetime.fromtimestamp(one.created, UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "ResourceGroupId": "rg-simulated",
        "Tags": _tags(one.tags),
        "LoadBalancerOperationLocks": [{"LockType": kind, "LockReason": why} for kind, why in one.locks],
        "DeletionProtectionConfig": {"Enabled": False},
        "ModificationProtectionConfig": {"Status": "NonProtection"},
    }


def _listener(one: Listener) -> Answer:
    return {
        "ListenerId": one.id,
        "LoadBalancerId": one.load_balancer,
        "ListenerPort": one.port,
        "ListenerProtocol": one.protocol,
        "ListenerStatus": one.status,
        "ListenerDescription": f"ingress-auto-listener-{one.port}",
        "IdleTimeout": 15,
        "RequestTimeout": 60,
        "GzipEnabled": True,
        "DefaultActions": [],
    }


def _rule(rule: Rule) -> Answer:
    conditions: list[Answer] = []
    if rule.hosts:
        conditions.append({"Type": "Host", "HostConfig": {"Values": list(rule.hosts)}})
    if rule.paths:
        conditions.append({"Type": "Path", "PathConfig": {"Values": list(rule.paths)}})
    tuples = [{"ServerGroupId": group, "Weight": weight} for group, weight in rule.tuples]
    forward = {"ServerGroupTuples": tuples, "ServerGroupStickySession": {"Enabled": False}}
    return {
        "RuleId": rule.id,
        "RuleName": rule.name,
        "RuleStatus": rule.status,
        "Priority": rule.priority,
        "Direction": "Request",
        "ListenerId": rule.listener,
        "LoadBalancerId": rule.load_balancer,
        "RuleConditions": conditions,
        "RuleActions": [{"Order": 1, "Type": "ForwardGroup", "ForwardGroupConfig": forward}],
    }


def _server_group(alb: Alb, group: ServerGroup) -> Answer:
    check = group.health_check
    related = sorted({rule.load_balancer for rule in alb.rules.values() if group.id in dict(rule.tuples)})
    return {
        "ServerGroupId": group.id,
        "ServerGroupName": group.name,
        "ServerGroupStatus": group.status,
        "ServerGroupType": group.type,
        "Protocol": group.protocol,
        "Scheduler": group.scheduler,
        "ServerCount": len(group.servers),
        "VpcId": group.vpc,
        "RelatedLoadBalancerIds": related,
        "CreateTime": datetime.fromtimestamp(group.created, UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "CrossZoneEnabled": True,
        "Tags": _tags(group.tags),
        "HealthCheckConfig": {
            "HealthCheckEnabled": check.enabled,
            "HealthCheckProtocol": check.protocol,
            "HealthCheckPath": check.path,
            "HealthCheckMethod": check.method,
            "HealthCheckCodes": list(check.codes),
            "HealthCheckInterval": check.interval,
            "HealthCheckTimeout": check.timeout,
            "HealthyThreshold": check.healthy,
            "UnhealthyThreshold": check.unhealthy,
        },
        "StickySessionConfig": {"StickySessionEnabled": False},
        "ConnectionDrainConfig": {"ConnectionDrainEnabled": False},
        "SlowStartConfig": {"SlowStartEnabled": False},
    }


def _health(alb: Alb, identifier: str, weight: int) -> Answer:
    group = alb.groups[identifier]
    listed = [(server, alb.backend_state(group, server, weight)) for server in group.servers.values()]
    return {
        "ServerGroupId": identifier,
        "ActionType": "ForwardGroup",
        "HealthCheckEnabled": "on" if group.health_check.enabled else "off",
        "ServerCount": len(group.servers),
        "NonNormalServers": [_abnormal(server, *state) for server, state in listed if state is not None],
    }


def _abnormal(server: Server, status: str, reason: str) -> Answer:
    found: Answer = {"ServerId": server.ip, "ServerIp": server.ip, "Port": server.port, "Status": status}
    if reason:
        found["Reason"] = {"ReasonCode": reason}
    return found


def _job(job: Job) -> Answer:
    return {
        "Id": job.id,
        "ApiName": job.api,
        "Status": job.status,
        "ErrorCode": job.code,
        "ErrorMessage": job.message,
        "ResourceId": job.resource,
        "ResourceType": job.kind,
        "OperateType": job.api.split(job.kind.capitalize())[0],
        "CreateTime": int(job.created * 1000),
        "ModifyTime": int(job.modified * 1000),
    }


def _listener_of(alb: Alb, asked: Parameters) -> Listener:
    wanted = asked.text("ListenerId", needed=True)
    found = alb.listeners.get(wanted)
    if found is None:
        raise OpenApiError("ResourceNotFound.Listener", f"The specified resource {wanted} is not found.", 404)
    return found


def _tags(tags: dict[str, str]) -> list[Answer]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _tagged(tags: dict[str, str], asked: Parameters) -> bool:
    wanted = asked.items("Tag", 20)
    return all(
        isinstance(tag, dict) and tags.get(str(tag.get("Key"))) == tag.get("Value", tags.get(str(tag.get("Key"))))
        for tag in wanted
    )
