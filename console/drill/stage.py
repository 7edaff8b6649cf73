"""Where a drill is played: a simulator with the drill's world as a child, settings at the drill's pace, operators with
a journal each, and what they started; all of it is gone at the end."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.drill.hub import Hub
from console.drill.processes import runners
from console.errors import Lost
from console.sim import child
from console.sim.drill import ME, Drill
from console.sim.faults import remote
from console.sim.handover import KUBECONFIG, SETTINGS
from console.sim.scenario import Scenario
from console.sim.terms import seconds

LONGEST = 90.0
"""Seconds that a command may take in a drill."""
PREFIX = "alb.ingress.kubernetes.io/cluster-weight."
"""What the settings file leaves at its default."""
_RUN = re.compile(r"^run ([a-z0-9]{3,8}) \(", re.MULTILINE)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
Weights = dict[str, dict[str, int]]
"""Route key -> member's name -> weight."""


@dataclass
class Said:
    """What a command said, and how it ended."""

    line: str
    code: int
    text: str


@dataclass
class Going:
    """A command that goes on; its output is in a file."""

    line: str
    process: subprocess.Popen[bytes]
    output: Path

    def said(self) -> Said:
        """Once it has ended."""
        return Said(self.line, _shells(self.process.wait()), self.output.read_text("utf-8", "replace"))


@dataclass
class Stage:
    """A drill that is being played. `names`: member id -> name; `pace`: how much slower than the file says."""

    drill: Drill
    directory: Path
    hub: Hub
    names: Mapping[str, str]
    before: Weights
    pace: float
    going: list[Going] = field(default_factory=list)
    run: str = ""
    """The newest run that anybody told of."""

    def environment(self, by: str = ME) -> dict[str, str]:
        """Of every process: this one's without proxies, which have no business before loopback; of somebody else's with
        their name."""
        own = {name: value for name, value in os.environ.items() if name.lower() not in _PROXIES}
        return own if by == ME else {**own, "LOGNAME": by}

    def command(self, by: str, words: Sequence[str] = ()) -> list[str]:
        """The console's command line for an operator."""
        config, state = self.directory / SETTINGS, self.state(by)
        return [sys.executable, "-m", "console", "--config", str(config), "--state-dir", str(state), *words]

    def state(self, by: str) -> Path:
        """Where an operator's runs are journaled."""
        return self.directory / f"state-{by}"

    def words(self, line: str) -> list[str]:
        """A line of the script, with `{run}` filled in."""
        return shlex.split(line.replace("{run}", self.newest() if "{run}" in line else ""))

    def say(self, line: str, by: str = ME) -> Said:
        """Run a command to its end."""
        done = subprocess.run(
            self.command(by, self.words(line)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self.environment(by), timeout=LONGEST, check=False,
        )  # fmt: skip
        said = Said(line, _shells(done.returncode), done.stdout.decode("utf-8", "replace"))
        self._heard(said.text)
        return said

    def start(self, line: str, by: str = ME) -> Going:
        """Run a command in the operator's terminal while other things go on."""
        output = self.directory / f"output-{len(self.going)}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                self.command(by, self.words(line)),
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                env=self.environment(by), start_new_session=True,
            )  # fmt: skip
        going = Going(line, process, output)
        self.going.append(going)
        return going

    def newest(self) -> str:
        """The id of the newest run: as the Fleet has it, or the one that was told last."""
        if self.going:
            self._heard(self.going[-1].output.read_text("utf-8", "replace"))
        with suppress(Lost, FileNotFoundError):
            return self.hub.newest() or self.run
        return self.run

    def weights(self) -> Weights:
        """What every route's Ingress holds, by the simulator's own word, which no partition delays."""
        return _named(remote.truth(self.directory)["routes"], self.names)

    def kill(self, who: str, name: str, by: str = ME) -> int:
        """Signal an operator's runners, or the commands of their terminal; returns how many were there."""
        number = signal.Signals[f"SIG{name}"]
        if who == "runner":
            found = runners(self.state(by))
        else:
            found = [one.process.pid for one in self.going if one.process.poll() is None]
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return len(found)

    def annotate(self, route: str, weights: Mapping[str, int], manager: str) -> None:
        """Write weights by members' names as somebody else."""
        ids = {name: identifier for identifier, name in self.names.items()}
        self.hub.annotate(route, {PREFIX + ids[name]: str(weight) for name, weight in weights.items()}, manager)

    def clear(self) -> None:
        """End every process that the drill began, but the simulator."""
        for one in self.going:
            if one.process.poll() is None:
                one.process.kill()
            one.process.wait()
        for state in self.directory.glob("state-*"):
            for pid in runners(state):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _heard(self, text: str) -> None:
        found = _RUN.findall(text)
        if found:
            self.run = found[-1]


@contextmanager
def stage(scenario: Scenario, name: str, *, pace: float = 1.0) -> Iterator[Stage]:
    """A drill's world, served for as long as the context holds; `name` as `sim --scenario` takes it."""
    drill = scenario.drill
    assert drill is not None, "whoever plays has looked"
    with tempfile.TemporaryDirectory(prefix="fleet-console-drill-", ignore_cleanup_errors=True) as made:
        directory = Path(made)
        words = ["--scenario", name, "--speed", f"{drill.pace.speed / pace:g}"]
        words += ["--load", f"{drill.pace.load:g}", "--dir", made]
        simulator = child.start(words, directory)
        played: Stage | None = None
        try:
            child.until_ready(simulator, directory)
            names = _pace(directory / SETTINGS, drill, pace)
            before = _named(remote.truth(directory)["routes"], names)
            played = Stage(drill, directory, Hub(directory / KUBECONFIG), names, before, pace)
            yield played
        finally:
            if played is not None:
                played.clear()
            child.end(simulator)


def _pace(file: Path, drill: Drill, pace: float) -> dict[str, str]:
    """Write the drill's pace into the settings that the simulator left; member id -> name."""
    import yaml

    settings: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    fleet, own = settings["fleets"][0], drill.pace
    settings["run"] = {
        name: f"{seconds(getattr(own, name)) * pace * 1000:.0f}ms" for name in ("steady", "verify_timeout", "lease")
    }
    asked = own.probes / pace
    if asked > 0:
        settings["probe_budget"] = asked
        for probe in fleet["probes"]:
            probe["rate"] = asked / len(fleet["probes"])
    else:
        fleet.pop("probes", None)
    fleet["cloud"]["poll"] = f"{max(1.0, pace):g}s"
    file.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), "utf-8")
    return {identifier: said["name"] for identifier, said in fleet["members"].items()}


def _shells(code: int) -> int:
    """A process's exit code as a shell tells it: 129 after SIGHUP."""
    return code if code >= 0 else 128 - code


def _named(routes: Mapping[str, Mapping[str, int]], names: Mapping[str, str]) -> Weights:
    return {key: {names.get(one, one): weight for one, weight in held.items()} for key, held in routes.items()}


def until(meets: Any, within: float, *, pause: float = 0.05) -> bool:
    """Whether something held at one look of those within so many seconds."""
    deadline = time.monotonic() + within
    while not meets():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True
