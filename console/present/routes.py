"""Routes in cells: five layers of one split side by side, and where they part."""

from __future__ import annotations

from collections.abc import Sequence

from console.model.fleet import Fleet, Layer, Route
from console.model.freshness import SourceName, SourceState
from console.present import members, rates, sources, splits, words
from console.present.line import Ink, Line, Span, dim, line, width
from console.present.sheet import Column, Sheet
from console.present.times import UNKNOWN

_CELLS = {Layer.ASKED: 5, Layer.ANNOTATION: 5, Layer.CONTROLLER: 6, Layer.RULE: 11, Layer.OBSERVED: 13}


def routes_sheet(fleet: Fleet, now: float, routes: Sequence[Route] | None = None) -> Sheet[Route]:
    """The table of routes; `routes` where only some of them are shown."""
    items = fleet.routes if routes is None else routes
    shown = max((len(route.members) for route in items), default=2)
    columns: list[Column[Route]] = [Column("ROUTES", _name_width(items), lambda r: line(r.key), least=20)]
    for layer in Layer:
        columns.append(_layer_column(layer, fleet, shown))
    dead = members.dead(fleet, now)
    unread = fleet.source(SourceName.ALB).state is SourceState.LOADING

    def verdict(route: Route) -> Line:
        return splits.verdict_cell(route, now, members.share_of(route, dead), unread=unread)

    columns.append(Column("VERDICT", 11, verdict))
    if rates.asked(fleet):
        columns.append(Column("REQ/S", 6, lambda r: rates.cell(r.rate.whole), rank=3, right=True))
    columns.append(Column("GATEWAY", _gateway_width(items), lambda r: line(r.gateway or dim(UNKNOWN)), rank=4))
    columns.append(Column("WRITTEN BY", 14, lambda r: line(r.owner or dim(UNKNOWN)), rank=5, grow=True))
    note = sources.note(fleet, SourceName.ROUTES, now, some=bool(fleet.routes))
    if routes is not None and not routes and fleet.routes:
        note = (line(dim(f"  none of {len(fleet.routes)} routes matches the filter")),)
    return Sheet(tuple(columns), items, lambda r: r.key, note)


def _name_width(routes: Sequence[Route]) -> int:
    return min(48, max((width(route.key) for route in routes[:500]), default=16))


def _gateway_width(routes: Sequence[Route]) -> int:
    return min(24, max([8, *(width(route.gateway or "") for route in routes[:500])]))


def _layer_column(layer: Layer, fleet: Fleet, shown: int) -> Column[Route]:
    cells = max(_CELLS[layer], min(3 * shown - 1, 24))
    rank = {Layer.ASKED: 2, Layer.OBSERVED: 1, Layer.CONTROLLER: 1}.get(layer, 0)
    return Column(words.LAYERS[layer][0], cells, lambda r: splits.layer_cell(r, layer, fleet, cells), rank)


def order(fleet: Fleet) -> str:
    """In which order the weights of most routes stand: `ack-prod : idc-prod`."""
    orders = [tuple(one.member for one in route.members) for route in fleet.routes if route.members]
    if not orders:
        return ""
    common = max(set(orders), key=orders.count)
    return " : ".join(members.name_of(fleet, member) for member in common[:4]) + (" : …" if len(common) > 4 else "")


def mark(route: Route) -> Span:
    """What stands before a row that is not selected: a sign where the layers part."""
    if route.agreement.agrees:
        return Span("  ")
    return Span("! ", Ink.WARN)


def where(fleet: Fleet, route: Route) -> str:
    """Hosts, paths, services and gateway of a route in one sentence."""
    hosts = ", ".join(route.hosts) or "every host"
    paths = ", ".join(route.paths) or "/"
    services = ", ".join(route.services) or "no service"
    through = f"through {route.gateway}" if route.gateway else "through no gateway that is known"
    return f"{hosts} {paths} -> {services} {through}"
