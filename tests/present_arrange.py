"""Rows of the dashboard: everything is whole where it fits, and nothing overlaps where it does not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.present.arrange import Wanted, arrange

CALM = Wanted(alert=0, topology=2, zones=3, members=3, routes=4, applications=0, timeline=4)


def total(rows: int, columns: int, wanted: Wanted) -> int:
    """Rows that an arrangement takes, its blank ones included."""
    given_ = arrange(rows, columns, wanted)
    parts = (given_.topology, given_.zones, given_.members, given_.routes, given_.applications, given_.timeline)
    return given_.alert + sum(parts) + given_.gap * sum(1 for part in parts if part)


def test_the_calm_fleet_is_whole_at_80_by_24() -> None:
    given_ = arrange(22, 80, CALM)

    assert (0, 3, 3, 4, 1) == (given_.topology, given_.zones, given_.members, given_.routes, given_.gap)


def test_the_topology_is_drawn_where_there_is_room() -> None:
    assert 2 == arrange(38, 120, CALM).topology


def test_many_routes_leave_zones_members_and_the_newest_moments() -> None:
    given_ = arrange(22, 80, Wanted(2, 2, 3, 3, 1001, 0, 61))

    assert (3, 3, 11, 3) == (given_.zones, given_.members, given_.routes, given_.timeline)


@given(
    st.integers(6, 70),
    st.integers(40, 220),
    st.builds(Wanted, st.integers(0, 2), st.integers(0, 9), st.integers(0, 40), st.integers(1, 60),
              st.integers(1, 3000), st.integers(0, 900), st.integers(0, 61)),
)  # fmt: skip
def test_an_arrangement_never_takes_more_rows_than_there_are(rows: int, columns: int, wanted: Wanted) -> None:
    assert total(rows, columns, wanted) <= rows
