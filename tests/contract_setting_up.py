"""A set-up against the real Kubernetes API, over the wire: the simulator's controllers and clouds with a hub that is
given, which is here one of kubeapi's own, and unchanged a real API server with the real CRDs.

`CONSOLE_CONTRACT_KUBECONFIG=FILE` names the real server (kind's, k3s's); it must be one that `sim --hub` takes, with
nothing of another simulator on it. What the tests make there goes with them, but for CRDs and namespaces.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.kube_api_serving import serving
from tests.setups_over_the_wire import Console
from tests.simulators import Simulated, simulate
from tests.wire_fleet import until

REAL = os.environ.get("CONSOLE_CONTRACT_KUBECONFIG")
MARK, SET_UP = "fleet-console.sim/made-by", "fleet-console/topology"
HEALTH = "alb.ingress.kubernetes.io/healthcheck-interval-seconds"
STAYING = ("namespaces",)
GOING = (
    "applicationsets", "applications", "appprojects", "secrets", "ingresses", "ingressclasses", "albconfigs", "leases",
    "managedclusters",
)  # fmt: skip
"""In an order in which they can be deleted; whatever else is in a cluster is nobody's here."""
ROUTE = "gateway-demo/web-demo"
ADDED = """\
- name: gateway-demo/added
  host: added.example.com
  paths: [/added]
  service: service1
  port: 80
  health_check: {path: /healthz}
  weights: {ack-prod-j: 50, idc-prod: 50}
"""

pytestmark = pytest.mark.xdist_group("given server")
costly = pytest.mark.skipif(
    not (REAL or os.environ.get("CONSOLE_EVERY_SEAM")), reason="against a real server, or make soak"
)


class Server:
    """The server that is given, as kubectl sees it."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig

    def kubectl(self, *words: str) -> str:
        """What kubectl says, as its administrator."""
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)

        assert 0 == done.returncode, done.stderr
        return done.stdout

    def objects(self, label: str) -> dict[str, dict[str, Any]]:
        """Everything that carries a label, by kind, namespace and name."""
        kinds = ",".join((*STAYING, *GOING))
        found = json.loads(self.kubectl("get", kinds, "-A", "-l", label, "-o", "json"))["items"]
        return {f"{one['kind']} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}": one for one in found}

    def object(self, resource: str, *name: str) -> dict[str, Any]:
        """One object."""
        found = json.loads(self.kubectl("get", resource, *name, "-o", "json"))
        assert isinstance(found, dict)
        return found

    def clear(self) -> None:
        """Take away what a simulator or a set-up made; the controllers are no more."""
        for label in (SET_UP, MARK):
            for key, one in self.objects(label).items():
                kind, _, place = key.partition(" ")
                namespace, _, name = place.partition("/")
                if kind.lower() + "s" in STAYING:
                    continue
                where = ["-n", namespace] if namespace else []
                if one["metadata"].get("finalizers"):
                    patch = '{"metadata": {"finalizers": null}}'
                    self.kubectl("patch", kind, name, *where, "--type", "merge", "-p", patch)
                self.kubectl("delete", kind, name, *where, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if REAL:
        yield Server(Path(REAL))
        return
    with serving(tmp_path_factory.mktemp("server"), crds=[]) as served:
        yield Server(served.kubeconfig)


@contextmanager
def simulating(server: Server, folder: Path, scenario: str) -> Iterator[Simulated]:
    """A simulator on the server, which reads the account often; skipped where the server is not fit for one."""
    words = ("--hub", str(server.kubeconfig), "--scenario", scenario, "--speed", "100", "--load", "0")
    started = simulate(folder, *words)
    try:
        directory, ready = next(started)
    except AssertionError:
        if REAL and "is not to be the simulator's hub" in (said := (folder / "sim.log").read_text()):
            pytest.skip(said)
        raise
    config = directory / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("poll: 5s", "poll: 0.3s"), "utf-8")
    try:
        yield directory, ready
    finally:
        started.close()  # type: ignore[attr-defined]
        server.clear()


def done(outcome: tuple[int, Any]) -> Any:
    """What a verb told that ended well."""
    code, told = outcome

    assert 0 == code, told
    return told


def versions(server: Server) -> dict[str, str]:
    """Versions of all that the set-up made, once the controllers have nothing more to say of it."""

    def read() -> dict[str, str]:
        return {key: one["metadata"]["resourceVersion"] for key, one in server.objects(SET_UP).items()}

    return until(lambda: (read(), read()), lambda pair: pair[0] == pair[1])[0]


@costly
def test_from_nothing_to_done_again_with_others_and_away(server: Server, tmp_path: Path) -> None:
    with simulating(server, tmp_path, "unprovisioned") as simulated:
        view = json.loads(server.kubectl("config", "view", "--minify", "-o", "json"))

        assert view["clusters"][0]["cluster"]["server"] == simulated[1]["hub"]

        console = Console(simulated, tmp_path)
        done(console.topology("init"))
        text = console.file.read_text("utf-8")
        # Answers that name nobody: 30 of them are enough.
        console.file.write_text(text[: text.index("  # the demonstration names its cluster")], "utf-8")
        done(console.topology("apply", "--yes"))
        _nothing_is_written_twice(server, console)
        _fields_of_others_survive(server, console)
        theirs = _strange(server)
        refused, _ = console.topology("teardown", "--yes")
        done(console.topology("teardown", "--also", "fleet", "--yes"))

        assert 3 == refused, "others have their things on the Fleet that would go"
        assert theirs == server.object("ingress", "theirs", "-n", "default")
        server.kubectl("delete", "ingress", "theirs", "-n", "default")
        assert {} == server.objects(SET_UP)
        assert {"Namespace"} >= {key.partition(" ")[0] for key in server.objects(MARK)}


def _nothing_is_written_twice(server: Server, console: Console) -> None:
    before = versions(server)
    kinds = {key.partition(" ")[0] for key in before}

    assert {"AlbConfig", "IngressClass", "Ingress", "ApplicationSet", "Namespace"} == kinds
    assert [] == done(console.topology("apply", "--yes"))["steps"]
    assert before == versions(server)


def _strange(server: Server) -> dict[str, Any]:
    """An Ingress of the gateway's class that nobody of ours made, as it stands."""
    server.kubectl("create", "ingress", "theirs", "-n", "default", "--class=alb", "--rule=theirs.example.com/=x:80")
    return server.object("ingress", "theirs", "-n", "default")


