"""A place with a draft: what it is made of comes from workers, and every change of it is judged and written down."""

from __future__ import annotations

import threading
from contextlib import suppress

from textual import work
from textual.message import Message
from textual.timer import Timer
from textual.worker import get_current_worker

from console.decide.setup import draft as drafts
from console.decide.setup.adopt import Adopted
from console.decide.setup.checks import checks
from console.decide.setup.choices import Discovery
from console.decide.setup.draft import Draft
from console.decide.setup.found import Found
from console.decide.setup.task import Check
from console.errors import FleetConsoleError
from console.model.ground import Ground
from console.model.topology import Topology
from console.present import cidr_map
from console.present.cidr_map import CidrMap
from screens.bench import Bench
from screens.place import Place
from widgets.form import Form

PAUSE = 0.3
"""Seconds without a key after which what is being typed is written down."""


class DraftingPlace(Place):
    """Holds a bench. Everything that takes time happens in workers, which only post."""

    class Discovered(Message):
        """The account and the contexts were asked; with the draft as it was kept, where there is one, or the topology
        of the Fleet that stands there."""

        def __init__(self, found: Discovery, kept: str | None, failure: str, stands: Adopted | None = None) -> None:
            super().__init__()
            self.found = found
            self.kept = kept
            self.failure = failure
            self.stands = stands

    class Looked(Message):
        """The ground of the draft was read."""

        def __init__(self, asked: tuple[object, ...], ground: Ground | None, failure: str) -> None:
            super().__init__()
            self.asked = asked
            self.ground = ground
            self.failure = failure

    class Judged(Message):
        """The rules said their word on a topology."""

        def __init__(self, topology: Topology, checks: tuple[Check, ...], drawn: CidrMap) -> None:
            super().__init__()
            self.topology = topology
            self.checks = checks
            self.drawn = drawn

    class Saved(Message):
        """A draft was written down, or could not be."""

        def __init__(self, kept: Draft, failure: str) -> None:
            super().__init__()
            self.kept = kept
            self.failure = failure

    class Read(Message):
        """A topology came from a file, or from what stands; `notes`: what it does not say."""

        def __init__(
            self, document: drafts.Document | None, said: str, notes: tuple[str, ...] = (), *, review: bool = False
        ) -> None:
            super().__init__()
            self.notes = notes
            self.document = document
            self.said = said
            self.review = review

    class Proposed(Message):
        """What was discovered before is what a proposal is wanted of."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self._ready = False
        self._saved = "new"
        self._said = "asking the account what there is ..."
        self._pause: Timer | None = None
        self._writing = threading.Lock()
        self._judged: Topology | None = None
        self._looking: tuple[object, ...] = ()
        self._region = ""
        self._drawn_map = CidrMap()

    def on_mount(self) -> None:
        """Ask what there is."""
        self._discover(None, first=True)

    @work(thread=True, exclusive=True, group="discover")
    def _discover(self, region: str | None, *, first: bool = False) -> None:
        desk, kept, failure = self.console.desk.setups, None, ""
        try:
            kept = desk.draft() if first else None
        except FleetConsoleError as error:
            failure = str(error)
        if kept is not None and region is None:
            region = _region(kept)
        found = desk.discover(region)
        stands: Adopted | None = None
        if first and kept is None and found.ground.hub is not None:
            with suppress(FleetConsoleError):
                stands = desk.adopt(found)
        if not get_current_worker().is_cancelled:
            self.post_message(self.Discovered(found, kept, failure, stands))

    def on_drafting_place_discovered(self, message: Discovered) -> None:
        """Go on with the draft that was kept, or begin with a proposal."""
        bench = self.bench
        bench.found, self._region = message.found, message.found.region
        if self._ready:
            self._said = message.found.failure or "read anew"
        elif message.kept is not None and self._resumed(message.kept):
            self._said = message.found.failure or "this is the draft as it was left; n begins anew"
            self._saved = "saved"
        elif message.stands is not None:
            bench.take(message.stands)
            self._said = f"this is the Fleet that stands, {message.stands.topology.fleet.name}; n begins anew"
            self._save()
        else:
            self._said = bench.begin()
            self._save()
        self._said = message.failure or self._said
        self._ready = True
        bench.reason()
        self.query_one(Form).first()
        self._after()

    def _resumed(self, text: str) -> bool:
        try:
            self.bench.draft = drafts.read(text, "the draft")
        except FleetConsoleError as error:
            self._said = f"the draft that was kept cannot be read: {error}"
            return False
        return True

    @work(thread=True, exclusive=True, group="look", description="what the ground has")
    def _look(self, topology: Topology, asked: tuple[object, ...]) -> None:
        ground: Ground | None = None
        failure = ""
        try:
            ground = self.console.desk.setups.look(topology)
        except FleetConsoleError as error:
            failure = str(error)
        if not get_current_worker().is_cancelled:
            self.post_message(self.Looked(asked, ground, failure))

    def on_drafting_place_looked(self, message: Looked) -> None:
        """Judge by it."""
        self.bench.looked, self.bench.ground = message.asked, message.ground
        if message.failure:
            self._said = f"the ground of this draft is not read: {message.failure}"
        self._judged = None
        self._after()

    @work(thread=True, exclusive=True, group="judge", description="what rules say")
    def _judge(self, topology: Topology) -> None:
        ground = self.bench.ground_of(topology)
        found, drawn = checks(topology, ground), cidr_map.mapped(Found(topology, ground))
        if not get_current_worker().is_cancelled:
            self.post_message(self.Judged(topology, found, drawn))

    def on_drafting_place_judged(self, message: Judged) -> None:
        """Show what they say, unless the draft has gone on."""
        if message.topology == self.bench.draft.topology:
            self.bench.checks, self._drawn_map = message.checks, message.drawn
            self._changed()

    @work(thread=True, group="save")
    def _write(self) -> None:
        failure = ""
        with self._writing:  # whoever comes later writes what is newer
            kept = self.bench.draft
            try:
                self.console.desk.setups.keep(kept.text)
            except FleetConsoleError as error:
                failure = str(error)
        self.post_message(self.Saved(kept, failure))

    def on_drafting_place_saved(self, message: Saved) -> None:
        """Say so in the rail."""
        if message.failure:
            self._saved, self._said = "NOT SAVED", message.failure
        elif message.kept is self.bench.draft:
            self._saved = "saved"
        self._changed()

    def _save(self, *, later: bool = False) -> None:
        self._saved = "saving"
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        if later:
            self._pause = self.set_timer(PAUSE, self._save)
        else:
            self._write()

    def _after(self, *, typing: bool = False) -> None:
        """The draft is another one: judge it, look where it asks for another ground, show it."""
        bench, said = self.bench, self.bench.draft.topology
        if said is not None and said != self._judged:
            self._judged = said
            self._judge(said)
        asked = bench.asks_for()
        if said is not None and asked and asked not in (bench.looked, self._looking) and not typing:
            self._looking = asked
            self._look(said, asked)
        self._changed()

    def changed(self, document: drafts.Document, *, typing: bool = False) -> None:
        """Take another document, and keep it."""
        self.bench.change(document, typing=typing)
        if typing:
            self._save(later=True)
            self._after(typing=True)
        else:
            self._keep()

    def _keep(self) -> None:
        """The bench's draft is another one: keep it, and ask another region where it names one."""
        self.bench.reason()
        self._save()
        region = drafts.at(self.bench.draft.document, "region")
        if isinstance(region, str) and region not in ("", self.bench.found.region, self._region):
            self._region = region
            self._said = f"asking what there is in {region} ..."
            self._discover(region)
        self._after()

    @work(thread=True, exclusive=True, group="read")
    def _read_file(self, path: str) -> None:
        try:
            read = drafts.read(self.console.desk.setups.read(path), path)
            self.post_message(self.Read(read.document, f"{path} is the draft now"))
        except FleetConsoleError as error:
            self.post_message(self.Read(None, str(error)))

    @work(thread=True, exclusive=True, group="read")
    def _propose(self, region: str | None) -> None:
        """Of what is there now: since the page opened somebody may have built on."""
        found = self.console.desk.setups.discover(region)
        if not get_current_worker().is_cancelled:
            self.post_message(self.Discovered(found, None, ""))
            self.post_message(self.Proposed())

    def on_drafting_place_proposed(self, message: Proposed) -> None:
        """Begin with what was found just now."""
        self._said = self.bench.begin()
        self.query_one(Form).first()
        self._keep()

    @work(thread=True, exclusive=True, group="read")
    def _adopt(self, region: str | None) -> None:
        """Of what stands now: since the page opened somebody may have built on."""
        desk = self.console.desk.setups
        found = desk.discover(region)
        if get_current_worker().is_cancelled:
            return
        self.post_message(self.Discovered(found, None, ""))
        try:
            adopted = desk.adopt(found)
        except FleetConsoleError as error:
            self.post_message(self.Read(None, str(error)))
            return
        said = f"adopted: Fleet {adopted.topology.fleet.name}"
        self.post_message(self.Read(drafts.of(adopted.topology).document, said, adopted.notes, review=True))

    def _anew(self) -> str | None:
        """What was read is too old; the region that is to be asked."""
        self._looking, self.bench.looked = (), ()
        region = drafts.at(self.bench.draft.document, "region")
        return region if isinstance(region, str) and region else None

    def _sound(self) -> str:
        many = len(self.bench.draft.problems)
        return f"{many} problem{'s' if many != 1 else ''} of the draft must go first" if many else ""

    def do_back(self) -> None:
        """Off the page; the draft is kept."""
        if self._saved == "saving":
            self._save()
        self.app.pop_screen()

    def do_quit(self) -> None:
        """Leave; the draft is kept."""
        if self._saved == "saving":
            self._save()
        super().do_quit()


def _region(kept: str) -> str | None:
    try:
        said = drafts.at(drafts.read(kept, "the draft").document, "region")
    except FleetConsoleError:
        return None
    return said if isinstance(said, str) and said else None
