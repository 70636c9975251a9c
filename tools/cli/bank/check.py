"""`examd bank check`: counts, gaps and health of a bank."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tools.cli.bank.list_ import level_name, type_name
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Commands
from tools.cli.language import _, sentence
from tools.cli.output import MOST_LINES, as_json, rows, table

if TYPE_CHECKING:
    from bank.store import BankItem, OpenBank


def add(bank: Commands) -> None:
    checking = bank.add(
        "check",
        run_check,
        _("counts, gaps and health of a bank"),
        _("Exit code 0: the vault is whole and every approved revision proved by its signatures; 4: it is not."),
        "examd bank check bank/ --json",
    )
    checking.takes_bank()
    checking.add_argument(
        "--answer-positions", action="store_true",
        help=_("also where the right answers stand; in a shared bank counted like the answer keys of all its items"),
    )  # fmt: skip


def run_check(args: argparse.Namespace) -> int:
    with open_bank(args) as bank:
        report = _check(bank, args.answer_positions)
    if args.json:
        as_json(report)
    else:
        _print_counts(report)
        _print_life(report)
        _print_health(report)
    return 4 if report["vault"]["problems"] or report["findings"] else 0


def _check(bank: "OpenBank", with_positions: bool) -> dict[str, Any]:
    from datetime import UTC, datetime

    from bank.authoring import lifecycle
    from bank.authoring.review import State
    from bank.content import OPTION_LETTERS, ItemType

    items = [item for item in bank.items.select(verified=False, state=None) if item.state is not State.RETIRED]
    pictures = bank.media.digests()
    positions: dict[str, dict[str, int]] = {}
    for kind, found in bank.answer_keys.positions().items() if with_positions else ():
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
        "states": {state.value: number for state, number in bank.items.count_states().items()},
        "approved": sum(bank.items.count().values()),
        "sample": bank.sample,
        "carried_over": bank.meta.carried_over(),
        "repealed": [
            {"item": item.code or item.lineage[:8], "basis": basis}
            for item, basis in lifecycle.repealed(items, bank.provisions.repealed(), datetime.now(UTC).date())
        ],
        "head": dict(zip(("acts", "hash"), bank.history.head(), strict=True)),
        "findings": [{"item": found.item, "rev": found.rev, "code": found.code} for found in bank.audit.findings()],
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
        "exposed": len(bank.exposure.totals()),
        "vault": {"problems": bank.vault.problems(), "settings": bank.vault.settings()},
    }


def _shown(item: "BankItem") -> set[str]:
    return {*item.content.media, *(digest for option in item.content.options for digest in option.media)}


def _counted(values: Iterable[str]) -> dict[str, int]:
    from bank.rules import by_number

    return dict(sorted(Counter(values).items(), key=lambda entry: by_number(entry[0])))


def _print_counts(report: dict[str, Any]) -> None:
    from bank.content import ItemType, Level

    kinds = [kind for kind in ItemType if kind.value in report["types"]]
    levels = [level for level in Level if level.value in report["levels"]]
    lines = []
    for chapter, number in report["chapters"].items():
        cells = [cell for cell in report["cells"] if cell["chapter"] == chapter]
        by_type = [sum(cell["items"] for cell in cells if cell["type"] == kind.value) for kind in kinds]
        by_level = [sum(cell["items"] for cell in cells if cell["level"] == level.value) for level in levels]
        lines.append([chapter or "–", *map(str, by_type + by_level), str(number)])
    total = [report["types"].get(kind.value, 0) for kind in kinds]
    total += [report["levels"].get(level.value, 0) for level in levels]
    lines.append([_("all"), *map(str, total), str(report["items"])])
    table([_("chapter"), *map(type_name, kinds), *map(level_name, levels), _("all")], lines)

    lacking = report["lacking"]
    gaps = {
        _("without expected difficulty"): lacking["difficulty"],
        _("without basis"): lacking["basis"],
        _("without chapter"): lacking["chapter"],
        _("needing a picture"): report["needing_picture"],
        _("… that the bank lacks"): lacking["picture"],
        _("with more than six options (A to F)"): report["beyond_f"],
    }
    for title, count in gaps.items():
        print(f"{title}: {count}")
    if report["difficulty"]["mean_p4"] is not None:
        spread = " ".join(map(str, report["difficulty"]["tenths"]))
        mean = report["difficulty"]["mean_p4"] / 10_000
        line = _("expected share of right answers: mean {mean:.2f}; by tenths from 0 to 1: {spread}")
        print(line.format(mean=mean, spread=spread))
    for kind in kinds if report["answer_positions"] else ():
        positions = report["answer_positions"].get(kind.value, {})
        told = "  ".join(f"{_mark(mark)} {number}" for mark, number in positions.items())
        print(_("where the right answers stand, {type}: {told}").format(type=type_name(kind), told=told))


def _print_life(report: dict[str, Any]) -> None:
    """Reviews, repealed bases, and what the signatures do not prove."""
    from tools.cli.sentences import told
    from tools.cli.sentences.review import STATES

    states = "  ".join(f"{sentence(state, {}, STATES)} {number}" for state, number in report["states"].items())
    print(_("revisions by state: {states}").format(states=states or "–"))
    if report["sample"]:
        print(_("This is a bank of samples: what nobody reviewed may be in it, and it serves drills only."))
    if report["carried_over"]:
        line = _("{n} items came from a version without reviews, as drafts: hand them in and have them approved.")
        print(line.format(n=report["carried_over"]))
    rows(
        _("Citing a basis that is no longer in force:"), [(each["item"], each["basis"]) for each in report["repealed"]]
    )
    rows(
        _("NOT PROVED by signatures:"),
        [(each["item"], told(each["code"], {"name": "", "number": each["rev"]} | each)) for each in report["findings"]],
    )
    line = _("acts kept: {acts}; the last one's hash, which binds them all: {hash}")
    print(line.format(**report["head"]))


def _print_health(report: dict[str, Any]) -> None:
    problems, settings = report["vault"]["problems"], report["vault"]["settings"]
    for problem in problems[:MOST_LINES]:
        print(problem, file=sys.stderr)
    if problems:
        print(_("The vault is DAMAGED: {n} findings.").format(n=len(problems)))
    else:
        line = _("The vault is whole: every page authenticates (SQLCipher {cipher}, SQLite {sqlite}).")
        print(line.format(cipher=settings["cipher_version"], sqlite=settings["sqlite_version"]))


def _mark(mark: str) -> str:
    return {"true": "√", "false": "×"}.get(mark, mark)
