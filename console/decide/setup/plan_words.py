"""What the stages of a plan share: our marks, usual times, and the words of a failure."""

from __future__ import annotations

from console.decide.setup.found import Found
from console.decide.setup.task import Kubeconfig, Stage, Task, Wait
from console.model.topology import TAG

MINUTE = 60.0
LOG = 3
"""Lines of a log that are told."""
KUBECONFIG = "fleet kubeconfig"
"""Task that fetches what opens the Fleet's own API."""
FIRST_REQUESTS = "first requests"
"""Task that compares the shares that answer with the weights."""
NETWORK, FLEETS, CLUSTERS = Wait(("vpcs", "subnets")), Wait(("fleets",)), Wait(("clusters",))


def tags(found: Found) -> list[dict[str, str]]:
    """By which a resource of ours is found again."""
    return [{"Key": TAG, "Value": found.topology.name}]


def note(found: Found) -> str:
    """Description of what has no tags."""
    return f"{TAG} {found.topology.name}"


def broken(state: str, error: str, log: tuple[str, ...]) -> str:
    """What the cloud says of a thing that failed: the failure with its code, and the last lines of its log that say
    something else. The same words come by several operations, with other signs between them."""
    last: list[str] = []
    for one in reversed(log):
        if len(last) < LOG and not any(_plain(each) in _plain(one) for each in (error, *last) if each):
            last.insert(0, one)
    return "; ".join(filter(None, (f"the cloud says {state}", error, *last)))


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)) or text


def kubeconfig(fleet: str) -> Task:
    """Fetch what opens the Fleet's own API."""
    return Task(
        KUBECONFIG, Stage.FLEET, "write",
        f"write the kubeconfig of Fleet {fleet} into a file that only you can read", Kubeconfig(fleet),
        undo="remove the file", usual=5.0, allowed=5 * MINUTE,
    )  # fmt: skip
