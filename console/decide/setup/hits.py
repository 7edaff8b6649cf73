"""What a teardown would hit that its set-up did not make: objects of others in namespaces of ours, on the gateway and
on the Fleet, and routes that send weight to a member that goes. Told by name and number before anything is confirmed;
a namespace, or a Fleet, that holds objects of others goes only where it is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.decide.setup import left_behind
from console.decide.setup.found import Found
from console.decide.setup.task import Check, Stage, Verdict
from console.decide.setup.unknown import UNSEEN
from console.model.ground import Key, Object
from console.model.hub import RUN_NAMESPACE
from console.model.text import inert
from console.model.topology import MemberPart

FLEET = "fleet"
"""Named with `--also`, a Fleet goes with everything on it."""
_TOLD = 4
"""Names that one sentence tells."""
_COUNTED = ("AlbConfig", "ApplicationSet", "Application", "Ingress")
"""Kinds that make a Fleet somebody else's, too. Classes, projects and namespaces serve nobody by themselves."""
_CLASS = "kubernetes.io/ingress.class"


def namespaces(found: Found) -> tuple[str, ...]:
    """Those of the Fleet that our set-up made, which a teardown would take away, and into which it looks before. The
    console's own holds its own records."""
    return tuple(
        key.name
        for key, live in found.hub.objects.items()
        if key.kind == "Namespace" and key.name != RUN_NAMESPACE and found.made(live)
    )


def in_namespace(found: Found, name: str) -> tuple[str, ...]:
    """Objects of others in a namespace."""
    mine = [key for key, live in found.hub.objects.items() if key.namespace == name and _others(found, live)]
    inside = found.hub.inside.get(name)
    keys = (*mine, *(inside.keys if inside is not None else ()))
    return tuple(inert(str(key), 200) for key in keys)


def on_fleet(found: Found) -> tuple[str, ...]:
    """What of others goes with the Fleet: objects, those in our namespaces included, and members."""
    fleet = found.fleet
    if fleet is None or fleet.state == "deleting":
        return ()
    kinds = [key for key, live in found.hub.objects.items() if key.kind in _COUNTED and _others(found, live)]
    ours = namespaces(found)
    out = [inert(str(key), 200) for key in kinds if key.namespace not in ours]
    out += [one for name in ours for one in in_namespace(found, name)]
    known = {found.cluster_id(one) for one in (*found.topology.members, *left_behind.members(found))}
    attached = (one.cluster for one in fleet.attached or () if one.state not in ("Deleting", "Deleted"))
    return (*out, *(f"member {inert(one, 80)}" for one in attached if one not in known))


def keeps(found: Found, name: str, also: frozenset[str]) -> bool:
    """Whether a namespace of ours stays, because others have something in it, and nobody named it or the Fleet."""
    goes = fleet_goes(found, also) or f"Namespace {name}" in also
    return not goes and name in namespaces(found) and bool(in_namespace(found, name))


def fleet_goes(found: Found, also: frozenset[str]) -> bool:
    """Whether the Fleet is to go: ours, or named."""
    return found.fleet is not None and (found.ours(found.fleet.tags) or FLEET in also)


def words(found: Found, also: frozenset[str]) -> dict[str, str]:
    """Task -> what of others it hits."""
    out: dict[str, str] = {}
    for name in namespaces(found):
        if hit := in_namespace(found, name):
            out[f"delete Namespace {name}"] = f"and what others have in it: {_several(hit)}"
    gateway = found.topology.gateway
    if gateway is not None and (hit := on_gateway(found, also)):
        out[f"delete AlbConfig {gateway.name}"] = f"on which others have {_several(hit)}"
    for part in (*found.topology.members, *left_behind.members(found)):
        if hit := sent_to(found, part, also):
            out[f"member {part.name} deleted"] = f"to which routes that stay send weight: {_several(hit)}"
    if hit := on_fleet(found):
        out["fleet deleted"] = f"and what others have on it: {_several(hit)}"
    return out


def refusal(found: Found, also: frozenset[str]) -> str:
    """Why the Fleet may not go; empty where it may."""
    hit = on_fleet(found) if fleet_goes(found, also) and FLEET not in also else ()
    if not hit:
        return ""
    way = f"move them elsewhere, or confirm a teardown with --also {FLEET}"
    return f"{_count(hit, 'thing', 'things')} that the set-up did not make {_are(hit)} on it: {_several(hit)}; {way}"


def on_gateway(found: Found, also: frozenset[str]) -> tuple[str, ...]:
    """Ingresses that stay, and have no gateway once the AlbConfig is gone."""
    gateway = found.topology.gateway
    live = found.hub.find("AlbConfig", gateway.name) if gateway is not None else None
    if gateway is None or live is None or not goes(found, Key("", "AlbConfig", "", gateway.name), live, also):
        return ()
    classes = {
        key.name
        for key, one in found.hub.objects.items()
        if key.kind == "IngressClass" and _at(one, "spec", "parameters").get("name") == gateway.name
    }
    return tuple(
        inert(str(key), 200)
        for key, one in found.hub.objects.items()
        if key.kind == "Ingress" and _class(one) in classes and not goes(found, key, one, also)
    )


