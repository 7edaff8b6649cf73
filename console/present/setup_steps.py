"""The wizard's steps in words: the rail, which parts of a topology each step asks for, and which fields are common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from console.decide.setup import draft as drafts
from console.decide.setup import typed
from console.decide.setup.checks import unconfirmed
from console.decide.setup.draft import Document, Draft
from console.decide.setup.task import Check, Stage, Verdict
from console.model.topology import Part, Topology
from console.present.line import Ink, Line, Span, dim, length, strong

STAGES = (
    Stage.NETWORK, Stage.FLEET, Stage.ACK, Stage.REGISTERED, Stage.LINK, Stage.ASSOCIATE, Stage.APPLICATIONS,
    Stage.GATEWAY, Stage.FIRST,
)  # fmt: skip
"""Those that ask something, in order; key 1 is the first."""
NAMES: Mapping[Stage, tuple[str, str]] = {
    Stage.NETWORK: ("network", "net"),
    Stage.FLEET: ("fleet", "fleet"),
    Stage.ACK: ("ack", "ack"),
    Stage.REGISTERED: ("registered", "reg"),
    Stage.LINK: ("link", "link"),
    Stage.ASSOCIATE: ("associate", "assoc"),
    Stage.APPLICATIONS: ("apps", "apps"),
    Stage.GATEWAY: ("gateway", "gw"),
    Stage.FIRST: ("first requests", "first"),
}
"""Stage -> what the rail calls it, and where there is little room."""
ASKS: Mapping[Stage, str] = {
    Stage.NETWORK: "Choose the VPC and name its vSwitches; what has no id is made.",
    Stage.FLEET: "The hub: an existing Fleet by its id, or a new one.",
    Stage.ACK: "The cluster in the cloud: one that is there, by its id, or a new one.",
    Stage.REGISTERED: "Its context gets the agent; without one a file waits for you.",
    Stage.LINK: "What must reach what. No API shows some of it: those need your word.",
    Stage.ASSOCIATE: "The label `cluster` by which ApplicationSets find each member.",
    Stage.APPLICATIONS: "What runs on the members: a chart in Git, one Application for each member.",
    Stage.GATEWAY: "One ALB in two zones or more, and the routes with each member's weight.",
    Stage.FIRST: "How an answer tells which member gave it, to count the share.",
}
"""Stage -> what it asks for, one sentence."""
TOPS: Mapping[Stage, tuple[str, ...]] = {
    Stage.NETWORK: ("name", "region", "vpc", "vswitches", "key_prefix"),
    Stage.FLEET: ("fleet",),
    Stage.ACK: ("members",),
    Stage.REGISTERED: ("members",),
    Stage.LINK: ("members", "confirmed"),
    Stage.ASSOCIATE: ("members",),
    Stage.APPLICATIONS: ("applications",),
    Stage.GATEWAY: ("gateway", "routes"),
    Stage.FIRST: ("routes",),
}
"""Stage -> what of the topology its YAML holds."""
RARE = frozenset({
    "key_prefix", "spec", "version", "label", "kubeconfig", "edition", "allocation", "ingress_class", "project",
    "node_port_parameter", "values", "value_files", "create_namespace", "self_heal", "prune", "automated", "kept",
    "path_type", "certificate", "argocd", "protocol", "method", "codes", "timeout", "interval", "healthy", "unhealthy",
    "pattern", "kind",
})  # fmt: skip
"""Fields that are shown where they are set, or on a word."""
_SAID = frozenset({"zone", "cidr", "count", "instance_types", "pod_vswitches", "vswitches", "public"})
"""Fields that an existing resource, named by its id, says itself."""
_ONLY: Mapping[Stage, frozenset[str]] = {
    Stage.LINK: frozenset({"network", "cidrs"}),
    Stage.ASSOCIATE: frozenset({"label", "zone"}),
    Stage.FIRST: frozenset({"host", "paths", "weights", "answer"}),
}
"""Stage -> the fields of each part that it asks for; absent: all."""
_NOT: Mapping[Stage, frozenset[str]] = {
    Stage.ACK: frozenset({"context", "kubeconfig"}),
    Stage.REGISTERED: frozenset({"pod_vswitches", "nodes", "spec"}),
    Stage.GATEWAY: frozenset({"answer"}),
}
ADDS: Mapping[Stage, tuple[tuple[str, str], ...]] = {
    Stage.NETWORK: (("vswitches", "a vSwitch"),),
    Stage.ACK: (("members", "an ACK cluster"),),
    Stage.REGISTERED: (("members", "a registered cluster"),),
    Stage.APPLICATIONS: (("applications", "an application"),),
    Stage.GATEWAY: (("gateway.listeners", "a listener"), ("routes", "a route")),
}
"""Stage -> lists that get another item there, and what an item is called."""


_TOP_NAMES = frozenset(name for names in TOPS.values() for name in names)


class Asked(NamedTuple):
    """One field that a step asks for. `default`: as one would type it; `depth`: how deep in its part it stands."""

    path: str
    label: str
    kind: Any
    default: str
    depth: int


class Head(NamedTuple):
    """The head of a part: `path` of it, its words."""

    path: str
    words: str


def asked(document: Document, stage: Stage, shown: frozenset[str] | None) -> Iterator[Asked | Head]:
    """Everything that a step asks for, in order. `shown`: paths of rare fields that are shown nevertheless; None: all
    fields are."""
    for name in TOPS[stage]:
        kind = typed.kind_at(name)
        part = typed.part_of(kind)
        if name == "confirmed":
            continue
        if part is None:
            if _is_shown(document, name, name, shown):
                yield Asked(name, name.replace("_", " "), kind, _default(Topology, name), 0)
        elif kind is part:
            yield Head(name, name.upper() if name == "vpc" else name)
            yield from _part(document, part, name, stage, shown)
        else:
            yield from _list(document, part, name, stage, shown)


def _list(
    document: Document, part: type[Part], name: str, stage: Stage, shown: frozenset[str] | None
) -> Iterator[Asked | Head]:
    held = drafts.at(document, name)
    for number, one in enumerate(held if isinstance(held, list) else []):
        kind = one.get("kind") if isinstance(one, Mapping) else None
        other = {Stage.ACK: "registered", Stage.REGISTERED: "ack"}.get(stage)
        if name == "members" and kind is not None and kind == other:
            continue
        said = one.get("name") if isinstance(one, Mapping) else None
        called = {"vswitches": "vSwitch", "routes": "route"}.get(name, name.rstrip("s"))
        yield Head(f"{name}[{number}]", f"{called} {said or '?'}")
        yield from _part(document, part, f"{name}[{number}]", stage, shown)


def _part(
    document: Document, part: type[Part], path: str, stage: Stage, shown: frozenset[str] | None, depth: int = 0
) -> Iterator[Asked | Head]:
    for name, kind, _, default in typed.fields(part):
        if depth == 0 and _left_out(stage, name):
            continue
        place, inner = f"{path}.{name}", typed.part_of(kind)
        if inner is not None and kind is inner:
            yield from (
                one._replace(label=f"{name.replace('_', ' ')} {one.label}") if isinstance(one, Asked) else one
                for one in _part(document, inner, place, stage, shown, depth + 1)
            )
        elif inner is not None:
            held = drafts.at(document, place)
            for number, _one in enumerate(held if isinstance(held, list) else []):
                yield Head(f"{place}[{number}]", f"{name.rstrip('s')} {number + 1}")
                yield from _part(document, inner, f"{place}[{number}]", stage, shown, depth + 1)
        elif _is_shown(document, place, name, shown):
            yield Asked(place, name.replace("_", " "), kind, typed.shown(default), depth)


def _left_out(stage: Stage, name: str) -> bool:
    only = _ONLY.get(stage)
    return (only is not None and name not in only) or name in _NOT.get(stage, frozenset())


def _is_shown(document: Document, path: str, name: str, shown: frozenset[str] | None) -> bool:
    if shown is None or path in shown or (drafts.at(document, path) is not None and name != "kind"):
        return True
    if name in _SAID and drafts.at(document, f"{_part_of(path)}.id") is not None:
        return path.startswith("members") and name in ("zone", "cidrs")
    return name not in RARE


def _part_of(path: str) -> str:
    """The resource that a field is of: `members[0]` of `members[0].nodes.count`."""
    first, *rest = drafts.steps(path)
    return f"{first}[{rest[0]}]" if rest and isinstance(rest[0], int) else str(first)


def _default(part: type[Part], name: str) -> str:
    return next((typed.shown(default) for field, _, _, default in typed.fields(part) if field == name), "")


def stage_of(path: str, document: Document) -> Stage:
    """The step that asks for a path."""
    top = str(drafts.steps(path)[0]) if path else "name"
    if top == "members":
        number = drafts.steps(path)[1] if len(drafts.steps(path)) > 1 else 0
        kind = drafts.at(document, f"members[{number}].kind")
        return Stage.REGISTERED if kind == "registered" else Stage.ACK
    if top == "routes" and ".answer" in path:
        return Stage.FIRST
    found = {
        "fleet": Stage.FLEET,
        "applications": Stage.APPLICATIONS,
        "gateway": Stage.GATEWAY,
        "routes": Stage.GATEWAY,
    }
    return Stage.LINK if top == "confirmed" else found.get(top, Stage.NETWORK)


def told_at(check: Check, document: Document) -> tuple[Stage, ...]:
    """The steps where a check is told: its rule's own, unless what it is about is asked for at another; and wherever
    else the field stands. A word is asked for at the rule's own."""
    named = drafts.steps(check.about)
    if check.verdict is Verdict.UNCHECKED or not named or named[0] not in _TOP_NAMES:
        return (check.stage,)
    inner = named[2] if len(named) > 2 and isinstance(named[1], int) else named[1] if len(named) > 1 else ""
    asked = named[0] in TOPS.get(check.stage, ()) and not _left_out(check.stage, str(inner))
    first = check.stage if asked else stage_of(check.about, document)
    also = named[0] == "members" and inner in _ONLY[Stage.LINK] and first is not Stage.LINK
    return (first, Stage.LINK) if also else (first,)


