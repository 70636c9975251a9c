"""A sheet of rows with a heading, as csv and workbooks hold: finds the heading, and reads each row into a Draft.

Headings are known in many spellings. A column whose heading means nothing to us is not read, and the caller is told,
so that a misspelt 难度 does not vanish quietly.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bank.content import OPTION_LETTERS
from bank.formats import spelling
from bank.formats.draft import BadRow, Draft, DraftOption

HEADING_ROWS = 20
"""A sheet may begin with a title and instructions; the heading is looked for in so many rows."""

HEADINGS: dict[str, str] = {
    # `topic` is the chapter where no column is called so, a tag otherwise; `number` likewise is the code or nothing.
    word: name
    for name, words in {
        "stem": "题干 问题 题目 试题 试题内容 题目内容 题干内容 试题题干 问题描述 内容"
        " question stem content title qucontent",
        "type": "题型 类型 试题类型 题目类型 type qutype questiontype",
        "options": "选项 备选项 备选答案 选项内容 可选项 options",
        "answer": "答案 正确答案 标准答案 参考答案 试题答案 answer correctanswer quanswer",
        "chapter": "章节 章 所属章节 章节编号 章节代码 章节名称 chapter",
        "topic": "知识点 知识类型 知识类型名称 考点 模块",
        "level": "认知层次 层次 认知水平 掌握程度 考核要求 level cognitivelevel",
        "difficulty": "难度 难度系数 难易度 难易程度 difficulty",
        "explanation": "解析 答案解析 试题解析 题目解析 explanation quanalyze analysis",
        "basis": "依据 出处 命题依据 法律依据 标准依据 条款 basis",
        "enemies": "互斥 互斥组 互斥题 enemies",
        "tags": "标签 考试人员类型 项目代码 工种 tags classes",
        "locked": "固定选项 locked",
        "images": "图片 配图 图片路径 题干图片 image images image_ref picture",
        "code": "题号 编号 试题编号 题目编号 代码 编码 code",
        "number": "序号 id no no.",
        "source": "来源 题目来源 source",
        "value": "数值 value",
        "tolerance": "误差 允许误差 tolerance",
        "units": "单位 计量单位 units",
        "background": "案例 案例背景 背景 background",
        "background_images": "案例图片 背景图片",
        "place": "案例序号 place",
    }.items()
    for word in words.split()
}
LOSES = ("bases", "translations", "provenance", "calibrated")
"""What no table of ours says of an item."""
_CRAC = {"q": "stem", "t": "answer", "p": "chapter", "i": "code", "j": "picture_code"}
"""The amateur radio authority's own table J,P,I,Q,T,A,B,C,D. Single letters mean this only where all nine stand."""
_OPTION = re.compile(r"(?:选项|option|qu|备选项)?([a-j])(?:选项|项)?")
_NUMBERED_OPTION = re.compile(r"(?:选项|option)([1-9])")
_OPTION_IMAGE = re.compile(r"(?:图片|选项图片|image)([a-j])")
_LEGEND = re.compile(r"([0-9])\s*[-:：=]?\s*(单选|多选|判断)")
_OLD_DIGITS = {"0": "单选", "1": "判断", "2": "多选"}
_OPTIONS_IN_CELL = re.compile(r"(?:^|[\s;；|,，])([A-J])\s*[.．、:：)）]\s*")
_ALSO_BELOW = ("chapter", "topic", "type", "level", "source")
"""Columns in which a merged cell speaks for all the rows it covers."""
_FLOWING = ("chapter", "topic", "type")
_MANY = ("tags", "enemies", "images", "number")
"""Fields that several columns may fill."""


@dataclass(slots=True)
class Sheet:
    """What a reader of files hands over. Rows are as long as they are; cells are text."""

    name: str
    rows: list[Sequence[str]]
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    """Vertically merged cells: first row, last row, column (from zero)."""
    flows: bool = False
    """The file form cannot say "merged": an empty chapter or type means "as above"."""
    formulas: frozenset[tuple[int, int]] = frozenset()
    """Cells that hold a formula: what they show depends on who last opened the file."""


