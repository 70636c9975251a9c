"""A result comes home: verified whole, held against the ledger, filed once; or refused, with the checks that failed.

It is copied first, and the copy is what is verified and filed: a stick may say something else at every look. The
verifier shares no code with us and comes in with the call. With the filed copy lies the ledger's extract about its
session, so whoever gets a copy can judge it.

Before: `examd.site.grading` at the site, a stick. After: the folder `results/`; `examd.bureau.standings` has it as
returned.
"""

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bank.durable import folder_at_once, hidden, read_bytes, write_atomically
from bank.refused import BadFile, BrokenStore, Denied, Refused
from bank.seal import statements
from examd import result
from examd.bureau import ledger
from examd.bureau.ledger import Result
from examd.bureau.office import Office
from examd.bureau.releasing import Desk
from examd.package import layout
from examd.package.layout import Manifest
from examd.result import RESULT

CHECKPOINTS = "checkpoints.txt"
MOST_BYTES = 4 << 30
"""Of one file; a record of some million entries stays far below."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed, or that asks for somebody's attention."""

    number: int
    check: str
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    failed: tuple[Finding, ...]
    attention: tuple[Finding, ...]


Verify = Callable[[Path], Verdict]
"""Runs every check over a result, with the bureau's key pinned and the extract that lies in it."""


@dataclass(frozen=True, slots=True)
class Received:
    package: str
    manifest: Manifest
    filed: Path
    again: bool
    """It was filed before; this is the same result."""
    verdict: Verdict


class ResultRefused(Denied):
    """A result that is not filed; `verdict` has the checks that failed."""

    def __init__(self, verdict: Verdict, **facts: object) -> None:
        super().__init__("result-refused", checks=[each.check for each in verdict.failed], **facts)
        self.verdict = verdict


OpenDesk = Callable[[], AbstractContextManager[Desk]]
"""Asked for as often as the ledger is needed: nobody who is at the telephone waits for a verification."""


def receive(office: Office, open_desk: OpenDesk, folder: Path, verify: Verify) -> Received:
    """Files a result of a package that was issued here.

    Raises BadFile: when it is no result, or of no package of ours.
    Raises Denied: when a check fails, another result of the session is on file, or the package is void; nothing is
    filed then, and what an honest session does not bring about is an alarm in the ledger.
    Raises BrokenStore: when what is on file is not what was filed.
    """
    package = _package_of(office, folder)
    filed = office.result(package)
    if filed.exists():
        with open_desk() as desk:
            return _again(desk, package, folder)
    shutil.rmtree(hidden(filed), ignore_errors=True)  # what a kill left
    with folder_at_once(filed) as begun:
        _copy(folder, begun)
        with open_desk() as desk:
            manifest, signed = _held(desk, package, begun)
        verdict = verify(begun)
        with open_desk() as desk:
            if verdict.failed:
                if signed:
                    failed = ",".join(each.check for each in verdict.failed)
                    desk.alarm(package, "result-refused", f"{signed[:16]} {failed}"[:200])
                raise ResultRefused(verdict, package=package)
            desk.require_valid(package)
            _require_first(desk, package, signed)
            desk.result_came(package, signed)
            _extract(desk, package, begun)
    return Received(package, manifest, filed, False, verdict)


def _held(desk: Desk, package: str, folder: Path) -> tuple[Manifest, str]:
    """Holds it against the ledger, and lays the extract beside it. The manifest, and the hash of what the site has
    signed; "" where it has not: of what anybody can make, nothing is entered."""
    desk.require_valid(package)
    manifest = desk.office.manifest(package, desk.bureau.card)
    signed = _sha256(folder / RESULT) if _is_signed(folder, manifest) else ""
    if signed:
        _require_first(desk, package, signed)
        desk.closing_came(package, read_bytes(folder / CHECKPOINTS), file=CHECKPOINTS)
    _extract(desk, package, folder)
    return manifest, signed


def _again(desk: Desk, package: str, folder: Path) -> Received:
    filed, manifest = desk.office.result(package), desk.office.manifest(package, desk.bureau.card)
    entered = [each.sha256 for each in desk.ledger.of(package, Result)]
    if entered != [_sha256(filed / RESULT)]:
        raise BrokenStore("filed-altered", folder=str(filed))
    if (sha256 := _sha256(folder / RESULT)) not in entered:
        if _is_signed(folder, manifest):
            _require_first(desk, package, sha256)
        raise Denied("second-result", package=package, filed=str(filed))
    _extract(desk, package, filed)
    return Received(package, manifest, filed, True, Verdict((), ()))


def _require_first(desk: Desk, package: str, sha256: str) -> None:
    """Raises Denied: when another result of this session was entered before."""
    for each in desk.ledger.of_session(package):
        for before in desk.ledger.of(each, Result):
            if before.sha256 != sha256:
                desk.alarm(package, "second-result", sha256)
                raise Denied("second-result", package=package, filed=str(desk.office.result(each)))


def _package_of(office: Office, folder: Path) -> str:
    try:
        manifest, sha256 = layout.manifest_in(folder / "package")
    except Refused:
        raise BadFile("result-not-a-result", folder=str(folder)) from None
    package = manifest.package_id
    if not office.issued(package) or office.manifest_sha256(package) != sha256:
        raise BadFile("result-of-no-package", folder=str(folder), package=package)
    return package


def _is_signed(folder: Path, manifest: Manifest) -> bool:
    """Whether the site has signed it for this package."""
    try:
        file = read_bytes(folder / RESULT)
        statements.verify(file, manifest.keys.site, name=RESULT)
        return result.read(statements.read(file, result.KIND, name=RESULT)).package_id == manifest.package_id
    except (Refused, json.JSONDecodeError):
        return False


def _sha256(path: Path) -> str:
    return hashlib.sha256(read_bytes(path)).hexdigest()


def _extract(desk: Desk, package: str, folder: Path) -> None:
    write_atomically(folder / ledger.EXTRACT, desk.ledger.extract(package, desk.bureau.signing_key))


def _copy(folder: Path, to: Path) -> None:
    """Ordinary files and folders alone. Raises BadFile: when there is something else, or more than a result has."""
    for place, folders, files in os.walk(folder):
        there = to / Path(place).relative_to(folder)
        there.mkdir(exist_ok=True, mode=0o700)
        for name in _ordinary(Path(place), folders, stat.S_ISDIR):
            (there / name).mkdir(mode=0o700)
        for name in _ordinary(Path(place), files, stat.S_ISREG):
            path = Path(place) / name
            if path.lstat().st_size > MOST_BYTES:
                raise BadFile("file-too-large", file=name, most=MOST_BYTES)
            write_atomically(there / name, read_bytes(path))


def _ordinary(place: Path, names: Sequence[str], is_kind: Callable[[int], bool]) -> Sequence[str]:
    for name in names:
        if not is_kind((place / name).lstat().st_mode):
            raise BadFile("file-irregular", file=name)
    return names
