"""A run as its operator sees it: state, reasons, the former, planned and present weights of each route, and what was
journaled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console import errors
from console.model.fleet import Layer


class Severity(StrEnum):
    """What a rule's word weighs."""

    BLOCKS = "blocks"
    ASKS = "asks"
    INFORMS = "informs"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's word on a plan: what was measured, what is needed, and how to get there. All inert."""

    rule: str
    severity: Severity
    measured: str
    needed: str
    message: str


class RunState(StrEnum):
    """Where a run stands."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    """Verified down to the deepest readable layer."""
    HELD = "held"
    """Stopped on a word or a failure in the middle; what is in effect is named per route."""
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"
    FAILED = "failed"
    """Nothing was changed, or nothing can be said of it; the message says which."""
    INTERRUPTED = "interrupted"
    """Its runner is provably dead."""
    UNVERIFIED = "unverified"
    """Written and confirmed; the layers did not agree in the time allowed."""
    SUPERSEDED = "superseded"
    """Somebody else changed the weights."""

    @property
    def over(self) -> bool:
        """Whether no runner works on it any more."""
        return self not in (RunState.PLANNED, RunState.RUNNING)

    @property
    def exit_code(self) -> int:
        """The exit code of a verb that ends with this state."""
        return _EXITS[self]


_EXITS = {
    RunState.PLANNED: errors.EXIT_DONE,
    RunState.RUNNING: errors.EXIT_HELD,
    RunState.DONE: errors.EXIT_DONE,
    RunState.ROLLED_BACK: errors.EXIT_DONE,
    RunState.HELD: errors.EXIT_HELD,
    RunState.INTERRUPTED: errors.EXIT_HELD,
    RunState.REFUSED: errors.EXIT_REFUSED,
    RunState.UNVERIFIED: errors.EXIT_UNVERIFIED,
    RunState.SUPERSEDED: errors.EXIT_SUPERSEDED,
    RunState.FAILED: errors.EXIT_UNREACHABLE,
}

ONE_STEP = ("refresh", "sync")
"""Kinds of run that write to one Application, once, and move no weights."""
PROVISIONS = ("setup", "teardown")
"""Kinds of run that make a topology, or take it away."""

Split = tuple[tuple[str, int | None], ...]
"""((member id, weight or None where absent), ...)"""


@dataclass(frozen=True, slots=True)
class RunRoute:
    """One route of a run. `layer`: the deepest layer known to hold the target, None before the write."""

    route: str
    before: Split
    after: Split
    now: Split
    layer: Layer | None = None
    wants: Split = ()
    """What the step that the run is at wants; empty before the first one."""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One journaled step: `phase` intended | sent | confirmed | refused | noted; `at` epoch seconds."""

    at: float
    step: str
    phase: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Usual:
    """How long past runs of this host waited for a layer of a gateway, seconds; None where too few `runs` are known."""

    gateway: str
    layer: Layer
    runs: int
    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything told of one run: by the journal on its own host, by its ConfigMap elsewhere."""

    run: str
    fleet_uid: str
    kind: str
    state: RunState
    plan_hash: str
    reasons: tuple[Reason, ...] = ()
    routes: tuple[RunRoute, ...] = ()
    started: float | None = None
    ended: float | None = None
    actor: str = ""
    reason: str = ""
    pid: int | None = None
    host: str = ""
    layer: Layer | None = None
    """The layer the run is at: the first that does not hold the target yet, or the deepest once all do."""
    message: str = ""
    """What it waits for or how it ended, one sentence."""
    of: str | None = None
    lines: tuple[JournalLine, ...] = ()
    steps: tuple[int, ...] = (100,)
    """Percent of the way after each step."""
    step: int = 0
    """The step that it is at, from 1; 0 before the first one, and once it is back."""
    going: str = "forward"
    """forward | back"""
    hold_until: float | None = None
    """Epoch second until which it holds at this step."""
    expires: float | None = None
    """Epoch second at which it goes back by itself; None: never, or not known yet."""
    target: str = ""
    """The zone or member that a drain empties; the Application that a run of one step writes to; a topology's name."""
    overrides: tuple[str, ...] = ()
    since: float | None = None
    """Epoch second from which on it waits for its layer; None where it waits for none."""
    usual: Usual | None = None
    """What past runs waited for it; None where it waits for none, or on which gateway is not known."""
    debts: tuple[str, ...] = ()
    """Applications, `NAMESPACE/NAME`, whose automated sync it switched off, or may have, and has not restored."""
    overdue: bool = False
    """Whether its time is over, and nobody has taken it back."""
    recorded: bool = False
    """Whether only its record on the Fleet tells of it: this host's journal does not have it."""

    @property
    def one_step(self) -> bool:
        """Whether it refreshes or syncs an Application."""
        return self.kind in ONE_STEP

    @property
    def provisions(self) -> bool:
        """Whether it sets a topology up, or takes it away; `target` is the topology's name then."""
        return self.kind in PROVISIONS

    @property
    def resumable(self) -> bool:
        """Whether a new runner may go on with it: its own is dead, or it is a set-up that did not come to its end."""
        unfinished = self.provisions and self.state.over and self.state is not RunState.DONE
        return unfinished or self.state is RunState.INTERRUPTED

    @property
    def commandable(self) -> bool:
        """Whether a runner still listens: it goes, or it waits to go back by itself. One step ends by itself."""
        if self.one_step:
            return False
        return not self.state.over or (self.state is RunState.DONE and self.expires is not None)
