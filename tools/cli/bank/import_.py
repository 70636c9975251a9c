"""`examd bank import`: items from question files into the bank, with a report that says what became of every row."""

import argparse
import gc
from typing import TYPE_CHECKING, Any

from tools.cli import unlock
from tools.cli.bank.open_bank import open_bank
from tools.cli.bank.question_files import (
    contradiction_record,
    counted,
    near_record,
    place_record,
    print_remarks,
    print_rows,
    read_all,
    refusal_record,
)
from tools.cli.base import Commands
from tools.cli.language import _
from tools.cli.output import Progress, as_json

if TYPE_CHECKING:
    from bank.authoring.near_duplicates import NearDuplicate
    from bank.formats import ImportResult, Place
    from bank.store import AddReport


def add(bank: Commands) -> None:
    importing = bank.add(
        "import",
        run_import,
        _("add items from files: xlsx, docx, QTI, Moodle, GIFT and more"),
        _(
            "Columns by their headings, in any order: stem, type, answer, option A to option J, chapter, level; "
            "and, where wanted: difficulty, basis, explanation, enemies, tags, images, code. "
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
    importing.add_argument("--dry-run", action="store_true", help=_("say what would be added, add nothing"))
    importing.add_argument(
        "--approve-as-sample", action="store_true",
        help=_("approve the items without anyone's signature; in a bank of samples only (bank init --sample)"),
    )  # fmt: skip
    importing.takes_key(required=False)


def run_import(args: argparse.Namespace) -> int:
    # What an import makes lives until its end: looking for garbage costs a tenth of the time and finds none.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _import(args)
    finally:
        if collecting:
            gc.enable()


def _import(args: argparse.Namespace) -> int:
    from bank.authoring import lifecycle
    from bank.authoring.near_duplicates import Question

    whole = read_all(args.files, args.media)
    ids = [item.id for item in whole.items]  # a hash each: not to be asked for again
    with open_bank(args) as bank:
        writer = None if args.dry_run else unlock.writer(bank, args)
        questions = [
            Question(identity, item.code or identity[:8], item.content)
            for identity, item in zip(ids, whole.items, strict=True)
        ]
        with Progress(_("looking for near-duplicates")) as progress:
            twins = bank.near_duplicates.find(questions, progress.show)
        if args.dry_run:
            report = bank.drafts.weigh(whole.items)
        else:
            with Progress(_("adding to the bank")) as progress:
                if writer is None:
                    report = bank.drafts.add(
                        whole.items, whole.media, progress.show, approve_as_sample=args.approve_as_sample
                    )
                else:
                    report = lifecycle.add(bank, whole.items, writer, whole.media, progress.show)
    told = _Told(whole, ids, report, twins)
    if args.json:
        as_json(_record(args, told))
    else:
        print_rows(whole.refused, told.contradicting, told.repeats, told.near)
        print_remarks(whole.remarks)
        numbers = {"added": len(report.added), "already": told.already, "refused": len(whole.refused)}
        print(counted(
            dry_run=args.dry_run, contradicting=len(told.contradicting), pictures=len(whole.media), **numbers
        ))  # fmt: skip
    return 1 if whole.refused or report.contradicting else 0


class _Told:
    """What became of the rows, each by its place."""

    def __init__(
        self, result: "ImportResult", ids: list[str], report: "AddReport", twins: "list[NearDuplicate]"
    ) -> None:
        self.result = result
        self.report = report
        first: dict[str, Place] = {}
        self.repeats: list[Place] = []
        """Rows whose item stands further up in the same files."""
        for identity, place in zip(ids, result.places, strict=True):
            if first.setdefault(identity, place) is not place:
                self.repeats.append(place)
        places = result.places
        self.contradicting = [
            (places[each.row], None if each.against is None else places[each.against], each.name)
            for each in report.contradictions
        ]
        against = {id(place) for place, _other, _name in self.contradicting}
        self.repeats = [place for place in self.repeats if id(place) not in against]
        self.already = len(report.already) - len(self.contradicting)
        """Each row counts once: one that contradicts the bank is not held."""
        self.near = [(first[twin.of], twin, first.get(twin.id)) for twin in twins]


def _record(args: argparse.Namespace, told: _Told) -> dict[str, Any]:
    result, report = told.result, told.report
    return {
        "dry_run": args.dry_run,
        "rows": len(result.items) + len(result.refused),
        "added": len(report.added),
        "already": told.already,
        "repeats": [place_record(each) for each in told.repeats],
        "contradicting": [contradiction_record(*each) for each in told.contradicting],
        "near": [near_record(*each) for each in told.near],
        "pictures": len(result.media),
        "refused": [refusal_record(each) for each in result.refused],
        "remarks": [refusal_record(each) for each in result.remarks],
    }
