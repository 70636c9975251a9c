"""What makes sense, and yet may not be what its author means: looked for in every item, whatever file it came from.

A letter or number of the file left in the text, the answer left where candidates see it, markup that came in as text,
options that speak of their place. Each is a remark by row; a person decides.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from bank.content import ItemType, Option
from bank.formats import options as choices
from bank.formats import spelling
from bank.formats.docx import notation
from bank.item import Item

_BLANKS = re.compile(r"_{2,}|[(（]\s*[)）]")
_PARTS = re.compile(r"[；;/]|或者?")
_FILLED = re.compile(r"[(（]\s*[A-HTXYVNＡ-ＨＴＸＹＶＮ√×✓✔✗✘对错正]")
"""Hardly any stem has it, and looking closer takes its time."""
_MARKUP = re.compile(
    r"</?(?:p|br|b|i|u|s|em|strong|span|div|font|su[bp]|img|table|t[rd]|li|[uo]l|a)\b[^<>]{0,200}>"
    r"|&(?:nbsp|lt|gt|amp|quot|ldquo|rdquo|hellip|times|deg|#\d{2,5}|#x[0-9a-f]{2,5});"
    r"|\\(?:frac|sqrt|times|cdot|le|ge|leq|geq|mathrm|text|left|right|alpha|beta|Omega|omega|mu|pi|sum|int|circ|pm|begin)\b"
    r"|\$[^$\n]{1,100}[\\^_{][^$\n]{0,100}\$|\\[(\[][^\n]{1,200}\\[)\]]",
    re.IGNORECASE,
)
_ANSWER_WORD = re.compile(
    r"(?:正确|参考|标准)?答案\s*(?:[:：】\]]|[是为])\s*[(（]?\s*(?:[A-HＡ-Ｈ]{1,8}(?![A-Za-z])|[√×✓✗对错]|正确|错误)"
    r"|【\s*答案|\b(?i:answer|ans)\s*[:：]"
)
_ABOVE = re.compile(
    r"(?:(?:^|[，,、。；;（(是非和与除在括属对])以上|上述|前面|前述)"
    r"(?=的?(?:都|均|皆|全|各|几|所有|选项|答案|说法|情况|[两二三四五]|内容|措施|因素|原因|方法|条件|方面|行为|方式|观点|项|$))"
    r"|(?i:(?:all|none|any|both|neither) of the (?:above|other|preceding))"
)
_BELOW = re.compile(r"(?:以下|下述|后面)(?:各|几|选项|答案|都|均|全)|[前后][二两三四五]项|以上[二两三四五]项")
_LETTERS = re.compile(
    r"(?<![A-Za-z])[A-H](?:\s*(?:[、,，和与及或/]|以及|and|or)\s*[A-H]|[A-H]){1,7}\s*(?:项|选项|两项|三项)?\s*"
    r"(?:[都均皆全]|正确|错误|不?对)|(?<![A-Za-z])[A-H]\s*选?项(?:[都均皆也]|正确|错误|不?对)"
    r"|(?i:both|neither) [A-H] (?i:and|nor) [A-H]\b|选项\s*[A-H](?![A-Za-z])"
)
_MAY_SPEAK = re.compile(r"[上下面项述A-H]|(?i:of the)")
"""Hardly any option of ordinary text has it."""
_SIGNS = re.compile(r"[<&\\$]")
"""No markup is without one of these."""
_TWO = re.compile(r"\s*(?:仅|只有)?\s*[A-H](?:\s*[、,，和与及]\s*[A-H]){1,6}\s*")
_ENOUGH = 5
"""Neighbours of one type, from which on one with far fewer options stands out."""


def doubts(item: Item) -> Iterator[str]:
    """Reasons to look at one item again, by the names of their sentences."""
    content, key = item.content, item.answer_key
    if content.type is ItemType.MULTIPLE and len(key.correct) == 1:
        yield "one-answer-of-several"
    if content.type is not ItemType.FILL and _shows_answer(item):
        yield "answer-shown"
    elif content.type is not ItemType.FILL and "答案" in content.stem and _ANSWER_WORD.search(content.stem):
        yield "answer-word-in-stem"
    if content.type is ItemType.FILL:
        if len(_BLANKS.findall(content.stem)) > 1:
            yield "several-blanks"
        elif any(_in_parts(text) for text in key.accepted):
            yield "answer-as-one-text"
    texts = [option.text for option in content.options]
    whole = "\n".join((content.stem, *texts))
    if _SIGNS.search(whole) and _MARKUP.search(whole):
        yield "markup-as-text"
    if content.type is ItemType.TRUEFALSE:
        return
    if _presses_letters(texts) or (
        choices.may_bear_marks(texts) and (choices.seem_numbered(texts) or _bears_own_letter(texts))
    ):
        yield "own-letter-left"
    if choices.may_hold_another(texts):
        yield "option-may-hold-next"
    if "答案" in whole and any(_ANSWER_WORD.search(text) for text in texts if "答案" in text):
        yield "answer-word-in-option"
    if any(_place_of(text, content.stem) for text in texts):
        yield "option-speaks-of-place"


def _presses_letters(texts: Sequence[str]) -> bool:
    """Whether they begin with letters in order, without a sign: A甲, B乙."""
    return bool(texts) and texts[0][:1] in ("A", "Ａ") and choices.spaced_letters(texts) is not None


def _bears_own_letter(texts: Sequence[str]) -> bool:
    owned = (choices.own_letter(text) for text in texts)
    return any(own is not None and own[0] == index for index, own in enumerate(owned))


def locked(stem: str, options: Sequence[Option]) -> tuple[int, ...]:
    """Options that must stay where they are: the last, where it alone speaks of all above it; else all, where one
    names others by letter or place.
    """
    said = [_place_of(option.text, stem) for option in options]
    if not any(said):
        return ()
    last = len(options) - 1
    return (last,) if said[last] == "above" and not any(said[:last]) else tuple(range(len(options)))


def _place_of(text: str, stem: str) -> str:
    """Whether an option speaks of those above it, or of others by their letters or places."""
    if len(text) > 60 or _MAY_SPEAK.search(text) is None:
        return ""
    if _LETTERS.search(text) or _BELOW.search(text):
        return "others"
    if _TWO.fullmatch(text) and not re.search(r"(?<![A-Za-z])[A-H](?![A-Za-z])", stem):
        return "others"
    return "above" if _ABOVE.search(text) else ""


def few_options(items: Sequence[Item]) -> Iterator[int]:
    """Which items of one sheet have far fewer options than nearly all others of their type."""
    counts: dict[ItemType, Counter[int]] = {}
    for item in items:
        counts.setdefault(item.content.type, Counter())[len(item.content.options)] += 1
    for number, item in enumerate(items):
        if len(counts[item.content.type]) == 1 or all(
            spelling.truth(option.text) is not None for option in item.content.options
        ):
            continue
        counted = counts[item.content.type]
        usual, times = counted.most_common(1)[0]
        total = counted.total()
        if total >= _ENOUGH and times * 5 >= total * 4 and len(item.content.options) <= usual - 2:
            yield number


def _shows_answer(item: Item) -> bool:
    """Whether the answer stands in the brackets of the stem, where `docx` would take it out."""
    stem, correct = item.content.stem, item.answer_key.correct
    if _FILLED.search(stem) is None:
        return False
    if item.content.type is not ItemType.TRUEFALSE:
        surely, _perhaps = notation.standing(stem, statement=False)
        return any(set(spelling.letters(match[1]) or ()) == set(correct) for match in surely)
    surely, perhaps = notation.standing(stem, statement=True)
    surely += [match for match in perhaps if notation.at_end(match)]
    return any(notation.truth(match[1]) is (correct == (0,)) for match in surely)


def _in_parts(text: str) -> bool:
    """ "36V/36伏" are two answers; 10 m/s is one."""
    parts = _PARTS.split(text)
    return len(parts) > 1 and all(re.search(r"[\d\u4e00-\u9fff]", part) for part in parts)
