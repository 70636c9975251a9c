"""One question as it stands on paper -> Draft: what its lines said, its place in a case, its answer and nothing of that
answer left in the stem.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bank.content import ItemType
from bank.formats import spelling
from bank.formats.bad_row import BadRow
from bank.formats.docx import notation as marks
from bank.formats.docx.answers import Entry
from bank.formats.draft import Draft, DraftOption

_BOX = "　"
_FEW = 18
LABELS = {
    word: name
    for name, words in {
        "answer": "答案 正确答案 参考答案 标准答案",
        "explanation": "解析 答案解析 试题解析 题目解析",
        "basis": "依据 出处 命题依据 法律依据 标准依据",
        "subject": "科目 工种 操作项目",
        "kind_of_work": "作业类别",
        "chapter": "章节 所属章节 知识点 考点",
        "level": "认知层次 层次 掌握程度",
        "difficulty": "难度 难度系数 难易度 难易程度",
        "tags": "标签",
        "enemies": "互斥 互斥组",
        "locked": "固定选项",
        "code": "编号 题号 试题编号",
        "source": "来源 题目来源",
        "type": "题型",
        "value": "数值",
        "tolerance": "误差 允许误差",
        "units": "单位",
        "place": "案例序号",
    }.items()
    for word in words.split()
}
"""Word of a label -> what it is a label of."""


def words_of(line: str) -> str:
    words = " ".join(line.split())
    return words if len(words) <= _FEW else words[: _FEW - 1] + "…"


Note = Callable[[str], None]


@dataclass(slots=True)
class Case:
    """A background and those who share it."""

    row: int
    lines: list[str]
    images: list[str] = field(default_factory=list)
    last: int = 0
    """The question that is the last to share it; 0 where a heading says so."""
    numbered: bool = False
    """It bears a number as a question does, and its questions stand in brackets."""
    questions: int = 0
    bad: str = ""

    def text(self) -> str:
        return "\n".join(self.lines).strip()


@dataclass(slots=True)
class Question:
    row: int
    number: int
    type: str
    chapter: str
    unsupported: str = ""
    case: Case | None = None
    within: bool = False
    """It stands in a section of cases."""
    stem: list[str] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    option_images: list[list[str]] = field(default_factory=list)
    labels: dict[str, list[str]] = field(default_factory=dict)
    gathered: Entry | None = None
    counted: str = ""
    """Its number, where Word counts it."""
    heads: bool = False
    """Lines that Word counts below it are a list within it."""
    at: str = "stem"
    bare: bool = False
    """Its options bear letters without a mark."""
    small: bool = False
    """Its options bear small letters."""
    listed: int = 0
    """Last number of a list within it."""
    ended: bool = False
    """Its answer stood at the end of the stem: options may follow, and nothing else."""
    taken: bool = False
    """Its answer stood at the end of the stem, in 【】."""
    bad: str = ""
    shown: list[str] = field(default_factory=list)
    """Its lines, as they stand there."""
    read: list[str] = field(default_factory=list)
    """Answers in the brackets of its stem."""
    words: str = ""
    """Its first ones, with its number: how an author finds it, for Word does not number paragraphs."""

    def said(self, name: str) -> str:
        own = "\n".join(self.labels.get(name, [])).strip()
        return own or ("" if self.gathered is None else "\n".join(self.gathered.labels.get(name, [])).strip())

    def answered(self) -> bool:
        return "answer" in self.labels or "value" in self.labels

    def answer(self, said: str) -> None:
        held = "\n".join(self.labels.setdefault("answer", [])).strip()
        if held and said.strip() and not _same(held, said):
            self.bad = self.bad or "answers-disagree"
        elif not held or not said.strip():
            self.labels["answer"].append(said)


def draft(now: Question, places: dict[tuple[str, tuple[str, ...]], int], note: Note) -> Draft:
    """`note` is told of what was read otherwise than it is written.

    Raises BadRow: when its answer, or its text, is not sure.
    """
    background, place = "", ""
    shown: tuple[str, ...] = ()
    if now.case is not None:
        background, shown = now.case.text(), tuple(now.case.images)
        places[background, shown] = places.get((background, shown), 0) + 1
        place = now.said("place") or str(places[background, shown])
    if now.unsupported:
        raise BadRow("unsupported-interaction", interaction=now.unsupported)
    bad = now.bad or ("" if now.case is None else now.case.bad)
    if bad in ("struck-text", "hidden-text", "answers-disagree", "options-without-question"):
        raise BadRow(bad)
    if bad:
        raise BadRow("unsupported-markup", markup=bad)
    if now.options and any(marks.LETTERED.match(marks.folded(line)) for line in now.stem[1:]):
        raise BadRow("option-letters-unclear")  # D. A. B. C.
    if _swallows(now):
        raise BadRow("two-questions")
    kind = now.said("type") or now.type
    known = spelling.item_type(kind) if kind else None
    stem, answer = _without_answer(now, "\n".join(now.stem).strip(), known, note)
    truth = known is ItemType.TRUEFALSE or (known is None and marks.truth(answer) is not None)
    if truth and spelling.truth(answer) is None and marks.truth(answer):
        answer = "√"
    if now.taken:
        note("answer-in-stem")
    if (now.within or now.case) and not now.options and known is not ItemType.FILL and not truth:
        raise BadRow("unsupported-interaction", interaction="essay")
    if not answer and "value" not in now.labels and _speaks_of_answer(now):
        raise BadRow("answer-within-text")
    number = None
    if "value" in now.labels:
        units = tuple(dict.fromkeys(spelling.variants(now.said("units")))) if "units" in now.labels else ()
        number = (now.said("value"), now.said("tolerance"), units)
    return Draft(
        stem=stem,
        type=kind,
        options=[
            DraftOption("\n".join(lines).strip(), tuple(images))
            for lines, images in zip(now.options, now.option_images, strict=True)
        ],
        answer=answer,
        accepted=spelling.variants(answer) if answer and known is ItemType.FILL else (),
        number=number,
        subject=now.said("subject"),
        kind_of_work=now.said("kind_of_work"),
        chapter=now.said("chapter") or now.chapter,
        level=now.said("level"),
        difficulty=now.said("difficulty"),
        explanation=now.said("explanation"),
        basis=now.said("basis"),
        enemies=now.said("enemies"),
        tags=now.said("tags"),
        locked=now.said("locked"),
        code=now.said("code"),
        source=now.said("source"),
        images=tuple(now.images),
        background=background,
        background_images=shown,
        place=place,
        shown=tuple(now.shown),
        unnumbered=True,
        said=(str(now.number), now.type, *now.read, *_labels(now)),
    )


_LABEL = re.compile(
    rf"[【\[]?\s*(?:{'|'.join(sorted(LABELS, key=len, reverse=True))}|答|题干|题目|试题)\s*(?:[】\]]|[:：])"
)
_HINTS = re.compile(r"[(（【\[]\s*(?:单选|多选|判断|填空|单项选择|多项选择|不定项选?择?)?题?\s*[)）】\]]")


def _labels(now: Question) -> list[str]:
    """What of its lines is a mark: the words of labels, hints of its type, its answer."""
    whole = "\n".join(now.shown)
    said = [*_LABEL.findall(whole), *_HINTS.findall(whole), *now.labels.get("answer", [])]
    return said + [text for name in _VALUES for text in now.labels.get(name, [])]


_VALUES = ("value", "tolerance", "units", "place", "type")


def _swallows(now: Question) -> bool:
    """Whether a numbered line within it asks something itself: then its options may be those of another question."""
    below = [line for option in now.options for line in option[1:]]
    if any(marks.options_in(line, 0, False) for line in below):
        return True
    stems = (marks.STEM.fullmatch(marks.folded(line)) for line in (*now.stem[1:], *below))
    return any(
        marks.number_of(stem) == now.number + 1 if stem["tight"] else marks.PLACE.search(stem["rest"]) is not None
        for stem in stems
        if stem is not None
    )


def _speaks_of_answer(now: Question) -> bool:
    lines = (*now.stem, *(line for option in now.options for line in option))
    return any(marks.WITHIN.search(marks.folded(line)) for line in lines)


def _without_answer(now: Question, stem: str, known: ItemType | str | None, note: Note) -> tuple[str, str]:
    """The stem without the answer in its brackets, and the answer. Where it is said twice, it is said alike.

    "安培（A）", "甲类（B）灭火器", "熔断器（对）电路": what stands in brackets may be part of the text. It is the
    answer where it stands as answers do; elsewhere the stem stays as it is, or the question is refused.
    """
    answer = "\n".join(now.labels.get("answer", [])).strip()
    gathered = "" if now.gathered is None else "\n".join(now.gathered.labels.get("answer", [])).strip()
    if gathered and answer and not _same(gathered, answer):
        raise BadRow("answers-disagree")
    answer = answer or gathered
    if known is ItemType.FILL:
        return stem, answer
    statement = known is ItemType.TRUEFALSE or (known is None and not now.options)
    surely, perhaps = marks.standing(stem, statement=statement)
    if statement and not answer and not surely:
        surely = [match for match in perhaps if marks.at_end(match)]
    read = surely or perhaps
    if any(not _same(match[1], answer or read[-1][1]) for match in (surely if answer or statement else read + perhaps)):
        raise BadRow("answers-disagree")
    same = [match for match in perhaps if _same(match[1], answer or match[1]) and match not in surely]
    if same and not surely and not (statement and (answer or same[0][1] in _TRUTH_WORDS)):
        raise BadRow("bracket-unclear")
    if same and (surely or answer) and (not statement or any(match[1] in _TRUTH_WORDS for match in same)):
        note("bracket-left")
    elif surely:
        note("answer-in-stem")
    if surely:
        answer = answer or surely[-1][1]
    behind = marks.BEHIND.match(stem, surely[-1].end()) if statement and surely else None
    if behind is not None and marks.HINT.fullmatch(marks.folded(stem[surely[-1].end() :])) is None:
        note("text-behind-answer")  # （×）（甲是丙）: why it is wrong, and thereby that it is
        now.labels.setdefault("explanation", []).insert(0, behind[1])
        stem = stem[: surely[-1].end()] + stem[behind.end() :]
    now.read += [match[1] for match in surely]
    for match in reversed(surely):  # the answer must not stand in the question
        stem = f"{stem[: match.start()]}（{_BOX}）{stem[match.end() :]}"
    return stem, answer


_TRUTH_WORDS = ("对", "错", "正确", "错误")


def _same(one: str, other: str) -> bool:
    truth = marks.truth(one)
    if truth is not None:
        return truth == marks.truth(other)
    letters = spelling.letters(one)
    if letters is None:
        return spelling.variants(one) == spelling.variants(other)
    return set(letters) == set(spelling.letters(other) or ())
