"""How a Kubernetes API says no: every failure as a Status object with the apiserver's own code, reason and words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

Obj = dict[str, Any]


class Cause(NamedTuple):
    """One entry of `details.causes`; `field` is a dotted path such as `spec.taints[0].key`."""

    reason: str
    message: str
    field: str


class Unanswered(Exception):
    """The request was carried out, and nobody is to hear of it."""


class ApiError(Exception):
    """A refusal that becomes a Status answer. Source: apimachinery, pkg/api/errors."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Obj | None = None,
        *,
        metadata: Obj | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.metadata = metadata or {}
        self.headers = headers or {}

    def status(self) -> Obj:
        """The Status object, keys in the order the apiserver writes them."""
        body: Obj = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


def qualified(plural: str, group: str) -> str:
    """`ingresses.networking.k8s.io`, or `configmaps` in the core group."""
    return f"{plural}.{group}" if group else plural


def _details(plural: str, group: str, name: str) -> Obj:
    details = {"name": name, "group": group, "kind": plural}
    return {key: value for key, value in details.items() if value}


def not_found(plural: str, group: str, name: str) -> ApiError:
    """404 for an object."""
    message = f'{qualified(plural, group)} "{name}" not found'
    return ApiError(404, "NotFound", message, _details(plural, group, name))


def no_such_path() -> ApiError:
    """404 for a path that nothing is served at."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(plural: str, group: str, name: str) -> ApiError:
    """409 on create."""
    message = f'{qualified(plural, group)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(plural, group, name))


def conflict(plural: str, group: str, name: str, why: str) -> ApiError:
    """409 where a precondition or an optimistic lock fails."""
    message = f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(plural, group, name))


MODIFIED_MEANWHILE = "the object has been modified; please apply your changes to the latest version and try again"


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> ApiError:
    """422 with one cause per field."""
    errors = [f"{cause.field}: {cause.message}" for cause in causes]
    listed = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    details = _details(kind, group, name)
    details["causes"] = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    return ApiError(422, "Invalid", f'{qualified(kind, group)} "{name}" is invalid: {listed}', details)


def patch_rejected() -> ApiError:
    """422 as the apiserver answers a JSON Patch that cannot be applied, a failing `test` included.

    Source: apiserver, endpoints/handlers/patch.go (NewGenericServerResponse without a message of its own).
    """
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """401 for a missing or unknown token."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(plural: str, group: str, name: str, why: str) -> ApiError:
    """403 in the apiserver's words; `why` is what follows "is forbidden: "."""
    named = f'{qualified(plural, group)} "{name}"' if name else qualified(plural, group)
    return ApiError(403, "Forbidden", f"{named} is forbidden: {why}", _details(plural, group, name))


def method_not_allowed() -> ApiError:
    """405 for a verb that the resource does not serve."""
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def not_acceptable(accepted: Sequence[str]) -> ApiError:
    """406: no media type of `Accept` is served."""
    message = f"only the following media types are accepted: {', '.join(accepted)}"
    return ApiError(406, "NotAcceptable", message)


def unsupported_media_type(accepted: Sequence[str]) -> ApiError:
    """415: the body's format is not understood."""
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return ApiError(415, "UnsupportedMediaType", message)


def expired(message: str, *, continue_token: str = "") -> ApiError:
    """410 for a resourceVersion or continue token that history no longer reaches."""
    metadata = {"continue": continue_token} if continue_token else {}
    return ApiError(410, "Expired", message, metadata=metadata)


def too_old(asked: int, floor: int) -> ApiError:
    """410 for a watch that resumes before what is remembered."""
    return expired(f"too old resource version: {asked} ({floor})")


def too_large_version(asked: int, current: int) -> ApiError:
    """504 for a list that must not be older than a version which does not exist yet."""
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    details = {"causes": causes, "retryAfterSeconds": 1}
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    return ApiError(504, "Timeout", message, details, headers={"Retry-After": "1"})


def entity_too_large(limit: int) -> ApiError:
    """413 for a body above the apiserver's limit."""
    return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def success(plural: str, group: str, name: str, uid: str) -> Obj:
    """The Status that answers a finished delete."""
    details = {**_details(plural, group, name), "uid": uid}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
