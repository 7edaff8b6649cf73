"""The five layers of a weight: what each says, when it says nothing, and where a route is said to be stuck."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.model.alb import AbnormalServer, GroupHealth, LoadBalancer, LoadBalancerFacts, Rule, Server, ServerGroup
from console.model.fleet import AlbHealthWord, Controller, Fleet, Layer, Link, Route
from console.model.freshness import Source, SourceName, SourceState
from console.model.hub import (
    FENCE_ANNOTATION,
    AlbConfig,
    Event,
    FieldOwner,
    Heartbeat,
    Ingress,
    IngressClass,
    ManagedCluster,
    Path,
    RunRecord,
)
from console.model.share import ProbeSeries
from console.settings import FleetSettings, MemberSettings
from console.store.events import Changed, Gone, Heard, Identified, Listed
from console.store.store import FleetStore

ACK = "c" + "1" * 32
IDC = "c" + "2" * 32
PREFIX = "alb.ingress.kubernetes.io/cluster-weight."
SETTINGS = FleetSettings(
    members={
        ACK: MemberSettings(name="ack-prod-j", zone="zone-a", kind="ack", cidrs=("10.0.0.0/16",)),
        IDC: MemberSettings(name="idc-prod", zone="zone-b", kind="registered", cidrs=("172.16.0.0/16",)),
    }
)


class World:
    """A store with a clock of its own, and one route `shop/api` behind one gateway."""

    def __init__(self, settings: FleetSettings = SETTINGS) -> None:
        self.now = 1000.0
        self.wall = 1_800_000_000.0
        self.store = FleetStore(settings, "hz-prod", clock=lambda: self.now, wall=lambda: self.wall)
        self.revision = 100
        self.praised = 1
        self.gateway = AlbConfig("gw", "g", "1", (ACK, IDC), "alb-1", "x.example.com")
        self.ingress = Ingress(
            "shop",
            "api",
            "uid-api",
            "100",
            "alb",
            (Path("api.example.com", "/", "Prefix", "api", "80"),),
            self.weights("62", "38"),
        )
        self.store.apply(
            Identified("fleet-uid", self.now),
            *(Heard(Source(s, SourceState.LIVE, self.now, self.now)) for s in SourceName),
            self.listed(
                SourceName.MEMBERS, {m: ManagedCluster(m, m, joined="True", available="True") for m in (ACK, IDC)}
            ),
            self.listed(SourceName.HEARTBEATS, {m: Heartbeat(m, self.wall - 10) for m in (ACK, IDC)}),
            self.listed(SourceName.GATEWAYS, {"gw": self.gateway}),
            self.listed(SourceName.CLASSES, {"alb": IngressClass("alb", "c", "gw")}),
            self.listed(SourceName.ROUTES, {"shop/api": self.ingress}),
        )

    def listed(self, source: SourceName, facts: dict[str, object]) -> Listed:
        return Listed(source, facts, self.now)

    def weights(self, ack: str | None, idc: str | None) -> tuple[tuple[str, str], ...]:
        pairs = ((PREFIX + ACK, ack), (PREFIX + IDC, idc))
        return tuple((key, value) for key, value in pairs if value is not None)

    def note(self, ack: str | None, idc: str | None, *, hash: str | None = None, manager: str = "kubectl") -> None:
        """The Ingress now holds these weights, written by `manager`."""
        self.revision += 10
        owner = FieldOwner(manager, "Update", self.wall, frozenset({PREFIX + ACK, PREFIX + IDC}))
        self.ingress = replace(
            self.ingress,
            annotations=self.weights(ack, idc),
            resource_version=str(self.revision),
            hash=hash if hash is not None else self.ingress.hash,
            owners=(owner,),
        )
        self.store.apply(Changed(SourceName.ROUTES, "shop/api", self.ingress, self.now))

    def stamp(self, fence: str) -> None:
        """Our fence is put on the Ingress; its weights and its label stay."""
        self.revision += 10
        noted = (*self.ingress.annotations, (FENCE_ANNOTATION, fence))
        self.ingress = replace(self.ingress, annotations=noted, resource_version=str(self.revision))
        self.store.apply(Changed(SourceName.ROUTES, "shop/api", self.ingress, self.now))

    def word(self, kind: str) -> None:
        """The controller says that it is done: by a new hash `label`, or by one more `event`."""
        self.revision += 10
        version = str(self.revision)
        if kind == "label":
            self.ingress = replace(self.ingress, hash=f"hash-{version}", resource_version=version)
            self.store.apply(Changed(SourceName.ROUTES, "shop/api", self.ingress, self.now))
            return
        self.praised += 1
        uid = "Ingress-SuccessfullyReconciled"
        said = Event(
            uid, "Ingress", "shop", "api", "Normal", "SuccessfullyReconciled", "", self.praised, self.wall, version
        )
        self.store.apply(Changed(SourceName.EVENTS, uid, said, self.now))

    def event(self, reason: str, message: str = "", *, kind: str = "Ingress") -> None:
        """The controller says something, after everything said before."""
        self.revision += 10
        type_ = "Warning" if reason.startswith("Failed") else "Normal"
        name = "api" if kind == "Ingress" else "gw"
        said = Event(f"{kind}-{reason}", kind, "shop", name, type_, reason, message, 1, self.wall, str(self.revision))
        self.store.apply(Changed(SourceName.EVENTS, said.uid, said, self.now))

    def rule(self, ack: int, idc: int, status: str = "Available", *, sick: int = 0, tags: bool = True) -> None:
        """The ALB holds these tuples; `sick` of the data centre's 4 backends are unhealthy."""
        groups = tuple(
            ServerGroup(g, g, "Available", True, (("ack.aliyun.com", m),) if tags else (), 4)
            for g, m in (("sgp-a", ACK), ("sgp-b", IDC))
        )
        servers = tuple(
            Server(f"{g}-{i}", g, f"{net}.{i + 1}", 8080, 100, "Available")
            for g, net in (("sgp-a", "10.0.1"), ("sgp-b", "172.16.1"))
            for i in range(4)
        )
        bad = tuple(AbnormalServer(s.id, s.ip, s.port, "Unhealthy", "CONNECT_FAILED") for s in servers[4 : 4 + sick])
        health = (
            GroupHealth("lsn-1", "rule-1", "sgp-a", True, 4),
            GroupHealth("lsn-1", "rule-1", "sgp-b", True, 4, bad),
        )
        tuples = (("sgp-a", ack), ("sgp-b", idc))
        rule = Rule("rule-1", "r", "alb-1", "lsn-1", status, 1, ("api.example.com",), ("/",), tuples)
        facts = LoadBalancerFacts(LoadBalancer("alb-1", "gw", "Active"), (), (rule,), groups, servers, health)
        self.store.apply(Changed(SourceName.ALB, "alb-1", facts, self.now))

    def answers(self, ack: int, idc: int) -> None:
        """So many probe answers came from each, now."""
        series = ProbeSeries("shop/api", tuple((self.now, m) for m, n in ((ACK, ack), (IDC, idc)) for _ in range(n)))
        self.store.apply(Changed(SourceName.PROBE, "shop/api", series, self.now))

    @property
    def fleet(self) -> Fleet:
        return self.store.fleet

    @property
    def route(self) -> Route:
        found = self.store.fleet.route("shop/api")
        assert found is not None
        return found


