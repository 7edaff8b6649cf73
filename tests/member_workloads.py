"""A member's own API, read like the hub's: pods behind routes, nodes, ceilings, and why any of them is not known."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.kube import member as member_api
from console.kube.decode import decode
from console.kube.member import PARTS, MemberFollower
from console.model.fleet import Fleet, Member
from console.model.freshness import Part, Source, SourceName, SourceState
from console.model.hub import ManagedCluster
from console.model.workload import WorkloadWord
from console.present import workloads
from console.present.line import text
from console.settings import FleetSettings, MemberSettings
from console.store.events import Changed, Heard, Identified, Listed, OfMember
from tests.hub_scripted import BREAK, ScriptedHub, change, kubeconfig, page, scripted, status
from tests.ledger_layers import ACK, IDC, SETTINGS, World

__all__ = ["scripted"]

PATHS = {kind.source: kind.path for kind in PARTS}
Follow = Callable[..., MemberFollower]


def deployment(ready: int | None = 4, wanted: Any = 4, name: str = "api", **labels: str) -> dict[str, Any]:
    told = {"observedGeneration": 1, **({} if ready is None else {"readyReplicas": ready})}
    template = {"metadata": {"labels": {"app": "api", **labels}}}
    return {
        "metadata": {"namespace": "shop", "name": name},
        "spec": {"replicas": wanted, "template": template},
        "status": told,
    }


def service(**selector: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "name": "api"}, "spec": {"selector": selector or {"app": "api"}}}


def autoscaler(most: Any = 10, target: str = "api") -> dict[str, Any]:
    scales = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    return {"metadata": {"namespace": "shop", "name": "api"}, "spec": {"scaleTargetRef": scales, "maxReplicas": most}}


def node(name: str, ready: str = "True") -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


def says(hub: ScriptedHub, **parts: Any) -> None:
    """The member's API holds these; what is an answer already is given as it is."""
    held: dict[Part, Any] = {
        Part.DEPLOYMENTS: [deployment()],
        Part.SERVICES: [service()],
        Part.AUTOSCALERS: [autoscaler()],
        Part.NODES: [node("n1"), node("n2", "Unknown")],
        **{Part[name.upper()]: value for name, value in parts.items()},
    }
    for part, things in held.items():
        hub.lists(PATHS[part], things if isinstance(things, tuple) else (200, page(*things)))


class Reading:
    """A store with one route to `shop/api`, and followers that fill it."""

    def __init__(self) -> None:
        self.world = World()
        self.store = self.world.store

    @property
    def member(self) -> Member:
        return self.store.fleet.members[0]

    @property
    def source(self) -> Source:
        return self.store.fleet.member_source(ACK)

    def until(self, wanted: Callable[[Fleet], bool]) -> bool:
        return self.store.wait(wanted, 8.0)

    def settles(self) -> bool:
        """Whether every part of the member has said something."""
        return self.until(lambda fleet: fleet.members[0].workload.nodes is not None)


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
def follow(scripted: ScriptedHub, reading: Reading, tmp_path: Path) -> Iterator[Follow]:
    begun: list[MemberFollower] = []

    def begin(namespaces: list[str] | None = None, context: str | None = None) -> MemberFollower:
        file = kubeconfig(tmp_path / "kubeconfig", scripted.url)
        asked = ["shop"] if namespaces is None else namespaces
        clock = lambda: reading.world.now  # noqa: E731 - the store's own clock
        one = MemberFollower(ACK, "ack-prod-j", file, context, reading.store.apply, clock, lambda: asked)
        begun.append(one)
        one.start()
        return one

    yield begin
    for one in begun:
        one.stop()


def test_pods_nodes_and_ceilings_are_read(scripted: ScriptedHub, reading: Reading, follow: Follow) -> None:
    says(scripted)
    follow()
    assert reading.settles()
    assert reading.until(lambda fleet: fleet.members[0].workload.word is WorkloadWord.OK)
    assert reading.until(lambda fleet: fleet.members[0].workload.services[0].most == 10)
    own = reading.member.workload

    assert (4, 4, 1, 2) == (own.ready, own.wanted, own.nodes_ready, own.nodes)
    assert (("api",), True) == (own.services[0].deployments, own.services[0].scaled)
    assert SourceState.LIVE is reading.source.state


def test_changes_are_followed(scripted: ScriptedHub, reading: Reading, follow: Follow) -> None:
    says(scripted)
    follow()
    assert reading.until(lambda fleet: fleet.members[0].workload.word is WorkloadWord.OK)
    scripted.watch[PATHS[Part.DEPLOYMENTS]].put(change("MODIFIED", deployment(1)))

    assert reading.until(lambda fleet: fleet.members[0].workload.word is WorkloadWord.SOME)

    scripted.watch[PATHS[Part.DEPLOYMENTS]].put(change("MODIFIED", deployment(None)))

    assert reading.until(lambda fleet: fleet.members[0].workload.word is WorkloadWord.DEAD)


