"""A split in words, `ack-prod=80,idc-prod=20`, as weights of known members that make 100."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.errors import UsageError, WeightsError
from console.model.fleet import Fleet, Route
from console.model.text import inert


def parse(text: str) -> tuple[tuple[str, int], ...]:
    """(word for a member, weight) pairs as they were written. Raises `WeightsError` with what is off."""
    pairs: list[tuple[str, int]] = []
    for part in text.split(","):
        word, equals, number = part.strip().rpartition("=")
        if not equals or not word.strip():
            raise WeightsError(f"'{inert(part, 60)}' is no weight", fix="Write MEMBER=WEIGHT,MEMBER=WEIGHT.")
        try:
            pairs.append((word.strip(), int(number)))
        except ValueError:
            raise WeightsError(
                f"the weight of {inert(word, 60)} is '{inert(number, 20)}', no whole number",
                fix="Weights are 0 to 100.",
            ) from None
    return tuple(pairs)


def resolve(fleet: Fleet, route: Route, pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Member id -> weight of every member of the route; those not named keep what they have.

    Raises `UsageError` for a word that names no member or several, `WeightsError` where the whole makes no split.
    """
    named: dict[str, int] = {}
    for word, weight in pairs:
        found = fleet.member(word)
        shown = inert(word, 60)
        if not found:
            known = ", ".join(member.name for member in fleet.members) or "none"
            raise UsageError(f"no member is called '{shown}'", fix=f"Known members: {known}.")
        if len(found) > 1:
            names = ", ".join(member.name for member in found)
            raise UsageError(f"'{shown}' names {len(found)} members: {names}", fix="Write more of the name.")
        if found[0].id in named:
            raise UsageError(f"{found[0].name} is named twice", fix="Name each member once.")
        named[found[0].id] = weight
    kept = {m.member: m.annotation for m in route.members if m.member not in named and m.annotation is not None}
    check({**named, **kept}, {member.id: member.name for member in fleet.members}, tuple(kept))
    return {**named, **kept}


def check(weights: Mapping[str, int], names: Mapping[str, str], kept: Iterable[str] = ()) -> None:
    """Raise `WeightsError` where weights make no split: negative, over 100, all zero, a sum that is not 100."""
    for member, weight in weights.items():
        if not 0 <= weight <= 100:
            raise WeightsError(f"{names.get(member, member)} would get {weight}", fix="Weights are 0 to 100.")
    if not any(weights.values()):
        raise WeightsError("all weights would be 0: nobody would serve", fix="Leave at least one member above 0.")
    total = sum(weights.values())
    if total != 100:
        unsaid = [f"{names.get(member, member)}'s {weights[member]}" for member in kept]
        also = f", with {' and '.join(unsaid)} kept" if unsaid else ""
        raise WeightsError(f"the weights sum to {total}, not 100{also}", fix="Change them so that they sum to 100.")
