"""Rules about ApplicationSets: the Service type that each network needs, and what an edit would take away (domain.md
1.2, 3.2, section 4 and section 6, row 12; seed.txt, step 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.decide.setup.finding import Finding, ok, red, unchecked, warn
from console.decide.setup.found import ARGO, Found
from console.decide.setup.manifests import application_set, cluster_labels
from console.model.ground import Object
from console.model.text import inert
from console.model.topology import ApplicationPart

_ANNOTATION = re.compile(r"\.metadata\.annotations\.([A-Za-z0-9_]+)")
_NAMED = "{{.metadata.annotations.cluster_id}}"
"""In the name that an Application gets where its author gives none."""
_GIVEN = ("cluster_id", "cluster_name")
"""Annotations of an ArgoCD cluster that an association gives it (domain.md 3.2)."""
_DEEPEST = 6
"""Generators inside generators that are looked into; ArgoCD takes two."""


def overlay_nodeport(found: Found) -> Iterator[Finding]:
    """Pods of an overlay cannot be reached from the VPC: their Services are NodePorts."""
    for number, part in _written(found):
        members = found.topology.members_of(part.members)
        overlay = [one.name for one in members if one.network == "overlay"]
        about, source = f"applications[{number}].service", "topology.yaml: service, network"
        if overlay and part.service == "ClusterIP":
            measured = f"ClusterIP in {', '.join(overlay)}"
            fix = "Set service: by-network."
            yield red(about, source, measured, f"NodePort in {len(overlay)} overlay members", fix)
            continue
        networks: dict[str, set[str]] = {}
        for one in members if part.service == "by-network" else ():
            networks.setdefault(one.cluster_label, set()).add(one.network)
        mixed = [label for label, kinds in networks.items() if len(kinds) > 1]
        for label in mixed:
            fix = "Set members.label, another one for each network."
            measured = f"label cluster={label} is of members with {len(networks[label])} networks"
            yield red(about, source, measured, "1 network for each label", fix)
        if not mixed:
            yield ok(about, source, f"{part.service}, {len(overlay)} overlay members", "NodePort in overlays")


def deletion(found: Found) -> Iterator[Finding]:
    """What goes with the ApplicationSet, or with a member's label, is known."""
    for number, part in _written(found):
        about = f"applications[{number}].preserve_resources_on_deletion"
        source, needed = f"ApplicationSet {part.name}: preserveResourcesOnDeletion", "true, or known to be false"
        if part.preserve_resources_on_deletion:
            yield ok(about, source, "true", needed)
            continue
        count = len(found.topology.members_of(part.members))
        measured = f"false: its deletion, or a member's label taken away, deletes the workload of up to {count} members"
        yield warn(
            about, source, measured, needed, "Set it true, or take care with labels and with the ApplicationSet."
        )


def labels(found: Found) -> Iterator[Finding]:
    """No edit of labels or generators drops an Application that is there."""
    if found.ground.hub is None:
        return
    sets = [one for key, one in found.hub.objects.items() if key.kind == "ApplicationSet" and key.namespace == ARGO]
    wanted = {one.name: application_set(found, one) for _, one in _written(found)}
    after = _labels_after(found)
    count = 0
    for live in sets:
        name = str(_at(live, "metadata").get("name", ""))
        mine, planned = list(_selectors(live)), list(_selectors(wanted.get(name, live)))
        for secret, (before, then) in after.items():
            if not _chosen(mine, before) or _chosen(planned, then):
                continue
            count += 1
            kept = _at(live, "spec", "syncPolicy").get("preserveResourcesOnDeletion") is True
            gone = "its workload stays" if kept else "its workload is deleted"
            measured = f"ApplicationSet {inert(name, 60)} would drop 1 Application of {inert(secret, 60)}; {gone}"
            fix = "Keep the labels that it chooses by, or take the member out of it by hand first."
            say = warn if kept else red
            yield say("members", f"Secret {inert(secret, 60)}: labels", measured, "0 Applications dropped", fix)
    if not count:
        measured = f"{len(sets)} ApplicationSets choose as before among {len(after)} clusters"
        yield ok("members", "cluster Secrets: labels", measured, "0 Applications dropped")


def _written(found: Found) -> Iterator[tuple[int, ApplicationPart]]:
    """Applications that are ours to write, with their numbers in the topology."""
    return ((number, one) for number, one in enumerate(found.topology.applications) if not one.kept)


