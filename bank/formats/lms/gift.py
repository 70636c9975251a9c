"""GIFT: Moodle's plain-text form of questions. `parse` follows the grammar, `read` says what each means for a bank.

    // [id:S-1] [tag:用电]
    ::题名::[plain]我国安全电压的上限是？{ ~12 V =36 V#评语 ~110 V ####解析 }

Read: multiple choice with one or several right answers, true-false, short answer, one number. Named and refused:
matching, essay, description. Cannot be said: pictures, cases and the rest of `LOSES`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from bank.content import ItemType
from bank.formats import conservation, markup
from bank.formats.bad_row import BadRow
from bank.formats.draft import Draft, DraftOption
from bank.formats.lms import own_tags
from bank.item import Item

LONGEST_QUESTION = 200_000
_ESCAPED = re.compile(r"\\([~=#{}:\\n])")
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]")
_WEIGHT = re.compile(r"\s*%(-?[0-9]{1,3}(?:\.[0-9]{0,9})?)%")
_TITLE = re.compile(r"\s*::((?:\\.|[^\\:]|:(?!:)){0,2000})::", re.DOTALL)
_NOTE = re.compile(r"\[(id|tag):((?:\\\]|[^\]\x00-\x1f]){1,400})\]")
_FOLDED = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")
_DECIMAL = r"[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})"
_NUMBER = re.compile(rf"({_DECIMAL})(?:\s*:\s*({_DECIMAL})|\s*\.\.\s*({_DECIMAL}))?")
_TRUTH = re.compile(r"\s*(TRUE|FALSE|T|F)\s*(?=#|$)")
_PLACES = ("$course$/", "$module$/", "$coursecat$/", "$system$/", "$cat$/", "top/")


class Kind(StrEnum):
    CATEGORY = "Category"
    DESCRIPTION = "Description"
    MC = "MC"
    TF = "TF"
    SHORT = "Short"
    NUMERICAL = "Numerical"
    MATCHING = "Matching"
    ESSAY = "Essay"


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    format: str = "moodle"


@dataclass(frozen=True, slots=True)
class Range:
    """A number as GIFT writes it: alone, with a tolerance, or from low to high."""

    kind: str
    number: Decimal
    spread: Decimal = Decimal(0)
    """The tolerance, or for "high-low" the upper end."""

    def span(self) -> tuple[Decimal, Decimal]:
        """Middle and half width."""
        if self.kind == "high-low":
            return (self.number + self.spread) / 2, (self.spread - self.number) / 2
        return self.number, self.spread


@dataclass(frozen=True, slots=True)
class Choice:
    right: bool
    weight: Decimal | None
    text: Text | Range
    feedback: Text | None = None


@dataclass(slots=True)
class Question:
    kind: Kind
    line: int
    title: str | None = None
    id: str | None = None
    tags: tuple[str, ...] = ()
    stem: Text = Text("")
    embedded: bool = False
    choices: list[Choice] = field(default_factory=list)
    pairs: list[tuple[Text, str]] = field(default_factory=list)
    is_true: bool = False
    feedback: tuple[Text | None, Text | None] = (None, None)
    """True-false: what is told to those who were right, and to those who were wrong."""
    general: Text | None = None
    source: str = ""
    """As it is written, without its title."""


def looks_like(text: str) -> bool:
    return bool(re.search(r"(?<!\\)\{(?:\s*[=~#TF}]|[^{}]{0,500}[=~])", text[:200_000])) or "::" in text[:2000]


def parse(text: str) -> Iterator[Question | tuple[int, BadRow]]:
    """Questions in order; for what breaks the grammar, (line, why)."""
    found: dict[str, list[str]] = {"id": [], "tag": []}
    lines: list[str] = []
    first = depth = 0
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, row in enumerate([*rows, ""], 1):
        bare = row.strip()
        if bare.startswith("//"):
            if not lines:
                for name, value in _NOTE.findall(bare):
                    found[name].append(value.replace("\\]", "]").strip())
            continue
        if bare.startswith("$CATEGORY:") and not lines:
            yield Question(Kind.CATEGORY, number, title=bare.removeprefix("$CATEGORY:").strip())
            continue
        if bare and not (lines and depth > 0 and bare.startswith("::")):
            first = first or number
            lines.append(row)
            depth += _depth(row)
            continue
        if lines and not bare and number <= len(rows) and depth > 0 and len(lines) < 500:
            continue  # an empty line inside { } parts nothing
        if lines:
            yield _question("\n".join(lines), first, found)
            found = {"id": [], "tag": []}
        lines, first, depth = ([row], number, _depth(row)) if bare else ([], 0, 0)


def _depth(row: str) -> int:
    plain = re.sub(r"\\.", "", row)
    return plain.count("{") - plain.count("}")


def _question(source: str, line: int, found: dict[str, list[str]]) -> Question | tuple[int, BadRow]:
    try:
        question = _parsed(source, line)
    except BadRow as bad:
        return line, bad
    question.id = found["id"][-1] if found["id"] else None
    question.tags = tuple(found["tag"])
    return question


def _parsed(source: str, line: int) -> Question:
    if len(source) > LONGEST_QUESTION:
        raise BadRow("line-too-long", most=LONGEST_QUESTION)
    title = _TITLE.match(source)
    question = Question(Kind.DESCRIPTION, line, title=None if title is None else _unescaped(title[1]).strip())
    body = question.source = source[title.end() :] if title else source
    opened, closed = _marks(body, "{"), _marks(body, "}")
    if len(opened) != len(closed) or len(opened) > 1:
        raise BadRow("gift-braces", found=len(opened) + len(closed))
    if not opened:
        question.stem = _text(body, "moodle")
        return question
    if closed[0] < opened[0]:
        raise BadRow("gift-braces", found=2)
    before, after = body[: opened[0]].rstrip(), body[closed[0] + 1 :].strip()
    if after in ('";', ";", '"'):  # left over from where the question was quoted
        after = ""
    question.embedded = bool(after)
    stem_format = _FORMAT.match(before)
    if after:
        join = " " if before[stem_format.end() if stem_format else 0 :].strip() else ""
        before = f"{before}{join}_____ {after}"
    question.stem = _text(before, "moodle")
    _answers(question, body[opened[0] + 1 : closed[0]])
    return question


def _answers(question: Question, source: str) -> None:
    usual = question.stem.format
    general = _split(source, "####")
    if len(general) > 1:
        source = general[0]
        question.general = _text("####".join(general[1:]), usual)
    if not source.strip():
        question.kind = Kind.ESSAY
    elif truth := _TRUTH.match(source):
        question.kind = Kind.TF
        question.is_true = truth[1] in ("T", "TRUE")
        told = [_told(part, usual) for part in _split(source[truth.end() :], "#")[1:]] + [None, None]
        question.feedback = (told[0], told[1])
    elif source.lstrip().startswith("#"):
        question.kind = Kind.NUMERICAL
        _numbers(question, source.lstrip()[1:], usual)
    else:
        parts = _choices(source)
        if all(mark == "=" and len(_split(body, "->")) == 2 for mark, body in parts):
            question.kind = Kind.MATCHING
            for _mark, body in parts:
                left, right = _split(body, "->")
                question.pairs.append((_text(left, usual), _text(right, "plain").text))
            return
        question.kind = Kind.SHORT if all(mark == "=" for mark, _body in parts) else Kind.MC
        question.choices = [_choice(mark, body, usual) for mark, body in parts]


def _choices(source: str) -> list[tuple[str, str]]:
    marks = sorted(_marks(source, "~") + _marks(source, "="))
    if not marks or source[: marks[0]].strip():
        raise BadRow("gift-answers")
    ends = [*marks[1:], len(source)]
    found = [(source[mark], source[mark + 1 : end]) for mark, end in zip(marks, ends, strict=True)]
    return [
        (mark, body)
        for n, (mark, body) in enumerate(found)
        if mark != "~" or body.strip() or n + 1 == len(found) or found[n + 1][0] != "="  # "~=甲"
    ]


def _choice(mark: str, body: str, usual: str) -> Choice:
    weight = _WEIGHT.match(body)
    parts = _split(body[weight.end() :] if weight else body, "#")
    told = _told("#".join(parts[1:]), usual) if len(parts) > 1 else None
    return Choice(mark == "=", Decimal(weight[1]) if weight else None, _text(parts[0], usual), told)


def _numbers(question: Question, source: str, usual: str) -> None:
    marks = _marks(source, "=") + _marks(source, "~")
    if not marks:
        parts = _split(source, "#")
        told = _told("#".join(parts[1:]), usual) if len(parts) > 1 else None
        question.choices = [Choice(True, None, _range(parts[0]), told)]
        return
    first = min(marks)
    choices = []
    if source[:first].strip():
        parts = _split(source[:first], "#")
        choices.append(Choice(True, None, _range(parts[0]), None))
    for mark, body in _choices(source[first:]):
        weight = _WEIGHT.match(body)
        parts = _split(body[weight.end() :] if weight else body, "#")
        told = _told("#".join(parts[1:]), usual) if len(parts) > 1 else None
        if mark == "~" and not parts[0].strip():
            continue  # what is told to everybody who was wrong
        right = Decimal(weight[1]) if weight else None
        choices.append(Choice(mark == "=", right, _range(parts[0]), told))
    question.choices = choices


def _range(source: str) -> Range:
    match = _NUMBER.fullmatch(source.strip())
    if match is None:
        raise BadRow("answer-unreadable")
    try:
        number = Decimal(match[1])
        if match[3] is not None:
            return Range("high-low", number, Decimal(match[3]))
        return Range("simple", number) if match[2] is None else Range("range", number, Decimal(match[2]))
    except InvalidOperation:
        raise BadRow("answer-unreadable") from None


def _told(source: str, usual: str) -> Text | None:
    return _text(source, usual) if source.strip() else None


def _text(source: str, usual: str) -> Text:
    match = _FORMAT.match(source)
    form = match[1] if match else usual
    source = (source[match.end() :] if match else source).strip()
    if form in ("moodle", "plain"):
        source = _FOLDED.sub(" ", source)
    return Text(_unescaped(source), form)


def _unescaped(source: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else match[1], source)


def _marks(source: str, mark: str) -> list[int]:
    """Where `mark` stands without a backslash before it."""
    found, at = [], 0
    pattern = re.compile(r"\\.|" + re.escape(mark), re.DOTALL)
    while (match := pattern.search(source, at)) is not None:
        if match[0] == mark:
            found.append(match.start())
        at = match.end()
    return found


def _split(source: str, mark: str) -> list[str]:
    parts, start = [], 0
    for at in _marks(source, mark):
        if at < start:
            continue
        parts.append(source[start:at])
        start = at + len(mark)
    return [*parts, source[start:]]


def read(text: str, notes: list[tuple[int, str, dict[str, object]]]) -> Iterator[tuple[int, Draft | BadRow]]:
    """(line, Draft or why there is none) for every question. `notes` gathers what was read otherwise than written."""
    chapter = ""
    for question in parse(text):
        if isinstance(question, tuple):
            yield question
        elif question.kind is Kind.CATEGORY:
            chapter = category(question.title or "")
        else:
            try:
                yield question.line, _draft(question, chapter, notes)
            except BadRow as bad:
                yield question.line, bad


def category(path: str) -> str:
    """A Moodle category without the place it hangs in: "$course$/top/第一章" -> 第一章."""
    path = path.strip()
    changed = True
    while changed:
        changed = False
        for place in _PLACES:
            if path == place[:-1] or path.startswith(place):
                path, changed = path[len(place) :], True
    return path.replace("//", "/")


def category_of(chapter: str) -> str:
    return "$course$/top/" + chapter.replace("/", "//") if chapter else "$course$/top"


def _draft(question: Question, chapter: str, notes: list[tuple[int, str, dict[str, object]]]) -> Draft:
    if question.kind in (Kind.ESSAY, Kind.MATCHING, Kind.DESCRIPTION):
        raise BadRow("unsupported-interaction", interaction=question.kind.value.lower())
    draft = Draft(chapter=chapter, code=question.id or code_of(question.title, question.stem.text))
    draft.shown, draft.said = _shown(question)
    own_tags.read(question.tags, draft)
    if question.title and not draft.code and not " ".join(question.stem.text.split()).startswith(question.title):
        notes.append((question.line, "title-not-read", {}))
    seen: list[str] = []
    draft.stem = _plain(question.stem, seen)
    draft.images = tuple(seen)
    if question.general is not None:
        draft.explanation = _plain(question.general, seen)
    if any(question.feedback) or any(choice.feedback for choice in question.choices):
        notes.append((question.line, "feedback-not-read", {}))
    full = [choice for choice in question.choices if choice.right and choice.weight in (None, 100)]
    if any(choice.weight is not None and 0 < choice.weight < 100 for choice in question.choices) and (
        question.kind is not Kind.MC or full
    ):
        notes.append((question.line, "scoring-not-read", {}))
    if question.kind is Kind.TF:
        draft.type, draft.answer = ItemType.TRUEFALSE.value, "true" if question.is_true else "false"
    elif question.kind is Kind.MC:
        _choose(question, draft, notes)
    else:
        draft.type = ItemType.FILL.value
        if question.kind is Kind.SHORT:
            draft.accepted = tuple(_plain(each.text, seen) for each in full if isinstance(each.text, Text))
            rest = [each.text.text for each in question.choices if each not in full and isinstance(each.text, Text)]
            draft.said += tuple(rest)
            if rest:
                notes.append((question.line, "scoring-not-read", {}))
            if not draft.accepted:
                raise BadRow("no-answer")
        else:
            spans = [each.text.span() for each in full if isinstance(each.text, Range)]
            if len(spans) != 1:
                raise BadRow("several-numbers" if spans else "no-answer", found=len(spans))
            draft.number = (f"{spans[0][0]:f}", f"{spans[0][1]:f}", ())
    return draft


def _shown(question: Question) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the question shows, as it is written, less the signs of the grammar; of that, what is no text of an item."""
    told = [*question.feedback, *(choice.feedback for choice in question.choices)]
    said = [text.text for text in told if text is not None]
    if question.kind is Kind.NUMERICAL:
        said.append(question.source[question.source.find("{") :])
    if question.kind is Kind.TF:
        said.append("TRUE T FALSE F")
    shown = _ESCAPED.sub(lambda match: " " if match[1] == "n" else match[1], _SIGNS.sub(" ", question.source))
    return (conservation.visible(shown),), tuple(map(conservation.visible, said))


