"""Drafts that authors made elsewhere: the card they seal them to, and their files taken in.

Before: `bank.authoring.submissions` makes and opens the files. After: `bank.store.drafts` writes what is in them.
"""

from dataclasses import dataclass

from bank.authoring import submissions
from bank.authoring.near_duplicates import Question
from bank.authoring.outcome import AddReport
from bank.clock import now
from bank.refused import Denied
from bank.seal.locks import Identity
from bank.store import acts
from bank.store.authors import TAKE
from bank.store.drafts import Drafts
from bank.store.meta import Meta
from bank.store.near_duplicates import NearDuplicates
from bank.store.people import People
from bank.store.writing import Progress
from bank.vault import Vault

_DRAFTS_KEY = "drafts-key"


@dataclass(frozen=True, eq=False)
class Submissions:
    """The files of authors who do not have the bank."""

    _vault: Vault
    _meta: Meta
    _people: People
    _drafts: Drafts
    _near_duplicates: NearDuplicates

    def card(self, name: str) -> submissions.Card:
        """What authors elsewhere seal drafts to; the key pair is made the first time, its private half stays here."""
        with self._vault.transaction() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (_DRAFTS_KEY,)).fetchone()
            identity = Identity.generate() if row is None else Identity.from_text(row[0])
            if row is None:
                connection.execute("INSERT INTO meta VALUES (?, ?)", (_DRAFTS_KEY, identity.text))
                acts.chain(connection, [(None, "card", "", now(), identity.recipient, b"")])
        return submissions.Card(self._vault.name, name, identity.recipient)

    def weigh(self, sealed: bytes, file: str) -> submissions.Taken:
        """What `take` would do, without doing it."""
        opened, drafts = self._read(sealed, file)
        return self._told(opened, drafts, self._drafts.weigh(drafts.items), list(self._near_duplicates.questions()))

    def take(self, sealed: bytes, file: str, progress: Progress | None = None) -> submissions.Taken:
        """Drafts of all items in a file that an author made elsewhere (`bank.authoring.submissions`), the author as
        their writer."""
        opened, drafts = self._read(sealed, file)
        held = list(self._near_duplicates.questions())
        made = [*drafts.new, *(draft for draft, _ in drafts.changes)]
        report = self._drafts.take(made, opened.written, drafts.media, progress)
        return self._told(opened, drafts, report, held)

    def open(self, sealed: bytes, file: str) -> submissions.Drafts:
        """What the author wrote; of no use outside this process (`bank.agent` counts it before it takes effect)."""
        return self._read(sealed, file)[1]

    def _read(self, sealed: bytes, file: str) -> tuple[submissions.OpenedFile, submissions.Drafts]:
        key = self._meta.value(_DRAFTS_KEY)
        if not key:
            raise Denied("drafts-no-card", file=file)
        opened = submissions.open_file(sealed, Identity.from_text(key), self._vault.name, self._people.all(), file=file)
        taken = self._vault.one("SELECT at FROM acts WHERE act = ? AND remarks = ?", (TAKE, opened.written.sha256))
        if taken is not None:
            raise Denied("drafts-taken", file=file, at=taken[0])
        drafts, changes, seen = submissions.drafts_in(opened, name=file), [], set()
        for draft, where in drafts.changes:
            try:
                lineage = self._drafts.revisable(draft).lineage
                if lineage in seen:
                    raise Denied("draft-of-older-revision", item=draft.of, rev=draft.rev, newest=draft.rev + 1)
            except Denied as refusal:
                drafts.refused.append(submissions.noted(where, refusal.code, refusal.facts))
                continue
            seen.add(lineage)
            changes.append((draft, where))
        drafts.changes = changes
        return opened, drafts

    def _told(
        self, opened: submissions.OpenedFile, drafts: submissions.Drafts, report: AddReport, held: list[Question]
    ) -> submissions.Taken:
        author = self._people.all()[opened.written.author]
        return submissions.report(opened, author, drafts, report, held)
