"""How a drill ended: every expectation as a check that holds or not, and the runs that were made."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from console.drill.stage import Stage, Weights
from console.errors import FleetConsoleError
from console.sim.drill import ME, Ending
from console.sim.faults import remote


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation: what it is about, what was wanted, what was found, and how many seconds into the drill."""

    what: str
    wanted: str
    found: str
    holds: bool
    at: float = 0.0


@dataclass
class Result:
    """A drill that was played. `runs`: the documents of `runs -o json`, newest first."""

    drill: str
    summary: str
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    checks: list[Check] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)

    def check(self, what: str, wanted: str, found: str, holds: bool) -> Check:
        """Add one."""
        made = Check(what, wanted, found, holds, round(time.monotonic() - self.began, 1))
        self.checks.append(made)
        return made

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return bool(self.checks) and all(check.holds for check in self.checks)

    def document(self) -> dict[str, Any]:
        """`fleet-console/drill/v1`."""
        return {
            "schema": "fleet-console/drill/v1",
            "drill": self.drill,
            "summary": self.summary,
            "passed": self.passed,
            "seconds": round(self.seconds, 1),
            "checks": [
                {"what": one.what, "wanted": one.wanted, "found": one.found, "holds": one.holds, "at": one.at}
                for one in self.checks
            ],
            "runs": self.runs,
        }


def judge(stage: Stage, result: Result, endings: tuple[Ending, ...]) -> None:
    """Look at the world as it is left, with every fault over, and add what is found to the result."""
    try:
        remote.clear(stage.directory, None)
        result.runs = known_runs(stage, ME)
        weights, fences, holder = stage.weights(), stage.hub.fences(), stage.hub.holder()
    except FleetConsoleError as error:
        result.check("the Fleet can be read at the end", "it can", str(error), False)
        return
    state = str(result.runs[0]["state"]) if result.runs else "no run"
    states = [" or ".join(one.states) or "no run" for one in endings]
    fitting = [one for one in endings if state in (one.states or ("no run",))]
    meant = next((one for one in fitting if _wanted(stage, one) == weights), fitting[0] if fitting else None)
    result.check("state of the newest run", "; or ".join(states), state, meant is not None)
    wanted = _wanted(stage, meant or endings[0])
    result.check("weights", said(wanted), said(weights), wanted == weights)
    left = ", ".join(f"{fence} on {route}" for route, fence in sorted(fences.items()))
    result.check("fences on Ingresses", "none", left or "none", not fences)
    result.check("the Fleet's Lease", "free", f"held by {holder}" if holder else "free", not holder)


def known_runs(stage: Stage, by: str) -> list[dict[str, Any]]:
    """The runs that an operator can list: their own, and those recorded on the Fleet."""
    found = stage.say("runs -o json", by)
    lines = [line for line in found.text.splitlines() if line.startswith("[")]
    runs: list[dict[str, Any]] = json.loads(lines[-1]) if lines else []
    return runs


def said(weights: Weights) -> str:
    """`NAMESPACE/NAME a=62 b=38; ...`."""
    parts = [
        " ".join((route, *(f"{member}={weight}" for member, weight in sorted(held.items()))))
        for route, held in sorted(weights.items())
    ]
    return "; ".join(parts)


def _wanted(stage: Stage, ending: Ending) -> Weights:
    return {route: {**held, **ending.weights.get(route, {})} for route, held in stage.before.items()}
