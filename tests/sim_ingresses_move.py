"""An Ingress that goes to another class and comes back, and an AlbConfig that is made anew with what it was: the
simulator's controller carries both out, whatever label they brought along."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.kube.connect import Hub
from console.kube.write import JSON_PATCH
from tests.simulators import simulate

CHECKOUT = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/checkout"
CONFIGS = "/apis/alibabacloud.com/v1/albconfigs"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Hub, str]]:
    for directory, ready in simulate(tmp_path, "--speed", "20", "--load", "0"):
        hub = Hub.open(str(directory / "kubeconfig"), None)
        yield hub, next(iter(ready["gateways"].values()))
        hub.close()


def answer(url: str) -> int:
    request = urllib.request.Request(f"{url}/checkout", headers={"Host": "shop.example.com"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as got:
            return int(got.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def until(so: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not so():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def classed(hub: Hub, name: str) -> None:
    body = [{"op": "replace", "path": "/spec/ingressClassName", "value": name}]
    assert hub.call("PATCH", CHECKOUT, body=body, content_type=JSON_PATCH).ok


def test_an_ingress_that_comes_back_to_its_class_is_carried_again(place: tuple[Hub, str]) -> None:
    hub, url = place
    other: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "other"},
        "spec": {"controller": "k8s.io/ingress-nginx"},
    }  # fmt: skip
    assert hub.call("POST", "/apis/networking.k8s.io/v1/ingressclasses", body=other).ok
    assert until(lambda: answer(url) == 200)
    classed(hub, "other")
    gone = until(lambda: answer(url) == 503)
    classed(hub, "alb")

    assert (True, True) == (gone, until(lambda: answer(url) == 200))


def test_an_alb_config_that_is_made_anew_gets_an_alb_anew(place: tuple[Hub, str]) -> None:
    hub, url = place
    assert until(lambda: answer(url) == 200)
    (config,) = hub.call("GET", CONFIGS).json()["items"]
    name = config["metadata"]["name"]
    assert hub.call("DELETE", f"{CONFIGS}/{name}").ok
    assert until(lambda: answer(url) != 200)
    kept = {key: config["metadata"][key] for key in ("name", "labels", "annotations") if key in config["metadata"]}
    anew = {"apiVersion": "alibabacloud.com/v1", "kind": "AlbConfig", "metadata": kept, "spec": config["spec"]}
    assert hub.call("POST", CONFIGS, body=anew).ok

    def id() -> str | None:
        status = hub.call("GET", f"{CONFIGS}/{name}").json().get("status") or {}
        found: str | None = (status.get("loadBalancer") or {}).get("id")
        return found

    assert until(lambda: id() is not None)
