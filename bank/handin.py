"""Drafts from authors who do not have the bank: one file, signed by its author and sealed to the bank alone.

A bank's public card, `bank.card.json`, names it and the age recipient whose private half lies in the vault. An author
packs items, answer keys and pictures into one file, a stock age v1 file for that recipient. In it, a line each:

    {"signatures":[…],"signed":{"type":"examd-drafts","v":1,"at":…,"author":…,"bank":…,"sha256":…}}
    {"item":{…},"place":[file, sheet, row]}        one an item, in our own form (`bank.formats.jsonl`)
    {"picture":base64}                             one a picture

all canonical JSON. `sha256` is over everything after the first line; `bank` stands in what is signed, so whoever may
open the file for one bank cannot pass it on to another. What arrives is believed no more than any author's file: it is
read by the same reader, becomes drafts, and goes through review. A bank takes a file once.

The card is not signed: author and bank compare its fingerprint, or the drafts could be sealed to somebody else.

Before: `bank.formats` reads the author's files. After: `bank.store.Bank.take_drafts`, where the bank is open.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pyrage import DecryptError, RecipientError, decrypt, x25519

from bank.canonical import canonical, digest
from bank.item import Item
from bank.people import Person, Role, Signer
from bank.refused import BadFile, Denied
from bank.seal import statements
from bank.seal.locks import Identity, seal

KIND = "examd-drafts"
CARD_KIND = "examd-bank-card"
CARD = "bank.card.json"
SUFFIX = ".examd"
LARGEST = 128 * 1024 * 1024
LARGEST_CARD = 4096
LONGEST = 200
_BANK = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")

Where = tuple[str, str, int]
"""File, sheet, row: where an item stood in what the author wrote."""


@dataclass(frozen=True, slots=True)
class Card:
    """What an author must know of a bank. Public."""

    bank: str
    """The vault's own name: 32 hexadecimal digits that stay through every copy and every new key."""
    name: str
    """For people."""
    recipient: str

    def file(self) -> bytes:
        record = {"bank": self.bank, "name": self.name, "recipient": self.recipient, "type": CARD_KIND, "v": 1}
        return canonical(record) + b"\n"

    @property
    def fingerprint(self) -> str:
        """To be compared by voice: five groups of four hexadecimal digits, 80 bits."""
        said = digest([CARD_KIND, self.bank, self.recipient])[:20]
        return " ".join(said[at : at + 4] for at in range(0, 20, 4))

    @classmethod
    def read(cls, data: bytes, file: str) -> "Card":
        try:
            card = json.loads(data)
            if len(data) > LARGEST_CARD or card["type"] != CARD_KIND or card["v"] != 1:
                raise ValueError
            found = cls(card["bank"], card["name"], card["recipient"])
            if found.file().strip() != data.strip() or not _BANK.fullmatch(found.bank) or not _printable(found.name):
                raise ValueError
            x25519.Recipient.from_str(found.recipient)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, RecipientError):
            raise BadFile("bank-card-malformed", file=file) from None
        return found


# ---- the author's side -----------------------------------------------------------------------------------------


