"""Custody: a bank's key in shares, so that opening it takes k of its n keyholders, and leaves its mark.

`hand_over` gives a bank to holders: a new key, the bank copied under it and the copy proved, the key split and every
combination tried from the files as they lie on the disk, the old key destroyed. The first sharing, a new key for the
same people, and a holder replaced are all this one act: shares of an earlier generation never fit again.

`Opening.begin` rebuilds the key from the shares of those present, opens the vault, forgets the key, and signs into the
journal who was there. An Opening counts what leaves: answer keys up to the bound its holders set, contents as told.

A copy that was put back. Vault and journal each know the other's position, so one put back alone is refused. Both put
back together look whole from within; therefore every opening and closing leaves its position outside as well, beside
each share it used (a stick that the holder takes along) and in this user's own files, and prints it. An older copy
meets a newer position and is refused by name, until its holders accept the loss in writing. Not seen: a copy whose
every witness was put back with it; and a vault put back to just before the last entry, which looks like a power cut.

    bank/  bank.db  custody.json (public: who, k, check value)  journal.jsonl  shares/share-<generation>-<index>.json

Before: `bank.store` holds the items, `bank.seal.shares` splits. After: `bank.agent` keeps an Opening open for hours.
"""

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bank.canonical import canonical, digest
from bank.journal import CLOSED, OPENED, SHARED, Journal, check
from bank.journal import NAME as JOURNAL
from bank.refused import BadFile, BrokenStore, Denied, Refused
from bank.seal import shares, statements
from bank.seal.shares import Head, Share
from bank.store import DATABASE, KEY_FILE, Bank
from bank.vault import KEY_BYTES

CUSTODY, NEXT, NEXT_DATABASE, SHARES = "custody.json", "custody.next.json", "bank.next.db", "shares"
KIND, BACKUP_KIND, BACKUP = "examd-custody-1", "examd-bank-backup-1", "backup.json"
MOST_HOURS = 24
DEFAULT_LIMIT = 2_000
"""Items whose answer keys may leave in one opening: several session pools, not a bank."""
BULK = 50
"""Contents read before the journal says so: browsing goes unwritten, carrying off does not."""

Clock = Callable[[], int]


def wall_clock() -> int:
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Holder:
    index: int
    name: str
    public: str


@dataclass(frozen=True, slots=True)
class Custody:
    """Who holds the bank: public, and signed by all of them and by the key itself."""

    bank: str
    generation: int
    need: int
    holders: tuple[Holder, ...]
    check: str
    """Public half of a signing key that only the rebuilt bank key yields: tells the right key from any other."""
    at: int

    def record(self) -> dict[str, Any]:
        return {"type": KIND, **asdict(self), "holders": [asdict(holder) for holder in self.holders]}

    @property
    def fingerprint(self) -> str:
        """Twenty digits, printed on each card: the journal's first entry must carry the same."""
        return spoken(digest(self.record()))

    def holder(self, said: str) -> Holder:
        """By name or by number."""
        for holder in self.holders:
            if said in (holder.name, str(holder.index)):
                return holder
        raise Denied("no-such-holder", name=said, names=", ".join(holder.name for holder in self.holders))

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Custody":
        fields = {name: value for name, value in record.items() if name != "type"}
        return cls(**fields | {"holders": tuple(Holder(**each) for each in fields["holders"])})

    @classmethod
    def read(cls, directory: Path) -> "Custody":
        try:
            file = (directory / CUSTODY).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise BadFile("bank-not-shared", file=directory.name) from None
        except OSError as error:
            raise BrokenStore("store-io", file=CUSTODY, error=error.strerror) from None
        return cls._parse(file, CUSTODY)

    @classmethod
    def _parse(cls, file: bytes, name: str) -> "Custody":
        try:
            custody = cls.from_record(statements.read(file, KIND, name=name))
            for signer in (custody.check, *(holder.public for holder in custody.holders)):
                statements.verify(file, signer, name=name)
        except (TypeError, KeyError, ValueError):
            raise BadFile("statement-malformed", file=name) from None
        return custody


def is_shared(directory: Path) -> bool:
    return (directory / CUSTODY).exists()


