"""What may follow a set-up's run that is over: going on with it, or what to say in place of it.

A run keeps the topology that it began with. Once another run of the same topology came after it, the world is as that
one left it, and going on with the older one would put back what the newer one replaced.
"""

from __future__ import annotations

import shlex
from contextlib import suppress

from console.decide.setup import order as orders
from console.errors import Refused, Superseded, UsageError
from console.model.run import RunReport, RunState
from console.run import known
from console.run.journal import Journal
from console.run.rows import Row

_CHANGED_NOTHING = (RunState.REFUSED, RunState.FAILED)


def check_newest(journal: Journal, told: RunReport) -> None:
    """Raises `Superseded` where a newer run of its topology may have changed something since, `Refused` where another
    one is under way."""
    newer = True
    for row in journal.rows(told.fleet_uid):
        other = known.told_of(row)
        if other.run == told.run:
            newer = False
        elif not other.state.over:
            raise Refused(
                f"run {other.run} ({other.kind} of {other.target}) is under way",
                fix=f"Look at it: fleet-console attach {other.run}.",
            )
        elif newer and other.state not in _CHANGED_NOTHING:
            state = other.state.replace("_", " ")
            raise Superseded(
                f"run {told.run} ({told.kind} of {told.target}) was followed by run {other.run} ({other.kind}, {state})"
                ": going on with it would undo what came after it",
                fix=f"What the file says now is set up by: fleet-console topology apply {file_of(row)}.",
            )


def instead(row: Row) -> str:
    """What can be done about a run that is over for good, a sentence."""
    if row.report.kind == "teardown":
        return f"Set it up again: fleet-console topology apply {file_of(row)}."
    return f"Take away what it made: fleet-console topology teardown {file_of(row)}."


def file_of(row: Row) -> str:
    """The topology file that a run was told of, for a shell."""
    said = ""
    with suppress(UsageError):
        said = orders.parse(row.plan).file
    return shlex.quote(said) if said else "FILE"
