"""Telling others that a run needs eyes: a command or a webhook of settings."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress

from console import log
from console.imports import IMPORTING
from console.model.run import RunReport, RunState
from console.settings import RunSettings

TOLD = (RunState.HELD, RunState.FAILED, RunState.SUPERSEDED, RunState.UNVERIFIED, RunState.REFUSED)
"""States that somebody should hear of."""
PATIENCE = 10.0
"""Seconds that a hook may take."""


class Hook:
    """Settings' `run.on_state`: gets `{"run", "state", "message", "actor", "reason"}`; its failure changes nothing."""

    def __init__(self, settings: RunSettings, run: str) -> None:
        self._command = settings.on_state.command
        self._webhook = settings.on_state.webhook
        self._run = run

    def tell(self, report: RunReport, state: str | None = None) -> None:
        """Tell a state; without a word of its own only those that somebody should hear of."""
        if state is None and report.state not in TOLD:
            return
        said = {
            "run": report.run,
            "state": state or str(report.state),
            "message": report.message,
            "actor": report.actor,
            "reason": report.reason,
        }
        body = json.dumps(said).encode()
        with suppress(Exception):  # whatever a hook does, the run has ended as it has
            if self._command:
                done = subprocess.run(
                    list(self._command), input=body, timeout=PATIENCE, check=False, capture_output=True
                )
                log.note("hook", self._command[0], "exit", done.returncode)
        with suppress(Exception):
            if self._webhook:
                with IMPORTING:
                    import urllib3

                answer = urllib3.request(
                    "POST", self._webhook, body=body, headers={"Content-Type": "application/json"}, timeout=PATIENCE,
                    retries=False,
                )  # fmt: skip
                log.note("hook", self._webhook, "answered", answer.status)
