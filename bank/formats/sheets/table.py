"""A sheet of rows with a heading, as csv and workbooks hold: finds the heading, and reads each row into a Draft.

Headings are known in many spellings. A column whose heading means nothing to us is not read, and the caller is told,
so that a misspelt 难度 does not vanish quietly.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from bank.formats import options as choices
from bank.formats import spelling
from bank.formats.bad_row import BadRow
from bank.formats.draft import Draft, DraftOption
from bank.formats.sheets.xlsx_appearance import Drawn

HEADING_ROWS = 20
"""A sheet may begin with a title and instructions; the heading is looked for in so many rows."""

HEADINGS: dict[str, str] = {
    # `topic` is the chapter where no column is called so, a tag otherwise; `number` likewise is the code or nothing.
    word: name
    for name, words in {
        "stem": "题干 问题 题目 试题 考题 内容 试题内容 题目内容 题干内容 问题内容 考题内容 试题题干 题目题干 问题描述"
        " 题目描述 试题描述 题干描述 题干正文 题目正文 试题正文 question stem content title qucontent questioncontent"
        " questiontext questionstem",
        "type": "题型 类型 试题类型 题目类型 问题类型 考题类型 试题题型 题目题型 题型名称 试题种类 题目种类"
        " type qutype questiontype qtype",
        "options": "选项 备选项 备选答案 选项内容 可选项 候选项 候选答案 可选答案 题目选项 试题选项 问题选项 考题选项"
        " 全部选项 所有选项 选择项 options choices optionlist questionoptions",
        "answer": "答案 正确答案 标准答案 参考答案 试题答案 题目答案 问题答案 考题答案 正确选项 正确项 标准选项"
        " 正确答案选项 answer answers correctanswer correctoption rightanswer quanswer answerkey",
        "subject": "科目 科目代码 考试科目 操作项目 作业项目 准操项目 工种 工种名称 适用工种 subject",
        "kind_of_work": "作业类别 作业种类 作业类型",
        "chapter": "章节 章 所属章节 章节编号 章节代码 章节名称 chapter",
        "topic": "知识点 知识类型 知识类型名称 考点 模块",
        "level": "认知层次 层次 认知水平 掌握程度 考核要求 level cognitivelevel",
        "difficulty": "难度 难度系数 难易度 难易程度 difficulty",
        "explanation": "解析 答案解析 试题解析 题目解析 问题解析 详解 解答 explanation quanalyze analysis",
        "basis": "依据 出处 命题依据 法律依据 标准依据 条款 basis",
        "enemies": "互斥 互斥组 互斥题 enemies",
        "tags": "标签 考试人员类型 项目代码 项目名称 专业 岗位 适用岗位 tags classes",
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
_OPTION_WORD = (
    "(?:答案|题目|试题|问题|考题)?(?:选项|备选项|候选项|可选项|选择项)|备选答案|候选答案|可选答案|option|opt|choice|qu"
)
_OPTION = re.compile(rf"(?:{_OPTION_WORD}|答案)?[_.:-]?([a-j])(?:选项|项|选项内容|内容)?")
_NUMBERED_OPTION = re.compile(rf"(?:{_OPTION_WORD})[_.:-]?([1-9一二三四五六七八九])")
_ONE_OPTION = re.compile(r"(?<![a-z])[a-j1-9](?![a-z0-9])|[一二三四五六七八九]")
_OPTION_IMAGE = re.compile(r"(?:图片|选项图片|image)([a-j])")
_LIKE_OPTIONS = re.compile(r"选项|备选|候选|选择|option|choice", re.I)
_LIKE_ANSWERS = re.compile(r"答案|正确|answer|correct|^key$", re.I)
_NOT_THE_KEY = re.compile(
    r"我的|你的|考生|学员|用户|作答|图|数|率|次|user|your|my|count|num|rate|time|id$", re.IGNORECASE
)
_LEGEND = re.compile(r"([0-9])\s*[-:：=]?\s*(单选|多选|判断)")
_OLD_DIGITS = {"0": "单选", "1": "判断", "2": "多选"}
_ALSO_BELOW = ("subject", "kind_of_work", "chapter", "topic", "type", "level", "source")
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
    unsafe: dict[tuple[int, int], str] = field(default_factory=dict)
    """Cells of which no text is surely meant, and why: a formula, a date, struck text."""
    forms: dict[tuple[int, int], str] = field(default_factory=dict)
    """Of those that show another number than they hold: the form they show it in."""
    hidden: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    numbers: list[Sequence[int]] = field(default_factory=list)
    """By row, the columns whose cells hold a number and no text; nothing of a file that has no such difference."""
    drawn: list[tuple[Drawn, bytes]] = field(default_factory=list)
    """What lies on the sheet, and the picture that it is."""
    pictures: dict[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)
    """Pictures that lie in a cell: the names by which they are known."""
    assumed: str = ""
    """The encoding in which it was read, where the file itself does not say it."""
    bad_rows: dict[int, BadRow] = field(default_factory=dict)
    """Rows refused for what lies on them."""


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
    twice: tuple[str, ...]
    """Option columns that stand twice."""
    crac: bool
    depends: dict[int, str] = field(default_factory=dict)
    """Columns that are not read and look like options or answers: what they look like."""
    read: tuple[int, ...] = ()
    """Columns whose text is read: not those of pictures, nor those that the report names as not read."""
    whole: bool = False
    """All are read."""
    first: dict[str, int] = field(default_factory=dict)
    """Name -> its first column."""
    several: dict[str, list[int]] = field(default_factory=dict)
    """Of the names that fill more than one: all of them."""
    each_option: tuple[tuple[str, int, int], ...] = ()
    """Letter, column of its text, column of its picture; -1 for none."""
    last: int = -1
    """The last row of the heading: 选项 may stand over a second one, A B C D."""

    def __post_init__(self) -> None:
        self.last = max(self.row, self.last)
        fields = (columns for name, columns in self.columns.items() if not name.endswith("images"))
        self.read = tuple(sorted({column for columns in fields for column in columns}.union(self.options.values())))
        self.whole = len(self.read) == self.width
        self.first = {name: columns[0] for name, columns in self.columns.items()}
        self.several = {name: columns for name, columns in self.columns.items() if len(columns) > 1}
        self.each_option = tuple(
            (choices.letter_at(index), self.options.get(index, -1), self.option_images.get(index, -1))
            for index in range(max(self.options, default=-1) + 1)
        )

    def cells(self, row: Sequence[str]) -> dict[str, str]:
        """What a row that is as wide as the heading says by name; "" for what has no column."""
        found = defaultdict(str, {name: row[column] for name, column in self.first.items()})
        for name, columns in self.several.items():
            found[name] = "|".join(row[column] for column in columns if row[column])
        return found

    def column_of(self, name: str) -> int:
        return self.columns[name][0] if name in self.columns else -1


def find_heading(rows: Sequence[Sequence[str]]) -> Heading | None:
    """The first row that names both a stem and an answer."""
    for number, row in enumerate(rows[:HEADING_ROWS]):
        heading = _heading(number, row)
        if heading is not None and "stem" in heading.columns and "answer" in heading.columns:
            return _spread(heading, rows)
    return None


def _spread(heading: Heading, rows: Sequence[Sequence[str]]) -> Heading:
    """The same with what its empty cells head: options that lie in columns of their own beneath one 选项, named in a
    second row or by their order; else a column that is not read, and that decides where it lies beside options."""
    said = rows[heading.row]
    blank = [column for column, cell in enumerate(said) if not cell.strip()]
    if not blank:
        return heading
    held = heading.columns.get("options", [])
    run = held[:1] if not heading.options else []
    while run and run[-1] + 1 in blank:
        run.append(run[-1] + 1)
    named = _named_below(heading, rows, run)
    last = heading.row + 1 if named else heading.row
    filled = {column for column in (*blank, *run) if any(_cell(row, column) for row in rows[last + 1 :])}
    if len(run) > 1 and not named and _alone(rows[last + 1 :], run):
        named = dict(enumerate(range(run[0], max(filled.intersection(run)) + 1)))
    columns = {name: each for name, each in heading.columns.items() if name != "options" or not named}
    options, unread, depends = named or heading.options, list(heading.unread), dict(heading.depends)
    beside = {*options.values(), *columns.get("options", ())}
    for column in sorted(filled.intersection(blank).difference(options.values())):
        unread.append(letters(column))
        if column - 1 in beside:
            beside.add(column)
            depends[column] = "one option"
    return replace(heading, columns=columns, options=options, unread=tuple(unread), depends=depends, last=last)


def _named_below(heading: Heading, rows: Sequence[Sequence[str]], run: Sequence[int]) -> dict[int, int]:
    """Option index -> column, where the row below the heading names them and says nothing else."""
    below = rows[heading.row + 1] if len(run) > 1 and heading.row + 1 < len(rows) else ()
    named: dict[int, int] = {}
    for column, cell in enumerate(below):
        index = option_of(bare_heading(cell)) if column in run else None
        if index is not None and index not in named:
            named[index] = column
        elif cell.strip() and cell != rows[heading.row][column]:
            return {}
    return named if len(named) > 1 else {}


def _alone(rows: Sequence[Sequence[str]], run: Sequence[int]) -> bool:
    """Whether each cell of these columns holds one option, and not the first of them all."""
    asked = [row for row in rows if _cell(row, run[0])]
    beside = [row for row in asked if _cell(row, run[1])]
    return len(beside) * 2 > len(asked) and not any(_several(_cell(row, run[0])) for row in beside)


def _several(cell: str) -> bool:
    try:
        return len(choices.lettered(cell) or ()) > 1
    except BadRow:
        return choices.own_letter(cell) is None


def letters(column: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA: a column as a spreadsheet names it."""
    above, own = divmod(column, 26)
    return (letters(above - 1) if above else "") + chr(ord("A") + own)


