"""New wordings: items weighed and taken in as drafts, and items put into other words, as their writers signed them.

Before: `bank.formats` makes Items, `bank.store.writing` writes rows. After: `bank.authoring.lifecycle` has them
reviewed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from msgspec import structs

from bank import subjects
from bank.authoring import authorship, review
from bank.authoring.authorship import Draft, Line, Written
from bank.authoring.outcome import AddReport, Contradiction, OtherSubject
from bank.authoring.people import Role
from bank.authoring.review import Act, Event, State
from bank.canonical import digest
from bank.clock import now
from bank.item import AnswerKey, Item
from bank.lending import slices
from bank.refused import BadFile, Denied
from bank.store import acts, writing
from bank.store.answer_keys import AnswerKeys
from bank.store.authors import TAKE, Authors
from bank.store.bank_item import BankItem, ItemOutline
from bank.store.history import History
from bank.store.items import Items
from bank.store.media import keep
from bank.store.meta import Meta
from bank.store.people import People
from bank.store.proof import PROVED, Proof
from bank.store.writing import Encoded, Progress, encoded
from bank.vault import Connection, Vault

_BATCH = 500


def _taking(written: Written) -> acts.Noted:
    return None, TAKE, written.author, now(), written.sha256, written.statement


@dataclass(frozen=True, eq=False)
class Drafts:
    """What nobody has approved yet comes in here."""

    _vault: Vault
    _meta: Meta
    _people: People
    _history: History
    _authors: Authors
    _proof: Proof
    _items: Items
    _answer_keys: AnswerKeys

    def weigh(self, items: Iterable[Item]) -> AddReport:
        """What `write` would do with new items, without doing it."""
        return self._weigh([encoded(item) for item in items])[0]

    def add(
        self,
        items: Iterable[Item],
        media: Mapping[str, bytes] | None = None,
        progress: Progress | None = None,
        *,
        approve_as_sample: bool = False,
    ) -> AddReport:
        """Drafts of all of `items` that nobody signs, in a bank of samples only; or, where anything fails, none.

        `approve_as_sample` approves them at once. Pictures that no item of the call shows stay out.

        Raises Denied: when the bank is not one of samples.
        """
        self._require_sample("bank-not-sample" if approve_as_sample else "drafts-unsigned")
        with self._vault.transaction() as connection:
            return self._add(connection, [(item, "") for item in items], media or {}, progress, "", approve_as_sample)

    def write(
        self,
        drafts: Sequence[Draft],
        statement: bytes,
        media: Mapping[str, bytes] | None = None,
        progress: Progress | None = None,
    ) -> AddReport:
        """All of `drafts`, new items and other wordings of those that are here, or none: as their writer's statement
        (`bank.authoring.authorship`) says. What somebody else wrote and nobody approved yet stays among the
        revisions.

        Raises BadFile: when the statement lists other wordings.
        """
        return self._write(drafts, self._proved(statement), media or {}, progress)

    def revise(self, lineage: str, item: Item, media: Mapping[str, bytes] | None = None) -> BankItem:
        """Another wording that nobody signs. Raises Denied: when the bank is not one of samples."""
        self._require_sample("drafts-unsigned")
        newest = self._items.newest(lineage)
        with self._vault.transaction() as connection:
            self._revise(connection, Draft(item, "", newest.lineage, newest.rev), "", media or {})
        return self._items.newest(lineage)

    def adopt(self, statement: bytes) -> None:
        """Drafts as they stand, of whose writer no signature is known, get one who answers for having written them.

        Raises BadFile: when the statement lists other wordings. Raises Denied: when one is no draft any more, or its
        writer is known.
        """
        written, at = self._proved(statement), now()
        with self._vault.transaction() as connection:
            for _digest, of, rev in written.lines:
                item = self._items.revision(of, rev)
                sealed, events = self._proof.seal(item), self._history.events(item.number)
                if authorship.line(sealed, of, rev) not in written.lines:
                    raise BadFile("drafts-altered", file="")
                if item.state is not State.DRAFT:
                    raise Denied("act-not-possible", act=Act.WRITE.value, state=item.state.value)
                if review.writers(events, self._authors.of(sealed)):
                    raise Denied("writer-known", item=item.code or item.lineage[:8])
                self._history.note(connection, item.number, Event(Act.WRITE, written.author, at), State.DRAFT)
            acts.chain(connection, [_taking(written)])

    def set_subject(self, numbers: Sequence[int], subject: str, statement: bytes) -> None:
        """The newest revisions of these numbers as drafts of another subject, with the salts they have, as their
        writer's statement says; all or none.

        Raises BadFile: when the statement lists other wordings, or there is no such subject.
        """
        if not subjects.is_known(subject):
            raise BadFile("unknown-subject", found=subject[:40])
        written, drafts = self._proved(statement), []
        for item in map(self._items.numbered, numbers):
            if item.state in PROVED:
                self._proof.check(item)
            answer_key, explanation, salt = self._proof.kept(item)
            whole = structs.replace(item.with_key(answer_key, explanation), subject=subject)
            drafts.append(Draft(whole, salt, item.lineage, item.rev))
        self._write(drafts, written, {}, None)

    def _require_sample(self, code: str) -> None:
        if not self._meta.sample():
            raise Denied(code, file=self._vault.path.parent.name)

    def _proved(self, statement: bytes) -> Written:
        """What an author of the bank signed, who is at work."""
        written, author = authorship.prove(statement, self._vault.name, self._people.all(), file="")
        author.require(Role.AUTHOR)
        return written

    def _write(
        self, drafts: Sequence[Draft], written: Written, media: Mapping[str, bytes], progress: Progress | None
    ) -> AddReport:
        if [draft.line for draft in drafts] != list(written.lines):
            raise BadFile("drafts-altered", file="")
        return self.take(drafts, written, media, progress)

    def subject_to_sign(self, numbers: Sequence[int], subject: str, progress: Progress | None = None) -> list[Line]:
        """What the writer of `set_subject` signs of each: the digests that were signed before, but for the subject."""
        lines = []
        for done, item in enumerate(map(self._items.numbered, numbers)):
            about = digest(review.about(structs.replace(item.with_key(AnswerKey(), ""), subject=subject)))
            lines.append(authorship.line(replace(self._proof.seal(item), about=about), item.lineage, item.rev))
            if progress is not None:
                progress(done, len(numbers))
        return lines

    def written_by(self, ids: Collection[str]) -> list[ItemOutline]:
        """Drafts whose very wording a signature proves to be of one of these (all ids of one person)."""
        found = []
        for item in self._items.select(verified=False, state=State.DRAFT):
            wrote = review.writers(self._history.events(item.number), self._authors.of(self._proof.seal(item)))
            if wrote & set(ids):
                found.append(item.outline)
        return found

    def unwritten(self) -> list[ItemOutline]:
        """Drafts of whose writer no signature is known: somebody must adopt them before they go through review."""
        return [
            item.outline
            for item in self._items.select(verified=False, state=State.DRAFT)
            if not review.writers(self._history.events(item.number), self._authors.of(self._proof.seal(item)))
        ]

    def take(
        self, drafts: Sequence[Draft], written: Written, media: Mapping[str, bytes], progress: Progress | None
    ) -> AddReport:
        """Writes drafts whose statement is proved; all of them, or none."""
        with self._vault.transaction() as connection:
            # First: whatever comes after it in this transaction can be proved by it.
            acts.chain(connection, [_taking(written)])
            new = [(draft.item, draft.salt) for draft in drafts if not draft.of]
            report = self._add(connection, new, media, progress, written.author, False)
            for draft in drafts:
                if draft.of:
                    self._revise(connection, draft, written.author, media)
        return report

    def _add(
        self,
        connection: Connection,
        items: Sequence[tuple[Item, str]],
        media: Mapping[str, bytes],
        progress: Progress | None,
        by: str,
        approve_as_sample: bool,
    ) -> AddReport:
        """`items` with the salts that their writer signed."""
        named = [encoded(item) for item, _ in items]
        report, fresh = self._weigh(named)
        salts: dict[str, str] = {}
        for each, (_, salt) in zip(named, items, strict=True):
            salts.setdefault(each[0], salt)
        at = now()
        state = State.APPROVED if approve_as_sample else State.DRAFT
        act = Act.SAMPLE if approve_as_sample else Act.WRITE
        item, number = (
            connection.execute(f"SELECT coalesce(max(number), 0) + 1 FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("items", "revisions")
        )
        for done in range(0, len(fresh), _BATCH):
            batch = fresh[done : done + _BATCH]
            writing.insert_new(connection, item + done, number + done, state, batch, by, at, salts)
            if progress is not None:
                progress(done, len(fresh))
        keep(connection, [item for _, _, item in fresh], media)
        if fresh:  # one act for all: each revision's row says by whom and when
            told = f"{number}-{number + len(fresh) - 1}"
            acts.chain(connection, [(None, act.value, by, at, told, b"")])
        return report

    def _revise(self, connection: Connection, draft: Draft, by: str, media: Mapping[str, bytes]) -> None:
        """A new draft, or its writer's own draft written anew if nobody has handed it in."""
        newest = self.revisable(draft)
        events, wording, at = self._history.events(newest.number), encoded(draft.item), now()
        salts = {wording[0]: draft.salt}
        before = review.hands(events)
        own = newest.state is State.DRAFT and before <= {by} and not any(event.statement for event in events)
        by = ",".join(sorted(self._hands_before(draft.item, newest, events) | {by} - {""}))
        if own:
            number = newest.number
            writing.rewrite(connection, number, wording, by, at, salts)
        else:
            rev = newest.rev + 1
            (place,) = connection.execute("SELECT number FROM items WHERE lineage = ?", (newest.lineage,)).fetchone()
            number = writing.insert(connection, place, rev, State.DRAFT, wording, by, at, salts)
            connection.execute("UPDATE items SET newest = ? WHERE number = ?", (rev, place))
            if newest.state is State.DRAFT:
                self._history.note(connection, newest.number, Event(Act.SUPERSEDE, by, at), State.RETIRED)
        acts.chain(connection, [(None, Act.WRITE.value, by, at, str(number), b"")])
        keep(connection, [draft.item], media)

    def _hands_before(self, item: Item, newest: BankItem, events: Sequence[Event]) -> set[str]:
        """Who has a hand in `item` already: in what it is made from, if nobody ever approved that, and in any revision
        that says the very same. A draft that its writer retires stays its writer's, whoever brings it again."""
        unapproved = not any(event.act in (Act.APPROVE, Act.SAMPLE) for event in events)
        found = review.hands(events) | self._authors.of(self._proof.seal(newest)) if unapproved else set()
        for other in self._items.revisions(newest.lineage):
            if other.id == item.id:
                answer_key, explanation, _salt = self._proof.kept(other)
                if (answer_key, explanation) == (item.answer_key, item.explanation):
                    found |= review.hands(self._history.events(other.number)) | self._authors.of(
                        self._proof.seal(other)
                    )
        return found

    def revisable(self, draft: Draft) -> BankItem:
        """The revision that `draft` would follow.

        Raises Denied: when it was made from an older one, is another item already, or is under review.
        """
        known = self._vault.one("SELECT 1 FROM items WHERE lineage = ?", (draft.of,))
        newest = self._items.newest(draft.of) if known else self._items.find(draft.of)
        if newest.rev != draft.rev:
            raise Denied("draft-of-older-revision", item=draft.of, rev=draft.rev, newest=newest.rev)
        other = self._vault.one(
            "SELECT i.lineage FROM revisions r JOIN items i ON i.number = r.item WHERE r.id = ? AND i.lineage <> ?",
            (draft.item.id, newest.lineage),
        )
        if other is not None:
            raise Denied("item-already-there", item=other[0][:8])
        review.require_own(self._history.events(newest.number))
        if newest.state is State.IN_REVIEW:
            raise Denied("act-not-possible", act=Act.WRITE.value, state=newest.state.value)
        if self._meta.practice():
            slices.require_open([draft.item])
        return newest

    def _weigh(self, named: Sequence[Encoded]) -> tuple[AddReport, list[Encoded]]:
        slices.require_not_lent(item for _, _, item in named)
        if self._meta.practice():
            slices.require_open(item for _, _, item in named)
        held = {row[0] for row in self._vault.rows("SELECT id FROM revisions")} & {each[0] for each in named}
        known = {identity: answer_key for identity, (answer_key, _) in self._answer_keys.unverified(held).items()}
        of = self._subjects(held)
        fresh, already, contradictions, others = [], [], [], []
        rows: dict[str, int] = {}
        """Where what is fresh was given."""
        for row, each in enumerate(named):
            identity, _, item = each
            before = known.get(identity)
            if before is None:
                known[identity], rows[identity], of[identity] = item.answer_key, row, item.subject
                fresh.append(each)
            else:
                already.append(identity)
                if item.subject and item.subject != of[identity]:
                    name = (item.code or identity[:8]) if identity in rows else self._name(identity)
                    others.append(OtherSubject(row, name, item.subject, of[identity]))
                if before != item.answer_key:
                    name = "" if identity in rows else self._name(identity)
                    contradictions.append(Contradiction(row, rows.get(identity), identity, name))
        report = AddReport(tuple(each[0] for each in fresh), tuple(already), tuple(contradictions), tuple(others))
        return report, fresh

    def _subjects(self, held: Set[str]) -> dict[str, str]:
        """Of questions that are there, the subject that their newest revision states."""
        query = "SELECT id, subject FROM revisions ORDER BY item, rev"
        return {identity: subject for identity, subject in self._vault.rows(query) if identity in held} if held else {}

    def _name(self, identity: str) -> str:
        row = self._vault.one("SELECT code FROM revisions WHERE id = ? ORDER BY rev DESC LIMIT 1", (identity,))
        return (row[0] if row else "") or identity[:8]
