"""Nine of every ten calls of the ALB are throttled, the controller's attempts, too: a run is stopped and undone all the
same, and no rule is called verified that was not read after the write."""

from __future__ import annotations

import msgspec
import pytest

from console.model.fleet import Layer
from console.sim.openapis.bucket import Sieve
from tests.layers_are_named import Ground, Hop, ground_

__all__ = ["ground_"]
THROTTLED = {"fault": "throttle", "of_ten": 9}


@pytest.mark.parametrize("kept", [1, 5, 9, 10])
def test_of_every_ten_calls_exactly_so_many_are_kept_back(kept: int) -> None:
    sieve = Sieve(kept, seed=7)
    calls = [sieve.keeps() for _ in range(100)]

    assert {kept} == {sum(calls[place : place + 10]) for place in range(0, 100, 10)}
    assert calls == [one.keeps() for one in [Sieve(kept, seed=7)] for _ in range(100)]


@pytest.mark.parametrize("moment", ["write", "hold"])
def test_a_run_is_stopped_while_most_calls_are_throttled(ground: Ground, moment: str) -> None:
    ground.mend()
    heard = ground.play(Hop(THROTTLED, Layer.RULE, ("never said",)), moment, 80, 0.0)
    row = ground.journal.row(heard.told[-1][1].run)

    assert row is not None
    assert row.report.state in ("held", "done"), row.report.message
    if row.report.state == "held":
        assert row.report.message.startswith("stopped on a word")


def test_a_run_is_undone_while_most_calls_are_throttled(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.mend()
    before = ground.held()
    run = msgspec.structs.replace(ground.settings.run, verify_timeout="8s")
    monkeypatch.setattr(ground, "settings", msgspec.structs.replace(ground.settings, run=run))
    heard = ground.play(Hop(THROTTLED, Layer.RULE, ("never said",)), "write", 80, 0.0, word="rollback-now")
    row = ground.journal.row(heard.told[-1][1].run)

    assert row is not None
    assert before == ground.held()
    assert row.report.state in ("rolled_back", "unverified"), row.report.message
    if row.report.state == "unverified":
        assert row.report.message.startswith("not verified within 8 s, stuck at layer")