def _labels_after(found: Found) -> dict[str, tuple[Mapping[str, str], Mapping[str, str]]]:
    """ArgoCD cluster -> its labels now, and after the set-up."""
    known = {
        key.name: _at(one, "metadata", "labels")
        for key, one in found.hub.objects.items()
        if key.kind == "Secret" and key.namespace == ARGO
    }
    made = {name: (now, now) for name, now in known.items()}
    for part in found.topology.members if found.topology.applications else ():
        secret = cluster_labels(found, part)["metadata"]
        if secret["name"] in known:
            now = known[secret["name"]]
            made[secret["name"]] = (now, {**now, **secret["labels"]})
    return made


def template(found: Found) -> Iterator[Finding]:
    """ArgoCD's clusters have the annotations that templates read: with missingkey=error one that lacks them stops the
    ApplicationSet for all."""
    needs = sorted(set[str]().union(*(_read(one) for one in found.topology.applications if not one.kept)))
    if not needs:
        return
    needed = f"annotations {', '.join(needs)}"
    for number, part in enumerate(found.topology.members):
        about, secret = f"members[{number}]", found.secret(part)
        source = f"cluster Secret of {part.name}: annotations"
        if secret is None:
            yield _to_come(about, source, needs, needed)
            continue
        notes = _at(secret, "metadata", "annotations")
        missing = [name for name in needs if not notes.get(name)]
        if missing:
            measured = f"{len(missing)} of {len(needs)} missing: {', '.join(missing)}"
            fix = "Associate the cluster anew, or annotate the Secret by hand."
            yield red(about, source, measured, needed, fix)
        else:
            yield ok(about, source, f"{len(needs)} of {len(needs)} there", needed)


def _to_come(about: str, source: str, needs: Sequence[str], needed: str) -> Finding:
    """Of a cluster that ArgoCD has not yet: what its association is known to give it."""
    strange = [name for name in needs if name not in _GIVEN]
    if strange:
        measured = f"nothing gives it {', '.join(strange)}: its association gives {' and '.join(_GIVEN)}"
        fix = "Correct the name; or associate without the application first, and annotate the Secret by hand."
        return red(about, source, measured, needed, fix)
    how = f"After the association: kubectl -n {ARGO} get secrets --show-labels, and look at its annotations."
    return unchecked(about, source, "ArgoCD has no such cluster yet", needed, how)


def _read(part: ApplicationPart) -> set[str]:
    """Annotations that an application's templates read."""
    said = (part.application or _NAMED, *part.parameters.values(), *part.values.values())
    return {name for value in said for name in _ANNOTATION.findall(value)}


def _at(thing: Object, *path: str) -> Mapping[str, Any]:
    """A mapping inside an object; an empty one where it is not there, or is something else."""
    held: Any = thing
    for name in path:
        held = held.get(name) if isinstance(held, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def _selectors(thing: Object) -> Iterator[Mapping[str, Any]]:
    """Of every cluster generator, those within others too."""
    yield from _within(_at(thing, "spec").get("generators"), 0)


def _within(generators: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    for one in generators if isinstance(generators, list) and depth < _DEEPEST else ():
        if not isinstance(one, Mapping):
            continue
        if "clusters" in one:
            yield _at(one, "clusters", "selector")
        for inner in one.values():
            yield from _within(inner.get("generators") if isinstance(inner, Mapping) else None, depth + 1)


def _chosen(selectors: list[Mapping[str, Any]], said: Mapping[str, str]) -> bool:
    return any(_matches(one, said) for one in selectors)


def _matches(selector: Mapping[str, Any], said: Mapping[str, str]) -> bool:
    """Whether a LabelSelector chooses these labels; one that cannot be understood chooses nothing, as with ArgoCD."""
    expressions = selector.get("matchExpressions")
    listed = expressions if isinstance(expressions, list) else []
    by_label = all(said.get(key) == value for key, value in _at(selector, "matchLabels").items())
    return by_label and all(isinstance(one, Mapping) and _holds(one, said) for one in listed)


def _holds(expression: Mapping[str, Any], said: Mapping[str, str]) -> bool:
    key, values = expression.get("key"), expression.get("values")
    there, listed = key in said, values if isinstance(values, list) else []
    match expression.get("operator"):
        case "In":
            return there and said[str(key)] in listed
        case "NotIn":
            return not there or said[str(key)] not in listed
        case "Exists":
            return there
        case "DoesNotExist":
            return not there
    return False
