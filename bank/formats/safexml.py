"""XML from strangers: no document type, no entity, nothing fetched, bounded in depth and number of elements.

Each node remembers its line, so that a refusal can name the place.
"""

import re
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.sax.saxutils import escape as _escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from bank.formats.draft import BadRow
from bank.refused import BadFile

DEEPEST = 100
MOST_ELEMENTS = 2_000_000
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Node(Element):
    line: int = 0

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


class _Bounded(TreeBuilder):
    def __init__(self) -> None:
        super().__init__(element_factory=Node)
        self.depth = self.elements = 0
        self.expat: Any = None

    def start(self, tag: Any, attrs: Any) -> Any:
        self.depth += 1
        self.elements += 1
        if self.depth > DEEPEST or self.elements > MOST_ELEMENTS:
            raise _TooMuch
        node: Any = super().start(tag, attrs)
        node.line = self.expat.CurrentLineNumber
        return node

    def end(self, tag: Any) -> Any:
        self.depth -= 1
        return super().end(tag)


def looks_like(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<")):
        return True
    return data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def parse(data: bytes, file: str) -> Node:
    """The root, or BadFile."""
    declared = _DECLARED.match(data[:300].removeprefix(b"\xef\xbb\xbf"))
    encoding = None
    if declared and declared[1].lower() in (b"gb2312", b"gbk", b"gb18030"):  # which expat does not know
        try:
            data, encoding = data.decode("gb18030").encode(), "utf-8"
        except UnicodeDecodeError:
            raise BadFile("xml-malformed", file=file, line=1) from None
    builder = _Bounded()
    parser = DefusedXMLParser(target=builder, encoding=encoding, forbid_dtd=True)
    builder.expat = parser.parser
    try:
        parser.feed(data)
        root = parser.close()
    except DefusedXmlException:
        raise BadFile("xml-doctype", file=file) from None
    except _TooMuch:
        raise BadFile("xml-too-deep", file=file, most=DEEPEST) from None
    except ParseError as error:
        raise BadFile("xml-malformed", file=file, line=error.position[0]) from None
    except (ValueError, LookupError, AssertionError, UnicodeError):
        raise BadFile("xml-malformed", file=file, line=1) from None
    if not isinstance(root, Node):
        raise BadFile("xml-malformed", file=file, line=1)
    return root


def escaped(text: str) -> str:
    """Text for an element or a quoted attribute."""
    if _ILLEGAL.search(text):
        raise BadRow("control-character", column="stem", character="U+FFFF")
    return _escape(text, {'"': "&quot;", "\n": "&#10;"})
