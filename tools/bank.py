"""`examd bank init|import|export|list|check`: the keeper's hands on the encrypted bank."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from bank.content import ItemType, Level
    from bank.formats import ImportResult, Place, Refusal
    from bank.item import AnswerKey
    from bank.review import State
    from bank.store import AddReport, Bank, BankItem

MOST_COMPARED = 5_000
"""Questions among which an import looks for twins unasked: about 2 s. A dry run looks among any number."""
MOST_LINES = 50
"""Refused rows printed before the rest is only counted; --json has them all."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools import bank_browse, bank_custody, bank_guard, bank_handin, bank_review
    from tools.arguments import help_formatter
    from tools.say import _

    bank = subparsers.add_parser(
        "bank",
        help=_("the encrypted item bank: make, fill, list and check it"),
        description=_("A bank is a folder: bank.db, encrypted, and bank.key, its key sealed to your passphrase."),
        epilog=_("Example: examd bank import bank/ items.xlsx"),
        formatter_class=help_formatter(),
    )
    commands = bank.add_subparsers(
        dest="command", required=True, metavar=_("COMMAND"), prog="examd bank"
    )

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str, more: str, example: str) -> Any:
        parser = commands.add_parser(
            name,
            help=text,
            description=more,
            epilog=_("Example: {example}").format(example=example),
            formatter_class=help_formatter(),
        )
        parser.set_defaults(run=run)
        parser.add_argument("bank", type=Path, metavar="DIR", help=_("the bank's folder"))
        parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=_("read the bank's passphrase here"))
        return parser

    bank_custody.add(commands)
    bank_browse.add(commands)
    bank_review.add(commands)
    bank_handin.add(commands)
    bank_guard.add(commands)
    init = command(
        "init", run_init, _("make an empty bank"), _("Asks for a new passphrase, twice."), "examd bank init bank/"
    )
    init.add_argument(
        "--sample", action="store_true",
        help=_("a bank of samples: takes items without review, and serves drills only, for ever"),
    )  # fmt: skip
    init.add_argument(
        "--open", dest="practice", action="store_true",
        help=_("a bank that candidates practise from: takes only items tagged as open, for ever"),
    )  # fmt: skip
    template = commands.add_parser(
        "template", help=_("write a workbook with an example of each type, to fill in"),
        epilog=_("Example: {example}").format(example="examd bank template items.xlsx"),
        formatter_class=help_formatter(),
    )  # fmt: skip
    template.add_argument("file", type=Path, metavar="FILE", help=_("the file to write: .xlsx, .csv or .jsonl"))
    template.set_defaults(run=run_template)

    importing = command(
        "import",
        run_import,
        _("add items from question files: xlsx, csv, jsonl, docx, QTI, Moodle XML, GIFT, Aiken"),
        _(
            "Columns by their headings, in any order: stem, type, answer, option A to option J, chapter, level; "
            "and, where wanted: difficulty, basis, explanation, enemies, tags, images, code. "
            "For an example with the Chinese headings: examd bank template. "
            "Rows that make no sense are refused and listed; all others are added together or, on failure, not at all. "
            "Importing twice adds nothing. Questions that are nearly the same as another are added, and named with "
            "their twin. Exit code 0: all rows added or already there; 1: some row was refused, or contradicts the "
            "bank; 2: a file could not be read, nothing was added. docs/formats-interchange.md says what is read."
        ),
        "examd bank import bank/ items.xlsx --media pictures/",
    )
    importing.add_argument("files", type=Path, nargs="+", metavar="FILE", help=_("question files"))
    importing.add_argument("--media", type=Path, metavar="DIR", help=_("the folder that holds the pictures"))
    importing.add_argument("--dry-run", action="store_true", help=_("say what would be added, add nothing"))
    importing.add_argument(
        "--approve-as-sample", action="store_true",
        help=_("approve the items without anyone's signature; in a bank of samples only (bank init --sample)"),
    )  # fmt: skip
    importing.add_argument("--author", default="", metavar="ID", help=_("the person of the bank who wrote the items"))

    exporting = command(
        "export",
        run_export,
        _("write items with their answer keys to a file of any form that is read"),
        _(
            "The file is NOT encrypted and holds the answer keys. Importing it again gives the same items. What the "
            "form cannot say of an item is counted; items that it cannot hold are left out and named (exit code 1)."
        ),
        "examd bank export bank/ chapter3.xlsx --chapter 3",
    )
    exporting.add_argument("file", type=Path, metavar="FILE", help=_("the file to write"))
    exporting.add_argument(
        "--form", choices=("csv", "xlsx", "jsonl", "docx", "qti-2.1", "qti-2.2", "qti-3.0", "moodle", "gift", "aiken"),
        help=_("the form (default: by the suffix; .zip is qti-2.2, .xml is moodle)"),
    )  # fmt: skip

    listing = command(
        "list",
        run_list,
        _("list items; answer keys only with --with-keys"),
        _("One item a line: number, type, chapter, level, stem."),
        "examd bank list bank/ --type single --search 触电",
    )
    listing.add_argument("--level", type=_level, metavar="LEVEL", help=_("了解, 掌握 or 熟练掌握"))
    listing.add_argument("--search", default="", metavar="TEXT", help=_("only items with this text in stem or options"))
    listing.add_argument("--with-keys", action="store_true", help=_("show the answer keys, too"))

    listing.add_argument(
        "--repealed-on", type=day, metavar="DATE", help=_("only items that cite a basis no longer in force on this day")
    )
    for parser in (exporting, listing):
        parser.add_argument(
            "--state", type=_state, metavar="STATE",
            help=_("draft, in-review, approved or retired (default: the newest revision of each item not retired)"),
        )  # fmt: skip
        parser.add_argument("--type", type=_type, metavar="TYPE", help=_("单选, 多选 or 判断"))
        parser.add_argument("--chapter", metavar="CODE", help=_("a chapter with its sub-chapters"))

    checking = command(
        "check",
        run_check,
        _("counts, gaps and health of a bank"),
        _("Exit code 0: the vault is whole and every approved revision proved by its signatures; 4: it is not."),
        "examd bank check bank/ --json",
    )
    for parser in (importing, listing, checking):
        parser.add_argument("--json", action="store_true", help=_("print the report as JSON"))


