"""Issuing a package for one session at one site, whole: all checks before it is made, all notes before its codes are.

Nothing here asks a person or prints. In this order: the rule in force on the day, with its signatures; whether the
session has a package already; whether the bank may serve a session that counts; whether the release ledger or the
register of rules lacks what the bank has seen of it; what of the bank may travel; the package; exposure and watermarks
in the bank's ledger; the rules noted in the bank; the codes and the release ledger; and only then the package is under
its name on the stick. One that the ledgers do not know of has no codes: nobody can open it; one that shows itself has
them. What a kill leaves hidden on the stick is finished by the same order given again (`finish_issue`), or goes with
the next. The bank forgets nothing: items that were to travel count as used.

Before: `examd.bureau.roster`, `examd.bureau.rulebook`, a bank. After: the package travels (`examd.site.opening`), the
codes wait in the office.
"""

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bank import rules
from bank.authoring.people import Signer
from bank.composing.assembly import Progress
from bank.composing.availability import RuleAvailability, rule_availability
from bank.composing.exposure import apart_until
from bank.content import Content
from bank.durable import hidden, read_bytes, show
from bank.leaks import watermarks
from bank.lending import exchange
from bank.lending.outgoing import Door
from bank.lending.slices import Permission
from bank.refused import BadFile, Denied
from bank.rules import Rule
from bank.rules import signed_rule as signed_rules
from bank.rules.signed_rule import SignatureProof
from bank.store import OpenBank
from examd.bureau import last_seen
from examd.bureau.ledger import Ledger
from examd.bureau.office import Office
from examd.bureau.releasing import at_the_desk
from examd.bureau.rulebook import Rulebook
from examd.holders import Card, Holder
from examd.package import layout
from examd.package import open as package_open
from examd.package.issue import Issued, RandomBytes, issue
from examd.package.layout import Manifest, RosterLine, Session, Window


@dataclass(frozen=True, slots=True)
class RuleToUse:
    rule: Rule
    register: Rulebook | None = None
    """The register that signed it; None in a drill under a rule of one's own."""
    signed: bytes | None = None
    """The rule as its officers signed it, as a package carries it."""
    proof: SignatureProof | None = None
    """The same, read."""


def rule_to_use(office: Office, named: str, day: str, *, mock: bool) -> RuleToUse:
    """The signed version in force on `day` (YYYY-MM-DD). `named`: its id in the register, or a file with the same text;
    for a drill (`mock`) also a file of one's own.

    Raises BadFile: when day or file cannot be read.
    Raises Denied: when no signed version is in force, the file has another text, or the register lacks what a package
    carried away.
    """
    register = None if mock and Path(named).is_file() else office.checked_rulebook()
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise BadFile("session-date", found=day) from None
    if register is not None and not Path(named).is_file():
        rule = register.in_force(named, on)
    else:
        rule = rules.parse(read_bytes(Path(named), named=named))
    if register is None:
        return RuleToUse(rule)
    if not mock:
        rule.require_subjects()
    register.require(rule, on)
    signed = register.travelling(rule)
    return RuleToUse(rule, register, signed, signed_rules.unpack(signed, register.bureau.sign, name="edition.json"))


@dataclass(frozen=True, slots=True)
class Order:
    """What a bureau is asked to issue."""

    session: Session
    rule: RuleToUse
    roster: Sequence[RosterLine]
    site: Card
    chief: Card
    out: Path
    """Where the package is put: a stick."""
    issued_at: datetime
    again: bool = False
    """Although this session has a package already."""
    signers: Sequence[Signer] = ()
    """People of the bank, where it issues for another bureau than before."""
    until: str = ""
    """The last day (YYYY-MM-DD) on which it may be opened; "" for the session's own day alone."""

    @property
    def window(self) -> Window:
        return Window(self.session.date, self.until or self.session.date)

    @property
    def at(self) -> str:
        return self.issued_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Issuance:
    """What the issuing officer is told."""

    issued: Issued
    watermarks_until: str
    """"" without watermarks; else the day (YYYY-MM-DD) until which no other package gets the watermarks."""
    repeated: Mapping[tuple[str, str], int]
    """(session, site) -> how many of its watermarks had to travel again: they no longer name that site."""
    withheld: Mapping[str, int]
    """Why items stayed in the bank -> how many."""
    counted: bool
    """Exposure was noted and watermarks kept: not for a drill, but in a bank of samples, which serves nothing else."""


@contextmanager
def _unexplained(available: RuleAvailability, rule: Rule) -> Iterator[None]:
    yield


