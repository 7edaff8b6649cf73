"""Guardrails about the members that would get more: whether they serve, run the same, have room. domain.md 7.1."""

from __future__ import annotations

from collections.abc import Iterator

from console.decide import headroom
from console.decide.case import Aim, Case, Finding
from console.model.cluster import Standing
from console.model.fleet import AlbHealthWord, Link
from console.model.freshness import SourceName, SourceState
from console.model.run import Severity
from console.model.text import inert
from console.model.workload import ASSUMPTION, MEASURED, WorkloadWord

_ARGO_UNREAD = (SourceState.LOST, SourceState.DENIED, SourceState.THROTTLED)


def new_key(case: Case) -> Iterator[Finding]:
    """Keys that were never seen are unconfirmed spelling: each needs a word."""
    if case.wish.new_key:
        return
    for aim in case.aims:
        keyed = {line.member for line in aim.route.members if line.key is not None}
        missing = [case.name(member) for member in aim.to if member not in keyed]
        if missing:
            yield Finding(
                f"{case.about(aim)}no weight key of {', '.join(missing)} was ever seen on this Ingress",
                "your word: --new-key, or the tick on the screen",
                "the key's spelling is not confirmed by the vendor; a wrong one is ignored by the controller",
            )


def behind(case: Case) -> Iterator[Finding]:
    """Whoever gets weight must be among the gateway's remote-clusters."""
    for aim in case.aims:
        if aim.gateway is None:
            yield Finding(
                f"{case.about(aim)}no gateway is known for this route",
                "an IngressClass that leads to an AlbConfig",
                "whether the weights take effect cannot be seen beyond the annotation",
                Severity.INFORMS,
            )
            continue
        known = aim.gateway.members
        strangers = [case.name(member) for member, want in aim.to.items() if want and known and member not in known]
        if strangers:
            yield Finding(
                f"{', '.join(strangers)} not in remote-clusters of {aim.gateway.name}",
                "every member with a weight behind the gateway",
                "add it to the AlbConfig's remote-clusters first",
            )


def derivable(case: Case) -> Iterator[Finding]:
    """Where the ALB is read, every backend of the route must be known to be some member's."""
    for aim in case.aims:
        if aim.route.underivable:
            yield Finding(
                f"{case.about(aim)}ALB server group {aim.route.underivable} belongs to no member that can be derived",
                "every server group of the route tied to one member",
                "name it under fleets.members.ID.server_groups, or give the members' cidrs: whose traffic moves is not"
                " known",
            )


def health(case: Case) -> Iterator[Finding]:
    """By the ALB; where that says nothing, as at weight 0, by the member's own workload and by a direct probe."""
    for member in case.gaining:
        known, name = case.member(member), case.name(member)
        seen = known.alb_health if known else None
        if seen is None or seen.word is AlbHealthWord.UNKNOWN:
            yield from _by_itself(case, member, seen.why if seen and seen.why else "nothing is known")
        elif seen.word is AlbHealthWord.DEAD:
            yield Finding(
                f"{name}: 0 of {seen.total} backends healthy ({seen.why})",
                "at least 1 healthy backend",
                "ALB fails open: requests sent there would fail; choose another member or repair it first",
            )
        elif seen.word is AlbHealthWord.SOME:
            yield Finding(
                f"{name}: {seen.healthy} of {seen.total} backends healthy ({seen.why})",
                "all of them",
                "the healthy ones would take the whole of its share",
                Severity.INFORMS,
            )


def _by_itself(case: Case, member: str, why: str) -> Iterator[Finding]:
    known, name, direct = case.member(member), case.name(member), case.around.direct.get(member)
    workload = known.workload if known else None
    word = workload.word if workload is not None and workload.current else WorkloadWord.UNKNOWN
    ready = word in (WorkloadWord.OK, WorkloadWord.SOME)
    answers = direct is not None and direct.served
    if direct is not None and not answers:
        yield Finding(
            f"{name}: ALB health not known ({why}), and its direct probe fails ({direct.why})",
            "an answer of the member itself",
            "repair it first, or choose another",
        )
    elif workload is not None and (ready or (answers and word is WorkloadWord.UNKNOWN)):
        pods = f"{workload.ready} of {workload.wanted} pods ready by its own API" if ready else ""
        said = ", and ".join(filter(None, (pods, "it answers its direct probe" if answers else "")))
        yield Finding(
            f"{name}: ALB health not known ({why}); {said}",
            "at least 1 healthy backend",
            "the way from the ALB to its pods is not proven until it has weight",
            Severity.INFORMS,
        )
    elif word is WorkloadWord.DEAD:
        yield Finding(
            f"{name}: no pod is ready by its own API", "at least 1 ready pod", "repair it first, or choose another"
        )
    else:
        also = workload.why if workload is not None and workload.why else "nothing is known"
        yield Finding(
            f"{name}: ALB health not known ({why}), workload not known ({also})",
            "at least 1 healthy backend, or a ready pod by its own API",
            "name cloud credentials, the member's own API or a direct probe in settings, or look yourself and override",
        )


