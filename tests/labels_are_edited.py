"""Whom an ApplicationSet selects by labels, and what an edit of one label would drop; on its page and as a document."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.decide import generators
from console.decide.generators import Edit, Effect
from console.kube.decode import decode
from console.kube.kinds import KINDS, cluster_secrets
from console.model.argo import ApplicationSet, ClusterSecret, Condition, Generator, Requirement
from console.model.fleet import Fleet
from console.model.freshness import SourceName, SourceState
from console.present import sets
from console.present.line import text
from screens.application import ApplicationPage
from screens.set import SetPage
from tests import situations
from tests.present_documents import schema
from tests.screen_shift import page, said
from tests.situations import ACK, IDC, NOW, WALL, application
from tests.stage import stage


def wants(key: str, operator: str, *values: str) -> Requirement:
    return Requirement(key, operator, values)


def is_(key: str, value: str) -> Requirement:
    return Requirement(key, "In", (value,), written=True)


OVERLAY = (
    Generator((is_("cluster", "idc"),), (("isNodePort", "true"),)),
    Generator((is_("cluster", "ack"),), (("isNodePort", "false"),)),
)
"""seed.txt's two cluster generators."""
SECRET_TYPE = "argocd.argoproj.io/secret-type"
UNDERLAY = (Generator((wants(SECRET_TYPE, "In", "cluster"), wants("name", "NotIn", "in-cluster"))),)
TYPE = {SECRET_TYPE: "cluster"}


@pytest.mark.parametrize(
    ("requirement", "labels", "expected"),
    [
        (is_("a", "1"), {"a": "1"}, True),
        (is_("a", "1"), {"a": "2"}, False),
        (is_("a", "1"), {}, False),
        (is_("a", ""), {"a": ""}, True),
        (wants("a", "In", "1", "2"), {"a": "2"}, True),
        (wants("a", "In", "1", "2"), {"a": "3"}, False),
        (wants("a", "NotIn", "1"), {"a": "2"}, True),
        (wants("a", "NotIn", "1"), {"a": "1"}, False),
        (wants("a", "NotIn", "1"), {}, True),
        (wants("a", "Exists"), {"a": ""}, True),
        (wants("a", "Exists"), {}, False),
        (wants("a", "DoesNotExist"), {}, True),
        (wants("a", "DoesNotExist"), {"a": "1"}, False),
        (wants("a", "In"), {"a": "1"}, False),
        (wants("a", "NotIn"), {}, False),
        (wants("a", "Exists", "1"), {"a": "1"}, False),
        (wants("a", "Gt", "1"), {"a": "2"}, False),
        (wants("", "NotIn", "1"), {}, False),
    ],
)
def test_a_requirement_is_met_as_kubernetes_means_it(
    requirement: Requirement, labels: dict[str, str], expected: bool
) -> None:
    assert expected is generators.meets(requirement, labels)


@pytest.mark.parametrize(
    ("made", "labels", "expected"),
    [
        (OVERLAY, {"cluster": "idc"}, (0,)),
        (OVERLAY, {"cluster": "ack"}, (1,)),
        (OVERLAY, {}, ()),
        (UNDERLAY, TYPE, (0,)),
        (UNDERLAY, {**TYPE, "name": "in-cluster"}, ()),
        ((Generator(),), {}, (0,)),
        ((), {"a": "1"}, ()),
    ],
)
def test_generators_choose_by_all_their_requirements(
    made: tuple[Generator, ...], labels: dict[str, str], expected: tuple[int, ...]
) -> None:
    assert expected == generators.chosen(made, labels)


