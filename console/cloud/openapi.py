"""Calls of every product by its version, as the vendor's own clients put them on the wire: RPC with flattened
parameters, or ROA with a path and a JSON body. Answers are dicts in the wire's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from console.cloud.budget import CallBudget
from console.cloud.call import Caller
from console.imports import IMPORTING

VERSIONS = {
    "adcp": "2022-01-01",
    "alb": "2020-06-16",
    "cs": "2015-12-15",
    "ecs": "2014-05-26",
    "vpc": "2016-04-28",
}


class OpenApis:
    """The products; each call blocks. `connect` makes a product's client when the first call needs it; it may fail.

    All raise `Trouble`, and what `connect` raises.
    """

    def __init__(self, connect: Callable[[str], Any], budget: CallBudget) -> None:
        self._connect = connect
        self._clients: dict[str, Any] = {}
        self._callers = {product: Caller(product, budget) for product in VERSIONS}

    def client(self, product: str) -> Any:
        """The product's client, the same one each time."""
        if product not in self._clients:
            self._clients[product] = self._connect(product)
        return self._clients[product]

    def ask(self, product: str, action: str, call: Callable[[], Any]) -> Any:
        """The body of what `call` answers; drawn from the budget."""
        return self._callers[product].ask(action, call)

    def rpc(self, product: str, action: str, query: Mapping[str, Any], form: Mapping[str, Any] | None = None) -> Any:
        """An RPC call; nested values are flattened (`Tag.1.Key`), booleans are `True` and `False`."""
        client = self.client(product)
        with IMPORTING:
            from alibabacloud_tea_openapi.utils import Utils
        request = {"query": Utils.query(dict(query)), **({"body": Utils.query(dict(form))} if form else {})}
        call = _call(client, product, action, request, style="RPC", method="POST", path="/")
        return self.ask(product, action, call)

    def roa(
        self,
        product: str,
        action: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        bare: bool = False,
    ) -> Any:
        """A ROA call; `path` is percent-encoded already. `bare`: an answer may be empty, and is not looked at."""
        client = self.client(product)
        with IMPORTING:
            from alibabacloud_tea_openapi.utils import Utils
        request = {"headers": {}, "query": Utils.query(dict(query or {})), **({} if body is None else {"body": body})}
        call = _call(client, product, action, request, style="ROA", method=method, path=path, bare=bare)
        return self.ask(product, action, (lambda: {**call(), "body": {}}) if bare else call)


def quoted(text: str) -> str:
    """A part of a path, percent-encoded."""
    return quote(text, safe="")


def _call(
    client: Any, product: str, action: str, request: Mapping[str, Any], *, style: str, method: str, path: str,
    bare: bool = False,
) -> Callable[[], Any]:  # fmt: skip
    with IMPORTING:
        from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
        from darabonba.runtime import RuntimeOptions

    params = Params(
        action=action,
        version=VERSIONS[product],
        protocol="HTTPS",
        pathname=path,
        method=method,
        auth_type="AK",
        style=style,
        req_body_type="formData" if style == "RPC" else "json",
        body_type="none" if bare else "json",
    )
    return lambda: client.call_api(params, OpenApiRequest(**request), RuntimeOptions())