def _heading(number: int, row: Sequence[str]) -> Heading | None:
    words = [bare_heading(cell) for cell in row]
    crac = {"j", "p", "i", "q", "t", "a", "b", "c", "d"} <= set(words)
    columns: dict[str, list[int]] = {}
    options: dict[int, int] = {}
    option_images: dict[int, int] = {}
    unread = []
    twice = []
    depends: dict[int, str] = {}
    for column, (word, cell) in enumerate(zip(words, row, strict=True)):
        name = HEADINGS.get(word) or (_CRAC.get(word) if crac else None)
        if name is not None:
            columns.setdefault(name, []).append(column)
        elif (index := option_of(word)) is not None:
            if options.setdefault(index, column) != column:
                twice.append(cell.strip()[:40])
        elif match := _OPTION_IMAGE.fullmatch(word):
            if option_images.setdefault(ord(match[1]) - ord("a"), column) != column:
                twice.append(cell.strip()[:40])
        elif word:
            unread.append(cell.strip()[:40])
            like = decides(word)
            depends |= {column: like} if like else {}
    known = sum(map(len, columns.values())) + len(options)
    if known < 2:
        return None
    digits: dict[str, str] = {}
    if "type" in columns:
        digits = dict(_LEGEND.findall(row[columns["type"][0]]))
        if not digits and "考试人员类型" in words:
            digits = _OLD_DIGITS
    return Heading(
        number, len(row), columns, options, option_images, digits, tuple(unread), tuple(twice), crac, depends
    )


