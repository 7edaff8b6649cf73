"""Guardrails about the way from an annotation to the traffic: controller, ALB, and who would undo the write."""

from __future__ import annotations

from collections.abc import Iterator

from console.decide import reverters
from console.decide.case import Aim, Case, Finding
from console.model.argo import Application
from console.model.fleet import Controller
from console.model.hub import MANAGER
from console.model.run import Severity

_BY_HAND = ("kubectl-create", "kubectl-edit", "kubectl-annotate", "kubectl-patch", "kubectl-label", "kubectl-replace")
"""Field managers of people, who write once and not again."""
_USUAL = {"argocd-controller": "about 2 s after each write where it heals itself, else at its next sync"}
"""Field manager -> when it usually writes again."""


def in_flight(case: Case) -> Iterator[Finding]:
    """A rule that is being changed takes the next change after it, or not at all."""
    for aim in case.aims:
        if aim.route.rule_state not in (None, "Available"):
            yield Finding(
                f"{case.about(aim)}ALB rule: {aim.route.rule_state}",
                "Available",
                aim.route.rule_message or "a change is under way; this one waits behind it",
            )


def can_act(case: Case) -> Iterator[Finding]:
    """One broken Ingress keeps the controller from changing anything of its ALB."""
    names = {gateway.name for gateway in case.gateways}
    for route in case.fleet.routes:
        if route.gateway in names and route.failing:
            yield Finding(
                f"{route.key} on {route.gateway}: {route.failing}",
                "a success event after the last failure",
                "the controller may carry no change to this ALB until its cause is gone: repair that Ingress",
            )
    for aim in case.aims:
        if aim.route.controller is Controller.WAITING:
            yield Finding(
                case.about(aim) + aim.route.controller_message,
                "a success event after the last change",
                "the controller has not taken the former change up yet",
                Severity.INFORMS,
            )
    for gateway in case.gateways:
        locks = gateway.alb.locks if gateway.alb else None
        if gateway.state not in (None, "Active") or locks:
            said = f"locked: {', '.join(locks)}" if locks else str(gateway.state)
            yield Finding(
                f"ALB of {gateway.name}: {said}", "Active, no lock", gateway.message or "it takes no change now"
            )


def revert(case: Case) -> Iterator[Finding]:
    """Whoever declares the weights elsewhere writes them again."""
    managed: dict[str, list[str]] = {}
    for aim in case.aims:
        found = _tracked(case, aim)
        if found is not None:
            yield found
        elif aim.route.owner not in ("", MANAGER) and not aim.route.owner.startswith(_BY_HAND):
            managed.setdefault(aim.route.owner, []).append(aim.route.key)
    for owner, keys in managed.items():
        on = keys[0] if len(keys) == 1 else f"{len(keys)} routes"
        yield Finding(
            f"weights of {on} last written by {owner}",
            f"written by {MANAGER}, or by hand",
            f"if it declares them, it writes them again {_USUAL.get(owner, 'when it applies the next time')}",
            Severity.INFORMS,
        )


def _tracked(case: Case, aim: Aim) -> Finding | None:
    """By ArgoCD's own mark on the Ingress, and what its Application says."""
    name = aim.route.tracked
    if not name:
        return None
    known = reverters.called(case.fleet, name)
    about, automated = case.about(aim), any(one.automated for one in known)
    heals = any(one.automated and one.self_heal for one in known)
    how = "heals itself" if heals else "syncs by itself" if automated else "syncs on a word"
    measured = f"{about}ArgoCD application {name} {how}"
    if automated and case.wish.hold_sync and not reverters.why_not(known):
        fix = f"automated sync of {known[0].key} is switched off for the run's time, and restored after it"
        return Finding(measured, "its automated sync off while the shift lasts", fix, Severity.INFORMS)
    if heals:
        fix = "it puts the weights back about 2 s after each write: change them in its repository, or "
        return Finding(measured, "self-heal off while the shift lasts", fix + _way(known), Severity.BLOCKS)
    needed = "the weights in its repository, or no sync while the shift lasts"
    if automated:
        fix = f"its next sync puts the weights back: change them in its repository, or {_way(known)}"
        return Finding(measured, needed, fix, Severity.ASKS)
    runs = sorted({one.held.run for one in known if one.held is not None})
    if runs:
        measured = f"{about}ArgoCD application {name}: its automated sync is off for run {', '.join(runs)}"
        return Finding(measured, needed, "that run restores it at its end, and the weights go back then", Severity.ASKS)
    return Finding(measured, needed, "its next sync puts the weights back", Severity.INFORMS)


def _way(known: tuple[Application, ...]) -> str:
    """How an application that syncs by itself is kept from it."""
    why = reverters.why_not(known)
    if why:
        return f"turn its automated sync off there; it cannot be held from here: {why}"
    return "have its automated sync off for the run's time: --hold-sync, or ^p on the screen"


def sticky(case: Case) -> Iterator[Finding]:
    """Weights choose where a client begins, not where it stays."""
    for aim in case.aims:
        if aim.route.sticky:
            yield Finding(
                f"{case.about(aim)}sticky sessions are on",
                "none, or time for them to end",
                "clients with a session stay where they are until it ends",
            )
