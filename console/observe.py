"""Starts every reader of one Fleet and owns the store that they fill; screens, verbs and runners look at the store.

`start` returns at once: what is heavy or may block (the official clients, exec plugins, credentials) happens in daemon
threads, and a source that is missing, denied or dead says so in the store while the others go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from console import log
from console.errors import FleetConsoleError, Lost
from console.model.fleet import Fleet
from console.model.freshness import HUB_SOURCES, SLOW_SOURCES, Source, SourceName, SourceState, Topic
from console.model.hub import Event
from console.model.run import RunState
from console.model.text import inert
from console.settings import Settings
from console.store.events import Changed, Heard, Identified, Locked, Observation, OfMember, Reviewed
from console.store.store import FleetStore

if TYPE_CHECKING:
    from console.cloud.clusters_poll import ClustersPoll
    from console.cloud.poll import AlbPoll
    from console.kube.connect import Hub
    from console.kube.follow import Follower
    from console.kube.member import MemberFollower
    from console.kube.reviews import Reviewer
    from console.probe.probes import Listener, Probes
    from console.prometheus.poll import PrometheusPoll

HUB_FIRST = 3.0
"""Seconds for which the cloud, whose client alone takes a second to import, waits for the hub's first words."""
ALB_FIRST = 10.0
"""Seconds for which what moves slowly waits for the ALB's."""
PATIENCE = 3.0
"""Seconds for which whoever waits for every source waits for those that are read slowly."""


LOCK = 5.0
"""Seconds between two looks at the Fleet's Lease."""


