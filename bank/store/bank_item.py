"""BankItem: one revision as the bank lists it. It has no field for what reveals the answer. ItemOutline: what may be
counted of it, and no word of the question.

Before: `bank.item`. After: `bank.store.items` makes them from rows.
"""

from dataclasses import dataclass, fields
from operator import attrgetter

from msgspec import structs

from bank.authoring.review import State
from bank.content import Background, Content, ItemType, Level
from bank.item import NOWHERE, AnswerKey, Basis, Item, Provenance, Translation


@dataclass(frozen=True, slots=True)
class ItemOutline:
    """What counting, checking a rule and drawing need of a revision: no stem, no option, no background, no translation.

    Whoever asks for these takes nothing out of the bank (`bank.lending.outgoing`).
    """

    id: str
    rev: int
    state: State
    type: ItemType
    options: int
    content: str
    """SHA-256 (hex) of the content."""
    case: str
    pictures: tuple[str, ...]
    """Digests of those that stem and options need."""
    subject: str
    chapter: str
    level: Level
    p4: int | None
    calibrated_p4: int | None
    basis: str
    bases: tuple[Basis, ...]
    enemies: tuple[str, ...]
    locked: tuple[int, ...]
    tags: tuple[str, ...]
    code: str
    place: int
    provenance: Provenance
    lineage: str
    number: int

    @property
    def name(self) -> str:
        """By which people call the item."""
        return self.code or self.lineage[:8]

    @property
    def expected_p4(self) -> int | None:
        """What is measured outweighs what was judged."""
        return self.p4 if self.calibrated_p4 is None else self.calibrated_p4


@dataclass(frozen=True, slots=True)
class BankItem:
    """One revision of an item as the bank lists it: content and provenance, nothing that reveals the answer."""

    id: str
    rev: int
    state: State
    content: Content
    chapter: str
    level: Level
    p4: int | None
    basis: str
    enemies: tuple[str, ...]
    locked: tuple[int, ...]
    tags: tuple[str, ...]
    code: str
    source: str
    calibrated_p4: int | None = None
    bases: tuple[Basis, ...] = ()
    background: Background | None = None
    place: int = 0
    translations: tuple[Translation, ...] = ()
    provenance: Provenance = NOWHERE
    subject: str = ""
    """Code of the exam subject; "" where nobody stated one."""
    lineage: str = ""
    """Identity of the item's first revision: its name through all revisions."""
    number: int = 0
    """The revision's place in the bank; for the bank's own use."""

    @property
    def expected_p4(self) -> int | None:
        """What is measured outweighs what was judged."""
        return self.p4 if self.calibrated_p4 is None else self.calibrated_p4

    @property
    def outline(self) -> ItemOutline:
        """The same without a word of the question."""
        content = self.content
        return ItemOutline(
            type=content.type, options=len(content.options), content=content.sha256(), case=content.case,
            pictures=content.pictures, **{name: getattr(self, name) for name in _SAID},
        )  # fmt: skip

    def pictures(self) -> frozenset[str]:
        """Digests of every picture that any version of it shows."""
        return self.with_key(AnswerKey(), "").pictures()

    def with_key(self, answer_key: AnswerKey, explanation: str) -> Item:
        shown = dict(zip(_SHOWN, _shown(self), strict=True))
        return Item(answer_key=answer_key, explanation=explanation, **shown)


_SHOWN = [field.name for field in structs.fields(Item) if field.name not in ("answer_key", "explanation")]
_shown = attrgetter(*_SHOWN)
_SAID = [
    field.name for field in fields(ItemOutline) if field.name not in ("type", "options", "content", "case", "pictures")
]
