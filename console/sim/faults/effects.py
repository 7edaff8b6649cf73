"""What each fault does to a running simulation: entered it begins and says so in one sentence, left it ends. What the
undoing writes to the hub is skipped where the whole simulation ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from console.errors import UsageError
from console.sim.alb_ingress import DELAY
from console.sim.client import INGRESSES
from console.sim.faults import admission, specs
from console.sim.faults.selfheal import AGENT, SelfHealer, owning
from console.sim.faults.site import Site
from console.sim.hub.own import OwnHub
from console.sim.ingress_annotations import PREFIX, annotations_of
from console.sim.kubeapi import Denial
from console.sim.openapis.bucket import Sieve
from console.sim.openapis.refusals import OF_CONTROLLER, TASKS, Refusal, Refusals
from console.sim.terms import seconds

POISON = (PREFIX + "healthcheck-interval-seconds", "2s")
"""The annotation that keeps an AlbConfig back: a number with the unit that a person adds in a hurry."""
Effect = AbstractAsyncContextManager[str]


@asynccontextmanager
async def servers_dead(site: Site, fault: specs.ServersDead) -> AsyncIterator[str]:
    """Servers of one member."""
    server = site.members.servers[site.member(fault.member).id]
    if server.state != fault.how:
        await server.turn(fault.how)
    yield f"no server of {fault.member} answers ({fault.how})"
    await server.turn("alive")


@asynccontextmanager
async def agent_silent(site: Site, fault: specs.AgentSilent) -> AsyncIterator[str]:
    """The agent of one member."""
    agent = site.agents[site.member(fault.member).id]
    agent.silent = True
    yield f"the agent of {fault.member} renews its Lease no more"
    agent.silent = False


@asynccontextmanager
async def member_lost(site: Site, fault: specs.MemberLost) -> AsyncIterator[str]:
    """Both."""
    async with servers_dead(site, fault), agent_silent(site, specs.AgentSilent(member=fault.member)):
        yield f"{fault.member} is gone: no server answers ({fault.how}), its agent is silent"


@asynccontextmanager
async def api_partition(site: Site, fault: specs.ApiPartition) -> AsyncIterator[str]:
    """The way to the hub."""
    site.hub.link.cut(reset=fault.how == "reset")
    how = "resets every connection" if fault.how == "reset" else "takes connections and says nothing"
    yield f"the hub's API {how}"
    site.hub.link.heal()


@asynccontextmanager
async def slow_controller(site: Site, fault: specs.SlowController) -> AsyncIterator[str]:
    """The time between a change and the controller's attempt."""
    # The queue divides by the speed what is said here in the wall's seconds.
    site.controller.delay = (fault.seconds * site.speed, fault.seconds * site.speed)
    yield f"the ALB ingress controller acts {fault.seconds:g} s after a change"
    site.controller.delay = DELAY
    _resync(site)  # what it put off is due now


@asynccontextmanager
async def poison(site: Site, fault: specs.Poison) -> AsyncIterator[str]:
    """An annotation of one Ingress."""
    route = site.route(fault.route)
    key, value = POISON
    client, where = site.client("kubectl-annotate"), (route.namespace, route.name)
    former = annotations_of(await client.get(INGRESSES, *where)).get(key)
    await client.merge(INGRESSES, *where, {"metadata": {"annotations": {key: value}}})
    yield f'{route.key} says {key}: "{value}", which keeps all of {route.gateway} back'
    if annotations_of(await client.get(INGRESSES, *where)).get(key) == value:
        await client.merge(INGRESSES, *where, {"metadata": {"annotations": {key: former}}})


@asynccontextmanager
async def throttle(site: Site, fault: specs.Throttle) -> AsyncIterator[str]:
    """The ALB OpenAPI for the console's key, and for the controller's own."""
    site.openapi.throttled["alb"] = Sieve(fault.of_ten)
    site.cloud.throttled = Sieve(fault.of_ten)
    # A resync, as the controller has one now and then: it meets the limit without anybody's change.
    _resync(site)
    share = "" if fault.of_ten == 10 else f" to {fault.of_ten} of every ten calls"
    yield f"the ALB OpenAPI answers Throttling.User{share}, to the controller too"
    site.openapi.throttled.pop("alb", None)
    site.cloud.throttled = None