def _type(word: str) -> "ItemType":
    from bank.content import ItemType
    from bank.formats import spelling
    from tools.say import _

    found = spelling.item_type(word)
    if not isinstance(found, ItemType):
        raise argparse.ArgumentTypeError(_("{word} is no type of item").format(word=word))
    return found


def _level(word: str) -> "Level":
    from bank.formats import spelling
    from tools.say import _

    found = spelling.level(word)
    if found is None:
        raise argparse.ArgumentTypeError(_("{word} is no cognitive level").format(word=word))
    return found


def _state(word: str) -> "State":
    from bank.review import State
    from tools.say import _, sentence
    from tools.sentences.review import STATES

    for state in State:
        if word in (state.value, sentence(state.value, {}, STATES)):
            return state
    raise argparse.ArgumentTypeError(_("{word} is no state of an item").format(word=word))


def day(word: str) -> "date":
    from datetime import date

    from tools.say import _

    try:
        return date.fromisoformat(word)
    except ValueError:
        raise argparse.ArgumentTypeError(_("{word} is no date (YYYY-MM-DD)").format(word=word)) from None


def _listed(bank: "Bank", args: argparse.Namespace, **wanted: Any) -> "list[BankItem]":
    """In the state that was asked for; else of each item the newest revision, unless it is retired."""
    from bank.review import State

    items = bank.items(type=args.type, chapter=args.chapter, state=args.state, **wanted)
    return [item for item in items if args.state is not None or item.state is not State.RETIRED]


def _open(args: argparse.Namespace) -> "Bank":
    from tools.open_bank import open_bank

    return open_bank(args)


def run_template(args: argparse.Namespace) -> int:
    import errno
    import os

    from bank import formats
    from tools.say import _

    if args.file.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(args.file))
    formats.write(args.file, formats.read(Path(__file__).parent / "samples" / "template.jsonl").items)
    print(_("Written: {path}").format(path=args.file))
    return 0


def run_init(args: argparse.Namespace) -> int:
    from bank.store import Bank
    from tools.say import _
    from tools.secrets import ask_secret

    passphrase = ask_secret("bank", _("New passphrase of the bank"), args.passphrase_file, confirm=True)
    Bank.create(args.bank, passphrase, sample=args.sample, practice=args.practice).close()
    print(_("An empty bank is in {place}. Without the passphrase nobody can open it.").format(place=args.bank))
    return 0