def spoken(sha256: str) -> str:
    """A digest as twenty digits in groups of five: to be read out and compared (66 bits), not to be computed with."""
    digits = f"{int(sha256, 16) % 10**20:020d}"
    return " ".join(digits[at : at + 5] for at in range(0, 20, 5))


def share_name(head: Head) -> str:
    return f"share-{head.generation}-{head.index}.json"


@dataclass(frozen=True, slots=True)
class Offered:
    """A share's file as a holder brings it."""

    path: Path
    data: bytes = field(repr=False)
    head: Head

    @classmethod
    def read(cls, path: Path) -> "Offered":
        try:
            with path.open("rb") as stream:
                data = stream.read(1 << 17)
        except OSError as error:
            raise BadFile("share-unreadable", file=str(path), error=error.strerror) from None
        return cls(path, data, shares.head_of(data, name=path.name))

    def unseal(self, passphrase: str) -> Share:
        return shares.unseal(self.data, passphrase, name=self.path.name)


def check_offered(custody: Custody, offered: Sequence[Offered]) -> None:
    """Whether these shares could open the bank, before anyone is asked for a passphrase. Each fault by its name."""
    seen: set[int] = set()
    for each in offered:
        head = each.head
        named = {"file": each.path.name, "holder": head.holder}
        if head.bank != custody.bank:
            raise Denied("share-other-bank", **named)
        if head.generation != custody.generation:
            raise Denied("share-old-generation", **named, found=head.generation, expected=custody.generation)
        if head.index in seen:
            raise Denied("share-twice", **named)
        seen.add(head.index)
    if len(seen) < custody.need:
        raise Denied("shares-too-few", need=custody.need, found=len(seen))


def rebuild(custody: Custody, present: Sequence[Share]) -> bytes:
    """The bank's key, proved against the check value. Raises Denied where the shares give another."""
    for share in present:
        if share.public not in {holder.public for holder in custody.holders if holder.index == share.head.index}:
            raise Denied("share-stranger", holder=share.head.holder)
    key = shares.rebuild(share.words for share in present[: custody.need])
    if statements.public_hex(_check_key(key)) != custody.check:
        raise Denied("shares-do-not-fit")
    return key


def verify_shares(custody: Custody, present: Sequence[Share]) -> int:
    """Recombines every combination of those present; how many there were. Opens nothing."""
    key = rebuild(custody, present)
    return shares.try_all([share.words for share in present], custody.need, key)


def reseal(custody: Custody, holder: Holder, opened: Share | str, passphrase: str, place: Path) -> Path:
    """A holder's share under a new passphrase: from the opened share or, where that is lost, from words in clear."""
    head = Head(custody.bank, custody.generation, custody.need, len(custody.holders), holder.index, holder.name)
    share = shares.from_clear(head, opened) if isinstance(opened, str) else opened
    if share.head != head or share.public != holder.public:
        raise Denied("share-stranger", holder=holder.name)
    _make_folder(place.parent)
    _replace(place, shares.seal(share, passphrase))
    if Offered.read(place).unseal(passphrase).words != share.words:
        raise BrokenStore("store-io", file=place.name, error="read back")
    return place


def _check_key(key: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, salt=None, info=b"examd/bank/check").derive(key))


