"""From an author's row to an Item: every check of sense, in one place, whatever file the row came from.

A reader (`table`, `jsonl`) fills a Draft with text as written; `finish` turns it into an Item or raises BadRow with
the reason. There is no third outcome: an item is whole or it is refused.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bank import subjects
from bank.content import OPTION_LETTERS, TRUEFALSE_OPTIONS, Background, Content, ItemType, Option
from bank.formats import options as choices
from bank.formats import spelling
from bank.formats.bad_row import BadRow
from bank.item import LONGEST_ANSWER, NOWHERE, AnswerKey, Basis, Item, Number, Provenance, Translation, normal
from bank.refused import BadFile
from bank.subjects import SUBJECTS

LONGEST = {
    "stem": 8_000,
    "option": 2_000,
    "explanation": 8_000,
    "basis": 2_000,
    "background": 8_000,
    "answer": LONGEST_ANSWER,
}
LONGEST_NAME = 200
"""Chapter, code, source, tags and names of enemy groups. All stay below a workbook cell's 32,767 characters."""
MOST_OPTIONS = 8
MOST_NAMES = 50
MOST_PLACES = 99
"""Items of one case group."""

_INVISIBLE = dict.fromkeys(
    [*map(ord, "\u200b\u2060\ufeff\u00ad\u034f"), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
)
"""Paste dirt, joiners and choices of a glyph: would make two of one question."""
_ODD = re.compile(
    r"[^\n -~·°±²³×÷\u2010-\u2027\u2030-\u203b\u2070\u2071\u2074-\u208e\u2100-\u2125\u2127-\u2129\u212c-\u218b"
    r"\u2190-\u22ff\u2460-\u27bf\u3000-\u3029\u3030-\u303f\u4e00-\u9fff\uff01-\uff5e]"
)
"""Whatever is not surely drawn as it is; nothing else needs a closer look."""
_STACKED = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{5}")
"""Accents one upon the other: no language needs so many."""
_CELL_ERRORS = frozenset(
    ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#GETTING_DATA"]
)


@dataclass(slots=True)
class DraftOption:
    text: str
    images: tuple[str, ...] = ()
    letter: str = ""
    """The one that the file form gives it, beside its text: the heading of its column, a label."""


@dataclass(slots=True)
class DraftTranslation:
    lang: str
    stem: str
    options: list[DraftOption] = field(default_factory=list)
    images: tuple[str, ...] = ()
    background: str = ""
    background_images: tuple[str, ...] = ()


@dataclass(slots=True)
class Draft:
    """A row as written. Words are still the author's; numbers are indices only where the file form says so."""

    stem: str = ""
    type: str = ""
    options: list[DraftOption] = field(default_factory=list)
    answer: str | tuple[int, ...] = ""
    counted: bool = False
    """The numbers of `answer` count options, as a person does; otherwise they are marks at the options themselves."""
    subject: str = ""
    """The exam subject, by code or name; of two columns of one table the narrower (操作项目)."""
    kind_of_work: str = ""
    """The wider of the two (作业类别)."""
    chapter: str = ""
    level: str = ""
    difficulty: str = ""
    explanation: str = ""
    basis: str = ""
    enemies: str = ""
    tags: str = ""
    locked: str | tuple[int, ...] = ""
    ordered: bool = False
    """They are locked because the file does not say that they may be shuffled."""
    code: str = ""
    source: str = ""
    images: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    """Fill-in: right texts one by one; where there are none, `answer` is read, its variants parted by |."""
    number: tuple[str, str, tuple[str, ...]] | None = None
    """Fill-in: value, tolerance, units."""
    background: str = ""
    background_images: tuple[str, ...] = ()
    place: str = ""
    bases: tuple[tuple[str, str, str], ...] = ()
    """Text, first day in force, first day no longer in force: "" where unknown."""
    translations: list[DraftTranslation] = field(default_factory=list)
    provenance: Provenance = NOWHERE
    calibrated: str = ""
    shown: tuple[str, ...] = ()
    """All that its place shows, as it stands there: `bank.formats.conservation` holds the item against it."""
    unnumbered: bool = False
    """The reader has taken the number off before the stem, so that no other stands there."""
    numbered: str = ""
    """The number that stood before the stem and was taken off."""
    said: tuple[str, ...] = ()
    """Of that, what was read as a mark and is no text of the item: labels, signs; and what a remark names."""


def finish(draft: Draft, picture: Callable[[str], str]) -> Item:
    """The Item, or BadRow. `picture` gives the digest of a picture by the name the author used for it.

    Raises BadRow: when the row makes no sense.
    """
    stem = _text(draft.stem, "stem")
    if not stem:
        raise BadRow("empty-stem")
    if len(draft.options) > len(OPTION_LETTERS):  # before any of them is looked at
        raise BadRow("many-options", found=len(draft.options), most=MOST_OPTIONS)
    options = [Option(_text(o.text, "option"), tuple(map(picture, o.images))) for o in draft.options]
    for index, option in enumerate(options):
        if not option.text and not option.media:
            raise BadRow("empty-option", option=choices.letter_at(index))
    options, answer, given = _by_own_letters(draft, options)
    kind = _type(draft, options, answer)
    written = AnswerKey()
    correct: tuple[int, ...]
    locked: tuple[int, ...]
    if kind is ItemType.FILL:
        written = _written(draft, len(options))
        options, correct, locked = [], (), ()
    elif kind is ItemType.TRUEFALSE:
        correct = (0,) if _is_true(answer, options) else (1,)
        options = [Option(text) for text in TRUEFALSE_OPTIONS]
        locked = (0, 1)
    else:
        _check_options(options)
        correct = _correct(answer, kind, options)
        locked = _locked(given, len(options))
    background = _background(draft.background, draft.background_images, picture)
    case = "" if background is None else background.sha256()
    return Item(
        content=Content(kind, stem, tuple(options), tuple(map(picture, draft.images)), case),
        answer_key=AnswerKey(correct, written.accepted, written.number),
        chapter=_name(draft.chapter, "chapter"),
        level=_level(draft.level),
        p4=_p4(draft.difficulty, kind, len(options)),
        explanation=_text(draft.explanation, "explanation"),
        basis=_text(draft.basis, "basis"),
        enemies=_names(draft.enemies, "enemies"),
        locked=locked,
        tags=_names(draft.tags, "tags"),
        code=_name(draft.code, "code"),
        source=_name(draft.source, "source"),
        calibrated_p4=_p4(draft.calibrated, kind, len(options)),
        bases=_bases(draft.bases),
        background=background,
        place=_place(draft.place, case),
        translations=_translations(draft, kind, len(options), picture),
        provenance=draft.provenance,
        subject=_subject(draft),
    )


def unnumber(draft: Draft) -> None:
    """Takes off what options bear besides letters with a sign: ① ② ③, 1. 2. 3., "A 甲". Shuffled, they would lie.

    Raises BadRow: when these stand out of order, so that what the answer means is not sure.
    """
    texts = [option.text for option in draft.options]
    if not texts or texts[0].lstrip()[:1] not in _MAY_COUNT or any(option.images for option in draft.options):
        return
    found = choices.numbered(texts)
    if found is None:
        spaced = choices.spaced_letters(texts)
        if spaced is not None and [place for place, _rest in spaced] != list(range(len(texts))):
            raise BadRow("option-letters-unclear")
        if spaced is not None and [rest for _place, rest in spaced] != texts:
            for option, (_place, rest) in zip(draft.options, spaced, strict=True):
                option.text = rest
        return
    rests, ordered = [rest for _place, rest in found], [place for place, _rest in found] == list(range(len(texts)))
    named = _CIRCLED.search(texts[0][:2]) and any(map(_CIRCLED.search, (draft.stem, *rests)))
    if named and (ordered or not "".join(_CIRCLED.sub("", rest) for rest in rests).strip(" 、,，和与及")):
        return  # ①大于②, ②③④: names of things
    if not ordered:
        raise BadRow("option-letters-unclear")
    answer = choices.by_number(draft.answer) if isinstance(draft.answer, str) else None
    draft.said += ("".join(text[: len(text) - len(rest)] for text, (_place, rest) in zip(texts, found, strict=True)),)
    if answer is not None and isinstance(draft.answer, str):
        if choices.bare_answer(draft.answer) in rests:  # ①③ answers, and is an option
            raise BadRow("answer-two-ways")
        draft.said += (draft.answer,)
        draft.answer = answer
    for option, (_place, rest) in zip(draft.options, found, strict=True):
        option.text = rest


_CIRCLED = re.compile("[①-⑩]")
_KIND = re.compile(r"\s*[【\[（(]\s*(\w{2,8})\s*[】\]）)]\s*(?=\S)")


def untype(draft: Draft) -> None:
    """Takes the kind off that stands before the stem, 【单选题】, where it is the one that is said, or no other is.

    Raises BadRow: when another is said.
    """
    match = _KIND.match(draft.stem)
    kind = None if match is None else spelling.item_type(match[1])
    if match is None or kind is None:
        return
    said = spelling.item_type(draft.type)
    if draft.type.strip() and said != kind and spelling.CHOICE not in (said, kind):
        raise BadRow("types-disagree")
    if said is None:
        draft.type = match[1]
    draft.said += (match[0],)
    draft.stem = draft.stem[match.end() :]


_MAY_COUNT = frozenset("ABCDEFGHIJＡＢＣＤＥＦＧＨＩＪ(（①②③④⑤⑥⑦⑧⑨⑩123456789")


def _by_own_letters(
    draft: Draft, options: list[Option]
) -> tuple[list[Option], str | tuple[int, ...], str | tuple[int, ...]]:
    """Options in the order of their letters and without them; the answer and the locked ones, counted so.

    Once options are shuffled their own letters would lie; and a letter in the answer means the option that bears it.
    """
    texts = [option.text for option in options]
    letters = [each.letter for each in draft.options]
    if not choices.may_bear_marks(texts) and (not any(letters) or letters == [*OPTION_LETTERS[: len(letters)]]):
        return options, draft.answer, draft.locked
    places = [choices.index_of(letter) if letter else None for letter in letters]
    while texts and (own := choices.own_letters(texts)) is not None:
        found = {place for place, _rest in own}
        if len(found) < len(own) and (len(own) < 3 or len(found) < len(own) - 1):
            break  # "A、D 为…", "A、C 为…": names of things
        if 0 not in found and not any(each.letter for each in draft.options):
            break  # C. elegans, E. coli
        if any(place is not None and place != each[0] for place, each in zip(places, own, strict=True)):
            raise BadRow("option-letters-disagree")
        places = [place for place, _rest in own]
        texts = [rest for _place, rest in own]
    for index, (text, place) in enumerate(zip(texts, places, strict=True)):
        if choices.holds_another(text, index if place is None else place):
            raise BadRow("option-holds-another", option=choices.letter_at(index if place is None else place))
    options = [Option(text, option.media) for text, option in zip(texts, options, strict=True)]
    order = [place for place in places if place is not None]
    if len(order) < len(options) or order == list(range(len(options))):
        return options, draft.answer, draft.locked
    if sorted(order) != list(range(len(options))) or draft.translations:
        raise BadRow("option-letters-unclear")
    if draft.counted:
        raise BadRow("option-letters-and-numbers")

    def moved(given: str | tuple[int, ...]) -> str | tuple[int, ...]:
        if isinstance(given, str) or not all(0 <= index < len(order) for index in given):
            return given
        return tuple(order[index] for index in given)

    return [options[order.index(place)] for place in range(len(options))], moved(draft.answer), moved(draft.locked)


def _written(draft: Draft, options: int) -> AnswerKey:
    """What a blank takes."""
    if options:
        raise BadRow("fill-with-options")
    given = draft.accepted
    if not given and draft.answer:
        if not isinstance(draft.answer, str):
            raise BadRow("answer-unreadable")
        given = spelling.variants(choices.bare_answer(draft.answer))
    if len(given) > MOST_NAMES:
        raise BadRow("many-names", column="answer", most=MOST_NAMES)
    accepted = tuple(dict.fromkeys(text for text in (_text(each, "answer") for each in given) if normal(text)))
    number = None
    if draft.number is not None:
        value, tolerance, units = draft.number
        try:
            number = Number(value.strip(), tolerance.strip() or "0", tuple(_name(unit, "answer") for unit in units))
        except BadFile:
            raise BadRow("answer-unreadable") from None
    if not accepted and number is None:
        raise BadRow("no-answer")
    return AnswerKey((), accepted, number)


def _background(text: str, images: tuple[str, ...], picture: Callable[[str], str]) -> Background | None:
    text = _text(text, "background")
    return Background(text, tuple(map(picture, images))) if text or images else None


def _place(word: str, case: str) -> int:
    word = word.strip()
    if not case:
        if word not in ("", "0"):
            raise BadRow("place-without-case")
        return 0
    if not word.isascii() or not word.isdecimal() or not 1 <= int(word[:4]) <= MOST_PLACES:
        raise BadRow("no-place-in-case", most=MOST_PLACES)
    return int(word[:4])


def _bases(rows: tuple[tuple[str, str, str], ...]) -> tuple[Basis, ...]:
    if len(rows) > MOST_NAMES:
        raise BadRow("many-names", column="basis", most=MOST_NAMES)
    try:
        return tuple(
            Basis(_text(text, "basis"), *(date.fromisoformat(day) if day else None for day in (effective, repealed)))
            for text, effective, repealed in rows
        )
    except ValueError:
        raise BadRow("basis-date") from None


def _translations(draft: Draft, kind: ItemType, options: int, picture: Callable[[str], str]) -> tuple[Translation, ...]:
    found = {}
    for each in draft.translations:
        lang = _name(each.lang, "lang")
        stem = _text(each.stem, "stem")
        background = _background(each.background, each.background_images, picture)
        other = tuple(Option(_text(o.text, "option"), tuple(map(picture, o.images))) for o in each.options)
        whole = stem and lang and lang not in found and all(option.text or option.media for option in other)
        if not whole or len(other) != options or bool(background) != bool(draft.background or draft.background_images):
            raise BadRow("translation-of-other-shape")
        case = "" if background is None else background.sha256()
        found[lang] = Translation(lang, Content(kind, stem, other, tuple(map(picture, each.images)), case), background)
    return tuple(found[lang] for lang in sorted(found))


def _type(draft: Draft, options: list[Option], answer: str | tuple[int, ...]) -> ItemType:
    said = spelling.item_type(draft.type)
    if isinstance(said, ItemType):
        return said
    if said is None and draft.type.strip() not in spelling.NOTHING:
        unsupported = spelling.plain(draft.type) in spelling.UNSUPPORTED_TYPES
        raise BadRow("unsupported-type" if unsupported else "unknown-type")
    truths = {spelling.truth(option.text) for option in options}
    if said is None and (truths == {True, False} or (not options and _truth(answer) is not None)):
        return ItemType.TRUEFALSE
    marked = answer if isinstance(answer, tuple) else choices.chosen(answer, [each.text for each in options]) or ()
    return ItemType.MULTIPLE if len(marked) > 1 else ItemType.SINGLE


def _is_true(answer: str | tuple[int, ...], options: list[Option]) -> bool:
    """判断: √, 对, T, or the letter of an option, whichever way round the two options are written."""
    truths = [None if option.media else spelling.truth(option.text) for option in options] or [True, False]
    if sorted(truths, key=str) != [False, True]:
        raise BadRow("truefalse-options", found=len(truths))
    said = _truth(answer)
    if said is None and not options and answer in ("0", "1"):
        said = answer == "1"
    if said is not None:
        return said
    (index,) = _correct(answer, ItemType.SINGLE, options or [Option(text) for text in TRUEFALSE_OPTIONS])
    return bool(truths[index])


def _truth(answer: str | tuple[int, ...]) -> bool | None:
    return spelling.truth(choices.bare_answer(answer)) if isinstance(answer, str) else None


def _check_options(options: list[Option]) -> None:
    if len(options) < 2:
        raise BadRow("few-options", found=len(options))
    if len(options) > MOST_OPTIONS:
        raise BadRow("many-options", found=len(options), most=MOST_OPTIONS)
    first: dict[tuple[str, tuple[str, ...]], int] = {}
    for index, option in enumerate(options):
        same = first.setdefault((spelling.half_width(option.text), option.media), index)
        if same != index:
            raise BadRow("repeated-option", option=choices.letter_at(index), same_as=choices.letter_at(same))


def _correct(answer: str | tuple[int, ...], kind: ItemType, options: list[Option]) -> tuple[int, ...]:
    if isinstance(answer, str):
        nothing = answer.strip() in spelling.NOTHING
        marked = () if nothing else choices.chosen(answer, [option.text for option in options])
    else:
        marked = answer
    if marked is None:
        raise BadRow("answer-unreadable")
    if not marked:
        raise BadRow("no-answer")
    if min(marked) < 0 or max(marked) >= len(options):
        raise BadRow("answer-out-of-range", options=len(options))
    if len(set(marked)) != len(marked):
        raise BadRow("answer-repeats-itself")
    if kind is ItemType.SINGLE and len(marked) > 1:
        raise BadRow("single-many-answers", found=len(marked))
    return tuple(sorted(marked))


def _locked(locked: str | tuple[int, ...], options: int) -> tuple[int, ...]:
    if locked in spelling.NOTHING:
        return ()
    marked = spelling.letters(locked) if isinstance(locked, str) else locked
    if marked is None or not all(0 <= index < options for index in marked):
        raise BadRow("locked-unreadable")
    return tuple(sorted(set(marked)))


def _subject(draft: Draft) -> str:
    """A subject that is not in the list is refused: an item under a misspelt one would be in no pool, unseen."""
    codes = []
    for word in (draft.subject, draft.kind_of_work):
        stated = word.strip() not in spelling.NOTHING
        code = subjects.named(word) if stated else ""
        if code is None:
            raise BadRow("unknown-subject", found=_name(word, "subject")[:40])
        codes.append(code)
    subject, kind = codes
    if subject and kind and subject != kind and subject in SUBJECTS and SUBJECTS[subject].kind != kind:
        raise BadRow("subject-of-other-kind", subject=subjects.told(subject), kind=subjects.told(kind))
    return subject or kind


def _level(word: str) -> Any:
    found = spelling.level(word.strip())
    if found is None:
        raise BadRow("unknown-level")
    return found


def _p4(word: str, kind: ItemType, options: int) -> int | None:
    if word.strip() in spelling.NOTHING:
        return None
    found = spelling.p4(word, kind, options)
    if found is None:
        raise BadRow("difficulty-unreadable")
    return found


def _name(text: str, column: str) -> str:
    cleaned = " ".join(_text(text, column, LONGEST_NAME).split())
    return "" if cleaned in spelling.NOTHING else cleaned


def _names(cell: str, column: str) -> tuple[str, ...]:
    if not cell:
        return ()
    found = spelling.names(_text(cell, column, LONGEST_NAME * MOST_NAMES))
    if len(found) > MOST_NAMES:
        raise BadRow("many-names", column=column, most=MOST_NAMES)
    return tuple(_name(name, column) for name in found)


def _text(text: str, column: str, longest: int | None = None) -> str:
    """NFC, Unix line ends, plain spaces, no invisible dirt; refused where a screen could not show it as it is."""
    if not text:
        return ""
    longest = LONGEST[column] if longest is None else longest
    if len(text) > longest:
        raise BadRow("text-too-long", column=column, most=longest, found=len(text))
    if _ODD.search(text) is not None:
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_INVISIBLE)
        text = unicodedata.normalize("NFC", "".join(_shown(character, column) for character in text))
        if "\ufffd" in text:
            raise BadRow("lost-character", column=column)
        if _STACKED.search(text):
            raise BadRow("stacked-accents", column=column)
    if text.startswith("#") and text in _CELL_ERRORS:
        raise BadRow("cell-error", column=column)
    return text.strip()


_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Drawn as nothing, though called letters or marks."""
_NOTHING = ((0x2065, 0x2065), (0xFDD0, 0xFDEF), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))
"""Places of the code where no letter will ever be."""


def _shown(character: str, column: str) -> str:
    if character in "\n\u3000":  # the ideographic space draws the blank in （　）
        return character
    category = unicodedata.category(character)
    if category == "Zs" or character == "\t":
        return " "
    if category in ("Zl", "Zp"):
        return "\n"
    # Escape sequences, bidirectional overrides, halves of characters: what a terminal obeys instead of showing.
    # Fillers and private characters look empty, or different on every machine.
    code = ord(character)
    nothing = code & 0xFFFE == 0xFFFE or any(first <= code <= last for first, last in _NOTHING)
    if category in ("Cc", "Cf", "Co", "Cs") or nothing or character in _FILLERS:
        raise BadRow("control-character", column=column, character=f"U+{code:04X}")
    return character
