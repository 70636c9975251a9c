"""The journal of a shared bank: who opened it, what was read, exported and changed, each line chained and signed.

One line of canonical JSON an entry, append-only, in clear beside the bank, so that an auditor needs no key:

    {"entry":{"act":…, "at":seconds, "facts":{…}, "n":7, "prev":hash of entry 6}, "sig":…, "vouched":{"1":…}}

An opening makes a session key, and the holders present sign the entry that names it; everything until `closed` is
signed by the session key. `shared` names the holders and is signed by all of them. An entry holds numbers and
digests, never exam text. It is on the disk before the act it tells of has any effect: where it cannot be
written, the act fails.

What it cannot show: the last entries cut off together with the bank put back to the same moment. Against that
stand the positions that holders keep elsewhere (`bank.custody`).

Before: `bank.custody` and `bank.agent` write. After: anyone reads with `check`.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bank import durable
from bank.canonical import canonical, digest
from bank.refused import BadFile, BrokenStore, Denied

NAME = "journal.jsonl"
SHARED, OPENED, CLOSED, UNDONE = "shared", "opened", "closed", "undone"
SHOWN = "show"
"""An item was put before a reviewer, whom the entry names."""
UNSOUND, LOSS_ACCEPTED = "journal-unsound", "journal-loss-accepted"
_CHAIN, _SESSION, _VOUCH = b"examd/journal/1\x00", b"examd/journal/session\x00", b"examd/journal/vouch\x00"


@dataclass(frozen=True, slots=True)
class Entry:
    n: int
    prev: str
    at: int
    act: str
    facts: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        return canonical({"act": self.act, "at": self.at, "facts": self.facts, "n": self.n, "prev": self.prev})

    @property
    def hash(self) -> str:
        return hashlib.sha256(_CHAIN + self.body).hexdigest()

    def line(self, session: Ed25519PrivateKey, holders: Mapping[int, Ed25519PrivateKey]) -> bytes:
        """The entry as it is written, with the signature of the session and those of the holders who vouch for it."""
        line = {"entry": json.loads(self.body), "sig": session.sign(_SESSION + self.body).hex()}
        if holders:
            line["vouched"] = {str(index): key.sign(_VOUCH + self.body).hex() for index, key in holders.items()}
        return canonical(line) + b"\n"


@dataclass(frozen=True, slots=True)
class Line:
    entry: Entry
    signature: str
    vouched: Mapping[int, str]


class Journal:
    """The journal of one bank, open for appending. One writer: whoever holds the bank's vault."""

    def __init__(self, path: Path, lines: list[Line], torn: int) -> None:
        self.path = path
        self.lines = lines
        self._torn = torn

    @classmethod
    def read(cls, directory: Path) -> "Journal":
        """Every whole line. A last line without its end is a write that a power cut broke: its act never happened.

        Raises BrokenStore: when the disk refuses.
        """
        path = directory / NAME
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise BrokenStore("journal-io", file=NAME, error=error.strerror) from None
        whole, _, torn = data.rpartition(b"\n")
        texts = whole.split(b"\n") if whole else []
        return cls(path, [_line(text, number) for number, text in enumerate(texts, 1)], len(torn))

    @property
    def n(self) -> int:
        return len(self.lines)

    @property
    def head(self) -> str:
        return self.lines[-1].entry.hash if self.lines else ""

    @property
    def torn(self) -> bool:
        return self._torn > 0

    def unsound(self) -> Denied | None:
        """What is wrong with it that no holders have accepted yet; bound to exactly that, so they accept no more."""
        findings = check(self.lines).findings
        if not findings:
            return None
        number, code = findings[0]
        return Denied(UNSOUND, n=number, finding=code, findings=len(findings), sha256=_digest(findings))

    def next(self, act: str, at: int, facts: Mapping[str, Any]) -> Entry:
        return Entry(self.n + 1, self.head, at, act, facts)

    def append(self, line: bytes) -> None:
        """On the disk when this returns; otherwise as if it had not been tried.

        Raises BrokenStore: when the disk refuses.
        """
        parsed = _line(line.rstrip(b"\n"), self.n + 1)
        try:
            durable.append(self.path, line, torn=self._torn)
        except OSError as error:
            raise BrokenStore("journal-io", file=self.path.name, error=error.strerror) from None
        self._torn = 0
        self.lines.append(parsed)


def _line(text: bytes, number: int) -> Line:
    try:
        document = json.loads(text)
        if canonical(document) != text:
            raise ValueError
        entry = Entry(**document["entry"])
        vouched = {int(index): str(signature) for index, signature in document.get("vouched", {}).items()}
        if not isinstance(entry.facts, dict) or type(entry.n) is not int or type(entry.at) is not int:
            raise ValueError
        return Line(entry, str(document["sig"]), vouched)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadFile("journal-malformed", file=NAME, line=number) from None


