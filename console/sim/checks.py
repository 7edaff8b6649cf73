"""What one field of a scenario alone cannot tell: every name that is used is there, and none is there twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from console.errors import SettingsError
from console.sim import drill as drills
from console.sim.faults.specs import RevisionHeld

if TYPE_CHECKING:
    from console.sim.scenario import Scenario


def check(scenario: Scenario, where: str) -> None:
    """Raises `SettingsError` with the place that `where` stands in front of."""
    world = scenario.world
    members = _unique([member.name for member in world.members], f"{where}: world.members")
    _unique([*members, *(each.name for each in world.data_centres)], f"{where}: world.data_centres")
    if not world.provisioned and (world.members or world.gateways or world.routes or world.applications):
        place = f"{where}: world.provisioned"
        raise SettingsError(f"{place}: without a Fleet there is nothing on it", fix="Leave members and the rest out.")
    vswitches = _unique([vswitch.name for vswitch in world.vswitches], f"{where}: world.vswitches")
    gateways = _unique([gateway.name for gateway in world.gateways], f"{where}: world.gateways")
    services = _unique([f"{s.namespace}/{s.name}" for s in world.services], f"{where}: world.services")
    for number, service in enumerate(world.services):
        _known(service.members, members, f"{where}: world.services[{number}].members")
    routes = _unique([route.name for route in world.routes], f"{where}: world.routes")
    for number, gateway in enumerate(world.gateways):
        place = f"{where}: world.gateways[{number}]"
        _known(gateway.vswitches, vswitches, f"{place}.vswitches")
        _known(gateway.members, members, f"{place}.members")
    for number, route in enumerate(world.routes):
        place = f"{where}: world.routes[{number}]"
        _known([route.gateway], gateways, f"{place}.gateway")
        _known([f"{route.name.split('/')[0]}/{route.service}"], services, f"{place}.service")
        _known(route.weights, members, f"{place}.weights")
    applications = _unique([each.name for each in world.applications], f"{where}: world.applications")
    refs = {ref for commit in world.repository.commits for ref in (commit.sha, *commit.refs)}
    for number, application in enumerate(world.applications):
        place = f"{where}: world.applications[{number}]"
        _known([application.service], services, f"{place}.service")
        _known([application.revision], refs, f"{place}.revision")
        _known(application.members, members, f"{place}.members")
        if application.members and not world.light:
            raise SettingsError(f"{place}.members: only a light world spreads to some", fix="Say light: true.")
    for number, fault in enumerate(scenario.faults):
        place = f"{where}: faults[{number}]"
        for field, known in (("member", members), ("route", routes), ("application", applications), ("revision", refs)):
            if hasattr(fault, field):
                _known([getattr(fault, field)], known, f"{place}.{field}")
        if isinstance(fault, RevisionHeld):
            kinds = [member.kind for member in world.members if member.name == fault.member]
            if sum(member.kind in kinds for member in world.members) > 1:
                # The generator tells clusters apart by their label, which is their kind.
                raise SettingsError(f"{place}.member: it is not alone of its kind", fix="Name the only one of a kind.")
    _known(scenario.expect.members, members, f"{where}: expect.members")
    if scenario.drill is not None:
        drills.check(scenario.drill, where, {route.name: route for route in world.routes}, members)


def _unique(found: list[str], place: str) -> set[str]:
    twice = sorted(name for name, count in Counter(found).items() if count > 1)
    if twice:
        raise SettingsError(f"{place}: '{twice[0]}' is there twice", fix="Name each once.")
    return set(found)


def _known(used: object, known: set[str], place: str) -> None:
    missing = [name for name in used if name not in known]  # type: ignore[attr-defined]
    if missing:
        raise SettingsError(f"{place}: nothing is called '{missing[0]}'", fix=f"There are: {', '.join(sorted(known))}.")