def standing(draft: Draft, checks: tuple[Check, ...], stage: Stage) -> str:
    """`!` where something keeps the set-up from beginning at a step, `?` where a word is wanted, else a blank."""
    if any(stage_of(one.path, draft.document) is stage for one in draft.problems):
        return "!"
    mine = [one for one in checks if stage in told_at(one, draft.document)]
    if any(one.verdict is Verdict.RED for one in mine):
        return "!"
    return "?" if unconfirmed(mine) else " "


def rail(draft: Draft, checks: tuple[Check, ...], here: Stage | None, saved: str, cells: int) -> Line:
    """`SET UP  1 network  2!fleet  [5 link]  ...  0 review  draft saved`; None: the review is open."""
    for short, gap, head in ((False, "  ", "SET UP"), (False, " ", ""), (True, " ", "")):
        spans: list[Span] = [strong(head), Span(gap)] if head else []
        for number, stage in enumerate(STAGES, 1):
            mark = standing(draft, checks, stage)
            word = f"{number}{mark}{NAMES[stage][short]}"
            ink = Ink.BAD if mark == "!" else Ink.WARN if mark == "?" else Ink.PLAIN
            spans += [Span(f"[{word}]", Ink.STRONG) if stage is here else Span(word, ink), Span(gap)]
        spans += [Span("[0 review]", Ink.STRONG) if here is None else Span("0 review")]
        said = f"draft {saved}" if not short else saved
        left = cells - length(spans) - len(said)
        if left >= 1 or short:
            return (*spans, Span(" " * max(1, left)), dim(said))
    raise AssertionError("the shortest form is always taken")


def blank(document: Document, path: str, stage: Stage) -> object:
    """A new item of a list: what it must have and is not a guess."""
    if path == "members":
        kind = "registered" if stage is Stage.REGISTERED else "ack"
        return {"kind": kind, "network": "overlay" if kind == "registered" else "underlay"}
    if path == "applications":
        return {"path": "", "repository": ""}
    if path == "gateway.listeners":
        return {"port": 80}
    if path == "routes":
        names = [one["name"] for one in drafts.items(document, "members") if isinstance(one.get("name"), str)]
        each = 100 // len(names) if names else 0
        shares = dict.fromkeys(names, each)
        if names:
            shares[names[0]] += 100 - each * len(names)
        return {"port": 80, "weights": shares}
    return {}
