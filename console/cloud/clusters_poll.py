"""Polls what the cloud knows of clusters, slowly and behind the ALB: the Fleet and its associations (ADCP), the state
of each member's cluster (CS), and the zones of ACK members' vSwitches (VPC). One thread, one call at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from console.cloud.budget import CallBudget
from console.cloud.clusters import Clusters
from console.cloud.clusters_decode import ClustersDecoder
from console.cloud.slow import SlowSource
from console.cloud.trouble import Trouble
from console.errors import Lost
from console.model.cluster import Association, Cluster, HubCluster, VSwitch
from console.model.freshness import SourceName, SourceState
from console.model.hub import Problem
from console.model.text import inert
from console.settings import CloudSettings
from console.store.events import Changed, Gone, Listed, Unread

EVERY = 30.0
"""Seconds between two looks at the Fleet, and at each member's cluster where they are few."""
_BATCH = 20
"""Clusters asked for in one round; where there are more, the rounds follow one another faster, never under 10 s."""
_FASTEST = 10.0
_ZONES_KEPT = 600.0
"""Seconds for which the zone of a vSwitch, which never moves, is not asked for again."""
_HUBS = 10
"""Fleets of one account that are searched for our members."""

Stateful = TypeVar("Stateful", Cluster, Association, HubCluster)