def run_import(args: argparse.Namespace) -> int:
    from bank import formats
    from bank.refused import BadFile

    if args.media is not None and not args.media.is_dir():
        raise BadFile("media-missing", file=str(args.media))
    with _open(args) as bank:
        whole = formats.ImportResult()
        for path in args.files:
            with Progress(path.name) as progress:
                part = formats.read(path, args.media, progress.show)
            whole.items += part.items
            whole.places += part.places
            whole.media |= part.media
            whole.refused += part.refused
            whole.remarks += part.remarks
        report = bank.weigh(whole.items)
        with Progress(bank.directory.name) as progress:
            twins = _twins(bank, whole, report, progress, every=args.dry_run)
        if not args.dry_run:
            with Progress(bank.directory.name) as progress:
                report = bank.add(
                    whole.items, whole.media, progress.show, by=args.author, approve_as_sample=args.approve_as_sample
                )
    if args.json:
        print(json.dumps(_import_record(args, whole, report, twins), ensure_ascii=False))
    else:
        _print_import(args, whole, report, twins)
    return 1 if whole.refused or report.contradicting else 0


def _twins(
    bank: "Bank", result: "ImportResult", report: "AddReport", progress: "Progress", *, every: bool
) -> "list[tuple[Place, str, int]] | None":
    """Rows to be added that are nearly the same as a question of the bank or further up: place, twin, likeness in %.

    None where the questions are too many to be compared unasked.
    """
    from bank import likeness

    added = set(report.added)
    places: dict[str, Place] = {}
    fresh = []
    for item, place in zip(result.items, result.places, strict=True):
        if item.id in added and item.id not in places:
            places[item.id] = place
            fresh.append((item.id, item.content))
    names = {item.id: item.code or item.id[:8] for item in result.items}
    held = []
    for old in bank.items(state=None) if fresh else ():
        if old.id not in places:
            names.setdefault(old.id, old.code or old.id[:8])
            held.append((old.id, old.content))
    if not every and len(fresh) + len(held) > MOST_COMPARED:
        return None
    found = likeness.near(fresh, held, progress=progress.show)
    rows = []
    for identity, (twin, *_others) in found.items():
        where = _place(places[twin.id]) if twin.id in places else ""
        rows.append((places[identity], f"{names[twin.id]} {where}".rstrip(), int(100 * twin.likeness)))
    return rows


def _repeats(result: "ImportResult") -> "list[Place]":
    """Rows whose item stands further up in the same files."""
    seen: set[str] = set()
    repeated = []
    for item, place in zip(result.items, result.places, strict=True):
        identity = item.id
        if identity in seen:
            repeated.append(place)
        seen.add(identity)
    return repeated


def _contradictions(result: "ImportResult", report: "AddReport") -> "list[Place]":
    wanted = set(report.contradicting)
    return [place for item, place in zip(result.items, result.places, strict=True) if item.id in wanted]


def _import_record(
    args: argparse.Namespace, result: "ImportResult", report: "AddReport", twins: "list[tuple[Place, str, int]] | None"
) -> dict[str, Any]:
    def place(place: "Place") -> dict[str, Any]:
        return {"file": place.file, "sheet": place.sheet, "row": place.row}

    def told(refusal: "Refusal") -> dict[str, Any]:
        told = {"file": refusal.file, "sheet": refusal.sheet, "row": refusal.row, "reason": refusal.reason}
        return told | {"facts": refusal.facts, "sentence": _reason(refusal)}

    return {
        "dry_run": args.dry_run,
        "rows": len(result.items) + len(result.refused),
        "added": len(report.added),
        "already": len(report.already),
        "repeats": [place(each) for each in _repeats(result)],
        "contradicting": [place(each) for each in _contradictions(result, report)],
        "near": None if twins is None else [place(row) | {"twin": twin, "percent": n} for row, twin, n in twins],
        "pictures": len(result.media),
        "refused": [told(each) for each in result.refused],
        "remarks": [told(each) for each in result.remarks],
    }


