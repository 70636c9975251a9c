"""Plain text as offices save it: UTF-8 with or without BOM, UTF-16 with one, GB18030. Never a guess that may lose.

Nearly any bytes can be read as GB18030, those of Big5, Shift-JIS and Windows-1252 too: they then give characters that
hardly any Chinese text has. Such a file is refused; one that is taken for GB18030 is said to be.
"""

import re
from dataclasses import dataclass

from bank.refused import BadFile

LARGEST = 64 * 1024 * 1024
"""Bytes of text: in memory it takes several times as much."""
_GB18030_MARK = b"\x84\x31\x95\x33"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_MOST_LOOKED_AT = 200_000
_RARE_SHARE = 20
"""One rare character in so many is more than names and traditional characters explain."""
_ODD_SHARE = 4
"""Of the second level of GB 2312 ordinary text has few: one in four is another encoding."""


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    assumed: str = ""
    """The encoding that nothing in the file itself says."""


def decode(data: bytes, file: str) -> Decoded:
    """The text, and what was assumed to read it.

    Raises BadFile: when the encoding is not sure, or the file is too large.
    """
    if len(data) > LARGEST:
        raise BadFile("file-too-large", file=file, most="64 M")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # "Unicode text" of office programs
        return Decoded(_strictly(data, "utf-16", file))
    if b"\0" in data:
        raise BadFile("text-binary", file=file)
    if data.startswith(_GB18030_MARK):
        return Decoded(_strictly(data[len(_GB18030_MARK) :], "gb18030", file))
    try:
        return Decoded(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        text = _strictly(data, "gb18030", file)
    if _unlikely(text):
        raise BadFile("text-encoding", file=file)
    return Decoded(text, "GB18030")


def _strictly(data: bytes, encoding: str, file: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise BadFile("text-encoding", file=file) from None
    if "\0" in text:
        raise BadFile("text-binary", file=file)
    return text


def _unlikely(text: str) -> bool:
    """Whether the characters beyond ASCII are not those of Chinese text."""
    seen = _BEYOND_ASCII.findall(text[: _MOST_LOOKED_AT * 4])[:_MOST_LOOKED_AT]
    rare = odd = 0
    for character in seen:
        code = character.encode("gb18030")
        if (
            len(code) > 2
            or (code[1] < 0xA1 and not 0xA1 <= code[0] <= 0xA9)
            or code[0] < 0xA1
            or 0xAA <= code[0] < 0xB0
        ):
            rare += 1
        elif code[0] > 0xD7:
            odd += 1
    return rare * _RARE_SHARE > len(seen) or odd * _ODD_SHARE > max(len(seen), 20)
