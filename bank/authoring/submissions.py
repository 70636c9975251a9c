"""Drafts from authors who do not have the bank: one file, signed by its author and sealed to the bank alone.

A bank's public card, `bank.card.json`, names it and the age recipient whose private half lies in the vault. An author
packs items, answer keys and pictures into one file, a stock age v1 file for that recipient. In it, a line each:

    {"signatures":[…],"signed":{"type":"examd-drafts","v":2,…}}      the writer's statement
    (`bank.authoring.authorship`) {"item":{…},"place":[file, sheet, row],"salt":…}                 one an item, in our
    own form (`bank.formats.jsonl`) {"item":{…},"of":[item, revision],"place":…,"salt":…}            another wording of
    an item that the bank has {"picture":base64}                                               one a picture

all canonical JSON. The statement's `sha256` is over everything after the first line, and it names the wording of each
item line, in their order. Its `bank` is signed, so whoever may open the file for one bank cannot pass it on to
another. What arrives is believed no more than any author's file: it is read by the same reader, becomes drafts, and
goes through review. A bank takes a file once.

The card is not signed: author and bank compare its fingerprint, or the drafts could be sealed to somebody else.

Before: `bank.formats` reads the author's files. After: `bank.store.submissions`, where the bank is open.
"""

import base64
import binascii
import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import structs
from pyrage import DecryptError, RecipientError, decrypt, x25519

from bank.authoring import authorship
from bank.authoring.authorship import LONGEST, Draft, Written, printable
from bank.authoring.near_duplicates import Question
from bank.authoring.outcome import AddReport, Outcome, outcome
from bank.authoring.people import Person, Role, Signer
from bank.canonical import canonical, digest
from bank.item import Item
from bank.places import Place, Refusal
from bank.refused import BadFile, Denied
from bank.seal.locks import Identity, seal

CARD_KIND = "examd-bank-card"
CARD = "bank.card.json"
SUFFIX = ".examd"
LARGEST = 128 * 1024 * 1024
LARGEST_CARD = 4096
_BANK = re.compile(r"[0-9a-f]{32}")
_SALT = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


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
        """A card out of its file. Raises BadFile: when it is no card, or not spelt as we spell it."""
        try:
            card = json.loads(data)
            if len(data) > LARGEST_CARD or card["type"] != CARD_KIND or card["v"] != 1:
                raise ValueError
            found = cls(card["bank"], card["name"], card["recipient"])
            if found.file().strip() != data.strip() or not _BANK.fullmatch(found.bank) or not printable(found.name):
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
    places: Sequence[Place],
    media: Mapping[str, bytes],
    at: str,
    of: Mapping[int, tuple[str, int]] = MappingProxyType({}),
) -> bytes:
    """The file to send. `of` says which of `items`, from 0, are other wordings of what item in which revision.

    Pictures that no item shows stay out.

    Raises BadFile: when it becomes larger than a bank takes.
    """
    shown = {each for item in items for each in item.pictures()}
    drafts = [
        Draft(item, authorship.new_salt(), *of.get(number, ("", 0))) for number, item in enumerate(_as_read(items))
    ]
    records: list[dict[str, Any]] = [
        {"item": _record(item), "place": [_fit(place.file), _fit(place.sheet), place.row], "salt": draft.salt}
        | ({"of": [draft.of, draft.rev]} if draft.of else {})
        for item, draft, place in zip(items, drafts, places, strict=True)
    ]
    records += [{"picture": base64.b64encode(media[each]).decode()} for each in sorted(shown & media.keys())]
    body = b"".join(map(_line, records))
    lines = [draft.line for draft in drafts]
    statement = authorship.sign(card.bank, signer, lines, at, hashlib.sha256(body).hexdigest())
    sealed = seal(statement + b"\n" + body, [card.recipient])
    if len(sealed) > LARGEST:
        raise BadFile("file-too-large", file=SUFFIX, most=LARGEST)
    return sealed


def _as_read(items: Sequence[Item]) -> list[Item]:
    """The items as the bank will read them: it is those that the author signs."""
    from bank.formats import jsonl
    from bank.formats.bad_row import BadRow
    from bank.formats.draft import finish

    read = list(items)
    for row, draft in jsonl.read(b"\n".join(canonical(_record(item)) for item in items), "", set()):
        with contextlib.suppress(BadRow):  # the bank will say so
            if not isinstance(draft, BadRow):
                read[row - 1] = finish(draft, _sha256)
    return read


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
class OpenedFile:
    """A drafts file that its author is known to have made for this bank."""

    written: Written
    body: bytes = field(repr=False)
    """Holds answer keys."""


def open_file(sealed: bytes, identity: Identity, bank: str, people: Mapping[str, Person], *, file: str) -> OpenedFile:
    """Everything that must hold before one line of it is read as an item.

    Raises BadFile: when it is too large, or not as its author signed it.
    """
    if len(sealed) > LARGEST:
        raise BadFile("file-too-large", file=file, most=LARGEST)
    statement, _, body = _unsealed(sealed, identity, file).partition(b"\n")
    written, author = authorship.prove(statement, bank, people, file=file)
    author.require(Role.AUTHOR)
    if hashlib.sha256(body).hexdigest() != written.sha256:
        raise BadFile("drafts-altered", file=file)
    return OpenedFile(written, body)


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