def issue_session(
    order: Order,
    office: Office,
    bureau: Holder,
    open_bank: Callable[[], AbstractContextManager[OpenBank]],
    random_bytes: RandomBytes,
    explaining: Callable[[RuleAvailability, Rule], AbstractContextManager[None]] = _unexplained,
    progress: Progress | None = None,
) -> Issuance:
    """Issues the package. `bureau`: the issuing officer's key. `open_bank` is called once nothing but the bank can
    refuse; `explaining` surrounds the making of the package, with what the bank holds for the rule;
    `progress` is told of its trial draws.

    Raises Denied: when the session has a package already, the bank is for drills alone, the register lacks what the
    bank has seen of it, or rule, roster and bank do not fit together (`examd.package.issue`).
    """
    session, rule = order.session, order.rule.rule
    if not order.again and (before := office.issued_for(session.id, session.site_id, bureau)):
        raise Denied("issued-before", session=session.id, site=session.site_id, package=before[-1])
    layout.require_days(order.window)
    with at_the_desk(office, bureau, order.at) as desk:
        counter = desk.ledger.next_counter(session.site_id)
    with open_bank() as bank:
        _require_serves(bank, session)
        _hold_ledger(bank, desk.ledger)
        register = order.rule.register
        if register is not None:
            seen = last_seen.of_names(bank.rules.noted(), bureau.card.sign)
            register.hold_against(seen, bank.directory.name)
        day = date.fromisoformat(session.date)
        kind = Permission.DRILL if session.mock else Permission.EXAM
        available = rule_availability(bank, rule, day, kind, len(order.roster))
        # A drill takes what is open, or samples: it uses up nothing of a bank that serves sessions.
        counted = bank.sample or not session.mock
        noted: list[tuple[str, dict[tuple[str, str], int]]] = []

        def contents(ids: Collection[str]) -> Mapping[str, Content]:
            to = f"{session.id} {session.site_id} {session.site_name}"
            exchange.take_out(bank, Door.ISSUE, ids, to, order.signers, (bureau.signing_key, bureau.card.name))
            return bank.items.contents(ids)

        def keep(issued: Issued) -> None:
            noted.append(_note_use(bank, issued, session, day) if counted else ("", {}))
            if register is not None and not session.mock:
                # The keyholders' key protects it: no newer rule can vanish unseen.
                bank.rules.note(bureau.card.sign, register.packed().decode())
            with at_the_desk(office, bureau, order.at) as desk:
                desk.issue(issued, order.rule.signed)

        _sweep(order.out, office)
        with explaining(available, rule):
            issued = issue(
                order.out,
                session=session,
                rule=rule,
                items=available.of_bank.items,
                contents=contents,
                answer_keys=bank.answer_keys.of,
                roster=order.roster,
                bureau=bureau,
                site=order.site,
                chief=order.chief,
                archive_age=office.archive_age(),
                issued_at=order.issued_at,
                random_bytes=random_bytes,
                ledger=available.ledger,
                signed_rule=order.rule.signed,
                progress=progress,
                with_watermarks=counted,
                counter=counter,
                window=order.window,
                keep=keep,
            )
    until, repeated = noted[0]
    return Issuance(issued, until, repeated, available.of_bank.reasons, counted)


@dataclass(frozen=True, slots=True)
class Finished:
    """A package that a kill had left whole and hidden, and that is now under its name."""

    directory: Path
    manifest: Manifest


def finish_issue(order: Order, office: Office, bureau: Holder) -> Finished | None:
    """Where this very order was carried out before, up to its last step, takes that; None where it was not.

    Raises the refusal of a package that is not whole.
    """
    session = order.session
    for number in office.issued_for(session.id, session.site_id, bureau):
        directory = order.out / f"PKG-{number}"
        if not order.again and hidden(directory).is_dir():
            manifest = package_open.read(hidden(directory), bureau.card.sign).manifest
            roster = hashlib.sha256(layout.lines(line.to_json() for line in order.roster)).hexdigest()
            ordered = (session, order.rule.rule.sha256, roster, order.site.age, order.chief.age)
            keys = manifest.keys
            if ordered == (
                manifest.session, manifest.rule.sha256, manifest.roster.sha256, keys.site_age, keys.chief_age
            ):  # fmt: skip
                show(directory)
                return Finished(directory, manifest)
    return None


def _sweep(out: Path, office: Office) -> None:
    """What killed tries left hidden on the stick and was never issued."""
    for left in out.glob(hidden(out / "PKG-*").name):
        number = left.name.removesuffix(".part").rpartition("-")[2]
        if len(number) == 32 and not office.issued(number):
            shutil.rmtree(left, ignore_errors=True)


def _hold_ledger(bank: OpenBank, ledger: Ledger) -> None:
    """The keyholders' key protects how far the release ledger had come, too: it is held against that, and noted."""
    known, _, root = bank.rules.ledgers().get(ledger.bureau.sign, "").partition(":")
    if known:
        ledger.hold_root(int(known), root, bank.directory.name)
    bank.rules.note_ledger(ledger.bureau.sign, ledger.size, ledger.root.hex())


def _require_serves(bank: OpenBank, session: Session) -> None:
    if bank.sample and not session.mock:
        raise Denied("bank-of-samples", file=bank.directory.name)
    if bank.practice and not session.mock:
        raise Denied("bank-for-practice", file=bank.directory.name)


def _note_use(bank: OpenBank, issued: Issued, session: Session, day: date) -> tuple[str, dict[tuple[str, str], int]]:
    """Enters exposure and watermarks. Until when these are kept apart, and whose had to travel again."""
    bank.exposure.add(session.id, session.site_id, issued.meeting, session.date)
    kept = [(mark.item, mark.session, mark.site, mark.until) for mark in bank.watermarks.all()]
    repeated = watermarks.spent(issued.meeting, kept, (session.id, session.site_id), day)
    until = apart_until(day)
    bank.watermarks.add(issued.watermarks, issued.package_id, session.id, session.site_id, until)
    return until, repeated
