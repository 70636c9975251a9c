"""How Chinese question banks spell things, and the one value each spelling means. Pure tables and small readers.

Forgiving about form (full and half width, √ × 对 错, A、B and AB), never about sense: what has no reading here is
None, and the row that holds it is refused by `bank.formats.draft`.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from bank.content import ItemType, Level

TRUE_WORDS = frozenset(["正确", "对", "√", "✓", "✔", "☑", "t", "true", "y", "yes", "是", "right", "correct"])
FALSE_WORDS = frozenset(
    ["错误", "错", "×", "✗", "✘", "✕", "╳", "x", "f", "false", "n", "no", "否", "不正确", "不对", "wrong", "incorrect"]
)

CHOICE = "choice"
"""The author says only that it has options; the letters of the answer say whether one or several are right."""

_TYPES: dict[str, ItemType | str] = {
    word: kind
    for kind, words in (
        (ItemType.SINGLE, "单选 单选题 单项选择 单项选择题 单项 single single_choice singlechoice radio"),
        (
            ItemType.MULTIPLE,
            "多选 多选题 多项选择 多项选择题 多项 不定项 不定项选择 不定项选择题"
            " multiple multiple_choice multiplechoice multi checkbox",
        ),
        (
            ItemType.TRUEFALSE,
            "判断 判断题 是非 是非题 对错 对错题 正误判断 正误判断题 truefalse true_false true/false tf t/f judge bool",
        ),
        (ItemType.FILL, "填空 填空题 fill fill_in fillin 填空型"),
        (CHOICE, "选择 选择题 choice"),
    )
    for word in words.split()
}
UNSUPPORTED_TYPES = frozenset(
    ["简答", "简答题", "问答", "问答题", "论述", "论述题", "案例", "案例题", "案例分析题", "essay", "cloze"]
)
_LEVELS = {
    word: level
    for level, words in (
        (Level.KNOW, "了解 know"),
        (Level.GRASP, "掌握 grasp"),
        (Level.MASTER, "熟练掌握 master"),
        (Level.NONE, "none"),
    )
    for word in words.split()
}
LEVEL_WORDS = {Level.KNOW: "了解", Level.GRASP: "掌握", Level.MASTER: "熟练掌握"}
"""As exporters write them."""
NOTHING = frozenset(("", "-", "—", "——", "/", "无"))
"""What authors write into a cell that has nothing to say."""

_KNOWERS = {"易": ".90", "较易": ".75", "中": ".60", "中等": ".60", "较难": ".40", "难": ".20"}
"""Judged difficulty in words: how many of a hundred just-trained candidates know it rather than guess."""

_BETWEEN_ANSWERS = re.compile(r"[\s,、;/|&+.。·和与()\[\]【】]+")
_BETWEEN_NAMES = re.compile(r"[,，、;；|\n]+")
_WIDE = re.compile("[\uff01-\uff5e\u3000]")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def plain(word: str) -> str:
    """A word of ours (a type, an answer, a heading) without width, case and spaces. Never for exam text:
    m² is not m2.
    """
    if word.isascii():
        return "".join(word.split()).casefold()
    return "".join(unicodedata.normalize("NFKC", word).split()).casefold()


def half_width(text: str) -> str:
    """Full-width Latin letters, digits and punctuation made half-width, runs of space made one; nothing else."""
    if _WIDE.search(text) is not None:  # hardly any option has one, and looking at each character takes its time
        text = text.translate(_FULL_WIDTH)
    return " ".join(text.split())


def item_type(word: str) -> ItemType | str | None:
    return _TYPES.get(plain(word))


def level(word: str) -> Level | None:
    return Level.NONE if word in NOTHING else _LEVELS.get(plain(word))


def truth(word: str) -> bool | None:
    folded = plain(word).strip("()[]【】.。")
    return True if folded in TRUE_WORDS else False if folded in FALSE_WORDS else None


def letters(answer: str) -> tuple[int, ...] | None:
    """ "ABC", "A,B", "A、B", "Ａ　Ｂ" -> indices in the order written; () where nothing is; None where unreadable."""
    bare = _BETWEEN_ANSWERS.sub("", unicodedata.normalize("NFKC", answer).upper())
    if bare and not (bare.isascii() and bare.isalpha()):
        return None
    return tuple([ord(letter) - ord("A") for letter in bare])


_PART = re.compile(r"\\[\\|]|\|")


def variants(cell: str) -> tuple[str, ...]:
    """What a blank takes, in one cell: parted by |, where `\\|` is a bar and `\\\\` a backslash."""
    parts, start = [""], 0
    for mark in _PART.finditer(cell):
        parts[-1] += cell[start : mark.start()] + (mark[0][1] if len(mark[0]) > 1 else "")
        if mark[0] == "|":
            parts.append("")
        start = mark.end()
    parts[-1] += cell[start:]
    return tuple(parts)


def joined(texts: Iterable[str]) -> str:
    """The cell that `variants` reads so."""
    return "|".join(text.replace("\\", "\\\\").replace("|", "\\|") for text in texts)


def names(cell: str) -> tuple[str, ...]:
    """Names in one cell, in the order written, each once."""
    if not cell:
        return ()
    parts = (part.strip() for part in _BETWEEN_NAMES.split(cell))
    return tuple(dict.fromkeys(part for part in parts if part not in NOTHING))


@functools.lru_cache(1_000)  # a bank has few shares, each a thousand times
def p4(difficulty: str, kind: ItemType, options: int) -> int | None:
    """ "0.88", "88%" or 较难 -> expected share of right answers ×10⁴; None where it cannot be one.

    A word says how many know the answer; those who do not, guess: p = c + (1 - c)·k. Nobody is taken to guess a
    multiple-answer item.
    """
    word = plain(difficulty)
    knowers = _KNOWERS.get(word)
    try:
        if knowers is not None:
            guesses = {ItemType.TRUEFALSE: Decimal(".5"), ItemType.SINGLE: 1 / Decimal(max(options, 1))}
            guess = guesses.get(kind, Decimal(0))
            share = guess + (1 - guess) * Decimal(knowers)
        elif word.endswith("%"):
            share = Decimal(word[:-1]) / 100
        else:
            share = Decimal(word)
    except InvalidOperation:
        return None
    if not share.is_finite() or not 0 < share <= 1:
        return None
    return max(1, round(share * 10_000))
