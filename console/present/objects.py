"""An object's YAML as lines of a page: where, when and at what version it was read, what was left out, and the object,
folded to the screen; or why it could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from console.errors import Answered, Denied, FleetConsoleError, Refused
from console.model.document import Document, Subject
from console.model.fleet import Fleet
from console.model.freshness import SourceName, SourceState
from console.present import words
from console.present.line import EMPTY, Ink, Line, Span, cut, dim, line, paragraph, strong, width
from console.present.times import age, clock

_KEY = re.compile(r" *(?:- )*[\w./~-]+:(?= |$)")
"""What stands before a value, in most lines."""
NOUNS = {
    "managedclusters": "ManagedCluster",
    "albconfigs": "AlbConfig",
    "ingresses": "Ingress",
    "applications": "Application",
    "applicationsets": "ApplicationSet",
}


def subjects(fleet: Fleet, table: str, key: str | None) -> tuple[Subject, ...]:
    """The objects behind a row of the dashboard: one, or each part of an application."""
    if key is None:
        return ()
    if table == "members":
        return (Subject(SourceName.MEMBERS, key),)
    if table == "gateways":
        return (Subject(SourceName.GATEWAYS, key),)
    if table == "routes":
        return (Subject(SourceName.ROUTES, key),)
    group = fleet.application(key) if table == "applications" else None
    return tuple(Subject(SourceName.APPLICATIONS, part.key) for part in group.parts) if group else ()


def title(fleet: Fleet, table: str, key: str | None) -> str:
    """The name of a row of the dashboard, as it stands in its first column; empty where there is none."""
    if table == "members":
        return next((one.name for one in fleet.members if one.id == key), "")
    if table == "applications":
        return next((one.title for one in fleet.deployed if one.key == key), "")
    return key or ""


def name(subject: Subject) -> str:
    """`Ingress gateway-demo/web-demo`"""
    return f"{NOUNS.get(subject.source, subject.source)} {subject.key}"


def text(documents: Sequence[Document], *, managed: bool) -> str:
    """The objects as one YAML text, as it is shown."""
    return "\n---\n".join("\n".join(_whole(document, managed)) for document in documents) + "\n"


def body_lines(document: Document, cells: int, *, managed: bool) -> list[Line]:
    """The object folded to `cells` cells; may take a while for a large one."""
    return [shown for one in _whole(document, managed) for shown in _line(one, max(20, cells))]


def head_lines(document: Document, now: float, cells: int, *, managed: bool) -> list[Line]:
    """What was read, where, when and at which version, and what does not stand there."""
    left_out = []
    if document.managers and not managed:
        left_out.append(f"managedFields ({document.managers} writers; m shows them)")
    if document.applied:
        left_out.append("last-applied-configuration")
    where = f"read from {document.server} at {clock(document.wall)}, {age(now - document.at)}"
    version = f"resourceVersion {document.version or '?'}"
    together = f"{where}  {version}"
    told = [together] if width(together) <= cells else [where, version]
    out = [line(strong(cut(document.title, cells))), *(line(dim(cut(one, cells))) for one in told)]
    if left_out:
        out += paragraph(f"left out: {', '.join(left_out)}", cells, ink=Ink.DIM)
    return [*out, EMPTY]


def failure_lines(subject: Subject, error: FleetConsoleError, cells: int) -> list[Line]:
    """Gone, denied, refused or no answer: four different words, and the next step."""
    state, sentence = _why(error)
    shown = words.of(state)
    head = "gone" if state is SourceState.EMPTY else shown.word
    return [
        line(strong(cut(name(subject), cells))),
        line(Span(f"{shown.glyph} {head}", shown.ink)),
        *paragraph(sentence, cells),
        EMPTY,
    ]


def _why(error: FleetConsoleError) -> tuple[SourceState, str]:
    if isinstance(error, Denied):
        need = f"needs {error.permission}. " if error.permission else ""
        return SourceState.DENIED, f"{need}{error}"
    if isinstance(error, Refused):
        return SourceState.DENIED, str(error)
    if isinstance(error, Answered) and error.status == 404:
        if error.reason == "NotFound":
            return SourceState.EMPTY, "The hub has no such object any more (404); ^r asks again."
        return SourceState.MISSING, "The hub does not know this kind of object (404): its CRD is not installed."
    if isinstance(error, Answered) and error.status == 429:
        return SourceState.THROTTLED, str(error)
    return SourceState.LOST, f"{error} Nothing is shown, since nothing was read; ^r asks again."


def _whole(document: Document, managed: bool) -> tuple[str, ...]:
    if not managed:
        return document.lines
    return (*document.lines[: document.managed_at], *document.managed, *document.lines[document.managed_at :])


def _line(content: str, cells: int) -> Iterator[Line]:
    found = _KEY.match(content)
    end = found.end() if found else 0
    if len(content) <= cells and content.isascii():
        yield (dim(content[:end]), Span(content[end:])) if end else (Span(content),)
        return
    blank = " " * min(len(content) - len(content.lstrip(" ")) + 4, cells // 2)
    for number, piece in enumerate(_pieces(content, cells, cells - len(blank))):
        if number:
            yield (Span(blank), Span(piece))
        else:
            yield (dim(piece[:end]), Span(piece[end:])) if end else (Span(piece),)


def _pieces(content: str, first: int, rest: int) -> Iterator[str]:
    """`content` in pieces of at most `first` and then `rest` cells each."""
    if content.isascii():
        yield content[:first]
        yield from (content[start : start + rest] for start in range(first, len(content), rest))
        return
    start = taken = 0
    room = first
    for place, character in enumerate(content):
        size = width(character)
        if taken + size > room:
            yield content[start:place]
            start, taken, room = place, 0, rest
        taken += size
    yield content[start:]