@dataclass(slots=True)
class Heading:
    row: int
    width: int
    columns: dict[str, list[int]]
    options: dict[int, int]
    """Option index -> column."""
    option_images: dict[int, int]
    digits: dict[str, str]
    """Meaning of a type written as a digit."""
    unread: tuple[str, ...]
    crac: bool


def find_heading(rows: Sequence[Sequence[str]]) -> Heading | None:
    """The first row that names both a stem and an answer."""
    for number, row in enumerate(rows[:HEADING_ROWS]):
        heading = _heading(number, row)
        if heading is not None and "stem" in heading.columns and "answer" in heading.columns:
            return heading
    return None


def _heading(number: int, row: Sequence[str]) -> Heading | None:
    words = [_bare(cell) for cell in row]
    crac = {"j", "p", "i", "q", "t", "a", "b", "c", "d"} <= set(words)
    columns: dict[str, list[int]] = {}
    options: dict[int, int] = {}
    option_images: dict[int, int] = {}
    unread = []
    for column, (word, cell) in enumerate(zip(words, row, strict=True)):
        name = HEADINGS.get(word) or (_CRAC.get(word) if crac else None)
        if name is not None:
            columns.setdefault(name, []).append(column)
        elif match := _OPTION.fullmatch(word):
            options.setdefault(ord(match[1]) - ord("a"), column)
        elif match := _NUMBERED_OPTION.fullmatch(word):
            options.setdefault(int(match[1]) - 1, column)
        elif match := _OPTION_IMAGE.fullmatch(word):
            option_images.setdefault(ord(match[1]) - ord("a"), column)
        elif word:
            unread.append(cell.strip()[:40])
    known = sum(map(len, columns.values())) + len(options)
    if known < 2:
        return None
    digits: dict[str, str] = {}
    if "type" in columns:
        digits = dict(_LEGEND.findall(row[columns["type"][0]]))
        if not digits and "考试人员类型" in words:
            digits = _OLD_DIGITS
    return Heading(number, len(row), columns, options, option_images, digits, tuple(unread), crac)


def _bare(cell: str) -> str:
    """ "答案（多选用英文逗号）" -> 答案: a legend in brackets is for people."""
    word = spelling.plain(cell).strip("*:")
    return re.sub(r"[(\[【].*$", "", word) or word


def repeated_column(heading: Heading) -> str | None:
    """Two columns that both claim one field: which of them the author meant cannot be known."""
    for name, columns in heading.columns.items():
        if len(columns) > 1 and name not in _MANY:
            return name
    return None


def drafts(sheet: Sheet, heading: Heading) -> Iterator[tuple[int, Draft | BadRow]]:
    """(row number as a spreadsheet shows it, Draft or why there is none) for every row with anything in it."""
    above = dict.fromkeys(_ALSO_BELOW, "")
    covering = {
        (row, column): (first, column)
        for first, last, column in sheet.merged
        for row in range(first + 1, min(last, len(sheet.rows) - 1) + 1)
    }
    heading_row = list(sheet.rows[heading.row])
    for number in range(heading.row + 1, len(sheet.rows)):
        row = sheet.rows[number]
        if not any(row) or list(row) == heading_row:  # printed sheets repeat their heading
            continue
        if any(row[heading.width :]):  # an unquoted comma has moved every cell after it
            yield number + 1, BadRow("extra-cells", expected=heading.width, found=len(row))
            continue
        texts = {name: _cell(row, columns[0]) for name, columns in heading.columns.items() if name in _ALSO_BELOW}
        for name, text in texts.items():
            if not text:
                origin = covering.get((number, heading.columns[name][0]))
                if origin is not None:
                    texts[name] = _cell(sheet.rows[origin[0]], origin[1])
                elif sheet.flows and name in _FLOWING:
                    texts[name] = above[name]
        above |= texts
        try:
            yield number + 1, _draft(sheet, heading, number, row, texts)
        except BadRow as bad:
            yield number + 1, bad


