"""Writes that Kubernetes APIs refuse for a while, by resource: on the hub and in the clusters of an account, those
that come later included. Whoever lives beside an API is spared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.sim.kubeapi import ApiError, KubeApi
from console.sim.kubeapi.negotiation import answer_error
from console.sim.kubeapi.status import Unanswered
from console.sim.openapis.refusals import ACCEPTED, DROPPED, Refusal, Refusals

if TYPE_CHECKING:
    from aiohttp import web

WRITES = ("POST", "PUT", "PATCH", "DELETE")
WEBHOOK = "resources.change-control.example.com"


class Writes:
    """What is refused at the moment; `inside`: tokens of who is spared."""

    def __init__(self) -> None:
        self.refusals = Refusals()
        self.inside: set[str] = set()

    def watch_over(self, api: KubeApi, *inside: str) -> None:
        """Have an API refuse what is held here."""
        self.inside.update(inside)
        api.faults.append(self.refuse)
        api.afterwards.append(self.spoil)

    async def refuse(self, request: web.Request) -> web.StreamResponse | None:
        """The answer in the server's place."""
        held = self._held(request)
        if held is None or held.kind in ACCEPTED:
            return None
        resource, dry = resource_of(request.path), "dryRun" in request.query
        if not dry:
            self.refusals.take(resource)
        return answer_error(request, error_of(str(held.kind), resource))

    def spoil(self, request: web.Request) -> None:
        """Raise what is answered to a request that was carried out."""
        held, resource = self._held(request), resource_of(request.path)
        if held is None or held.kind not in ACCEPTED or "dryRun" in request.query:
            return
        self.refusals.take(resource)
        if held.kind == DROPPED:
            raise Unanswered
        raise error_of(str(held.kind), resource)

    def _held(self, request: web.Request) -> Refusal | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if request.method not in WRITES or token in self.inside:
            return None
        return self.refusals.held.get(resource_of(request.path))


def resource_of(path: str) -> str:
    """The plural in a path: `secrets` of `/api/v1/namespaces/argocd/secrets/x`; "" where there is none."""
    parts = [part for part in path.split("/") if part]
    rest = parts[2:] if parts[:1] == ["api"] else parts[3:]
    if len(rest) > 2 and rest[0] == "namespaces":
        rest = rest[2:]
    return rest[0] if rest else ""


def error_of(kind: str, resource: str) -> ApiError:
    """What the server says."""
    if kind == "quota":
        return ApiError(403, "Forbidden", f"{resource} is forbidden: exceeded quota: fleet-quota")
    if kind == "permission":
        return ApiError(403, "Forbidden", f'{resource} is forbidden: User "on-call" cannot write resource "{resource}"')
    if kind == "conflict":
        words = f"Operation cannot be fulfilled on {resource}: the object has been modified; please apply your changes"
        return ApiError(409, "Conflict", f"{words} to the latest version and try again")
    if kind == "webhook":
        return ApiError(403, "Forbidden", f'admission webhook "{WEBHOOK}" denied the request: {resource} are frozen')
    if kind == "unavailable":
        words = "the server is currently unable to handle the request"
        return ApiError(503, "ServiceUnavailable", words, headers={"Retry-After": "1"})
    if kind == "accepted-but-unavailable":
        return ApiError(500, "InternalError", "Internal error occurred: etcdserver: request timed out")
    words = "the server has received too many requests and has asked us to try again later"
    return ApiError(429, "TooManyRequests", words, headers={"Retry-After": "1"})
