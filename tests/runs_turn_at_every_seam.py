"""A run that was told to stop, or to go back, is killed at every numbered seam after the word; the next runner brings
it to a state that the plan names, and nothing is written twice."""

from __future__ import annotations

import pytest

from tests.seam_ground import Ground, ground_, killed_everywhere, quick_

__all__ = ["ground_", "quick_"]


@pytest.mark.parametrize("word", ["stop", "rollback"])
def test_a_run_that_turned_is_resumed_to_an_end_that_its_plan_names(
    ground: Ground, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert killed_everywhere(ground, word, monkeypatch) >= 20
