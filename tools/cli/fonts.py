"""Which characters can be printed: asked of the font file itself, before a page shows empty boxes.

Reads the `cmap` table of TrueType and OpenType files and collections: the two formats that cover Unicode (4 and 12).
"""

import struct
from functools import cache
from pathlib import Path

CHINESE = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Serif CJK SC", "Source Han Serif SC", "Microsoft YaHei",
    "PingFang SC", "Songti SC", "SimSun", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback",
)  # fmt: skip
"""Families with Simplified Chinese glyphs, in the order we would like them."""


def chinese_family() -> str | None:
    """One that this machine has, or None."""
    return next((family for family in CHINESE if family in _families()), None)


def missing(text: str, family: str) -> str:
    """The characters of `text` that the family cannot show, each once, in order."""
    known = _characters(family)
    return "".join(dict.fromkeys(c for c in text if not c.isspace() and ord(c) not in known))


@cache
def _families() -> dict[str, tuple[Path, int]]:
    import typst

    found: dict[str, tuple[Path, int]] = {}
    for font in typst.Fonts(include_embedded_fonts=False).fonts():
        if font.path is not None and (font.family not in found or font.style == "normal"):
            found.setdefault(font.family, (Path(font.path), font.index))
    return found


@cache
def _characters(family: str) -> frozenset[int]:
    path, index = _families()[family]
    data = path.read_bytes()
    start = struct.unpack_from(">I", data, 12 + 4 * index)[0] if data[:4] == b"ttcf" else 0
    found: set[int] = set()
    for n in range(struct.unpack_from(">H", data, start + 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * n)
        if tag == b"cmap":
            for m in range(struct.unpack_from(">H", data, offset + 2)[0]):
                platform, encoding, at = struct.unpack_from(">HHI", data, offset + 4 + 8 * m)
                if (platform, encoding) in {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}:
                    found |= _subtable(data, offset + at)
    return frozenset(found)


def _subtable(data: bytes, at: int) -> set[int]:
    form = struct.unpack_from(">H", data, at)[0]
    found: set[int] = set()
    if form == 12:
        for n in range(struct.unpack_from(">I", data, at + 12)[0]):
            first, last, _ = struct.unpack_from(">III", data, at + 16 + 12 * n)
            found.update(range(first, last + 1))
    elif form == 4:
        count = struct.unpack_from(">H", data, at + 6)[0] // 2
        ends = struct.unpack_from(f">{count}H", data, at + 14)
        starts = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
        deltas = struct.unpack_from(f">{count}H", data, at + 16 + 4 * count)
        ranges_at = at + 16 + 6 * count
        for n, (first, last, delta) in enumerate(zip(starts, ends, deltas, strict=True)):
            shift = struct.unpack_from(">H", data, ranges_at + 2 * n)[0]
            for code in range(first, min(last, 0xFFFE) + 1):
                glyph = (code + delta) & 0xFFFF
                if shift:
                    glyph = struct.unpack_from(">H", data, ranges_at + 2 * n + shift + 2 * (code - first))[0]
                if glyph:
                    found.add(code)
    return found
