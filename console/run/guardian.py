"""Beside a run that is done and has a time: waits until that is over, then says that it must go back, unless somebody
wants it kept, extended, or undone already. Holds no lock meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from console.decide import reverters
from console.errors import FleetConsoleError, Superseded
from console.kube import records, write
from console.kube.connect import Hub
from console.model.fleet import Run
from console.run import record
from console.run.hand import holds
from console.run.journal import Journal
from console.run.reverters import Reverters
from console.run.rows import Row
from console.run.words import Words

LOOK = 1.0
"""Seconds between two looks at words and clock."""
WORLD = 30.0
"""Seconds between two looks at the Ingresses."""


class Guardian:
    """Guards one run; `recorded` gives its record on the Fleet, None while unread. Clocks are epoch seconds."""

    def __init__(
        self,
        journal: Journal,
        row: Row,
        hub: Hub,
        recorded: Callable[[], Run | None],
        *,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._journal = journal
        self._run = row.report.run
        self._plan = row.planned()
        self._hub = hub
        self._expires = row.report.expires or clock()
        self._clock = clock
        self._pause = pause
        self._words = Words(journal, self._run, recorded, None)
        self._words.told()
        self._words.turn, self._words.more = None, 0.0  # what was said before it was done
        self._looked = clock()
        held, note = self._plan.reverters, partial(journal.line, self._run)
        self._reverters = Reverters(hub, note, self._run, self._plan.fleet_uid, held, owed=held, pause=pause)

    def goes_back(self) -> bool:
        """Wait; True where the run has to go back now, False where it stays as it is for good."""
        while True:
            if self._words.told():
                word = self._words.obeyed()
                if word != "stop":
                    return True
                self._keep("kept on a word")
                return False
            if self._words.more:
                self._extend(self._words.more)
                self._words.more = 0.0
            if self._clock() - self._looked >= WORLD or self._clock() >= self._expires:
                self._looked = self._clock()
                changed = self._changed()
                if changed is not None:
                    self._keep(changed)
                    return False
            if self._clock() >= self._expires:
                self._journal.line(self._run, "expiry", "noted", "its time is over: it goes back")
                return True
            self._pause(min(LOOK, max(0.01, self._expires - self._clock())))

    def _changed(self) -> str | None:
        """Which route no longer holds what the run wrote, as a sentence; None where all do, or nobody says."""
        for change in self._plan.routes:
            try:
                found = write.read_ingress(self._hub, change.namespace, change.name)
            except Superseded as error:
                return str(error)
            except FleetConsoleError:
                return None
            if found is None or not holds(found, change.after):
                return f"{change.key} holds other weights since: nothing of this run is left to go back from"
        return None

    def _extend(self, seconds: float) -> None:
        self._expires += seconds
        self._journal.update(self._run, expires=self._expires)
        self._told(expires=record.stamp(self._expires))

    def _keep(self, why: str) -> None:
        self._journal.line(self._run, "expiry", "noted", why)
        said = [why, *self._reverters.restore()]
        if self._reverters.on:
            on = reverters.several(self._reverters.on)
            said.append(f"{on} is on again: ArgoCD puts the weights back unless its repository says them")
        row = self._journal.row(self._run)
        message = "; ".join(filter(None, (row.report.message if row else "", *said)))
        self._journal.update(self._run, expires=None, message=message)
        debts = record.debts(self._reverters.owed) if self._plan.reverters else {}
        self._told(expires="", message=message, **debts)

    def _told(self, **fields: str) -> None:
        """Say it in the record, too, where that can be reached."""
        with suppress(FleetConsoleError):
            records.amend_record(self._hub, self._run, {**fields, "heard": self._words.heard})