@dataclass(slots=True)
class Checked:
    findings: list[tuple[int, str]] = field(default_factory=list)
    """Entry number and code of everything that is wrong; empty is well."""
    notes: list[tuple[int, str]] = field(default_factory=list)
    """What is not wrong but should be known: an opening that was not closed, a loss that was accepted."""
    accepted: list[tuple[int, str]] = field(default_factory=list)
    """What is wrong with it and was known to the holders when they went on: it stays wrong."""
    custodies: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    """Entry number and statement of every sharing. The whole journal rests on the first; compare with the cards."""


def check(lines: Sequence[Line]) -> Checked:
    """Chain, signatures, vouching holders, times: recomputed from nothing but the journal itself."""
    checked = Checked()
    wrong, note = checked.findings, checked.notes
    previous, at, until = "", 0, 0
    session: str | None = None
    holders: dict[int, str] = {}
    need = 0
    for number, line in enumerate(lines, 1):
        entry, before = line.entry, list(wrong)
        if entry.n != number:
            wrong.append((number, "journal-number"))
        if entry.prev != previous:
            wrong.append((number, "journal-chain"))
        if entry.at < at:
            note.append((number, "journal-clock-back"))
        previous, at = entry.hash, max(at, entry.at)
        try:
            if entry.act == OPENED:
                if session is not None:
                    note.append((number - 1, "journal-not-closed"))
                present = {index for index in holders if _signed(line.vouched.get(index), holders[index], entry)}
                if not holders or len(present) < need:
                    wrong.append((number, "journal-too-few-holders"))
                elif before and any(loss.get("sha256") == _digest(before) for loss in entry.facts.get("lost", ())):
                    del wrong[: len(before)]  # k holders have seen exactly these, and gone on
                    checked.accepted += before
                    note += before
                session, until = str(entry.facts["session"]), int(entry.facts["until"])
                note += [(number, code) for code in accepted(entry.facts)]
            elif entry.act == SHARED:
                custody = entry.facts["custody"]
                named = {holder["index"]: holder["public"] for holder in custody["holders"]}
                if not all(_signed(line.vouched.get(index), public, entry) for index, public in named.items()):
                    wrong.append((number, "journal-too-few-holders"))
                checked.custodies.append((number, custody))
                if not holders:
                    session, until = str(entry.facts["session"]), entry.at
                holders, need = named, custody["need"]
            elif session is not None and entry.act != CLOSED and entry.at > until:
                note.append((number, "journal-after-hour"))
            if session is None or not _verifies(line.signature, session, _SESSION + entry.body):
                wrong.append((number, "journal-signature"))
        except (KeyError, TypeError, ValueError):
            wrong.append((number, "journal-entry-malformed"))
        if entry.act == CLOSED:
            session = None
    return checked


def accepted(facts: Mapping[str, Any]) -> list[str]:
    """What the holders of an opening accepted: an altered journal, a copy that was not the newest, or both."""
    if not facts.get("accepted"):
        return []
    codes = {loss.get("code") for loss in facts.get("lost", ())}
    if UNSOUND not in codes:
        return [LOSS_ACCEPTED]
    # That its entries are not those seen elsewhere follows from the alteration.
    older = codes - {UNSOUND, "journal-other", "bank-copy-other"}
    return ["journal-alteration-accepted", *([LOSS_ACCEPTED] if older else [])]


def loss_accepted(lines: Sequence[Line]) -> bool:
    """Whether the newest opening accepted that a newer copy is lost: an earlier loss was another one."""
    opened = [line.entry for line in lines if line.entry.act == OPENED]
    return bool(opened) and LOSS_ACCEPTED in accepted(opened[-1].facts)


def keyholders(directory: Path) -> set[str]:
    """Public keys of all who ever held the bank: those a sharing names, and who signed it."""
    found: set[str] = set()
    for line in Journal.read(directory).lines:
        if line.entry.act == SHARED:
            with contextlib.suppress(KeyError, TypeError):
                named = {holder["index"]: holder["public"] for holder in line.entry.facts["custody"]["holders"]}
                if all(_signed(line.vouched.get(index), public, line.entry) for index, public in named.items()):
                    found |= set(named.values())
    return found


def _digest(findings: Sequence[tuple[int, str]]) -> str:
    return digest([list(finding) for finding in findings])


def _signed(signature: str | None, public: str, entry: Entry) -> bool:
    return signature is not None and _verifies(signature, public, _VOUCH + entry.body)


def _verifies(signature: str, public: str, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
