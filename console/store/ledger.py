"""The five layers of one route, read off the facts: what was asked, noted, acknowledged, ruled and observed, and where
they part."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from console.decide.plan import weight
from console.model.fleet import Agreement, Controller, Layer, Weights
from console.model.hub import MANAGER, AlbConfig, Event, Ingress, RunRecord
from console.model.share import ProbeSeries, Share, Verdict
from console.store.backends import Backends
from console.store.keys import suffixes, weight_keys
from console.store.memory import SUCCESS, Mark, concerns, revision
from console.store.reading import RuleReading


class Behind(NamedTuple):
    """What all routes of one gateway look at of it: whether its controller was ever seen to say anything, and writes
    hash labels; its newest failure on the whole gateway that no success followed."""

    config: AlbConfig | None = None
    reports: bool = False
    labels: bool = False
    failure: Event | None = None
    backends: Backends | None = None


_EARLIER = "no success event but one that may be of what was written just before, and the ALB rule does not hold it"
_ENDED_UNWRITTEN = ("refused", "failed", "planned")


class Asked(NamedTuple):
    """What a run asks of one route; `targets`: ((member id, weight or None), ...)."""

    run: str
    state: str
    targets: tuple[tuple[str, int | None], ...]


def asked(records: Iterable[RunRecord]) -> dict[str, Asked]:
    """Route key -> what the newest run that names it asks of it."""
    written = (record for record in records if record.state not in _ENDED_UNWRITTEN)
    by_age = sorted(written, key=lambda r: (r.fence if r.fence is not None else -1, r.started or 0.0), reverse=True)
    found: dict[str, Asked] = {}
    for record in by_age:
        for key, targets in record.targets:
            found.setdefault(key, Asked(record.run, record.state, targets))
    return found


def targets(route: Ingress, asked: Asked | None, owner: str) -> tuple[str | None, dict[str, int | None]]:
    """(run, member -> target) of the newest run that names the route; nothing where somebody else changed it since."""
    if asked is None:
        return None, {}
    wanted = dict(asked.targets)
    held = {key: weight(value) for key, value in route.annotations}
    in_effect = all(
        want is None or any(key.endswith("." + member) and value == want for key, value in held.items())
        for member, want in wanted.items()
    )
    if not in_effect and owner not in ("", MANAGER) and asked.state != "running":
        return None, {}
    return asked.run, wanted


def owner_of(route: Ingress, keys: Sequence[str]) -> tuple[str, float | None]:
    """The field manager that last wrote one of the weight keys, and when by the API server's clock."""
    writers = [owner for owner in route.owners if owner.annotations.intersection(keys)]
    if not writers:
        return "", None
    last = max(writers, key=lambda owner: owner.at or 0.0)
    return last.manager, last.at


def controller(
    route: Ingress,
    mark: Mark | None,
    behind: Behind,
    events: Sequence[Event],
    prefix: str,
    *,
    doubt: bool = False,
    carried: bool | None = None,
) -> tuple[Controller, str]:
    """Where the controller stands with the route's present weights, and its newest word on them.

    `events`: those about Ingresses of this name; `carried`: whether the ALB's rule holds the weights, None where no
    rule is read. A label hashes all annotations, so one word after a weight write may still be of what was written just
    before it, our fence (`doubt`): a second word, or the rule, takes the doubt away.
    """
    own = [event for event in events if concerns(event, route)]
    success = _newest(event for event in own if event.reason == SUCCESS)
    failure = unanswered(own)
    if not behind.reports and not any(event.reason.startswith("Failed") for event in own):
        return Controller.NOT_REPORTED, "no signal of the controller was ever seen on this gateway"
    done = _acknowledged(route, mark, success, prefix)
    doubted = doubt and bool(done) and mark is not None and _words(mark, success) < 2
    if (doubted or not done) and failure is not None and _since(failure, mark):
        return Controller.FAILED, _says(failure)
    if done is None and route.hash is None and behind.labels:
        return Controller.WAITING, "no success event, and none of the hash labels that this controller writes"
    if doubted and carried is None:
        return Controller.NOT_REPORTED, "its one word since the change may be of what was written just before"
    if doubted:
        return Controller.WAITING, _EARLIER
    if done is None:
        return Controller.NOT_REPORTED, "nothing tells whether the controller saw the newest change"
    if done:
        return (
            Controller.ACKNOWLEDGED,
            f"{SUCCESS}" if success is not None else "hash label written after the change",
        )
    if behind.failure is not None:
        return Controller.WAITING, f"the gateway is blocked: {_says(behind.failure)}"
    return Controller.WAITING, "no success event and no new hash label since the change"


