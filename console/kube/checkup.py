"""Looks at the way to a hub for `doctor`: kubeconfig, credential, the hub's first answers, and what we may do there.

Asks only: reads of one object or one page, and access reviews. What is found is kept as it comes, so that a look that
is given up half-way still tells of its first half.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from console.errors import FleetConsoleError, KubeconfigError
from console.kube import kubeconfig as files
from console.kube.connect import Hub, failure, permission
from console.kube.credential import Granted
from console.kube.kinds import KINDS, Kind
from console.kube.kubeconfig import Entry
from console.kube.listing import Lister
from console.kube.reviews import NAMES, WANTED
from console.kube.tls import certificate_ends
from console.model.checkup import Failure, Grant, HubFacts, KubeconfigFacts, Permission
from console.model.freshness import SourceName, Topic
from console.model.hub import RUN_NAMESPACE
from console.model.permission import Write
from console.model.text import inert

_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class _Review:
    """One question: which permission of which grant."""

    of: Topic | Write
    verb: str
    group: str
    resource: str
    namespace: str | None
    name: str | None = None

    @property
    def words(self) -> str:
        return permission(self.verb, self.group, self.resource, self.namespace)


def _reviews(kinds: Sequence[Kind]) -> tuple[_Review, ...]:
    """Every question about what is read, then about what runs write."""
    reads = [_Review(one.source, verb, one.group, one.resource, one.namespace) for one in kinds for verb in one.verbs]
    writes = [
        _Review(of, verb, group, resource, namespace, NAMES.get(of))
        for of, (verbs, group, resource, namespace) in WANTED.items()
        for verb in verbs
    ]
    return (*reads, *writes)


class HubCheckup:
    """One look. `run` blocks; the attributes hold what is known so far and may be read at any time."""

    def __init__(self, kubeconfig: str | None, context: str | None, kinds: Sequence[Kind] = KINDS) -> None:
        self._kinds = kinds
        self._reviews = _reviews(kinds)
        self._named = (kubeconfig, context)
        self.kubeconfig: KubeconfigFacts | None = None
        self.hub: HubFacts | None = None
        self.members: frozenset[str] | None = None
        """Ids of the ManagedClusters; None while, or where, they cannot be listed."""
        self._allowed: dict[_Review, bool | None] = {}
        self._served: dict[Topic | Write, bool | None] = {}

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Every source that is read and every write of a run, with what is known of each so far."""
        allowed, served = dict(self._allowed), dict(self._served)
        served[Write.UPKEEP] = served.get(SourceName.APPLICATIONS)
        every: list[Topic | Write] = [*(kind.source for kind in self._kinds), *WANTED]
        return tuple(
            Grant(
                of,
                tuple(Permission(one.words, one.verb, allowed.get(one)) for one in self._reviews if one.of is of),
                served.get(of),
            )
            for of in every
        )

    def run(self) -> None:
        """Look at everything; a failure is a fact, never raised."""
        hub = self._open()
        if hub is None:
            return
        try:
            if self._greet(hub):
                self._ask_all(hub)
        finally:
            hub.close()

    def _open(self) -> Hub | None:
        began = time.monotonic()
        facts = KubeconfigFacts()
        try:
            entry = files.load(*self._named)
            paths = files.files(self._named[0])
            facts = KubeconfigFacts(
                files=", ".join(inert(path, 200) for path in paths),
                context=inert(entry.context, 80),
                server=inert(entry.server, 120),
                way=_way(entry),
                authority_ends=certificate_ends(entry.ca) if entry.ca else None,
                exposed=any(path.stat().st_mode & _OTHERS for path in paths),
            )
            hub = Hub(entry)
            granted = hub.granted()
        except (FleetConsoleError, OSError) as error:
            self.kubeconfig = replace(facts, failure=_failure(error))
            self.hub = HubFacts(failure=Failure("cannot be asked: there is no usable kubeconfig", "See kubeconfig."))
            return None
        self.kubeconfig = _with_ends(replace(facts, took=time.monotonic() - began), granted)
        return hub

    def _greet(self, hub: Hub) -> bool:
        """Who it is; False where nothing else need be asked."""
        uid: str | None = None
        failed: Failure | None = None
        try:
            uid = hub.fleet_uid()
        except KubeconfigError as error:
            self.hub = HubFacts(failure=_failure(error))
            return False
        except FleetConsoleError as error:
            failed = _failure(error)
        version, latency, user = None, None, None
        with suppress(FleetConsoleError):
            began = time.monotonic()
            version = _version(hub)
            latency = time.monotonic() - began
            user = hub.whoami()
        self.hub = HubFacts(uid, version, user, latency, hub.skew, failed)
        return hub.skew is not None or uid is not None

    def _ask_all(self, hub: Hub) -> None:
        """Every question at once: over a long line they would add up to half a minute."""

        def review(one: _Review) -> None:
            self._allowed[one] = hub.allowed(one.verb, one.group, one.resource, one.namespace, one.name)

        questions: list[Callable[[], None]] = [lambda one=one: review(one) for one in self._reviews]  # type: ignore[misc]
        questions += [lambda kind=kind: self._look(hub, kind) for kind in self._kinds]  # type: ignore[misc]
        questions.append(lambda: self._find_namespace(hub))
        _at_once(questions)

    def _look(self, hub: Hub, kind: Kind) -> None:
        """Whether the hub serves the kind; the members whole, since settings name them."""
        if kind.source is SourceName.MEMBERS:
            with suppress(FleetConsoleError):
                listed = Lister(hub, kind).read(lambda: None)[1]
                self.members = frozenset(inert(name, 80) for name in listed)
        answer = hub.call("GET", kind.path, query=(*kind.query, ("limit", "1")), accept=kind.accept)
        self._served[kind.source] = False if answer.status == 404 else True if answer.ok else None

    def _find_namespace(self, hub: Hub) -> None:
        answer = hub.call("GET", f"/api/v1/namespaces/{RUN_NAMESPACE}")
        self._served[Write.NAMESPACE] = False if answer.status == 404 else True if answer.ok else None


