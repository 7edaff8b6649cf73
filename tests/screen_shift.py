"""A shift from the screen: read-only at first, a typed confirmation, a run that is followed, and the way back."""

from __future__ import annotations

from dataclasses import replace

from textual.pilot import Pilot

from console.app import FleetConsole
from console.decide.plan import Plan, short
from console.errors import Lost
from console.model.argo import Application
from console.model.fleet import Fleet, Layer
from console.model.permission import Lacking, Write
from console.model.run import Reason, RunState, Severity
from console.present.line import Ink
from console.settings import Settings
from screens.confirm import Confirmation
from screens.drain import DrainPage
from screens.place import Place
from screens.run import RunPage
from screens.runs import RunsPage
from screens.shift import ShiftPage
from tests import situations
from tests.stage import StageFeed, stage
from tests.wishes import shift
from widgets.field import Field
from widgets.keys import Keys


async def settle(pilot: Pilot[int]) -> None:
    """Until the dry run is asked and answered, and every worker is done."""
    await pilot.pause(0.5)
    await pilot.pause()


def said(app: FleetConsole) -> str:
    """What the footer says."""
    return app.screen.query_one(Keys).said


def page(app: FleetConsole) -> str:
    """Every word of the page."""
    return "\n".join("".join(strip.text) for strip in app.screen._compositor.render_strips())


async def plan_80_20(pilot: Pilot[int]) -> None:
    """The first route's weights as 80:20, with a reason."""
    await pilot.press("s", "8", "0", "down", "equals_sign", "tab", *"OPS-12")
    await settle(pilot)


async def confirmed(pilot: Pilot[int]) -> None:
    """Plan, and type the Fleet's name."""
    await plan_80_20(pilot)
    await pilot.press("enter")
    await pilot.press(*"hz-prod", "enter")
    await settle(pilot)


async def test_a_shift_needs_an_armed_console() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await plan_80_20(pilot)
        await pilot.press("enter")

        assert "enter confirm: the console is read-only; press a to arm it" == said(app)
        assert not any(word.startswith("start") for word in feed.desk.asked)


async def test_the_key_that_arms_is_not_typed_into_the_reason() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await plan_80_20(pilot)
        while_typed = page(app)
        await pilot.press("enter", "a", "enter")

        assert "READ-ONLY (tab, a arms)" in while_typed
        assert isinstance(app.screen, Confirmation)
        assert "OPS-12" == app.screen_stack[-2].query_one("#reason", Field).value


async def test_a_drain_is_armed_by_the_key_that_its_refusal_names_and_the_reason_stays_empty() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(DrainPage("idc-prod"))
        await settle(pilot)
        await pilot.press("enter")

        assert "enter confirm: the console is read-only; press a to arm it" == said(app)

        await pilot.press("a")

        assert app.armed is not None
        assert "" == app.screen.query_one("#reason", Field).value


async def test_an_arming_that_expired_while_the_name_was_typed_is_renewed_by_the_key_that_is_named() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await plan_80_20(pilot)
        await pilot.press("enter", *"hz-prod")
        app.armed_until = 0.0
        await pilot.press("enter")

        assert "arming has expired meanwhile: nothing was started; press a" == said(app)

        await pilot.press("a")

        assert app.armed is not None
        assert "OPS-12" == app.screen.query_one("#reason", Field).value


async def test_keys_that_would_be_typed_are_dimmed_while_the_reason_has_the_focus() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(DrainPage("idc-prod"))
        await settle(pilot)
        typing = offered(app)
        await pilot.press("tab")
        await pilot.pause()
        scrolling = offered(app)
        await pilot.press("shift+tab")
        await pilot.pause()

        assert not {"a", "?", ":", "q"} & typing
        assert {"a", "?", ":", "q"} <= scrolling
        assert typing == offered(app)
        assert "esc" in typing


async def test_the_plan_scrolls_while_the_reason_has_the_focus() -> None:
    app, _ = stage(situations.zone_lost())
    async with app.run_test(size=(80, 14)) as pilot:
        await app.push_screen(DrainPage("idc-prod"))
        await settle(pilot)
        await pilot.press(*"OPS")
        first = page(app)
        await pilot.press("down")
        await pilot.pause()
        second = page(app)
        await pilot.press("pagedown", "pagedown", "pagedown", "pagedown")
        await pilot.pause()
        last = page(app)
        await pilot.press("pageup", "pageup", "pageup", "pageup", "up")
        await pilot.pause()

        assert "more lines (down)" in first
        assert first != second
        assert "end; " in last
        assert first == page(app)
        assert app.screen.query_one("#reason", Field).has_focus


