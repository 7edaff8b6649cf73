"""A feed and a desk for screens under test: the test gives the pictures, runs live in memory, time stands still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from console.app import FleetConsole
from console.decide.case import Around
from console.decide.onestep import OneStep
from console.decide.plan import Plan, undo, untouched
from console.errors import Answered, FleetConsoleError
from console.model.document import Document, Subject
from console.model.fleet import Fleet, Layer
from console.model.run import JournalLine, Reason, RunReport, RunState
from console.settings import Settings
from tests import situations
from tests.stage_setups import StageSetups


class StageDesk:
    """Answers what a screen asks; every call is kept in `asked`."""

    def __init__(self) -> None:
        self.now, self.wall = situations.NOW, situations.WALL
        self.asked: list[str] = []
        self.seen: tuple[str, ...] = ()
        """Members whose rows the screen said to show."""
        self.answers: tuple[Reason, ...] = ()
        self.failure: FleetConsoleError | None = None
        self.refuses: FleetConsoleError | None = None
        """What every write is answered with; reading goes on."""
        self.documents: dict[str, Document] = {}
        self.plans: dict[str, Plan] = {}
        self.steps: dict[str, OneStep] = {}
        self.reports: dict[str, RunReport] = {}
        self.warmed = 0
        self.followers = 0
        self._news = threading.Condition()
        self.setups = StageSetups(self.tell)

    def attach(self, run: str) -> str:
        """As a front without options would have it."""
        return f"fleet-console attach {run}"

    def trial(self, plan: Plan | OneStep) -> tuple[Reason, ...]:
        """The dry run says what the test wants."""
        self.asked.append(f"trial {plan.hash[:8]}")
        if self.failure is not None:
            raise self.failure
        return self.answers

    def around(self, fleet: Fleet, *, ask: bool = False) -> Around:
        """Nothing but the clock."""
        return Around(wall=situations.WALL)

    def document(self, subject: Subject) -> Document:
        """What the test put there under the object's key."""
        self.asked.append(f"read {subject.source} {subject.key}")
        if self.failure is not None:
            raise self.failure
        if subject.key not in self.documents:
            raise Answered("not found", status=404, reason="NotFound")
        return self.documents[subject.key]

    def warm(self) -> None:
        """Counted."""
        self.warmed += 1

    def start_run(self, plan: Plan | OneStep, reason: str, reasons: Sequence[Reason]) -> RunReport:
        """A run that is under way."""
        if refusal := self.failure or self.refuses:
            raise refusal
        run = f"r{len(self.reports) + 1}"
        self.asked.append(f"start {run} {reason}")
        if isinstance(plan, OneStep):
            self.reports[run] = RunReport(
                run, plan.fleet_uid, plan.kind, RunState.RUNNING, plan.hash, tuple(reasons), started=situations.WALL,
                actor="oncall@jump1", host="jump1", message="waiting for ArgoCD", target=plan.key,
            )  # fmt: skip
            self.steps[run] = plan
            return self.reports[run]
        self.plans[run] = plan
        routes = tuple(map(untouched, plan.routes))
        lines = (JournalLine(situations.WALL, "write", "intended", plan.routes[0].key),)
        report = RunReport(
            run, plan.fleet_uid, plan.kind, RunState.RUNNING, plan.hash, tuple(reasons), routes, situations.WALL,
            None, "oncall@jump1", reason, 4711, "jump1", Layer.ANNOTATION, "writing", plan.of, lines,
        )  # fmt: skip
        self.reports[run] = report
        return report

    def report(self, run: str) -> RunReport | None:
        """As it was told last."""
        return self.reports.get(run)

    def visible(self, members: Sequence[str]) -> None:
        """Kept."""
        self.seen = tuple(members)

    def runs(self, fleet: Fleet) -> tuple[RunReport, ...]:
        """Newest first."""
        return tuple(reversed(self.reports.values()))

    def host_runs(self, fleet: Fleet) -> tuple[RunReport, ...]:
        """All: they run here."""
        return self.runs(fleet)

    def resume(self, run: str) -> RunReport:
        """It goes on."""
        if self.refuses is not None:
            raise self.refuses
        self.asked.append(f"resume {run}")
        self.reports[run] = replace(self.reports[run], state=RunState.RUNNING, message="goes on")
        return self.reports[run]

    def follow(self, run: str, watched: Callable[[], bool]) -> Iterator[RunReport]:
        """What the test tells of the run, as long as more may come."""
        told: RunReport | None = None
        self.followers += 1
        try:
            while told is None or not told.state.over or told.resumable or told.commandable:
                with self._news:
                    while self.reports[run] is told:
                        if not watched():
                            return
                        self._news.wait(0.05)
                    told = self.reports[run]
                yield told
        finally:
            self.followers -= 1

    def tell(self, report: RunReport) -> None:
        """The run has come further."""
        with self._news:
            self.reports[report.run] = report
            self._news.notify_all()

    def end(self) -> None:
        """Every run is over, so that nobody waits for one."""
        for report in list(self.reports.values()):
            if not report.state.over:
                self.tell(replace(report, state=RunState.DONE))

    def command(self, run: str, word: str, seconds: float = 0.0) -> None:
        """Kept, and a rollback ends the run."""
        if self.refuses is not None:
            raise self.refuses
        self.asked.append(f"command {run} {word}")
        self.tell(replace(self.reports[run], state=RunState.ROLLED_BACK, message="as it was"))

    def rollback_plan(self, run: str) -> Plan:
        """The undoing of its plan."""
        return undo(self.plans[run], run)


class StageFeed:
    """Publishes what the test gives it."""

    def __init__(self, fleet: Fleet) -> None:
        self.desk = StageDesk()
        self._fleet = fleet
        self._publish: Callable[[Fleet], None] | None = None

    def start(self, publish: Callable[[Fleet], None]) -> None:
        """The first picture."""
        self._publish = publish
        publish(self._fleet)

    def show(self, fleet: Fleet) -> None:
        """The next picture."""
        assert self._publish is not None
        self._publish(fleet)

    def again(self) -> None:
        """The first picture once more, where it ever went out."""
        if self._publish is not None:
            self._publish(self._fleet)

    def stop(self) -> None:
        """Runs end with the stage."""
        self.desk.end()


def stage(fleet: Fleet, settings: Settings | None = None) -> tuple[FleetConsole, StageFeed]:
    """An application on a picture."""
    feed = StageFeed(fleet)
    return FleetConsole(settings or Settings(), feed), feed
