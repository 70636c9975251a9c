"""A list of candidates, as a bureau's clerk has it in a spreadsheet -> the roster of a package.

Columns by their headers: 准考证号, 姓名, 身份证号, 培训机构 (or admission_no, name, id_number, institution). Of the ID
number the site gets six characters to sign in with and a masked form to confirm, never the whole.
"""

import unicodedata
from pathlib import Path

from bank.formats import csv_, xlsx
from bank.refused import BadFile
from examd.package.layout import RosterLine

COLUMNS = {
    "admission_no": {"准考证号", "准考证", "考号", "admission_no", "admission number"},
    "name": {"姓名", "考生姓名", "name"},
    "id_number": {"身份证号", "身份证号码", "证件号码", "身份证", "id_number", "id number"},
    "institution": {"培训机构", "培训单位", "institution", "training institution"},
}
LARGEST = 32 << 20


def read(path: Path) -> list[RosterLine]:
    """Raises BadFile naming sheet and row of the first line that cannot be taken: a roster is whole or nothing."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadFile("file-too-large", file=path.name, limit=LARGEST)
        data = path.read_bytes()
    except OSError as error:
        raise BadFile("file-unreadable", file=str(path), why=error.strerror) from None
    sheet = xlsx.read(data, path.name)[0] if data.startswith(xlsx.MAGIC) else csv_.read(data, path.name)
    return from_rows([list(row) for row in sheet.rows], path.name)


def from_rows(rows: list[list[str]], file: str) -> list[RosterLine]:
    if not rows:
        raise BadFile("roster-empty", file=file)
    place = _places(rows[0], file)
    people: dict[str, tuple[str, str, str]] = {}
    for number, row in enumerate(rows[1:], 2):
        cells = {name: _clean(row[at]) if at < len(row) else "" for name, at in place.items()}
        if not any(cells.values()):
            continue
        for name, text in cells.items():
            if not text:
                raise BadFile("roster-cell-empty", file=file, row=number, column=name)
        admission_no, id_number = cells["admission_no"], cells["id_number"].upper()
        if admission_no in people:
            raise BadFile("roster-twice", file=file, row=number, admission_no=admission_no)
        if len(id_number) < 8 or not id_number.isascii() or not id_number.isalnum():
            raise BadFile("roster-id", file=file, row=number)
        people[admission_no] = (cells["name"], id_number, cells["institution"])
    if not people:
        raise BadFile("roster-empty", file=file)
    ordered = sorted(people.items(), key=lambda item: item[0].encode())
    return [
        RosterLine(c, admission_no, name, id_number[-6:], _masked(id_number), institution)
        for c, (admission_no, (name, id_number, institution)) in enumerate(ordered, 1)
    ]


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
