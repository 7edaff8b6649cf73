"""The other end of the control endpoint: a command finds the simulator through its directory and asks it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from console.errors import Answered, Lost, UsageError
from console.sim.handover import CONTROL
from console.sim.terms import seconds

PATIENCE = 20.0
"""Seconds that a fault may take to begin."""


def begin(directory: Path, fault: Mapping[str, Any]) -> str:
    """Begin a fault in the simulator that serves `directory`; returns what it does.

    Raises `UsageError` where no simulator is there or it knows no such fault, `Unreachable` where it does not answer.
    """
    return str(_call(directory, "POST", "/faults", fault)["done"])


def clear(directory: Path, name: str | None) -> str:
    """End the faults of a name, or all; returns which. Raises as `begin`."""
    return str(_call(directory, "DELETE", f"/faults/{name}" if name else "/faults")["done"])


def held(directory: Path) -> list[dict[str, Any]]:
    """The faults that hold: `fault`, `subject`, `said`, `seconds`. Raises as `begin`."""
    found: list[dict[str, Any]] = _call(directory, "GET", "/faults")["faults"]
    return found


def storm(directory: Path, *, rate: float, lasting: str) -> dict[str, Any]:
    """Let a storm of changes pass through the simulator, and return when it is over: `changes`, `seconds`, and when it
    `ended` in epoch seconds. Raises as `begin`."""
    asked = {"rate": rate, "for": lasting}
    return _call(directory, "POST", "/storm", asked, patience=PATIENCE + 2 * seconds(lasting))


def truth(directory: Path) -> dict[str, Any]:
    """What a console has to say of the hub's objects: `applications`, `routes`, `members`, each by key. Raises as
    `begin`."""
    return _call(directory, "GET", "/truth")


def traffic(directory: Path) -> dict[str, Any]:
    """What became of the requests to each route since the start: `routes` by key, each with `requests`, `failed`, and
    when the first and the last failed one arrived, epoch seconds. Raises as `begin`."""
    return _call(directory, "GET", "/traffic")


def role(directory: Path, name: str, documents: Sequence[Mapping[str, Any]], *, of: str = "") -> str:
    """Have the hub, or the data centre `of`, know a user called `name` who may do what RBAC documents grant; returns
    the token. Raises as `begin`."""
    return str(_call(directory, "PUT", _role(name, of), documents)["token"])


def needs(directory: Path, name: str, *, of: str = "") -> dict[str, Any]:
    """What was asked so far as that user and one rule alone allowed (`needed`), and which of the cloud's `actions` were
    asked for by anybody. Raises as `begin`."""
    return _call(directory, "GET", _role(name, of))


def _role(name: str, of: str) -> str:
    return f"/roles/{name}?of={of}" if of else f"/roles/{name}"


def policy(directory: Path, document: Mapping[str, Any]) -> int:
    """Let the settings' key do what a RAM policy allows, and nothing else; returns how many actions. Raises as
    `begin`."""
    return int(_call(directory, "PUT", "/policy", document)["actions"])


def _call(
    directory: Path,
    method: str,
    path: str,
    body: Mapping[str, Any] | Sequence[Any] | None = None,
    *,
    patience: float = PATIENCE,
) -> dict[str, Any]:
    url, token = _found(directory)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data=data, method=method, headers={"Authorization": f"Bearer {token}"})
    # Straight to loopback: a proxy of the environment has no business in between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=patience) as answer:
            document: dict[str, Any] = json.load(answer)
            return document
    except urllib.error.HTTPError as error:
        if error.code != 422:
            raise Answered(f"the simulator of {directory} answered {error.code}", status=error.code) from None
        told = json.load(error)
        raise UsageError(str(told["error"]), fix=str(told.get("fix") or "")) from None
    except (OSError, ValueError):
        raise Lost(
            f"the simulator of {directory} does not answer", fix="It may have been killed: start another."
        ) from None


def _found(directory: Path) -> tuple[str, str]:
    """Address and token from the directory."""
    try:
        document = json.loads((directory / CONTROL).read_text("utf-8"))
        return str(document["url"]), str(document["token"])
    except FileNotFoundError:
        raise UsageError(f"no simulator serves {directory}", fix="Name the --dir of one that runs.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{directory / CONTROL}: cannot be read: {error}", fix="Start the simulator again.") from None
