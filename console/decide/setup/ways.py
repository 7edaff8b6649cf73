"""What a person may do where a set-up holds, as words to type."""

from __future__ import annotations

import shlex

from console.decide.setup.order import Order
from console.decide.setup.task import Task


def ways(order: Order, run: str, task: Task | None = None) -> str:
    """Resume, or take away; of what its cloud says has failed: make it anew, adopt another, or take all away."""
    file = shlex.quote(order.file) if order.file else "FILE"
    undo = f"fleet-console topology teardown {file}"
    if order.kind == "teardown":
        return f"mend what is said, then fleet-console resume {run}"
    if task is None or not task.failed or not task.item:
        return f"mend what is said, then fleet-console resume {run}, or take it away: {undo}"
    place = "fleet" if task.item == "fleet" else f"members, {task.item.removeprefix('member ')}"
    retry = f"make it anew: fleet-console topology apply {file} --retry {shlex.quote(task.item)}"
    adopt = f"adopt one that you made: put its id into {file} ({place}: id), then topology apply"
    return f"{retry}; or {adopt}; or take it away: {undo}; mended by hand: fleet-console resume {run}"
