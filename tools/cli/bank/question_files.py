"""Question files as commands read them, and what was refused in them, said row by row.

Before: `bank.formats`. After: `tools.cli.bank.import_` puts the items into a bank, `tools.cli.bank.submissions` into a
sealed file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cli.language import _
from tools.cli.output import Progress, rows

if TYPE_CHECKING:
    from bank.authoring.near_duplicates import NearDuplicate
    from bank.formats import ImportResult, Place, Refusal

    Contradicting = tuple[Place, Place | None, str]
    """Where it stands; where the one stands that was added; else the name of the one in the bank."""
    Near = tuple[Place, NearDuplicate, Place | None]
    """Where it stands; its twin; where that one stands, unless in the bank."""


def read_all(files: Sequence[Path], media: Path | None) -> "ImportResult":
    """All files as one. Raises BadFile for a folder of pictures that is none."""
    from bank import formats
    from bank.refused import BadFile

    if media is not None and not media.is_dir():
        raise BadFile("media-missing", file=str(media))
    whole = formats.ImportResult()
    for path in files:
        with Progress(path.name) as progress:
            part = formats.read(path, media, progress.show)
        whole.items += part.items
        whole.places += part.places
        whole.media |= part.media
        whole.refused += part.refused
        whole.remarks += part.remarks
    return whole


def where(place: "Place | Refusal") -> str:
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


def reason(refusal: "Refusal") -> str:
    from tools.cli.sentences import told

    return told(refusal.reason, refusal.facts)


def place_record(place: "Place | Refusal") -> dict[str, Any]:
    return {"file": place.file, "sheet": place.sheet, "row": place.row, "words": place.words}


def refusal_record(refusal: "Refusal") -> dict[str, Any]:
    return place_record(refusal) | {"reason": refusal.reason, "facts": refusal.facts, "sentence": reason(refusal)}


def near_record(place: "Place", twin: "NearDuplicate", there: "Place | None") -> dict[str, Any]:
    named = f"{twin.name} {where(there)}" if there else twin.name
    record = place_record(place) | {"twin": named, "percent": twin.p4 // 100}
    record |= {"differs": twin.differs, "same_stem": twin.by_stem, "other_pictures": twin.other_pictures}
    return record


def print_rows(
    refused: "Sequence[Refusal]",
    contradicting: "Sequence[Contradicting]",
    repeats: "Sequence[Place]",
    near: "Sequence[Near]",
) -> None:
    """What became of the rows that were not simply added."""
    rows(_("Refused:"), [(where(each), reason(each)) for each in refused])
    rows(
        _("The same question with another answer key (not added; one of the two is wrong):"),
        [(where(place), _against(other, name)) for place, other, name in contradicting],
    )
    rows(_("Repeats of a row further up:"), [(where(each), "") for each in repeats])
    rows(
        _("Nearly the same as another question (added all the same; look whether one of the two should go):"),
        [(where(place), _near(twin, there)) for place, twin, there in sorted(near, key=lambda each: _apart(each[1]))],
    )


def contradiction_record(place: "Place", other: "Place | None", name: str) -> dict[str, Any]:
    return place_record(place) | {"against": place_record(other) if other else None, "item": name}


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
    rows(_("Worth a look:"), [(where(each), reason(each)) for each in remarks])


def counted(*, dry_run: bool, added: int, already: int, contradicting: int, refused: int, pictures: int) -> str:
    """Each row counts once: one that contradicts is not there already."""
    line = _("{added} added, {already} already there, {refused} refused; {pictures} pictures.")
    if dry_run:
        line = _("Nothing was changed. It would be: {added} added, {already} already there, {refused} refused.")
    told = line.format(added=added, already=already, refused=refused, pictures=pictures)
    if contradicting:
        told += " " + _("{n} with another answer key than the same question.").format(n=contradicting)
    return told
