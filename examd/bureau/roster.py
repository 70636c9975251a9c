"""A list of candidates, as a bureau's clerk has it in a spreadsheet -> the roster of a package.

Columns by their headers: 准考证号, 姓名, 身份证号, 培训机构 (or admission_no, name, id_number, institution). Of the ID
number the site gets six characters to sign in with and a masked form to confirm, never the whole. What a terminal
cannot type or show, and what cannot be an ID number, is found out here, where the clerk can still correct it.
"""

import re
import unicodedata
from pathlib import Path

from bank.durable import read_bytes
from bank.formats.sheets import csv_, xlsx
from bank.refused import BadFile
from examd.package.layout import RosterLine

COLUMNS = {
    "admission_no": {"准考证号", "准考证", "考号", "admission_no", "admission number"},
    "name": {"姓名", "考生姓名", "name"},
    "id_number": {"身份证号", "身份证号码", "证件号码", "身份证", "id_number", "id number"},
    "institution": {"培训机构", "培训单位", "institution", "training institution"},
}
LARGEST = 32 << 20
ADMISSION_NO = re.compile(r"[A-Z0-9-]{1,32}")
"""What a candidate can type at a terminal."""
RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode categories of what no name holds: controls, and marks that turn the direction of what follows."""


def read(path: Path) -> list[RosterLine]:
    """A roster is whole or nothing. Raises BadFile: naming the row of the first line that cannot be taken."""
    data = read_bytes(path, LARGEST + 1)
    if len(data) > LARGEST:
        raise BadFile("file-too-large", file=path.name, most=LARGEST)
    sheet = xlsx.read(data, path.name)[0] if data.startswith(xlsx.MAGIC) else csv_.read(data, path.name)
    return from_rows([list(row) for row in sheet.rows], path.name)


def from_rows(rows: list[list[str]], file: str) -> list[RosterLine]:
    """Candidates in byte order of admission number; the first row holds headings. Raises BadFile: as `read` does."""
    if not rows:
        raise BadFile("roster-empty", file=file)
    place = _places(rows[0], file)
    people: dict[str, tuple[str, str, str]] = {}
    rows_of: dict[str, dict[str, int]] = {"admission_no": {}, "id_number": {}}
    for number, row in enumerate(rows[1:], 2):
        cells = {name: _clean(row[at]) if at < len(row) else "" for name, at in place.items()}
        if not any(cells.values()):
            continue
        _check(cells, file, number)
        for name, seen in rows_of.items():
            cells[name] = cells[name].upper()
            first = seen.setdefault(cells[name], number)
            if first != number:
                raise BadFile("roster-repeated", file=file, row=number, first=first, column=name)
        people[cells["admission_no"]] = (cells["name"], cells["id_number"], cells["institution"])
    if not people:
        raise BadFile("roster-empty", file=file)
    ordered = sorted(people.items(), key=lambda item: item[0].encode())
    return [
        RosterLine(c, admission_no, name, id_number[-6:], _masked(id_number), institution)
        for c, (admission_no, (name, id_number, institution)) in enumerate(ordered, 1)
    ]


def _check(cells: dict[str, str], file: str, row: int) -> None:
    for name, text in cells.items():
        if not text:
            raise BadFile("roster-cell-empty", file=file, row=row, column=name)
        if any(unicodedata.category(character) in UNSEEN for character in text):
            raise BadFile("roster-unseen", file=file, row=row, column=name)
    if not ADMISSION_NO.fullmatch(cells["admission_no"].upper()):
        raise BadFile("roster-number", file=file, row=row, found=cells["admission_no"])
    id_number = cells["id_number"].upper()
    if len(id_number) < 8 or not id_number.isascii() or not id_number.isalnum():
        raise BadFile("roster-id", file=file, row=row)
    if len(id_number) == 18 and (not RESIDENT_ID.fullmatch(id_number) or id_number[-1] != check_character(id_number)):
        raise BadFile("roster-id-check", file=file, row=row)


def check_character(id_number: str) -> str:
    """The 18th of a resident's ID number, from the first 17: GB 11643, which is ISO 7064 MOD 11-2."""
    state = 0
    for digit in id_number[:17]:
        state = (state + int(digit)) * 2 % 11
    return "0123456789X"[(1 - state) % 11]


def _places(header: list[str], file: str) -> dict[str, int]:
    found = {_clean(cell).lower(): at for at, cell in enumerate(header)}
    place = {}
    for name, synonyms in COLUMNS.items():
        at = next((found[word] for word in synonyms if word in found), None)
        if at is None:
            raise BadFile("roster-column-missing", file=file, column=name)
        place[name] = at
    return place


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", str(text)).split())


def _masked(id_number: str) -> str:
    """First three and last four characters: enough to know one's own, too little to use."""
    return id_number[:3] + "*" * (len(id_number) - 7) + id_number[-4:]
