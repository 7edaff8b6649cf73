"""The real kubectl takes the simulated API server for a real one: one session per thing that people do with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kube_api_serving import Served, serving

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")

WEIGHT = "alb.ingress.kubernetes.io/cluster-weight.c1"
INGRESS = f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: default
  annotations:
    {WEIGHT}: "50"
spec:
  ingressClassName: alb
  rules:
  - host: a.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {{service: {{name: web, port: {{number: 80}}}}}}
"""
MEMBER = """
apiVersion: cluster.open-cluster-management.io/v1
kind: ManagedCluster
metadata: {name: c1}
spec: {hubAcceptsClient: true}
"""
LEASE = """
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: agent, namespace: default}
spec: {holderIdentity: me, leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z"}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("kubectl")) as served:
        yield served


@pytest.fixture
def fleet(server: Served) -> Iterator[Served]:
    """The server without what an earlier session left behind."""
    yield server
    for kind in ("ingress", "configmap", "lease", "event", "service"):
        done(server, "delete", kind, "--all", "--now")
    done(server, "delete", "managedcluster", "--all")


def done(fleet: Served, *words: str, stdin: str = "", role: str = "admin") -> str:
    """What a command that must succeed printed."""
    result = fleet.kubectl(*words, stdin=stdin, role=role)
    assert 0 == result.returncode, (words, result.stdout, result.stderr)
    return result.stdout


def refused(fleet: Served, *words: str, stdin: str = "", role: str = "admin") -> str:
    """What a command that must fail said."""
    result = fleet.kubectl(*words, stdin=stdin, role=role)
    assert 0 != result.returncode, (words, result.stdout)
    return result.stderr + result.stdout


def found(fleet: Served, *words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(done(fleet, "get", *words, "-o", "json", "--show-managed-fields"))
    return document


def columns(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_it_finds_its_way_around(fleet: Served) -> None:
    served = done(fleet, "api-resources", "--no-headers", "-o", "name").split()
    explained = done(fleet, "explain", "ingress.spec.rules.http.paths")

    assert "Server Version: v1.32.4" in done(fleet, "version")
    assert "is running at" in done(fleet, "cluster-info")
    assert {"ingresses.networking.k8s.io", "configmaps", "managedclusters.cluster.open-cluster-management.io"} <= set(
        served
    )
    assert {"v1", "networking.k8s.io/v1", "alibabacloud.com/v1"} <= set(done(fleet, "api-versions").split())
    assert "pathType\t<string> -required-" in explained and "enum: Exact, ImplementationSpecific, Prefix" in explained
    assert "spec\t<IngressSpec>" in done(fleet, "explain", "ingress")
    assert "NoSelect, PreferNoSelect, NoSelectIfNew" in done(fleet, "explain", "mcl.spec.taints", "--recursive")
    assert "ok" == done(fleet, "get", "--raw", "/readyz")


def test_it_applies_from_its_own_side(fleet: Served) -> None:
    changed = INGRESS.replace('"50"', '"60"')

    assert "created" in done(fleet, "apply", "-f", "-", stdin=INGRESS)
    assert "unchanged" in done(fleet, "apply", "-f", "-", stdin=INGRESS)
    difference = fleet.kubectl("diff", "-f", "-", stdin=changed)
    assert (1, True) == (difference.returncode, f'+    {WEIGHT}: "60"' in difference.stdout)
    assert "configured (server dry run)" in done(fleet, "apply", "--dry-run=server", "-f", "-", stdin=changed)
    assert "50" == found(fleet, "ingress", "web")["metadata"]["annotations"][WEIGHT]
    assert "configured" in done(fleet, "apply", "-f", "-", stdin=changed)
    assert "60" == found(fleet, "ingress", "web")["metadata"]["annotations"][WEIGHT]
    assert 0 == fleet.kubectl("diff", "-f", "-", stdin=changed).returncode


def test_it_applies_from_the_servers_side_and_is_told_of_conflicts(fleet: Served) -> None:
    changed = INGRESS.replace('"50"', '"60"')
    server_side = ("apply", "--server-side", "-f", "-")
    done(fleet, *server_side, "--field-manager=first", stdin=INGRESS)
    conflict = refused(fleet, *server_side, "--field-manager=second", stdin=changed)
    difference = fleet.kubectl("diff", "--server-side", "--field-manager=first", "-f", "-", stdin=changed)
    done(fleet, *server_side, "--field-manager=second", "--force-conflicts", stdin=changed)
    owners = {
        entry["manager"]: f"f:{WEIGHT}" in entry["fieldsV1"]["f:metadata"].get("f:annotations", {})
        for entry in found(fleet, "ingress", "web")["metadata"]["managedFields"]
    }

    assert f'conflict with "first": .metadata.annotations.{WEIGHT}' in conflict
    assert 1 == difference.returncode
    assert {"first": False, "second": True} == owners


def test_it_moves_from_one_side_to_the_other(fleet: Served) -> None:
    done(fleet, "apply", "-f", "-", stdin=INGRESS)
    done(fleet, "apply", "--server-side", "-f", "-", stdin=INGRESS)
    managers = {entry["manager"] for entry in found(fleet, "ingress", "web")["metadata"]["managedFields"]}

    assert "kubectl-client-side-apply" not in managers and "kubectl" in managers


def test_it_shows_tables(fleet: Served) -> None:
    done(fleet, "apply", "-f", "-", stdin=f"{INGRESS}---{MEMBER}---{LEASE}")
    for number in range(5):
        done(fleet, "create", "configmap", f"m{number}", f"--from-literal=a={number}")

    assert ["web", "alb", "a.example.com", "80"] == columns(done(fleet, "get", "ing", "--no-headers"))[0][:4]
    assert ["NAME", "HUB", "ACCEPTED", "MANAGED", "CLUSTER", "URLS", "JOINED", "AVAILABLE", "AGE"] == columns(
        done(fleet, "get", "mcl")
    )[0]
    assert ["default", "agent", "me"] == columns(done(fleet, "get", "lease", "-A", "-o", "wide", "--no-headers"))[0][:3]
    assert [["default", "Active"], ["kube-system", "Active"]] == [
        c[:2] for c in columns(done(fleet, "get", "ns", "--no-headers"))
    ]
    assert 5 == len(columns(done(fleet, "get", "cm", "--chunk-size=2", "--no-headers")))
    assert ["m4", "m0"] == [
        columns(done(fleet, "get", "cm", "--sort-by={.data.a}", "--no-headers"))[at][0] for at in (4, 0)
    ]
    assert "configmap/m1\n" == done(fleet, "get", "cm", "--field-selector", "metadata.name=m1", "-o", "name")
    assert "a.example.com" == done(fleet, "get", "ing", "web", "-o", "jsonpath={.spec.rules[0].host}")


def test_it_patches_in_three_ways_and_edits_in_others(fleet: Served) -> None:
    done(fleet, "apply", "-f", "-", stdin=f"{INGRESS}---{MEMBER}")
    key = "/metadata/annotations/" + WEIGHT.replace("/", "~1")
    steps = [{"op": "test", "path": key, "value": "50"}, {"op": "replace", "path": key, "value": "0"}]
    done(fleet, "patch", "ing", "web", "--type=json", "-p", json.dumps(steps))
    again = refused(fleet, "patch", "ing", "web", "--type=json", "-p", json.dumps(steps))
    done(fleet, "patch", "ing", "web", "--type=merge", "-p", '{"spec":{"ingressClassName":"other"}}')
    done(fleet, "patch", "ing", "web", "-p", '{"metadata":{"annotations":{"x/y":"z"}}}')
    unsupported = refused(fleet, "patch", "mcl", "c1", "-p", "{}")
    done(fleet, "annotate", "ing", "web", "note=1")
    done(fleet, "label", "ing", "web", "tier=a")
    ingress = found(fleet, "ing", "web")
    stale = json.dumps({**ingress, "metadata": {**ingress["metadata"], "resourceVersion": "1"}})

    assert "the server rejected our request due to an error in our request" in again
    assert "application/strategic-merge-patch+json is not supported" in unsupported
    assert ("0", "z", "1") == tuple(ingress["metadata"]["annotations"][k] for k in (WEIGHT, "x/y", "note"))
    assert ({"tier": "a"}, "other", 2) == (
        ingress["metadata"]["labels"],
        ingress["spec"]["ingressClassName"],
        ingress["metadata"]["generation"],
    )
    assert (
        "web" in done(fleet, "get", "ing", "-l", "tier in (a,b)")
        and "No resources" in fleet.kubectl("get", "ing", "-l", "!tier").stderr
    )
    assert "the object has been modified" in refused(fleet, "replace", "-f", "-", stdin=stale)
    del ingress["metadata"]["annotations"]["note"]
    done(fleet, "replace", "-f", "-", stdin=json.dumps(ingress))
    assert "note" not in found(fleet, "ing", "web")["metadata"]["annotations"]


def test_it_creates_by_flags(fleet: Served) -> None:
    done(fleet, "create", "namespace", "made", role="operator")
    done(fleet, "create", "configmap", "c", "--from-literal=a=b", "-n", "made")
    done(fleet, "create", "secret", "generic", "s", "--from-literal=p=q", "-n", "made")
    done(fleet, "create", "service", "clusterip", "web", "--tcp=80:8080", "-n", "made")
    done(fleet, "create", "ingress", "i", "--class=alb", "--rule=a.com/*=web:80", "-n", "made")
    done(fleet, "create", "deployment", "d", "--image=x", "--replicas=2", "-n", "made")

    assert {"a": "b"} == found(fleet, "cm", "c", "-n", "made")["data"]
    assert {"p": "cQ=="} == found(fleet, "secret", "s", "-n", "made")["data"]
    assert "web:80 (<none>)" in done(fleet, "describe", "ingress", "i", "-n", "made")
    assert "0/2" in done(fleet, "get", "deploy", "-n", "made")
    done(fleet, "delete", "namespace", "made")
    assert "not found" in refused(fleet, "create", "configmap", "c", "-n", "made")


def test_it_describes_with_events(fleet: Served) -> None:
    done(fleet, "apply", "-f", "-", stdin=f"{INGRESS}---{MEMBER}---{LEASE}")
    about = (
        ("Ingress", "networking.k8s.io/v1", "web"),
        ("ManagedCluster", "cluster.open-cluster-management.io/v1", "c1"),
    )
    for kind, version, name in about:
        uid = done(fleet, "get", kind, name, "-o", "jsonpath={.metadata.uid}")
        event = {
            "apiVersion": "v1", "kind": "Event", "metadata": {"generateName": f"{name}.", "namespace": "default"},
            "involvedObject": {"apiVersion": version, "kind": kind, "name": name, "uid": uid} | (
                {"namespace": "default"} if kind == "Ingress" else {}
            ),
            "reason": "Synced", "message": f"{name} is done", "type": "Normal", "source": {"component": "ingress"},
        }  # fmt: skip
        done(fleet, "create", "-f", "-", stdin=json.dumps(event))

    assert "web is done" in done(fleet, "describe", "ingress", "web")
    assert "c1 is done" in done(fleet, "describe", "mcl", "c1")
    assert "Holder Identity:         me" in done(fleet, "describe", "lease", "agent")
    assert "ingress/web" in done(fleet, "get", "events", "--field-selector", "involvedObject.name=web,type=Normal")
    assert "web is done" in done(fleet, "events", "--for", "ingress/web")


def test_it_watches(fleet: Served) -> None:
    done(fleet, "apply", "-f", "-", stdin=INGRESS)
    command = [
        "kubectl",
        "--kubeconfig",
        str(fleet.kubeconfig),
        "get",
        "ing",
        "-w",
        "-o",
        "json",
        "--output-watch-events",
    ]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert watching.stdout is not None
        decoder, text, events = json.JSONDecoder(), "", list[dict[str, Any]]()
        while len(events) < 3 and (line := watching.stdout.readline()):
            text += line
            try:
                event, end = decoder.raw_decode(text)
            except ValueError:
                continue
            events.append(event)
            text = text[end:].lstrip()
            words = {1: ("annotate", "ing", "web", "seen=1"), 2: ("delete", "ing", "web", "--wait=false")}
            if len(events) in words:
                done(fleet, *words[len(events)])
    finally:
        watching.kill()
        watching.wait()

    assert ["ADDED", "MODIFIED", "DELETED"] == [event["type"] for event in events]


def test_it_waits(fleet: Served) -> None:
    done(fleet, "apply", "-f", "-", stdin=MEMBER)
    condition = {
        "type": "Joined",
        "status": "True",
        "reason": "r",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    change = json.dumps({"status": {"conditions": [condition]}})
    done(fleet, "patch", "mcl", "c1", "--type=merge", "--subresource=status", "-p", change)
    done(fleet, "wait", "mcl/c1", "--for=condition=Joined", "--timeout=5s")
    done(fleet, "wait", "mcl/c1", "--for=jsonpath={.spec.hubAcceptsClient}=true", "--timeout=5s")
    done(fleet, "wait", "crd/managedclusters.cluster.open-cluster-management.io", "--for=condition=established")
    done(fleet, "patch", "mcl", "c1", "--type=merge", "-p", '{"metadata":{"finalizers":["a.b/c"]}}')
    deleting = subprocess.Popen(
        ["kubectl", "--kubeconfig", str(fleet.kubeconfig), "delete", "mcl", "c1"], stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + 10
    while not done(fleet, "get", "mcl", "c1", "-o", "jsonpath={.metadata.deletionTimestamp}"):
        assert time.monotonic() < until
    running = deleting.poll()
    done(fleet, "patch", "mcl", "c1", "--type=json", "-p", '[{"op":"remove","path":"/metadata/finalizers"}]')

    assert running is None
    assert 0 == deleting.wait(10)
    done(fleet, "wait", "mcl/c1", "--for=delete", "--timeout=5s")


def test_it_is_told_what_it_may_not_do(fleet: Served) -> None:
    done(fleet, "apply", "-f", "-", stdin=INGRESS)
    wrong_field = INGRESS.replace("ingressClassName: alb", "ingressClas: alb")

    assert "yes\n" == done(fleet, "auth", "can-i", "patch", "ingresses", role="operator")
    assert "no\n" == refused(fleet, "auth", "can-i", "patch", "ingresses", role="viewer")
    assert "admin" in done(fleet, "auth", "whoami")
    permissions = {line[0]: line[3:] for line in columns(done(fleet, "auth", "can-i", "--list", role="viewer"))}
    assert "secrets" not in permissions and ["[get", "list", "watch]"] == permissions["ingresses.networking.k8s.io"]
    assert 'User "viewer" cannot patch resource "ingresses"' in refused(
        fleet, "annotate", "ing", "web", "a=b", role="viewer"
    )
    assert 'cannot list resource "secrets"' in refused(fleet, "get", "secrets", role="operator")
    assert "logged in" in refused(fleet, "get", "ns", role="stranger")
    assert 'strict decoding error: unknown field "spec.ingressClas"' in refused(
        fleet, "apply", "-f", "-", stdin=wrong_field
    )
    assert "ensure CRDs are installed first" in refused(
        fleet, "apply", "-f", "-", stdin="apiVersion: a.b/v1\nkind: C\nmetadata: {name: d}"
    )
    assert "Required value" in refused(
        fleet, "create", "-f", "-", stdin=INGRESS.replace("pathType: Prefix", "").replace("name: web\n", "name: x\n")
    )


def test_it_installs_a_crd_too_large_for_its_own_side(fleet: Served, tmp_path: Path) -> None:
    properties = {f"field{number}": {"type": "string", "description": "x" * 2000} for number in range(700)}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}
    names = {"plural": "bigs", "kind": "Big"}
    version = {"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "bigs.x.io"},
        "spec": {"group": "x.io", "scope": "Namespaced", "names": names, "versions": [version]},
    }  # fmt: skip
    path = tmp_path / "crd.json"
    path.write_text(json.dumps(crd), "utf-8")

    assert path.stat().st_size > 1_400_000
    assert "metadata.annotations: Too long" in refused(fleet, "apply", "-f", str(path))
    done(fleet, "apply", "--server-side", "-f", str(path))
    done(fleet, "apply", "--server-side", "-f", str(path))
    big = "apiVersion: x.io/v1alpha1\nkind: Big\nmetadata: {name: b}\nspec: {field1: a}"
    done(fleet, "apply", "-f", "-", stdin=big)
    assert ["b"] == columns(done(fleet, "get", "bigs", "--no-headers"))[0][:1]
    assert "field7\t<string>" in done(fleet, "explain", "big.spec")
    done(fleet, "delete", "crd", "bigs.x.io")
