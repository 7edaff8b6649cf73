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
_WRONG_CLOCK = ("InvalidTimeStamp", "IllegalTimestamp", "SignatureNonceUsed")


class Trouble(Exception):
    """A call without a usable answer. `gone`: the thing asked for is not there."""

    def __init__(self, state: SourceState, sentence: str, permission: str | None = None, *, gone: bool = False) -> None:
        super().__init__(sentence)
        self.state = state
        self.permission = permission
        self.gone = gone


def trouble(error: Exception, action: str, product: str = "alb") -> Trouble:
    """Any exception of an SDK call of `action`, for example ListRules, of `product` as RAM calls it."""
    code = getattr(error, "code", None)
    code = inert(code, 80) if isinstance(code, str | int) and code not in ("", "None") else ""
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) else 0
    if not code and not status:
        return _no_answer(error, action)
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
        return Trouble(SourceState.DENIED, "no cloud credential could be loaded. Name one in the settings.")
    if "failed to parse" in words or "parse" in words:
        return Trouble(SourceState.STALE, f"{action} was answered with something that is no JSON")
    if "timed out" in words or "timeout" in words:
        return Trouble(SourceState.LOST, f"{action}: no answer in time. Check the way to the cloud's endpoint.")
    if "refused" in words:
        return Trouble(SourceState.LOST, f"{action}: connection refused. Check the endpoint in the settings.")
    if "resolve" in words or "name or service" in words or "getaddrinfo" in words:
        return Trouble(SourceState.LOST, f"{action}: the endpoint's name cannot be resolved. Check the network.")
    if "certificate" in words:
        return Trouble(SourceState.LOST, f"{action}: the endpoint's certificate is not trusted.")
    return Trouble(SourceState.LOST, f"{action}: the connection broke off ({inert(type(inner).__name__, 60)})")