def pack(
    card: Card,
    signer: Signer,
    items: Sequence[Item],
    places: Sequence[Where],
    media: Mapping[str, bytes],
    at: str,
) -> bytes:
    """The file to send. Pictures that no item shows stay out."""
    shown = {each for item in items for each in item.pictures()}
    body = b"".join(
        [
            *(
                _line({"item": _record(item), "place": [_fit(file), _fit(sheet), row]})
                for item, (file, sheet, row) in zip(items, places, strict=True)
            ),
            *(_line({"picture": base64.b64encode(media[each]).decode()}) for each in sorted(shown & media.keys())),
        ]
    )
    signed = {
        "type": KIND,
        "v": 1,
        "at": at,
        "author": signer.id,
        "bank": card.bank,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    sealed = seal(statements.sign(signed, signer.key) + b"\n" + body, [card.recipient])
    if len(sealed) > LARGEST:
        raise BadFile("file-too-large", file=SUFFIX, most=LARGEST)
    return sealed


def _fit(name: str) -> str:
    """A file's or part's name as `_where` takes it: its end, without what a terminal obeys."""
    return "".join(character if character.isprintable() else "?" for character in name[-LONGEST:])


def _record(item: Item) -> dict[str, Any]:
    """Our own form, its decimals as text: what is hashed has no floats."""
    from bank.formats import jsonl

    record: dict[str, Any] = json.loads(jsonl.line(item, lambda sha256: f"sha256:{sha256}"), parse_float=str)
    return record


def _line(record: dict[str, Any]) -> bytes:
    return canonical(record) + b"\n"


# ---- the bank's side -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A drafts file that its author is known to have made for this bank."""

    author: str
    at: str
    sha256: str
    statement: bytes
    body: bytes

    def __repr__(self) -> str:
        return f"Opened({self.author}, {self.sha256[:8]}, …)"  # the body holds answer keys


def opened(sealed: bytes, identity: Identity, bank: str, people: Mapping[str, Person], *, file: str) -> Opened:
    """Everything that must hold before one line of it is read as an item."""
    if len(sealed) > LARGEST:
        raise BadFile("file-too-large", file=file, most=LARGEST)
    statement, _, body = _unsealed(sealed, identity, file).partition(b"\n")
    said = _said(statement, file)
    if said["bank"] != bank:
        raise Denied("drafts-other-bank", file=file)
    author = people.get(said["author"])
    if author is None or statements.keyid(author.sign) not in _keyids(statement):
        raise Denied("person-unknown", name=said["author"])
    try:
        statements.verify(statement, author.sign, name=file)
    except Denied:
        raise BadFile("drafts-altered", file=file) from None
    if author.until:
        raise Denied("person-ended", name=author.name, until=author.until)
    if Role.AUTHOR not in author.roles:
        raise Denied("person-lacks-role", name=author.name, role=Role.AUTHOR.value)
    if hashlib.sha256(body).hexdigest() != said["sha256"]:
        raise BadFile("drafts-altered", file=file)
    return Opened(author.id, said["at"], said["sha256"], statement, body)


def _unsealed(sealed: bytes, identity: Identity, file: str) -> bytes:
    if not sealed.startswith(b"age-encryption.org/v1\n"):
        raise BadFile("drafts-malformed", file=file)
    try:
        return bytes(decrypt(sealed, [x25519.Identity.from_str(identity.text)]))
    except DecryptError as error:
        # An age file does not say for whom it is: that no key fits is all there is to know of another bank's.
        if "matching" in str(error):
            raise Denied("drafts-other-bank", file=file) from None
        raise BadFile("drafts-altered", file=file) from None


def _said(statement: bytes, file: str) -> dict[str, Any]:
    try:
        said = statements.read(statement, KIND, name=file)
        shape = {"at": str, "author": str, "bank": str, "sha256": str}
        if said.keys() != {"type", "v", *shape} or said["v"] != 1:
            raise ValueError
        if not all(isinstance(said[name], kind) for name, kind in shape.items()):
            raise ValueError
        if not all(_printable(said[name]) for name in ("at", "author")):
            raise ValueError
    except (BadFile, ValueError):
        raise BadFile("drafts-malformed", file=file) from None
    return said


def _keyids(statement: bytes) -> Collection[str]:
    try:
        return [str(each["keyid"]) for each in json.loads(statement)["signatures"]]
    except (ValueError, TypeError, KeyError):
        return []


@dataclass(frozen=True, slots=True)
class Note:
    """A refused line, or one that deserves a look."""

    where: Where
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Drafts:
    """What was in the file. Only the process that holds the bank sees it."""

    items: list[Item] = field(default_factory=list)
    places: list[Where] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    refused: list[Note] = field(default_factory=list)
    remarks: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a bank took of a drafts file, or would take: places and names, no exam text and no answer key."""

    author: str
    name: str
    at: str
    """When it was packed, as the author's clock had it."""
    sha256: str
    added: tuple[str, ...]
    already: tuple[str, ...]
    repeats: tuple[Where, ...]
    contradicting: tuple[Where, ...]
    near: tuple[tuple[Where, str, int], ...]
    """Place, twin, likeness in per cent."""
    refused: tuple[Note, ...]
    remarks: tuple[Note, ...]
    pictures: int


def drafts_in(file: Opened, *, name: str) -> Drafts:
    """The items of a drafts file, each through the same reader as a file from anywhere else."""
    from bank.formats import jsonl
    from bank.formats.draft import BadRow, finish

    found = Drafts()
    records, places = _parts(file.body, found.media, name)
    unread: set[str] = set()
    if not records:
        raise BadFile("no-items", file=name)
    for row, draft in jsonl.read(b"\n".join(records), name, unread):
        where = places[row - 1]
        try:
            if isinstance(draft, BadRow):
                raise draft
            item = finish(draft, _sha256)
        except BadRow as bad:
            found.refused.append(Note(where, bad.reason, bad.facts))
            continue
        if item.calibrated_p4 is not None:  # nobody signs what is measured: an author's word for it would be unseen
            item = replace(item, calibrated_p4=None)
            found.remarks.append(Note(where, "drafts-measured"))
        if not item.pictures() <= found.media.keys():
            found.remarks.append(Note(where, "picture-missing", {"code": item.code}))
        found.items.append(item)
        found.places.append(where)
    found.remarks += [Note((name, "", 0), "column-not-read", {"column": each}) for each in sorted(unread)]
    return found


def _parts(body: bytes, media: dict[str, bytes], file: str) -> tuple[list[bytes], list[Where]]:
    from bank.formats.draft import BadRow
    from bank.formats.pictures import LARGEST as LARGEST_PICTURE
    from bank.formats.pictures import check

    records, places = [], []
    try:
        for line in body.splitlines(keepends=True):
            part = json.loads(line)
            if _line(part) != line:  # one spelling: nothing said twice, nothing hidden
                raise ValueError
            if part.keys() == {"picture"}:
                data = base64.b64decode(part["picture"], validate=True)
                if len(data) > LARGEST_PICTURE:
                    raise ValueError
                check(data, file)
                media[hashlib.sha256(data).hexdigest()] = data
                continue
            if part.keys() != {"item", "place"} or not isinstance(part["item"], dict) or not part["item"]:
                raise ValueError
            places.append(_where(part["place"]))
            records.append(canonical(part["item"]))
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error, BadRow):
        raise BadFile("drafts-malformed", file=file) from None
    return records, places


