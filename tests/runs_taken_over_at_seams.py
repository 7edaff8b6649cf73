"""A run that was killed at a numbered seam of its straight, stop or rollback path is taken over by another host with a
fresh state directory, and ends in a state that its plan names; nothing is written twice.

`make soak` (`CONSOLE_EVERY_SEAM=1`) alone looks at them: each waits for a Lease to run out.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from console.settings import RunSettings
from tests.seam_ground import PATHS, Ground, ground_, quick_, replace_run, taken_over_everywhere

__all__ = ["ground_", "quick_"]
EVERY = bool(os.environ.get("CONSOLE_EVERY_SEAM"))


@pytest.mark.skipif(not EVERY, reason="make soak: the whole product")
@pytest.mark.parametrize("word", PATHS)
def test_a_run_killed_at_any_seam_is_taken_over_to_its_end(
    ground: Ground, word: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ground.stand.settings = replace_run(ground.stand, RunSettings(steady="10ms", verify_timeout="5s", lease="2s"))

    assert taken_over_everywhere(ground, word, monkeypatch, tmp_path) >= 20
