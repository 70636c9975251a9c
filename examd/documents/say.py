"""The language of a document: message ids are English, Chinese is in the catalogue beside this file.

A function of the language rather than a setting of the process, so that one process can write a bulletin in both.
"""

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path

Say = Callable[[str], str]
LOCALE = Path(__file__).parent / "locale"
LANGUAGES = ("zh", "en")


@cache
def speaker(language: str) -> Say:
    """`language`: "zh" or "en"."""
    if language == "en":
        return gettext.NullTranslations().gettext
    if language == "zh":
        return gettext.translation("documents", LOCALE, ["zh_CN"]).gettext
    raise ValueError(f"no such language: {language}")
