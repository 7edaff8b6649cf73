"""YAML texts of several Kubernetes objects: each of them, or by name alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.errors import UsageError


def documents(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a YAML text of several documents, lists opened. Raises `UsageError` without a word of the text."""
    import yaml

    try:
        found = list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, RecursionError):
        raise UsageError("the manifest is no YAML", fix="Fetch it again.") from None
    for number, one in enumerate(found, 1):
        if one is None:
            continue
        items = one.get("items") if isinstance(one, dict) and str(one.get("kind", "")).endswith("List") else [one]
        for item in items if isinstance(items, list) else [items]:
            if not isinstance(item, dict) or not item.get("kind") or not item.get("apiVersion"):
                raise UsageError(f"document {number} of the manifest is no Kubernetes object", fix="Fetch it again.")
            yield item


def named_alone(text: str) -> str:
    """The objects of a YAML text by name alone, the last one first, as `kubectl delete -f` takes them: nothing secret
    stays. Raises as `documents` does."""
    import yaml

    return str(yaml.safe_dump_all([_bare(one) for one in reversed(tuple(documents(text)))], sort_keys=False))


def names_in(text: str) -> tuple[str, ...]:
    """`KIND NAME` of each object of a YAML text. Raises as `documents` does."""
    return tuple(f"{one['kind']} {_bare(one)['metadata'].get('name', '?')}" for one in documents(text))


def _bare(manifest: Mapping[str, Any]) -> dict[str, Any]:
    metadata = manifest.get("metadata")
    held = metadata if isinstance(metadata, Mapping) else {}
    kept = {name: held[name] for name in ("name", "namespace") if name in held}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": kept}
