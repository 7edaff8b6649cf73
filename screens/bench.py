"""What a person works on in the wizard: the draft with its former states, what was found, and what the checks say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from console.decide.setup import draft as drafts
from console.decide.setup.adopt import Adopted
from console.decide.setup.choices import Discovery
from console.decide.setup.draft import Document, Draft
from console.decide.setup.propose import propose
from console.decide.setup.task import Check
from console.errors import UsageError
from console.model.ground import Ground
from console.model.topology import Topology
from console.present.setup_form import Known

KEPT = 200
"""Former states that can be gone back to."""
_LINKED = {"vpc.id": ("name", "cidr"), "vswitches.id": ("zone", "cidr")}
"""Path without numbers -> what beside it an existing resource says itself."""


class Bench:
    """Holds one draft. Nothing here blocks."""

    def __init__(self) -> None:
        self.draft: Draft = drafts.empty("")
        self.found = Discovery("")
        self.looked: tuple[object, ...] = ()
        """What the ground was read for: where that changes, it is read anew."""
        self.ground: Ground | None = None
        self.checks: tuple[Check, ...] = ()
        self.reasons: Mapping[str, str] = {}
        self.notes: tuple[str, ...] = ()
        self._former: list[tuple[Document, tuple[str, ...]]] = []
        """Each with its notes."""
        self._typed: Document | None = None

    def known(self, *, wide: bool) -> Known:
        """What the form is made of."""
        return Known(self.draft, self.found, self.checks, self.reasons, wide)

    def change(self, document: Document, *, typing: bool = False) -> None:
        """Another document. While a value is being typed, the state before it is the one to go back to."""
        if document == self.draft.document:
            return
        if not typing or self._typed is None:
            self._former = [*self._former[-KEPT:], (self.draft.document, self.notes)]
        self._typed = self._typed or self.draft.document if typing else None
        self.draft = drafts.draft(document)

    def settle(self, path: str) -> None:
        """What was typed at a path is kept; a name is changed wherever it is said."""
        before, self._typed = self._typed, None
        if before is None or not path.endswith("].name"):
            return
        old = drafts.at(before, path)
        if isinstance(old, str):
            self.draft = drafts.draft(drafts.renamed(self.draft.document, path, old))

    def undo(self) -> bool:
        """Back to the state before the last change; False where there is none."""
        if not self._former:
            return False
        document, self.notes = self._former.pop()
        self.draft, self._typed = drafts.draft(document), None
        return True

    def choose(self, path: str, values: tuple[str, ...], *, several: bool) -> None:
        """Write what was chosen; what an existing resource says itself is not said twice."""
        document = drafts.put(self.draft.document, path, (list(values) if several else values[0]) if values else None)
        plain = ".".join(one for one in drafts.steps(path) if isinstance(one, str))
        part = path.rpartition(".")[0]
        for name in _LINKED.get(plain, ()) if values else ():
            document = drafts.put(document, f"{part}.{name}", None)
        name = self._name_of(plain, values[0]) if values else ""
        if name and (plain != "vswitches.id" or not drafts.at(document, f"{part}.name")):
            former = drafts.at(document, f"{part}.name")
            document = drafts.put(document, f"{part}.name", name)
            document = drafts.renamed(document, f"{part}.name", former) if isinstance(former, str) else document
        self.change(document)

    def _name_of(self, plain: str, identifier: str) -> str:
        account = self.found.ground.account
        things = {"fleet.id": account.fleets, "members.id": account.clusters, "vswitches.id": account.subnets}
        return next((one.name for one in things.get(plain) or () if one.id == identifier), "")

    def add_vswitches(self, identifiers: tuple[str, ...]) -> None:
        """Existing vSwitches, by the names that they have."""
        document = self.draft.document
        known = {one.id: one for one in self.found.ground.account.subnets or ()}
        for one in identifiers:
            own = known[one].name if one in known else ""
            plain = own if own and own[0].isalpha() and " " not in own else one
            document = drafts.add(document, "vswitches", {"name": plain, "id": one})
        self.change(document)

    def begin(self) -> str:
        """The smallest topology that discovery allows; says what is missing where there is none, and begins with an
        empty one then."""
        found = self.found
        try:
            proposal = propose(found.ground, found.region, found.sites)
        except UsageError as error:
            self.change(drafts.empty(found.region).document)
            return found.failure or str(error)
        self.change(drafts.of(proposal.topology).document)
        self.reason()
        return "proposed of what was found, with a reason beside each choice"

    def take(self, adopted: Adopted) -> None:
        """What somebody built by hand is the draft; `notes`: what it does not say."""
        self.change(drafts.of(adopted.topology).document)
        self.notes = adopted.notes

    def reason(self) -> None:
        """Reasons for what is still as it would be proposed."""
        try:
            proposal = propose(self.found.ground, self.found.region, self.found.sites)
        except UsageError:
            self.reasons = {}
            return
        wanted = drafts.of(proposal.topology).document
        same = {path for path in proposal.reasons if drafts.at(wanted, path) == drafts.at(self.draft.document, path)}
        self.reasons = {path: why for path, why in proposal.reasons.items() if path in same}

    def asks_for(self) -> tuple[object, ...]:
        """What decides which ground is read: empty where no topology can be looked up."""
        said = self.draft.topology
        if said is None or self.found.failure:
            return ()
        return (said.name, said.region, said.vpc.id, said.fleet.id, tuple((m.name, m.context) for m in said.members))

    def ground_of(self, topology: Topology) -> Ground:
        """The ground as it was read for this draft, or as it was discovered."""
        if self.ground is not None and self.looked == self.asks_for():
            return self.ground
        sites = {
            m.name: self.found.sites[m.context] for m in topology.members if m.context and m.context in self.found.sites
        }
        return replace(self.found.ground, sites=sites)
