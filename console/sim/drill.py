"""What the `drill` section of a scenario file may say: the brief, what happens while somebody works, what the headless
run does in a person's place, and how it may end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import msgspec

from console.errors import SettingsError
from console.sim.faults.specs import Fault
from console.sim.terms import Base, Days, Name, Positive, Rate, RouteKey, Weight

ME = "me"
"""The operator whose drill it is; everybody else has a journal of their own, as on another host."""
Words = tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...]
Exit = Annotated[int, msgspec.Meta(ge=0, le=255)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
"""A command line of the console without its name; `{run}` stands for the newest run."""
Within = Annotated[float, msgspec.Meta(gt=0, le=600)]


class Begin(Base, frozen=True, tag_field="do", tag="fault"):
    """A fault begins."""

    fault: Fault


class Clear(Base, frozen=True, tag_field="do", tag="clear"):
    """The faults of a name end."""

    name: str


class Annotate(Base, frozen=True, tag_field="do", tag="annotate"):
    """Somebody else, known by the field manager, writes weights of a route."""

    route: RouteKey
    weights: dict[str, Weight]
    manager: Name = "kubectl-annotate"


class Kill(Base, frozen=True, tag_field="do", tag="kill"):
    """A signal to the runners, or to the front: the screen and the commands of the operator's terminal."""

    who: Literal["runner", "front"]
    signal: Literal["KILL", "HUP", "STOP", "CONT"] = "KILL"
    by: Name = ME
    """Whose."""


class Run(Base, frozen=True, tag_field="do", tag="run"):
    """A command, to its end: its exit code, words of its output, and words that may not be there."""

    line: Line
    exit: Exit = 0
    says: Words = ()
    never: Words = ()
    by: Name = ME


class Start(Base, frozen=True, tag_field="do", tag="start"):
    """A command that goes on in the operator's terminal."""

    line: Line
    by: Name = ME


class Ended(Base, frozen=True, tag_field="do", tag="ended"):
    """The command that was started last is over: as `run`."""

    exit: Exit = 0
    says: Words = ()
    never: Words = ()
    within: Within = 60.0


class Keys(Base, frozen=True, tag_field="do", tag="keys"):
    """Keys on the screen, parted by spaces: `a`, `enter`, `escape`, `tab`, `up`, `down`, `space`, `^y`; other words are
    typed."""

    keys: Line


class See(Base, frozen=True, tag_field="do", tag="see"):
    """All words stand on the screen at one time, with none of those that may not."""

    words: Words
    never: Words = ()
    within: Within = 30.0


class Reopen(Base, frozen=True, tag_field="do", tag="reopen"):
    """The operator is back and opens the screen again."""


class Happened(Base, frozen=True, tag_field="do", tag="happened"):
    """So many of the drill's events have happened."""

    events: Positive
    within: Within = 60.0


class State(Base, frozen=True, tag_field="do", tag="state"):
    """The newest run that the operator knows is in a state, and says so in these words."""

    state: str
    says: Words = ()
    never: Words = ()
    within: Within = 30.0
    by: Name = ME


Deed = Begin | Clear | Annotate | Kill | Run
"""What can happen to the world or to the operator while somebody works."""
Step = Begin | Clear | Annotate | Kill | Run | Start | Ended | Keys | See | Reopen | Happened | State


class Moment(Base, frozen=True):
    """When: so many routes hold other weights than they had when the event before was over; where it says so, no
    runner of the operator's lives any more; and then seconds go by."""

    written: Annotated[int, msgspec.Meta(ge=0)] = 0
    over: bool = False
    seconds: Rate = 0.0


class Event(Base, frozen=True):
    """One thing that happens, after the ones before it. `says`: what a person is told of it, if anything."""

    do: Deed
    when: Moment = Moment()
    says: str = ""


class Pace(Base, frozen=True):
    """How fast the world and the console go, so that a drill takes seconds: `speed` of the simulator, requests a second
    of the `load` and of all `probes` together, and the settings `run.*`. A person gets all of it slowed down alike."""

    speed: Annotated[float, msgspec.Meta(gt=0)] = 20.0
    load: Rate = 0.0
    probes: Rate = 0.0
    steady: Days = "500ms"
    verify_timeout: Days = "12s"
    lease: Days = "5s"


class Ending(Base, frozen=True):
    """One way in which it ends well: the states that the newest run may be in (none: no run was started) and the
    weights, which are those of the start where none are named."""

    states: tuple[str, ...] = ()
    weights: dict[RouteKey, dict[str, Weight]] = msgspec.field(default_factory=dict)


class Drill(Base, frozen=True):
    """A drill. Wherever it ends, no fence is left on an Ingress and the Fleet's Lease is free."""

    brief: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    """One paragraph for the person: what has happened, what is asked of them."""
    script: tuple[Step, ...]
    """What the headless run does in the person's place."""
    endings: Annotated[tuple[Ending, ...], msgspec.Meta(min_length=1)]
    """The ways in which a person may end it well; the script ends in the first one."""
    events: tuple[Event, ...] = ()
    pace: Pace = Pace()


def check(drill: Drill, where: str, routes: Mapping[str, object], members: set[str]) -> None:
    """What one field alone cannot tell. Raises `SettingsError` with the place."""
    for number, step in enumerate(drill.script):
        place = f"{where}: drill.script[{number}]"
        _check_deed(step, place, routes, members)
        if isinstance(step, Happened) and step.events > len(drill.events):
            raise SettingsError(f"{place}.events: there are {len(drill.events)} events", fix="Wait for fewer.")
        started = any(isinstance(former, Start) for former in drill.script[:number])
        if isinstance(step, Ended) and not started:
            raise SettingsError(f"{place}: no command was started before it", fix="Start one, or run it.")
    for number, event in enumerate(drill.events):
        _check_deed(event.do, f"{where}: drill.events[{number}].do", routes, members)
    for number, ending in enumerate(drill.endings):
        place = f"{where}: drill.endings[{number}].weights"
        for route, weights in ending.weights.items():
            _known(route, routes, place)
            _check_weights(weights, f"{place}.{route}", members)


def _check_deed(step: Step, place: str, routes: Mapping[str, object], members: set[str]) -> None:
    if isinstance(step, Begin):
        for field, known in (("member", members), ("route", set(routes))):
            if hasattr(step.fault, field):
                _known(getattr(step.fault, field), known, f"{place}.fault.{field}")
    elif isinstance(step, Clear):
        _known(step.name, {str(one.__struct_config__.tag) for one in get_args(Fault)}, f"{place}.name")
    elif isinstance(step, Annotate):
        _known(step.route, routes, f"{place}.route")
        _check_weights(step.weights, f"{place}.weights", members)
    elif isinstance(step, Run | Start):
        _check_line(step.line, f"{place}.line")


def _check_line(line: str, place: str) -> None:
    """A line that a shell would take apart, with no other brace than `{run}`."""
    import shlex

    try:
        shlex.split(line)
    except ValueError as error:
        raise SettingsError(f"{place}: {error}", fix="Close the quotation.") from None
    if re.search(r"[{}]", line.replace("{run}", "")):
        raise SettingsError(f"{place}: only {{run}} stands for something", fix="Take the other braces out.")


def _check_weights(weights: Mapping[str, int], place: str, members: set[str]) -> None:
    for member in weights:
        _known(member, members, place)


def _known(name: str, known: Mapping[str, object] | set[str], place: str) -> None:
    if name not in known:
        raise SettingsError(f"{place}: nothing is called '{name}'", fix=f"There are: {', '.join(sorted(known))}.")