def test_who_may_not_read_a_part_is_told_the_permission(
    scripted: ScriptedHub, reading: Reading, follow: Follow
) -> None:
    says(scripted, deployments=(403, status(403, "Forbidden")))
    follow()
    assert reading.until(lambda fleet: fleet.member_source(ACK).state is SourceState.DENIED)

    assert "list deployments.apps" == reading.source.permission
    assert WorkloadWord.UNKNOWN is reading.member.workload.word
    assert reading.member.workload.why.startswith("not allowed: list deployments.apps")


def test_where_all_namespaces_may_not_be_listed_those_of_the_routes_are(
    scripted: ScriptedHub, reading: Reading, follow: Follow
) -> None:
    says(scripted, deployments=(403, status(403, "Forbidden")))
    scripted.lists("/apis/apps/v1/namespaces/shop/deployments", (200, page(deployment())))
    follow()

    assert reading.until(lambda fleet: fleet.members[0].workload.word is WorkloadWord.OK)
    assert reading.until(lambda _: reading.source.message != "")
    assert (
        "may not be listed for all namespaces, so those of the routes are listed every 15 s" == reading.source.message
    )
    assert "list deployments.apps" == reading.source.permission


def test_nodes_that_may_not_be_read_leave_the_pods_known(
    scripted: ScriptedHub, reading: Reading, follow: Follow
) -> None:
    says(scripted, nodes=(403, status(403, "Forbidden")))
    follow()
    assert reading.until(lambda fleet: fleet.member_source(ACK).permission == "list nodes")
    assert reading.until(lambda fleet: fleet.members[0].workload.word is WorkloadWord.OK)

    assert (None, SourceState.LIVE) == (reading.member.workload.nodes, reading.source.state)


def test_autoscalers_that_the_server_does_not_know_leave_the_ceiling_unknown(
    scripted: ScriptedHub, reading: Reading, follow: Follow
) -> None:
    says(scripted, autoscalers=(404, status(404, "NotFound")))
    follow()
    assert reading.until(lambda fleet: "does not know" in fleet.member_source(ACK).message)
    assert reading.until(lambda fleet: fleet.members[0].workload.word is WorkloadWord.OK)
    one = reading.member.workload.services[0]

    assert None is one.most
    assert "the API of ack-prod-j does not know horizontalpodautoscalers.autoscaling" in one.why


def test_an_api_that_goes_away_leaves_its_words_with_their_age(
    scripted: ScriptedHub, reading: Reading, follow: Follow
) -> None:
    says(scripted)
    follow()
    assert reading.until(lambda fleet: fleet.members[0].workload.word is WorkloadWord.OK)
    for path in PATHS.values():
        scripted.refuse_watch[path] = (503, b"")
        scripted.watch[path].put(BREAK)
    assert reading.until(lambda fleet: not fleet.member_source(ACK).state.answered)
    fleet = reading.store.fleet

    assert (WorkloadWord.OK, False) == (reading.member.workload.word, reading.member.workload.current)
    assert "ok 6m ago" == text(workloads.workload_cell(fleet, reading.member, reading.world.now + 365))


def test_a_context_that_is_none_is_the_source_of_this_member_alone(reading: Reading, follow: Follow) -> None:
    follow(context="nowhere")
    assert reading.until(lambda fleet: fleet.member_source(ACK).state is SourceState.LOST)
    fleet = reading.store.fleet

    assert SourceState.UNCONFIGURED is fleet.member_source(IDC).state
    assert SourceState.LOST is fleet.source(SourceName.WORKLOADS).state
    assert SourceState.LIVE is fleet.source(SourceName.ROUTES).state


def told(world: World, part: Part, thing: dict[str, Any]) -> None:
    """One object of the member, as decoded."""
    kind = next(one for one in PARTS if one.source is part)
    one = decode(json.dumps(thing).encode(), kind.name, kind.shape, kind.key)
    assert one.key is not None
    world.store.apply(OfMember(ACK, Changed(part, one.key, one.fact, world.now, one.problem)))


@pytest.fixture
def world() -> World:
    """A member of which every part has answered, with nothing in it yet."""
    made = World()
    for part in Part:
        made.store.apply(OfMember(ACK, Heard(Source(part, SourceState.LIVE, made.now, made.now))))
    return made


def why(world: World) -> str:
    return world.fleet.members[0].workload.why


