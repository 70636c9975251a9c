"""An item and what changed in it, in words. For `tools.cli.bank.review`, `tools.cli.bank.revise` and the desk."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from tools.cli.language import _, plain, sentence

if TYPE_CHECKING:
    from bank.authoring.review import Change
    from bank.item import Item
    from bank.store import BankItem, ItemOutline


def item_name(item: "BankItem | ItemOutline") -> str:
    return item.code or item.lineage[:8]


def word(word: str, table: str) -> str:
    """`word` as the table of that name in tools.cli.sentences.review has it."""
    from tools.cli.sentences import review

    return sentence(word, {}, getattr(review, table))


def field_word(name: str) -> str:
    """The name of a field of `bank.authoring.review.Change`; the letter of an option and the language stay as they
    are."""
    from bank.authoring.review import IN

    name, _in, language = name.partition(IN)
    letter = name.removeprefix("option ")
    told = word(name, "FIELDS") if letter == name else _("option {letter}").format(letter=letter)
    return _("{field} in {language}").format(field=told, language=language) if language else told


def field_text(field: str, text: str) -> str:
    """What a field holds, as a person says it; "" where there is nothing to say."""
    from bank.content import OPTION_LETTERS
    from tools.cli.sentences import bank

    if field == "type":
        return sentence(text, {}, bank.TYPES)
    if field == "level":
        return sentence(text, {}, bank.LEVELS)
    if field == "p4" and text:
        return f"{int(text) / 100:g} %"
    if field == "locked":
        return " ".join(OPTION_LETTERS[int(index)] for index in text.split())
    return "" if field == "place" and text == "0" else text


def in_words(change: "Change") -> "Change":
    before, after = field_text(change.field, change.before), field_text(change.field, change.after)
    return replace(change, before=before, after=after)


def change_records(changes: "Iterable[Change]") -> list[dict[str, str]]:
    return [{"field": each.field, "before": each.before, "after": each.after} for each in changes]


def print_changes(changes: "Iterable[Change]") -> None:
    for change in changes:
        marks = {"=": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
        _print(change.field, "".join(marks[sign].format(text) for sign, text in in_words(change).pieces()))


def print_whole(item: "Item") -> None:
    from bank.authoring import review

    for name, text in review.fields_of(item).items():
        if shown := field_text(name, text):
            _print(name, shown)


def _print(field: str, text: str) -> None:
    name, *more = text.split("\n")
    print(_("{field}: {text}").format(field=field_word(field), text=plain(name)))
    for line in more:
        print(f"    {plain(line)}")
