"""Every refusal as a sentence: one table a slice of the house, joined here.

Cores raise codes and facts; a person reads what was expected, what was found, where, and what to do.
"""

from collections.abc import Mapping
from string import Formatter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bank.refused import Refused


def said(refused: "Refused") -> str:
    """The refusal in the current language. A code without a sentence still says its facts."""
    return told(refused.code, refused.facts)


def told(code: str, facts: Mapping[str, Any]) -> str:
    """The same for a code and facts that were not raised, such as those of a refused row."""
    from tools.cli.language import sentence
    from tools.cli.sentences import (
        author_desk,
        bank,
        custody,
        documents,
        fact_words,
        guarding,
        package,
        review,
        rule,
        submissions,
    )

    slices = (bank, author_desk, custody, review, rule, documents, package, submissions, guarding)
    tables = [each.SENTENCES for each in slices]
    sentences = [table[code] for table in tables if code in table]
    # One code may come from two slices with other facts: said is the sentence whose every name is among the facts.
    sentences.sort(key=lambda template: not _names(template) <= facts.keys())
    table = {code: sentences[0]} if sentences else {}
    return sentence(code, {name: fact_words.in_language(name, value) for name, value in facts.items()}, table)


def _names(template: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in Formatter().parse(template) if name}
