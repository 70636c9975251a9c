"""Our own form: JSON Lines, one item a line. Also reads a JSON array, and other people's names for the same keys.

    {"id":"elv-s-0101","type":"single","stem":"…","options":["…","…"],"answer":[2],"chapter":"1","level":"掌握",
     "difficulty":0.88,"explanation":"…","basis":"…","enemies":[],"tags":[],"locked":[],"images":[]}

`answer` and `locked` count from zero. An option may be {"text":…, "images":[…]}. `images` are paths beside the file.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bank.content import Background, Content, ItemType, Option
from bank.formats import conservation, spelling
from bank.formats import options as choices
from bank.formats.bad_row import BadRow
from bank.formats.draft import LONGEST_NAME, Draft, DraftOption, DraftTranslation
from bank.formats.encoding import decode
from bank.formats.sheets import table
from bank.formats.sheets.csv_ import MOST_ROWS
from bank.item import Item, Provenance
from bank.lending.slices import lent
from bank.refused import BadFile

LONGEST_LINE = 1_000_000
_CASE_GROUP = frozenset(("group_stem", "group_id"))
_OURS = frozenset(("number", "place", "background", "bases", "translations", "provenance", "calibrated"))
"""Keys that only our own form has; in a table some of these words mean something else."""


def read(data: bytes, file: str, unread: set[str]) -> Iterator[tuple[int, Draft | BadRow]]:
    """(line number, or place in the array, Draft or why there is none). `unread` gathers keys we do not know.

    Raises BadFile: when the file is no text, no JSON array, or has too many lines.
    """
    for _list, row, draft in rows(decode(data, file).text, file, unread):
        yield row, draft


def rows(text: str, file: str, unread: set[str]) -> Iterator[tuple[str, int, Draft | BadRow]]:
    """The same of what has been decoded; before it the name of the list, where an object holds lists of items.

    Raises BadFile: when it is neither JSON Lines nor an array nor such an object, or has too many lines.
    """
    if text.lstrip()[:1] == "[":
        yield from _listed([("", _whole(text, file))], file, unread)
        return
    lines = text.split("\n")
    if len(lines) > MOST_ROWS:
        raise BadFile("too-many-rows", file=file, most=MOST_ROWS)
    if _is_one_object(lines):
        yield from _listed(_lists(_whole(text, file), unread), file, unread)
        return
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            if len(line) > LONGEST_LINE:
                raise BadRow("line-too-long", most=LONGEST_LINE)
            yield "", number, _draft(_parsed(line), unread)
        except BadRow as bad:
            yield "", number, bad


def _is_one_object(lines: Sequence[str]) -> bool:
    """Whether one object goes over several lines, or is all there is and no item: {"题目": [ … ]}."""
    first, *more = [line for line in lines if line.strip()] or [""]
    try:
        value = _parsed(first) if len(first) <= LONGEST_LINE or not more else None
    except BadRow:
        return bool(more) and _OPENING.fullmatch(first) is not None
    if more or not isinstance(value, dict) or _is_item(value):
        return False
    return any(isinstance(each, (list, dict)) for each in value.values())


_OPENING = re.compile(r'\s*\{\s*(?:"[^"]*"\s*:.*)?[\[{,]?\s*')


def _is_item(value: Any) -> bool:
    return isinstance(value, dict) and any(table.HEADINGS.get(spelling.plain(key)) == "stem" for key in value)


def _lists(value: Any, unread: set[str]) -> Iterator[tuple[str, list[Any]]]:
    """The lists of items in an object, by their names; items by their own names; or the object itself."""
    if _is_item(value) and not any(isinstance(each, list) and any(map(_is_item, each)) for each in value.values()):
        yield "", [value]
        return
    for key, each in value.items():
        if _is_item(each):
            yield key[:40], [each]
        elif isinstance(each, list) and any(isinstance(held, dict) for held in each):
            yield key[:40], each
        elif isinstance(each, dict) and any(isinstance(held, dict | list) for held in each.values()):
            yield from _lists({f"{key}/{name}": held for name, held in each.items()}, unread)
        elif each not in (None, "", [], {}):
            unread.add(key[:40])


def _whole(text: str, file: str) -> Any:
    try:
        return _parsed(text)
    except BadRow:
        raise BadFile("json-file-malformed", file=file) from None


def _listed(
    lists: Iterable[tuple[str, list[Any]]], file: str, unread: set[str]
) -> Iterator[tuple[str, int, Draft | BadRow]]:
    for name, values in lists:
        if len(values) > MOST_ROWS:
            raise BadFile("too-many-rows", file=file, most=MOST_ROWS)
        for number, value in enumerate(values, 1):
            try:
                yield name, number, _draft(value, unread)
            except BadRow as bad:
                yield name, number, bad


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        raise BadRow("json-malformed") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # which of two answers would win depends on the reader
        raise ValueError("a key stands twice")
    return found


def _refuse(_: str) -> Any:
    raise ValueError("not a number")


def _draft(value: Any, unread: set[str]) -> Draft:
    if not isinstance(value, dict):
        raise BadRow("json-not-an-object")
    fields: dict[str, Any] = {}
    letters: dict[str, Any] = {}
    deciding: list[tuple[str, str]] = []
    ours = {key: given for key, given in value.items() if key in _OURS and _is_ours(key, given)}
    for key, given in value.items():
        if key in ours:
            continue
        word = spelling.plain(key)
        name = table.HEADINGS.get(word)
        if name in ("tags", "images"):  # e.g. `tags` and `classes` together
            fields.setdefault(name, []).append(given)
        elif name is not None:
            if name in fields:
                raise BadRow("repeated-field", column=name)
            fields[name] = given
        elif word in _CASE_GROUP and given not in (None, ""):
            raise BadRow("unsupported-type")  # without the case it belongs to, the question makes no sense
        else:
            index = table.option_of(word)
            letter = "" if index is None else chr(ord("a") + index)
            if letter and letter not in letters:
                letters[letter] = given
            else:
                unread.add(key[:40])
                deciding += (
                    [(table.decides(word), key)] if given not in (None, "", [], {}) and table.decides(word) else []
                )
    for like, key in deciding:
        if like != "options" or not (letters or fields.get("options")):
            raise BadRow("column-decides", column=key[:40])
    fill = spelling.item_type(_text(fields.get("type"), "type")) is ItemType.FILL
    written = _strings(fields.get("answer"), "answer") if fill else []
    background, shown = _pictured(ours.get("background"))
    given = _options(fields.get("options"), letters, unread)
    answer = "" if fill else _answer(fields.get("answer"), "answer-unreadable")
    counted = isinstance(answer, tuple) and bool(answer)
    answer = _marked(given, answer)
    return Draft(
        stem=_text(fields.get("stem"), "stem"),
        type=_text(fields.get("type"), "type"),
        options=[each.option for each in given],
        answer=answer,
        counted=counted,
        subject=_text(fields.get("subject"), "subject"),
        kind_of_work=_text(fields.get("kind_of_work"), "subject"),
        chapter=_text(fields.get("chapter", fields.get("topic")), "chapter"),
        level=_text(fields.get("level"), "level"),
        difficulty=_text(fields.get("difficulty"), "difficulty"),
        explanation=_text(fields.get("explanation"), "explanation"),
        basis=_text(fields.get("basis"), "basis"),
        enemies="\n".join(_strings(fields.get("enemies"), "enemies")),
        tags="\n".join(_strings(fields.get("tags"), "tags")),
        locked=_answer(fields.get("locked"), "locked-unreadable"),
        code=_text(fields.get("code", fields.get("number")), "code"),
        source=_text(fields.get("source"), "source"),
        images=tuple(_strings(fields.get("images"), "images")),
        accepted=tuple(written),
        number=_number(ours.get("number")),
        background=background,
        background_images=shown,
        place=_text(ours.get("place"), "place"),
        bases=tuple(_basis(each) for each in ours.get("bases", ())),
        translations=[_translation(each) for each in ours.get("translations", ())],
        provenance=_provenance(ours.get("provenance", {})),
        calibrated=_text(ours.get("calibrated"), "difficulty"),
        shown=tuple(piece for held in (ours, fields, letters) for piece in conservation.pieces(held)),
        said=(*(each.option.letter for each in given), _text(fields.get("number"), "code")),
    )


def _is_ours(key: str, given: Any) -> bool:
    kinds = {"number": dict, "place": int, "bases": list, "translations": list, "provenance": dict}
    return key in ("background", "calibrated") or isinstance(given, kinds.get(key, ()))


def _pictured(value: Any) -> tuple[str, tuple[str, ...]]:
    if isinstance(value, dict):
        return _text(value.get("text"), "background"), tuple(_strings(value.get("images"), "images"))
    return _text(value, "background"), ()


def _number(value: Any) -> tuple[str, str, tuple[str, ...]] | None:
    if value is None:
        return None
    units = value.get("units", [])
    if not isinstance(units, list) or not all(isinstance(unit, str) for unit in units):
        raise BadRow("answer-unreadable")
    return _text(value.get("value"), "answer"), _text(value.get("tolerance", "0"), "answer"), tuple(units)


def _basis(value: Any) -> tuple[str, str, str]:
    if not isinstance(value, dict):
        raise BadRow("json-wrong-kind", column="basis")
    text, effective, repealed = (_text(value.get(name), "basis") for name in ("text", "effective_from", "repealed_on"))
    return text, effective, repealed


def _translation(value: Any) -> DraftTranslation:
    if not isinstance(value, dict):
        raise BadRow("json-wrong-kind", column="translations")
    background, shown = _pictured(value.get("background"))
    return DraftTranslation(
        _text(value.get("lang"), "lang"),
        _text(value.get("stem"), "stem"),
        [each.option for each in _options(value.get("options"), {}, set())],
        tuple(_strings(value.get("images"), "images")),
        background,
        shown,
    )


def _provenance(value: Any) -> Provenance:
    if not value.keys() <= {"author", "owner", "origin"}:
        raise BadRow("json-wrong-kind", column="provenance")
    named = {name: _text(text, "provenance") for name, text in value.items()}
    if any(len(text) > LONGEST_NAME or not text.isprintable() for text in named.values()):
        raise BadRow("json-wrong-kind", column="provenance")
    found = Provenance(**named)
    if lent(found):  # what another body lent comes in by its own signature, or not at all
        raise BadRow("row-of-other-owner", owner=found.owner)
    return found


def _text(value: Any, column: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    raise BadRow("json-wrong-kind", column=column)


def _strings(value: Any, column: str) -> list[str]:
    """A string, a list, or lists in lists, as a flat list of strings."""
    if isinstance(value, list):
        return [text for element in value for text in _strings(element, column)]
    text = _text(value, column)
    return [text] if text else []


@dataclass(slots=True)
class _Given:
    option: DraftOption
    right: bool | None = None
    """What a mark at the option itself says."""


def _options(value: Any, letters: dict[str, Any], unread: set[str]) -> list[_Given]:
    """Options in a list, in an object by their letters, in fields of their own, or all in one text."""
    if value is None:
        last = ord(max(letters, default="`")) - ord("a")
        given = [(chr(ord("a") + index), letters.get(chr(ord("a") + index))) for index in range(last + 1)]
        while given and given[-1][1] in (None, ""):
            given.pop()
        return [_option(element, unread, letter.upper()) for letter, element in given]
    if isinstance(value, dict):
        letters = {spelling.plain(key): element for key, element in value.items()}
        if any(len(letter) != 1 or not "a" <= letter <= "j" for letter in letters):
            raise BadRow("json-wrong-kind", column="options")
        return _options(None, letters, unread)
    if isinstance(value, str) and (found := choices.lettered(value)) is not None:
        return [_Given(DraftOption(text, letter=choices.letter_at(place))) for place, text in found]
    if isinstance(value, str):
        texts = choices.parted(value, None)
        if len(texts) < 2:
            raise BadRow("json-wrong-kind", column="options")
        return [_Given(DraftOption(text)) for text in texts]
    if not isinstance(value, list):
        raise BadRow("json-wrong-kind", column="options")
    return [_option(element, unread) for element in value]


_LETTER = re.compile(r"\s*[A-Ja-j]\s*[.．、:：)）]?\s*")
_MARKS = frozenset(["correct", "iscorrect", "right", "isright", "istrue", "isanswer", "answer", "checked"])
_TRUTHS: dict[Any, bool] = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}


def _option(value: Any, unread: set[str], letter: str = "") -> _Given:
    if not isinstance(value, dict):
        return _Given(DraftOption(_text(value, "options"), letter=letter))
    given = _Given(DraftOption("", tuple(_strings(value.get("images", value.get("image")), "images")), letter))
    letters: list[str] = []
    texts: list[str] = []
    for key, element in value.items():
        word = spelling.plain(key).replace("_", "")
        if word in ("images", "image") or element in (None, ""):
            continue
        if word in _MARKS and element in _TRUTHS:
            given.right = _TRUTHS[element]
        elif not isinstance(element, str):
            (texts.append(_text(element, "options")) if word in _TEXTS else unread.add(f"options.{key}"[:40]))
        elif _LETTER.fullmatch(element):
            letters.append(element)
        elif word in _TEXTS:
            texts.append(element)
        else:
            unread.add(f"options.{key}"[:40])
    if not texts and len(letters) == 1:
        texts, letters = letters, []  # an option that is a letter: the name of a thing in a picture
    if len(set(texts)) > 1 or len(set(letters)) > 1 or (not texts and letters):
        raise BadRow("json-option-unclear")
    given.option.text = texts[0] if texts else ""
    given.option.letter = spelling.plain(letters[0])[:1].upper() if letters else letter
    return given


_TEXTS = frozenset(["text", "content", "value", "label", "name", "option", "title", "desc", "description", "body"])


def _marked(given: list[_Given], answer: str | tuple[int, ...]) -> str | tuple[int, ...]:
    """The answer, held against the marks that options bear themselves."""
    right = tuple(index for index, each in enumerate(given) if each.right)
    if all(each.right is None for each in given):
        return answer
    if answer in ("", ()):
        return right
    said = choices.chosen(answer, [each.option.text for each in given]) if isinstance(answer, str) else answer
    letters = [each.option.letter for each in given]
    if isinstance(answer, str) and all(letters) and said is not None:
        said = tuple(letters.index(letter) for letter in map(choices.letter_at, said) if letter in letters)
    if said is None or set(said) != set(right):
        raise BadRow("answers-disagree")
    return right


def _answer(value: Any, reason: str) -> str | tuple[int, ...]:
    """Numbers count from zero; text is read as in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return (value,)
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if all(isinstance(element, int) and not isinstance(element, bool) for element in value):
            return tuple(value)
        if all(isinstance(element, str) for element in value):
            return "\n".join(value)
        if len(value) == 1 and isinstance(value[0], bool):
            return _answer(value[0], reason)
    raise BadRow(reason)


