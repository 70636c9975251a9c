"""How far a register of rules had come when somebody last saw it, kept where the bureau's issuing officer is not alone.

    <officer's folder>/rule-officer.seen.json   each rule officer's own note, beside their key
    the bank's own ledger                       what sessions were issued with; the keyholders' key protects it

Whoever keeps the register can take its newest files away, and what is left holds together. These notes name what was
there: a register that lacks it is refused.

Before: `examd.bureau.rulebook`. After: signing, and `examd bureau issue`.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bank.canonical import canonical
from bank.durable import write_atomically
from bank.refused import BadFile

NOTE = "rule-officer.seen.json"


class Heads(msgspec.Struct, frozen=True):
    """Of the registers and of each rule: the newest version, and its hash."""

    register: tuple[int, str]
    rules: dict[str, tuple[int, str]]


_decode = msgspec.json.Decoder(dict[str, Heads]).decode
"""A note: by the bureaus' public keys."""


def read(text: str, bureau: str, *, where: str) -> Heads | None:
    """What a note says of the bureau with this public key; None where it never saw it.

    Raises BadFile: when it is malformed. `where` it stands, for people.
    """
    if not text:
        return None
    try:
        return _decode(text).get(bureau)
    except msgspec.DecodeError:
        raise BadFile("statement-malformed", file=where) from None


def noting(text: str, bureau: str, heads: Heads) -> str:
    """The note with what is known now of this bureau. Only ever called after the older one was found to hold."""
    return canonical(msgspec.to_builtins((_decode(text) if text else {}) | {bureau: heads})).decode()


def of_names(noted: Mapping[str, str], bureau: str) -> Heads | None:
    """What a bank notes of this bureau (`bank.rules.signed_rule.heads`)."""
    newest: dict[str, tuple[int, str]] = {}
    for name, sha256 in noted.items():
        who, _slash, what = name.partition("/")
        rule, _slash, version = what.rpartition("/")
        if who == bureau and version.isdecimal():
            newest[rule] = max(newest.get(rule, (0, "")), (int(version), sha256))
    return Heads(newest.pop(""), newest) if "" in newest else None


def note_of(folder: Path) -> str:
    """An officer's note; "" where there is none yet. Raises BadFile: when it cannot be read."""
    try:
        return (folder / NOTE).read_text()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise BadFile("file-unreadable", file=NOTE, why=error.strerror) from None


def keep_note(folder: Path, bureau: str, heads: Heads) -> None:
    write_atomically(folder / NOTE, noting(note_of(folder), bureau, heads).encode())
