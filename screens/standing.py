"""Whether an action is available now: what decides it, and the conditions by name. Each gives the sentence that says
why not, or empty text where the action can be done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from console.model.document import Subject
from console.model.fleet import Fleet
from console.model.permission import Write
from console.model.run import RunReport
from console.settings import FORBIDDEN


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether an action is available now. `armed`: seconds of arming left, None where read-only."""

    fleet: Fleet
    read_only: bool = False
    armed: float | None = None
    route: str | None = None
    """The route that is selected or shown."""
    report: RunReport | None = None
    """The run that is shown or selected."""
    refused: str = ""
    """Why the plan that is shown cannot be started; empty where it can."""
    asks: bool = False
    """Whether a rule asks, or was answered."""
    blocks: bool = False
    """Whether a rule blocks, or was overridden."""
    new_key: bool = False
    """Whether the plan that is shown would create a weight key."""
    gateway: str | None = None
    """The gateway of the marked row, or of the page."""
    subjects: tuple[Subject, ...] = ()
    """The objects on the hub that the marked row, or the page, is about."""
    copied: str = ""
    """What would be copied, in words; empty where there is nothing."""
    managed: bool = False
    """Whether an object that is shown as YAML has managedFields."""
    fleets: int = 1
    """How many Fleets settings name."""
    parts: int = 0
    """Applications that the page, or the marked row, is about: one a member."""
    set: str | None = None
    """The ApplicationSet that owns them, `NAMESPACE/NAME`."""
    kind: str = ""
    """refresh | sync, where one is planned."""
    ready: bool = False
    """Whether the wizard has asked what there is."""
    row: str = ""
    """Key of the wizard's marked row."""
    sound: str = ""
    """What is wrong with the wizard's draft; empty where nothing is."""
    failed: str = ""
    """What of the set-up that is shown failed in its cloud, and can be made anew."""
    made: bool = False
    """Whether the set-up that is shown left settings to open."""
    holdable: tuple[str, ...] = ()
    """Namespaces of the applications that would write a plan back, and whose automated sync can be off meanwhile."""
    namespaces: tuple[str, ...] = ()
    """Those of the objects that a confirmed plan would write to."""
    typing: bool = False
    """Whether letters are typed into a line that has the keys, so that none of them is a key of the page."""


UNARMED = "the console is read-only; press a to arm it"


def read_only(standing: Standing) -> str:
    return FORBIDDEN if standing.read_only else ""


def needs_arming(standing: Standing) -> str:
    if standing.read_only:
        return FORBIDDEN
    if standing.armed is None:
        return UNARMED
    return ""


RUNS = (Write.LOCK, Write.RECORDS)
"""What every run that moves weights writes beside them."""


def lacks(standing: Standing, namespaces: Collection[str], *writes: Write) -> str:
    """Which permission a write of objects in these namespaces wants and we do not have, as access reviews said. What
    nobody reviewed is not known to be lacking: the API server's own word comes with the dry run."""
    found = [one for one in standing.fleet.lacking if one.namespace is None or one.namespace in namespaces]
    words = next((one.words for write in writes for one in found if one.of is write), "")
    return f"not allowed: {words}. Ask for a role that grants it" if words else ""


def shift(standing: Standing) -> str:
    if not standing.route:
        return "no route is selected"
    return lacks(standing, (standing.route.partition("/")[0],), Write.WEIGHTS, *RUNS)


def needs_gateway(standing: Standing) -> str:
    return "" if standing.gateway else "no gateway is known"


def next_gateway(standing: Standing) -> str:
    return "" if len(standing.fleet.gateways) > 1 else "there is no other gateway"


def needs_subject(standing: Standing) -> str:
    return "" if standing.subjects else "no object is marked"


def copy(standing: Standing) -> str:
    return "" if standing.copied else "there is nothing to copy: no row is marked"


def order(standing: Standing) -> str:
    return "" if standing.fleet.routes else "there are no routes to sort"


def managed(standing: Standing) -> str:
    return "" if standing.managed else "no object that was read has managedFields"


def fleets(standing: Standing) -> str:
    return "" if standing.fleets > 1 else "settings name no other Fleet"


def confirm(standing: Standing) -> str:
    if standing.kind:
        missing = lacks(standing, standing.namespaces, Write.UPKEEP, Write.RECORDS)
    else:
        missing = lacks(standing, standing.namespaces, Write.WEIGHTS, *RUNS)
    return missing or needs_arming(standing) or standing.refused


