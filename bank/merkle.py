"""RFC 6962 Merkle trees: the hash over a pool of items, and over the record of a session.

`root` takes all leaves at once; `Tree` grows a leaf at a time and remembers only the perfect subtrees on its
right edge (log2 n hashes), so the record can name its root at any moment without keeping the leaves. `consistency`
proves that a tree only grew (RFC 6962 §2.1.2), from that edge and the leaves since; `is_consistent` checks it.
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 §2.1: the 0x00 keeps a leaf from ever passing as a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A growing tree. `append` takes leaf hashes; `root` is the RFC 6962 root of all appended so far."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []  # roots of perfect subtrees, largest first; their sizes are the bits of `size`

    @classmethod
    def of(cls, size: int, edge: Iterable[bytes]) -> "Tree":
        """One that had come so far."""
        tree = cls()
        tree.size, tree._edge = size, list(edge)
        return tree

    @property
    def edge(self) -> tuple[bytes, ...]:
        """Roots of the perfect subtrees, largest first: all that it remembers besides its size."""
        return tuple(self._edge)

    def append(self, leaf: bytes) -> None:
        """Adds a leaf."""
        self._edge.append(leaf)
        self.size += 1
        rest = self.size
        while rest % 2 == 0:  # two perfect subtrees of one size stand side by side: join them
            right = self._edge.pop()
            self._edge.append(node_hash(self._edge.pop(), right))
            rest //= 2

    def root(self) -> bytes:
        """The hash over all leaves so far (RFC 6962)."""
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes in order."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def consistency(edge: Sequence[bytes], first: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof that the tree of `first` leaves, which has this right edge, is the beginning of that with `leaves`."""
    size = first + len(leaves)
    perfect: dict[int, bytes] = {}
    """Roots of the perfect subtrees that make up the first tree, by where they begin."""
    start = 0
    for subtree in edge:
        perfect[start] = subtree
        start += 1 << ((first - start).bit_length() - 1)
    if first in (0, size):
        return []
    proof: list[bytes] = []
    start, end, whole = 0, size, True
    while end != first:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if first <= middle:
            proof.append(root(leaves[middle - first : end - first]))
            end = middle
        else:
            proof.append(perfect[start])
            start, whole = middle, False
    if not whole:
        proof.append(perfect[start])
    return proof[::-1]


def is_consistent(first: int, first_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `size` leaves begins with that of `first` (RFC 9162 §2.1.4.2)."""
    if first in (0, size):
        return not proof and (first_root == new_root if first else first_root == EMPTY_ROOT)
    if not 0 < first < size:
        return False
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    left, right = first - 1, size - 1
    while left & 1:
        left, right = left >> 1, right >> 1
    old = new = path[0]
    for step in path[1:]:
        if right == 0:
            return False
        if left & 1 or left == right:
            old, new = node_hash(step, old), node_hash(step, new)
            while left and not left & 1:
                left, right = left >> 1, right >> 1
        else:
            new = node_hash(new, step)
        left, right = left >> 1, right >> 1
    return right == 0 and (old, new) == (first_root, new_root)


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree over `leaves` (RFC 6962 §2.1.1): its siblings, from the leaf up."""
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)  # the largest power of two below their number
    if index < split:
        return [*inclusion(leaves[:split], index), root(leaves[split:])]
    return [*inclusion(leaves[split:], index - split), root(leaves[:split])]
