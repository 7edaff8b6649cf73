"""A failure that left the command line: why, as lines under its sentence, and as the one JSON document."""

from __future__ import annotations

from console.errors import Denied, FleetConsoleError, Refused
from console.model.run import Reason, Severity
from console.present.documents import Document, reason_document


def reasons(error: FleetConsoleError) -> tuple[Reason, ...]:
    """Everything that speaks against what was asked for; a refusal that is one sentence is its own reason."""
    if not isinstance(error, Refused):
        return ()
    said = tuple(one for one in error.reasons if isinstance(one, Reason))
    return said or (Reason("refused", Severity.BLOCKS, str(error.args[0]), error.fix, error.fix),)


def lines(error: FleetConsoleError) -> list[str]:
    """The reasons behind the sentence; none where that says it all."""
    if not isinstance(error, Refused) or not error.reasons:
        return []
    return [f"  {one.rule}: {one.measured}. Needed: {one.needed}" for one in reasons(error)]


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
