"""Asks every probe of the settings once for `doctor`: routes through the gateway, members past it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from console.model.checkup import ProbeCall
from console.model.text import inert
from console.probe.attribute import attribution
from console.probe.direct import Direct
from console.probe.request import Unanswered, ask
from console.settings import DirectSettings, Duration, ProbeSettings, Settings

_HANDS = 8
"""Requests at once."""


def look(settings: Settings) -> tuple[ProbeCall, ...]:
    """Blocks until each was answered or had its time; a failure is a fact, never raised."""
    calls: list[Callable[[], ProbeCall]] = [partial(_route, one, settings.probe.proxy) for one in settings.fleet.probes]
    for member, said in settings.fleet.members.items():
        if said.direct is not None:
            calls.append(partial(_member, said.name or member, said.direct))
    with ThreadPoolExecutor(_HANDS, "probe checkup") as hands:
        return tuple(hands.map(lambda call: call(), calls))


def _route(said: ProbeSettings, proxy: str | None) -> ProbeCall:
    of, began = inert(said.route, 320), time.monotonic()
    try:
        reply = ask(said.url, said.host, float(Duration.parse(said.timeout)), proxy)
        if attribution(said.member)(reply.headers, reply.body) is None:
            return ProbeCall(of, failure=f"answered {reply.status}, and the answer names no member")
    except Unanswered as error:
        return ProbeCall(of, failure=str(error))
    except Exception as error:  # whatever it was, the other probes are asked
        return ProbeCall(of, failure=f"the request could not be made ({inert(type(error).__name__, 60)})")
    return ProbeCall(of, seconds=time.monotonic() - began)


def _member(name: str, said: DirectSettings) -> ProbeCall:
    seen = Direct({name: said}).look(name)
    return ProbeCall(inert(name, 80), direct=True, failure=seen.why, seconds=seen.seconds)
