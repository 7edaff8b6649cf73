"""The wizard by its keys: forms with problems beside their fields, a draft that no key loses, the map, the review, and
the page of the run; on a small world of values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from console.decide.setup import draft as drafts
from console.decide.setup import ways
from console.decide.setup.plan import plan
from console.decide.setup.task import Check, Stage, Verdict
from console.model.ground import FleetHub, HubGround, Key, MemberCluster
from console.model.run import JournalLine, RunState
from console.present import line as words
from console.sections import CloudSettings, CredentialSettings, FleetSettings
from console.settings import Settings
from screens.edit import EditPage
from screens.place import Place
from screens.review import ReviewPage
from screens.setup import SetupPage
from screens.setup_run import SetupRunPage
from tests import situations
from tests.setup_stand import hybrid
from tests.stage import StageDesk, stage
from tests.stage_setups import StageSetups
from widgets.form import Form
from widgets.keys import Keys
from widgets.lines import Lines
from widgets.pager import Pager

SETTINGS = Settings(
    fleets=(
        FleetSettings(
            name="hz-prod", cloud=CloudSettings(region="cn-hangzhou", credentials=CredentialSettings(environment=True))
        ),
    )
)
SIZES = [(80, 24), (120, 40)]


@asynccontextmanager
async def wizard(
    size: tuple[int, int] = (80, 24), before: Callable[[StageSetups], None] = lambda setups: None
) -> AsyncIterator[tuple[Pilot[int], StageDesk]]:
    """The wizard, once it has asked what there is."""
    app, feed = stage(situations.calm(), SETTINGS)
    before(feed.desk.setups)
    async with app.run_test(size=size) as pilot:
        await pilot.press("w")
        await settled(pilot)
        yield pilot, feed.desk


def clashing() -> str:
    """A draft whose data centre's pods overlap the VPC."""
    return drafts.yaml_text(drafts.put(drafts.of(hybrid()).document, "members[1].cidrs.pods", ["10.32.0.0/12"]))


async def settled(pilot: Pilot[Any]) -> None:
    """Every worker that ends by itself has ended, and what it said was heard."""
    for _ in range(4):
        going = [one for one in pilot.app.workers if one.group != "follow"]
        if going:
            with suppress(WorkerCancelled):  # a newer one has taken its place
                await pilot.app.workers.wait_for_complete(going)
        await pilot.pause()


async def until(pilot: Pilot[Any], so: Callable[[], bool]) -> None:
    """What a thread said was heard."""
    for _ in range(200):
        if so():
            return
        await pilot.pause(0.02)
    raise AssertionError("it never came")


def on(pilot: Pilot[Any], page_: type[Place]) -> bool:
    """Which page is shown."""
    return isinstance(pilot.app.screen, page_)


def rows(app: App[Any]) -> list[str]:
    """The form as it is drawn."""
    return [words.text(one).rstrip() for one in app.screen.query_one(Form).content]


def row(app: App[Any], label: str) -> str:
    """The first row that begins with a label."""
    return next(one for one in rows(app) if one[2:].startswith(label))


def page(app: App[Any]) -> str:
    """A page of text."""
    return "\n".join(words.text(one).rstrip() for one in app.screen.query_one(Pager).content)


def bench(app: App[Any]) -> Any:
    """The wizard's document."""
    screen = next(one for one in app.screen_stack if isinstance(one, SetupPage))
    return screen.bench.draft.document


async def go_to(pilot: Pilot[Any], key: str) -> None:
    """Mark the row of a key by arrows alone."""
    form = pilot.app.screen.query_one(Form)
    await pilot.press("home")
    for _ in range(80):
        if form.selected is not None and form.selected.key == key:
            return
        await pilot.press("down")
    raise AssertionError(f"no row {key} in {[one.key for one in form._rows]}")


