"""No verb writes without leave: not with a viewer's token, not where settings are read-only, not unconfirmed. Every
verb stands in one of the tables here, and is tried over a counted wire."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from console import settings as settings_file
from console.cli import console as front
from console.errors import (
    EXIT_DONE,
    EXIT_HELD,
    EXIT_REFUSED,
    EXIT_UNREACHABLE,
    EXIT_UNVERIFIED,
    EXIT_USAGE,
    FleetConsoleError,
)
from console.kube.connect import Hub
from console.model.document import Subject
from console.model.fleet import Fleet
from console.model.freshness import SourceName
from console.model.held import HELD_ANNOTATION, SyncHeld
from console.run.access import Access
from console.run.journal import Journal
from console.settings import FORBIDDEN
from screens.desk import ObservedFleet
from tests.counted_wire import counted
from tests.end_to_end_shift import ROUTE
from tests.simulators import Simulated, simulate
from tests.wire_fleet import until

ELSEWHERE = {
    "demo": "opens the screen on a simulated Fleet of its own",
    "drill": "plays on a simulated Fleet of its own",
    "sim": "is the far side",
}
"""Verbs that touch no Fleet of the settings; those below them, too."""
READS = {
    "status": (),
    "route": (ROUTE,),
    "applicationset": ("{set}",),
    "app": None,
    "plan": None,
    "plan lint": ("{plan}",),
    "plan show": ("{plan}",),
    "plan diff": ("{plan}",),
    "runs": (),
    "attach": ("{done}",),
    "wait": ("--route", ROUTE, "--observed", "ack>=1", "--timeout", "2s"),
    "rules": (),
    "evidence": ("{done}", "--out", "{new}"),
    "verify": ("{pack}",),
    "policy": None,
    "policy rbac": ("observer",),
    "policy ram": ("observer",),
    "topology": None,
    "topology init": ("{new}",),
    "topology validate": ("{topology}",),
    "topology plan": ("{topology}",),
    "topology status": ("{topology}",),
    "topology adopt": ("{new}",),
    "topology export": ("{topology}", "--out", "{new}"),
    "doctor": (),
    "config": None,
    "config show": (),
    "config path": (),
}
"""Verbs that only read, and the words that they are tried with; None for a group, which does nothing by itself."""


OWING = "zz9"
"""The run that an Application names."""


class Write(NamedTuple):
    """A verb that writes. `yes`: it has a confirmation of its own, answered by --yes; the others change a live run
    alone, and saying them is the confirmation."""

    words: tuple[str, ...]
    yes: bool = True


WRITES = {
    "shift": Write((ROUTE, "--to", "ack=70,idc=30", "--reason", "x")),
    "drain": Write(("idc-prod", "--confirm", "data-layer", "--reason", "x")),
    "run": Write(("{plan}",)),
    "app refresh": Write(("{application}",)),
    "app sync": Write(("{application}",)),
    "stop": Write(("{live}", "--detach"), yes=False),
    "finish": Write(("{live}", "--detach"), yes=False),
    "touch": Write(("{live}", "--detach"), yes=False),
    "extend": Write(("{live}", "1m"), yes=False),
    "rollback": Write(("{done}",)),
    "resume": Write(("{dead}",)),
    "restore-sync": Write(("{owing}",)),
    "freeze": Write(("--reason", "x")),
    "unfreeze": Write(()),
    "topology apply": Write(("{more}",)),
    "topology teardown": Write(("{topology}", "--also", "ApplicationSet argocd/api")),
}


def verbs(group: click.Group = front, above: str = "") -> Iterator[str]:
    """Every verb and group of the command line, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        path = f"{above} {name}".strip()
        yield path
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from verbs(command, path)


def test_every_verb_says_here_whether_it_writes() -> None:
    found = {path for path in verbs() if path.partition(" ")[0] not in ELSEWHERE}

    assert READS.keys() | WRITES.keys() == found
    assert not READS.keys() & WRITES.keys()
    assert ELSEWHERE.keys() <= set(verbs())


def test_every_verb_that_writes_has_its_confirmation() -> None:
    for path, write in WRITES.items():
        command: click.Command = front
        for word in path.split():
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(command), word)
            assert found is not None, path
            command = found

        assert write.yes <= any(parameter.name == "yes" for parameter in command.params), path


