"""The checks of `doctor` as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.model.checkup import Check
from console.present.line import wrap
from console.present.tables import COLUMNS

_STATE, _NAME = 9, 22
"""Cells of the first two columns, the gap behind them included."""


def checks_text(checks: Sequence[Check]) -> str:
    """One check a row, its fix on a line of its own; nothing is cut."""
    lines = [f"{'STATE':<{_STATE}}{'CHECK':<{_NAME}}FOUND"]
    indent = _STATE + _NAME
    for check in checks:
        head, *rest = wrap(check.found, COLUMNS - indent)
        lines.append(f"{check.state:<{_STATE}}{check.name:<{_NAME}}{head}".rstrip())
        lines += [" " * indent + one for one in rest]
        lines += [" " * indent + one for one in (wrap(f"-> {check.fix}", COLUMNS - indent) if check.fix else ())]
    return "\n".join(lines)


def checks_document(checks: Sequence[Check]) -> dict[str, Any]:
    """`fleet-console/doctor/v1`; a check that needs no fix has null there."""
    return {
        "schema": "fleet-console/doctor/v1",
        "checks": [
            {"name": one.name, "state": one.state.value, "found": one.found, "fix": one.fix or None} for one in checks
        ],
    }
