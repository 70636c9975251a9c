"""Items that one body lends another: signed slices, what they permit, and how they end. Pure; the store keeps them.

A *slice* is a folder of two files. `slice.json`, a statement (`examd-slice`) signed by its owner, names both bodies,
what the items may be used for, from when and until when, and one salted digest for each item: anyone may see it.
`items.age` holds the items with their answer keys as lines of canonical JSON, sealed to the receiver alone.

What arrives is the owner's for good, and is taken in only where two of the receiver's people have signed the owner's
card (`bank.lending.owners`). Taking in is no approval: an item is in force at once by the two signatures that approved
it in its owner's bank, where they came with it and hold (`bank.lending.approvals`); without them it waits for a
reviewer of the receiver's, who reads it. Nobody at the receiver can write or retire it. A *withdrawal*
(`examd-slice-withdrawal`), signed by the owner, takes the slice back; the end of the period needs no message, so a
receiver who loses its mail still stops. Neither takes back what somebody has read. Which of several slices rules an
item: `bank.lending.loans`.

*Confidential* is every item that does not say it is open (tag 公开, 应知应会 or open), and every item that says it is
confidential (保密 or confidential) whatever else it says. A bank made with `--open` holds no confidential item.

Before: `bank.store` gives whole items. After: `bank.store.slices`, in another body's bank.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from bank.authoring.people import Person, Role
from bank.authoring.review import about, read_about
from bank.canonical import canonical, digest
from bank.content import Background, Content, Level
from bank.item import AnswerKey, Item, Provenance, flaw
from bank.lending import approvals
from bank.lending.approvals import Approval
from bank.refused import BadFile, BrokenStore, Denied, Refused
from bank.seal import locks, statements

KIND, WITHDRAWAL, ACCEPTANCE = "examd-slice", "examd-slice-withdrawal", "examd-slice-acceptance"
VERSION = 2
"""Of what a reviewer signs on taking in. By the first a slice was in force at its owner's word."""
STATEMENT, ITEMS = "slice.json", "items.age"
LARGEST = 512 * 1024 * 1024
OPEN_TAGS = frozenset({"公开", "应知应会", "open"})
CONFIDENTIAL_TAGS = frozenset({"保密", "confidential"})
ORIGIN = "slice "
"""How the origin of a lent item begins, in its provenance."""
_HEX32 = re.compile(r"[0-9a-f]{32}")


class Permission(StrEnum):
    EXAM = "exam"
    """In the pools of sessions that count."""
    DRILL = "drill"
    """In drills (演练)."""
    OPEN = "open"
    """In a bank that candidates practise from (应知应会)."""


@dataclass(frozen=True, slots=True)
class Body:
    """A bureau by its public card."""

    id: str
    name: str
    sign: str
    age: str

    def to_json(self) -> dict[str, str]:
        return {"age": self.age, "id": self.id, "name": self.name, "sign": self.sign}


@dataclass(frozen=True)
class Terms:
    """A slice as its owner signed it."""

    slice: str
    at: str
    """When the owner signed it (RFC 3339, UTC): the newer of two slices rules."""
    owner: Body
    receiver: Body
    permission: frozenset[Permission]
    first: date
    until: date
    """The last day."""
    digests: frozenset[str]
    sha256: str
    """Of the statement's file."""

    @property
    def origin(self) -> str:
        """What the items' provenance says."""
        return f"{ORIGIN}{self.slice}"

    @property
    def note(self) -> str:
        """What the acts on its items say of it."""
        return f"{self.owner.id} {self.slice}"

    def refusal(self, purpose: Permission, day: date) -> str:
        """Why its items are no part of a `purpose` on `day`, as a code; "" where they are."""
        if purpose not in self.permission:
            return "slice-not-permitted"
        if day < self.first:
            return "slice-not-yet"
        return "slice-over" if day > self.until else ""


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice as it stands in a receiver's bank."""

    id: str
    owner: str
    owner_name: str
    permission: tuple[Permission, ...]
    first: str
    until: str
    items: int
    """That came with it."""
    in_force: int
    """Of those, how many stand in the bank in the words and with the answer key of this slice."""
    waiting: int
    """Of those, how many wait for a reviewer of the bank."""
    accepted_by: str
    accepted_at: str
    withdrawn_at: str
    """"" while it was not."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of the items of a slice: ids in its order."""

    added: tuple[str, ...] = ()
    renewed: tuple[str, ...] = ()
    """Lent by the same owner before: from now on in the words, with the answer key and on the terms of this slice."""
    corrected: tuple[str, ...] = ()
    """Of those, what now has another answer key."""
    older: tuple[str, ...] = ()
    """Stand under a newer slice of the same owner: kept, and in force only if that one is withdrawn."""
    already: tuple[str, ...] = ()
    """Held as the receiver's own or as another owner's: nothing was merged into them."""
    contradicting: tuple[str, ...] = ()
    """Of those, what is held with another answer key: one of the two is wrong, and people must say which."""
    waiting: tuple[str, ...] = ()
    """Of those added or renewed, what came without an approval that can be checked: it waits for review here."""
    approved_by: tuple[str, ...] = ()
    """Names of those who approved the others in their owner's bank; their signatures hold."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did."""

    slice: str
    owner: str
    here: bool
    """Whether the bank has the slice. Where it has not, the withdrawal waits for it."""
    retired: int
    """Items that are no more in force."""
    standing: int
    """Items of the slice that another slice of the owner keeps in force."""