_SIGNS = re.compile(r"(?<=[~=])\s*%-?[0-9]{1,3}(?:\.[0-9]{0,9})?%|\[(?:html|moodle|plain|markdown)\]|(?<!\\)[~=#{}]")


def _choose(question: Question, draft: Draft, notes: list[tuple[int, str, dict[str, object]]]) -> None:
    for choice in question.choices:
        seen: list[str] = []
        text = _plain(choice.text, seen)
        draft.options.append(DraftOption(text, tuple(seen)))
    if any(re.match(r"\d+%\S", option.text) for option in draft.options):
        notes.append((question.line, "option-begins-with-percent", {}))
    right = tuple(number for number, choice in enumerate(question.choices) if choice.right)
    if right:
        draft.type, draft.answer = ItemType.SINGLE.value, right
    else:
        weights = [choice.weight or Decimal(0) for choice in question.choices]
        draft.type, draft.answer = ItemType.MULTIPLE.value, tuple(n for n, weight in enumerate(weights) if weight > 0)
        gained = [weight for weight in weights if weight > 0]
        if gained and max(gained) - min(gained) > 1:
            notes.append((question.line, "scoring-not-read", {}))


def code_of(title: str | None, stem: str) -> str:
    """Moodle's own titles are often the stem cut short: such a one is no number."""
    title = " ".join((title or "").split())
    return "" if len(title) > 40 or " ".join(stem.split()).startswith(title) else title


