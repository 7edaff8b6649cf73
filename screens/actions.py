"""Everything a person can do, in one registry: footer, palette, help and README's key table are read from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from console.model.spans import spoken
from screens import standing
from screens.standing import Standing

ALWAYS = "everywhere"
"""Stands for every place in `Action.places`."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `unavailable` says why not now, in a sentence; empty where it can be done.

    `danger`: it changes the world. `places`: the screens that know it, or `ALWAYS`. `shown`: it stands in the footer;
    `roomy`: only where there is room for it.
    """

    id: str
    key: str
    title: str
    does: str
    """What it does, one sentence for help."""
    places: frozenset[str]
    danger: bool = False
    shown: bool = True
    roomy: bool = False
    unavailable: Callable[[Standing], str] = field(default=lambda _: "")

    @property
    def label(self) -> str:
        """The key as people read it."""
        return LABELS.get(self.key, self.key)

    @property
    def letter(self) -> bool:
        """Whether the key is a character that is typed wherever something is typed."""
        return len(self.label) == 1

    def here(self, place: str) -> bool:
        """Whether a screen knows it."""
        return ALWAYS in self.places or place in self.places


LABELS = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "escape": "esc",
    "enter": "enter",
    "ctrl+l": "^l",
    "ctrl+n": "^n",
    "ctrl+o": "^o",
    "ctrl+t": "^t",
    "ctrl+g": "^g",
    "ctrl+p": "^p",
    "ctrl+y": "^y",
    "ctrl+r": "^r",
    "tab": "tab",
    "ctrl+s": "^s",
    "minus": "-",
}
"""Textual's name of a key -> how it is written on the screen."""


def _at(*places: str) -> frozenset[str]:
    return frozenset(places)


