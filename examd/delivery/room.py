"""The room of one site, and the session that is held in it, where one is: a package, its record, once opened its hall.

Before: `server`. After: `seats` and `commands` work on the session; `hall`, `examd.record`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from bank.refused import BrokenStore, Denied
from examd import VERSION
from examd.clock import Clock
from examd.delivery import disk
from examd.delivery.drawing import draw_ahead
from examd.delivery.hall import Hall
from examd.holders import Holder
from examd.package import open as opening
from examd.record import notes
from examd.record.entries import Committed, Kind, decode_entry
from examd.record.writer import Note, Outcome, Record, RunLater
from examd.site.folder import SiteFolder
from examd.staff import Person
from examd.terminals import Machine, Terminals


class Witnessed(NamedTuple):
    """The furthest that the chief examiner has co-signed."""

    size: int
    t_ms: int
    """Session time of the last entry below it: what came since, nobody else has seen."""


class Session:
    """A session that was prepared. One that was opened is an `OpenSession`."""

    hall: Hall | None = None

    def __init__(self, folder: Path, site: Holder, package: opening.Package, record: Record) -> None:
        self.folder, self.site, self.package, self.record = folder, site, package, record
        self.result = folder / "result"
        self.alarms_told = self.silence_told = 0
        self.edges: dict[int, tuple[bytes, ...]] = {}
        """Of the record's tree, at sizes for which a proof was made."""
        self._seen: Witnessed | None = None
        self._named = set(record.state.terminals)
        """Machines whose signing keys are in the record, or on the way there."""

    def boot(self) -> None:
        """The first entry of this run of the server; where a full disk keeps it out, it comes with the next."""

        def booted(outcome: Outcome) -> None:
            if isinstance(outcome, BrokenStore) and disk.release_reserve(self.folder):
                self.record.append(Kind.BOOT, "server", {"version": VERSION}, booted)

        self.record.append(Kind.BOOT, "server", {"version": VERSION}, booted)

    @property
    def opening_witnessed(self) -> bool:
        """Whether the chief examiner has signed a checkpoint that covers OPEN."""
        return self._witnessed(self.record.state.opened_idx + 1)

    @property
    def closing_witnessed(self) -> bool:
        """Whether the chief examiner has signed the checkpoint that covers all."""
        return self._witnessed(self.record.size)

    def _witnessed(self, least: int) -> bool:
        chief = self.package.manifest.keys.chief
        kept = self.record.notes()
        return any(note.size >= least and notes.is_witnessed(note.text, notes.CHIEF, chief) for note in kept)

    @property
    def witnessed(self) -> Witnessed:
        if self._seen is None:
            chief, kept = self.package.manifest.keys.chief, reversed(self.record.notes())
            size = next((note.size for note in kept if notes.is_witnessed(note.text, notes.CHIEF, chief)), 0)
            self._seen = Witnessed(size, self._t_ms_before(size))
        return self._seen

    def saw_witness(self, size: int) -> None:
        """The chief examiner has just co-signed the checkpoint over so many entries."""
        if size > self.witnessed.size:
            self._seen = Witnessed(size, self._t_ms_before(size))

    def _t_ms_before(self, size: int) -> int:
        return decode_entry(self.record.entry(size - 1)).t_ms if size else 0

    @property
    def cosign_s(self) -> int:
        """How often a checkpoint is to be co-signed; 0 where the record does not say."""
        opened = self.record.state.opened
        return 0 if opened is None else int(opened.get("cosign_s", 0))

    def note(self, person: Person, act: str, **more: str) -> None:
        """Leaves a staff act in the record, while that takes entries."""
        if not (self.record.state.closed or (self.hall and self.hall.closing)):
            body = {"act": act, "name": person.name, "role": person.role.value, **more}
            if person.employer:
                body["employer"] = person.employer
            self.record.append(Kind.STAFF, f"staff:{person.name}", body, lambda _: None)

    async def append(self, kind: Kind, person: Person, body: Mapping[str, object]) -> Committed:
        """Waits until the entry is durable. Raises BrokenStore: the disk has no room for it."""
        return await durable(lambda done: self.record.append(kind, f"staff:{person.name}", body, done))

    def name_terminals(self, machines: Iterable[Machine], done: Callable[[Outcome], None] = lambda _: None) -> None:
        """Enters in the record which keys may sign for candidates' acts: those that it does not name yet."""
        new = [machine for machine in machines if machine.sign and machine.id not in self._named]
        ids = {machine.id for machine in new}
        self._named |= ids

        def entered(outcome: Outcome) -> None:
            if isinstance(outcome, BrokenStore):
                self._named -= ids
            done(outcome)

        named = [{"key": machine.sign, "machine": machine.id, "name": machine.name} for machine in new]
        self.record.append(Kind.TERMINALS, "server", {"terminals": named}, entered)

    def knows(self, machine: str) -> bool:
        """The record names this machine's key, or is about to."""
        return machine in self._named

    def checkpoint(self) -> Note:
        """Signs the record's head where it has moved. Raises BrokenStore: the disk has no room for it."""
        size, root, _ = self.record.head()
        kept = self.record.notes()
        if kept and kept[-1].size == size:
            return kept[-1]
        session = self.package.manifest.session
        body = notes.body(notes.origin(session.site_id, session.id), size, root)
        text = notes.note(body, notes.sign(body, f"site/{self.site.card.id}", self.site.signing_key))
        return Note(self.record.add_note(size, text), size, text)