def _plain(text: Text | Range, seen: list[str]) -> str:
    """The text without its markup; names of pictures in it are added to `seen`."""
    assert isinstance(text, Text)
    if text.format == "html" or (text.format == "moodle" and re.search(r"</?[a-zA-Z][^<>]{0,500}>", text.text)):
        flow = markup.from_html(text.text, lambda name: name.removeprefix("@@PLUGINFILE@@/"))
        seen += flow.images
        return flow.whole()
    return text.text


LOSES = ("basis", "enemies", "locked", "source", "calibrated", "bases", "translations", "provenance")
"""What no GIFT file can say of an item."""


def cannot(item: Item) -> str | None:
    """Why `item` cannot be written at all."""
    if item.content.needs_picture or item.content.case:
        return "pictures" if item.content.needs_picture else "case"
    number = item.answer_key.number
    if number is not None and (item.answer_key.accepted or number.units):
        return "units"
    return "arrow" if any("->" in text for text in item.answer_key.accepted) else None


def write(items: Iterable[Item]) -> bytes:
    """The file's bytes; a category wherever the chapter changes."""
    parts = []
    chapter: str | None = None
    for item in items:
        if item.chapter != chapter:
            chapter = item.chapter
            parts.append(f"$CATEGORY: {category_of(chapter)}\n\n")
        notes = [f"[id:{_note(item.code)}]"] if item.code else []
        notes += [f"[tag:{_note(tag)}]" for tag in own_tags.written(item)]
        if notes:
            parts.append(f"// {' '.join(notes)}\n")
        general = f" ####[plain]{_escaped(item.explanation)}" if item.explanation else ""
        parts.append(f"[plain]{_escaped(item.content.stem)} {{{_answer(item)}{general}}}\n\n")
    return "".join(parts).encode()


def _answer(item: Item) -> str:
    answer_key, kind = item.answer_key, item.content.type
    if kind is ItemType.TRUEFALSE:
        return "TRUE" if answer_key.correct == (0,) else "FALSE"
    if answer_key.number is not None:
        spread = "" if Decimal(answer_key.number.tolerance) == 0 else f":{answer_key.number.tolerance}"
        return f"#{answer_key.number.value}{spread}"
    if kind is ItemType.FILL:
        return " ".join(f"=%100%{_escaped(text)}" for text in answer_key.accepted)
    lines = []
    share = Decimal(100) / max(1, len(answer_key.correct))
    for index, option in enumerate(item.content.options):
        right = index in answer_key.correct
        marks = ("~", "=") if kind is ItemType.SINGLE else ("~%-100%", f"~%{share:.5f}%")
        lines.append(f"\n\t{marks[right]}[plain]{_escaped(option.text)}")
    return "".join(lines) + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"([~=#{}:\\])", r"\\\1", text).replace("\n", "\\n")


def _note(text: str) -> str:
    return text.replace("]", "\\]")
