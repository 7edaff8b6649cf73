"""Ground on which runs of three routes and three steps are resumed from each of their seams.

A runner that dies leaves its journal and what the hub holds, and nothing else. Both are kept at every seam of one run,
so that a seam costs milliseconds; real kills are in runs_survive_kill. `SEAMS_EVERY=N` looks at every Nth seam only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from console.decide.plan import Plan, RouteChange
from console.kube import holder, write
from console.kube.holder import Process
from console.model.fleet import Fleet, Run
from console.model.hub import FENCE_ANNOTATION
from console.model.run import RunReport, RunState
from console.observe import Observer
from console.run import place, runs, verify
from console.run.access import Access
from console.run.executor import Executor
from console.run.journal import Journal
from console.run.seams import passing
from console.settings import RunSettings
from console.sim.kubeapi.store import Key, Place, Stored
from tests.run_situations import ACK, IDC, NAMESPACE, A, Around, B, Stand, standing

NAMES = ("api", "cart", "web")
STEPS = (10, 50, 100)
HOLD = 0.02
"""Seconds, so that there is a record of each hold."""
BEFORE, AFTER = ((A, "62"), (B, "38")), ((A, "100"), (B, "0"))
TURN = 5
"""The answer to a weight write after which the word comes."""
SPREAD = int(os.environ.get("SEAMS_EVERY", "1"))


KEPT = ("ingresses", "leases", "configmaps")
"""The resources that a run writes to."""


@dataclass(frozen=True, slots=True)
class Instant:
    """What stands when a runner is at a seam: a journal as SQLite keeps it, objects, and the weights written so far."""

    seam: int
    journal: bytes
    held: dict[tuple[Key, Place], Stored]
    written: tuple[tuple[str, str], ...]


class Ground:
    """Three routes, a hub whose weight writes are counted, and readers that stay."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        stand.settings = replace_run(stand, RunSettings(steady="10ms", verify_timeout="5s", lease="15s"))
        for name in NAMES:
            stand.ingress({A: "62", B: "38"}, name)
        self.hub: Any = Around(stand.hub)
        self.hub.before = self._seen
        self.observer = Observer(stand.settings, kubeconfig=stand.kubeconfig, probes=False)
        self.observer.start()
        self.observer.settled(10.0)
        self.written: list[tuple[str, str]] = []
        done = subprocess.Popen([sys.executable, "-c", ""])
        done.wait()
        stand.journal._db.execute("PRAGMA synchronous=OFF")
        self.dead = Process(Process.own().host, holder.boot_id(), done.pid, "1", holder.pid_space())

    def _seen(self, method: str, path: str, body: Any) -> None:
        if method == "PATCH" and "/ingresses/" in path and isinstance(body, list):
            fenced = any(step["op"] == "test" and step["path"].endswith("fleet-console~1fence") for step in body)
            for step in body if fenced else ():  # a dry run goes without the fence
                if step["op"] in ("add", "replace") and step["path"].endswith(ACK):
                    self.written.append((path.rpartition("/")[2], step["value"]))

    def reset(self) -> Plan:
        """Everything as before, without the records of former runs, and the plan."""
        self.written.clear()
        self.stand.hub.call("DELETE", "/api/v1/namespaces/fleet-console/configmaps")
        changes = []
        for name in NAMES:
            path = write.ingress_path(NAMESPACE, name)
            body = {"metadata": {"annotations": {A: "62", B: "38", FENCE_ANNOTATION: None}}}
            answer = self.stand.hub.call("PATCH", path, body=body, content_type="application/merge-patch+json")
            uid = answer.json()["metadata"]["uid"]
            changes.append(RouteChange(NAMESPACE, name, uid, ((A, ACK), (B, IDC)), BEFORE, AFTER))
        return Plan(self.stand.hub.fleet_uid(), "shift", tuple(changes), STEPS, hold=HOLD)

    def instant(self, seam: int) -> Instant:
        """What stands now."""
        held = self.stand.served.on_loop(self._held)
        return Instant(seam, self.stand.journal._db.serialize(), held, tuple(self.written))

    def _held(self) -> dict[tuple[Key, Place], Stored]:
        stored = self.stand.served.api._store.every()
        return {(key, one.place): one for key, one in stored if key[1] in KEPT}

    @contextmanager
    def again(self, instant: Instant, directory: Path) -> Iterator[Journal]:
        """Everything as it stood, and its journal."""
        self.written[:] = instant.written
        self.stand.served.on_loop(lambda: self._put_back(instant))
        place.prepare(directory).write_bytes(instant.journal)
        with Journal(directory) as journal:
            journal._db.execute("PRAGMA synchronous=OFF")  # nobody pulls the plug here
            yield journal

    def _put_back(self, instant: Instant) -> None:
        store, now = self.stand.served.api._store, self._held()
        for key, where in now.keys() - instant.held.keys():
            store.remove(key, where, now[key, where].copy())
        for (key, where), one in instant.held.items():
            if now.get((key, where)) is not one:
                store.put(key, one.copy())

    def executor(
        self, report: RunReport, *, journal: Journal | None = None, resumed: bool = False, taken: bool = False
    ) -> Executor:
        journal = journal or self.stand.journal
        row = journal.row(report.run)

        assert row is not None
        return Executor(
            journal, row.report, row.planned(), self.stand.settings, self.hub, self.observer, resumed=resumed,
            taken=taken,
        )  # fmt: skip

    def recorded(self, run: str) -> Run | None:
        """A run as the Fleet's record tells of it; None where its runner did not come so far."""
        path = f"/api/v1/namespaces/fleet-console/configmaps/run-{run}"
        if not self.stand.hub.call("GET", path).ok:
            return None
        assert self.observer.store.wait(lambda fleet: fleet.run(run) is not None, 10.0)
        return self.observer.store.fleet.run(run)

    def held(self) -> list[tuple[str | None, str | None]]:
        found = [self.stand.hub.call("GET", write.ingress_path(NAMESPACE, name)).json() for name in NAMES]
        notes = [write.annotations_of(one) for one in found]

        assert not any(FENCE_ANNOTATION in one for one in notes)
        return [(one.get(A), one.get(B)) for one in notes]


