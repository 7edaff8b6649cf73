"""What runs may write, and what they were found to lack for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Write(StrEnum):
    """What runs write on the hub; named apart from the sources, which equal texts would be taken for."""

    WEIGHTS = "write ingresses"
    LOCK = "write leases"
    RECORDS = "write configmaps"
    NAMESPACE = "create namespace"
    UPKEEP = "write applications"


@dataclass(frozen=True, slots=True)
class Lacking:
    """One permission that an access review said we do not have, in the words of a role. `namespace`: it is lacking
    there, for that write of objects in it; None: for every write of that kind."""

    of: Write
    words: str
    namespace: str | None = None
