"""What a person read off a photo, and the item of the bank that it is of. Pure.

Before: a description of a photo (`examd.bureau.tracing`). After: `bank.store.near_duplicates` looks where the bank is
open, `bank.leaks.trace` looks for the form.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bank.content import OPTION_LETTERS, Content
from bank.refused import BadFile, Denied

LEAST_LIKENESS = Fraction(1, 2)
"""A stem that shares less with what was read than this is not worth proposing."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a person read off a photo: some of the stem, and the options from the top, or some of them."""

    text: str
    readings: tuple[tuple[str, tuple[str, ...]], ...]
    """(stem, options): a colon may end the stem, or stand in it. The stem is part of the text, or the beginning of the
    item's id (8 hexadecimal digits or more). Options are as displayed, parts of their texts; one word of capitals alone
    is the item's own letters: "BDAC"."""

    @classmethod
    def parse(cls, text: str) -> "Fragment":
        """`part of the stem: option | option | …`, the colon of either width.

        Raises BadFile: when it is not of that shape.
        """
        colons = [n for n, char in enumerate(text) if char in ":："]
        readings = []
        for at in (*colons, len(text)):
            options = tuple(part.strip() for part in text[at + 1 :].replace("｜", "|").split("|") if part.strip())
            if text[:at].strip():
                readings.append((text[:at].strip(), options))
        if not readings or not text[: min(colons, default=len(text))].strip():
            raise BadFile("fragment-malformed", found=text[:40])
        return cls(text.strip(), tuple(readings))


@dataclass(frozen=True, slots=True)
class Seen:
    """An item recognised. `order`: its own option letters from the top, as far as they were seen."""

    item: str
    order: str


@dataclass(frozen=True, slots=True)
class Recognition:
    """What became of a fragment."""

    seen: Seen | None = None
    code: str = ""
    """Why it is no one item."""
    facts: dict[str, Any] | None = None
    nearest: tuple[str, str, int] | None = None
    """Id, stem, similarity ×10⁴ of the item that then comes nearest."""


def squeezed(text: str) -> str:
    """Letters and digits alone, in one width and case: a person copying from a photo gets no more than these right."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


class KnownItems:
    """Items that something read may be, and the one that it is."""

    def __init__(self, held: Iterable[tuple[str, Content]]) -> None:
        self._held = [(identity, content, squeezed(content.stem)) for identity, content in held]

    def recognise(self, fragment: Fragment, among: Sequence[Collection[str]] = ()) -> Seen:
        """The one item that the fragment fits, looked for in each of `among` before all. Denied where it fits none, or
        several."""
        for ids in among:
            found = self._readings(fragment, ids)
            if found:
                return _only(fragment, found)
        return _only(fragment, self._readings(fragment, None))

    def most_similar(self, fragment: Fragment) -> tuple[str, str, int] | None:
        """(id, stem, similarity ×10⁴) of the item whose stem has most of the pairs of characters that were read."""
        best: tuple[Fraction, str, str] | None = None
        wanted = [pairs for stem, _ in fragment.readings if (pairs := _pairs(squeezed(stem)))]
        for identity, content, text in self._held:
            there = _pairs(text)
            share = max((Fraction(len(pairs & there), len(pairs)) for pairs in wanted), default=Fraction(0))
            if best is None or share > best[0]:
                best = share, identity, content.stem
        return None if best is None or best[0] < LEAST_LIKENESS else (best[1], best[2], int(best[0] * 10_000))

    def told(self, fragment: Fragment, among: Sequence[Collection[str]]) -> Recognition:
        """What `recognise` says, or why it refuses and what would come nearest."""
        try:
            return Recognition(self.recognise(fragment, among))
        except Denied as refusal:
            return Recognition(None, refusal.code, refusal.facts, self.most_similar(fragment))

    def _readings(self, fragment: Fragment, ids: Collection[str] | None) -> dict[str, str | None]:
        """Item -> the most letters of its order that any reading gives; None where only its stem fits."""
        found: dict[str, str | None] = {}
        for stem, options in ((squeezed(stem), options) for stem, options in fragment.readings):
            by_id = len(stem) >= 8 and all(char in "0123456789abcdef" for char in stem)
            for identity, content, text in self._held if stem else ():
                if (ids is None or identity in ids) and (stem in text or (by_id and identity.startswith(stem))):
                    order, before = _order(options, content), found.get(identity)
                    found[identity] = max((each for each in (order, before) if each is not None), key=len, default=None)
        return found


def _only(fragment: Fragment, found: Mapping[str, str | None]) -> Seen:
    whole = [Seen(identity, order) for identity, order in found.items() if order is not None]
    if len(whole) == 1:
        return whole[0]
    if len(found) == 1:
        raise Denied("seen-other-options", seen=fragment.text[:40], item=next(iter(found))[:8])
    raise Denied("seen-ambiguous" if whole else "seen-unknown", seen=fragment.text[:40], found=len(whole))


def _pairs(text: str) -> set[str]:
    return {text[n : n + 2] for n in range(len(text) - 1)}


def _order(options: Sequence[str], content: Content) -> str | None:
    """The letters of the options named, or None where they are not this item's."""
    if len(options) == 1 and len(options[0]) > 1 and set(options[0]) <= set(OPTION_LETTERS[: len(content.options)]):
        return options[0] if len(set(options[0])) == len(options[0]) else None
    texts = [squeezed(option.text) for option in content.options]
    letters = ""
    for named in map(squeezed, options):
        fits = [n for n, text in enumerate(texts) if text == named] or [
            n for n, text in enumerate(texts) if named and named in text and OPTION_LETTERS[n] not in letters
        ]
        if len(fits) != 1 or OPTION_LETTERS[fits[0]] in letters:
            return None
        letters += OPTION_LETTERS[fits[0]]
    return letters
