"""The ALB service of one region, in memory: load balancers, listeners, rules, server groups, servers, and the jobs by
which they change. What is being changed is Configuring, keeps its former values until the job is done, and refuses a
second change meanwhile (domain.md 5.4)."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from console.sim.openapis.refusal import OpenApiError

JOB_DELAY = (0.8, 2.5)
"""Seconds that a change takes, at least and at most, at speed 1."""
T = TypeVar("T")
Later = Callable[[float, Callable[[], None]], object]
"""Run something after so many seconds; tests drive it by hand."""


@dataclass(slots=True)
class LoadBalancer:
    """`zones`: ((zone id, vSwitch id), ...)."""

    id: str
    name: str
    dns: str
    address_type: str
    vpc: str
    zones: tuple[tuple[str, str], ...]
    tags: dict[str, str]
    created: float
    status: str = "Active"
    business: str = "Normal"
    locks: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Listener:
    """One port of one load balancer."""

    id: str
    load_balancer: str
    port: int
    protocol: str
    status: str = "Running"


@dataclass(slots=True)
class Rule:
    """`tuples`: ((server group id, weight 0 to 100), ...). The values are those in force."""

    id: str
    listener: str
    load_balancer: str
    name: str
    priority: int
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    tuples: tuple[tuple[str, int], ...]
    status: str = "Available"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Seconds and counts of a server group's health check."""

    enabled: bool = True
    path: str = "/"
    protocol: str = "HTTP"
    method: str = "HEAD"
    codes: tuple[str, ...] = ("http_2xx",)
    interval: int = 2
    timeout: int = 5
    healthy: int = 3
    unhealthy: int = 3
    port: int = 0


@dataclass(slots=True)
class ServerGroup:
    """`servers` by (ip, port)."""

    id: str
    name: str
    vpc: str
    protocol: str
    scheduler: str
    health_check: HealthCheck
    tags: dict[str, str]
    created: float
    type: str = "Ip"
    status: str = "Available"
    servers: dict[tuple[str, int], Server] = field(default_factory=dict)


@dataclass(slots=True)
class Server:
    """One backend. `verdict`: Initial | Healthy | Unhealthy, what the health check found; `reason` its code."""

    id: str
    ip: str
    port: int
    weight: int = 100
    status: str = "Available"
    verdict: str = "Initial"
    reason: str = ""
    successes: int = 0
    failures: int = 0


@dataclass(slots=True)
class Job:
    """One asynchronous change; `status` Processing | Succeeded | Failed."""

    id: str
    api: str
    resource: str
    kind: str
    created: float
    modified: float
    status: str = "Processing"
    code: str = ""
    message: str = ""


