"""A fault at each hop of a change, at a moment that a seed picks, is named as the right layer within 5 s, and no other
is: a real run, carried out in this process against a simulator at twenty times the speed.

`make test` plays twenty seeds and one more, `make soak` (`CONSOLE_EVERY_FAULT=1`) two hundred.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.decide.plan import Plan, RouteChange, Values, untouched
from console.kube import write
from console.kube.connect import Hub
from console.kube.lease import NAME as LEASE
from console.model.fleet import Fleet, Layer
from console.model.hub import FENCE_ANNOTATION, RUN_NAMESPACE
from console.model.run import RunReport, RunState
from console.observe import Observer
from console.run.executor import Executor
from console.run.journal import Journal
from console.settings import RunSettings, load
from console.sim.faults import remote
from tests.run_situations import Around
from tests.simulators import simulate

SEEDS = range(200) if os.environ.get("CONSOLE_EVERY_FAULT") else (*range(20), 27)
"""27: the hub falls silent as a hold begins, whose end the record wants to tell."""
WITHIN = 5.0
"""Seconds after the fault, or after the write that it concerns, until its layer is named."""
STEADY = 0.4
"""Seconds for which nothing else may be said after that."""
AT_REST = 0.3
"""Seconds without a change of the Ingress after which the controller has nothing more to say of it; it is 20 times as
fast as one on a Fleet."""
NAMESPACE, NAME = "gateway-demo", "web-demo"
ROUTE, OTHER = f"{NAMESPACE}/{NAME}", "shop/checkout"
MOMENTS = ("before", "write", "hold")
LATER = ("write", "after", "hold")


@dataclass(frozen=True)
class Hop:
    """What goes wrong, the layer that must be named with these words, and when it may happen."""

    fault: dict[str, Any]
    layer: Layer
    words: tuple[str, ...]
    moments: tuple[str, ...] = MOMENTS
    splits: tuple[int, ...] = (100, 90, 80)
    """Percent for one member at the end; what two splits have in common within a hundred answers is no fault."""


HOPS = {
    "write refused": Hop({"fault": "webhook", "route": ROUTE}, Layer.ANNOTATION, ("admission webhook", "denied")),
    "hub silent": Hop({"fault": "api-partition"}, Layer.ANNOTATION, ("hub",), LATER),
    "hub gone": Hop({"fault": "api-partition", "how": "reset"}, Layer.ANNOTATION, ("hub",), LATER),
    "controller slow": Hop({"fault": "slow-controller", "seconds": 600}, Layer.CONTROLLER, ("no success event",)),
    "controller poisoned": Hop({"fault": "poison", "route": OTHER}, Layer.CONTROLLER, ("FailedBuildModel",)),
    "controller backs off": Hop({"fault": "poison", "route": ROUTE}, Layer.CONTROLLER, ("FailedBuildModel",)),
    "controller throttled": Hop({"fault": "throttle"}, Layer.CONTROLLER, ("Throttling",)),
    "rule stays Configuring": Hop({"fault": "rule-stuck", "route": ROUTE}, Layer.RULE, ("Configuring",)),
    "rule edited aside": Hop({"fault": "rule-edited", "route": ROUTE}, Layer.RULE, ("the ALB rule holds",)),
    "cloud denied": Hop({"fault": "credential-expiry", "of": "cloud"}, Layer.RULE, ("alb is denied",)),
    "servers refuse": Hop({"fault": "servers-dead", "member": "ack-prod-j"}, Layer.OBSERVED, ("requests failed",)),
    "split is stale": Hop({"fault": "stale-split", "route": ROUTE}, Layer.OBSERVED, ("clients see",), splits=(100,)),
    "somebody reverts": Hop(
        {"fault": "self-heal", "route": ROUTE, "after": "300ms"},
        Layer.ANNOTATION,
        ("was changed to", "argocd-application-controller"),
    ),
}


@dataclass
class Heard:
    """What a run told, by the second (monotonic), and since when its fault concerns it."""

    told: list[tuple[float, RunReport]] = field(default_factory=list)
    since: float = float("inf")
    over: bool = False

    def hear(self, report: RunReport) -> None:
        """What is told once the run is told to stop is another story."""
        if not self.over:
            self.told.append((time.monotonic(), report))

    def named(self, hop: Hop) -> float | None:
        """Since when the run has named the layer, and said the words, without a break."""
        found = None
        for at, report in self.told:
            right = report.layer is hop.layer and all(word in report.message for word in hop.words)
            found = (found if found is not None else at) if right else None
        return found


class Ground:
    """One simulator, one observer of it, and runs of one route one after the other."""

    def __init__(self, directory: Path, state: Path) -> None:
        self.directory = directory
        settings = load(directory / "config.yaml")
        run = RunSettings(steady="50ms", verify_timeout="60s", probe_rate=200.0)
        self.settings = msgspec.structs.replace(settings, run=run)
        self.hub = Hub.open(settings.fleet.kubeconfig, settings.fleet.context)
        self.journal = Journal(state)
        self.observer = self._observing()
        self._members = {said.name: key for key, said in settings.fleet.members.items()}
        self._count = 0

    def _observing(self) -> Observer:
        observer = Observer(self.settings, members=False, cloud_every=0.5)
        observer.start()
        observer.settled(20.0)
        return observer

    def key(self, member: str) -> str:
        return self.settings.fleet.weights.key_prefix + self._members[member]

    def split(self, ack: int) -> Values:
        return (self.key("ack-prod-j"), str(ack)), (self.key("idc-prod"), str(100 - ack))

    def mend(self) -> None:
        """Nothing is wrong, and the route is at 62:38 in every layer."""
        remote.clear(self.directory, None)
        alb = self.observer._alb
        if alb is not None and alb.budget.share < 1.0:
            # Throttled in the case before: it asks less often for a minute, which is not what the next one is about.
            self.observer.stop()
            self.observer = self._observing()
        body = {"metadata": {"annotations": {**dict(self.split(62)), FENCE_ANNOTATION: None}}}
        path = write.ingress_path(NAMESPACE, NAME)
        deadline = time.monotonic() + 30.0
        self.hub.call("DELETE", "/api/v1/namespaces/fleet-console/configmaps")
        # a run that ended while the hub was gone could not give it back, and its process, ours, lives on
        self.hub.call("DELETE", f"/apis/coordination.k8s.io/v1/namespaces/{RUN_NAMESPACE}/leases/{LEASE}")
        manager = [("fieldManager", "kubectl-annotate")]
        self.hub.call("PATCH", path, query=manager, body=body, content_type="application/merge-patch+json")
        self.observer.boost(ROUTE, 20.0)
        assert self.observer.store.wait(self._well, deadline - time.monotonic()), self._state
        # What the controller still has to say of this would be taken for its word on what the next case writes.
        seen, since = None, time.monotonic()
        while time.monotonic() < since + AT_REST:
            route = self.observer.store.fleet.route(ROUTE)
            version = route.resource_version if route is not None else None
            seen, since = version, since if version == seen else time.monotonic()
            time.sleep(0.02)

    @property
    def _state(self) -> str:
        fleet = self.observer.store.fleet
        return f"{fleet.route(ROUTE)}\n{[(one.name, one.state, one.message) for one in fleet.sources]}"

    def _well(self, fleet: Fleet) -> bool:
        route = fleet.route(ROUTE)
        held = {line.member: line.rule for line in route.members} if route is not None else {}
        wanted = {self._members["ack-prod-j"]: 62, self._members["idc-prod"]: 38}
        live = all(source.state in ("live", "empty", "unconfigured") for source in fleet.sources)
        return route is not None and route.agreement.stuck_at is None and held == wanted and live

    def held(self) -> dict[str, str]:
        """The route's annotations."""
        return write.annotations_of(self.hub.call("GET", write.ingress_path(NAMESPACE, NAME)).json())

    def play(self, hop: Hop, moment: str, ack: int, pause: float, word: str = "stop") -> Heard:
        """A run in two steps, and the fault at its moment; returns what it told."""
        uid = self.hub.call("GET", write.ingress_path(NAMESPACE, NAME)).json()["metadata"]["uid"]
        members = tuple((self.key(name), self._members[name]) for name in ("ack-prod-j", "idc-prod"))
        change = RouteChange(NAMESPACE, NAME, uid, members, self.split(62), self.split(ack))
        hold = 60.0 if moment == "hold" else 0.0
        plan = Plan(self.hub.fleet_uid(), "shift", (change,), (50, 100) if hold else (100,), hold, probe_rate=200.0)
        self._count += 1
        report = RunReport(
            f"f{self._count:03}", plan.fleet_uid, "shift", RunState.PLANNED, plan.hash, routes=(untouched(change),),
            started=time.time(), actor="tester", reason="drill", host="here", steps=plan.steps,
        )  # fmt: skip
        self.journal.add(report, plan.canonical(), {})
        self.journal.claim(report.run, 1, "")
        heard = Heard()
        hub: Any = Around(self.hub)
        row = self.journal.row(report.run)

        assert row is not None
        executor = Executor(self.journal, row.report, plan, self.settings, hub, self.observer)
        play = _Play(self, hop, moment, pause, heard, executor, word)
        hub.before = play.sent
        bulletin = executor._bulletin
        tell = bulletin.tell

        def told(**values: Any) -> None:
            tell(**values)
            heard.hear(bulletin.report)
            play.told(values)

        executor._walk._tell = bulletin.tell = told  # type: ignore[method-assign]
        watching = threading.Thread(target=play.watch, daemon=True)
        watching.start()
        executor.carry_out()
        play.over.set()
        watching.join()
        return heard


