"""The OpenAPI endpoint of all products: calls as the SDKs send them, signatures checked, calls counted and throttled,
answers and errors in the service's shapes. A product is told by x-acs-version, an operation by x-acs-action or path."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from console.sim.openapis.bucket import Bucket, Sieve
from console.sim.openapis.parameters import Parameters
from console.sim.openapis.product import Answer, Product
from console.sim.openapis.refusal import OpenApiError, throttling
from console.sim.openapis.refusals import ACCEPTED, DROPPED, Dropped, Refusals, error_of
from console.sim.openapis.signature import check

if TYPE_CHECKING:
    from aiohttp import web

CALLS_A_SECOND = 100.0
"""Calls a second and key before Throttling.User; the real figure is not published."""


class OpenApi:
    """The endpoint. `secrets`: access key id -> secret."""

    def __init__(
        self, products: Iterable[Product], secrets: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._products = {product.version: product for product in products}
        self._secrets = dict(secrets)
        self._clock = clock
        self.rate = CALLS_A_SECOND
        self.retry_after: int | None = None
        """Milliseconds in x-acs-retry-after with a throttled answer; None leaves the header out."""
        self.throttled: dict[str, Sieve] = {}
        """Products of which calls are too many, and which of them."""
        self.denied: dict[tuple[str, str], str] = {}
        """(key, action) that RAM refuses -> the code with which it does."""
        self.policies: dict[str, tuple[str, ...]] = {}
        """Key -> what its RAM policy allows, as `alb:List*`; a key without one may do everything."""
        self.refusals = Refusals()
        """Operations that are refused, whoever asks."""
        self.inactive: set[str] = set()
        """Keys that are known and disabled."""
        self.calls: Counter[tuple[str, str]] = Counter()
        """(key, action) -> calls that arrived with a right signature."""
        self._buckets: dict[str, Bucket] = {}
        self._tokens: dict[tuple[str, str, str], tuple[object, Answer]] = {}

    @property
    def operations(self) -> frozenset[str]:
        """Every operation of every product."""
        return frozenset(name for each in self._products.values() for name in (*each.reads, *each.writes))

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
        product = self._products.get(request.headers.get("x-acs-version", ""))
        try:
            said = self._call(request, body, product)
        except OpenApiError as error:
            headers = {}
            if error.code.startswith("Throttling") and self.retry_after is not None:
                headers["x-acs-retry-after"] = str(self.retry_after)
            document = _told(error, identifier, request, product)
            return web.json_response(document, status=error.status, headers=headers)
        except Dropped:
            # Carried out, and the answer is lost on the way.
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=504)
        # The ROA style has the id in a header alone, but for writes, which say it themselves.
        if product is not None and product.routes:
            return web.json_response(said, headers={"x-acs-request-id": identifier})
        return web.json_response({**said, "RequestId": identifier})

    def _call(self, request: web.Request, body: bytes, product: Product | None) -> Answer:
        query = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
        key = check(request.method, request.rel_url.raw_path, query, request.headers, body, self._secrets)
        if key in self.inactive:
            raise OpenApiError("InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
        action, named = _asked(request, product)
        self.calls[key, action] += 1
        bucket = self._buckets.setdefault(key, Bucket(self.rate, self._clock))
        bucket.rate = self.rate
        sieve = self.throttled.get(product.name) if product is not None else None
        if not bucket.take() or (sieve is not None and sieve.keeps()):
            raise throttling()
        if product is None or (action not in product.reads and action not in product.writes):
            words = "Specified api is not found, please check your url and method."
            raise OpenApiError("InvalidAction.NotFound", words, 404)
        if (key, action) in self.denied:
            words = f"You are not authorized to do this action: {product.name}:{action}."
            raise OpenApiError(self.denied[key, action], words, 403)
        allowed = self.policies.get(key)
        if allowed is not None and not any(fnmatchcase(f"{product.name}:{action}", one) for one in allowed):
            words = f"You are not authorized to do this action: {product.name}:{action}."
            raise OpenApiError("NoPermission", words, 403)
        form, document = _body(request, body)
        asked = Parameters([*query, *form, *named.items()], document)
        refusal = self.refusals.take(action)
        if refusal is not None and refusal.kind not in ACCEPTED:
            raise error_of(refusal.kind, product.name, action)
        reads = product.reads.get(action)
        said = reads(asked) if reads is not None else self._write(key, action, product, asked)
        if refusal is not None and refusal.kind == DROPPED:
            raise Dropped
        if refusal is not None:
            raise error_of(refusal.kind, product.name, action)
        return said

    def _write(self, key: str, action: str, product: Product, asked: Parameters) -> Answer:
        """A write under its ClientToken: the same token with the same parameters gets the same answer."""
        token = asked.token
        known = self._tokens.get((key, action, token)) if token else None
        if known is not None:
            if known[0] != asked.told:
                raise OpenApiError("IdempotentParameterMismatch", "The ClientToken was used with other parameters.")
            return known[1]
        if asked.truth("DryRun"):
            raise OpenApiError("DryRunOperation", "Request validation has been passed with DryRun flag set.")
        said = product.writes[action](asked)
        if token:
            self._tokens[key, action, token] = (asked.told, said)
        return said


def _asked(request: web.Request, product: Product | None) -> tuple[str, dict[str, str]]:
    """The operation and the parameters that its path holds."""
    if product is None or not product.routes:
        return request.headers.get("x-acs-action", ""), {}
    return product.named(request.method, request.rel_url.raw_path)


def _body(request: web.Request, body: bytes) -> tuple[list[tuple[str, str]], Any]:
    """A form's parameters, or a JSON document."""
    if "json" not in request.headers.get("Content-Type", ""):
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True), None
    try:
        return [], json.loads(body) if body else None
    except ValueError:
        raise OpenApiError("InvalidParameter", "The request body is no JSON.") from None


def _told(error: OpenApiError, identifier: str, request: web.Request, product: Product | None) -> dict[str, Any]:
    """An error as its style has it: RPC in Pascal case, ROA in camel case with the status."""
    if product is not None and product.routes:
        return {"code": error.code, "message": str(error), "requestId": identifier, "status": error.status}
    document = {
        "Code": error.code,
        "Message": str(error),
        "RequestId": identifier,
        "HostId": request.host,
        "Recommend": f"https://api.example.invalid/troubleshoot?q={error.code}",
    }
    if error.status == 403 and product is not None:
        action = f"{product.name}:{request.headers.get('x-acs-action', '')}"
        document["AccessDeniedDetail"] = json.dumps({"AuthAction": action})
    return document
