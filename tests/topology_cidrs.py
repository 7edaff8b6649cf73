"""Ranges against the standard library: overlaps, spans, and the one axis of the CIDR map."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from console.decide.setup.cidrs import Range, Use, bars, clashes, ranges, shared, span
from console.decide.setup.found import Found
from console.model.ground import Ground, MemberCluster, Site
from tests.topologies import ACCOUNT, GROUND, account, hybrid

networks = st.builds(
    lambda address, mask: IPv4Network((address, mask), strict=False),
    st.integers(0x0A000000, 0x0A00FFFF),
    st.integers(8, 32),
)
"""Near one another, so that they overlap often."""
_CLUSTERS = {"ack": "ack", "other": "other", "idc": "registered"}
parts = st.one_of(
    st.builds(
        lambda network, owner, use, inside: Range(
            "", owner, use, network, kind=_CLUSTERS[owner], inside=inside and owner == "ack" and use is not Use.SERVICES
        ),
        networks,
        st.sampled_from(tuple(_CLUSTERS)),
        st.sampled_from((Use.NODES, Use.PODS, Use.SERVICES)),
        st.booleans(),
    ),
    st.builds(
        lambda network, use: Range("", "VPC", use, network), networks, st.sampled_from((Use.VPC, Use.USER, Use.VSWITCH))
    ),
)


@given(networks, networks)
def test_what_two_ranges_share_is_what_the_standard_library_says(first: IPv4Network, second: IPv4Network) -> None:
    found = shared(first, second)

    assert first.overlaps(second) == (found is not None)
    assert found == shared(second, first)
    if found is not None:
        low, high = map(IPv4Address, span(found).split("-"))
        assert max(first[0], second[0]) == low
        assert min(first[-1], second[-1]) == high


@given(st.lists(parts, max_size=8))
def test_clashes_overlap_and_do_not_depend_on_the_order(known: list[Range]) -> None:
    found = clashes(known)

    assert all(one.first.network.overlaps(one.second.network) for one in found)
    told = {(frozenset((one.first, one.second)), one.rule, one.red) for one in found}
    assert told == {(frozenset((one.first, one.second)), one.rule, one.red) for one in clashes(list(reversed(known)))}


@given(networks, networks)
def test_pods_of_two_members_clash_exactly_where_they_overlap(first: IPv4Network, second: IPv4Network) -> None:
    one = Range("", "a", Use.PODS, first, kind="ack", inside=True)
    other = Range("", "b", Use.PODS, second, kind="registered")

    assert [first.overlaps(second)] * first.overlaps(second) == [each.red for each in clashes([one, other])]


@given(st.lists(networks, max_size=8))
def test_the_axis_keeps_order_containment_and_disjointness(known: list[IPv4Network]) -> None:
    drawn = bars([Range("", str(number), Use.PODS, one) for number, one in enumerate(known)], ())

    assert all(0 <= bar.start < bar.end <= 1 for bar in drawn)
    for first, second in combinations(drawn, 2):
        a, b = first.range.network, second.range.network
        assert a.overlaps(b) == (max(first.start, second.start) < min(first.end, second.end))
        assert a.subnet_of(b) == (second.start <= first.start and first.end <= second.end)
        if not a.overlaps(b):
            assert (a < b) == (first.start < second.start)


@given(st.lists(parts, max_size=8))
def test_clashes_are_marked_within_their_bars(known: list[Range]) -> None:
    found = clashes(known)
    drawn = bars(known, found)

    clashing = {one for clash in found for one in (clash.first, clash.second)}
    for bar in drawn:
        assert (bar.range in clashing) == bool(bar.clashes)
        assert all(bar.start <= start < end <= bar.end for start, end in bar.clashes)


def owned(ground: Ground, *changes: tuple[str, str]) -> list[str]:
    return [str(one) for one in ranges(Found(hybrid(*changes), ground))]


def test_ranges_of_ack_come_from_its_vswitches_and_those_of_a_data_centre_from_its_author() -> None:
    assert [
        "VPC CIDR 10.0.0.0/8",
        "nodes-j vSwitch 10.0.16.0/20",
        "pods-j vSwitch 10.0.64.0/19",
        "gateway-j vSwitch 10.0.200.0/24",
        "gateway-k vSwitch 10.0.201.0/24",
        "ack-prod nodes 10.0.16.0/20",
        "ack-prod pods 10.0.64.0/19",
        "ack-prod services 172.19.0.0/20",
        "idc-prod nodes 192.168.0.0/20",
        "idc-prod pods 172.20.0.0/16",
        "idc-prod services 172.21.0.0/20",
    ] == owned(GROUND)


def test_of_a_cluster_that_stands_its_own_ranges_count_whatever_the_file_says() -> None:
    said = ("  pod_vswitches:\n  - pods-j\n  cidrs:\n    services: 172.19.0.0/20\n",
            "  cidrs:\n    pods:\n    - 10.32.0.0/12\n    services: 172.29.0.0/20\n")  # fmt: skip
    ack, idc = ACCOUNT.clusters or ()
    flannel = account(clusters=(replace(ack, pod_vswitches=(), pods="172.24.0.0/14"), idc))

    for ground, pods in ((GROUND, "10.0.64.0/19"), (flannel, "172.24.0.0/14")):
        mine = [one for one in owned(ground, said) if one.startswith("ack-prod")]
        assert ["ack-prod nodes 10.0.16.0/20", f"ack-prod pods {pods}", "ack-prod services 172.19.0.0/20"] == mine


def test_ranges_that_nobody_wrote_are_read_from_the_data_centre() -> None:
    site = Site(nodes=("192.168.0.4", "192.168.0.5"), pods=("172.20.0.0/24", "172.20.1.0/24", "nonsense"))
    unsaid = ("    nodes:\n    - 192.168.0.0/20\n    pods:\n    - 172.20.0.0/16\n", "")

    found = owned(replace(GROUND, sites={"idc-prod": site}), unsaid)

    assert {"idc-prod nodes 192.168.0.4/31", "idc-prod pods 172.20.0.0/23"} <= set(found)


def test_clusters_of_the_vpc_that_are_no_members_count() -> None:
    stranger = MemberCluster("c9", "old", "ack", "running", vpc="vpc-1", pods="172.20.0.0/20", services="172.22.0.0/20")
    elsewhere = replace(stranger, id="c8", vpc="vpc-2")
    ground = account(clusters=(*(ACCOUNT.clusters or ()), stranger, elsewhere))

    known = ranges(Found(hybrid(), ground))

    assert ["old (no member) pods 172.20.0.0/20", "old (no member) services 172.22.0.0/20"] == list(
        map(str, known[-2:])
    )
    assert [("idc-prod", "old (no member)", True)] == [
        (one.first.owner, one.second.owner, one.red) for one in clashes(known)
    ]