class _Play:
    """Makes the fault at its moment, and ends the run once it named it, or did not in time."""

    def __init__(
        self, ground: Ground, hop: Hop, moment: str, pause: float, heard: Heard, executor: Executor, word: str
    ) -> None:
        self._ground = ground
        self._word = word
        self._hop = hop
        self._moment = moment
        self._pause = pause
        self._heard = heard
        self._executor = executor
        self.over = threading.Event()
        self._begun = False
        if moment == "before":
            self._begin()

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            remote.begin(self._ground.directory, self._hop.fault)
            self._heard.since = time.monotonic()

    def sent(self, method: str, path: str, body: Any) -> None:
        """A request is about to be sent: the first one that writes to the Ingress is the moment, since the controller
        begins to work on it with our fence; what the fault concerns begins with the weights."""
        if method != "PATCH" or "/ingresses/" not in path or not isinstance(body, list):
            return
        fence = FENCE_ANNOTATION.replace("/", "~1")
        if self._moment == "write" and any(one["op"] == "add" and one["path"].endswith(fence) for one in body):
            self._begin()
        weighs = any(one["op"] != "test" and "cluster-weight" in one["path"] for one in body)
        if self._begun and weighs and not self._heard.over:
            self._heard.since = time.monotonic()

    def told(self, values: dict[str, Any]) -> None:
        """After its write the run looks for the first time; at its hold it is told to go on once the fault is there."""
        if self._moment == "after" and values.get("routes"):
            self._begin()
        if self._moment == "hold" and values.get("hold_until") and not self._begun:
            time.sleep(self._pause)
            self._begin()
            self._executor._words.tell("finish")

    def watch(self) -> None:
        """Until the layer was named for a while, or was not in time."""
        while not self.over.wait(0.02):
            now = time.monotonic()
            named = self._heard.named(self._hop) if self._heard.told else None
            if now > self._heard.since + WITHIN + STEADY or (named is not None and now > named + STEADY):
                self._heard.over = True
                if self._hop.fault["fault"] == "api-partition":  # nobody stops where nobody answers
                    remote.clear(self._ground.directory, None)
                self._executor.tell(self._word)
                return


