"""The answer of an instant query -> samples and what is wrong with it. Total: whatever an answer holds, the
worst that comes of it is a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from console.model.rate import Rates, Sample
from console.model.text import inert
from console.settings import PrometheusSettings

MOST = 20_000
"""Series that are taken; a query that gives more is meant otherwise."""
_NAME = 200


class Decoded(NamedTuple):
    """`failed`: why there are no samples at all; `odd`: what of the answer could not be used."""

    rates: Rates
    failed: str = ""
    odd: tuple[str, ...] = ()


def decode(body: bytes, labels: PrometheusSettings) -> Decoded:
    """An answer of /api/v1/query."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Decoded(Rates(), "answered with no JSON: is this a Prometheus?")
    if not isinstance(document, dict) or document.get("status") not in ("success", "error"):
        return Decoded(Rates(), "answered with JSON of another shape: is this a Prometheus?")
    if document["status"] == "error":
        return Decoded(Rates(), refusal(document))
    data = document.get("data")
    kind, result = (data.get("resultType"), data.get("result")) if isinstance(data, dict) else (None, None)
    if kind != "vector":
        shown = inert(kind, 20) if isinstance(kind, str) else "nothing"
        return Decoded(Rates(), f"the query gives a {shown}, and a vector with labels is needed")
    if not isinstance(result, list):
        return Decoded(Rates(), "answered with a vector of another shape")
    odd: list[str] = []
    samples = tuple(_samples(result[:MOST], labels, odd))
    if len(result) > MOST:
        odd.append(f"it gives {len(result)} series; {MOST} are taken")
    warned = document.get("warnings")
    odd += [f"warning: {inert(one, _NAME)}" for one in (warned if isinstance(warned, list) else []) if one][:3]
    return Decoded(Rates(samples), odd=tuple(odd))


def refusal(document: Any) -> str:
    """Prometheus' own words on a query that it does not take."""
    words = document.get("error") if isinstance(document, dict) else None
    kind = document.get("errorType") if isinstance(document, dict) else None
    said = inert(words, _NAME) if isinstance(words, str) else "it does not say why"
    return f"the query fails: {said}" + (f" ({inert(kind, 40)})" if isinstance(kind, str) and kind else "")


def _samples(result: list[Any], labels: PrometheusSettings, odd: list[str]) -> Iterator[Sample]:
    for one in result:
        metric = one.get("metric") if isinstance(one, dict) else None
        pair = one.get("value") if isinstance(one, dict) else None
        if not isinstance(metric, dict) or not isinstance(pair, list) or len(pair) != 2:
            odd.append("a series without labels or value")
            continue
        member, route = _label(metric, labels.member_label), _route(metric, labels)
        called = " ".join(filter(None, (member, route))) or "a series"
        if member is None and route is None:
            odd.append(f"a series has neither label {labels.member_label} nor {labels.route_label}")
            continue
        value = _value(pair[1])
        if value is None:
            odd.append(f"{called}: {inert(pair[1], 20)} is no rate")
            continue
        yield Sample(member, route, value)


def _label(metric: dict[Any, Any], name: str) -> str | None:
    found = metric.get(name)
    return inert(found, _NAME) if isinstance(found, str) and found else None


def _route(metric: dict[Any, Any], labels: PrometheusSettings) -> str | None:
    name, namespace = _label(metric, labels.route_label), _label(metric, labels.namespace_label)
    if name is None or "/" in name:
        return name
    return f"{namespace}/{name}" if namespace is not None else None


def _value(said: object) -> float | None:
    """To three figures; None for NaN, infinity, anything below 0 and what is no number."""
    if not isinstance(said, str) or len(said) > 40:
        return None
    try:
        value = float(said)
    except ValueError:
        return None
    return float(f"{value:.3g}") if math.isfinite(value) and value >= 0 else None
