"""XML from strangers: no document type, no entity, nothing fetched, bounded in depth and number of elements.

Each node remembers its line, so that a refusal can name the place.
"""

import gc
import re
from collections.abc import Generator, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from bank.formats.bad_row import BadRow
from bank.refused import BadFile

DEEPEST = 100
MOST_ELEMENTS = 1_000_000
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;"})
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Node(Element):
    __slots__ = ("line",)
    line: int

    if TYPE_CHECKING:  # every child of a Node is one

        def __iter__(self) -> Iterator["Node"]: ...
        def iter(self, tag: str | None = None) -> Generator["Node", None, None]: ...
        def find(self, path: str, namespaces: dict[str, str] | None = None) -> "Node | None": ...
        def findall(  # type: ignore[override]
            self, path: str, namespaces: dict[str, str] | None = None
        ) -> list["Node"]: ...
        def iterfind(  # type: ignore[override]
            self, path: str, namespaces: dict[str, str] | None = None
        ) -> Generator["Node", None, None]: ...

    @property
    def name(self) -> str:
        """The tag without its namespace."""
        return self.tag.rpartition("}")[2]

    @property
    def namespace(self) -> str:
        return self.tag.rpartition("}")[0].lstrip("{")


class _TooMuch(Exception):  # noqa: N818 - an outcome
    pass


class _Tree:
    """Builds the Nodes straight from what expat calls: half the time of a builder behind the library's own parser."""

    def __init__(self, taken: str = "") -> None:
        self.root: Node | None = None
        self.ready: list[Node] = []
        """Elements called `taken` that have ended; they are no part of the tree."""
        self._taken = taken
        self._expat: Any = None
        self._open: list[Node] = []
        self._left = MOST_ELEMENTS
        self._names = _Names()
        self._text: list[str] = []
        self._last: Node | None = None
        """The node that text belongs to: behind it where it has ended, else at its beginning."""
        self._ended = False

    def listen(self, expat: Any) -> None:
        self._expat = expat
        expat.ordered_attributes = False
        expat.StartElementHandler = self._start
        expat.EndElementHandler = self._end
        expat.CharacterDataHandler = self._text.append

    def deaf(self) -> None:
        """Lets go of the parser: the two refer to each other, and nothing looks for such rings during an import."""
        expat = self._expat
        expat.StartElementHandler = expat.EndElementHandler = expat.CharacterDataHandler = None
        expat.StartDoctypeDeclHandler = self._expat = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._left -= 1
        if len(self._open) >= DEEPEST or self._left < 0:
            raise _TooMuch
        if self._text:
            self._put()
        names = self._names
        node = Node(names[name], {names[key]: value for key, value in attributes.items()})
        node.line = self._expat.CurrentLineNumber
        if self._open:
            self._open[-1].append(node)
        else:
            self.root = node
        self._open.append(node)
        self._last, self._ended = node, False

    def _end(self, _name: str) -> None:
        if self._text:
            self._put()
        node = self._last = self._open.pop()
        self._ended = True
        if self._taken and node.name == self._taken and self._open:
            del self._open[-1][-1]
            self.ready.append(node)
            self._left = MOST_ELEMENTS

    def _put(self) -> None:
        text = "".join(self._text)
        self._text.clear()
        if self._last is not None and self._ended:
            self._last.tail = text
        elif self._last is not None:
            self._last.text = text


class _Names(dict[str, str]):
    """ "place}tag" as expat says it -> "{place}tag" as trees say it."""

    def __missing__(self, name: str) -> str:
        found = self[name] = "{" + name if "}" in name else name
        return found


def looks_like(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<")):
        return True
    return data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def parse(data: bytes, file: str) -> Node:
    """The root of the tree.

    Raises BadFile: when it is malformed, declares a document type, or is far too deep or large.
    """
    tree = _Tree()
    for _ in _fed(tree, iter([data]), file):
        pass
    if tree.root is None:
        raise BadFile("xml-malformed", file=file, line=1)
    return tree.root


def elements(chunks: Iterator[bytes], name: str, file: str) -> Iterator[Node]:
    """Every element called so, with all that is in it, one after the other: the whole is never held.

    Raises BadFile: as `parse` does.
    """
    tree = _Tree(name)
    for _ in _fed(tree, chunks, file):
        yield from tree.ready
        tree.ready.clear()
    yield from tree.ready


def _fed(tree: _Tree, chunks: Iterator[bytes], file: str) -> Iterator[None]:
    """Builds the tree chunk by chunk, with a pause after each."""
    first = next(chunks, b"")
    declared = _DECLARED.match(first[:300].removeprefix(b"\xef\xbb\xbf"))
    encoding = None
    if declared and declared[1].lower() in (b"gb2312", b"gbk", b"gb18030"):  # which expat does not know
        encoding = "utf-8"
        try:
            first, chunks = b"".join((first, *chunks)).decode("gb18030").encode(), iter(())
        except UnicodeDecodeError:
            raise BadFile("xml-malformed", file=file, line=1) from None
    parser = DefusedXMLParser(target=tree, encoding=encoding)  # what it forbids stays forbidden
    tree.listen(parser.parser)
    parser.parser.StartDoctypeDeclHandler = _only_bare
    resting = gc.isenabled()
    gc.disable()  # a growing tree holds nothing to collect, and looking through it again and again takes a third
    try:
        for chunk in chain((first,), chunks):
            parser.feed(chunk)
            yield
        parser.close()
    except DefusedXmlException:
        raise BadFile("xml-doctype", file=file) from None
    except _TooMuch:
        raise BadFile("xml-too-deep", file=file, most=DEEPEST) from None
    except ParseError as error:
        raise BadFile("xml-malformed", file=file, line=error.position[0]) from None
    except (ValueError, LookupError, AssertionError, UnicodeError):
        raise BadFile("xml-malformed", file=file, line=1) from None
    finally:
        tree.deaf()
        if resting:
            gc.enable()


def _only_bare(name: str, system: str | None, public: str | None, inside: int) -> None:
    """<!DOCTYPE quiz> alone says nothing; anything more may bring entities."""
    if system is not None or public is not None or inside:
        raise DTDForbidden(name, system, public)


def escaped(text: str) -> str:
    """Text for an element or a quoted attribute.

    Raises BadRow: when XML cannot say a character in it.
    """
    if _ILLEGAL.search(text):
        raise BadRow("control-character", column="stem", character="U+FFFF")
    return text.translate(_ESCAPES)
