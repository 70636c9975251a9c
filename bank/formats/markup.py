"""HTML and QTI bodies -> plain text as `bank.content` knows it (lines, bar tables, pictures), and back.

What cannot be said in plain text (formulas, sound, film, scripts) is refused by its name; nothing is left out of a
sentence silently. Spaces that HTML would swallow travel as no-break spaces.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

from bank.content import blocks
from bank.formats import style_rules
from bank.formats.bad_row import BadRow
from bank.formats.safexml import Node, escaped

LONGEST = 200_000
"""Characters of markup in one field, embedded pictures not counted."""
BLANK = "____"

_BLOCKS = frozenset(
    """address article aside blockquote body caption center dd div dl dt fieldset figcaption figure footer form h1 h2 h3
    h4 h5 h6 header hr html li main nav ol p pre section table tbody td tfoot th thead tr ul
    itemBody prompt modalFeedback contentBody content-body stimulusBody""".split()  # noqa: SIM905 - a list of words
)
_REFUSED = frozenset(
    """applet audio bdo button canvas embed frame frameset iframe input include math mathInline object rt ruby script
    select svg textarea video printedVariable templateBlock templateInline customInteraction""".split()  # noqa: SIM905
)
_SKIPPED = frozenset(
    ["style", "head", "title", "link", "meta", "stylesheet", "template", "catalog-info", "catalogInfo"]
)
_FEEDBACK = frozenset(["feedbackInline", "feedbackBlock", "rubricBlock"])
_STRUCK = frozenset(["s", "strike", "del"])
_SHEET = re.compile(r"<style\b[^>]{0,500}>(.{0,200000}?)</style", re.DOTALL | re.IGNORECASE)
_WHITE = frozenset(["white", "#fff", "#ffffff", "rgb(255,255,255)", "rgb(255, 255, 255)"])
_MEDIA = re.compile(
    r"\.(?:mp[34]|m4[av]|ogg|og[av]|wav|flac|aac|webm|mov|avi|wmv|flv|swf|mkv|mpe?g)(?:$|[?#])", re.IGNORECASE
)
_SYMBOLS = re.compile(r"symbol|wingdings|webdings|dingbats|mt extra", re.IGNORECASE)
"""Fonts whose letters are drawn as other signs."""
_UP = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_DOWN = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_IDLE = re.compile(r"[ \t\r\n\f]+")
_EMBEDDED = re.compile(r"data:image/[a-z+.-]{1,20};base64,([A-Za-z0-9+/=\s%]*)", re.IGNORECASE)
_HOLE = "\0"

Sheet = tuple[style_rules.Rule, ...]
Picture = Callable[[str], str]
"""The name a picture has in the file -> the name that a Draft bears."""


def raised(text: str, up: bool) -> str:
    """ "2" -> ², "n+1" -> ⁿ⁺¹; what has no such character: ^(…) or _(…)."""
    moved = text.translate(_UP if up else _DOWN)
    if any(character == text[n] for n, character in enumerate(moved)):
        return f"{'^' if up else '_'}({text})"
    return moved


class Flow:
    """Gathers text from start tags, end tags and character data, in that order."""

    def __init__(self, picture: Picture, sheet: Sheet = ()) -> None:
        """`sheet`: the rules that hold beside the elements' own styles."""
        self._sheet = sheet
        self._painted = False
        """Some ground is coloured: white letters may be seen on it."""
        self.images: list[str] = []
        self.moved = False
        """A picture stood before more text: in the bank it is shown after it."""
        self.feedback = False
        self._picture = picture
        self._parts: list[str] = []
        self._outer: list[tuple[str, list[str]]] = []
        """Captures that are open: sup, sub and cells, with the parts before each."""
        self._tables: list[list[list[str]]] = []
        self._lists: list[_List] = []
        self._spans: list[tuple[str, str]] = []
        """Open elements of one line, with what their style makes of them: sup, sub or ""."""
        self._skipping: list[str] = []
        self._space = False
        self._kept = 0

    def start(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """A start tag.

        Raises BadRow: when no plain text can say what it stands for.
        """
        if self._skipping:
            if tag == self._skipping[-1]:
                self._skipping.append(tag)
            return
        css = style_rules.of(self._sheet, tag, attributes)
        self._painted = self._painted or any(name in css for name in ("background", "background-color"))
        self._painted = self._painted or "bgcolor" in attributes
        style = _effect(tag, attributes, css, self._painted)
        if tag == "object" and (attributes.get("type") or "").startswith("image/") and attributes.get("data"):
            self._see(attributes["data"])
            self._skipping = [tag]
        elif tag in _REFUSED:
            raise BadRow("unsupported-markup", markup=tag)
        elif tag == "rubricBlock" and "candidate" in (attributes.get("view") or "").split():
            self._break()
        elif tag in _SKIPPED or tag in _FEEDBACK:
            self.feedback = self.feedback or tag in _FEEDBACK
            if tag not in ("link", "meta"):
                self._skipping = [tag]
        elif tag == "img":
            self._see(attributes.get("src"))
        elif tag == "br":
            self._parts.append("\n")
            self._space = False
        elif tag in ("sup", "sub"):
            self._open(tag)
        elif style:
            self._open(style)
            self._spans.append((tag, style))
        elif self._spans and tag == self._spans[-1][0]:
            self._spans.append((tag, ""))
        elif tag == "table":
            self._break()
            self._tables.append([])
        elif tag == "tr" and self._tables:
            self._close("td")
            self._tables[-1].append([])
        elif tag in ("td", "th") and self._tables and self._tables[-1]:
            self._close("td")
            self._open("td")
        elif tag in _BLOCKS:
            self._break()
            if tag in ("ul", "ol"):
                self._lists.append(_list(tag, attributes, css))
            elif tag == "li" and self._lists:
                self.text(self._lists[-1].before(attributes.get("value") or ""))
            elif tag == "pre":
                self._kept += 1

    def end(self, tag: str) -> None:
        if self._skipping:
            if tag == self._skipping[-1]:
                self._skipping.pop()
            return
        if tag in ("sup", "sub"):
            self._close(tag)
        elif self._spans and tag == self._spans[-1][0]:
            self._close(self._spans.pop()[1])
        elif tag in ("td", "th"):
            self._close("td")
        elif tag == "rubricBlock":
            self._break()
        elif tag == "table" and self._tables:
            self._close("td")
            rows = [row for row in self._tables.pop() if row]
            width = max(map(len, rows), default=0)
            self._break()
            for row in rows:
                cells = row + [""] * (width - len(row))
                self._parts.append(row_line(cells) if width > 1 else cells[0])
                self._parts.append("\n")
        elif tag in _BLOCKS:
            self._break()
            if tag in ("ul", "ol") and self._lists:
                self._lists.pop()
            elif tag == "pre" and self._kept:
                self._kept -= 1

    def text(self, data: str) -> None:
        """Character data."""
        if self._skipping or not data:
            return
        data = data.replace(_HOLE, "")
        if self._kept:
            self._add(data)
            return
        for number, word in enumerate(_IDLE.split(data)):
            self._space = self._space or number > 0
            if word:
                self._add(word)

    def blank(self) -> None:
        """Where the candidate writes."""
        if not self._skipping:
            self._add(_HOLE)

    def whole(self) -> str:
        """All of it as plain text."""
        while self._outer:
            self._close(self._outer[-1][0])
        text = "".join(self._parts).strip(" \n")
        if text == _HOLE or text.endswith("\n" + _HOLE):  # a line of its own at the end says nothing
            text = text[:-1].rstrip(" \n")
        return text.replace(_HOLE, BLANK)

    def _add(self, word: str) -> None:
        if self._space and self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append(" ")
        self._space = False
        self._parts.append(word)
        self.moved = self.moved or bool(self.images and word != _HOLE)

    def _break(self) -> None:
        self._space = False
        if self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append("\n")

    def _see(self, name: str | None) -> None:
        if not name:
            raise BadRow("picture-path")
        self.images.append(self._picture(name))

    def _open(self, kind: str) -> None:
        if self._space and kind != "td" and self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append(" ")
        self._space = False
        self._outer.append((kind, self._parts))
        self._parts = []

    def _close(self, kind: str) -> None:
        if not self._outer or self._outer[-1][0] != kind:
            return
        inner = "".join(self._parts).strip(" \n")
        self._parts = self._outer.pop()[1]
        self._space = False
        if kind == "td":
            self._tables[-1][-1].append(" ".join(inner.split("\n")))
        elif inner:
            self._parts.append(raised(inner, kind == "sup"))


def _effect(tag: str, attributes: Mapping[str, str | None], css: style_rules.Declared, painted: bool) -> str:
    """Whether a style raises ("sup") or lowers ("sub") the text.

    Raises BadRow: when it strikes the text out, hides it, or draws it as other signs.
    """
    if tag in _STRUCK or "line-through" in css.get("text-decoration", "") + css.get("text-decoration-line", ""):
        raise BadRow("struck-text")
    unseen = css.get("display", "").startswith("none") or css.get("visibility", "").startswith(("hidden", "collapse"))
    if (
        unseen
        or css.get("opacity") in ("0", "0.0")
        or css.get("font-size") in ("0", "0px", "0pt")
        or css.get("text-indent", "").startswith("-999")
        or css.get("color") == "transparent"
        or ((css.get("color") or (attributes.get("color") or "").lower()) in _WHITE and not painted)
        or "hidden" in attributes
    ):
        raise BadRow("hidden-text")
    if "text-transform" in css and not css["text-transform"].startswith("none"):
        raise BadRow("unsupported-markup", markup="text-transform")
    if css.get("content", "none") not in ("none", "normal", "''", '""'):
        raise BadRow("unsupported-markup", markup="text of a style")
    if _SYMBOLS.search(css.get("font-family", "") + (attributes.get("face") or "")):
        raise BadRow("unsupported-markup", markup="symbol font")
    if tag == "a" and _MEDIA.search(attributes.get("href") or ""):
        raise BadRow("unsupported-markup", markup="media link")
    aligned = css.get("vertical-align", "")
    return "sup" if aligned.startswith("super") else "sub" if aligned.startswith("sub") else ""


_KINDS = {"1": "1", "a": "a", "A": "A", "i": "i", "I": "I", "lower-alpha": "a", "upper-alpha": "A", "lower-latin": "a",
          "upper-latin": "A", "lower-roman": "i", "upper-roman": "I", "decimal": "1"}  # fmt: skip


@dataclass(slots=True)
class _List:
    next: int
    kind: str
    """How its items are counted; "" for dots."""

    def before(self, value: str) -> str:
        """What stands before its next item, which may say its own number."""
        number = int(value) if re.fullmatch(r"\d{1,4}", value) else self.next
        self.next = number + 1
        return f"{counted(number, self.kind)}. " if self.kind else "• "


def _list(tag: str, attributes: Mapping[str, str | None], css: style_rules.Declared) -> _List:
    styled = (css.get("list-style-type") or css.get("list-style") or "").split()
    kind = _KINDS.get(styled[0] if styled else attributes.get("type") or "1", "1") if tag == "ol" else ""
    if "reversed" in attributes:
        raise BadRow("unsupported-markup", markup="reversed list")
    start = attributes.get("start") or "1"
    return _List(int(start) if re.fullmatch(r"\d{1,4}", start) else 1, kind)


def counted(number: int, kind: str) -> str:
    """A number as lists show it: "1", or as "a", "A", "i" or "I" do."""
    if kind in ("a", "A") and 1 <= number <= 26:
        return chr(ord(kind) + number - 1)
    if kind in ("i", "I") and 1 <= number < 400:
        text = ""
        for value, sign in (
            (100, "C"),
            (90, "XC"),
            (50, "L"),
            (40, "XL"),
            (10, "X"),
            (9, "IX"),
            (5, "V"),
            (4, "IV"),
            (1, "I"),
        ):
            text += sign * (number // value)
            number %= value
        return text if kind == "I" else text.lower()
    return str(number)


class _Html(HTMLParser):
    def __init__(self, flow: Flow) -> None:
        super().__init__(convert_charrefs=True)
        self.handle_starttag = lambda tag, attrs: flow.start(tag, dict(attrs))  # type: ignore[method-assign]
        self.handle_startendtag = self.handle_starttag  # type: ignore[method-assign]
        self.handle_endtag = flow.end  # type: ignore[method-assign]
        self.handle_data = flow.text  # type: ignore[method-assign]


def from_html(html: str, picture: Picture) -> Flow:
    """`html` as an author's editor left it. Pictures embedded in it are handed on under their whole data address.

    Raises BadRow: when it is too long or holds what plain text cannot say.
    """
    if "<" not in html and "&" not in html and len(html) <= LONGEST:  # nothing to parse
        flow = Flow(picture)
        flow.text(html)
        return flow
    embedded: list[str] = []

    def put_by(match: re.Match[str]) -> str:
        embedded.append(match[0])
        return f"embedded-picture:{len(embedded) - 1}"

    if "data:" in html:
        html = _EMBEDDED.sub(put_by, html)
    if len(html) > LONGEST:
        raise BadRow("text-too-long", column="stem", most=LONGEST, found=len(html))

    def named(name: str) -> str:
        prefix, _, number = name.partition(":")
        if prefix == "embedded-picture" and number.isdecimal() and int(number) < len(embedded):
            return picture(embedded[int(number)])
        return picture(name)

    sheets = _SHEET.findall(html) if "<style" in html.lower() else ()
    flow = Flow(named, tuple(style_rules.rules("\n".join(sheets))))
    parser = _Html(flow)
    parser.feed(html)
    parser.close()
    return flow


@dataclass(frozen=True, slots=True)
class Page:
    """What the elements of a file refer to."""

    picture: Picture
    sheet: Sheet = ()

    def flow(self, node: Node) -> Flow:
        """For what stands in `node`.

        Raises BadRow: when `node` itself is hidden, struck out or drawn as other signs.
        """
        _effect(node.name, node.attrib, style_rules.of(self.sheet, node.name, node.attrib), False)
        return Flow(self.picture, self.sheet)


def from_node(node: Node, page: Page, holes: Mapping[Node, object] = {}) -> Flow:
    """The content of `node`; its descendants in `holes` are where the candidate writes.

    Raises BadRow: when it holds what plain text cannot say.
    """
    flow = page.flow(node)
    _walk(node, flow, holes)
    return flow


def _walk(node: Node, flow: Flow, holes: Mapping[Node, object]) -> None:
    flow.text(node.text or "")
    for child in node:
        name = child.name
        if child in holes:
            flow.blank()
        else:
            flow.start(name, child.attrib)
            _walk(child, flow, holes)
            flow.end(name)
        flow.text(child.tail or "")


def embedded(address: str) -> bytes | None:
    """The bytes of a picture written as a data address; None for any other name.

    Raises BadRow: when the address holds no picture.
    """
    match = _EMBEDDED.fullmatch(address)
    if match is None:
        return None
    try:
        return base64.b64decode("".join(match[1].replace("%2B", "+").split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadRow("picture-unreadable", picture="data:") from None


def row_line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def to_html(text: str, block: str = "p") -> str:
    """Markup that reads back to exactly `text`: tables as tables where they are written in the usual way."""
    parts = []
    for part in blocks(text):
        if isinstance(part, str):
            parts.append(f"<{block}>{_lines(part)}</{block}>")
        else:
            rows = ("".join(f"<td>{_lines(cell)}</td>" for cell in row) for row in part)
            parts.append("<table><tbody>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</tbody></table>")
    whole = "".join(parts)
    if len(parts) > 1 or not whole.startswith(f"<{block}>"):
        flow = from_html(whole, str)
        if flow.whole().replace("\xa0", " ") == text:
            return whole
    return f"<{block}>{_lines(text)}</{block}>"


def inline(text: str) -> str:
    """The same without a block around it."""
    return _lines(text)


def _lines(text: str) -> str:
    return "<br/>".join(_spaces(escaped(line)) for line in text.split("\n"))


def _spaces(line: str) -> str:
    return re.sub(r"(?<= ) |^ | $", "\xa0", line)
