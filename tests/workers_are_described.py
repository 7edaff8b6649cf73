"""A worker that is not described is described by Textual, by the repr of all it is given: of a picture of 5,000
applications that takes a fifth of a second, on the screen's own loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import console
import screens

FILES = (Path(console.__file__).parent / "app.py", *sorted(Path(screens.__file__).parent.glob("*.py")))
SMALL = {"str", "bool", "int", "float", "str | None"}


def workers(file: Path) -> Iterator[tuple[str, set[str], bool]]:
    """(name, annotations of what it is given, whether it is described)"""
    for one in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(one, ast.FunctionDef):
            continue
        for call in one.decorator_list:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "work":
                given = [*one.args.args[1:], *one.args.kwonlyargs]
                kinds = {ast.unparse(each.annotation) for each in given if each.annotation is not None}
                yield f"{file.name}: {one.name}", kinds, any(word.arg == "description" for word in call.keywords)


def test_what_is_given_more_than_a_word_is_described() -> None:
    found = [worker for file in FILES for worker in workers(file)]

    assert len(found) > 20
    assert [] == [name for name, kinds, described in found if kinds - SMALL and not described]