def sent_to(found: Found, part: MemberPart, also: frozenset[str]) -> tuple[str, ...]:
    """Routes that stay with weight on a member that goes, as `shop/checkout 38 %`."""
    cluster, prefix = found.cluster(part), found.topology.key_prefix
    if cluster is None or fleet_goes(found, also):
        return ()
    if not (found.ours(cluster.tags) or f"member {part.name}" in also):
        return ()
    out = []
    for key, one in found.hub.objects.items():
        if key.kind != "Ingress" or goes(found, key, one, also):
            continue
        weights = {
            name.removeprefix(prefix): int(value)
            for name, value in _at(one, "metadata", "annotations").items()
            if isinstance(name, str) and name.startswith(prefix) and isinstance(value, str) and value.isascii()
            if value.isdigit() and len(value) <= 3
        }
        share = weights.get(cluster.id, 0)
        if share:
            out.append(f"{inert(f'{key.namespace}/{key.name}', 200)} {100 * share / sum(weights.values()):.0f} %")
    return tuple(out)


def goes(found: Found, key: Key, live: Object, also: frozenset[str]) -> bool:
    """Whether an object of the Fleet is taken away, by itself or with it."""
    return found.made(live) or str(key) in also or fleet_goes(found, also)


def checks(found: Found, also: frozenset[str]) -> tuple[Check, ...]:
    """Everything that is hit, and what could not be looked at."""
    return tuple(_checks(found, also))


def _checks(found: Found, also: frozenset[str]) -> Iterator[Check]:
    hit = on_fleet(found) if fleet_goes(found, also) else ()
    if hit:
        named = FLEET in also
        yield Check(
            "others-on-fleet", Verdict.WARN if named else Verdict.RED, Stage.FLEET, "fleet", "lists of the Fleet's API",
            f"{_count(hit, 'thing', 'things')} on it that the set-up did not make: {_several(hit)}",
            "nothing of others on it, or your word that it goes",
            "" if named else f"Move them elsewhere first, or say --also {FLEET}.",
        )  # fmt: skip
    yield from _of_namespaces(found, also)
    if hit := on_gateway(found, also):
        yield Check(
            "others-on-gateway", Verdict.WARN, Stage.GATEWAY, "gateway", "Ingresses by their IngressClass",
            f"{_count(hit, 'Ingress', 'Ingresses')} of others {_have(hit)} no gateway once its AlbConfig is gone:"
            f" {_several(hit)}", "", "Give them another IngressClass first.",
        )  # fmt: skip
    for number, part in enumerate((*found.topology.members, *left_behind.members(found))):
        if hit := sent_to(found, part, also):
            yield Check(
                "routes-to-member", Verdict.WARN, Stage.ASSOCIATE,
                f"members[{number}]" if number < len(found.topology.members) else f"cluster {part.name}",
                f"annotations {found.topology.key_prefix}*",
                f"{_count(hit, 'route', 'routes')} that {'stay' if len(hit) > 1 else 'stays'} send"
                f"{'' if len(hit) > 1 else 's'} it weight: {_several(hit)}", "",
                f"Move the traffic first: fleet-console drain {part.name} --reason TEXT.",
            )  # fmt: skip


def _of_namespaces(found: Found, also: frozenset[str]) -> Iterator[Check]:
    if fleet_goes(found, also):
        return
    for name in namespaces(found):
        hit, inside = in_namespace(found, name), found.hub.inside.get(name)
        if hit:
            stays = keeps(found, name, also)
            yield Check(
                "others-in-namespace", Verdict.WARN, Stage.APPLICATIONS, f"Namespace {name}", "lists of the namespace",
                f"it {'stays' if stays else 'goes'}, with {_several(hit)} of others in it", "",
                f"It goes with them: --also 'Namespace {name}'." if stays else "",
            )  # fmt: skip
        if inside is None or keeps(found, name, also) or UNSEEN in also:
            continue
        dark = "; ".join(f"{kind}: {why}" for kind, why in inside.unread.items())
        yield Check(
            "others-unseen", Verdict.UNCHECKED, Stage.APPLICATIONS, f"Namespace {name}", "lists of the namespace",
            f"everything in it goes; Secrets and seldom kinds are not looked at{f'; not read: {dark}' if dark else ''}",
            "", f"kubectl get secrets,all -n {name}",
        )  # fmt: skip


def _others(found: Found, live: Object) -> bool:
    """Whether somebody else made an object, and nothing else's owner takes it along."""
    return not found.made(live) and not live.get("metadata", {}).get("ownerReferences")


def _class(one: Object) -> object:
    return _at(one, "spec").get("ingressClassName") or _at(one, "metadata", "annotations").get(_CLASS)


def _at(one: Object, *path: str) -> Mapping[Any, Any]:
    held: Any = one
    for name in path:
        held = held.get(name) if isinstance(held, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def _count(hit: Sequence[str], one: str, many: str) -> str:
    return f"{len(hit)} {one if len(hit) == 1 else many}"


def _are(hit: Sequence[str]) -> str:
    return "is" if len(hit) == 1 else "are"


def _have(hit: Sequence[str]) -> str:
    return "has" if len(hit) == 1 else "have"


def _several(hit: Sequence[str]) -> str:
    more = f" and {len(hit) - _TOLD} more" if len(hit) > _TOLD else ""
    return f"{', '.join(hit[:_TOLD])}{more}"
