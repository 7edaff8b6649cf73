"""A wish for a route's weights -> a plan, and everything that speaks against it or should be known, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from console.decide import headroom
from console.decide.plan import Plan, RouteChange, weight
from console.errors import UsageError
from console.model.cluster import Standing
from console.model.fleet import AlbHealthWord, Controller, Fleet, Gateway, Link, Member, Route
from console.model.freshness import SourceName, SourceState
from console.model.run import Reason, Severity
from console.model.text import inert
from console.model.workload import ASSUMPTION, MEASURED
from console.settings import DEFAULT_KEY_PREFIX


@dataclass(frozen=True, slots=True)
class Decision:
    """A plan, or None where none can be made, and every rule's word. `refused` where one of them blocks."""

    plan: Plan | None
    reasons: tuple[Reason, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether a rule blocks, or no plan could be made."""
        return self.plan is None or any(reason.severity is Severity.BLOCKS for reason in self.reasons)

    @property
    def blocking(self) -> tuple[Reason, ...]:
        """The rules that block."""
        return tuple(reason for reason in self.reasons if reason.severity is Severity.BLOCKS)


@dataclass(frozen=True, slots=True)
class _Case:
    """What every rule looks at."""

    fleet: Fleet
    route: Route
    gateway: Gateway | None
    to: Mapping[str, int]
    new_key: bool
    read_only: bool

    def name(self, member: str) -> str:
        return next((m.name for m in self.fleet.members if m.id == member), inert(member, 60))

    def member(self, member: str) -> Member | None:
        return next((m for m in self.fleet.members if m.id == member), None)

    @property
    def gaining(self) -> list[str]:
        """Members that would get more than they have."""
        held = {line.member: line.annotation or 0 for line in self.route.members}
        return [member for member, want in self.to.items() if want > held.get(member, 0)]


def shift(
    fleet: Fleet,
    route: str,
    to: Mapping[str, int],
    *,
    new_key: bool = False,
    key_prefix: str = DEFAULT_KEY_PREFIX,
    read_only: bool = False,
) -> Decision:
    """The plan that gives `route` the weights `to` (member id -> 0 to 100, summing to 100; see `decide.split`).

    Raises `UsageError` where the route is not known. Everything else that speaks against it is in the reasons.
    """
    found = fleet.route(route)
    if found is None:
        raise UsageError(f"no route is called '{inert(route, 120)}'", fix=_known(fleet))
    gateway = next((g for g in fleet.gateways if g.name == found.gateway), None)
    case = _Case(fleet, found, gateway, to, new_key, read_only)
    reasons = tuple(reason for rule in _RULES for reason in rule(case))
    return Decision(_plan(case, key_prefix), reasons)


def _known(fleet: Fleet) -> str:
    names = ", ".join(route.key for route in fleet.routes[:8])
    return f"Known routes: {names}." if names else "No route is known; `fleet-console status` says why."


def _plan(case: _Case, prefix: str) -> Plan | None:
    if case.fleet.uid is None:
        return None
    namespace, _, name = case.route.key.partition("/")
    lines = {line.member: line for line in case.route.members}
    keys: dict[str, str] = {}
    before: dict[str, str | None] = {}
    after: dict[str, str | None] = {}
    for member, want in case.to.items():
        line = lines.get(member)
        key = line.key if line and line.key else prefix + member
        keys[key] = member
        before[key] = line.raw if line else None
        held = weight(before[key])
        after[key] = before[key] if held == want else str(want)
    change = RouteChange(
        namespace=namespace,
        name=name,
        uid=case.route.uid,
        members=tuple(keys.items()),
        before=tuple(before.items()),
        after=tuple(after.items()),
    ).arranged([*lines, *(member.id for member in case.fleet.members)])
    return Plan(fleet_uid=case.fleet.uid, kind="shift", routes=(change,))


def _blocks(rule: str, measured: str, needed: str, message: str) -> list[Reason]:
    return [Reason(rule, Severity.BLOCKS, measured, needed, message)]


def _informs(rule: str, measured: str, needed: str, message: str) -> list[Reason]:
    return [Reason(rule, Severity.INFORMS, measured, needed, message)]


def _rule_read_only(case: _Case) -> list[Reason]:
    if not case.read_only:
        return []
    return _blocks("read-only", "read_only: true in settings", "read_only: false", "settings forbid every write")


def _rule_current(case: _Case) -> list[Reason]:
    """A plan is made of what is there now, not of what was there before a link went."""
    if case.fleet.uid is None:
        return _blocks(
            "current", "the Fleet's UID is not known", "its kube-system namespace readable",
            "grant `get namespaces` on kube-system: the UID there is the Fleet's identity",
        )  # fmt: skip
    source = case.fleet.source(SourceName.ROUTES)
    if source.state is SourceState.LIVE:
        return []
    return _blocks(
        "current", f"Ingresses are {source.state}", "live", source.message or "wait until they are read again"
    )


def _rule_new_key(case: _Case) -> list[Reason]:
    keyed = {line.member for line in case.route.members if line.key is not None}
    missing = [case.name(member) for member in case.to if member not in keyed]
    if not missing or case.new_key:
        return []
    return _blocks(
        "new-key",
        f"no weight key of {', '.join(missing)} was ever seen on this Ingress",
        "your word: --new-key, or the tick on the screen",
        "the key's spelling is not confirmed by the vendor; a wrong one is ignored by the controller",
    )


def _rule_behind(case: _Case) -> list[Reason]:
    if case.gateway is None:
        return _informs(
            "gateway", "no gateway is known for this route", "an IngressClass that leads to an AlbConfig",
            "whether the weights take effect cannot be seen beyond the annotation",
        )  # fmt: skip
    behind = case.gateway.members
    strangers = [case.name(member) for member, want in case.to.items() if want and behind and member not in behind]
    if not strangers:
        return []
    return _blocks(
        "behind-gateway",
        f"{', '.join(strangers)} not in remote-clusters of {case.gateway.name}",
        "every member with a weight behind the gateway",
        "add it to the AlbConfig's remote-clusters first",
    )


def _rule_derivable(case: _Case) -> list[Reason]:
    """Where the ALB is read, every backend of the route must be known to be some member's."""
    if not case.route.underivable:
        return []
    return _blocks(
        "derivable", f"ALB server group {case.route.underivable} belongs to no member that can be derived",
        "every server group of the route tied to one member",
        "name it under fleets.members.ID.server_groups, or give the members' cidrs: whose traffic moves is not known",
    )  # fmt: skip


def _rule_target_health(case: _Case) -> list[Reason]:
    found: list[Reason] = []
    for member in case.gaining:
        known = case.member(member)
        health = known.alb_health if known else None
        name = case.name(member)
        if health is None or health.word is AlbHealthWord.UNKNOWN:
            why = health.why if health and health.why else "nothing is known"
            found += _informs(
                "target-health", f"{name}: ALB health not known ({why})", "at least 1 healthy backend",
                "a member at weight 0 has no ALB health; look at its workload before you rely on it",
            )  # fmt: skip
        elif health.word is AlbHealthWord.DEAD:
            found += _blocks(
                "target-health", f"{name}: 0 of {health.total} backends healthy ({health.why})",
                "at least 1 healthy backend",
                "ALB fails open: requests sent there would fail; choose another member or repair it first",
            )  # fmt: skip
        elif health.word is AlbHealthWord.SOME:
            found += _informs(
                "target-health", f"{name}: {health.healthy} of {health.total} backends healthy ({health.why})",
                "all of them", "the healthy ones would take the whole of its share",
            )  # fmt: skip
    return found


def _rule_serving(case: _Case) -> list[Reason]:
    """At least one member that is not known to be dead keeps weight."""
    carriers = [(m, case.member(m)) for m, want in case.to.items() if want]
    if any(known is None or known.alb_health.word is not AlbHealthWord.DEAD for _, known in carriers):
        return []
    names = ", ".join(case.name(member) for member, _ in carriers)
    return _blocks(
        "serving", f"only {names} would carry weight, with no healthy backend",
        "one member that is not known to be dead", "give weight to a member whose backends are healthy",
    )  # fmt: skip


def _rule_link(case: _Case) -> list[Reason]:
    found: list[Reason] = []
    for member in case.gaining:
        known = case.member(member)
        if known is not None and known.link is not Link.UP:
            found += _informs(
                "control-link", f"{known.name}: control link {known.link}", "up",
                "the hub cannot reach its agent; that says nothing of its traffic",
            )  # fmt: skip
        cluster = known.cloud.cluster if known is not None else None
        if cluster is not None and cluster.standing is Standing.BAD:
            found += _informs(
                "cluster-state", f"{case.name(member)}: cluster {cluster.state}", "running",
                "the cloud says that it does not run, by cs:DescribeClusterDetail: look at it before you rely on it",
            )  # fmt: skip
    return found


def _rule_headroom(case: _Case) -> list[Reason]:
    """By how much the members that gain fall short; silent where nobody named a member's own API."""
    found: list[Reason] = []
    for short in headroom.shortages(case.fleet, case.route, case.to):
        name = case.name(short.member)
        if short.why and case.fleet.member_source(short.member).state is not SourceState.UNCONFIGURED:
            found += _informs(
                "headroom", f"not known ({short.why})", "room for the load that it would get",
                "whether its pods suffice cannot be seen from here",
            )  # fmt: skip
        elif not short.why:
            takes = int(100 * short.room / short.load)
            rests = MEASURED if short.weighed else ASSUMPTION
            found += _informs(
                "headroom",
                f"{name}: takes {takes} % of the shifted load, room for {short.room:.0f} of {short.load:.0f} pods",
                "100 %",
                f"largest safe step {short.step} points; {short.missing} more pods to take all ({rests})",
            )
    return found


def _rule_in_flight(case: _Case) -> list[Reason]:
    found: list[Reason] = []
    if case.route.rule_state not in (None, "Available"):
        found += _informs(
            "in-flight", f"ALB rule: {case.route.rule_state}", "Available",
            case.route.rule_message or "a change is under way; this one waits behind it",
        )  # fmt: skip
    if case.route.controller is Controller.FAILED:
        found += _informs(
            "gateway-can-act", case.route.controller_message, "a success event after the last change",
            "the controller may not carry this change to the ALB until its cause is gone",
        )  # fmt: skip
    elif case.route.controller is Controller.WAITING:
        found += _informs(
            "gateway-can-act", case.route.controller_message, "a success event after the last change",
            "the controller has not taken the former change up yet",
        )  # fmt: skip
    return found


def _rule_health_check(case: _Case) -> list[Reason]:
    if case.route.health_check is not False:
        return []
    return _informs(
        "health-check", "healthcheck-enabled is not \"true\"", "health checks on",
        "the controller's default is off: without them ALB keeps sending to dead backends",
    )  # fmt: skip


def _rule_change(case: _Case) -> list[Reason]:
    held = {line.member: line.annotation for line in case.route.members}
    if any(held.get(member) != want for member, want in case.to.items()):
        return []
    return _informs("no-change", "the weights are already so", "a difference", "the run only verifies them")


_RULES: tuple[Callable[[_Case], list[Reason]], ...] = (
    _rule_read_only,
    _rule_current,
    _rule_new_key,
    _rule_behind,
    _rule_derivable,
    _rule_target_health,
    _rule_serving,
    _rule_link,
    _rule_headroom,
    _rule_in_flight,
    _rule_health_check,
    _rule_change,
)
