"""One source that is polled slowly: how it fares, when it is due, and that it keeps within the one call budget."""

from __future__ import annotations

import random
from collections.abc import Callable

from console.cloud.budget import CallBudget
from console.cloud.trouble import Trouble
from console.errors import Denied, FleetConsoleError, SettingsError
from console.model.freshness import Source, SourceName, SourceState
from console.model.text import inert
from console.store.events import Heard, Observation

LOGIN = 30.0
"""Seconds after which a client that could not be made is tried again."""
_LONGEST = 300.0
"""Seconds between two tries at most, while they fail."""


class SlowSource:
    """A source, asked by `look` every `every` seconds: that posts facts, and returns what to say while all is well."""

    def __init__(
        self,
        name: SourceName,
        look: Callable[[], tuple[SourceState, str]],
        post: Callable[..., None],
        clock: Callable[[], float],
        budget: CallBudget,
        every: float,
    ) -> None:
        self._look = look
        self._post = post
        self._clock = clock
        self._budget = budget
        self.every = every
        self._failures = 0
        self._asked = clock()
        self._pause = 0.0
        """Seconds from then to the next question, longer by what throttling leaves of the call budget."""
        self.source = Source(name, SourceState.LOADING, clock())

    @property
    def due(self) -> float:
        """Monotonic second from which on it may be asked; sooner again once the cloud throttles no more."""
        return self._asked + min(_LONGEST, self._pause / self._budget.share)

    def begin(self) -> None:
        """Say that it is being read."""
        self._post(Heard(self.source))

    def decline(self, why: str) -> None:
        """Say that it is not read, and why."""
        self._say(SourceState.UNCONFIGURED, why)

    def miss(self, why: str) -> None:
        """Say that the hub does not tell what to ask for."""
        self._say(SourceState.LOST, why, echo=True)

    def ask(self) -> None:
        """One round, whatever comes of it."""
        try:
            state, words = self._look()
        except Trouble as error:
            self._failed(error)
        except SettingsError as error:
            self._out(SourceState.UNCONFIGURED, str(error))
        except Denied as error:
            self._out(SourceState.DENIED, str(error))
        except FleetConsoleError as error:
            self._out(SourceState.LOST, str(error))
        except Exception as error:  # a poll that dies would look like a quiet cloud
            self._failed(Trouble(SourceState.STALE, f"it could not be read: {inert(type(error).__name__)}"))
        else:
            self._failures = 0
            self._rest(self.every)
            if state is not SourceState.LOADING:
                self._say(state, words, answered=True)

    def _failed(self, problem: Trouble) -> None:
        self._failures += 1
        self._rest(random.uniform(0.7, 1.0) * self.every * 2.0 ** min(self._failures - 1, 5))
        unseen = self.source.seen is None
        state = SourceState.LOST if problem.state in (SourceState.STALE, SourceState.LIVE) and unseen else problem.state
        state = SourceState.STALE if state is SourceState.LIVE else state
        self._say(state, str(problem), problem.permission)

    def _out(self, state: SourceState, words: str) -> None:
        """No client could be made."""
        self._rest(LOGIN)
        self._say(state, words)

    def _rest(self, pause: float) -> None:
        self._asked, self._pause = self._clock(), pause

    def _say(
        self, state: SourceState, words: str, permission: str | None = None, *,
        answered: bool = False, echo: bool = False,
    ) -> None:  # fmt: skip
        now, mode = self._clock(), f"poll {self.every / self._budget.share:.0f}s"
        fresh = self.source.told(state, now, words, permission, answered=answered, mode=mode, echo=echo)
        if fresh != self.source:
            self.source = fresh
            said: list[Observation] = [Heard(fresh)]
            self._post(*said)
