"""Text from outside made inert, once, at decode: what arrives in an object, an event, a cloud message or a file name
may neither style nor move the screen, and may not fill it."""

from __future__ import annotations

import unicodedata

LIMIT = 400
"""Characters kept of one text; the rest is cut, and the cut is shown."""

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def inert(text: object, limit: int = LIMIT) -> str:
    """`text` on one line, with control, escape, bidi and other invisible characters drawn as symbols.

    C0 controls become their pictures (ESC is ␛), line breaks and tabs one space, everything else that has no
    glyph of its own becomes `�`. What is longer than `limit` characters ends in `…`.
    """
    words = text if isinstance(text, str) else str(text)
    if len(words) <= limit and words.isascii() and words.isprintable():
        return words
    cut = len(words) > limit
    shown = "".join(_shown(character) for character in words[:limit])
    return shown + "…" if cut else shown


def _shown(character: str) -> str:
    if " " <= character <= "~":
        return character
    if character in "\t\r\n":
        return " "
    picture = _PICTURES.get(ord(character))
    if picture is not None:
        return picture
    category = unicodedata.category(character)
    if category in _HIDDEN or (category in ("Mn", "Me", "Mc") and unicodedata.combining(character) == 0):
        return "�"
    return character
