"""What the wizard can ask for: discovery, a look at a topology's ground, the draft on this host, set-ups to start, to
resume and to read; and the real one, on the account and the journal."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from console.errors import FleetConsoleError, UsageError
from console.model.run import RunReport
from console.settings import Settings

if TYPE_CHECKING:
    from console.decide.setup.adopt import Adopted
    from console.decide.setup.choices import Discovery
    from console.decide.setup.order import Order
    from console.decide.setup.task import Check, SetupPlan
    from console.model.ground import Ground
    from console.model.topology import Topology
    from console.run.access import Access
    from console.run.setup.eyes import WireEyes

DRAFT = "setup-draft"
"""Begins the name of the wizard's draft in the state directory, whatever its topology is called meanwhile; behind it
stands the name of the Fleet that settings open, where it has one."""


class SetupDesk(Protocol):
    """Failures are `FleetConsoleError`. Everything may take seconds, and is called from a worker thread."""

    def discover(self, region: str | None) -> Discovery:
        """What a region holds, and what answers at the contexts of the kubeconfig."""

    def look(self, topology: Topology, *, away: bool = False) -> Ground:
        """The ground of a topology, read now; `away`: of one that is to be taken away."""

    def judged(self, topology: Topology, ground: Ground, plan: SetupPlan) -> tuple[Check, ...]:
        """What the rules say of the ground that was looked at last, and the Fleet's API server, by dry runs, of the
        plan for it."""

    def adopt(self, found: Discovery) -> Adopted:
        """The topology of what somebody built by hand."""

    def draft(self) -> str | None:
        """The draft as it was kept last; None where there is none."""

    def keep(self, text: str) -> None:
        """Keep the draft, whole."""

    def read(self, path: str) -> str:
        """The text of a topology file."""

    def start(self, order: Order) -> RunReport:
        """Start the detached runner of a set-up."""

    def order(self, run: str) -> Order:
        """What a set-up was told to do."""

    def made(self, topology: str) -> Path | None:
        """The settings file that a set-up left; None where it left none."""

    def contexts(self, kubeconfig: str | None) -> tuple[str, ...]:
        """The contexts of a kubeconfig, or of the one that kubectl finds."""

    def connect(self, document: Mapping[str, Any]) -> Path:
        """Write the first settings file; nobody else's is overwritten."""


class WireSetups:
    """The real one."""

    def __init__(self, settings: Settings, access: Access) -> None:
        self._settings = settings
        self._access = access
        self._writing = threading.Lock()
        self._sight: tuple[Topology | None, WireEyes | None] = (None, None)

    def discover(self, region: str | None) -> Discovery:
        """By the OpenAPIs and every context's own API; what cannot be asked is said."""
        from console.decide.setup.choices import Discovery
        from console.run.setup import discover

        where = region or ""
        try:
            where = discover.region_of(self._settings, region)
            ground = discover.ground(self._access, self._settings, where)
        except FleetConsoleError as error:
            return Discovery(where, failure=str(error), sites=discover.sites(self._access, self._settings))
        return Discovery(where, ground, discover.sites(self._access, self._settings))

    def look(self, topology: Topology, *, away: bool = False) -> Ground:
        """Over the wire."""
        from console.run.setup import setups

        sight = setups.eyes(self._access, self._settings, topology, away=away)
        ground = sight.read()
        self._sight = (topology, sight)
        return ground

    def judged(self, topology: Topology, ground: Ground, plan: SetupPlan) -> tuple[Check, ...]:
        """On the connection of the last look."""
        from console.run.setup import setups

        seen, sight = self._sight
        return setups.judged(topology, ground, plan, sight if seen == topology else None)

    def adopt(self, found: Discovery) -> Adopted:
        """With what settings know of members."""
        from console.decide.setup.adopt import adopt
        from console.run.setup import discover

        if found.failure:
            raise UsageError(found.failure)
        return adopt(found.ground, found.region, discover.hints(self._settings))

    @property
    def _draft(self) -> Path:
        from console.run import place

        fleet = "".join(one if one.isalnum() or one in "-_" else "-" for one in self._settings.fleet.name or "")
        name = f"{DRAFT}-{fleet[:60]}.yaml" if fleet else f"{DRAFT}.yaml"
        return (self._access.state_dir or place.default()).expanduser().absolute() / name

    def draft(self) -> str | None:
        """From the state directory."""
        from console import yaml_file

        path = self._draft
        return yaml_file.text(path) if path.exists() else None

    def keep(self, text: str) -> None:
        """Whole or not at all; only its owner may read it."""
        from console.run import place

        with self._writing:
            place.write_whole(self._draft, text)

    def read(self, path: str) -> str:
        """Bounded in size."""
        from console import yaml_file

        return yaml_file.text(Path(path).expanduser())

    def start(self, order: Order) -> RunReport:
        """A process of its own carries it out."""
        from console.run.setup import setups

        return setups.start(self._access, self._settings, order, reason="from the wizard")

    def order(self, run: str) -> Order:
        """From the journal."""
        from console.decide.setup import order as orders
        from console.run.journal import Journal

        journal = Journal.there(self._access.state_dir)
        if journal is None:
            raise UsageError("this host has no journal")
        with journal:
            row = journal.named(run)
        if row is None:
            raise UsageError(f"no run '{run}' in this host's journal")
        return orders.parse(row.plan)

    def made(self, topology: str) -> Path | None:
        """From the set-up's directory."""
        from console.run.setup.shelf import Shelf

        path = Shelf(self._access.state_dir, topology).path("config.yaml")
        return path if path.exists() else None

    def contexts(self, kubeconfig: str | None) -> tuple[str, ...]:
        """From the file."""
        from console.kube import kubeconfig as files

        return files.contexts(kubeconfig or self._access.kubeconfig)

    def connect(self, document: Mapping[str, Any]) -> Path:
        """Where settings are looked for; checked before it is written."""
        from console import settings
        from console.decide.setup.draft import yaml_text

        path, _ = settings.located(self._access.config)
        settings.parse(document, where=str(path))
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(yaml_text(document))
        except FileExistsError:
            raise UsageError(
                f"{path} is there already, and is not overwritten",
                fix="Say it there: fleets.cloud.region and fleets.cloud.credentials.",
            ) from None
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from None
        return path
