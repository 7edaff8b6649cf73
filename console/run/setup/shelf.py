"""Where a set-up keeps what it fetched and what it leaves behind: a directory of its own beside the journal, 0700, its
files 0600."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from console.run import place

SETTINGS = "config.yaml"
"""Settings of the console for the Fleet, with the cloud's credentials; a person may use them by now."""


def kubeconfig_of(fleet: str) -> str:
    """The file's name."""
    return f"{fleet}.kubeconfig"


def root(state: Path | None) -> Path:
    """The directory of all set-ups of this host."""
    return (state or place.default()).expanduser().absolute() / "setups"


class Shelf:
    """The directory of one topology's set-up. Raises `UsageError` where it cannot be used."""

    def __init__(self, state: Path | None, topology: str) -> None:
        self.directory = root(state) / topology

    def kubeconfig(self, fleet: str) -> Path:
        """Of a Fleet, by its id: where it was fetched, and of no other Fleet that had the same name."""
        return self.path(kubeconfig_of(fleet))

    def agent(self, member: str) -> Path:
        """The manifest of a member's agent, as it is applied: it holds a credential."""
        return self.path(f"agent-{member}.yaml")

    def agent_objects(self, member: str) -> Path:
        """Its objects by name alone, by which they are taken away again."""
        return self.path(f"agent-{member}-objects.yaml")

    def agents(self) -> tuple[str, ...]:
        """Members whose agents' manifests are here."""
        names = (one.name.removeprefix("agent-").removesuffix(".yaml") for one in self.directory.glob("agent-*.yaml"))
        return tuple(sorted(one for one in names if not one.endswith("-objects")))

    def forget(self, fleet: bool, members: Collection[str]) -> None:
        """Remove what opens nothing any more: the kubeconfigs, where the `fleet` is gone; the agents' manifests of
        `members` that are."""
        for path in self.directory.glob(kubeconfig_of("*")) if fleet else ():
            path.unlink(missing_ok=True)
        for name in members:
            self.agent(name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """A file here; `name` may hold directories."""
        return self.directory / name

    def write(self, name: str, text: str) -> Path:
        """Write a file whole, or not at all; only its owner may read it."""
        path = self.path(name)
        place.write_whole(path, text, self.directory)
        return path
