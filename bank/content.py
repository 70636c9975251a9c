"""What a candidate may see of an item, and nothing more: no type here has a field for an answer key.

Before: `bank.formats` (reads authors' files). After: `bank.item` adds the answer key for the bank's own eyes;
`examd.package.issue` puts Content, alone, into the part that a site opens before the exam.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bank.canonical import canonical


class ItemType(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUEFALSE = "truefalse"


class Level(StrEnum):
    """Cognitive level: 了解 / 掌握 / 熟练掌握; NONE where a bank does not say."""

    KNOW = "know"
    GRASP = "grasp"
    MASTER = "master"
    NONE = "none"


TRUEFALSE_OPTIONS = ("正确", "错误")
"""The two options of every 判断 item, always in this order: they are locked."""

OPTION_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Option:
    text: str
    media: tuple[str, ...] = ()
    """SHA-256 digests (hex) of pictures shown with this option."""


@dataclass(frozen=True, slots=True)
class Content:
    type: ItemType
    stem: str
    options: tuple[Option, ...]
    media: tuple[str, ...] = ()
    """SHA-256 digests (hex) of pictures shown with the stem."""

    @property
    def needs_picture(self) -> bool:
        return bool(self.media) or any(option.media for option in self.options)

    def record(self) -> dict[str, Any]:
        """The canonical-JSON form: what `content_hash` and the item's identity are taken over."""
        return {
            "media": list(self.media),
            "options": [{"media": list(o.media), "text": o.text} for o in self.options],
            "stem": self.stem,
            "type": self.type.value,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Content":
        return cls(
            type=ItemType(record["type"]),
            stem=record["stem"],
            options=tuple(Option(o["text"], tuple(o["media"])) for o in record["options"]),
            media=tuple(record["media"]),
        )

    def sha256(self) -> str:
        return hashlib.sha256(canonical(self.record())).hexdigest()

    def item_id(self) -> str:
        """Identity of an item: type + stem + options + digests of its pictures, as 32 hexadecimal digits."""
        return self.sha256()[:32]
