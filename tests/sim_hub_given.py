"""`sim --hub`: the controllers and the world at somebody else's API server, over the wire, which is here one of
kubeapi's own; what was there before stays as it was."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import forked
from tests.kube_api_serving import Served, crds, serving
from tests.simulators import Simulated, simulate
from tests.wire_fleet import until

MARK = "fleet-console.sim/made-by"
ROUTE = "gateway-demo/web-demo"
WEIGHT = "alb.ingress.kubernetes.io/cluster-weight."
ALB = ("alibabacloud.com", "albconfigs")
CLUSTERS = ("cluster.open-cluster-management.io", "managedclusters")
CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")
INGRESSES = ("networking.k8s.io", "ingresses")
STRANGE_CRD = "albconfigs.alibabacloud.com"


def objects(served: Served, resource: tuple[str, str]) -> dict[str, dict[str, Any]]:
    """Objects of a resource as they are stored, by name."""
    found = served.on_loop(lambda: json.loads(json.dumps(served.api.objects(*resource))))
    return {each["metadata"]["name"]: each for each in found}


def seed(served: Served, obj: dict[str, Any]) -> None:
    served.on_loop(lambda: served.api.seed(obj))


def ingress(served: Served) -> dict[str, Any]:
    return objects(served, INGRESSES)["web-demo"]


def weights(served: Served) -> list[str]:
    annotations = ingress(served)["metadata"]["annotations"]
    return sorted(value for key, value in annotations.items() if key.startswith(WEIGHT))


@contextmanager
def simulating(kubeconfig: Path, folder: Path) -> Iterator[Simulated]:
    folder.mkdir(exist_ok=True)
    yield from simulate(folder, "--hub", str(kubeconfig), "--speed", "5")


def refused(kubeconfig: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return forked.run(["sim", "--hub", str(kubeconfig), "--dir", str(folder / "fleet"), *words])


def console(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return forked.run(words, environment={"HOME": str(directory)})


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with a vendor's AlbConfig CRD, somebody's namespace and Ingress, and nothing else."""
    theirs = next(each for each in crds() if each["metadata"]["name"] == STRANGE_CRD)
    theirs["metadata"]["annotations"] = {"vendor": "theirs"}
    with serving(tmp_path_factory.mktemp("server"), crds=[theirs]) as served:
        seed(
            served,
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": {"name": "theirs", "namespace": "shop"},
                "spec": {
                    "ingressClassName": "alb",
                    "defaultBackend": {"service": {"name": "x", "port": {"number": 1}}},
                },
            },
        )
        yield served


