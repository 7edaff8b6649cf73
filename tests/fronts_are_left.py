"""A Ctrl-C while a front starts a runner: the run may live by then, so the front names it before it leaves."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from console import cli
from console.run import launch
from console.run.journal import Journal


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("begun", [True, False])
def test_a_ctrl_c_names_the_run_that_is_being_started(
    begun: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def front() -> None:
        if not begun:
            raise KeyboardInterrupt
        with Journal(tmp_path) as journal:
            launch.launch(journal, "7c1")

    monkeypatch.setattr(launch, "_start", _interrupted)
    monkeypatch.setattr(cli, "console", front)
    with pytest.raises(SystemExit) as left:
        cli.main([])
    named = ": run 7c1 may have begun, and goes on then: fleet-console attach 7c1" if begun else ""

    assert 130 == left.value.code
    assert f"stopped{named}" == capsys.readouterr().err.strip()