def option_of(word: str) -> int | None:
    """Which option a heading names: 选项B, option_b, B项, 选项2; None where it names none."""
    match = _OPTION.fullmatch(word) or _NUMBERED_OPTION.fullmatch(word)
    if match is None:
        return None
    sign = match[1]
    return "一二三四五六七八九".find(sign) if sign > "z" else int(sign) - 1 if sign.isdigit() else ord(sign) - ord("a")


def decides(word: str) -> str:
    """What a heading that is not known seems to be of, where the answer may depend on it: one option, options, answer,
    or nothing ("").
    """
    if _NOT_THE_KEY.search(word):
        return ""
    if _LIKE_OPTIONS.search(word):
        return "one option" if _ONE_OPTION.search(word) else "options"
    return "answer" if _LIKE_ANSWERS.search(word) else ""


def bare_heading(cell: str) -> str:
    """ "答案（多选用英文逗号）" -> 答案: a legend in brackets is for people."""
    word = spelling.plain(cell).strip("*:")
    return re.sub(r"[(\[【].*$", "", word) or word


def repeated_column(sheet: Sheet, heading: Heading) -> str | None:
    """Two columns that both claim one field: which of them the author meant cannot be known."""
    for name, columns in heading.columns.items():
        if len(columns) > 1 and name not in _MANY:
            return " / ".join(sheet.rows[heading.row][column][:40] for column in columns)
    return heading.twice[0] if heading.twice else None


