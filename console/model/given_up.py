"""The picture of somebody who waits no longer: what has said nothing yet is not loading to them, it was not read."""

from __future__ import annotations

from dataclasses import replace

from console.model.fleet import Fleet
from console.model.freshness import Source, SourceName, SourceState

_LOOK = "Check the network and the VPN, or wait longer; `fleet-console doctor` looks closer."


def given_up(fleet: Fleet, within: float) -> Fleet:
    """`fleet` after `within` seconds of waiting: every source that is loading is lost, late; the hub says so itself,
    and while it is out of reach the others, which are asked for by what it tells, are so for its sake."""
    hub = _late(fleet.source(SourceName.HUB))
    if hub.late:
        hub = replace(hub, message=f"the hub did not answer within {within:g} s. {_LOOK}")
    named = [hub if name is SourceName.HUB else _late(fleet.source(name), hub) for name in SourceName]
    own = tuple(_late(source, hub) for source in fleet.member_sources)
    if own == fleet.member_sources and not any(source.late for source in named):
        return fleet
    return replace(fleet, sources=tuple(named), member_sources=own)


def _late(source: Source, hub: Source | None = None) -> Source:
    if source.state is not SourceState.LOADING:
        return source
    echoes = hub is not None and hub.wanting and source.name is not SourceName.RATES
    return replace(source, state=SourceState.LOST, late=True, echoes=echoes)
