"""First requests: through the gateway as clients send them, counted by the member that answered."""

from __future__ import annotations

import time
from collections.abc import Callable

from console.decide.setup.found import Found
from console.model.ground import Ground, Share
from console.model.share import NEWEST, Verdict
from console.model.share import Share as Counted
from console.model.topology import GatewayPart, RoutePart, Topology
from console.probe.attribute import attribution, member_of
from console.probe.request import Unanswered, ask
from console.run.setup.sides import UNPROVEN, Again
from console.settings import AttributionSettings

RATE = 20.0
"""Requests a second: the prober's whole budget, which nobody else uses yet."""
TIMEOUT = 3.0
ENOUGH = 200
"""Answers after which a share that agrees, or surely does not, is believed."""


class FirstRequests:
    """Sends them. `ground`: as it was read last; `shares`: where the counts go; `proxy`: what probes go through."""

    def __init__(
        self, topology: Topology, ground: Callable[[], Ground], shares: dict[str, Share], proxy: str | None
    ) -> None:
        self._topology = topology
        self._ground = ground
        self._shares = shares
        self._proxy = proxy

    def send(self) -> str:
        """Until every route's share agrees with its weights, as the journal tells it; behind `UNPROVEN` the routes
        whose answers do not tell who gave them. Raises `Again` where one does not agree yet: requests fail, or reach
        others than the weights say."""
        gateway, found = self._topology.gateway, Found(self._topology, self._ground())
        balancer = found.balancer
        if gateway is None or balancer is None or not balancer.dns:
            raise Again("the gateway has no address yet")
        told: list[str] = []
        wrong: list[str] = []
        open_: list[str] = []
        for route in self._topology.routes:
            good, sentence = self._route(found, gateway, route, balancer.dns)
            list_ = open_ if good is None else told if good else wrong
            list_.append(f"{route.name}: {sentence}")
        if wrong:
            raise Again("; ".join(wrong))
        if open_:
            way = "none tells which member gave it; say in the topology how it does (routes.answer)"
            told.append(f"{UNPROVEN}the share of {', '.join(open_)}: {way}")
        return "; ".join(told)

    def _route(self, found: Found, gateway: GatewayPart, route: RoutePart, address: str) -> tuple[bool | None, str]:
        url = _url(gateway, route, address)
        members = [(found.cluster_id(one), one.name) for one in self._topology.members]
        answer = route.answer
        said = AttributionSettings(header=answer.header, json=answer.json, pattern=answer.pattern)
        named = attribution(said) if answer.header or answer.json or answer.pattern else None
        counts: dict[str, int] = {}
        unattributed, failed, last = 0, 0, ""
        for _ in range(NEWEST):
            began = time.monotonic()
            try:
                reply = ask(url, route.host, TIMEOUT, proxy=self._proxy)
            except Unanswered as error:
                failed, last = failed + 1, str(error)
            else:
                word = named(reply.headers, reply.body) if named else None
                member = member_of(word, {}, members) if word is not None else None
                if member is None:
                    unattributed += 1
                else:
                    counts[member] = counts.get(member, 0) + 1
            self._shares[route.name] = Share(tuple(sorted(counts.items())), unattributed, failed, last)
            if failed >= 5 or self._judged(found, route, counts) or (unattributed >= 30 and not counts):
                break
            time.sleep(max(0.0, 1.0 / RATE - (time.monotonic() - began)))
        return self._said(found, route)

    def _judged(self, found: Found, route: RoutePart, counts: dict[str, int]) -> bool:
        """Whether enough is known: every weight agrees, or one disagrees for sure."""
        verdicts = _verdicts(found, route, counts)
        total = sum(counts.values())
        return total >= ENOUGH and (all(one is Verdict.AGREE for one in verdicts) or Verdict.DISAGREE in verdicts)

    def _said(self, found: Found, route: RoutePart) -> tuple[bool | None, str]:
        """Whether the share agrees, None where nobody can know, and what was answered."""
        share = self._shares[route.name]
        counts, names = dict(share.counts), {found.cluster_id(one): one.name for one in self._topology.members}
        total = sum(counts.values())
        if share.failed >= 5:
            return False, f"{share.failed} requests failed: {share.last_failure}"
        if not total:
            return None, f"{share.unattributed} answers"
        wanted = ":".join(f"{weight}" for weight in route.weights.values())
        seen = ", ".join(f"{names.get(one, one)} {100 * count / total:.0f} %" for one, count in sorted(counts.items()))
        agrees = all(one is Verdict.AGREE for one in _verdicts(found, route, counts))
        return agrees, f"{seen} of {total} answers {'agrees' if agrees else 'does not agree'} with {wanted}"


def _verdicts(found: Found, route: RoutePart, counts: dict[str, int]) -> list[Verdict]:
    total = max(1, sum(counts.values()))
    whole = sum(route.weights.values()) or 1
    verdicts = []
    for name, weight in route.weights.items():
        member = found.topology.member(name)
        hits = counts.get(found.cluster_id(member), 0) if member else 0
        verdicts.append(Counted(hits, total).verdict(100.0 * weight / whole))
    return verdicts


def _url(gateway: GatewayPart, route: RoutePart, address: str) -> str:
    listener = next(one for one in gateway.listeners if not route.listeners or one.port in route.listeners)
    scheme = "http" if listener.protocol == "HTTP" else "https"
    return f"{scheme}://{address}:{listener.port}{route.answer.path or route.paths[0]}"
