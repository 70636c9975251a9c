"""`examd rule reserve`: fixed reserve forms, with no item in common."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from tools.cli.base import Commands, positive
from tools.cli.language import _
from tools.cli.output import as_json
from tools.cli.rule import common, withheld

if TYPE_CHECKING:
    from datetime import date

    from bank.rules import Rule
    from bank.store import OpenBank

RESERVE = "reserve"
"""Stands for the site in the record of exposure."""


def add(rule: Commands) -> None:
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
    import secrets

    from bank.canonical import digest
    from bank.composing.solver import reserve
    from bank.refused import Refused
    from bank.rules import parse
    from tools.cli.files import require_new, write_new

    rule = parse(common.read(args.rule))
    if args.out is not None:
        require_new(args.out)  # before --keep enters forms that nobody would have
    with common.stocked(args, rule, 0) as (bank, stock):
        try:
            made = reserve(stock.free, rule, args.forms, secrets.token_bytes(32))
        except Refused as refusal:
            for line in () if args.json else withheld.short(stock, rule, args.forms):
                print("  " + line)
            return common.found_wrong(args, refusal)
        forms = []
        for form in made:
            ids = [fact.id for fact in form]
            expected = sum(fact.points * fact.p4 for fact in form) / 10_000
            forms.append({"items": ids, "digest": digest(ids), "expected_points": round(expected, 4)})
        if args.keep:
            _keep(bank, rule, forms, stock.ledger.day)
    report = {"rule": rule.id, "version": rule.version, "sha256": rule.sha256, "forms": forms}
    if args.out is not None:
        write_new(args.out, json.dumps(report, indent=1).encode(), private=True)
    if args.json:
        as_json({"ok": True} | report)
        return 0
    for number, each in enumerate(forms, start=1):
        line = _("Reserve form {number}: {items} items, expected score {expected:.2f}, digest {digest}")
        told = {"items": len(made[number - 1]), "expected": each["expected_points"], "digest": each["digest"]}
        print(line.format(number=number, **told))
        if args.out is None:
            print("  " + " ".join(fact.id for fact in made[number - 1]))
    return 0


def _keep(bank: "OpenBank", rule: "Rule", forms: list[dict[str, Any]], day: "date") -> None:
    """As a session that nobody sat yet: caps, rests and overlap count it, and its items stay out of other pools."""
    from bank.leaks import watermarks

    for form in forms:
        name = f"{rule.id}-{form['digest'][:8]}"
        bank.exposure.add(name, RESERVE, dict.fromkeys(form["items"], 0), day.isoformat())
        bank.watermarks.add(form["items"], form["digest"], name, RESERVE, watermarks.until(day))
