"""How a front was called. A module of its own, because the screen has one before its first frame, and the runner's face
imports far more than that frame may wait for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """How a front was called: what a runner needs to reach the same Fleet, settings and journal."""

    kubeconfig: str | None = None
    context: str | None = None
    config: Path | None = None
    state_dir: Path | None = None
    log_file: Path | None = None
    fleet: str | None = None