class Alb:
    """The service. Every write changes at once where `instant`, else by a job after a delay divided by `speed`."""

    def __init__(
        self,
        *,
        region: str = "cn-hangzhou",
        zones: Iterable[str] = (),
        seed: int = 1,
        speed: float = 1.0,
        later: Later | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.region = region
        self.zones = tuple(zones)
        """Where a load balancer may be."""
        self.instant = False
        self._random = random.Random(seed)
        self._speed = speed
        self._later = later or (lambda seconds, act: asyncio.get_running_loop().call_later(seconds, act))
        self.now = now
        self.load_balancers: dict[str, LoadBalancer] = {}
        self.listeners: dict[str, Listener] = {}
        self.rules: dict[str, Rule] = {}
        self.groups: dict[str, ServerGroup] = {}
        self.jobs: dict[str, Job] = {}
        self.failing: list[tuple[str, str]] = []
        """(code, message) with which the next jobs fail, one each."""
        self.pinned: dict[str, tuple[tuple[str, int], ...]] = {}
        """Rule id -> tuples that it holds after each change, whatever was asked for."""
        self._held: dict[str, list[Callable[[], None]]] = {}
        """Resource whose jobs do not end -> what would have ended them."""
        self.changed: list[Callable[[], None]] = []
        """Called after listeners came or went."""
        self._count = itertools.count(1)

    def create_load_balancer(
        self,
        name: str,
        *,
        vpc: str = "",
        address_type: str = "Internet",
        zones: Iterable[tuple[str, str]] = (),
        tags: dict[str, str] | None = None,
    ) -> LoadBalancer:
        """A load balancer with a DNS name; Provisioning until its job is done."""
        identifier = self._id("alb")
        made = LoadBalancer(
            identifier,
            name,
            f"{identifier}.{self.region}.alb.aliyuncs.com",
            address_type,
            vpc,
            tuple(zones),
            dict(tags or {}),
            self.now(),
            status="Provisioning",
        )
        self.load_balancers[identifier] = made
        self._job("CreateLoadBalancer", identifier, "loadbalancer", lambda: setattr(made, "status", "Active"))
        return made

    def delete_load_balancer(self, identifier: str) -> None:
        """A load balancer with its listeners, rules and the groups that only it used."""
        for listener in [one for one in self.listeners.values() if one.load_balancer == identifier]:
            self.delete_listener(listener.id)
        self.load_balancers.pop(identifier, None)

    def create_listener(self, load_balancer: str, port: int, protocol: str) -> Listener:
        """A listener, Running at once: clients of the simulator wait for its port."""
        if any(one.load_balancer == load_balancer and one.port == port for one in self.listeners.values()):
            raise OpenApiError("ResourceAlreadyExist.Listener", f"The specified listener port {port} already exists.")
        made = Listener(self._id("lsn"), self._balancer(load_balancer).id, port, protocol)
        self.listeners[made.id] = made
        self._notify()
        return made

    def delete_listener(self, identifier: str) -> None:
        """A listener and its rules."""
        self.listeners.pop(identifier, None)
        for rule in [one for one in self.rules.values() if one.listener == identifier]:
            del self.rules[rule.id]
        self._notify()

    def create_server_group(
        self,
        name: str,
        *,
        health_check: HealthCheck,
        tags: dict[str, str] | None = None,
        vpc: str = "",
        protocol: str = "HTTP",
        scheduler: str = "Wrr",
    ) -> ServerGroup:
        """An empty server group of type Ip."""
        made = ServerGroup(self._id("sgp"), name, vpc, protocol, scheduler, health_check, dict(tags or {}), self.now())
        self.groups[made.id] = made
        return made

    def set_servers(self, group: str, addresses: Sequence[tuple[str, int]], weights: Sequence[int] = ()) -> Job | None:
        """Make these the servers of a group; those that stay keep their health and their weight, new ones get theirs of
        `weights`, by place, or 100. No job where nothing changes."""
        found = self._group(group)
        wanted = dict(zip(addresses, weights or (100,) * len(addresses), strict=True))
        if list(wanted) == list(found.servers):
            return None
        self._free(found.status, "ServerGroup", group)

        def done() -> None:
            found.servers = {
                each: found.servers.get(each) or Server(f"{each[0]}-{each[1]}", each[0], each[1], weight)
                for each, weight in wanted.items()
            }
            found.status = "Available"

        found.status = "Configuring"
        return self._job("ReplaceServersInServerGroup", group, "servergroup", done, undo=lambda: _available(found))

    def weigh_servers(self, group: str, weights: dict[tuple[str, int], int]) -> Job:
        """Change the weights of some servers of a group, by (ip, port)."""
        found = self._group(group)
        self._free(found.status, "ServerGroup", group)
        for each in weights:
            if each not in found.servers:
                raise OpenApiError(
                    "ResourceNotFound.BackendServer", f"The specified server {each[0]} does not exist.", 404
                )

        def done() -> None:
            for each, weight in weights.items():
                server = found.servers[each]
                if not (server.weight and weight):
                    # Nobody checks a server of weight 0: it starts anew.
                    server.verdict, server.successes, server.failures = "Initial", 0, 0
                server.weight = weight
            found.status = "Available"

        found.status = "Configuring"
        return self._job(
            "UpdateServerGroupServersAttribute", group, "servergroup", done, undo=lambda: _available(found)
        )

    def set_health_check(self, group: str, check: HealthCheck) -> None:
        """Change how a group's backends are checked."""
        self._group(group).health_check = check

    def delete_server_group(self, identifier: str) -> None:
        """A group that no rule uses any more."""
        if any(identifier in dict(rule.tuples) for rule in self.rules.values()):
            raise OpenApiError("ResourceInUse.ServerGroup", f"The server group {identifier} is in use.")
        self.groups.pop(identifier, None)

    def create_rule(
        self,
        listener: str,
        name: str,
        priority: int,
        *,
        hosts: Iterable[str] = (),
        paths: Iterable[str] = (),
        tuples: Iterable[tuple[str, int]] = (),
    ) -> Rule:
        """A forwarding rule; Provisioning until its job is done."""
        found = self._listener(listener)
        made = Rule(
            self._id("rule"),
            listener,
            found.load_balancer,
            name,
            priority,
            tuple(hosts),
            tuple(paths),
            self._tuples(tuples),
            status="Provisioning",
        )
        self.rules[made.id] = made
        self._job("CreateRule", made.id, "rule", lambda: _available(made))
        return made

    def update_rule(
        self,
        identifier: str,
        *,
        name: str | None = None,
        priority: int | None = None,
        hosts: Iterable[str] | None = None,
        paths: Iterable[str] | None = None,
        tuples: Iterable[tuple[str, int]] | None = None,
        api: str = "UpdateRuleAttribute",
    ) -> Job:
        """Change a rule; Configuring, with the former values in force, until the job is done."""
        rule = self._rule(identifier)
        self._free(rule.status, "Rule", identifier)
        self._free("Available", "Listener", rule.listener)
        checked = self._tuples(tuples) if tuples is not None else rule.tuples

        def done() -> None:
            rule.name = rule.name if name is None else name
            rule.priority = rule.priority if priority is None else priority
            rule.hosts = rule.hosts if hosts is None else tuple(hosts)
            rule.paths = rule.paths if paths is None else tuple(paths)
            rule.tuples = self.pinned.get(identifier, checked)
            rule.status = "Available"

        rule.status = "Configuring"
        return self._job(api, identifier, "rule", done, undo=lambda: _available(rule))

    def delete_rule(self, identifier: str) -> None:
        """A rule, at once."""
        self._rule(identifier)
        del self.rules[identifier]

    def rules_of(self, listener: str) -> list[Rule]:
        """A listener's rules in order of priority."""
        return sorted((r for r in self.rules.values() if r.listener == listener), key=lambda r: r.priority)

    @property
    def settled(self) -> bool:
        """Whether no job is under way."""
        return not any(job.status == "Processing" for job in self.jobs.values())

    def backend_state(self, group: ServerGroup, server: Server, weight: int) -> tuple[str, str] | None:
        """(status, reason code) as GetListenerHealthStatus lists it, None where normal; `weight` is the tuple's."""
        if server.weight == 0 or weight == 0:
            return "Unused", ""
        if not group.health_check.enabled:
            return "Unavailable", ""
        if server.verdict == "Healthy":
            return None
        return server.verdict, server.reason if server.verdict == "Unhealthy" else ""

    def hold(self, resources: Iterable[str]) -> None:
        """Let no job of these resources end."""
        for resource in resources:
            self._held.setdefault(resource, [])

    def let_go(self, resources: Iterable[str]) -> None:
        """Let jobs of these resources end again; those that are late do now."""
        for resource in resources:
            for finish in self._held.pop(resource, ()):
                finish()

    def _job(
        self, api: str, resource: str, kind: str, done: Callable[[], None], undo: Callable[[], None] | None = None
    ) -> Job:
        job = Job(f"job-{next(self._count):08d}", api, resource, kind, self.now(), self.now())
        self.jobs[job.id] = job
        while len(self.jobs) > 1000:
            self.jobs.pop(next(iter(self.jobs)))

        def finish() -> None:
            if resource in self._held:
                self._held[resource].append(finish)
                return
            job.modified = self.now()
            if self.failing and undo is not None:
                job.code, job.message = self.failing.pop(0)
                job.status = "Failed"
                undo()
                return
            done()
            job.status = "Succeeded"

        if self.instant:
            finish()
        else:
            self._later(self._random.uniform(*JOB_DELAY) / self._speed, finish)
        return job

    def _tuples(self, tuples: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
        checked = tuple(tuples)
        for group, weight in checked:
            self._group(group)
            if not 0 <= weight <= 100:
                raise OpenApiError("IllegalParam.Weight", f"The specified weight {weight} is illegal.")
        return checked

    def _free(self, status: str, kind: str, identifier: str) -> None:
        if status not in ("Available", "Running"):
            raise OpenApiError(f"IncorrectStatus.{kind}", f"The status of {kind} [{identifier}] is incorrect.")

    def _balancer(self, identifier: str) -> LoadBalancer:
        return _found(self.load_balancers, identifier, "LoadBalancer")

    def _listener(self, identifier: str) -> Listener:
        return _found(self.listeners, identifier, "Listener")

    def _rule(self, identifier: str) -> Rule:
        return _found(self.rules, identifier, "Rule")

    def _group(self, identifier: str) -> ServerGroup:
        return _found(self.groups, identifier, "ServerGroup")

    def _id(self, prefix: str) -> str:
        letters = "".join(self._random.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(18))
        return f"{prefix}-{letters}"

    def _notify(self) -> None:
        for call in self.changed:
            call()


def _found(things: dict[str, T], identifier: str, kind: str) -> T:
    try:
        return things[identifier]
    except KeyError:
        raise OpenApiError(
            f"ResourceNotFound.{kind}", f"The specified resource {identifier} is not found.", 404
        ) from None


def _available(thing: Rule | ServerGroup) -> None:
    thing.status = "Available"
