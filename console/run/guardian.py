"""Beside a run that is done and has a time: waits until that is over and whoever gets weight again is proven to serve,
then says that it must go back, unless somebody wants it kept, extended, or undone already. Holds no lock meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from functools import partial

from console.decide import reverters
from console.decide.returning import Proof
from console.errors import FleetConsoleError, Superseded
from console.kube import records, write
from console.kube.connect import Hub
from console.model.overdue import SAID
from console.run import record
from console.run.eyes import Eyes
from console.run.hand import holds
from console.run.hook import Hook
from console.run.journal import Journal
from console.run.reverters import Reverters
from console.run.rows import Row
from console.run.words import Words

LOOK = 1.0
"""Seconds between two looks at words and clock."""
WORLD = 30.0
"""Seconds between two looks at the Ingresses."""
SELDOM = 10.0
"""Seconds between two reasons for which it does not go back that are told."""
EARLY = 5.0
"""Seconds before the last ones in which a member must be clean, in which it is asked already."""


class Way(Enum):
    """How a guarded run goes on."""

    KEPT = ""
    """It stays as it is for good."""
    PROVEN = "proven"
    """Its time is over, and whoever gets weight again serves."""
    BACK = "rollback"
    """A person wants it undone, in steps."""
    NOW = "rollback-now"


class Guardian:
    """Guards one run; `words` hears what is said to it, `proof` looks whether it may go back, through `eyes`. Clocks
    are epoch seconds. `midway`: its former runner died while it went back."""

    def __init__(
        self,
        journal: Journal,
        row: Row,
        hub: Hub,
        words: Words,
        eyes: Eyes,
        proof: Callable[[], Proof],
        *,
        hook: Hook | None = None,
        midway: bool = False,
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
        self._words = words
        self._words.told()
        if not midway:
            self._words.turn, self._words.more = None, 0.0  # what was said before it was done
        self._eyes = eyes
        self._proof = proof
        self._hook = hook
        self._said = ""
        """Why it did not go back when its time was over, as it was told last."""
        self._told_at = float("-inf")
        self._looked = clock()
        held, note = self._plan.reverters, partial(journal.line, self._run)
        self._reverters = Reverters(hub, note, self._run, self._plan.fleet_uid, held, owed=held, pause=pause)

    def waits(self, seconds: float = 0.0) -> Way:
        """Wait, before anything else for so many seconds in which it does not go back by itself."""
        until = self._clock() + seconds
        while True:
            if self._words.told():
                word = self._words.obeyed()
                if word != "stop":
                    return Way.NOW if word == "rollback-now" else Way.BACK
                self._keep("kept on a word")
                return Way.KEPT
            if self._words.more:
                self._extend(self._words.more)
                self._words.more = 0.0
            now = self._clock()
            news = now >= self._expires and not self._said
            if (news or now - self._looked >= WORLD) and self._parted():
                return Way.KEPT
            proof = self._seen(now)
            if proof is not None and now >= max(until, self._expires):
                if proof.proven:
                    if self._parted():
                        return Way.KEPT
                    self._journal.line(self._run, "expiry", "noted", "its time is over, and who gets weight serves")
                    return Way.PROVEN
                self._overdue(proof.sentence)
            left = self._expires - now
            self._pause(min(LOOK, max(0.01, left)) if left > 0 else min(LOOK, max(0.01, self._eyes.clean)))

    def _seen(self, now: float) -> Proof | None:
        """Whether it may go back; None where its time is not near, and nobody is asked."""
        if now < self._expires - self._eyes.clean - EARLY:
            self._eyes.stop()
            return None
        self._eyes.start()
        return self._proof()

    def _overdue(self, why: str) -> None:
        """Say why it does not go back, where that is another reason than before; of a member that comes and goes now
        and then."""
        now = self._clock()
        if why == self._said or (self._said and now - self._told_at < SELDOM):
            return
        first, self._said, self._told_at = not self._said, why, now
        message = f"{SAID}: {why}; rollback {self._run} takes it back by hand"
        self._journal.line(self._run, "expiry", "noted", message)
        self._journal.update(self._run, message=message)
        self._told(message=message)
        row = self._journal.row(self._run)
        if first and self._hook is not None and row is not None:
            self._hook.tell(row.report, "overdue")

    def _parted(self) -> bool:
        """Whether the Ingresses no longer hold what the run wrote, so that it stays as it is."""
        self._looked = self._clock()
        changed = self._changed()
        if changed is None:
            return False
        self._keep(changed)
        return True

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
        self._expires = max(self._expires, self._clock()) + seconds
        self._said = ""
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
