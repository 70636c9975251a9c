"""A picture as a terminal can always show it: two points in a cell, one above the other, by a half block (▀).

No terminal need support graphics for it, and nothing but letters and colours leaves the program; what is too small to
be read so is enlarged. Only kinds that an import takes are decoded, none larger than an import takes
(`bank.formats.pictures`).

Before: `bank.store.media` holds them. After: `tools.author_desk` draws them on its pages, `examd bank review` prints
them.
"""

import io
from functools import lru_cache

from PIL import Image
from rich.color import Color
from rich.style import Style
from rich.text import Text

from bank.formats import pictures
from tools.cli.language import _

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
PAPER = (255, 255, 255)
"""What shows through where a picture is clear."""
HALF = "▀"
PRINTED = (76, 8)
"""Cells, at most, of one that is printed: its item stays on the screen with it."""

Colour = tuple[int, int, int]
Cells = list[list[tuple[Colour, Colour]]]
"""Rows of cells; of each the colour above and the one below."""


def opened(data: bytes) -> Image.Image | None:
    """The first frame in colours on white paper; None where it cannot be decoded."""
    width, height = pictures.size(data)
    if not 0 < width * height <= pictures.MOST_PIXELS:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as found:
            clear = found.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    paper = Image.new("RGBA", clear.size, (*PAPER, 255))
    paper.alpha_composite(clear)
    return paper.convert("RGB")


def fitted(picture: Image.Image, columns: int, lines: int) -> tuple[int, int]:
    """Points of the picture as large as so many cells hold it, its sides in proportion; never enlarged."""
    scale = min(1.0, columns / picture.width, 2 * lines / picture.height)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def cells(picture: Image.Image, width: int, height: int, box: tuple[int, int, int, int] | None = None) -> Cells:
    """The picture, or the part of it in `box`, in so many points; two of them lie in a cell."""
    part = picture if box is None else picture.crop(box)
    shrunk = part.resize((width, height), Image.Resampling.LANCZOS if width < part.width else Image.Resampling.NEAREST)
    if height % 2:
        padded = Image.new("RGB", (width, height + 1), PAPER)
        padded.paste(shrunk)
        shrunk = padded
    points = shrunk.tobytes()
    rows = [[_point(points, width * y + x) for x in range(width)] for y in range(shrunk.height)]
    return [list(zip(above, below, strict=True)) for above, below in zip(rows[::2], rows[1::2], strict=True)]


def _point(points: bytes, n: int) -> Colour:
    return points[3 * n], points[3 * n + 1], points[3 * n + 2]


def told(digest: str, data: bytes | None) -> str:
    """A picture in words: its name, its kind and size, or that it cannot be shown."""
    if data is None:
        return _("[picture {name} is missing]", name=digest[:8])
    width, height = pictures.size(data)
    kind = (pictures.kind(data) or "?").upper()
    return _("[picture {name}  {kind}  {width} × {height}]", name=digest[:8], kind=kind, width=width, height=height)


def print_picture(digest: str, data: bytes | None) -> None:
    """On standard output, as large as a page of 80 columns holds it."""
    print(told(digest, data))
    picture = None if data is None else opened(data)
    if picture is None:
        return
    from rich.console import Console  # it knows how many colours the terminal has

    console = Console(highlight=False, markup=False)
    for row in cells(picture, *fitted(picture, *PRINTED)):
        console.print(Text.assemble(*((HALF, colours(above, below)) for above, below in row)))


@lru_cache(4096)
def colours(above: Colour, below: Colour) -> Style:
    """Of a half block."""
    return Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
