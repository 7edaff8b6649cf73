"""A simulated Fleet as its users have it, asked and changed over the wire: by its directory and nothing else."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from tests import forked
from tests.simulators import Simulated

T = TypeVar("T")
ROUTES = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/checkout"
PREFIX = "alb.ingress.kubernetes.io/cluster-weight."
PATIENCE = 30.0


class Fleet:
    """A simulator as its users have it: a directory."""

    def __init__(self, simulated: Simulated) -> None:
        self.directory, self.ready = simulated
        document = yaml.safe_load((self.directory / "kubeconfig").read_text())
        cluster = document["clusters"][0]["cluster"]
        self._server = cluster["server"]
        self._tokens = {user["name"]: user["user"]["token"] for user in document["users"]}
        self._tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        self.settings = yaml.safe_load((self.directory / "config.yaml").read_text())["fleets"][0]

    def member(self, name: str) -> str:
        return next(str(key) for key, value in self.settings["members"].items() if value["name"] == name)

    def ask(self, path: str, *, patch: object = None, user: str = "hub", timeout: float = 10.0) -> Any:
        """An answer of the hub with its headers."""
        headers = {"Authorization": f"Bearer {self._tokens[user]}", "Content-Type": "application/merge-patch+json"}
        data = None if patch is None else json.dumps(patch).encode()
        request = urllib.request.Request(
            self._server + path, headers=headers, data=data, method="GET" if patch is None else "PATCH"
        )
        return urllib.request.urlopen(request, timeout=timeout, context=self._tls)

    def get(self, path: str, **how: Any) -> Any:
        with self.ask(path, **how) as answer:
            return json.load(answer)

    def weigh(self, **weights: int) -> None:
        annotations = {PREFIX + self.member(name.replace("_", "-")): str(weight) for name, weight in weights.items()}
        self.get(ROUTES, patch={"metadata": {"annotations": annotations}})

    def weights(self) -> list[str]:
        annotations = self.get(ROUTES)["metadata"]["annotations"]
        return [annotations[PREFIX + self.member(name)] for name in ("ack-prod-j", "idc-prod")]

    def events(self, reason: str) -> dict[str, int]:
        """What was said of the route -> how often."""
        items = self.get("/api/v1/namespaces/shop/events")["items"]
        return {each["message"]: each["count"] for each in items if each["reason"] == reason}

    def alb(self) -> Any:
        from alibabacloud_alb20200616.client import Client
        from alibabacloud_tea_openapi.utils_models import Config

        cloud = self.settings["cloud"]
        endpoint = {"endpoint": cloud["endpoints"]["alb"], "protocol": "http", "region_id": cloud["region"]}
        return Client(Config(**cloud["credentials"], **endpoint))

    def rule(self) -> tuple[str, list[int]]:
        """Status and weights of the route's rule."""
        from alibabacloud_alb20200616 import models

        rules = self.alb().list_rules(models.ListRulesRequest()).body.rules
        rule = next(each for each in rules if each.rule_conditions[0].host_config.values == ["shop.example.com"])
        return rule.rule_status, [t.weight for t in rule.rule_actions[0].forward_group_config.server_group_tuples]

    def fault(self, *words: str, directory: Path | None = None) -> subprocess.CompletedProcess[str]:
        return forked.run(["sim", "fault", *words, "--dir", str(directory or self.directory)])

    def begin(self, *words: str) -> str:
        done = self.fault(*words)

        assert (0, "") == (done.returncode, done.stderr)
        (line,) = done.stdout.splitlines()
        return line


def until(look: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """What `look` says once it is as wanted, or at the end of patience."""
    end = time.monotonic() + PATIENCE
    while True:
        found = look()
        if wanted(found) or time.monotonic() > end:
            return found
        time.sleep(0.1)