ACTIONS: tuple[Action, ...] = (
    Action("shift", "s", "shift", "Edit the selected route's weights and plan the shift.", _at("dashboard", "route"),
           danger=True, unavailable=standing.shift),
    Action("drain", "d", "drain", "Choose a zone or a member, and plan to take all weight off it.",
           _at("dashboard", "member"), danger=True, unavailable=standing.drain),
    Action("refresh", "f", "refresh", "Plan to have ArgoCD compare one of its Applications with git now.",
           _at("application"), danger=True, unavailable=standing.upkeep),
    Action("sync", "s", "sync", "Plan to have ArgoCD sync one of its Applications.", _at("application"),
           danger=True, unavailable=standing.upkeep),
    Action("confirm", "enter", "confirm", "Ask for the Fleet's name, then start the run.",
           _at("shift", "drain", "one-step", "review"),
           danger=True, unavailable=standing.confirm),
    Action("answer", "ctrl+y", "say yes", "Answer yes to every rule that asks, by its name, or take that back.",
           _at("shift", "drain"), danger=True, unavailable=standing.asks),
    Action("override", "ctrl+o", "override", "Name the rules that block, and tick those that shall not.",
           _at("shift", "drain"), danger=True, unavailable=standing.blocks),
    Action("steps", "ctrl+t", "steps", "Go at once, or in steps of 10, 50 and 100 %.", _at("shift", "drain"),
           roomy=True),
    Action("until", "ctrl+g", "until", "Choose after how long it goes back by itself.", _at("shift", "drain"),
           roomy=True),
    Action("hold_sync", "ctrl+p", "pause sync",
           "Have automated sync off for the run's time on the applications that would write it back, or not.",
           _at("shift", "drain"), danger=True, roomy=True, unavailable=standing.hold_sync),
    Action("new_key", "ctrl+n", "new key", "Allow a weight key that was never seen on this Ingress.",
           _at("shift", "drain"), danger=True, roomy=True, unavailable=standing.new_key),
    Action("dry_run", "ctrl+r", "dry run", "Ask the API server again what it would say to this plan.",
           _at("shift", "drain"), shown=False),
    Action("next_part", "n", "next", "Mark the Application of the next member.", _at("one-step"),
           unavailable=standing.next_part),
    Action("hard", "h", "hard", "Have manifests made anew, past ArgoCD's cache, or not.", _at("one-step"),
           unavailable=standing.of_refresh),
    Action("revision", "v", "revision", "Type the revision that is synced to.", _at("one-step"), roomy=True,
           unavailable=standing.of_sync),
    Action("prune", "p", "prune", "Delete in the member what git does not name any more, or leave it.",
           _at("one-step"), unavailable=standing.of_sync),
    Action("try_sync", "d", "dry run", "Have ArgoCD only try the sync, or carry it out.", _at("one-step"), roomy=True,
           unavailable=standing.of_sync),
    Action("stop", "1", "stop here", "Finish the write in flight and hold: what was done stays as it is.",
           _at("run", "setup-run"), danger=True, unavailable=standing.live),
    Action("resume", "2", "resume", "Start a new runner that looks at what stands, and goes on from there.",
           _at("setup-run"), danger=True, unavailable=standing.resume),
    Action("make_anew", "3", "make anew", "Show what would be done to make again what has failed in the cloud.",
           _at("setup-run"), roomy=True, unavailable=standing.anew),
    Action("open_made", "o", "open Fleet", "Show the Fleet that was set up, by the settings that the set-up left.",
           _at("setup-run"), unavailable=standing.made),
    Action("go_back", "2", "go back", "Put back what was there, down the steps again, each verified.", _at("run"),
           danger=True, unavailable=standing.roll_back),
    Action("finish", "3", "finish now", "Skip the holds that are left; every step is still verified.", _at("run"),
           danger=True, unavailable=standing.hasten),
    Action("extend", "4", "extend", "Lengthen the hold, or put off the time to go back, by 10 min.", _at("run"),
           danger=True, roomy=True, unavailable=standing.live),
    Action("touch", "t", "touch", "Have the controller look again, now, at the Ingresses that wait for it.", _at("run"),
           danger=True, roomy=True, unavailable=standing.hasten),
    Action("go_on", "5", "resume", "Start a new runner where a run's own is dead; it goes on from what stands there.",
           _at("run"), danger=True, roomy=True, unavailable=standing.resume),
    Action("roll_back", "b", "go back", "Put back exactly what the run replaced.", _at("runs"),
           danger=True, unavailable=standing.roll_back),
    Action("remove", "minus", "remove", "Take the vSwitch, member, application, listener or route of this row out.",
           _at("setup"), roomy=True, unavailable=standing.removable),
    Action("undo_change", "u", "undo", "Take the last change of the draft back.", _at("setup"),
           roomy=True, unavailable=standing.wizard),
    Action("edit", "e", "edit", "Edit this step of the draft as YAML; what is wrong has its line and column.",
           _at("setup"), unavailable=standing.wizard),
    Action("edit_whole", "E", "edit all", "Edit the whole draft as YAML.", _at("setup"), shown=False,
           unavailable=standing.wizard),
    Action("draft_yaml", "y", "yaml", "Show the topology as YAML.", _at("setup", "review")),
    Action("map", "m", "map", "Show the whole CIDR map: who overlaps whom.", _at("setup"),
           unavailable=standing.sound),
    Action("all_fields", "f", "all fields", "Show the fields that are seldom set, or hide them.", _at("setup"),
           roomy=True),
    Action("begin", "n", "new", "Begin anew: with a proposal, with what stands, with a file, or with nothing.",
           _at("setup"), roomy=True, unavailable=standing.wizard),
    Action("adopt", "o", "adopt", "Read what somebody built by hand as a topology, and show its drift.",
           _at("setup"), roomy=True, unavailable=standing.wizard),
    Action("teardown", "t", "take away", "Show what would be taken away again, and what stays.",
           _at("setup", "setup-run"), roomy=True, unavailable=standing.taken_away),
    Action("name", "n", "name", "Name objects to take fields of, or adopted things that a teardown takes, too.",
           _at("review"), roomy=True),
    Action("discover", "ctrl+r", "look again", "Ask the account, the Fleet and the data centres again.",
           _at("setup", "review"), roomy=True),
    Action("review", "0", "review", "See every check and the plan, then start it.", _at("setup"), shown=False,
           unavailable=standing.sound),
    Action("keep", "ctrl+s", "keep", "Take what was typed: into the draft, or into a settings file, which is opened.",
           _at("edit", "connect")),
    Action("drop", "ctrl+g", "drop", "Leave the draft as it was before this edit.", _at("edit")),
    Action("open", "enter", "open", "Open the selected row.", _at("dashboard", "runs", "fleets", "targets", "offer"),
           shown=False),
    Action("filter", "slash", "filter", "Show only the members, routes and applications that hold a word.",
           _at("dashboard")),
    Action("clear", "escape", "all rows", "Take the filter away.", _at("dashboard"), shown=False),
    Action("sources", "i", "sources", "Say what every source answers, and every problem.",
           _at("dashboard", "route", "gateway"), roomy=True),
    Action("gateway", "g", "gateway", "Open the gateway of the marked route: quotas, listeners, who shares it.",
           _at("dashboard", "route"), roomy=True, unavailable=standing.needs_gateway),
    Action("next_gateway", "g", "next gateway", "Show the next gateway.", _at("gateway"),
           unavailable=standing.next_gateway),
    Action("set", "t", "set", "Open the ApplicationSet: whom it selects, what an edit of a label would drop.",
           _at("dashboard", "application"), roomy=True, unavailable=standing.needs_set),
    Action("yaml", "y", "yaml", "Read the object from the hub now and show it as YAML.",
           _at("dashboard", "route", "member", "application", "gateway", "set"), roomy=True,
           unavailable=standing.needs_subject),
    Action("copy", "c", "copy", "Copy the marked row's name, the whole page, or the command that attaches to a run.",
           _at("dashboard", "route", "member", "application", "gateway", "yaml", "sources", "run", "runs", "set",
               "setup-run", "text"), roomy=True, unavailable=standing.copy),
    Action("order", "o", "order", "Sort the routes by name, by trouble or by gateway.", _at("dashboard"), roomy=True,
           unavailable=standing.order),
    Action("managed", "m", "managed", "Show who wrote which field (managedFields), or fold that away.", _at("yaml"),
           unavailable=standing.managed),
    Action("reread", "ctrl+r", "read again", "Read the object from the hub again.", _at("yaml")),
    Action("arm", "a", "arm", "Allow shifts for a while, or make the console read-only again.", _at(ALWAYS),
           unavailable=standing.read_only),
    Action("runs", "r", "runs", "List the runs of this host and of the Fleet.",
           _at("dashboard", "route", "application", "setup")),
    Action("setup", "w", "set up", "Set a Fleet up, adopt one, or take one away again, step by step.",
           _at("dashboard")),
    Action("fleets", "f", "fleets", "Choose another Fleet of the settings file; the console is read-only after it.",
           _at("dashboard"), shown=False, unavailable=standing.fleets),
    Action("back", "escape", "back", "Leave this page; a run goes on.",
           _at("route", "shift", "run", "runs", "sources", "help", "member", "application", "gateway", "yaml",
               "fleets", "drain", "targets", "one-step", "set", "setup", "review", "setup-run", "edit", "text",
               "offer", "connect")),
    Action("help", "question_mark", "help", "Say what every key does.", _at(ALWAYS)),
    Action("palette", "colon", "palette", "Find an action by its name.", _at(ALWAYS)),
    Action("repaint", "ctrl+l", "repaint", "Draw the whole terminal anew.", _at(ALWAYS), shown=False),
    Action("quit", "q", "quit", "Leave the console; a run goes on.", _at(ALWAYS)),
)  # fmt: skip
"""In the order in which the footer shows them."""


def at(place: str) -> tuple[Action, ...]:
    """The actions that a screen knows."""
    return tuple(action for action in ACTIONS if action.here(place))


def named(identifier: str) -> Action:
    """The action of that id."""
    return next(action for action in ACTIONS if action.id == identifier)


def key_table() -> str:
    """The registry as README's table, in Markdown."""
    rows = ["| key | where | does |", "|---|---|---|"]
    for action in ACTIONS:
        where = ", ".join(sorted(action.places))
        danger = " Changes the world, once confirmed." if action.danger else ""
        rows.append(f"| `{action.label}` {action.title} | {where} | {action.does}{danger} |")
    return "\n".join(rows)


def arming(now: Standing) -> str:
    """How the header names the state: `READ-ONLY (a arms)`, while a line is typed `READ-ONLY (tab, a arms)`, `READ-ONLY
    (settings)`, `ARMED 9 min`."""
    if now.read_only:
        return "READ-ONLY (settings)"
    if now.armed is None:
        return "READ-ONLY (tab, a arms)" if now.typing else "READ-ONLY (a arms)"
    return f"ARMED {spoken(max(now.armed, 1.0))}"