@pytest.mark.parametrize("size", SIZES)
async def test_it_begins_with_a_proposal_of_what_was_found(size: tuple[int, int]) -> None:
    async with wizard(size) as (pilot, desk):
        assert "proposed of what was found" in words.text(pilot.app.screen.query_one("#asks", Lines).content[1])
        assert "vpc-1" in row(pilot.app, "id")
        assert "10.0.0.0/8" in row(pilot.app, "id")
        assert desk.setups.kept is not None
        assert drafts.read(desk.setups.kept, "kept").topology is not None


@pytest.mark.parametrize("size", SIZES)
async def test_a_problem_stands_beside_its_field_as_one_types(size: tuple[int, int]) -> None:
    async with wizard(size) as (pilot, _):
        await pilot.press("4")
        await go_to(pilot, "members[1].cidrs.pods")
        await pilot.press("enter", *["backspace"] * 4)
        await pilot.pause()

        assert "x '172.20.0." in row(pilot.app, "cidrs pods")
        assert "an IPv4 range" in words.text(pilot.app.screen.query_one("#detail", Lines).content[1])

        await pilot.press(*"0/24", "enter")
        await settled(pilot)

        assert "x " not in row(pilot.app, "cidrs pods")


async def test_what_is_typed_can_be_taken_back_and_undone() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("enter", *"-two", "escape")
        await pilot.pause()

        assert "demo" == bench(pilot.app)["name"]

        await pilot.press("enter", *"-two", "enter")
        await settled(pilot)

        assert "demo-two" == bench(pilot.app)["name"]

        await pilot.press("u")

        assert "demo" == bench(pilot.app)["name"]


async def test_keys_of_the_page_are_letters_while_one_types() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("enter", *"qy0", "enter")
        await settled(pilot)

        assert on(pilot, SetupPage)
        assert "demoqy0" == bench(pilot.app)["name"]


async def test_a_member_that_is_renamed_is_renamed_wherever_it_is_said() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("3", "enter", *"-new", "enter")
        await settled(pilot)

        assert {"demo-ack-new": 50, "demo-idc": 50} == drafts.at(bench(pilot.app), "routes[0].weights")


async def test_a_list_offers_what_was_found() -> None:
    async with wizard() as (pilot, _):
        await go_to(pilot, "region")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("down", "enter")
        await settled(pilot)

        assert "cn-beijing" == bench(pilot.app)["region"]


async def test_several_are_ticked_in_a_list() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("2")
        await go_to(pilot, "fleet.vswitches")
        await pilot.press("enter", "home", "space", "enter")
        await settled(pilot)

        assert 2 == len(drafts.at(bench(pilot.app), "fleet.vswitches"))


async def test_an_item_is_added_and_removed() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("8")
        await go_to(pilot, "add gateway.listeners")
        await pilot.press("enter")
        await settled(pilot)

        assert [8001, 80] == [one["port"] for one in drafts.at(bench(pilot.app), "gateway.listeners")]
        assert pilot.app.screen.query_one(Form).selected.key == "gateway.listeners[1].port"  # type: ignore[union-attr]

        await pilot.press("minus")
        await settled(pilot)

        assert [8001] == [one["port"] for one in drafts.at(bench(pilot.app), "gateway.listeners")]


async def test_back_and_again_finds_the_draft_as_it_was_left() -> None:
    async with wizard() as (pilot, desk):
        await pilot.press("enter", *"-two", "enter", "escape")
        await settled(pilot)
        await pilot.press("w")
        await settled(pilot)

        assert "[demo-two" in row(pilot.app, "name")
        assert "name: demo-two" in (desk.setups.kept or "")


async def test_a_draft_with_problems_is_kept_and_found_again() -> None:
    async with wizard() as (pilot, desk):
        await pilot.press("4")
        await go_to(pilot, "members[1].cidrs.pods")
        await pilot.press("enter", "backspace", "enter", "escape")
        await settled(pilot)
        await pilot.press("w", "4")
        await settled(pilot)

        assert "x '172.20.0.0/2'" in row(pilot.app, "cidrs pods") or "172.20.0.0/2" in (desk.setups.kept or "")