def test_a_service_without_deployment_is_unknown_and_not_dead(world: World) -> None:
    told(world, Part.SERVICES, service())

    assert WorkloadWord.UNKNOWN is world.fleet.members[0].workload.word
    assert "no Deployment stands behind Service shop/api" == why(world)


def test_a_missing_service_is_named(world: World) -> None:
    assert "it has no Service shop/api" == why(world)


def test_a_selector_that_cannot_be_read_whole_leads_nowhere(world: World) -> None:
    told(world, Part.SERVICES, service(app="api", tier=5))
    told(world, Part.DEPLOYMENTS, deployment())

    assert "Service shop/api has no selector" == why(world)
    assert ["ack-prod-j: Service shop/api"] == [problem.object for problem in world.fleet.problems]


def test_deployments_that_share_a_selector_count_together(world: World) -> None:
    told(world, Part.SERVICES, service())
    told(world, Part.DEPLOYMENTS, deployment())
    told(world, Part.DEPLOYMENTS, deployment(1, 1, "api-canary", track="canary"))
    told(world, Part.AUTOSCALERS, autoscaler(10))
    one = world.fleet.members[0].workload.services[0]

    assert (5, 5, 11) == (one.ready, one.wanted, one.most)


def test_a_deployment_that_nobody_reported_on_is_unknown(world: World) -> None:
    told(world, Part.SERVICES, service())
    told(world, Part.DEPLOYMENTS, {**deployment(), "status": {}})

    assert "Deployment shop/api does not say its pods" == why(world)


@pytest.mark.parametrize("count", ["four", -1, 1.5, True, {}, "\x1b[31m"])
def test_a_count_of_the_wrong_kind_is_a_problem_and_no_zero(world: World, count: Any) -> None:
    told(world, Part.SERVICES, service())
    told(world, Part.DEPLOYMENTS, deployment(4, count))

    assert WorkloadWord.UNKNOWN is world.fleet.members[0].workload.word
    assert ["ack-prod-j: Deployment shop/api"] == [problem.object for problem in world.fleet.problems]
    assert "\x1b" not in world.fleet.problems[0].message


def test_an_autoscaler_without_a_ceiling_leaves_it_unknown(world: World) -> None:
    told(world, Part.SERVICES, service())
    told(world, Part.DEPLOYMENTS, deployment())
    told(world, Part.AUTOSCALERS, autoscaler("many"))

    assert None is world.fleet.members[0].workload.services[0].most
    assert WorkloadWord.OK is world.fleet.members[0].workload.word


def test_a_member_that_settings_do_not_name_says_what_to_set(world: World) -> None:
    assert "its own API is not named: set fleets.members.ID.kubeconfig or context" == (
        world.fleet.members[1].workload.why
    )


def test_a_member_that_is_named_and_not_read_says_so() -> None:
    named = replace_member(SETTINGS, ACK, context="ack")

    assert "its own API is not read by this command" == World(named).fleet.members[0].workload.why


def replace_member(settings: FleetSettings, member: str, context: str) -> FleetSettings:
    known = settings.members[member]
    said = MemberSettings(name=known.name, zone=known.zone, context=context)
    return FleetSettings(members={**settings.members, member: said})


def test_an_answer_that_says_the_same_renews_the_age_alone(world: World) -> None:
    told(world, Part.SERVICES, service())
    version = world.store.version
    world.store.apply(OfMember(ACK, Heard(Source(Part.NODES, SourceState.LIVE, 1000.0, world.now + 5))))

    assert version == world.store.version
    assert version < world.store.wait_news(version, 5.0)


def test_another_fleet_under_the_same_name_keeps_what_members_say_of_themselves(world: World) -> None:
    told(world, Part.SERVICES, service())
    told(world, Part.DEPLOYMENTS, deployment())
    clusters = {ACK: ManagedCluster(ACK, ACK)}
    world.store.apply(Identified("other", world.now), Listed(SourceName.MEMBERS, clusters, world.now))

    assert "no route leads to it" == why(world)


def test_an_unknown_namespace_is_waited_for(
    scripted: ScriptedHub, reading: Reading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_api, "_LATER", 0.01)
    says(scripted, deployments=(403, status(403, "Forbidden")))
    scripted.lists("/apis/apps/v1/namespaces/shop/deployments", (200, page(deployment())))
    answers: list[list[str] | None] = [None, None, ["shop"]]
    one = MemberFollower(
        ACK,
        "ack-prod-j",
        kubeconfig(tmp_path / "k", scripted.url),
        None,
        reading.store.apply,
        time.monotonic,
        lambda: answers.pop(0) if len(answers) > 1 else answers[0],
    )
    one.start()
    try:
        assert reading.until(lambda fleet: fleet.members[0].workload.word is WorkloadWord.OK)
    finally:
        one.stop()

    assert SourceState.LIVE is reading.source.state