class Observer:
    """Observes the first Fleet of `settings`; `kubeconfig` and `context` win over those of settings.

    `reviews`: whether the hub is asked what we may not. `members`: whether the members' own APIs are read.
    `cloud_every`: seconds between two looks at the ALB, else as settings say. `clock` is monotonic, `wall` epoch.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        kubeconfig: str | None = None,
        context: str | None = None,
        probes: bool = True,
        reviews: bool = False,
        members: bool = True,
        cloud_every: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        fleet = settings.fleet
        self._settings = settings
        self._kubeconfig = kubeconfig or fleet.kubeconfig
        self._context = context or fleet.context
        self._probing = probes
        self._reviewing = reviews
        self._reading_members = members
        self._cloud_every = cloud_every
        self._clock = clock
        self.store = FleetStore(fleet, fleet.name or self._context or "fleet", clock=clock, wall=wall)
        """What was observed."""
        self.hub: Hub | None = None
        """The opened hub; None while none could be opened."""
        self._lock = threading.Lock()
        self._stopped = False
        self._locking = False
        self._hub_heard = threading.Event()
        """Every source of the hub has said something."""
        self._boosts: dict[str, float] = {}
        self._consented: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._watched: tuple[str, ...] = ()
        self._gateways = SourceState.LOADING
        self._states: dict[Topic, SourceState] = {}
        self._follower: Follower | None = None
        self._members: tuple[MemberFollower, ...] = ()
        self._alb: AlbPoll | None = None
        self._alb_heard = threading.Event()
        self._clusters: ClustersPoll | None = None
        self._shown: tuple[str, ...] = ()
        self._probes: Probes | None = None
        self._heard: Listener | None = None
        self._rates: PrometheusPoll | None = None
        self._reviewer: Reviewer | None = None

    def start(self) -> None:
        """Begin to observe; returns at once."""
        threading.Thread(target=self._begin, name="observer", daemon=True).start()

    def stop(self) -> None:
        """End; nothing is waited for. May be called twice."""
        with self._lock:
            self._stopped = True
            parts = (self._follower, self._alb, self._clusters, self._probes, self._rates, self._reviewer)
            for part in (*self._members, *parts):
                if part is not None:
                    part.stop()

    def settled(self, timeout: float) -> bool:
        """Wait until every source has said something; False where `timeout` seconds did not suffice. Those that are
        read slowly, and hardly at all while the cloud throttles, are waited for a little and no longer."""
        end = time.monotonic() + timeout
        settled = self.store.wait(_settled, timeout)
        self.look_at_lock()
        self.store.wait(_all_settled, min(PATIENCE, end - time.monotonic()))
        return settled

    def look_at_lock(self) -> None:
        """Read the Fleet's Lease where a run is under way by its record: one GET."""
        from console.kube import lease

        fleet, hub = self.store.fleet, self.hub
        if hub is None or not any(run.state == RunState.RUNNING for run in fleet.runs):
            return
        with suppress(FleetConsoleError):  # what the record says stands then
            self._post(Locked(lease.look(hub)))

    def watch_lock(self) -> None:
        """Look at the Fleet's Lease every few seconds from now on, while a run is under way by its record."""
        with self._lock:
            if self._locking:
                return
            self._locking = True

        def looking() -> None:
            while not self._stopped:
                self.look_at_lock()
                time.sleep(LOCK)

        threading.Thread(target=looking, name="lock", daemon=True).start()

    def boost(self, route: str, rate: float) -> None:
        """Probe one route at `rate` requests a second, within the budget; 0 takes it back."""
        with self._lock:
            self._boosts[route] = rate
            if self._probes is not None:
                self._probes.boost(route, rate)

    def consent(self, rate: float, routes: frozenset[str]) -> None:
        """Let these routes together be probed `rate` times a second, beyond the budget; none of them takes it back."""
        with self._lock:
            if self._probes is not None and (rate, routes) != self._consented:
                self._consented = (rate, routes)
                self._probes.consent(rate, routes)

    def listen(self, listener: Listener) -> None:
        """Have each request of the probes told, too."""
        self._heard = listener
        if self._probes is not None:
            self._probes.heard = listener

    def watch_rules(self, *gateways: str) -> None:
        """Look at the ALB rules of these gateways (AlbConfigs' names) every second, and of no others."""
        self._watched = gateways
        if self._alb is not None:
            self._alb.look()

    def rules_read(self, gateway: str) -> float | None:
        """When (monotonic) the ALB rules of a gateway were asked for that were answered last; None where they never
        were, or no ALB is read."""
        ids = [one.id for one in self.store.fleet.gateways if one.name == gateway and one.id is not None]
        return self._alb.rules_read(ids[0]) if self._alb is not None and ids else None

    def show(self, members: Sequence[str]) -> None:
        """Read these members' clusters before others: they are on the screen."""
        self._shown = tuple(members)

    def _begin(self) -> None:
        from console.cloud.clusters_poll import ClustersPoll
        from console.cloud.poll import AlbPoll
        from console.kube.follow import Follower
        from console.kube.kinds import KINDS, cluster_secrets
        from console.kube.reviews import Reviewer
        from console.probe.probes import Probes
        from console.probe.request import ask
        from console.prometheus.poll import PrometheusPoll

        fleet = self._settings.fleet
        with self._lock:
            if self._stopped:
                return
            secrets = (cluster_secrets(fleet.argocd.namespace),) if fleet.argocd.cluster_secrets else ()
            if not secrets:
                self._post(Heard(Source(SourceName.CLUSTER_SECRETS, SourceState.UNCONFIGURED, self._clock())))
            self._follower = Follower(
                self._kubeconfig,
                self._context,
                self._apply,
                self._clock,
                opened=self._opened,
                members=self._member_ids,
                kinds=(*KINDS, *secrets),
            )
            self._alb = AlbPoll(
                fleet.cloud,
                self._post,
                self._clock,
                self._balancers,
                watched=self._watched_balancers,
                every=self._cloud_every,
                turn=lambda: self._hub_heard.wait(HUB_FIRST),
            )
            self._clusters = ClustersPoll(
                fleet.cloud,
                self._post,
                self._clock,
                self._members_known,
                budget=self._alb.budget,
                shown=lambda: self._shown,
                zoned=[member for member, said in fleet.members.items() if said.zone],
                turn=self._behind_the_alb,
            )
            budget = self._settings.probe_budget
            self._probes = Probes(
                fleet.probes,
                budget,
                self._post,
                self._clock,
                self._member_names,
                ask=partial(ask, proxy=self._settings.probe.proxy),
                heard=self._heard,
            )
            self._rates = PrometheusPoll(fleet.prometheus, self._post, self._clock)
            for route, rate in self._boosts.items():
                self._probes.boost(route, rate)
            self._members = self._member_followers() if self._reading_members else ()
            for member in self._members:
                member.start()
            self._follower.start()
            self._alb.start()
            for slow in (self._clusters, self._rates):
                if self._reading_members:
                    slow.start()
                else:
                    slow.decline("not read by this command")
            if self._reviewing:
                self._reviewer = Reviewer(lambda: self.hub, self._of_objects, lambda: self.store.fleet.uid, self._post)
                self._reviewer.start()
            if self._probing:
                self._probes.start()
            else:
                self._probes.decline("not probed by this command")

    def _member_followers(self) -> tuple[MemberFollower, ...]:
        """One for each member whose own API settings name."""
        from console.kube.member import MemberFollower

        return tuple(
            MemberFollower(
                member,
                said.name or member,
                said.kubeconfig or self._kubeconfig,
                said.context,
                self.store.apply,
                self._clock,
                self._namespaces,
            )
            for member, said in self._settings.fleet.members.items()
            if said.readable
        )

    def _namespaces(self) -> Sequence[str] | None:
        """The namespaces that routes stand in; None while the hub is still being asked."""
        fleet = self.store.fleet
        if fleet.source(SourceName.ROUTES).state is SourceState.LOADING:
            return None
        return sorted({route.key.partition("/")[0] for route in fleet.routes})

    def _of_objects(self) -> Sequence[str] | None:
        """The namespaces of routes and of applications; None while the hub is still being asked."""
        fleet = self.store.fleet
        if any(fleet.source(name).state is SourceState.LOADING for name in HUB_SOURCES):
            return None
        keys = (*(route.key for route in fleet.routes), *(one.key for one in fleet.applications))
        return sorted({key.partition("/")[0] for key in keys})

    def _opened(self, hub: Hub) -> None:
        self.hub = hub
        if self._settings.fleet.name is None:
            self.store.rename(inert(hub.context, 80))

    def _post(self, *observations: Observation) -> None:
        """Facts of any source, to the store; what became of sources, to the log."""
        for one in observations:
            if isinstance(one, Heard) and self._states.get(one.source.name) is not one.source.state:
                self._states[one.source.name] = one.source.state
                log.note("source", one.source.name, one.source.state, one.source.message)
        self.store.apply(*observations)
        if self._states.get(SourceName.ALB, SourceState.LOADING) is not SourceState.LOADING:
            self._alb_heard.set()
        if not self._hub_heard.is_set() and not self._waiting():
            self._hub_heard.set()

    def _waiting(self) -> bool:
        loading = SourceState.LOADING
        return any(self._states.get(name, loading) is loading for name in HUB_SOURCES)

    def _apply(self, *observations: Observation) -> None:
        """Facts of the hub; some of them are news for the ALB's poll, too."""
        self._post(*observations)
        alb = self._alb
        if alb is None:
            return
        if any(self._moves_gateways(one) for one in observations):
            alb.look()
        if any(isinstance(one, Changed) and _throttled(one.fact) for one in observations):
            alb.budget.throttled()  # the controller draws from the same account's allowance

    def _moves_gateways(self, one: Observation) -> bool:
        """Whether the gateways, or whether they are known at all, may have changed."""
        if isinstance(one, Heard):
            moved = one.source.name is SourceName.GATEWAYS and one.source.state is not self._gateways
            self._gateways = one.source.state if moved else self._gateways
            return moved
        return not isinstance(one, Identified | OfMember | Reviewed | Locked) and one.source is SourceName.GATEWAYS

    def _behind_the_alb(self) -> None:
        self._hub_heard.wait(HUB_FIRST)
        self._alb_heard.wait(ALB_FIRST)

    def _members_known(self) -> Sequence[str] | None:
        """The members, none where the hub knows no such kind; None while it is being asked. Raises `Lost` where it told
        none and does not answer."""
        fleet = self.store.fleet
        states = [fleet.source(name).state for name in (SourceName.MEMBERS, SourceName.GATEWAYS)]
        if SourceState.LOADING in states:
            return None
        if not fleet.members and not any(map(_told, states)):
            raise Lost("the hub has not told who the members are: nothing was asked")
        return [member.id for member in fleet.members]

    def _member_ids(self) -> Sequence[str]:
        return [member.id for member in self.store.fleet.members]

    def _member_names(self) -> Sequence[tuple[str, str]]:
        return [(member.id, member.name) for member in self.store.fleet.members]

    def _balancers(self) -> Sequence[str] | None:
        """The gateways' load balancers, none where the hub knows no such kind; None while it is still being asked.
        Raises `Lost` where it told none and does not answer."""
        fleet = self.store.fleet
        state = fleet.source(SourceName.GATEWAYS).state
        if state is SourceState.LOADING:
            return None
        if not fleet.gateways and not _told(state):
            raise Lost("the hub has not told which gateways there are: nothing was asked")
        return [gateway.id for gateway in fleet.gateways if gateway.id is not None]

    def _watched_balancers(self) -> Sequence[str]:
        watched = self._watched
        return [one.id for one in self.store.fleet.gateways if one.name in watched and one.id is not None]


def _told(state: SourceState) -> bool:
    """Whether the hub has said what there is of a kind, or that it has no such kind."""
    return state.answered or state is SourceState.MISSING


def _settled(fleet: Fleet) -> bool:
    return all(fleet.source(name).state is not SourceState.LOADING for name in SourceName if name not in SLOW_SOURCES)


def _all_settled(fleet: Fleet) -> bool:
    return all(fleet.source(name).state is not SourceState.LOADING for name in SourceName)


def _throttled(fact: object) -> bool:
    """Whether the controller was just told that it calls too often."""
    return isinstance(fact, Event) and fact.type == "Warning" and "Throttling" in fact.message
