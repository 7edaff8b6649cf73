"""What the environment says of the terminal: its glyphs, its colours, and what stands between us and it."""

from __future__ import annotations

from collections.abc import Mapping

POOR = ("linux", "dumb", "vt100", "vt220")
"""Terminals that have no glyphs beyond ASCII."""


def utf8(environment: Mapping[str, str]) -> bool:
    """Whether the locale speaks UTF-8."""
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    return "utf-8" in locale.lower() or "utf8" in locale.lower()


def plain(environment: Mapping[str, str]) -> bool:
    """Whether only ASCII can be drawn: no UTF-8 in the locale, or a terminal that has no other glyphs."""
    return not utf8(environment) or environment.get("TERM", "") in POOR


def mono(theme: str, environment: Mapping[str, str]) -> bool:
    """Whether the screen is drawn without colours: the theme, or NO_COLOR that is not empty (no-color.org)."""
    return theme == "mono" or bool(environment.get("NO_COLOR"))


def colors(environment: Mapping[str, str]) -> str:
    """How many colours there are, in words."""
    if environment.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    term = environment.get("TERM", "")
    if environment.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "16 million colours"
    if "256color" in term:
        return "256 colours"
    return "no colours" if term in ("", "dumb", "unknown", "vt100", "vt220") else "16 colours"