@pytest.mark.parametrize("size", SIZES)
async def test_the_map_marks_what_overlaps_and_says_whom(size: tuple[int, int]) -> None:
    def overlapping(setups: StageSetups) -> None:
        setups.kept = clashing()

    async with wizard(size, overlapping) as (pilot, _):
        await pilot.press("5")
        await settled(pilot)
        drawn = [words.text(one) for one in pilot.app.screen.query_one("#map", Lines).content]
        pods = next(one for one in drawn if one.startswith("idc-b pods"))

        assert "XX" in pods and "x VPC CIDR" in pods
        assert "x idc-b pods" in row(pilot.app, "cidrs pods") or any("x idc-b pods" in one for one in rows(pilot.app))
        assert "4!" in words.text(pilot.app.screen.query_one("#rail", Lines).content[0]) or "1!" in words.text(
            pilot.app.screen.query_one("#rail", Lines).content[0]
        )

        await pilot.press("m")

        assert "10.32.0.0-10.47.255.255" in page(pilot.app)


async def test_a_box_puts_a_rule_into_what_is_confirmed() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("5")
        await settled(pilot)
        await go_to(pilot, "confirm leased-line")
        await pilot.press("space")
        await settled(pilot)

        assert ["leased-line"] == bench(pilot.app)["confirmed"]
        assert "[x]" in row(pilot.app, "[x] leased-line")


async def test_yaml_is_edited_with_line_and_column_and_kept() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("2", "e")
        await pilot.pause()
        await pilot.press("down", "end", *"!!")
        await until(pilot, lambda: "2:9" in words.text(pilot.app.screen.query_one("#detail", Lines).content[0]))

        await pilot.press("backspace", "backspace", *"-x", "ctrl+s")
        await settled(pilot)

        assert "demo-fleet-x" == drafts.at(bench(pilot.app), "fleet.name")


async def test_nothing_that_is_no_yaml_is_kept_and_no_work_is_lost() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("2", "e")
        await pilot.pause()
        await pilot.press("end", *" : [", "escape")
        await pilot.pause()

        assert "no YAML yet" in pilot.app.screen.query_one(Keys).said

        await pilot.press("ctrl+g")
        await settled(pilot)

        assert "demo-fleet" == drafts.at(bench(pilot.app), "fleet.name")


async def test_no_account_is_said_and_the_draft_can_be_written_all_the_same() -> None:
    def denied(setups: StageSetups) -> None:
        from console.errors import Lost

        setups.failure = Lost("the account cannot be reached")

    async with wizard(before=denied) as (pilot, _):
        assert "cannot be reached" in words.text(pilot.app.screen.query_one("#asks", Lines).content[1])
        assert "[cn-hangzhou" not in row(pilot.app, "name")


@pytest.mark.parametrize("size", SIZES)
async def test_review_confirms_by_name_and_starts_the_run(size: tuple[int, int]) -> None:
    async with wizard(size) as (pilot, desk):
        await pilot.press("0")
        await settled(pilot)

        assert on(pilot, ReviewPage)
        assert "CHECKS" in page(pilot.app) and "create Fleet demo-fleet" in page(pilot.app)

        await pilot.press("enter")

        assert "read-only" in pilot.app.screen.query_one(Keys).said

        await pilot.press("a", "enter", *"demo", "enter")
        await settled(pilot)

        assert on(pilot, SetupRunPage)
        [order] = desk.setups.orders.values()
        assert "demo" == order.topology.name
        assert "leased-line" in order.unconfirmed


async def test_nothing_starts_on_red() -> None:
    def elsewhere(setups: StageSetups) -> None:
        setups.kept = drafts.yaml_text(drafts.put(drafts.of(hybrid()).document, "vpc.id", "vpc-9"))

    async with wizard(before=elsewhere) as (pilot, desk):
        await pilot.press("0")
        await settled(pilot)
        await pilot.press("a", "enter")

        assert "nothing is written on red" in pilot.app.screen.query_one(Keys).said
        assert {} == desk.setups.orders


