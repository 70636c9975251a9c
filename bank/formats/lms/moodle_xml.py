"""Moodle XML: question banks as Moodle exports them, pictures inside.

Read: multichoice (one or several right), truefalse, shortanswer, numerical with units. Every other type is refused
under its own name (essay, matching, cloze, ddwtos, calculated …).

A case group is written as a description, which Moodle shows, followed by its items; the description's id number and a
tag of each item hold them together: "examd-case-…" and "examd-case-…-2".
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, unquote

from bank.content import Background, ItemType
from bank.formats import conservation, markup
from bank.formats.bad_row import BadRow
from bank.formats.draft import MOST_NAMES, MOST_OPTIONS, Draft, DraftOption
from bank.formats.lms import gift, own_tags
from bank.formats.pictures import LARGEST, kind
from bank.formats.safexml import Node, escaped
from bank.item import Item

ROOT = "quiz"
_PLUGIN = "@@PLUGINFILE@@/"
_CASE = re.compile(r"(examd-case-[0-9a-f]{32})(?:-(\d{1,2}))?")

Add = Callable[[bytes, str], str]
"""Keeps a picture; gives the name that a Draft bears."""
Notes = list[tuple[int, str, dict[str, object]]]


def read(root: Node, add: Add, notes: Notes) -> Iterator[tuple[int, Draft | BadRow]]:
    """(line, Draft or why there is none) for every question."""
    chapter = ""
    cases: dict[str, tuple[str, tuple[str, ...]] | BadRow] = {}
    for question in root:
        if question.name != "question":
            continue
        if question.get("type") == "category":
            chapter = gift.category(_words(question.find("category")))
            continue
        named = _CASE.fullmatch(_words(question.find("idnumber"))) if question.get("type") == "description" else None
        try:
            if named is not None:
                cases[named[1]] = _field(question, "questiontext", add, question.line, notes)
            else:
                yield question.line, _draft(question, chapter, cases, add, notes)
        except BadRow as bad:
            if named is not None:
                cases[named[1]] = bad
            else:
                yield question.line, bad


def _draft(
    question: Node, chapter: str, cases: dict[str, tuple[str, tuple[str, ...]] | BadRow], add: Add, notes: Notes
) -> Draft:
    said = question.get("type", "")
    if said not in ("multichoice", "truefalse", "shortanswer", "numerical"):
        raise BadRow("unsupported-interaction", interaction=said[:40])
    stem, images = _field(question, "questiontext", add, question.line, notes)
    draft = Draft(stem=stem, images=(*images, *_old_image(question, add)), chapter=chapter)
    draft.shown = tuple(_shown(question, said))
    draft.said = ("truefalse",) if said == "truefalse" else ()
    title = " ".join(_words(question.find("name")).split())
    draft.code = _words(question.find("idnumber")) or gift.code_of(title, stem)
    if title and not draft.code and not " ".join(stem.split()).startswith(title.rstrip(".… ")):
        notes.append((question.line, "title-not-read", {}))
    if (question.findtext("hidden") or "0").strip() not in ("", "0"):
        notes.append((question.line, "hidden-question", {}))
    tags = [_words(tag) for tag in question.findall("tags/tag")]
    draft.said += tuple(filter(_CASE.fullmatch, tags))
    own_tags.read((tag for tag in tags if not _CASE.fullmatch(tag)), draft)
    for named in filter(None, map(_CASE.fullmatch, tags)):
        case = cases.get(named[1], BadRow("case-not-there"))
        if isinstance(case, BadRow):  # without what it rests on, an item makes no sense
            raise case
        draft.background, draft.background_images = case
        draft.place = named[2] or ""
    draft.explanation, shown = _field(question, "generalfeedback", add, question.line, notes)
    if shown:
        notes.append((question.line, "picture-of-explanation", {}))
    written = question.findall("answer")
    if len(written) > MOST_NAMES:  # before any of them is looked at
        raise BadRow("many-options", found=len(written), most=MOST_OPTIONS)
    answers = [_Answer(node, add, question.line, notes) for node in written]
    if any(_words(node) for node in question.iterfind("answer/feedback")) or any(
        _words(question.find(name)) for name in (*_FEEDBACK[:-1], "hint")
    ):
        notes.append((question.line, "feedback-not-read", {}))
    if said == "multichoice":
        _choose(question, answers, draft, notes)
    elif said == "truefalse":
        draft.type = ItemType.TRUEFALSE.value
        draft.answer = "、".join(answer.text.strip().casefold() for answer in answers if answer.fraction == 100)
    else:
        draft.type = ItemType.FILL.value
        full = [answer for answer in answers if answer.fraction == 100]
        draft.said += tuple(answer.text for answer in answers if answer not in full)
        if len(full) < len(answers):
            notes.append((question.line, "scoring-not-read", {}))
        if said == "shortanswer":
            if any("*" in answer.text.replace("\\*", "") for answer in full):
                raise BadRow("wildcard-answer")
            draft.accepted = tuple(answer.text.replace("\\*", "*") for answer in full)
            if not draft.accepted:
                raise BadRow("no-answer")
            if _words(question.find("usecase")) == "1" or (question.findtext("usecase") or "").strip() == "1":
                notes.append((question.line, "case-not-kept", {}))
        else:
            if len(full) != 1:
                raise BadRow("several-numbers" if full else "no-answer", found=len(full))
            draft.number = (full[0].text.strip(), full[0].tolerance, _units(question))
    return draft


_FEEDBACK = ("correctfeedback", "incorrectfeedback", "partiallycorrectfeedback", "hint")
_SETTINGS = frozenset(["name", "category", "idnumber", "image", "image_base64", "units", *_FEEDBACK])


def _shown(question: Node, said: str) -> Iterator[str]:
    """All text of the question but its settings, its title, its feedback, which the report names, and its units."""
    for part in question:
        if part.name in _SETTINGS:
            continue
        for node in part.iter():
            told = {id(each) for feedback in part.findall("feedback") for each in feedback.iter()}
            if node.name == "text" and id(node) not in told and (node.text or "").strip():
                text = node.text or ""
                yield conservation.visible(text.replace("\\*", "*") if said == "shortanswer" else text)


class _Answer:
    def __init__(self, node: Node, add: Add, line: int, notes: Notes) -> None:
        self.text, images = _rich(node, add, line, notes)
        self.images = images
        self.fraction = _decimal(node.get("fraction", "0"))
        self.tolerance = (node.findtext("tolerance") or "0").strip()


def _choose(question: Node, answers: list[_Answer], draft: Draft, notes: Notes) -> None:
    draft.options = [DraftOption(answer.text, answer.images) for answer in answers]
    if (question.findtext("shuffleanswers") or "1").strip() in ("0", "false"):
        draft.locked = tuple(range(len(answers)))
    if (question.findtext("single") or "true").strip() in ("true", "1"):
        draft.type = ItemType.SINGLE.value
        draft.answer = tuple(number for number, answer in enumerate(answers) if answer.fraction == 100)
        partial = any(0 < answer.fraction < 100 for answer in answers)
    else:
        draft.type = ItemType.MULTIPLE.value
        draft.answer = tuple(number for number, answer in enumerate(answers) if answer.fraction > 0)
        gained = [answer.fraction for answer in answers if answer.fraction > 0]
        partial = bool(gained) and max(gained) - min(gained) > 1
    if partial:
        notes.append((question.line, "scoring-not-read", {}))


def _units(question: Node) -> tuple[str, ...]:
    units = []
    for unit in question.iterfind("units/unit"):
        if _decimal((unit.findtext("multiplier") or "1").strip()) != 1:
            raise BadRow("unit-multiplier")
        units.append((unit.findtext("unit_name") or "").strip())
    if units and (question.findtext("unitgradingtype") or "0").strip() == "0":
        units.append("")  # graded without regard to the unit
    return tuple(dict.fromkeys(units))


def _field(question: Node, name: str, add: Add, line: int, notes: Notes) -> tuple[str, tuple[str, ...]]:
    node = question.find(name)
    return ("", ()) if node is None else _rich(node, add, line, notes)


def _rich(node: Node, add: Add, line: int, notes: Notes) -> tuple[str, tuple[str, ...]]:
    """The text of a field in whatever of Moodle's four formats, and its pictures."""
    text = node.findtext("text") or ""
    form = node.get("format", "html")
    if form in ("plain_text", "markdown"):
        return text, ()
    if form == "moodle_auto_format":
        text = text.strip().replace("\n", "<br>")
    files = {_file_name(file): file for file in node.findall("file")}

    def picture(name: str) -> str:
        data = markup.embedded(name)
        if data is None and name.startswith(_PLUGIN):
            name = unquote(name.removeprefix(_PLUGIN).split("?", 1)[0])
            file = files.get(name)
            data = None if file is None else _decoded(file.text or "", name)
        return name if data is None else add(data, name)

    flow = markup.from_html(text, picture)
    if flow.moved:
        notes.append((line, "picture-moved", {}))
    return flow.whole(), tuple(flow.images)


