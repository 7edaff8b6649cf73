"""A hub that is only an API server, one Ingress on it, and runs carried out in this process: for the runner's tests."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from console.decide.plan import Plan, RouteChange, Values, untouched
from console.kube import write
from console.kube.connect import Answer, Hub
from console.model.fleet import Fleet
from console.model.run import RunReport, RunState
from console.observe import Observer
from console.run.executor import Executor
from console.run.eyes import Eyes
from console.run.guardian import Guardian
from console.run.journal import Journal
from console.run.rows import Row
from console.run.words import Words
from console.settings import FleetSettings, RunSettings, Settings
from tests.kube_api_serving import Served, serving

PREFIX = "alb.ingress.kubernetes.io/cluster-weight."
ACK, IDC = "c" + "1" * 32, "c" + "2" * 32
A, B = PREFIX + ACK, PREFIX + IDC
NAMESPACE, NAME = "shop", "checkout"
PATH = write.ingress_path(NAMESPACE, NAME)


class Around:
    """A hub whose calls a test may look at, hold up or lose: `before` and `after` get (method, path, body)."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.before: Callable[[str, str, Any], Answer | None] = lambda method, path, body: None
        self.after: Callable[[str, str, Any], None] = lambda method, path, body: None

    def call(self, method: str, path: str, *, body: Any = None, **rest: Any) -> Answer:
        """As the hub's, with what the test wants around it."""
        instead = self.before(method, path, body)
        if instead is not None:
            return instead
        answer = self.hub.call(method, path, body=body, **rest)
        self.after(method, path, body)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.hub, name)


class Stand:
    """One API server, one Ingress `shop/checkout`, one journal."""

    def __init__(self, served: Served, directory: Path) -> None:
        self.served = served
        self.kubeconfig = str(served.kubeconfig)
        self.hub = Hub.open(self.kubeconfig, None)
        self.journal = Journal(directory / "state")
        self.settings = Settings(
            run=RunSettings(steady="100ms", verify_timeout="5s", lease="15s"), fleets=(FleetSettings(name="stand"),)
        )
        self._count = 0

    def ingress(self, annotations: dict[str, str] | None, name: str = NAME) -> None:
        """Put an Ingress there, with these annotations."""
        backend = {"service": {"name": "s", "port": {"number": 80}}}
        rule = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
        metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE}
        if annotations is not None:
            metadata["annotations"] = annotations
        spec = {"ingressClassName": "alb", "rules": [rule]}
        body = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}
        self.served.on_loop(lambda: self.served.api.seed(body))

    @property
    def now(self) -> dict[str, Any]:
        """The Ingress as it is."""
        found: dict[str, Any] = self.hub.call("GET", PATH).json()
        return found

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations."""
        return write.annotations_of(self.now)

    def annotate(self, manager: str, **values: str) -> None:
        """Somebody else writes weights: `a` and `b`."""
        named = {{"a": A, "b": B}.get(key, key): value for key, value in values.items()}
        body = {"metadata": {"annotations": named}}
        kind = "application/merge-patch+json"
        answer = self.hub.call("PATCH", PATH, query=[("fieldManager", manager)], body=body, content_type=kind)

        assert answer.ok, answer.body

    def lease(self) -> dict[str, Any]:
        """The spec of the Fleet's Lease."""
        path = "/apis/coordination.k8s.io/v1/namespaces/fleet-console/leases/fleet-console-runner"
        spec: dict[str, Any] = self.hub.call("GET", path).json()["spec"]
        return spec

    def record(self, run: str) -> dict[str, str]:
        """The data of a run's record."""
        answer = self.hub.call("GET", f"/api/v1/namespaces/fleet-console/configmaps/run-{run}")
        data: dict[str, str] = answer.json()["data"]
        return data

    def plan(self, before: Values, after: Values, **values: Any) -> Plan:
        """A shift of the one route."""
        members = tuple((key, {B: IDC}.get(key, ACK)) for key, _ in before)
        change = RouteChange(NAMESPACE, NAME, self.now["metadata"]["uid"], members, before, after)
        return Plan(self.hub.fleet_uid(), values.pop("kind", "shift"), (change,), **values)

    def shift(self, before: tuple[str | None, str | None], after: tuple[str | None, str | None], **values: Any) -> Plan:
        """A shift from two raw values to two others."""
        return self.plan(((A, before[0]), (B, before[1])), ((A, after[0]), (B, after[1])), **values)

    def planned(self, plan: Plan) -> RunReport:
        """A run in the journal that nobody has begun."""
        self._count += 1
        routes = tuple(map(untouched, plan.routes))
        report = RunReport(
            f"t{self._count:03}", plan.fleet_uid, plan.kind, RunState.PLANNED, plan.hash, routes=routes,
            started=time.time(), actor="tester", reason="drill", host="here", of=plan.of, steps=plan.steps,
        )  # fmt: skip
        self.journal.add(report, plan.canonical(), {})
        return report

    @contextmanager
    def executor(
        self, plan: Plan, *, context: str | None = None, hub: Any = None
    ) -> Iterator[tuple[Executor, Observer]]:
        """A run ready to be carried out in this process, and its readers."""
        report = self.planned(plan)
        self.journal.claim(report.run, 1, "")
        row = self.journal.row(report.run)

        assert row is not None
        hub = hub or Hub.open(self.kubeconfig, context)
        observer = Observer(self.settings, kubeconfig=self.kubeconfig, context=context, probes=True)
        observer.start()
        try:
            yield Executor(self.journal, row.report, plan, self.settings, hub, observer), observer
        finally:
            observer.stop()

    def carry_out(self, plan: Plan, *, context: str | None = None, hub: Any = None) -> RunReport:
        """Carry a plan out; returns what the journal tells of it then."""
        with self.executor(plan, context=context, hub=hub) as (executor, _):
            state = executor.carry_out()
        row = self.journal.row(f"t{self._count:03}")

        assert row is not None
        assert row.report.state is state
        return row.report


def guarding(stand: Stand, row: Row, eyes: Eyes | None = None) -> Guardian:
    """Whoever guards a run that is done, in this process; no record of the Fleet tells it a word."""
    fleet = Fleet("stand", None, row.report.fleet_uid, ())
    seen = eyes or Eyes(row.planned(), stand.settings)
    words = Words(stand.journal, row.report.run, lambda: None, None)
    return Guardian(stand.journal, row, stand.hub, words, seen, lambda: seen.proof(fleet))


@contextmanager
def standing(annotations: dict[str, str] | None) -> Iterator[Stand]:
    """A stand whose Ingress has these annotations."""
    with tempfile.TemporaryDirectory() as directory, serving(Path(directory)) as served:
        stand = Stand(served, Path(directory))
        stand.ingress(annotations)
        try:
            yield stand
        finally:
            stand.journal.close()
            stand.hub.close()


def status(code: int, message: str, reason: str = "") -> Answer:
    """A failure as an API server words it."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return Answer(code, {}, msgspec.json.encode(body))