def place_pictures(sheet: Sheet, heading: Heading, add: Callable[[bytes, str], str]) -> None:
    """Pictures that lie within one cell of the stem, a picture, an option or a background belong to it; a row that any
    other touches is refused, for whose it is cannot be known.
    """
    fields = ("stem", "images", "background", "background_images")
    columns = {column for name in fields for column in heading.columns.get(name, ())}
    columns |= {*heading.options.values(), *heading.option_images.values()}
    for drawn, data in sheet.drawn:
        bad = None
        if not drawn.part or not data:
            bad = BadRow("drawing-not-read")
        elif drawn.first != drawn.last or drawn.column not in columns:
            bad = BadRow("picture-not-in-cell")
        else:
            try:
                name = add(data, drawn.part)
            except BadRow as unreadable:
                bad = unreadable
            else:
                place = drawn.first, drawn.column
                sheet.pictures[place] = (*sheet.pictures.get(place, ()), name)
        if bad is not None:
            for row in range(drawn.first, drawn.last + 1):
                sheet.bad_rows.setdefault(row, bad)


def lies_nowhere(sheet: Sheet, heading: Heading) -> bool:
    """Whether something below the heading lies on no row that says anything."""
    return any(
        drawn.first < 0 or (drawn.first > heading.last and not any(map(any, sheet.rows[drawn.first : drawn.last + 1])))
        for drawn, _data in sheet.drawn
    )


def says_above(sheet: Sheet, heading: Heading) -> list[int]:
    """Rows that say no type, so that the one above counts."""
    column = heading.column_of("type")
    if not sheet.flows or column < 0:
        return []
    rows = sheet.rows[heading.last + 1 :]
    return [number for number, row in enumerate(rows, heading.last + 2) if any(row) and not _cell(row, column)]


def drafts(sheet: Sheet, heading: Heading) -> Iterator[tuple[int, Draft | BadRow]]:
    """(row number as a spreadsheet shows it, Draft or why there is none) for every row with anything in it."""
    above = dict.fromkeys(_ALSO_BELOW, "")
    covering = {
        (row, column): (first, column)
        for first, last, column in sheet.merged
        for row in range(first + 1, min(last, len(sheet.rows) - 1) + 1)
    }
    headings = [list(row) for row in sheet.rows[heading.row : heading.last + 1]]
    learned = _learned(sheet, heading)
    below = [name for name in _ALSO_BELOW if name in heading.first]
    for number in range(heading.last + 1, len(sheet.rows)):
        row = sheet.rows[number]
        if not any(row) or list(row) in headings:  # printed sheets repeat their heading
            continue
        if number in sheet.bad_rows:
            yield number + 1, sheet.bad_rows[number]
            continue
        if any(row[heading.width :]):  # an unquoted comma has moved every cell after it
            yield number + 1, BadRow("extra-cells", expected=heading.width, found=len(row))
            continue
        if len(row) < heading.width:
            row = [*row, *[""] * (heading.width - len(row))]
        cells = heading.cells(row)
        for name in below:
            if not cells[name]:
                origin = covering.get((number, heading.first[name]))
                if origin in sheet.unsafe:
                    sheet.bad_rows[number] = _unsafe(sheet, origin, name)
                elif origin is not None:
                    cells[name] = _cell(sheet.rows[origin[0]], origin[1])
                elif sheet.flows and name in _FLOWING:
                    cells[name] = above[name]
            above[name] = cells[name]
        if number in sheet.bad_rows:
            yield number + 1, sheet.bad_rows[number]
            continue
        try:
            yield number + 1, _draft(sheet, heading, number, row, cells, learned)
        except BadRow as bad:
            yield number + 1, bad