@pytest.fixture
def world() -> World:
    return World()


def controller_values(route: Route) -> list[int | None]:
    return [line.controller for line in route.members]


def test_without_any_signal_the_controller_is_not_reported_and_skipped(world: World) -> None:
    assert Controller.NOT_REPORTED is world.route.controller
    assert [None, None] == controller_values(world.route)
    assert world.route.agreement.agrees
    assert Layer.ANNOTATION is world.route.agreement.deepest


def test_a_success_after_the_change_acknowledges_it(world: World) -> None:
    world.event("SuccessfullyReconciled")
    world.note("80", "20")
    waiting = world.route
    world.event("SuccessfullyReconciled")
    acknowledged = world.route

    assert (Controller.WAITING, Layer.CONTROLLER) == (waiting.controller, waiting.agreement.stuck_at)
    assert Controller.ACKNOWLEDGED is acknowledged.controller
    assert [80, 20] == controller_values(acknowledged)


def test_a_success_before_the_change_that_arrives_late_acknowledges_nothing(world: World) -> None:
    world.event("SuccessfullyReconciled")
    world.note("80", "20")
    late = Event("late", "Ingress", "shop", "api", "Normal", "SuccessfullyReconciled", "", 7, world.wall, "105")
    world.store.apply(Changed(SourceName.EVENTS, "late", late, world.now))

    assert Controller.WAITING is world.route.controller