def replace_run(stand: Stand, run: RunSettings) -> Any:
    import msgspec

    return msgspec.structs.replace(stand.settings, run=run)


@pytest.fixture(scope="module", name="ground")
def ground_() -> Iterator[Ground]:
    with standing({A: "62", B: "38"}) as stand:
        found = Ground(stand)
        yield found
        found.observer.stop()


@pytest.fixture(autouse=True, name="quick")
def quick_(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "LOOK", 0.005)


def told_to(
    ground: Ground, word: str | None, monkeypatch: pytest.MonkeyPatch, instants: list[Instant] | None = None
) -> tuple[RunReport, int]:
    """Carry a run out, with a word in the middle; `instants` gets what stands at each seam from the word on, since up
    to it every path is the straight one. Returns the run as planned, and how many seams it passed."""
    report = ground.stand.planned(ground.reset())
    journal = ground.stand.journal
    passed, answers, said = 0, 0, word is None

    def at(number: int, name: str) -> None:
        nonlocal passed, answers, said
        passed = number
        if said and instants is not None and number % SPREAD == 0:
            instants.append(ground.instant(number))
        answers += name.startswith("answer weigh")
        if answers == TURN and not said:
            said = True
            journal.command(report.run, word or "")

    with monkeypatch.context() as patch:
        patch.setattr(Process, "own", classmethod(lambda cls: ground.dead))
        journal.claim(report.run, ground.dead.pid, "first")
        executor = ground.executor(report)
        with passing(at):
            executor.carry_out()
    return report, passed


def killed_everywhere(ground: Ground, word: str | None, monkeypatch: pytest.MonkeyPatch, directory: Path) -> int:
    """Go on from each seam, on a path with a word, as if the runner had died there. Returns how many there were."""
    instants: list[Instant] = []
    report, _ = told_to(ground, word, monkeypatch, instants)
    for instant in instants:
        with ground.again(instant, directory / str(instant.seam)) as journal:
            row = journal.row(report.run)

            assert row is not None
            if not row.report.state.over:  # else it had said so already
                assert journal.replan(report.run, "first")
                assert journal.claim(report.run, 1, "second")
                ground.executor(report, journal=journal, resumed=True).carry_out()
                row = journal.row(report.run)

            assert row is not None
            check(ground, row.report, instant.seam)
    return len(instants) * SPREAD


def taken_over_everywhere(ground: Ground, word: str | None, monkeypatch: pytest.MonkeyPatch, directory: Path) -> int:
    """As `killed_everywhere`, each run gone on with by another host, whose state directory is fresh: it knows what the
    Fleet's record says, and waits until the Lease was seen unrenewed. Returns how many were taken over."""
    monkeypatch.setattr(runs, "launch", lambda journal, run: None)
    ground.dead = replace(ground.dead, host="jump2", boot="another boot")
    instants: list[Instant] = []
    report, _ = told_to(ground, word, monkeypatch, instants)
    count = 0
    for instant in instants:
        with ground.again(instant, directory / str(instant.seam)):
            record = ground.recorded(report.run)
        if record is None:  # it wrote nothing before it had one
            assert not ground.written, instant.seam
            continue
        if RunState(record.state).over:
            continue
        access = Access(kubeconfig=ground.stand.kubeconfig, state_dir=directory / f"second-{instant.seam}")
        fleet = Fleet("f", None, report.fleet_uid, (), runs=(record,))
        runs.take_over(access, ground.stand.settings, fleet, record, plan_hash=record.plan_hash)
        with Journal(access.state_dir) as journal:
            assert journal.claim(report.run, 1, "second")
            ground.executor(report, journal=journal, resumed=True, taken=True).carry_out()
            row = journal.row(report.run)

        assert row is not None
        check(ground, row.report, instant.seam)
        count += SPREAD
    return count


PATHS: dict[str | None, RunState] = {None: RunState.DONE, "stop": RunState.HELD, "rollback": RunState.ROLLED_BACK}


def check(ground: Ground, report: RunReport, fatal: int) -> None:
    """The state is one that the plan names, the world is as it says, and no value was written twice."""
    held = ground.held()
    why = f"seam {fatal}: {report.state}, {report.message}, {held}"

    if report.state is RunState.DONE:
        assert [("100", "0")] * 3 == held, why
    elif report.state is RunState.ROLLED_BACK:
        assert [("62", "38")] * 3 == held, why
    else:
        assert RunState.HELD is report.state, why
        assert set(held) <= {("62", "38"), ("66", "34"), ("81", "19"), ("100", "0")}, why
    forward = [one for one in ground.written if one[1] != "62"]
    assert report.state is not RunState.DONE or len(set(forward)) == len(forward) == 9, f"{why}: {forward}"
    lease = ground.stand.lease()
    assert not lease.get("holderIdentity"), why