def _print_import(
    args: argparse.Namespace, result: "ImportResult", report: "AddReport", twins: "list[tuple[Place, str, int]] | None"
) -> None:
    from tools.say import _

    _print_rows(_("Refused:"), [(_place(each), _reason(each)) for each in result.refused])
    contradictions = [(_place(each), "") for each in _contradictions(result, report)]
    _print_rows(_("The same question with another answer key (not added; one of the two is wrong):"), contradictions)
    _print_rows(_("Repeats of a row further up:"), [(_place(each), "") for each in _repeats(result)])
    _print_rows(
        _("Nearly the same as another question (added all the same; look whether one of the two should go):"),
        [(_place(place), f"≈ {twin} {percent} %") for place, twin, percent in twins or ()],
    )
    if twins is None:
        print(_("So many questions were not compared with each other; --dry-run does."), file=sys.stderr)
    _print_rows(_("Worth a look:"), [(_place(each), _reason(each)) for each in result.remarks])
    counts = _("{added} added, {already} already there, {refused} refused; {pictures} pictures.")
    if args.dry_run:
        counts = _("Nothing was changed. It would be: {added} added, {already} already there, {refused} refused.")
    print(
        counts.format(
            added=len(report.added),
            already=len(report.already),
            refused=len(result.refused),
            pictures=len(result.media),
        )
    )


def _print_rows(title: str, rows: list[tuple[str, str]]) -> None:
    from tools.say import _

    if not rows:
        return
    print(title, file=sys.stderr)
    for place, reason in rows[:MOST_LINES]:
        print(f"  {place}  {reason}".rstrip(), file=sys.stderr)
    if len(rows) > MOST_LINES:
        print("  " + _("… and {n} more (--json lists them all)").format(n=len(rows) - MOST_LINES), file=sys.stderr)


def _place(place: "Place | Refusal") -> str:
    from tools.say import _

    parts = [place.file]
    if place.sheet:
        parts.append(_("sheet {sheet}").format(sheet=place.sheet))
    if place.row:
        parts.append(_("row {row}").format(row=place.row))
    return " ".join(parts)


def _reason(refusal: "Refusal") -> str:
    from tools.say import sentence
    from tools.sentences.bank import COLUMNS, SENTENCES

    facts = dict(refusal.facts)
    if facts.get("column") in COLUMNS:
        facts["column"] = sentence(str(facts["column"]), {}, COLUMNS)
    return sentence(refusal.reason, facts, SENTENCES)


def run_export(args: argparse.Namespace) -> int:
    from bank import formats
    from tools.say import _, sentence
    from tools.sentences.bank import COLUMNS, LEFT_OUT

    with _open(args) as bank:
        result = formats.export(args.file, bank.whole(_listed(bank, args)), bank.media, args.form or "")
    print(_("{n} items written to {file}.").format(n=result.written, file=args.file))
    lost = [(sentence(name, {}, COLUMNS), str(number)) for name, number in result.lost.items()]
    _print_rows(_("What this form cannot say was not written (of so many items):"), lost)
    left_out = [(each.code or each.id[:8], sentence(each.reason, {}, LEFT_OUT)) for each in result.left_out]
    _print_rows(_("Left out, for this form cannot hold them:"), left_out)
    print(_("This file is not encrypted and holds the answer keys: keep it as you keep the bank."), file=sys.stderr)
    return 1 if result.left_out else 0


def run_list(args: argparse.Namespace) -> int:
    from bank import life

    with _open(args) as bank:
        items = _listed(bank, args, level=args.level, search=args.search)
        if args.repealed_on is not None:
            items = [item for item, _basis in life.repealed(items, bank.repeals(), args.repealed_on)]
        keys = [whole.answer_key for whole in bank.whole(items)] if args.with_keys else [None] * len(items)
    for item, answer_key in zip(items, keys, strict=True):
        if args.json:
            record = item_record(item)
            if answer_key is not None:
                record["answer"] = list(answer_key.correct) or answer_key.record()
            print(json.dumps(record, ensure_ascii=False))
            continue
        print(item_line(item) + ("" if answer_key is None else f"  [{answer_text(answer_key)}]"))
    return 0


