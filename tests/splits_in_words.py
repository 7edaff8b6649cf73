"""`--to` in all the ways in which people write it, and what each wrong way is told."""

from __future__ import annotations

import pytest

from console.decide import split
from console.errors import UsageError, WeightsError
from console.model.fleet import (
    Agreement,
    AlbHealth,
    AlbHealthWord,
    Controller,
    Fleet,
    Layer,
    Link,
    Member,
    Route,
    Weights,
)

ACK = "c" + "1" * 32
IDC = "c" + "2" * 32


def member(identifier: str, name: str) -> Member:
    return Member(identifier, name, "ack", "zone-a", "settings", Link.UP, 0.0, "", AlbHealth(AlbHealthWord.OK, 4, 4))


def route(**weights: int | None) -> Route:
    ids = {"ack": ACK, "idc": IDC}
    lines = tuple(
        Weights(ids[name], f"w.{ids[name]}", str(held), None, held, None, None, None) for name, held in weights.items()
    )
    return Route(
        key="ns/r",
        uid="u",
        resource_version="1",
        gateway=None,
        hosts=(),
        paths=(),
        services=(),
        members=lines,
        controller=Controller.NOT_REPORTED,
        controller_message="",
        rule_state=None,
        rule_message="",
        agreement=Agreement(True, None, Layer.ANNOTATION, ""),
    )


@pytest.fixture
def two_members() -> Fleet:
    return Fleet("f", None, "uid", (), members=(member(ACK, "ack-prod-j"), member(IDC, "idc-prod")))


@pytest.mark.parametrize("text", ["ack-prod-j=80,idc-prod=20", "ack=80,idc=20", f"{ACK}=80,{IDC}=20", "c1=80, c2=20"])
def test_members_are_named_by_id_name_or_prefix(two_members: Fleet, text: str) -> None:
    found = split.resolve(two_members, route(ack=62, idc=38), split.parse(text))

    assert {ACK: 80, IDC: 20} == found


def test_who_is_not_named_keeps_its_weight(two_members: Fleet) -> None:
    found = split.resolve(two_members, route(ack=62, idc=38), split.parse("ack=62"))

    assert {ACK: 62, IDC: 38} == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ack=80,idc=30", "sum to 110, not 100"),
        ("ack=80", "sum to 118, not 100, with idc-prod's 38 kept"),
        ("ack=0,idc=0", "all weights would be 0"),
        ("ack=-1,idc=101", "ack-prod-j would get -1"),
        ("ack=101,idc=-1", "ack-prod-j would get 101"),
        ("ack=1.5,idc=98.5", "'1.5', no whole number"),
        ("ack", "'ack' is no weight"),
        ("", "'' is no weight"),
        ("ack=\x1b[31m,idc=1", "'␛[31m', no whole number"),
    ],
)
def test_what_makes_no_split_is_told_in_words(two_members: Fleet, text: str, words: str) -> None:
    with pytest.raises(WeightsError) as error:
        split.resolve(two_members, route(ack=62, idc=38), split.parse(text))

    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("c=80,idc=20", "'c' names 2 members: ack-prod-j, idc-prod"),
        ("nobody=80,idc=20", "no member is called 'nobody'. Known members: ack-prod-j, idc-prod"),
        ("ack=80,ack-prod-j=20", "ack-prod-j is named twice"),
    ],
)
def test_a_word_that_names_no_single_member_is_told(two_members: Fleet, text: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        split.resolve(two_members, route(ack=62, idc=38), split.parse(text))

    assert words in str(error.value)
