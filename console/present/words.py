"""The one table of states: each with its glyph, its ink and its word. Glyphs are one cell wide, and repeat the word."""

from __future__ import annotations

from typing import NamedTuple

from console.model.fleet import AlbHealthWord, Controller, Layer, Link, Tone
from console.model.freshness import Part, Source, SourceName, SourceState, Topic
from console.model.run import RunState, Severity
from console.model.share import Verdict
from console.model.workload import WorkloadWord
from console.present.line import Ink, Span


class Word(NamedTuple):
    """A state as it is shown."""

    glyph: str
    ink: Ink
    word: str

    @property
    def span(self) -> Span:
        """The word alone."""
        return Span(self.word, self.ink)

    @property
    def marked(self) -> Span:
        """Glyph and word."""
        return Span(f"{self.glyph} {self.word}", self.ink)


State = Link | AlbHealthWord | WorkloadWord | Controller | SourceState | RunState | Severity | Verdict | Tone

WORDS: dict[State, Word] = {
    Link.UP: Word("+", Ink.PLAIN, "up"),
    Link.LATE: Word("!", Ink.WARN, "late"),
    Link.LOST: Word("x", Ink.BAD, "lost"),
    Link.REJECTED: Word("x", Ink.BAD, "rejected"),
    Link.UNKNOWN: Word("?", Ink.DIM, "?"),
    AlbHealthWord.OK: Word("+", Ink.PLAIN, "ok"),
    AlbHealthWord.SOME: Word("!", Ink.WARN, "some"),
    AlbHealthWord.DEAD: Word("x", Ink.BAD, "dead"),
    AlbHealthWord.UNKNOWN: Word("?", Ink.DIM, "?"),
    WorkloadWord.OK: Word("+", Ink.PLAIN, "ok"),
    WorkloadWord.SOME: Word("!", Ink.WARN, "some"),
    WorkloadWord.DEAD: Word("x", Ink.BAD, "dead"),
    WorkloadWord.UNKNOWN: Word("?", Ink.DIM, "?"),
    Controller.ACKNOWLEDGED: Word("+", Ink.PLAIN, "done"),
    Controller.WAITING: Word("~", Ink.WARN, "wait"),
    Controller.FAILED: Word("x", Ink.BAD, "failed"),
    Controller.NOT_REPORTED: Word("?", Ink.DIM, "?"),
    SourceState.UNCONFIGURED: Word("-", Ink.DIM, "not set"),
    SourceState.LOADING: Word("~", Ink.DIM, "loading"),
    SourceState.EMPTY: Word("o", Ink.PLAIN, "empty"),
    SourceState.LIVE: Word("+", Ink.PLAIN, "live"),
    SourceState.STALE: Word("!", Ink.WARN, "stale"),
    SourceState.THROTTLED: Word("!", Ink.WARN, "throttled"),
    SourceState.DENIED: Word("x", Ink.BAD, "denied"),
    SourceState.MISSING: Word("x", Ink.WARN, "missing"),
    SourceState.LOST: Word("x", Ink.BAD, "lost"),
    RunState.PLANNED: Word("~", Ink.PLAIN, "planned"),
    RunState.RUNNING: Word("~", Ink.ACCENT, "running"),
    RunState.DONE: Word("+", Ink.GOOD, "done"),
    RunState.HELD: Word("!", Ink.WARN, "held"),
    RunState.ROLLED_BACK: Word("+", Ink.GOOD, "rolled back"),
    RunState.REFUSED: Word("x", Ink.WARN, "refused"),
    RunState.FAILED: Word("x", Ink.BAD, "failed"),
    RunState.INTERRUPTED: Word("x", Ink.BAD, "interrupted"),
    RunState.UNVERIFIED: Word("!", Ink.WARN, "unverified"),
    RunState.SUPERSEDED: Word("!", Ink.WARN, "superseded"),
    Severity.BLOCKS: Word("x", Ink.BAD, "blocks"),
    Severity.ASKS: Word("!", Ink.WARN, "asks"),
    Severity.INFORMS: Word("?", Ink.PLAIN, "know"),
    Verdict.AGREE: Word("+", Ink.PLAIN, "agree"),
    Verdict.DISAGREE: Word("x", Ink.WARN, "disagree"),
    Verdict.UNKNOWN: Word("~", Ink.DIM, "not yet known"),
    Tone.GOOD: Word("+", Ink.GOOD, "good"),
    Tone.PLAIN: Word(" ", Ink.PLAIN, ""),
    Tone.WARN: Word("!", Ink.WARN, "warning"),
    Tone.BAD: Word("x", Ink.BAD, "bad"),
}

LAYERS: dict[Layer, tuple[str, str]] = {
    Layer.ASKED: ("ASKED", "asked"),
    Layer.ANNOTATION: ("NOTED", "noted"),
    Layer.CONTROLLER: ("CTRL", "ctrl"),
    Layer.RULE: ("RULE", "rule"),
    Layer.OBSERVED: ("CLIENTS", "clients"),
}
"""Layer -> the head of its column, and its word on a row."""

SOURCES: dict[Topic, str] = {
    SourceName.HUB: "hub",
    SourceName.MEMBERS: "members",
    SourceName.HEARTBEATS: "heartbeats",
    SourceName.GATEWAYS: "gateways",
    SourceName.CLASSES: "classes",
    SourceName.ROUTES: "routes",
    SourceName.EVENTS: "events",
    SourceName.APPLICATIONS: "applications",
    SourceName.SETS: "appsets",
    SourceName.CLUSTER_SECRETS: "secrets",
    SourceName.RUNS: "runs",
    SourceName.WORKLOADS: "workloads",
    SourceName.ALB: "cloud",
    SourceName.FLEET: "fleet",
    SourceName.CLUSTERS: "clusters",
    SourceName.VSWITCHES: "vswitches",
    SourceName.PROBE: "probe",
    SourceName.RATES: "rates",
    **{part: part.value for part in Part},
}
"""What a source is called on the screen; its own name is the API's resource."""


_LATE = Word("?", Ink.WARN, "not read")


def of(state: State) -> Word:
    """How a state is shown."""
    return WORDS[state]


def source(one: Source) -> Word:
    """How a source's state is shown."""
    return _LATE if one.late else WORDS[one.state]


def word(state: str) -> Word:
    """How a run's state is shown that came as text from outside; what is no known state stays its own plain word."""
    try:
        return WORDS[RunState(state)]
    except ValueError:
        return Word("?", Ink.PLAIN, state or "?")
