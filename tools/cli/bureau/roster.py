"""`examd bureau roster check`: all that is wrong with a list of candidates, by sheet and row, before it is issued.

After: `tools.cli.bureau.issue`, which tells the same.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from examd.bureau import roster
from examd.bureau.roster import Checked
from examd.package.layout import RosterLine
from tools.cli.bank.question_files import print_refused, print_remarks, print_totals, refusal_record, totals_record
from tools.cli.language import _, plain
from tools.cli.output import as_json
from tools.cli.sentences import fact_words


def run_roster(args: argparse.Namespace) -> int:
    """1: some row cannot be taken, or there is none."""
    checked = roster.check(args.file)
    if args.json:
        as_json(_to_json(checked))
    else:
        _tell(checked)
        print(_("{n} candidates can be taken; {bad} faults.", n=len(checked.people), bad=len(checked.bad)))
        if len(checked.sheets) > 1:
            by_sheet = ", ".join(f"{sheet} {n}" for sheet, n in checked.sheets.items())
            print(plain(_("From each sheet: {sheets}", sheets=by_sheet)))
        kinds = ", ".join(f"{fact_words.in_language('kind', kind.value)} {n}" for kind, n in checked.kinds.items())
        if kinds:
            print(_("Documents: {kinds}", kinds=kinds))
    return 1 if checked.bad or not checked.people else 0


def whole(file: Path) -> list[RosterLine]:
    """The roster; what is wrong with it, and what deserves a look, is told on standard error.

    Raises BadFile: when the file cannot be read, or any row of it cannot be taken.
    """
    checked = roster.check(file)
    _tell(checked)
    return checked.whole()


def _tell(checked: Checked) -> None:
    print_refused(checked.bad, most=len(checked.bad))
    print_remarks(checked.remarks)
    print_totals(checked.bad, checked.remarks, file=sys.stderr)


def _to_json(checked: Checked) -> dict[str, Any]:
    return {
        "candidates": len(checked.people),
        "documents": {kind.value: n for kind, n in checked.kinds.items()},
        "file": checked.file,
        "refused": [refusal_record(each) for each in checked.bad],
        "remarks": [refusal_record(each) for each in checked.remarks],
        "sheets": dict(checked.sheets),
        "totals": totals_record(checked.bad, checked.remarks),
    }