# ---- positions: how far a copy of the bank has come ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Position:
    epoch: int
    """Grows when holders accept a loss: whatever was written in an earlier epoch is older than all of this one."""
    n: int
    head: str

    def record(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def spoken(self) -> str:
        return f"{self.epoch}-{self.n}: {spoken(self.head or '0')}"


def position_of(journal: Journal) -> Position:
    epochs = [line.entry.facts.get("epoch", 0) for line in journal.lines if line.entry.act == OPENED]
    return Position(epochs[-1] if epochs else 0, journal.n, journal.head)


def witness_file(directory: Path, bank: str) -> Path:
    return directory / f"seen-{bank[:12]}.json"


def own_witness(bank: str) -> Path:
    """In the user's own files on this machine, away from the bank's folder."""
    state = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return witness_file((Path(state) if state else Path.home() / ".local" / "state") / "examd", bank)


def _losses(journal: Journal, vault: Position | None, witnesses: Iterable[Path], bank: str) -> list[Refused]:
    """Everything that says this copy is not the newest: one refusal each."""
    here = position_of(journal)
    found: list[Refused] = []
    if vault is not None:
        # One entry ahead of the vault is what a power cut leaves: the entry is written first.
        if vault.n > here.n:
            found.append(Denied("journal-behind", found=here.n, expected=vault.n))
        elif vault.n and journal.lines[vault.n - 1].entry.hash != vault.head:
            found.append(Denied("journal-other", n=vault.n))
        elif here.n - vault.n > 1:
            found.append(Denied("vault-behind", found=vault.n, expected=here.n))
    elif here.n > 1:
        found.append(Denied("vault-behind", found=0, expected=here.n))
    for path in witnesses:
        seen = _read_witness(path, bank)
        if seen is None or seen.epoch < here.epoch:
            continue
        if (seen.epoch, seen.n) > (here.epoch, here.n):
            found.append(Denied("bank-copy-older", seen=seen.n, found=here.n, where=str(path.parent)))
        elif seen.n and journal.lines[seen.n - 1].entry.hash != seen.head:
            found.append(Denied("bank-copy-other", n=seen.n, where=str(path.parent)))
    return found


def _read_witness(path: Path, bank: str) -> Position | None:
    try:
        record = json.loads(path.read_bytes())
        if record.pop("bank") != bank:
            return None
        position = Position(**record)
        if type(position.epoch) is not int or type(position.n) is not int or position.n < 0:
            raise ValueError
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise BadFile("seen-malformed", file=str(path)) from None  # passing over it would be the way around it
    return position


# ---- an opening ------------------------------------------------------------------------------------------------


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
        self._witnesses = witnesses
        self._clock = clock
        self._session = Ed25519PrivateKey.generate()
        self._epoch = position_of(journal).epoch
        self._keys_out: set[str] = set()
        self._contents = 0
        self._unwritten = 0

    @classmethod
    def begin(
        cls,
        directory: Path,
        present: Sequence[tuple[Offered, str]],
        *,
        hours: int,
        limit: int = DEFAULT_LIMIT,
        accept_loss: str = "",
        witnesses: Sequence[Path] | None = None,
        clock: Clock = wall_clock,
    ) -> "Opening":
        """`present`: each holder's share and passphrase. `accept_loss`: why an older copy is used knowingly."""
        if not 1 <= hours <= MOST_HOURS:
            raise Denied("hours-out-of-range", found=hours, most=MOST_HOURS)
        if limit < 0:
            raise Denied("export-limit-negative", found=limit)
        offered = [each for each, _ in present]
        custody, pending = _custody_for(directory, offered)
        check_offered(custody, offered)
        opened = [each.unseal(passphrase) for each, passphrase in present]
        key = rebuild(custody, opened)
        try:
            bank = Bank.open_with_key(directory, key)
        except Denied as refusal:
            if refusal.code == "vault-wrong-key" and (directory / NEXT).exists():
                raise Denied("custody-unfinished", generation=custody.generation) from None
            raise
        del key
        try:
            if bank.vault.name != custody.bank:
                raise Denied("bank-swapped", file=DATABASE)
            journal = Journal.read(directory)
            _settle(directory, journal, pending)
            if witnesses is None:
                outside = {witness_file(each.path.parent.resolve(), custody.bank) for each in offered}
                witnesses = [*sorted(outside), own_witness(custody.bank)]
            losses = _losses(journal, _vault_position(bank), witnesses, custody.bank)
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
            seen = [_read_witness(path, self.custody.bank) for path in self._witnesses]
            self._epoch = 1 + max([self._epoch, *(each.epoch for each in seen if each is not None)])
        last = self.journal.lines[-1].entry.act if self.journal.lines else CLOSED
        facts = {
            "accepted": accepted if losses else "",
            "bank": self.custody.bank,
            "epoch": self._epoch,
            "generation": self.custody.generation,
            "holders": [{"index": share.head.index, "name": share.head.holder} for share in opened],
            "limit": self.limit,
            "lost": [{"code": loss.code, **{k: v for k, v in loss.facts.items() if k != "where"}} for loss in losses],
            "session": statements.public_hex(self._session),
            "torn": self.journal.torn,
            "unclosed": last not in (CLOSED, SHARED),
            "until": self.until,
        }
        entry = self.journal.next(OPENED, now, facts)
        self._write(entry.line(self._session, {share.head.index: share.signing_key for share in opened}))
        self.present = tuple(share.head.holder for share in opened)
        self.leave_witness()

    # What is noted is on the disk before it happens.

    def note(self, act: str, **facts: Any) -> None:
        """Raises BrokenStore where it cannot be written: then the act must not happen."""
        self._write(self.journal.next(act, self._clock(), facts).line(self._session, {}))

    def let_keys_out(self, act: str, ids: Collection[str], said: str = "") -> None:
        """Answer keys of these items are about to leave. Raises Denied("export-limit") beyond the bound."""
        fresh = set(ids) - self._keys_out
        facts = {"items": len(ids), "new": len(fresh), "said": said, "sha256": digest(sorted(ids))}
        total = len(self._keys_out) + len(fresh)
        if total > self.limit:
            self.note("refused", what=act, total=len(self._keys_out), **facts)
            raise Denied("export-limit", limit=self.limit, used=len(self._keys_out), wanted=len(fresh))
        self.note(act, total=total, **facts)
        self._keys_out |= fresh

    def let_contents_out(self, act: str, number: int, said: str = "") -> None:
        """Contents without answer keys: written down once they add up."""
        self._contents += number
        self._unwritten += number
        if self._unwritten >= BULK:
            self.note(act, items=self._unwritten, total=self._contents, said=said)
            self._unwritten = 0

    @property
    def keys_out(self) -> int:
        return len(self._keys_out)

    @property
    def position(self) -> Position:
        return Position(self._epoch, self.journal.n, self.journal.head)

    def _write(self, line: bytes) -> None:
        self.journal.append(line)
        _mark_vault(self.bank, self.position)

    def leave_witness(self) -> list[Path]:
        """The position, at each place outside; those that could be written. A stick that was taken away is no fault."""
        written = []
        data = canonical({"bank": self.custody.bank, **self.position.record()})
        for path in self._witnesses:
            with contextlib.suppress(OSError):
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _replace(path, data)
                written.append(path)
        return written

    def backup(self, out: Path) -> Position:
        """An encrypted copy with the journal as it now is; no share is in it."""
        _new_folder(out)
        self.note("backup")
        position = self.position
        self.bank.vault.copy(out / DATABASE)
        for name in (CUSTODY, JOURNAL):
            _replace(out / name, (self.bank.directory / name).read_bytes())
        files = {name: _sha256(out / name) for name in (DATABASE, CUSTODY, JOURNAL)}
        statement = {"at": self._clock(), "bank": self.custody.bank, "files": files, **position.record()}
        _replace(out / BACKUP, statements.sign({"type": BACKUP_KIND, **statement}, self._session))
        return position

    def close(self, reason: str = "closed") -> None:
        """Also where the journal cannot be written: an open vault would be worse than a missing last line."""
        try:
            self.note(CLOSED, contents=self._contents, keys=len(self._keys_out), reason=reason)
        finally:
            self.bank.close()
        self.leave_witness()

    def __enter__(self) -> "Opening":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _vault_position(bank: Bank) -> Position | None:
    with bank.vault.reading() as connection:
        row = connection.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
    return None if row is None else Position(**json.loads(row[0]))


def _mark_vault(bank: Bank, position: Position) -> None:
    with bank.vault.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO meta VALUES ('journal', ?)", (canonical(position.record()).decode(),)
        )


