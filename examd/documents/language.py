"""The language of a document: a function of the language rather than a setting of the process, so that one process
can write a bulletin in both.
"""

from pathlib import Path

from examd.protocol.catalogue import Translate, catalogue

LOCALE = Path(__file__).parent / "locale"


def translator(language: str) -> Translate:
    """Document sentences in `language`: "zh" or "en"."""
    return catalogue(LOCALE, language).gettext
