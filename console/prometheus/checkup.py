"""Asks the Prometheus query once for `doctor`."""

from __future__ import annotations

import time

from console.model.checkup import CloudCall, Failure
from console.model.freshness import SourceName
from console.prometheus.ask import Unanswered, ask
from console.settings import PrometheusSettings


def look(said: PrometheusSettings) -> CloudCall:
    """Blocks for one answer; a failure is a fact, never raised. Nothing secret is in it."""
    began = time.monotonic()
    try:
        found = ask(said)
    except Unanswered as error:
        return CloudCall(SourceName.RATES, "query", Failure(str(error), "See fleets.prometheus in the settings."))
    if not found.rates.samples:
        why = f"the query gives no series with a rate{'; ' + found.odd[0] if found.odd else ''}"
        return CloudCall(SourceName.RATES, "query", Failure(why, "Try it in Prometheus itself."))
    return CloudCall(SourceName.RATES, "query", seconds=time.monotonic() - began)
