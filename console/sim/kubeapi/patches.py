"""The three patches that a client computes: JSON Patch, JSON merge patch, and strategic merge by merge keys."""

from __future__ import annotations

from typing import Any

from console.sim.kubeapi.status import Obj, bad_request, patch_rejected

_ORDER, _DELETE_LIST, _RETAIN = "$setElementOrder/", "$deleteFromPrimitiveList/", "$retainKeys"


def json_patch(obj: Obj, operations: object) -> Obj:
    """RFC 6902. Raises `ApiError` 400 for what is no patch, 422 for one that cannot be applied."""
    import jsonpatch
    import jsonpointer

    if not isinstance(operations, list) or not all(isinstance(step, dict) for step in operations):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    try:
        patched = jsonpatch.JsonPatch(operations).apply(obj)
    except jsonpatch.InvalidJsonPatch as error:
        raise bad_request(f"error decoding patch: {error}") from None
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, ValueError, LookupError):
        raise patch_rejected() from None
    if not isinstance(patched, dict):
        raise bad_request("the patched document is not an object")
    return patched


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: maps merge, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def strategic_merge(target: Obj, patch: Obj, schema: Obj) -> Obj:
    """Strategic merge patch with its directives ($patch, $retainKeys, $setElementOrder, $deleteFromPrimitiveList).

    Source: apimachinery, pkg/util/strategicpatch.
    """
    directive = patch.get("$patch")
    if directive == "delete":
        return {}
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    retained = patch.get(_RETAIN)
    result = {key: value for key, value in target.items() if retained is None or key in retained}
    for key, value in patch.items():
        if key.startswith("$"):
            _directive(result, key, value)
            continue
        inner = _field(schema, key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            known = result.get(key)
            result[key] = strategic_merge(known if isinstance(known, dict) else {}, value, inner)
        elif isinstance(value, list):
            order = patch.get(_ORDER + key)
            result[key] = _merge_list(result.get(key) or [], value, inner, order)
        else:
            result[key] = value
    _apply_orders(result, patch, schema)
    return result


def _directive(result: Obj, key: str, value: Any) -> None:
    if key.startswith(_DELETE_LIST):
        name = key.removeprefix(_DELETE_LIST)
        result[name] = [item for item in result.get(name) or [] if item not in value]


def _apply_orders(result: Obj, patch: Obj, schema: Obj) -> None:
    """Order lists that the patch orders but does not otherwise touch."""
    for key, order in patch.items():
        name = key.removeprefix(_ORDER)
        if key.startswith(_ORDER) and name not in patch and isinstance(result.get(name), list):
            result[name] = _ordered(result[name], order, _field(schema, name).get("x-kubernetes-patch-merge-key"))


def _merge_list(target: list[Any], patch: list[Any], schema: Obj, order: list[Any] | None) -> list[Any]:
    if schema.get("x-kubernetes-patch-strategy") != "merge":
        return patch
    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if not (isinstance(item, dict) and "$patch" in item)]
    key = schema.get("x-kubernetes-patch-merge-key")
    if key is None:
        return _ordered(target + [item for item in patch if item not in target], order, None)
    result = list(target)
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {key}")
        at = next((i for i, own in enumerate(result) if isinstance(own, dict) and own.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            if at is not None:
                del result[at]
        elif at is None:
            result.append(strategic_merge({}, item, schema["items"]))
        else:
            result[at] = strategic_merge(result[at], item, schema["items"])
    return _ordered(result, order, key)


def _ordered(items: list[Any], order: list[Any] | None, key: str | None) -> list[Any]:
    """Items that the order names in its order, the others after them where they were."""
    if not order:
        return items
    wanted = [entry.get(key) if key and isinstance(entry, dict) else entry for entry in order]

    def rank(item: Any) -> int:
        name = item.get(key) if key and isinstance(item, dict) else item
        return wanted.index(name) if name in wanted else len(wanted)

    return sorted(items, key=rank)


def _field(schema: Obj, name: str) -> Obj:
    found = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
    return found if isinstance(found, dict) else {}
