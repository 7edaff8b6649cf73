"""The endpoint through which a simulation is meddled with while it runs, and asked for the truth: loopback, one random
token."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

import msgspec

from console.errors import FleetConsoleError, UsageError
from console.sim.faults.registry import Faults
from console.sim.faults.site import Site
from console.sim.faults.specs import Fault
from console.sim.kubeapi.access import Access
from console.sim.kubeapi.rbac import granted
from console.sim.storm import Storm, StormSpec

if TYPE_CHECKING:
    from aiohttp import web


class Statement(msgspec.Struct, rename="pascal"):
    """A statement of a RAM policy; what it says of resources and conditions is not looked at."""

    effect: str
    action: list[str]


class Policy(msgspec.Struct, rename="pascal"):
    """A RAM policy document."""

    statement: list[Statement]


class Control:
    """`POST /faults` begins one, `DELETE /faults[/NAME]` ends, `GET /faults` tells which hold.

    `POST /storm` answers when the storm is over; `GET /truth` tells what a console has to say of the hub's objects,
    `GET /traffic` what became of the requests to each route. `PUT /roles/NAME` takes RBAC documents and answers with a
    token that has what they grant, `GET` with what was needed of them so far, both of the hub, or of the data centre
    that `?of=` names; `PUT /policy` takes a RAM policy, for the settings' key from then on.
    """

    def __init__(self, faults: Faults, storm: Storm, site: Site) -> None:
        self._site = site
        self._faults = faults
        self._storm = storm
        self.token = secrets.token_urlsafe(24)

    def application(self) -> web.Application:
        """What serves it."""
        from aiohttp import web

        application = web.Application()
        application.router.add_get("/faults", self._list)
        application.router.add_post("/faults", self._begin)
        application.router.add_delete("/faults", self._clear)
        application.router.add_delete("/faults/{name}", self._clear)
        application.router.add_post("/storm", self._rage)
        application.router.add_get("/truth", self._truth)
        application.router.add_get("/traffic", self._traffic)
        application.router.add_put("/roles/{name}", self._role)
        application.router.add_get("/roles/{name}", self._needs)
        application.router.add_put("/policy", self._policy)
        return application

    async def _list(self, request: web.Request) -> web.Response:
        now = time.monotonic()
        held = [
            {"fault": name, "subject": subject, "said": active.said, "seconds": round(now - active.since, 1)}
            for (name, subject), active in self._faults.active.items()
        ]
        return self._answer(request, {"faults": held})

    async def _begin(self, request: web.Request) -> web.Response:
        self._check(request)
        try:
            fault = msgspec.json.decode(await request.read(), type=Fault)
            return self._answer(request, {"done": await self._faults.begin(fault)})
        except msgspec.ValidationError as error:
            return self._answer(request, {"error": str(error).replace("$.", "")}, status=422)
        except FleetConsoleError as error:
            return self._answer(request, {"error": error.args[0], "fix": error.fix}, status=422)

    async def _clear(self, request: web.Request) -> web.Response:
        self._check(request)
        try:
            ended = await self._faults.clear(request.match_info.get("name"))
        except FleetConsoleError as error:
            return self._answer(request, {"error": error.args[0], "fix": error.fix}, status=422)
        return self._answer(request, {"done": f"ended: {', '.join(ended)}" if ended else "nothing was wrong"})

    async def _rage(self, request: web.Request) -> web.Response:
        self._check(request)
        try:
            asked = msgspec.json.decode(await request.read(), type=StormSpec)
        except msgspec.ValidationError as error:
            return self._answer(request, {"error": str(error).replace("$.", "")}, status=422)
        try:
            return self._answer(request, await self._storm.rage(asked))
        except FleetConsoleError as error:
            return self._answer(request, {"error": error.args[0], "fix": error.fix}, status=422)

    async def _truth(self, request: web.Request) -> web.Response:
        return self._answer(request, await self._storm.truth())

    async def _traffic(self, request: web.Request) -> web.Response:
        site = self._site
        routes = {one.key: site.data_plane.traffic(one.host, one.path) for one in site.world.routes}
        return self._answer(request, {"now": time.time(), "routes": routes})

    async def _role(self, request: web.Request) -> web.Response:
        self._check(request)
        token = secrets.token_urlsafe(24)
        try:
            rules = granted(msgspec.json.decode(await request.read(), type=list[dict[str, Any]]))
            access = self._centre(request) or self._site.hub.api.access
            access.grant(request.match_info["name"], rules, token)
        except FleetConsoleError as error:
            return self._answer(request, {"error": error.args[0], "fix": error.fix}, status=422)
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            return self._answer(request, {"error": f"this is no RBAC: {error}"}, status=422)
        return self._answer(request, {"token": token})

    async def _needs(self, request: web.Request) -> web.Response:
        hub = self._site.own_hub
        access = self._centre(request) or (hub.api.access if hub is not None else None)
        needs = access.needed.get(request.match_info["name"], set()) if access is not None else set()
        actions = sorted({action for key, action in self._site.openapi.calls if key == self._site.key})
        return self._answer(request, {"needed": [one._asdict() for one in sorted(needs)], "actions": actions})

    def _centre(self, request: web.Request) -> Access | None:
        """The access of the data centre that is named. Raises `UsageError` for one that is not there."""
        name = request.query.get("of")
        if name is None:
            return None
        centre = self._site.living.centres.get(name)
        if centre is None:
            raise UsageError(f"no data centre is called '{name}'")
        return centre.api.access

    async def _policy(self, request: web.Request) -> web.Response:
        self._check(request)
        try:
            policy = msgspec.json.decode(await request.read(), type=Policy)
        except msgspec.DecodeError as error:
            return self._answer(request, {"error": f"no RAM policy: {error}"}, status=422)
        allowed = [one for each in policy.statement if each.effect == "Allow" for one in each.action]
        self._site.openapi.policies[self._site.key] = tuple(allowed)
        return self._answer(request, {"actions": len(allowed)})

    def _answer(self, request: web.Request, document: dict[str, Any], *, status: int = 200) -> web.Response:
        from aiohttp import web

        self._check(request)
        return web.Response(text=json.dumps(document), content_type="application/json", status=status)

    def _check(self, request: web.Request) -> None:
        from aiohttp import web

        said = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(said.encode(), self.token.encode()):
            raise web.HTTPUnauthorized
