"""What a screen can ask for beyond the picture: the clock, a dry run, runs to start, to look at and to command; and
the real one, on the readers and the journal of this host."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from console.errors import FleetConsoleError, Lost
from console.model.document import Document, Subject
from console.model.fleet import Fleet
from console.model.freshness import Source, SourceName, SourceState
from console.model.run import Reason, RunReport
from console.model.text import inert
from console.settings import Settings

if TYPE_CHECKING:
    from console.decide.case import Around
    from console.decide.onestep import OneStep
    from console.decide.plan import Plan
    from console.observe import Observer
    from console.run.access import Access
    from console.store.pump import Pump
    from screens.setup_desk import SetupDesk

START = 10.0
"""Seconds that a question waits for the readers to have started."""


class Desk(Protocol):
    """The console's other side; failures are `FleetConsoleError`.

    Everything but `now`, `attach`, `setups` and `visible` may take seconds and is called from a worker thread, never
    from the screen's own.
    """

    @property
    def now(self) -> float:
        """The monotonic clock of the picture."""

    @property
    def wall(self) -> float:
        """The epoch second of the same moment."""

    @property
    def setups(self) -> SetupDesk:
        """What the wizard asks."""

    def attach(self, run: str) -> str:
        """The command that follows a run from another terminal, for a shell."""

    def visible(self, members: Sequence[str]) -> None:
        """These members' rows are on the screen: what is read slowly of them is read before others'."""

    def trial(self, plan: Plan | OneStep) -> tuple[Reason, ...]:
        """The API server's own word on a plan, from a server-side dry run."""

    def around(self, fleet: Fleet, *, ask: bool = False) -> Around:
        """What decides beside the picture, as this host knows it; with `ask` also what members say themselves."""

    def document(self, subject: Subject) -> Document:
        """One object of the hub as it is now."""

    def warm(self) -> None:
        """Have a runner import what it needs, while a person still reads what is to be confirmed."""

    def start_run(self, plan: Plan | OneStep, reason: str, reasons: Sequence[Reason]) -> RunReport:
        """Start the detached runner of a plan."""

    def report(self, run: str) -> RunReport | None:
        """What is known of one run."""

    def runs(self, fleet: Fleet) -> tuple[RunReport, ...]:
        """The runs of this host's journal and those recorded on the Fleet, newest first."""

    def host_runs(self, fleet: Fleet) -> tuple[RunReport, ...]:
        """The runs of this host's journal alone, newest first."""

    def follow(self, run: str, watched: Callable[[], bool]) -> Iterator[RunReport]:
        """Every new report of a run while `watched` says that somebody looks, until no more can come of it."""

    def command(self, run: str, word: str, seconds: float = 0.0) -> None:
        """Leave a live run a word: `stop`, `rollback`, `finish`, `extend` by seconds."""

    def resume(self, run: str) -> RunReport:
        """Start a new runner for a run of this host whose runner is dead."""

    def rollback_plan(self, run: str) -> Plan:
        """The plan that undoes a finished run."""


class Feed(Protocol):
    """Where pictures come from, and the desk that belongs to them."""

    @property
    def desk(self) -> Desk:
        """What screens may ask for."""

    def start(self, publish: Callable[[Fleet], None]) -> None:
        """Begin, without blocking; `publish` may be called from any thread."""

    def stop(self) -> None:
        """End."""


