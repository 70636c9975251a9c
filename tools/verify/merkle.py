"""RFC 6962 trees (§2.1), kept whole, so that the root at every size a checkpoint names can be asked for.

Every perfect subtree's hash is kept by level; the root of any prefix is then the RFC's own recursion over them.
"""

import hashlib
from collections.abc import Iterable


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    def __init__(self, leaves: Iterable[bytes]) -> None:
        """`leaves` are leaf hashes."""
        level = list(leaves)
        self.size = len(level)
        self._levels = [level]
        while len(level) > 1:
            level = [node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            self._levels.append(level)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves. Raises ValueError: there are fewer."""
        size = self.size if size is None else size
        if not 0 <= size <= self.size:
            raise ValueError("no such size")
        return self.part(0, size) if size else hashlib.sha256(b"").digest()

    def part(self, first: int, end: int) -> bytes:
        """MTH(D[first:end]); `first` must be where the RFC's recursion can arrive."""
        count = end - first
        if count & (count - 1) == 0:  # a perfect subtree, met whole
            return self._levels[count.bit_length() - 1][first // count]
        split = 1 << ((count - 1).bit_length() - 1)  # the largest power of two below count
        return node(self.part(first, first + split), self.part(first + split, end))
