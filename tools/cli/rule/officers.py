"""`examd rule officer|appoint|consent|register|sign|history`: who signs composition rules, and what they signed.

A session uses only a version that two officers signed and that is in force on its day (`examd.bureau.rulebook`).
"""

import argparse
import sys

from bank.refused import Denied
from bank.rules import Rule, parse
from bank.rules.signed_rule import NEEDED, Officer, Register, SignedRule
from bank.seal.passphrase import check_passphrase
from examd import holders
from examd.bureau.office import Office
from examd.bureau.rule_officer import RuleOfficer, hold_against
from examd.bureau.rulebook import ROLE, Rulebook
from examd.holders import Card
from tools.cli import unlock
from tools.cli.base import by_name
from tools.cli.language import _, plain
from tools.cli.output import as_json, report
from tools.cli.rule import wording
from tools.cli.rule.common import read
from tools.cli.secrets import ask_line, ask_secret


def run_officer(args: argparse.Namespace) -> int:
    passphrase = ask_secret("rule-officer", _("Rule officer's passphrase"), file=args.passphrase_file, confirm=True)
    check_passphrase(passphrase)
    holders.create(args.directory, ROLE, args.id, args.name, passphrase)
    told = {"name": args.name, "card": str(args.directory / f"{ROLE}.card.json")}
    return report(args, told, _("Made the keys of {name}. The bureau needs {card}.", **told))


# -- registers ---------------------------------------------------------------------------------------------------------


def run_appoint(args: argparse.Namespace) -> int:
    cards = [Card.read(path, ROLE) for path in args.cards]
    office = Office(args.office)
    book = office.checked_rulebook()
    register = book.appoint(
        cards, unlock.bureau(office, args.passphrase_file), by_name(args.gone), args.same_name.strip()
    )
    return report(args, _register_record(register), *_register_lines(register))


def run_consent(args: argparse.Namespace) -> int:
    book, officer = Office(args.office).checked_rulebook(), RuleOfficer(args.officer)
    officer.hold_against_note(book)
    pending = book.awaiting(officer.card)
    for lines in (_register_lines(book.registers()[-1]), _changes(book.officers(), pending)):
        print("\n".join(lines), file=sys.stderr)
    _confirm(args, _("Consent to this register? (yes/no) "))
    register = officer.consent(book, _passphrase(args))
    return report(args, _register_record(register), *_register_lines(register))


def run_register(args: argparse.Namespace) -> int:
    book = Office(args.office).checked_rulebook()
    pending = book.pending()
    registers = [*book.registers(), *([pending] if pending else [])]
    lines = [line for register in registers for line in _register_lines(register)]
    return report(args, [_register_record(register) for register in registers], *lines)


def _register_record(register: Register) -> dict[str, object]:
    return {
        "complete": register.complete, "gone": dict(register.gone),
        "officers": wording.records_of(register.officers),
        "sha256": register.sha256, "signed_by": [officer.id for officer in register.signed_by],
        "version": register.version,
    }  # fmt: skip


def _register_lines(register: Register) -> list[str]:
    hands = wording.names_of(register.signed_by)
    state = _("signed by the bureau alone, as the first one is")
    if register.needed:
        state = _("signed by the bureau and {names}", names=hands) if hands else _("signed by the bureau")
    if not register.complete:
        missing = register.needed - len(register.signed_by)
        state += "  " + _("not in force: {missing} officers have to consent", missing=missing)
    title = _("Register {version} of rule officers", version=register.version)
    lines = [f"{title}  {state}", f"  {register.sha256}"]
    lines += [f"  {officer.name} ({officer.id})" for officer in register.officers]
    lines += [_("  could not consent: {id} ({why})", id=id_, why=why) for id_, why in register.gone.items()]
    if register.namesakes:
        lines.append(_("  of one name, and said to be two people: {why}", why=register.namesakes))
    return [plain(line) for line in lines]


def _changes(before: tuple[Officer, ...], after: Register) -> list[str]:
    """Who comes and who goes, above all else."""
    lines = [_("Proposed as register {version}:", version=after.version)]
    for officer in after.officers:
        sign = "  " if officer in before else "+ "
        lines.append(f"{sign}{officer.name} ({officer.id})  {officer.sign}")
    for left in before:
        if left not in after.officers:
            lines.append(f"- {left.name} ({left.id})")
    lines += [_("  said to be unable to consent: {id} ({why})", id=i, why=why) for i, why in after.gone.items()]
    if after.namesakes:
        lines.append(_("  of one name, and said to be two people: {why}", why=after.namesakes))
    return [plain(line) for line in lines]


