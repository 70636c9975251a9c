"""What a candidate may see of an item, and nothing more: no type here has a field for an answer key.

A small table stands in a stem, an option or a background as adjacent lines that each begin and end with `|`:

    | 线路 | 电压 |
    | 甲 | 380 V |

Two rows and two columns at least, the same number in each row; `\\|` is a bar inside a cell. `blocks` takes text apart.

Before: `bank.formats` (reads authors' files). After: `bank.item` adds the answer key for the bank's own eyes;
`examd.package.issue` puts Content, alone, into the part that a site opens before the exam.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from bank.canonical import canonical


class ItemType(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUEFALSE = "truefalse"
    FILL = "fill"
    """填空: no options; the candidate writes one text or number."""


class Level(StrEnum):
    """Cognitive level: 了解 / 掌握 / 熟练掌握; NONE where a bank does not say."""

    KNOW = "know"
    GRASP = "grasp"
    MASTER = "master"
    NONE = "none"


TRUEFALSE_OPTIONS = ("正确", "错误")
"""The two options of every 判断 item, always in this order: they are locked."""

OPTION_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


Row = tuple[str, ...]

_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Option:
    text: str
    media: tuple[str, ...] = ()
    """SHA-256 digests (hex) of pictures shown with this option."""


@dataclass(frozen=True, slots=True)
class Background:
    """What the items of a case group (案例) have in common; shown with each of them."""

    text: str
    media: tuple[str, ...] = ()
    """SHA-256 digests (hex) of its pictures."""

    def to_json(self) -> dict[str, Any]:
        return {"media": list(self.media), "text": self.text}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Background":
        """Raises ValueError: when a field is missing or of another type."""
        return msgspec.convert(record, cls)

    def sha256(self) -> str:
        """What `Content.case` holds of it: the name of the case group."""
        return hashlib.sha256(canonical(self.to_json())).hexdigest()


class _Hashed:
    """Where a value that never changes keeps its bytes and their digest: an import asks for them at every step."""

    __slots__ = ("_canonical", "_sha256")
    _canonical: bytes
    _sha256: str


@dataclass(frozen=True, slots=True)
class Content(_Hashed):
    type: ItemType
    stem: str
    options: tuple[Option, ...]
    media: tuple[str, ...] = ()
    """SHA-256 digests (hex) of pictures shown with the stem."""
    case: str = ""
    """SHA-256 (hex) of the Background of the case group that the item belongs to; "" where it stands alone."""

    @property
    def needs_picture(self) -> bool:
        return bool(self.media) or any(option.media for option in self.options)

    def to_json(self) -> dict[str, Any]:
        """The canonical-JSON form: what `content_hash` and the item's identity are taken over."""
        record: dict[str, Any] = {
            "media": list(self.media),
            "options": [{"media": list(o.media), "text": o.text} for o in self.options],
            "stem": self.stem,
            "type": self.type.value,
        }
        # Left out where empty: items that were there before case groups keep their identity.
        return record | {"case": self.case} if self.case else record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Content":
        """Raises ValueError: when a field is missing or of another type."""
        return msgspec.convert(record, cls)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Digests of all pictures, of the stem and then of the options in order."""
        return (*self.media, *(digest for option in self.options for digest in option.media))

    def canonical(self) -> bytes:
        """The canonical form."""
        if not hasattr(self, "_canonical"):
            object.__setattr__(self, "_canonical", canonical(self.to_json()))
        return self._canonical

    def sha256(self) -> str:
        """Digest (hex) of the canonical form."""
        if not hasattr(self, "_sha256"):
            object.__setattr__(self, "_sha256", hashlib.sha256(self.canonical()).hexdigest())
        return self._sha256

    def item_id(self) -> str:
        """Identity of an item: type + stem + options + digests of its pictures, as 32 hexadecimal digits."""
        return self.sha256()[:32]


def blocks(text: str) -> tuple[str | tuple[Row, ...], ...]:
    """Text and tables in reading order: a string for the lines between tables, a tuple of rows for each table."""
    found: list[str | tuple[Row, ...]] = []
    lines: list[str] = []
    rows: list[Row] = []

    def end_table() -> None:
        nonlocal rows
        if len(rows) > 1:
            end_text(before=len(rows))
            found.append(tuple(rows))
        rows = []

    def end_text(before: int = 0) -> None:
        kept = lines[: len(lines) - before]
        if any(line.strip() for line in kept):
            found.append("\n".join(kept))
        lines.clear()

    for line in text.split("\n"):
        row = _row(line)
        if not row or (rows and len(row) != len(rows[0])):
            end_table()
        lines.append(line)
        if row:
            rows.append(row)
    end_table()
    end_text()
    return tuple(found)


def _row(line: str) -> Row:
    line = line.strip()
    if len(line) < 2 or line[0] != "|" or line[-1] != "|" or line.endswith("\\|"):
        return ()
    cells = tuple(cell.strip().replace("\\|", "|") for cell in _BAR.split(line[1:-1]))
    return cells if len(cells) > 1 else ()  # "|x|" is an absolute value
