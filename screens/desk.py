"""What a screen can ask for beyond the picture: the clock, a dry run, runs to start, to look at and to command.

Everything but `now` may take seconds and is called from a worker thread, never from the screen's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from console.decide.plan import Plan
from console.model.fleet import Fleet
from console.model.run import Reason, RunReport


class Desk(Protocol):
    """The console's other side; failures are `FleetConsoleError`."""

    @property
    def now(self) -> float:
        """The monotonic clock of the picture."""

    def trial(self, plan: Plan) -> tuple[Reason, ...]:
        """The API server's own word on a plan, from a server-side dry run."""

    def start(self, plan: Plan, reason: str, reasons: Sequence[Reason], gateway: str | None) -> RunReport:
        """Start the detached runner of a plan."""

    def report(self, run: str) -> RunReport | None:
        """What is known of one run."""

    def runs(self, fleet: Fleet) -> tuple[RunReport, ...]:
        """The runs of this host's journal and those recorded on the Fleet, newest first."""

    def follow(self, run: str) -> Iterator[RunReport]:
        """Every new report of a run until it is over."""

    def command(self, run: str, word: str) -> None:
        """Leave a live run a word: `rollback`, `stop`."""

    def rollback_plan(self, run: str) -> Plan:
        """The plan that undoes a finished run."""
