"""A drill without a person: its script does what one would do, the real screen beside it, and every step is a check."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterable

from console.drill.deeds import Events, do
from console.drill.stage import Said, Stage, stage, until
from console.drill.terminal import Terminal
from console.drill.verdict import Check, Result, judge, known_runs
from console.errors import FleetConsoleError
from console.sim import drill as spec
from console.sim.scenario import Scenario

OPENED = 20.0
"""Seconds in which the screen shows the first of the Fleet's routes."""


def play(scenario: Scenario, name: str, *, told: Callable[[Check], None] = lambda _: None) -> Result:
    """Play a drill's script on its world; `told` is told each check when it is made."""
    assert scenario.drill is not None, "whoever plays has looked"
    result = Result(scenario.name, scenario.summary)
    with stage(scenario, name) as played:
        script = _Script(played, result, told)
        try:
            script.play()
        finally:
            script.end()
        at = len(result.checks)
        judge(played, result, scenario.drill.endings[:1])
        for check in result.checks[at:]:
            told(check)
    result.seconds = time.monotonic() - result.began
    return result


class _Script:
    def __init__(self, played: Stage, result: Result, told: Callable[[Check], None]) -> None:
        self._stage = played
        self._result = result
        self._told = told
        self._screen = self._open()
        self._events = Events(played, front=self._cut)

    def play(self) -> None:
        """Every step, until one does not hold: what follows would be about another situation."""
        routes = sorted(self._stage.before)
        self._check("the screen shows the Fleet", routes[0], *self._sees(routes[:1], (), OPENED))
        self._events.begin()
        for step in self._stage.drill.script:
            if not self._result.checks[-1].holds:
                return
            try:
                self._step(step)
            except (FleetConsoleError, subprocess.TimeoutExpired) as error:
                self._check(_named(step), "it can be done", str(error), False)
        if self._events.failed:
            self._check("events", "all of them happen", self._events.failed, False)

    def end(self) -> None:
        """Of the events and the screen."""
        self._events.end()
        self._screen.end()

    def _open(self) -> Terminal:
        return Terminal(self._stage.command(spec.ME), self._stage.environment())

    def _cut(self, name: str) -> None:
        """The screen shares the fate of the terminal."""
        import signal

        self._screen.kill(signal.Signals[f"SIG{name}"])

    def _step(self, step: spec.Step) -> None:
        if isinstance(step, spec.Run):
            said = do(self._stage, step)
            assert said is not None
            self._said(step, said)
        elif isinstance(step, spec.Start):
            self._stage.start(step.line, step.by)
        elif isinstance(step, spec.Ended):
            going = self._stage.going[-1]
            try:
                going.process.wait(step.within)
            except subprocess.TimeoutExpired:
                text = going.output.read_text("utf-8", "replace")
                self._check(going.line, f"over within {step.within:g} s", f"it goes on: {_end(text)}", False)
                return
            self._said(step, going.said())
        elif isinstance(step, spec.Keys):
            self._screen.press(step.keys)
        elif isinstance(step, spec.See):
            wanted = _wanted(step.words, step.never)
            self._check("the screen", wanted, *self._sees(step.words, step.never, step.within))
        elif isinstance(step, spec.Reopen):
            self._screen.end()
            self._screen = self._open()
        elif isinstance(step, spec.Happened):
            held = until(lambda: self._events.happened >= step.events or bool(self._events.failed), step.within)
            found = self._events.failed or f"{self._events.happened} events"
            self._check("events", f"{step.events} events", found, held and not self._events.failed)
        elif isinstance(step, spec.State):
            self._state(step)
        else:
            do(self._stage, step)
            if isinstance(step, spec.Kill) and step.who == "front":
                self._cut(step.signal)

    def _said(self, step: spec.Run | spec.Ended, said: Said) -> None:
        plain = _plain(said.text)
        missing = [word for word in step.says if word not in plain]
        wrong = [word for word in step.never if word in plain]
        found = "; ".join(
            [f"exit {said.code}", *(f"not said: {word}" for word in missing), *(f"said: {word}" for word in wrong)]
        )
        holds = said.code == step.exit and not missing and not wrong
        wanted = f"exit {step.exit}; {_wanted(step.says, step.never)}".rstrip("; ")
        self._check(said.line, wanted, found if holds else f"{found}: {_end(said.text)}", holds)

    def _sees(self, words: Iterable[str], never: Iterable[str], within: float) -> tuple[str, bool]:
        def meets(text: str) -> bool:
            plain = _plain(text)
            return all(word in plain for word in words) and not any(word in plain for word in never)

        holds = self._screen.see(meets, within)
        return ("it does" if holds else f"the screen at the end: {_end(self._screen.text, 4000)}"), holds

    def _state(self, step: spec.State) -> None:
        deadline = time.monotonic() + step.within
        while True:
            runs = known_runs(self._stage, step.by)
            newest = runs[0] if runs else {}
            state, message = str(newest.get("state", "no run")), str(newest.get("message") or "")
            held = all(word in message for word in step.says) and not any(word in message for word in step.never)
            if (state == step.state and held) or time.monotonic() > deadline:
                break
        wanted = f"{step.state}; {_wanted(step.says, step.never)}".rstrip("; ")
        self._check("the run's state", wanted, f"{state}: {message}", state == step.state and held)

    def _check(self, what: str, wanted: str, found: str, holds: bool) -> None:
        self._told(self._result.check(what, wanted, found, holds))


def _named(step: spec.Step) -> str:
    return f"step {step.__struct_config__.tag}"


def _wanted(words: Iterable[str], never: Iterable[str]) -> str:
    parts = [f"says {', '.join(map(repr, words))}"] if words else []
    parts += [f"never {', '.join(map(repr, never))}"] if never else []
    return "; ".join(parts)


def _plain(text: str) -> str:
    """Words as they follow one another, whatever line they broke at."""
    return re.sub(r"\s+", " ", text)


def _end(text: str, most: int = 6000) -> str:
    return text[-most:]