def item_line(item: "BankItem") -> str:
    """Number, state where it is not approved, type, chapter, level, stem."""
    from bank.review import State
    from tools.say import sentence
    from tools.sentences.review import STATES

    state = "" if item.state is State.APPROVED else f"({sentence(item.state.value, {}, STATES)}) "
    said = f"{item.code or item.id[:8]}  {state}{_type_name(item.content.type)}  {item.chapter}"
    return f"{said}  {_level_name(item.level)}  {' '.join(item.content.stem.split())}"


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
    return {
        "id": item.id,
        "rev": item.rev,
        "state": item.state.value,
        "code": item.code,
        "chapter": item.chapter,
        "level": item.level.value,
        "p4": item.p4,
        "basis": item.basis,
        "enemies": list(item.enemies),
        "locked": list(item.locked),
        "tags": list(item.tags),
        "source": item.source,
        "lineage": item.lineage,
    } | item.content.record()


def _type_name(kind: "ItemType") -> str:
    from tools.say import sentence
    from tools.sentences.bank import TYPES

    return sentence(kind.value, {}, TYPES)


def _level_name(level: "Level") -> str:
    from tools.say import sentence
    from tools.sentences.bank import LEVELS

    return sentence(level.value, {}, LEVELS)


def run_check(args: argparse.Namespace) -> int:
    with _open(args) as bank:
        report = _check(bank)
    if args.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        _print_check(report)
    return 4 if report["vault"]["problems"] or report["findings"] else 0


def _check(bank: "Bank") -> dict[str, Any]:
    from datetime import UTC, datetime

    from bank import life
    from bank.content import OPTION_LETTERS, ItemType
    from bank.review import State

    items = [item for item in bank.items(state=None) if item.state is not State.RETIRED]
    pictures = bank.pictures()
    positions: dict[str, dict[str, int]] = {}
    for kind, found in bank.answer_positions().items():
        letters = ("true", "false") if kind is ItemType.TRUEFALSE else OPTION_LETTERS
        positions[kind.value] = {letters[n]: number for n, number in found.items()}
    shares = [item.p4 for item in items if item.p4 is not None]
    with_picture = [item for item in items if item.content.needs_picture]
    return {
        "items": len(items),
        "types": _counted(item.content.type.value for item in items),
        "levels": _counted(item.level.value for item in items),
        "chapters": _counted(item.chapter for item in items),
        "cells": [
            {"type": kind, "chapter": chapter, "level": level, "items": number}
            for (chapter, kind, level), number in sorted(
                Counter((item.chapter, item.content.type.value, item.level.value) for item in items).items()
            )
        ],
        "states": {state.value: number for state, number in bank.states().items()},
        "approved": sum(bank.counts().values()),
        "sample": bank.sample,
        "carried_over": bank.carried_over,
        "repealed": [
            {"item": item.code or item.lineage[:8], "basis": basis}
            for item, basis in life.repealed(items, bank.repeals(), datetime.now(UTC).date())
        ],
        "head": dict(zip(("acts", "hash"), bank.head(), strict=True)),
        "findings": [
            {"item": found.item, "rev": found.rev, "code": found.code} for found in bank.findings()
        ],
        "difficulty": {
            "mean_p4": round(sum(shares) / len(shares)) if shares else None,
            "tenths": [sum(1 for p4 in shares if min(p4, 9_999) // 1_000 == tenth) for tenth in range(10)],
        },
        "answer_positions": {kind: dict(sorted(counter.items())) for kind, counter in positions.items()},
        "lacking": {
            "difficulty": len(items) - len(shares),
            "basis": sum(1 for item in items if not item.basis),
            "chapter": sum(1 for item in items if not item.chapter),
            "level": sum(1 for item in items if item.level.value == "none"),
            "picture": sum(1 for item in with_picture if not _shown(item) <= pictures),
        },
        "needing_picture": len(with_picture),
        "beyond_f": sum(1 for item in items if len(item.content.options) > 6),
        "exposed": len(bank.exposure()),
        "vault": {"problems": bank.vault.problems(), "settings": bank.vault.settings()},
    }


def _shown(item: "BankItem") -> set[str]:
    return {*item.content.media, *(digest for option in item.content.options for digest in option.media)}


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda entry: _natural(entry[0])))


def _natural(code: str) -> list[tuple[int, str]]:
    """2.10 after 2.9."""
    return [(int(part), "") if part.isdecimal() else (10**9, part) for part in code.split(".")]


