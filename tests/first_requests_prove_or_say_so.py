"""First requests prove a share against its weights, or the run says at its end that it is not proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.decide.setup.task import Requests, Task
from console.model.ground import Share
from console.probe.request import Reply
from console.run.setup import requests
from console.run.setup.requests import FirstRequests
from console.run.setup.sides import UNPROVEN
from tests.setup_stand import Stand, World, hybrid

_OPEN = (
    f"{UNPROVEN}the share of gateway-demo/web-demo: 30 answers: none tells which member gave it; say in the topology"
    " how it does (routes.answer)"
)


class Mute(World):
    """Answers that do not tell who gave them."""

    def carry_out(self, task: Task, token: str) -> str:
        said = super().carry_out(task, token)
        return f"gateway-demo/other: ack-a 60 % agrees; {_OPEN}" if isinstance(task.call, Requests) else said


def test_answers_that_do_not_tell_who_gave_them_prove_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand, shares = Stand(tmp_path), dict[str, Share]()
    stand.carry_out(stand.set_up(hybrid()))
    monkeypatch.setattr(requests, "ask", lambda *_, **__: Reply(200, {}, b"hello"))
    monkeypatch.setattr("console.run.setup.requests.time.sleep", lambda _: None)

    assert FirstRequests(hybrid(), stand.world.read, shares, None).send() == _OPEN


def test_a_run_whose_shares_are_not_proven_says_so_at_its_end(tmp_path: Path) -> None:
    stand = Stand(tmp_path, Mute())
    report = stand.carry_out(stand.set_up(hybrid()))

    assert report.message == f"everything stands as the topology says; {_OPEN}"
