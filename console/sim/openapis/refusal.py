"""How an OpenAPI says no."""

from __future__ import annotations


class OpenApiError(Exception):
    """An API error: `code`, HTTP `status`, message."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def throttling() -> OpenApiError:
    """The answer to one call too many."""
    return OpenApiError("Throttling.User", "Request was denied due to user flow control.", 400)
