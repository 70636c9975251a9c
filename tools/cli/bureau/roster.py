"""`examd bureau roster check`: all that is wrong with a list of candidates, by sheet and row, before it is issued."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cli.bank.question_files import print_refused, print_remarks, print_totals, refusal_record, totals_record
from tools.cli.base import Commands
from tools.cli.language import _, plain
from tools.cli.output import as_json
from tools.cli.sentences import fact_words

if TYPE_CHECKING:
    from examd.bureau.roster import Checked
    from examd.package.layout import RosterLine


def add(bureau: Commands) -> None:
    """Adds the command."""
    roster = bureau.add(
        "roster",
        run_roster,
        _("check a list of candidates"),
        _(
            "Reads all sheets of the list as “bureau issue” does and names every row that cannot be taken, with the "
            "reason, and all that was not read. Columns: admission number, name, ID number, training institution; "
            "and the kind of document, where a number alone does not say it. The package holds the "
            "last six characters of the number and a masked form, not the kind. "
            "Exit code 0: all rows can be taken; 1: some row cannot; 2: the file could not be read."
        ),
        "examd bureau roster check roster.xlsx",
    )
    roster.add_argument("act", choices=("check",), help=_("what to do"))
    roster.add_argument("file", type=Path, metavar="FILE", help=_("the list: .xlsx or .csv"))


def run_roster(args: argparse.Namespace) -> int:
    """1: some row cannot be taken, or there is none."""
    from examd.bureau import roster

    checked = roster.check(args.file)
    if args.json:
        as_json(_to_json(checked))
    else:
        tell(checked)
        print(_("{n} candidates can be taken; {bad} faults.", n=len(checked.people), bad=len(checked.bad)))
        if len(checked.sheets) > 1:
            by_sheet = ", ".join(f"{sheet} {n}" for sheet, n in checked.sheets.items())
            print(plain(_("From each sheet: {sheets}", sheets=by_sheet)))
        kinds = ", ".join(f"{fact_words.in_language('kind', kind.value)} {n}" for kind, n in checked.kinds.items())
        if kinds:
            print(_("Documents: {kinds}", kinds=kinds))
    return 1 if checked.bad or not checked.people else 0


def whole(file: Path) -> "list[RosterLine]":
    """The roster; what is wrong with it, and what deserves a look, is told on standard error.

    Raises BadFile: as `Checked.whole` does.
    """
    from examd.bureau import roster

    checked = roster.check(file)
    tell(checked)
    return checked.whole()


def tell(checked: "Checked") -> None:
    """What was refused, what deserves a look, and what it comes to."""
    print_refused(checked.bad, most=len(checked.bad))
    print_remarks(checked.remarks)
    print_totals(checked.bad, checked.remarks)


def _to_json(checked: "Checked") -> dict[str, Any]:
    return {
        "candidates": len(checked.people),
        "documents": {kind.value: n for kind, n in checked.kinds.items()},
        "file": checked.file,
        "refused": [refusal_record(each) for each in checked.bad],
        "remarks": [refusal_record(each) for each in checked.remarks],
        "sheets": dict(checked.sheets),
        "totals": totals_record(checked.bad, checked.remarks),
    }