@pytest.mark.parametrize(
    ("made", "labels", "expected"),
    [
        (
            OVERLAY,
            {"cluster": "idc"},
            [
                Edit("cluster", "idc", Effect.DROPS, (), removed=True, others=True),
                Edit("cluster", "idc", Effect.CHANGES, (1,), values=("ack",)),
            ],
        ),
        (
            OVERLAY,
            {},
            [
                Edit("cluster", None, Effect.ADDS, (0,), values=("idc",)),
                Edit("cluster", None, Effect.ADDS, (1,), values=("ack",)),
            ],
        ),
        (
            UNDERLAY,
            TYPE,
            [
                Edit(SECRET_TYPE, "cluster", Effect.DROPS, (), removed=True, others=True),
                Edit("name", None, Effect.DROPS, (), values=("in-cluster",)),
            ],
        ),
        (
            (Generator((wants("drained", "DoesNotExist"),)),),
            {},
            [Edit("drained", None, Effect.DROPS, (), others=True)],
        ),
        ((Generator(),), {"a": "1"}, []),
    ],
)
def test_every_edit_that_changes_something_is_told(
    made: tuple[Generator, ...], labels: dict[str, str], expected: list[Edit]
) -> None:
    assert expected == list(generators.edits(made, labels))


KEYS, VALUES = st.sampled_from("abc"), st.sampled_from(["1", "2", "3", ""])
REQUIREMENTS = st.builds(
    Requirement, KEYS, st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Odd"]),
    st.lists(VALUES, max_size=2, unique=True).map(tuple),
)  # fmt: skip
GENERATORS = st.lists(st.builds(Generator, st.lists(REQUIREMENTS, max_size=3).map(tuple)), max_size=3).map(tuple)
LABELS = st.dictionaries(KEYS, VALUES)


@given(GENERATORS, LABELS, KEYS, st.one_of(st.none(), VALUES, st.just("never-named")))
def test_an_edit_does_what_is_told_of_it_and_what_is_not_told_changes_nothing(
    made: tuple[Generator, ...], labels: dict[str, str], key: str, to: str | None
) -> None:
    edited = {name: value for name, value in labels.items() if name != key} | ({} if to is None else {key: to})
    before, after = generators.chosen(made, labels), generators.chosen(made, edited)
    named = {value for one in made for each in one.requirements if each.key == key for value in each.values}
    told = [
        edit
        for edit in generators.edits(made, labels)
        if edit.key == key and to != labels.get(key)
        and (edit.removed if to is None else to in edit.values or (to not in named and edit.others))
    ]  # fmt: skip

    assert [after] * (before != after) == [edit.after for edit in told]
    for edit in told:
        assert (edit.effect is Effect.DROPS) is (not after)
        assert (edit.effect is Effect.ADDS) is (not before)
        assert labels.get(key) == edit.held


def fleet(*, read: bool = True, preserves: bool = False, source: SourceState = SourceState.LIVE) -> Fleet:
    """Two members under seed.txt's overlay set; their Secrets' labels where they are read."""
    owner = ApplicationSet(
        "argocd", "overlay", preserves=preserves, generators=OVERLAY,
        conditions=(Condition("ResourcesUpToDate", "False", "CreateApplicationError", "no\u202e", WALL - 60),),
    )  # fmt: skip
    parts = [replace(application("web", member), set="overlay") for member in (ACK, IDC)]
    made = situations.with_applications(situations.calm(), *parts)
    secrets = tuple(
        ClusterSecret(f"cluster-{name}", member, name, (("cluster", name),))
        for member, name in ((ACK, "ack"), (IDC, "idc"))
    )
    sources = situations.sources(CLUSTER_SECRETS=SourceState.LIVE if read else source)
    return replace(made, sets=(owner,), clusters=secrets if read else (), sources=sources)


def lines(found: Fleet, cells: int = 80) -> str:
    return "\n".join(text(one) for one in sets.set_lines(found, found.sets[0], NOW, WALL, cells))


def words(found: Fleet) -> str:
    return " ".join(lines(found).split())


def test_the_page_says_which_edit_drops_which_application_and_what_becomes_of_its_workload() -> None:
    shown = words(fleet())

    assert "1 clusters with cluster=idc; values isNodePort=true" in shown
    assert (
        f"cluster=idc removed, or changed to a value that no generator names: drops argocd/{IDC}-web, and its workload"
        " is deleted there"
    ) in shown
    assert f"cluster=ack changed to idc: argocd/{ACK}-web is generated by generator 1 instead" in shown
    assert "ResourcesUpToDate False: CreateApplicationError" in shown


