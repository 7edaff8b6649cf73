"""Any object of the hub as YAML: read anew, whole but for what machines alone read, and inert."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.app import FleetConsole
from console.errors import Answered, Denied
from console.kube.connect import Hub
from console.kube.fetch import yaml_of
from console.model.freshness import SourceName
from screens.yaml import YamlPage
from tests import situations
from tests.kube_api_serving import Served, serving
from tests.screen_shift import page, said
from tests.situations import ACK
from tests.stage import StageFeed, stage

INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {
        "name": "checkout",
        "namespace": "shop",
        "annotations": {
            "z": "first\x1b[31m",
            "a": "second",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
        },
    },
    "spec": {"ingressClassName": "alb", "defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}},
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """An API server with one Ingress."""
    with serving(tmp_path) as one:
        one.on_loop(lambda: one.api.seed(INGRESS, manager="somebody"))
        yield one


def test_an_object_is_whole_but_for_what_machines_read(served: Served) -> None:
    lines = yaml_of(Hub.open(str(served.kubeconfig), None), SourceName.ROUTES, "shop/checkout")
    text = "\n".join(lines)

    assert "kind: Ingress" in lines
    assert "  name: checkout" in lines
    assert "\x1b" not in text
    assert "last-applied" not in text
    assert "f:spec" not in text
    assert "# managedFields are left out; written by somebody" == lines[-1]


def test_an_object_that_is_gone_is_said_to_be(served: Served) -> None:
    with pytest.raises(Answered, match="Ingress shop/gone is not on the hub any more"):
        yaml_of(Hub.open(str(served.kubeconfig), None), SourceName.ROUTES, "shop/gone")


def test_a_missing_permission_is_named(served: Served) -> None:
    served.on_loop(lambda: served.api.access.tokens.clear())
    with pytest.raises(Denied):
        yaml_of(Hub.open(str(served.kubeconfig), None), SourceName.ROUTES, "shop/checkout")


async def opened(*keys: str) -> tuple[FleetConsole, StageFeed, str]:
    """The page after some keys, and its words."""
    app, feed = stage(situations.calm())
    async with app.run_test(size=(80, 24)) as pilot:
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            await app.workers.wait_for_complete()
        await pilot.pause()
        return app, feed, page(app) if isinstance(app.screen, YamlPage) else said(app)


async def test_the_marked_route_is_read_anew_and_shown() -> None:
    _, feed, words = await opened("y")

    assert ["yaml ingresses gateway-demo/api"] == feed.desk.asked
    assert "kind: Ingress" in words
    assert "read from the hub at" in words


async def test_y_on_the_page_reads_it_again() -> None:
    _, feed, _ = await opened("y", "y")

    assert ["yaml ingresses gateway-demo/api"] * 2 == feed.desk.asked


async def test_an_object_that_cannot_be_read_says_why() -> None:
    _, _, words = await opened("down", "y")

    assert "the hub is gone" in words


async def test_an_application_is_its_parts_and_what_generates_them() -> None:
    _, feed, _ = await opened("down", "down", "down", "y")

    assert [f"yaml applications argocd/{ACK}-api", "yaml applicationsets argocd/api"] == feed.desk.asked[::2]
