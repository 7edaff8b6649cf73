"""A running simulator as an ArgoCD operator has it in hand: kubectl on the hub, and on the members with ArgoCD's own
identity. Waiting is watching: `kubectl wait` returns when it is so."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = "--timeout=30s"
NAMESPACE = "argocd"


class ArgoFleet:
    """One simulator, by its directory."""

    def __init__(self, directory: Path) -> None:
        self.kubeconfig = directory / "kubeconfig"
        self._authority = directory / "authority.pem"

    def run(self, *words: str, stdin: str = "", context: str = "hub") -> subprocess.CompletedProcess[str]:
        """kubectl in ArgoCD's namespace, whatever comes of it."""
        command = ["kubectl", f"--kubeconfig={self.kubeconfig}", f"--context={context}", f"--namespace={NAMESPACE}"]
        return subprocess.run([*command, *words], input=stdin, capture_output=True, text=True, timeout=60, check=False)

    def kubectl(self, *words: str, stdin: str = "") -> str:
        """What a command that must succeed printed."""
        done = self.run(*words, stdin=stdin)
        assert 0 == done.returncode, (words, done.stderr)
        return done.stdout

    def json(self, *words: str) -> dict[str, Any]:
        """An object or a list."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *words, "-ojson"))
        return found

    def names(self, resource: str) -> set[str]:
        """Names of all objects of a resource."""
        return {item["metadata"]["name"] for item in self.json(resource)["items"]}

    def application(self, name: str) -> dict[str, Any]:
        """One Application."""
        return self.json("application", name)

    def wait(self, what: str, path: str, value: str) -> None:
        """Return once a field of an object on the hub has a value."""
        self.kubectl("wait", what, f"--for=jsonpath={{{path}}}={value}", PATIENCE)

    def created(self, *what: str) -> None:
        """Return once objects are there."""
        for each in what:
            self.kubectl("wait", "--for=create", each, PATIENCE)

    def deleted(self, *what: str) -> None:
        """Return once objects are gone."""
        for each in what:
            self.kubectl("wait", "--for=delete", each, PATIENCE)

    def synced(self, name: str) -> None:
        """Return once an Application is Synced and Healthy."""
        self.wait(f"application/{name}", ".status.sync.status", "Synced")
        self.wait(f"application/{name}", ".status.health.status", "Healthy")

    def annotations(self, *what: str) -> dict[str, str]:
        """Annotations of an object on the hub."""
        found: dict[str, str] = self.json(*what)["metadata"].get("annotations", {})
        return found

    def until(self, is_so: Callable[[], bool]) -> None:
        """Return once something is so that cannot be waited for by its value, such as a field that is gone."""
        deadline = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def secrets(self) -> dict[str, dict[str, Any]]:
        """The cluster Secrets by the member's name."""
        items = self.json("secrets", "-l", "argocd.argoproj.io/secret-type=cluster")["items"]
        return {item["metadata"]["annotations"]["cluster_name"]: item for item in items}

    def cluster_id(self, member: str) -> str:
        """A member's id."""
        found: str = self.secrets()[member]["metadata"]["annotations"]["cluster_id"]
        return found

    def on(self, member: str, *words: str) -> str:
        """kubectl on a member, with the identity that ArgoCD has there."""
        data = {key: base64.b64decode(value).decode() for key, value in self.secrets()[member]["data"].items()}
        config = json.loads(data["config"])
        self._authority.write_bytes(base64.b64decode(config["tlsClientConfig"]["caData"]))
        reach = (f"--server={data['server']}", f"--token={config['bearerToken']}")
        command = ["kubectl", "--kubeconfig=/dev/null", *reach, f"--certificate-authority={self._authority}", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert 0 == done.returncode, (words, done.stderr)
        return done.stdout
