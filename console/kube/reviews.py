"""Access reviews, many at once: over a long line they would add up. And what runs write, as what may be lacking."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from console.errors import FleetConsoleError
from console.kube.connect import Hub, permission
from console.kube.credential import Granted
from console.kube.lease import NAME
from console.model.hub import RUN_NAMESPACE
from console.model.permission import Lacking, Write
from console.store.events import Reviewed

_HANDS = 6
LOOK = 1.0
"""Seconds between two looks whether the credential is another one; that asks nobody."""
MOST = 50
"""Namespaces that are asked about one by one."""
_LOCK = "coordination.k8s.io"
_INGRESS = "networking.k8s.io"
WANTED: dict[Write, tuple[tuple[str, ...], str, str, str | None]] = {
    Write.WEIGHTS: (("get", "patch"), _INGRESS, "ingresses", None),
    Write.LOCK: (("get", "create", "update"), _LOCK, "leases", RUN_NAMESPACE),
    Write.RECORDS: (("get", "create", "patch"), "", "configmaps", RUN_NAMESPACE),
    Write.NAMESPACE: (("create",), "", "namespaces", None),
    Write.UPKEEP: (("get", "patch"), "argoproj.io", "applications", None),
}
"""What runs do on the hub: verbs, group, resource, namespace."""
NAMES = {Write.LOCK: NAME}
"""The one object that a write is of, where a role may be limited to it."""
_Asked = tuple[str, str, str, str | None, str | None]
"""Verb, group, resource, namespace, name."""
_ANYWHERE = (Write.WEIGHTS, Write.UPKEEP)
"""Writes of objects in the namespaces that those are in; a role may allow them in some alone."""


def reviews(hub: Hub, wanted: Sequence[tuple[str, str, str, str | None]]) -> dict[str, bool]:
    """`VERB GROUP/RESOURCE` -> whether we may, in the namespace that is said or in every one; what the server does not
    say is left out. The core group is the empty word: `create /namespaces`."""

    def ask(one: tuple[str, str, str, str | None]) -> bool | None:
        try:
            return hub.allowed(*one)
        except FleetConsoleError:
            return None

    with ThreadPoolExecutor(_HANDS, thread_name_prefix="review") as hands:
        said = zip(wanted, hands.map(ask, wanted), strict=True)
        return {f"{verb} {group}/{resource}": may for (verb, group, resource, _), may in said if may is not None}


def lacking(hub: Hub, namespaces: Sequence[str]) -> tuple[Lacking, ...]:
    """What of `WANTED` we may not. Where we may not everywhere, each of `namespaces` is asked about by itself. The
    namespace of runs is there or is made once, by whoever may: that is nothing that is lacking. Blocks."""
    asked = [
        (of, (verb, group, resource, namespace, NAMES.get(of)))
        for of, (verbs, group, resource, namespace) in WANTED.items()
        for verb in verbs
        if of is not Write.NAMESPACE
    ]
    refused = _refused(hub, asked)
    wide = [(of, one) for of, one in refused if of in _ANYWHERE]
    narrow = [
        (of, (verb, group, resource, namespace, name))
        for of, (verb, group, resource, _, name) in wide
        for namespace in namespaces[:MOST]
    ]
    found: list[tuple[Write, _Asked, str | None]] = [(of, one, None) for of, one in refused if of not in _ANYWHERE]
    found += [(of, one, one[3]) for of, one in _refused(hub, narrow)]
    return tuple(Lacking(of, permission(*one[:4]), where) for of, one, where in found)


def _refused(hub: Hub, asked: Sequence[tuple[Write, _Asked]]) -> list[tuple[Write, _Asked]]:
    """Those that the server says no to; what it does not say is not among them."""

    def ask(one: tuple[Write, _Asked]) -> bool:
        try:
            return hub.allowed(*one[1]) is False
        except FleetConsoleError:
            return False

    with ThreadPoolExecutor(_HANDS, thread_name_prefix="review") as hands:
        return [one for one, no in zip(asked, hands.map(ask, asked), strict=True) if no]


class Reviewer(threading.Thread):
    """Asks what we may not once the Fleet is known, and again where the credential or the Fleet is another one."""

    def __init__(
        self,
        hub: Callable[[], Hub | None],
        namespaces: Callable[[], Sequence[str] | None],
        uid: Callable[[], str | None],
        post: Callable[[Reviewed], None],
    ) -> None:
        """`namespaces`: those of routes and applications; None while they are not known."""
        super().__init__(name="reviewer", daemon=True)
        self._hub, self._namespaces, self._uid = hub, namespaces, uid
        self._post = post
        self._stopped = threading.Event()
        self._asked: tuple[Granted, str] | None = None

    def stop(self) -> None:
        """End soon."""
        self._stopped.set()

    def run(self) -> None:
        """Look for ever."""
        while not self._stopped.wait(LOOK):
            self.look()

    def look(self) -> None:
        """Ask where nobody was asked with this credential."""
        hub, namespaces, uid = self._hub(), self._namespaces(), self._uid()
        if hub is None or namespaces is None or uid is None:
            return
        try:
            granted = hub.granted()
        except FleetConsoleError:
            return
        if self._asked is None or self._asked[0] is not granted or self._asked[1] != uid:
            self._asked = (granted, uid)
            self._post(Reviewed(lacking(hub, namespaces)))
