"""Every refusal as a sentence: one table a slice of the house, joined here.

Cores raise codes and facts; a person reads what was expected, what was found, where, and what to do.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bank.refused import Refused


def said(refused: "Refused") -> str:
    """The refusal in the current language. A code without a sentence still says its facts."""
    from tools.say import sentence
    from tools.sentences import bank, documents, package, rule

    table = {**bank.SENTENCES, **rule.SENTENCES, **documents.SENTENCES, **package.SENTENCES}
    facts = {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in refused.facts.items()
    }
    return sentence(refused.code, facts, table)