# ---- making, re-keying, replacing: one act ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HandedOver:
    custody: Custody
    files: tuple[Path, ...]
    """The shares' files, in the order of the holders."""
    combinations: int
    """How many ways to rebuild the key were tried, from the files as written."""
    position: Position


def hand_over(
    opened: "Opening | Bank",
    people: Sequence[tuple[str, str]],
    need: int,
    *,
    reason: str,
    shares_in: Path | None = None,
    clock: Clock = wall_clock,
) -> HandedOver:
    """A new key for the bank, shared among `people` (name, new passphrase). Ends `opened`: the bank is closed after.

    `opened` is an Opening, or a bank with a single passphrase, whose `bank.key` is destroyed. Until the new file takes
    the old one's place nothing has happened; from there on the next opening finishes what a power cut broke off.
    """
    bank = opened.bank if isinstance(opened, Opening) else opened
    directory = bank.directory
    try:
        _check_people(people, need)
        if not isinstance(opened, Opening) and is_shared(directory):
            raise Denied("bank-is-shared", file=directory.name)
        generation = opened.custody.generation + 1 if isinstance(opened, Opening) else 1
        for leftover in (directory / NEXT, directory / NEXT_DATABASE):
            leftover.unlink(missing_ok=True)
        key = secrets.token_bytes(KEY_BYTES)
        signing = [Ed25519PrivateKey.generate() for _ in people]
        holders = tuple(
            Holder(index, name, statements.public_hex(signer))
            for index, ((name, _), signer) in enumerate(zip(people, signing, strict=True), 1)
        )
        proof = _check_key(key)
        custody = Custody(bank.vault.name, generation, need, holders, statements.public_hex(proof), clock())
        files, tried = _write_shares(custody, key, people, signing, shares_in or directory / SHARES)
    except BaseException:
        _end(opened)
        raise
    try:
        journal = opened.journal if isinstance(opened, Opening) else Journal.read(directory)
        session = opened._session if isinstance(opened, Opening) else Ed25519PrivateKey.generate()
        facts = {"custody": custody.record(), "reason": reason, "session": statements.public_hex(session)}
        entry = journal.next(SHARED, clock(), facts)
        line = entry.line(session, {holder.index: key for holder, key in zip(holders, signing, strict=True)})
        epoch = position_of(journal).epoch
        bank.vault.copy_under(directory / NEXT_DATABASE, key)
        statement = statements.sign(custody.record(), proof, *signing)
        _replace(directory / NEXT, canonical({"custody": statement.decode(), "line": line.decode()}))
        bank.close()
        (directory / NEXT_DATABASE).replace(directory / DATABASE)  # from here on the new key alone opens it
        _sync(directory)
        _settle(directory, journal, _Pending(custody, statement, line))
        with Bank.open_with_key(directory, key) as renewed:
            _mark_vault(renewed, Position(epoch, journal.n, journal.head))
            closing = journal.next(CLOSED, clock(), {"contents": 0, "keys": 0, "reason": "shared"})
            journal.append(closing.line(session, {}))
            position = Position(epoch, journal.n, journal.head)
            _mark_vault(renewed, position)
    except BaseException:
        bank.close()
        raise
    finally:
        del key
    # A share of before, with a copy of before, would open that copy.
    for old in set((directory / SHARES).glob("share-*.json")) - set(files):
        _destroy(old)
    for path in {witness_file(files[0].parent, custody.bank), own_witness(custody.bank)}:
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(path, canonical({"bank": custody.bank, **position.record()}))
    return HandedOver(custody, files, tried, position)