class ClustersPoll:
    """Sources `adcp`, `cs` and `vpc`. `post` is the store's `apply`; `members` names the members, None while they are
    not known yet, and `shown` those on the screen, which come first. `zoned`: members whose zone settings name.

    `connect` makes the client of a product and may block and fail; `turn` blocks until there is time for all this.
    """

    def __init__(
        self,
        settings: CloudSettings,
        post: Callable[..., None],
        clock: Callable[[], float],
        members: Callable[[], Sequence[str] | None],
        *,
        budget: CallBudget,
        shown: Callable[[], Sequence[str]] = lambda: (),
        zoned: Iterable[str] = (),
        every: float = EVERY,
        connect: Callable[[str], Any] | None = None,
        turn: Callable[[], object] = lambda: None,
    ) -> None:
        self._settings = settings
        self._post = post
        self._clock = clock
        self._members = members
        self._shown = shown
        self._zoned = frozenset(zoned)
        self._every = every
        self._turn = turn
        self._clusters = Clusters(connect or self._client, budget)
        self._hub: HubCluster | None = None
        self._known: dict[str, Cluster] = {}
        self._asked: dict[str, float] = {}
        self._vswitches: dict[str, VSwitch] = {}
        self._vpcs: dict[str, float] = {}
        """VPC id -> when its vSwitches were read."""
        self.sources = tuple(
            SlowSource(name, look, post, clock, budget, every)
            for name, look in (
                (SourceName.FLEET, self._look_at_fleet),
                (SourceName.CLUSTERS, self._look_at_clusters),
                (SourceName.VSWITCHES, self._look_at_vswitches),
            )
        )
        self._wake = threading.Event()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        if self._settings.credentials is None:
            self.decline("no cloud credentials. Name some under fleets.cloud.credentials")
            return
        if not self._settings.clusters:
            self.decline("settings say fleets.cloud.clusters: false")
            return
        for source in self.sources:
            source.begin()
        threading.Thread(target=self._run, name="clusters", daemon=True).start()

    def decline(self, why: str) -> None:
        """Say that nothing of this is read, and why."""
        for source in self.sources:
            source.decline(why)

    def stop(self) -> None:
        """End after the call that is under way."""
        self._stopped.set()
        self._wake.set()

    def _client(self, product: str) -> object:
        from console.cloud.credentials import client

        return client(self._settings, product)

    def _run(self) -> None:
        self._turn()
        while not self._stopped.is_set():
            if not self._may_ask():
                self._wake.wait(1.0)
                continue
            for source in self.sources:
                if not self._stopped.is_set() and source.due <= self._clock():
                    source.ask()
            self._wake.wait(max(0.2, min(1.0, min(source.due for source in self.sources) - self._clock())))

    def _may_ask(self) -> bool:
        """Whether the hub told who the members are; where it cannot, the sources say that."""
        try:
            return self._members() is not None
        except Lost as error:
            for source in self.sources:
                source.miss(str(error))
            return False

    def _look_at_fleet(self) -> tuple[SourceState, str]:
        """The Fleet and its associations; each is told even where the other is not."""
        decoder = ClustersDecoder()
        named = self._settings.fleet or (self._hub.id if self._hub is not None else None)
        if named is None:
            return self._search(decoder)
        failed: Trouble | None = None
        hub = HubCluster(named)
        try:
            hub = self._clusters.hub(named, decoder)
        except Trouble as error:
            failed = self._forgotten(error)
        try:
            hub = replace(hub, associations=self._clusters.associations(named, decoder))
        except Trouble as error:
            failed = failed or self._forgotten(error)
        if self._settings.fleet is None and hub.associations is not None and not self._ours(hub.associations):
            return self._search(decoder)  # the hub turned out to be another Fleet's
        if failed is None or hub.associations is not None or hub.state:
            told = self._tell_fleet(hub, decoder)
        if failed is not None:
            raise failed
        return told

    def _forgotten(self, error: Trouble) -> Trouble:
        """A Fleet that is no more is searched for anew."""
        if error.gone:
            self._hub = None
        return error

    def _search(self, decoder: ClustersDecoder) -> tuple[SourceState, str]:
        """The Fleet anew; nothing of a former one stays where there is none."""
        found, self._hub = self._find_fleet(decoder), None
        if found is not None:
            return self._tell_fleet(found, decoder)
        self._post(Gone(SourceName.FLEET, "fleet", self._clock()))
        return SourceState.EMPTY, "no Fleet of this account and region has one of our members"

    def _ours(self, associations: Iterable[Association]) -> bool:
        """Whether one of our members is among them; True while none is known."""
        ours = frozenset(self._members() or ())
        return not ours or any(one.cluster in ours for one in associations)

    def _find_fleet(self, decoder: ClustersDecoder) -> HubCluster | None:
        """The Fleet that lists one of our members: a cluster belongs to one at most."""
        if not self._members():
            return None
        for hub in self._clusters.hubs(decoder)[:_HUBS]:
            associations = self._clusters.associations(hub.id, decoder)
            if self._ours(associations):
                return replace(hub, associations=associations)
        return None

    def _tell_fleet(self, hub: HubCluster, decoder: ClustersDecoder) -> tuple[SourceState, str]:
        now, former = self._clock(), self._hub
        if hub.associations is not None:
            before = {one.cluster: one for one in (former.associations or ())} if former is not None else {}
            told = tuple(_dated(one, before.get(one.cluster), now) for one in hub.associations)
            hub = replace(hub, associations=told)
        hub = self._hub = _dated(hub, former, now)
        problem = _problem(f"Fleet {hub.name or hub.id}", decoder)
        self._post(Changed(SourceName.FLEET, "fleet", hub, now, problem))
        count = "" if hub.associations is None else f", {len(hub.associations)} clusters associated"
        version = f", Kubernetes {hub.version}" if hub.version else ""
        return SourceState.LIVE, f"Fleet {hub.name or hub.id}: {hub.state or 'state not told'}{version}{count}"

    def _look_at_clusters(self) -> tuple[SourceState, str]:
        wanted = tuple(self._members() or ())
        for gone in [id for id in self._asked if id not in wanted]:
            self._asked.pop(gone)
            self._known.pop(gone, None)
            self._post(Gone(SourceName.CLUSTERS, gone, self._clock()))
        self._pace(len(wanted))
        if not wanted:
            return SourceState.EMPTY, "no member is known"
        shown = frozenset(self._shown())
        long_ago = float("-inf")
        order = sorted(wanted, key=lambda id: (id not in shown or self._fresh(id), self._asked.get(id, long_ago)))
        answered, worst = 0, None
        for id in order[:_BATCH]:
            if self._stopped.is_set():
                return SourceState.LOADING, ""
            failed = self._ask(id)
            answered += failed is None or failed.gone
            if failed is not None and not failed.gone:
                worst = failed
                if failed.state in (SourceState.THROTTLED, SourceState.LOST) or not answered:
                    break
        if worst is not None:
            raise worst
        left = sum(id not in self._asked for id in wanted)
        return SourceState.LIVE, f"{left} of {len(wanted)} not asked for yet" if left else ""

    def _pace(self, members: int) -> None:
        self.sources[1].every = max(min(_FASTEST, self._every), self._every * _BATCH / max(members, _BATCH))

    def _fresh(self, id: str) -> bool:
        """Whether it was asked for so lately that it does not go before others."""
        return self._clock() - self._asked.get(id, float("-inf")) < self._every

    def _ask(self, id: str) -> Trouble | None:
        decoder = ClustersDecoder()
        try:
            read = self._clusters.detail(id, decoder)
        except Trouble as error:
            self._asked[id] = self._clock()
            if error.gone:
                self._known.pop(id, None)
                problem = Problem(f"cluster {inert(id, 80)}", f"{error}: CS does not know it, or not in this region")
                self._post(Unread(SourceName.CLUSTERS, id, problem, self._clock()))
            return error
        self._asked[id] = now = self._clock()
        self._known[id] = fact = _dated(read, self._known.get(id), now)
        self._post(Changed(SourceName.CLUSTERS, id, fact, now, _problem(f"cluster {inert(id, 80)}", decoder)))
        return None

    def _look_at_vswitches(self) -> tuple[SourceState, str]:
        """The vSwitches of ACK members whose zone settings do not name; zones do not move, so this asks seldom."""
        acks = [one for one in self._known.values() if one.kind == "ack" and one.id not in self._zoned]
        wanted = {vswitch for one in acks for vswitch in one.vswitches}
        now, decoder = self._clock(), ClustersDecoder()
        for vpc in dict.fromkeys(one.vpc for one in acks if one.vpc and one.vswitches):
            ids = {vswitch for one in acks if one.vpc == vpc for vswitch in one.vswitches}
            read = self._vpcs.get(vpc)
            age = float("inf") if read is None else now - read
            if age >= _ZONES_KEPT or (age >= self._every - 0.5 and not ids <= self._vswitches.keys()):
                found = self._clusters.vswitches(vpc, self._settings.region, decoder)
                self._vswitches.update({one.id: one for one in found if one.id})
                self._vpcs[vpc] = now
        facts: Mapping[str, object] = {id: self._vswitches[id] for id in sorted(wanted & self._vswitches.keys())}
        problem = _problem("vSwitches", decoder)
        self._post(Listed(SourceName.VSWITCHES, facts, now, {"vSwitches": problem} if problem else {}))
        missing = len(wanted) - len(facts)
        if not wanted:
            unread = any(id not in self._asked for id in self._members() or ())
            why = "no ACK member needs the zone of its vSwitches"
            return (SourceState.LOADING, "") if unread and not self._lame else (SourceState.EMPTY, why)
        return SourceState.LIVE, f"{missing} vSwitches are not in their VPC's list" if missing else ""

    @property
    def _lame(self) -> bool:
        """Whether clusters cannot be read now: then nobody waits for what would follow from them."""
        return self.sources[1].source.state not in (SourceState.LOADING, SourceState.LIVE, SourceState.EMPTY)


def _dated(fresh: Stateful, former: Stateful | None, now: float) -> Stateful:
    """With the moment since when its state was seen as it is."""
    same = former is not None and former.state == fresh.state
    return replace(fresh, since=former.since if former is not None and same else now)


def _problem(object: str, decoder: ClustersDecoder) -> Problem | None:
    if not decoder.odd:
        return None
    more = f"; and {len(decoder.odd) - 3} more" if len(decoder.odd) > 3 else ""
    return Problem(object, "; ".join(decoder.odd[:3]) + more)
