"""The pictures of what is looked at: fetched once, opened once, shrunk to the cells there are. No widget.

Before: `tools.author_desk.bank_access` fetches their bytes. After: `tools.author_desk.drawing` puts them on a page,
`tools.author_desk.picture_view` shows one alone.
"""

from collections.abc import Iterable, Mapping

from PIL import Image

from tools.cli.pictures import Cells, cells, fitted, opened

KEPT = 40
"""Pictures kept open; one of 40 million points takes 120 MB, most take one."""


class Gallery:
    def __init__(self) -> None:
        self.held: frozenset[str] = frozenset()
        """Digests of all pictures in the bank."""
        self.data: dict[str, bytes] = {}
        self._opened: dict[str, Image.Image | None] = {}
        self._shrunk: dict[tuple[str, int, int], Cells] = {}

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Those that the bank holds and that have not been fetched."""
        return [digest for digest in dict.fromkeys(digests) if digest in self.held and digest not in self.data]

    def take(self, fetched: Mapping[str, bytes]) -> None:
        """Keeps what was fetched; what was fetched longest ago makes room."""
        self.data |= fetched
        for digest in list(self.data)[: max(0, len(self.data) - KEPT)]:
            del self.data[digest]
            self._opened.pop(digest, None)
        self._shrunk.clear()

    def picture(self, digest: str) -> Image.Image | None:
        """None where it was not fetched, or cannot be decoded."""
        if digest not in self.data:
            return None
        if digest not in self._opened:
            self._opened[digest] = opened(self.data[digest])
        return self._opened[digest]

    def cells(self, digest: str, columns: int, lines: int) -> Cells | None:
        """As large as so many cells hold it."""
        picture = self.picture(digest)
        if picture is None:
            return None
        asked = (digest, columns, lines)
        if asked not in self._shrunk:
            self._shrunk[asked] = cells(picture, *fitted(picture, columns, lines))
        return self._shrunk[asked]