class OpenSession(Session):
    hall: Hall

    def __init__(self, session: Session, hall: Hall) -> None:
        super().__init__(session.folder, session.site, session.package, session.record)
        self.hall = hall
        self.drawing: asyncio.Task[None] | None = None
        """Draws the candidates' forms ahead."""

    def draw_ahead(self) -> None:
        """Begins to draw the forms, for as long as the session is held."""
        self.drawing = asyncio.create_task(draw_ahead(self.hall.forms, list(self.hall.live)))


async def durable(append: Callable[[Callable[[Outcome], None]], None]) -> Committed:
    """Runs `append` with a callback and waits for its outcome. Raises BrokenStore: the disk has no room."""
    future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    append(future.set_result)
    outcome = await future
    if isinstance(outcome, BrokenStore):
        raise outcome
    return outcome


class Room:
    """`run_later` hands a function from the record's thread to the loop."""

    def __init__(self, folder: SiteFolder, site: Holder, clock: Clock, run_later: RunLater) -> None:
        self.folder, self.site, self.clock, self.run_later = folder, site, clock, run_later
        self.staff = folder.staff(site)
        self.terminals = Terminals(folder.directory)
        self.low_disk = False
        self.session: Session | None = None

    @property
    def hall(self) -> Hall | None:
        return None if self.session is None else self.session.hall

    def introduce(self, machine: str) -> None:
        """Before anybody signs in at a terminal that joined after the opening, the record names its key."""
        session, found = self.session, self.terminals.of(machine)
        if session is not None and found is not None and not session.knows(machine):
            session.name_terminals([found])

    def prepared(self) -> Session:
        """The session, opened or not. Raises Denied: there is none."""
        if self.session is None:
            raise Denied("nothing-prepared")
        return self.session

    def running(self) -> OpenSession:
        """The session between opening and closing. Raises Denied: it is not there yet, or no more."""
        if not isinstance(self.session, OpenSession):
            raise Denied("not-open")
        if self.session.hall.closing:
            raise Denied("closed")
        return self.session

    def closed(self) -> Session:
        """The session after closing. Raises Denied: it is not closed."""
        if self.session is None or not self.session.record.state.closed:
            raise Denied("not-closed")
        return self.session

    def take_up(self, session_id: str) -> Session | None:
        """Goes on with a session of this site where its record left it; None where it has no record."""
        folder = self.folder.session(session_id)
        if not (folder / "record.db").exists():
            return None
        secrets = self.folder.read_secrets(folder, self.site)
        package = opening.read(folder / "package", self.folder.bureau().sign)
        record = Record.open(folder / "record.db", secrets.record_key, self.clock, self.run_later)
        session, opened = Session(folder, self.site, package, record), record.state.opened
        if opened is not None and secrets.roster is not None and secrets.items is not None:
            roster, items = opening.roster(package, secrets.roster), opening.items(package, secrets.items)
            session = OpenSession(session, Hall(package, record, roster, items, bytes.fromhex(opened["seed"])))
            if not record.state.closed:
                session.draw_ahead()
        self.session = session
        record.start()
        if not record.state.closed:
            session.boot()
        return session

    async def detach_session(self) -> None:
        """Ends the record of the session being held, and forgets it; its folder stays as it is."""
        if self.session is not None:
            if isinstance(self.session, OpenSession) and self.session.drawing is not None:
                self.session.drawing.cancel()
                await asyncio.gather(self.session.drawing, return_exceptions=True)
            await asyncio.to_thread(self.session.record.stop)
        self.session = None
