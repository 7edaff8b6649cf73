"""What a person may do where a set-up holds, as words to type, and read again from the message that holds them."""

from __future__ import annotations

import shlex

from console.decide.setup.order import Order
from console.decide.setup.task import Task

_MEND, _FILE, _ANEW, _ADOPT, _AWAY, _MENDED = (
    "mend what is said, then ", "or, where the file is wrong, mend it, then ", "make it anew: ",
    "or adopt one that you made: ", "or take it away: ", "mended by hand: ",
)  # fmt: skip


def ways(order: Order, run: str, task: Task | None = None, *, wrote: bool = True) -> str:
    """Resume, begin again with a file that was mended (a run keeps the one that it began with), or take away, where the
    run `wrote` anything; of what its cloud says has failed: make it anew, adopt another, or take all away."""
    file = shlex.quote(order.file) if order.file else "FILE"
    undo = _teardown(order)
    on = f"{_MEND}fleet-console resume {run}"
    if order.kind == "teardown":
        return f"{on}; {_FILE}{undo}"
    if task is None or not task.failed or not task.item:
        away = f"; {_AWAY}{undo}" if wrote else ""
        return f"{on}; {_FILE}fleet-console topology apply {file}{away}"
    place = "fleet" if task.item == "fleet" else f"members, {task.item.removeprefix('member ')}"
    retry = f"{_ANEW}fleet-console topology apply {file} --retry {shlex.quote(task.item)}"
    adopt = f"{_ADOPT}put its id into {file} ({place}: id), then topology apply"
    return f"{retry}; {adopt}; {_AWAY}{undo}; {_MENDED}fleet-console resume {run}"


def confirm_again(order: Order) -> str:
    """Of a teardown that was confirmed before all of it could be seen."""
    return f"look at it, and confirm it by teardown again: {_teardown(order)}"


def _teardown(order: Order) -> str:
    also = "".join(f" --also {shlex.quote(one)}" for one in order.also)
    return f"fleet-console topology teardown {shlex.quote(order.file) if order.file else 'FILE'}{also}"


def parted(message: str) -> tuple[str, ...]:
    """A run's message as what became of it, and then each way on."""
    marks = (_MEND, _FILE, _ANEW, _ADOPT, _AWAY, _MENDED)
    starts = sorted(at for mark in marks if (at := message.rfind(f"; {mark}")) >= 0)
    if not starts:
        return (message,)
    ends = (*starts[1:], len(message))
    ways = (message[start + 2 : end] for start, end in zip(starts, ends, strict=True))
    return (message[: starts[0]], *ways)


def failed(message: str) -> str:
    """The item that a run's message says can be made anew; empty where there is none."""
    way = next((one for one in parted(message)[1:] if one.startswith(_ANEW)), "")
    try:
        return shlex.split(way)[-1] if way else ""
    except ValueError:
        return ""
