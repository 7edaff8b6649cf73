"""Which rows of the dashboard are shown: those that hold a word; and the order of the routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from console.model.argo import Deployed
from console.model.fleet import Controller, Fleet, Member, Route
from console.present import splits
from console.present.line import dim, line
from console.present.sheet import Sheet

T = TypeVar("T")


class Order(StrEnum):
    """How the routes are sorted."""

    NAME = "name"
    TROUBLE = "trouble"
    GATEWAY = "gateway"

    @property
    def following(self) -> Order:
        """The next one, and after the last the first."""
        every = list(Order)
        return every[(every.index(self) + 1) % len(every)]


SENTENCES = {
    Order.NAME: "routes by name",
    Order.TROUBLE: "routes by trouble: what failed first, then what disagrees, what is not settled, what is well",
    Order.GATEWAY: "routes by gateway, then by name",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows that hold the word; all of them where it is empty."""

    members: tuple[Member, ...]
    routes: tuple[Route, ...]
    applications: tuple[Deployed, ...]


def choose(fleet: Fleet, word: str, order: Order = Order.NAME) -> Chosen:
    """Members by name, id and zone, routes by name and host, applications by name and set; in any case of letters."""
    low = word.lower()

    def holds(*texts: str | None) -> bool:
        return not low or any(low in text.lower() for text in texts if text)

    return Chosen(
        tuple(one for one in fleet.members if holds(one.name, one.id, one.zone)),
        ordered([one for one in fleet.routes if holds(one.key, *one.hosts)], order),
        tuple(one for one in fleet.deployed if holds(one.title, one.set)),
    )


def ordered(routes: Sequence[Route], order: Order) -> tuple[Route, ...]:
    """The routes in that order; the picture has them by name."""
    if order is Order.TROUBLE:
        return tuple(sorted(routes, key=trouble))
    if order is Order.GATEWAY:
        return tuple(sorted(routes, key=lambda route: (route.gateway is None, route.gateway or "")))
    return tuple(routes)


def trouble(route: Route) -> int:
    """How much a route wants to be looked at: 0 is the most."""
    if route.controller is Controller.FAILED or route.failing or splits.failing_share(route):
        return 0
    if not route.agreement.agrees and route.agreement.stuck_at is not None:
        return 1
    if route.rule_state not in (None, "Available") or route.probe_failures:
        return 2
    return 4 if route.agreement.agrees and route.agreement.settled else 3


def counts(fleet: Fleet, chosen: Chosen, *, short: bool = False) -> str:
    """`1 of 2 members, 1 of 3 routes, 0 of 2 applications`; where it is to be `short`, `1/2 1/3 0/2`."""
    parts = (
        (len(chosen.members), len(fleet.members), "members"),
        (len(chosen.routes), len(fleet.routes), "routes"),
        (len(chosen.applications), len(fleet.deployed), "applications"),
    )
    if short:
        return " ".join(f"{some}/{every}" for some, every, _ in parts)
    return ", ".join(f"{some:,} of {every:,} {noun}" for some, every, noun in parts)


def narrowed(sheet: Sheet[T], items: Sequence[T], every: int, noun: str) -> Sheet[T]:
    """The sheet with these of its `every` items; it says so where there are none."""
    if len(items) == every or items:
        return replace(sheet, items=items)
    return replace(sheet, items=items, note=(line(dim(f"  none of {every:,} {noun} matches the filter")),))


def headed(sheet: Sheet[Route], order: Order) -> Sheet[Route]:
    """The sheet of routes with its order in its head, where that is not by name."""
    if order is Order.NAME:
        return sheet
    first = sheet.columns[0]
    head = f"{first.head} by {order}"
    wider = replace(first, head=head, width=max(first.width, len(head) + 16))
    return replace(sheet, columns=(wider, *sheet.columns[1:]))
