"""Weights as a person types them."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from console.present.line import line
from widgets.editor import Editor, Entry

ENTRIES = (
    Entry("a", "ack-prod", 62, line("up")),
    Entry("b", "idc-prod", 38, line("up")),
    Entry("c", "new", None, line("?")),
)


class Stage(App[None]):
    """An editor of three members."""

    def compose(self) -> ComposeResult:
        """The editor."""
        yield Editor()

    def on_mount(self) -> None:
        """Fill it."""
        editor = self.query_one(Editor)
        editor.show(ENTRIES)
        editor.focus()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("8 0", {"a": 80, "b": 38, "c": None}),
        ("1 0 0 0", {"a": 100, "b": 38, "c": None}),
        ("backspace", {"a": None, "b": 38, "c": None}),
        ("0 0", {"a": 0, "b": 38, "c": None}),
        ("plus plus minus", {"a": 63, "b": 38, "c": None}),
        ("8 0 down equals_sign", {"a": 80, "b": 20, "c": None}),
        ("down down 5", {"a": 62, "b": 38, "c": 5}),
        ("9 down 7 up 1", {"a": 1, "b": 7, "c": None}),
        ("x minus_ space", {"a": 62, "b": 38, "c": None}),
    ],
)
async def test_keys_make_weights(keys: str, expected: dict[str, int | None]) -> None:
    app = Stage()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press(*keys.split())

        assert expected == app.query_one(Editor).weights


async def test_the_sum_is_told_while_one_types() -> None:
    app = Stage()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press("8", "0")
        editor = app.query_one(Editor)

        assert "18 too many" in "".join(span.text for span in editor.content[-1])


async def test_what_was_typed_survives_a_new_picture() -> None:
    app = Stage()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press("8", "0")
        editor = app.query_one(Editor)
        editor.show((ENTRIES[0]._replace(now=55), *ENTRIES[1:]))

        assert 80 == editor.weights["a"]


async def test_a_paste_writes_no_weight() -> None:
    from textual import events

    app = Stage()
    async with app.run_test(size=(80, 12)) as pilot:
        app.query_one(Editor).post_message(events.Paste("99"))
        await pilot.pause()

        assert 62 == app.query_one(Editor).weights["a"]