def carries(route: Ingress, rule: RuleReading, prefix: str) -> bool | None:
    """Whether the ALB's rule holds the weights of the annotations, or is being changed; None where no rule tells."""
    members = frozenset(rule.weights)
    values = dict(route.annotations)
    noted = {_member_of(key, members, prefix): weight(values[key]) for key in weight_keys(values, prefix, members)}
    total = sum(value or 0 for value in noted.values())
    if rule.state not in (None, "Available"):
        return True  # somebody is at it
    if not members or not total:
        return None
    scale, slack = (100.0 / total, 1.0) if rule.shared else (1.0, 0.0)
    return all(abs(rule.weights[m] - (noted.get(m) or 0) * scale) <= slack for m in members)


def failing(route: Ingress, behind: Behind, events: Iterable[Event]) -> str:
    """The newest failure on a route that no success followed, else such a one on its gateway: a success on the route
    answers that one as well, since one bad Ingress keeps all of a gateway back."""
    own = [event for event in events if concerns(event, route)]
    failure = unanswered(own)
    if failure is None and behind.failure is not None:
        failure = unanswered([behind.failure, *(event for event in own if event.reason == SUCCESS)])
    return _says(failure) if failure is not None else ""


def unanswered(events: Iterable[Event]) -> Event | None:
    """The newest failure, unless a success followed it."""
    told = tuple(events)
    success = _newest(event for event in told if event.reason == SUCCESS)
    failure = _newest(event for event in told if event.reason.startswith("Failed"))
    answered = failure is not None and success is not None and _order(failure) <= _order(success)
    return None if answered else failure


def _says(event: Event) -> str:
    return f"{event.reason} {event.message}".strip()


def _acknowledged(route: Ingress, mark: Mark | None, success: Event | None, prefix: str) -> bool | None:
    """True, False, or None where nothing orders the signal and the change."""
    if mark is not None and mark.at is not None:
        if route.hash is not None and route.hash != mark.hash:
            return True
        if success is None:
            return False
        seen, changed = revision(success.resource_version), mark.revision
        if seen is not None and changed is not None:
            return seen > changed
        return success.count > dict(mark.counts).get(success.uid, 0)
    return _acknowledged_at_first_sight(route, success, prefix)


def _words(mark: Mark, success: Event | None) -> int:
    """How often the controller spoke of the route since its weights changed."""
    told = success.count - dict(mark.counts).get(success.uid, 0) if success is not None else 0
    return max(mark.labels, told)


def _acknowledged_at_first_sight(route: Ingress, success: Event | None, prefix: str) -> bool | None:
    """No change was watched: the API server's own dates in managedFields order the label and the weights."""
    if success is not None:
        seen, held = revision(success.resource_version), revision(route.resource_version)
        if seen is not None and held is not None and seen > held:
            return True
    changed = owner_of(route, weight_keys(dict(route.annotations), prefix))[1]
    labelled = max((o.at or 0.0 for o in route.owners if _HASH in o.labels), default=None)
    if changed is not None and labelled is not None:
        return labelled >= changed
    if success is not None and success.at is not None and changed is not None:
        return success.at >= changed
    return True if success is not None else None


_HASH = "alb.ingress.kubernetes.io/hash"


def _since(event: Event, mark: Mark | None) -> bool:
    if mark is None or mark.at is None:
        return True
    seen = revision(event.resource_version)
    if seen is not None and mark.revision is not None:
        return seen > mark.revision
    return event.count > dict(mark.counts).get(event.uid, 0)


def _newest(events: Iterable[Event]) -> Event | None:
    return max(events, key=_order, default=None)


def _order(event: Event) -> tuple[int, float]:
    return revision(event.resource_version) or 0, event.at or 0.0


