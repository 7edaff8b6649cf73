"""Set-ups from a front: what is found, an order journaled and its runner started, the last run of a topology.

Before a Fleet exists the lock is this host's journal: one live run a topology.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from msgspec import structs

from console.decide.setup import export, takes
from console.decide.setup.away import left
from console.decide.setup.checks import checks
from console.decide.setup.file import dump
from console.decide.setup.found import Found
from console.decide.setup.manifests import key_of
from console.decide.setup.order import Order
from console.decide.setup.task import Apply, Check, SetupPlan
from console.decide.setup.teardown import teardown
from console.errors import Denied, FleetConsoleError, Refused, SettingsError
from console.kube import kubeconfig
from console.kube.apply import Applier, Conflict
from console.kube.connect import Hub
from console.kube.lease import FleetLease
from console.model.ground import Ground, HubGround
from console.model.run import RunReport, RunState
from console.model.topology import Topology
from console.run import known, runs
from console.run.access import Access
from console.run.hook import Hook
from console.run.journal import Journal
from console.run.rows import Row
from console.run.setup import past
from console.run.setup.carry import Pace, SetupRun
from console.run.setup.discover import site_file
from console.run.setup.eyes import WireEyes
from console.run.setup.hands import WireHands
from console.run.setup.requests import FirstRequests
from console.run.setup.shelf import SETTINGS, Shelf
from console.settings import Duration, Settings

UID = "setup/{}"
"""Stands for the Fleet's UID in the journal's rows of set-ups: while they run there may be none."""


def eyes(access: Access, settings: Settings, topology: Topology, *, away: bool = False) -> WireEyes:
    """What reads the ground of a topology, or, with `away`, of one that is to be taken away.

    Raises `SettingsError` where settings name no cloud credentials.
    """
    if settings.fleet.cloud.credentials is None:
        raise SettingsError("no cloud credentials", fix="Name some under fleets.cloud.credentials in the settings.")
    shelf = Shelf(access.state_dir, topology.name)
    before = last(access, topology.name)
    unproven = before is not None and before.kind == "setup" and before.state is not RunState.DONE
    sight = WireEyes(
        settings, topology, shelf, kubeconfig=access.kubeconfig, context=access.context, unproven=unproven, away=away
    )
    journal = Journal.there(access.state_dir)
    if journal is not None:
        with journal:
            _take_up(journal, topology, sight)
    return sight


def _take_up(journal: Journal, topology: Topology, sight: WireEyes) -> None:
    """Have the cloud's tasks read that former runs of the topology began here: only their sender was told of them."""
    for row in reversed(journal.rows(UID.format(topology.name))):
        for about, task in past.followed(row.report.lines):
            sight.account.remember(about, task)


def judged(topology: Topology, ground: Ground, plan: SetupPlan, sight: WireEyes | None) -> tuple[Check, ...]:
    """What the rules say of a ground and of the plan for it, and, by `sight` of that ground, what the Fleet's API
    server does. Blocks."""
    tried = _tried(topology, plan, sight) if sight is not None else ()
    found = Found(topology, ground)
    return (*checks(topology, ground), *takes.failed(found, plan), *takes.live_weights(found, plan), *tried)


def _tried(topology: Topology, plan: SetupPlan, sight: WireEyes) -> tuple[Check, ...]:
    """What the Fleet's API server says of the plan's manifests, by dry runs of those whose namespace is there; nothing
    where there is no Fleet yet."""
    hub = sight.hub
    if hub is None:
        return ()
    there = sight.last().hub or HubGround("")
    applier, found = Applier(hub), []
    for task in plan.tasks:
        if not isinstance(task.call, Apply):
            continue
        key = key_of(task.call.manifest)
        if "<" in key.name or (key.namespace and there.find("Namespace", key.namespace) is None):
            continue
        try:
            applier.apply(task.call.manifest, force=task.call.take, dry_run=True)
        except Conflict as error:
            found.append(takes.conflict(topology, task, [(one.path, one.owner) for one in error.fields]))
        except (Refused, Denied) as error:
            found.append(takes.refused(topology, task, str(error)))
    return tuple(found)


def start(access: Access, settings: Settings, order: Order, *, reason: str = "") -> RunReport:
    """Journal an order and start its detached runner; returns once the runner said that it lives, or how it failed.

    Raises `Refused` where settings are read-only, or a set-up of the same topology is under way on this host.
    """
    settings.check_writable()
    kept = Shelf(access.state_dir, order.topology.name).write("topology.yaml", dump(order.topology))
    if not order.file:  # it was drafted on the screen
        order = structs.replace(order, file=str(kept))
    with Journal(access.state_dir) as journal:
        name = UID.format(order.topology.name)
        for row in journal.rows(name):
            told = known.told_of(row)
            if not told.state.over:
                raise Refused(
                    f"run {told.run} ({told.kind} of {order.topology.name}) is under way",
                    fix=f"Look at it: fleet-console attach {told.run}.",
                )
        return runs.begin(
            journal, access, order.canonical(), fleet_uid=name, kind=order.kind, plan_hash=order.plan_hash,
            reason=reason, target=order.topology.name,
        )  # fmt: skip


