"""What a person may name of a topology, with `--take`, `--also` or `--retry`: what names nothing of it is a slip,
and is refused before it is silently left out."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from console.decide.setup import hits, manifests
from console.decide.setup.fields import nearest
from console.decide.setup.found import Found
from console.decide.setup.retry import FLEET, MEMBER
from console.decide.setup.unknown import UNSEEN
from console.errors import UsageError
from console.model.hub import RUN_NAMESPACE
from console.model.text import inert

_TOLD = 24
"""Names that one sentence tells."""


def refuse_take(found: Found, take: Collection[str]) -> None:
    """Raises `UsageError` where something names no object that the topology applies."""
    keys = [one for one in manifests.wanted(found) if (one.kind, one.name) != ("Namespace", RUN_NAMESPACE)]
    _refuse("--take", take, [str(one) for one in keys if "<" not in one.name])


def refuse_also(found: Found, also: Collection[str]) -> None:
    """Raises `UsageError` where something names nothing that a teardown of the topology could take away."""
    topology = found.topology
    known = ["fleet", UNSEEN, "vpc", *(f"member {one.name}" for one in topology.members)]
    known += [f"vswitch {one.name}" for one in topology.vswitches]
    known += [str(one) for one in manifests.wanted(found) if one.kind != "Secret"]
    known += [f"Namespace {name}" for name in hits.namespaces(found)]
    _refuse("--also", also, list(dict.fromkeys(known)))


def refuse_retry(found: Found, items: Collection[str]) -> None:
    """Raises `UsageError` where something names no item that could ever be made anew."""
    _refuse("--retry", items, [FLEET, *(MEMBER.format(one.name) for one in found.topology.members)])


def _refuse(option: str, said: Collection[str], known: Sequence[str]) -> None:
    strange = sorted(set(said) - set(known))
    if not strange:
        return
    told = [f"'{inert(one, 80)}'" for one in strange]
    near = nearest(strange[0], known)
    meant = f"Did you mean {shlex.quote(near)}? " if near else ""
    more = f" and {len(known) - _TOLD} more" if len(known) > _TOLD else ""
    raise UsageError(
        f"{option}: nothing of the topology is called {', '.join(told)}",
        fix=f"{meant}There are: {', '.join(map(shlex.quote, known[:_TOLD]))}{more}.",
    )
