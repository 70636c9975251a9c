"""Items that other bodies lent to this bank: taken in, taken back, and what each may be used for.

Each slice that an item comes in adds a revision to it: the words, the answer key and what else is said of the item as
that slice has them, with the slice's own proof. One that came with its owner's approval is in force or ready to be; one
that came without waits for review here, and the newest of those alone. `bank.lending.loans` says which of the approved
ones is in force. A withdrawal is
kept whether or not its slice is here: what was taken back before it arrived does not come in afterwards.

Before: `bank.lending.slices` makes and proves a slice. After: `bank.composing.availability` leaves out what is
withheld.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bank.authoring.review import Act, Event, State
from bank.clock import day_of
from bank.item import Item
from bank.lending import approvals, loans, owners
from bank.lending import slices as lending
from bank.lending.approvals import Approval
from bank.lending.loans import Loan
from bank.lending.slices import Brought, Terms
from bank.refused import Denied
from bank.store import acts, media, writing
from bank.store.answer_keys import AnswerKeys
from bank.store.bank_item import BankItem
from bank.store.history import History
from bank.store.meta import Meta
from bank.store.owners import Owners
from bank.store.people import People
from bank.store.proof import Proof
from bank.vault import Connection, Vault

_LOANS = (
    "SELECT r.item, r.number, r.id, s.id, s.number, s.withdrawal <> x'', r.state = 'in-review',"
    " a.act = 'receive' AND NOT EXISTS (SELECT 1 FROM acts b WHERE b.revision = r.number AND b.act = 'approve')"
    " FROM acts a JOIN revisions r ON r.number = a.revision"
    " JOIN slices s ON s.id = substr(a.remarks, instr(a.remarks, ' ') + 1)"
    " WHERE a.act = 'accept' OR a.act = 'receive'"
)


@dataclass(frozen=True, eq=False)
class Slices:
    """What was lent to this bank."""

    _vault: Vault
    _meta: Meta
    _people: People
    _owners: Owners
    _history: History
    _proof: Proof
    _answer_keys: AnswerKeys

    # ---- lent to others --------------------------------------------------------------------------------------------

    def to_lend(self, bank_items: Iterable[BankItem]) -> Iterator[tuple[Item, Approval | None]]:
        """Listed items with answer key and explanation, each with how two people approved it here."""
        for item in bank_items:
            (whole,) = self._answer_keys.whole([item])
            _key, _explanation, salt = self._proof.kept(item)
            events = self._history.events(item.number)
            yield whole, approvals.of(whole, salt, item.lineage, item.rev, events, self._people.all())

    # ---- taken in --------------------------------------------------------------------------------------------------

    def accept(self, statement: bytes, lines: bytes, acceptance: bytes) -> lending.Accepted:
        """Takes in a slice (`bank.lending.slices`); checked as if a stranger brought it."""
        terms = lending.read(statement)
        by, at = lending.check_acceptance(self._vault.name, terms, acceptance, self._people.all())
        self._people.acting(by)
        self._require_welcome(terms, at)
        found, shown = lending.items_in(statement, lines)
        report = self._weighed(terms, found)
        ids = {*report.added, *report.renewed, *report.older}
        taken = [each for each in found if each.item.id in ids]
        before = self._loans()
        with self._vault.transaction() as connection:
            (arrived,) = connection.execute(
                "INSERT INTO slices VALUES (NULL, ?, ?, ?, ?, x'') RETURNING number",
                (terms.slice, statement, acceptance, len(taken)),
            ).fetchone()
            acts.chain(connection, [(None, Act.ACCEPT.value, by, at, terms.note, acceptance)])
            for each in taken:
                place = self._held(connection, each.item.id)
                held = before[place] if place is not None else []
                approved = each.approval is not None or self._meta.sample()
                proof = each.approval.to_bytes() if each.approval is not None else b""
                taking = Event(Act.ACCEPT if approved else Act.RECEIVE, by, at, terms.note, proof)
                number = self._insert(connection, place, each, taking)
                self._settle(connection, held, Loan(number, terms, arrived, False, each.item.id, approved), taking)
            media.keep(connection, [each.item for each in taken], shown)
        return report

    def weigh(self, statement: bytes, lines: bytes) -> lending.Accepted:
        """What `accept` would do with the items, without doing it and without asking who signed what."""
        found, _shown = lending.items_in(statement, lines)
        return self._weighed(lending.read(statement), found)

    def _require_welcome(self, terms: Terms, at: str) -> None:
        name = terms.slice[:8]
        owners.require(self._owners.all(), terms)
        if self._taken_back(terms):
            raise Denied("slice-withdrawn", slice=name)
        if any(each.id == terms.slice for each in self.all()):
            raise Denied("slice-already", slice=name)
        if day_of(at) > terms.until.isoformat():
            raise Denied("slice-ended", slice=name, until=terms.until.isoformat())
        if self._meta.practice() and lending.Permission.OPEN not in terms.permission:
            raise Denied("slice-not-open", slice=name, owner=terms.owner.name)

    def _weighed(self, terms: Terms, brought: Sequence[Brought]) -> lending.Accepted:
        if self._meta.practice():
            lending.require_open(each.item for each in brought)
        lent = self._loans()
        newest = Loan(0, terms, 1 << 62, False)
        keys = self._answer_keys.unverified(each.item.id for each in brought)
        found: dict[str, list[str]] = {}
        with self._vault.reading() as connection:
            for each in brought:
                identity = each.item.id
                place = self._held(connection, identity)
                if place is None:
                    found.setdefault("added", []).append(identity)
                    continue
                held = lent.get(place)
                other_key = keys[identity][0] != each.item.answer_key
                if held is None or not loans.may_take(held, terms.owner.id):
                    found.setdefault("already", []).append(identity)
                    if other_key:
                        found.setdefault("contradicting", []).append(identity)
                elif loans.in_force([*held, newest]) is not newest:
                    found.setdefault("older", []).append(identity)
                else:
                    found.setdefault("renewed", []).append(identity)
                    if other_key:
                        found.setdefault("corrected", []).append(identity)
        taken = {*found.get("added", ()), *found.get("renewed", ())}
        if not self._meta.sample():
            found["waiting"] = [each.item.id for each in brought if each.item.id in taken and each.approval is None]
        approved = [each.approval for each in brought if each.item.id in taken and each.approval is not None]
        found["approved_by"] = list(dict.fromkeys(each.approved_by for each in approved))
        return lending.Accepted(**{name: tuple(ids) for name, ids in found.items()})

    def _settle(self, connection: Connection, held: Sequence[Loan], loan: Loan, taking: Event) -> None:
        """What the revision that came puts out of its place, or what keeps it out of that."""
        waiting, stood = [each for each in held if each.in_review], loans.in_force(held)
        out = [each for each in waiting if each.age < loan.age]
        rules = stood is None or stood.age < loan.age
        if loan.approved and rules and stood is not None:
            out.append(stood)
        if not loan.approved and len(out) < len(waiting):  # a newer one waits
            rules = False
        superseded = Event(Act.SUPERSEDE, taking.who, taking.at, taking.remarks)
        for each in out if rules else [loan]:
            self._history.note(connection, each.revision, superseded, State.RETIRED)
        if rules:
            state = State.APPROVED if loan.approved else State.IN_REVIEW
            connection.execute("UPDATE revisions SET state = ? WHERE number = ?", (state.value, loan.revision))
        writing.relist(connection, loan.revision)

    def _insert(self, connection: Connection, place: int | None, came: Brought, event: Event) -> int:
        """The item as the slice has it, as a revision that is not in force yet; its number."""
        rev, wording = 1, writing.encoded(came.item)
        if place is None:
            insert = "INSERT INTO items VALUES (NULL, ?, 1) RETURNING number"
            (place,) = connection.execute(insert, (wording[0],)).fetchone()
        else:
            (rev,) = connection.execute("SELECT max(rev) + 1 FROM revisions WHERE item = ?", (place,)).fetchone()
        number = writing.insert(connection, place, rev, State.RETIRED, wording, "", event.at)
        # The owner's signature covers the owner's salt.
        connection.execute("UPDATE answer_keys SET salt = ? WHERE revision = ?", (came.salt, number))
        # What was measured here of the same question with the same answer key goes on.
        connection.execute(
            "INSERT OR REPLACE INTO calibrations SELECT ?, c.p4, c.responses, c.at FROM calibrations c"
            " JOIN revisions r ON r.number = c.revision JOIN answer_keys k ON k.revision = r.number"
            " WHERE r.item = ? AND c.responses > 0"
            " AND k.record = (SELECT record FROM answer_keys WHERE revision = ?) ORDER BY c.at DESC LIMIT 1",
            (number, place, number),
        )
        acts.chain(connection, [(number, event.act.value, event.who, event.at, event.remarks, event.statement)])
        return number

    # ---- taken back ------------------------------------------------------------------------------------------------

    def withdraw(self, withdrawal: bytes) -> lending.Withdrawn:
        """Takes out of force what its owner took back; of a slice that is not here, keeps the owner's word."""
        name = lending.slice_named(withdrawal)
        here = self._vault.one("SELECT 1 FROM slices WHERE id = ?", (name,)) is not None
        if here:
            terms = self._proof.terms(name)
            at, owner, note = lending.check_withdrawal(terms, withdrawal), terms.owner, terms.note
        else:
            owner, _name, _statement, at = lending.read_withdrawal(withdrawal, self._owners.known())
            note = f"{owner.id} {name}"
        lent = self._loans() if here else {}
        of_it = [(place, loan) for place, held in lent.items() for loan in held if loan.terms.slice == name]
        left = {
            place: loans.in_force(each for each in lent[place] if each.terms.slice != name) for place, _loan in of_it
        }
        retired = 0
        if withdrawal not in self._withdrawals(note):
            with self._vault.transaction() as connection:
                connection.execute("UPDATE slices SET withdrawal = ? WHERE id = ?", (withdrawal, name))
                acts.chain(connection, [(None, Act.WITHDRAW.value, "", at, note, withdrawal)])
                for place, loan in of_it:
                    self._history.note(connection, loan.revision, Event(Act.WITHDRAW, "", at, note), State.RETIRED)
                    following = left[place]
                    retired += following is None and (loan.in_review or loans.in_force(lent[place]) is loan)
                    if following is not None and loans.in_force(lent[place]) is loan:
                        resumed = Event(Act.RESUME, "", at, note)
                        self._history.note(connection, following.revision, resumed, State.APPROVED)
                    writing.relist(connection, loan.revision)
        return lending.Withdrawn(name, owner.name, here, retired, sum(left[place] is not None for place, _ in of_it))

    def _withdrawals(self, note: str) -> list[bytes]:
        query = "SELECT statement FROM acts WHERE revision IS NULL AND act = 'withdraw' AND remarks = ?"
        return [bytes(row[0]) for row in self._vault.rows(query, (note,))]

    def _taken_back(self, terms: Terms) -> bool:
        """Whether its owner's word came before the slice, or after it."""
        for file in self._withdrawals(terms.note):
            try:
                lending.check_withdrawal(terms, file)
            except Denied:  # of another slice that bears this number
                continue
            return True
        return False

    # ---- what is in force ------------------------------------------------------------------------------------------

    def all(self) -> list[lending.Slice]:
        """What other bodies lent to this bank, in the order it came."""
        rows = self._vault.rows("SELECT id, statement, acceptance, items, withdrawal FROM slices ORDER BY number")
        found, lent = [], self._loans()
        standing = [loan.terms.slice for held in lent.values() if (loan := loans.in_force(held)) is not None]
        waiting = [loan.terms.slice for held in lent.values() for loan in held if loan.in_review]
        for name, _statement, acceptance, items, withdrawal in rows:
            terms = self._proof.terms(name)
            said = json.loads(acceptance)["signed"]
            found.append(
                lending.Slice(
                    name, terms.owner.id, terms.owner.name, tuple(sorted(terms.permission)), terms.first.isoformat(),
                    terms.until.isoformat(), items, standing.count(name), waiting.count(name), said["by"], said["at"],
                    lending.check_withdrawal(terms, bytes(withdrawal)) if withdrawal else "",
                )
            )  # fmt: skip
        return found

    def withheld(self, day: str, purpose: lending.Permission) -> dict[str, str]:
        """Approved items of other bodies that are no part of a `purpose` on `day` (ISO): id -> why, as a code."""
        on, found = date.fromisoformat(day), {}
        for held in self._loans().values():
            standing, rule = loans.in_force(held), loans.ruling(held, on)
            if standing is None or rule is None:
                continue
            code = rule.terms.refusal(purpose, on)
            if code:
                found[standing.item] = code
        return found

    def _loans(self) -> Mapping[int, list[Loan]]:
        """Of each lent item, by its number, every slice that it came in."""
        found: dict[int, list[Loan]] = {}
        for place, revision, identity, name, arrived, withdrawn, in_review, unread in self._vault.rows(_LOANS):
            loan = Loan(
                revision, self._proof.terms(name), arrived, bool(withdrawn), identity, not unread, bool(in_review)
            )
            found.setdefault(place, []).append(loan)
        return found

    @staticmethod
    def _held(connection: Connection, identity: str) -> int | None:
        """The number of the item that has, or once had, this content."""
        row = connection.execute("SELECT item FROM revisions WHERE id = ? LIMIT 1", (identity,)).fetchone()
        return None if row is None else int(row[0])
