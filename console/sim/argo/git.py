"""The git side of the world: a repository with its commits, and the ApplicationSets that spread what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.sim.faults.specs import RevisionHeld
from console.sim.scenario import Scenario
from console.sim.terms import seconds

if TYPE_CHECKING:
    from console.sim.world import Service


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the repository, deployed `deployed` seconds ago."""

    sha: str
    version: str
    refs: tuple[str, ...]
    deployed: float


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository; each Service has a chart in it."""

    url: str
    commits: tuple[Commit, ...]

    def resolve(self, revision: str) -> Commit | None:
        """What a branch, a tag, HEAD or a sha stands for; None where there is no such thing."""
        wanted = "main" if revision in ("", "HEAD") else revision
        return next((commit for commit in self.commits if wanted in (commit.sha, *commit.refs)), None)


@dataclass(frozen=True, slots=True)
class Application:
    """An ApplicationSet to be, with an Application in each of its members. `revisions`: what those follow, by member
    id."""

    name: str
    service: Service
    revisions: Mapping[str, str]
    self_heal: bool
    age: float


def repository(scenario: Scenario) -> Repository:
    """The repository of a scenario."""
    spec = scenario.world.repository
    commits = tuple(Commit(each.sha, each.version, each.refs, seconds(each.deployed)) for each in spec.commits)
    return Repository(spec.url, commits)


def applications(scenario: Scenario, services: tuple[Service, ...], ids: Mapping[str, str]) -> tuple[Application, ...]:
    """The ApplicationSets of a scenario; `ids`: member id by name."""
    by_name = {f"{service.namespace}/{service.name}": service for service in services}
    held = {(f.application, f.member): f.revision for f in scenario.faults if isinstance(f, RevisionHeld)}
    return tuple(
        Application(
            name=each.name,
            service=by_name[each.service],
            revisions={ids[name]: held.get((each.name, name), each.revision) for name in each.members or ids},
            self_heal=each.self_heal,
            age=seconds(each.age),
        )
        for each in scenario.world.applications
    )
