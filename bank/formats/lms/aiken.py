"""Aiken: the plainest form. A question, its options one a line, and the letter of the right one.

    我国安全电压的上限是？
    A. 12 V
    B. 36 V
    ANSWER: B

Read as well, since offices write so: 答案：B, several letters, the letter with its text, options under any sign and in
any order or several on a line, 解析：… below the answer. Nothing else can be said: no chapter, number, picture, blanks.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bank.content import OPTION_LETTERS, ItemType
from bank.formats import options as choices
from bank.formats.bad_row import BadRow
from bank.formats.draft import Draft, DraftOption
from bank.item import Item

_OPTION = re.compile(r"\s*([A-Z])[.)][ \t]*(\S.*)")
_BELOW_STEM = re.compile(r"\s*([A-H])\s*[.．、:：)）]\s*(\S.*)")
"""D、A和B都对 is an option where a stem stands above it, and A、B两点间 may begin a stem."""
_ANSWER = re.compile(r"\s*(?:ANSWER|[【\[]?(?:正确|参考|标准)?答案[】\]]?)\s*[:：]\s*(.*?)\s*", re.IGNORECASE)
_BEHIND = re.compile(r"\s*[【\[]?(?:答案|试题)?解析[】\]]?\s*[:：]?\s*(.*)")
_LABEL = re.compile(r"\s*[【\[]?(?:依据|出处|难度|章节|知识点|考点|备注|分值|题型|来源)[】\]]?\s*[:：].*")


def looks_like(text: str) -> bool:
    text = text[:200_000]
    asks = re.search(r"(?mi)^\s*(?:ANSWER|[【\[]?(?:正确|参考|标准)?答案[】\]]?)\s*[:：]", text)
    return bool(asks) and bool(re.search(r"(?m)^\s*[(（]?[AＡ]\s?[.)．、）]", text))


@dataclass
class _Question:
    row: int
    stem: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    """As they stand, with their letters."""
    answer: str | None = None
    explanation: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)


def read(text: str) -> Iterator[tuple[int, Draft | BadRow]]:
    """(line where a question begins, Draft or why there is none)."""
    now: _Question | None = None
    apart = False
    for number, row in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if not row.strip():
            apart = True
            continue
        answer, behind = _ANSWER.fullmatch(row), _BEHIND.fullmatch(row)
        if now is not None and now.answer is not None:
            told = bool(now.explanation) and not apart
            if behind is None and not told and not _LABEL.fullmatch(row):
                yield now.row, _draft(now)
                now = None
        elif now is not None and now.options and answer is None and not _is_option(row, now):
            yield now.row, _draft(now)  # it never came to its answer
            now = None
        now = now or _Question(number)
        apart = False
        if now.answer is not None:
            now.shown.append(row.strip())
            if not _LABEL.fullmatch(row):
                now.explanation.append(row.strip() if behind is None else behind[1])
        elif answer is not None:
            now.answer = answer[1]
        elif _is_option(row, now):
            now.options.append(row)
            now.shown.append(row.strip())
        else:
            now.stem.append(row.strip())
            now.shown.append(row.strip())
    if now is not None:
        yield now.row, _draft(now)


def _is_option(row: str, now: _Question | None) -> bool:
    below = now is not None and bool(now.stem) and _BELOW_STEM.fullmatch(row) is not None
    return below or _OPTION.fullmatch(row) is not None or choices.own_letter(row) is not None


def _option(row: str) -> DraftOption:
    match, own = _OPTION.fullmatch(row) or _BELOW_STEM.fullmatch(row), choices.own_letter(row)
    letter, text = (
        (match[1], match[2]) if match is not None else (choices.letter_at(own[0]), own[1]) if own else ("", row)
    )
    return DraftOption(text.strip(), letter=letter)


def _draft(question: _Question) -> Draft | BadRow:
    try:
        options = [_option(row) for row in question.options]
        if any(choices.holds_another(each.text, n) for n, each in enumerate(options)):  # A.甲 B.乙
            found = choices.lettered("\n".join(question.options)) or ()
            options = [DraftOption(text, letter=choices.letter_at(place)) for place, text in found] or options
    except BadRow as bad:
        return bad
    if not question.stem:
        return BadRow("empty-stem")
    if question.answer is None:
        return BadRow("no-answer")
    if len(options) < 2:
        return BadRow("few-options", found=len(options))
    if sorted(each.letter for each in options) != list(OPTION_LETTERS[: len(options)]):
        return BadRow("option-letters-unclear")
    return Draft(
        stem="\n".join(question.stem),
        options=options,
        answer=question.answer,
        explanation="\n".join(question.explanation),
        shown=tuple(question.shown),
        said=("解析" * bool(question.explanation),),
    )


LOSES = ("subject", "chapter", "code", "explanation", "tags", "level", "difficulty", "basis", "enemies", "locked",
         "source", "calibrated", "bases", "translations", "provenance")  # fmt: skip


def cannot(item: Item) -> str | None:
    """Why `item` cannot be written at all; None where it can."""
    if item.content.type not in (ItemType.SINGLE, ItemType.TRUEFALSE):
        return "fill" if item.content.type is ItemType.FILL else "type"
    if item.content.needs_picture or item.content.case:
        return "pictures" if item.content.needs_picture else "case"
    return "lines" if any("\n" in option.text for option in item.content.options) else None


def write(items: Iterable[Item]) -> bytes:
    """The file's bytes."""
    parts = []
    for item in items:
        options = [f"{OPTION_LETTERS[n]}. {option.text}" for n, option in enumerate(item.content.options)]
        right = OPTION_LETTERS[item.answer_key.correct[0]]
        parts.append("\n".join([item.content.stem, *options, f"ANSWER: {right}", "", ""]))
    return "".join(parts).encode()
