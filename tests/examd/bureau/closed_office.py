"""An office that issued a package, and the checkpoints that a site would export of its session."""

import secrets
from contextlib import AbstractContextManager
from pathlib import Path

from bank.seal import codes
from examd.bureau.ledger import Entry
from examd.bureau.office import Office
from examd.bureau.releasing import Desk, at_the_desk
from examd.holders import Holder
from examd.record import notes
from tests.examd.toy_session import Toy

AT = "2026-11-21T01:00:00Z"
"""The morning of the session, in Beijing nine o'clock."""
ROOM = "ab" * 16


class Closed:
    def __init__(self, folder: Path, *, opened: bool = True) -> None:
        self.office = Office(folder)
        (folder / "releases").mkdir(parents=True)
        self.toy = Toy(folder)
        self.number = self.toy.issued.package_id
        with self.desk() as desk:
            desk.issue(self.toy.issued, None)
            if opened:
                desk.code_1(self.number, ROOM)
        self.opening = self.note(3, b"\1" * 32)
        self.root = secrets.token_bytes(32)
        self.closing = self.note(9, self.root, closing=True)

    def desk(self, at: str = AT) -> AbstractContextManager[Desk]:
        return at_the_desk(self.office, self.toy.bureau, at)

    def note(
        self, size: int, root: bytes, site: Holder | None = None, chief: Holder | None | bool = None,
        session: str = "T-1", *, closing: bool = False,
    ) -> str:  # fmt: skip
        text = notes.body(notes.origin("S-1", session), size, root)
        lines = [notes.sign(text, "site/S-1", (site or self.toy.site).signing_key)]
        if chief is not False:
            signer = chief if isinstance(chief, Holder) else self.toy.chief
            for name in (notes.CHIEF, notes.CLOSING) if closing else (notes.CHIEF,):
                lines.append(notes.cosign(text, name, signer.signing_key, 1_790_000_000))
        return notes.note(text, *lines)

    def statement(self) -> str:
        """What is read out of the closing: 32 hex digits."""
        toy = self.toy
        site, chief = toy.site.card.sign, toy.chief.card.sign
        return codes.short(notes.statement(notes.read(self.closing), "S-1", site, chief, notes.CLOSING))

    def by_file(self, *these: str) -> str:
        data = notes.SEPARATOR.join(these).encode()
        with self.desk() as desk:
            return desk.code_2_by_checkpoints(self.number, data, file="checkpoints.txt")

    def by_telephone(self, statement: str) -> str:
        with self.desk() as desk:
            return desk.code_2_by_telephone(self.number, statement)

    def code_1(self, room: str) -> str:
        with self.desk() as desk:
            return desk.code_1(self.number, room)

    def entries(self, kind: type[Entry]) -> list[Entry]:
        return self.office.ledger(self.toy.bureau.card).of(self.number, kind)
