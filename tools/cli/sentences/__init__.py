"""Every refusal as a sentence: one table a slice of the house, joined here. No code is in two of them.

Cores raise codes and facts; a person reads what was expected, what was found, where, and what to do.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from bank.refused import Refused
from tools.cli.language import sentence


def said(refused: Refused) -> str:
    """The refusal in the current language. A code without a sentence still says its facts."""
    return told(refused.code, refused.facts)


def told(code: str, facts: Mapping[str, Any]) -> str:
    """The same for a code and facts that were not raised, such as those of a refused row."""
    from tools.cli.sentences import fact_words  # with the tables below: most commands refuse nothing

    return sentence(code, {name: fact_words.in_language(name, value) for name, value in facts.items()}, sentences())


@cache
def sentences() -> Mapping[str, str]:
    """Code -> sentence in English, a message id."""
    from tools.cli.sentences import (
        author_desk,
        bank,
        chief,
        custody,
        documents,
        guarding,
        package,
        review,
        rule,
        submissions,
    )

    slices = (bank, author_desk, custody, review, rule, documents, package, submissions, guarding, chief)
    return {code: text for each in slices for code, text in each.SENTENCES.items()}
