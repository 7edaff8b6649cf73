"""A refresh or a sync of one Application as a value: a run of one step that is shown, hashed and confirmed as a shift's
plan is; what it writes, and what speaks against it (domain.md section 4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from console.decide.case import Around
from console.errors import UsageError
from console.model.argo import Application
from console.model.fleet import Fleet
from console.model.freshness import SourceName
from console.model.run import ONE_STEP, Reason, Severity
from console.model.spans import spoken
from console.model.text import inert

REFRESH = "argocd.argoproj.io/refresh"
"""Annotation by which a refresh is asked for; the controller takes it away once it has compared."""
MARK = "fleet-console/run"
"""Name of the entry of an operation's info that says whose run asked for it."""
LONGEST = 3600.0
"""Seconds that a step may be allowed at most."""


@dataclass(frozen=True, slots=True)
class OneStep:
    """What is asked of one Application, to take effect `within` seconds. `uid`: the object's. Only a refresh is `hard`;
    only a sync has `revision` (empty: the one that its spec wants), `prune` and `dry_run`."""

    fleet_uid: str
    kind: str
    """refresh | sync"""
    namespace: str
    name: str
    uid: str
    within: float
    hard: bool = False
    revision: str = ""
    prune: bool = False
    dry_run: bool = False

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`"""
        return f"{self.namespace}/{self.name}"

    @property
    def annotation(self) -> str:
        """The value of the annotation by which a refresh is asked for."""
        return "hard" if self.hard else "normal"

    @property
    def hash(self) -> str:
        """64 hex digits over `canonical`."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """The step as JSON with sorted keys and no spaces: what is hashed, recorded and read again."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @property
    def sentence(self) -> str:
        """`sync argocd/api to 9b07d12, with prune`; inert."""
        what = f"{'hard ' if self.hard else ''}{self.kind} {inert(self.key, 320)}"
        parts = [f" to {inert(self.revision, 80)}" if self.revision else ""]
        parts += [", with prune" if self.prune else "", ", as a dry run" if self.dry_run else ""]
        return what + "".join(parts)


@dataclass(frozen=True, slots=True)
class StepDecision:
    """A step, or None where the Fleet is not known, and what speaks against it."""

    step: OneStep | None
    reasons: tuple[Reason, ...] = ()

    @property
    def blocking(self) -> tuple[Reason, ...]:
        """What keeps it from being carried out; nobody can waive it."""
        return tuple(one for one in self.reasons if one.severity is Severity.BLOCKS)

    @property
    def refused(self) -> bool:
        """Whether it cannot be carried out."""
        return self.step is None or bool(self.blocking)


def find(fleet: Fleet, word: str) -> Application:
    """The Application of that name, or NAMESPACE/NAME. Raises `UsageError` where there is none, or several."""
    found = [one for one in fleet.applications if word in (one.key, one.name)]
    shown = inert(word, 160)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"'{shown}' names {len(found)} Applications", fix="Write it as NAMESPACE/NAME.")
    source = fleet.source(SourceName.APPLICATIONS)
    if not source.state.answered:
        raise UsageError(f"no Application is known: {source.message or source.word}", fix="See fleet-console status.")
    names = ", ".join(one.key for one in fleet.applications[:6]) or "none"
    raise UsageError(f"no Application is called '{shown}'", fix=f"Known: {names}.")


def decide(
    fleet: Fleet, application: Application, around: Around, *, kind: str, within: float, hard: bool = False,
    revision: str = "", prune: bool = False, dry_run: bool = False,
) -> StepDecision:  # fmt: skip
    """The step on one Application of the picture, and every word against it."""
    step = None
    if fleet.uid is not None:
        step = OneStep(
            fleet.uid, kind, application.namespace, application.name, application.uid, min(within, LONGEST), hard,
            revision, prune, dry_run,
        )  # fmt: skip
    told = list(_current(fleet, around))
    told += _alone(application, around, kind)
    told += _upkeep(application, kind)
    if kind == "sync":
        told += _sync(fleet, application, around, revision=revision, prune=prune, dry_run=dry_run)
    return StepDecision(step, tuple(told))


def _blocks(rule: str, measured: str, needed: str, message: str) -> Reason:
    return Reason(rule, Severity.BLOCKS, measured, needed, message)


def _informs(rule: str, measured: str, message: str) -> Reason:
    return Reason(rule, Severity.INFORMS, measured, "", message)


def _current(fleet: Fleet, around: Around) -> Iterator[Reason]:
    if around.read_only:
        yield _blocks("read-only", "read_only: true in settings", "read_only: false", "settings forbid every write")
    source = fleet.source(SourceName.APPLICATIONS)
    if fleet.uid is None or not source.state.answered:
        why = source.message or f"Applications are {source.word}"
        yield _blocks("current", why, "Applications that are read now", "what stands there now is not known")


def _alone(application: Application, around: Around, kind: str) -> Iterator[Reason]:
    for run in around.upkeep:
        if run.target == application.key:
            yield _blocks(
                "other-run", f"run {run.run} ({run.kind}) by {run.actor or 'somebody'} is under way on it",
                "no other run on this Application", f"wait, or look at it: fleet-console attach {run.run}",
            )  # fmt: skip
    if application.operating and kind == "sync":
        by = f"phase {application.phase}" if application.phase else "it has not begun"
        yield _blocks(
            "operation", f"another operation is already in progress: {by}", "no operation in progress",
            "ArgoCD carries out one at a time; wait until it has ended",
        )  # fmt: skip


def _upkeep(application: Application, kind: str) -> Iterator[Reason]:
    if application.deleting:
        yield _blocks("deleting", "the Application is being deleted", "one that stays", "ArgoCD would not take it")
    if application.skipped:
        yield _blocks(
            "skip-reconcile", "annotation argocd.argoproj.io/skip-reconcile is true", "ArgoCD reconciles it",
            f"the {kind} would not be taken as long as it stands there",
        )  # fmt: skip
    if kind == "refresh" and application.automated:
        yield _informs(
            "automated", "automated sync is on", "a new revision that the refresh finds in git is synced at once"
        )


def _sync(
    fleet: Fleet, application: Application, around: Around, *, revision: str, prune: bool, dry_run: bool
) -> Iterator[Reason]:
    frozen = fleet.freeze
    if frozen is not None and not dry_run and (frozen.until is None or around.wall < frozen.until):
        until = f" for {spoken(frozen.until - around.wall)} more" if frozen.until is not None else ""
        yield _blocks(
            "freeze", f"frozen by {frozen.actor or 'somebody'}{until}: {frozen.reason or 'no reason given'}",
            "no freeze", "ask them; fleet-console unfreeze takes it away",
        )  # fmt: skip
    if application.automated and revision and revision != application.wanted and not dry_run:
        yield _blocks(
            "automated", f"automated sync is on and wants {application.wanted or 'HEAD'}, not {inert(revision, 80)}",
            f"the revision {application.wanted or 'HEAD'}, or automated sync off",
            "it would be synced back; ArgoCD itself refuses this, too",
        )  # fmt: skip
    elif application.automated:
        heal = (
            "self-heal puts drift right, too"
            if application.self_heal
            else "self-heal is off, so that drift in the member stays until a sync such as this one"
        )
        yield _informs("automated", "automated sync is on", f"a new revision is synced without anybody; {heal}")
    if prune and not dry_run:
        yield _informs("prune", "prune is on", "what git does not name any more is deleted in the member")


def operation(step: OneStep, run: str, actor: str, policy: Mapping[str, Any]) -> dict[str, Any]:
    """What a sync writes to `.operation`, as ArgoCD's own client would: with the options and the retries of the
    Application's syncPolicy, and marked with the run. `policy`: its spec.syncPolicy, which may hold anything."""
    sync: dict[str, Any] = {"syncStrategy": {"hook": {}}}
    if step.revision:
        sync["revision"] = step.revision
    if step.prune:
        sync["prune"] = True
    if step.dry_run:
        sync["dryRun"] = True
    options, retry = policy.get("syncOptions"), policy.get("retry")
    if isinstance(options, list) and options:
        sync["syncOptions"] = options
    made = {"initiatedBy": {"username": actor}, "info": [{"name": MARK, "value": run}], "sync": sync}
    return made | ({"retry": retry} if isinstance(retry, dict) else {})


def marked(found: object, run: str) -> bool:
    """Whether an operation, as it stands in `.operation` or in the status, was asked for by that run."""
    info = found.get("info") if isinstance(found, dict) else None
    return isinstance(info, list) and {"name": MARK, "value": run} in info


def parse(text: str) -> OneStep:
    """A step from its canonical JSON. Raises `UsageError` on anything that is not exactly one; trusts nothing in it."""
    try:
        said = json.loads(text)
        step = OneStep(**said)
        texts = (step.fleet_uid, step.kind, step.namespace, step.name, step.uid, step.revision)
        flags = (step.hard, step.prune, step.dry_run)
        sound = all(isinstance(one, str) for one in texts) and all(isinstance(one, bool) for one in flags)
        sound = sound and step.kind in ONE_STEP and 0 < step.within <= LONGEST and step.canonical() == text
    except (ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise UsageError("this is no refresh and no sync")
    return step
