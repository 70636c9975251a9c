"""The draw: numbers that nobody chose and everybody can recompute. Pure functions; docs/draw.md is the specification.

Each party commits to a secret share before any share is shown (`commit`); the shares together make the session's
`seed`; seed, session, form and attempt make a `form_key`; a key and a label name one `Stream` of 64-bit words. A label
serves one purpose, so a change in one part of a form never shifts another. No float, no `random`: the same
numbers on any machine, in any language.

Before: `bank.draw_facts` and `bank.rules` (their hashes are bound into the seed). After: `bank.composing.assembly`.
"""

import hashlib
import hmac
import struct
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

WORDS = 1 << 64
"""How many values one word of the stream can take."""


def lp(data: bytes) -> bytes:
    """Length-prefixed: 8 bytes big-endian, then the data. Two different lists of parts never join to the same bytes."""
    return len(data).to_bytes(8, "big") + data


def commit(party: str, session: str, root: bytes, rule_hash: bytes, share: bytes) -> bytes:
    """What `party` publishes before any share is shown; it fixes the share, this pool and this rule."""
    parts = (b"exam-commit-v1", session.encode(), party.encode(), root, rule_hash, share)
    return hashlib.sha256(b"".join(map(lp, parts))).digest()


def seed(session: str, root: bytes, rule_hash: bytes, shares: Mapping[str, bytes]) -> bytes:
    """The session's seed from every party's share. One honest party is enough: nobody else could foresee it."""
    hashed = hashlib.sha256()
    for part in (b"exam-seed-v1", session.encode(), root, rule_hash):
        hashed.update(lp(part))
    for party in sorted(shares, key=str.encode):
        share = shares[party]
        for part in (party.encode(), commit(party, session, root, rule_hash, share), share):
            hashed.update(lp(part))
    return hashed.digest()


def form_key(seed: bytes, session: str, ordinal: int, attempt: int) -> bytes:
    """The key of one attempt at the form of one ordinal."""
    message = lp(b"paper") + lp(session.encode()) + lp(ordinal.to_bytes(8, "big")) + lp(attempt.to_bytes(8, "big"))
    return hmac.digest(seed, message, "sha256")


class Stream:
    """SHAKE256 over key and label, read as consecutive unsigned 64-bit big-endian words."""

    __slots__ = ("_at", "_bytes", "_xof")

    def __init__(self, key: bytes, label: str) -> None:
        self._xof = hashlib.shake_256(keyed(key) + lp(label.encode()))
        self._bytes = b""
        self._at = 0

    def words(self, count: int) -> tuple[int, ...]:
        """The next `count` words. One squeeze serves them all: the words of a stratum come in one call."""
        start, end = self._at, self._at + 8 * count
        if end > len(self._bytes):  # doubling: hashlib squeezes from the beginning each time
            self._bytes = self._xof.digest(max(end, 2 * len(self._bytes)))
        self._at = end
        return struct.unpack(f">{count}Q", self._bytes[start:end])

    def below(self, n: int) -> int:
        """One of 0..n-1, each exactly equally likely: words under 2^64 mod n are thrown away."""
        floor = WORDS % n
        while (word := self.words(1)[0]) < floor:
            pass
        return word % n

    def sample(self, sequence: Sequence[T], k: int) -> list[T]:
        """The first `k` steps of a Fisher-Yates shuffle: for each i, swap i with i + below(n - i).

        k = n is a full shuffle. The loop is `below` written out, over words read at once: forms are drawn
        some twenty times before one is admitted.
        """
        drawn = list(sequence)
        words = list(self.words(k))
        span, i = len(drawn), 0
        for word in words:
            if word < span and word < WORDS % span:  # about once in 2^64 / n draws
                words.extend(self.words(1))  # the loop goes on into the word just added
                continue
            j = i + word % span
            drawn[i], drawn[j] = drawn[j], drawn[i]
            i += 1
            span -= 1
        return drawn[:k]


class Sampler:
    """`Stream(key, label).sample(sequence, k)` for one label and one k under many keys, in half the time: trial draws
    make half a million."""

    __slots__ = ("_bytes", "_k", "_label", "_name", "_unpack")

    def __init__(self, label: str, k: int) -> None:
        self._label, self._k, self._name = lp(label.encode()), k, label
        self._unpack, self._bytes = struct.Struct(f">{k}Q").unpack, 8 * k

    def sample(self, key: bytes, start: bytes, sequence: Sequence[T]) -> list[T]:
        """What the stream samples. `start`: `keyed(key)`, the same for all labels."""
        drawn = list(sequence)
        span = len(drawn)
        for i, word in enumerate(self._unpack(hashlib.shake_256(start + self._label).digest(self._bytes))):
            if word < span and word < WORDS % span:  # a word is thrown away: the stream itself goes on to another
                return Stream(key, self._name).sample(sequence, self._k)
            j = i + word % span
            drawn[i], drawn[j] = drawn[j], drawn[i]
            span -= 1
        return drawn[: self._k]


def keyed(key: bytes) -> bytes:
    """How the input of every stream of this key begins."""
    return _DRBG + lp(key)


_DRBG = lp(b"exam-drbg-v1")
