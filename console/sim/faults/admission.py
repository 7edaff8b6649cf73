"""An admission webhook that somebody else registered on the hub: it refuses what it does not like, in the apiserver's
words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from console.sim.client import INGRESSES, Place
from console.sim.ingress_annotations import WEIGHT_PREFIX
from console.sim.kubeapi import ApiError, Fault
from console.sim.kubeapi.negotiation import answer_error

if TYPE_CHECKING:
    from aiohttp import web

WEBHOOK = "weights.change-control.example.com"


def refusing(where: Place) -> Fault:
    """A fault of the API that refuses writes of weights to the Ingress at `where`."""
    namespace, name = where
    path = INGRESSES.path(namespace, name)

    async def refuse(request: web.Request) -> web.StreamResponse | None:
        if request.method not in ("PATCH", "PUT") or request.path.lstrip("/") != path.lstrip("/"):
            return None
        if not _weighs(await request.read()):
            return None
        message = f'admission webhook "{WEBHOOK}" denied the request: weights of {namespace}/{name} are frozen'
        return answer_error(request, ApiError(403, "Forbidden", message))

    return refuse


def _weighs(body: bytes) -> bool:
    """Whether a body writes a weight; a JSON Patch that only tests one does not."""
    try:
        document = json.loads(body)
    except ValueError:
        return WEIGHT_PREFIX.encode() in body
    if isinstance(document, list):
        written = [one for one in document if isinstance(one, dict) and one.get("op") != "test"]
        return any(WEIGHT_PREFIX.replace("/", "~1") in str(one.get("path")) for one in written)
    return WEIGHT_PREFIX in json.dumps(document)