def test_where_resources_are_preserved_it_says_so() -> None:
    shown = words(fleet(preserves=True))

    assert "preserveResourcesOnDeletion is true" in shown
    assert "and its workload stays there" in shown
    assert "is deleted" not in shown.replace("Secret is deleted", "")


@pytest.mark.parametrize(
    ("state", "expected"),
    [(SourceState.UNCONFIGURED, "fleets.argocd.cluster_secrets: true"), (SourceState.DENIED, "may not be read")],
)
def test_where_the_labels_are_not_read_it_says_what_would_tell(state: SourceState, expected: str) -> None:
    shown = words(fleet(read=False, source=state))

    assert expected in shown
    assert "Its selectors look at cluster" in shown
    assert "drops argocd/" not in shown


def test_its_document_has_every_edit_and_null_where_nothing_is_known() -> None:
    found = fleet()
    document = sets.set_document(found, found.sets[0])
    drops = [edit for one in document["clusters"] for edit in one["edits"] if edit["effect"] == "drops"]

    assert [("cluster", "ack"), ("cluster", "idc")] == [(edit["label"], edit["value"]) for edit in drops]
    unread = sets.set_document(fleet(read=False), found.sets[0])

    assert unread["clusters"] is None
    for one in (document, unread):
        jsonschema.validate(one, schema("applicationset"))
    assert json.loads(json.dumps(document)) == document


HOSTILE = "\x1b]0;x\x07\u202e[bold]\n"


def read(thing: dict[str, Any]) -> tuple[Any, str]:
    kind = next(one for one in KINDS if one.source is SourceName.SETS)
    found = decode(json.dumps(thing).encode(), kind.name, kind.shape, kind.key)
    return found.fact, found.problem.message if found.problem else ""


def test_hostile_words_of_a_set_and_a_secret_are_inert() -> None:
    selector = {
        "matchLabels": {"a": HOSTILE},
        "matchExpressions": [{"key": HOSTILE, "operator": HOSTILE, "values": [HOSTILE]}],
    }
    generator = {"clusters": {"selector": selector, "values": {"v": HOSTILE}}}
    condition = {"type": HOSTILE, "status": HOSTILE, "reason": HOSTILE, "message": HOSTILE}
    thing = {
        "metadata": {"namespace": "argocd", "name": "overlay"},
        "spec": {"generators": [generator, {HOSTILE: {}}]},
        "status": {"conditions": [condition]},
    }
    fact, _ = read(thing)
    kind = cluster_secrets("argocd")
    secret = {"metadata": {"namespace": "argocd", "name": "s", "labels": {"a": HOSTILE, HOSTILE: "x"}}}
    cluster = decode(json.dumps(secret).encode(), kind.name, kind.shape, kind.key).fact
    shown = lines(replace(fleet(), sets=(fact,), clusters=(cluster,)))

    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "␛" in shown


@pytest.mark.parametrize(
    "generators_", [7, "x", [7], [{}], [{"clusters": 7}], [{"clusters": {"selector": 7, "values": []}}]]
)
def test_generators_of_any_shape_cost_themselves_alone(generators_: Any) -> None:
    spec = {"generators": generators_, "syncPolicy": {"preserveResourcesOnDeletion": True}}
    fact, _ = read({"metadata": {"namespace": "argocd", "name": "x"}, "spec": spec})

    assert fact.preserves


async def test_a_key_opens_the_set_from_the_application_and_from_the_dashboard() -> None:
    app, _ = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        assert "t set: no application is marked" == said(app)

        await pilot.press("tab", "t")
        assert isinstance(app.screen, SetPage)
        assert "GENERATES FOR" in page(app)

        await pilot.press("pagedown")
        assert "is deleted there" in " ".join(page(app).split())

        await pilot.press("escape", "enter")
        assert isinstance(app.screen, ApplicationPage)
        await pilot.press("t")
        assert isinstance(app.screen, SetPage)


async def test_a_set_that_goes_is_said_to_be_gone() -> None:
    app, feed = stage(fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", "t")
        feed.show(replace(fleet(), sets=()))
        await pilot.pause()

        assert "This ApplicationSet is not in the picture" in page(app)