class ObservedFleet:
    """The real feed and desk: readers of the Fleet that settings and options name, and the runs of this host.

    Readers are imported and started in a thread of their own, so that the first frame waits for nothing; what goes
    wrong there becomes a picture that says so.
    """

    def __init__(self, settings: Settings, access: Access) -> None:
        self._settings = settings
        self._access = access
        self._observer: Observer | None = None
        self._pump: Pump | None = None
        self._ready = threading.Event()
        self._stopped = False
        self._setups: SetupDesk | None = None

    @property
    def desk(self) -> Desk:
        """Itself."""
        return self

    @property
    def now(self) -> float:
        """The monotonic clock."""
        return time.monotonic()

    @property
    def wall(self) -> float:
        """This host's clock."""
        return time.time()

    @property
    def setups(self) -> SetupDesk:
        """On the account that settings name."""
        from screens.setup_desk import WireSetups

        if self._setups is None:
            self._setups = WireSetups(self._settings, self._access)
        return self._setups

    def start(self, publish: Callable[[Fleet], None]) -> None:
        """Begin to read; returns at once."""
        threading.Thread(target=self._begin, args=(publish,), name="feed", daemon=True).start()

    def stop(self) -> None:
        """End; readers are threads that die with the process."""
        self._stopped = True
        if self._pump is not None:
            self._pump.stop()
        if self._observer is not None:
            self._observer.stop()

    def _begin(self, publish: Callable[[Fleet], None]) -> None:
        try:
            from console.observe import Observer
            from console.store.pump import Pump

            access = self._access
            observer = Observer(
                self._settings, kubeconfig=access.kubeconfig, context=access.context, probes=True, reviews=True
            )
            observer.start()
            observer.watch_lock()
            self._observer = observer
            self._pump = Pump(observer.store, publish)
            self._pump.start()
            self._ready.set()
            if self._stopped:
                self.stop()
        except Exception as error:  # whatever it is, the screen stays and says it
            publish(_unreadable(self._settings, error))

    def visible(self, members: Sequence[str]) -> None:
        """Told to the readers, once they are there."""
        if self._observer is not None:
            self._observer.show(members)

    def _reading(self) -> Observer:
        self._ready.wait(START)
        if self._observer is None:
            raise Lost("the readers have not started", fix="Wait a moment, or see the sources (i).")
        return self._observer

    def attach(self, run: str) -> str:
        """With the options that lead to the same Fleet, settings and journal."""
        access = self._access
        options = {
            "--kubeconfig": access.kubeconfig,
            "--context": access.context,
            "--config": access.config,
            "--state-dir": access.state_dir,
            "--fleet": access.fleet,
        }
        said = [word for name, value in options.items() if value is not None for word in (name, str(value))]
        return shlex.join(["fleet-console", "attach", inert(run, 60), *said])

    def trial(self, plan: Plan | OneStep) -> tuple[Reason, ...]:
        """By a server-side dry run on the hub's own connection."""
        from console.run import trial

        return tuple(trial.reasons(self._reading(), plan))

    def around(self, fleet: Fleet, *, ask: bool = False) -> Around:
        """From settings and the journal."""
        from console.run import runs

        return runs.around(self._access, self._settings, fleet, ask=ask)

    def document(self, subject: Subject) -> Document:
        """By one GET on the hub's own connection."""
        from console.kube import document

        hub = self._reading().hub
        if hub is None:
            raise Lost("the hub is not connected", fix="See the sources (i).")
        return document.read(hub, subject)

    def warm(self) -> None:
        """A process of its own, which ends with this one where it is not needed."""
        from console.run import launch

        launch.warm()

    def start_run(self, plan: Plan | OneStep, reason: str, reasons: Sequence[Reason]) -> RunReport:
        """A process of its own carries it out."""
        from console.run import runs

        return runs.start(self._access, self._settings, plan, reason=reason, reasons=tuple(reasons))

    def report(self, run: str) -> RunReport | None:
        """From the journal."""
        from console.run import runs

        return runs.report(self._access, run)

    def runs(self, fleet: Fleet) -> tuple[RunReport, ...]:
        """The journal's, and the Fleet's where it can be read."""
        from console.run import known, runs

        own = runs.runs(self._access)
        return known.merge(tuple(one for one in own if one.fleet_uid == fleet.uid or one.provisions), fleet)

    def host_runs(self, fleet: Fleet) -> tuple[RunReport, ...]:
        """The journal's; none while it is not known whose."""
        from console.run import runs

        return runs.runs(self._access, fleet_uid=fleet.uid) if fleet.uid else ()

    def follow(self, run: str, watched: Callable[[], bool]) -> Iterator[RunReport]:
        """From the journal as it grows, else from the record on the Fleet."""
        from console.run import runs

        if runs.report(self._access, run) is not None:
            yield from runs.follow(self._access, run, watched=watched)
        else:
            yield from runs.follow_record(self._reading(), run, watched=watched)

    def command(self, run: str, word: str, seconds: float = 0.0) -> None:
        """Through the journal, else through the record on the Fleet."""
        from console.run import known, runs

        if runs.report(self._access, run) is not None:
            runs.command(self._access, run, word, seconds)
            return
        reading = self._reading()
        told = known.elsewhere(reading.store.fleet, run)
        if not runs.command_elsewhere(reading, run, word, seconds) and told is not None:
            raise Lost(runs.unheard(told))

    def resume(self, run: str) -> RunReport:
        """By the journal's plan, with the access that the run began with."""
        from console.run import runs

        self._settings.check_writable()
        return runs.resume(self._access, run)

    def rollback_plan(self, run: str) -> Plan:
        """From the journal's plan, else from the record's, and what the Ingresses hold."""
        from console.run import undoing

        reading = self._reading()
        return undoing.rollback_plan(self._access, run, reading.hub, reading.store.fleet)


def _unreadable(settings: Settings, error: Exception) -> Fleet:
    """A picture that says why there is none."""
    words = str(error) if isinstance(error, FleetConsoleError) else f"{type(error).__name__}: {error}"
    source = Source(SourceName.HUB, SourceState.LOST, since=time.monotonic(), message=inert(words))
    fleet = settings.fleet
    return Fleet(fleet.called, fleet.shown_region, None, (source,))
