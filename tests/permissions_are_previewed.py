"""What access reviews refuse is known before anybody tries it: its key is dimmed, and names the missing permission."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from console.errors import Lost
from console.kube.reviews import Reviewer, lacking
from console.model.fleet import Fleet
from console.model.permission import Lacking, Write
from console.store.events import Reviewed
from screens import actions
from screens.place import Place
from tests import situations
from tests.screen_shift import plan_80_20, said
from tests.stage import stage

PATCH = Lacking(Write.WEIGHTS, "patch ingresses.networking.k8s.io in namespace gateway-demo", "gateway-demo")
LOCK = Lacking(Write.LOCK, "update leases.coordination.k8s.io in namespace fleet-console")
SYNC = Lacking(Write.UPKEEP, "patch applications.argoproj.io in namespace argocd", "argocd")


class Server:
    """Answers reviews: no to what is in `refused`, as (verb, resource, namespace)."""

    def __init__(self, *refused: tuple[str, str, str | None]) -> None:
        self.refused = refused
        self.asked = 0
        self.credential = object()
        self.silent = False

    def allowed(self, verb: str, group: str, resource: str, namespace: str | None, name: str | None) -> bool:
        self.asked += 1
        if self.silent:
            raise Lost("no answer")
        return (verb, resource, namespace) not in self.refused

    def granted(self) -> object:
        return self.credential


def test_who_may_write_in_one_namespace_lacks_it_in_the_others_alone() -> None:
    server: Any = Server(("patch", "ingresses", None), ("patch", "ingresses", "gateway-demo"))

    assert (PATCH,) == lacking(server, ["gateway-demo", "shop"])


def test_a_lock_that_we_may_not_take_is_lacking_everywhere() -> None:
    server: Any = Server(("update", "leases", "fleet-console"))

    assert (LOCK,) == lacking(server, ["shop"])


def test_what_the_server_does_not_say_is_not_lacking() -> None:
    server: Any = Server(("patch", "ingresses", None))
    server.silent = True

    assert () == lacking(server, ["shop"])


def test_it_is_asked_once_and_again_for_another_credential() -> None:
    server: Any = Server()
    known: list[Reviewed] = []
    uid: list[str | None] = [None]
    reviewer = Reviewer(lambda: server, lambda: ["shop"], lambda: uid[0], known.append)
    reviewer.look()
    before = server.asked
    uid[0] = "uid-1"
    reviewer.look()
    once = server.asked
    reviewer.look()
    again = server.asked
    server.credential = object()
    reviewer.look()

    assert (0, once, 2 * once, 2) == (before, again, server.asked, len(known))


def lacks(*missing: Lacking) -> Fleet:
    applications = (situations.application("api", member) for member in (situations.ACK, situations.IDC))
    return situations.with_applications(replace(situations.calm(), lacking=missing), *applications)


async def dimmed(fleet: Fleet, *keys: str) -> tuple[set[str], str]:
    """The footer's dimmed keys after these keys, and what it says."""
    app, _ = stage(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert isinstance(app.screen, Place)
        standing = app.screen.standing()
        return {one.label for one in actions.at(app.screen.PLACE) if one.unavailable(standing)}, said(app)


async def test_a_shift_that_is_not_permitted_is_dimmed_and_names_the_permission() -> None:
    without, words = await dimmed(lacks(PATCH), "s")
    with_, _ = await dimmed(lacks())

    assert f"s shift: not allowed: {PATCH.words}. Ask for a role that grants it" == words
    assert "s" in without - with_


async def test_a_drain_is_dimmed_only_where_no_route_may_be_written() -> None:
    _, some = await dimmed(lacks(PATCH), "d")
    _, none = await dimmed(lacks(LOCK), "d")

    assert "" == some
    assert f"d drain: not allowed: {LOCK.words}. Ask for a role that grants it" == none


async def test_a_sync_that_is_not_permitted_names_the_permission() -> None:
    without, words = await dimmed(lacks(SYNC), "tab", "enter", "s")

    assert {"s", "f"} <= without
    assert SYNC.words in words


async def test_a_permission_that_goes_while_one_plans_dims_the_confirmation() -> None:
    app, feed = stage(lacks())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await plan_80_20(pilot)
        feed.show(lacks(PATCH))
        await pilot.pause()
        await pilot.press("enter")

        assert f"enter confirm: not allowed: {PATCH.words}" in said(app)
        assert not any(word.startswith("start") for word in feed.desk.asked)
