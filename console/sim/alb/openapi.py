"""The OpenAPI endpoint: RPC calls as the SDKs send them, signatures checked, calls counted and throttled, answers and
errors in the service's shapes. Products are told apart by x-acs-version and x-acs-action, so that others can join."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from console.sim.alb.answers import READS
from console.sim.alb.parameters import Parameters
from console.sim.alb.signature import check
from console.sim.alb.state import Alb, AlbError

if TYPE_CHECKING:
    from aiohttp import web

VERSION = "2020-06-16"
CALLS_A_SECOND = 100.0
"""Calls a second and key before Throttling.User; the real figure is not published."""


class Bucket:
    """Calls a second that are let through, with a second's worth of burst; `rate` may change while it runs."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self.rate = rate
        self._clock = clock
        self._level = rate
        self._at = clock()

    def take(self) -> bool:
        """Whether one more call is let through."""
        now = self._clock()
        self._level = min(self.rate, self._level + (now - self._at) * self.rate)
        self._at = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True


def throttling() -> AlbError:
    """The answer to one call too many."""
    return AlbError("Throttling.User", "Request was denied due to user flow control.", 400)


class OpenApi:
    """The endpoint. `secrets`: access key id -> secret."""

    def __init__(self, alb: Alb, secrets: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._alb = alb
        self._secrets = dict(secrets)
        self._clock = clock
        self.rate = CALLS_A_SECOND
        self.retry_after: int | None = None
        """Milliseconds in x-acs-retry-after with a throttled answer; None leaves the header out."""
        self.throttled = False
        """Whether every call is one too many."""
        self.denied: dict[tuple[str, str], str] = {}
        """(key, action) that RAM refuses -> the code with which it does."""
        self.inactive: set[str] = set()
        """Keys that are known and disabled."""
        self.calls: Counter[tuple[str, str]] = Counter()
        """(key, action) -> calls that arrived with a right signature."""
        self._buckets: dict[str, Bucket] = {}
        self._tokens: dict[tuple[str, str, str], tuple[dict[str, str], dict[str, Any]]] = {}
        self._serial = itertools.count(1)

    def application(self) -> web.Application:
        """What serves it."""
        from aiohttp import web

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self.answer)
        return application

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        from aiohttp import web

        identifier = str(uuid.uuid4()).upper()
        body = await request.read()
        try:
            said = self._call(request, body)
            return web.json_response({**said, "RequestId": identifier})
        except AlbError as error:
            document = {
                "Code": error.code,
                "Message": str(error),
                "RequestId": identifier,
                "HostId": request.host,
                "Recommend": f"https://api.example.invalid/troubleshoot?q={error.code}",
            }
            if error.status == 403:
                action = request.headers.get("x-acs-action", "")
                document["AccessDeniedDetail"] = json.dumps({"AuthAction": f"alb:{action}"})
            headers = {}
            if error.code.startswith("Throttling") and self.retry_after is not None:
                headers["x-acs-retry-after"] = str(self.retry_after)
            return web.json_response(document, status=error.status, headers=headers)

    def _call(self, request: web.Request, body: bytes) -> dict[str, Any]:
        query = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
        key = check(request.method, request.rel_url.raw_path, query, request.headers, body, self._secrets)
        if key in self.inactive:
            raise AlbError("InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
        action = request.headers.get("x-acs-action", "")
        self.calls[key, action] += 1
        bucket = self._buckets.setdefault(key, Bucket(self.rate, self._clock))
        bucket.rate = self.rate
        if self.throttled or not bucket.take():
            raise throttling()
        if request.headers.get("x-acs-version") != VERSION or (action not in READS and action not in _WRITES):
            raise AlbError(
                "InvalidAction.NotFound", "Specified api is not found, please check your url and method.", 404
            )
        if (key, action) in self.denied:
            words = f"You are not authorized to do this action: alb:{action}."
            raise AlbError(self.denied[key, action], words, 403)
        form = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        asked = Parameters([*query, *form])
        if action in READS:
            return READS[action](self._alb, asked)
        return self._write(key, action, asked)

    def _write(self, key: str, action: str, asked: Parameters) -> dict[str, Any]:
        """A write under its ClientToken: the same token with the same parameters gets the same answer."""
        token = asked.text("ClientToken")
        known = self._tokens.get((key, action, token)) if token else None
        if known is not None:
            if known[0] != asked.flat:
                raise AlbError("IdempotentParameterMismatch", "The ClientToken was used with other parameters.")
            return known[1]
        if asked.truth("DryRun"):
            raise AlbError("DryRunOperation", "Request validation has been passed with DryRun flag set.")
        said = _WRITES[action](self._alb, asked)
        if token:
            self._tokens[key, action, token] = (asked.flat, said)
        return said


def _update_rule(alb: Alb, asked: Parameters) -> dict[str, Any]:
    job = alb.update_rule(asked.text("RuleId", needed=True), tuples=_tuples(asked.items("RuleActions", 5)))
    return {"JobId": job.id}


def _update_rules(alb: Alb, asked: Parameters) -> dict[str, Any]:
    rules = [rule for rule in asked.items("Rules", 10) if isinstance(rule, dict)]
    if not rules:
        raise AlbError("MissingParam.Rules", "The parameter Rules is required.")
    jobs = [
        alb.update_rule(
            str(rule.get("RuleId")), tuples=_tuples(rule.get("RuleActions") or []), api="UpdateRulesAttribute"
        )
        for rule in rules
    ]
    return {"JobId": jobs[-1].id}


def _update_servers(alb: Alb, asked: Parameters) -> dict[str, Any]:
    weights: dict[tuple[str, int], int] = {}
    for server in asked.items("Servers", 40):
        try:
            weights[str(server.get("ServerIp") or server["ServerId"]), int(server["Port"])] = int(server["Weight"])
        except (KeyError, ValueError, TypeError):
            raise AlbError("IllegalParam.Servers", "The parameter Servers is illegal.") from None
    return {"JobId": alb.weigh_servers(asked.text("ServerGroupId", needed=True), weights).id}


def _tuples(actions: list[Any]) -> list[tuple[str, int]] | None:
    """The forward tuples among a rule's actions; None where it names none. A weight is needed beside another tuple."""
    for action in actions:
        forward = action.get("ForwardGroupConfig") if isinstance(action, dict) else None
        if not isinstance(forward, dict):
            continue
        tuples = [one for one in forward.get("ServerGroupTuples") or [] if isinstance(one, dict)]
        if len(tuples) > 1 and any("Weight" not in one for one in tuples):
            raise AlbError("MissingParam.Weight", "The parameter Weight is required.")
        try:
            return [(str(one["ServerGroupId"]), int(one.get("Weight", 100))) for one in tuples]
        except (KeyError, ValueError):
            raise AlbError("IllegalParam.ServerGroupTuples", "The parameter ServerGroupTuples is illegal.") from None
    return None


_WRITES: dict[str, Callable[[Alb, Parameters], dict[str, Any]]] = {
    "UpdateRuleAttribute": _update_rule,
    "UpdateRulesAttribute": _update_rules,
    "UpdateServerGroupServersAttribute": _update_servers,
}
