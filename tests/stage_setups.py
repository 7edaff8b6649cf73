"""The wizard's desk on values: a small world is the account, the draft lives in memory, runs are told by the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from console.decide.setup.adopt import Adopted
from console.decide.setup.choices import Discovery
from console.decide.setup.order import Order
from console.decide.setup.task import Check, SetupPlan
from console.errors import FleetConsoleError, UsageError
from console.model.ground import Ground, Site, Subnet
from console.model.run import RunReport, RunState
from console.model.topology import Topology
from console.run.setup import setups
from tests import situations
from tests.setup_stand import World, hybrid

IDC = Site(version="v1.30.4", nodes=("192.168.0.11",), pods=("172.20.0.0/24",))


def account() -> World:
    """A VPC with a vSwitch for each purpose."""
    world = World()
    world.subnets += [
        Subnet("vsw-h", "vpc-1", "cn-hangzhou-h", "10.0.200.0/24", "gateway-h", 250, "Available"),
        Subnet("vsw-k", "vpc-1", "cn-hangzhou-k", "10.0.201.0/24", "gateway-k", 250, "Available"),
    ]
    return world


class StageSetups:
    """Answers what the wizard asks; every call is kept in `asked`."""

    def __init__(self, tell: Callable[[RunReport], None] = lambda report: None) -> None:
        self.world = account()
        self.asked: list[str] = []
        self.kept: str | None = None
        self.failure: FleetConsoleError | None = None
        self.refuses: FleetConsoleError | None = None
        """What every start is answered with; reading goes on."""
        self.answers: tuple[Check, ...] = ()
        self.files: dict[str, str] = {}
        self.orders: dict[str, Order] = {}
        self.connected: dict[str, Any] = {}
        self._tell = tell

    def discover(self, region: str | None) -> Discovery:
        """The world, and a data centre."""
        self.asked.append(f"discover {region}")
        if self.failure is not None:
            return Discovery(region or "", failure=str(self.failure))
        ground = self.world.read()
        account_ = replace(ground.account, regions=("cn-hangzhou", "cn-beijing"))
        return Discovery(region or "cn-hangzhou", replace(ground, account=account_, sites={}), {"idc": IDC})

    def look(self, topology: Topology, *, away: bool = False) -> Ground:
        """The world."""
        self.asked.append(f"look {topology.name}")
        if self.failure is not None:
            raise self.failure
        ground = self.world.read()
        return replace(ground, sites={one.name: IDC for one in topology.members if one.context})

    def judged(self, topology: Topology, ground: Ground, plan: SetupPlan) -> tuple[Check, ...]:
        """The rules, and of the Fleet's API server what the test says."""
        return (*setups.judged(topology, ground, plan, None), *self.answers)

    def adopt(self, found: Discovery) -> Adopted:
        """What stands is seed.txt's topology."""
        self.asked.append(f"adopt {len(found.ground.account.clusters or ())} clusters")
        return Adopted(hybrid(), ("ack-a: its network is taken for underlay; no API shows it",))

    def draft(self) -> str | None:
        """As it was kept."""
        return self.kept

    def keep(self, text: str) -> None:
        """In memory."""
        self.kept = text

    def read(self, path: str) -> str:
        """What the test put there."""
        if path not in self.files:
            raise UsageError(f"{path}: No such file or directory")
        return self.files[path]

    def start(self, order: Order) -> RunReport:
        """A run that is under way."""
        if self.refuses is not None:
            raise self.refuses
        run = f"s{len(self.orders) + 1}"
        self.asked.append(f"start {run} {order.kind}")
        self.orders[run] = order
        report = RunReport(
            run, f"setup/{order.topology.name}", order.kind, RunState.RUNNING, order.plan_hash, started=situations.WALL,
            actor="oncall@jump1", host="jump1", target=order.topology.name, message="network: create vSwitch",
        )  # fmt: skip
        self._tell(report)
        return report

    def order(self, run: str) -> Order:
        """As it was started."""
        if run not in self.orders:
            raise UsageError(f"no run '{run}' in this host's journal")
        return self.orders[run]

    def made(self, topology: str) -> Path | None:
        """Nothing."""
        return None

    def contexts(self, kubeconfig: str | None) -> tuple[str, ...]:
        """Two."""
        return ("hub", "idc")

    def connect(self, document: Mapping[str, Any]) -> Path:
        """Kept."""
        self.connected = dict(document)
        raise UsageError("the stage writes nothing")
