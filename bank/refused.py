"""How a core says no: a code and the facts, never a sentence.

The edges (`tools.cli.language`, `terminal.language`) own the sentences in the reader's language; a core that wrote
prose would fix the language and tempt callers to match on text. One class per origin of blame, so that an edge can
choose its exit code without a table.
"""

from typing import Any


class Refused(Exception):  # noqa: N818 - a refusal is an outcome, not a fault
    """Something was not done. `code` names why (kebab-case); `facts` fill the sentence the edge prints.

    Facts hold what was expected, what was found and where; never a secret, an answer key or exam text.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class BadFile(Refused):
    """A file we were given is not what it should be."""


class Denied(Refused):
    """The act is not allowed: wrong key, wrong code, wrong moment, wrong person, wrong rule."""


class BrokenStore(Refused):
    """A disk or database of ours does not hold what it must; going on could lose or falsify something."""
