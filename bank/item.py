"""Item = content + answer key + provenance. The only module whose types hold an answer key.

Before: `bank.formats` makes Items from authors' files. After: `bank.store` keeps them, with AnswerKey in tables
of its own. The serving process never imports this module (a test looks into its `sys.modules`).
"""

from dataclasses import dataclass, field

from bank.content import Content, Level


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """Zero-based indices of the right options, ascending, in the item's own option order."""

    correct: tuple[int, ...]

    def __repr__(self) -> str:
        return "AnswerKey(…)"  # a traceback or a log line must not answer the exam


@dataclass(frozen=True, slots=True)
class Item:
    content: Content
    answer_key: AnswerKey
    chapter: str
    """Code in the rule's own numbering; dots nest ("1.1.3" lies in "1.1" and in "1")."""
    level: Level = Level.NONE
    p4: int | None = None
    """Expected share of right answers ×10⁴ (judged, not measured); None where the author gave none."""
    explanation: str = ""
    basis: str = ""
    enemies: tuple[str, ...] = ()
    """Names of the groups of which a form may hold only one item."""
    locked: tuple[int, ...] = ()
    """Indices of options that stay in place when options are shuffled."""
    tags: tuple[str, ...] = ()
    code: str = ""
    """The author's own number for it, for people; identity is `content.item_id()`."""
    source: str = field(default="")

    @property
    def id(self) -> str:
        return self.content.item_id()
