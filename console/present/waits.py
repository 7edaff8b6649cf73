"""How long a layer has been waited for, against what past runs waited: `controller 21 s, usual 6 s, p95 15 s`."""

from __future__ import annotations

from console.model.fleet import Layer
from console.model.run import RunReport, Usual
from console.present.times import UNKNOWN, clock

LONG, SHORT = 30.0, 3.0
"""Seconds after which a wait of which nothing is known is long, and before which none is."""
REMEDY = "; touch it, and the controller looks again now (its own retry may be 16 min away)"


def usual(known: Usual | None) -> str:
    """`usual 6 s, p95 15 s`; `usual ? (2 runs)` where too few are known, empty where nothing is asked."""
    if known is None:
        return ""
    if known.p50 is None or known.p95 is None:
        return f"usual {UNKNOWN} ({known.runs} run{'' if known.runs == 1 else 's'})"
    return f"usual {_seconds(known.p50)}, p95 {_seconds(known.p95)}"


def spent(report: RunReport, wall: float) -> str:
    """`controller 21 s, usual 6 s, p95 15 s`; empty where the run waits for no layer."""
    if report.since is None or report.layer is None or report.state.over:
        return ""
    return against(report.layer, max(0.0, wall - report.since), report.usual)


def against(layer: Layer, seconds: float, known: Usual | None) -> str:
    """`controller 21 s, usual 6 s, p95 15 s`."""
    return ", ".join(filter(None, (f"{layer} {_seconds(seconds)}", usual(known))))


def told(report: RunReport) -> str:
    """The same for a line that stays: `controller since 12:04:31, usual 6 s, p95 15 s`."""
    if report.since is None or report.layer is None or report.state.over:
        return ""
    return ", ".join(filter(None, (f"{report.layer} since {clock(report.since)}", usual(report.usual))))


def late(known: Usual | None, seconds: float) -> bool:
    """Whether a wait is longer than nearly all before it, or than `LONG` where too few are known."""
    return seconds > (LONG if known is None or known.p95 is None else max(known.p95, SHORT))


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 1 or not seconds else "<1 s"
