"""Checks of this machine: the settings file, the state directory, the terminal."""

from __future__ import annotations

from console.model.checkup import Check, CheckState, SettingsFacts, StateFacts, TerminalFacts

LEAST = (80, 24)
"""Columns and rows that the screen needs."""


def settings(facts: SettingsFacts) -> Check:
    """Where the settings file is, whether it can be used, and who else may change or read it."""
    name, found = "settings file", f"{facts.path} ({facts.origin})"
    if facts.failure is not None:
        return Check(name, CheckState.BAD, facts.failure.sentence, facts.failure.fix or "Correct the file.")
    if not facts.exists:
        return Check(name, CheckState.UNSET, f"none at {found}: defaults hold", "Write one to name members and probes.")
    if facts.others_write:
        fix = "Set its mode to 0600: it says where we go and with which credential."
        return Check(name, CheckState.BAD, f"{found}; others may write to it", fix)
    if facts.others_read and facts.holds_key:
        return Check(name, CheckState.WARN, f"{found}; holds a key, and others may read it", "Set its mode to 0600.")
    return Check(name, CheckState.OK, found)


def members(facts: SettingsFacts, known: frozenset[str] | None) -> Check:
    """Whether every member that settings name is on the hub."""
    name = "settings members"
    if not facts.members:
        return Check(name, CheckState.UNSET, "settings name no member")
    if known is None:
        return Check(name, CheckState.UNKNOWN, "the hub's members are not known", "See the check of managedclusters.")
    strange = [member for member in facts.members if member not in known]
    if strange:
        found = f"not on the hub: {', '.join(strange)}; on the hub: {', '.join(sorted(known)[:8]) or 'none'}"
        return Check(name, CheckState.WARN, found, "Correct their ids under fleets.members, or take out who is gone.")
    return Check(name, CheckState.OK, f"all {len(facts.members)} are on the hub")


def state(facts: StateFacts) -> Check:
    """Whether runs can be journaled in the state directory, for our eyes only."""
    name, other = "state directory", "Name another place with --state-dir."
    if not facts.writable:
        return Check(name, CheckState.BAD, f"{facts.path} cannot be written", other)
    if not facts.mode:
        return Check(name, CheckState.OK, f"{facts.path} will be made, mode 0700")
    found = f"{facts.path}, mode {facts.mode}"
    if facts.others_write or not facts.own:
        whose = "others may write to it" if facts.own else "it is another user's"
        return Check(name, CheckState.BAD, f"{found}; {whose}", other)
    if facts.network:
        fix = "Name a place on a local disk with --state-dir: the journal is slow and less safe there."
        return Check(name, CheckState.WARN, f"{found}; on a network file system", fix)
    if facts.mode != "0700":
        return Check(name, CheckState.WARN, f"{found}; others may look into it", f"Say: chmod 700 {facts.path}")
    return Check(name, CheckState.OK, found)


def terminal(facts: TerminalFacts) -> Check:
    """Whether the screen can be drawn here."""
    name = "terminal"
    if facts.size is None:
        return Check(name, CheckState.UNSET, "none here", "Verbs need none; the screen does.")
    columns, rows = facts.size
    inside = ", in tmux" if facts.tmux else ""
    shown = "UTF-8" if facts.utf8 else "no UTF-8"
    found = f"TERM={facts.term or '(unset)'}, {facts.colors}, {shown}, {columns}x{rows}{inside}"
    if facts.term in ("", "dumb", "unknown"):
        return Check(name, CheckState.BAD, found, "Set TERM to what the terminal is, for example xterm-256color.")
    if columns < LEAST[0] or rows < LEAST[1]:
        return Check(name, CheckState.WARN, found, f"Make it at least {LEAST[0]}x{LEAST[1]}.")
    if not facts.utf8:
        return Check(name, CheckState.WARN, found, "Set LANG to a UTF-8 locale; until then the screen is in ASCII.")
    if facts.tmux and not facts.term.startswith(("tmux", "screen")):
        return Check(name, CheckState.WARN, found, "Set tmux's default-terminal to tmux-256color.")
    return Check(name, CheckState.OK, found)
