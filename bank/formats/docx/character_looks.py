"""How Word shows the characters of a run: raised, struck out, hidden, in capitals, in a font of signs.

A run's own properties count, then those of its style, of its paragraph's style, and of the styles that these are based
on. Neighbour: `body` walks through the runs.
"""

import re
from dataclasses import dataclass, replace

from bank.formats import markup
from bank.formats.safexml import Node

_OFF = ("0", "false", "off", "none")
_SYMBOLS = re.compile(r"symbol|wingdings|webdings|dingbats|mt extra|marlett", re.IGNORECASE)
"""Fonts whose letters are drawn as other signs."""
_DEEPEST = 10
"""Styles based on styles."""


@dataclass(frozen=True, slots=True)
class Look:
    """None: not said here, so that the style below decides."""

    struck: bool | None = None
    hidden: bool | None = None
    capitals: bool | None = None
    underlined: bool | None = None
    raised: str | None = None
    """superscript, subscript or baseline."""
    symbols: bool | None = None

    def over(self, below: "Look") -> "Look":
        """This look where it says something, else the one `below`."""
        said = {name: value for name in Look.__slots__ if (value := getattr(self, name)) is not None}
        return replace(below, **said)

    def shown(self, text: str) -> tuple[str, str]:
        """The text as it is shown, and what plain text cannot say of it."""
        if not text.strip():
            return (markup.BLANK if self.underlined and text else text), ""  # a gap where the candidate writes
        if self.struck or self.hidden:
            return text, "struck-text" if self.struck else "hidden-text"
        if self.capitals:
            text = text.upper()
        if self.raised in ("superscript", "subscript"):
            text = markup.raised(text, self.raised == "superscript")
        return text, "symbol font" if self.symbols and any(map(_drawn_by_font, text)) else ""


class Looks:
    """The styles of one file."""

    def __init__(self, root: Node | None) -> None:
        self._styles: dict[str, Look] = {}
        self._below: dict[str, str] = {}
        self._whole: dict[str, Look] = {}
        self._usual = Look()
        self._paragraph = ""
        for style in [] if root is None else root.findall("style"):
            name = style.get("styleId", "")
            self._styles[name] = _look(style.find("rPr"))
            self._below[name] = _val(style.find("basedOn"))
            if style.get("type") == "paragraph" and style.get("default") in ("1", "true"):
                self._paragraph = name
        if root is not None:
            self._usual = _look(root.find("docDefaults/rPrDefault/rPr"))

    def of(self, paragraph: str, run: Node) -> Look:
        """The look of a run in a paragraph of that style."""
        own = run.find("rPr")
        style = _val(None if own is None else own.find("rStyle"))
        below = self._style(paragraph or self._paragraph).over(self._usual)
        return _look(own).over(self._style(style).over(below) if style else below)

    def _style(self, name: str) -> Look:
        if name not in self._whole:
            look, at = Look(), name
            for _ in range(_DEEPEST):
                if at not in self._styles:
                    break
                look = look.over(self._styles[at])
                at = self._below.get(at, "")
            self._whole[name] = look
        return self._whole[name]


def _look(properties: Node | None) -> Look:
    if properties is None:
        return Look()
    held = {node.name: node for node in properties}

    def on(*names: str) -> bool | None:
        said = [held[name].get("val", "1") not in _OFF for name in names if name in held]
        return any(said) if said else None

    fonts = held.get("rFonts")
    color = _val(held.get("color")).upper()
    hidden = on("vanish", "specVanish")
    return Look(
        struck=on("strike", "dstrike"),
        hidden=True if color == "FFFFFF" and "shd" not in held and "highlight" not in held else hidden,
        capitals=on("caps", "smallCaps"),
        underlined=None if "u" not in held else _val(held["u"]) not in ("", *_OFF),
        raised=_val(held.get("vertAlign")) or _moved(_val(held.get("position"))),
        symbols=None if fonts is None else any(_SYMBOLS.search(fonts.get(key, "")) for key in ("ascii", "hAnsi")),
    )


def _moved(half_points: str) -> str | None:
    """Letters moved up or down by hand, as some write 10⁶; a nudge of a point is none."""
    match = re.fullmatch(r"(-?)(\d{1,4})", half_points)
    if match is None:
        return None
    return "baseline" if int(match[2]) < 4 else "subscript" if match[1] else "superscript"


def _drawn_by_font(character: str) -> bool:
    return "!" <= character <= "\xff" or "\uf000" <= character <= "\uf0ff"


def _val(node: Node | None) -> str:
    return "" if node is None else node.get("val", "")
