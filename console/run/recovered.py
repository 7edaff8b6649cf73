"""How long clients had to wait, by what the journal holds of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence

from console.decide.recovery import Recovery, recoveries
from console.model.evidence import Exhibit, ExhibitKind
from console.model.run import RunState
from console.run.journal import Journal
from console.run.rows import Row


def recoveries_of(row: Row, exhibits: Sequence[Exhibit]) -> tuple[Recovery, ...]:
    """How long each probed route's clients had to wait; of a run that went back after it was done, until then."""
    seals = [(index, json.loads(one.body)) for index, one in enumerate(exhibits) if one.kind is ExhibitKind.SEAL]
    done = next((index for index, said in seals if said.get("state") == RunState.DONE), None)
    if done is not None:
        exhibits = exhibits[:done]
    back = done is None and row.report.state is RunState.ROLLED_BACK and row.report.kind != "rollback"
    wanted = {one.route: dict(one.before if back else one.after) for one in row.report.routes}
    drift = float(seals[-1][1].get("clock_set_by") or 0.0) if seals else 0.0
    return recoveries(exhibits, wanted, row.report.started or 0.0, drift if abs(drift) > 0.05 else 0.0)


def said(journal: Journal, run: str) -> str:
    """The recovery time of a run that has verified its end, in a sentence: that of all its probed routes together;
    empty where none of them failed, or nobody probes."""
    row = journal.row(run)
    found = recoveries_of(row, journal.exhibits(run)) if row is not None else ()
    whole = found[-1] if found else None
    if whole is None or not whole.failed or whole.seconds is None:
        return ""
    return f"RTO {whole.seconds:.1f} s ± {whole.error:.1f} s from {whole.since}"
