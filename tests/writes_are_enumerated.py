"""Every write path of the console, by name: what is sent to the hub beside reading stands in this list, and in no other
place. Dry runs and reviews go the same ways."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import console

ROOT = Path(console.__file__).parent
NOT_THE_CONSOLE = ("sim", "drill")
"""The simulator is the far side; drills play a person with tools of their own."""
WRITES = {
    # Ingresses and Applications: JSON Patches that test what they replace.
    "kube/write.py send PATCH",
    # Our own objects on the Fleet.
    "kube/records.py ensure_namespace POST",
    "kube/records.py create_record POST",
    "kube/records.py update_record POST",
    "kube/records.py freeze POST",
    "kube/records.py freeze PUT",
    "kube/records.py freeze DELETE",
    "kube/records.py tell_event POST",
    "kube/records.py _patch PATCH",
    "kube/lease.py _send PUT",
    "kube/lease.py _send POST",
    # What a set-up applies and takes away: by its runner alone.
    "kube/apply.py apply PATCH",
    "kube/apply.py create POST",
    "kube/apply.py delete DELETE",
    # Questions in the form of a write.
    "kube/connect.py whoami POST",
    "kube/connect.py allowed POST",
}
"""`FILE FUNCTION METHOD`"""
SENDERS = {
    # The runner, and before it the dry run of a front.
    "kube/write.py patch",
    "run/hand.py try_dry",
    "run/hand.py _send",
    "run/onestep.py _send",
    "run/reverters.py try_dry",
    # Also of the verb that settles what a dead runner owes.
    "run/reverters.py _send",
    "run/trial.py _try",
    "run/trial.py _try_step",
}
"""`FILE FUNCTION` of everything that patches an object that is not the console's own."""


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """(file, function, call) of the console."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.partition("/")[0] in NOT_THE_CONSOLE:
            continue
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call):
                        yield name, function.name, call


def test_nothing_is_written_to_a_hub_but_what_is_listed() -> None:
    found = set()
    for name, function, call in calls():
        attribute = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        first = call.args[0] if call.args else None
        if not name.startswith("kube/") or attribute not in ("call", "_send"):
            continue
        if isinstance(first, ast.Constant) and first.value in ("POST", "PUT", "PATCH", "DELETE"):
            where = "_send" if attribute == "_send" else function
            found.add(f"{name} {where} {first.value}")
        elif not isinstance(first, ast.Constant):
            assert (name, function) in (("kube/lease.py", "_send"), ("kube/connect.py", "_exchange"), SAME), call
    assert WRITES == found


SAME = ("kube/connect.py", "call")
"""The hub's own way through."""


def test_only_the_runner_and_dry_runs_patch_what_is_not_ours() -> None:
    found = set()
    for name, function, call in calls():
        target = call.func
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "write":
            if target.attr in ("patch", "send"):
                found.add(f"{name} {function}")
        elif name == "kube/write.py" and isinstance(target, ast.Name) and target.id in ("patch", "send"):
            found.add(f"{name} {function}")

    assert SENDERS == found


def test_only_the_runner_of_a_set_up_applies_and_its_front_tries_it() -> None:
    users = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.rglob("*.py")) if _applies(path)]
    tried = [
        node
        for node in ast.walk(ast.parse((ROOT / "run/setup/setups.py").read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "apply"
    ]

    assert ["run/setup/hands.py", "run/setup/setups.py"] == users
    assert [True] == [any(one.arg == "dry_run" for one in call.keywords) for call in tried]


def _applies(path: Path) -> bool:
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    return any(isinstance(node, ast.ImportFrom) and node.module == "console.kube.apply" for node in tree)


def test_a_fronts_patches_are_dry_runs() -> None:
    for name, function, call in calls():
        front = name == "run/trial.py" or (name, function) == ("run/reverters.py", "try_dry")
        if not front or not isinstance(call.func, ast.Attribute) or call.func.attr not in ("patch", "send"):
            continue
        said = {keyword.arg: keyword.value for keyword in call.keywords}

        assert isinstance(said["dry_run"], ast.Constant), function
        assert said["dry_run"].value is True, function