@pytest.fixture(scope="module")
def begun(empty: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with simulating(empty.kubeconfig, tmp_path_factory.mktemp("begun")) as simulated:
        yield simulated


def test_the_world_stands_at_the_server_and_all_of_it_is_marked(empty: Served, begun: Simulated) -> None:
    assert empty.url == begun[1]["hub"]
    assert {"ackone-gateway-demo"} == set(objects(empty, ALB)) == set(begun[1]["gateways"])
    assert 2 == len(objects(empty, CLUSTERS))
    made = [*objects(empty, ALB).values(), *objects(empty, CLUSTERS).values(), ingress(empty)]
    assert all(each["metadata"]["labels"][MARK] == "fleet-console-sim" for each in made)
    assert {"web-demo", "api", "checkout", "theirs"} == set(objects(empty, INGRESSES))


def test_status_is_written_where_the_definition_keeps_it(empty: Served, begun: Simulated) -> None:
    clusters = objects(empty, CLUSTERS).values()
    available = [c for each in clusters for c in each["status"]["conditions"] if c["type"].endswith("Available")]

    assert ["True", "True"] == [each["status"] for each in available]
    assert objects(empty, ALB)["ackone-gateway-demo"]["status"]["loadBalancer"]["id"].startswith("alb-")
    assert ingress(empty)["status"]["loadBalancer"]["ingress"][0]["hostname"].endswith("aliyuncs.com")


def test_applications_come_to_be_through_their_controllers(empty: Served, begun: Simulated) -> None:
    def synced() -> set[str]:
        found = objects(empty, ("argoproj.io", "applications")).values()
        return {each["metadata"]["name"] for each in found if each.get("status", {}).get("sync")}

    assert 6 == len(until(synced, lambda found: len(found) == 6))
    made = objects(empty, ("argoproj.io", "applications")).values()
    assert all(each["metadata"]["labels"] == {MARK: "fleet-console-sim"} for each in made)


def test_what_was_there_is_used_and_not_touched(empty: Served, begun: Simulated) -> None:
    definitions = objects(empty, CRDS)
    namespaces = objects(empty, ("", "namespaces"))

    assert {"vendor": "theirs"} == definitions[STRANGE_CRD]["metadata"]["annotations"]
    assert MARK not in definitions[STRANGE_CRD]["metadata"].get("labels", {})
    assert 4 == sum(MARK in each["metadata"].get("labels", {}) for each in definitions.values())
    assert MARK not in namespaces["shop"]["metadata"].get("labels", {})
    assert MARK in namespaces["gateway-demo"]["metadata"]["labels"]
    assert not {"labels", "annotations"} & set(objects(empty, INGRESSES)["theirs"]["metadata"])


def test_what_a_set_up_makes_is_taken_up(empty: Served, begun: Simulated) -> None:
    made = {**json.loads(json.dumps(ingress(empty))), "status": {}}
    made["metadata"] = {"name": "set-up", "namespace": "gateway-demo", "labels": {"fleet-console/topology": "demo"}}
    made["spec"]["rules"][0]["host"] = "set-up.example.com"
    seed(empty, made)
    found = until(lambda: objects(empty, INGRESSES)["set-up"], lambda one: bool(one["status"].get("loadBalancer")))

    assert found["status"] == ingress(empty)["status"]
    assert MARK not in found["metadata"]["labels"]
    empty.kubectl("delete", "ingress", "set-up", "-n", "gateway-demo")


def test_the_kubeconfig_leads_to_the_server_and_to_the_members(empty: Served, begun: Simulated) -> None:
    file = begun[0] / "kubeconfig"
    document = yaml.safe_load(file.read_text())
    clusters = {each["name"]: each["cluster"]["server"] for each in document["clusters"]}

    assert 0o600 == file.stat().st_mode & 0o777
    assert "hub" == document["current-context"]
    assert ["hub", "ack-prod-j", "idc-prod"] == [each["name"] for each in document["contexts"]]
    assert empty.url == clusters["hub"]


def newest_word(server: Served) -> str:
    """What the controller said of anything last, but that it begins; a gateway that is blocked takes no shift."""
    said = objects(server, ("", "events")).values()
    ended = [one for one in said if one["reason"] == "SuccessfullyReconciled" or one["reason"].startswith("Failed")]
    return str(max(ended, key=lambda one: int(one["metadata"]["resourceVersion"]))["reason"])


def test_a_shift_from_the_command_line_ends_0_and_the_server_shows_it(
    empty: Served, begun: Simulated, tmp_path: Path
) -> None:
    until(lambda: newest_word(empty), lambda reason: reason == "SuccessfullyReconciled")
    words = ("shift", ROUTE, "--to", "ack=80,idc=20", "--reason", "x", "--yes")
    done = console(tmp_path, *words, "--config", str(begun[0] / "config.yaml"), "--state-dir", str(tmp_path / "state"))

    assert 0 == done.returncode, done.stderr
    assert ["20", "80"] == weights(empty)


@pytest.mark.parametrize(
    "words", ["api-partition", "clock-skew 5", "credential-expiry", "denied --permission", "storm --rate 100"]
)
def test_what_needs_an_own_hub_is_one_sentence(begun: Simulated, words: str) -> None:
    name, *more = words.split()
    command = [name, *more] if name == "storm" else ["fault", name, *more]
    command += ["list events"] if name == "denied" else []
    done = console(begun[0].parent, "sim", *command, "--dir", str(begun[0]))

    assert 2 == done.returncode
    assert "a hub that was given" in done.stderr


def test_a_storm_goes_over_the_api(begun: Simulated) -> None:
    done = console(begun[0].parent, "sim", "storm", "--rate", "20", "--for", "1s", "--dir", str(begun[0]))

    assert (0, "20 changes") == (done.returncode, done.stdout[:10])


def test_a_second_start_takes_its_own_over_as_they_stand(tmp_path: Path) -> None:
    with serving(tmp_path, crds=[]) as served:
        with simulating(served.kubeconfig, tmp_path / "first"):
            before = objects(served, CLUSTERS) | objects(served, ALB)
            key = next(k for k in ingress(served)["metadata"]["annotations"] if k.startswith(WEIGHT))
            where = ingress(served)
            served.on_loop(lambda: served.api.amend(where, {"metadata": {"annotations": {key: "7"}}}))

        assert "stay" in (tmp_path / "first" / "sim.log").read_text()

        with simulating(served.kubeconfig, tmp_path / "second"):
            after = objects(served, CLUSTERS) | objects(served, ALB)

        assert "0 objects made, 25 taken over" in (tmp_path / "second" / "sim.log").read_text()
        assert {k: v["metadata"]["uid"] for k, v in before.items()} == {
            k: v["metadata"]["uid"] for k, v in after.items()
        }
        assert "7" == ingress(served)["metadata"]["annotations"][key]

        other = refused(served.kubeconfig, tmp_path, "--seed", "2")

        assert 3 == other.returncode
        assert "2 ManagedClusters are left there of another simulated world" in other.stderr


def test_strangers_and_all_else_are_named_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    with serving(tmp_path, version="v1.18.3") as served:
        cluster = {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster"}
        seed(served, {**cluster, "metadata": {"name": "theirs"}, "spec": {"hubAcceptsClient": True}})
        config = {"apiVersion": "alibabacloud.com/v1", "kind": "AlbConfig", "metadata": {"name": "their-gateway"}}
        seed(served, {**config, "spec": {}})
        version = served.on_loop(lambda: len(served.api.objects("", "namespaces")))
        done = refused(served.kubeconfig, tmp_path, "--context", "operator", "--scenario", "half-denied")

        assert 3 == done.returncode
        for words in (
            "1 AlbConfig is there that the simulator did not make: their-gateway",
            "1 ManagedCluster is there that the simulator did not make: theirs",
            "create and patch managedclusters.cluster.open-cluster-management.io",
            "its version is v1.18.3",
            "denied cannot be done to a hub that was given",
        ):
            assert words in done.stderr
        assert version == served.on_loop(lambda: len(served.api.objects("", "namespaces")))
        assert not (tmp_path / "fleet").exists()


def test_an_object_of_the_same_name_is_in_the_way(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        spec = {"defaultBackend": {"service": {"name": "x", "port": {"number": 1}}}}
        metadata = {"name": "checkout", "namespace": "shop"}
        seed(served, {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec})
        done = refused(served.kubeconfig, tmp_path)

        assert 3 == done.returncode
        assert "1 object is in the way, not made by it: Ingress shop/checkout" in done.stderr


@contextmanager
def far(served: Served, folder: Path) -> Iterator[Path]:
    """A kubeconfig for the server by an address of this host that is not loopback."""
    address = _address()
    if address is None:
        pytest.skip("this host has no address but loopback")
    with socket.create_server((address, 0)) as door:
        threading.Thread(target=_forward, args=(door, int(served.url.rpartition(":")[2])), daemon=True).start()
        document = json.loads(served.kubeconfig.read_text())
        document["clusters"][0]["cluster"] |= {
            "server": f"https://{address}:{door.getsockname()[1]}",
            "tls-server-name": "localhost",
        }
        file = folder / "far"
        file.write_text(json.dumps(document))
        yield file


def _address() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            # Sends nothing: only the route is looked up.
            asked.connect(("198.51.100.1", 9))
        except OSError:
            return None
        address = str(asked.getsockname()[0])
    return None if address.startswith("127.") else address


def _forward(door: socket.socket, port: int) -> None:
    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            sink.close()

    while True:
        try:
            near, _ = door.accept()
        except OSError:
            return
        other = socket.create_connection(("127.0.0.1", port))
        for pair in ((near, other), (other, near)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def test_a_server_that_is_neither_loopback_nor_marked_is_refused_and_a_marked_one_serves(tmp_path: Path) -> None:
    with serving(tmp_path) as served, far(served, tmp_path) as kubeconfig:
        done = refused(kubeconfig, tmp_path)

        assert 3 == done.returncode
        assert "is not loopback and carries no namespace fleet-console-sim" in done.stderr
        assert {} == objects(served, CLUSTERS)

        seed(served, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fleet-console-sim"}})
        with simulating(kubeconfig, tmp_path / "marked"):
            assert 2 == len(objects(served, CLUSTERS))


def test_a_kubeconfig_that_would_be_overwritten_is_usage(tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    done = refused(tmp_path / "fleet" / "kubeconfig", tmp_path)

    assert 2 == done.returncode
    assert "--dir would overwrite" in done.stderr


def test_a_server_on_loopback_that_does_not_answer_is_lost(tmp_path: Path) -> None:
    cluster = {"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}
    document = {"current-context": "c", "clusters": [cluster], "contexts": [{"name": "c", "context": {"cluster": "c"}}]}
    (tmp_path / "dead").write_text(json.dumps(document))
    done = refused(tmp_path / "dead", tmp_path)

    assert 7 == done.returncode
    assert "does not answer" in done.stderr
