"""`examd bank import`: items from question files into the bank, with a report that says what became of every row."""

import argparse
from functools import partial

from tools.cli import unlock
from tools.cli.bank.open_bank import open_bank
from tools.cli.bank.question_files import print_outcome, progress_of, row_records
from tools.cli.bank.subjects import takes_subject
from tools.cli.base import Commands
from tools.cli.language import _
from tools.cli.output import as_json


def add(bank: Commands) -> None:
    """Adds `examd bank import`."""
    importing = bank.add(
        "import",
        run_import,
        _("add items from files: xlsx, docx, QTI, Moodle, GIFT and more"),
        _(
            "Columns by their headings, in any order: stem, type, answer, option A to option J, subject, chapter, "
            "level; and, where wanted: difficulty, basis, explanation, enemies, tags, images, code. "
            "For an example with the Chinese headings: examd bank template. "
            "Rows that make no sense are refused and listed; all others are added together or, on failure, not at all. "
            "Importing twice adds nothing. Questions that are nearly the same as another are added, and named with "
            "their twin. Exit code 0: all rows added or already there; 1: some row was refused, or contradicts the "
            "bank; 2: a file could not be read, nothing was added. docs/formats-interchange.md says what is read. "
            "Whoever wrote the items signs for them (--as) and reviews none of them; a bank of samples asks for no "
            "signature."
        ),
        "examd bank import bank/ items.xlsx --media pictures/ --as stick/liming.key",
    )
    importing.takes_bank()
    importing.takes_question_files()
    takes_subject(importing, _("what all items of the files are of, where their rows do not say it (code or name)"))
    importing.add_argument("--dry-run", action="store_true", help=_("say what would be added, add nothing"))
    importing.add_argument(
        "--approve-as-sample", action="store_true",
        help=_("approve the items without anyone's signature; in a bank of samples only (bank init --sample)"),
    )  # fmt: skip
    importing.add_argument(
        "--submit", action="store_true", help=_("and hand them in for review, under the same passphrase")
    )
    importing.takes_key(required=False)


def run_import(args: argparse.Namespace) -> int:
    """1: some row was refused, or contradicts the bank."""
    from bank.authoring.importing import import_files

    outcome = import_files(
        args.files,
        args.media,
        partial(open_bank, args),
        partial(unlock.writer, args=args),
        progress_of,
        dry_run=args.dry_run,
        approve_as_sample=args.approve_as_sample,
        subject=args.subject or "",
        submit=args.submit,
    )
    if args.json:
        rows = {"rows": len(outcome.added) + len(outcome.already) + len(outcome.refused)}
        as_json({"dry_run": args.dry_run} | rows | row_records(outcome))
    else:
        print_outcome(outcome, dry_run=args.dry_run)
        if args.submit and outcome.added and not args.dry_run:
            print(_("{n} items handed in for review.").format(n=len(outcome.added)))
    return 0 if outcome.clean else 1
