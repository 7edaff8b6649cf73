"""Carries out the calls of a set-up: parameters in their natural shape, put on the wire as each operation takes them.

A call that fails raises what `console.cloud.outcome.failure` says; `may_have_happened` tells whether it may have taken
effect. Nothing is sent twice from here: CreateHubCluster and others have no ClientToken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from console.cloud.fields import Fields
from console.cloud.openapi import OpenApis, quoted
from console.cloud.outcome import failure
from console.cloud.trouble import Trouble

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """The service took the call. `id`: of what was made, or of the Fleet or cluster that it is about; `task`: what can
    be followed, empty where there is none."""

    id: str = ""
    task: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class _Rpc:
    """How an RPC operation takes its parameters. `form`: those that are in the body, None for all but `query`;
    `strings`: lists that travel as a JSON array's text; `token`: whether it has a ClientToken."""

    token: bool = False
    form: tuple[str, ...] | None = ()
    query: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()


_RPC = {
    ("vpc", "CreateVpc"): _Rpc(token=True),
    ("vpc", "CreateVSwitch"): _Rpc(token=True),
    ("vpc", "DeleteVSwitch"): _Rpc(),
    ("vpc", "DeleteVpc"): _Rpc(),
    ("vpc", "TagResources"): _Rpc(),
    ("ecs", "AuthorizeSecurityGroup"): _Rpc(token=True),
    ("ecs", "RevokeSecurityGroup"): _Rpc(token=True),
    ("ecs", "TagResources"): _Rpc(),
    ("adcp", "CreateHubCluster"): _Rpc(form=None, query=("Tag",), strings=("VSwitches", "Tag")),
    ("adcp", "UpdateHubClusterFeature"): _Rpc(strings=("VSwitches", "AccessControlList")),
    ("adcp", "AttachClusterToHub"): _Rpc(form=("ClusterIds",), strings=("ClusterIds",)),
    ("adcp", "DetachClusterFromHub"): _Rpc(form=("ClusterIds",), strings=("ClusterIds",)),
    ("adcp", "DeleteHubCluster"): _Rpc(strings=("RetainResources",)),
}
"""Places of parameters as the vendor's clients have them (ADCP 2022-01-01, VPC 2016-04-28, ECS 2014-05-26)."""


@dataclass(frozen=True, slots=True)
class _Roa:
    """A ROA operation: `path` with `{cluster}` for the parameter `cluster_id`; the others are the JSON body, one of
    them alone (`only`), or the query."""

    method: str
    path: str
    only: str = ""
    bare: bool = False
    token: bool = False


_ROA = {
    "CreateCluster": _Roa("POST", "/clusters", token=True),
    "ModifyCluster": _Roa("PUT", "/api/v2/clusters/{cluster}"),
    "ModifyClusterTags": _Roa("POST", "/clusters/{cluster}/tags", only="tags", bare=True),
    "DeleteCluster": _Roa("DELETE", "/clusters/{cluster}"),
}
_ID = ("VpcId", "VSwitchId", "ClusterId", "cluster_id")


class Provision:
    """The calls; each blocks. `made` is told (cluster id, task id) of whatever is followed by a task."""

    def __init__(
        self, openapis: OpenApis, region: str | None, made: Callable[[str, str], object] = lambda cluster, task: None
    ) -> None:
        self._openapis = openapis
        self._region = region
        self._made = made

    def call(self, product: str, action: str, params: Params, token: str = "") -> Done:
        """One call of `product` (vpc, ecs, cs or adcp). `token` is its ClientToken where the operation has one: the
        same token with the same parameters makes the same thing once.

        Raises `Denied`, `Throttled`, `Declined`, `Unsent`: nothing was done; `Lost`, `Answered`: not known.
        """
        try:
            if product == "cs":
                body = self._roa(_ROA[action], action, params, token)
            else:
                body = self._rpc(_RPC[product, action], product, action, params, token)
        except Trouble as error:
            raise failure(error, action) from None
        done = _done(body, "" if action.startswith("Create") else _about(params))
        if done.id and done.task:
            self._made(done.id, done.task)
        return done

    def _rpc(self, operation: _Rpc, product: str, action: str, params: Params, token: str) -> Any:
        whole = {**self._placed(product, params), **({"ClientToken": token} if operation.token and token else {})}
        told = {name: _text(value) if name in operation.strings else value for name, value in whole.items()}
        form = operation.form
        inside = {name for name in told if (name not in operation.query if form is None else name in form)}
        return self._openapis.rpc(
            product,
            action,
            {name: value for name, value in told.items() if name not in inside},
            {name: told[name] for name in told if name in inside},
        )

    def _roa(self, operation: _Roa, action: str, params: Params, token: str) -> Any:
        rest = {name: value for name, value in params.items() if name != "cluster_id"}
        if operation.token and token:
            rest["client_token"] = token
        path = operation.path.format(cluster=quoted(str(params.get("cluster_id", ""))))
        if operation.method == "DELETE":
            query = {name: _text(value) if isinstance(value, list | tuple) else value for name, value in rest.items()}
            return self._openapis.roa("cs", action, operation.method, path, query=query)
        body = rest[operation.only] if operation.only else rest
        return self._openapis.roa("cs", action, operation.method, path, body=_plain(body), bare=operation.bare)

    def _placed(self, product: str, params: Params) -> dict[str, Any]:
        """With the region, which VPC and ECS need in every call."""
        placed = {"RegionId": self._region} if product in ("vpc", "ecs") and self._region else {}
        return {**placed, **{name: _plain(value) for name, value in params.items() if value is not None}}


class _Answer(Fields):
    """The ids of an answer."""

    def first(self, body: Any, *names: str) -> str:
        """Under the first name that holds one."""
        return next(filter(None, (self._text(body, name) for name in names)), "")


def _done(body: Any, about: str) -> Done:
    answer = _Answer()
    return Done(
        id=answer.first(body, *_ID) or about,
        task=answer.first(body, "TaskId", "task_id"),
        request=answer.first(body, "RequestId", "request_id"),
    )


def _about(params: Params) -> str:
    found = next((params[name] for name in ("ClusterId", "cluster_id") if name in params), "")
    return found if isinstance(found, str) else ""


def _text(value: Any) -> Any:
    """A list as a JSON array's text; what is a text already stays."""
    return value if isinstance(value, str) else msgspec.json.encode(_plain(value)).decode()


def _plain(value: Any) -> Any:
    """Tuples and mappings as the SDK knows them."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items() if inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