def _resync(site: Site) -> None:
    for fleet in site.living.fleets.values():
        fleet.controller.resync()


@asynccontextmanager
async def rule_stuck(site: Site, fault: specs.RuleStuck) -> AsyncIterator[str]:
    """Jobs of the rules of one route."""
    rules = site.rules(fault.route)
    site.alb.hold(rules)
    yield f"changes of the rules of {fault.route} stay Configuring"
    site.alb.let_go(rules)


@asynccontextmanager
async def rule_edited(site: Site, fault: specs.RuleEdited) -> AsyncIterator[str]:
    """What the rules of one route hold after each change; the controller makes the last one once more at the end."""
    rules = site.rules(fault.route)
    site.alb.pinned.update({one: site.alb.rules[one].tuples for one in rules})
    yield f"somebody sets the rules of {fault.route} back at the ALB after each change"
    for one in rules:
        site.alb.pinned.pop(one, None)
    _resync(site)


@asynccontextmanager
async def stale_split(site: Site, fault: specs.StaleSplit) -> AsyncIterator[str]:
    """How requests to one route are split."""
    rules = site.rules(fault.route)
    site.data_plane.stale.update({one: site.alb.rules[one].tuples for one in rules})
    yield f"requests to {fault.route} are split as they are now, whatever its rules say"
    for one in rules:
        site.data_plane.stale.pop(one, None)


@asynccontextmanager
async def clock_skew(site: Site, fault: specs.ClockSkew) -> AsyncIterator[str]:
    """All clocks that are read on the hub."""
    await _set_clocks(site, fault.seconds)
    yield f"the hub's clock is {abs(fault.seconds):g} s {'ahead' if fault.seconds >= 0 else 'behind'}"
    await _set_clocks(site, 0.0)


async def _set_clocks(site: Site, skew: float) -> None:
    site.clock.skew = skew
    # Renewed at once, or the hub's controllers would take the leap for silence.
    for agent in (agent for fleet in site.living.fleets.values() for agent in fleet.agents.values()):
        if not agent.silent:
            await agent.renew()


@asynccontextmanager
async def credential_expiry(site: Site, fault: specs.CredentialExpiry) -> AsyncIterator[str]:
    """The kubeconfig's tokens, or the settings file's key."""
    told: list[str] = []
    tokens: dict[str, str] = {}
    former: dict[str, str] = {}
    if fault.of in ("hub", "both"):
        tokens = site.hub.api.access.tokens
        former = {token: tokens.pop(token) for token in site.hub.tokens}
        told.append("the hub answers 401 to the kubeconfig's tokens")
    if fault.of in ("cloud", "both"):
        site.openapi.inactive.add(site.key)
        told.append("the cloud's key is disabled")
    yield ", ".join(told)
    tokens.update(former)
    site.openapi.inactive.discard(site.key)


@asynccontextmanager
async def self_heal(site: Site, fault: specs.SelfHeal) -> AsyncIterator[str]:
    """A writer of its own on one Ingress."""
    route, client = site.route(fault.route), site.client(AGENT)
    where = route.namespace, route.name
    async with contextlib.AsyncExitStack() as stack:
        if fault.owner is not None:
            await stack.enter_async_context(owning(client, where, fault.owner))
        healer = SelfHealer(client, where, seconds(fault.after), fault.owner)
        work = asyncio.create_task(healer.run())
        try:
            await healer.ready()
            of = f" while the policy of Application {fault.owner} says so" if fault.owner else ""
            yield f"{AGENT} writes the weights of {route.key} back {fault.after} after each change{of}"
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


@asynccontextmanager
async def webhook(site: Site, fault: specs.Webhook) -> AsyncIterator[str]:
    """What the hub answers to writes of one Ingress's weights."""
    route = site.route(fault.route)
    named = admission.refusing((route.namespace, route.name))
    site.hub.api.faults.append(named)
    yield f"the admission webhook {admission.WEBHOOK} refuses weights of {route.key}"
    site.hub.api.faults.remove(named)


