"""An ApplicationSet in lines: its conditions, its generators, the Applications it made in each member, and what an edit
of a member's labels would drop there; or which setting would tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from console.decide import generators
from console.decide.generators import Edit, Effect, Selected
from console.errors import closed
from console.model.argo import Application, ApplicationSet, Condition, Generator
from console.model.fleet import Fleet
from console.model.freshness import SourceName, SourceState
from console.model.spans import spoken
from console.present import applications, members
from console.present.line import EMPTY, Ink, Line, Span, dim, line, paragraph, strong, title
from console.present.line import text as plain
from console.present.tables import COLUMNS
from console.present.times import UNKNOWN, age

_BAD = {"ErrorOccurred": "True", "InvalidRolloutConfig": "True", "ParametersGenerated": "False",
        "ResourcesUpToDate": "False"}  # fmt: skip
"""Condition -> the status that means trouble."""
SETTING = "fleets.argocd.cluster_secrets: true"


def set_lines(fleet: Fleet, owner: ApplicationSet, now: float, wall: float, cells: int) -> list[Line]:
    """Everything that is known of one set. `now`: monotonic, `wall`: epoch seconds."""
    mine = generators.generated(fleet, owner)
    many = f"{len(mine)} Application{'' if len(mine) == 1 else 's'}"
    out: list[Line] = [line(strong(owner.name), dim(f"  ApplicationSet in {owner.namespace}  {many}"))]
    if owner.error:
        out += paragraph(f"It cannot generate: {owner.error}", cells, ink=Ink.BAD)
    out += [EMPTY, line(title("GENERATES FOR"))]
    for place, generator in enumerate(owner.generators, 1):
        out += paragraph(f"{place}  {_generator(generator)}", cells, indent=2)
    for kind in owner.others:
        out += paragraph(f"-  by a {kind} generator, which labels alone do not decide", cells, indent=2, ink=Ink.DIM)
    if not owner.generators and not owner.others:
        out.append(line(dim("  nobody: it has no generator that could be read")))
    out += paragraph(_deletion(owner), cells, indent=2, ink=Ink.PLAIN if owner.preserves else Ink.WARN)
    out += [EMPTY, line(title("APPLICATIONS"))]
    out += [_application(fleet, one) for one in mine] or [line(dim("  none"))]
    out += [EMPTY, line(title("WHAT AN EDIT OF A LABEL WOULD DROP"), dim(f"  on its Secret{_age(fleet, now)}"))]
    out += _edits(fleet, owner, cells)
    out += [EMPTY, line(title("CONDITIONS"))]
    out += [row for one in owner.conditions for row in _condition(one, wall, cells)] or [line(dim("  none written"))]
    return out


def _age(fleet: Fleet, now: float) -> str:
    """How old the labels are: the Secrets are listed once a minute, and not watched."""
    return f", read {age(fleet.source(SourceName.CLUSTER_SECRETS).age(now))}" if fleet.clusters else ""


def _generator(generator: Generator) -> str:
    refused = any(not generators.sound(one) for one in generator.requirements)
    where = f"clusters with {generator.text}" if generator.requirements else "every cluster, the hub itself included"
    values = ", ".join(f"{key}={value}" for key, value in generator.values)
    told = " (ArgoCD refuses this selector: it selects nothing)" if refused else ""
    return f"{where}{f'; values {values}' if values else ''}{told}"


def _deletion(owner: ApplicationSet) -> str:
    if owner.preserves:
        return "preserveResourcesOnDeletion is true: when an Application goes, its workload stays in the member"
    return "preserveResourcesOnDeletion is false: when an Application goes, its workload is deleted in the member"


def _application(fleet: Fleet, one: Application) -> Line:
    where = members.name_of(fleet, one.member) if one.member else one.destination or UNKNOWN
    status = (*applications.status_cell(one.sync), Span("  "), *applications.status_cell(one.health))
    return line(Span(f"  {where:<16}  "), *status, f"  {applications.short(one.revision)}  ", dim(one.key))


def _edits(fleet: Fleet, owner: ApplicationSet, cells: int) -> Iterator[Line]:
    if not fleet.clusters:
        yield from _untold(fleet, owner, cells)
        return
    every = "Any set drops a cluster whose Secret is deleted or loses argocd.argoproj.io/secret-type=cluster."
    yield from paragraph(every, cells, indent=2, ink=Ink.DIM)
    for one in generators.selected(fleet, owner):
        if not one.edits:
            continue
        head = members.name_of(fleet, one.member) if one.member else one.cluster.called or one.cluster.name
        state = f"selected by {_places(one.by)}" if one.by else "not selected"
        yield line(Span(f"  {head}"), dim(f"  Secret {one.cluster.name}, {state}"))
        for edit in one.edits:
            ink = Ink.WARN if edit.effect is Effect.DROPS else Ink.PLAIN
            yield from paragraph(edit_sentence(owner, one, edit), cells, indent=4, ink=ink)


def edit_sentence(owner: ApplicationSet, one: Selected, edit: Edit) -> str:
    """`cluster=idc removed, or changed to anything else: drops argocd/c1-api, and its workload is deleted there`."""
    ways = []
    if edit.removed and edit.held is not None:
        ways.append("removed")
    if edit.others:
        spared = "a value that no generator names" if _named(owner, edit) else "anything else"
        ways.append(f"changed to {spared}" if edit.held is not None else f"set to {spared}")
    if edit.values:
        ways.append(f"{'changed' if edit.held is not None else 'set'} to {' or '.join(edit.values)}")
    what = f"{edit.key}={edit.held}" if edit.held is not None else f"{edit.key} (absent)"
    return f"{what} {', or '.join(ways)}: {_outcome(owner, one, edit)}"


def _named(owner: ApplicationSet, edit: Edit) -> tuple[str, ...]:
    found = [one for each in owner.generators for one in each.requirements if one.key == edit.key]
    return tuple(value for one in found for value in one.values if value != edit.held)


def _outcome(owner: ApplicationSet, one: Selected, edit: Edit) -> str:
    names = ", ".join(each.key for each in one.applications)
    if edit.effect is Effect.DROPS:
        kept = "its workload stays there" if owner.preserves else "its workload is deleted there"
        return f"drops {names or 'what it would generate'}, and {kept}"
    if edit.effect is Effect.ADDS:
        return f"generates an Application for it, by {_places(edit.after)}"
    values = ", ".join(f"{key}={value}" for place in edit.after for key, value in owner.generators[place].values)
    changed = f"{names or 'it'} is generated by {_places(edit.after)} instead"
    return f"{changed}{f', with values {values}' if values else ''}"


def _places(by: tuple[int, ...]) -> str:
    return f"generator {' and '.join(str(place + 1) for place in by)}"


def _untold(fleet: Fleet, owner: ApplicationSet, cells: int) -> Iterator[Line]:
    source = fleet.source(SourceName.CLUSTER_SECRETS)
    if source.state is SourceState.UNCONFIGURED:
        role = f"the permission to list secrets in namespace {owner.namespace}"
        why = f"settings do not have them read: {SETTING}, and {role}, would tell"
    elif source.state is SourceState.DENIED:
        why = f"they may not be read: {source.permission or 'list secrets'} would tell"
    else:
        why = source.message or f"they are {source.word}"
    yield from paragraph(closed(f"Members' labels are those of ArgoCD's cluster Secrets, and {why}"), cells, indent=2)
    used = ", ".join(generators.keys(owner.generators))
    if not used:
        return
    gone = "stays" if owner.preserves else "is deleted"
    yield from paragraph(
        f"Its selectors look at {used}: whoever removes or changes one of these on the Secret of a member above may"
        f" drop its Application, and the workload {gone} there.", cells, indent=2, ink=Ink.WARN,
    )  # fmt: skip


def _condition(one: Condition, wall: float, cells: int) -> list[Line]:
    bad = _BAD.get(one.type) == one.status
    ago = f", {spoken(max(0.0, wall - one.at))} ago" if one.at is not None else ""
    said = f"{one.type} {one.status}: {one.reason}{f' - {one.message}' if one.message else ''}{ago}"
    return paragraph(said, cells, indent=2, ink=Ink.BAD if bad else Ink.PLAIN)


def set_text(fleet: Fleet, owner: ApplicationSet, now: float, wall: float) -> str:
    """The set as the command line tells it."""
    return "\n".join(plain(one).rstrip() for one in set_lines(fleet, owner, now, wall, COLUMNS))


def set_document(fleet: Fleet, owner: ApplicationSet) -> dict[str, Any]:
    """`fleet-console/applicationset/v1`; `clusters` is null where the cluster Secrets are not read."""
    known = bool(fleet.clusters)
    return {
        "schema": "fleet-console/applicationset/v1",
        "namespace": owner.namespace,
        "name": owner.name,
        "error": owner.error or None,
        "preserves_resources": owner.preserves,
        "generators": [{"selector": one.text, "values": dict(one.values)} for one in owner.generators],
        "other_generators": list(owner.others),
        "conditions": [
            {"type": one.type, "status": one.status, "reason": one.reason or None, "message": one.message or None}
            for one in owner.conditions
        ],
        "applications": [
            {"namespace": one.namespace, "name": one.name, "member": one.member, "sync": one.sync,
             "health": one.health, "revision": one.revision}
            for one in generators.generated(fleet, owner)
        ],
        "clusters": [_cluster(owner, one) for one in generators.selected(fleet, owner)] if known else None,
    }  # fmt: skip


def _cluster(owner: ApplicationSet, one: Selected) -> dict[str, Any]:
    return {
        "secret": one.cluster.name,
        "member": one.member,
        "generators": [place + 1 for place in one.by],
        "applications": [each.key for each in one.applications],
        "edits": [
            {"label": edit.key, "value": edit.held, "effect": edit.effect.value, "removed": edit.removed,
             "other_values": edit.others, "values": list(edit.values), "sentence": edit_sentence(owner, one, edit)}
            for edit in one.edits
        ],
    }  # fmt: skip
