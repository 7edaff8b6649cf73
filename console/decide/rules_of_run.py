"""Guardrails about the run itself: the Fleet's identity, locks, clocks, credentials, and words of people."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping

from console.decide.case import Aim, Case, Finding
from console.model.freshness import SourceName, SourceState
from console.model.run import Severity
from console.model.silence import alive
from console.model.spans import spoken
from console.model.text import inert

_ASSERTION = re.compile(r"(?P<who>\S+)\s+keeps\s+(?P<how>>=|<=|>|<|=)\s*(?P<number>[0-9]{1,3})")
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq,
}  # fmt: skip


def read_only(case: Case) -> Iterator[Finding]:
    """The setting that beats all."""
    if case.around.read_only:
        yield Finding("read_only: true in settings", "read_only: false", "settings forbid every write")


def current(case: Case) -> Iterator[Finding]:
    """A plan is made of what is there now, not of what was there before a link went."""
    if case.fleet.uid is None:
        yield Finding(
            "the Fleet's UID is not known",
            "its kube-system namespace readable",
            "grant `get namespaces` on kube-system: the UID there is the Fleet's identity",
        )
        return
    source = case.fleet.source(SourceName.ROUTES)
    if source.state is not SourceState.LIVE:
        yield Finding(f"Ingresses are {source.word}", "live", source.message or "wait until they are read again")


def split(case: Case) -> Iterator[Finding]:
    """Steps lead from one split to another, and a drain moves what it can read."""
    for key in case.wish.unsplit:
        yield Finding(f"{key}: a weight on it is no number", "weights from 0 to 100", "correct it by its own shift")
    if len(case.wish.steps) == 1:
        return
    for aim in case.aims:
        if not sum(aim.held.values()):
            yield Finding(
                f"{case.about(aim)}it carries no weights yet", "weights to start from", "go in one step (--steps now)"
            )


def freeze(case: Case) -> Iterator[Finding]:
    """Somebody said that nothing may move."""
    frozen = case.fleet.freeze
    if frozen is None or (frozen.until is not None and case.around.wall >= frozen.until):
        return
    until = f" for {spoken(frozen.until - case.around.wall)} more" if frozen.until is not None else ""
    yield Finding(
        f"frozen by {frozen.actor or 'somebody'}{until}: {frozen.reason or 'no reason given'}",
        "no freeze",
        "ask them; fleet-console unfreeze takes it away",
    )


def other_run(case: Case) -> Iterator[Finding]:
    """One writer at a time."""
    for run in case.around.running:
        yield Finding(
            f"run {run.run} by {run.actor or 'somebody'} is under way",
            "no other run on this Fleet",
            f"wait, or look at it: fleet-console attach {run.run}",
        )
    for run in case.around.recorded:
        told = f"run {run.run} by {run.actor or 'somebody'} on {run.host or 'another host'} is under way"
        needed, attach = "no other run on this Fleet", f"fleet-console attach {run.run}"
        if alive(run.run, case.fleet, case.around.wall):
            yield Finding(f"{told}, and renews the Fleet's Lease", needed, f"wait, or look at it: {attach}")
        else:
            how = f"where its runner lives, the Fleet's Lease refuses this one: {attach}"
            yield Finding(f"{told}, by its record", needed, how, Severity.INFORMS)


def skew(case: Case) -> Iterator[Finding]:
    """Holds, expiries and evidence are told in times."""
    most = case.threshold("clock-skew", 30.0)
    found = case.fleet.skew
    if found is not None and abs(found) > most:
        way = "ahead of" if found > 0 else "behind"
        yield Finding(
            f"the Fleet's clock is {spoken(abs(found))} {way} this host's", f"{most:g} s at most",
            "set this host's clock (chronyc, timedatectl); the Fleet's is hosted",
        )  # fmt: skip


def credentials(case: Case) -> Iterator[Finding]:
    """A run that cannot write any more cannot go back either."""
    ends = case.fleet.credential_until
    if ends is None:
        return
    plan = case.wish.hold * (len(case.wish.steps) - 1) + (case.wish.expires or 0.0)
    needed, left = plan + case.threshold("credentials", 300.0), ends - case.around.wall
    if left < needed:
        yield Finding(
            f"the Fleet's credential ends in {spoken(max(0.0, left))}",
            f"{spoken(needed)}: the plan's length and some to go back",
            "log in anew, or plan a shorter one",
        )


def way_back(case: Case) -> Iterator[Finding]:
    """A run goes back by itself only where whoever gets weight again is proven to serve; see `decide.returning`."""
    provable = case.around.provable
    if case.wish.expires is None or provable is None:
        return
    losing = dict.fromkeys(member for aim in case.aims for member in aim.losing)
    unseen = [case.name(member) for member in losing if member not in provable]
    if unseen:
        yield Finding(
            f"{', '.join(unseen)}: neither a direct probe nor its own API is in settings",
            "a proof that it serves, before it gets weight again",
            "name one under fleets.members.ID, or take the run back by hand: at its time it will say so and stay",
        )


def dwell(case: Case) -> Iterator[Finding]:
    """What goes to and fro is not understood."""
    least = case.threshold("dwell", 600.0)
    for aim in case.aims:
        for run in case.fleet.runs:
            ended = run.updated if run.state not in ("planned", "running") else None
            if ended is None or aim.route.key not in run.routes or not 0 <= case.around.wall - ended < least:
                continue
            yield Finding(
                f"{case.about(aim)}run {run.run} changed it {spoken(case.around.wall - ended)} ago",
                f"{spoken(least)} since the last run",
                "is the first change understood before it is reversed?",
            )
            break


def data_layer(case: Case) -> Iterator[Finding]:
    """No API shows whether the database of the other zone may be written."""
    if case.wish.kind == "drain":
        yield Finding(
            "no API shows whether the data layer of the remaining zones is ready",
            "your word: --confirm data-layer, or the tick on the screen",
            "is it promoted, in step and writable there?",
            Severity.ASKS,
        )


def assertion(case: Case) -> Iterator[Finding]:
    """`NAME keeps >= 20`: the weight that a zone or a member has on every route after the plan."""
    for text in case.around.assertions:
        found = _ASSERTION.fullmatch(text.strip())
        if found is None:
            yield Finding(f"'{inert(text, 80)}' is no assertion", "NAME keeps >= NUMBER", "correct it in settings")
            continue
        zone = next((z.members for z in case.fleet.zones if z.name == found["who"]), None)
        members = zone if zone is not None else tuple(m.id for m in case.fleet.members if m.name == found["who"])
        if not members:
            yield Finding(f"'{inert(text, 80)}' names no zone or member", "a known name", "correct it in settings")
            continue
        for aim in case.aims:
            weight = sum(aim.to.get(member, 0) for member in members)
            if _holds(aim, members) and not _COMPARED[found["how"]](weight, float(found["number"])):
                yield Finding(
                    f"{case.about(aim)}{found['who']} would have {weight}",
                    text.strip(),
                    "settings assert it (assertions)",
                )


def _holds(aim: Aim, members: tuple[str, ...]) -> bool:
    """Whether the route can go to any of these members at all."""
    return any(member in aim.to or member in aim.held for member in members)


def no_change(case: Case) -> Iterator[Finding]:
    """A plan that changes nothing only verifies."""
    if all(aim.held.get(member) == want for aim in case.aims for member, want in aim.to.items()) and case.aims:
        yield Finding("the weights are already so", "a difference", "the run only verifies them", Severity.INFORMS)
