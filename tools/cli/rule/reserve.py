"""`examd rule reserve`: fixed reserve forms, with no item in common."""

import argparse
import json

from bank.refused import Refused
from tools.cli.base import Commands, positive
from tools.cli.files import require_new, write_new
from tools.cli.language import _
from tools.cli.output import as_json
from tools.cli.rule import common, withheld


def add(rule: Commands) -> None:
    """Adds `examd rule reserve`."""
    reserve = rule.add(
        "reserve",
        run_reserve,
        _("make fixed reserve forms, with no item in common"),
        _(
            "Chooses items for reserve forms exactly as the rule says, by integer programming, and prints "
            "their ids. Items that rest or are capped stay out. With --keep the forms are entered in the bank's record "
            "of exposure: their items then rest like those of a session, and no session pool holds them for a year "
            "where others are left. Reserve forms are fixed and secret, not drawn: they do not replace the draw."
        ),
        "examd rule reserve rule.toml --bank bank/ --forms 3 --out reserve.json --keep",
    )
    common.takes_rule_and_bank(reserve, bank=True)
    reserve.add_argument("--forms", type=positive, default=2, help=_("how many forms (default: %(default)s)"))
    reserve.takes_file("--out", _("write them here instead, for your eyes alone"))
    reserve.add_argument("--keep", action="store_true", help=_("enter them in the bank's record of exposure"))


def run_reserve(args: argparse.Namespace) -> int:
    from bank.composing.reserve import keep, reserve_forms
    from bank.rules import parse

    rule = parse(common.read(args.rule))
    if args.out is not None:
        require_new(args.out)  # before --keep enters forms that nobody would have
    with common.bank_and_availability(args, rule, 0) as (bank, available):
        try:
            forms = reserve_forms(available, rule, args.forms)
        except Refused as refusal:
            for line in () if args.json else withheld.short(available, rule, args.forms):
                print("  " + line)
            return common.found_wrong(args, refusal)
        if args.keep:
            keep(bank, rule, forms, available.ledger.day)
    told = [form.to_json() for form in forms]
    report = {"rule": rule.id, "version": rule.version, "sha256": rule.sha256, "forms": told}
    if args.out is not None:
        write_new(args.out, json.dumps(report, indent=1).encode(), private=True)
    if args.json:
        as_json({"ok": True} | report)
        return 0
    for number, each in enumerate(forms, start=1):
        line = _("Reserve form {number}: {items} items, expected score {expected:.2f}, digest {digest}")
        print(line.format(number=number, items=len(each.items), expected=each.expected_points, digest=each.digest))
        if args.out is None:
            print("  " + " ".join(each.items))
    return 0