async def test_what_would_be_taken_from_others_is_red_until_it_is_named() -> None:
    conflict = Check(
        "conflict", Verdict.RED, Stage.GATEWAY, "gateway", "server-side apply, dry run",
        "others manage spec.config.edition (of kubectl)", "no field of others changed",
    )  # fmt: skip

    def answering(setups: StageSetups) -> None:
        setups.answers = (conflict,)

    async with wizard(before=answering) as (pilot, desk):
        await pilot.press("0")
        await settled(pilot)

        assert "x conflict  gateway: others manage" in page(pilot.app)

        desk.setups.answers = ()
        await pilot.press("n")
        await settled(pilot)
        await pilot.press("end", "up", "space", "enter")
        await settled(pilot)

        assert "taken from its owner: IngressClass alb" in page(pilot.app)

        await pilot.press("a", "enter", *"demo", "enter")
        await settled(pilot)

        assert [("IngressClass alb",)] == [one.take for one in desk.setups.orders.values()]


async def test_the_run_says_what_is_done_under_way_and_to_come() -> None:
    async with wizard((120, 40)) as (pilot, desk):
        await pilot.press("0")
        await settled(pilot)
        await pilot.press("a", "enter", *"demo", "enter")
        await settled(pilot)
        at = situations.WALL
        lines = (
            JournalLine(at, "fleet", "intended", "create Fleet demo-fleet in VPC vpc-1"),
            JournalLine(at + 1, "fleet", "sent", "c123"),
            JournalLine(at + 2, "fleet", "confirmed", "it is so"),
            JournalLine(at + 2, "fleet running", "noted", "wait until Fleet c123 is running (it is initial)"),
        )
        desk.tell(replace(desk.reports["s1"], lines=lines, message="fleet: wait until Fleet c123 is running"))
        await until(pilot, lambda: "1 of 36" in page(pilot.app))
        said = page(pilot.app)

        assert "1 of 36 tasks done" in said
        assert "+ create Fleet demo-fleet" in said
        assert "~ wait until Fleet c123 is running" in said and "usually 5:00" in said
        assert "create ACK cluster demo-ack" in said

        await pilot.press("escape", "escape", "r")
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 36" in page(pilot.app))

        assert on(pilot, SetupRunPage)
        assert "1 of 36 tasks done" in page(pilot.app)
        await until(pilot, lambda: "admit 10.0.200.0/24" in page(pilot.app))
        assert " admits " not in page(pilot.app), "no task to come is told by its id"


async def test_a_run_that_held_is_resumed_once_the_console_is_armed() -> None:
    async with wizard((120, 40)) as (pilot, desk):
        await pilot.press("0")
        await settled(pilot)
        await pilot.press("a", "enter", *"demo", "enter")
        await settled(pilot)
        desk.tell(replace(desk.reports["s1"], state=RunState.HELD, message="create Fleet: Quota.Exceeded"))
        await until(pilot, lambda: "Quota.Exceeded" in page(pilot.app))

        await pilot.press("2")
        unconfirmed = list(desk.asked)
        await pilot.press(*"s1", "enter")
        await settled(pilot)

        assert "resume s1" not in unconfirmed
        assert "resume s1" in desk.asked


async def test_what_failed_in_the_cloud_is_told_with_its_ways_on_and_made_anew_or_taken_away() -> None:
    async with wizard((80, 24)) as (pilot, desk):
        await pilot.press("0")
        await settled(pilot)
        await pilot.press("a", "enter", *"demo", "enter")
        await settled(pilot)
        told, world = desk.setups.orders["s1"], desk.setups.world
        world.doom.add("fleet")
        world.carry_out(next(one for one in plan(told.topology, world.read()).tasks if one.id == "fleet"), "token")
        task = next(one for one in plan(told.topology, world.read()).tasks if one.failed)
        message = f"{task.stage}: {task.what}: {task.failed}; {ways.ways(told, 's1', task)}"
        desk.tell(replace(desk.reports["s1"], state=RunState.HELD, message=message))
        await until(pilot, lambda: "OperationFailed" in page(pilot.app))
        said = page(pilot.app)

        for begun in ("make it anew: ", "or adopt one that you made: ", "or take it away: ", "mended by hand: "):
            assert f"\n  - {begun}" in said
        assert "3 make anew: take fleet away" in said
        assert "t take away: all that the set-up made" in said

        await pilot.press("t")
        await settled(pilot)

        assert on(pilot, ReviewPage)
        assert "delete Fleet demo-fleet" in page(pilot.app)

        await pilot.press("escape", "3")
        await settled(pilot)

        assert on(pilot, ReviewPage)
        assert "made anew: fleet" in page(pilot.app)

        await pilot.press("enter", *"demo", "enter")
        await settled(pilot)

        assert desk.setups.orders["s2"].retry == ("fleet",)


