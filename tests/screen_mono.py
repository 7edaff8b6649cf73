"""NO_COLOR and the mono theme: not one colour sequence reaches the terminal, and everything is still told apart."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.screen_paint import screen

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
COLORS = {*range(30, 50), *range(90, 108)}
KEYS = [b"?", b"\x1b", b"i", b"\x1b", b"\r", b"s", b"\x1b", b"\x1b", b":", b"\x1b"]
"""Help, sources, a route, the shift's editor, the palette."""


def attributes(written: bytes) -> set[int]:
    """Every parameter of every SGR sequence."""
    return {int(one or 0) for found in SGR.findall(written) for one in re.split(rb"[;:]", found)}


def walked(*words: str) -> bytes:
    """What the screen writes on a walk through its places."""
    with screen(*words) as shown:
        got = shown.until(b"gateway-demo/web-demo")
        for key in KEYS:
            os.write(shown.terminal, key)
            got += shown.read(0.4)
    return got


def test_no_color_leaves_no_colour_on_any_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    found = walked()

    assert b"gateway-demo/web-demo" in found
    assert not attributes(found) & COLORS
    assert attributes(found) <= {0, 1, 2, 7}
    assert {1, 7} <= attributes(found)


@pytest.mark.parametrize("words", [["--theme", "mono"], ["--config", "CONFIG"]])
def test_the_option_and_the_setting_do_so_too(words: list[str], tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("theme: mono\n")
    words = [str(config) if word == "CONFIG" else word for word in words]
    with screen(under=f"from console.cli import main; main({words!r})") as shown:
        found = shown.until(b"no kubeconfig")

    assert not attributes(found) & COLORS


def test_the_default_theme_has_colours_so_that_the_test_above_means_something() -> None:
    assert attributes(walked()) & COLORS
