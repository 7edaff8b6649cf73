"""Finds a hub, however long that takes, and sets every reader of it going."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence

from console.errors import Denied, FleetConsoleError
from console.kube.connect import Hub
from console.kube.feed import Feed
from console.kube.heartbeat import Heartbeat
from console.kube.kinds import KINDS, Kind
from console.kube.watch import Reader
from console.model.freshness import HUB_SOURCES, SourceState
from console.model.text import inert

_LONGEST = 10.0
"""Seconds between two looks for a kubeconfig that cannot be used yet."""


class Follower:
    """Reads one hub until `stop`. `post` is the store's `apply`, `clock` monotonic.

    `opened` is called once, with the hub; `members` names the members that are known so far, `kinds` what is read. All
    callbacks come from threads of the follower.
    """

    def __init__(
        self,
        kubeconfig: str | None,
        context: str | None,
        post: Callable[..., None],
        clock: Callable[[], float],
        *,
        opened: Callable[[Hub], None],
        members: Callable[[], Sequence[str]],
        kinds: Sequence[Kind] = KINDS,
    ) -> None:
        self._kinds = kinds
        self._kubeconfig = kubeconfig
        self._context = context
        self._feed = self._fed(post, clock)
        self._opened = opened
        self._members = members
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._hub: Hub | None = None
        self._parts: list[Reader | Heartbeat] = []

    def start(self) -> None:
        """Begin, in threads of its own."""
        self._feed.open()
        threading.Thread(target=self._find, name="hub", daemon=True).start()

    def stop(self) -> None:
        """End; open watches are closed at once."""
        with self._lock:
            self._stopped.set()
            for part in self._parts:
                part.stop()
            if self._hub is not None:
                self._hub.close()

    def _fed(self, post: Callable[..., None], clock: Callable[[], float]) -> Feed:
        more = (kind.source for kind in self._kinds if kind.source not in HUB_SOURCES)
        return Feed(post, clock, (*HUB_SOURCES, *more))

    def _readers(self, hub: Hub) -> list[Reader]:
        return [Reader(hub, kind, self._feed, self._members) for kind in self._kinds]

    def _find(self) -> None:
        pause = 1.0
        while not self._stopped.is_set():
            try:
                hub = Hub.open(self._kubeconfig, self._context, self._feed.called)
            except FleetConsoleError as error:
                state = SourceState.DENIED if isinstance(error, Denied) else SourceState.LOST
                self._feed.all_lost(str(error), state=state)
            except Exception as error:  # a kubeconfig may be broken in ways nobody thought of; it may also be repaired
                self._feed.all_lost(f"the kubeconfig cannot be used: {inert(type(error).__name__)}")
            else:
                self._follow(hub)
                return
            self._stopped.wait(pause * random.uniform(0.75, 1.0))
            pause = min(_LONGEST, pause * 2)

    def _follow(self, hub: Hub) -> None:
        readers = self._readers(hub)
        with self._lock:
            if self._stopped.is_set():
                hub.close()
                return
            self._hub = hub
            self._parts = [Heartbeat(hub, self._feed, readers), *readers]
        self._opened(hub)
        for part in self._parts:
            part.start()
