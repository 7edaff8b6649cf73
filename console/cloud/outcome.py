"""What became of a write that did not say yes: nothing was done and why, or nobody knows."""

from __future__ import annotations

from console.cloud.trouble import Trouble
from console.errors import Answered, Denied, FleetConsoleError, Lost, Refused, Throttled, Unsent
from console.model.freshness import SourceState


class Declined(Refused):
    """The service answered, and did nothing. `code`: its own word, for example QuotaExceeded.Vpc; `gone`: what the call
    is about is not there."""

    def __init__(self, sentence: str, code: str, *, gone: bool = False, fix: str = "") -> None:
        super().__init__(sentence, fix=fix)
        self.code = code
        self.gone = gone


def may_have_happened(error: FleetConsoleError) -> bool:
    """Whether a call may have taken effect though it failed for us: no answer, the service's own trouble, or a yes that
    cannot be read. Then the world is looked at before the call is made again."""
    if isinstance(error, Answered):
        return not 400 <= error.status < 500
    return isinstance(error, Lost) and not isinstance(error, Unsent)


def failure(error: Trouble, action: str) -> FleetConsoleError:
    """A call's trouble as the failure that it is for a write of `action`: `Denied` with the permission, `Throttled`,
    `Declined` or `Unsent`, where nothing was done; `Lost` or `Answered`, where that is not known."""
    sentence = str(error)
    if error.unsent:
        return Denied(sentence) if error.state is SourceState.DENIED else Unsent(sentence)
    if error.status >= 500:
        return Answered(
            f"{action}: {error.code or error.status} {error.said}".strip(), status=error.status, reason=error.code
        )
    if error.state is SourceState.LOST:
        return Lost(sentence)
    if error.state is SourceState.THROTTLED:
        return Throttled(f"{action}: {error.code or 'too many calls'}", retry_after=error.retry_after)
    if error.state is SourceState.DENIED and "quota" not in error.code.lower():
        fix = f"Have {error.permission} allowed for the RAM user or role." if error.permission else ""
        return Denied(f"{sentence} {error.said}".strip(), permission=error.permission or "", fix=fix)
    if error.code or error.status:
        return Declined(f"{action}: {error.code or error.status} {error.said}".strip(), error.code, gone=error.gone)
    return Answered(sentence)