async def test_the_arrows_choose_a_weight_and_page_down_scrolls_the_plan() -> None:
    app, _ = stage(situations.zone_lost())
    async with app.run_test(size=(80, 14)) as pilot:
        await pilot.press("s", "0", "down", "equals_sign")
        await settle(pilot)
        first = page(app)
        await pilot.press(*["pagedown"] * 30)
        await pilot.pause()

        assert "[100]" in first
        assert "more lines (down)" in first
        assert "end; " in page(app)


def offered(app: FleetConsole) -> set[str]:
    """The keys that the footer does not dim."""
    return {span.text for span in app.screen.query_one(Keys).content[0] if span.ink is Ink.ACCENT}


async def test_read_only_in_settings_beats_arming() -> None:
    app, _ = stage(situations.calm(), Settings(read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")

        assert "a arm: settings forbid every write (read_only: true)" == said(app)
        assert app.armed is None
        assert "READ-ONLY (settings)" in page(app)


def planned(ack: int, idc: int) -> Plan:
    found = shift(situations.calm(), "gateway-demo/api", {situations.ACK: ack, situations.IDC: idc}).plan

    assert found is not None
    return found


async def test_the_page_shows_the_exact_annotations_and_the_plans_hash() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(120, 40)) as pilot:
        await plan_80_20(pilot)
        words = page(app)

        assert '"62" -> "80"' in words
        assert '"38" -> "20"' in words
        assert f"plan {short(planned(80, 20).hash)}" in words
        assert "the API server would accept it" in words


async def test_weights_that_make_no_split_make_no_plan_and_say_why() -> None:
    app, _ = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a", "s", "8", "0", "enter")

        assert "No plan: the weights sum to 118, not 100" in page(app)
        assert "sum to 118" in said(app)


async def test_a_key_holds_who_would_revert_it_for_a_time_and_takes_that_back() -> None:
    app, _ = stage(healed())
    async with app.run_test(size=(100, 40)) as pilot:
        await plan_80_20(pilot)

        assert "have its automated sync off for the run's time: --hold-sync, or ^p on the screen" in joined(page(app))

        await pilot.press("ctrl+p")
        await settle(pilot)

        assert "automated sync is off for the run's time, which ends 1 h after it is done" == said(app)
        assert "automated sync of argocd/web is switched off for the run's time, and restored" in joined(page(app))
        assert "goes back by itself 1 h after it is done" in page(app)

        await pilot.press("ctrl+p")
        await settle(pilot)

        assert "automated sync stays on" == said(app)
        assert "is switched off" not in page(app)


async def test_the_key_says_why_it_holds_nobody() -> None:
    for fleet, why in (
        (situations.calm(), "no application that syncs by itself, and could be kept from it, would write this back"),
        (
            replace(healed(), lacking=(Lacking(Write.UPKEEP, "patch applications.argoproj.io", "argocd"),)),
            "not allowed: patch applications.argoproj.io. Ask for a role that grants it",
        ),
    ):
        app, _ = stage(fleet)
        async with app.run_test(size=(100, 40)) as pilot:
            await plan_80_20(pilot)
            await pilot.press("ctrl+p")

            assert f"^p pause sync: {why}" == said(app)


async def test_keeping_a_run_that_holds_a_sync_says_what_follows() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("a")
        await confirmed(pilot)
        ended = replace(feed.desk.reports["r1"], state=RunState.DONE, expires=situations.WALL, debts=("argocd/web",))
        feed.desk.tell(ended)
        await settle(pilot)

        assert "automated sync of argocd/web is off" in joined(page(app))

        await pilot.press("1")
        await settle(pilot)

        assert "Automated sync of argocd/web comes back: ArgoCD puts back the weights" in joined(page(app))


def healed() -> Fleet:
    """All well, but that an Application of no set heals the route."""
    calm = situations.calm()
    web = Application("argocd", "web", "u", automated=True, self_heal=True, automation='{"selfHeal":true}')
    routes = tuple(replace(one, tracked="web") if one.key == "gateway-demo/api" else one for one in calm.routes)
    return situations.with_applications(replace(calm, routes=routes), *calm.applications, web)


def joined(words: str) -> str:
    """The words of a page that breaks its lines."""
    return " ".join(words.split())


async def test_another_word_than_the_fleets_name_starts_nothing() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await plan_80_20(pilot)
        await pilot.press("enter", *"yes", "enter")

        asked = app.screen
        words = page(app)
        await pilot.press("escape")

        assert isinstance(asked, Confirmation)
        assert "That is not hz-prod. Nothing was started." in words
        assert isinstance(app.screen, ShiftPage)
        assert not any(word.startswith("start") for word in feed.desk.asked)


async def test_the_typed_name_starts_the_run_and_its_page_follows_it() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await confirmed(pilot)

        assert "start r1 OPS-12" in feed.desk.asked
        assert isinstance(app.screen, RunPage)
        assert "fleet-console attach r1" in page(app)
        feed.desk.tell(replace(feed.desk.reports["r1"], layer=Layer.RULE, message="waiting for the ALB's rule"))
        await settle(pilot)
        assert "waiting for the ALB's rule" in page(app)


async def test_leaving_the_runs_page_changes_nothing_and_the_run_is_found_again() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await confirmed(pilot)
        await pilot.press("escape", "r")
        await settle(pilot)

        assert isinstance(app.screen, RunsPage)
        assert RunState.RUNNING is feed.desk.reports["r1"].state
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RunPage)


