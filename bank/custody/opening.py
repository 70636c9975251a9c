"""A shared bank while its holders have it open: what leaves it is bounded, counted, and written down first.

Before: `bank.custody.holders` rebuilds the key. After: `bank.agent` keeps an Opening open for hours.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.authoring import people
from bank.canonical import digest
from bank.clock import wall_clock
from bank.custody import backups, positions, unfinished
from bank.custody.holders import Custody, Offered, check_offered, rebuild
from bank.custody.positions import Position, position_of
from bank.durable import empty_folder, store_errors
from bank.journal import CLOSED, OPENED, SHARED, UNDONE, Journal
from bank.refused import BrokenStore, Denied, Refused
from bank.seal import statements
from bank.seal.shares import Share
from bank.store import DATABASE, Bank

MOST_HOURS = 24
DEFAULT_LIMIT = 2_000
"""Items whose answer keys may leave in one opening: several session pools, not a bank."""
BULK = 50
"""Contents read before the journal says so: browsing goes unwritten, carrying off does not."""

Clock = Callable[[], int]


def named(by: Sequence[str]) -> dict[str, list[str]]:
    """As facts of an entry: who did it, proved by their own key; nothing where nobody said it."""
    return {"by": list(by)} if by else {}


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of a copy that closing was to write."""

    place: str
    refusal: Refused | None = None
    """Why it was not written."""


def _copied(out: Path, write: Callable[[Path], None]) -> Copied:
    try:
        with store_errors(str(out)):
            write(out)
    except Refused as refusal:
        return Copied(str(out), refusal)
    return Copied(str(out))


