"""Small pictures that are whole, for tests that carry some."""

import zlib


def png(width: int = 16, height: int = 16, points: bytes | None = None) -> bytes:
    """Black on black."""
    points = bytes((width + 1) * height) if points is None else points
    heading = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(word, held) for word, held in ((b"IHDR", heading), (b"IDAT", zlib.compress(points)), (b"IEND", b""))
    )


def _chunk(word: bytes, held: bytes) -> bytes:
    return len(held).to_bytes(4, "big") + word + held + zlib.crc32(word + held).to_bytes(4, "big")
