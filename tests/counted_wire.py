"""What this process sends, counted where it leaves: every request to a hub or to the cloud's OpenAPIs, and every runner
that would be started. A dry run and a review are questions in the form of a write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from urllib3.connectionpool import HTTPConnectionPool

from console.run import launch, runs
from console.run.journal import Journal

READS = ("Get", "List", "Describe", "Query", "Check")
"""How the names of the OpenAPIs' reading operations begin."""
REVIEWS = ("selfsubjectaccessreviews", "selfsubjectreviews")


class Wire:
    """`asked`: requests that were sent; `writes`: those that change something; `launched`: runs that got a runner."""

    def __init__(self) -> None:
        self.asked = 0
        self.writes: list[str] = []
        self.answers: list[int] = []
        """The status of every answer to one of `writes`."""
        self.launched: list[str] = []

    @property
    def changed(self) -> list[str]:
        """Writes that were not refused by the far side."""
        return [sent for sent, status in zip(self.writes, self.answers, strict=True) if status < 300]

    def send(self, method: str, url: str, headers: Any, call: Callable[[], Any]) -> Any:
        """One request."""
        self.asked += 1
        if not changes(method, url, headers):
            return call()
        self.writes.append(f"{method} {urlsplit(url).path}")
        answer = call()
        self.answers.append(int(answer.status))
        return answer


def changes(method: str, url: str, headers: Any) -> bool:
    """Whether a request changes something."""
    parts = urlsplit(url)
    operation = {str(name).lower(): str(value) for name, value in dict(headers or {}).items()}.get("x-acs-action")
    if operation is not None:
        return not operation.startswith(READS)
    dry = parse_qs(parts.query).get("dryRun") == ["All"]
    return method not in ("GET", "HEAD", "CONNECT") and not dry and parts.path.rpartition("/")[2] not in REVIEWS


def counted(monkeypatch: pytest.MonkeyPatch, *, runners: bool = False) -> Wire:
    """Count from here on; runners are noted, and started only where that is said."""
    wire, send, start = Wire(), HTTPConnectionPool.urlopen, launch.launch

    def urlopen(pool: Any, method: str, url: str, *words: Any, **how: Any) -> Any:
        return wire.send(method, url, how.get("headers"), lambda: send(pool, method, url, *words, **how))

    def noted(journal: Journal, run: str) -> None:
        wire.launched.append(run)
        if runners:
            start(journal, run)
        else:
            journal.give_up(run, "the test starts no runner")

    monkeypatch.setattr(HTTPConnectionPool, "urlopen", urlopen)
    monkeypatch.setattr(runs, "launch", noted)
    return wire
