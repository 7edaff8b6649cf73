"""Follows one kind of object: list in pages, watch from there, resume after a break, list anew after 410.

One thread a kind. A link that breaks once is taken up again silently; what goes on failing becomes the source's state.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from console.errors import Answered, Denied, FleetConsoleError
from console.kube.connect import Answer, Hub, Stream
from console.kube.decode import Decoded, decode
from console.kube.feed import Feed, Word
from console.kube.kinds import Kind
from console.kube.trouble import failure
from console.model.freshness import SourceState
from console.model.text import inert
from console.store.events import Changed, Gone, Listed, Observation, Unread

REFUSED_AGAIN = 30.0
"""Seconds after which a denied or missing kind is asked for again."""
_WATCH_FOR = 300
"""Seconds after which the server is asked to end a watch."""
_SILENCE = 90.0
"""Seconds without even a bookmark after which a watch is opened anew; API servers send one a minute."""
_POLL = 10.0
"""Seconds between two lists where a kind may be listed but not watched."""
_EACH = 15.0
"""Seconds between two rounds where objects may be read one by one only."""
_LONG = 10.0
"""Seconds after which a watch counts as having worked."""


class _ListMeta(msgspec.Struct):
    resourceVersion: str = ""  # noqa: N815 - the wire's name
    next: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct):
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    items: list[msgspec.Raw] | None = None


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


_PAGE = msgspec.json.Decoder(_Page)
_LINE = msgspec.json.Decoder(_Line)


class _Expired(Exception):
    """The place to go on from is too old: list anew."""


class _Replaced(Exception):
    """Stopped, or another Fleet is being read."""


class Reader(threading.Thread):
    """Follows one kind until `stop`. `members` names the members whose objects can be read one by one."""

    def __init__(self, hub: Hub, kind: Kind, feed: Feed, members: Callable[[], Sequence[str]] = tuple) -> None:
        super().__init__(name=f"read {kind.resource}", daemon=True)
        self.kind = kind
        self.streaming = False
        """Whether a watch is open: then the hub's heartbeat speaks for this source, too."""
        self._hub = hub
        self._feed = feed
        self._members = members
        self._selector = kind.selector
        self._known: dict[str, float] = {}
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._stream: Stream | None = None
        self._version = ""
        self._failures = 0
        self._pause: float | None = None
        self._unwatchable_until = 0.0
        self._detour: tuple[str, str | None] = ("", None)
        """How the facts are read where list and watch are not both allowed, and the permission that is missing."""

    @property
    def word(self) -> Word:
        """This source answered, and is current."""
        message, permission = self._detour
        state = SourceState.LIVE if self._known else SourceState.EMPTY
        return Word(self.kind.source, state, message, permission, answered=True)

    def stop(self) -> None:
        """End soon; an open watch is closed at once."""
        self._stopped.set()
        self.poke()
        self.interrupt()

    def poke(self) -> None:
        """Ask again now rather than after the pause."""
        self._wake.set()

    def interrupt(self) -> None:
        """Close an open watch, so that it is taken up again on a fresh connection."""
        stream = self._stream
        if stream is not None:
            stream.close()

    def run(self) -> None:
        """List and watch for ever."""
        while not self._stopped.is_set():
            generation = self._feed.generation
            try:
                self._round(generation)
            except (_Expired, _Replaced):
                continue
            except FleetConsoleError as error:
                self._refused(error, generation)
            except Exception as error:  # a reader that dies would look like a quiet Fleet
                self._say(SourceState.STALE, f"could not be read: {inert(type(error).__name__)}: {inert(error, 160)}")
                self._rest(self._backoff())

    def _round(self, generation: int) -> None:
        version = self._list(generation)
        listed_at = time.monotonic()
        if listed_at < self._unwatchable_until:
            self._rest(_POLL)
            return
        while True:
            try:
                self._watch(generation, version)
                version = self._version
            except _Expired:
                if time.monotonic() - listed_at < _LONG:
                    self._rest(self._backoff())
                raise
            except Denied:
                self._unwatchable_until = time.monotonic() + REFUSED_AGAIN
                why = f"may be listed but not watched, so it is listed every {_POLL:.0f} s"
                self._detour = (why, self.kind.permission("watch"))
                return
            except Answered as error:
                if error.status in (404, 410):
                    raise _Expired from None
                raise
            except FleetConsoleError as error:
                version = self._version
                self._failures += 1
                if self._failures > 1:
                    self._say(SourceState.LOST, str(error))
                self._rest(self._backoff())
            self._check(generation)

    # -- list

    def _list(self, generation: int) -> str:
        for limit in (self.kind.page, self.kind.page, 0):
            facts: dict[str, Decoded] = {}
            token: str | None = None
            while True:
                page = self._page(limit, token)
                self._check(generation)
                if page is None:
                    break
                self._collect(page, facts)
                token = page.metadata.next
                if not token:
                    self._publish(facts, generation)
                    self._version = page.metadata.resourceVersion
                    return self._version
        raise Answered(f"the list of {self.kind.full_name} expires faster than it can be read", status=410)

    def _page(self, limit: int, token: str | None) -> _Page | None:
        """One page; None where the list that it continues has expired."""
        query = [*self.kind.query, *self._selector]
        if limit:
            query.append(("limit", str(limit)))
        if token:
            query.append(("continue", token))
        answer = self._hub.call("GET", self.kind.path, query=query, timeout=(5, 20))
        if answer.status == 410:
            return None
        if answer.status == 400 and self._selector:
            self._selector = ()
            return self._page(limit, token)
        if not answer.ok:
            self._pause = _retry_after(answer)
            raise failure(answer, f"list {self.kind.full_name}", self.kind.permission("list"))
        try:
            return _PAGE.decode(answer.body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Answered(
                f"the hub answered with no list of {self.kind.full_name}",
                status=answer.status,
                fix="Check that the kubeconfig's server is a Kubernetes API.",
            ) from None

    def _collect(self, page: _Page, facts: dict[str, Decoded]) -> None:
        for raw in page.items or ():
            one = self._decode(raw)
            if one.key is not None:
                facts[f"?{len(facts)}" if one.key == "?" else one.key] = one

    def _publish(self, found: dict[str, Decoded], generation: int) -> None:
        if self.kind.keep is not None and len(found) > self.kind.keep:
            newest = sorted(found.items(), key=lambda pair: _age(pair[1]), reverse=True)
            found = dict(newest[: self.kind.keep])
        facts = {key: one.fact for key, one in found.items() if one.fact is not None}
        problems = {key: one.problem for key, one in found.items() if one.problem is not None}
        self._known = {key: _age(one) for key, one in found.items()}
        if not self._feed.post(generation, Listed(self.kind.source, facts, self._feed.now, problems)):
            raise _Replaced
        self._failures = 0
        self._feed.say(self.word)

    # -- watch

    def _watch(self, generation: int, version: str) -> None:
        """Follow changes until the server ends the watch; `_version` is where to go on."""
        self._version = version
        query = [
            *self.kind.query,
            *self._selector,
            ("watch", "true"),
            ("resourceVersion", version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(_WATCH_FOR + random.randrange(60))),
        ]
        doing, permission = f"watch {self.kind.full_name}", self.kind.permission("watch")
        stream = self._hub.stream(self.kind.path, query, (5, _SILENCE), doing=doing, permission=permission)
        self._stream = stream
        opened = time.monotonic()
        try:
            self._check(generation)
            self.streaming = True
            self._detour = ("", None)
            self._feed.say(self.word)
            for lines in stream.batches():
                self._take(lines, generation)
        finally:
            self.streaming = False
            self._stream = None
            stream.close()
            if time.monotonic() - opened > _LONG:
                self._failures = 0
        if time.monotonic() - opened < 1.0:
            self._rest(self._backoff(self._failures or 1))

    def _take(self, lines: Sequence[bytes], generation: int) -> None:
        """Changes that arrived together, posted together."""
        news: list[Observation] = []
        before = self.word.state
        try:
            for line in lines:
                self._change(line, news)
        finally:
            if news and not self._feed.post(generation, *news):
                raise _Replaced
            if self.word.state is not before:
                self._feed.say(self.word)

    def _change(self, line: bytes, news: list[Observation]) -> None:
        try:
            change = _LINE.decode(line)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise _Expired from None
        if change.type == "ERROR":
            raise _Expired
        one = decode(change.object, self.kind.name, self.kind.shape, self.kind.key)
        if one.version:
            self._version = one.version
        if change.type == "BOOKMARK" or one.key is None:
            return
        now, source = self._feed.now, self.kind.source
        if change.type == "DELETED":
            self._known.pop(one.key, None)
            news.append(Gone(source, one.key, now))
            return
        self._known[one.key] = _age(one)
        if one.fact is None and one.problem is not None:
            news.append(Unread(source, one.key, one.problem, now))
        else:
            news.append(Changed(source, one.key, one.fact, now, one.problem))
        if self.kind.keep is not None and len(self._known) > self.kind.keep:
            oldest = min(self._known, key=lambda key: self._known[key])
            del self._known[oldest]
            news.append(Gone(source, oldest, now))

    # -- failures

    def _refused(self, error: FleetConsoleError, generation: int) -> None:
        """Say why nothing is read, and wait before asking again."""
        pause, self._pause = self._pause, None
        if isinstance(error, Denied):
            if self.kind.each is None or not self._one_by_one(generation):
                self._say(SourceState.DENIED, str(error), error.permission or None)
                self._rest(REFUSED_AGAIN)
            return
        status = error.status if isinstance(error, Answered) else 0
        if status == 404:
            self._known = {}
            self._feed.post(generation, Listed(self.kind.source, {}, self._feed.now))
            why = f"the hub does not know {self.kind.full_name}"
            self._say(SourceState.MISSING, f"{why}: its CRD is not installed" if "." in self.kind.group else why)
            self._rest(REFUSED_AGAIN)
            return
        self._failures += 1
        if status == 429:
            self._say(SourceState.THROTTLED, str(error))
        elif status:
            self._say(SourceState.STALE if self._known else SourceState.LOST, str(error))
        else:
            self._say(SourceState.LOST, str(error))
        self._rest(max(pause or 0.0, self._backoff()))

    def _one_by_one(self, generation: int) -> bool:
        """Read each member's object by its name, for those who may not list them; False where that is refused, too."""
        assert self.kind.each is not None
        found: dict[str, Decoded] = {}
        answered = False
        for member in self._members():
            try:
                answer = self._hub.call("GET", self.kind.each(member))
            except FleetConsoleError:
                return False
            answered = answered or answer.ok or answer.status == 404
            if answer.ok:
                one = self._decode(answer.body)
                if one.key is not None:
                    found[one.key] = one
        if not answered:
            return False
        why = f"may not be listed, so each is read by its name every {_EACH:.0f} s"
        self._detour = (why, self.kind.permission("list"))
        with suppress(_Replaced):
            self._publish(found, generation)
        self._rest(_EACH)
        return True

    def _decode(self, raw: bytes | msgspec.Raw) -> Decoded:
        return decode(raw, self.kind.name, self.kind.shape, self.kind.key)

    def _say(self, state: SourceState, message: str, permission: str | None = None) -> None:
        self._feed.say(Word(self.kind.source, state, message, permission))

    def _check(self, generation: int) -> None:
        if self._stopped.is_set() or generation != self._feed.generation:
            raise _Replaced

    def _backoff(self, failures: int | None = None) -> float:
        """0.25 s, doubled with each failure up to 30 s, and then anything between half and all of it."""
        longest = min(30.0, 0.25 * 2.0 ** min(self._failures if failures is None else failures, 8))
        return random.uniform(longest / 2, longest)

    def _rest(self, seconds: float) -> None:
        """Wait, unless poked."""
        if not self._stopped.is_set():
            self._wake.wait(seconds)
            self._wake.clear()


def _age(one: Decoded) -> float:
    """By what the oldest is told: an Event's own time."""
    at = getattr(one.fact, "at", None)
    return float(at) if isinstance(at, int | float) else 0.0


def _retry_after(answer: Answer) -> float | None:
    """Seconds that the server asks us to wait, at most a minute."""
    text = answer.headers.get("Retry-After") or ""
    return min(60.0, float(text)) if text.isascii() and text.isdigit() else None
