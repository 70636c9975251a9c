"""Pictures that rows name: found in the author's folder, read, digested; never from outside it.

Where the picture itself is absent, the digest of its name stands for it, so that two questions that differ only in
their pictures stay two; the item then says that it needs a picture the bank lacks, and stays out of pools.
"""

import hashlib
import re
from pathlib import Path, PurePosixPath

from bank.formats.bad_row import BadRow
from bank.formats.image_size import kind, size

__all__ = ["LARGEST", "Pictures", "check", "kind", "size"]

LARGEST = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
MOST_PIXELS_A_SIDE = 16_000
SUFFIXES = {".jpg": "jpg", ".jpeg": "jpg", ".png": "png", ".gif": "gif", ".webp": "webp", ".bmp": "bmp"}
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


class Pictures:
    """The pictures one file's rows name. `media` fills as `digest` is asked."""

    def __init__(self, folder: Path, media_dir: Path | None, listed: dict[str, str] | None = None) -> None:
        self.media: dict[str, bytes] = {}
        self.missing: set[str] = set()
        """Digests that stand for a picture we were not given."""
        self._roots = [folder] if media_dir is None else [media_dir, folder]
        self._any_code = media_dir is not None
        self._listed = listed or {}
        self._by_name: dict[str, Path] | None = None

    def of_code(self, code: str) -> tuple[str, ...]:
        """Names of pictures that belong to an item by its number alone: from `images.csv`, or a file called so.

        Files are matched by number only in a folder the caller named for it: "1.jpg" beside a workbook may be anything.
        """
        if code in self._listed:
            name = self._listed[code]
            by_code = self._files().get(code)
            return (name if by_code is None or self._find(name) else by_code.name,)
        if self._any_code and code and (found := self._files().get(code)) is not None:
            return (found.name,)
        return ()

    def add(self, data: bytes, name: str) -> str:
        """A picture that lies inside the question file itself; gives the name by which `digest` finds it again.

        Raises BadRow: when it is too large or no whole picture.
        """
        if len(data) > LARGEST:
            raise BadRow("picture-too-large", picture=name[-80:], most="8 M")
        check(data, name[-80:])
        sha256 = hashlib.sha256(data).hexdigest()
        self.media[sha256] = data
        self.missing.discard(sha256)
        return f"sha256:{sha256}"

    def digest(self, name: str) -> str:
        """SHA-256 (hex) of the picture, or of its name where it is absent.

        Raises BadRow: when the picture cannot be read or is no whole one.
        """
        name = name.strip().replace("\\", "/")
        exact = _DIGEST.fullmatch(name)
        if exact:
            if exact[1] not in self.media:
                self.missing.add(exact[1])
            return exact[1]
        path = self._find(name)
        if path is None:
            absent = hashlib.sha256(f"ref:{name}".encode()).hexdigest()
            self.missing.add(absent)
            return absent
        try:
            with path.open("rb") as stream:
                data = stream.read(LARGEST + 1)
        except OSError:
            raise BadRow("picture-unreadable", picture=path.name) from None
        if len(data) > LARGEST:
            raise BadRow("picture-too-large", picture=path.name, most="8 M")
        check(data, path.name)
        sha256 = hashlib.sha256(data).hexdigest()
        self.media[sha256] = data
        self.missing.discard(sha256)
        return sha256

    def _find(self, name: str) -> Path | None:
        pure = PurePosixPath(name)
        # A row must not be able to pull any file of this machine into the bank.
        if not name or "\0" in name or len(name) > 255 or pure.is_absolute() or ".." in pure.parts or ":" in name:
            raise BadRow("picture-path")
        for root in self._roots:
            try:
                path = (root / pure).resolve()
                if path.is_file():
                    if not path.is_relative_to(root.resolve()):
                        raise BadRow("picture-path")
                    return path
            except OSError:
                continue
        return self._files().get(pure.stem) if len(pure.parts) == 1 else None

    def _files(self) -> dict[str, Path]:
        """Pictures lying in the folders and one level below, by name without suffix."""
        if self._by_name is None:
            self._by_name = {}
            for root in self._roots:
                for path in sorted((*root.glob("*.*"), *root.glob("*/*.*"))):
                    inside = path.suffix.lower() in SUFFIXES and path.resolve().is_relative_to(root.resolve())
                    if inside and path.is_file():
                        self._by_name.setdefault(path.stem, path)
        return self._by_name


def check(data: bytes, name: str) -> None:
    """Refuses what is no whole picture, or one that a few bytes make enormous on every screen.

    Raises BadRow: when it is such a one.
    """
    width, height = size(data)
    if not width or not height:
        raise BadRow("picture-unreadable", picture=name)
    if max(width, height) > MOST_PIXELS_A_SIDE or width * height > MOST_PIXELS:
        raise BadRow("picture-too-many-pixels", picture=name, width=width, height=height)
