"""How the ALB ingress controller brings an ALB in line with its model: load balancer, listeners, server groups and
rules are found by their tags and priorities, made, changed and removed; what is still being changed is waited for as
long as the real controller waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import TypeVar

from console.sim.account.state import VSwitch
from console.sim.alb.state import Alb, HealthCheck, Listener, LoadBalancer, ServerGroup
from console.sim.alb_ingress import Applied, CloudRefused
from console.sim.openapis.bucket import Sieve
from console.sim.openapis.refusal import OpenApiError, throttling
from console.sim.openapis.refusals import Refusals
from console.sim.routing import ALBCONFIG_TAG, RESOURCE_TAG, Address, Group, Model, Rule, albconfig_tag

RETRY = 2.0
PATIENCE = 20.0
"""Seconds between attempts, and in all, while something is being changed (domain.md section 2)."""
BALANCER = "ApplicationLoadBalancer"
T = TypeVar("T")


class AlbCloud:
    """`Cloud` on the simulated ALB service. `vpc`: where an ALB is whose vSwitches are not among `vswitches`, by id."""

    def __init__(self, alb: Alb, *, vpc: str, vswitches: Mapping[str, VSwitch], speed: float = 1.0) -> None:
        self._alb = alb
        self._vpc = vpc
        self._vswitches = vswitches
        self._speed = speed
        self.refusals = Refusals()
        """Operations that are refused, to the controller too."""
        self.throttled: Sieve | None = None
        """Which of the controller's attempts the OpenAPI has had enough of."""

    async def apply(self, model: Model) -> Applied:
        """Bring the ALB in line; rules may still be Configuring at return. Raises `CloudRefused`."""
        try:
            if self.throttled is not None and self.throttled.keeps():
                raise throttling()
            balancer = await self._balancer(model)
            listeners = self._listeners(balancer, model)
            groups = {group.key: await self._group(group, balancer.vpc) for group in model.groups}
            for wanted in model.listeners:
                await self._rules(listeners[wanted.port], wanted.rules, groups)
            self._sweep(model)
        except OpenApiError as error:
            raise CloudRefused(f"{error.code} {error}") from error
        return Applied(balancer.id, balancer.dns)

    async def delete(self, gateway: str) -> None:
        """Remove the ALB of an AlbConfig and the groups it used. Raises `CloudRefused`."""
        try:
            if self.throttled is not None and self.throttled.keeps():
                raise throttling()
            found = self._found(gateway)
            if found is not None:
                self._alb.delete_load_balancer(found.id)
            for group in self._groups_of(gateway):
                self._alb.delete_server_group(group.id)
        except OpenApiError as error:
            raise CloudRefused(f"{error.code} {error}") from error

    def _found(self, gateway: str) -> LoadBalancer | None:
        tag = albconfig_tag(gateway)
        return next((one for one in self._alb.load_balancers.values() if one.tags.get(ALBCONFIG_TAG) == tag), None)

    async def _balancer(self, model: Model) -> LoadBalancer:
        found = self._found(model.gateway)
        if found is None:
            mappings = model.config.get("zoneMappings") or ()
            zones = [(each.get("zoneId") or self._zone(each["vSwitchId"]), each["vSwitchId"]) for each in mappings]
            vpcs = [self._vswitches[vswitch].vpc for _, vswitch in zones if vswitch in self._vswitches]
            _check(zones, vpcs)
            self.refusals.check("CreateLoadBalancer", "alb")
            found = self._alb.create_load_balancer(
                str(model.config.get("name") or model.gateway),
                vpc=next(iter(vpcs), self._vpc),
                address_type=str(model.config.get("addressType") or "Internet"),
                zones=zones,
                tags={ALBCONFIG_TAG: albconfig_tag(model.gateway), RESOURCE_TAG: BALANCER},
            )
            self.refusals.spoil("CreateLoadBalancer", "alb")
        balancer = found
        await self._until(lambda: balancer.status == "Active", "LoadBalancer", balancer.id)
        return balancer

    def _listeners(self, balancer: LoadBalancer, model: Model) -> dict[int, Listener]:
        present = {one.port: one for one in self._alb.listeners.values() if one.load_balancer == balancer.id}
        wanted = {listener.port: listener.protocol for listener in model.listeners}
        for port, listener in list(present.items()):
            if wanted.get(port) != listener.protocol:
                self._alb.delete_listener(listener.id)
                del present[port]
        for port, protocol in wanted.items():
            if port not in present:
                self.refusals.check("CreateListener", "alb")
                present[port] = self._alb.create_listener(balancer.id, port, protocol)
        return present

    async def _group(self, wanted: Group, vpc: str) -> str:
        """The id of the server group, with its check and servers as wanted."""
        check = HealthCheck(**asdict(wanted.health))
        tags = dict(wanted.tags)
        mine = (one for one in self._alb.groups.values() if one.tags.get(ALBCONFIG_TAG) == tags[ALBCONFIG_TAG])
        found = next((one for one in mine if one.tags[RESOURCE_TAG] == wanted.key), None)
        if found is None:
            self.refusals.check("CreateServerGroup", "alb")
            found = self._alb.create_server_group(
                wanted.name,
                health_check=check,
                tags=tags,
                vpc=vpc,
                protocol=wanted.protocol,
                scheduler=wanted.scheduler,
            )
        elif found.health_check != check:
            self._alb.set_health_check(found.id, check)
        group = found.id
        await self._settled(lambda: self._alb.set_servers(group, wanted.servers, wanted.weights))
        await self._weigh(group, dict(zip(wanted.servers, wanted.weights, strict=True)))
        return group

    async def _weigh(self, group: str, wanted: Mapping[Address, int]) -> None:
        """Weights of the servers that are there and weigh something else."""
        await self._until(lambda: self._alb.groups[group].status == "Available", "ServerGroup", group)
        servers = self._alb.groups[group].servers
        off = {(ip, port): weight for (ip, port), weight in wanted.items() if servers[ip, port].weight != weight}
        if off:
            await self._settled(lambda: self._alb.weigh_servers(group, off))

    async def _rules(self, listener: Listener, wanted: tuple[Rule, ...], groups: Mapping[str, str]) -> None:
        """Rules are told apart by priority: the same place is changed, a new one made, what is over removed."""
        present = {rule.priority: rule for rule in self._alb.rules_of(listener.id)}
        for rule in wanted:
            hosts = () if rule.host is None else (rule.host,)
            tuples = tuple((groups[key], weight) for key, weight in rule.tuples)
            found = present.pop(rule.priority, None)
            if found is None:
                self.refusals.check("CreateRule", "alb")
                self._alb.create_rule(
                    listener.id, rule.name, rule.priority, hosts=hosts, paths=rule.paths, tuples=tuples
                )
                continue
            # A rule under way shows its former values, so that it is compared only once it is free.
            await self._until(partial(self._free, found.id), "Rule", found.id)
            if (found.name, found.hosts, found.paths, found.tuples) != (rule.name, hosts, rule.paths, tuples):
                self._alb.update_rule(
                    found.id, name=rule.name, hosts=hosts, paths=rule.paths, tuples=tuples, api="UpdateRulesAttribute"
                )
        for rule_left in present.values():
            self._alb.delete_rule(rule_left.id)

    def _free(self, rule: str) -> bool:
        return rule not in self._alb.rules or self._alb.rules[rule].status == "Available"

    def _sweep(self, model: Model) -> None:
        """Groups nobody wants any more; one that a rule still leaves goes at the next attempt."""
        wanted = {group.key for group in model.groups}
        for group in self._groups_of(model.gateway):
            if group.tags[RESOURCE_TAG] not in wanted:
                try:
                    self._alb.delete_server_group(group.id)
                except OpenApiError as error:
                    if error.code != "ResourceInUse.ServerGroup":
                        raise

    def _groups_of(self, gateway: str) -> list[ServerGroup]:
        tag = albconfig_tag(gateway)
        return [group for group in self._alb.groups.values() if group.tags.get(ALBCONFIG_TAG) == tag]

    def _zone(self, vswitch: str) -> str:
        """Where a vSwitch is. Raises `OpenApiError` for one that is not there."""
        if vswitch not in self._vswitches:
            raise OpenApiError("ResourceNotFound.VSwitch", f"The specified resource {vswitch} is not found.", 404)
        return self._vswitches[vswitch].zone

    async def _settled(self, change: Callable[[], T]) -> T:
        """Try a change again while its resource is being changed."""
        waited = 0.0
        while True:
            try:
                return change()
            except OpenApiError as error:
                if not error.code.startswith("IncorrectStatus.") or waited >= PATIENCE:
                    raise
            waited += await self._pause()

    async def _until(self, done: Callable[[], bool], kind: str, identifier: str) -> None:
        waited = 0.0
        while not done():
            if waited >= PATIENCE:
                raise OpenApiError(f"IncorrectStatus.{kind}", f"The status of {kind} [{identifier}] is incorrect.")
            waited += await self._pause()

    async def _pause(self) -> float:
        await asyncio.sleep(RETRY / self._speed)
        return RETRY


def _check(zones: Sequence[tuple[str, str]], vpcs: Sequence[str]) -> None:
    """Two zones at least, one vSwitch in each, all in one VPC (domain.md section 6, rule 15). Raises `OpenApiError`."""
    if len(zones) < 2 or len(dict(zones)) < len(zones):
        words = "The ALB needs at least two zones, with one vSwitch in each."
        raise OpenApiError("IncorrectParam.ZoneMappings", words)
    if len(set(vpcs)) > 1:
        raise OpenApiError("Mismatch.VpcId", "The vSwitches of an ALB are in one VPC.")