def new_key(standing: Standing) -> str:
    return "" if standing.new_key else "every member has its weight key on this Ingress already"


def hold_sync(standing: Standing) -> str:
    if not standing.holdable:
        return "no application that syncs by itself, and could be kept from it, would write this back"
    return lacks(standing, standing.holdable, Write.UPKEEP)


def asks(standing: Standing) -> str:
    return "" if standing.asks else "no rule asks anything"


def blocks(standing: Standing) -> str:
    return "" if standing.blocks else "no rule blocks"


def drain(standing: Standing) -> str:
    fleet = standing.fleet
    if not fleet.zones and not fleet.members:
        return "no member is known"
    said = [lacks(standing, (route.key.partition("/")[0],), Write.WEIGHTS, *RUNS) for route in fleet.routes]
    return said[0] if said and all(said) else ""


def needs_application(standing: Standing) -> str:
    return "" if standing.parts else "no application is marked"


def upkeep(standing: Standing) -> str:
    places = {one.key.partition("/")[0] for one in standing.subjects}
    return needs_application(standing) or lacks(standing, places, Write.UPKEEP, Write.RECORDS)


def needs_set(standing: Standing) -> str:
    return needs_application(standing) or ("" if standing.set else "no ApplicationSet owns it")


def next_part(standing: Standing) -> str:
    return "" if standing.parts > 1 else "it is in one member only"


def of_refresh(standing: Standing) -> str:
    return "" if standing.kind == "refresh" else "only a refresh is hard"


def of_sync(standing: Standing) -> str:
    return "" if standing.kind == "sync" else "a refresh syncs nothing"


def wizard(standing: Standing) -> str:
    return "" if standing.ready else "the account is being asked"


def removable(standing: Standing) -> str:
    return wizard(standing) or ("" if "]" in standing.row else "the marked row belongs to no list")


def sound(standing: Standing) -> str:
    return wizard(standing) or standing.sound


def anew(standing: Standing) -> str:
    return "" if standing.failed else "nothing of this set-up has failed in the cloud"


def taken_away(standing: Standing) -> str:
    report = standing.report
    if report is None:
        return sound(standing)
    return "" if report.state.over and report.kind == "setup" else "no set-up has ended here"


def made(standing: Standing) -> str:
    return "" if standing.made else "no set-up has left settings here yet"


def live(standing: Standing) -> str:
    if standing.read_only:
        return FORBIDDEN
    if standing.report is None:
        return "no run is shown"
    if standing.report.one_step:
        return f"a {standing.report.kind} takes no words: it ends by itself"
    return "" if standing.report.commandable else _over(standing.report)


def _over(report: RunReport) -> str:
    return f"the run is {report.state.replace('_', ' ')}: it takes no more words"


def going(standing: Standing) -> str:
    if standing.report is not None and standing.report.state.over:
        return _over(standing.report)
    return live(standing)


def hasten(standing: Standing) -> str:
    """Of what has a live run write sooner, or more than it would."""
    return going(standing) or needs_arming(standing)


def resume(standing: Standing) -> str:
    report = standing.report
    if report is None:
        return "no run is shown"
    if report.recorded and not report.one_step and report.resumable:
        return f"it is not in this host's journal: fleet-console resume {report.run} --takeover"
    if not report.resumable:
        return f"there is nothing to resume: the run is {report.state.replace('_', ' ')}"
    if report.provisions:
        return needs_arming(standing)
    writes = (Write.UPKEEP, Write.RECORDS) if report.one_step else (Write.WEIGHTS, *RUNS)
    places = {one.route.partition("/")[0] for one in report.routes}
    return needs_arming(standing) or lacks(standing, places, *writes)


def roll_back(standing: Standing) -> str:
    report = standing.report
    if report is None:
        return "no run is selected"
    if standing.read_only:
        return FORBIDDEN
    if report.one_step:
        return f"a {report.kind} moves no weights: there is nothing to put back"
    if not report.routes:
        return "this run's record names no route"
    if report.state.over and standing.armed is None:
        return "this run is over: undoing it starts a new one, so arm first (a)"
    if report.state.over:
        return lacks(standing, {one.route.partition("/")[0] for one in report.routes}, Write.WEIGHTS, *RUNS)
    return ""