# ---- confidential or open ------------------------------------------------------------------------------------------


def confidential(tags: Iterable[str]) -> bool:
    said = {tag.strip().casefold() for tag in tags}
    return bool(said & CONFIDENTIAL_TAGS) or not said & OPEN_TAGS


def require_open(items: Iterable[Item]) -> None:
    """Raises Denied naming the first of `items` that is confidential, and how many there are."""
    found = [item for item in items if confidential(item.tags)]
    if found:
        raise Denied("item-confidential", item=found[0].code or found[0].id[:8], found=len(found))


# ---- lent or one's own ---------------------------------------------------------------------------------------------


def lent(provenance: Provenance) -> bool:
    return provenance.origin.startswith(ORIGIN)


def require_not_lent(items: Iterable[Item]) -> None:
    """Raises Denied for items that say they came in another body's slice: their one door is `Slices.accept`."""
    found = [item for item in items if lent(item.provenance)]
    if found:
        first = found[0]
        raise Denied(
            "item-came-in-a-slice", item=first.code or first.id[:8], owner=first.provenance.owner, found=len(found)
        )


# ---- the owner's side ----------------------------------------------------------------------------------------------


def make(
    items: Iterable[tuple[Item, Approval | None]],
    media: Mapping[str, bytes],
    *,
    owner: Body,
    key: Ed25519PrivateKey,
    receiver: Body,
    permission: frozenset[Permission],
    first: date,
    until: date,
    at: str,
) -> tuple[bytes, bytes]:
    """(`slice.json`, `items.age`): a new slice.

    Raises BadFile: when it would be empty, without permission, without days or without a picture it needs. Raises
    Denied: when an item is another body's: what was lent to the owner is not the owner's to lend.
    """
    if not permission:
        raise BadFile("slice-without-permission")
    if until < first:
        raise BadFile("slice-ends-before-it-begins", first=str(first), until=str(until))
    name = secrets.token_hex(16)
    records, shown = [], set[str]()
    for item, approval in items:
        if lent(item.provenance) or item.provenance.owner not in ("", owner.id, owner.name):
            raise Denied("item-of-other-owner", item=item.code or item.id[:8], owner=item.provenance.owner)
        if Permission.OPEN in permission:
            require_open([item])
        shown |= item.pictures()
        provenance = Provenance(item.provenance.author, owner.id, f"{ORIGIN}{name}")
        records.append(_record(structs.replace(item, provenance=provenance), secrets.token_hex(16), approval))
    if not records:
        raise BadFile("slice-empty")
    missing = shown - media.keys()
    if missing:
        raise BadFile("slice-picture-missing", pictures=len(missing))
    pictures = [{"bytes": base64.b64encode(media[sha256]).decode(), "media": sha256} for sha256 in sorted(shown)]
    lines = b"".join(canonical(record) + b"\n" for record in [*pictures, *records])
    signed = {
        "type": KIND,
        "v": 2,
        "at": at,
        "from": first.isoformat(),
        "items": sorted(_leaf(record) for record in records),
        "lines": hashlib.sha256(lines).hexdigest(),
        "owner": owner.to_json(),
        "permission": sorted(each.value for each in permission),
        "receiver": receiver.to_json(),
        "slice": name,
        "until": until.isoformat(),
    }
    return statements.sign(signed, key), locks.seal(lines, [receiver.age])


def withdrawal(terms: Terms, key: Ed25519PrivateKey, at: str, reason: str) -> bytes:
    """The statement by which an owner takes a slice back. Raises Denied: when the key is not the owner's."""
    if statements.public_hex(key) != terms.owner.sign:
        raise Denied("slice-not-yours", owner=terms.owner.name)
    return statements.sign(
        {"type": WITHDRAWAL, "v": 1, "at": at, "reason": reason, "slice": terms.slice, "statement": terms.sha256}, key
    )


# ---- the receiver's side -------------------------------------------------------------------------------------------


