"""What a package is made of: names of its files, the manifest as a type, its rule, the records of its parts.

Before: `examd.package.issue`. After: `examd.package.open`.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from bank.canonical import canonical
from bank.durable import read_bytes
from bank.refused import BadFile, Denied
from bank.rules import Rule
from bank.seal import statements

MANIFEST, RULE = "manifest.json", "rule.json"
SIGNED_RULE = "edition.json"
"""The rule as two officers signed it (`bank.rules.signed_rule`); drills may do without."""
ROSTER, ITEMS, ANSWERS = "roster", "items", "answers"
SEALED_PARTS = (ROSTER, ITEMS, ANSWERS)
KIND = "examd-package"
MAX_PART_BYTES = 512 * 1024 * 1024
"""A pool of some thousand items with their pictures stays far below; a larger file is not read into memory."""


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    date: str
    """YYYY-MM-DD."""
    site_id: str
    site_name: str
    mock: bool
    """演练: shown on every screen and paper."""


class RuleRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    version: int
    sha256: str


class PoolRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    root: str
    n: int


class RosterRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str
    n: int


class PlaintextRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bureau: str
    chief: str
    site: str
    site_age: str
    chief_age: str
    archive_age: str


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    bytes: int
    sha256: str


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The days (YYYY-MM-DD) on which a package may be opened."""

    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="until")

    def holds(self, day: str) -> bool:
        return self.first <= day <= self.last


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`signed` of manifest.json."""

    type: str
    v: int
    package_id: str
    session: Session
    rule: RuleRef
    pool: PoolRef
    roster: RosterRef
    items: PlaintextRef
    answers: PlaintextRef
    seed_commit: dict[str, str]
    keys: Keys
    parts: list[Part]
    issued_at: str
    counter: int = 0
    """The bureau's running number for this site: 1, 2, 3 …; 0 in packages of before there were numbers."""
    window: Window | None = None
    """None in packages of before there were windows."""
    seats_sign: bool = False
    """Terminals have to sign for candidates' acts: in every package since they do, so that no site can leave it out."""

    @property
    def draw_session(self) -> str:
        """The session string of the draw: it names the list of candidates, so a seed fits no other."""
        return f"{self.session.id}/{self.roster.sha256}"


def read_manifest(signed: dict[str, Any]) -> Manifest:
    """The manifest as a type. Raises BadFile: when it is malformed, or of a version that is not ours."""
    try:
        manifest = msgspec.convert(signed, Manifest)
    except msgspec.ValidationError as error:
        raise BadFile("manifest-malformed", why=str(error)) from None
    if manifest.v != 1:
        raise BadFile("manifest-version", found=manifest.v, expected=1)
    require_names(manifest.session)
    if not re.fullmatch("[0-9a-f]{32}", manifest.package_id):
        raise BadFile("package-id-malformed")
    if manifest.window is not None:
        require_days(manifest.window)
    for part in manifest.parts:
        if not re.fullmatch(r"[a-z]+\.[a-z]+", part.name):
            raise BadFile("part-name", file=part.name)
    return manifest


def require_plain(name: str) -> None:
    """A number of a session, site or bureau: it becomes the name of a folder, and part of what is signed.

    Raises BadFile: unless it is made of letters, digits, - and _, at most 64.
    """
    if not re.fullmatch("[A-Za-z0-9_-]{1,64}", name):
        raise BadFile("session-name", found=name)


def require_names(session: Session) -> None:
    """Raises BadFile: when a number of the session's cannot be one."""
    require_plain(session.id)
    require_plain(session.site_id)


def require_days(window: Window) -> None:
    """Raises BadFile: unless both are days, the last not before the first."""
    for day in (window.first, window.last):
        require_day(day)
    if window.last < window.first:
        raise BadFile("window-backwards", first=window.first, last=window.last)


def require_day(day: str) -> None:
    """Raises BadFile: unless it is a day, as YYYY-MM-DD."""
    try:
        if date.fromisoformat(day).isoformat() == day:
            return
    except ValueError:
        pass
    raise BadFile("session-date", found=day)


def manifest_in(directory: Path) -> tuple[Manifest, str]:
    """The manifest in a folder and the SHA-256 (hex) of its file, signatures NOT checked (`examd.package.open` does).

    Raises BadFile: when it cannot be read.
    """
    file = read_bytes(directory / MANIFEST)
    return read_manifest(statements.read(file, KIND, name=MANIFEST)), hashlib.sha256(file).hexdigest()


class RosterLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One candidate of the session, as the site needs to know them and no further."""

    c: int
    """1, 2, 3 … in byte order of admission number: the ordinal of the draw."""
    admission_no: str
    name: str
    id_tail: str
    """Last six characters of the ID number: what the candidate signs in with."""
    id_masked: str
    institution: str

    def to_json(self) -> dict[str, Any]:
        return dict(msgspec.to_builtins(self))


_decode_line = msgspec.json.Decoder(RosterLine).decode


def lines(records: Iterable[dict[str, Any]]) -> bytes:
    """Canonical JSON, one record a line."""
    return b"".join(canonical(record) + b"\n" for record in records)


def records_in(plaintext: bytes, *, what: str) -> list[dict[str, Any]]:
    """The records of such lines; `what` names them to people. Raises BadFile: when a line is no JSON."""
    try:
        return [json.loads(line) for line in plaintext.splitlines()]
    except ValueError:
        raise BadFile("part-malformed", what=what) from None


def read_roster(plaintext: bytes) -> list[RosterLine]:
    """The candidates, ordinals 1, 2, 3 … Raises BadFile: when a line is malformed or out of place."""
    try:
        roster = [_decode_line(line) for line in plaintext.splitlines()]
    except msgspec.DecodeError:
        raise BadFile("part-malformed", what=ROSTER) from None
    if [line.c for line in roster] != list(range(1, len(roster) + 1)):
        raise BadFile("part-malformed", what=ROSTER)
    return roster


def require_signed(rule: Rule, signed: Rule) -> None:
    """Raises Denied: unless the rule is, to the byte, the one that its officers signed."""
    if signed.sha256 != rule.sha256:
        found, expected = f"{rule.version} ({rule.sha256})", f"{signed.version} ({signed.sha256})"
        raise Denied("rule-not-the-signed-one", rule=rule.id, found=found, expected=expected)


def part_name(part: str) -> str:
    return f"{part}.age"


def lock_name(part: str) -> str:
    return f"{part}.lock"


def part_path(directory: Path, part: str) -> Path:
    return directory / part_name(part)


def lock_path(directory: Path, part: str) -> Path:
    return directory / lock_name(part)
