"""The gettext catalogues of an edge: Chinese by default, English complete (which is also the language of message ids).

Each edge (terminal, command lines, documents) keeps its sentences in a `locale` folder of its own, because a room's
machine carries no tools; `.ci/catalogues` compiles them. This is how all of them are read.
"""

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path

Translate = Callable[[str], str]
"""A message id -> the sentence, in one language."""
LANGUAGES = ("zh", "en")


@cache
def catalogue(folder: Path, language: str) -> gettext.NullTranslations:
    """The sentences of `folder` (its `zh_CN/LC_MESSAGES/*.mo`, searched one after the other) in "zh" or "en".

    Raises ValueError: when there is no such language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language}")
    found = gettext.NullTranslations()
    for file in sorted(folder.glob("zh_CN/LC_MESSAGES/*.mo")) if language == "zh" else ():
        with file.open("rb") as stream:
            translations = gettext.GNUTranslations(stream)
        translations.add_fallback(found)
        found = translations
    return found


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    return message
