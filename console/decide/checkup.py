"""From the facts of one look to its checks: the state of each, what to do about it, and the exit code of them all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from console.decide import checkup_host as host
from console.errors import EXIT_DONE, EXIT_HELD, EXIT_UNREACHABLE
from console.model.checkup import (
    Check,
    CheckState,
    Checkup,
    CloudCall,
    CloudFacts,
    Grant,
    HubFacts,
    KubeconfigFacts,
    ProbeCall,
)
from console.model.freshness import GITOPS_SOURCES, SourceName, Topic
from console.model.permission import Write

SOON = 14 * 86400.0
"""Seconds before its end from which on a certificate is worth a warning."""
SLOW = 1.0
"""Seconds that an answer of the hub may take."""
CLOCK_WARN, CLOCK_BAD = 5.0, 60.0
"""Seconds between our clock and another: from then on times mislead; from then on tokens and signatures fail."""
ROLES = "`fleet-console policy rbac operator` prints the roles"

_LOSSES: dict[Topic | Write, tuple[CheckState, str]] = {
    SourceName.MEMBERS: (CheckState.BAD, "no member and no zone is known, and no shift can be planned"),
    SourceName.HEARTBEATS: (CheckState.WARN, "a member's link to the hub is not known"),
    SourceName.GATEWAYS: (CheckState.WARN, "gateways, and with them the ALB's rules, are not known"),
    SourceName.CLASSES: (CheckState.WARN, "a route's gateway is not known"),
    SourceName.ROUTES: (CheckState.BAD, "no route and no weight is known, and no shift can be planned"),
    SourceName.EVENTS: (CheckState.WARN, "the controller's word on a shift is not reported"),
    SourceName.APPLICATIONS: (CheckState.WARN, "sync, health and revisions of applications are not known"),
    SourceName.SETS: (CheckState.WARN, "what a label edit would drop is not known"),
    SourceName.CLUSTER_SECRETS: (CheckState.WARN, "members are told by ids and names alone"),
    SourceName.RUNS: (CheckState.WARN, "runs of other hosts are not known, and no shift can number its fence"),
    SourceName.FLEET: (CheckState.WARN, "the Fleet's own state and its associations are not known"),
    SourceName.CLUSTERS: (CheckState.WARN, "a cluster that the cloud knows to be cut off is not told"),
    SourceName.RATES: (CheckState.WARN, "requests a second are not known, and pods count for headroom"),
    SourceName.VSWITCHES: (CheckState.WARN, "the zone of an ACK member is known where settings or a label name it"),
    Write.WEIGHTS: (CheckState.BAD, "no weight can be written"),
    Write.LOCK: (CheckState.BAD, "no shift can take the Fleet's lock"),
    Write.RECORDS: (CheckState.BAD, "no shift can be recorded, and none starts unrecorded"),
    Write.NAMESPACE: (CheckState.BAD, "the lock and the records have no place"),
    Write.UPKEEP: (CheckState.WARN, "no Application can be refreshed or synced"),
}


def checks(found: Checkup) -> tuple[Check, ...]:
    """All checks, in the order in which things depend on one another."""
    return (
        kubeconfig(found.kubeconfig, found.now, found.patience),
        hub(found.hub, found.patience),
        *(grant(one, read_only=found.settings.read_only, answered=_answered(found.hub)) for one in found.grants),
        *cloud(found.cloud, found.patience),
        *cloud_reads(found.cloud),
        *((_read(found.rates),) if found.rates is not None else ()),
        *probes(found.probes, found.patience),
        clock(found.hub, found.cloud),
        host.settings(found.settings),
        host.members(found.settings, found.members),
        host.state(found.state),
        host.terminal(found.terminal),
    )


def exit_code(found: Checkup, all_checks: Sequence[Check]) -> int:
    """7 where the hub does not answer or denies us, 4 where a check is bad or could not be made, else 0."""
    if found.hub is None or found.hub.failure is not None:
        return EXIT_UNREACHABLE
    wanting = any(check.state in (CheckState.BAD, CheckState.UNKNOWN) for check in all_checks)
    return EXIT_HELD if wanting else EXIT_DONE


def kubeconfig(facts: KubeconfigFacts | None, now: float, patience: float) -> Check:
    """Which file and context, how we say who we are there, and how long that holds."""
    name = "kubeconfig"
    if facts is None:
        return Check(name, CheckState.BAD, f"no credential within {patience:g} s", "Run its exec plugin by hand.")
    if facts.failure is not None:
        return Check(name, CheckState.BAD, facts.failure.sentence, facts.failure.fix)
    took = f" in {facts.took:.1f} s" if facts.took is not None and facts.way.startswith("exec") else ""
    found = f"{facts.files}, context {facts.context}, {facts.server}; {facts.way}{took}"
    moments = (
        ("client certificate", facts.certificate_ends),
        ("cluster's authority", facts.authority_ends),
        ("credential", facts.credential_ends),
    )
    ends = [(what, at) for what, at in moments if at is not None]
    told = "".join(f"; {what} ends {_day(at)}" for what, at in ends)
    if any(at <= now for _, at in ends):
        return Check(name, CheckState.BAD, found + told, "Fetch a new kubeconfig, or log in again.")
    if any(at - now < SOON for what, at in ends if what != "credential"):
        return Check(name, CheckState.WARN, found + told, "Fetch a new kubeconfig before that day.")
    if facts.exposed:
        return Check(name, CheckState.WARN, f"{found}; others may read it", "Set its mode to 0600: it holds secrets.")
    return Check(name, CheckState.OK, found + told)


def hub(facts: HubFacts | None, patience: float) -> Check:
    """Whether the hub answers, who it is, and how fast."""
    if facts is None:
        return Check("hub", CheckState.BAD, f"no answer within {patience:g} s", "Check the network and the VPN.")
    if facts.failure is not None:
        return Check("hub", CheckState.BAD, facts.failure.sentence, facts.failure.fix)
    user = f", we are {facts.user}" if facts.user else ""
    latency = f", answers in {facts.latency * 1000:.0f} ms" if facts.latency is not None else ""
    found = f"uid {facts.uid}, Kubernetes {facts.version or 'of unknown version'}{latency}{user}"
    if facts.latency is not None and facts.latency > SLOW:
        return Check("hub", CheckState.WARN, found, "Check the way to the hub: every step of a shift asks it.")
    return Check("hub", CheckState.OK, found)


def _answered(facts: HubFacts | None) -> bool:
    return facts is not None and (facts.failure is None or facts.uid is not None or facts.version is not None)


def grant(asked: Grant, *, read_only: bool, answered: bool) -> Check:
    """Whether one source can be read, or one write be made; names what is missing and what it costs."""
    writes = isinstance(asked.of, Write)
    name = _name(asked)
    state, loss = _LOSSES[asked.of]
    if writes and read_only and state is CheckState.BAD:
        state = CheckState.WARN
    if asked.of is Write.NAMESPACE and asked.served:
        return Check(name, CheckState.OK, "namespace fleet-console exists")
    missing = [one.words for one in asked.asked if one.allowed is False]
    if missing and asked.of is Write.NAMESPACE and asked.served is None:
        state, loss = CheckState.WARN, f"{loss} unless it is there: we may not see it"
    if missing:
        words = ", ".join(missing)
        return Check(name, state, f"not allowed: {words}", f"Grant it ({ROLES}); without it {loss}.")
    if any(one.allowed is None for one in asked.asked):
        if not answered:
            fix = f"Mend what the check of the hub says; without it {loss}."
            return Check(name, CheckState.UNKNOWN, "the hub could not be asked", fix)
        fix = f"Ask with `kubectl auth can-i`; without it {loss}."
        return Check(name, CheckState.UNKNOWN, "the hub did not say", fix)
    if asked.served is False and (asked.of in GITOPS_SOURCES or asked.of is Write.UPKEEP):
        return Check(name, CheckState.UNSET, "the hub has no ArgoCD", f"Nothing, if that is meant; without it {loss}.")
    if asked.served is False and not writes:
        return Check(name, state, "the hub does not know this kind", f"Install its CRD; without it {loss}.")
    return Check(name, CheckState.OK, f"allowed: {', '.join(one.verb for one in asked.asked)}")


def _name(asked: Grant) -> str:
    if isinstance(asked.of, Write):
        return asked.of.value
    return "read configmaps" if asked.of is SourceName.RUNS else f"read {asked.of}"


def cloud(facts: CloudFacts | None, patience: float) -> tuple[Check, Check]:
    """Whether a credential can be had, and whether the ALB answers to it."""
    names = ("cloud credential", "cloud call")
    if facts is None:
        late = f"no answer within {patience:g} s"
        return (
            Check(names[0], CheckState.UNKNOWN, late, "Check the way to the credential's provider."),
            Check(names[1], CheckState.UNKNOWN, late, "Check the way to the cloud's endpoint."),
        )
    if not facts.which:
        fix = "Name a credential under fleets.cloud.credentials to see the ALB's rules and health."
        return (
            Check(names[0], CheckState.UNSET, "none is named in the settings", fix),
            Check(names[1], CheckState.UNSET, "needs a credential"),
        )
    if facts.credential is not None:
        return (
            Check(names[0], CheckState.BAD, facts.credential.sentence, facts.credential.fix),
            Check(names[1], CheckState.UNKNOWN, "needs a credential"),
        )
    first = Check(names[0], CheckState.OK, f"obtained from {facts.which}")
    if facts.call is not None:
        return first, Check(names[1], CheckState.BAD, facts.call.sentence, facts.call.fix)
    took = f" in {facts.seconds * 1000:.0f} ms" if facts.seconds is not None else ""
    return first, Check(names[1], CheckState.OK, f"{facts.action} answered{took}")


def cloud_reads(facts: CloudFacts | None) -> tuple[Check, ...]:
    """Whether what moves slowly is told; none of these is a must."""
    return tuple(map(_read, facts.reads)) if facts is not None else ()


def _read(call: CloudCall) -> Check:
    name = f"read {call.of}"
    state, loss = _LOSSES[call.of]
    if not call.asked:
        return Check(name, CheckState.UNSET, "nothing to ask for is named in the settings", f"Without it {loss}.")
    if call.failure is not None:
        fix = call.failure.fix.rstrip(".")
        return Check(name, state, call.failure.sentence, f"{fix}; without it {loss}." if fix else f"Without it {loss}.")
    took = f" in {call.seconds * 1000:.0f} ms" if call.seconds is not None else ""
    return Check(name, CheckState.OK, f"{call.action} answered{took}")


def probes(calls: Sequence[ProbeCall] | None, patience: float) -> tuple[Check, Check]:
    """Whether what clients get can be seen, and whether a member can prove that it serves. A member that is down does
    not answer, and nothing need be amiss here: it is worth a look."""
    through, past = "probes", "direct probes"
    if calls is None:
        late = f"no answer within {patience:g} s"
        return Check(through, CheckState.UNKNOWN, late), Check(past, CheckState.UNKNOWN, late)
    return (
        _probed(
            through,
            [one for one in calls if not one.direct],
            "See fleets.probes in the settings, whether this host reaches the gateway, and whether its members serve",
            "what clients get is not seen, and a shift is done at the ALB's rule",
        ),
        _probed(
            past,
            [one for one in calls if one.direct],
            "See fleets.members.ID.direct in the settings, and whether the member serves",
            "only a member's own API proves that it serves before a drain goes back by itself",
        ),
    )


def _probed(name: str, calls: Sequence[ProbeCall], fix: str, loss: str) -> Check:
    if not calls:
        return Check(name, CheckState.UNSET, "none is named in the settings", f"Without one {loss}.")
    failed = [one for one in calls if one.failure]
    if failed:
        count = f"{len(failed)} of {len(calls)} {'has' if len(failed) == 1 else 'have'} no usable answer"
        return Check(
            name,
            CheckState.WARN,
            f"{count}: {'; '.join(f'{one.of}: {one.failure}' for one in failed)}",
            f"{fix}; without it {loss}.",
        )
    slowest = max(one.seconds or 0.0 for one in calls)
    return Check(name, CheckState.OK, f"{len(calls)} of {len(calls)} answer, the slowest in {slowest * 1000:.0f} ms")


def clock(facts: HubFacts | None, seen: CloudFacts | None) -> Check:
    """Our clock against the Date headers of the hub and of the cloud, which are cut to the second."""
    pairs = (("hub", facts.skew if facts else None), ("cloud", seen.skew if seen else None))
    known = [(who, skew) for who, skew in pairs if skew is not None]
    if not known:
        return Check("clock", CheckState.UNKNOWN, "nobody told the time", "Reach the hub or the cloud first.")
    found = ", ".join(f"{who} {_skew(skew)}" for who, skew in known)
    worst = max(abs(skew) for _, skew in known)
    fix = "Have this machine's clock set by NTP."
    if worst > CLOCK_BAD:
        return Check("clock", CheckState.BAD, found, fix)
    return Check("clock", CheckState.WARN, found, fix) if worst > CLOCK_WARN else Check("clock", CheckState.OK, found)


def _skew(seconds: float) -> str:
    if abs(seconds) < 1.0:
        return "agrees within 1 s"
    return f"is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine"


def _day(at: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):
        return "at no known time"
