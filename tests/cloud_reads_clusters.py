"""Clusters, associations and vSwitches are read slowly and within the budget; whatever is answered is a fact or a named
problem, and each of the three sources says how it fares."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cloud.budget import CallBudget
from console.cloud.clusters_decode import ClustersDecoder
from console.cloud.clusters_poll import ClustersPoll
from console.cloud.slow import SlowSource
from console.errors import Lost
from console.model.cluster import SEVERAL, Cluster, HubCluster, Standing, VSwitch, standing, zone_of
from console.model.freshness import Source, SourceName, SourceState
from console.model.hub import ManagedCluster
from console.settings import CloudSettings, CredentialSettings, FleetSettings
from console.store.events import Identified, Listed
from console.store.store import FleetStore
from tests.cloud_scripted import ScriptedCloud, cloud, detail, error, hub, managed, vswitch

__all__ = ["cloud"]

MEMBERS = ("c-a", "c-b")
Start = Callable[..., FleetStore]
Members = Callable[[], Sequence[str] | None]


@pytest.fixture
def start(cloud: ScriptedCloud) -> Iterator[Start]:
    """Begins a poll of the scripted cloud into a store; every round follows at once."""
    polls: list[ClustersPoll] = []

    def begin(
        members: Sequence[str] | Members | None = MEMBERS, settings: CloudSettings | None = None, **how: Any
    ) -> FleetStore:
        store = FleetStore(FleetSettings())
        how = {"budget": CallBudget(1000.0, 3.0), "every": 0.1, **how}
        told: Members = members if callable(members) else lambda: members
        poll = ClustersPoll(settings or cloud.settings, store.apply, time.monotonic, told, **how)
        polls.append(poll)
        poll.start()
        return store

    yield begin
    for poll in polls:
        poll.stop()


def source(store: FleetStore, name: SourceName) -> Source:
    return store.fleet.source(name)


def until(store: FleetStore, name: SourceName, *states: SourceState) -> Source:
    """The source once it is in one of these states."""
    assert store.wait(lambda fleet: fleet.source(name).state in states, 20.0), source(store, name)
    return source(store, name)


def facts(store: FleetStore, name: SourceName) -> dict[str, Any]:
    return dict(store._facts.of(name))


def test_a_hub_that_told_no_members_is_why_nothing_was_asked(cloud: ScriptedCloud, start: Start) -> None:
    """Neither empty nor live: nobody was asked; and once the hub tells them, all is asked at once."""
    known: list[Sequence[str]] = []

    def members() -> Sequence[str]:
        if not known:
            raise Lost("the hub has not told who the members are: nothing was asked")
        return known[0]

    store = start(members)
    for name in (SourceName.FLEET, SourceName.CLUSTERS, SourceName.VSWITCHES):
        assert "nothing was asked" in until(store, name, SourceState.LOST).message
    assert not cloud.asked
    known.append(MEMBERS)
    until(store, SourceName.FLEET, SourceState.LIVE)
    until(store, SourceName.CLUSTERS, SourceState.LIVE)


def test_all_three_are_read_and_say_so(cloud: ScriptedCloud, start: Start) -> None:
    store = start()
    until(store, SourceName.VSWITCHES, SourceState.LIVE)

    assert "Fleet hz: running, Kubernetes 1.30.1, 2 clusters associated" == source(store, SourceName.FLEET).message
    assert {"c-a", "c-b"} == facts(store, SourceName.CLUSTERS).keys()
    assert {"vsw-1": VSwitch("vsw-1", "cn-test-j")} == facts(store, SourceName.VSWITCHES)
    assert "/clusters/c-a" == cloud.calls("DescribeClusterDetail")[0]["path"]


def test_of_several_fleets_the_one_with_our_members_is_it(cloud: ScriptedCloud, start: Start) -> None:
    cloud.answer["DescribeHubClusters"] = lambda _: (200, {"Clusters": [hub("c-other"), hub("c-ours")]})
    cloud.answer["DescribeManagedClusters"] = lambda q: (
        200,
        {"Clusters": [managed("c-b" if q["ClusterId"] == "c-ours" else "c-x")]},
    )
    store = start()
    until(store, SourceName.FLEET, SourceState.LIVE)

    assert "c-ours" == facts(store, SourceName.FLEET)["fleet"].id


def test_no_fleet_with_our_members_is_said_and_nothing_is_guessed(cloud: ScriptedCloud, start: Start) -> None:
    cloud.answer["DescribeManagedClusters"] = lambda _: (200, {"Clusters": [managed("c-x")]})
    store = start()

    assert "none" not in until(store, SourceName.FLEET, SourceState.EMPTY).message
    assert {} == facts(store, SourceName.FLEET)


def test_where_the_members_are_of_another_fleet_by_now_that_one_is_found(cloud: ScriptedCloud, start: Start) -> None:
    members = ["c-a"]
    cloud.answer["DescribeHubClusters"] = lambda _: (200, {"Clusters": [hub("c-one"), hub("c-two")]})
    cloud.answer["DescribeManagedClusters"] = lambda q: (
        200,
        {"Clusters": [managed("c-a" if q["ClusterId"] == "c-one" else "c-z")]},
    )
    store = start(members=members)
    until(store, SourceName.FLEET, SourceState.LIVE)
    members[:] = ["c-z"]

    assert store.wait(lambda _: facts(store, SourceName.FLEET).get("fleet", HubCluster("")).id == "c-two", 20.0)
    members[:] = ["c-nobodys"]
    until(store, SourceName.FLEET, SourceState.EMPTY)

    assert {} == facts(store, SourceName.FLEET)


def test_a_named_fleet_is_not_searched_for(cloud: ScriptedCloud, start: Start) -> None:
    named = msgspec.structs.replace(cloud.settings, fleet="c-9")
    until(start(settings=named), SourceName.FLEET, SourceState.LIVE)

    assert [] == cloud.calls("DescribeHubClusters")
    assert "c-9" == cloud.calls("DescribeManagedClusters")[0]["ClusterId"]


@pytest.mark.parametrize(
    ("action", "name", "permission"),
    [
        ("DescribeClusterDetail", SourceName.CLUSTERS, "cs:DescribeClusterDetail"),
        ("DescribeManagedClusters", SourceName.FLEET, "adcp:DescribeManagedClusters"),
        ("DescribeVSwitches", SourceName.VSWITCHES, "vpc:DescribeVSwitches"),
    ],
)
def test_a_denial_names_the_action_and_leaves_the_others_alone(
    cloud: ScriptedCloud, start: Start, action: str, name: SourceName, permission: str
) -> None:
    cloud.answer[action] = lambda _: (403, error("NoPermission"))
    store = start()

    assert permission == until(store, name, SourceState.DENIED).permission
    assert name in (SourceName.FLEET,) or SourceState.LIVE is until(store, SourceName.FLEET, SourceState.LIVE).state


def test_the_state_of_the_fleet_is_told_where_its_associations_are_denied(cloud: ScriptedCloud, start: Start) -> None:
    settings = msgspec.structs.replace(cloud.settings, fleet="c-9")
    cloud.answer["DescribeManagedClusters"] = lambda _: (403, error("NoPermission"))
    store = start(settings=settings)
    until(store, SourceName.FLEET, SourceState.DENIED)

    assert ("running", None) == (
        facts(store, SourceName.FLEET)["fleet"].state,
        facts(store, SourceName.FLEET)["fleet"].associations,
    )


def test_throttling_slows_everything_and_facts_stay(cloud: ScriptedCloud, start: Start) -> None:
    budget = CallBudget(1000.0, 3.0)
    store = start(budget=budget)
    until(store, SourceName.CLUSTERS, SourceState.LIVE)
    cloud.answer["DescribeClusterDetail"] = lambda _: (400, error("Throttling.User"))
    until(store, SourceName.CLUSTERS, SourceState.THROTTLED)

    assert budget.share < 1.0
    assert {"c-a", "c-b"} == facts(store, SourceName.CLUSTERS).keys()


def test_a_cluster_that_is_not_there_is_a_named_problem_and_no_fault_of_the_source(
    cloud: ScriptedCloud, start: Start
) -> None:
    cloud.answer["DescribeClusterDetail"] = lambda q: (
        (404, {"code": "ErrorClusterNotFound", "message": "no", "requestId": "r", "status": 404})
        if q["path"].endswith("c-b")
        else (200, detail("c-a"))
    )
    store = start()
    until(store, SourceName.CLUSTERS, SourceState.LIVE)

    assert {"c-a"} == facts(store, SourceName.CLUSTERS).keys()
    assert ["cluster c-b"] == [problem.object for problem in store.fleet.problems]


def test_the_moment_of_a_change_is_kept_while_the_state_stays(cloud: ScriptedCloud, start: Start) -> None:
    store = start()
    until(store, SourceName.CLUSTERS, SourceState.LIVE)
    first = facts(store, SourceName.CLUSTERS)["c-a"]
    cloud.answer["DescribeClusterDetail"] = lambda q: (200, detail("c", "disconnected"))

    def seen() -> Cluster:
        found: Cluster = facts(store, SourceName.CLUSTERS)["c-a"]
        return found

    assert store.wait(lambda _: seen().state == "disconnected", 20.0)
    changed = seen().since
    asked = len(cloud.calls("DescribeClusterDetail"))
    assert store.wait(lambda _: len(cloud.calls("DescribeClusterDetail")) > asked + 2, 20.0)

    assert changed == seen().since > first.since


def test_rows_on_the_screen_come_first(cloud: ScriptedCloud, start: Start) -> None:
    many = [f"c-{number:03}" for number in range(60)]
    store = start(members=many, shown=lambda: many[50:53], every=30.0)
    until(store, SourceName.CLUSTERS, SourceState.LIVE)
    asked = [query["path"].rpartition("/")[2] for query in cloud.calls("DescribeClusterDetail")]

    assert many[50:53] == asked[:3]
    assert 20 == len(asked)
    assert "40 of 60 not asked for yet" == source(store, SourceName.CLUSTERS).message


def test_without_a_credential_all_three_are_not_set(start: Start) -> None:
    store = start(settings=CloudSettings(region="cn-test"))

    assert {SourceState.UNCONFIGURED} == {
        until(store, name, SourceState.UNCONFIGURED).state
        for name in (SourceName.FLEET, SourceName.CLUSTERS, SourceName.VSWITCHES)
    }


def test_settings_may_leave_it_out(cloud: ScriptedCloud, start: Start) -> None:
    store = start(settings=msgspec.structs.replace(cloud.settings, clusters=False))

    assert "fleets.cloud.clusters: false" in until(store, SourceName.CLUSTERS, SourceState.UNCONFIGURED).message
    assert [] == cloud.asked


def test_a_member_across_several_zones_is_in_none_of_them() -> None:
    store = FleetStore(FleetSettings(zone_label="zone"))
    clusters = {
        "c-a": Cluster("c-a", "running", "ManagedKubernetes", vswitches=("v1", "v2")),
        "c-b": Cluster("c-b", "running", "ManagedKubernetes", vswitches=("v2",)),
        "c-c": Cluster("c-c", "running", "ExternalKubernetes", vswitches=("v1",)),
        "c-d": Cluster("c-d", "running", "ManagedKubernetes", vswitches=("v1", "v2")),
    }
    members = {id: ManagedCluster(id, id, labels=(("zone", "rack-7"),) if id == "c-d" else ()) for id in clusters}
    zones = {"v1": VSwitch("v1", "cn-test-j"), "v2": VSwitch("v2", "cn-test-k")}
    store.apply(
        Identified("u", 1.0),
        Listed(SourceName.MEMBERS, members, 1.0),
        Listed(SourceName.CLUSTERS, clusters, 1.0),
        Listed(SourceName.VSWITCHES, zones, 1.0),
    )
    fleet = store.fleet

    assert [(SEVERAL, "vswitches"), ("cn-test-k", "vswitches"), (None, None), ("rack-7", "label")] == [
        (one.zone, one.zone_source) for one in fleet.members
    ]
    assert [("cn-test-k", ("c-b",)), ("rack-7", ("c-d",))] == [(zone.name, zone.members) for zone in fleet.zones]


def test_a_key_goes_to_this_machine_only(cloud: ScriptedCloud, start: Start) -> None:
    keys = CredentialSettings(access_key_id="ak", access_key_secret="sk")
    only_alb = CloudSettings(region="cn-test", endpoints={"alb": "127.0.0.1:1"}, protocol="http", credentials=keys)
    store = start(settings=only_alb)

    assert "names no cs on this machine" in until(store, SourceName.CLUSTERS, SourceState.UNCONFIGURED).message


@pytest.mark.parametrize("body", [b"<html>", {"Clusters": 7}, [], {"Clusters": [None, 3, "x", {"Cluster": []}]}, {}])
def test_no_answer_of_another_shape_ends_the_poll(cloud: ScriptedCloud, start: Start, body: Any) -> None:
    for action in ("DescribeHubClusters", "DescribeManagedClusters", "DescribeClusterDetail", "DescribeVSwitches"):
        cloud.answer[action] = lambda _: (200, body)
    store = start()
    until(store, SourceName.FLEET, SourceState.LOST, SourceState.EMPTY)
    cloud.answer["DescribeHubClusters"] = lambda _: (200, {"Clusters": [hub()]})
    cloud.answer["DescribeManagedClusters"] = lambda _: (200, {"Clusters": [managed("c-a", "Failed")]})

    assert until(store, SourceName.FLEET, SourceState.LIVE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = (
    "Clusters Cluster ClusterInfo ClusterID ClusterId State Status Message VSwitches VSwitch VSwitchId ZoneId Name "
    "Version state cluster_type vswitch_ids vswitch_id"
)
NAMES = st.sampled_from(WORDS.split())
SHAPED = st.recursive(
    JSON, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=20
)


def inert_all(found: object) -> bool:
    return repr(found).isprintable()


@given(SHAPED)
def test_decoding_is_total_and_all_text_is_inert(body: Any) -> None:
    decoder = ClustersDecoder()
    found = (
        decoder.cluster(body, "c"),
        tuple(decoder.hubs(body)),
        decoder.hub(body, "c"),
        tuple(decoder.associations(body)),
        tuple(decoder.vswitches(body)),
    )

    assert all("\x1b" not in text and "\n" not in text for text in map(repr, found))
    assert inert_all(found)
    assert all(hash(one) is not None for one in found)


@pytest.mark.parametrize(
    ("state", "word"),
    [("running", "good"), ("Running", "good"), ("", "unknown"), ("upgrading", "changing"), ("disconnected", "bad"),
     ("unavailable", "bad"), ("waiting", "bad"), ("melting", "bad")],
)  # fmt: skip
def test_a_word_that_nobody_knows_is_not_good(state: str, word: str) -> None:
    assert Standing(word) is standing(state)


@pytest.mark.parametrize(
    ("vswitches", "zone"),
    [(("a",), "z1"), (("a", "b"), "z1"), (("a", "c"), SEVERAL), (("a", "lost"), None), (("a", "c", "lost"), SEVERAL),
     ((), None)],
)  # fmt: skip
def test_the_zone_of_vswitches_is_one_or_several_or_not_known(vswitches: tuple[str, ...], zone: str | None) -> None:
    known = {id: VSwitch(id, place) for id, place in (("a", "z1"), ("b", "z1"), ("c", "z2"))}

    assert zone == zone_of(Cluster("c", vswitches=vswitches), known)


def test_the_pages_of_a_vpc_are_read_to_the_end(cloud: ScriptedCloud, start: Start) -> None:
    many = [vswitch(f"vsw-{number}") for number in range(60)]
    cloud.answer["DescribeClusterDetail"] = lambda q: (200, detail("c", "running", "vsw-57"))
    cloud.answer["DescribeVSwitches"] = lambda q: (
        200,
        {"VSwitches": {"VSwitch": many[(int(q["PageNumber"]) - 1) * 50 : int(q["PageNumber"]) * 50]}},
    )
    store = start()
    until(store, SourceName.VSWITCHES, SourceState.LIVE)

    assert ["vsw-57"] == list(facts(store, SourceName.VSWITCHES))


def test_a_registered_cluster_has_no_zone_of_vswitches(cloud: ScriptedCloud, start: Start) -> None:
    cloud.answer["DescribeClusterDetail"] = lambda q: (200, detail("c", type="ExternalKubernetes"))
    store = start()
    until(store, SourceName.VSWITCHES, SourceState.EMPTY)

    assert [] == cloud.calls("DescribeVSwitches")


def test_what_waited_longer_for_a_throttled_cloud_is_due_again_once_it_is_not() -> None:
    budget: Any = SimpleNamespace(share=0.125)
    posted: list[Any] = []

    def post(*observations: Any) -> None:
        posted.extend(observations)

    slow = SlowSource(SourceName.FLEET, lambda: (SourceState.LIVE, ""), post, lambda: 100.0, budget, 30.0)
    slow.ask()
    throttled, budget.share = slow.due, 1.0

    assert (340.0, 130.0) == (throttled, slow.due)
    assert "poll 240s" == posted[-1].source.mode