@dataclass(slots=True)
class Drafts:
    """What was in the file. Only the process that holds the bank sees it."""

    new: list[Draft] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    """Of `new`."""
    changes: list[tuple[Draft, Place]] = field(default_factory=list)
    """Other wordings of what the bank has."""
    media: dict[str, bytes] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    remarks: list[Refusal] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """The new ones."""
        return [draft.item for draft in self.new]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a bank took of a drafts file, or would take: places and names, no exam text and no answer key."""

    author: str
    name: str
    at: str
    """When it was packed, as the author's clock had it."""
    sha256: str
    revised: tuple[tuple[Place, str, int], ...]
    """Place, item, and the revision it was made from."""
    rows: Outcome
    """Of a near duplicate that the bank held before, nothing of its text."""


def drafts_in(file: OpenedFile, *, name: str) -> Drafts:
    """The items of a drafts file, each through the same reader as a file from anywhere else.

    Raises BadFile: when there are no items in it, or others than its author signed.
    """
    from bank.formats import jsonl
    from bank.formats.bad_row import BadRow
    from bank.formats.draft import finish

    found = Drafts()
    parts, signed = _parts(file.body, found.media, name), file.written.lines
    unread: set[str] = set()
    if not parts:
        raise BadFile("no-items", file=name)
    if len(parts) != len(signed):
        raise BadFile("drafts-altered", file=name)
    for row, draft in jsonl.read(b"\n".join(part.record for part in parts), name, unread):
        part = parts[row - 1]
        try:
            if isinstance(draft, BadRow):
                raise draft
            item = finish(draft, _sha256)
        except BadRow as bad:
            found.refused.append(noted(part.place, bad.reason, bad.facts))
            continue
        if item.calibrated_p4 is not None:  # nobody signs what is measured: an author's word for it would be unseen
            item = structs.replace(item, calibrated_p4=None)
            found.remarks.append(noted(part.place, "drafts-measured"))
        if not item.pictures() <= found.media.keys():
            found.remarks.append(noted(part.place, "picture-missing", {"code": item.code}))
        made = Draft(item, part.salt, part.of, part.rev)
        if made.line != signed[row - 1]:
            raise BadFile("drafts-altered", file=name)
        if made.of:
            found.changes.append((made, part.place))
        else:
            found.new.append(made)
            found.places.append(part.place)
    found.remarks += [Refusal(name, "", 0, "column-not-read", {"column": each}) for each in sorted(unread)]
    return found


class _Part(NamedTuple):
    record: bytes
    place: Place
    salt: str
    of: str
    rev: int


def _parts(body: bytes, media: dict[str, bytes], file: str) -> list[_Part]:
    from bank.formats.bad_row import BadRow
    from bank.formats.pictures import LARGEST as LARGEST_PICTURE
    from bank.formats.pictures import check

    parts = []
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
            if part.keys() - {"of"} != {"item", "place", "salt"} or not isinstance(part["item"], dict):
                raise ValueError
            of, rev = part.get("of", ("", 0))
            if not part["item"] or not _SALT.fullmatch(part["salt"]):
                raise ValueError
            parts.append(_Part(canonical(part["item"]), _where(part["place"]), part["salt"], of, rev))
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error, BadRow):
        raise BadFile("drafts-malformed", file=file) from None
    return parts


def _where(place: Any) -> Place:
    file, sheet, row = place
    if not (printable(file) and (sheet == "" or printable(sheet)) and type(row) is int and row >= 0):
        raise ValueError
    return Place(file, sheet, row)


def _sha256(name: str) -> str:
    """Pictures lie in the file or nowhere: a name must not reach for one on the bank's machine."""
    from bank.formats.bad_row import BadRow

    found = _DIGEST.fullmatch(name)
    if found is None:
        raise BadRow("picture-path")
    return found[1]


def noted(place: Place, reason: str, facts: Mapping[str, Any] = MappingProxyType({})) -> Refusal:
    """A line that is refused, or deserves a look."""
    return Refusal(place.file, place.sheet, place.row, reason, dict(facts))


def report(file: OpenedFile, author: Person, drafts: Drafts, done: AddReport, held: Iterable[Question]) -> Taken:
    """What became of the file. `held` is what the bank had before; `done` counts the items of `drafts` from 0."""
    from bank.authoring import near_duplicate_search  # numpy takes its time, and few commands come here

    ids, new = [item.id for item in drafts.items], set(done.added)
    fresh: dict[str, Question] = {}
    for identity, item in zip(ids, drafts.items, strict=True):
        if identity in new:
            fresh.setdefault(identity, Question(identity, item.code or identity[:8], item.content))
    near = near_duplicate_search.find(list(fresh.values()), (each for each in held if each.id not in new))
    rows = outcome(
        ids,
        drafts.places,
        done,
        [twin if twin.id in new else twin.unseen() for twin in near],
        new,
        sum(not item.subject for item in drafts.items),
        len(drafts.media),
        drafts.refused,
        drafts.remarks,
    )
    changed = tuple((place, made.of, made.rev) for made, place in drafts.changes)
    return Taken(author.id, author.name, file.written.at, file.written.sha256, changed, rows)
