"""A run that was told to stop, or to go back, is killed at every numbered seam after the word; the next runner brings
it to a state that the plan names, and nothing is written twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.seam_ground import Ground, ground_, killed_everywhere, quick_

__all__ = ["ground_", "quick_"]


@pytest.mark.parametrize("word", ["stop", "rollback"])
def test_a_run_that_turned_is_resumed_to_an_end_that_its_plan_names(
    ground: Ground, word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert killed_everywhere(ground, word, monkeypatch, tmp_path) >= 20
