"""An admission webhook that somebody else registered on the hub: it refuses what it does not like, in the apiserver's
words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.sim.client import INGRESSES, Place
from console.sim.ingress_annotations import WEIGHT_PREFIX
from console.sim.kubeapi import ApiError, Fault
from console.sim.kubeapi.negotiation import answer_error

if TYPE_CHECKING:
    from aiohttp import web

WEBHOOK = "weights.change-control.example.com"
_KEY = WEIGHT_PREFIX.replace("/", "~1").encode(), WEIGHT_PREFIX.encode()
"""As a JSON Patch writes it, and as every other body does."""


def refusing(where: Place) -> Fault:
    """A fault of the API that refuses writes of weights to the Ingress at `where`; a patch that only tests one is
    refused, too, as it comes with a write."""
    namespace, name = where
    path = INGRESSES.path(namespace, name)

    async def refuse(request: web.Request) -> web.StreamResponse | None:
        if request.method not in ("PATCH", "PUT") or request.path.lstrip("/") != path.lstrip("/"):
            return None
        if not any(key in await request.read() for key in _KEY):
            return None
        message = f'admission webhook "{WEBHOOK}" denied the request: weights of {namespace}/{name} are frozen'
        return answer_error(request, ApiError(403, "Forbidden", message))

    return refuse
