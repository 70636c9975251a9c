"""A picture is what all of its bytes say: whole, and no larger than its frames."""

import zlib

import pytest

from bank.formats import pictures
from bank.formats.bad_row import BadRow
from tests.pictures import png

JPG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300" + "01" * 64 + "ffc0000b080010001001011100ffc4001400" + "01" + "00" * 15
    + "00ffda0008010100003f00d2cf20ffd9"
)  # fmt: skip


def gif(screen=(16, 16), frame=(16, 16), rest=b"\x3b"):
    def little(*numbers):
        return b"".join(number.to_bytes(2, "little") for number in numbers)

    blocks = b"\x02\x02\x4c\x01\x00"
    more = b"\x21\xf9\x04\0\0\0\0\0"
    return b"GIF89a" + little(*screen) + b"\0\0\0" + more + b"\x2c" + little(0, 0, *frame) + b"\0" + blocks + rest


def bmp(width, height, points):
    heading = (54).to_bytes(4, "little") + (40).to_bytes(4, "little")
    heading += width.to_bytes(4, "little") + height.to_bytes(4, "little") + b"\1\0\x18\0" + bytes(24)
    return b"BM" + bytes(8) + heading + points


def webp(*chunks):
    body = b"WEBP" + b"".join(word + len(held).to_bytes(4, "little") + held for word, held in chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


VP8L = (b"VP8L", b"\x2f" + (15 | 15 << 14).to_bytes(4, "little") + b"\0")


@pytest.mark.parametrize("data", [png(), JPG, gif(), bmp(16, 16, bytes(48 * 16)), webp(VP8L)])
def test_a_whole_picture_has_its_size(data):
    assert pictures.size(data) == (16, 16)
    pictures.check(data, "a")


@pytest.mark.parametrize(
    "data",
    [
        png(0, 0),
        png()[:45],
        png()[:-12],
        png()[:33] + bytes(40),
        png().replace(zlib.compress(bytes(17 * 16)), bytes(len(zlib.compress(bytes(17 * 16))))),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        gif(screen=(0, 0), frame=(0, 0)),
        gif(rest=b""),
        gif()[:20] + b"\x3b",
        JPG[:4],
        JPG[:-2],
        JPG.replace(b"\xff\xc0", b"\xff\xc4"),
        b"\xff\xd8\xff\xe0" + bytes(40),
        b"\xff\xd8" + b"\xff" * 60,
        bmp(16, 16, b""),
        bmp(0, 16, bytes(100)),
        webp(),
        webp(VP8L)[:-4],
        webp((b"VP8X", bytes(10))),
        b"hello",
        b"",
    ],
)
def test_what_is_not_whole_is_no_picture(data):
    assert pictures.size(data) == (0, 0)
    with pytest.raises(BadRow, match="picture-unreadable"):
        pictures.check(data, "a")


@pytest.mark.parametrize(
    "data",
    [
        gif(screen=(1, 1), frame=(65_535, 65_535)),
        png(60_000, 60_000, b""),
        webp((b"VP8X", bytes(4) + b"\x0f\0\0\x0f\0\0"), (b"ANMF", bytes(6) + b"\xff\xff\0\xff\xff\0" + bytes(4))),
        JPG.replace(b"\x00\x10\x00\x10\x01\x01", b"\xff\xff\xff\xff\x01\x01"),
    ],
)
def test_the_largest_frame_counts_and_not_the_heading(data):
    with pytest.raises(BadRow, match="picture-too-many-pixels"):
        pictures.check(data, "a")


def test_any_cut_of_any_picture_is_a_size_or_none():
    for whole in (png(), JPG, gif(), bmp(16, 16, bytes(48 * 16)), webp(VP8L)):
        for end in range(len(whole)):
            assert len(pictures.size(whole[:end])) == 2
