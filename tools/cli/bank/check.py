"""`examd bank check`: counts, gaps and health of a bank."""

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from tools.cli.bank.list_ import level_name, type_name
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Commands
from tools.cli.language import _, sentence
from tools.cli.output import MOST_LINES, as_json, rows, table

if TYPE_CHECKING:
    from bank.authoring.overview import Overview


def add(bank: Commands) -> None:
    """Adds `examd bank check`."""
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
    """4: the vault is damaged, or something in it is not proved."""
    from bank.authoring.overview import overview

    with open_bank(args) as bank:
        found = overview(bank, with_positions=args.answer_positions)
    if args.json:
        as_json(asdict(found))
    else:
        _print_counts(found)
        _print_life(found)
        _print_health(found)
    return 0 if found.sound else 4


def _print_counts(found: "Overview") -> None:
    from bank import subjects
    from bank.content import ItemType, Level

    kinds = [kind for kind in ItemType if kind.value in found.types]
    levels = [level for level in Level if level.value in found.levels]
    lines = []
    for subject, held in found.subjects.items():
        blank = [""] * (len(kinds) + len(levels))
        lines.append([subjects.told(subject) if subject else _("no subject"), *blank, str(held)])
        for chapter in found.chapters:
            cells = [cell for cell in found.cells if (cell.subject, cell.chapter) == (subject, chapter)]
            by_type = [sum(cell.items for cell in cells if cell.type == kind.value) for kind in kinds]
            by_level = [sum(cell.items for cell in cells if cell.level == level.value) for level in levels]
            if cells:
                lines.append([f"  {chapter or '–'}", *map(str, by_type + by_level), str(sum(by_type))])
    total = [found.types.get(kind.value, 0) for kind in kinds]
    total += [found.levels.get(level.value, 0) for level in levels]
    lines.append([_("all"), *map(str, total), str(found.items)])
    table([_("subject, chapter"), *map(type_name, kinds), *map(level_name, levels), _("all")], lines)

    lacking = found.lacking
    gaps = {
        _("without expected difficulty"): lacking.difficulty,
        _("without basis"): lacking.basis,
        _("without subject: in no session"): lacking.subject,
        _("without chapter"): lacking.chapter,
        _("needing a picture"): found.needing_picture,
        _("… that the bank lacks"): lacking.picture,
        _("with more than six options (A to F)"): found.beyond_f,
    }
    for title, count in gaps.items():
        print(f"{title}: {count}")
    if found.difficulty.mean_p4 is not None:
        spread = " ".join(map(str, found.difficulty.tenths))
        mean = found.difficulty.mean_p4 / 10_000
        line = _("expected share of right answers: mean {mean:.2f}; by tenths from 0 to 1: {spread}")
        print(line.format(mean=mean, spread=spread))
    for kind in kinds if found.answer_positions else ():
        positions = found.answer_positions.get(kind.value, {})
        told = "  ".join(f"{_mark(mark)} {number}" for mark, number in positions.items())
        print(_("where the right answers stand, {type}: {told}").format(type=type_name(kind), told=told))


def _print_life(found: "Overview") -> None:
    """Reviews, repealed bases, and what the signatures do not prove."""
    from tools.cli.sentences import told
    from tools.cli.sentences.review import STATES

    states = "  ".join(f"{sentence(state, {}, STATES)} {number}" for state, number in found.states.items())
    print(_("revisions by state: {states}").format(states=states or "–"))
    if found.sample:
        print(_("This is a bank of samples: what nobody reviewed may be in it, and it serves drills only."))
    if found.carried_over:
        line = _("{n} items came from a version without reviews, as drafts: hand them in and have them approved.")
        print(line.format(n=found.carried_over))
    rows(_("Citing a basis that is no longer in force:"), [(each.item, each.basis) for each in found.repealed])
    rows(
        _("NOT PROVED by signatures:"),
        [(each.item, told(each.code, {"name": "", "number": each.rev} | asdict(each))) for each in found.findings],
    )
    line = _("acts kept: {acts}; the last one's hash, which binds them all: {hash}")
    print(line.format(**asdict(found.head)))


def _print_health(found: "Overview") -> None:
    problems, settings = found.vault.problems, found.vault.settings
    for problem in problems[:MOST_LINES]:
        print(problem, file=sys.stderr)
    if problems:
        print(_("The vault is DAMAGED: {n} findings.").format(n=len(problems)))
    else:
        line = _("The vault is whole: every page authenticates (SQLCipher {cipher}, SQLite {sqlite}).")
        print(line.format(cipher=settings["cipher_version"], sqlite=settings["sqlite_version"]))


def _mark(mark: str) -> str:
    return {"true": "√", "false": "×"}.get(mark, mark)