def _draft(
    sheet: Sheet, heading: Heading, number: int, row: Sequence[str], cells: dict[str, str], learned: str | None
) -> Draft:
    if sheet.unsafe:
        _check_safe(sheet, heading, number)

    def lying(*names: str) -> tuple[str, ...]:
        if not sheet.pictures:
            return ()
        columns = [column for name in names for column in heading.columns.get(name, ())]
        return tuple(name for column in columns for name in sheet.pictures.get((number, column), ()))

    options: list[DraftOption] = []
    for letter, column, of_picture in heading.each_option:
        images = spelling.names(row[of_picture]) if of_picture >= 0 else ()
        if sheet.pictures:
            images += sheet.pictures.get((number, column), ()) + sheet.pictures.get((number, of_picture), ())
        options.append(DraftOption(row[column] if column >= 0 else "", images, letter))
    while options and not options[-1].text and not options[-1].images:
        options.pop()  # unused columns at the end; an empty one in the middle stays, to be refused
    if not options and "options" in heading.columns:
        options = options_in_cell(cells["options"], learned)
    for column, like in heading.depends.items():
        if row[column] and (like != "options" or not options):
            raise BadRow("column-decides", column=(str(sheet.rows[heading.row][column]) or letters(column))[:40])
    asks = heading.options or "options" in heading.columns
    if not options and asks and not cells["type"] and spelling.plain(cells["answer"]) == "f":
        raise BadRow("answer-letter-unclear")
    chapter, topic = cells["chapter"], cells["topic"]
    return Draft(
        stem=cells["stem"],
        type=heading.digits.get(cells["type"], cells["type"]),
        options=options,
        answer=cells["answer"],
        subject=cells["subject"],
        kind_of_work=cells["kind_of_work"],
        chapter=chapter or topic,
        level=cells["level"],
        difficulty=cells["difficulty"],
        explanation=cells["explanation"],
        basis=cells["basis"],
        enemies=cells["enemies"],
        tags=f"{cells['tags']}|{topic}" if chapter else cells["tags"],
        locked=cells["locked"],
        code=cells["code"] or cells["number"],
        source=cells["source"],
        images=spelling.names(cells["images"]) + lying("stem", "images"),
        number=_number(cells["value"], cells["tolerance"], cells["units"], "units" in heading.columns),
        background=cells["background"],
        background_images=spelling.names(cells["background_images"]) + lying("background", "background_images"),
        place=cells["place"],
        shown=tuple(filter(None, row if heading.whole else [row[column] for column in heading.read])),
        said=(
            cells["number"],
            cells["picture_code"],
            cells["type"],
            (learned or "") * len(options),
            choices.breaks(cells["options"]),
        ),
    )


def _check_safe(sheet: Sheet, heading: Heading, number: int) -> None:
    read = [(name, column) for name, columns in heading.columns.items() for column in columns]
    read += [("options", column) for column in (*heading.options.values(), *heading.option_images.values())]
    for name, column in read:
        reason = sheet.unsafe.get((number, column))
        harmless = (name == "number" and reason == "formula") or (  # a running number =ROW()-1
            name in _FIGURES and reason == "cell-shown-otherwise"  # 0.85 shown as 0.9 is 0.85
        )
        if reason is not None and not harmless:
            raise _unsafe(sheet, (number, column), name)


def _unsafe(sheet: Sheet, place: tuple[int, int], column: str) -> BadRow:
    reason = sheet.unsafe[place]
    form = {"form": sheet.forms.get(place, "")} if reason == "cell-shown-otherwise" else {}
    return BadRow(reason, column=column, **form)


_FIGURES = ("difficulty", "value", "tolerance", "place", "number")


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


def _learned(sheet: Sheet, heading: Heading) -> str | None:
    """What parts the options of one cell, learned from all cells of the column whose options bear no letters."""
    column = heading.column_of("options")
    return choices.separator(_unlettered(sheet.rows[heading.last + 1 :], column)) if column >= 0 else ""


def _unlettered(rows: Sequence[Sequence[str]], column: int) -> Iterator[str]:
    for row in rows:
        cell = _cell(row, column)
        try:
            if cell and choices.lettered(cell) is None:
                yield cell
        except BadRow:
            continue


def options_in_cell(cell: str, learned: str | None = "") -> list[DraftOption]:
    """All options of one cell: "A.甲 B.乙 C.丙", or without letters and parted by what was `learned` of the column.

    Raises BadRow: when it is not sure where one ends and which letter it bears.
    """
    found = choices.lettered(cell)
    if found is None:
        return [DraftOption(text) for text in choices.parted(cell, learned)]
    return [DraftOption(text, letter=choices.letter_at(place)) for place, text in found]


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""
