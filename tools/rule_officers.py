"""`examd rule officer|appoint|sign|history`: who signs composition rules, and what they signed.

A session uses only a version that two officers signed and that is in force on its day (`examd.bureau.rulebook`).
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bank.blueprint import Blueprint


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools.arguments import help_formatter
    from tools.say import _

    officer = commands.add_parser(
        "officer",
        help=_("make the keys of a rule officer"),
        description=_("The key file stays with the officer; the public card goes to the bureau."),
        epilog=_("Example: examd rule officer my-keys --id zhang --name 张三"),
        formatter_class=help_formatter(),
    )
    officer.add_argument("directory", type=Path, metavar=_("DIR"))
    officer.add_argument("--id", required=True, help=_("short name, for records"))
    officer.add_argument("--name", required=True, help=_("the officer's name"))
    officer.set_defaults(run=run_officer)

    appoint = commands.add_parser(
        "appoint",
        help=_("register who may sign rules for the bureau"),
        description=_("Two officers at least. From now on these and no others sign; what was signed stays signed."),
        epilog=_("Example: examd rule appoint office zhang/rule-officer.card.json li/rule-officer.card.json"),
        formatter_class=help_formatter(),
    )
    appoint.add_argument("office", type=Path, metavar=_("OFFICE"), help=_("the bureau's folder"))
    appoint.add_argument("cards", type=Path, nargs="+", metavar=_("CARD"), help=_("public cards of the officers"))
    appoint.set_defaults(run=run_appoint)

    sign = commands.add_parser(
        "sign",
        help=_("sign the next version of a rule, as one of two officers"),
        description=_(
            "Shows what changes against the version before, then signs. A version is in use once two officers have "
            "signed the same text; it is never replaced, only followed by the next."
        ),
        epilog=_("Example: examd rule sign rule.toml --office office --officer my-keys"),
        formatter_class=help_formatter(),
    )
    sign.add_argument("rule", type=Path, metavar=_("RULE"), help=_("the rule, a TOML file"))
    sign.add_argument("--office", type=Path, required=True, metavar="DIR", help=_("the bureau's folder"))
    sign.add_argument("--officer", type=Path, required=True, metavar="DIR", help=_("folder of the officer's keys"))
    sign.set_defaults(run=run_sign)

    history = commands.add_parser(
        "history",
        help=_("list the signed versions of the bureau's rules, with what changed"),
        description=_("Checks every signature and the chain of versions."),
        epilog=_("Example: examd rule history SP-ELV-T --office office"),
        formatter_class=help_formatter(),
    )
    history.add_argument("rule", nargs="?", metavar=_("ID"), help=_("the rule's id; all rules if left out"))
    history.add_argument("--office", type=Path, required=True, metavar="DIR", help=_("the bureau's folder"))
    history.add_argument("--json", action="store_true", help=_("print the findings as JSON"))
    history.set_defaults(run=run_history)

    for command in (officer, appoint, sign):
        command.add_argument(
            "--passphrase-file", type=Path, metavar="FILE", help=_("read the passphrase from this file")
        )


def run_officer(args: argparse.Namespace) -> int:
    from bank.seal.passphrase import check_passphrase
    from examd import holders
    from examd.bureau.rulebook import ROLE
    from tools.say import _
    from tools.secrets import ask_secret

    passphrase = ask_secret("rule-officer", _("Rule officer's passphrase"), file=args.passphrase_file, confirm=True)
    check_passphrase(passphrase)
    holders.create(args.directory, ROLE, args.id, args.name, passphrase)
    print(_("Made the keys of {name}. The bureau needs {card}.").format(
        name=args.name, card=args.directory / f"{ROLE}.card.json"
    ))  # fmt: skip
    return 0


def run_appoint(args: argparse.Namespace) -> int:
    from examd.bureau.office import Office
    from examd.bureau.rulebook import ROLE
    from examd.holders import Card
    from tools.say import _
    from tools.secrets import ask_secret

    cards = [Card.read(path, ROLE) for path in args.cards]
    office = Office(args.office)
    bureau = office.unlock(ask_secret("bureau", _("Issuing officer's passphrase"), file=args.passphrase_file))
    for officer in office.rulebook().appoint(cards, bureau):
        state = _("signs rules") if officer.active else _("signed rules before")
        print(f"{officer.name} ({officer.id}): {state}")
    return 0


def run_sign(args: argparse.Namespace) -> int:
    from bank.blueprint import parse
    from examd import holders
    from examd.bureau.office import Office
    from examd.bureau.rulebook import NEEDED, ROLE
    from tools.rule import _print_heading, read
    from tools.say import _
    from tools.secrets import ask_secret

    blueprint = parse(read(args.rule))
    book = Office(args.office).rulebook()
    before = [edition for edition in book.history(blueprint.id) if edition.complete]
    _print_heading(blueprint)
    for line in differences(before[-1].blueprint if before else None, blueprint):
        print("  " + line)
    secret = ask_secret(ROLE, _("Rule officer's passphrase"), file=args.passphrase_file)
    edition = book.sign(blueprint, holders.unlock(args.officer, ROLE, secret))
    names = "、".join(officer.name for officer in edition.signed_by)
    if edition.complete:
        print(_("Signed by {names}: version {version} may be used.").format(names=names, version=blueprint.version))
    else:
        line = _("Signed by {names}: {missing} more signature needed.")
        print(line.format(names=names, missing=NEEDED - len(edition.signed_by)))
    return 0


def run_history(args: argparse.Namespace) -> int:
    from bank.refused import Denied
    from examd.bureau.office import Office
    from tools.say import _

    book = Office(args.office).rulebook()
    histories = {rule: book.history(rule) for rule in ([args.rule] if args.rule else book.rules())}
    if args.rule and not histories[args.rule]:
        raise Denied("rule-not-signed", rule=args.rule)
    if args.json:
        report = {
            rule: [
                {
                    "version": each.blueprint.version, "sha256": each.blueprint.sha256, "complete": each.complete,
                    "effective_from": str(each.blueprint.effective_from),
                    "effective_to": str(each.blueprint.effective_to or ""),
                    "signed_by": [officer.id for officer in each.signed_by],
                }
                for each in editions
            ]
            for rule, editions in histories.items()
        }  # fmt: skip
        print(json.dumps(report, ensure_ascii=False))
        return 0
    for rule, editions in histories.items():
        before = None
        for edition in editions:
            current = edition.blueprint
            names = "、".join(officer.name for officer in edition.signed_by)
            state = _("in use") if edition.complete else _("one signature lacking")
            until = str(current.effective_to or "…")
            print(f"{rule} v{current.version}  {current.effective_from} – {until}  {names}  {state}")
            print(f"  {current.sha256}")
            for line in differences(before, current):
                print("  " + line)
            before = current
    return 0


def differences(before: "Blueprint | None", after: "Blueprint") -> list[str]:
    """Field by field what changed; nothing for a first version."""
    if before is None:
        return []
    old, new = _flat(before.record()), _flat(after.record())
    lines = []
    for name in sorted(old.keys() | new.keys()):
        if name not in ("version", "id") and old.get(name) != new.get(name):
            lines.append(f"{name}: {old.get(name, '—')} → {new.get(name, '—')}")
    return lines


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        return {k: v for name, inner in value.items() for k, v in _flat(inner, f"{path}.{name}".lstrip(".")).items()}
    if path == "cells":
        return {f"cells {c['type']}/{c['chapter']}/{c['level']}": f"{c['count']}×{c['points']}" for c in value}
    return {path: str(value)}
