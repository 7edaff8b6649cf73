"""One thing that wants attention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from console.model.fleet import Tone


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that wants attention. `about`: a route key, a member id, a run or a source's name.

    `said`: the sentence, or what makes it; hundreds may want attention, and the worst alone is shown.
    """

    tone: Tone
    subject: str
    said: str | Callable[[], str]
    about: str = ""

    @property
    def sentence(self) -> str:
        """What is so, what follows, and what not to do."""
        return self.said if isinstance(self.said, str) else self.said()
