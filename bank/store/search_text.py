"""The text that a search looks at, in the one spelling in which it compares. Pure.

Before: `bank.content`. After: `bank.store.writing` fills the index, `bank.store.items` and `bank.store.catalogue` ask.
"""

import unicodedata

from bank.content import Content

_TERMINATOR = "\n\n"  # so that every two characters of the text begin a trigram


def searched(content: Content, code: str) -> str:
    """The text that searching looks at, in the one spelling in which it compares."""
    return folded("\n".join((content.stem, *(option.text for option in content.options), code)))


def indexed(content: Content, code: str) -> str:
    return searched(content, code) + _TERMINATOR


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
