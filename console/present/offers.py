"""What can be done where no Fleet is known yet, with what each needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from console.model.text import inert
from console.present.line import EMPTY, Line, line, paragraph, strong, title
from console.present.sheet import Column, Sheet
from console.settings import Settings


class Offer(NamedTuple):
    """One way to begin."""

    key: str
    name: str
    what: str
    needs: str


OFFERS = (
    Offer("demo", "demo", "A simulated Fleet on this machine: look, shift and drain without harm.",
          "Needs nothing. It ends with the screen."),
    Offer("connect", "connect by kubeconfig", "A Fleet that is there: its hub's kubeconfig is enough to see it.",
          "Needs the hub's kubeconfig and context; a cloud credential besides shows ALB rules and health."),
    Offer("setup", "set up from nothing", "From an empty account to the first requests through the gateway.",
          "Needs a cloud credential by name (a profile, a role or the environment), a region, and the data centre's "
          "kubeconfig. Nothing is written before a typed confirmation."),
)  # fmt: skip


def sheet() -> Sheet[Offer]:
    """The ways, one a row."""
    columns: list[Column[Offer]] = [
        Column("BEGIN WITH", 24, lambda one: line(one.name)),
        Column("", 30, lambda one: line(one.what), grow=True),
    ]
    return Sheet(tuple(columns), OFFERS, lambda one: one.key)


def detail(chosen: str | None, settings: Settings, why: Sequence[str], cells: int) -> list[Line]:
    """What the marked way needs, what of it is there already, and why no Fleet is shown."""
    one = next((one for one in OFFERS if one.key == chosen), OFFERS[0])
    out: list[Line] = [line(strong(one.name)), *paragraph(one.what, cells), *paragraph(one.needs, cells)]
    cloud = settings.fleet.cloud
    if one.key == "setup" and cloud.credentials is not None:
        region = cloud.region or settings.fleet.region or "no region"
        out += paragraph(f"Settings name a credential and {region}: the wizard can begin.", cells)
    if why:
        out += [EMPTY, line(title("WHY NO FLEET IS SHOWN"))]
        out += [each for said in why for each in paragraph(inert(said, 400), cells)]
    return out
