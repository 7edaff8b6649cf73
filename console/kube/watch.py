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
from console.kube.connect import Hub, Stream
from console.kube.decode import Decoded
from console.kube.feed import Feed, Word
from console.kube.kinds import Kind
from console.kube.listing import Lister
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


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


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
        self._lister = Lister(hub, kind)
        self._known: dict[str, float] = {}
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._stream: Stream | None = None
        self._version = ""
        self._failures = 0
        self._unwatchable_until = 0.0
        self._detour: tuple[str, str | None, str] = ("", None, "watch")
        """How the facts are read where list and watch are not both allowed, the permission that is missing, and the
        word for it."""

    @property
    def word(self) -> Word:
        """This source answered, and is current."""
        message, permission, mode = self._detour
        state = SourceState.LIVE if self._known else SourceState.EMPTY
        return Word(self.kind.source, state, message, permission, answered=True, mode=mode)

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
        if self.kind.every is not None:
            self._detour = ("", None, f"list {self.kind.every:g}s")
        version = self._list(generation)
        listed_at = time.monotonic()
        if self.kind.every is not None:
            self._rest(self.kind.every)
            return
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
                self._detour = (why, self.kind.permission("watch"), f"list {_POLL:.0f}s")
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
        self._version, found = self._lister.read(lambda: self._check(generation))
        self._publish(found, generation)
        return self._version

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
            *self._lister.selector,
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
            self._detour = ("", None, "watch")
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
        one = self._lister.decode(change.object)
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
        pause = self._lister.pause()
        if isinstance(error, Denied):
            if not self._otherwise(generation):
                self._say(SourceState.DENIED, str(error), error.permission or None)
                self._rest(REFUSED_AGAIN)
            return
        status = error.status if isinstance(error, Answered) else 0
        if status == 404:
            self._known = {}
            self._feed.post(generation, Listed(self.kind.source, {}, self._feed.now))
            why = f"{self._hub.called} does not know {self.kind.full_name}"
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
        self._rest(max(pause, self._backoff()))

    def _otherwise(self, generation: int) -> bool:
        """Read each member's object by its name, for those who may not list them; False where that is refused, too."""
        if self.kind.each is None:
            return False
        found: dict[str, Decoded] = {}
        answered = False
        for member in self._members():
            try:
                answer = self._hub.call("GET", self.kind.each(member))
            except FleetConsoleError:
                return False
            answered = answered or answer.ok or answer.status == 404
            if answer.ok:
                one = self._lister.decode(answer.body)
                if one.key is not None:
                    found[one.key] = one
        if not answered:
            return False
        self._detoured(found, "may not be listed, so each is read by its name", generation)
        return True

    def _detoured(self, found: dict[str, Decoded], why: str, generation: int) -> None:
        """Publish what was read on another way than a list of all, and wait."""
        self._detour = (f"{why} every {_EACH:.0f} s", self.kind.permission("list"), f"get {_EACH:.0f}s")
        with suppress(_Replaced):
            self._publish(found, generation)
        self._rest(_EACH)

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
