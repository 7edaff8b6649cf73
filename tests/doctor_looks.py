"""Doctor over the wire: it looks at everything whatever fails, tells no secret, and writes nothing."""

from __future__ import annotations

import json
import subprocess
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from console.checkup import look
from console.decide import checkup as decide
from console.model.checkup import Check
from tests import forked
from tests.cloud_scripted import ScriptedCloud, cloud, error
from tests.hub_scripted import Request, ScriptedHub, Told, kubeconfig, page, scripted, status
from tests.present_documents import schema
from tests.simulators import Simulated
from tests.wire_fleet import until

__all__ = ["cloud", "scripted"]

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
MEMBERS = "/apis/cluster.open-cluster-management.io/v1/managedclusters"


def files(directory: Path, hub: str, **fleet: Any) -> Path:
    """A kubeconfig and settings that name it; the settings' path."""
    named = kubeconfig(directory / "kubeconfig", hub, {"token": "hunter2"})
    path = directory / "config.yaml"
    path.write_text(yaml.safe_dump({"fleets": [{"kubeconfig": named, **fleet}]}))
    path.chmod(0o600)
    return path


def doctor(config: Path, **more: Any) -> dict[str, Check]:
    found = look(config=config, state_dir=config.parent / "state", **more)
    return {check.name: check for check in decide.checks(found)}


def allowing(hub: ScriptedHub, denied: str = "") -> None:
    """Every permission but that of one verb."""

    def review(request: Request) -> Told:
        verb = request.body["spec"]["resourceAttributes"]["verb"]
        return 201, {"status": {"allowed": verb != denied}}

    hub.answer[REVIEWS] = review
    hub.answer["/version"] = lambda _: (200, {"gitVersion": "v1.32\x1b[31m"})


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return forked.run(words, timeout=60, environment=environment)


def test_a_calm_fleet_has_nothing_bad_and_the_json_is_the_contracts(calm: Simulated, tmp_path: Path) -> None:
    state, config = tmp_path / "state", calm[0] / "config.yaml"
    until(lambda: doctor(config)["read prometheus"].state, lambda word: word == "ok")  # a rate needs a past
    done = run("--config", str(config), "doctor", "-o", "json", "--state-dir", str(state))
    document = json.loads(done.stdout)

    assert 0 == done.returncode, done.stdout
    jsonschema.validate(document, schema("doctor"))
    assert {"ok", "not set"} == {check["state"] for check in document["checks"]}
    assert not state.exists()


def test_probes_are_asked_once_through_the_gateway_and_past_it(calm: Simulated, zone_lost: Simulated) -> None:
    well, past = doctor(calm[0] / "config.yaml"), doctor(zone_lost[0] / "config.yaml")["direct probes"]

    assert well["probes"].found.startswith("2 of 2 answer, the slowest in ")
    assert well["direct probes"].found.startswith("2 of 2 answer, the slowest in ")
    assert past.found.startswith("1 of 2 has no usable answer: idc-prod: 127.0.0.1:")
    assert ("warn", True) == (past.state, past.found.endswith("connection refused"))


def test_a_probe_whose_answer_names_no_member_is_told(scripted: ScriptedHub, tmp_path: Path) -> None:
    allowing(scripted)
    probe = {"route": "shop/web", "url": f"{scripted.url}/version", "member": {"json": "envCluster"}}
    found = doctor(files(tmp_path, scripted.url, probes=[probe]))["probes"].found

    assert "1 of 1 has no usable answer: shop/web: answered 200, and the answer names no member" == found


def test_a_viewer_lacks_the_writes_of_a_shift(calm: Simulated) -> None:
    done = run("--config", str(calm[0] / "config.yaml"), "--context", "hub-viewer", "doctor")

    assert 4 == done.returncode
    assert "not allowed: patch ingresses.networking.k8s.io" in done.stdout
    assert "no weight can be written" in " ".join(done.stdout.split())


def test_without_a_kubeconfig_the_exit_code_is_7_and_all_checks_are_told() -> None:
    done = run("doctor", "-o", "json")
    names = [check["name"] for check in json.loads(done.stdout)["checks"]]

    assert 7 == done.returncode
    assert ["kubeconfig", "hub"] == names[:2]
    assert {"write leases", "cloud call", "clock", "settings file", "state directory", "terminal"} <= set(names)


def test_settings_that_cannot_be_used_do_not_stop_the_other_checks(scripted: ScriptedHub, tmp_path: Path) -> None:
    allowing(scripted)
    path = tmp_path / "config.yaml"
    path.write_text("fleets: 5")
    checks = doctor(path, kubeconfig=kubeconfig(tmp_path / "kubeconfig", scripted.url))

    assert "bad" == checks["settings file"].state
    assert "ok" == checks["hub"].state


def test_one_missing_verb_is_named_for_every_kind_it_is_missing_for(scripted: ScriptedHub, tmp_path: Path) -> None:
    allowing(scripted, "watch")
    checks = doctor(files(tmp_path, scripted.url))

    assert "not allowed: watch ingresses.networking.k8s.io" == checks["read ingresses"].found
    assert "not allowed: watch configmaps in namespace fleet-console" == checks["read configmaps"].found
    assert "ok" == checks["write ingresses"].state