def _file_name(file: Node) -> str:
    return (file.get("path", "/") + file.get("name", "")).lstrip("/")


def _decoded(text: str, name: str) -> bytes:
    if len(text) > LARGEST * 3 // 2:
        raise BadRow("picture-too-large", picture=name[-80:], most="8 M")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadRow("picture-unreadable", picture=name[-80:]) from None


def _old_image(question: Node, add: Add) -> tuple[str, ...]:
    """Moodle 1.x kept one picture beside the text."""
    name, data = (question.findtext("image") or "").strip(), question.findtext("image_base64")
    if not name:
        return ()
    return (add(_decoded(data, name), name) if data and data.strip() else name,)


def _words(node: Node | None) -> str:
    if node is None:
        return ""
    return ((node.findtext("text") if node.find("text") is not None else node.text) or "").strip()


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise BadRow("answer-unreadable") from None
    if not number.is_finite():
        raise BadRow("answer-unreadable")
    return Decimal(100) if abs(number - 100) < Decimal("0.01") else number


LOSES = gift.LOSES


def cannot(item: Item) -> str | None:
    answer_key = item.answer_key
    return "units" if answer_key.number is not None and answer_key.accepted else None


def write(items: Iterable[Item], picture: Callable[[str], bytes | None]) -> bytes:
    """The file's bytes, pictures inside; `picture` gives a picture by its digest."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n']
    chapter: str | None = None
    cases: set[str] = set()
    for item in items:
        if item.chapter != chapter:
            chapter = item.chapter
            name = escaped(gift.category_of(chapter))
            parts.append(f'<question type="category"><category><text>{name}</text></category></question>\n')
        if item.background is not None and item.content.case not in cases:
            cases.add(item.content.case)
            parts.append(_description(item.content.case, item.background, picture))
        parts.append(_question(item, picture))
    parts.append("</quiz>\n")
    return "".join(parts).encode()


def _case(case: str) -> str:
    return f"examd-case-{case[:32]}"


def _description(case: str, background: Background, picture: Callable[[str], bytes | None]) -> str:
    title = " ".join(background.text.split())[:60].strip() or _case(case)
    return (
        f'<question type="description">\n<name><text>{escaped(title)}</text></name>\n'
        f"{_rich_xml('questiontext', background.text, background.media, picture)}\n"
        "<defaultgrade>0</defaultgrade><penalty>0</penalty><hidden>0</hidden>\n"
        f"<idnumber>{_case(case)}</idnumber>\n</question>\n"
    )


def _question(item: Item, picture: Callable[[str], bytes | None]) -> str:
    kind_, answer_key = item.content.type, item.answer_key
    word = {ItemType.TRUEFALSE: "truefalse", ItemType.FILL: "shortanswer"}.get(kind_, "multichoice")
    if answer_key.number is not None:
        word = "numerical"
    title = item.code or " ".join(item.content.stem.split())[:60].strip()
    tags = [
        *own_tags.written(item),
        *([f"{_case(item.content.case)}-{item.place}"] if item.background is not None else []),
    ]
    lines = [
        f'<question type="{word}">',
        f"<name><text>{escaped(title)}</text></name>",
        _rich_xml("questiontext", item.content.stem, item.content.media, picture),
        _rich_xml("generalfeedback", item.explanation, (), picture),
        "<defaultgrade>1</defaultgrade><penalty>0</penalty><hidden>0</hidden>",
        f"<idnumber>{escaped(item.code)}</idnumber>",
        *_answers(item, word, picture),
        "<tags>" + "".join(f"<tag><text>{escaped(tag)}</text></tag>" for tag in tags) + "</tags>",
        "</question>\n",
    ]
    return "\n".join(lines)


def _answers(item: Item, word: str, picture: Callable[[str], bytes | None]) -> Iterator[str]:
    answer_key = item.answer_key
    if word == "truefalse":
        for place, truth in enumerate(("true", "false")):
            points = 100 if answer_key.correct == (place,) else 0
            yield f'<answer fraction="{points}" format="plain_text"><text>{truth}</text></answer>'
    elif word == "multichoice":
        single = item.content.type is ItemType.SINGLE
        yield f"<single>{'true' if single else 'false'}</single><answernumbering>ABCD</answernumbering>"
        yield f"<shuffleanswers>{0 if item.locked else 1}</shuffleanswers>"
        share = Decimal(100) / len(answer_key.correct)
        for index, option in enumerate(item.content.options):
            wrong = "0" if single else "-100"
            fraction = f"{share:.7f}".rstrip("0").rstrip(".") if index in answer_key.correct else wrong
            yield _rich_xml("answer", option.text, option.media, picture, f' fraction="{fraction}"')
    elif answer_key.number is not None:
        number = answer_key.number
        yield f'<answer fraction="100" format="plain_text"><text>{number.value}</text>'
        yield f"<tolerance>{number.tolerance}</tolerance></answer>"
        if number.units:
            named = [unit for unit in number.units if unit]
            units = (f"<unit><multiplier>1</multiplier><unit_name>{escaped(unit)}</unit_name></unit>" for unit in named)
            yield f"<units>{''.join(units)}</units>"
            yield f"<unitgradingtype>{0 if '' in number.units else 1}</unitgradingtype><unitpenalty>1</unitpenalty>"
            yield "<showunits>0</showunits>"
        else:
            yield "<unitgradingtype>0</unitgradingtype><showunits>3</showunits>"
    else:
        yield "<usecase>0</usecase>"
        for text in answer_key.accepted:
            said = escaped(text.replace("*", "\\*"))
            yield f'<answer fraction="100" format="plain_text"><text>{said}</text></answer>'


def _rich_xml(
    name: str, text: str, media: tuple[str, ...], picture: Callable[[str], bytes | None], more: str = ""
) -> str:
    html = markup.to_html(text) if text else ""
    files = []
    for digest in media:
        data = picture(digest)
        file = f"{digest}.{(data and kind(data)) or 'bin'}"
        html += f'<img src="{_PLUGIN}{quote(file)}" alt=""/>'
        if data is not None:
            held = base64.b64encode(data).decode()
            files.append(f'<file name="{file}" path="/" encoding="base64">{held}</file>')
    return f'<{name} format="html"{more}><text>{escaped(html)}</text>{"".join(files)}</{name}>'
