"""What an ApplicationSet's status says: its three conditions and the state of every Application that it owns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.sim.argo.kinds import APPLICATIONS
from console.sim.client import Obj

ALL_WELL = "All applications have been generated successfully"
PARAMETERS = "Successfully generated parameters for all Applications"
UP_TO_DATE = "ApplicationSetUpToDate"


def conditions(present: Iterable[Obj], now: str, *, reason: str = "", message: str = "", generated: bool) -> list[Obj]:
    """The conditions after one attempt, the failed one's with `reason` and `message`; times stay where nothing changed.

    `generated`: the parameters came to be, whatever happened afterwards.
    """
    failed = bool(reason)
    known = {each["type"]: each for each in present}
    wanted = [
        ("ErrorOccurred", failed, reason or UP_TO_DATE, message or ALL_WELL),
        (
            "ParametersGenerated",
            generated,
            "ParametersGenerated" if generated else "ErrorOccurred",
            PARAMETERS if generated else message,
        ),
        ("ResourcesUpToDate", not failed, reason or UP_TO_DATE, message or ALL_WELL),
    ]
    found = []
    for type_, holds, why, text in wanted:
        condition = {"type": type_, "status": "True" if holds else "False", "reason": why, "message": text}
        former = known.get(type_, {})
        same = all(former.get(key) == value for key, value in condition.items())
        condition["lastTransitionTime"] = former["lastTransitionTime"] if same else now
        found.append(condition)
    return found


def resources(owned: Iterable[Obj]) -> list[Obj]:
    """One entry for each Application, with its sync and health as far as they are known."""
    found = []
    for application in sorted(owned, key=lambda obj: str(obj["metadata"]["name"])):
        status: Mapping[str, Obj] = application.get("status") or {}
        entry: Obj = {
            "group": APPLICATIONS.group,
            "version": APPLICATIONS.version,
            "kind": APPLICATIONS.kind,
            "namespace": application["metadata"]["namespace"],
            "name": application["metadata"]["name"],
        }
        if sync := status.get("sync", {}).get("status"):
            entry["status"] = sync
        if health := status.get("health"):
            entry["health"] = health
        found.append(entry)
    return found
