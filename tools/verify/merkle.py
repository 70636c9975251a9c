"""RFC 6962 trees (§2.1), kept whole, so that the root at every size a checkpoint names can be asked for.

Every perfect subtree's hash is kept by level; the root of any prefix is then the RFC's own recursion over them.
"""

from __future__ import annotations

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


def root_by(leaf_: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    """The root that a proof of inclusion (RFC 6962 §2.1.1, from the leaf up) leads to; None where it is too long or
    short."""
    if not 0 <= index < size:
        return None
    sides = []  # of each sibling from the root down: whether it stands on the left
    first, end = 0, size
    while end - first > 1:
        split = first + (1 << ((end - first - 1).bit_length() - 1))
        sides.append(index >= split)
        first, end = (split, end) if index >= split else (first, split)
    if len(proof) != len(sides):
        return None
    found = leaf_
    while proof:
        sibling, *proof = proof
        found = node(sibling, found) if sides.pop() else node(found, sibling)
    return found
