"""The options of a question as authors write them: their own letters, all of them in one cell, and answers that name
them by letter, by text or by both.

An option's own letter decides which one it is, never the place where it stands. What parts the options of one cell is
learned from the column as a whole; where that is not sure, the row is refused.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from bank.content import OPTION_LETTERS
from bank.formats import spelling
from bank.formats.bad_row import BadRow

MOST_LETTERS = 10
_SIGN = r"[.．、:：)）】\]]"
_OWN = re.compile(rf"\s*[(（【\[]?\s*([A-Ja-jＡ-Ｊａ-ｊ])\s*{_SIGN}+\s*(?=\S)")
_MARK = re.compile(rf"[(（【\[]?(?<![A-Za-z])([A-JＡ-Ｊ])\s*{_SIGN}\s*")
_SPACED = re.compile(rf"(?:^|(?<=[\s;；|,，*#]))[(（【\[]?([A-JＡ-Ｊ])\s*{_SIGN}\s*")
_BARE = re.compile(r"(?:^|(?<=\n))\s*([A-JＡ-Ｊ])[ \t\u3000]+(?=\S)")
_NAMES = re.compile(r"[A-J](?:[、,，和与及或/]|\s*$)")
_HELD = re.compile(
    r"(?<=[\u4e00-\u9fff0-9%％。；;℃)）”》])\s*(?:([B-JＢ-Ｊ])\s?[.．]|[(（]\s*([B-JＢ-Ｊ])\s*[)）])\s*(?=[\u4e00-\u9fff0-9])"
)
_MAY_HOLD = re.compile(
    r"(?:(?<=[A-Za-z0-9)）①-⑩])([B-JＢ-Ｊ])[.．:：]|(?:(?<=[a-z0-9)）①-⑩])|(?<=[0-9][A-Z])|(?<=V))([B-JＢ-Ｊ])、)\s*(?![a-z\s])",
    re.MULTILINE,
)
_LINE = re.compile(r"\n\s*[(（【\[]?[A-JＡ-Ｊ]\s?[.．、)）】\]]\s*(?=\S)(?![A-J][、,，和与及或/])")
_MAY_BEAR = re.compile(
    rf"^\s*[(（【\[]?\s*[A-Ja-jＡ-Ｊａ-ｊ1-9]\s*{_SIGN}|^\s*[①-⑩]|[B-JＢ-Ｊ]\s?[.．]|[(（]\s*[B-JＢ-Ｊ]", re.MULTILINE
)
_MARKS = re.compile(r"[A-Ja-jＡ-Ｊａ-ｊ1-9①-⑩]")
"""None bears any without one of these, and most have none."""
_STRONG = re.compile(r"([*#|｜$@&^~%+=\\])\1+|[\n\t]|\|{1,2}|｜|</?br\s*/?>|\\n|[#@^￥§¦‖◆●■]")
"""What no sentence needs: wherever such a sign parts options, it parts all of them."""
_WEAK = ("；", ";")
_ODD = re.compile(r"[*$&~%+=_<>\\/{}·•○□→]{1,3}|[ \u3000]{2,}")
"""May part options, too, and may as well stand within them."""
_EDGES = " \t\r\n\u3000;；|"
_RIM = re.compile(r"(?:([*#|｜$@&^~])\1*|[/,，、。_]|</?br\s*/?>)\s*$", re.IGNORECASE)
_DOUBTFUL_RIM = re.compile(r"[-+=~·]\s*$")
"""May part options, and may as well be their last sign: Na+, Cl-."""
_BREAK = re.compile(r"</?br\s*/?>|\\n(?!(?-i:[a-z]))", re.IGNORECASE)
_COUNTED = re.compile(r"\s*(?:[(（]?(\d{1,2})[.．、)）]|([①-⑩]))\s*(?=\S)")
_PRESSED = re.compile(r"\s*([A-JＡ-Ｊ])([ \t\u3000]*)(?=[^\sa-z])")
_LETTERS = re.compile(r"[A-ZＡ-Ｚ]{1,3}")
_BY_NUMBER = re.compile(r"(?:[①-⑩]|[1-9])(?:[\s、,，;；和]*(?:[①-⑩]|[1-9]))*")


def letter_at(index: int) -> str:
    """A for 0; a number from 27 on."""
    return OPTION_LETTERS[index] if index < len(OPTION_LETTERS) else str(index + 1)


def index_of(letter: str) -> int:
    """Place of a letter, of whatever width and case: 0 for A."""
    return ord(spelling.plain(letter)) - ord("a")


def own_letter(text: str) -> tuple[int, str] | None:
    """(place that its own letter names, the rest) of "B. 乙". Not of "A、B", which names two things in a picture."""
    found = _begun(text)
    return None if found is None or _NAMES.match(found[1]) else found


def _begun(text: str) -> tuple[int, str] | None:
    match = _OWN.match(text)
    return None if match is None else (index_of(match[1]), text[match.end() :].strip())


def own_letters(texts: Sequence[str]) -> list[tuple[int, str]] | None:
    """The same of all options of a question; None where one has none. "D、A和B都对" has one where it is the letter that
    the others lack."""
    owned = [own_letter(text) for text in texts]
    found = [own for own in owned if own is not None]
    if 1 < len(found) < len(owned):
        begun = [own for text in texts if (own := _begun(text)) is not None]
        if sorted(place for place, _rest in begun) == list(range(len(texts))):
            return begun
    return found if len(found) == len(owned) else None


def may_bear_marks(texts: Sequence[str]) -> bool:
    """Whether any option may bear a letter or number of its own, or hold another: hardly any do, and this is quick."""
    whole = "\n".join(texts)
    return _MARKS.search(whole) is not None and _MAY_BEAR.search(whole) is not None


def numbered(texts: Sequence[str]) -> list[tuple[int, str]] | None:
    """(place that its own number names, the rest) where all bear one, 1. 2. 3. or ① ② ③: shuffled, these would lie as
    letters do.
    """
    found = [match for match in map(_COUNTED.match, texts) if match is not None]
    places = [int(match[1]) - 1 if match[1] else ord(match[2]) - ord("①") for match in found]
    if len(found) < max(2, len(texts)) or sorted(places) != list(range(len(texts))):
        return None
    rests = [match.string[match.end() :] for match in found]
    if found[0][1] and all(rest[0].isdecimal() for rest in rests):
        return None  # 1.5 m, 2.5 m, 3.5 m
    return list(zip(places, rests, strict=True))


def seem_numbered(texts: Sequence[str]) -> bool:
    """The same where it is not sure: 1.5 m, 2.5 m, 3.5 m; ①大于②, ②大于①."""
    found = [match for match in map(_COUNTED.match, texts) if match is not None]
    places = [int(match[1]) if match[1] else ord(match[2]) - ord("①") + 1 for match in found]
    return len(texts) > 1 and places == list(range(1, len(texts) + 1))


def spaced_letters(texts: Sequence[str]) -> list[tuple[int, str]] | None:
    """The same of options that begin with their letters and no sign behind it, "A 甲"; "A甲" may be a name, and comes
    with a rest that begins with it. None where the letters make no whole, or name things: A级, B级.
    """
    found = [match for match in map(_PRESSED.match, texts) if match is not None]
    places = [index_of(match[1]) for match in found]
    if len(found) < max(2, len(texts)) or sorted(places) != list(range(len(texts))):
        return None
    rests = [match.string[match.end() :].strip() for match in found]
    if len({rest[0] for rest in rests}) == 1 or len(set(rests)) < len(rests) or all(map(_LETTERS.fullmatch, rests)):
        return None
    spaced = all(match[2] for match in found)
    return [(place, rest if spaced else text) for place, rest, text in zip(places, rests, texts, strict=True)]


def by_number(answer: str) -> str | None:
    """ "②③" or "2,3" as letters; None where it is anything else."""
    said = bare_answer(answer)
    if _BY_NUMBER.fullmatch(said) is None:
        return None
    return "".join(
        letter_at("①②③④⑤⑥⑦⑧⑨⑩".find(sign) if sign > "9" else int(sign) - 1) for sign in re.findall(r"[①-⑩1-9]", said)
    )


def holds_another(text: str, index: int) -> bool:
    """Whether another option seems to have been swallowed: the next, as in "60%B.70%" and "三（D）四", or one that
    begins a line.
    """
    if "\n" in text and _LINE.search(text) is not None:
        return True
    for match in _HELD.finditer(text):
        if index_of(match[1] or match[2]) == index + 1 and text[match.end() :].strip():
            return True
    return False


def may_hold_another(texts: Sequence[str]) -> bool:
    """Whether some option may have swallowed the next behind letters or digits: PDCCHD.物理广播信道."""
    whole = "\n".join(texts)
    if _MARKS.search(whole) is None or _MAY_HOLD.search(whole) is None:  # as in nearly all
        return False
    return any(
        index_of(match[1] or match[2]) in (index + 1, len(texts))  # the next, or the one that all lack
        for index, text in enumerate(texts)
        for match in _MAY_HOLD.finditer(text)
    )


def lettered(cell: str) -> list[tuple[int, str]] | None:
    """(place by its own letter, text) of all options of one cell, as they stand; None where they bear no letters.

    Raises BadRow: when some bear letters that make no whole: one twice, one left out.
    """
    text = _BREAK.sub("\n", cell).strip()
    begins = _SPACED.match(text) or _BARE.match(text)
    if begins is None or _NAMES.match(text[begins.end() :]):
        return None
    unclear = False
    for pattern in (_MARK, _SPACED, _BARE):
        marks = [mark for mark in pattern.finditer(text) if not _NAMES.match(text[mark.end() : mark.end() + 3])]
        places = [index_of(mark[1]) for mark in marks]
        if len(marks) > 1 and sorted(places) == list(range(len(marks))) and not text[: marks[0].start()].strip():
            ends = [mark.start() for mark in marks[1:]] + [len(text)]
            parts = [text[mark.end() : end].strip(_EDGES) for mark, end in zip(marks, ends, strict=True)]
            return list(zip(places, _without_rim(parts), strict=True))
        unclear = unclear or len(marks) > 1
    if unclear or begins.re is _SPACED:
        raise BadRow("option-letters-unclear")
    return None


def breaks(cell: str) -> str:
    """The signs in a cell that stand for the end of a line."""
    return "".join(_BREAK.findall(cell))


def _without_rim(parts: list[str]) -> list[str]:
    """The signs between options, where all but the last end with the same: "甲**", "乙**", "丙".

    Raises BadRow: when it is not sure whether such a sign parts them.
    """
    rims = {match[0] if (match := _RIM.search(part)) else "" for part in parts[:-1]}
    doubtful = {match[0] if (match := _DOUBTFUL_RIM.search(part)) else "" for part in parts[:-1]}
    if len(parts) > 2 and len(doubtful) == 1 and "" not in doubtful and _DOUBTFUL_RIM.search(parts[-1]) is None:
        raise BadRow("options-unclear")
    return [part.removesuffix(*rims).strip(_EDGES) for part in parts] if len(rims) == 1 else parts


def separator(cells: Iterable[str]) -> str | None:
    """What parts the options of all these cells; "" where none has a strong sign, None where not all have the same."""
    seen = [cell.strip() for cell in cells if cell.strip()]
    strong = Counter(sign for cell in seen for sign in {match[0] for match in _STRONG.finditer(cell)})
    enough = -(-len(seen) * 9 // 10)
    everywhere = [sign for sign, number in strong.items() if number >= enough]
    if everywhere:
        times = {sign: sum(cell.count(sign) for cell in seen) for sign in everywhere}
        best = max(everywhere, key=lambda sign: (len(sign) if sign.strip("\\") else 0, times[sign]))
        rivals = [sign for sign in everywhere if sign not in best and best not in sign]
        return None if rivals and len(best) < 2 else best
    return None if strong else ""


def parted(cell: str, learned: str | None) -> list[str]:
    """All options of one cell that bear no letters, parted by what was `learned` of its column.

    Raises BadRow: when it is not sure what parts them.
    """
    text = cell.strip()
    if not text:
        return []
    if text[0] in "[{" and text[-1] in "]}":
        raise BadRow("options-unclear")
    strong = list(dict.fromkeys(match[0] for match in _STRONG.finditer(text)))
    if learned and learned in text:
        return [part.strip(_EDGES) for part in text.strip(learned).split(learned)]
    if learned:
        raise BadRow("options-unclear")
    if len(strong) == 1:
        return [part.strip(_EDGES) for part in text.strip(strong[0]).split(strong[0])]
    weak = [sign for sign in _WEAK if sign in text]
    if strong or len(weak) > 1 or (weak and learned is None):
        raise BadRow("options-unclear")
    if weak:
        if len(_ODD.findall(text)) >= text.count(weak[0]):
            raise BadRow("options-unclear")
        return [part.strip() for part in text.strip(weak[0]).split(weak[0])]
    if _ODD.search(text):
        raise BadRow("options-unclear")
    return [text]


_SAYS = re.compile(
    r"\s*(?:(?:正确|参考|标准|本题|试题)?答案\s*(?:应?[是为选])?\s*[:：]?|[应故]?选项?\s*[:：]?"
    r"|(?i:correct answer|answer|ans|key)\s*(?:is\b|[:：=]))\s*"
)
_PARTS = re.compile(r"[\n;；|]+")
_COMMAS = re.compile(r"[、,，]+")


def bare_answer(said: str) -> str:
    """ "答案是：B。" -> B."""
    match = _SAYS.match(said)
    rest = said[match.end() :].strip() if match is not None else said.strip()
    return rest or said.strip()


def chosen(answer: str, texts: Sequence[str]) -> tuple[int, ...] | None:
    """Which options an answer names: "AC", "B、伏", "伏", "伏；安". None where it names none; () where it is empty.

    Raises BadRow: when it names them in two ways that do not agree.
    """
    said = bare_answer(answer)
    by_letter = spelling.letters(said)
    if by_letter is not None and all(index < len(texts) for index in by_letter):
        if len(by_letter) > 1 and any(_plain(text) == _plain(said) for text in texts):  # AC, DC
            raise BadRow("answer-two-ways")
        return by_letter
    by_text = _by_text(answer.strip(), texts)
    by_text = by_text if by_text is not None else _by_text(said, texts)
    if by_text is not None:
        if said.isdecimal() and int(said[:4]) <= MOST_LETTERS:  # "2" may count options
            raise BadRow("answer-two-ways")
        return by_text
    return _by_both(said, texts) or by_letter


def _by_text(said: str, texts: Sequence[str]) -> tuple[int, ...] | None:
    places: dict[str, int] = {}
    for index, text in enumerate(texts):
        if text and not (
            spelling.letters(text) and text == text.upper()
        ):  # "A" under B names a thing in a picture; an answer A is the letter
            places.setdefault(_plain(text), index)
    whole = places.get(_plain(said))
    ways: set[tuple[int, ...]] = set() if whole is None else {(whole,)}
    for pattern in (_PARTS, _COMMAS):
        parts = [part for part in pattern.split(said) if part.strip()]
        found = [places.get(_plain(part)) for part in parts]
        if len(found) > 1 and None not in found:
            ways.add(tuple(index for index in found if index is not None))
    if len(ways) > 1:
        raise BadRow("answer-two-ways")
    return ways.pop() if ways else None


def _by_both(said: str, texts: Sequence[str]) -> tuple[int, ...] | None:
    """ "B、伏", "A.安 C.欧": each letter with the text of its option."""
    marks = list(_SPACED.finditer(said)) or list(_BARE.finditer(said))
    if not marks or said[: marks[0].start()].strip():
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(said)]
    found = []
    for mark, end in zip(marks, ends, strict=True):
        index, text = index_of(mark[1]), said[mark.end() : end].strip(_EDGES + ",，、")
        if index >= len(texts):
            raise BadRow("answer-out-of-range", options=len(texts))
        if text and _plain(text) != _plain(texts[index]):
            raise BadRow("answer-two-ways")
        found.append(index)
    return tuple(found)


def _plain(text: str) -> str:
    return spelling.half_width(text).casefold().strip().rstrip("。.;；,，、").strip()