def test_a_new_hash_label_acknowledges_as_well(world: World) -> None:
    world.note("62", "38", hash="aaa")
    world.note("80", "20")
    waiting = world.route
    world.note("80", "20", hash="bbb")

    assert Controller.WAITING is waiting.controller
    assert Controller.ACKNOWLEDGED is world.route.controller


def fenced(world: World) -> None:
    """A fence is stamped, and the weights are written, before the controller has a word for the fence."""
    world.note("62", "38", hash="aaa")
    world.event("SuccessfullyReconciled")
    world.rule(62, 38)
    world.stamp("7.abcde")
    world.note("80", "20")


@pytest.mark.parametrize("word", ["label", "event"])
def test_a_word_that_may_be_of_the_fence_acknowledges_no_weight_until_the_rule_holds_it(
    world: World, word: str
) -> None:
    fenced(world)
    world.word(word)
    doubted = world.route
    world.rule(80, 20)

    assert (Controller.WAITING, Layer.CONTROLLER) == (doubted.controller, doubted.agreement.stuck_at)
    assert Controller.ACKNOWLEDGED is world.route.controller


@pytest.mark.parametrize("word", ["label", "event"])
def test_one_word_is_enough_where_the_rule_is_being_changed(world: World, word: str) -> None:
    fenced(world)
    world.word(word)
    world.rule(62, 38, "Configuring")

    assert Controller.ACKNOWLEDGED is world.route.controller
    assert Layer.RULE is world.route.agreement.stuck_at
    assert "rule rule-1 is Configuring" == world.route.agreement.sentence


@pytest.mark.parametrize("word", ["label", "event"])
def test_two_words_after_the_weights_are_not_both_of_the_fence(world: World, word: str) -> None:
    fenced(world)
    world.word(word)
    world.word(word)

    assert Controller.ACKNOWLEDGED is world.route.controller
    assert Layer.RULE is world.route.agreement.stuck_at


@pytest.mark.parametrize("word", ["label", "event"])
def test_a_word_that_no_second_one_follows_was_of_the_weights(world: World, word: str) -> None:
    fenced(world)
    world.word(word)
    world.now += 3.0
    world.store.apply(Heard(Source(SourceName.ALB, SourceState.LIVE, world.now, world.now)))

    assert Controller.ACKNOWLEDGED is world.route.controller
    assert Layer.RULE is world.route.agreement.stuck_at


def test_one_word_after_a_fence_that_had_its_own_is_of_the_weights(world: World) -> None:
    world.note("62", "38", hash="aaa")
    world.stamp("7.abcde")
    world.word("label")
    world.note("80", "20")
    world.word("label")

    assert Controller.ACKNOWLEDGED is world.route.controller


def test_a_word_that_may_be_of_the_fence_reports_nothing_where_no_rule_is_read(world: World) -> None:
    world.note("62", "38", hash="aaa")
    world.stamp("7.abcde")
    world.note("80", "20")
    silent = world.route
    world.word("label")

    assert [Controller.WAITING, Controller.NOT_REPORTED] == [silent.controller, world.route.controller]


def test_a_failure_after_the_change_is_named(world: World) -> None:
    world.event("SuccessfullyReconciled")
    world.note("80", "20")
    world.event("FailedApplyModel", "Throttling.User")

    assert Controller.FAILED is world.route.controller
    assert "FailedApplyModel Throttling.User" == world.route.agreement.sentence
    assert Layer.CONTROLLER is world.route.agreement.stuck_at


def test_a_gateway_blocked_by_another_ingress_is_named(world: World) -> None:
    world.event("SuccessfullyReconciled")
    world.note("80", "20")
    world.event("FailedBuildModel", "ingress shop/bad: weight x", kind="AlbConfig")

    assert Controller.WAITING is world.route.controller
    assert "the gateway is blocked: FailedBuildModel ingress shop/bad: weight x" == world.route.controller_message


@pytest.mark.parametrize("kind", ["Ingress", "AlbConfig"])
def test_a_failure_after_the_weights_were_acknowledged_is_told_until_a_success(world: World, kind: str) -> None:
    world.note("80", "20")
    world.event("SuccessfullyReconciled")
    world.rule(80, 20)
    well = world.route
    world.event("FailedBuildModel", "due to ingress: shop/bad", kind=kind)
    failing = world.route
    world.word("event")

    assert ("", "FailedBuildModel due to ingress: shop/bad", "") == (well.failing, failing.failing, world.route.failing)
    assert (Controller.ACKNOWLEDGED, True) == (failing.controller, failing.agreement.agrees)


