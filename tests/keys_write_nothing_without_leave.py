"""No key writes without leave: not disarmed, not once arming has expired, not where settings are read-only, not with a
viewer's token. Every action of the registry stands in a table here, and is tried on every place that knows it.

Screens reach the world by their desk alone, and the desk writes by three of its methods; what its other methods send is
counted on the wire by the tests of the verbs.
"""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

import screens
from console.app import FleetConsole
from console.decide.plan import Plan
from console.decide.setup import draft as drafts
from console.decide.setup.order import order
from console.decide.setup.task import SetupPlan
from console.errors import Denied
from console.model.document import Document, Subject
from console.model.fleet import Fleet
from console.model.freshness import SourceName
from console.model.run import Reason, RunReport, RunState, Severity
from console.sections import CloudSettings, CredentialSettings, FleetSettings
from console.settings import Settings
from screens import actions
from screens.application import ApplicationPage
from screens.confirm import Confirmation
from screens.connect import ConnectPage
from screens.desk import Desk
from screens.drain import DrainPage, TargetsPage
from screens.edit import EditPage
from screens.fleets import FleetsPage
from screens.gateway import GatewayPage
from screens.help import HelpPage
from screens.member import MemberPage
from screens.offer import OfferPage
from screens.onestep import OneStepPage
from screens.place import Place
from screens.review import ReviewPage
from screens.route import RoutePage
from screens.run import RunPage
from screens.runs import RunsPage
from screens.set import SetPage
from screens.setup import SetupPage
from screens.setup_desk import SetupDesk
from screens.setup_run import SetupRunPage
from screens.shift import ShiftPage
from screens.sources import SourcesPage
from screens.text import DraftPage
from screens.yaml import YamlPage
from tests import situations
from tests.setup_stand import hybrid
from tests.stage import StageFeed, stage
from tests.wishes import shift
from widgets.editor import Editor
from widgets.field import Field

EVERYWHERE = bool(os.environ.get("CONSOLE_EVERY_SEAM"))
"""`make soak` tries what only looks and drafts on every place; `make test` on the first place that has it. What starts
and tells is tried everywhere always."""
STARTS = {"confirm", "go_back", "roll_back", "go_on", "resume"}
"""Start a run, or turn a live one round, once a word is typed."""
TELLS = {"stop", "extend"}
"""Change a live run, once its id is typed; as going back from a live one, they need no arming."""
HASTENS = {"finish", "touch"}
"""Have a live run write sooner, or more, once its id is typed."""
DRAFTS = {
    "shift", "drain", "refresh", "sync", "answer", "override", "steps", "until", "hold_sync", "new_key", "dry_run",
    "next_part", "hard", "revision", "prune", "try_sync", "remove", "undo_change", "edit", "edit_whole", "begin",
    "adopt", "teardown", "make_anew", "name", "discover", "keep", "drop",
}  # fmt: skip
"""Change a draft on this host, and ask the API server for a dry run at most."""
LOOKS = {
    "open", "filter", "clear", "gateway", "next_gateway", "set", "yaml", "copy", "order", "managed", "reread", "runs",
    "sources", "fleets", "back", "help", "palette", "repaint", "quit", "setup", "draft_yaml", "map", "all_fields",
    "review", "open_made",
}  # fmt: skip
"""Change what is shown."""
ARMS = {"arm"}
"""Allows the console to write, which is leave itself."""
DESK_READS = {
    "now", "attach", "visible", "trial", "around", "document", "report", "runs", "follow", "rollback_plan", "host_runs",
    "warm", "setups", "wall",
}  # fmt: skip
DESK_WRITES = {"start_run", "command", "resume"}
SETUPS_READ = {"discover", "look", "judged", "adopt", "draft", "read", "order", "made", "contexts"}
SETUPS_KEEP = {"keep", "connect"}
"""Write a file of this host: the draft, the first settings."""
SETUPS_WRITE = {"start"}


def test_every_action_says_here_what_it_does() -> None:
    kinds = (STARTS, TELLS, HASTENS, DRAFTS, LOOKS, ARMS)

    assert sorted(action.id for action in actions.ACTIONS) == sorted(name for kind in kinds for name in kind)
    assert {name for name in STARTS | TELLS | HASTENS if not actions.named(name).danger} == set()


