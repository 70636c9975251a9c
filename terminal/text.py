"""The only way from exam text to the screen: cleaned of everything that could steer a terminal, broken into lines.

Exam text is data. It is drawn as plain segments (`terminal.row.Row`), so `[red]` or `[@click=app.quit]` stay the
letters they are; here the characters go that a terminal would obey (controls, ESC) or that would show text in
another order than it is stored (bidi overrides), with invisible ones that make two different options look alike.

Lines break as Chinese printing does (kinsoku; the classes follow UAX #14): no closing mark at a line's head, no
opening mark at its end, `30 mA` and words whole, an empty bracket （ ） in one piece. Widths are terminal cells.

Before: `examd.protocol.messages.ItemView`. After: `terminal.widgets.question`.
"""

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len

NOT_AT_HEAD = frozenset("，。、；：？！）》〉」』】〕〗｝］”’…—～·％‰℃°′″,.;:?!)]}%>ー々〻‐–")
NOT_AT_END = frozenset("（《〈「『【〔〖｛［“‘([{<￥＄$#№")
_UNIT = r"(?:[A-Za-zΩμµ°℃‰%][A-Za-zΩμµ°℃·/²³%]{0,7})"
_PIECE = re.compile(
    rf"""
      \n
    | [（(][\s_]*[）)]                                    # an answer's empty bracket
    | [+\-±≤≥<>~]?\d[\d.,:/×~\-]*[ \u00a0]{_UNIT}(?![A-Za-z])  # 30 mA, 1.5 MPa, 0.4 kV
    | [ \t\u3000\u00a0]+
    | [^\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\uffef“”‘’…—\U00020000-\U0003ffff]+  # Latin, digits, signs
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def clean(text: str) -> str:
    """`text` without controls, bidi and invisible characters; tabs are spaces, line ends are `\\n`. Idempotent."""
    if text.isprintable() and text.isascii():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(_clean_character(c) for c in text)


def _clean_character(character: str) -> str:
    if character == "\n":
        return character
    if character in "\t\v\f\u0085":
        return " "
    # Variation selectors change a cell's width behind the measuring's back.
    if unicodedata.category(character) in _DROPPED or "\ufe00" <= character <= "\ufe0f":
        return ""
    return character


def one_line(text: str) -> str:
    """`text` cleaned, its line ends spaces: for names and titles."""
    return clean(text).replace("\n", " ")


@lru_cache(maxsize=1024)
def _wrap(text: str, width: int) -> tuple[str, ...]:
    return tuple(line for paragraph in clean(text).split("\n") for line in _wrap_paragraph(paragraph, width))


def wrap(text: str, width: int) -> list[str]:
    """`text` as lines of at most `width` cells (at least 2: one Chinese character).

    Nothing is lost but spaces at a break. Where a line cannot be broken well (a word longer than the line), it is
    broken where it is full.

    Raises ValueError: when there is no room for a Chinese character.
    """
    if width < 2:
        raise ValueError(f"no room for a Chinese character in {width} cells")
    return list(_wrap(text, width))


def _wrap_paragraph(text: str, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for atom in _atoms(text):
        if cell_len(line + atom) <= width:
            line += atom
            continue
        if atom.isspace():  # spaces that do not fit vanish into the break
            lines.append(line.rstrip())
            line = ""
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = ""
        if cell_len(atom) <= width:
            line = atom
            continue
        *full, line = _split_hard(atom, width)
        lines.extend(full)
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _atoms(text: str) -> list[str]:
    """`text` as pieces that no line break may enter; joined they are `text`."""
    atoms: list[str] = []
    glue = False
    for piece in _PIECE.findall(text):
        space = piece.isspace()
        head_forbidden = piece[0] in NOT_AT_HEAD or unicodedata.combining(piece[0]) or cell_len(piece[0]) == 0
        joins = atoms and not atoms[-1].isspace() and not space and (glue or head_forbidden)
        if joins:
            atoms[-1] += piece
        else:
            atoms.append(piece)
        glue = not space and piece[-1] in NOT_AT_END
    return atoms


def _split_hard(atom: str, width: int) -> list[str]:
    """An atom longer than a line, cut where the line is full, or a little earlier to spare a mark its ugly place."""
    lines: list[str] = []
    rest = atom
    while cell_len(rest) > width:
        cut = _fitting(rest, width)
        for earlier in range(cut, max(cut - 4, 0), -1):
            if not _ugly(rest, earlier):
                cut = earlier
                break
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*lines, rest]


def _fitting(text: str, width: int) -> int:
    """How many characters of `text` fit in `width` cells; at least one."""
    cut = min(len(text), width)  # no visible character is less than a cell
    while cut > 1 and cell_len(text[:cut]) > width:
        cut -= 1
    return cut


def _ugly(text: str, cut: int) -> bool:
    return text[cut] in NOT_AT_HEAD or text[cut - 1] in NOT_AT_END or unicodedata.combining(text[cut]) != 0


def fit(text: str, width: int) -> str:
    """`text` on one line of at most `width` cells, an ellipsis where something is left out."""
    text = one_line(text)
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    kept = text[: width - 1]  # no visible character is less than a cell
    while cell_len(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"
