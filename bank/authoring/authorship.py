"""Who wrote a draft: the statement by which its writer says so, wherever the draft was written.

    {"type":"examd-drafts","v":2,"at":…,"author":…,"bank":…,"drafts":[[digest, of, rev], …],"sha256":…}

`digest` stands for one wording: what the candidate sees, the answer key with the explanation, and what is said about
it, salted so that it tells nothing of them. `of` and `rev` name the item and the revision that the wording is made
from; "" and 0 for a new item. `sha256` is of the file it travels in (`bank.authoring.submissions`), "" where it never
left the bank.

A bank with reviews takes no wording without such a statement, and approves none that no statement lists: whose hand
wrote it is then known by key, and that hand approves nothing of it.

Before: `bank.authoring.review` says what is put to a signature. After: `bank.store.drafts` takes drafts in by it.
"""

import functools
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bank.authoring import review
from bank.authoring.people import Person, Signer
from bank.authoring.review import Seal
from bank.item import Item
from bank.refused import BadFile, Denied
from bank.seal import statements

KIND = "examd-drafts"
LONGEST = 200
"""Of a name or a time in it, which a person's terminal will show."""

Line = tuple[str, str, int]
"""Digest, item, revision: what the statement says of one wording."""


@dataclass(frozen=True)
class Draft:
    """A wording as its writer signs it."""

    item: Item
    salt: str
    of: str = ""
    """The item that it is another wording of: its lineage, or a code or id by which its author knows it."""
    rev: int = 0
    """The revision that its writer had before them."""

    @functools.cached_property
    def line(self) -> Line:
        """Computed once in each process: it is the dearest part of signing many."""
        return line(review.seal(self.item, self.salt), self.of, self.rev)


def drafts(items: Iterable[Item]) -> list[Draft]:
    """New items, each with a salt of its own."""
    return [Draft(item, new_salt()) for item in items]


def new_salt() -> str:
    return secrets.token_hex(16)


def line(sealed: Seal, of: str, rev: int) -> Line:
    return sealed.digest(), of, rev


def sign(bank: str, signer: Signer, lines: Sequence[Line], at: str, sha256: str = "") -> bytes:
    said = {"type": KIND, "v": 2, "at": at, "author": signer.id, "bank": bank}
    return statements.sign(said | {"drafts": [list(each) for each in lines], "sha256": sha256}, signer.key)


@dataclass(frozen=True, slots=True)
class Written:
    """What a person of the bank is known to have signed."""

    author: str
    at: str
    lines: tuple[Line, ...]
    sha256: str
    statement: bytes


def read(statement: bytes, file: str) -> Written:
    """Its shape checked, its signature not. Raises BadFile: when it has another shape."""
    try:
        said = statements.read(statement, KIND, name=file)
        if said.keys() != {"type", "v", "at", "author", "bank", "drafts", "sha256"} or said["v"] != 2:
            raise ValueError
        at, author, sha256 = said["at"], said["author"], said["sha256"]
        if not (printable(at) and printable(author) and isinstance(said["bank"], str) and isinstance(sha256, str)):
            raise ValueError
        lines = tuple(_line(*each) for each in said["drafts"])
    except (BadFile, ValueError, TypeError):
        raise BadFile("drafts-malformed", file=file) from None
    return Written(author, at, lines, sha256, statement)


def prove(statement: bytes, bank: str, people: Mapping[str, Person], *, file: str) -> tuple[Written, Person]:
    """What it says and who signed it: one of the bank's people, whatever they may still do.

    Raises Denied: when it is for another bank, or nobody here signed it. Raises BadFile: when the signature does not
    hold.
    """
    written = read(statement, file)
    if json.loads(statement)["signed"]["bank"] != bank:
        raise Denied("drafts-other-bank", file=file)
    author = people.get(written.author)
    if author is None or statements.keyid(author.sign) not in _keyids(statement):
        raise Denied("person-unknown", name=written.author)
    try:
        statements.verify(statement, author.sign, name=file)
    except Denied:
        raise BadFile("drafts-altered", file=file) from None
    return written, author


def printable(text: Any) -> bool:
    """Fit for a person's terminal."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST and text.isprintable()


def _line(digest: Any, of: Any, rev: Any) -> Line:
    if not (isinstance(digest, str) and (of == "" or printable(of)) and type(rev) is int and (rev > 0) == bool(of)):
        raise ValueError
    return digest, of, rev


def _keyids(statement: bytes) -> list[str]:
    try:
        return [str(each["keyid"]) for each in json.loads(statement)["signatures"]]
    except (ValueError, TypeError, KeyError):
        return []
