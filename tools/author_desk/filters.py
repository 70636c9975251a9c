"""The six filters: their names, the values of each, and a value in words. No widget, no bank.

Before: `tools.author_desk.desk` asks by them. After: `tools.author_desk.item_list` shows them and lets a value be
chosen.
"""

from collections.abc import Mapping

from bank.authoring.review import State
from bank.content import ItemType, Level
from tools.author_desk.desk import Asked
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
)
_VALUES: dict[str, dict[str, str]] = {
    "type": {each.value: words.TYPES[each.value] for each in ItemType},
    "level": {each.value: words.LEVELS[each.value] for each in Level},
    "state": {each.value: lives.STATES[each.value] for each in State},
    "lacks": {"basis": N_("no basis"), "difficulty": N_("no difficulty"), "force": N_("repealed basis")},
    "whose": {"mine": N_("mine"), "review": N_("to review")},
}

Choices = tuple[tuple[str, str, str], ...]
"""Value, word, how many items it leaves where that is known."""


def choices(name: str) -> Choices:
    """The values of any filter but the chapter, whose values the bank knows."""
    return tuple((value, _(word), "") for value, word in _VALUES[name].items())


def chapter_choices(chapters: Mapping[str, int]) -> Choices:
    ordered = sorted(chapters.items(), key=lambda each: _order(each[0]))
    return tuple((chapter, chapter, f"{n:,}") for chapter, n in ordered if chapter)


def value_word(asked: Asked, name: str) -> str:
    value = str(getattr(asked, name))
    return sentence(value, {}, _VALUES[name]) if value and name in _VALUES else value


def _order(chapter: str) -> list[tuple[int, int, str]]:
    parts = chapter.split(".")
    return [(0, int(part), "") if part.isascii() and part.isdecimal() else (1, 0, part) for part in parts]
