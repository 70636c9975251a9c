"""The near duplicates that `bank.authoring.near_duplicates` defines, found among many questions: exact, in arrays.

Of each text only its rarest shingles are looked up, as many as a text that is alike enough must share at least one of
(prefix filter, Chaudhuri 2006). What that finds is sifted by length and by a sketch of 512 bits, in which two texts
differ in no more bits than in shingles; what is left is counted in full, the most promising first.

A shingle is one integer, hence compared exactly: three characters of 18 bits each (all letters there are lie below
2¹⁸), above them how common it is, so that sorting brings the rarest first.

20,000 questions of 80 characters against each other and 50,000 more take 0.7 s and 0.2 GB on one core.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from bank.authoring.near_duplicates import (
    EDGE,
    LEAST_SIMILARITY,
    LONG_STEM,
    MOST_OF_A_STEM,
    NUMBER,
    NearDuplicate,
    Question,
    near_duplicate,
    parts,
    pattern,
    plain,
    spelling,
)
from bank.content import Content

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]

_CHUNK = 4_096
"""Questions that are taken apart at once: some 30 MB of work space."""
_BITS = 18
_CODE = np.uint64((1 << 3 * _BITS) - 1)
_PICTURES = 0x32000
"""Where pictures are numbered, two such for each: beyond all characters that are letters."""
_DIGIT = 11
_MOST_COMMON = (1 << 64 - 3 * _BITS - 1) - 1
_SKETCH = 512
_PAIRS = 1 << 19
"""Pairs looked at at once: 30 MB of work space."""
_CELLS = 1 << 20
_NONE = ~np.uint64(0)


def find(
    fresh: Sequence[Question],
    held: Iterable[Question],
    least: Fraction = LEAST_SIMILARITY,
    progress: Callable[[int, int], None] | None = None,
) -> list[NearDuplicate]:
    """Of each fresh question its nearest twin among those held and the fresh ones before it; in the order of `fresh`.

    The most alike; of those entirely alike one that is also spelled alike; else the earliest.
    """
    if not fresh:
        return []
    known = [*held, *fresh]
    first = len(known) - len(fresh)
    texts = Texts(least)
    for begin in range(0, len(known), _CHUNK):
        texts.add([question.content for question in known[begin : begin + _CHUNK]])
        if progress is not None:
            progress(begin, len(known) + len(fresh))
    texts.sort()
    found: dict[int, tuple[int, Fraction]] = {}
    for group in texts.with_equal_shingles(first):
        found.update((late, (early, Fraction(1))) for late, early in _spelled_the_same(known, group, first))
    for text, twin, similarity in texts.most_similar(first, found):
        found[text] = twin, similarity
        if progress is not None:
            progress(len(known) + text - first, len(known) + len(fresh))
    by_stem: dict[int, tuple[int, Fraction]] = {}
    for group in texts.of_one_stem(first, LONG_STEM):
        for late, early in _of_one_stem(known, group):
            if late >= first and late not in found:
                similarity = texts.similarity(late, early)
                if late not in by_stem or similarity > by_stem[late][1]:
                    by_stem[late] = early, similarity
    return [
        near_duplicate(known[late], known[early], similarity, by_stem=late in by_stem)
        for late, (early, similarity) in sorted((found | by_stem).items())
    ]


def _spelled_the_same(known: Sequence[Question], group: Sequence[int], first: int) -> Iterator[tuple[int, int]]:
    """Each fresh text of the group but its first, with the earliest that is spelled alike, or else the earliest."""
    seen: dict[tuple[object, ...], int] = {}
    for text in group:
        spelled = spelling(known[text].content)
        if text >= first and seen:
            yield text, seen.get(spelled, group[0])
        seen.setdefault(spelled, text)


def _of_one_stem(known: Sequence[Question], group: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs, the later first, with the same stem word for word. With another picture it may ask another thing."""
    stems: dict[str, list[int]] = {}
    for text in group:
        if not known[text].content.needs_picture:
            stems.setdefault(plain(known[text].content.stem), []).append(text)
    for those in stems.values():
        if len(those) <= MOST_OF_A_STEM:
            yield from ((late, early) for n, late in enumerate(those) for early in those[:n])