def read(file: bytes) -> Terms:
    """A slice's statement, signed by the owner that it names; whether we know that owner is `bank.lending.owners`'s to
    say.

    Raises BadFile: when it is no such statement. Raises Denied: when its owner did not sign it.
    """
    try:
        signed = statements.read(file, KIND, name=STATEMENT)
        terms = Terms(
            str(signed["slice"]),
            str(signed["at"]),
            Body(**signed["owner"]),
            Body(**signed["receiver"]),
            frozenset(map(Permission, signed["permission"])),
            date.fromisoformat(signed["from"]),
            date.fromisoformat(signed["until"]),
            frozenset(map(str, signed["items"])),
            hashlib.sha256(file).hexdigest(),
        )
        datetime.strptime(terms.at, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - compared as text: one spelling alone
        if (
            signed["v"] not in (1, 2)
            or not _HEX32.fullmatch(terms.slice)
            or " " in terms.owner.id
            or not terms.owner.id
        ):
            raise ValueError
    except (BadFile, KeyError, TypeError, ValueError):
        raise BadFile("slice-no-statement") from None
    try:
        statements.verify(file, terms.owner.sign, name=STATEMENT)
    except Denied:
        raise Denied("slice-signature", slice=terms.slice[:8], owner=terms.owner.name) from None
    return terms


def unseal(terms: Terms, sealed: bytes, identity: locks.Identity) -> bytes:
    """The lines, for the receiver that the slice names and for no other.

    Raises Denied: when the slice names another.
    """
    if terms.receiver.age != identity.recipient:
        raise Denied("slice-other-receiver", receiver=terms.receiver.name)
    return locks.unseal(sealed, identity, what=ITEMS)


@dataclass(frozen=True, slots=True)
class Brought:
    """An item as its owner signed it."""

    item: Item
    salt: str
    approval: Approval | None


def items_in(file: bytes, lines: bytes) -> tuple[list[Brought], dict[str, bytes]]:
    """Items and pictures; each as the owner signed it and, where it says how it was approved, so approved: or nothing
    at all.

    Raises Denied: when something is not as the owner signed it. Raises BadFile: when the lines are no items.
    """
    terms = read(file)
    if hashlib.sha256(lines).hexdigest() != json.loads(file)["signed"].get("lines"):
        raise Denied("slice-altered", slice=terms.slice[:8])
    found: list[Brought] = []
    media: dict[str, bytes] = {}
    try:
        for record in map(json.loads, lines.splitlines()):
            if "media" in record:
                picture = base64.b64decode(record["bytes"], validate=True)
                if hashlib.sha256(picture).hexdigest() != record["media"]:
                    raise ValueError
                media[record["media"]] = picture
                continue
            item, salt = _item(record), str(record["salt"])
            if item.provenance.origin != terms.origin or item.provenance.owner != terms.owner.id:
                raise ValueError
            approval = approvals.read(record["approval"]) if "approval" in record else None
            if leaf(item, salt, approval) not in terms.digests:
                raise Denied("slice-altered", slice=terms.slice[:8])
            if flaw(item) is not None:
                raise ValueError
            if approval is not None:
                _check(terms, item, approval)
            found.append(Brought(item, salt, approval))
        if len({each.item.id for each in found}) < len(found):
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, BadFile):
        raise BadFile("slice-malformed", slice=terms.slice[:8]) from None
    return found, media


def _check(terms: Terms, item: Item, approval: Approval) -> None:
    try:
        approvals.check(item, approval)
    except BrokenStore:
        raise Denied(
            "slice-approval", slice=terms.slice[:8], owner=terms.owner.name, item=item.code or item.id[:8]
        ) from None


def to_accept(bank: str, terms: Terms, by: str, at: str, version: int = VERSION) -> dict[str, Any]:
    """What a reviewer of the receiving bank signs: that these items of that owner come in. It approves none of them."""
    return {
        "type": ACCEPTANCE,
        "v": version,
        "at": at,
        "bank": bank,
        "by": by,
        "owner": terms.owner.to_json(),
        "slice": terms.slice,
        "statement": terms.sha256,
    }


def check_acceptance(
    bank: str, terms: Terms, file: bytes, people: Mapping[str, Person], version: int = VERSION
) -> tuple[str, str]:
    """(by, at) of an acceptance that one of the bank's reviewers signed for exactly this slice.

    Raises Denied: when none of them did.
    """
    signed = statements.read(file, ACCEPTANCE, name="")
    by, at = str(signed.get("by")), str(signed.get("at"))
    person = people.get(by)
    if person is None:
        raise Denied("person-unknown", name=by)
    if Role.REVIEWER not in person.roles:
        raise Denied("person-lacks-role", name=person.name, role=Role.REVIEWER.value)
    statements.verify(file, person.sign, name="")
    if signed != to_accept(bank, terms, by, at, version):
        raise Denied("slice-other-acceptance", slice=terms.slice[:8])
    return by, at


