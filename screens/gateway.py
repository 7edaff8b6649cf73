"""One gateway from near."""

from __future__ import annotations

from typing import ClassVar

from console.model.document import Subject
from console.model.fleet import Gateway
from console.model.freshness import SourceName
from console.present import gateways, objects, sources
from console.present.line import Line, line, paragraph, strong
from screens.page import Page


class GatewayPage(Page):
    """Its ALB against its quotas, the members behind it, and the Ingresses that share it."""

    PLACE: ClassVar[str] = "gateway"

    def __init__(self, gateway: str) -> None:
        super().__init__()
        self._shown = gateway

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Its AlbConfig."""
        return objects.subjects(self.fleet, "gateways", self._shown)

    def lines(self, cells: int) -> list[Line]:
        """The gateway, or that it is gone."""
        gateway = self._gateway
        if gateway is None:
            why = sources.sentence(self.fleet.source(SourceName.GATEWAYS), self.now)
            return [line(strong(self._shown)), *paragraph(f"This gateway is not in the picture any more. {why}", cells)]
        return gateways.gateway_lines(self.fleet, gateway, self.now, self.wall, cells)

    @property
    def _gateway(self) -> Gateway | None:
        return self.fleet.gateway(self._shown)

    def do_next_gateway(self) -> None:
        """The one after it, in the order of their names."""
        names = [one.name for one in self.fleet.gateways]
        after = names.index(self._shown) + 1 if self._shown in names else 0
        self._shown = names[after % len(names)]
        self.top()