def dead_steps(case: Case) -> Iterator[Finding]:
    """Each step out of a dead member leaves the rest of its share there, where it fails."""
    if len(case.wish.steps) < 2:
        return
    for member in dict.fromkeys(member for aim in case.aims for member in aim.losing):
        known = case.member(member)
        if known is not None and known.alb_health.word is AlbHealthWord.DEAD:
            yield Finding(
                f"{known.name}: 0 of {known.alb_health.total} backends healthy, and it would be left in "
                f"{len(case.wish.steps)} steps",
                "one step",
                "what is left of its share fails until the last: leave it at once (--steps now; ^t on the screen)",
                Severity.INFORMS,
            )


def serving(case: Case) -> Iterator[Finding]:
    """At least one member that is not known to be dead keeps weight."""
    for aim in case.aims:
        carriers = [(member, case.member(member)) for member, want in aim.to.items() if want]
        if any(known is None or known.alb_health.word is not AlbHealthWord.DEAD for _, known in carriers):
            continue
        names = ", ".join(case.name(member) for member, _ in carriers)
        said = f"only {names} would carry weight, with no healthy backend" if names else "nobody would carry weight"
        yield Finding(
            case.about(aim) + said,
            "one member that is not known to be dead",
            "give weight to a member whose backends are healthy",
        )


def link(case: Case) -> Iterator[Finding]:
    """A lost agent is news of the hub's way to it, not of its traffic."""
    for member in case.gaining:
        known = case.member(member)
        if known is not None and known.link is not Link.UP:
            yield Finding(
                f"{known.name}: control link {known.link}",
                "up",
                "the hub cannot reach its agent; that says nothing of its traffic",
            )


def cluster(case: Case) -> Iterator[Finding]:
    """What the cloud says of the clusters themselves."""
    for member in case.gaining:
        known = case.member(member)
        found = known.cloud.cluster if known is not None else None
        if found is not None and found.standing is Standing.BAD:
            yield Finding(
                f"{case.name(member)}: cluster {found.state}",
                "running",
                "the cloud says that it does not run, by cs:DescribeClusterDetail: look at it before you rely on it",
            )


def headroom_(case: Case) -> Iterator[Finding]:
    """By how much the members that gain fall short; a member whose own API nobody named is not judged."""
    enough = case.threshold("headroom", 100.0)
    pods = headroom.Pods(case.fleet)
    for aim in case.aims:
        for short in pods.shortages(aim.route, aim.to):
            name = case.name(short.member)
            if short.why:
                unnamed = case.fleet.member_source(short.member).state is SourceState.UNCONFIGURED
                yield Finding(
                    f"{'' if unnamed else case.about(aim)}not known ({short.why})",
                    "room for the load that it would get",
                    "whether its pods suffice cannot be seen from here",
                    Severity.INFORMS if unnamed else Severity.BLOCKS,
                )
                continue
            takes = int(100 * short.room / short.load)
            rests = MEASURED if short.weighed else ASSUMPTION
            if takes >= enough:
                continue
            yield Finding(
                f"{case.about(aim)}{name} takes {takes} % of the shifted load, room for {short.room:.0f} of "
                f"{short.load:.0f} pods",
                f"{enough:g} %",
                f"largest safe step {short.step} points; {short.missing} more pods to take all ({rests})",
            )


def health_check(case: Case) -> Iterator[Finding]:
    """The controller's default is off."""
    for aim in case.aims:
        if aim.route.health_check is False:
            yield Finding(
                f'{case.about(aim)}healthcheck-enabled is not "true"',
                "health checks on",
                "the controller's default is off: without them ALB keeps sending to dead backends",
            )


def application(case: Case) -> Iterator[Finding]:
    """What ArgoCD says of the route's namespace in every member that gains."""
    unread = _unread(case)
    if unread is not None:
        yield unread
        return
    for aim in case.aims:
        for member in aim.gaining:
            for one in case.applications(aim, member):
                if not one.well:
                    yield Finding(
                        f"{case.name(member)}: {one.name} is {one.sync or '?'}, {one.health or '?'}",
                        "Synced, Healthy",
                        one.health_message or one.phase_message or "sync it, or see its page for what is not well",
                    )


def _unread(case: Case) -> Finding | None:
    """Where there is an ArgoCD that cannot be read; a Fleet may do without one."""
    source = case.fleet.source(SourceName.APPLICATIONS)
    if source.state not in _ARGO_UNREAD:
        return None
    return Finding(
        f"Applications are {source.word}", "read", source.message or "whether the target runs well is not known"
    )


def revision(case: Case) -> Iterator[Finding]:
    """The same application in the members that gain and lose must be of the same revision."""
    for aim in case.aims:
        losing = aim.losing
        for member in aim.gaining:
            yield from _skewed(case, aim, member, losing)


def _skewed(case: Case, aim: Aim, member: str, losing: list[str]) -> Iterator[Finding]:
    for own in case.applications(aim, member):
        for other in losing:
            for twin in case.applications(aim, other):
                same = (own.set, own.title) == (twin.set, twin.title)
                if not same or not own.revision or not twin.revision or own.revision == twin.revision:
                    continue
                yield Finding(
                    f"{own.title}: {case.name(member)} runs {inert(own.revision, 12)}, {case.name(other)} "
                    f"{inert(twin.revision, 12)}",
                    "the same revision",
                    "clients that move would meet the other revision: sync it first, or say that it may be so",
                )
