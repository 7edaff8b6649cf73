"""Which runs need eyes, each told once: what the bell rings for."""

from __future__ import annotations

from collections.abc import Iterable

from console.model.run import RunReport, RunState

EVERY = 2.0
"""Seconds between two looks at the runs of this host: a runner that was killed tells nobody that it was."""
OVERDUE = "expiry overdue"
_STATES = (RunState.HELD, RunState.FAILED, RunState.SUPERSEDED, RunState.INTERRUPTED)


def needs(report: RunReport, wall: float) -> str:
    """Why a run needs eyes at the epoch second `wall`; empty where it does not."""
    if report.state in _STATES:
        return str(report.state)
    late = report.state is RunState.DONE and report.expires is not None and report.expires <= wall
    return OVERDUE if late else ""


class Vigil:
    """Remembers what was told. Of the runs that it is first shown, what has ended before is no news."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] | None = None

    def news(self, reports: Iterable[RunReport], wall: float) -> tuple[str, ...]:
        """The runs that need eyes for a reason that was not told of them yet."""
        found = {(one.run, why) for one in reports if (why := needs(one, wall))}
        known = {each for each in found if each[1] != OVERDUE} if self._known is None else self._known
        self._known = known | found
        return tuple(sorted(run for run, _ in found - known))

    def told(self, report: RunReport, wall: float) -> bool:
        """Whether one run that is shown, wherever it runs, needs eyes for a new reason."""
        why = needs(report, wall)
        if not why or (report.run, why) in (self._known or ()):
            return False
        self._known = (self._known or set()) | {(report.run, why)}
        return True