def line(item: Item, picture: Callable[[str], str]) -> bytes:
    """One item as our own form; `picture` names a digest's picture. What is empty is left out."""
    fill = item.content.type is ItemType.FILL
    record: dict[str, Any] = {
        "id": item.code,
        "type": item.content.type.value,
        "stem": item.content.stem,
        "options": [_option_record(option, picture) for option in item.content.options],
        "answer": list(item.answer_key.accepted if fill else item.answer_key.correct),
        "number": _number_record(item),
        "subject": item.subject,
        "chapter": item.chapter,
        "level": spelling.LEVEL_WORDS.get(item.level, ""),
        "difficulty": None if item.p4 is None else item.p4 / 10_000,
        "explanation": item.explanation,
        "basis": item.basis,
        "enemies": list(item.enemies),
        "tags": list(item.tags),
        "locked": [] if item.content.type is ItemType.TRUEFALSE else list(item.locked),
        "images": [picture(digest) for digest in item.content.media],
        "source": item.source,
        "background": _background_record(item.background, picture),
        "place": item.place or None,
        "calibrated": None if item.calibrated_p4 is None else item.calibrated_p4 / 10_000,
        "bases": [basis.to_json() for basis in item.bases],
        "translations": [
            {"lang": each.lang, **_content_record(each.content, picture)}
            | ({} if each.background is None else {"background": _background_record(each.background, picture)})
            for each in item.translations
        ],
        "provenance": item.provenance.to_json(),
    }
    kept = {name: value for name, value in record.items() if value not in ("", None, [], {})}
    return json.dumps(kept, ensure_ascii=False).encode() + b"\n"


def _number_record(item: Item) -> dict[str, Any] | None:
    number = item.answer_key.number
    if number is None:
        return None
    return {"value": number.value, "tolerance": number.tolerance, "units": list(number.units)}


def _background_record(background: Background | None, picture: Callable[[str], str]) -> Any:
    if background is None or not background.media:
        return None if background is None else background.text
    return {"text": background.text, "images": [picture(digest) for digest in background.media]}


def _content_record(content: Content, picture: Callable[[str], str]) -> dict[str, Any]:
    return {
        "stem": content.stem,
        "options": [_option_record(option, picture) for option in content.options],
        "images": [picture(digest) for digest in content.media],
    }


def _option_record(option: Option, picture: Callable[[str], str]) -> Any:
    if not option.media:
        return option.text
    return {"text": option.text, "images": [picture(digest) for digest in option.media]}
