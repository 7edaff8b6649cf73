"""A drill's file is either whole or one sentence with the place; its glass shows what a terminal would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from console.drill.glass import Cells
from console.errors import SettingsError
from console.sim import scenario

WHOLE: dict[str, Any] = {
    "brief": "x",
    "script": [{"do": "see", "words": ["x"]}],
    "endings": [{}],
}


def loaded(tmp_path: Path, **changes: Any) -> scenario.Scenario:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"summary": "x", "base": "calm", "drill": {**WHOLE, **changes}}))
    return scenario.load(str(file))


def test_a_file_of_ones_own_may_hold_a_drill(tmp_path: Path) -> None:
    drill = loaded(tmp_path).drill

    assert drill is not None
    assert "x" == drill.brief


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"brief": ""}, r"length >= 1.*`drill.brief`"),
        ({"endings": []}, r"length >= 1.*`drill.endings`"),
        ({"script": [{"do": "explode"}]}, r"Invalid value 'explode' at `drill.script"),
        ({"script": [{"do": "run", "line": "runs", "color": "red"}]}, r"unknown field `color`.*drill.script"),
        ({"script": [{"do": "run", "line": "drain 'zone"}]}, r"drill.script\[0\].line: No closing quotation"),
        ({"script": [{"do": "run", "line": "attach {x}"}]}, r"drill.script\[0\].line: only \{run\} stands"),
        ({"script": [{"do": "ended"}]}, r"drill.script\[0\]: no command was started before it"),
        ({"script": [{"do": "happened", "events": 1}]}, r"drill.script\[0\].events: there are 0 events"),
        ({"script": [{"do": "fault", "fault": {"fault": "meteor"}}]}, r"Invalid value 'meteor'"),
        ({"script": [{"do": "clear", "name": "meteor"}]}, r"drill.script\[0\].name: nothing is called 'meteor'"),
        ({"events": [{"do": {"do": "kill", "who": "init"}}]}, r"Invalid enum value 'init' at `drill.events"),
        ({"events": [{"do": {"do": "fault", "fault": {"fault": "webhook", "route": "shop/none"}}}]},
         r"drill.events\[0\].do.fault.route: nothing is called 'shop/none'"),
        ({"endings": [{"weights": {"shop/checkout": {"nobody": 1}}}]}, r"endings\[0\].weights.shop/checkout: nothing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        loaded(tmp_path, **changes)


@pytest.mark.parametrize(
    ("wrote", "shows"),
    [
        (b"ab\r\ncd", ["ab", "cd", ""]),
        (b"\x1b[2;3Hx\x1b[1;1Hy", ["y", "  x", ""]),
        (b"abc\x1b[1;2H\x1b[K", ["a", "", ""]),
        (b"abc\x1b[2J", ["", "", ""]),
        (b"\x1b[31ma\x1b[0mb\x1b]0;title\x07c", ["abc", "", ""]),
        ("号x".encode(), ["号x", "", ""]),
        (b"1\r\n2\r\n3\r\n4", ["2", "3", "4"]),
        (b"abcdefgh\x1b[1;1H\x1b[?1049h", ["", "", ""]),
        (b"\x1b[99;99Hz", ["", "", "       z"]),
    ],
)
def test_the_glass_shows_what_a_terminal_would(wrote: bytes, shows: list[str]) -> None:
    cells = Cells(8, 3)
    for at in range(len(wrote)):
        cells.write(wrote[at : at + 1])

    assert shows == cells.lines
