"""Aiken: the plainest form. A question, its options one a line, and the letter of the right one.

    我国安全电压的上限是？
    A. 12 V
    B. 36 V
    ANSWER: B

One right answer only. Nothing else can be said: no chapter, number, explanation, picture, several answers or blanks.
"""

import re
from collections.abc import Iterable, Iterator

from bank.content import OPTION_LETTERS, TRUEFALSE_OPTIONS, ItemType
from bank.formats.bad_row import BadRow
from bank.formats.draft import Draft, DraftOption
from bank.item import Item

_OPTION = re.compile(r"\s*([A-Z])[.)][ \t]*(\S.*)")
_ANSWER = re.compile(r"\s*ANSWER\s*[:：]\s*(.*?)\s*")


def looks_like(text: str) -> bool:
    text = text[:200_000]
    return bool(re.search(r"(?m)^\s*ANSWER\s*[:：]", text)) and bool(re.search(r"(?m)^\s*A[.)]", text))


def read(text: str) -> Iterator[tuple[int, Draft | BadRow]]:
    """(line where a question begins, Draft or why there is none)."""
    stem: list[str] = []
    options: list[str] = []
    shown: list[str] = []
    bad: BadRow | None = None
    first = 0
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        answer, option = _ANSWER.fullmatch(row), _OPTION.fullmatch(row)
        if answer is not None:
            yield first or number, bad or _draft(stem, options, answer[1], shown)
            stem, options, shown, bad, first = [], [], [], None, 0
            continue
        if option is not None:
            if not stem:
                bad = bad or BadRow("empty-stem")
            elif option[1] != OPTION_LETTERS[len(options)]:
                bad = bad or BadRow("options-out-of-order", option=option[1])
            if len(options) < len(OPTION_LETTERS) - 1:
                options.append(option[2])
            first = first or number
        else:
            if options or bad:  # the question above never came to its ANSWER line
                yield first, bad or BadRow("no-answer")
                stem, options, shown, bad, first = [], [], [], None, 0
            stem.append(row.strip())
            first = first or number
        shown.append(row.strip())
    if stem or options or bad:
        yield first, bad or BadRow("no-answer")


def _draft(stem: list[str], options: list[str], answer: str, shown: list[str]) -> Draft | BadRow:
    if not stem:
        return BadRow("empty-stem")
    if len(options) < 2:
        return BadRow("few-options", found=len(options))
    if len(answer) != 1 or answer not in OPTION_LETTERS:
        return BadRow("answer-unreadable")
    truefalse = tuple(options) == TRUEFALSE_OPTIONS or [each.casefold() for each in options] == ["true", "false"]
    return Draft(
        stem="\n".join(stem),
        type=(ItemType.TRUEFALSE if truefalse else ItemType.SINGLE).value,
        options=[DraftOption(text) for text in options],
        answer=(OPTION_LETTERS.index(answer),),
        shown=tuple(shown),
        said=(answer,),
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
