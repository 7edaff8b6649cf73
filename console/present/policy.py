"""Least-privilege policies as they are handed out: the shipped roles with bindings to fill in, and the RAM policy."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import yaml

_PARTS = {
    "observer": ("observer",),
    "operator": ("observer", "operator"),
    "provisioner": ("observer", "operator"),
    "member": ("member-observer",),
}
"""Whom there is a policy for -> the roles that make it up; `member` is for the members' own APIs."""
NOT_YET = "this version provisions nothing: a provisioner needs what an operator needs"
_API = "rbac.authorization.k8s.io/v1"


def rbac(role: str) -> str:
    """YAML documents: the roles, each with a binding to a group whose name is to be filled in."""
    name = "rbac-member.yaml" if role == "member" else "rbac.yaml"
    wanted = {f"fleet-console-{part}" for part in _PARTS[role]}
    texts = [text.strip("\n") for text in _manifest(name).split("\n---\n")]
    parts: list[str] = []
    for text in texts:
        document = yaml.safe_load(text)
        if document["kind"] == "Namespace" or document["metadata"]["name"] in wanted:
            parts.append(_bare(text))
            if document["kind"] != "Namespace":
                parts.append(_binding(document, role))
    return "\n---\n".join(
        [f"# Whoever is in group fleet-console:{role} is one; name your own.\n{parts[0]}", *parts[1:]]
    )


def ram() -> str:
    """The RAM policy document, for every role: the console only reads the cloud."""
    return _manifest("ram-observer.json").rstrip("\n")


def documents(text: str) -> Sequence[dict[str, Any]]:
    """The documents of a policy as objects."""
    return [document for document in yaml.safe_load_all(text) if document]


def _manifest(name: str) -> str:
    return (files("assets") / "manifests" / name).read_text("utf-8")


def _bare(text: str) -> str:
    """A document without the comment at the head of its file."""
    lines = text.split("\n")
    return "\n".join(lines[next(index for index, line in enumerate(lines) if not line.startswith("#")) :])


def _binding(of: dict[str, Any], role: str) -> str:
    kind, metadata = of["kind"], of["metadata"]
    inside = {"namespace": metadata["namespace"]} if kind == "Role" else {}
    binding = {
        "apiVersion": _API,
        "kind": f"{kind}Binding",
        "metadata": {"name": f"{metadata['name']}-of-{role}s", **inside},
        "roleRef": {"apiGroup": _API.partition("/")[0], "kind": kind, "name": metadata["name"]},
        "subjects": [{"apiGroup": _API.partition("/")[0], "kind": "Group", "name": f"fleet-console:{role}"}],
    }
    return yaml.safe_dump(binding, sort_keys=False).rstrip("\n")
