"""What `status` and `route` say on a terminal or into a pipe: plain text, no colours, no markup, one fact a line."""

from __future__ import annotations

from collections.abc import Sequence

from console.model.fleet import Fleet, Route, Tone
from console.model.freshness import SourceName
from console.model.run import RunReport
from console.present import alerts, applications, detail, members, routes, sources, words
from console.present.line import Line, text
from console.present.times import age

COLUMNS = 118
"""Cells that a table may take; wide enough for every column."""


_TONES = {Tone.BAD: "BAD", Tone.WARN: "WARN", Tone.PLAIN: "NOTE", Tone.GOOD: "GOOD"}


def status_text(fleet: Fleet, now: float, host: Sequence[RunReport], wall: float) -> str:
    """The whole Fleet: what wants attention, sources, zones, members, gateways, routes, applications, problems. `host`
    and `wall` as for `alerts`."""
    found = alerts.alerts(fleet, now, host, wall, typed=True)
    blocks = [
        [_title(fleet)],
        [f"{_TONES[alert.tone]:<5} {alert.subject}: {alert.sentence}" for alert in found],
        _plain(sources.sources_sheet(fleet, now).lines(COLUMNS)) if fleet.sources else ["no source was read"],
        _plain(members.zones_sheet(fleet, now).lines(COLUMNS)) if fleet.zones else [],
        _plain(members.members_sheet(fleet, now).lines(COLUMNS)),
        _gateways(fleet, now),
        _plain(routes.routes_sheet(fleet, now).lines(COLUMNS)),
        _plain(applications.applications_sheet(fleet, now).lines(COLUMNS)) if fleet.deployed else [],
        [f"problem {problem.object}: {problem.message}" for problem in fleet.problems],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def route_text(fleet: Fleet, route: Route, now: float, wall: float) -> str:
    """The five layers of one route, member by member."""
    return "\n".join(_plain(detail.route_lines(fleet, route, now, wall, COLUMNS)))


def _title(fleet: Fleet) -> str:
    region = f"  {fleet.region}" if fleet.region else ""
    return f"{fleet.name}{region}  uid {fleet.uid or 'not known'}"


def _gateways(fleet: Fleet, now: float) -> list[str]:
    if not fleet.gateways:
        return []
    out = [f"{'GATEWAYS':<20}  {'STATE':<13}  {'ALB':<24}  ADDRESS"]
    for one in fleet.gateways:
        seen = "" if one.seen is None else f"  ({age(now - one.seen)})"
        state = one.state or words.source(fleet.source(SourceName.ALB)).word
        out.append(f"  {one.name:<18}  {state:<13}  {one.id or '?':<24}  {one.dns or '?'}{seen}")
    return out


def _plain(lines: list[Line]) -> list[str]:
    return [ascii_bars(text(one)).rstrip() for one in lines]


_ASCII = str.maketrans("━─…▁▂▃▄▅▆▇█", "=-~_.:-=+*#")


def ascii_bars(words_: str) -> str:
    """Bars in ASCII: what leaves the screen may land where nothing else is known."""
    return words_.translate(_ASCII)