def _where(place: Any) -> Where:
    file, sheet, row = place
    if not (_printable(file) and (sheet == "" or _printable(sheet)) and type(row) is int and row >= 0):
        raise ValueError
    return file, sheet, row


def _printable(text: Any) -> bool:
    """Fit for a person's terminal."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST and text.isprintable()


def _sha256(name: str) -> str:
    """Pictures lie in the file or nowhere: a name must not reach for one on the bank's machine."""
    from bank.formats.draft import BadRow

    found = _DIGEST.fullmatch(name)
    if found is None:
        raise BadRow("picture-path")
    return found[1]


def told(
    file: Opened,
    author: Person,
    drafts: Drafts,
    added: Collection[str],
    already: Collection[str],
    contradicting: Collection[str],
    held: Iterable[tuple[str, str, Any]],
) -> Taken:
    """The report. `held` gives id, name and content of what the bank has."""
    from bank import likeness

    first: dict[str, Where] = {}
    names: dict[str, str] = {}
    repeats, against, fresh = [], [], []
    new, wrong = set(added), set(contradicting)
    for item, where in zip(drafts.items, drafts.places, strict=True):
        identity = item.id
        if identity in wrong:
            against.append(where)
        if identity in first:
            repeats.append(where)
            continue
        first[identity] = where
        names[identity] = item.code or identity[:8]
        if identity in new:
            fresh.append((identity, item.content))
    others = []
    for identity, name, content in held if fresh else ():
        if identity not in new:
            names[identity] = name
            others.append((identity, content))
    near = [
        (first[identity], names[twins[0].id], int(100 * twins[0].likeness))
        for identity, twins in likeness.near(fresh, others).items()
    ]
    return Taken(
        author.id, author.name, file.at, file.sha256, tuple(added), tuple(already), tuple(repeats), tuple(against),
        tuple(near), tuple(drafts.refused), tuple(drafts.remarks), len(drafts.media),
    )  # fmt: skip
