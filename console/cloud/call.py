"""One call of an OpenAPI: drawn from the budget, noted in the log, its body or a `Trouble`; throttling is told to the
budget."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from console import log
from console.cloud.budget import CallBudget
from console.cloud.fields import held
from console.cloud.trouble import shapeless, trouble
from console.model.freshness import SourceState


class Caller:
    """Calls one product, named as RAM names it: `alb`, `cs`, `adcp`, `vpc`."""

    def __init__(self, product: str, budget: CallBudget) -> None:
        self._product = product
        self._budget = budget
        self.skew: float | None = None
        """The cloud's clock minus ours, seconds, from the newest Date header; None before the first."""

    def ask(self, action: str, call: Callable[[], Any], *, urgent: bool = False) -> Any:
        """The body of what `call` answers, a model's or a dict's. Raises `Trouble`."""
        self._budget.take(urgent=urgent)
        began = time.monotonic()
        try:
            response = call()
            body = held(response, "body")
            self._note_clock(held(response, "headers"))
        except Exception as error:
            found = trouble(error, action, self._product)
            log.note("cloud", action, getattr(error, "code", None) or type(error).__name__, log.lasted(began))
            if found.state is SourceState.THROTTLED:
                self._budget.throttled()
            raise found from None
        log.note("cloud", action, held(response, "status_code") or held(response, "statusCode") or "answered",
                 log.lasted(began))  # fmt: skip
        if body is None:
            raise shapeless(action)
        return body

    def _note_clock(self, headers: Any) -> None:
        """A Date header is cut to the second: half a second late on average."""
        with suppress(AttributeError, StopIteration, TypeError, ValueError, OverflowError):
            date = next(value for name, value in headers.items() if name.lower() == "date")
            self.skew = parsedate_to_datetime(date).timestamp() + 0.5 - time.time()
