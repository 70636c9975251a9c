"""The one place where command lines choose their language, and refusals become sentences.

Chinese is the default; `--lang en` gives English. Before: `examd.protocol.catalogue`, over `tools/locale`.
"""

import argparse
import gettext
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from examd.protocol.catalogue import LANGUAGES, N_, catalogue

__all__ = ("LANGUAGES", "N_", "_", "current_language_from_environment", "joined", "plain", "sentence", "set_language")

LOCALE = Path(__file__).parents[1] / "locale"
_current: gettext.NullTranslations | None = None


def set_language(language: str) -> gettext.NullTranslations:
    """From now on this process speaks "zh" (the default everywhere) or "en"."""
    global _current  # noqa: PLW0603 - one process speaks one language
    _current = catalogue(LOCALE, language)
    # argparse's own words ("usage:", "options:", its errors) come from two functions of gettext that it keeps in its
    # module, and those listen to the environment alone, which every child process would inherit. It gets ours instead.
    vars(argparse).update(_=_current.gettext, ngettext=_current.ngettext)
    return _current


def current_language_from_environment() -> str:
    """EXAMD_LANG, where it names a language we have; Chinese otherwise."""
    wanted = os.environ.get("EXAMD_LANG", "zh")[:2]
    return wanted if wanted in LANGUAGES else "zh"


def _(message: str, /, **facts: object) -> str:
    """`message` in the current language, its {facts} filled in."""
    said = (_current or set_language(current_language_from_environment())).gettext(message)
    return said.format(**facts) if facts else said


def joined(names: Iterable[object]) -> str:
    """Names one after the other, divided as the language divides them."""
    return _(", ").join(map(str, names))


def plain(text: str) -> str:
    """Text of others as it may stand on a screen: what would steer the terminal, or turn the line around, is shown.

    Only our own sentences break lines; `plain` keeps those breaks out of what is put into them.
    """
    return "".join(char if char.isprintable() or char == "\u3000" else _shown(char) for char in text)


def _shown(char: str) -> str:
    return chr(0x2400 + ord(char)) if char < " " else "\N{REPLACEMENT CHARACTER}"


def sentence(code: str, facts: Mapping[str, Any], sentences: Mapping[str, str]) -> str:
    """The refusal `code` as a sentence; a code nobody wrote a sentence for still says its facts."""
    template = sentences.get(code)
    if template is None:
        return f"{code}: " + ", ".join(f"{name}={value}" for name, value in facts.items())
    return _(template).format_map(_Facts(facts))


class _Facts(dict[str, Any]):
    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        return plain(value) if isinstance(value, str) else value

    def __missing__(self, key: str) -> str:
        return f"<{key}>"  # a missing fact must not turn a refusal into a traceback
