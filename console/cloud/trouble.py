"""What the OpenAPI or the way to it said instead of an answer: one inert sentence, and the state that it puts us in."""

from __future__ import annotations

from typing import Any

from console.model.freshness import SourceState
from console.model.text import inert

_WRONG_KEY = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidSecurityToken",
    "InvalidCredential",
)
_NOT_THERE = ("ErrorClusterNotFound", "Cluster.NotFound")
_UNSENT = (
    (("refused",), "connection refused. Check the endpoint in the settings."),
    (("resolve", "name or service", "getaddrinfo"), "the endpoint's name cannot be resolved. Check the network."),
    (("certificate",), "the endpoint's certificate is not trusted."),
)
"""Words of an error before which nothing was sent."""
_WRONG_CLOCK = ("InvalidTimeStamp", "IllegalTimestamp", "SignatureNonceUsed")


class Trouble(Exception):
    """A call without a usable answer. `gone`: the thing asked for is not there; `unsent`: the call did not reach the
    service; `code`, `status` and `said` are the service's own, empty and 0 where it did not answer; `retry_after`:
    seconds that it asks us to wait, where it says."""

    def __init__(
        self,
        state: SourceState,
        sentence: str,
        permission: str | None = None,
        *,
        gone: bool = False,
        unsent: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.state = state
        self.permission = permission
        self.gone = gone
        self.unsent = unsent
        self.code = ""
        self.status = 0
        self.said = ""
        self.retry_after: float | None = None


def trouble(error: Exception, action: str, product: str = "alb") -> Trouble:
    """Any exception of an SDK call of `action`, for example ListRules, of `product` as RAM calls it."""
    code = getattr(error, "code", None)
    code = inert(code, 80) if isinstance(code, str | int) and code not in ("", "None") else ""
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) else 0
    if not code and not status:
        return _no_answer(error, action)
    found = _answered(error, action, product, code, status)
    found.code, found.status, found.said, found.retry_after = code, status, _message(error), _retry_after(error)
    return found


def _answered(error: Exception, action: str, product: str, code: str, status: int) -> Trouble:
    if code.startswith("Throttling") or status == 429 or type(error).__name__ == "ThrottlingException":
        return Trouble(SourceState.THROTTLED, f"{action}: {code or 'too many calls'}; asked less often for a while")
    if code.startswith(_WRONG_CLOCK):
        return Trouble(SourceState.DENIED, f"{action}: {code}. Check this machine's clock.")
    if code.startswith(_WRONG_KEY) or status == 401:
        return Trouble(
            SourceState.DENIED,
            f"the cloud does not accept the credential ({code or status}). Log in again, or name another.",
        )
    if status == 403 or code.startswith(("Forbidden", "NoPermission", "StatusForbidden")):
        return Trouble(SourceState.DENIED, f"not allowed: {product}:{action} ({code or status})", f"{product}:{action}")
    if status == 404 or code.startswith("ResourceNotFound") or code in _NOT_THERE:
        return Trouble(SourceState.LIVE, f"{action}: {code or 'not found'}", gone=True)
    return Trouble(SourceState.STALE, f"{action}: {code or status} {_message(error)}".strip())


def _retry_after(error: Exception) -> float | None:
    """Seconds; the service says milliseconds."""
    said = getattr(error, "retry_after", None)
    return said / 1000.0 if isinstance(said, int | float) and not isinstance(said, bool) and said >= 0 else None


def shapeless(action: str) -> Trouble:
    """An answer whose body is not what the operation gives."""
    return Trouble(SourceState.STALE, f"{action} was answered with something of another shape")


def _message(error: Any) -> str:
    """The service's words without the status before and the request id behind them."""
    words = getattr(error, "message", None)
    if not isinstance(words, str):
        return ""
    return inert(words.split(" request id:")[0].removeprefix("code: "), 200)


def _no_answer(error: Exception, action: str) -> Trouble:
    """No code: the request did not arrive, or its answer could not be read."""
    inner = getattr(error, "inner_exception", None) or error
    words = str(inner).lower()
    if "unable to load credentials" in words:
        sentence = "no cloud credential could be loaded. Name one in the settings."
        return Trouble(SourceState.DENIED, sentence, unsent=True)
    if "failed to parse" in words or "parse" in words:
        return Trouble(SourceState.STALE, f"{action} was answered with something that is no JSON")
    if "timed out" in words or "timeout" in words:
        return Trouble(SourceState.LOST, f"{action}: no answer in time. Check the way to the cloud's endpoint.")
    for told, sentence in _UNSENT:
        if any(word in words for word in told):
            return Trouble(SourceState.LOST, f"{action}: {sentence}", unsent=True)
    return Trouble(SourceState.LOST, f"{action}: the connection broke off ({inert(type(inner).__name__, 60)})")
