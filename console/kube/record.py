"""Our ConfigMaps on the Fleet: a run's -> `RunRecord`, the freeze -> `Freeze`. They are untrusted: whoever may write
ConfigMaps there wrote them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from console.decide.plan import LONGEST
from console.decide.reverters import MOST
from console.kube.decode import Thing
from console.kube.fields import Notes, is_name, moment_of
from console.model.hub import Freeze, RunRecord, Word
from console.model.text import inert

RUN_LABEL = "fleet-console/run"
"""Label that marks a run's ConfigMap; its value is the run's id."""
FREEZE_NAME = "freeze"
"""Name of the ConfigMap that says that nothing may move."""
WORDS = ("stop", "rollback", "rollback-now", "finish", "extend", "touch")
"""What a run can be told while it goes."""

Split = tuple[tuple[str, tuple[tuple[str, int | None], ...]], ...]


def ours(thing: Thing, notes: Notes) -> RunRecord | Freeze | None:
    """What a ConfigMap of our namespace says; None for one that is none of ours."""
    if thing.metadata.name != FREEZE_NAME:
        return run_record(thing, notes)
    data = notes.fields(thing.data, "data")
    return Freeze(
        actor=notes.text(data.get("actor"), "data.actor", 200),
        reason=notes.text(data.get("reason"), "data.reason"),
        since=_moment(data, "since", notes),
        until=_moment(data, "until", notes),
    )


def run_record(thing: Thing, notes: Notes) -> RunRecord | None:
    """A run; None for a ConfigMap without the label. What is wrong with it is in its `problems` too."""
    labels = notes.fields(thing.metadata.labels, "metadata.labels")
    if RUN_LABEL not in labels:
        return None
    data = notes.fields(thing.data, "data")
    told = notes.some(labels[RUN_LABEL], "metadata.labels[fleet-console/run]")
    record = RunRecord(
        run=inert(told, 80) if told else thing.metadata.name,
        state=notes.text(data.get("state"), "data.state", 40),
        fence=_number(data, "fence", notes),
        plan_hash=notes.text(data.get("plan_hash"), "data.plan_hash", 120),
        plan=notes.raw(data.get("plan"), "data.plan") or "",
        actor=notes.text(data.get("actor"), "data.actor", 200),
        reason=notes.text(data.get("reason"), "data.reason"),
        host=notes.text(data.get("host"), "data.host", 200),
        pid=_number(data, "pid", notes),
        started=_moment(data, "started", notes),
        updated=_moment(data, "updated", notes),
        step=_number(data, "step", notes) or 0,
        targets=_split(data, "targets", notes),
        before=_split(data, "before", notes),
        message=notes.text(data.get("message"), "data.message"),
        resource_version=notes.text(thing.metadata.resourceVersion, "metadata.resourceVersion", 64),
        going="back" if data.get("going") == "back" else "forward",
        hold_until=_moment(data, "hold_until", notes),
        expires=_moment(data, "expires", notes),
        word=_word(data, notes),
        heard=notes.text(data.get("heard"), "data.heard", 40),
        debts=_debts(data, notes),
    )
    return replace(record, problems=tuple(notes)) if notes else record


def _word(data: dict[str, Any], notes: Notes) -> Word | None:
    """JSON `{id, word, actor, seconds}`; what is no word for a run counts as none."""
    text = data.get("word")
    if text is None or text == "":
        return None
    said = _object(text)
    word, seconds = (said or {}).get("word"), (said or {}).get("seconds", 0.0)
    timely = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds <= LONGEST
    if said is None or word not in WORDS or not timely:
        notes.wrong("data.word", f"one of {', '.join(WORDS)}", text)
        return None
    return Word(notes.text(said.get("id"), "data.word.id", 40), word, notes.text(said.get("actor"), "x", 200), seconds)


def _debts(data: dict[str, Any], notes: Notes) -> tuple[str, ...]:
    """A JSON list of `NAMESPACE/NAME`; what is none counts as no debts."""
    text = data.get("debts")
    if text is None or text == "":
        return ()
    try:
        found = msgspec.json.decode(text, type=list[str]) if isinstance(text, str) else None
    except (msgspec.MsgspecError, UnicodeError):
        found = None
    if found is None or len(found) > MOST or not all(map(is_name, found)):
        notes.wrong("data.debts", "a JSON list of Applications", text)
        return ()
    return tuple(found)


def _object(text: object) -> dict[str, Any] | None:
    try:
        document = msgspec.json.decode(text) if isinstance(text, str) else None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return document if isinstance(document, dict) else None


def _number(data: dict[str, Any], name: str, notes: Notes) -> int | None:
    text = data.get(name)
    if text is None or text == "":
        return None
    if isinstance(text, str) and len(text) <= 18 and text.isascii() and text.isdigit():
        return int(text)
    notes.wrong(f"data.{name}", "a whole number", text)
    return None


def _moment(data: dict[str, Any], name: str, notes: Notes) -> float | None:
    """Epoch seconds, written as a decimal number or as RFC 3339."""
    text = data.get(name)
    if text is None or text == "":
        return None
    moment = moment_of(text)
    if moment is None and isinstance(text, str) and len(text) <= 32 and text.isascii():
        whole, _, part = text.partition(".")
        if whole.isdigit() and (not part or part.isdigit()):
            moment = float(text.rstrip("."))
    if moment is None:
        notes.wrong(f"data.{name}", "a time", text)
    return moment


def _split(data: dict[str, Any], name: str, notes: Notes) -> Split:
    """JSON `{route: {member: weight or null}}`; what is no weight from 0 to 100 is left out and noted."""
    text = data.get(name)
    if text is None or text == "":
        return ()
    place = f"data.{name}"
    document = _object(text)
    if document is None:
        notes.wrong(place, "a JSON object of routes", text)
        return ()
    return tuple(
        (route, _weights(said, f"{place}[{route}]", notes)) for route, said in document.items() if is_name(route)
    )


def _weights(said: object, place: str, notes: Notes) -> tuple[tuple[str, int | None], ...]:
    found: list[tuple[str, int | None]] = []
    for member, weight in notes.fields(said, place).items():
        good = weight is None or (isinstance(weight, int) and not isinstance(weight, bool) and 0 <= weight <= 100)
        if is_name(member) and good:
            found.append((member, weight))
        else:
            notes.wrong(f"{place}[{member}]", "a weight from 0 to 100", weight)
    return tuple(found)
