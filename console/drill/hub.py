"""The Fleet as anybody sees it who has the kubeconfig: what the Ingresses, the Lease and the records of runs hold, and
the pen of somebody else."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from console.errors import Lost

FENCE = "fleet-console/fence"
RECORD = "fleet-console/run"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/fleet-console/leases/fleet-console-runner"
RECORDS = "/api/v1/namespaces/fleet-console/configmaps"
_INGRESSES = "/apis/networking.k8s.io/v1/{}ingresses"
PATIENCE = 10.0
"""Seconds that an answer may take."""


class Hub:
    """The hub of a kubeconfig's current context. Every method raises `Lost` where nobody answers, or answers no."""

    def __init__(self, kubeconfig: Path) -> None:
        import yaml

        document = yaml.safe_load(kubeconfig.read_text("utf-8"))
        name = document["current-context"]
        chosen = next(one["context"] for one in document["contexts"] if one["name"] == name)
        cluster = next(one["cluster"] for one in document["clusters"] if one["name"] == chosen["cluster"])
        user = next(one["user"] for one in document["users"] if one["name"] == chosen["user"])
        self._server = str(cluster["server"])
        self._token = str(user["token"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        trusted = ssl.create_default_context(cadata=authority)
        # Straight to loopback: a proxy of the environment has no business in between.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
        )

    def fences(self) -> dict[str, str]:
        """Route key -> the fence on its Ingress, where one is."""
        found = self._call("GET", _INGRESSES.format(""))["items"]
        pairs = {_key(one): (one["metadata"].get("annotations") or {}).get(FENCE) for one in found}
        return {key: fence for key, fence in pairs.items() if fence is not None}

    def holder(self) -> str:
        """Who holds the Fleet's Lease; empty where nobody does."""
        try:
            return self._call("GET", LEASE)["spec"].get("holderIdentity") or ""
        except FileNotFoundError:
            return ""

    def newest(self) -> str | None:
        """The id of the newest run of the Fleet's records."""
        found = self._call("GET", RECORDS)["items"]
        runs = [one for one in found if RECORD in (one["metadata"].get("labels") or {})]
        ordered = sorted(runs, key=lambda one: str((one.get("data") or {}).get("started", "")))
        return str(ordered[-1]["metadata"]["labels"][RECORD]) if ordered else None

    def annotate(self, route: str, annotations: Mapping[str, str], manager: str) -> None:
        """Merge annotations into an Ingress, as somebody who is known by that field manager."""
        namespace, _, name = route.partition("/")
        path = _INGRESSES.format(f"namespaces/{namespace}/") + f"/{name}?fieldManager={manager}"
        self._call("PATCH", path, {"metadata": {"annotations": dict(annotations)}})

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/merge-patch+json"}
        request = urllib.request.Request(self._server + path, data=data, method=method, headers=headers)
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                document: dict[str, Any] = json.load(answer)
                return document
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise FileNotFoundError(path) from None
            raise Lost(f"the simulated hub answered {error.code}") from None
        except (OSError, ValueError):
            raise Lost("the simulated hub does not answer") from None


def _key(obj: Mapping[str, Any]) -> str:
    return f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"
