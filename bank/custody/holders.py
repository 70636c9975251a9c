"""Who holds the bank, and their shares: read, judged before anyone is asked for a passphrase, put together.

Before: `bank.seal.shares` splits a key. After: `bank.custody.opening`, `bank.custody.handing_over`.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bank.canonical import digest, spoken
from bank.durable import make_folder, store_errors, write_atomically
from bank.refused import BadFile, BrokenStore, Denied
from bank.seal import shares, statements
from bank.seal.shares import Head, Share

CUSTODY, SHARES = "custody.json", "shares"
NEXT, NEXT_DATABASE = "custody.next.json", "bank.next.db"
"""Of a handing over that is under way: the database takes the old one's place last, and with that it has happened."""
KIND = "examd-custody-1"
"""Of a number that is read out."""


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

    def to_json(self) -> dict[str, Any]:
        return {"type": KIND, **asdict(self), "holders": [asdict(holder) for holder in self.holders]}

    @property
    def fingerprint(self) -> str:
        """Twenty digits, printed on each card: the journal's first entry must carry the same."""
        return spoken(digest(self.to_json()))

    def holder(self, said: str) -> Holder:
        """The holder of a name or number. Raises Denied: when there is none."""
        for holder in self.holders:
            if said in (holder.name, str(holder.index)):
                return holder
        raise Denied("no-such-holder", name=said, names=[holder.name for holder in self.holders])

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Custody":
        fields = {name: value for name, value in record.items() if name != "type"}
        return cls(**fields | {"holders": tuple(Holder(**each) for each in fields["holders"])})

    @classmethod
    def read(cls, directory: Path) -> "Custody":
        """The one in force, also where a handing over was broken off after the new key had come into force.

        Raises BadFile: when the bank is not in shares. Raises BrokenStore: when the disk refuses.
        """
        if handed_over_unsettled(directory):
            return cls.parse(next_document(directory)["custody"].encode(), NEXT)
        try:
            file = (directory / CUSTODY).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise BadFile("bank-not-shared", file=directory.name) from None
        except OSError as error:
            raise BrokenStore("store-io", file=CUSTODY, error=error.strerror) from None
        return cls.parse(file, CUSTODY)

    @classmethod
    def parse(cls, file: bytes, name: str) -> "Custody":
        """Who holds the bank, as all of them and the key itself signed it.

        Raises BadFile: when a signature does not hold, or it has another shape.
        """
        try:
            custody = cls.from_json(statements.read(file, KIND, name=name))
            if not re.fullmatch("[0-9a-f]{32}", custody.bank):  # a part of file names
                raise ValueError
            for signer in (custody.check, *(holder.public for holder in custody.holders)):
                statements.verify(file, signer, name=name)
        except Denied:
            raise BadFile("custody-altered", file=name) from None
        except (TypeError, KeyError, ValueError):
            raise BadFile("statement-malformed", file=name) from None
        return custody


def is_shared(directory: Path) -> bool:
    return (directory / CUSTODY).exists() or handed_over_unsettled(directory)


def handed_over_unsettled(directory: Path) -> bool:
    """Whether the new key is in force, and the files beside the database do not all say so yet."""
    return (directory / NEXT).exists() and not (directory / NEXT_DATABASE).exists()


def next_document(directory: Path) -> dict[str, str]:
    """Statement and journal line of the handing over under way. Raises FileNotFoundError where there is none."""
    data = (directory / NEXT).read_bytes()
    try:
        document = json.loads(data)
        return {"custody": str(document["custody"]), "line": str(document["line"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadFile("statement-malformed", file=NEXT) from None


def share_name(generation: int, index: int) -> str:
    return f"share-{generation}-{index}.json"


@dataclass(frozen=True, slots=True)
class Offered:
    """A share's file as a holder brings it."""

    path: Path
    data: bytes = field(repr=False)
    head: Head

    @classmethod
    def read(cls, path: Path) -> "Offered":
        """A share out of its file, still sealed. Raises BadFile: when the file cannot be read, or is no share."""
        try:
            with path.open("rb") as stream:
                data = stream.read(1 << 17)
        except OSError as error:
            raise BadFile("share-unreadable", file=str(path), error=error.strerror) from None
        return cls(path, data, shares.head_of(data, name=path.name))

    def unseal(self, passphrase: str) -> Share:
        return shares.unseal(self.data, passphrase, name=self.path.name)


def find_share(directory: Path, custody: Custody, holder: Holder, brought: Iterable[Path]) -> Offered:
    """The holder's share: among the files brought, or where they are made. Raises BadFile: when it is in neither."""
    for path in brought:
        offered = Offered.read(path)
        if offered.head.index == holder.index:
            return offered
    name = share_name(custody.generation, holder.index)
    path = directory / SHARES / name
    if not path.exists():
        raise BadFile("share-missing", holder=holder.name, file=name)
    return Offered.read(path)


def check_offered(custody: Custody, offered: Sequence[Offered], *, all_needed: bool = True) -> None:
    """Whether these shares could open the bank, before anyone is asked for a passphrase. Each fault by its name.

    Without `all_needed`: whether they are shares of this bank at all.

    Raises Denied: when they could not.
    """
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
    if all_needed and len(seen) < custody.need:
        raise Denied("shares-too-few", need=custody.need, found=len(seen))


def rebuild(custody: Custody, present: Sequence[Share]) -> bytes:
    """The bank's key, proved against the check value. Raises Denied where the shares give another."""
    for share in present:
        if share.public not in {holder.public for holder in custody.holders if holder.index == share.head.index}:
            raise Denied("share-stranger", holder=share.head.holder)
    key = shares.rebuild(share.words for share in present[: custody.need])
    if statements.public_hex(check_key(key)) != custody.check:
        raise Denied("shares-do-not-fit")
    return key


def verify_shares(custody: Custody, present: Sequence[Share]) -> int:
    """Recombines every combination of those present; how many there were. Opens nothing."""
    key = rebuild(custody, present)
    return shares.try_all([share.words for share in present], custody.need, key)


def reseal(custody: Custody, holder: Holder, opened: Share | Sequence[str], passphrase: str, place: Path) -> Path:
    """A holder's share under a new passphrase: from the opened share or, where that is lost, from words in clear.

    Raises Denied: when the words or the share are not that holder's. Raises BrokenStore: when the file reads back
    otherwise.
    """
    head = Head(custody.bank, custody.generation, custody.need, len(custody.holders), holder.index, holder.name)
    share = opened if isinstance(opened, Share) else shares.from_clear(head, opened)
    if share.head != head or share.public != holder.public:
        other = next((each.name for each in custody.holders if each.public == share.public), None)
        if other is not None and other != holder.name:
            raise Denied("words-of-another", holder=holder.name, other=other)
        raise Denied("share-stranger", holder=holder.name)
    with store_errors(str(place.parent)):
        make_folder(place.parent, private=True)
    write_atomically(place, shares.seal(share, passphrase), private=True)
    if Offered.read(place).unseal(passphrase).words != share.words:
        raise BrokenStore("store-io", file=place.name, error="read back")
    return place


def check_key(key: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, salt=None, info=b"examd/bank/check").derive(key))