def _end(opened: "Opening | Bank") -> None:
    if isinstance(opened, Opening):
        opened.close("refused")
    else:
        opened.close()


def _check_people(people: Sequence[tuple[str, str]], need: int) -> None:
    shares.check_policy(need, len(people))
    names = [name for name, _ in people]
    for name in names:
        if not (0 < len(name) <= shares.LONGEST_NAME and name.isprintable() and name == name.strip()):
            raise Denied("holder-name", name=name, most=shares.LONGEST_NAME)
        if name.isdecimal() or "=" in name:  # numbers stand for holders elsewhere
            raise Denied("holder-name", name=name, most=shares.LONGEST_NAME)
        if names.count(name) > 1:
            raise Denied("holder-twice", name=name)
    for index, (name, passphrase) in enumerate(people):
        if passphrase in (other for _, other in people[:index]):
            raise Denied("passphrase-shared", name=name)  # whoever knows the one then holds two shares


def _write_shares(
    custody: Custody, key: bytes, people: Sequence[tuple[str, str]], signing: Sequence[Ed25519PrivateKey], place: Path
) -> tuple[tuple[Path, ...], int]:
    """Written, read back, unsealed with the passphrases just chosen, and every combination tried."""
    _make_folder(place)
    files = []
    of = len(people)
    for words, holder, (_, passphrase), signer in zip(
        shares.split(key, custody.need, of), custody.holders, people, signing, strict=True
    ):
        head = Head(custody.bank, custody.generation, custody.need, of, holder.index, holder.name)
        path = place / share_name(head)
        _replace(path, shares.seal(Share(head, words, signer), passphrase))
        files.append(path)
    read_back = [Offered.read(path).unseal(passphrase) for path, (_, passphrase) in zip(files, people, strict=True)]
    rebuild(custody, read_back)
    return tuple(files), shares.try_all([share.words for share in read_back], custody.need, key)