def test_every_way_of_the_desk_says_here_whether_it_writes() -> None:
    ways = {name for name, _ in inspect.getmembers(Desk) if not name.startswith("_")}

    assert DESK_READS | DESK_WRITES == ways
    ways = {name for name, _ in inspect.getmembers(SetupDesk) if not name.startswith("_")}

    assert SETUPS_READ | SETUPS_KEEP | SETUPS_WRITE == ways


def test_no_screen_has_another_way_to_the_world_than_its_desk() -> None:
    far = ("console.run", "console.kube", "console.cloud", "console.probe", "console.prometheus", "console.observe")
    found = set()
    for path in Path(screens.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module is not None and module.startswith(far):
                found.add(path.name)

    assert {"desk.py", "setup_desk.py"} == found


def fleet() -> Fleet:
    """All well, with two gateways, and with applications that a set owns."""
    both = (situations.application("api", member, wanted="main") for member in (situations.ACK, situations.IDC))
    calm = situations.calm()
    gateways = (*calm.gateways, replace(calm.gateways[0], name="another"))
    return situations.with_applications(replace(calm, gateways=gateways), *both)


DRAFT = drafts.of(hybrid())
ROUTE = "gateway-demo/api"
KEY = situations.with_applications(situations.calm(), situations.application("api", situations.ACK)).deployed[0].key


def report(feed: StageFeed, run: str) -> RunReport:
    return feed.desk.reports[run]


PLACES: dict[str, Callable[[StageFeed], Place | None]] = {
    "dashboard": lambda _: None,
    "route": lambda _: RoutePage(ROUTE),
    "member": lambda _: MemberPage(situations.ACK),
    "application": lambda _: ApplicationPage(KEY),
    "gateway": lambda feed: GatewayPage(fleet().gateways[0].name),
    "set": lambda _: SetPage("argocd/api"),
    "yaml": lambda _: YamlPage((Subject(SourceName.ROUTES, ROUTE),)),
    "sources": lambda _: SourcesPage(),
    "help": lambda _: HelpPage(),
    "fleets": lambda _: FleetsPage(),
    "targets": lambda _: TargetsPage(None),
    "shift": lambda _: ShiftPage(ROUTE),
    "drain": lambda _: DrainPage("idc-prod"),
    "one-step": lambda _: OneStepPage(KEY, "sync"),
    "one-step of a refresh": lambda _: OneStepPage(KEY, "refresh"),
    "run": lambda feed: RunPage(report(feed, "r1")),
    "run that is over": lambda feed: RunPage(report(feed, "r2")),
    "run that is interrupted": lambda feed: RunPage(report(feed, "r3")),
    "runs": lambda _: RunsPage(),
    "setup": lambda _: SetupPage(),
    "review": lambda _: ReviewPage(hybrid(), "setup", DRAFT.text),
    "setup-run": lambda feed: SetupRunPage(report(feed, "s1")),
    "setup-run that is interrupted": lambda feed: SetupRunPage(report(feed, "s2")),
    "edit": lambda _: EditPage(DRAFT.document, ()),
    "text": lambda _: DraftPage(DRAFT.text),
    "offer": lambda _: OfferPage(),
    "connect": lambda _: ConnectPage(setting_up=False),
}
"""The place's name in the registry, with what it shows there, and how it is opened; the dashboard is there."""
KNOWN = {place for action in actions.ACTIONS for place in action.places} - {actions.ALWAYS}
"""Every place of the registry."""


def test_every_place_of_the_registry_is_tried() -> None:
    assert KNOWN == {name if name in KNOWN else name.partition(" ")[0] for name in PLACES}


class Walk:
    """One console under one condition: a run goes (r1), one is over (r2), one has lost its runner (r3)."""

    def __init__(self, app: FleetConsole, feed: StageFeed, pilot: Pilot[int], condition: str) -> None:
        self.app = app
        self.feed = feed
        self.pilot = pilot
        self.condition = condition
        self.done: set[str] = set()
        """Actions that were available somewhere."""

    @property
    def writes(self) -> list[str]:
        """What reached the desk's writing ways."""
        desk = self.feed.desk
        return [one for one in (*desk.asked, *desk.setups.asked) if one.startswith(("start", "command", "resume"))]

    async def visit(self, name: str) -> None:
        """Every action of a place; what leaves it, opens it again."""
        place: Place | None = None
        for action in actions.at(name if name in KNOWN else name.partition(" ")[0]):
            if self.condition == "disarmed" and action.id in ARMS:
                continue
            if action.id in self.done & (LOOKS | DRAFTS) and not EVERYWHERE:
                continue
            self.app.arm(self.condition in ("expired", "viewer"))
            if place is None or place not in self.app.screen_stack:
                place = await self.opened(name)
            if action.id == "confirm":
                await self.prepare(place)
            if not action.unavailable(place.standing()):
                self.done.add(action.id)
            place.action_act(action.id)
            await self.settle()
            await self.answer(action.id)
            while self.app.screen is not place and len(self.app.screen_stack) > 1:
                self.app.pop_screen()

            assert [] == self.writes, (name, action.id)
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    async def opened(self, name: str) -> Place:
        """The place on the screen, with what it reads by itself."""
        place = PLACES[name](self.feed)
        if place is not None:
            await self.app.push_screen(place)
            await self.settle()
        assert isinstance(self.app.screen, Place)
        return self.app.screen

    async def prepare(self, screen: Place) -> None:
        """Make the draft one that could be started."""
        if isinstance(screen, ShiftPage):
            screen.query_one(Editor).focus()
            await self.pilot.press("8", "0", "down", "equals_sign")
        for field in screen.query("#reason").results(Field):
            field.value = "OPS-12"
        if isinstance(screen, DrainPage):
            screen.action_act("answer")
        while screen.standing().refused.endswith(("answered the dry run yet", "no plan yet")):
            await self.settle()

    async def answer(self, action: str) -> None:
        """Type what a dialog asks for; who tells a live run confirms by that, and is not followed here."""
        asked = self.app.screen
        if not isinstance(asked, Confirmation):
            return
        if self.condition == "expired":
            self.app.armed_until = 0.0
        live = asked._word in ("r1", "s1") and action not in HASTENS
        said = "" if live and self.condition != "viewer" else asked._word
        asked.query_one(Field).value = said
        await self.pilot.press("enter")
        await self.settle()

    async def settle(self) -> None:
        """Until every thread but those that follow runs has said what it had to."""
        await self.pilot.pause()
        while any(not one.is_finished for one in self.app.workers if one.group != "follow"):
            await self.pilot.pause()


def begun(feed: StageFeed) -> None:
    """Three runs, told of before anything is counted."""
    plan = shift(fleet(), ROUTE, {situations.ACK: 80, situations.IDC: 20}).plan
    assert isinstance(plan, Plan)
    for _ in range(3):
        feed.desk.start_run(plan, "before", ())
    feed.desk.tell(replace(feed.desk.reports["r2"], state=RunState.DONE))
    feed.desk.tell(replace(feed.desk.reports["r3"], state=RunState.INTERRUPTED))
    for _ in range(2):
        ordered = order(hybrid(), SetupPlan("demo", "setup", ()))
        feed.desk.setups.start(ordered)
    feed.desk.tell(replace(feed.desk.reports["s2"], state=RunState.INTERRUPTED))
    feed.desk.asked.clear()
    feed.desk.setups.asked.clear()


NOT_ALLOWED = Reason("permission", Severity.BLOCKS, "not allowed: patch ingresses", "patch ingresses", "ask for a role")
CLOUD = CloudSettings(region="cn-hangzhou", credentials=CredentialSettings(environment=True))
FLEETS = (FleetSettings(name="hz-prod", cloud=CLOUD), FleetSettings(name="another"))
CONDITIONS = {
    "disarmed": Settings(fleets=FLEETS),
    "expired": Settings(fleets=FLEETS),
    "read_only": Settings(fleets=FLEETS, read_only=True),
    "viewer": Settings(fleets=FLEETS),
}


@pytest.mark.parametrize("condition", CONDITIONS)
async def test_no_action_of_any_place_writes_without_leave(condition: str) -> None:
    app, feed = stage(fleet(), CONDITIONS[condition])
    begun(feed)
    of = Subject(SourceName.ROUTES, ROUTE)
    feed.desk.documents[ROUTE] = Document(of, f"Ingress {ROUTE}", "hub", 0.0, 0.0, "1", ("kind: Ingress",), managers=1)
    if condition == "viewer":
        feed.desk.answers = (NOT_ALLOWED,)
        feed.desk.refuses = feed.desk.setups.refuses = Denied(NOT_ALLOWED.measured)
    left: list[object] = []
    app.exit = left.append  # type: ignore[assignment]
    async with app.run_test(size=(80, 24)) as pilot:
        walk = Walk(app, feed, pilot, condition)
        for name in PLACES:
            await walk.visit(name)
        feed.desk.end()
    assert left
    assert {"open_made"} == LOOKS - walk.done, "no set-up of the stage leaves settings"
