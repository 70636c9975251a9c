"""Where something stands in what an author wrote, and what was refused there.

Before: `bank.formats` reads files, `bank.authoring.submissions` packed ones. After: every report of them.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    file: str
    sheet: str
    row: int
    """As a spreadsheet or an editor numbers it; 0 for a whole sheet."""
    words: str = ""
    """The first words that stand there, of a file whose rows no program numbers."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused there, or deserves a look."""

    file: str
    sheet: str
    row: int
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)
    words: str = ""