def test_answers_from_before_a_member_died_or_came_back_say_nothing_of_now(world: World) -> None:
    world.event("SuccessfullyReconciled")
    world.rule(62, 38)
    world.answers(62, 38)
    before = world.route.agreement
    world.now += 10.0
    world.rule(62, 38, sick=4)
    dead = world.route
    world.now += 10.0
    world.answers(100, 0)
    out = world.route.agreement
    world.now += 10.0
    world.rule(62, 38)

    assert (True, Layer.OBSERVED) == (before.agrees, before.deepest)
    assert all(line.observed is None for line in dead.members)
    assert Layer.OBSERVED is out.stuck_at
    assert all(line.observed is None for line in world.route.members)


def test_weights_that_are_all_0_agree_with_nothing(world: World) -> None:
    world.event("SuccessfullyReconciled")
    world.note("0", "0")
    world.word("event")

    assert (Layer.ANNOTATION, "every weight is 0: no member is to serve it") == (
        world.route.agreement.stuck_at,
        world.route.agreement.sentence,
    )


def test_a_route_that_the_alb_has_no_rule_of_does_not_agree(world: World) -> None:
    world.event("SuccessfullyReconciled")
    unread = world.route.agreement.agrees
    world.rule(62, 38)
    facts = LoadBalancerFacts(LoadBalancer("alb-1", "gw", "Active"), (), (), (), (), ())
    world.store.apply(Changed(SourceName.ALB, "alb-1", facts, world.now))

    assert unread
    assert (Layer.RULE, "no ALB rule of this route was found: nothing carries it") == (
        world.route.agreement.stuck_at,
        world.route.agreement.sentence,
    )


def test_a_lease_is_dated_by_the_hubs_clock_however_late_that_is_known() -> None:
    store = FleetStore(SETTINGS, "hz-prod", clock=lambda: 1000.0, wall=lambda: 1_800_000_000.0)
    source = Source(SourceName.HEARTBEATS, SourceState.LIVE, 1000.0, 1000.0)
    cluster = ManagedCluster(ACK, ACK, joined="True", available="True")
    store.apply(Identified("fleet-uid", 1000.0))
    store.apply(
        Heard(source),
        Listed(SourceName.MEMBERS, {ACK: cluster}, 1000.0),
        Listed(SourceName.HEARTBEATS, {ACK: Heartbeat(ACK, 1_800_000_000.0 - 605.0)}, 1000.0),
    )
    before = store.fleet.members[0].link
    store.apply(Identified("fleet-uid", 1000.0, -600.0))

    assert (Link.LOST, Link.UP) == (before, store.fleet.members[0].link)
    assert 995.0 == store.fleet.members[0].link_since


def test_a_member_that_is_gone_keeps_its_place_in_the_split(world: World) -> None:
    before = [line.member for line in world.route.members]
    world.store.apply(Listed(SourceName.GATEWAYS, {}, world.now), Gone(SourceName.MEMBERS, ACK, world.now))

    assert ([ACK, IDC], ["62", "38"]) == (before, [line.raw for line in world.route.members])
    assert before == [line.member for line in world.route.members]


def test_a_route_whose_gateway_is_gone_does_not_agree(world: World) -> None:
    world.event("SuccessfullyReconciled")
    world.rule(62, 38)
    before = world.route.agreement.agrees
    world.store.apply(Gone(SourceName.GATEWAYS, "gw", world.now))
    gone = world.route.agreement
    source = Source(SourceName.GATEWAYS, SourceState.LOADING, world.now)
    world.store.apply(Heard(source))

    assert (True, False, Layer.RULE) == (before, gone.agrees, gone.stuck_at)
    assert "AlbConfig gw is not on the hub: nothing carries it" == gone.sentence
    assert "not on the hub" not in world.route.agreement.sentence


@pytest.mark.parametrize("tags", [True, False])
def test_the_rule_is_read_by_tags_or_by_addresses(world: World, tags: bool) -> None:
    world.rule(62, 38, tags=tags)

    assert [62.0, 38.0] == [line.rule for line in world.route.members]
    assert Layer.RULE is world.route.agreement.deepest
    assert world.route.agreement.settled


