"""The search and the seven filters as they stand: their names, the values of each, and a value in words. No widget.

Before: `tools.author_desk.browse` lets them be chosen. After: `tools.author_desk.bank_access` finds by them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bank import subjects
from tools.cli.language import N_, _, sentence
from tools.cli.sentences import bank as words
from tools.cli.sentences import review as lives

FILTERS = (
    ("type", N_("type")),
    ("chapter", N_("chapter")),
    ("level", N_("level")),
    ("state", N_("state")),
    ("lacks", N_("to mend")),
    ("whose", N_("whose")),
    ("subject", N_("subject")),
)
_VALUES: dict[str, dict[str, str]] = {
    "type": words.TYPES,
    "level": words.LEVELS,
    "state": lives.STATES,
    "lacks": {
        "subject": N_("no subject"),
        "basis": N_("no basis"),
        "difficulty": N_("no difficulty"),
        "force": N_("repealed basis"),
    },
    "whose": {"mine": N_("mine"), "review": N_("to review")},
}


@dataclass(frozen=True, slots=True)
class Search:
    """What the list is narrowed by; "" is no filter."""

    text: str = ""
    type: str = ""
    chapter: str = ""
    level: str = ""
    state: str = ""
    lacks: str = ""
    """One of `bank.store.listing.Lack`."""
    whose: str = ""
    """mine | review: waits for review and no hand of mine is in it."""
    subject: str = ""


Choices = tuple[tuple[str, str, str], ...]
"""Value, word, how many items it leaves where that is known."""


def choices(name: str) -> Choices:
    """The values of any filter but chapter and subject, whose values the bank knows."""
    return tuple((value, _(word), "") for value, word in _VALUES[name].items())


def chapter_choices(chapters: Mapping[str, int]) -> Choices:
    """In the order of their numbers: 2.10 behind 2.9."""
    ordered = sorted(chapters.items(), key=lambda each: _order(each[0]))
    return tuple((chapter, chapter, f"{n:,}") for chapter, n in ordered if chapter)


def subject_choices(held: Mapping[str, int]) -> Choices:
    """By code, with the name that the list has for it."""
    return tuple((code, subjects.told(code), f"{n:,}") for code, n in sorted(held.items()) if code)


def shown(search: Search) -> tuple[tuple[int, str, str], ...]:
    """Of each filter its digit, its name and its value in words, which is "" where it is off."""
    return tuple((n, _(title), _value_word(search, name)) for n, (name, title) in enumerate(FILTERS, 1))


def _value_word(search: Search, name: str) -> str:
    value = str(getattr(search, name))
    return sentence(value, {}, _VALUES[name]) if value and name in _VALUES else value


def _order(chapter: str) -> list[tuple[int, int, str]]:
    parts = chapter.split(".")
    return [(0, int(part), "") if part.isascii() and part.isdecimal() else (1, 0, part) for part in parts]
