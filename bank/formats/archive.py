"""Folders and zip archives from strangers, read part by part: what is asked for, never unpacked onto the disk.

Sizes that an archive states are the sender's word; what really comes out is counted. A part that names a place
outside, is a link, is locked or stands twice makes the whole archive refused.
"""

import io
import posixpath
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from bank.refused import BadFile

MAGIC = b"PK\x03\x04"
MOST_PARTS = 60_000
MOST_UNPACKED = 256 * 1024 * 1024
LARGEST_PART = 16 * 1024 * 1024
LARGEST_STREAMED = 128 * 1024 * 1024
"""A part that is read piece by piece, and never held whole: a manifest."""
_CHUNK = 1 << 18


class Missing(Exception):  # noqa: N818 - an outcome: the part is not there
    """There is no such part, or it lies outside."""


class Source(Protocol):
    """Where the parts of a package lie. Names use "/" and are relative to its root."""

    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes: ...

    def chunks(self, name: str) -> Iterator[bytes]: ...


def joined(folder: str, href: str) -> str:
    """`href` as written in a part that lies in `folder`; Missing where it leads outside."""
    href = href.replace("\\", "/").split("#", 1)[0].split("?", 1)[0]
    if not href or href.startswith("/") or ":" in href or "\0" in href or len(href) > 500:
        raise Missing
    path = posixpath.normpath(posixpath.join(folder, href))
    if path.startswith("../") or path == "..":
        raise Missing
    return path


class Folder:
    """Files on our own disk, from one folder downwards."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def names(self) -> list[str]:
        return []

    def read(self, name: str) -> bytes:
        """The file's bytes.

        Raises Missing: when there is no such file, or it lies outside. Raises BadFile: when it is too large.
        """
        try:
            path = (self._root / joined("", name)).resolve()
            if not path.is_relative_to(self._root) or not path.is_file():
                raise Missing
            with path.open("rb") as stream:
                data = stream.read(LARGEST_PART + 1)
        except (OSError, ValueError):
            raise Missing from None
        if len(data) > LARGEST_PART:
            raise BadFile("part-too-large", file=name, most="16 M")
        return data

    def chunks(self, name: str) -> Iterator[bytes]:
        """The file's bytes; no file on a disk is too large to be held but those that are refused.

        Raises Missing: when there is no such file, or it lies outside. Raises BadFile: when it is too large.
        """
        yield self.read(name)


class Zip:
    """The parts of a zip archive."""

    def __init__(self, data: bytes, file: str) -> None:
        self._data = memoryview(data)
        self._file = file
        self._left = MOST_UNPACKED
        self._parts: dict[str, zipfile.ZipInfo] = {}
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                parts = archive.infolist()
        except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, IndexError, EOFError, OSError, RuntimeError):
            raise BadFile("archive-unreadable", file=file) from None
        except (NotImplementedError, OverflowError):
            raise BadFile("archive-unreadable", file=file) from None
        if len(parts) > MOST_PARTS:
            raise BadFile("archive-too-large", file=file)
        for part in parts:
            if part.filename.endswith("/"):  # `is_dir` fails on a name that begins with NUL
                continue
            name = part.orig_filename.replace("\\", "/")
            pure = name.split("/")
            if not name or name.startswith("/") or ".." in pure or "\0" in name or (len(name) > 1 and name[1] == ":"):
                raise BadFile("archive-path", file=file, part=_shown(name))
            mode = part.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise BadFile("archive-link", file=file, part=_shown(name))
            if part.flag_bits & 0x1:
                raise BadFile("archive-locked", file=file)
            name = posixpath.normpath(name)
            if name in self._parts:
                raise BadFile("archive-repeats", file=file, part=_shown(name))
            self._parts[name] = part

    def names(self) -> list[str]:
        return list(self._parts)

    def read(self, name: str) -> bytes:
        """The unpacked bytes of one part, counted as they come out.

        Raises Missing: when there is no such part. Raises BadFile: when it is damaged or unpacks to too much.
        """
        return b"".join(self.chunks(name, LARGEST_PART))

    def chunks(self, name: str, most: int = LARGEST_STREAMED) -> Iterator[bytes]:
        """The same piece by piece, for parts that need not be held as a whole.

        Raises Missing: when there is no such part. Raises BadFile: when it is damaged or unpacks to too much.
        """
        part = self._parts.get(name)
        if part is None:
            raise Missing
        size = 0
        try:
            for chunk in unpacked(self._data, part):
                size += len(chunk)
                self._left -= len(chunk)
                if self._left < 0:
                    raise BadFile("archive-too-large", file=self._file)
                if size > most:
                    raise BadFile("part-too-large", file=name, most=f"{most >> 20} M")
                yield chunk
        except (ValueError, EOFError, zlib.error, IndexError):
            raise BadFile("archive-unreadable", file=self._file) from None


def unpacked(data: memoryview, part: zipfile.ZipInfo, checked: bool = True) -> Iterator[bytes]:
    """What a part of an archive really unpacks to, piece by piece; `checked`: against its checksum.

    Raises ValueError: when the archive is damaged there. Raises EOFError: when the part is cut.
    """
    header = part.header_offset
    if header < 0 or bytes(data[header : header + 4]) != MAGIC:
        raise ValueError
    start = header + 30 + int.from_bytes(data[header + 26 : header + 28], "little")
    start += int.from_bytes(data[header + 28 : header + 30], "little")
    packed = data[start : start + part.compress_size]
    crc = 0
    if part.compress_type == zipfile.ZIP_STORED:
        for at in range(0, len(packed), _CHUNK):
            chunk = bytes(packed[at : at + _CHUNK])
            crc = zlib.crc32(chunk, crc) if checked else 0
            yield chunk
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        unpacker = zlib.decompressobj(-15)
        pending: bytes | memoryview = packed
        while not unpacker.eof:
            chunk = unpacker.decompress(pending, _CHUNK)
            pending = unpacker.unconsumed_tail
            crc = zlib.crc32(chunk, crc) if checked else 0
            yield chunk
            if not chunk and not pending:
                raise EOFError
    else:
        raise ValueError
    if checked and crc != part.CRC:
        raise ValueError


def written(parts: list[tuple[str, bytes]]) -> bytes:
    """A zip of `parts`, the same bytes whenever it is made."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, data)
    return stream.getvalue()


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name[:100])
