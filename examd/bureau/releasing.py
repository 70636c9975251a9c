"""The duty officer's desk: a package is issued or voided, a code is given, a checkpoint comes; all of it in the ledger.

What is told of a package stands in the ledger first, on the disk. Code 1 is bound to the room's commitment, which the
room fixed before; to another commitment it is not given, and that somebody asked is an alarm. Code 2 is given against
the closing: signed by site and chief examiner, or, over a telephone, the short form of that very statement, which is
held against the signatures when they come.

An office of before the ledger has one begun from what is on file, said so in its first entries.

Before: `examd.bureau.issuing`, the site's telephone call. After: `examd.bureau.receiving`, `examd.bureau.standings`.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bank.clock import day_of
from bank.refused import Denied
from bank.seal import codes, statements
from examd.bureau import closing, ledger
from examd.bureau.closing import Seen
from examd.bureau.ledger import Alarm, Checkpoint, Closing, Code1, Code2, Entry, Issue, Ledger, Result, Void
from examd.bureau.office import Office
from examd.holders import Card, Holder
from examd.package import layout
from examd.package.issue import Issued
from examd.package.layout import Manifest


@dataclass(frozen=True, slots=True)
class Desk:
    """The office at one moment, its ledger open for writing."""

    office: Office
    bureau: Holder
    ledger: Ledger
    at: str
    """RFC 3339, UTC: now."""

    # ---- packages ---------------------------------------------------------------------------------------------

    def issue(self, issued: Issued, signed_rule: bytes | None) -> None:
        """Puts a package on file: codes, ledger, manifest, in this order. Packages of the session that were issued
        before, and that nobody has opened, are void.

        Raises Denied: when a package with this number for this site was issued meanwhile.
        """
        manifest = layout.read_manifest(statements.read(issued.manifest, layout.KIND, name=layout.MANIFEST))
        session = manifest.session
        if manifest.counter and manifest.counter != self.ledger.next_counter(session.site_id):
            raise Denied("issued-meanwhile", site=session.site_id)
        self.office.keep_codes(issued, signed_rule, self.bureau.card)
        self._enter(Issue(
            package=issued.package_id, manifest=hashlib.sha256(issued.manifest).hexdigest(), session=session.id,
            site=session.site_id, date=session.date, counter=manifest.counter,
        ))  # fmt: skip
        for other in self.ledger.of_session(issued.package_id):
            over = bool(self.ledger.of(other, Code1)) or bool(self.ledger.of(other, Void))
            if other != issued.package_id and not over:
                self._enter(Void(package=other, reason="", by=issued.package_id))
        self.office.keep_manifest(issued)

    def void(self, package: str, reason: str) -> None:
        """Takes a package back: no code is given for it any more, and no result of it is filed.

        Raises Denied: when a result is on file, it is void already, or no reason is given.
        """
        self._manifest(package)
        if not reason.strip():
            raise Denied("reason-missing")
        if self.ledger.of(package, Result):
            raise Denied("void-after-result", package=package)
        self._require_valid(package)
        self._enter(Void(package=package, reason=reason.strip()))

    # ---- codes ------------------------------------------------------------------------------------------------

    def code_1(self, package: str, room: str) -> str:
        """What opens the items, for the room that has committed to its share: `room` = the first 128 bits (hex) of its
        commitment. The same again gets the same.

        Raises Denied: when code 1 was asked for with another commitment (an alarm in the ledger), the package is void,
        or today is none of its days.
        """
        manifest = self._manifest(package)
        self._require_valid(package)
        self._require_day(manifest)
        given = self.ledger.of(package, Code1)
        if given and given[0].room != room:
            self._alarm(package, "second-sitting", room)
            raise Denied("second-sitting", package=package, at=given[0].at)
        if not given:
            for other in self.ledger.of_session(package):
                if other != package and self.ledger.of(other, Code1):
                    self._alarm(package, "other-package", other)
        told = self.office.codes(package, self.bureau)
        self._enter(Code1(package=package, room=room))
        return told.first

    def code_2_by_telephone(self, package: str, statement: str) -> str:
        """What opens the answer keys, against the short form of the co-signed closing as it was read out. It stays
        open until the signed closing comes.

        Raises Denied: when another closing was told before (an alarm), code 1 was never given, or the package is void.
        """
        self._manifest(package)
        self._require_opened(package)
        told = self.office.codes(package, self.bureau)
        before = self.ledger.of(package, Closing)
        for each in before:
            if each.statement and each.statement != statement:
                self._alarm(package, "other-closing", statement)
                raise Denied("another-closing", package=package, first=_spoken(each.statement))
        if not any(each.statement for each in before):
            self._enter(Closing(package=package, by=ledger.TELEPHONE, statement=statement))
        self._enter(Code2(package=package, by=ledger.TELEPHONE))
        return told.second

    def code_2_by_checkpoints(self, package: str, checkpoints: bytes, *, file: str) -> str:
        """The same against the signed closing checkpoint. It overrules a closing that was read out; both stay.

        `file` names it to people. Raises Denied: when another signed closing came before (an alarm). And as
        `examd.bureau.closing.closing_of` does.
        """
        manifest = self._manifest(package)
        found = closing.closing_of(checkpoints, manifest, file=file)
        self._require_opened(package)
        told = self.office.codes(package, self.bureau)
        self._close(package, found, checkpoints)
        self._enter(Code2(package=package, by=ledger.CHECKPOINT))
        return told.second

    # ---- checkpoints ------------------------------------------------------------------------------------------

    def checkpoints_came(self, package: str, checkpoints: bytes, *, file: str) -> list[Seen]:
        """Notes the opening's checkpoint and the newest one of a session that runs: its record can then only go on
        from there. What is noted.

        Raises Denied: when one of the same size came before with another root (an alarm). And as
        `examd.bureau.closing.signed_in` does.
        """
        found = closing.signed_in(checkpoints, self._manifest(package), file=file)
        self._note_progress(package, found)
        self.office.keep_checkpoints(package, checkpoints)
        return found

    def closing_came(self, package: str, checkpoints: bytes, *, file: str) -> None:
        """The signed closing came, with the result: it is held against what was told. Raises Denied: when another
        signed closing came before. And as `examd.bureau.closing.closing_of` does."""
        self._close(package, closing.closing_of(checkpoints, self._manifest(package), file=file), checkpoints)

    def result_came(self, package: str, sha256: str) -> None:
        """Enters the hash of the result that is about to be filed, once."""
        if not self.ledger.of(package, Result):
            self._enter(Result(package=package, sha256=sha256))

    def alarm(self, package: str, what: str, found: str) -> None:
        """Enters that something was found which an honest session does not bring about; the same thing once."""
        if not any((each.what, each.found) == (what, found) for each in self.ledger.of(package, Alarm)):
            self._alarm(package, what, found)

    def require_valid(self, package: str) -> None:
        """Raises Denied: when the package was not issued here, or is void."""
        self._manifest(package)
        self._require_valid(package)

    # ---- how it is done ---------------------------------------------------------------------------------------

    def _close(self, package: str, found: list[Seen], checkpoints: bytes) -> None:
        self._note_progress(package, found[:-1])
        came = _closing(package, found[-1])
        before = self.ledger.of(package, Closing)
        for signed in (each for each in before if each.by == ledger.CHECKPOINT):
            if (signed.size, signed.root) != (came.size, came.root):
                self._alarm(package, "other-closing", came.root)
                raise Denied("two-closings", package=package, first=signed.root)
            return
        if not all(_is_same(told, came) for told in before):
            self._alarm(package, "other-closing", came.root)
        self._enter(came)
        self.office.keep_checkpoints(package, checkpoints)

    def _note_progress(self, package: str, found: list[Seen]) -> None:
        """The first is the opening's; of the others the newest is noted, where it is newer than those before."""
        if not found:
            return
        known = {each.size: each.root for each in self.ledger.of(package, Checkpoint)}
        for each in found:
            if known.get(each.size, each.root) != each.root:
                self._alarm(package, "other-record", each.root)
                raise Denied("checkpoint-of-another-record", package=package, size=each.size)
        if not known:
            self._enter(Checkpoint(package=package, what=ledger.OPENING, size=found[0].size, root=found[0].root))
            known[found[0].size] = found[0].root
        if found[-1].size > max(known):
            self._enter(Checkpoint(package=package, what=ledger.INTERIM, size=found[-1].size, root=found[-1].root))

    def _enter(self, entry: Entry) -> None:
        self.ledger.append(entry, self.at, self.bureau)
        self.office.keep_head(entry.package, self.ledger.heads[-1])

    def _alarm(self, package: str, what: str, found: str) -> None:
        self._enter(Alarm(package=package, what=what, found=found))

    def _manifest(self, package: str) -> Manifest:
        return self.office.manifest(package, self.bureau.card)

    def _require_valid(self, package: str) -> None:
        for each in self.ledger.of(package, Void):
            raise Denied("package-void", package=package, reason=each.reason or "–", by=each.by or "–")

    def _require_opened(self, package: str) -> None:
        self._require_valid(package)
        on_file = any(each.on_file for each in self.ledger.of(package, Issue))
        if not on_file and not self.ledger.of(package, Code1):
            raise Denied("never-opened", package=package)

    def _require_day(self, manifest: Manifest) -> None:
        window, today = manifest.window, day_of(self.at)
        if window is not None and not window.holds(today):
            raise Denied("code-outside-window", first=window.first, last=window.last, today=today)


