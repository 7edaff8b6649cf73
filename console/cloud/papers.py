"""What the services hand out and nobody may see: kubeconfigs, and the agent's manifest with its token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from console.cloud.fields import held
from console.cloud.openapi import OpenApis, quoted
from console.cloud.outcome import failure
from console.cloud.trouble import Trouble
from console.errors import Answered
from console.model.text import inert


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret text. It shows itself to nobody who does not ask for `text`; `expires` as the service says it."""

    text: str = field(repr=False)
    expires: str = ""

    def __str__(self) -> str:
        return f"({len(self.text)} characters that are not shown)"


class Papers:
    """The questions; each blocks, and raises what `console.cloud.outcome.failure` says."""

    def __init__(self, openapis: OpenApis) -> None:
        self._openapis = openapis

    def hub_kubeconfig(self, hub: str, *, private: bool) -> Sealed:
        """DescribeHubClusterKubeconfig of a Fleet, by its VPC's endpoint or the public one."""
        action, asked = "DescribeHubClusterKubeconfig", {"ClusterId": hub, "PrivateIpAddress": private}
        return _sealed(action, "Kubeconfig", lambda: self._openapis.rpc("adcp", action, asked))

    def member_kubeconfig(self, cluster: str, *, private: bool, minutes: int | None = None) -> Sealed:
        """DescribeClusterUserKubeconfig, for 15 to 4320 `minutes` where said."""
        action, path = "DescribeClusterUserKubeconfig", f"/k8s/{quoted(cluster)}/user_config"
        query = {"PrivateIpAddress": private, **({"TemporaryDurationMinutes": minutes} if minutes else {})}
        return _sealed(action, "config", lambda: self._openapis.roa("cs", action, "GET", path, query=query))

    def agent(self, cluster: str, *, private: bool, restricted: bool = False) -> Sealed:
        """DescribeExternalAgent: the YAML to apply in the data centre of a registered cluster."""
        action, path = "DescribeExternalAgent", f"/k8s/{quoted(cluster)}/external/agent/deployment"
        query = {
            "PrivateIpAddress": "true" if private else "false",
            "AgentMode": "restricted" if restricted else "admin",
        }
        return _sealed(action, "config", lambda: self._openapis.roa("cs", action, "GET", path, query=query))


def _sealed(action: str, name: str, ask: Callable[[], Any]) -> Sealed:
    try:
        body = ask()
    except Trouble as error:
        raise failure(error, action) from None
    found, expires = held(body, name), held(body, "expiration")
    if not isinstance(found, str) or not found.strip():
        raise Answered(f"{action} was answered without {name.lower()}")
    return Sealed(found, inert(expires, 40) if isinstance(expires, str) else "")
