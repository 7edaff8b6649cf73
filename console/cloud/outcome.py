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


_FULL = ("quota", "limitexceed")
_TAKEN = ("nameexist", "namealreadyexist", "duplicate", "alreadyexist")
"""What the codes of quotas and of taken names have in common, in lower case."""


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
    if error.state is SourceState.DENIED and not _like(error.code, _FULL):
        fix = f"Have {error.permission} allowed for the RAM user or role." if error.permission else ""
        return Denied(f"{sentence} {error.said}".strip().removesuffix("."), permission=error.permission or "", fix=fix)
    if error.code or error.status:
        said = f"{action}: {error.code or error.status} {error.said}".strip().removesuffix(".")
        return Declined(said, error.code, gone=error.gone, fix=_fix(error.code))
    return Answered(sentence)


def _fix(code: str) -> str:
    if _like(code, _FULL):
        return "Have the quota raised in the Quota Center, or make room."
    return "Name another, or put the id of the one that has the name in its place." if _like(code, _TAKEN) else ""


def _like(code: str, words: tuple[str, ...]) -> bool:
    plain = code.lower().replace(".", "")
    return any(word in plain for word in words)