async def test_a_page_sees_an_interrupted_run_go_on_and_follows_nothing_once_it_is_left() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await confirmed(pilot)
        dead = replace(feed.desk.reports["r1"], state=RunState.INTERRUPTED, message="its runner is dead")
        feed.desk.tell(dead)
        await settle(pilot)
        interrupted = page(app)
        feed.desk.tell(replace(dead, state=RunState.RUNNING, message="writing to the hub"))
        await settle(pilot)

        assert "its runner is dead" in interrupted
        assert "writing to the hub" in page(app)
        assert 1 == feed.desk.followers

        await pilot.press("escape")
        await settle(pilot)
        await pilot.pause(0.2)

        assert 0 == feed.desk.followers


async def test_a_live_run_is_taken_back_by_its_own_confirmation_without_arming() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await confirmed(pilot)
        await pilot.press("a", "2", *"r1", "enter")
        await settle(pilot)

        assert app.armed is None
        assert "command r1 rollback" in feed.desk.asked
        assert "rolled back" in page(app)


async def test_a_run_that_is_over_is_undone_by_a_new_run_of_an_armed_console() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await confirmed(pilot)
        feed.desk.tell(replace(feed.desk.reports["r1"], state=RunState.DONE))
        await settle(pilot)
        await pilot.press("2")
        await settle(pilot)
        assert "80:20 -> 62:38" in page(app)
        await pilot.press(*"r1", "enter")
        await settle(pilot)

        assert "rollback" == feed.desk.reports["r2"].kind
        assert "start r2 undo run r1" in feed.desk.asked


async def test_every_rule_that_blocks_is_shown_at_once_and_nothing_can_be_confirmed() -> None:
    app, feed = stage(situations.zone_lost())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("a", "s", "0", "down", "equals_sign", "enter")
        words = page(app)

        assert all(rule in words for rule in ("target-health", "serving", "control-link"))
        assert "target-health blocks" in said(app)
        assert [] == feed.desk.asked


async def test_a_refusing_api_server_stops_it_before_the_confirmation() -> None:
    app, feed = stage(situations.calm())
    feed.desk.answers = (Reason("dry-run", Severity.BLOCKS, "403 forbidden", "patch ingresses", "ask for the role"),)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("a")
        await plan_80_20(pilot)
        await pilot.press("enter")

        assert "enter confirm: dry run: 403 forbidden" == said(app)


async def test_a_lost_api_server_is_a_sentence_and_the_page_stays() -> None:
    app, feed = stage(situations.calm())
    feed.desk.failure = Lost("the hub does not answer")
    async with app.run_test(size=(120, 40)) as pilot:
        await plan_80_20(pilot)

        assert "no answer: the hub does not answer" in page(app)


async def test_a_member_without_a_key_needs_a_tick() -> None:
    fleet = situations.calm()
    lines = (situations.weights(situations.ACK, 100), situations.weights(situations.IDC, None))
    route = replace(fleet.routes[0], members=lines)
    app, _ = stage(replace(fleet, routes=(route, *fleet.routes[1:])))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("a", "s", "8", "0", "down", "2", "0")
        before = page(app)
        await pilot.press("ctrl+n")

        assert "new-key" in before
        assert "new-key" not in page(app)
        assert 'absent -> "20"' in page(app)


async def test_arming_expires() -> None:
    app, _ = stage(situations.calm(), Settings(arming="10m"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        armed = page(app)
        app.armed_until = 0.0
        await pilot.pause()

        assert "ARMED 9 min" in armed
        assert "READ-ONLY (a arms)" in page(app)


async def test_a_second_picture_moves_no_typed_weight() -> None:
    feed: StageFeed
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s", "8", "0")
        feed.show(situations.zone_lost())
        await settle(pilot)

        assert isinstance(app.screen, Place)
        assert "[ 80]" in page(app)


async def test_weights_as_they_are_are_no_shift_and_nobody_is_asked() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a", "s")
        await settle(pilot)
        await pilot.press("enter")

        assert "enter confirm: no weight differs from what the Ingress holds" == said(app)
        assert "not asked: nothing would change" in page(app)
        assert [] == feed.desk.asked