def test_members_of_settings_are_compared_with_the_hubs(scripted: ScriptedHub, tmp_path: Path) -> None:
    allowing(scripted)
    scripted.lists(MEMBERS, (200, page({"metadata": {"name": "c1", "uid": "1"}})))
    checks = doctor(files(tmp_path, scripted.url, members={"c1": {}, "c9": {}}))

    assert "not on the hub: c9; on the hub: c1" == checks["settings members"].found


def test_what_the_hub_says_is_inert(scripted: ScriptedHub, tmp_path: Path) -> None:
    allowing(scripted)

    assert "v1.32␛[31m" in doctor(files(tmp_path, scripted.url))["hub"].found


def test_a_clock_that_is_off_is_told(scripted: ScriptedHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    allowing(scripted)
    monkeypatch.setattr(
        "http.server.BaseHTTPRequestHandler.date_time_string", lambda *_: formatdate(time.time() + 90, usegmt=True)
    )
    check = doctor(files(tmp_path, scripted.url))["clock"]

    assert "bad" == check.state
    assert "ahead of this machine" in check.found


def test_a_refused_token_is_denied_by_the_hub(scripted: ScriptedHub, tmp_path: Path) -> None:
    for path in ("/api/v1/namespaces/kube-system", "/version", REVIEWS):
        scripted.answer[path] = lambda _: (401, status(401, "Unauthorized"))
    found = look(config=files(tmp_path, scripted.url))
    checks = decide.checks(found)

    assert 7 == decide.exit_code(found, checks)
    assert "does not know who we are (401)" in checks[1].found
    assert "hunter2" not in str(checks)


def test_a_plugin_that_hangs_is_given_up_and_the_rest_is_told(scripted: ScriptedHub, tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sleep", "args": ["5"]}}
    named = kubeconfig(tmp_path / "kubeconfig", scripted.url, user)
    found = look(kubeconfig=named, patience=0.5)
    checks = {check.name: check for check in decide.checks(found)}

    assert "no credential within 0.5 s" == checks["kubeconfig"].found
    assert 7 == decide.exit_code(found, tuple(checks.values()))
    assert "state directory" in checks


def test_the_cloud_names_the_action_that_is_denied(scripted: ScriptedHub, cloud: ScriptedCloud, tmp_path: Path) -> None:
    allowing(scripted)
    cloud.answer["ListLoadBalancers"] = lambda _: (403, error("NoPermission"))
    settings = cloud.settings
    credentials = {"access_key_id": "ak-hunter2", "access_key_secret": "sk-hunter2"}
    fleet = {"region": "cn-test", "endpoints": settings.endpoints, "protocol": "http", "credentials": credentials}
    checks = doctor(files(tmp_path, scripted.url, cloud=fleet))

    assert "ok" == checks["cloud credential"].state
    assert ("bad", "not allowed: alb:ListLoadBalancers (NoPermission)") == (
        checks["cloud call"].state.value,
        checks["cloud call"].found,
    )
    assert "hunter2" not in str(checks)


def test_each_product_of_the_cloud_is_asked_once_and_a_denial_names_its_action(
    scripted: ScriptedHub, cloud: ScriptedCloud, tmp_path: Path
) -> None:
    allowing(scripted)
    cloud.answer["DescribeClusterDetail"] = lambda _: (403, error("StatusForbidden"))
    settings = cloud.settings
    credentials = {"access_key_id": "ak-hunter2", "access_key_secret": "sk-hunter2"}
    named = {"region": "cn-test", "endpoints": settings.endpoints, "protocol": "http", "credentials": credentials}
    checks = doctor(files(tmp_path, scripted.url, cloud=named, members={"c-a": {"zone": "zone-a"}}))

    assert ("ok", "warn", "not set") == tuple(checks[f"read {name}"].state for name in ("adcp", "cs", "vpc"))
    assert "not allowed: cs:DescribeClusterDetail (StatusForbidden)" == checks["read cs"].found
    assert "allowed for the RAM user or role; without it a cluster that the cloud" in checks["read cs"].fix
    assert 1 == len(cloud.calls("DescribeHubClusters")) == len(cloud.calls("DescribeClusterDetail"))


def test_the_query_of_prometheus_is_asked_once(scripted: ScriptedHub, tmp_path: Path) -> None:
    allowing(scripted)
    named = {"url": "http://127.0.0.1:1", "query": "x", "token": "hunter2"}
    checks = doctor(files(tmp_path, scripted.url, prometheus=named))

    assert ("warn", "127.0.0.1:1: connection refused") == (
        checks["read prometheus"].state,
        checks["read prometheus"].found,
    )
    assert "hunter2" not in str(checks)


def test_nothing_is_written_on_the_hub(scripted: ScriptedHub, tmp_path: Path) -> None:
    allowing(scripted)
    doctor(files(tmp_path, scripted.url))
    posted = {request.path for request in scripted.requests if request.method != "GET"}

    assert {REVIEWS, "/apis/authentication.k8s.io/v1/selfsubjectreviews"} == posted
    assert not (tmp_path / "state").exists()
