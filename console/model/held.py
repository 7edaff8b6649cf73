"""A held sync: what stands on an Application whose automated sync a run switched off, and the policy that goes back on
it, as JSON in one form that two texts of it share."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

HELD_ANNOTATION = "fleet-console/sync-held"
"""On an Application while a run owes it its automated sync: `{"automated":{...},"run":"k7m2p","since":"..."}`."""
LONGEST = 1000
"""Characters of the longest policy that is held; ArgoCD's own has four fields."""
_RUN = re.compile(r"[a-z0-9]{3,8}")


def policy_text(policy: object) -> str:
    """`spec.syncPolicy.automated` as JSON with sorted keys and no spaces, all ASCII and nothing that a terminal minds;
    empty where it is no object, or too long to be held."""
    if not isinstance(policy, dict):
        return ""
    try:
        text = json.dumps(policy, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return ""
    return text if len(text) <= LONGEST else ""


def policy_of(text: str) -> dict[str, Any]:
    """The policy of such a text. Raises `ValueError` on everything that is not exactly one."""
    try:
        policy = json.loads(text) if len(text) <= LONGEST else None
    except RecursionError:
        policy = None
    if not isinstance(policy, dict) or policy_text(policy) != text:
        raise ValueError("no policy of automated sync")
    return policy


@dataclass(frozen=True, slots=True)
class SyncHeld:
    """Which run owes an Application its automated sync. `automated`: the policy as `policy_text`; `since`: epoch
    seconds, None where it does not say. Untrusted input, inert."""

    run: str
    automated: str
    since: float | None = None

    @property
    def text(self) -> str:
        """As the annotation holds it."""
        since = None if self.since is None else datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        document = {"run": self.run, "since": since, "automated": policy_of(self.automated)}
        return json.dumps(document, sort_keys=True, separators=(",", ":"))

    @classmethod
    def parse(cls, text: object) -> SyncHeld | None:
        """None where it is none of ours."""
        try:
            document = json.loads(text) if isinstance(text, str) and len(text) <= 2 * LONGEST else None
        except (ValueError, RecursionError):
            return None
        if not isinstance(document, dict):
            return None
        run, automated = document.get("run"), policy_text(document.get("automated"))
        if not isinstance(run, str) or not _RUN.fullmatch(run) or not automated:
            return None
        return cls(run, automated, _moment(document.get("since")))


def _moment(text: object) -> float | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) and len(text) <= 40 else None
        return moment.timestamp() if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None
