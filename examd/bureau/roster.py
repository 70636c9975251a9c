"""A list of candidates, as a bureau's clerk has it in a spreadsheet -> the roster of a package.

Columns by their headings: 准考证号, 姓名, 身份证号, 培训机构 (or admission_no, name, id_number, institution), and where
others than residents of the mainland sit the exam, 证件类型. All sheets are read, and all that is wrong is told
at once, by sheet and row. Of the ID number the site gets six characters to sign in with and a masked form to confirm,
never the whole, and not the kind of document. What a terminal cannot type or show, and what cannot be an ID number, is
found out here, where the clerk can still correct it.

Before: `bank.formats.sheets.lists` reads the sheets, `examd.bureau.identity` knows documents. After:
`examd.bureau.issuing`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bank.durable import read_bytes
from bank.formats import spelling
from bank.formats.sheets import lists
from bank.formats.sheets.table import Sheet
from bank.places import Refusal
from bank.refused import BadFile
from examd.bureau import identity
from examd.bureau.identity import Kind
from examd.package.layout import RosterLine

_FOOT = re.compile(
    r".{0,30}(?:合计|小计|总计|共计)(?:[:：]?\d*[人名]?)|共\d+[人名]"
    r"|(?:备注|附注|注|说明|(?:填表|填报|制表|审核|复核|审批|经办|报名|联系)人|负责人|(?:联系)?电话|(?:填表|填报|制表|报送)?日期"
    r"|(?:填报|报送|报名)单位|(?:单位)?[(（]?(?:盖章|公章)[)）]?|签字|签名|负责人签字)(?:[:：].*|\d*)"
)


def _is_foot(first: str, cells: Mapping[str, str]) -> bool:
    """合计, 备注：…, 填表人：张三: where a list ends, or one institution in it. A row with the number of a
    document is somebody's, whatever else stands in it."""
    number = _clean(cells["id_number"]).replace(" ", "").upper()
    return (
        _FOOT.fullmatch("".join(first.split())) is not None
        and len(re.sub(r"[^0-9A-Z]", "", number)) < 15
        and identity.recognised(number, None).reason != ""
    )