def last(access: Access, topology: str) -> RunReport | None:
    """The newest set-up or teardown of a topology on this host."""
    journal = Journal.there(access.state_dir)
    if journal is None:
        return None
    with journal:
        rows = journal.rows(UID.format(topology))
    return known.told_of(rows[0]) if rows else None


def carry_out(
    journal: Journal, row: Row, settings: Settings, *, kubeconfig: str | None, context: str | None
) -> RunState:
    """Be the runner of a journaled set-up. Raises `UsageError` where the journal holds none."""
    from console.decide.setup import order as orders

    order = orders.parse(row.plan)
    shelf = Shelf(journal.directory, order.topology.name)
    gone = order.kind == "teardown"
    sight = WireEyes(settings, order.topology, shelf, kubeconfig=kubeconfig, context=context, away=gone)
    _take_up(journal, order.topology, sight)
    found = _Left(order.topology, sight, settings, shelf, kubeconfig)
    requests = FirstRequests(order.topology, sight.last, sight.shares, settings.probe.proxy)

    def lease(hub: Hub) -> FleetLease:
        return FleetLease(hub, row.report.run, Duration.parse(settings.run.lease), patient=True)

    hands = WireHands(order.topology, sight, shelf, lease, requests, found.write)
    pace = Pace(poll=min(float(Duration.parse(settings.fleet.cloud.poll)), 5.0))
    try:
        state = SetupRun(journal, row.report, order, sight, hands, pace=pace).carry_out()
        if gone and state is RunState.DONE:
            _forget(shelf, order.topology, sight.last())
        ended = journal.row(row.report.run)
        if ended is not None:
            Hook(settings.run, row.report.run).tell(ended.report)
        return state
    finally:
        with suppress(FleetConsoleError):
            hands.close()


def tidy(access: Access, topology: Topology, ground: Ground) -> None:
    """Remove what a teardown that was killed at its end left on the shelf: what opens a Fleet or a cluster that the
    ground, read whole, holds no more."""
    report = last(access, topology.name)
    if report is None or report.state.over:
        _forget(Shelf(access.state_dir, topology.name), topology, ground)


def stays_here(access: Access, topology: Topology) -> tuple[str, ...]:
    """What a teardown leaves on the shelf and may be secret, a sentence each."""
    path = Shelf(access.state_dir, topology.name).path(SETTINGS)
    said = f"{path}, settings with what opens the cloud; remove them where nothing uses them any more"
    return (said,) if path.exists() else ()


def _forget(shelf: Shelf, topology: Topology, ground: Ground) -> None:
    found = Found(topology, ground)
    there = {one.name for one in found.account.clusters or () if found.ours(one.tags)}
    there |= {one.name for one in topology.members if found.cluster(one) is not None}
    shelf.forget(found.fleet is None, [one for one in shelf.agents() if one not in there])


class _Left:
    """What a set-up leaves on its shelf."""

    def __init__(
        self, topology: Topology, sight: WireEyes, settings: Settings, shelf: Shelf, kubeconfig: str | None
    ) -> None:
        self._kubeconfig = kubeconfig or settings.fleet.kubeconfig
        self._topology = topology
        self._sight = sight
        self._settings = settings
        self._shelf = shelf

    def write(self) -> str:
        """Settings, manifests and the way back; says where."""
        import msgspec

        ground: Ground = self._sight.last()
        found = Found(self._topology, ground)
        cloud = msgspec.to_builtins(self._settings.fleet.cloud)
        said = {name: value for name, value in cloud.items() if value not in (None, {}, ())}
        fetched = self._shelf.kubeconfig(found.fleet_id)
        named = str(fetched) if fetched.exists() else self._settings.fleet.kubeconfig or ""
        document = export.settings(found, said, named, self._settings.probe.proxy, self._sites())
        self._shelf.write(SETTINGS, export.yaml_text(document))
        for name, text in export.files(found).items():
            self._shelf.write(f"manifests/{name}", text)
        plan = teardown(self._topology, ground)
        self._shelf.write("teardown.md", export.way_back(plan.tasks, left(self._topology, ground)))
        return f"settings, manifests and the way back are in {self._shelf.directory}"

    def _sites(self) -> dict[str, str]:
        """Where the contexts of members stand: the settings that are written name another kubeconfig, the Fleet's."""
        files = {one: site_file(one, self._kubeconfig, self._settings) for one in self._topology.members if one.context}
        named = ((one.name, kubeconfig.file_of(file, one.context or "")) for one, file in files.items())
        return {name: str(path) for name, path in named if path is not None}


def written(directory: Path, texts: dict[str, str]) -> None:
    """Write an export; nothing in it is secret. Raises `UsageError` where the directory cannot be written."""
    from console.errors import UsageError

    try:
        for name, text in texts.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{directory}: {error.strerror}", fix="Name a directory that can be written.") from None