@asynccontextmanager
async def denied(site: Site, fault: specs.Denied) -> AsyncIterator[str]:
    """The rights of the kubeconfig's first context and of the cloud's key."""
    with contextlib.ExitStack() as stack:
        if fault.permissions or site.own_hub is not None:
            stack.enter_context(_lessened(site.hub, fault))
        refused = {(site.key, action): code for action, code in fault.actions.items()}
        site.openapi.denied.update(refused)
        yield f"{fault.role} may not {', '.join((*fault.permissions, *fault.actions)) or 'do less than before'}"
        for each in refused:
            site.openapi.denied.pop(each, None)


@asynccontextmanager
async def cloud_refusal(site: Site, fault: specs.CloudRefusal) -> AsyncIterator[str]:
    """One operation of the cloud, whoever calls it."""
    if fault.operation not in (*OF_CONTROLLER, *site.openapi.operations):
        raise UsageError(f"no operation is called '{fault.operation}'", fix="Write it as the SDK does: CreateCluster.")
    if fault.kind == "task-failed" and fault.operation not in (*OF_CONTROLLER, *TASKS):
        raise UsageError(f"{fault.operation} begins no task", fix=f"Those that do: {', '.join(TASKS)}.")
    with _held(site.openapi.refusals, fault.operation, fault.kind, fault.times):
        often = "" if fault.times is None else f", {fault.times} times"
        yield f"{fault.operation} meets {fault.kind}{often}"


@asynccontextmanager
async def write_refusal(site: Site, fault: specs.WriteRefusal) -> AsyncIterator[str]:
    """Writes of one resource."""
    with _held(site.living.writes.refusals, fault.resource, fault.kind, fault.times):
        often = "" if fault.times is None else f", {fault.times} times"
        yield f"writes of {fault.resource} meet {fault.kind}{often}"


@contextlib.contextmanager
def _held(refusals: Refusals, subject: str, kind: str, times: int | None) -> Iterator[None]:
    """One refusal, as long as it is this one."""
    mine = refusals.held[subject] = Refusal(kind, times)
    yield
    if refusals.held.get(subject) is mine:
        del refusals.held[subject]


@contextlib.contextmanager
def _lessened(hub: OwnHub, fault: specs.Denied) -> Iterator[None]:
    """The first context as user `role` of the fault, without its permissions."""
    access, token = hub.api.access, hub.tokens[0]
    former = access.tokens[token]
    access.roles[fault.role] = access.roles[former]
    access.tokens[token] = fault.role
    denials = [_denial(fault.role, permission) for permission in fault.permissions]
    access.denials += denials
    yield
    access.tokens[token] = former
    access.denials = [each for each in access.denials if each not in denials]


def _denial(role: str, permission: str) -> Denial:
    verb, _, what = permission.partition(" ")
    resource, _, group = what.partition(".")
    # A resource without its group is that of any group: `list ingresses` is what a person says.
    return Denial(role=role, verb=verb, group=group or "*", resource=resource)


EFFECTS: Mapping[type, Callable[[Site, Any], Effect]] = {
    specs.ServersDead: servers_dead,
    specs.AgentSilent: agent_silent,
    specs.AgentLost: agent_silent,
    specs.MemberLost: member_lost,
    specs.ApiPartition: api_partition,
    specs.SlowController: slow_controller,
    specs.Poison: poison,
    specs.Throttle: throttle,
    specs.RuleStuck: rule_stuck,
    specs.RuleEdited: rule_edited,
    specs.StaleSplit: stale_split,
    specs.ClockSkew: clock_skew,
    specs.CredentialExpiry: credential_expiry,
    specs.SelfHeal: self_heal,
    specs.Webhook: webhook,
    specs.Denied: denied,
    specs.CloudRefusal: cloud_refusal,
    specs.WriteRefusal: write_refusal,
}