@dataclass(frozen=True, slots=True)
class _Pending:
    custody: Custody
    statement: bytes
    line: bytes

    @classmethod
    def read(cls, directory: Path) -> "_Pending | None":
        try:
            document = json.loads((directory / NEXT).read_bytes())
            statement = document["custody"].encode()
            return cls(Custody._parse(statement, NEXT), statement, document["line"].encode())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise BadFile("statement-malformed", file=NEXT) from None


def _custody_for(directory: Path, offered: Sequence[Offered]) -> tuple[Custody, _Pending | None]:
    """The custody these shares belong to: the settled one, or one whose handing over was broken off."""
    pending = _Pending.read(directory)
    if pending is not None and offered and offered[0].head.generation == pending.custody.generation:
        return pending.custody, pending
    return Custody.read(directory), None


def _settle(directory: Path, journal: Journal, pending: _Pending | None) -> None:
    """Called when the vault has opened: then a `pending` generation is in force, and any other was given up."""
    if pending is not None:
        if journal.n == 0 or journal.lines[-1].entry.hash != _hash_of(pending.line, journal):
            journal.append(pending.line)
        _replace(directory / CUSTODY, pending.statement)
        _destroy(directory / KEY_FILE)
    for leftover in (directory / NEXT, directory / NEXT_DATABASE):
        leftover.unlink(missing_ok=True)
    _sync(directory)


def _hash_of(line: bytes, journal: Journal) -> str:
    entry = json.loads(line)["entry"]
    return type(journal.lines[-1].entry)(**entry).hash


def _destroy(path: Path) -> None:
    """Overwritten, then unlinked. A flash disk may keep the old block; no bank is under that key any more."""
    with contextlib.suppress(FileNotFoundError):
        size = path.stat().st_size
        with path.open("r+b") as stream:
            stream.write(bytes(size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()


# ---- backups ---------------------------------------------------------------------------------------------------


def restore(backup: Path, directory: Path) -> Position:
    """The files of a backup in a new place, each checked. Whether it is too old shows when its holders open it."""
    try:
        file = (backup / BACKUP).read_bytes()
    except OSError:
        raise BadFile("backup-missing", file=str(backup)) from None
    signed = statements.read(file, BACKUP_KIND, name=BACKUP)
    try:
        position = Position(signed["epoch"], signed["n"], signed["head"])
        files = {name: str(signed["files"][name]) for name in (DATABASE, CUSTODY, JOURNAL)}
    except (KeyError, TypeError):
        raise BadFile("statement-malformed", file=BACKUP) from None
    for name, sha256 in files.items():
        if not (backup / name).is_file() or _sha256(backup / name) != sha256:
            raise BadFile("backup-damaged", file=name)
    journal = Journal.read(backup)
    sessions = [line.entry.facts.get("session") for line in journal.lines if line.entry.act == OPENED]
    if not sessions or check(journal.lines).findings:
        raise BadFile("backup-damaged", file=JOURNAL)
    statements.verify(file, str(sessions[-1]), name=BACKUP)
    _new_folder(directory)
    for name, sha256 in files.items():
        _copy(backup / name, directory / name)
        if _sha256(directory / name) != sha256:  # a stick may read otherwise the second time
            raise BadFile("backup-damaged", file=name)
    _sync(directory)
    return position


# ---- files -----------------------------------------------------------------------------------------------------


def _make_folder(place: Path) -> None:
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BrokenStore("store-io", file=str(place), error=error.strerror) from None


def _new_folder(place: Path) -> None:
    _make_folder(place)
    if any(place.iterdir()):
        raise Denied("folder-not-empty", file=str(place))


def _replace(path: Path, data: bytes) -> None:
    """Whole or not at all, on the disk, readable by its owner alone."""
    temporary = path.with_name(path.name + ".part")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    _sync(path.parent)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("xb") as writing:
        target.chmod(0o600)
        while data := reading.read(1 << 20):
            writing.write(data)
        writing.flush()
        os.fsync(writing.fileno())


def _sync(directory: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
