"""JSON of the command line: `status`, `route`, `run`; keys as the contract names them, unknown is null."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from console.decide.plan import Plan
from console.model.argo import Application
from console.model.fleet import Fleet, Gateway, Layer, Member, Route, Weights, Zone
from console.model.freshness import Source, SourceState
from console.model.run import Reason, RunReport, Split, Usual
from console.model.workload import WorkloadWord

Document = dict[str, Any]


def status_document(fleet: Fleet, now: float, wall: float) -> Document:
    """`fleet-console/status/v1`; ages in seconds. `now` is the picture's monotonic second, `wall` the epoch's."""
    read = [source for source in fleet.member_sources if source.state is not SourceState.UNCONFIGURED]
    return {
        "schema": "fleet-console/status/v1",
        "fleet": {"name": fleet.name, "region": fleet.region, "uid": fleet.uid, "state": _fleet_state(fleet)},
        "sources": [_source(source, now) for source in (*fleet.sources, *read)],
        "members": [_member(member) for member in fleet.members],
        "zones": [_zone(zone) for zone in fleet.zones],
        "routes": [route_document(route) for route in fleet.routes],
        "applications": [_application(one, wall) for one in fleet.applications],
        "gateways": [_gateway(gateway) for gateway in fleet.gateways],
        "problems": [{"object": problem.object, "message": problem.message} for problem in fleet.problems],
    }


def route_document(route: Route) -> Document:
    """One element of `routes`: the five layers of every member, weights as numbers, shares in percent."""
    agreement = route.agreement
    return {
        "route": route.key,
        "gateway": route.gateway,
        "in_agreement": agreement.agrees,
        "stuck_at": agreement.stuck_at.value if agreement.stuck_at else None,
        "sentence": agreement.sentence or None,
        "settled": agreement.settled,
        "controller": route.controller.value,
        "failing": route.failing or None,
        "unanswered": {"failed": route.unanswered[0], "requests": route.unanswered[1]},
        "rule_state": route.rule_state,
        "run": route.run,
        "requests_per_s": route.rate.whole,
        "members": [_weights(line) for line in route.members],
    }


def run_document(report: RunReport) -> Document:
    """`fleet-console/run/v1`."""
    return {
        "schema": "fleet-console/run/v1",
        "run": report.run or None,
        "state": report.state.value,
        "plan_hash": report.plan_hash or None,
        "layer": _layer(report.layer),
        "reasons": [reason_document(reason) for reason in report.reasons],
        "routes": [
            {
                "route": one.route,
                "before": _split(one.before),
                "after": _split(one.after),
                "now": _split(one.now),
                "layer": _layer(one.layer),
            }
            for one in report.routes
        ],
        "started": stamp(report.started),
        "ended": stamp(report.ended),
        "actor": report.actor or None,
        "reason": report.reason or None,
        "pid": report.pid,
        "host": report.host or None,
        "fleet_uid": report.fleet_uid or None,
        "kind": report.kind or None,
        "of": report.of,
        "since": stamp(report.since),
        "usual": _usual(report.usual),
        "message": report.message or None,
        "steps": list(report.steps),
        "step": report.step,
        "going": report.going,
        "hold_until": stamp(report.hold_until),
        "expires": stamp(report.expires),
        "target": report.target or None,
        "overrides": list(report.overrides),
        "debts": list(report.debts),
        "overdue": report.overdue,
    }


def plan_document(report: RunReport, plan: Plan | None) -> Document:
    """A plan of which nothing was started: its report, and under `plan` how it would be carried out, in seconds
    and percent; null where no plan can be made."""
    document = run_document(report)
    document["plan"] = None if plan is None else {
        "hold": plan.hold,
        "expires_after": plan.expires,
        "on_loss": plan.on_loss,
        "on_refusal": plan.on_refusal,
        "at_once": plan.at_once,
        "probe_rate": plan.probe_rate,
        "hold_sync": [one.key for one in plan.reverters],
        "confirmed": list(plan.confirmed),
        "steps": [
            {"percent": percent, "routes": {one.key: one.weights(one.at(percent)) for one in plan.routes}}
            for percent in plan.steps
        ],
    }  # fmt: skip
    return document


def _usual(known: Usual | None) -> Document | None:
    if known is None:
        return None
    return {"gateway": known.gateway, "runs": known.runs, "p50": known.p50, "p95": known.p95}


def stamp(at: float | None) -> str | None:
    """Epoch seconds as RFC 3339 in UTC; None stays None, and so does what is no time."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return None


def _source(source: Source, now: float) -> Document:
    seen = source.age(now)
    return {
        "name": source.name.value,
        "member": source.member,
        "state": source.state.value,
        "age_s": None if seen is None else round(seen, 1),
        "message": source.message or (source.word if source.late else None),
        "permission": source.permission,
    }


def _fleet_state(fleet: Fleet) -> str | None:
    return (fleet.cloud.state or None) if fleet.cloud is not None else None


def _member(member: Member) -> Document:
    health, workload = member.alb_health, member.workload
    return {
        "id": member.id,
        "name": member.name,
        "zone": member.zone,
        "zone_source": member.zone_source,
        "kind": member.kind,
        "control_link": member.link.value,
        "workload": None if workload.word is WorkloadWord.UNKNOWN else workload.word.value,
        "workload_ready": workload.ready,
        "workload_wanted": workload.wanted,
        "nodes_ready": workload.nodes_ready,
        "nodes": workload.nodes,
        "cluster_state": (member.cloud.cluster.state if member.cloud.cluster else "") or None,
        "association": (member.cloud.association.state if member.cloud.association else "") or None,
        "kubernetes": member.cloud.version or None,
        "requests_per_s": member.rate,
        "alb_health": health.word.value,
        "alb_healthy": health.healthy,
        "alb_total": health.total,
        "message": "; ".join(filter(None, (member.link_message, health.why))) or None,
    }


def _application(one: Application, wall: float) -> Document:
    return {
        "namespace": one.namespace,
        "name": one.name,
        "set": one.set,
        "member": one.member,
        "sync": one.sync,
        "health": one.health,
        "revision": one.revision,
        "phase": one.phase,
        "sync_held": None if one.held is None else {"run": one.held.run, "since": stamp(one.held.since)},
        "reconciled_age_s": None if one.reconciled is None else round(max(0.0, wall - one.reconciled), 1),
    }


def _zone(zone: Zone) -> Document:
    return {
        "name": zone.name,
        "members": list(zone.members),
        "share": _rounded(zone.share),
        "requests_per_s": zone.rate,
        "headroom": _rounded(zone.headroom.percent),
        "headroom_message": zone.headroom.sentence or None,
    }


def _gateway(gateway: Gateway) -> Document:
    return {
        "name": gateway.name,
        "id": gateway.id,
        "dns": gateway.dns,
        "state": gateway.state,
        "message": gateway.message or None,
    }


def _weights(line: Weights) -> Document:
    share = line.observed
    return {
        "id": line.member,
        "asked": line.asked,
        "annotation": line.annotation,
        "controller": line.controller,
        "rule": line.rule,
        "observed": None
        if share is None
        else {
            "share": round(share.share, 1),
            "low": round(share.low, 1),
            "high": round(share.high, 1),
            "samples": share.samples,
        },
    }


def reason_document(reason: Reason) -> Document:
    """One rule's word."""
    return {
        "rule": reason.rule,
        "severity": reason.severity.value,
        "measured": reason.measured,
        "needed": reason.needed,
        "message": reason.message,
    }


def _split(values: Split) -> Document:
    return dict(values)


def _layer(layer: Layer | None) -> str | None:
    return layer.value if layer else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
