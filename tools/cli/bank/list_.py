"""`examd bank list|search|export`: items out of the bank, by their properties, by their words, into a file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cli import unlock
from tools.cli.bank.open_bank import open_bank
from tools.cli.bank.subjects import takes_subject
from tools.cli.base import Command, Commands, day, positive
from tools.cli.language import _, sentence
from tools.cli.output import as_json, rows

if TYPE_CHECKING:
    from bank.authoring.review import State
    from bank.content import ItemType, Level
    from bank.formats import Lost
    from bank.item import AnswerKey
    from bank.store import BankItem, ItemOutline, OpenBank


def add(bank: Commands) -> None:
    """Adds `examd bank list|search|export`."""
    exporting = bank.add(
        "export",
        run_export,
        _("write items with their answer keys to a file"),
        _(
            "The file is NOT encrypted and holds the answer keys. Importing it again gives the same items. What the "
            "form cannot say of an item is counted; items that it cannot hold are left out and named (exit code 1). "
            "So are items that other bodies lent, unless their owner permits open practice. Whoever exports signs with "
            "their own key, a second person with them above 300 items a day; the bank keeps who, how many and to whom. "
            "A bank of samples asks for no signature."
        ),
        "examd bank export bank/ chapter3.xlsx --chapter 3 --to 省局命题处 --as stick/liming.key",
    )
    exporting.takes_bank()
    exporting.add_argument("file", type=Path, metavar="FILE", help=_("the file to write"))
    exporting.add_argument("--to", default="", metavar="WHOM", help=_("whom the file is for; signed"))
    exporting.takes_signers()
    exporting.add_argument(
        "--form", choices=("csv", "xlsx", "jsonl", "docx", "qti-2.1", "qti-2.2", "qti-3.0", "moodle", "gift", "aiken"),
        help=_("the form (default: by the suffix; .zip is qti-2.2, .xml is moodle)"),
    )  # fmt: skip
    _filtered(exporting)

    listing = bank.add(
        "list",
        run_list,
        _("list items; answer keys only with --with-keys"),
        _(
            "One item a line: number, state where it is not approved, type, subject, chapter, level, stem. Of each the "
            "newest revision, unless it is retired. More than 50 items are shown to whoever says with their key who "
            "they are, more than 300 a day to two."
        ),
        "examd bank list bank/ --type single --search 触电",
    )
    listing.takes_bank()
    listing.takes_signers()
    listing.add_argument("--level", type=_level, metavar="LEVEL", help=_("了解, 掌握 or 熟练掌握"))
    listing.add_argument("--search", default="", metavar="TEXT", help=_("only items with this text in stem or options"))
    listing.add_argument("--with-keys", action="store_true", help=_("show the answer keys, too"))
    listing.add_argument(
        "--repealed-on", type=day, metavar="DATE", help=_("only items that cite a basis no longer in force on this day")
    )
    _filtered(listing)

    searching = bank.add(
        "search",
        run_search,
        _("find items by words in stem, options or code"),
        _(
            "Any part of a word, from one character on; width and case do not matter. More than 50 items are shown to "
            "whoever says with their key who they are."
        ),
        "examd bank search bank/ 触电",
    )
    searching.takes_bank()
    searching.takes_signers()
    searching.add_argument("words", metavar="TEXT", help=_("what to look for"))
    searching.add_argument("--limit", type=positive, default=50, metavar="N", help=_("at most so many (default: 50)"))


def _filtered(command: Command) -> None:
    command.add_argument(
        "--state", type=_state, metavar="STATE",
        help=_("draft, in-review, approved or retired (default: the newest revision of each item not retired)"),
    )  # fmt: skip
    command.add_argument("--type", type=_type, metavar="TYPE", help=_("单选, 多选, 判断 or 填空"))
    takes_subject(command, _("of this subject (code or name)"))
    command.add_argument("--chapter", metavar="CODE", help=_("a chapter with its sub-chapters"))


def _type(word: str) -> "ItemType":
    from bank.content import ItemType
    from bank.formats import spelling

    found = spelling.item_type(word)
    if not isinstance(found, ItemType):
        raise argparse.ArgumentTypeError(_("{word} is no type of item").format(word=word))
    return found


def _level(word: str) -> "Level":
    from bank.formats import spelling

    found = spelling.level(word)
    if found is None:
        raise argparse.ArgumentTypeError(_("{word} is no cognitive level").format(word=word))
    return found


def _state(word: str) -> "State":
    from bank.authoring.review import State
    from tools.cli.sentences.review import STATES

    for state in State:
        if word in (state.value, sentence(state.value, {}, STATES)):
            return state
    raise argparse.ArgumentTypeError(_("{word} is no state of an item").format(word=word))


def run_export(args: argparse.Namespace) -> int:
    """1: some items were left out."""
    from bank.lending import exchange
    from tools.cli.sentences.bank import COLUMNS, LEFT_OUT

    with open_bank(args) as bank:
        outlines = _listed(bank, args)
        result, lent = exchange.export(bank, outlines, args.file, args.form or "", args.to, unlock.signers(args))
    lost = [(sentence(name, {}, COLUMNS), str(number)) for name, number in result.lost.items()]
    left_out = [(each.code or each.id[:8], sentence(each.reason, {}, LEFT_OUT)) for each in result.left_out]
    left_out += [(name, sentence("lent", {"owner": owner}, LEFT_OUT)) for name, owner in lent]
    if args.json:
        out = [{"item": each.code or each.id[:8], "reason": each.reason} for each in result.left_out]
        out += [{"item": name, "owner": owner, "reason": "lent"} for name, owner in lent]
        losses = [{"fields": list(each.names), "item": each.code or each.id[:8]} for each in result.losses]
        as_json(
            {"file": str(args.file), "left_out": out, "losses": losses, "lost": result.lost, "written": result.written}
        )
    else:
        print(_("{n} items written to {file}.").format(n=result.written, file=args.file))
        rows(_("What this form cannot say was not written (of so many items):"), lost)
        rows(_("These items lose some of it:"), _first(result.losses))
        rows(_("Left out: {n} items").format(n=len(left_out)), left_out)
        print(_("This file is not encrypted and holds the answer keys: keep it as you keep the bank."), file=sys.stderr)
    return 1 if left_out else 0


_SHOWN = 20


def _first(losses: "list[Lost]") -> list[tuple[str, str]]:
    """Items by name, each with what it loses; how many more there are."""
    from tools.cli.sentences.bank import COLUMNS

    named = [
        (each.code or each.id[:8], " ".join(sentence(name, {}, COLUMNS) for name in each.names))
        for each in losses[:_SHOWN]
    ]
    if len(losses) > _SHOWN:
        named.append((_("… and {n} more (--json lists them all)").format(n=len(losses) - _SHOWN), ""))
    return named


def _listed(bank: "OpenBank", args: argparse.Namespace, **wanted: Any) -> "list[ItemOutline]":
    from bank.authoring import revisions

    wanted |= {"type": args.type, "subject": args.subject, "chapter": args.chapter}
    return revisions.outlines(bank, args.state, **wanted)


def run_list(args: argparse.Namespace) -> int:
    """Answer keys only where they are asked for."""
    from bank.authoring import lifecycle
    from bank.lending import exchange

    with open_bank(args) as bank:
        found = _listed(bank, args, level=args.level, search=args.search)
        if args.repealed_on is not None:
            found = [item for item, _basis in lifecycle.repealed(found, bank.provisions.repealed(), args.repealed_on)]
        items = exchange.listed(bank, found, unlock.signers(args))
        keys = [whole.answer_key for whole in bank.answer_keys.whole(items)] if args.with_keys else [None] * len(items)
    for item, answer_key in zip(items, keys, strict=True):
        if args.json:
            record = item_record(item)
            if answer_key is not None:
                record["answer"] = list(answer_key.correct) or answer_key.to_json()
            as_json(record)
            continue
        print(item_line(item) + ("" if answer_key is None else f"  [{answer_text(answer_key)}]"))
    return 0


def run_search(args: argparse.Namespace) -> int:
    """The newest revision of each item found, whatever its state."""
    from bank.lending import exchange

    with open_bank(args) as bank:
        found = list(bank.items.outlines(verified=False, state=None, search=args.words, limit=args.limit))
        for item in exchange.listed(bank, found, unlock.signers(args)):
            as_json(item_record(item)) if args.json else print(item_line(item))
    return 0


def item_line(item: "BankItem") -> str:
    """Number, state where it is not approved, type, subject, chapter, level, stem."""
    from bank.authoring.review import State
    from tools.cli.sentences.review import STATES

    state = "" if item.state is State.APPROVED else f"({sentence(item.state.value, {}, STATES)}) "
    said = f"{item.code or item.id[:8]}  {state}{type_name(item.content.type)}  {item.subject or '–'}"
    return f"{said}  {item.chapter}  {level_name(item.level)}  {' '.join(item.content.stem.split())}"


def answer_text(answer_key: "AnswerKey") -> str:
    """As people write it: AC, or the texts and the number that a blank takes."""
    from bank.content import OPTION_LETTERS

    parts = [*answer_key.accepted]
    if answer_key.number is not None:
        number = answer_key.number
        spread = "" if number.tolerance == "0" else f" ± {number.tolerance}"
        parts.append(f"{number.value}{spread} {number.units[0] if number.units else ''}".rstrip())
    return "".join(OPTION_LETTERS[n] for n in answer_key.correct) or " / ".join(parts)


def item_record(item: "BankItem") -> dict[str, Any]:
    """What a program is told of an item: nothing that reveals the answer."""
    return {
        "id": item.id,
        "rev": item.rev,
        "state": item.state.value,
        "code": item.code,
        "subject": item.subject,
        "chapter": item.chapter,
        "level": item.level.value,
        "p4": item.p4,
        "basis": item.basis,
        "enemies": list(item.enemies),
        "locked": list(item.locked),
        "tags": list(item.tags),
        "source": item.source,
        "lineage": item.lineage,
    } | item.content.to_json()


def type_name(kind: "ItemType") -> str:
    """In the current language."""
    from tools.cli.sentences.bank import TYPES

    return sentence(kind.value, {}, TYPES)


def level_name(level: "Level") -> str:
    """In the current language."""
    from tools.cli.sentences.bank import LEVELS

    return sentence(level.value, {}, LEVELS)
