"""Named Fleets: the situations that a screen, a table or a decision must get right, at one moment of both clocks."""

from __future__ import annotations

from dataclasses import replace

from console.decide import headroom
from console.model.argo import Application, deployed
from console.model.fleet import (
    Agreement,
    AlbHealth,
    AlbHealthWord,
    Balancer,
    Controller,
    Fleet,
    Gateway,
    Layer,
    Link,
    Member,
    Moment,
    Route,
    Run,
    Tone,
    Weights,
    Zone,
)
from console.model.freshness import OPTIONAL, Source, SourceName, SourceState
from console.model.hub import Problem
from console.model.share import Share
from console.model.text import inert
from console.model.workload import Backing, Workload, WorkloadWord

NOW = 10_000.0
"""The monotonic second at which every situation is looked at."""
WALL = 1_795_000_000.0
"""The epoch second of the same moment."""
ACK, IDC = "c0ffee0000000000000000000000000a", "c0ffee0000000000000000000000000b"
PREFIX = "alb.ingress.kubernetes.io/cluster-weight."
UID = "5a0c7d1e-0000-4000-8000-00000000f1ee"


def weights(
    member: str,
    weight: int | None,
    *,
    asked: int | None = None,
    controller: int | None = None,
    rule: float | None = None,
    observed: Share | None = None,
) -> Weights:
    """One ledger line; a verdict where something was observed."""
    target = asked if asked is not None else weight
    return Weights(
        member=member,
        key=None if weight is None else PREFIX + member,
        raw=None if weight is None else str(weight),
        asked=asked,
        annotation=weight,
        controller=controller,
        rule=rule,
        observed=observed,
        verdict=None if observed is None or target is None else observed.verdict(target),
    )


def even(first: int, second: int, **layers: object) -> tuple[Weights, ...]:
    """Two members whose readable layers all hold `first` and `second`."""
    shares = layers.get("shares")
    seen = shares if isinstance(shares, tuple) else (None, None)
    return (
        weights(ACK, first, controller=first, rule=first, observed=seen[0]),
        weights(IDC, second, controller=second, rule=second, observed=seen[1]),
    )