# -- rules -------------------------------------------------------------------------------------------------------------


def run_sign(args: argparse.Namespace) -> int:
    rule = parse(read(args.rule))
    book, officer = Office(args.office).checked_rulebook(), RuleOfficer(args.officer)
    officer.hold_against_note(book)
    book.to_sign(rule, officer.card)  # whatever stands against it is said before 65 lines are read
    before = [signed_rule for signed_rule in book.history(rule.id) if signed_rule.complete]
    changed = wording.differences(before[-1].rule if before else None, rule)
    wording.show(rule)
    print("\n".join([*_told_changes(before, changed), *_told_others(book, rule)]), file=sys.stderr)
    _confirm(args, _("Sign this rule? (yes/no) "))
    signed_rule = officer.sign(book, rule, _passphrase(args))
    names = wording.names_of(signed_rule.signed_by)
    line = _("Signed by {names}: {missing} more signature needed.")
    if signed_rule.complete:
        line = _("Signed by {names}: version {version} may be used.")
    record = {
        "changed": changed, "complete": signed_rule.complete, "register": signed_rule.register, "rule": rule.id,
        "sha256": rule.sha256, "signed_by": [officer.id for officer in signed_rule.signed_by],
        "version": rule.version,
    }  # fmt: skip
    missing = NEEDED - len(signed_rule.signed_by)
    return report(args, record, line.format(names=names, version=rule.version, missing=missing))


def _told_changes(before: list[SignedRule], changed: list[str]) -> list[str]:
    if not before:
        return [_("This is its first version.")]
    title = _("Changed against version {version}:", version=before[-1].rule.version)
    return [title, *(f"  {line}" for line in changed or [_("nothing but the number")])]


def _told_others(book: Rulebook, rule: Rule | None, rule_id: str = "") -> list[str]:
    """Other texts that officers proposed as the same version: the first with two signatures is taken."""
    return [
        plain(_("Another text of version {version} is proposed by {names}: {sha256}",
            names=wording.names_of(each.signed_by), sha256=each.rule.sha256,
            version=each.rule.version,
        ))
        for each in book.proposals(rule.id if rule else rule_id)
        if rule is None or each.rule.sha256 != rule.sha256
    ]  # fmt: skip


def run_history(args: argparse.Namespace) -> int:
    """Lists the signed versions. Raises Denied: when the bureau has none of this rule."""

    book = Office(args.office).checked_rulebook()
    for folder in args.against:
        hold_against(book, folder)
    histories = {rule: book.history(rule) for rule in ([args.rule] if args.rule else book.rules())}
    if args.rule and not histories[args.rule]:
        raise Denied("rule-not-signed", rule=args.rule)
    if args.json:
        record = {
            rule: [
                {
                    "version": each.rule.version, "sha256": each.rule.sha256, "complete": each.complete,
                    "effective_from": str(each.rule.effective_from),
                    "effective_to": str(each.rule.effective_to or ""), "register": each.register,
                    "signed_by": [officer.id for officer in each.signed_by],
                }
                for each in versions
            ]
            for rule, versions in histories.items()
        }  # fmt: skip
        as_json(record)
        return 0
    for rule, versions in histories.items():
        before = None
        for signed_rule in versions:
            current = signed_rule.rule
            names = wording.names_of(signed_rule.signed_by)
            state = _("in use") if signed_rule.complete else _("one signature lacking")
            print(f"{rule} v{current.version}  {wording.in_force(current)}  {names}  {state}")
            print(f"  {current.sha256}")
            for line in wording.differences(before, current):
                print("  " + line)
            before = current
        for line in _told_others(book, before, rule):
            print(line)
    return 0


def _passphrase(args: argparse.Namespace) -> str:
    return ask_secret("rule-officer", _("Rule officer's passphrase"), file=args.passphrase_file)


def _confirm(args: argparse.Namespace, question: str) -> None:
    """At a keyboard, the last moment to think again; a passphrase from a file was a decision already."""

    asked = args.passphrase_file is None and sys.stdin.isatty()
    if asked and ask_line("rule-officer", question).lower() not in ("y", "yes", "是"):
        raise Denied("rules-not-confirmed")