class Stand:
    """One Fleet with a run that is done, and the files that verbs want; as three kinds of caller have them."""

    def __init__(self, simulated: Simulated, directory: Path) -> None:
        self.simulated = simulated
        self.directory = directory
        self.hub = Hub.open(str(simulated[0] / "kubeconfig"), "hub")
        self.done = self.told("shift", ROUTE, "--to", "ack=80,idc=20", "--reason", "x", "--yes")["run"]
        one = self.told("status")["applications"][0]
        plan = directory / "plan.yaml"
        plan.write_text(
            f"schema: fleet-console/plan/v1\nroutes: {{{ROUTE}: {{ack-prod-j: 81, idc-prod: 19}}}}\nreason: x\n"
        )
        self.topology = directory / "topology.yaml"
        self.named = {
            "done": self.done,
            "plan": str(plan),
            "set": f"{one['namespace']}/{one['set']}",
            "application": f"{one['namespace']}/{one['name']}",
            "topology": str(self.topology),
            "more": str(directory / "more.yaml"),
            "pack": str(directory / "pack"),
            "owing": OWING,
        }
        self.owe(str(one["namespace"]))
        assert 0 == self.say("topology", "adopt", str(self.topology)).exit_code
        more = re.sub(r"checkout$", "checkout2", self.topology.read_text(), flags=re.MULTILINE)
        (directory / "more.yaml").write_text(more)
        assert 0 == self.say("evidence", self.done, "--out", str(directory / "pack")).exit_code
        settings = yaml.safe_load((simulated[0] / "config.yaml").read_text())
        self.read_only = directory / "read-only.yaml"
        self.read_only.write_text(yaml.safe_dump({**settings, "read_only": True}))

    def owe(self, namespace: str) -> None:
        """An Application whose automated sync a run switched off that nobody knows any more."""
        held = SyncHeld(OWING, '{"selfHeal":true}', 0.0)
        metadata = {"name": "gateway", "namespace": namespace, "annotations": {HELD_ANNOTATION: held.text}}
        spec = {"project": "default", "destination": {"name": "in-cluster"}, "source": {"repoURL": "https://x.example"}}
        body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": spec}
        made = self.hub.call("POST", f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications", body=body)

        assert made.ok, made.body

    def words(self, said: tuple[str, ...], **more: str) -> list[str]:
        """The words with what they stand for."""
        return [word.format(**self.named, **more) for word in said]

    def say(self, *words: str, who: str = "", state: str = "state") -> Result:
        """One command in this process, without a terminal."""
        config = self.read_only if who == "read_only" else self.simulated[0] / "config.yaml"
        options = ["--config", str(config), "--state-dir", str(self.directory / state)]
        context = ["--context", "hub-viewer"] if who == "viewer" else []
        return CliRunner().invoke(front, [*options, *context, *words])

    def told(self, *words: str) -> Any:
        """What a command says as JSON."""
        return json.loads(self.say(*words, "-o", "json").stdout)

    def written(self) -> list[str]:
        """The resourceVersions of everything on the hub that the console writes."""
        paths = (
            "/apis/networking.k8s.io/v1/ingresses",
            "/api/v1/namespaces",
            "/api/v1/namespaces/fleet-console/configmaps",
            "/apis/coordination.k8s.io/v1/namespaces/fleet-console/leases",
        )
        items = [item for path in paths for item in self.hub.call("GET", path).json()["items"]]
        return sorted(f"{one['metadata']['name']} {one['metadata']['resourceVersion']}" for one in items)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    for simulated in simulate(tmp_path_factory.mktemp("calm"), "--speed", "20", "--load", "0"):
        yield Stand(simulated, tmp_path_factory.mktemp("stand"))


@pytest.fixture
def unchanged(stand: Stand) -> Iterator[None]:
    """What stands on the hub before stands there after."""
    before = stand.written()
    yield

    assert before == stand.written()


def outcome(done: Result) -> tuple[int, str]:
    """The exit code and every word, as the front door would give them."""
    error = done.exception
    if isinstance(error, FleetConsoleError):
        return error.exit_code, f"{done.output}{error}"
    assert error is None or isinstance(error, SystemExit), done.output
    return done.exit_code, done.output


@pytest.mark.parametrize("path", [path for path, words in READS.items() if words is not None])
def test_a_verb_that_reads_writes_nothing_whoever_says_it(
    stand: Stand, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = counted(monkeypatch)
    code, words = outcome(stand.say(*path.split(), *stand.words(READS[path] or (), new=str(tmp_path / "new"))))

    assert code in (EXIT_DONE, EXIT_HELD, EXIT_UNVERIFIED), words
    assert ([], []) == (wire.writes, wire.launched)


def test_a_screens_desk_writes_nothing_but_by_its_three_ways(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those are `start_run`, `command` and `resume`; tests/keys_write_nothing_without_leave.py is about them."""
    wire = counted(monkeypatch)
    access = Access(config=stand.simulated[0] / "config.yaml", state_dir=stand.directory / "state")
    desk = ObservedFleet(settings_file.load(access.config), access)
    pictures: list[Fleet] = []
    desk.start(pictures.append)
    try:
        fleet = until(lambda: pictures[-1:], lambda seen: bool(seen and seen[0].routes and seen[0].uid))[0]
        plan = desk.rollback_plan(stand.done)
        desk.visible([fleet.members[0].id])
        said = (desk.trial(plan), desk.around(fleet), desk.document(Subject(SourceName.ROUTES, ROUTE)))
        runs = (
            desk.report(stand.done),
            desk.runs(fleet),
            desk.host_runs(fleet),
            next(iter(desk.follow(stand.done, lambda: True))),
            desk.attach(stand.done),
        )
    finally:
        desk.stop()

    assert None not in (*said, *runs)
    assert ([], []) == (wire.writes, wire.launched)


STARTS = [path for path, write in WRITES.items() if not {"{live}", "{dead}"} & set(write.words)]
"""What needs no run that goes."""


@pytest.mark.parametrize("path", STARTS)
def test_read_only_settings_beat_yes(stand: Stand, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = counted(monkeypatch)
    code, words = outcome(stand.say(*path.split(), *stand.words(WRITES[path].words), "--yes", who="read_only"))

    assert EXIT_REFUSED == code
    assert FORBIDDEN.partition(" (")[0] in words
    assert ([], []) == (wire.writes, wire.launched)


@pytest.mark.parametrize("path", STARTS)
def test_nothing_is_written_that_nobody_confirmed(stand: Stand, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = counted(monkeypatch)
    code, words = outcome(stand.say(*path.split(), *stand.words(WRITES[path].words)))

    assert EXIT_USAGE == code
    assert "not confirmed" in words
    assert ([], []) == (wire.writes, wire.launched)


@pytest.mark.parametrize("path", STARTS)
def test_a_viewers_token_writes_nothing(
    stand: Stand, path: str, monkeypatch: pytest.MonkeyPatch, unchanged: None
) -> None:
    wire = counted(monkeypatch, runners=True)
    done = stand.say(*path.split(), *stand.words(WRITES[path].words), "--yes", who="viewer", state="viewer")
    code, words = outcome(done)

    assert code in (EXIT_REFUSED, EXIT_UNREACHABLE), words
    assert [] == wire.changed


def test_a_run_that_goes_takes_no_word_from_who_may_not_write(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = ("--steps", "canary", "--hold", "10m", "--yes", "--detach")
    run = stand.told("shift", ROUTE, "--to", "ack=60,idc=40", "--reason", "x", *steps)["run"]
    recorded = f"/api/v1/namespaces/fleet-console/configmaps/run-{run}"
    assert until(lambda: stand.hub.call("GET", recorded).ok, bool)
    wire = counted(monkeypatch)
    telling = {path: write.words for path, write in WRITES.items() if "{live}" in write.words}
    said = {**telling, "rollback": ("{live}", "--yes", "--detach")}
    for path, words in said.items():
        for who, codes in (("read_only", (EXIT_REFUSED,)), ("viewer", (EXIT_UNREACHABLE,))):
            code, told = outcome(stand.say(*path.split(), *stand.words(words, live=run), who=who, state=who))

            assert code in codes, (path, who, told)
    code, told = outcome(stand.say("rollback", run))

    assert (EXIT_USAGE, True) == (code, "not confirmed" in told)
    assert ([], []) == (wire.changed, wire.launched)
    with Journal(stand.directory / "state") as journal:
        assert [] == journal.commands(run)

    os.kill(stand.told("runs")[0]["pid"], signal.SIGKILL)
    (dead,) = (path for path, write in WRITES.items() if "{dead}" in write.words)
    for who, refusal in (("read_only", EXIT_REFUSED), ("viewer", EXIT_USAGE)):
        state = "viewer" if who == "viewer" else "state"
        code, told = outcome(stand.say(dead, run, "--yes", who=who, state=state))

        assert refusal == code, told
    code, told = outcome(stand.say(dead, run))

    assert (EXIT_USAGE, True) == (code, f"not confirmed: go on with run {run} ({ROUTE} " in told), told
    assert ([], []) == (wire.changed, wire.launched)
