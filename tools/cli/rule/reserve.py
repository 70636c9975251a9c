"""`examd rule reserve`: fixed reserve forms, with no item in common."""

import argparse
import json

from bank.composing.reserve import keep, reserve_forms
from bank.refused import Refused
from bank.rules import parse
from tools.cli.files import require_new, write_new
from tools.cli.language import _
from tools.cli.output import as_json
from tools.cli.rule import common, withheld


def run_reserve(args: argparse.Namespace) -> int:
    rule = parse(common.read(args.rule))
    try:
        common.require_subjects(args, rule)
    except Refused as refusal:
        return common.found_wrong(args, refusal)
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
