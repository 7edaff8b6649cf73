"""A run's evidence for a reader: the timeline on one clock as JSON, and the report as Markdown. Pure; every text from
outside is inert already, and here it can open no markup either."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from console.decide.plan import Plan, short
from console.decide.recovery import Recovery
from console.decide.usual import Waits, usual, waits
from console.model.evidence import Exhibit, ExhibitKind
from console.model.run import RunReport, Split
from console.model.spans import exactly
from console.model.text import inert
from console.present import words
from console.present.waits import usual as usual_words

Document = dict[str, Any]
CUT = 1.0
"""Seconds to which Kubernetes' events are cut."""


def skew(exhibits: Sequence[Exhibit]) -> tuple[float, float] | None:
    """Between which bounds the Fleet's clock was ahead of the runner's, by the newest word on it, seconds."""
    told = [one for one in exhibits if one.kind is ExhibitKind.CLOCK]
    if not told:
        return None
    low, high = json.loads(told[-1].body)["fleet_minus_host"]
    return float(low), float(high)


def timeline(report: RunReport, exhibits: Sequence[Exhibit]) -> list[Document]:
    """Everything that has a time, on the runner's clock and oldest first: `at` RFC 3339, `error` seconds, `what`,
    `about` and what was said. What the Fleet dated itself is moved by the clocks' difference."""
    bounds = skew(exhibits)
    rows = [_line(one.at, one.step, one.phase, one.sentence) for one in report.lines]
    rows += [row for one in exhibits if (row := _exhibit(one, bounds)) is not None]
    rows.sort(key=lambda row: row["epoch"])
    return [{"at": stamp(row["epoch"]), **row} for row in rows]


def _line(at: float, step: str, phase: str, sentence: str) -> Document:
    what = "key" if step == "word" else "decision" if phase == "noted" else "write"
    return {"epoch": at, "error": 0.0, "what": what, "about": step, "phase": phase, "said": sentence}


def _exhibit(one: Exhibit, bounds: tuple[float, float] | None) -> Document | None:
    if one.kind in (ExhibitKind.MANIFEST, ExhibitKind.SEAL):
        return None
    said = json.loads(one.body)
    row: Document = {"epoch": one.at, "error": 0.0, "what": one.kind.value, "about": one.about, "said": said}
    if one.kind is ExhibitKind.ANSWER:
        row["said"] = {"status": said["status"], "request_id": _request_id(said)}
    if one.far is not None:
        low, high = bounds or (0.0, 0.0)
        # The Fleet's own second, on our clock: it began then, and lasted for one.
        row["epoch"] = one.far + CUT / 2 - (low + high) / 2
        row["error"] = round(CUT / 2 + (high - low) / 2, 3) if bounds else None
        row["seen"] = stamp(one.at)
    return row


def _request_id(answer: Mapping[str, Any]) -> str | None:
    headers = answer.get("headers") or {}
    found = headers.get("audit-id") or headers.get("x-request-id")
    return found if isinstance(found, str) else None


def recovery_document(one: Recovery) -> Document:
    """One recovery as JSON; times RFC 3339, durations seconds."""
    return {
        "route": one.route or None,
        "began": stamp(one.began),
        "by": one.by,
        "recovered": stamp(one.recovered),
        "agreed": stamp(one.agreed),
        "seconds": None if one.seconds is None else round(one.seconds, 2),
        "error": round(one.error, 2),
        "failed": one.failed,
        "requests": one.requests,
    }


def report_text(
    report: RunReport, plan: Plan, exhibits: Sequence[Exhibit], found: Sequence[Recovery], past: Sequence[Waits] = ()
) -> str:
    """`report.md`; `past`: what earlier runs of this host waited for."""
    called = _names(exhibits)
    parts = [
        f"# Run {report.run}: {words_of(report)}",
        _facts(report, plan),
        "## What was asked\n\n" + _asked(plan, called),
        "## What the rules said\n\n" + _rules(report, plan),
        "## What stands\n\n" + _routes(report, called),
        "## How long it took\n\n" + _recoveries(report, found),
        "## What it waited for\n\n" + _waited(waits(report.lines, exhibits), past),
        "## Clocks\n\n" + _clocks(exhibits),
        "## What happened\n\n" + _happened(timeline(report, exhibits)),
    ]
    return "\n\n".join(parts) + "\n"


def _names(exhibits: Sequence[Exhibit]) -> dict[str, str]:
    """Member id -> `NAME (ID)`, for those that the picture named while the run went."""
    found: dict[str, str] = {}
    for one in exhibits:
        if one.kind is ExhibitKind.LAYER:
            names = json.loads(one.body).get("names") or {}
            found |= {key: f"{name} ({key})" for key, name in names.items() if name != key}
    return found


def words_of(report: RunReport) -> str:
    """State and message in one sentence."""
    said = report.state.value.replace("_", " ")
    return f"{said}: {_plain(report.message)}" if report.message else said


