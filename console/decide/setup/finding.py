"""What a check of a set-up says before it carries its rule's name: words for each verdict, so that rules stay short."""

from __future__ import annotations

from dataclasses import dataclass

from console.decide.setup.found import Found
from console.decide.setup.task import Verdict
from console.model.text import inert

_UNREAD = "it was not read"


@dataclass(frozen=True, slots=True)
class Finding:
    """A `Check` without rule and stage."""

    verdict: Verdict
    about: str
    source: str
    measured: str
    needed: str
    fix: str = ""


def ok(about: str, source: str, measured: str, needed: str) -> Finding:
    """It holds."""
    return Finding(Verdict.OK, about, source, measured, needed)


def red(about: str, source: str, measured: str, needed: str, fix: str) -> Finding:
    """It does not, and nothing is written."""
    return Finding(Verdict.RED, about, source, measured, needed, fix)


def warn(about: str, source: str, measured: str, needed: str, fix: str) -> Finding:
    """Worth knowing."""
    return Finding(Verdict.WARN, about, source, measured, needed, fix)


def unchecked(about: str, source: str, measured: str, needed: str, how: str) -> Finding:
    """Nothing shows it; `how` to check it by hand."""
    return Finding(Verdict.UNCHECKED, about, source, measured, needed, how)


def unread(found: Found, part: str, about: str, source: str, needed: str, how: str) -> Finding:
    """A part of the ground that is not known, and why."""
    return unchecked(about, source, f"not known: {inert(found.ground.unread.get(part, _UNREAD))}", needed, how)
