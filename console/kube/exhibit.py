"""What is kept of the hub's objects and answers as evidence: without secrets, without last-applied copies, of bounded
size."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from console.errors import Answered
from console.kube.answer import Answer
from console.kube.decode import LAST_APPLIED

LARGEST = 128 * 1024
"""Characters of one document; what is longer is left out, and said to be."""
HEADERS = ("audit-id", "x-request-id", "date", "content-type", "warning", "retry-after")
"""Headers of an answer that are kept; never one that could carry a credential."""
LEFT_OUT = "(left out)"
_SECRET = re.compile(r"token|secret|passw|authorization|credential|private|cookie|api-?key", re.IGNORECASE)


def manifest(found: Mapping[str, Any]) -> str:
    """An object as YAML, in ASCII."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(_clean(found), Dumper=dumper, sort_keys=False)
    return text if len(text) <= LARGEST else f"# {len(text)} characters: too large to be kept\n"


def answer(method: str, path: str, query: Sequence[tuple[str, str]], said: Answer) -> str:
    """An answer to a write as JSON: what was asked for, status, headers, body."""
    headers = {name.lower(): value for name, value in said.headers.items() if name.lower() in HEADERS}
    document = {
        "request": {"method": method, "path": path, "query": dict(query)},
        "status": said.status,
        "headers": headers,
        "body": _body(said),
    }
    text = json.dumps(document, indent=1, ensure_ascii=True)
    if len(text) > LARGEST:
        text = json.dumps({**document, "body": f"{len(said.body)} bytes: too large to be kept"}, indent=1)
    return text + "\n"


def _body(said: Answer) -> object:
    try:
        found = said.json()
    except Answered:
        return f"{len(said.body)} bytes that are no JSON"
    return _clean(found) if isinstance(found, dict) else found


def _clean(found: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what has no business in evidence; of a Secret nothing but its name stays."""
    if found.get("kind") in ("Secret", "SecretList"):
        return {"kind": found.get("kind"), "metadata": LEFT_OUT}
    cleaned = dict(found)
    metadata = found.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        kept = {key: value for key, value in metadata["annotations"].items() if key != LAST_APPLIED}
        kept = {key: LEFT_OUT if _SECRET.search(str(key)) else value for key, value in kept.items()}
        cleaned["metadata"] = {**metadata, "annotations": kept}
    return cleaned
