"""What a terminal shows after what was written to it: so much of a VT as the console's screen uses."""

from __future__ import annotations

import codecs
import re
import unicodedata

_PIECE = re.compile(
    r"\x1b\[(?P<private>[?<=>]?)(?P<numbers>[\d;:]*)[ -/]*(?P<final>[@-~])"  # CSI
    r"|\x1b[\]PX^_](?:[^\x07\x1b]|\x1b(?!\\))*(?:\x07|\x1b\\)"  # OSC, DCS and their like
    r"|\x1b[ -/]*[0-~]"
    r"|(?P<text>[^\x00-\x1f\x7f\x1b]+)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
)
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_](?:[^\x07\x1b]|\x1b(?!\\))*\x1b?|[ -/]*)?$")
"""A sequence whose end has not come yet."""


class Cells:
    """Rows of single characters, "" behind a wide one. Colours are not kept: words are what is looked for."""

    def __init__(self, columns: int, rows: int) -> None:
        self._columns = columns
        self._rows = [[" "] * columns for _ in range(rows)]
        self._x = self._y = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    @property
    def lines(self) -> list[str]:
        """What it shows, without blanks at the ends."""
        return ["".join(row).rstrip() for row in self._rows]

    def write(self, data: bytes) -> None:
        """Take what a program wrote; an end that is cut off waits for the rest."""
        text = self._rest + self._decoder.decode(data)
        begun = _BEGUN.search(text)
        self._rest = text[begun.start() :] if begun else ""
        for piece in _PIECE.finditer(text[: begun.start()] if begun else text):
            if piece["text"] is not None:
                for character in piece["text"]:
                    self._put(character)
            elif piece["control"] is not None:
                self._control(piece["control"])
            elif piece["final"] is not None:
                self._act(piece["private"], piece["numbers"], piece["final"])

    def _put(self, character: str) -> None:
        if unicodedata.combining(character) or character in "\u200d\ufe0e\ufe0f":
            return
        wide = unicodedata.east_asian_width(character) in "WF"
        if self._x + wide >= self._columns:
            self._x = min(self._x, self._columns - 1 - wide)
        row = self._rows[self._y]
        row[self._x] = character
        if wide:
            row[self._x + 1] = ""
        self._x += 1 + wide

    def _control(self, character: str) -> None:
        if character == "\r":
            self._x = 0
        elif character == "\n":
            self._down()
        elif character == "\b":
            self._x = max(0, self._x - 1)

    def _down(self) -> None:
        if self._y + 1 < len(self._rows):
            self._y += 1
        else:
            self._rows = [*self._rows[1:], [" "] * self._columns]

    def _act(self, private: str, numbers: str, final: str) -> None:
        said = [int(one) if one.isdigit() else 0 for one in numbers.split(";")]
        first, second = said[0], said[1] if len(said) > 1 else 0
        if private:
            if final in "hl" and first == 1049:
                self._erase(0, len(self._rows) * self._columns)
        elif final in "Hf":
            self._go(max(1, second) - 1, max(1, first) - 1)
        elif final in "ABCD":
            far = max(1, first)
            x, y = {"A": (0, -far), "B": (0, far), "C": (far, 0), "D": (-far, 0)}[final]
            self._go(self._x + x, self._y + y)
        elif final == "G":
            self._go(max(1, first) - 1, self._y)
        elif final == "d":
            self._go(self._x, max(1, first) - 1)
        elif final in "JK":
            self._clear(final, first)
        elif final == "X":
            here = self._y * self._columns + self._x
            self._erase(here, min(here + max(1, first), (self._y + 1) * self._columns))

    def _go(self, x: int, y: int) -> None:
        self._x = min(max(0, x), self._columns - 1)
        self._y = min(max(0, y), len(self._rows) - 1)

    def _clear(self, what: str, part: int) -> None:
        here = self._y * self._columns + min(self._x, self._columns - 1)
        begin, end = 0, len(self._rows) * self._columns
        if what == "K":
            begin, end = self._y * self._columns, (self._y + 1) * self._columns
        self._erase(begin if part else here, here + 1 if part == 1 else end)

    def _erase(self, begin: int, end: int) -> None:
        for at in range(begin, end):
            self._rows[at // self._columns][at % self._columns] = " "
