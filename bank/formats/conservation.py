"""Nothing visible is lost on the way: what a place of the source shows, less what its item holds, leaves nothing.

Every reader hands over, beside its Draft, what the source shows at that place, taken from the source itself. Letters,
digits and signs count, in whatever width; punctuation and spaces do not. What is left over has neither reached a field
of the item nor been named in the report: the row is refused with the words that are left.
"""

import html as entities
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from bank.content import OPTION_LETTERS, ItemType
from bank.formats.draft import Draft
from bank.item import Item

_SILENT = re.compile(r"[^\w√×✓✔✗✘÷±≤≥≠≈∈∞°%+=<>]+|_+")
_MOST_COMPARED = 3_000
"""Characters within which the words that are left are looked for exactly."""
_SHOWN = 24


def bare(text: str) -> str:
    """What of a text says something, without width, case and how superscripts are written."""
    if text.isascii():
        return _SILENT.sub("", text).casefold()
    return _SILENT.sub("", unicodedata.normalize("NFKC", text)).casefold()


def left(draft: Draft, item: Item) -> str:
    """The words that `draft.shown` shows and neither `item` holds nor the reader has read as marks; "" for none."""
    if not draft.shown:
        return ""
    held = [*_held(item)]
    if draft.numbered:
        held[0] = draft.numbered + held[0]
    rest = _without(draft.shown, held)
    if not rest:
        return ""
    read = [*_read(draft, item)]
    rest = _without(rest, read)
    if not rest:
        return ""
    held += read
    whole = Counter(draft.shown) - Counter(rest)  # a text counts for one place only
    return _over(rest, [*(Counter(held) - whole).elements()], _marks(draft))


def _without(shown: Sequence[str], held: Sequence[str]) -> list[str]:
    texts = set(held)
    if len(set(shown)) == len(shown):
        return [piece for piece in shown if piece not in texts]
    have = Counter(held)
    rest = []
    for piece in shown:
        have[piece] -= 1
        if have[piece] < 0:
            rest.append(piece)
    return rest


def _over(pieces: Sequence[str], held: Sequence[str], marks: Sequence[str]) -> str:
    shown = [bare(piece) for piece in pieces]
    have = Counter("".join(map(bare, (*held, *marks))))
    if not Counter("".join(shown)) - have:
        return ""
    text = "".join(map(bare, held)) + "\n" + "".join(map(bare, marks))
    for piece, said in zip(pieces, shown, strict=True):
        if said and said not in text:
            return _words(piece, said, text)
    return _words(pieces[0], shown[0], "")


def _words(piece: str, said: str, text: str) -> str:
    if max(len(said), len(text)) <= _MOST_COMPARED:
        blocks = SequenceMatcher(None, said, text, autojunk=False).get_opcodes()
        gaps = [said[first:last] for kind, first, last, _a, _b in blocks if kind in ("delete", "replace")]
        longest = max(gaps, key=len, default="")
        if longest:
            return longest[:_SHOWN]
    return " ".join(piece.split())[:_SHOWN]


def _held(item: Item) -> Iterator[str]:
    content = item.content
    yield content.stem
    for option in content.options:
        yield option.text
    yield from (item.chapter, item.explanation, item.basis, item.code, item.source, *item.tags, *item.enemies)
    yield from item.answer_key.accepted
    if item.background is not None:
        yield item.background.text
    for translation in item.translations:
        yield translation.lang
        yield translation.content.stem
        yield from (option.text for option in translation.content.options)
        if translation.background is not None:
            yield translation.background.text
    yield from (basis.text for basis in item.bases)
    provenance = item.provenance
    yield from (provenance.author, provenance.owner, provenance.origin)


def _read(draft: Draft, item: Item) -> Iterator[str]:
    """Words that became a value: a type, an answer, a level, a number."""
    yield from (draft.type, draft.level, draft.difficulty, draft.place, draft.calibrated, draft.code, draft.chapter)
    yield from (draft.subject, draft.kind_of_work, draft.tags, draft.enemies, *draft.accepted, *draft.said)
    yield from (each for each in (draft.answer, draft.locked) if isinstance(each, str))
    yield from (draft.number[0], draft.number[1], *draft.number[2]) if draft.number is not None else ()
    if item.content.type is ItemType.TRUEFALSE:
        yield from (each.text for each in draft.options)
    for basis in draft.bases:
        yield from basis


def _marks(draft: Draft) -> list[str]:
    """Letters of options."""
    letters = OPTION_LETTERS[: len(draft.options)]
    return [letters, letters]


def pieces(value: object) -> Iterator[str]:
    """All texts of a JSON value, in reading order, names of pictures left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in ("image", "images"):
                yield from pieces(each)
    elif isinstance(value, list):
        for each in value:
            yield from pieces(each)


_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[/!?a-zA-Z][^<>]*>", re.DOTALL | re.IGNORECASE)


def visible(html: str) -> str:
    """What a browser would show of `html`, found in the plainest way."""
    return entities.unescape(_TAG.sub(" ", html)) if "<" in html or "&" in html else html
