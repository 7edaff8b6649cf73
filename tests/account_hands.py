"""Hands for the tests that set up an account over the wire: the real SDKs for the cloud, plain HTTPS for Kubernetes."""

from __future__ import annotations

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, TypeVar

import yaml

PATIENCE = 40.0
"""Seconds that a condition may take to come true."""
T = TypeVar("T")
Document = dict[str, Any]


def eventually(look: Callable[[], T], *, patience: float = PATIENCE) -> T:
    """What `look` returns once that is true."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {patience:g} s: {look.__qualname__}"
        time.sleep(0.05)
    return found


class Cloud:
    """The OpenAPIs of a simulator by its settings file; RPC with the generic client, CS with its own."""

    VERSIONS = {"vpc": "2016-04-28", "ecs": "2014-05-26", "adcp": "2022-01-01", "alb": "2020-06-16"}  # noqa: RUF012

    def __init__(self, settings: Document) -> None:
        self._said = settings["fleets"][0]["cloud"]
        self.region: str = self._said["region"]

    def config(self) -> Any:
        from alibabacloud_tea_openapi.utils_models import Config

        return Config(
            **self._said["credentials"],
            endpoint=self._said["endpoints"]["ecs"],
            protocol="http",
            region_id=self.region,
            read_timeout=5000,
        )

    @property
    def cs(self) -> Any:
        from alibabacloud_cs20151215.client import Client

        return Client(self.config())

    def call(self, product: str, action: str, body: Document | None = None, **query: Any) -> Document:
        from alibabacloud_tea_openapi.client import Client
        from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
        from darabonba.runtime import RuntimeOptions

        params = Params(
            action=action,
            version=self.VERSIONS[product],
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        request = OpenApiRequest(query={key: str(value) for key, value in query.items()}, body=body)
        answer: Document = Client(self.config()).call_api(params, request, RuntimeOptions())["body"]
        return answer

    def vpc(self, action: str, **query: Any) -> Document:
        return self.call("vpc", action, RegionId=self.region, **query)

    def ecs(self, action: str, **query: Any) -> Document:
        return self.call("ecs", action, RegionId=self.region, **query)

    def adcp(self, action: str, body: Document | None = None, **query: Any) -> Document:
        return self.call("adcp", action, body, **query)

    def create_cluster(self, **said: Any) -> Any:
        from alibabacloud_cs20151215 import models

        return self.cs.create_cluster(models.CreateClusterRequest().from_map({"region_id": self.region, **said})).body

    def task(self, identifier: str) -> Any:
        return self.cs.describe_task_info(identifier).body

    def done(self, identifier: str) -> Any:
        """A task once it is over."""
        return eventually(lambda: (task := self.task(identifier)).state != "running" and task)

    def state(self, cluster: str) -> str:
        return str(self.cs.describe_cluster_detail(cluster).body.state)

    def hub_state(self, hub: str) -> str:
        return str(self.adcp("DescribeHubClusterDetails", ClusterId=hub)["Cluster"]["ClusterInfo"]["State"])


class Kube:
    """An API server by the current context of a kubeconfig."""

    def __init__(self, kubeconfig: str) -> None:
        document = yaml.safe_load(kubeconfig)
        by_name = {each["name"]: each["context"] for each in document["contexts"]}
        context = by_name[document["current-context"]]
        cluster = next(each["cluster"] for each in document["clusters"] if each["name"] == context["cluster"])
        user = next(each["user"] for each in document["users"] if each["name"] == context["user"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._tls = ssl.create_default_context(cadata=authority)
        self._server, self._token = cluster["server"], user["token"]

    def ask(self, method: str, path: str, body: object = None, kind: str = "application/json") -> Document | None:
        """The answer's document, None for 404."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind, "Accept": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._server + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self._tls, timeout=10) as answer:
                document: Document = json.loads(answer.read())
                return document
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def apply(self, obj: Document) -> Document:
        """Server-side apply."""
        found = self.ask("PATCH", f"{path_of(obj)}?fieldManager=test&force=true", obj, "application/apply-patch+yaml")
        assert found is not None, path_of(obj)
        return found

    def merge(self, path: str, patch: Document) -> None:
        assert self.ask("PATCH", path, patch, "application/merge-patch+json") is not None, path

    def list(self, path: str) -> list[Document]:
        return list((self.ask("GET", path) or {"items": []})["items"])


def path_of(obj: Document) -> str:
    version, kind, metadata = obj["apiVersion"], obj["kind"].lower(), obj["metadata"]
    plural = kind + ("es" if kind.endswith("s") else "s")
    base = f"/apis/{version}" if "/" in version else f"/api/{version}"
    space = f"/namespaces/{metadata['namespace']}" if metadata.get("namespace") else ""
    return f"{base}{space}/{plural}/{metadata['name']}"


def through(proxy: str, url: str, host: str) -> tuple[int, Document]:
    """Status and JSON of a request through a forward proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy}))
    try:
        with opener.open(urllib.request.Request(url, headers={"Host": host}), timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, {}
