"""The CustomResourceDefinitions that the simulator needs: shipped with the console, made at a given server where they
are missing, and waited for."""

from __future__ import annotations

import asyncio
import importlib.resources
import time
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from console.errors import Answered
from console.sim.argo.kinds import GROUP
from console.sim.client import Client, Obj, Refusal, Resource

CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition")
PATIENCE = 30.0
"""Seconds in which a server has to serve what was defined."""
PAUSE = 0.25


@cache
def shipped() -> Sequence[Obj]:
    """The CRDs that ship with the console; ArgoCD's as JSON, since YAML of their size takes a second to read."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    folder = importlib.resources.files("assets") / "manifests" / "crds"
    texts = {each.name: each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith((".json", ".yaml"))}
    return [
        msgspec.json.decode(text) if name.endswith(".json") else yaml.load(text, Loader=loader)
        for name, text in sorted(texts.items())
    ]


def name_of(crd: Obj) -> str:
    """`albconfigs.alibabacloud.com`."""
    return str(crd["metadata"]["name"])


def is_of_argocd(crd: Obj) -> bool:
    """Whether it comes with ArgoCD, and not with the Fleet."""
    return bool(crd["spec"]["group"] == GROUP)


def unfit(crd: Obj, wanted: Obj) -> Iterator[str]:
    """Why a CRD that is there cannot serve in place of the one that ships, in sentences."""
    name, spec = name_of(wanted), crd.get("spec") or {}
    (needed,) = (each for each in wanted["spec"]["versions"] if each.get("storage"))
    found: Obj = next((each for each in spec.get("versions") or () if each.get("name") == needed["name"]), {})
    if not found.get("served"):
        yield f"CRD {name} is there and does not serve version {needed['name']}"
        return
    if spec.get("scope") != wanted["spec"]["scope"]:
        yield f"CRD {name} is there with scope {spec.get('scope')}, where {wanted['spec']['scope']} is needed"
    has, wants = ("status" in (each.get("subresources") or {}) for each in (found, needed))
    if has != wants:
        yield f"CRD {name} is there {'with' if has else 'without'} a status subresource, unlike the vendor's"


async def define(client: Client, crds: Sequence[Obj], *, patience: float = PATIENCE) -> list[str]:
    """Make the CRDs that are missing, leave those that are there, and return the names of those made once all are
    served. Raises `Refusal`, and `Answered` where that takes too long."""
    made = []
    for crd in crds:
        try:
            await client.get(CRDS, "", name_of(crd))
        except Refusal as refusal:
            if refusal.code != 404:
                raise
            await _create(client, {key: value for key, value in crd.items() if key != "status"})
            made.append(name_of(crd))
    end = time.monotonic() + patience
    waiting = list(crds)
    while True:
        waiting = [crd for crd in waiting if not await _serves(client, crd)]
        if not waiting:
            return made
        if time.monotonic() > end:
            names = ", ".join(map(name_of, waiting))
            raise Answered(
                f"the server does not serve {names} {patience:.0f} s after it was defined",
                fix="Look at the conditions: kubectl get crd NAME -o yaml.",
            )
        await asyncio.sleep(PAUSE)


async def _create(client: Client, crd: Obj) -> None:
    try:
        await client.create(CRDS, crd)
    except Refusal as refusal:
        # Somebody else's came first: it is theirs, and serves as well.
        if refusal.reason != "AlreadyExists":
            raise


async def _serves(client: Client, crd: Obj) -> bool:
    """Whether the definition is established and requests find the resource, which may come a moment later."""
    found = await client.get(CRDS, "", name_of(crd))
    conditions = (found.get("status") or {}).get("conditions") or ()
    if not any(each.get("type") == "Established" and each.get("status") == "True" for each in conditions):
        return False
    spec = crd["spec"]
    version = next(each["name"] for each in spec["versions"] if each.get("storage"))
    try:
        await client.list(Resource(spec["group"], version, spec["names"]["plural"], spec["names"]["kind"]))
    except Refusal as refusal:
        if refusal.code != 404:
            raise
        return False
    return True