def _at_once(questions: Sequence[Callable[[], None]], hands: int = 8) -> None:
    """Ask everything, `hands` at a time; a question that fails leaves its fact unknown. Threads hold no process."""
    waiting = list(reversed(questions))

    def work() -> None:
        while True:
            try:
                question = waiting.pop()
            except IndexError:
                return
            with suppress(FleetConsoleError):
                question()

    threads = [threading.Thread(target=work, name="checkup", daemon=True) for _ in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _version(hub: Hub) -> str | None:
    answer = hub.call("GET", "/version", timeout=(4, 6))
    if not answer.ok:
        raise failure(answer, "tell its version")
    document: Any = answer.json()
    version = document.get("gitVersion") if isinstance(document, dict) else None
    return inert(version, 40) if isinstance(version, str) else None


def _way(entry: Entry) -> str:
    """How the kubeconfig says who we are, in the order in which a credential is looked for."""
    user = entry.user
    if isinstance(user.get("auth-provider"), dict):
        return "auth-provider"
    if user.get("tokenFile"):
        return "token file"
    if user.get("token"):
        return "token"
    plugin = user.get("exec")
    if isinstance(plugin, dict):
        return f"exec plugin {inert(str(plugin.get('command')).rpartition('/')[2], 80)} answered"
    if user.get("username"):
        return "password"
    return "client certificate" if entry.certificate is not None else "no credential"


def _with_ends(facts: KubeconfigFacts, granted: Granted) -> KubeconfigFacts:
    ends = certificate_ends(granted.certificate) if granted.certificate else None
    return replace(facts, certificate_ends=ends, credential_ends=granted.expires)


def _failure(error: Exception) -> Failure:
    if isinstance(error, FleetConsoleError):
        return Failure(str(error.args[0]), error.fix)
    return Failure(inert(error, 200), "Check the file's owner and mode.")
