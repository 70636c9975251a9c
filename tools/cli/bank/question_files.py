"""What became of the rows of question files, said row by row: for a program, and for a person.

Before: `bank.authoring.outcome`. After: `examd bank import|pack|take`.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tools.cli.language import _
from tools.cli.output import MOST_LINES, progress, rows

if TYPE_CHECKING:
    from bank.authoring.importing import Step
    from bank.authoring.near_duplicates import NearDuplicate
    from bank.authoring.outcome import Outcome
    from bank.places import Place, Refusal


def progress_of(doing: "Step | Path") -> AbstractContextManager[Callable[[int, int], None]]:
    """A bar for a step of an import, or for the reading of a file."""
    from bank.authoring.importing import Step

    if isinstance(doing, Path):
        return progress(doing.name)
    steps = {
        Step.COMPARE: _("looking for near-duplicates"),
        Step.ADD: _("adding to the bank"),
        Step.SUBMIT: _("handing in for review"),
    }
    return progress(steps[doing])


def where(place: "Place | Refusal") -> str:
    """File, sheet and row, or the words that stand there."""
    parts = [place.file]
    if place.sheet.endswith(".xml"):  # of a package
        parts.append(place.sheet)
    elif place.sheet:
        parts.append(_("sheet {sheet}").format(sheet=place.sheet))
    if place.words:  # no program numbers the paragraphs of a text
        parts.append(f"“{place.words}”")
    elif place.row:
        parts.append(_("row {row}").format(row=place.row))
    return " ".join(parts)


def _reason(refusal: "Refusal") -> str:
    from tools.cli.sentences import told

    return told(refusal.reason, refusal.facts)


def refusal_record(refusal: "Refusal") -> dict[str, Any]:
    """What was refused, or deserves a look, for a program."""
    return asdict(refusal) | {"sentence": _reason(refusal)}


def row_records(outcome: "Outcome") -> dict[str, Any]:
    """The rows for a program."""
    return {
        "added": len(outcome.added),
        "already": outcome.held,
        "repeats": [asdict(each) for each in outcome.repeats],
        "contradicting": [
            asdict(place) | {"against": asdict(other) if other else None, "item": name}
            for place, other, name in outcome.contradicting
        ],
        "near": [_near_record(*each) for each in outcome.near],
        "other_subjects": [
            asdict(place) | {"item": each.name, "stated": each.stated, "there": each.there}
            for place, each in outcome.other_subjects
        ],
        "without_subject": outcome.without_subject,
        "pictures": outcome.pictures,
        "refused": [refusal_record(each) for each in outcome.refused],
        "remarks": [refusal_record(each) for each in outcome.remarks],
        "totals": totals_record(outcome.refused, outcome.remarks),
    }


def totals_record(refused: "Sequence[Refusal]", remarks: "Sequence[Refusal]") -> dict[str, Any]:
    """Rows for each reason, the most frequent first, and what one edit would mend most."""
    from bank.formats import summary

    most = summary.mends_most(refused)
    return {
        "refused": {each.reason: each.rows for each in summary.totals(refused)},
        "remarks": {each.reason: each.rows for each in summary.totals(remarks)},
        "mends_most": None if most is None else {"rows": most.rows} | refusal_record(most.first),
    }


def print_totals(refused: "Sequence[Refusal]", remarks: "Sequence[Refusal]", *, file: TextIO | None = None) -> None:
    """The same for people, where there is more than one row to sum up; what to mend first in `file`, or as output."""
    from bank.formats import summary

    every = [*summary.totals(refused), *summary.totals(remarks)]
    if sum(each.rows for each in every) > 1:
        rows(_("Totals:"), [(_("{n} rows").format(n=each.rows), _reason(each.first)) for each in every])
    most = summary.mends_most(refused)
    if most is not None:
        line = _("The one edit that would mend most ({n}): {sentence}")
        print(line.format(n=most.rows, sentence=_reason(most.first)), file=file)


def _near_record(place: "Place", twin: "NearDuplicate", there: "Place | None") -> dict[str, Any]:
    named = f"{twin.name} {where(there)}" if there else twin.name
    told = {"twin": named, "percent": twin.p4 // 100, "differs": twin.differs}
    return asdict(place) | told | {"same_stem": twin.by_stem, "other_pictures": twin.other_pictures}


def print_outcome(outcome: "Outcome", revised: Sequence[tuple[str, str]] = (), *, dry_run: bool) -> None:
    """The rows that were not simply added, then how many there were. `revised`: place and item of other wordings."""
    print_refused(outcome.refused)
    rows(
        _("The same question with another answer key (not added; one of the two is wrong):"),
        [(where(place), _against(other, name)) for place, other, name in outcome.contradicting],
    )
    line = _("{item}: {there}, not {stated}")
    rows(
        _("The same question is there under another subject (not added; an item is of one subject):"),
        [
            (where(place), line.format(item=each.name, there=each.there or _("no subject"), stated=each.stated))
            for place, each in outcome.other_subjects
        ],
    )
    rows(_("Repeats of a row further up:"), [(where(each), "") for each in outcome.repeats])
    near = sorted(outcome.near, key=lambda each: _apart(each[1]))
    rows(
        _("Nearly the same as another question (added all the same; look whether one of the two should go):"),
        [(where(place), _near(twin, there)) for place, twin, there in near],
    )
    rows(_("Another wording of an item of the bank:"), revised)
    if revised:
        line = _("{n} would become new revisions.") if dry_run else _("{n} became new revisions.")
        print(line.format(n=len(revised)))
    print_remarks(outcome.remarks)
    print_totals(outcome.refused, outcome.remarks)
    if outcome.without_subject:
        line = _(
            "{n} items state no subject: no session draws them. State it (--subject, a column, or set-subject).",
            n=outcome.without_subject,
        )
        print(line, file=sys.stderr)
    line = _("{added} added, {already} already there, {refused} refused; {pictures} pictures.")
    if dry_run:
        line = _("Nothing was changed. It would be: {added} added, {already} already there, {refused} refused.")
    numbers = {"added": len(outcome.added), "already": outcome.held, "refused": len(outcome.refused)}
    told = line.format(pictures=outcome.pictures, **numbers)
    if outcome.contradicting:
        told += " " + _("{n} with another answer key than the same question.").format(n=len(outcome.contradicting))
    print(told)


def print_refused(refused: "Sequence[Refusal]", most: int = MOST_LINES) -> None:
    """Rows that make no sense."""
    rows(_("Refused:"), [(where(each), _reason(each)) for each in refused], most)


def _against(other: "Place | None", name: str) -> str:
    return "≠ " + (where(other) if other else _("{item} in the bank").format(item=name))


def _apart(twin: "NearDuplicate") -> bool:
    return bool(twin.differs or twin.by_stem or twin.other_pictures)


def _near(twin: "NearDuplicate", there: "Place | None") -> str:
    """The twin, where it stands unless in the bank, and what a person judges by."""
    told = [f"{mine or '–'} / {'…' if its is None else its or '–'}" for mine, its in twin.differs]
    if twin.by_stem:
        told.append(_("the same stem, other options"))
    if twin.other_pictures:
        told.append(_("another picture"))
    if not _apart(twin):
        told.append(_("differs in spelling alone"))
    named = f"{twin.name} ({where(there)})" if there else twin.name
    return f"≈ {named} {twin.p4 // 100} %: {'; '.join(told)}"


def print_remarks(remarks: "Sequence[Refusal]") -> None:
    """What was taken and deserves a look."""
    rows(_("Worth a look:"), [(where(each), _reason(each)) for each in remarks])