class Opening:
    """A shared bank opened by its holders. Close it: `closed` in the journal tells an end from a pulled plug."""

    def __init__(
        self, bank: Bank, custody: Custody, journal: Journal, *, until: int, limit: int, witnesses: Sequence[Path],
        clock: Clock,
    ) -> None:  # fmt: skip
        self.bank = bank
        self.custody = custody
        self.journal = journal
        self.until = until
        self.limit = limit
        self.present: tuple[str, ...] = ()
        self.accepted = ""
        """Why its holders went on with an older or altered copy."""
        self._witnesses = witnesses
        self._clock = clock
        self.session = Ed25519PrivateKey.generate()
        """Signs what this opening writes down."""
        self._epoch = position_of(journal).epoch
        self._answer_keys_out: set[str] = set()
        self._contents = 0
        self._unwritten: dict[tuple[str, ...], int] = {}
        self._backups: list[Path] = []
        self._finished = False

    @classmethod
    def begin(
        cls,
        directory: Path,
        present: Sequence[tuple[Offered, str | Share]],
        *,
        hours: int,
        limit: int = DEFAULT_LIMIT,
        accept_loss: str = "",
        witnesses: Sequence[Path] | None = None,
        clock: Clock = wall_clock,
    ) -> "Opening":
        """Opens the bank. `present`: each holder's share, and its passphrase or what that opened.

        `accept_loss`: why an older copy is used knowingly; also where only people of the bank know that it is older.

        Raises Denied: when the hours or the bound are out of range, the shares do not open it, or the copy is an older
        one.
        """
        if not 1 <= hours <= MOST_HOURS:
            raise Denied("hours-out-of-range", found=hours, most=MOST_HOURS)
        if limit < 0:
            raise Denied("export-limit-negative", found=limit)
        offered = [each for each, _ in present]
        custody, pending = unfinished.custody_of(directory)
        check_offered(custody, offered)
        opened = [given if isinstance(given, Share) else each.unseal(given) for each, given in present]
        key = rebuild(custody, opened)
        bank = Bank.open_with_key(directory, key)
        del key
        try:
            if bank.vault.name != custody.bank:
                raise Denied("bank-swapped", file=DATABASE)
            journal = Journal.read(directory)
            unfinished.settle(directory, journal, pending)
            if witnesses is None:
                outside = {positions.witness_file(each.path.parent.resolve(), custody.bank) for each in offered}
                witnesses = [*sorted(outside), positions.own_witness(custody.bank)]
            losses = positions.losses(journal, positions.noted_in_vault(bank), witnesses, custody.bank)
            if (unsound := journal.unsound()) is not None:
                losses.insert(0, unsound)
            if losses and not accept_loss:
                raise losses[0]
            now = clock()
            opening = cls(
                bank, custody, journal, until=now + hours * 3600, limit=limit, witnesses=witnesses, clock=clock
            )
            opening._begin(opened, losses, accept_loss, now)
        except BaseException:
            bank.close()
            raise
        return opening

    def _begin(self, opened: Sequence[Share], losses: Sequence[Refused], accepted: str, now: int) -> None:
        if losses:
            seen = [positions.read_witness(path, self.custody.bank) for path in self._witnesses]
            self._epoch = 1 + max([self._epoch, *(each.epoch for each in seen if each is not None)])
        last = self.journal.lines[-1].entry.act if self.journal.lines else CLOSED
        facts = {
            "accepted": accepted,
            "bank": self.custody.bank,
            "epoch": self._epoch,
            "generation": self.custody.generation,
            "holders": [{"index": share.head.index, "name": share.head.holder} for share in opened],
            "limit": self.limit,
            "lost": [{"code": loss.code, **{k: v for k, v in loss.facts.items() if k != "where"}} for loss in losses],
            "session": statements.public_hex(self.session),
            "torn": self.journal.torn,
            "unclosed": last not in (CLOSED, SHARED),
            "until": self.until,
        }
        entry = self.journal.next(OPENED, now, facts)
        self._write(entry.line(self.session, {share.head.index: share.signing_key for share in opened}))
        self.accepted = accepted
        self.present = tuple(share.head.holder for share in opened)
        here = {share.head.index for share in opened}
        self.bank.people.keepers = {each.public: each.name for each in self.custody.holders if each.index in here}
        self.bank.people.keepers_needed = max(people.VOUCHERS, self.custody.need)
        self.leave_witness()

    # What is noted is on the disk before it happens.

    def note(self, act: str, **facts: Any) -> None:
        """Raises BrokenStore where it cannot be written: then the act must not happen."""
        self._write(self.journal.next(act, self._clock(), facts).line(self.session, {}))

    @contextlib.contextmanager
    def doing(self, act: str, **facts: Any) -> Iterator[None]:
        """Noted before it happens; and where it is then refused, or fails, that is noted as well."""
        self.note(act, **facts)
        number = self.journal.n
        try:
            yield
        except BaseException as error:
            code = error.code if isinstance(error, Refused) else type(error).__name__
            with contextlib.suppress(BrokenStore):
                self.note(UNDONE, of=number, what=act, code=code)
            raise

    def let_answer_keys_out(self, act: str, ids: Collection[str], said: str = "", by: Sequence[str] = ()) -> None:
        """Answer keys of these items are about to leave. Raises Denied("export-limit") beyond the bound."""
        fresh = set(ids) - self._answer_keys_out
        facts: dict[str, Any] = {"items": len(ids), "new": len(fresh), "said": said, "sha256": digest(sorted(ids))}
        facts |= named(by)
        total = len(self._answer_keys_out) + len(fresh)
        if total > self.limit:
            self.note("refused", what=act, total=len(self._answer_keys_out), **facts)
            raise Denied("export-limit", limit=self.limit, used=len(self._answer_keys_out), wanted=len(fresh))
        self.note(act, total=total, **facts)
        self._answer_keys_out |= fresh

    def let_contents_out(self, act: str, number: int, said: str = "", by: Sequence[str] = ()) -> None:
        """Contents without answer keys: written down once they add up for whoever reads them, `by` name."""
        self._contents += number
        unwritten = self._unwritten.get(tuple(by), 0) + number
        if unwritten >= BULK:
            self.note(act, items=unwritten, total=self._contents, said=said, **named(by))
            unwritten = 0
        self._unwritten[tuple(by)] = unwritten

    @property
    def session_public(self) -> str:
        return statements.public_hex(self.session)

    @property
    def answer_keys_out(self) -> int:
        return len(self._answer_keys_out)

    @property
    def position(self) -> Position:
        return Position(self._epoch, self.journal.n, self.journal.head)

    def _write(self, line: bytes) -> None:
        self.journal.append(line)
        positions.note_in_vault(self.bank, self.position)

    def leave_witness(self) -> list[Path]:
        return positions.leave_witnesses(self._witnesses, self.custody.bank, self.position)

    def backup(self, out: Path) -> Position:
        """An encrypted copy in a new folder (`bank.custody.backups`).

        Raises Denied: when the journal on the disk is not the one written here.
        """
        on_disk = Journal.read(self.bank.directory)
        if (unsound := on_disk.unsound()) is not None:
            raise unsound
        if on_disk.head != self.journal.head:
            raise Denied("journal-behind", found=on_disk.n, expected=self.journal.n)
        empty_folder(out)
        with self.doing("backup", to=out.name):
            position = self.position
            backups.write(out, self.bank, position, self._clock(), self.session)
        self._backups.append(out)
        return position

    def finish(self, reason: str = "closed", backup: Path | None = None) -> list[Copied]:
        """Writes that it is closed, and then a copy that ends there: in `backup`, or beside the bank
        (`backups.standing`); and brings the copies of this opening up to date. Nothing is done in the bank after it.
        """
        self.note(CLOSED, contents=self._contents, keys=len(self._answer_keys_out), reason=reason)
        self._finished = True
        if reason == "refused":  # nothing was done in it
            return []
        at, where = self._clock(), backup or backups.in_standing(self.bank.directory, self.position)

        def write(out: Path) -> None:
            empty_folder(out)
            backups.write(out, self.bank, self.position, at, self.session)
            if backup is None:
                backups.keep_newest(out.parent, self.bank.vault.name)

        def renew(out: Path) -> None:
            backups.renew(out, self.bank, self.position, at, self.session)

        return [_copied(where, write), *(_copied(out, renew) for out in self._backups)]

    def close(self, reason: str = "closed") -> None:
        """Also where the journal cannot be written: an open vault would be worse than a missing last line."""
        try:
            if not self._finished:
                self.finish(reason)
        finally:
            self.bank.close()
        self.leave_witness()

    def __enter__(self) -> "Opening":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