def _fields_of_others_survive(server: Server, console: Console) -> None:
    """An annotation on the Ingress and the AlbConfig, and a listener, from kubectl; the file then says something new of
    both."""
    namespace, _, name = ROUTE.partition("/")
    [gateway] = [key.partition("/")[2] for key in server.objects(SET_UP) if key.startswith("AlbConfig ")]
    server.kubectl("annotate", "ingress", name, "-n", namespace, "team=blue")
    server.kubectl("annotate", "albconfig", gateway, "team=blue")
    extra = '[{"op": "add", "path": "/spec/listeners/-", "value": {"port": 8009, "protocol": "HTTP"}}]'
    server.kubectl("patch", "albconfig", gateway, "--type", "json", "-p", extra)

    text = console.file.read_text("utf-8")
    text = text.replace("port: 8001", "port: 8001\n  - port: 8002").replace(
        "path: /healthz", "path: /healthz\n    interval: 5"
    )
    console.file.write_text(text, "utf-8")
    before = versions(server)
    code, told = console.topology("apply", "--yes")

    # A list of listeners is one field to a server, and now kubectl's: taking it is a choice, and takes nothing from it.
    assert (3, {"conflict"}) == (code, {one["rule"] for one in told["checks"] if one["verdict"] == "red"})
    assert before == versions(server)

    told = done(console.topology("apply", "--yes", "--take", f"AlbConfig {gateway}"))

    assert {f"apply AlbConfig {gateway}", f"apply Ingress {ROUTE}"} <= {one["id"] for one in told["steps"]}
    config, ingress = server.object("albconfig", gateway), server.object("ingress", name, "-n", namespace)
    assert {8001, 8002, 8009} == {one["port"] for one in config["spec"]["listeners"]}
    assert ["blue", "blue"] == [one["metadata"]["annotations"]["team"] for one in (config, ingress)]
    assert "5" == ingress["metadata"]["annotations"][HEALTH]


@costly
def test_an_added_route_of_what_was_built_by_hand_is_taken_up(server: Server, tmp_path: Path) -> None:
    with simulating(server, tmp_path, "calm") as simulated:
        console = Console(simulated, tmp_path)

        assert [] == done(console.topology("adopt"))["steps"]

        text = console.file.read_text("utf-8")
        console.file.write_text(text.replace("routes:\n", f"routes:\n{ADDED}", 1), "utf-8")
        told = done(console.topology("apply", "--yes"))

        assert "apply Ingress gateway-demo/added" in {one["id"] for one in told["steps"]}
        assert {"Ingress gateway-demo/added"} == set(server.objects(SET_UP))
        [asked] = [line for line in console.told[-1].splitlines() if "confirmed first requests" in line]
        assert "gateway-demo/added: 30 answers" in asked
