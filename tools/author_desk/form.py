"""An item as fields to write in, and fields as an item again. Pure: no screen, no bank.

Whatever is written is judged by `bank.formats.draft.finish`, as a row of a file would be; this module only knows which
field a refusal is about. A field that nobody touched gives back the very value that it was made of.

Before: an Item, or the type of one to be. After: `tools.author_desk.editor` shows the fields;
`bank.authoring.lifecycle` keeps the item.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from msgspec import structs

from bank.content import OPTION_LETTERS, Background, Content, ItemType, Level
from bank.formats import spelling
from bank.formats.bad_row import BadRow
from bank.formats.draft import MOST_OPTIONS, Draft, DraftOption, DraftTranslation, finish
from bank.item import Item
from tools.cli.language import N_, _
from tools.cli.sentences import bank as words

MOST_ROWS = 20
"""Provisions, or languages, that a person can still read on one form."""
_FEWEST_OPTIONS = 2


class Kind(Enum):
    LINE = auto()
    TEXT = auto()
    """Several lines."""
    CHOICE = auto()
    PICTURES = auto()


@dataclass(frozen=True, slots=True)
class Field:
    id: str
    label: str
    kind: Kind = Kind.LINE
    topic: str = ""
    """What F1 says of it (`tools.author_desk.help.FIELDS`)."""


SECTIONS = (
    ("question", N_("Text")),
    ("answer", N_("Answer")),
    ("class", N_("Class")),
    ("basis", N_("Basis")),
    ("case", N_("Case")),
    ("language", N_("Lang.")),
    ("picture", N_("Pict.")),
)
CHOICES: dict[str, dict[str, str]] = {"type": words.TYPES, "level": words.LEVELS}
_REASONS = {
    "stem": "empty-stem",
    "answer": "no-answer answer-unreadable answer-out-of-range answer-repeats-itself single-many-answers "
    "truefalse-options",
    "locked": "locked-unreadable",
    "subject": "unknown-subject",
    "level": "unknown-level",
    "type": "unknown-type",
    "difficulty": "difficulty-unreadable",
    "option-0": "few-options many-options",
    "place": "place-without-case no-place-in-case",
}
_BY_REASON = {reason: field for field, reasons in _REASONS.items() for reason in reasons.split()}
_AS_WRITTEN = (
    *("stem", "subject", "chapter", "level", "explanation", "basis", "code", "source"),
    *("background", "place", "difficulty", "enemies", "tags"),
)
"""Fields of a Draft that are taken as they stand."""


class Form:
    """`values` is what stands in the fields; the fields themselves follow from how many options, provisions and
    languages there are."""

    def __init__(self, item: Item | None, type: ItemType = ItemType.SINGLE, **given: str) -> None:  # noqa: A002
        self.item = item
        self.options = 4 if item is None else len(item.content.options)
        self.provisions = 0 if item is None else len(item.bases)
        self.languages = 0 if item is None else len(item.translations)
        self.values: dict[str, str] = {"type": type.value, "level": Level.NONE.value} if item is None else _values(item)
        self.values |= given
        self.before = dict(self.values)

    @property
    def type(self) -> ItemType:
        return ItemType(self.values["type"])

    @property
    def is_choice(self) -> bool:
        return self.type in (ItemType.SINGLE, ItemType.MULTIPLE)

    @property
    def changed(self) -> bool:
        return any(self.value(name) != self.before.get(name, "") for name in self.values.keys() | self.before.keys())

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def section(self, name: str) -> list[Field]:
        """The fields of one of SECTIONS, from above."""
        made = {
            "question": [
                Field("type", _("type"), Kind.CHOICE),
                Field("stem", _("stem"), Kind.TEXT),
                *self._options(""),
            ],
            "answer": self._answer(),
            "class": [
                Field("subject", _("subject")),
                Field("chapter", _("chapter")),
                Field("level", _("level"), Kind.CHOICE),
                Field("difficulty", _("difficulty")),
                *([Field("locked", _("locked"))] if self.is_choice else []),
                Field("enemies", _("enemies")),
                Field("tags", _("tags")),
                Field("code", _("code")),
                Field("source", _("source")),
            ],
            "basis": [Field("basis", _("basis"), Kind.TEXT), *self._provisions()],
            "case": [Field("background", _("background"), Kind.TEXT), Field("place", _("place"))],
            "language": self._translations(),
            "picture": self._pictures(),
        }
        return made[name]

    @property
    def _of_case(self) -> bool:
        return bool(self.value("background").strip() or self.value("media-background"))

    def _options(self, own: str) -> list[Field]:
        of_truth = 2 if self.type is ItemType.TRUEFALSE and own else 0
        count = self.options if self.is_choice else of_truth
        topic = "translation" if own else "option"
        return [
            Field(f"{own}option-{n}", _("option {letter}", letter=OPTION_LETTERS[n]), Kind.TEXT, topic)
            for n in range(count)
        ]

    def _answer(self) -> list[Field]:
        key = [Field("answer", _("answer key"))]
        if self.type is ItemType.FILL:
            key = [Field("answer", _("accepted"), topic="accepted"), Field("value", _("right value"))]
            key += [Field("tolerance", _("tolerance")), Field("units", _("units"))]
        return [*key, Field("explanation", _("explanation"), Kind.TEXT)]

    def _provisions(self) -> list[Field]:
        fields = []
        for n in range(self.provisions):
            fields.append(Field(f"provision-{n}", _("provision {n}", n=n + 1), topic="provision"))
            fields.append(Field(f"from-{n}", _("in force"), topic="day"))
            fields.append(Field(f"until-{n}", _("repealed"), topic="day"))
        return fields

    def _translations(self) -> list[Field]:
        fields = []
        for n in range(self.languages):
            own = f"t{n}-"
            fields.append(Field(own + "lang", _("language"), topic="lang"))
            fields.append(Field(own + "stem", _("stem"), Kind.TEXT, "translation"))
            fields += self._options(own)
            if self._of_case:
                fields.append(Field(own + "background", _("background"), Kind.TEXT, "translation"))
        return fields

    def _pictures(self) -> list[Field]:
        """A field for whatever can show a picture, in each language."""
        fields = []
        for own in ("", *(f"t{n}-" for n in range(self.languages))):
            lang = f"{self.value(own + 'lang').strip() or '?'} " if own else ""
            shows = [("", _("stem")), *((f"-{each.id}", each.label) for each in self._options(""))]
            if self._of_case:
                shows.append(("-background", _("background")))
            fields += [Field(f"{own}media{rest}", lang + label, Kind.PICTURES, "media") for rest, label in shows]
        return fields

    def section_of(self, field: str) -> str:
        return next((name for name, _title in SECTIONS if any(each.id == field for each in self.section(name))), "")

    def one_more(self, section: str) -> str:
        """One more option, provision or language, where the section has them; the field to begin with, or ""."""
        if section == "question" and self.is_choice and self.options < MOST_OPTIONS:
            self.options += 1
            return f"option-{self.options - 1}"
        if section == "basis" and self.provisions < MOST_ROWS:
            self.provisions += 1
            return f"provision-{self.provisions - 1}"
        if section == "language" and self.languages < MOST_ROWS:
            self.languages += 1
            return f"t{self.languages - 1}-lang"
        return ""

    def _draft(self, values: Mapping[str, str]) -> Draft:
        def value(name: str) -> str:
            return values.get(name, "")

        def pictures(name: str) -> tuple[str, ...]:
            return tuple(value(name).split())

        def option(own: str, n: int) -> DraftOption:
            return DraftOption(value(f"{own}option-{n}"), pictures(f"{own}media-option-{n}"))

        kind = ItemType(value("type"))
        count = self.options if kind in (ItemType.SINGLE, ItemType.MULTIPLE) else 0
        while count > _FEWEST_OPTIONS and option("", count - 1) == DraftOption(""):
            count -= 1  # a place for an option that nobody used
        draft = Draft(
            type=kind.value,
            options=[option("", n) for n in range(count)],
            images=pictures("media"),
            background_images=pictures("media-background"),
            locked=value("locked") if count else "",
        )
        for name in _AS_WRITTEN:
            setattr(draft, name, value(name))
        if kind is ItemType.FILL:
            draft.accepted = tuple(text for text in spelling.variants(value("answer")) if text.strip())
            if value("value").strip() or value("tolerance").strip() or value("units").strip():
                units = spelling.variants(value("units")) if value("units") else ()
                draft.number = (value("value"), value("tolerance"), units)
        else:
            draft.answer = value("answer")
        for n in range(self.provisions):
            row = (value(f"provision-{n}"), value(f"from-{n}").strip(), value(f"until-{n}").strip())
            if any(each.strip() for each in row):
                draft.bases += (row,)
        for n in range(self.languages):
            own = f"t{n}-"
            translation = DraftTranslation(
                value(own + "lang"),
                value(own + "stem"),
                [option(own, place) for place in range(2 if kind is ItemType.TRUEFALSE else count)],
                pictures(own + "media"),
                value(own + "background"),
                pictures(own + "media-background"),
            )
            shown = (translation.stem, *(each.text for each in translation.options), translation.background)
            if translation.lang.strip() or any(text.strip() for text in shown):
                draft.translations.append(translation)
        return draft

    def made(self) -> Item:
        """The item as the fields say.

        Raises BadRow: when they say none.
        """
        item = finish(self._draft(self.values), str)  # a picture is named by its digest already
        for n, basis in enumerate(item.bases):
            if not basis.text:
                raise BadRow("provision-without-words", field=f"provision-{n}")
        whole = self.item
        if whole is None:
            return item
        same = {name: getattr(whole, name) for name in ("enemies", "tags") if self._untouched(name)}
        if self._untouched("difficulty"):
            same["p4"] = whole.p4
        measured = whole.calibrated_p4 if item.id == whole.id else None  # it was measured on another wording
        return structs.replace(item, provenance=whole.provenance, calibrated_p4=measured, **same)

    def _untouched(self, name: str) -> bool:
        return self.value(name) == self.before.get(name, "")

    def field_of(self, bad: BadRow) -> str:
        """The field that a refusal is about: as it says, or else the one without which it would not be."""
        if "field" in bad.facts:
            return str(bad.facts["field"])
        if len(letter := str(bad.facts.get("option", ""))) == 1 and letter in OPTION_LETTERS:
            return f"option-{OPTION_LETTERS.index(letter)}"
        if bad.reason in _BY_REASON:
            return _BY_REASON[bad.reason]
        maybe = [
            field
            for name, _title in SECTIONS
            for field in self.section(name)
            if field.kind in (Kind.LINE, Kind.TEXT) and _could_be(field, bad)
        ]
        mended = (field.id for field in maybe if self._reason_without(field) != bad.reason)
        empty = (field.id for field in maybe if not self.value(field.id).strip())
        return next(mended, next(empty, maybe[0].id if maybe else ""))

    def _reason_without(self, field: Field) -> str:
        try:
            finish(self._draft(self.values | {field.id: "" if field.topic == "day" else field.id}), str)
        except BadRow as bad:
            return bad.reason
        return ""


def _could_be(field: Field, bad: BadRow) -> bool:
    if bad.reason == "basis-date":
        return field.topic == "day"
    if bad.reason == "translation-of-other-shape":
        return field.topic in ("lang", "translation")
    column = str(bad.facts.get("column", ""))
    return column in field.id.split("-") or (column == "basis" and field.topic == "provision")


def _values(item: Item) -> dict[str, str]:
    content, key, number = item.content, item.answer_key, item.answer_key.number
    values = {name: getattr(item, name) for name in ("subject", "chapter", "explanation", "basis", "code", "source")}
    values |= {
        "type": content.type.value,
        "level": item.level.value,
        "difficulty": "" if item.p4 is None else f"{item.p4 / 10_000:.4f}".rstrip("0").rstrip("."),
        "enemies": "；".join(item.enemies),
        "tags": "；".join(item.tags),
        "locked": "".join(OPTION_LETTERS[n] for n in item.locked),
        "place": str(item.place or ""),
    }
    if content.type is ItemType.FILL:
        values["answer"] = spelling.joined(key.accepted)
        if number is not None:
            values |= {"value": number.value, "tolerance": number.tolerance, "units": spelling.joined(number.units)}
    elif content.type is ItemType.TRUEFALSE:
        values["answer"] = "√" if key.correct == (0,) else "×"
    else:
        values["answer"] = "".join(OPTION_LETTERS[n] for n in key.correct)
    values |= _shown("", content, item.background)
    for n, basis in enumerate(item.bases):
        values[f"provision-{n}"] = basis.text
        values[f"from-{n}"] = basis.effective_from.isoformat() if basis.effective_from else ""
        values[f"until-{n}"] = basis.repealed_on.isoformat() if basis.repealed_on else ""
    for n, translation in enumerate(item.translations):
        values[f"t{n}-lang"] = translation.lang
        values |= _shown(f"t{n}-", translation.content, translation.background)
    return values


def _shown(own: str, content: Content, background: Background | None) -> dict[str, str]:
    values = {own + "stem": content.stem, own + "media": " ".join(content.media)}
    if content.type is not ItemType.TRUEFALSE or own:
        for n, option in enumerate(content.options):
            values[f"{own}option-{n}"] = option.text
            values[f"{own}media-option-{n}"] = " ".join(option.media)
    if background is not None:
        values[own + "background"] = background.text
        values[own + "media-background"] = " ".join(background.media)
    return values
