"""`y`: one GET, inert YAML in the API's order, and four different words where there is nothing to show."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from textual.pilot import Pilot

from console.app import FleetConsole
from console.errors import Answered, Denied, FleetConsoleError, Lost, Refused
from console.kube import document
from console.kube.connect import Hub
from console.kube.kinds import KINDS
from console.model.document import Document, Subject
from console.model.freshness import SourceName
from console.present import line, objects
from screens.yaml import MOST, YamlPage
from tests import situations
from tests.hub_scripted import ScriptedHub, kubeconfig, scripted, status
from tests.stage import StageFeed, stage
from widgets.pager import Pager

__all__ = ["scripted"]

INGRESS = "/apis/networking.k8s.io/v1/namespaces/gateway-demo/ingresses/web-demo"
ROUTE = Subject(SourceName.ROUTES, "gateway-demo/web-demo")


def ingress(**metadata: Any) -> dict[str, Any]:
    """An Ingress as an API server answers it."""
    return {
        "kind": "Ingress",
        "apiVersion": "networking.k8s.io/v1",
        "metadata": {
            "name": "web-demo",
            "namespace": "gateway-demo",
            "resourceVersion": "88213",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
                "weight": "62",
            },
            "managedFields": [{"manager": "kubectl", "operation": "Update"}],
            "uid": "u1",
            **metadata,
        },
        "spec": {"ingressClassName": "demo", "rules": [{"host": "demo.example.com"}]},
    }


def written(found: dict[str, Any]) -> Document:
    """The object as a page would have it."""
    empty = Document(ROUTE, "Ingress gateway-demo/web-demo", "https://hub", situations.NOW, situations.WALL, "", ())
    return document.written(found, empty)


def page(app: FleetConsole) -> str:
    """The whole page, line by line."""
    return "\n".join(line.text(one).rstrip() for one in app.screen.query_one(Pager).content)


async def shown(app: FleetConsole, pilot: Pilot[int], words: str) -> str:
    """The page, once it says that."""
    until = time.monotonic() + 10
    while words not in (found := page(app) if app.screen.query(Pager) else ""):
        assert time.monotonic() < until, found
        await pilot.pause(0.02)
    return found


def test_the_object_stands_in_the_apis_order_without_what_only_tools_read() -> None:
    found = written(ingress())

    assert (
        "kind: Ingress",
        "apiVersion: networking.k8s.io/v1",
        "metadata:",
        "  name: web-demo",
        "  namespace: gateway-demo",
        "  resourceVersion: '88213'",
        "  annotations:",
        "    weight: '62'",
        "  uid: u1",
        "spec:",
        "  ingressClassName: demo",
        "  rules:",
        "  - host: demo.example.com",
    ) == found.lines
    assert ("88213", 1, True) == (found.version, found.managers, found.applied)


def test_with_managed_fields_it_is_the_whole_object_again() -> None:
    found = written(ingress(labels={"on": "yes", "no": "12", "text": "a\nb: c\n", "tail": "x "}))
    whole = ingress(labels={"on": "yes", "no": "12", "text": "a\nb: c\n", "tail": "x "})
    del whole["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]

    assert whole == yaml.safe_load(objects.text([found], managed=True))


def test_hostile_text_neither_styles_nor_moves_the_page() -> None:
    found = written(ingress(labels={situations.ESCAPES: "\x1b[2J\u202e\r\nx\x9b31m"}))
    body = objects.body_lines(found, 40, managed=False)

    assert not [c for one in body for c in line.text(one) if not c.isprintable()]
    assert all(line.length(one) <= 40 for one in body)


def test_a_value_longer_than_the_screen_goes_on_in_the_next_line() -> None:
    found = written(ingress(labels={"k" * 30: "v" * 100}))
    text = "".join(line.text(one).strip() for one in objects.body_lines(found, 40, managed=False))

    assert "v" * 100 in text


def test_a_large_object_is_written_and_folded_in_good_time() -> None:
    found = written(ingress(annotations={"a": "x" * 500_000, **{f"k{n}": "v" * 40 for n in range(10_000)}}))

    assert 12_000 < len(objects.body_lines(found, 80, managed=False))


def test_an_object_nested_too_deep_is_a_named_failure() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"a": deep}

    with pytest.raises(Answered, match="nested too deep"):
        written(ingress(labels=deep))


def test_secrets_are_no_kind_that_can_be_asked_for() -> None:
    assert not [kind for kind in document.SHOWN.values() if kind.resource == "secrets"]


@pytest.fixture
def hub(scripted: ScriptedHub, tmp_path: Path) -> Hub:
    return Hub.open(kubeconfig(tmp_path / "kubeconfig", scripted.url), None)


def test_one_get_reads_it(scripted: ScriptedHub, hub: Hub) -> None:
    scripted.answer[INGRESS] = lambda _: (200, ingress())
    found = document.read(hub, ROUTE)

    assert [("GET", INGRESS)] == [(one.method, one.path) for one in scripted.requests]
    assert ("Ingress gateway-demo/web-demo", "88213") == (found.title, found.version)


@pytest.mark.parametrize(
    ("told", "failure"),
    [
        ((404, status(404, "NotFound", "not found")), Answered),
        ((403, status(403, "Forbidden", "no")), Denied),
        ((200, {"kind": "Secret", "data": {"token": "c2VjcmV0"}}), Answered),
    ],
)
def test_what_is_no_such_object_is_a_failure(
    told: Any, failure: type[FleetConsoleError], scripted: ScriptedHub, hub: Hub
) -> None:
    scripted.answer[INGRESS] = lambda _: told

    with pytest.raises(failure) as caught:
        document.read(hub, ROUTE)
    assert "c2VjcmV0" not in str(caught.value)


def test_other_kinds_are_refused_before_anything_is_asked(scripted: ScriptedHub, hub: Hub) -> None:
    with pytest.raises(Refused):
        document.read(hub, Subject(SourceName.RUNS, "x"))

    assert [] == scripted.requests


def test_every_kind_that_is_shown_has_a_name_on_the_screen() -> None:
    assert {kind.source.value: kind.name for kind in KINDS if kind.source in document.SHOWN} == objects.NOUNS


def staged(*subjects: Subject) -> tuple[FleetConsole, StageFeed]:
    """A stage whose hub has these objects."""
    app, feed = stage(situations.calm())
    for subject in subjects:
        feed.desk.documents[subject.key] = written(ingress())
    return app, feed


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_y_shows_the_marked_route(size: tuple[int, int]) -> None:
    app, feed = staged(Subject(SourceName.ROUTES, "gateway-demo/api"))
    async with app.run_test(size=size) as pilot:
        await pilot.press("y")
        words = await shown(app, pilot, "ingressClassName")

        assert ["read ingresses gateway-demo/api"] == feed.desk.asked
        for word in ("resourceVersion 88213", "https://hub", "left out: managedFields (1 writers; m shows them)"):
            assert word in words
        assert "kubectl" not in words.partition("apiVersion")[2]


async def test_m_shows_managed_fields_and_folds_them_away_again() -> None:
    app, _ = staged(Subject(SourceName.ROUTES, "gateway-demo/api"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("y")
        await shown(app, pilot, "ingressClassName")
        await pilot.press("m")
        opened = await shown(app, pilot, "manager: kubectl")
        await pilot.press("m")
        await shown(app, pilot, "left out: managedFields")

        assert "  managedFields:" in opened
        assert "left out: managedFields" not in opened


async def test_an_application_is_its_applications() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "down", "down", "y")
        words = await shown(app, pilot, "gone")

        assert 2 == len(feed.desk.asked)
        assert all(asked.startswith("read applications argocd/") for asked in feed.desk.asked)
        assert 2 == words.count("x gone") + words.count("o gone")


async def test_at_most_ten_objects_are_read_and_the_rest_is_said() -> None:
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(YamlPage([Subject(SourceName.APPLICATIONS, f"argocd/a{n}") for n in range(MOST + 3)]))
        await shown(app, pilot, "and 3 more objects that were not read")

        assert MOST == len(feed.desk.asked)


@pytest.mark.parametrize(
    ("failure", "word"),
    [
        (Answered("no", status=404, reason="NotFound"), "gone"),
        (Answered("no", status=404), "missing"),
        (Denied("not allowed", permission="get ingresses.networking.k8s.io"), "needs get ingresses.networking.k8s.io"),
        (Lost("https://hub did not answer"), "lost"),
    ],
)
async def test_what_cannot_be_read_says_which_way(failure: FleetConsoleError, word: str) -> None:
    app, feed = stage(situations.calm())
    feed.desk.failure = failure
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", "y")
        words = await shown(app, pilot, word)
        feed.desk.failure = None
        feed.desk.documents["gateway-demo/api"] = written(ingress())
        await pilot.press("ctrl+r")
        again = await shown(app, pilot, "ingressClassName")

        assert "Ingress gateway-demo/api" in words
        assert word not in again


async def test_nothing_marked_says_so() -> None:
    app, _ = stage(situations.nothing_yet())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("y")

        assert not isinstance(app.screen, YamlPage)