def test_a_rule_that_is_configuring_never_agrees(world: World) -> None:
    world.rule(62, 38, "Configuring")

    assert Layer.RULE is world.route.agreement.stuck_at
    assert "rule rule-1 is Configuring" == world.route.agreement.sentence


def test_a_rule_with_other_weights_is_where_the_layers_part(world: World) -> None:
    world.rule(50, 50)

    assert (False, Layer.RULE) == (world.route.agreement.agrees, world.route.agreement.stuck_at)
    assert "the ALB rule holds 50, the target is 62" == world.route.agreement.sentence


def test_answers_that_exclude_the_target_disagree(world: World) -> None:
    world.rule(62, 38)
    world.answers(300, 0)

    assert Layer.OBSERVED is world.route.agreement.stuck_at


def test_answers_from_before_the_rule_changed_are_forgotten(world: World) -> None:
    world.rule(62, 38)
    world.answers(62, 38)
    _ = world.route
    world.now += 20
    world.note("0", "100")
    world.rule(0, 100)

    assert [None, None] == [line.observed for line in world.route.members]


def test_all_or_nothing_is_settled_only_after_300_answers(world: World) -> None:
    world.note("100", "0")
    world.rule(100, 0)
    world.answers(100, 0)

    assert (True, False) == (world.route.agreement.agrees, world.route.agreement.settled)

    world.answers(300, 0)

    assert world.route.agreement.settled


def record(state: str = "running", **targets: int | None) -> RunRecord:
    ids = {"ack": ACK, "idc": IDC}
    split = tuple((ids[name], value) for name, value in targets.items())
    return RunRecord("7c1", state, fence=1, started=1.0, targets=(("shop/api", split),))


def test_asked_is_the_newest_runs_target(world: World) -> None:
    world.store.apply(Changed(SourceName.RUNS, "7c1", record(ack=80, idc=20), world.now))

    assert [80, 20] == [line.asked for line in world.route.members]
    assert Layer.ANNOTATION is world.route.agreement.stuck_at
    assert "the annotation holds 62, asked was 80" == world.route.agreement.sentence


def test_asked_is_nothing_once_somebody_else_changed_the_weights(world: World) -> None:
    world.store.apply(Changed(SourceName.RUNS, "7c1", record("done", ack=80, idc=20), world.now))
    world.note("50", "50", manager="argocd-controller")

    assert [None, None] == [line.asked for line in world.route.members]
    assert "argocd-controller" == world.route.owner


def test_a_weight_that_is_no_number_is_a_problem_and_no_zero(world: World) -> None:
    world.note("6\x1b[31m2", "38")

    assert [None, 38] == [line.annotation for line in world.route.members]
    assert [f"weight of {ACK} is '6␛[31m2', no number from 0 to 100"] == [p.message for p in world.fleet.problems]


def test_an_absent_weight_stays_absent(world: World) -> None:
    world.note("100", None)

    assert [(ACK, 100)] == [(line.member, line.annotation) for line in world.route.members]


def test_backends_that_all_fail_are_dead_and_the_reason_is_named(world: World) -> None:
    world.rule(62, 38, sick=4)
    health = {member.name: member.alb_health for member in world.fleet.members}

    assert (AlbHealthWord.OK, 4, 4) == (
        health["ack-prod-j"].word,
        health["ack-prod-j"].healthy,
        health["ack-prod-j"].total,
    )
    assert (AlbHealthWord.DEAD, 0, "CONNECT_FAILED") == (
        health["idc-prod"].word,
        health["idc-prod"].healthy,
        health["idc-prod"].why,
    )


def test_without_the_cloud_health_is_unknown_not_healthy(world: World) -> None:
    assert {AlbHealthWord.UNKNOWN} == {member.alb_health.word for member in world.fleet.members}


def test_a_lease_grows_late_and_lost_by_the_clock_alone(world: World) -> None:
    words = []
    for passed in (0, 85, 220):
        world.now += passed
        words.append(world.fleet.members[1].link)

    assert [Link.UP, Link.LATE, Link.LOST] == words


def test_a_renewal_that_was_watched_counts_by_our_clock_though_the_agents_is_off(world: World) -> None:
    world.now += 400
    world.store.apply(Changed(SourceName.HEARTBEATS, IDC, Heartbeat(IDC, world.wall - 5000), world.now))

    assert Link.UP is world.fleet.members[1].link


