"""Objects made of the CRDs' own schemas with one field missing or of a wrong type, whichever it is: the object is still
read, what is wrong is named where it was looked at, and nothing else of it changes."""

from __future__ import annotations

import copy
import json
from dataclasses import fields
from functools import cache
from importlib import resources
from typing import Any

import pytest
import yaml

import assets
from console.kube.decode import Decoded, decode
from console.kube.kinds import KINDS, Kind

Path = tuple[str | int, ...]
FILES = {
    "albconfigs": "albconfigs.yaml",
    "applications": "argocd-application.json",
    "applicationsets": "argocd-applicationset.json",
    "managedclusters": "managedclusters.yaml",
}
DEEP = 6
"""Levels of a schema that are filled."""
WRONG: tuple[Any, ...] = (True, "\x1b[31mred", [7], {"x": [1]})
BUILT_IN: dict[str, Any] = {
    "ingresses": {
        "metadata": {"annotations": {"alb.ingress.kubernetes.io/cluster-weight.c1": "62"}, "managedFields": [
            {"manager": "kubectl", "operation": "Update", "time": "2026-01-01T00:00:00Z",
             "fieldsV1": {"f:metadata": {"f:annotations": {"f:a": {}}}}}]},
        "spec": {"ingressClassName": "alb", "rules": [{"host": "x.org", "http": {"paths": [
            {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}]}}]},
        "status": {"loadBalancer": {"ingress": [{"hostname": "d.example"}]}},
    },
    "ingressclasses": {"spec": {"controller": "c", "parameters": {"apiGroup": "alibabacloud.com", "kind": "AlbConfig",
                                                                 "name": "gw"}}},
    "leases": {"metadata": {"name": "managed-cluster-lease"},
               "spec": {"renewTime": "2026-01-01T00:00:00.000000Z", "leaseDurationSeconds": 60}},
    "events": {"involvedObject": {"kind": "Ingress", "namespace": "n", "name": "r", "uid": "u"}, "type": "Warning",
               "reason": "FailedApplyModel", "message": "m", "count": 3, "lastTimestamp": "2026-01-01T00:00:00Z",
               "source": {"component": "alb"}},
    "configmaps": {"metadata": {"labels": {"fleet-console/run": "k7m2p"}}, "data": {
        "state": "running", "fence": "3", "plan": "{}", "plan_hash": "h", "actor": "a", "step": "1",
        "started": "2026-01-01T00:00:00Z", "targets": '{"n/r": {"c1": 62}}', "before": '{"n/r": {"c1": 50}}',
        "hold_until": "2026-01-01T00:00:00Z", "expires": ""}},
}  # fmt: skip


def sample(schema: dict[str, Any], depth: int = 0) -> Any:
    """A value with every property of a schema."""
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        if depth > DEEP:
            return {}
        found = {name: sample(inner, depth + 1) for name, inner in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties")
        return found or ({"key": sample(more, depth + 1)} if isinstance(more, dict) else {})
    if kind == "array":
        return [sample(schema["items"], depth + 1)] if depth <= DEEP else []
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    if schema.get("x-kubernetes-int-or-string"):
        return 80
    return {"integer": 7, "number": 7, "boolean": True}.get(str(kind), "text")


@cache
def good(kind: Kind) -> str:
    """A whole object of a kind, as JSON."""
    metadata = {"name": "one", "namespace": "n", "uid": "u", "resourceVersion": "5"}
    if kind.resource in FILES:
        text = (resources.files(assets) / "manifests" / "crds" / FILES[kind.resource]).read_text("utf-8")
        documents = [json.loads(text)] if text.startswith("{") else yaml.safe_load_all(text)
        document = next(one for one in documents if one and one.get("spec", {}).get("names"))
        schema = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        parts = {name: sample(schema[name]) for name in ("spec", "status") if name in schema}
        return json.dumps({"metadata": metadata, **parts})
    made = copy.deepcopy(BUILT_IN[kind.resource])
    made["metadata"] = metadata | made.get("metadata", {})
    return json.dumps(made)


def paths(value: Any, here: Path = ()) -> list[Path]:
    """Every place in an object but its identity."""
    found = [here] if here and here not in {("metadata",), ("metadata", "name"), ("metadata", "namespace")} else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [path for key, part in inner for path in paths(part, (*here, key))]


def changed(kind: Kind, path: Path, value: Any = None, *, gone: bool = False) -> Decoded:
    thing = json.loads(good(kind))
    holder = thing
    for key in path[:-1]:
        holder = holder[key]
    if gone:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return decode(json.dumps(thing).encode(), kind.full_name, kind.shape, kind.key)


def same_type(a: Any, b: Any) -> bool:
    return type(a) is type(b) or (isinstance(a, int | float) and isinstance(b, int | float))


READ = [kind for kind in KINDS if kind.resource in (*FILES, *BUILT_IN)]


def test_every_kind_that_is_read_is_tried() -> None:
    assert {kind.resource for kind in KINDS} == {kind.resource for kind in READ}


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.resource)
def test_a_whole_object_has_no_problem(kind: Kind) -> None:
    found = decode(good(kind).encode(), kind.full_name, kind.shape, kind.key)

    assert found.fact is not None
    if kind.resource in BUILT_IN:
        assert found.problem is None


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.resource)
def test_a_missing_field_anywhere_leaves_the_object_readable(kind: Kind) -> None:
    for path in paths(json.loads(good(kind))):
        found = changed(kind, path, gone=True)

        assert found.key is None or found.fact is not None, path


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.resource)
def test_a_wrong_type_is_named_wherever_it_changes_what_is_known(kind: Kind) -> None:
    whole = decode(good(kind).encode(), kind.full_name, kind.shape, kind.key)
    thing = json.loads(good(kind))
    for path in paths(thing):
        before = thing
        for key in path:
            before = before[key]
        for value in WRONG:
            if same_type(value, before):
                continue
            found = changed(kind, path, value)
            if found.key is None:  # it is none of those that are shown any more
                continue
            differs = [
                f.name
                for f in fields(whole.fact)
                if f.name != "problems" and getattr(whole.fact, f.name) != getattr(found.fact, f.name)
            ]
            new = found.problem is not None and found.problem != whole.problem

            assert not differs or new, (path, value, differs)
            assert isinstance(before, dict | list) or len(differs) <= 2, (path, value, differs)