def _is_same(told: Closing, came: Closing) -> bool:
    """Whether what was read out is what came signed; an office of before the ledger was read the root."""
    return told.statement == came.statement if told.statement else told.root == came.root


def _closing(package: str, seen: Seen) -> Closing:
    statement = codes.short(seen.statement)
    return Closing(package=package, by=ledger.CHECKPOINT, statement=statement, size=seen.size, root=seen.root)


def _spoken(statement: str) -> str:
    return codes.spoken_short(statement, codes.Short.CLOSING)


@contextlib.contextmanager
def at_the_desk(office: Office, bureau: Holder, at: str) -> Iterator[Desk]:
    """The desk at the moment `at` (RFC 3339, UTC), alone; where the office has no ledger yet it is begun.

    Raises Denied: when somebody else is at it, or the ledger is not the newest one.
    Raises BrokenStore: when it was edited.
    """
    with Ledger(office.directory / ledger.NAME, bureau.card).alone():
        kept = office.ledger(bureau.card)
        if not kept.size:
            kept.begin(_on_file(office, bureau.card), at, bureau)
        yield Desk(office, bureau, kept, at)


def _on_file(office: Office, bureau: Card) -> Sequence[Entry]:
    """What an office of before the ledger has on file, as its first entries."""
    manifests = [office.manifest(number, bureau) for number, _session in office.packages(bureau)]
    entries: list[Entry] = [ledger.Begin(bureau=bureau.sign, packages=len(manifests))]
    for manifest in sorted(manifests, key=lambda each: (each.issued_at, each.package_id)):
        number, session = manifest.package_id, manifest.session
        entries.append(Issue(
            package=number, manifest=office.manifest_sha256(number), session=session.id, site=session.site_id,
            date=session.date, counter=manifest.counter, on_file=True,
        ))  # fmt: skip
        root, checkpoints = office.told_before(number)
        told = Closing(package=number, by=ledger.TELEPHONE, root=root)
        if root:
            entries.append(told)
        if checkpoints:
            came = _closing(number, closing.closing_of(checkpoints, manifest, file=f"{number}.checkpoints")[-1])
            if root and not _is_same(told, came):
                entries.append(Alarm(package=number, what="other-closing", found=came.root))
            entries.append(came)
        if root or checkpoints:
            entries.append(Code2(package=number, by=ledger.CHECKPOINT if checkpoints else ledger.TELEPHONE))
    return entries
