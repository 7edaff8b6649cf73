"""What happened: runs as their records tell them, and the newest moments of controllers and runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from console.decide import onestep
from console.errors import UsageError
from console.model.fleet import Moment, Run, Tone
from console.model.hub import Event, RunRecord
from console.store.memory import SUCCESS

TIMELINE = 60
"""Moments kept."""


def runs(records: Sequence[RunRecord]) -> tuple[Run, ...]:
    """Runs as their records tell them, the newest first."""
    return tuple(sorted(map(_run, records), key=lambda r: (-(r.started or 0.0), r.run)))


def _run(record: RunRecord) -> Run:
    return Run(
        run=record.run,
        state=record.state,
        routes=tuple(key for key, _ in record.targets),
        actor=record.actor,
        reason=record.reason,
        started=record.started,
        host=record.host,
        pid=record.pid,
        plan_hash=record.plan_hash,
        message=record.message,
        updated=record.updated,
        targets=record.targets,
        before=record.before,
        plan=record.plan,
        step=record.step,
        going=record.going,
        hold_until=record.hold_until,
        expires=record.expires,
        word=record.word,
        heard=record.heard,
        debts=record.debts,
        fence=record.fence,
    )


def timeline(told: Iterable[Moment], records: Sequence[RunRecord]) -> tuple[Moment, ...]:
    """The newest moments first: what controllers told, and what runs did."""
    moments = [*told]
    for record in records:
        routes = ", ".join(key for key, _ in record.targets)
        step = "" if routes else _step(record)
        tone = Tone.GOOD if record.state in ("done", "rolled_back") else Tone.PLAIN
        tone = Tone.WARN if record.state in ("held", "unverified", "superseded", "failed", "refused") else tone
        if record.started is not None:
            who = record.actor or "somebody"
            what = f": {step}," if step else f" on {routes}"
            moments.append(Moment(record.started, f"run {record.run} began{what} by {who}", Tone.PLAIN, routes))
        if record.updated is not None and record.state not in ("planned", "running"):
            moments.append(Moment(record.updated, f"run {record.run} {record.state.replace('_', ' ')}", tone, routes))
    moments.sort(key=lambda moment: (-moment.at, moment.about, moment.sentence))
    return tuple(moments[:TIMELINE])


def _step(record: RunRecord) -> str:
    """What a run of one step does, by its record's plan: `sync argocd/api`; empty for every other."""
    with suppress(UsageError):
        return onestep.parse(record.plan).sentence
    return ""


def moment(event: Event) -> Moment:
    """What a controller said."""
    about = f"{event.namespace}/{event.name}" if event.kind == "Ingress" else event.name
    warning = event.type == "Warning"
    tone = Tone.WARN if warning else Tone.GOOD if event.reason == SUCCESS else Tone.PLAIN
    times = f" ({event.count} times)" if event.count > 1 else ""
    return Moment(event.at or 0.0, f"{about}: {event.reason} {event.message}{times}".strip(), tone, about)
