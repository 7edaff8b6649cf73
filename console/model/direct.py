"""What a member itself says of whether it serves: one request past the gateway, or one look at its own pods."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer, or the lack of it, at a monotonic second. `seconds`: how long an answer took, None where that is not
    measured. `why`: what was wrong, inert; empty where it served."""

    at: float
    seconds: float | None = None
    why: str = ""

    @property
    def served(self) -> bool:
        """Whether it answered as it should."""
        return not self.why
