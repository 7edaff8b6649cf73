"""What is told of a run while it goes: its report in this host's journal, and its record on the Fleet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from console.errors import FleetConsoleError
from console.kube import records
from console.kube.connect import Hub
from console.model.run import RunReport
from console.run.hand import Hand
from console.run.journal import Journal


class Bulletin:
    """Of one run. `data`: the ConfigMap's data for a report, with what the run wants now. `known`: whether the Fleet
    has a record of it already, since another runner began it."""

    def __init__(
        self,
        journal: Journal,
        report: RunReport,
        hub: Hub,
        hand: Hand,
        data: Callable[[RunReport], dict[str, str]],
        *,
        known: bool,
    ) -> None:
        self.report = report
        self.recorded = False
        """Whether this runner wrote the record."""
        self._journal = journal
        self._hub = hub
        self._hand = hand
        self._data = data
        self._known = known

    def tell(self, **values: Any) -> None:
        """Keep these values of the run's row. Raises `FleetConsoleError` where the journal cannot be written."""
        self._journal.update(self.report.run, **values)
        told = {name: value for name, value in values.items() if name in RunReport.__slots__}
        self.report = replace(self.report, **told)

    def try_telling(self, **values: Any) -> None:
        """As `tell`; a journal that cannot be written keeps nothing from being done."""
        with suppress(FleetConsoleError):
            self.tell(**values)

    def record(self, timeout: tuple[float, float] = (5, 10)) -> None:
        """Write the record whole; `timeout` is as for `Hub.call`, which says what is raised."""
        data = self._data(self.report)
        fresh = not self.recorded and not self._known
        send = records.create_record if fresh else partial(records.update_record, timeout=timeout)
        self._hand.step("record", f"{self.report.state}", lambda: send(self._hub, self.report.run, data))
        self.recorded = True