@pytest.fixture(scope="module", name="ground")
def ground_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    words = ("--speed", "20", "--load", "0")
    for directory, _ in simulate(tmp_path_factory.mktemp("hops"), *words):
        ground = Ground(directory, tmp_path_factory.mktemp("state"))
        yield ground
        ground.observer.stop()
        ground.journal.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fault_is_named_as_the_layer_that_it_is_at(ground: Ground, seed: int) -> None:
    chance = random.Random(seed)
    name = list(HOPS)[seed % len(HOPS)]
    hop = HOPS[name]
    moment, ack = chance.choice(hop.moments), chance.choice(hop.splits)
    ground.mend()
    heard = ground.play(hop, moment, ack, chance.uniform(0.0, 0.1))
    named = heard.named(hop)
    story = f"{name}, {moment}, {ack}: " + "\n".join(
        f"{at - heard.since:+.2f} {one.state} {one.step} {one.layer} {one.message}" for at, one in heard.told
    )
    order = list(Layer)

    assert named is not None, story
    assert named - heard.since < WITHIN, story
    # a hub that falls silent behind a write that it took is missed by whoever waits further down, once it is missed
    known = named if hop.moments is LATER and moment != "write" else heard.since
    after = [one for at, one in heard.told if at >= known and one.layer is not None and one.state == "running"]
    if name != "somebody reverts":  # who lets the change go down some way first
        assert all(order.index(one.layer) <= order.index(hop.layer) for one in after if one.layer), story