def _facts(report: RunReport, plan: Plan) -> str:
    facts = {
        "Fleet": report.fleet_uid,
        "asked by": report.actor,
        "reason": report.reason,
        "on host": report.host,
        "began": stamp(report.started),
        "ended": stamp(report.ended),
        "kind": f"{report.kind} {plan.target}".strip(),
        "undoes": report.of,
        "plan": f"{short(report.plan_hash)} ({report.plan_hash})",
        "steps": " ".join(f"{step} %" for step in plan.steps),
        "hold": exactly(plan.hold) if plan.hold else None,
        "expires": f"{exactly(plan.expires)} after its end" if plan.expires else None,
        "goes back by": " ".join(f"{percent} %" for percent in (*plan.returns, 100)) if plan.returns else None,
        "probe requests a second": f"up to {plan.probe_rate:g}" if plan.probe_rate else None,
        "switches off automated sync of": "; ".join(f"{one.key} {one.automated}" for one in plan.reverters),
        "not restored yet": ", ".join(report.debts),
        "on loss of the operator": plan.on_loss,
        "on a refusal": plan.on_refusal,
    }
    return _table(("", ""), [(name, value) for name, value in facts.items() if value])


def _asked(plan: Plan, called: Mapping[str, str]) -> str:
    rows = []
    for change in plan.routes:
        members = {key: called.get(member, member) for key, member in change.members}
        after = dict(change.after)
        rows += [(change.key, members[key], key, _raw(held), _raw(after[key])) for key, held in change.before]
    return _table(("route", "member", "annotation", "before", "after"), rows)


def _rules(report: RunReport, plan: Plan) -> str:
    overridden, answered = set(plan.overrides), set(plan.confirmed)
    rows = []
    for one in report.reasons:
        how = "overridden" if one.rule in overridden else "answered" if one.rule in answered else ""
        rows.append((one.rule, one.severity.value, one.measured, one.needed, one.message, how))
    if not rows:
        return "Nothing spoke against it."
    return _table(("rule", "weighs", "measured", "needed", "how to get there", "then"), rows)


def _routes(report: RunReport, called: Mapping[str, str]) -> str:
    rows = [
        (
            one.route,
            _split(one.before, called),
            _split(one.after, called),
            _split(one.now, called),
            words.LAYERS[one.layer][1] if one.layer else "",
        )
        for one in report.routes
    ]
    return _table(("route", "before", "asked", "at the end", "down to layer"), rows)


def _recoveries(report: RunReport, found: Sequence[Recovery]) -> str:
    if not found:
        return "No route of it is probed: what clients saw is not known."
    rows = []
    for one in found:
        took = "not recovered" if one.seconds is None else f"{one.seconds:.1f} s ± {one.error:.1f} s"
        share = f"{one.failed} of {one.requests}"
        rows.append(
            (one.route or "all", took, one.by, stamp(one.began), stamp(one.recovered), stamp(one.agreed), share)
        )
    table = _table(("route", "RTO", "from", "began", "recovered", "proven", "failed probes"), rows)
    return (
        f"{table}\n\nFrom the run's first failed probe (what failed before it began is not counted), or its start"
        " where none failed, to the moment from which on no probe went wrong; *proven* is when the samples sufficed to"
        " say so. The error is what sampling leaves (95 %)."
    )


def _waited(own: Waits, past: Sequence[Waits]) -> str:
    if not own:
        return "No layer was seen to hold what was written."
    rows = [
        (gateway, words.LAYERS[layer][1], f"{seconds:.1f} s", usual_words(usual(past, gateway, layer)))
        for (gateway, layer), seconds in own.items()
    ]
    table = _table(("gateway", "layer", "waited", "by earlier runs of this host"), rows)
    return f"{table}\n\nThe longest of its routes and steps, from the write on, each layer after the one before it."


def _clocks(exhibits: Sequence[Exhibit]) -> str:
    bounds = skew(exhibits)
    if bounds is None:
        return "The Fleet never told its time. All times are the runner's."
    low, high = bounds
    return f"All times are the runner's. The Fleet's clock was {low:+.2f} s to {high:+.2f} s ahead of it."


def _happened(rows: Sequence[Document]) -> str:
    told = []
    for row in rows:
        said = row["said"]
        if row["what"] in ("probe", "clock"):
            continue
        if row["what"] == "layer":
            where = said.get("stuck_at") or said.get("layer") or "?"
            said = f"{'settled at' if said.get('settled') else 'at'} {where}: {said.get('sentence') or 'holds'}"
        elif row["what"] == "event":
            said = said["sentence"]
        elif row["what"] == "answer":
            said = f"{said['status']}, request {said['request_id'] or 'without an id'}"
        phase = f" {row['phase']}" if "phase" in row else ""
        told.append((row["at"], f"{row['what']}{phase}", row["about"], said))
    return _table(("when", "what", "about", ""), told)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _plain(value: object) -> str:
    """A text that opens no Markdown and no HTML, on one line."""
    text = inert("" if value is None else str(value), 500)
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>#|!~&" else one for one in text)


def _raw(value: str | None) -> str:
    return "absent" if value is None else value


def _split(values: Split, called: Mapping[str, str]) -> str:
    return ", ".join(
        f"{called.get(member, member)} {'absent' if weight is None else weight}" for member, weight in values
    )


def stamp(at: float | None) -> str | None:
    """Epoch seconds as RFC 3339 in UTC, to the millisecond; None stays None, and so does what is no time."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return None