COLUMNS = lists.Columns(
    {
        name: words.split()
        for name, words in {
            "admission_no": "准考证号 准考证 准考证号码 准考证编号 考号 考生号 admissionno admissionnumber",
            "name": "姓名 考生姓名 学员姓名 name",
            "id_number": "身份证号 身份证号码 居民身份证号 居民身份证号码 公民身份号码 公民身份证号码 身份证"
            " 身份证件号码 证件号码 证件号 有效证件号码 idnumber",
            "institution": "培训机构 培训机构名称 培训单位 培训单位名称 institution traininginstitution",
            "document": "证件类型 证件类别 证件种类 证件名称 身份证件类型 有效证件类型 documentkind kindofdocument",
        }.items()
    },
    optional=("document",),
    text=("id_number",),
    below=("institution", "document"),
    foot=_is_foot,
)
HEADINGS = ("准考证号", "姓名", "证件类型", "身份证号", "培训机构")
"""Of an empty roster."""
LARGEST = 32 << 20
ADMISSION_NO = re.compile(r"[A-Z0-9-]{1,32}")
"""What a candidate can type at a terminal."""
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode categories of what no name holds: controls, and marks that turn the direction of what follows."""
_SHORTENED = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]{2}")
"""1.10105E+17: a long number as a spreadsheet writes it into a text file."""
_AS_ROSTER = {"cell-struck": "roster-struck", "repeated-heading": "roster-columns-twice"}
"""Where the remedy is another than for a row of questions."""


@dataclass(slots=True)
class Checked:
    """A list of candidates, and all that is wrong with it."""

    file: str
    people: list[RosterLine] = field(default_factory=list)
    """In byte order of admission number; a roster only where nothing is bad."""
    bad: list[Refusal] = field(default_factory=list)
    """By sheet and row, 0 for a whole sheet; facts name the `column` where there is one."""
    remarks: list[Refusal] = field(default_factory=list)
    """What was not read, and what was taken and deserves a look."""
    kinds: Counter[Kind] = field(default_factory=Counter)
    """Of the documents taken."""
    sheets: Counter[str] = field(default_factory=Counter)
    """Candidates taken from each."""

    def whole(self) -> list[RosterLine]:
        """The roster. Raises BadFile: when anything is bad, with all of it; or when there is no candidate."""
        if self.bad:
            told = [asdict(each) for each in self.bad]
            raise BadFile("roster-refused", file=self.file, found=len(self.bad), bad=told)
        if not self.people:
            raise BadFile("roster-empty", file=self.file)
        return self.people


def check(path: Path) -> Checked:
    """Raises BadFile: when the file cannot be read as a table or workbook; what is wrong in it is in the result."""
    data = read_bytes(path, LARGEST + 1)
    if len(data) > LARGEST:
        raise BadFile("file-too-large", file=path.name, most=LARGEST)
    return _checked(lists.read(data, path.name, COLUMNS), path.name)


def check_rows(rows: Sequence[Sequence[str]], file: str) -> Checked:
    """The same of rows; the headings are among them."""
    return _checked(lists.of([Sheet("", list(rows))], COLUMNS), file)


def _checked(listed: lists.Listed, file: str) -> Checked:
    found = Checked(file)
    for sheet in listed.hidden_sheets:  # one act settles it, whatever its rows hold
        n = sum(row.sheet == sheet for row in listed.rows)
        n += len({each.number for each in listed.problems if each.sheet == sheet and each.number})
        found.bad.append(Refusal(file, sheet, 0, "roster-hidden-sheet", {"found": n}))
    for problem in listed.problems:
        if problem.sheet not in listed.hidden_sheets:
            found.bad += _as_roster(problem, found)
    found.remarks += [Refusal(file, each.sheet, each.number, each.reason, dict(each.facts)) for each in listed.remarks]
    firsts: dict[tuple[str, str], lists.Row] = {}
    people: list[tuple[str, str, str, str]] = []
    for row in listed.rows:
        if row.sheet in listed.hidden_sheets:
            continue
        if row.hidden:
            found.bad.append(Refusal(file, row.sheet, row.number, "roster-hidden"))
            continue
        cells = {name: _clean(text) for name, text in row.cells.items()}
        cells["id_number"] = cells["id_number"].replace(" ", "")  # 110105 19491231 002X
        admission_no, id_number = cells["admission_no"].upper(), cells["id_number"].upper()
        bad, kind = _wrong(cells, admission_no, id_number)
        keys = {"admission_no": admission_no, "id_number": identity.same_person(id_number, kind) if kind else ""}
        for name, key in keys.items():
            first = firsts.setdefault((name, key), row) if key else row
            if first is not row:
                reason = "roster-repeated" if first.sheet == row.sheet else "roster-repeated-elsewhere"
                bad.append((reason, {"column": name, "first": first.number, "first_sheet": first.sheet}))
        found.bad += [Refusal(file, row.sheet, row.number, reason, facts) for reason, facts in bad]
        if bad or kind is None:
            continue
        found.kinds[kind] += 1
        found.sheets[row.sheet] += 1
        if kind is not Kind.RESIDENT:
            reason = "roster-kind" if cells.get("document") else "roster-kind-inferred"
            reason = "roster-id-old" if kind is Kind.RESIDENT_OLD else reason
            found.remarks.append(Refusal(file, row.sheet, row.number, reason, {"kind": kind.value}))
        people.append((admission_no, cells["name"], id_number, cells["institution"]))
    for told in (found.bad, found.remarks):
        order = {sheet: n for n, sheet in enumerate(dict.fromkeys(each.sheet for each in told))}
        told.sort(key=lambda each: (order[each.sheet], each.row))
    found.people = [
        RosterLine(c, admission_no, name, id_number[-6:], _masked(id_number), institution)
        for c, (admission_no, name, id_number, institution) in enumerate(
            sorted(people, key=lambda person: person[0].encode()), 1
        )
    ]
    return found


def _as_roster(problem: lists.Problem, found: Checked) -> list[Refusal]:
    reason, facts = _AS_ROSTER.get(problem.reason, problem.reason), dict[str, Any](problem.facts)
    if reason == "roster-columns-twice":
        facts = {"column": facts["means"], "headings": facts["column"]}
    elif reason == "roster-struck":
        facts = {}  # of the row, whichever of its cells are struck
    refusal = Refusal(found.file, problem.sheet, problem.number, reason, facts)
    return [] if refusal in found.bad[-len(COLUMNS.headings) :] else [refusal]


def _wrong(
    cells: dict[str, str], admission_no: str, id_number: str
) -> tuple[list[tuple[str, dict[str, Any]]], Kind | None]:
    """All that is wrong with one row, as reasons and facts; and the kind of document, where the number is one."""
    bad: list[tuple[str, dict[str, Any]]] = []
    unreadable = set()
    for name, text in cells.items():
        reason = ""
        if not text and name not in COLUMNS.optional:
            reason = "roster-cell-empty"
        elif "\ufffd" in text:
            reason = "lost-character"
        elif any(unicodedata.category(character) in UNSEEN for character in text):
            reason = "roster-unseen"
        elif name in ("admission_no", "id_number") and _SHORTENED.fullmatch(text.upper()):
            reason = "roster-shortened"
        if reason:
            unreadable.add(name)
            bad.append((reason, {"column": name}))
    if "admission_no" not in unreadable and not ADMISSION_NO.fullmatch(admission_no):
        bad.append(("roster-number", {"column": "admission_no", "found": cells["admission_no"]}))
    if unreadable & {"id_number", "document"}:
        return bad, None
    stated = cells.get("document", "")
    known = identity.WORDS.get(spelling.plain(stated)) if stated else None
    if stated and known is None:
        bad.append(("roster-kind-unknown", {"column": "document", "found": stated[:40]}))
        return bad, None
    read = identity.recognised(id_number, known)
    if read.reason:
        bad.append((read.reason, {"column": "id_number", "kind": read.kind.value, "length": len(id_number)}))
        return bad, None
    return bad, read.kind


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _masked(id_number: str) -> str:
    """First three and last four characters: enough to know one's own, too little to use. Of a number with fewer than
    eight (a passport's) the first and the last two."""
    first, last = (3, 4) if len(id_number) >= 8 else (1, 2)
    return id_number[:first] + "*" * (len(id_number) - first - last) + id_number[-last:]
