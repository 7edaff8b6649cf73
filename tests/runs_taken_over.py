"""Runs from elsewhere: commanded through their record, taken over from a stopped runner, and records that lie."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.kube.write import ingress_path
from console.model.hub import MANAGER
from console.run import runs
from console.run.access import Access
from tests import forked
from tests.runs_survive_kill import ROUTE, Shifter
from tests.simulators import simulate

NAME = "/".join(ROUTE)
PATIENCE = 40.0


class Hosts:
    """Two operators of one Fleet, each with a state directory of their own."""

    def __init__(self, here: Shifter, directory: Path, whole: Path) -> None:
        self.here = here
        self.hub = here.hub
        self.whole = whole
        """Settings that read the cloud, too."""
        self._directory = directory
        self.count = 0

    def say(self, *words: str, host: str = "state", config: str | None = None, **environment: str) -> tuple[int, Any]:
        """One command as one of them."""
        own = ["--config", config or str(self.here.config), "--state-dir", str(self._directory / host)]
        done = forked.run([*own, *words, "-o", "json"], timeout=120, environment=environment)
        return done.returncode, json.loads(done.stdout or "null")

    def begin(self, *more: str) -> dict[str, Any]:
        """A run in three steps that holds long at each; returns what is told of it."""
        self.count += 1
        ack = 40 + self.count
        to = f"ack={ack},idc={100 - ack}"
        words = ("shift", NAME, "--to", to, "--reason", "drill", "--steps", "30,60,100", "--hold", "60s", "--yes")
        code, told = self.say(*words, *more, "--detach")

        assert 4 == code, told
        self.until(lambda: self.told(told["run"])["step"] >= 1 and self.told(told["run"])["hold_until"])
        found: dict[str, Any] = self.told(told["run"])
        return found

    def told(self, run: str) -> dict[str, Any]:
        """What the first operator's journal tells of a run; read here, since it is asked again and again."""
        report = runs.report(Access(state_dir=self._directory / "state"), run)

        assert report is not None
        return asdict(report)

    def listed(self, run: str, host: str) -> dict[str, Any]:
        """What `runs` tells one of them of a run."""
        found: dict[str, Any] = next(one for one in self.say("runs", host=host)[1] if one["run"] == run)
        return found

    def grow_silent(self) -> None:
        """The Fleet's Lease looks as if its holder had last renewed it long ago."""
        path = "/apis/coordination.k8s.io/v1/namespaces/fleet-console/leases/fleet-console-runner"
        body = {"spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}}
        answer = self.hub.call("PATCH", path, body=body, content_type="application/merge-patch+json")

        assert answer.ok

    @staticmethod
    def until(holds: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.3)

    def ingress(self) -> dict[str, Any]:
        found: dict[str, Any] = self.hub.call("GET", ingress_path(*ROUTE)).json()
        return found

    def record(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.hub.call("GET", f"/api/v1/namespaces/fleet-console/configmaps/run-{run}").json()
        return found


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    for simulated in simulate(tmp_path_factory.mktemp("fast"), "--speed", "20", "--load", "0"):
        directory = tmp_path_factory.mktemp("hosts")
        here = Shifter(simulated, directory)
        settings = yaml.safe_load(here.config.read_text())
        settings["run"] |= {"lease": "2s"}
        here.config.write_text(yaml.safe_dump(settings))
        yield Hosts(here, directory, simulated[0] / "config.yaml")


def test_another_login_hastens_a_run_through_its_record_and_stops_it(hosts: Hosts) -> None:
    run = hosts.begin()["run"]
    code, _ = hosts.say("extend", run, "5s", host="other")

    assert 0 == code
    code, told = hosts.say("stop", run, host="other")

    assert (4, "held") == (code, told["state"])
    told = hosts.told(run)
    assert "held" == told["state"]
    assert "stopped on a word" in told["message"]


def test_another_login_finishes_a_run_and_undoes_it_from_its_record(hosts: Hosts) -> None:
    before = hosts.ingress()["metadata"]["annotations"]
    run = hosts.begin()["run"]
    code, told = hosts.say("finish", run, host="other")

    assert (0, "done") == (code, told["state"])
    code, back = hosts.say("rollback", run, "--yes", host="other")

    assert (0, "rolled_back") == (code, back["state"])
    assert before == hosts.ingress()["metadata"]["annotations"]


def ours(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """What managedFields say of our own writes: which, and when."""
    return [one for one in metadata["managedFields"] if one["manager"] == MANAGER]


def test_a_stopped_runner_that_was_taken_over_and_goes_on_writes_nothing_more(hosts: Hosts) -> None:
    run = hosts.begin()
    os.kill(run["pid"], signal.SIGSTOP)
    try:
        words = ("resume", run["run"], "--takeover", "--yes", "--plan-hash", run["plan_hash"])
        code, told = hosts.say(*words, "--detach", host="other")

        assert 4 == code
        hosts.until(lambda: "running" == hosts.record(run["run"])["data"]["state"] and hosts.say("runs", host="other"))
        code, told = hosts.say("finish", run["run"], host="other")
        assert (0, "done") == (code, told["state"])
        ingress, record = hosts.ingress(), hosts.record(run["run"])
    finally:
        os.kill(run["pid"], signal.SIGCONT)
    hosts.until(lambda: not Path(f"/proc/{run['pid']}").exists())

    later = hosts.ingress()["metadata"]

    assert ingress["metadata"]["annotations"] == later["annotations"]
    assert ours(ingress["metadata"]) == ours(later), "the controller labels it when it will; nobody else writes"
    assert record["data"] == hosts.record(run["run"])["data"]
    assert hosts.told(run["run"])["state"] in ("held", "superseded")


def test_the_host_of_a_dead_runner_is_told_what_another_login_has_made_of_its_run(hosts: Hosts) -> None:
    run = hosts.begin("--expires", "60m")
    hosts.say("finish", run["run"])
    os.kill(run["pid"], signal.SIGKILL)
    hosts.until(lambda: "interrupted" == hosts.told(run["run"])["state"])
    code, told = hosts.say("attach", run["run"])

    assert (4, "interrupted") == (code, told["state"]), "the Fleet knows no more of it"
    code, back = hosts.say("rollback", run["run"], "--yes", host="other")
    assert (0, "rolled_back") == (code, back["state"]), back
    code, told = hosts.say("attach", run["run"])

    assert (f"run {back['run']} has written its routes since", 0) == (told["message"], code)


def test_who_looks_once_is_told_that_the_runner_of_another_host_is_dead_and_puts_back_without_it(hosts: Hosts) -> None:
    before = hosts.ingress()["metadata"]["annotations"]
    run = hosts.begin()
    os.kill(run["pid"], signal.SIGKILL)
    hosts.until(lambda: not Path(f"/proc/{run['pid']}").exists())
    assert "running" == hosts.listed(run["run"], "other")["state"], "it may well live: its Lease was renewed just now"
    hosts.grow_silent()

    assert "interrupted" == hosts.listed(run["run"], "other")["state"]
    code, back = hosts.say("rollback", run["run"], "--yes", host="other")
    assert (0, "rolled_back", "rollback") == (code, back["state"], back["kind"])
    assert before == hosts.ingress()["metadata"]["annotations"]


def test_the_host_of_a_dead_runner_follows_its_run_where_it_was_taken_over(hosts: Hosts) -> None:
    run = hosts.begin()
    os.kill(run["pid"], signal.SIGKILL)
    words = ("resume", run["run"], "--takeover", "--yes", "--plan-hash", run["plan_hash"])
    hosts.say(*words, "--detach", host="other")
    hosts.until(lambda: "running" == hosts.record(run["run"])["data"]["state"] and hosts.say("runs", host="other"))
    hosts.say("finish", run["run"], host="other")
    code, told = hosts.say("attach", run["run"])

    assert (0, "done") == (code, told["state"])


def test_a_run_that_was_stopped_half_way_goes_back_at_once(hosts: Hosts) -> None:
    before = hosts.ingress()["metadata"]["annotations"]
    run = hosts.begin()["run"]
    hosts.say("stop", run)
    code, back = hosts.say("rollback", run, "--now", "--yes")

    assert (0, "rolled_back") == (code, back["state"])
    assert before == hosts.ingress()["metadata"]["annotations"]


def test_a_takeover_that_is_refused_cuts_nobody_off_from_the_run_that_lives(hosts: Hosts) -> None:
    """Its own host, and whoever tried, are told the same of it; and words of both reach it."""
    run = hosts.begin()
    name, words = run["run"], ("resume", run["run"], "--takeover", "--yes", "--plan-hash", run["plan_hash"])
    code, told = hosts.say(*words, host="fourth")

    assert (3, "refused") == (code, told["state"])
    near, far = (hosts.listed(name, host) for host in ("state", "fourth"))
    assert "running" == near["state"] == far["state"]
    for field in ("before", "after"):
        assert [list(one[field].items()) for one in near["routes"]] == [
            list(one[field].items()) for one in far["routes"]
        ]
    code, told = hosts.say("stop", name, host="fourth")
    assert (4, "held") == (code, told["state"])
    near, far = (hosts.listed(name, host) for host in ("state", "fourth"))
    assert [one["now"] for one in near["routes"]] == [one["now"] for one in far["routes"]]


def test_a_takeover_needs_the_hash_of_the_plan_that_is_meant(hosts: Hosts) -> None:
    run = hosts.begin()
    try:
        assert 2 == hosts.say("resume", run["run"], "--takeover", "--yes", host="third")[0]
        assert 3 == hosts.say("resume", run["run"], "--takeover", "--yes", "--plan-hash", "0" * 64, host="third")[0]
    finally:
        hosts.say("stop", run["run"])


def test_a_run_of_another_login_is_judged_once_the_cloud_and_the_members_are_read(hosts: Hosts) -> None:
    run = hosts.begin()["run"]
    own = ["--config", str(hosts.whole), "--state-dir", str(hosts.here.directory / "judge")]
    try:
        told = forked.run([*own, "resume", run]).stderr
        judged = forked.run([*own, "resume", run, "--takeover"])
        missing = forked.run([*own, "resume", "nope"])
    finally:
        hosts.say("stop", run)
    over = forked.run([*own, "resume", run]).stderr

    assert f"run {run} is not in this host's journal; the Fleet's record knows it: running, of " in told
    assert f"--takeover takes it over: fleet-console resume {run} --takeover." in told
    assert "not confirmed: take over run" in judged.stderr
    assert "is not read" not in judged.stderr
    assert "there is nothing to resume here" in over
    assert 2 == missing.returncode
    assert "no run 'nope' in this host's journal" in missing.stderr


@pytest.fixture(scope="module")
def done(hosts: Hosts) -> str:
    """A run that is over."""
    code, told = hosts.say("shift", NAME, "--to", "ack=55,idc=45", "--reason", "drill", "--yes", host="sixth")

    assert 0 == code
    return str(told["run"])


FORGERIES: dict[str, Callable[[dict[str, str]], None]] = {
    "another plan under the old hash": lambda data: data.update(plan=data["plan"].replace('"hold":0.0', '"hold":9.0')),
    "no plan": lambda data: data.update(plan="{}"),
    "not JSON": lambda data: data.update(plan="\x1b[31mred"),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_record_whose_plan_does_not_have_its_hash_is_refused(hosts: Hosts, done: str, how: str) -> None:
    before = hosts.ingress()
    forged = forge(hosts, done, "forgd", FORGERIES[how])
    words = ("resume", "forgd", "--takeover", "--yes", "--plan-hash", forged["plan_hash"])

    assert hosts.say(*words, host="fourth")[0] in (2, 3)
    assert before["metadata"]["resourceVersion"] == hosts.ingress()["metadata"]["resourceVersion"]


def test_a_record_that_lies_about_targets_moves_nothing_but_its_plan(hosts: Hosts) -> None:
    run = hosts.begin()
    hosts.say("rollback", run["run"], "--yes")
    member = next(iter(hosts.here.members.values()))

    def lie(data: dict[str, str]) -> None:
        data["targets"] = json.dumps({NAME: {member: 3}, "kube-system/secret": {member: 100}})
        data |= {"step": "2", "going": "forward"}

    forged = forge(hosts, run["run"], "forgt", lie)
    words = ("resume", "forgt", "--takeover", "--yes", "--plan-hash", forged["plan_hash"], "--detach")
    hosts.say(*words, host="fifth")
    hosts.say("finish", "forgt", host="fifth")
    planned = json.loads(forged["plan"])["routes"][0]["after"]

    assert dict(planned).items() <= hosts.ingress()["metadata"]["annotations"].items()


def forge(hosts: Hosts, run: str, name: str, change: Callable[[dict[str, str]], None]) -> dict[str, str]:
    """A ConfigMap that looks like a run under way, made of another's."""
    data: dict[str, str] = {**hosts.record(run)["data"], "state": "running", "fence": "1"}
    change(data)
    metadata = {"name": f"run-{name}", "namespace": "fleet-console", "labels": {"fleet-console/run": name}}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    hosts.hub.call("DELETE", f"/api/v1/namespaces/fleet-console/configmaps/run-{name}")
    answer = hosts.hub.call("POST", "/api/v1/namespaces/fleet-console/configmaps", body=body)

    assert answer.ok
    return data