def _draft(sheet: Sheet, heading: Heading, number: int, row: Sequence[str], filled: dict[str, str]) -> Draft:
    for name, columns in heading.columns.items() if sheet.formulas else ():
        if name == "number":
            continue  # a running number =ROW()-1 does no harm
        for column in columns:
            if (number, column) in sheet.formulas:
                raise BadRow("formula", column=name)
    if any((number, column) in sheet.formulas for column in heading.options.values()):
        raise BadRow("formula", column="options")

    def cell(name: str) -> str:
        columns = heading.columns.get(name, ())
        if len(columns) > 1:
            return "|".join(text for column in columns if (text := _cell(row, column)))
        return _cell(row, columns[0]) if columns else ""

    options: list[DraftOption] = []
    if heading.options:
        for index in range(max(heading.options) + 1):
            place = heading.options.get(index)
            text = "" if place is None else _cell(row, place)
            images = _cell(row, heading.option_images[index]) if index in heading.option_images else ""
            options.append(DraftOption(text, spelling.names(images)))
        while options and not options[-1].text and not options[-1].images:
            options.pop()  # unused columns at the end; an empty one in the middle stays, to be refused
    if not options and "options" in heading.columns:
        options = [DraftOption(text) for text in options_in_cell(cell("options"))]
    chapter, topic = filled.get("chapter", ""), filled.get("topic", "")
    return Draft(
        stem=cell("stem"),
        type=heading.digits.get(filled.get("type", ""), filled.get("type", "")),
        options=options,
        answer=cell("answer"),
        chapter=chapter or topic,
        level=filled.get("level", ""),
        difficulty=cell("difficulty"),
        explanation=cell("explanation"),
        basis=cell("basis"),
        enemies=cell("enemies"),
        tags=f"{cell('tags')}|{topic}" if chapter else cell("tags"),
        locked=cell("locked"),
        code=cell("code") or cell("number"),
        source=filled.get("source", ""),
        images=spelling.names(cell("images")),
        number=_number(cell("value"), cell("tolerance"), cell("units"), "units" in heading.columns),
        background=cell("background"),
        background_images=spelling.names(cell("background_images")),
        place=cell("place"),
    )


def _number(value: str, tolerance: str, units: str, asked: bool) -> tuple[str, str, tuple[str, ...]] | None:
    """Units are parted by |; an empty one among them lets the unit be left out."""
    if not value.strip():
        return None
    named = dict.fromkeys(part.strip() for part in spelling.variants(units)) if asked and units.strip() else ()
    return value, tolerance, tuple(named)


def picture_code(heading: Heading, row: Sequence[str]) -> str:
    """The number by which this row's picture is filed."""
    columns = heading.columns.get("picture_code") or heading.columns.get("code") or heading.columns.get("number")
    return _cell(row, columns[0]).strip() if columns else ""


def options_in_cell(cell: str) -> list[str]:
    """All options in one cell: "A.甲 B.乙 C.丙", one a line, or parted by | or ；."""
    marks = list(_OPTIONS_IN_CELL.finditer(cell))
    for index, mark in enumerate(marks):
        if mark[1] != OPTION_LETTERS[index]:
            marks = marks[:index]
            break
    if len(marks) >= 2 and not cell[: marks[0].start()].strip():
        ends = [mark.start() for mark in marks[1:]] + [len(cell)]
        return [cell[mark.end() : end].strip(" \t\n;；|") for mark, end in zip(marks, ends, strict=True)]
    for separator in ("\n", "|", "；", ";"):
        if separator in cell.strip():
            return [part.strip() for part in cell.strip().split(separator)]
    return [cell.strip()] if cell.strip() else []


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""