def lines(
    route: Ingress,
    members: Mapping[str, int],
    prefix: str,
    targets: Mapping[str, int | None],
    acknowledged: Controller,
    rule: RuleReading,
    series: ProbeSeries | None,
    since: float,
    places: Mapping[str, int],
) -> tuple[Weights, ...]:
    """One ledger line a member: every member that has a key, a target or a rule weight, by its place in `members`; one
    that has a key and is a member no more, where settings have it (`places`: id -> place), so that `62:38` stays so."""
    values = dict(route.annotations)
    keys = {key: _member_of(key, members, prefix) for key in weight_keys(values, prefix, members)}
    key_of = {member: key for key, member in keys.items()}
    concerned = sorted({m for m in (*key_of, *targets, *rule.weights) if m in members}, key=members.__getitem__)
    for gone in [m for m in key_of if m not in members]:
        behind = [m for m in concerned if places.get(m, len(places)) > places.get(gone, len(places))]
        concerned.insert(concerned.index(behind[0]) if behind else len(concerned), gone)
    shares: Mapping[str, Share | None] = series.shares(tuple(concerned), since) if series else {}
    noted = {member: weight(values[key]) for member, key in key_of.items()}
    goal = {m: targets.get(m) if targets.get(m) is not None else noted.get(m) for m in concerned}
    total = sum(value for value in goal.values() if value is not None)
    out = []
    for member in concerned:
        share, target = shares.get(member), goal[member]
        known = share is not None and total > 0
        out.append(
            Weights(
                member=member,
                key=key_of.get(member),
                raw=values.get(key_of[member]) if member in key_of else None,
                asked=targets.get(member),
                annotation=noted.get(member),
                controller=noted.get(member) if acknowledged is Controller.ACKNOWLEDGED else None,
                rule=rule.weights.get(member),
                observed=share,
                verdict=share.verdict(100.0 * (target or 0) / total) if known and share is not None else None,
            )
        )
    return tuple(out)


def _member_of(key: str, members: Collection[str], prefix: str) -> str:
    named = next((suffix for suffix in suffixes(key) if suffix in members), None)
    if named is not None:
        return named
    return key.removeprefix(prefix) if key.startswith(prefix) else key.rsplit(".", 1)[-1]


def agreement(ledger: Sequence[Weights], state: Controller, words: str, rule: RuleReading) -> Agreement:
    """Where the layers part from the target: the first that does, and what it holds. Null layers never disagree."""
    deepest = Layer.ANNOTATION
    for line in ledger:
        if line.raw is not None and line.annotation is None:
            return Agreement(False, Layer.ANNOTATION, deepest, "a weight that the annotation holds is no number")
        if line.asked is not None and line.annotation != line.asked:
            return Agreement(
                False,
                Layer.ANNOTATION,
                deepest,
                f"the annotation holds {_say(line.annotation)}, asked was {line.asked}",
            )
    noted = [line.annotation for line in ledger if line.raw is not None]
    if noted and not any(noted):
        return Agreement(False, Layer.ANNOTATION, deepest, "every weight is 0: no member is to serve it")
    if state in (Controller.WAITING, Controller.FAILED):
        return Agreement(False, Layer.CONTROLLER, Layer.CONTROLLER, words)
    if state is Controller.ACKNOWLEDGED:
        deepest = Layer.CONTROLLER
    if rule.state not in (None, "Available"):
        return Agreement(False, Layer.RULE, Layer.RULE, rule.message or f"the ALB rule is {rule.state}")
    if noted and rule.missing:
        return Agreement(False, Layer.RULE, deepest, f"{rule.message}: nothing carries it")
    for line in ledger:
        if line.rule is None:
            continue
        deepest = Layer.RULE
        want = _target(line, ledger, percent=rule.shared)
        if want is not None and abs(line.rule - want) > (1.0 if rule.shared else 0.0):
            return Agreement(False, Layer.RULE, Layer.RULE, f"the ALB rule holds {line.rule:g}, the target is {want:g}")
    seen = [line for line in ledger if line.verdict is not None]
    if not seen:
        return Agreement(True, None, deepest, "", settled=True)
    apart = next((line for line in seen if line.verdict is Verdict.DISAGREE), None)
    if apart is not None and apart.observed is not None:
        want = _target(apart, ledger, percent=True)
        asked = "" if want is None else f", the target is {want:.0f} %"
        sentence = f"clients see {apart.observed.low:.0f} to {apart.observed.high:.0f} %{asked}"
        return Agreement(False, Layer.OBSERVED, Layer.OBSERVED, sentence)
    settled = all(line.verdict is Verdict.AGREE for line in seen)
    return Agreement(True, None, Layer.OBSERVED, "" if settled else "too few answers to be sure", settled=settled)


def _target(line: Weights, ledger: Sequence[Weights], *, percent: bool) -> float | None:
    want = line.asked if line.asked is not None else line.annotation
    if want is None or not percent:
        return want
    total = sum((one.asked if one.asked is not None else one.annotation) or 0 for one in ledger)
    return 100.0 * want / total if total else None


def _say(value: int | None) -> str:
    return "nothing" if value is None else str(value)
