"""Least-privilege policies as they are handed out: the shipped roles with bindings to fill in, and the RAM policy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import yaml

_PARTS = {
    "observer": ("observer",),
    "operator": ("observer", "operator"),
    "provisioner": ("observer", "operator", "provisioner"),
    "member": ("member-observer",),
    "data-centre": ("data-centre",),
}
"""Whom there is a policy for -> the roles that make it up; `member` is for the members' own APIs, `data-centre` for
where a registered cluster's agent is put."""
_FILES = {"member": "rbac-member.yaml", "data-centre": "rbac-data-centre.yaml"}
_API = "rbac.authorization.k8s.io/v1"


def rbac(role: str) -> str:
    """YAML documents: the roles, each with a binding to a group whose name is to be filled in."""
    wanted = {f"fleet-console-{part}" for part in _PARTS[role]}
    texts = [text.strip("\n") for text in _manifest(_FILES.get(role, "rbac.yaml")).split("\n---\n")]
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


def ram(role: str) -> str:
    """The RAM policy document: observers and operators only read the cloud, a provisioner makes and takes away."""
    if role != "provisioner":
        return _manifest("ram-observer.json").rstrip("\n")
    documents = [json.loads(_manifest(f"ram-{one}.json")) for one in ("observer", role)]
    statements = [one for document in documents for one in document["Statement"]]
    return json.dumps({"Version": "1", "Statement": statements}, indent=2)


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