def check_withdrawal(terms: Terms, file: bytes) -> str:
    """When the owner withdrew the slice. Raises Denied: when the statement is of another slice."""
    _owner, name, statement, at = read_withdrawal(file, [terms.owner])
    if (name, statement) != (terms.slice, terms.sha256):
        raise Denied("slice-other-withdrawal", slice=terms.slice[:8])
    return at


def read_withdrawal(file: bytes, owners: Collection[Body]) -> tuple[Body, str, str, str]:
    """(owner, slice, SHA-256 of its statement, when) of a withdrawal that one of `owners` signed.

    Raises Denied: when none of them did.
    """
    name = slice_named(file)
    signed = statements.read(file, WITHDRAWAL, name="")
    for owner in owners:
        try:
            statements.verify(file, owner.sign, name="")
        except Denied:
            continue
        return owner, name, str(signed.get("statement")), str(signed.get("at"))
    raise Denied("withdrawal-signature", slice=name[:8])


def slice_named(file: bytes) -> str:
    """The slice that a withdrawal speaks of; nothing checked yet. Raises BadFile: when it speaks of none."""
    try:
        name = str(statements.read(file, WITHDRAWAL, name="").get("slice"))
    except BadFile:
        raise BadFile("withdrawal-no-statement") from None
    if not _HEX32.fullmatch(name):
        raise BadFile("withdrawal-no-statement")
    return name


def proved(
    name: str, bank: str, statement: bytes, acceptance: bytes, people: Mapping[str, Person], owners: Collection[Body]
) -> Terms:
    """The terms of a slice as it stands in a bank. Raises BrokenStore unless its owner and a reviewer signed it, and
    the owner is one of those whose cards the bank's people have signed."""
    try:
        terms = read(statement)
        check_acceptance(bank, terms, acceptance, people, 1 if by_word(acceptance) else VERSION)
    except Refused:
        raise BrokenStore("slice-forged", slice=name[:8]) from None
    if terms.slice != name:
        raise BrokenStore("slice-forged", slice=name[:8])
    if (terms.owner.id, terms.owner.sign) not in {(owner.id, owner.sign) for owner in owners}:
        raise BrokenStore("slice-of-stranger", slice=name[:8], owner=terms.owner.name)
    return terms


def by_word(acceptance: bytes) -> bool:
    """Whether an earlier version took the slice in: its items are in force by the owner's word and the reviewer's."""
    return statements.read(acceptance, ACCEPTANCE, name="").get("v") == 1


def prove(item: Item, salt: str, terms: Terms, approval: Approval | None) -> None:
    """Raises BrokenStore unless the owner signed exactly this item, so approved."""
    if item.provenance.origin != terms.origin or leaf(item, salt, approval) not in terms.digests:
        raise BrokenStore("slice-item-changed", item=item.id[:8], owner=terms.owner.name)
    if approval is not None:
        approvals.check(item, approval)


# ---- one item ------------------------------------------------------------------------------------------------------


def leaf(item: Item, salt: str, approval: Approval | None) -> str:
    """What the owner signs of one item: everything but what is measured. Salted: the statement is public."""
    return _leaf(_record(item, salt, approval))


def _leaf(record: Mapping[str, Any]) -> str:
    # The background is what `content.case` is the digest of.
    said = ("about", "answer_key", "approval", "content", "explanation", "salt")
    return digest({name: record[name] for name in said if name in record})


def _record(item: Item, salt: str, approval: Approval | None) -> dict[str, Any]:
    record: dict[str, Any] = {
        "about": about(item),
        "answer_key": item.answer_key.to_json(),
        "content": item.content.to_json(),
        "explanation": item.explanation,
        "salt": salt,
    }
    if item.background is not None:
        record["background"] = item.background.to_json()
    if item.calibrated_p4 is not None:
        record["calibrated_p4"] = item.calibrated_p4
    return record if approval is None else record | {"approval": approval.to_json()}


def _item(record: Mapping[str, Any]) -> Item:
    said: Mapping[str, Any] = record["about"]
    background, measured = record.get("background"), record.get("calibrated_p4")
    if measured is not None and not (type(measured) is int and 0 < measured <= 10_000):
        raise ValueError
    return Item(
        content=Content.from_json(record["content"]),
        answer_key=AnswerKey.from_json(record["answer_key"]),
        chapter=said["chapter"],
        level=Level(said["level"]),
        p4=said["p4"],
        code=said["code"],
        explanation=record["explanation"],
        calibrated_p4=measured,
        background=None if background is None else Background.from_json(background),
        subject=said.get("subject", ""),
        **read_about(said),
    )