class Texts:
    """Questions in the order they were added, told by their place. First all are added, then `sort`, then asked."""

    def __init__(self, least: Fraction) -> None:
        self._least = least
        self._table = np.zeros(1 << _BITS, np.uint32)
        """Code point -> the one that stands for it; 0 where it is left out."""
        self._known = np.zeros(1 << _BITS, np.bool_)
        self._known[0] = True
        self._longer: dict[int, str] = {}
        """Code points that more than one stand for."""
        self._pictures: dict[str, str] = {}
        self._chunks: list[tuple[Numbers, Places]] = []
        self._stems: list[Numbers] = []
        self._stem_sizes: list[Places] = []

    # ---- in: from characters to shingles ------------------------------------------------------------------------

    def add(self, contents: Sequence[Content]) -> None:
        """Takes further questions apart into shingles."""
        texts: list[str] = []
        begins = np.empty(len(contents), np.int64)
        for n, content in enumerate(contents):
            begins[n] = len(texts)
            texts += parts(content)
            texts += [self._picture(digest) for digest in content.pictures]
        whole = EDGE + EDGE.join(texts) + EDGE
        if whole.count(EDGE) != len(texts) + 1:
            whole = EDGE + EDGE.join(text.replace(EDGE, "") for text in texts) + EDGE
        points = self._points(whole)
        stand = self._table[points]
        stand = stand[(stand > 0) | (points == 0)].astype(np.uint64)
        number = stand == ord(NUMBER)
        number[1:] &= number[:-1].copy()
        number[0] = False  # 0 stands for a number, not for a digit
        stand = stand[~number]

        middle = np.flatnonzero(stand[1:-1]) + 1
        bits = np.uint64(_BITS)
        codes = (stand[middle - 1] << bits | stand[middle]) << bits | stand[middle + 1]
        lengths = np.diff(np.flatnonzero(stand == 0)) - 1
        mixed = _mix(codes)
        sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(mixed)))
        ends = np.concatenate(([0], np.cumsum(lengths)))
        self._chunks.append((codes, np.add.reduceat(lengths, begins)))
        self._stems.append(sums[ends[begins + 1]] - sums[ends[begins]])
        self._stem_sizes.append(lengths[begins])

    def _picture(self, digest: str) -> str:
        n = len(self._pictures)
        return self._pictures.setdefault(digest, chr(_PICTURES + (n >> _DIGIT)) + chr(_PICTURES + n % (1 << _DIGIT)))

    def _points(self, text: str) -> NDArray[np.uint32]:
        while True:
            if self._longer:
                text = text.translate(self._longer)
            points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
            if points.size and int(points.max()) >> _BITS:
                points = np.where(points >> _BITS, ord(" "), points)
            new = points[~self._known[points]]
            if not new.size:
                return points
            for point in np.unique(new).tolist():
                self._known[point] = True
                stand = pattern(chr(point)) if point < _PICTURES else chr(point)
                if len(stand) == 1:
                    self._table[point] = ord(stand)
                elif stand:
                    self._longer[point] = stand

    # ---- sorted: the distinct shingles of each text, its rarest, its sketch -------------------------------------

    def sort(self) -> None:
        """Says that all are there; from now on they can be asked."""
        count = sum(len(sizes) for _, sizes in self._chunks)
        self._sizes = np.zeros(count, np.int64)
        self._begins = np.zeros(count, np.int64)
        self._sketches = np.zeros((_SKETCH // 64, count), np.uint64)
        self._wholes = np.zeros(count, np.uint64)
        rarity = self._rarity()
        keys, tokens, owners, early = [], [], [], []
        at = before = 0
        self._chunks.reverse()
        while self._chunks:
            codes, lengths = self._chunks.pop()
            codes |= rarity[_bucket(_mix(codes)) % len(rarity)] << np.uint64(3 * _BITS)
            for rows, table in _tables(codes, lengths):
                texts = rows + before
                once = table != _NONE
                once[:, 1:] &= table[:, 1:] != table[:, :-1]
                sizes = once.sum(axis=1)
                self._sizes[texts] = sizes
                self._begins[texts] = at + np.cumsum(sizes) - sizes
                at += int(sizes.sum())
                keys.append(table[once])
                mixed = _mix(table)
                bits = np.zeros((len(rows), _SKETCH), np.bool_)
                bits[np.nonzero(once)[0], _bucket(mixed[once]) % _SKETCH] = True
                self._sketches[:, texts] = np.packbits(bits, axis=1).view(np.uint64).T
                self._wholes[texts] = np.where(once, mixed, 0).sum(axis=1, dtype=np.uint64)
                # Two texts that are alike enough have in common one shingle at least of so many of the rarest, and of
                # still fewer of the shorter text's: so much they must share.
                place = np.where(once, np.cumsum(once, axis=1), table.shape[1] + 1)
                rarest = place <= (sizes - _share(sizes, self._least) + 1)[:, None]
                tokens.append(table[rarest])
                owners.append(np.repeat(texts, rarest.sum(axis=1)))
                fewer = sizes - _share(sizes, 2 * self._least / (1 + self._least)) + 1
                early.append((place <= fewer[:, None])[rarest])
            before += len(lengths)
        self._keys = np.concatenate([np.zeros(0, np.uint64), *keys])
        self._tokens = np.concatenate([np.zeros(0, np.uint64), *tokens])
        self._owners = np.concatenate([np.zeros(0, np.int64), *owners])
        self._early = np.concatenate([np.zeros(0, np.bool_), *early])

    def _rarity(self) -> Numbers:
        """By bucket how common its shingles are: near enough to look up rare ones first, and the same for all texts."""
        shingles = sum(len(codes) for codes, _ in self._chunks)
        common = np.zeros(1 << min(21, shingles.bit_length()), np.int64)
        for codes, _ in self._chunks:
            common += np.bincount(_bucket(_mix(codes)) % len(common), minlength=len(common))
        return np.minimum(common, _MOST_COMMON).astype(np.uint64)

    # ---- out ----------------------------------------------------------------------------------------------------

    def with_equal_shingles(self, first: int) -> Iterator[list[int]]:
        """Texts with all shingles in common, two or more, one of them from `first` on; each group in order."""
        for group in _groups(self._wholes, self._sizes > 0, first):
            exact: dict[bytes, list[int]] = {}
            for text in group:
                exact.setdefault(self._shingles(text).tobytes(), []).append(text)
            yield from (those for those in exact.values() if len(those) > 1 and those[-1] >= first)

    def of_one_stem(self, first: int, least: int) -> Iterator[list[int]]:
        """Texts whose stems, `least` characters or longer, have the same pattern: by a checksum, so look again."""
        yield from _groups(np.concatenate(self._stems), np.concatenate(self._stem_sizes) >= least, first)

    def most_similar(self, first: int, besides: Collection[int]) -> Iterator[tuple[int, int, Fraction]]:
        """Of each text from `first` on, but for `besides`, the one most like it of those before it, if alike enough.

        Of several the earliest.
        """
        asked = np.zeros(len(self._sizes), np.bool_)
        asked[first:] = True
        asked[list(besides)] = False
        numerator, denominator = self._least.as_integer_ratio()
        for ones, others, most in self._candidates(asked):
            # The most promising first, until no other can be as much alike as the best one is.
            order = np.lexsort((others, -most, ones))
            told = zip(ones[order].tolist(), others[order].tolist(), most[order].tolist(), strict=True)
            for one, candidates in itertools.groupby(told, itemgetter(0)):
                own = set(self._shingles(one).tolist())
                best, nearest, found = 0.0, -1, (0, 1)
                for _, other, bound in candidates:
                    if bound < best:
                        break
                    if bound == best and other >= nearest:
                        continue
                    shared, every = self._shared(own, other)
                    if shared * denominator >= every * numerator and (shared / every, -other) > (best, -nearest):
                        best, nearest, found = shared / every, other, (shared, every)
                if nearest >= 0:
                    yield one, nearest, Fraction(*found)

    def similarity(self, one: int, other: int) -> Fraction:
        return Fraction(*self._shared(set(self._shingles(one).tolist()), other))

    def _shared(self, own: set[int], other: int) -> tuple[int, int]:
        """How many shingles both have, and how many there are."""
        others = self._shingles(other).tolist()
        shared = len(own.intersection(others))
        return shared, len(own) + len(others) - shared

    def _shingles(self, text: int) -> Numbers:
        begin = self._begins[text]
        return self._keys[begin : begin + self._sizes[text]]

    def _candidates(self, asked: NDArray[np.bool_]) -> Iterator[tuple[Places, Places, NDArray[np.float64]]]:
        """Pairs that may be alike enough, each once, all of one asked text together; and how much alike at most."""
        # By shingle, then by length of text: the texts that one may be alike with lie side by side.
        order = np.argsort(self._tokens)
        keys = np.empty(len(order), np.int64)
        keys[order] = _grouped(self._tokens[order])[0] << 32
        keys |= self._sizes[self._owners]
        order = np.argsort(keys)
        keys, owners, early = keys[order], self._owners[order], self._early[order]
        pool = np.concatenate((owners[early], owners))

        mine = np.flatnonzero(asked[owners])
        own, sizes = keys[mine], self._sizes[owners[mine]]
        shorter = (
            np.searchsorted(keys[early], own - sizes + _share(sizes, self._least)),
            np.searchsorted(keys[early], own, "right"),
        )
        longest = sizes * self._least.denominator // self._least.numerator
        also = early[mine]
        longer = (np.searchsorted(keys, own[also]), np.searchsorted(keys, (own - sizes + longest)[also], "right"))
        ahead = int(early.sum())
        begins = np.concatenate((shorter[0], longer[0] + ahead))
        counts = np.concatenate((shorter[1], longer[1] + ahead)) - begins
        ones = np.concatenate((owners[mine], owners[mine][also]))
        order = np.argsort(ones, kind="stable")
        order = order[counts[order] > 0]
        ones, begins, counts = ones[order], begins[order], counts[order]
        pairs = np.cumsum(counts)
        at = 0
        while at < len(ones):
            full = int(np.searchsorted(pairs, (pairs[at - 1] if at else 0) + _PAIRS))
            end = int(np.searchsorted(ones, ones[min(full, len(ones) - 1)], "right"))
            many = counts[at:end]
            one = np.repeat(ones[at:end], many)
            other = pool[np.arange(len(one)) + np.repeat(begins[at:end] - np.cumsum(many) + many, many)]
            at = end
            one, other = one[other < one], other[other < one]
            both = self._sizes[one] + self._sizes[other]
            apart = self._apart(one, other)
            may = (both - apart) * self._least.denominator >= (both + apart) * self._least.numerator
            one, other, most = one[may], other[may], ((both - apart) / (both + apart))[may]
            _, once = np.unique(one << 32 | other, return_index=True)
            yield one[once], other[once], most[once]

    def _apart(self, ones: Places, others: Places) -> Places:
        """How many shingles at least only one of the two has."""
        apart = np.zeros(len(ones), np.int64)
        for column in self._sketches:
            apart += np.bitwise_count(column[ones] ^ column[others])
        return apart


def _share(sizes: Places, of: Fraction) -> Places:
    """That share of each, rounded up."""
    return -(-sizes * of.numerator // of.denominator)


def _mix(codes: Numbers) -> Numbers:
    """The 54 bits of the shingle alone, well stirred."""
    mixed: Numbers = (codes & _CODE) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return mixed


def _bucket(mixed: Numbers) -> Places:
    return (mixed >> np.uint64(42)).astype(np.int64)


def _tables(codes: Numbers, lengths: Places) -> Iterator[tuple[Places, Numbers]]:
    """The codes of texts of about one length, each a row in order, filled up with _NONE; and which texts they are."""
    begins = np.cumsum(lengths) - lengths
    order = np.argsort(lengths, kind="stable")
    ordered = lengths[order]
    at = int(np.searchsorted(ordered, 1))
    while at < len(order):
        longest = int(ordered[at]) * 5 // 4 + 8
        end = min(int(np.searchsorted(ordered, longest, "right")), at + max(1, _CELLS // longest))
        rows = order[at:end]
        at = end
        column = np.arange(int(lengths[rows[-1]]))
        inside = column < lengths[rows, None]
        table = np.full(inside.shape, _NONE)
        table[inside] = codes[(begins[rows, None] + column)[inside]]
        table.sort(axis=1)
        yield rows, table


def _grouped(ordered: Numbers) -> tuple[Places, Places, Places]:
    """Of sorted numbers: to which run of equal ones each belongs; where each run begins, how long it is."""
    new = np.ones(len(ordered), np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    begins = np.flatnonzero(new)
    return np.cumsum(new) - 1, begins, np.diff(np.append(begins, len(ordered)))


def _groups(marks: Numbers, such: NDArray[np.bool_], first: int) -> Iterator[list[int]]:
    """Texts with the same mark, of those that are `such`: two or more, the last one from `first` on."""
    texts = np.flatnonzero(such)
    texts = texts[np.argsort(marks[texts], kind="stable")]
    _, begins, counts = _grouped(marks[texts])
    for begin, count in zip(begins[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True):
        if texts[begin + count - 1] >= first:
            yield texts[begin : begin + count].tolist()
