"""The text that a search looks at, in the one spelling in which it compares. Pure.

Before: `bank.content`. After: `bank.store.writing` fills the index, `bank.store.items` and `bank.store.catalogue` ask.
"""

import re
import unicodedata

from bank.content import Content

_TERMINATOR = "\n\n"  # so that every two characters of the text begin a trigram


def searched(content: Content, code: str) -> str:
    """The text that searching looks at, in the one spelling in which it compares."""
    return folded("\n".join((content.stem, *(option.text for option in content.options), code)))


def indexed(content: Content, code: str) -> str:
    return searched(content, code) + _TERMINATOR


_LOOSE = re.compile(r".?[^\n -~\u4e00-\u9fff]+", re.DOTALL)
"""What may have another spelling, with the character that it may be joined to: little of a text, looked at closely."""


def folded(text: str) -> str:
    """In compatibility form, without case."""
    return _LOOSE.sub(lambda loose: unicodedata.normalize("NFKC", loose[0]), text).casefold()