async def test_adoption_shows_what_differs() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("o")
        await settled(pilot)

        assert on(pilot, ReviewPage)
        assert "its network is taken for underlay" in page(pilot.app)


async def test_a_proposal_is_of_what_is_there_now() -> None:
    async with wizard() as (pilot, desk):
        before = drafts.yaml_text(bench(pilot.app))
        world = desk.setups.world
        world.subnets = [replace(one, id=one.id.replace("vsw-k", "vsw-late")) for one in world.subnets]
        await pilot.press("n", "enter")
        await settled(pilot)
        asks = pilot.app.screen.query_one("#asks", Lines)

        assert ("vsw-late" in before, "vsw-late" in drafts.yaml_text(bench(pilot.app))) == (False, True)
        assert "proposed of what was found" in words.text(asks.content[1])


@pytest.mark.parametrize("keys", [("o",), ("n", "down", "enter")])
async def test_what_is_adopted_is_what_stands_now(keys: tuple[str, ...]) -> None:
    async with wizard() as (pilot, desk):
        proposed = bench(pilot.app)
        desk.setups.world.clusters.append(MemberCluster("c-1", "late", "ack", "running", vpc="vpc-1"))
        await pilot.press(*keys)
        await settled(pilot)

        assert "adopt 1 clusters" == next(one for one in desk.setups.asked if one.startswith("adopt "))

        await pilot.press("escape")
        await settled(pilot)
        asks = pilot.app.screen.query_one("#asks", Lines)

        assert "adopted: Fleet demo-fleet" in words.text(asks.content[1])

        await pilot.press("u")
        await settled(pilot)

        assert "this is the draft as it was before" == words.text(asks.content[1])
        assert proposed == bench(pilot.app)

        await pilot.press("0")
        await settled(pilot)

        assert on(pilot, ReviewPage)
        assert "its network is taken for underlay" not in page(pilot.app)


async def test_teardown_lists_what_goes_and_what_stays() -> None:
    def standing(setups: StageSetups) -> None:
        setups.kept = drafts.of(hybrid()).text
        setups.world.clusters.append(
            MemberCluster("c-1", "ack-a", "ack", "running", vpc="vpc-1", tags=(("fleet-console/topology", "demo"),))
        )

    async with wizard(before=standing) as (pilot, desk):
        await pilot.press("t")
        await settled(pilot)

        assert "c-1" in page(pilot.app) and "STAYS" in page(pilot.app) and "VPC vpc-1" in page(pilot.app)

        await pilot.press("a", "enter", *"teardown demo", "enter")
        await settled(pilot)

        assert ["teardown"] == [one.kind for one in desk.setups.orders.values()]