def _print_check(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from bank.content import ItemType, Level
    from tools.say import _

    console = Console(highlight=False, markup=False)
    kinds = [kind for kind in ItemType if kind.value in report["types"]]
    levels = [level for level in Level if level.value in report["levels"]]
    table = Table(box=None, pad_edge=False)
    table.add_column(_("chapter"))
    for title in (*map(_type_name, kinds), *map(_level_name, levels), _("all")):
        table.add_column(title, justify="right")
    total = [str(report["types"].get(kind.value, 0)) for kind in kinds]
    total += [str(report["levels"].get(level.value, 0)) for level in levels]
    for chapter, number in report["chapters"].items():
        cells = [cell for cell in report["cells"] if cell["chapter"] == chapter]
        by_type = [sum(cell["items"] for cell in cells if cell["type"] == kind.value) for kind in kinds]
        by_level = [sum(cell["items"] for cell in cells if cell["level"] == level.value) for level in levels]
        table.add_row(chapter or "–", *map(str, by_type + by_level), str(number))
    table.add_row(_("all"), *total, str(report["items"]))
    console.print(table)

    lacking = report["lacking"]
    gaps = {
        _("without expected difficulty"): lacking["difficulty"],
        _("without basis"): lacking["basis"],
        _("without chapter"): lacking["chapter"],
        _("needing a picture"): report["needing_picture"],
        _("… that the bank lacks"): lacking["picture"],
        _("with more than six options (A to F)"): report["beyond_f"],
    }
    for title, number in gaps.items():
        console.print(f"{title}: {number}")
    if report["difficulty"]["mean_p4"] is not None:
        spread = " ".join(map(str, report["difficulty"]["tenths"]))
        mean = report["difficulty"]["mean_p4"] / 10_000
        line = _("expected share of right answers: mean {mean:.2f}; by tenths from 0 to 1: {spread}")
        console.print(line.format(mean=mean, spread=spread))
    for kind in kinds:
        positions = report["answer_positions"].get(kind.value, {})
        told = "  ".join(f"{_mark(mark)} {number}" for mark, number in positions.items())
        console.print(_("where the right answers stand, {type}: {told}").format(type=_type_name(kind), told=told))
    _print_life(console, report)
    problems = report["vault"]["problems"]
    for problem in problems[:MOST_LINES]:
        print(problem, file=sys.stderr)
    settings = report["vault"]["settings"]
    if problems:
        console.print(_("The vault is DAMAGED: {n} findings.").format(n=len(problems)))
    else:
        line = _("The vault is whole: every page authenticates (SQLCipher {cipher}, SQLite {sqlite}).")
        console.print(line.format(cipher=settings["cipher_version"], sqlite=settings["sqlite_version"]))


def _print_life(console: "Console", report: dict[str, Any]) -> None:
    """Reviews, repealed bases, and what the signatures do not prove."""
    from tools.say import _, sentence
    from tools.sentences import told
    from tools.sentences.review import STATES

    states = "  ".join(f"{sentence(state, {}, STATES)} {number}" for state, number in report["states"].items())
    console.print(_("revisions by state: {states}").format(states=states or "–"))
    if report["sample"]:
        console.print(_("This is a bank of samples: what nobody reviewed may be in it, and it serves drills only."))
    if report["carried_over"]:
        line = _("{n} items came from a version without reviews, as drafts: hand them in and have them approved.")
        console.print(line.format(n=report["carried_over"]))
    _print_rows(
        _("Citing a basis that is no longer in force:"), [(each["item"], each["basis"]) for each in report["repealed"]]
    )
    _print_rows(
        _("NOT PROVED by signatures:"),
        [
            (each["item"], told(each["code"], {"name": "", "number": each["rev"]} | each))
            for each in report["findings"]
        ],
    )
    line = _("acts kept: {acts}; the last one's hash, which binds them all: {hash}")
    console.print(line.format(**report["head"]))


def _mark(mark: str) -> str:
    return {"true": "√", "false": "×"}.get(mark, mark)


class Progress:
    """One line on a terminal's stderr that counts up and goes away; nothing where stderr is no terminal."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._live = sys.stderr.isatty()

    def show(self, done: int, total: int) -> None:
        if self._live:
            filled = 24 * done // max(total, 1)
            bar = "━" * filled + "─" * (24 - filled)
            print(f"\r{self._label} {bar} {done}/{total}", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
