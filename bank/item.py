"""Item = content + answer key + provenance. The only module whose types hold an answer key.

Before: `bank.formats` makes Items from authors' files. After: `bank.store` keeps them, with AnswerKey in tables
of its own. The serving process never imports this module (a test looks into its `sys.modules`). docs/items.md
describes the whole model.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from bank.content import TRUEFALSE_OPTIONS, Background, Content, ItemType, Level
from bank.refused import BadFile
from bank.subjects import well_formed

LONGEST_ANSWER = 200
"""Characters that a candidate may write into a blank."""

_DECIMAL = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?", re.ASCII)
_WRITTEN = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(.*)", re.ASCII)
_IDLE_SPACE = re.compile(r"(?<![0-9A-Za-z])\s+|\s+(?![0-9A-Za-z])", re.ASCII)
_LIKE = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "﹣": "-"}  # NFKC leaves the typographer's minus alone
    | {up: "^" + down for up, down in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)}  # else 5² would read as 52
    | dict.fromkeys("\u200b\u2060\ufeff\u00ad")  # nothing that can be seen
)


@dataclass(frozen=True, slots=True)
class Number:
    """A right number: within `tolerance` of `value`, followed by one of `units`. Decimals as strings, hence exact."""

    value: str
    tolerance: str = "0"
    units: tuple[str, ...] = ()
    """Spellings of the unit ("A", "安", "安培"). () wants a bare number; "" among them lets the unit be left out."""

    def __post_init__(self) -> None:
        for said in (self.value, self.tolerance):
            if not isinstance(said, str) or not _DECIMAL.fullmatch(said):
                raise BadFile("number-malformed")
        if Decimal(self.tolerance) < 0:
            raise BadFile("number-malformed")

    def __repr__(self) -> str:
        return "Number(…)"

    def matches(self, text: str) -> bool:
        """Whether a candidate's text is this number, within its tolerance."""
        written = _WRITTEN.fullmatch(normal(text, fold=False))
        if written is None:
            return False
        off = abs(Decimal(written[1].replace(",", "")) - Decimal(self.value))
        return off <= Decimal(self.tolerance) and _unit(written[2]) in map(_unit, self.units or ("",))


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """Options for a choice; for a blank, accepted texts or a number, or both ("三" beside 3)."""

    correct: tuple[int, ...] = ()
    """Zero-based indices of the right options, ascending, in the item's own option order."""
    accepted: tuple[str, ...] = ()
    """Right texts of a blank, the one to be printed first."""
    number: Number | None = None

    def __repr__(self) -> str:
        return "AnswerKey(…)"  # a traceback or a log line must not answer the exam

    def matches(self, text: str) -> bool:
        """Whether `text`, as written into the blank, is right: width, case and idle spaces do not matter.

        In a unit case does matter: mW is not MW.
        """
        if not text or len(text) > LONGEST_ANSWER:
            return False
        said = normal(text)
        if said and any(said == normal(right) for right in self.accepted):
            return True
        return self.number is not None and self.number.matches(text)

    def to_json(self) -> dict[str, Any]:
        """The canonical-JSON form. What is empty is left out: an answer key of options is `{"correct": […]}`."""
        record: dict[str, Any] = {"correct": list(self.correct)}
        if self.accepted:
            record["accepted"] = list(self.accepted)
        if self.number is not None:
            number = self.number
            record["number"] = {"tolerance": number.tolerance, "units": list(number.units), "value": number.value}
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "AnswerKey":
        """Other fields of `record` are none of its business: the package's record bears id and salt as well."""
        number = record.get("number")
        return cls(
            tuple(record["correct"]),
            tuple(record.get("accepted", ())),
            None if number is None else Number(number["value"], number["tolerance"], tuple(number["units"])),
        )


def normal(text: str, *, fold: bool = True) -> str:
    """What two spellings of one answer have in common: width, case, idle spaces and a final full stop taken away.

    A space between two Latin words or numbers stays, as one; any other is idle.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_LIKE)).translate(_LIKE).strip()
    plain = _IDLE_SPACE.sub("", " ".join(plain.split())).rstrip("。.")
    return plain.casefold() if fold else plain


def _unit(text: str) -> str:
    return normal(text, fold=False).replace("^", "").replace(" ", "")


@dataclass(frozen=True, slots=True)
class Basis:
    """One provision that an item rests on (依据), and when it was in force."""

    text: str
    effective_from: date | None = None
    repealed_on: date | None = None
    """The first day on which it is no longer in force; None while it is, as far as the bank knows."""

    def repealed(self, on: date) -> bool:
        return self.repealed_on is not None and self.repealed_on <= on

    def to_json(self) -> dict[str, str]:
        days = {"effective_from": self.effective_from, "repealed_on": self.repealed_on}
        return {"text": self.text} | {name: day.isoformat() for name, day in days.items() if day is not None}

    @classmethod
    def from_json(cls, record: dict[str, str]) -> "Basis":
        """Raises ValueError: when a field is missing or of another type."""
        return msgspec.convert(record, cls)


@dataclass(frozen=True, slots=True)
class Translation:
    """The same item in another language: as many options, in the same order, so that one answer key serves both."""

    lang: str
    """BCP 47, e.g. "en", "ug"."""
    content: Content
    background: Background | None = None

    def to_json(self) -> dict[str, Any]:
        record: dict[str, Any] = {"content": self.content.to_json(), "lang": self.lang}
        return record if self.background is None else record | {"background": self.background.to_json()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Translation":
        """Raises ValueError: when a field is missing or of another type."""
        return msgspec.convert(record, cls)


@dataclass(frozen=True, slots=True)
class Provenance:
    author: str = ""
    """Who wrote it, as the file says; who signed it is in the bank's own record of the revision."""
    owner: str = ""
    """The body whose item it is: a city's bank does not edit a province's."""
    origin: str = ""
    """The file, bank or slice by which it came."""

    def to_json(self) -> dict[str, str]:
        named = {"author": self.author, "owner": self.owner, "origin": self.origin}
        return {name: value for name, value in named.items() if value}

    @classmethod
    def from_json(cls, record: dict[str, str]) -> "Provenance":
        return cls(**record)


