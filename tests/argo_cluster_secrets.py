"""ArgoCD's cluster Secrets: read only where settings allow it, as metadata alone, and used to tell whose an Application
is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.kube.decode import LAST_APPLIED, decode
from console.kube.follow import Follower
from console.kube.kinds import KINDS, METADATA, cluster_secrets
from console.model.argo import Application, ClusterSecret, clusters_of, member_of
from console.model.freshness import Source, SourceName, SourceState
from console.model.hub import ManagedCluster
from console.observe import Observer
from console.present import sources
from console.settings import FleetSettings, load
from console.store.events import Identified, Listed
from console.store.store import FleetStore
from tests.hub_scripted import ScriptedHub, Told, kubeconfig, scripted, status
from tests.simulators import Simulated
from tests.situations import ACK, IDC

__all__ = ["scripted"]

KIND = cluster_secrets("argocd")
DATA = "aHVudGVyMg=="


def secret(name: str = "cluster-a", **annotations: str) -> dict[str, Any]:
    """A cluster Secret's metadata, with what kubectl last applied."""
    kept = {LAST_APPLIED: json.dumps({"data": {"config": DATA}}), **annotations}
    return {"metadata": {"namespace": "argocd", "name": name, "annotations": kept}}


def listed(*items: Any, kind: str = "PartialObjectMetadataList") -> Told:
    return 200, {"kind": kind, "metadata": {"resourceVersion": "5"}, "items": list(items)}


def read(thing: Any) -> Any:
    return decode(json.dumps(thing).encode(), KIND.name, KIND.shape, KIND.key)


def test_the_id_and_the_name_are_kept_and_nothing_else() -> None:
    found = read(secret(cluster_id=ACK, cluster_name="ack\x1b[31m"))

    assert ClusterSecret("cluster-a", ACK, "ack␛[31m") == found.fact
    assert DATA not in repr(found)


def test_labels_of_the_same_names_serve_as_well() -> None:
    thing = secret()
    thing["metadata"]["labels"] = {"cluster_id": ACK}

    assert ClusterSecret("cluster-a", ACK, labels=(("cluster_id", ACK),)) == read(thing).fact


@pytest.mark.parametrize("annotations", [None, 3, "x", [], {"cluster_id": 7}, {"cluster_id": None}])
def test_metadata_of_any_shape_is_a_fact_or_a_problem(annotations: Any) -> None:
    thing = {"metadata": {"name": "s", "namespace": "argocd", "annotations": annotations}}

    assert ClusterSecret("s") == read(thing).fact


Begin = Callable[..., FleetStore]


@pytest.fixture
def follow(scripted: ScriptedHub, tmp_path: Path) -> Iterator[Begin]:
    """Follows the scripted hub with the Secrets among its kinds."""
    started: list[Follower] = []

    def begin() -> FleetStore:
        store = FleetStore(FleetSettings())
        follower = Follower(
            kubeconfig(tmp_path / "k", scripted.url),
            None,
            store.apply,
            time.monotonic,
            opened=lambda hub: None,
            members=tuple,
            kinds=(*KINDS, KIND),
        )
        started.append(follower)
        follower.start()
        return store

    yield begin
    for one in started:
        one.stop()


def until(store: FleetStore, state: SourceState) -> Source:
    assert store.wait(lambda fleet: fleet.source(SourceName.CLUSTER_SECRETS).state is state, 10.0)
    return store.fleet.source(SourceName.CLUSTER_SECRETS)


def test_metadata_alone_is_asked_for_and_never_watched(scripted: ScriptedHub, follow: Begin) -> None:
    scripted.lists(KIND.path, listed(secret(cluster_id=ACK)))
    source = until(follow(), SourceState.LIVE)
    (asked,) = scripted.asked(KIND.path)

    assert (METADATA, "argocd.argoproj.io/secret-type=cluster") == (
        asked.headers["Accept"],
        asked.query["labelSelector"],
    )
    assert [] == scripted.asked(KIND.path, watching=True)
    assert "list 60s" == source.mode


def test_whole_secrets_are_dropped_unread(scripted: ScriptedHub, follow: Begin) -> None:
    whole = {**secret(cluster_id=ACK), "data": {"config": DATA}}
    scripted.lists(KIND.path, listed(whole, kind="SecretList"))
    store = follow()

    assert "answered with whole secrets where their metadata was asked for" in until(store, SourceState.LOST).message
    assert DATA not in repr(store.fleet)


def test_a_denial_names_the_permission(scripted: ScriptedHub, follow: Begin) -> None:
    scripted.lists(KIND.path, (403, status(403, "Forbidden", "no")))

    assert "list secrets in namespace argocd" == until(follow(), SourceState.DENIED).permission


def fleet_of(*secrets: ClusterSecret, destination: str) -> FleetStore:
    store = FleetStore(FleetSettings())
    members = {id: ManagedCluster(id, id) for id in (ACK, IDC)}
    one = Application("argocd", "web", destination=destination)
    store.apply(
        Identified("u", 1.0),
        Listed(SourceName.MEMBERS, members, 1.0),
        Listed(SourceName.APPLICATIONS, {one.key: one}, 1.0),
        Listed(SourceName.CLUSTER_SECRETS, {each.name: each for each in secrets}, 1.0),
    )
    return store


def test_what_argocd_calls_a_cluster_tells_whose_an_application_is() -> None:
    named = ClusterSecret("s", IDC, "shanghai")

    assert IDC == fleet_of(named, destination="shanghai").fleet.applications[0].member
    assert fleet_of(destination="shanghai").fleet.applications[0].member is None
    assert ACK == fleet_of(named, destination=f"ack-{ACK}").fleet.applications[0].member


def test_a_name_that_two_clusters_share_tells_neither() -> None:
    secrets = (ClusterSecret("s", ACK, "prod"), ClusterSecret("t", IDC, "prod"))

    assert "prod" not in clusters_of(secrets)
    assert (ACK, IDC) == (clusters_of(secrets)["s"], clusters_of(secrets)["t"])


def test_a_secret_of_a_cluster_that_is_no_member_tells_nothing() -> None:
    assert member_of(Application("argocd", "web", destination="x"), (ACK,), {}, {"x": "other"}) is None


def test_without_leave_they_are_not_asked_for() -> None:
    assert not FleetSettings().argocd.cluster_secrets
    assert "Set fleets.argocd.cluster_secrets" in sources.says(
        Source(SourceName.CLUSTER_SECRETS, SourceState.UNCONFIGURED)
    )


def test_the_simulators_secrets_are_read_over_the_wire(calm: Simulated) -> None:
    directory, _ = calm
    observer = Observer(load(directory / "config.yaml"), probes=False, members=False)
    observer.start()
    try:
        source = until(observer.store, SourceState.LIVE)
        observer.settled(10.0)
        found = clusters_of(observer.store._facts.all(SourceName.CLUSTER_SECRETS))
        known = {member.id for member in observer.store.fleet.members}
    finally:
        observer.stop()

    assert SourceState.LIVE is source.state
    assert known == set(found.values())
