"""A failure that left the command line: why, as lines under its sentence, and as the one JSON document."""

from __future__ import annotations

from console.errors import Denied, FleetConsoleError, Refused
from console.model.run import Reason, Severity
from console.model.text import inert
from console.present.documents import Document, reason_document

LONGEST = 1000
"""Characters of a sentence that came as a reason."""


def reasons(error: FleetConsoleError) -> tuple[Reason, ...]:
    """Everything that speaks against what was asked for; a refusal that is one sentence is its own reason, and so is
    each of the simulator's, which knows no rules."""
    if not isinstance(error, Refused):
        return ()
    said = tuple(one if isinstance(one, Reason) else _sentence(str(one), error.fix) for one in error.reasons)
    return said or (_sentence(str(error.args[0]), error.fix),)


def lines(error: FleetConsoleError) -> list[str]:
    """The reasons behind the sentence; none where that says it all."""
    if not isinstance(error, Refused) or not error.reasons:
        return []
    return [
        f"  {one.rule}: {one.measured}. Needed: {one.needed}" if one.needed else f"  {one.measured}"
        for one in reasons(error)
    ]


def document(error: FleetConsoleError) -> Document:
    """`fleet-console/error/v1`."""
    return {
        "schema": "fleet-console/error/v1",
        "error": type(error).__name__,
        "message": str(error.args[0]),
        "fix": error.fix or None,
        "exit": error.exit_code,
        "permission": (error.permission or None) if isinstance(error, Denied) else None,
        "reasons": [reason_document(one) for one in reasons(error)],
    }


def _sentence(measured: str, fix: str) -> Reason:
    return Reason("refused", Severity.BLOCKS, inert(measured, LONGEST), fix, fix)