NOWHERE = Provenance()


class Item(msgspec.Struct, frozen=True):
    """No dataclass: an import makes 40,000, and a struct takes a fifth of the time."""

    content: Content
    answer_key: AnswerKey
    chapter: str
    """Code in the numbering of its subject; dots nest ("1.1.3" lies in "1.1" and in "1")."""
    level: Level = Level.NONE
    p4: int | None = None
    """Expected share of right answers ×10⁴ as experts judge it; None where nobody did."""
    explanation: str = ""
    basis: str = ""
    """The basis as the author wrote it, in one text."""
    enemies: tuple[str, ...] = ()
    """Names of the groups of which a form may hold only one item."""
    locked: tuple[int, ...] = ()
    """Indices of options that stay in place when options are shuffled."""
    tags: tuple[str, ...] = ()
    code: str = ""
    """The author's own number for it, for people; identity is `content.item_id()`."""
    source: str = ""
    calibrated_p4: int | None = None
    """Share of right answers ×10⁴ as measured on candidates; outweighs the judged one where there is one."""
    bases: tuple[Basis, ...] = ()
    """Where somebody took `basis` apart: its provisions one by one, with their dates."""
    background: Background | None = None
    """The case's background, for an item with `content.case`: its digest."""
    place: int = 0
    """Where the item stands in its case group: 1, 2, 3 …; 0 outside one."""
    translations: tuple[Translation, ...] = ()
    """In byte order of language."""
    provenance: Provenance = NOWHERE
    subject: str = ""
    """Code of the exam subject (`bank.subjects`); "" where nobody stated one: then it is in no session pool."""

    @property
    def id(self) -> str:
        return self.content.item_id()

    def in_language(self, lang: str) -> Content:
        """The content in `lang`, or as it was written where nobody translated it."""
        return next((each.content for each in self.translations if each.lang == lang), self.content)

    def pictures(self) -> frozenset[str]:
        """Digests of every picture that any version of it shows."""
        backgrounds = [self.background, *(each.background for each in self.translations)]
        contents = [self.content, *(each.content for each in self.translations)]
        shown = {digest for content in contents for digest in content.pictures}
        return frozenset(shown.union(*(background.media for background in backgrounds if background is not None)))


def flaw(item: Item) -> str | None:
    """What makes `item` no item, as a code, or None: the rules of the model, whatever file it came from."""
    content, answer_key = item.content, item.answer_key
    options = len(content.options)
    right = answer_key.correct
    if not content.stem.strip():
        return "empty-stem"
    if item.subject and not well_formed(item.subject):
        return "subject-malformed"
    if content.type is ItemType.FILL:
        if options or right or item.locked:
            return "fill-with-options"
        if not any(map(normal, answer_key.accepted)) and answer_key.number is None:
            return "no-answer"
    else:
        if answer_key.accepted or answer_key.number is not None:
            return "choice-with-text-answer"
        if options < 2 or (content.type is ItemType.TRUEFALSE and options != len(TRUEFALSE_OPTIONS)):
            return "too-few-options"
        if not right or list(right) != sorted({index for index in right if 0 <= index < options}):
            return "no-answer"
        if content.type is not ItemType.MULTIPLE and len(right) > 1:
            return "several-answers"
        if any(not 0 <= index < options for index in item.locked):
            return "locked-out-of-range"
    if content.case != ("" if item.background is None else item.background.sha256()):
        return "other-background"
    if bool(content.case) != (item.place > 0):
        return "no-place-in-case"
    for translation in item.translations:
        other = translation.content
        if other.type is not content.type or len(other.options) != options:
            return "translation-of-other-shape"
        if other.case != ("" if translation.background is None else translation.background.sha256()):
            return "other-background"
        if bool(other.case) != bool(content.case):
            return "other-background"
    return None
