"""What a picture is and how large it becomes, by its bytes: walked to their end, not believed by their heading.

A heading that says 1 × 1 may stand before a frame of 65,535 × 65,535; half a picture draws half, or nothing. What is
not whole has no size. Neighbour: `pictures`.
"""

import zlib
from collections.abc import Iterator

MOST_UNPACKED = 256 * 1024 * 1024
_BROKEN = (0, 0)


def kind(data: bytes) -> str | None:
    """What the bytes are, by their own first words; None for anything that is no picture."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "bmp" if data.startswith(b"BM") and len(data) > 54 else None


def size(data: bytes) -> tuple[int, int]:
    """Width and height of the largest frame; (0, 0) for a picture that is not whole."""
    found = kind(data)
    try:
        return _BROKEN if found is None else _SIZES[found](data)
    except (IndexError, ValueError, zlib.error):
        return _BROKEN


def _png(data: bytes) -> tuple[int, int]:
    width = height = 0
    unpacker, unpacked, at = zlib.decompressobj(), 0, 8
    while True:
        length, word = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 8 + length
        if end + 4 > len(data) or zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return _BROKEN
        if word == b"IHDR":
            width, height = (int.from_bytes(data[n : n + 4], "big") for n in (at + 8, at + 12))
            if width * height > MOST_UNPACKED:
                return width, height  # too many, whatever follows
        elif not width:
            return _BROKEN
        elif word == b"IDAT":
            pending = data[at + 8 : end]
            while pending and not unpacker.eof:
                unpacked += len(unpacker.decompress(pending, 1 << 18))
                pending = unpacker.unconsumed_tail
                if unpacked > MOST_UNPACKED:
                    return _BROKEN
        elif word == b"IEND":
            return (width, height) if unpacker.eof and height else _BROKEN
        at = end + 4


def _gif(data: bytes) -> tuple[int, int]:
    width, height = _little(data, 6), _little(data, 8)
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    frames = 0
    while data[at] != 0x3B:
        if data[at] == 0x21:
            at = _behind_blocks(data, at + 2)
        elif data[at] == 0x2C:
            width = max(width, _little(data, at + 1) + _little(data, at + 5))
            height = max(height, _little(data, at + 3) + _little(data, at + 7))
            colours = 3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0
            at = _behind_blocks(data, at + 11 + colours)
            frames += 1
        else:
            return _BROKEN
    return (width, height) if frames and width and height else _BROKEN


def _behind_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _jpg(data: bytes) -> tuple[int, int]:
    width, height, at = 0, 0, 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:  # what follows is the picture itself
            whole = width and height and data.rfind(b"\xff\xd9", at) > 0
            return (width, height) if whole else _BROKEN
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height = max(height, int.from_bytes(data[at + 5 : at + 7], "big"))
            width = max(width, int.from_bytes(data[at + 7 : at + 9], "big"))
        alone = 0xD0 <= marker <= 0xD8 or marker == 0x01
        at += 2 if alone else 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return _BROKEN


def _webp(data: bytes) -> tuple[int, int]:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        return _BROKEN
    sizes, drawn = [_BROKEN], False
    for word, at, length in _chunks(data, 12, end):
        if word == b"VP8X":
            sizes.append((1 + _three(data, at + 4), 1 + _three(data, at + 7)))
        elif word == b"ANMF":
            sizes.append((1 + _three(data, at + 6), 1 + _three(data, at + 9)))
            sizes += [_frame(data, inner, start) for inner, start, _length in _chunks(data, at + 16, at + length)]
            drawn = True
        elif word in (b"VP8 ", b"VP8L"):
            sizes.append(_frame(data, word, at))
            drawn = sizes[-1] != _BROKEN
    return (max(width for width, _ in sizes), max(height for _, height in sizes)) if drawn else _BROKEN


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > end:
            raise ValueError
        yield data[at : at + 4], at + 8, length
        at += 8 + length + (length & 1)


def _frame(data: bytes, word: bytes, at: int) -> tuple[int, int]:
    if word == b"VP8L" and data[at] == 0x2F:
        bits = int.from_bytes(data[at + 1 : at + 5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if word == b"VP8 " and data[at + 3 : at + 6] == b"\x9d\x01\x2a":
        return _little(data, at + 6) & 0x3FFF, _little(data, at + 8) & 0x3FFF
    return _BROKEN


def _bmp(data: bytes) -> tuple[int, int]:
    width, height = (abs(int.from_bytes(data[at : at + 4], "little", signed=True)) for at in (18, 22))
    begins, bits, packed = int.from_bytes(data[10:14], "little"), _little(data, 28), _little(data, 30)
    whole = len(data) > begins if packed in (1, 2) else len(data) >= begins + (width * bits + 31) // 32 * 4 * height
    return (width, height) if whole and width and height and bits else _BROKEN


def _little(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8


def _three(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


_SIZES = {"png": _png, "gif": _gif, "jpg": _jpg, "webp": _webp, "bmp": _bmp}