async def test_a_teardown_is_refused_while_others_have_things_on_the_fleet_until_it_is_named() -> None:
    def shared(setups: StageSetups) -> None:
        setups.kept = drafts.of(hybrid()).text
        tags = (("fleet-console/topology", "demo"),)
        setups.world.fleets.append(FleetHub("f-1", "demo-fleet", "running", vpc="vpc-1", attached=(), tags=tags))
        key = Key("networking.k8s.io", "Ingress", "shop", "foreign")
        setups.world.hub = HubGround("uid-1", {key: {"metadata": {"name": "foreign", "namespace": "shop"}, "spec": {}}})

    async with wizard(before=shared) as (pilot, desk):
        await pilot.press("t")
        await settled(pilot)
        refused = " ".join(page(pilot.app).split())
        await pilot.press("a", "enter")
        await pilot.pause()

        assert "x others-on-fleet" in refused and "Ingress shop/foreign" in refused
        assert on(pilot, ReviewPage)

        await pilot.press("n")
        await settled(pilot)
        await pilot.press("space", "enter")
        await settled(pilot)
        await until(pilot, lambda: "goes, too: fleet" in page(pilot.app))
        await pilot.press("enter", *"teardown demo", "enter")
        await settled(pilot)

        assert [("fleet",)] == [one.also for one in desk.setups.orders.values()]


async def test_a_teardown_says_what_would_be_left_behind_where_it_cannot_be_told() -> None:
    def dark(setups: StageSetups) -> None:
        setups.kept = drafts.of(hybrid()).text
        tags = (("fleet-console/topology", "demo"),)
        setups.world.fleets.append(FleetHub("f-1", "demo-fleet", "running", vpc="vpc-1", attached=(), tags=tags))
        setups.world.away("hub", "no route to host", looks=99)

    async with wizard(before=dark) as (pilot, _):
        await pilot.press("t")
        await settled(pilot)

        assert "No plan: the ground cannot be read: hub: no route to host" in " ".join(page(pilot.app).split())


async def test_a_teardown_that_cannot_see_the_fleet_says_so_before_it_is_confirmed() -> None:
    def unread(setups: StageSetups) -> None:
        setups.kept = drafts.of(hybrid()).text
        tags = (("fleet-console/topology", "demo"),)
        setups.world.fleets.append(FleetHub("f-1", "demo-fleet", "running", vpc="vpc-1", attached=(), tags=tags))

    async with wizard(before=unread) as (pilot, _):
        await pilot.press("t")
        await settled(pilot)

        assert "! what stands on the Fleet is not seen yet" in page(pilot.app)

        await pilot.press("a", "enter")
        await settled(pilot)
        said = pilot.app.screen.query_one("#said", Lines).content

        assert any(words.text(one).startswith("What stands on the Fleet is not seen yet") for one in said)


async def test_where_no_account_is_named_w_offers_what_can_be_done() -> None:
    app, feed = stage(situations.no_kubeconfig())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w")
        await pilot.pause()
        said = "\n".join(words.text(one) for one in app.screen.query_one("#detail", Lines).content)

        assert "no kubeconfig was found" in said

        await pilot.press("down", "down", "enter")
        await settled(pilot)

        assert "an account is needed" in words.text(app.screen.query_one("#detail", Lines).content[-1])
        asked = "\n".join(rows(app))
        assert "the data centre's; absent: as kubectl finds it" in asked
        assert "context" not in asked

        await pilot.press("down", "enter", *"cn-hangzhou", "enter", "down", "enter")
        await pilot.pause()
        await pilot.press("enter", "ctrl+s")
        await settled(pilot)
        cloud = {"region": "cn-hangzhou", "credentials": {"environment": True}}

        assert {"fleets": [{"region": "cn-hangzhou", "cloud": cloud}]} == feed.desk.setups.connected


async def test_the_whole_draft_is_edited_too() -> None:
    async with wizard() as (pilot, _):
        await pilot.press("E")
        await pilot.pause()

        assert on(pilot, EditPage)

        await pilot.press("escape")
        await settled(pilot)

        assert on(pilot, SetupPage)


async def test_a_broken_document_breaks_no_step() -> None:
    def broken(setups: StageSetups) -> None:
        setups.kept = "members: 5\nvswitches: x\nfleet: []\nroutes: [null, {name: 3}]\ngateway: '?'\n"

    async with wizard(before=broken) as (pilot, _):
        for key in "123456789":
            await pilot.press(key)
            await settled(pilot)

            assert rows(pilot.app)