def route(key: str, members: tuple[Weights, ...], agreement: Agreement | None = None, **more: object) -> Route:
    """A route behind `demo-gateway` that agrees unless told otherwise."""
    made = Route(
        key=key,
        uid=f"uid-{key}",
        resource_version="88213",
        gateway="demo-gateway",
        hosts=("demo.example.com",),
        paths=("/",),
        services=("service1:80",),
        members=members,
        controller=Controller.ACKNOWLEDGED,
        controller_message="SuccessfullyReconciled",
        rule_state="Available",
        rule_message="",
        agreement=agreement or Agreement(True, None, Layer.RULE, "", settled=True),
        health_check=True,
        owner="fleet-console",
        owner_at=WALL - 3600,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def sources(**states: SourceState) -> tuple[Source, ...]:
    """Every source live, but for those named and those that nobody has to set."""
    quiet = dict.fromkeys(OPTIONAL, SourceState.UNCONFIGURED)
    named = {name: states.get(name.name, quiet.get(name, SourceState.LIVE)) for name in SourceName}
    return tuple(
        Source(name, state, since=NOW - 600, seen=None if state is SourceState.UNCONFIGURED else NOW - 2)
        for name, state in named.items()
    )


def application(title: str, member: str, **more: object) -> Application:
    """One part of an application that its ApplicationSet keeps Synced and Healthy."""
    made = Application(
        namespace="argocd",
        name=f"{member}-{title}",
        set=title,
        destination=member,
        automated=True,
        sync="Synced",
        revision="4f2c91a07be951d3c5e860f14a2b97d6c81e03fa",
        health="Healthy",
        phase="Succeeded",
        reconciled=WALL - 65,
        resources=3,
        member=member,
        title=title,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def with_applications(fleet: Fleet, *applications: Application) -> Fleet:
    """The Fleet with these in place of its own."""
    return replace(fleet, applications=applications, deployed=deployed(applications))


def revision_skew() -> Fleet:
    """The members run different revisions of `api`."""
    fleet = calm()
    old = [
        replace(one, revision="8810ac3e92d74b065f1ca8e37d249b60e5a1f8c4", sync="OutOfSync")
        if (one.title, one.member) == ("api", IDC)
        else one
        for one in fleet.applications
    ]
    return with_applications(fleet, *old)


def pods(route: Route, ready: int, wanted: int | None = None, most: int | None = None) -> Backing:
    """What stands behind the Service of a route; an autoscaler where `most` is given."""
    namespace, service = route.key.partition("/")[0], route.services[0]
    limit = ready if most is None else most
    names = (service.partition(":")[0],)
    return Backing(namespace, service, names, ready, ready if wanted is None else wanted, limit, most is not None)


def workload(*services: Backing, current: bool = True) -> Workload:
    """A member's word on those, on six nodes."""
    ready, wanted = sum(one.ready or 0 for one in services), sum(one.wanted or 0 for one in services)
    word = WorkloadWord.OK if ready >= wanted else WorkloadWord.SOME if ready else WorkloadWord.DEAD
    return Workload(word, ready, wanted, 6, 6, services, current=current)


def judged(fleet: Fleet) -> Fleet:
    """`fleet` with the headroom of every zone."""
    return replace(fleet, zones=tuple(map(headroom.Pods(fleet).judged, fleet.zones)))


def working(fleet: Fleet, ack: Workload, idc: Workload) -> Fleet:
    """`fleet` with these words of its two members, and the headroom that follows."""
    members = tuple(replace(member, workload=said) for member, said in zip(fleet.members, (ack, idc), strict=True))
    own = tuple(
        Source(
            SourceName.WORKLOADS,
            SourceState.LIVE if member.workload.current else SourceState.LOST,
            since=NOW - 600,
            seen=NOW - (2 if member.workload.current else 372),
            message="" if member.workload.current else "https://10.32.0.1:6443 broke the connection off",
            member=member.id,
        )
        for member in members
    )
    return judged(replace(fleet, members=members, member_sources=own))


def calm() -> Fleet:
    """Two zones that read their own pods; zone-b cannot take all of the checkout."""
    fleet = unread()
    api, demo, checkout = fleet.routes
    return working(
        fleet,
        workload(pods(api, 4, most=12), pods(demo, 4, most=12), pods(checkout, 7, most=12)),
        workload(pods(api, 4, most=12), pods(demo, 4, most=12), pods(checkout, 4, most=9)),
    )


def unread() -> Fleet:
    """Two zones, three routes at 62:38, everything agrees, one route is probed; no member's own API is."""
    seen = (Share(248, 400), Share(152, 400))
    healthy = AlbHealth(AlbHealthWord.OK, 12, 12)
    parts = tuple(application(title, member) for title in ("api", "web-demo") for member in (ACK, IDC))
    return Fleet(
        name="hz-prod",
        region="cn-hangzhou",
        uid=UID,
        sources=sources(),
        members=(
            Member(ACK, "ack-prod", "ack", "zone-a", "settings", Link.UP, NOW - 3, "", healthy, True),
            Member(IDC, "idc-prod", "registered", "zone-b", "label", Link.UP, NOW - 5, "", healthy, True),
        ),
        zones=(Zone("zone-a", (ACK,), 62.0), Zone("zone-b", (IDC,), 38.0)),
        gateways=(
            Gateway(
                "demo-gateway",
                "alb-9x1",
                "alb-9x1.cn-hangzhou.alb.aliyuncs.com",
                "Active",
                ((80, "HTTP"),),
                (ACK, IDC),
                True,
                seen=NOW - 2,
                alb=Balancer(
                    "Normal",
                    (),
                    (("cn-hangzhou-h", "Active"), ("cn-hangzhou-i", "Active")),
                    ((80, "HTTP", "Running"),),
                    12,
                    48,
                ),
            ),
        ),
        routes=(
            route("gateway-demo/api", even(62, 38), paths=("/api",), services=("api:8080",)),
            route("gateway-demo/web-demo", even(62, 38, shares=seen), probed=True),
            route("shop/checkout", even(62, 38), hosts=("shop.example.com",), services=("checkout:80",)),
        ),
        applications=parts,
        deployed=deployed(parts),
        timeline=(
            Moment(WALL - 40, "gateway-demo/web-demo: SuccessfullyReconciled Successfully reconciled", Tone.GOOD,
                   "gateway-demo/web-demo"),
            Moment(WALL - 45, "gateway-demo/web-demo: Sync Scheduled for sync", Tone.PLAIN, "gateway-demo/web-demo"),
            Moment(WALL - 300, "run 7c1 done", Tone.GOOD, "gateway-demo/api"),
        ),
    )  # fmt: skip


def zone_lost() -> Fleet:
    """The registered member's agent is silent and its servers are dead, and it still has weight 38."""
    fleet = calm()
    dead = replace(
        fleet.members[1],
        link=Link.LOST,
        link_since=NOW - 372,
        link_message="ManagedClusterLeaseUpdateStopped Registration agent stopped updating its lease.",
        alb_health=AlbHealth(AlbHealthWord.DEAD, 0, 12, "CONNECT_TIMEOUT"),
    )
    gone = replace(fleet.members[1].workload, current=False)
    return working(replace(fleet, members=(fleet.members[0], dead)), fleet.members[0].workload, gone)


def link_lost() -> Fleet:
    """The control link is gone and the member serves on: nothing to drain."""
    fleet = calm()
    cut = replace(fleet.members[1], link=Link.LOST, link_since=NOW - 372)
    gone = replace(fleet.members[1].workload, current=False)
    return working(replace(fleet, members=(fleet.members[0], cut)), fleet.members[0].workload, gone)


def weights_reverted() -> Fleet:
    """A run asked for 80:20, and somebody put 62:38 back."""
    fleet = calm()
    lines = (
        weights(ACK, 62, asked=80, controller=62, rule=62),
        weights(IDC, 38, asked=20, controller=38, rule=38),
    )
    apart = Agreement(False, Layer.ANNOTATION, Layer.ANNOTATION, "the annotation holds 62, asked was 80", NOW - 12)
    reverted = replace(fleet.routes[0], members=lines, agreement=apart, owner="argocd-controller", run="7c1")
    run = Run("7c1", "superseded", (reverted.key,), "oncall@jump1", "OPS-12", WALL - 300, "jump1", 4711, "8f31c02e" * 8)
    return replace(fleet, routes=(reverted, *fleet.routes[1:]), runs=(run,))


def controller_waiting() -> Fleet:
    """A shift to 80:20 is noted, the controller has not acknowledged it, and the rule is still the old one."""
    fleet = calm()
    lines = (weights(ACK, 80, asked=80, rule=62), weights(IDC, 20, asked=20, rule=38))
    words = "FailedApplyModel Throttling.User: Request was denied due to user flow control."
    apart = Agreement(False, Layer.CONTROLLER, Layer.CONTROLLER, "no success event since the change", NOW - 34)
    waiting = replace(
        fleet.routes[0],
        members=lines,
        agreement=apart,
        controller=Controller.WAITING,
        controller_message="no success event since the change",
        rule_state="Configuring",
        rule_message="the ALB rule is Configuring",
        run="7c1",
        fence="4.7c1",
    )
    run = Run("7c1", "running", (waiting.key,), "oncall@jump1", "OPS-12", WALL - 40, "jump1", 4711, "8f31c02e" * 8)
    moment = Moment(WALL - 4, f"{waiting.key}: {words}", Tone.WARN, waiting.key)
    return replace(fleet, routes=(waiting, *fleet.routes[1:]), runs=(run,), timeline=(moment, *fleet.timeline))


def no_cloud() -> Fleet:
    """No credential is configured: neither rules nor ALB health are known, and nothing is observed."""
    fleet = calm()
    unknown = AlbHealth(AlbHealthWord.UNKNOWN, why="the ALB is not read")
    routes = tuple(
        replace(
            one,
            members=tuple(replace(line, rule=None, observed=None, verdict=None) for line in one.members),
            rule_state=None,
            rule_message="the ALB is not read",
            agreement=Agreement(True, None, Layer.CONTROLLER, "", settled=True),
            probed=False,
        )
        for one in fleet.routes
    )
    return replace(
        fleet,
        sources=sources(ALB=SourceState.UNCONFIGURED, PROBE=SourceState.UNCONFIGURED),
        members=tuple(replace(member, alb_health=unknown) for member in fleet.members),
        gateways=(replace(fleet.gateways[0], state=None, seen=None, alb=None),),
        routes=routes,
    )


def denied() -> Fleet:
    """A user who may see the members and not the routes."""
    told = Source(
        SourceName.ROUTES,
        SourceState.DENIED,
        since=NOW - 60,
        message='ingresses.networking.k8s.io is forbidden: User "viewer" cannot list resource "ingresses"',
        permission="list ingresses.networking.k8s.io",
    )
    fleet = no_cloud()
    kept = tuple(told if source.name is SourceName.ROUTES else source for source in fleet.sources)
    return replace(
        fleet, sources=kept, routes=(), timeline=(), zones=tuple(replace(z, share=None) for z in fleet.zones)
    )


def nothing_yet() -> Fleet:
    """The first moment: no source has answered."""
    return Fleet(name="fleet", region=None, uid=None, sources=())


def no_kubeconfig() -> Fleet:
    """Nobody said which Fleet."""
    words = "no kubeconfig was found. Give one with --kubeconfig FILE, or set KUBECONFIG."
    states = {SourceName.HUB: SourceState.UNCONFIGURED}
    return Fleet(
        name="fleet",
        region=None,
        uid=None,
        sources=tuple(
            Source(
                name,
                states.get(name, SourceState.UNCONFIGURED),
                message=words if name not in (SourceName.ALB, SourceName.PROBE) else "",
            )
            for name in SourceName
        ),
    )


ESCAPES = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \u202egnp.exe\u202c [bold]loud[/] [@click=app.quit]x[/] "
    "宽字符 e\u0301 \U0001f469\u200d\U0001f4bb"
)
"""Escapes, bidi controls, markup, wide, combining and joined characters in one string."""


def hostile_text() -> Fleet:
    """Every text field carries what might style, move or fill the screen, made inert as decoding makes it."""
    fleet = controller_waiting()
    bad, long = inert(ESCAPES), inert("A" * 1_000_000)
    member = replace(fleet.members[1], name=bad, zone=bad, link=Link.LOST, link_message=long)
    told = Source(SourceName.ALB, SourceState.LOST, since=NOW - 60, seen=NOW - 60, message=long)
    routes = tuple(
        replace(
            one,
            key=inert(ESCAPES).replace("/", "|") + "/" + one.key.partition("/")[2],
            hosts=(bad,),
            services=(long,),
            owner=bad,
            rule_message=bad,
            controller_message=long,
            rule_state=bad,
        )
        for one in fleet.routes
    )
    return replace(
        fleet,
        name=bad,
        region=bad,
        sources=tuple(told if source.name is SourceName.ALB else source for source in fleet.sources),
        members=(fleet.members[0], member),
        zones=(fleet.zones[0], Zone(bad, (IDC,), 38.0)),
        gateways=(replace(fleet.gateways[0], name=bad, dns=long, message=bad),),
        routes=routes,
        runs=tuple(replace(run, actor=bad, reason=long, state=bad, message=bad) for run in fleet.runs),
        timeline=tuple(replace(one, sentence=inert(f"{ESCAPES} {one.sentence}")) for one in fleet.timeline),
        problems=(Problem(bad, long),),
    )


def many(routes: int = 1000) -> Fleet:
    """As calm, with many routes."""
    fleet = calm()
    made = tuple(route(f"team-{n % 40:02}/service-{n:04}", even(62, 38)) for n in range(routes))
    return replace(fleet, routes=tuple(sorted(made, key=lambda one: one.key)))


ALL = {
    "calm": calm,
    "zone_lost": zone_lost,
    "link_lost": link_lost,
    "revision_skew": revision_skew,
    "weights_reverted": weights_reverted,
    "controller_waiting": controller_waiting,
    "no_cloud": no_cloud,
    "denied": denied,
    "nothing_yet": nothing_yet,
    "no_kubeconfig": no_kubeconfig,
    "hostile_text": hostile_text,
}
"""Every situation by name."""