def test_zones_carry_the_share_of_the_rules(world: World) -> None:
    world.rule(70, 30)

    assert [("zone-a", 70.0), ("zone-b", 30.0)] == [(zone.name, zone.share) for zone in world.fleet.zones]


def test_equal_facts_leave_the_very_same_picture(world: World) -> None:
    before = world.fleet
    world.now += 6
    world.note("62", "38")
    world.ingress = replace(world.ingress, owners=())
    world.store.apply(Changed(SourceName.ROUTES, "shop/api", world.ingress, world.now))
    settled = world.fleet
    world.store.apply(Changed(SourceName.ROUTES, "shop/api", world.ingress, world.now))

    assert settled is world.fleet
    assert before.members == settled.members


def test_stuck_since_is_kept_while_nothing_moves(world: World) -> None:
    world.rule(50, 50)
    first = world.route.agreement.since
    world.now += 30
    world.rule(50, 50)

    assert first == world.route.agreement.since


def test_another_uid_is_another_fleet_and_nothing_is_kept(world: World) -> None:
    world.store.apply(Identified("other", world.now))

    assert ((), ()) == (world.fleet.members, world.fleet.routes)


def test_a_route_that_is_gone_is_gone(world: World) -> None:
    world.store.apply(Gone(SourceName.ROUTES, "shop/api", world.now))

    assert () == world.fleet.routes


def test_a_shared_group_is_read_as_percent_of_its_servers_weights() -> None:
    world = World()
    servers = (
        Server("a", "sgp-s", "10.0.1.1", 80, 62, "Available"),
        Server("b", "sgp-s", "172.16.1.1", 80, 38, "Available"),
    )
    rule = Rule("rule-1", "r", "alb-1", "lsn-1", "Available", 1, ("api.example.com",), ("/",), (("sgp-s", 100),))
    facts = LoadBalancerFacts(
        LoadBalancer("alb-1"), (), (rule,), (ServerGroup("sgp-s", health_check=True, server_count=2),), servers
    )
    world.store.apply(Changed(SourceName.ALB, "alb-1", facts, world.now))

    assert [62.0, 38.0] == [line.rule for line in world.route.members]
    assert world.route.agreement.settled


def test_an_address_that_two_members_claim_is_underivable() -> None:
    both = {
        ACK: MemberSettings(cidrs=("10.0.0.0/16",)),
        IDC: MemberSettings(cidrs=("10.0.0.0/16",)),
    }
    world = World(FleetSettings(members=both))
    world.rule(62, 38, tags=False)

    assert [None, None] == [line.rule for line in world.route.members]
    assert "belongs to no member that can be derived" in world.route.rule_message
    assert world.route.underivable


def test_a_weight_that_is_no_number_never_agrees(world: World) -> None:
    world.note("62", "many")

    assert (False, Layer.ANNOTATION) == (world.route.agreement.agrees, world.route.agreement.stuck_at)
    assert {} == world.route.noted
    assert [None, None] == [zone.share for zone in world.store.fleet.zones]


def test_a_failure_of_a_route_that_never_succeeded_is_told_at_first_sight(world: World) -> None:
    world.store.apply(Changed(SourceName.GATEWAYS, "gw", replace(world.gateway, hash="aaa"), world.now))
    world.event("FailedBuildModel")

    assert Controller.FAILED is world.route.controller


def test_a_route_without_the_label_that_its_controller_writes_is_waited_for(world: World) -> None:
    world.store.apply(Changed(SourceName.GATEWAYS, "gw", replace(world.gateway, hash="aaa"), world.now))

    assert Controller.WAITING is world.route.controller
    assert Layer.CONTROLLER is world.route.agreement.stuck_at


@pytest.mark.parametrize(
    ("class_name", "classes", "why"),
    [
        ("albx", {}, "its IngressClass albx is not on the hub"),
        ("nginx", {"nginx": IngressClass("nginx", "c", None)}, "its IngressClass nginx leads to no AlbConfig"),
        (None, {}, "it names no IngressClass, and the hub has no default one"),
    ],
)
def test_a_route_that_leads_to_no_gateway_says_why(
    world: World, class_name: str | None, classes: dict[str, object], why: str
) -> None:
    world.store.apply(
        world.listed(SourceName.CLASSES, classes),
        world.listed(SourceName.ROUTES, {"shop/api": replace(world.ingress, class_name=class_name)}),
    )

    assert [why] == [route.rule_message for route in world.store.fleet.routes]
