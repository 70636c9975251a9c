"""Says which items a session may not use and why, and how a cell of a rule stands; for all commands that pick items."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from bank.composing.availability import CellAvailability, RuleAvailability
from bank.lending.slices import Permission
from bank.refused import Denied
from bank.rules import Rule
from bank.store import OpenBank
from tools.cli.language import N_, _
from tools.cli.rule.names import cell_name

REASONS = {
    "item-of-other-subject": N_("are of another subject than the rule names"),
    "item-without-subject": N_("state no subject"),
    "item-confidential-at-drill": N_("are confidential: a drill takes open items, or a bank of samples"),
    "item-repealed": N_("cite a basis that is repealed"),
    "item-with-picture": N_("have a picture, which the screen cannot show yet"),
    "case-group-not-whole": N_("case groups of another size than the cell asks for"),
    "slice-not-permitted": N_("lent for another use"),
    "slice-not-yet": N_("lent for later"),
    "slice-over": N_("lent until an earlier day"),
    "slice-withdrawn": N_("taken back by their owner"),
    "sessions-cap": N_("were in as many sessions as the rule allows"),
    "resting": N_("rest"),
    "candidates-cap": N_("would meet more candidates than the rule allows"),
}


def why(code: str) -> str:
    return _(REASONS[code]) if code in REASONS else code


def kind_of(bank: OpenBank, args: argparse.Namespace) -> Permission:
    """A bank of samples, or one to practise from, serves drills and nothing else."""

    return Permission.DRILL if args.mock or bank.sample or bank.practice else Permission.EXAM


def tell_kind(bank: OpenBank, args: argparse.Namespace) -> None:
    """On stderr, where a session that counts was asked for and the bank serves drills alone: issuing will refuse it."""
    if args.mock or not (bank.sample or bank.practice):
        return
    line = _("{bank} is a bank of samples: counted as for a drill (--mock). For a session that counts it is refused.")
    if bank.practice:
        line = _("{bank} is for practice: counted as for a drill (--mock). For a session that counts it is refused.")
    print(line.format(bank=args.bank.name), file=sys.stderr)


def tell(reasons: Mapping[str, int]) -> None:
    """On stderr, one line a reason; nothing where all items may be used."""
    for code, items in reasons.items():
        print(_("{n} items stay in the bank: {why}.", n=items, why=why(code)), file=sys.stderr)


def told(stratum: str, cell: CellAvailability) -> str:
    """How one cell stands: what the bank holds, what of it stays and why, what is left."""

    parts = [f"{why(code)} {number}" for code, number in cell.withheld.items()]
    if cell.again is not None:
        parts.append(_("the first is free again on {day}", day=cell.again))
    if cell.most < cell.free:
        line = _("of those free {recent} were in recent sessions, so that a pool may hold {most} at most")
        parts.append(line.format(recent=cell.recent, most=cell.most))
    line = _("{cell}: {held} in the bank, {free} free", cell=cell_name(stratum), held=cell.held, free=cell.free)
    return line + (_(" ({parts})", parts=_("; ").join(parts)) if parts else "")


def others(available: RuleAvailability, rule: Rule) -> Iterator[str]:
    """In one line, why the items of the rule's cells that are not free stay; none where all are free."""
    items, days = Counter[str](), list[date]()
    for cell in rule.cells:
        standing = available.cells[cell.stratum]
        items.update({code: number * cell.size for code, number in standing.withheld.items()})
        days += [standing.again] if standing.again is not None else []
    parts = [f"{why(code)} {number}" for code, number in sorted(items.items())]
    if days:
        parts.append(_("the first is free again on {day}", day=min(days)))
    if parts:
        yield _("Not free: {parts}", parts=_("; ").join(parts))


def short(available: RuleAvailability, rule: Rule, forms: int = 1) -> Iterator[str]:
    """Every cell that cannot give what so many forms take of it, with the reasons."""
    for cell in rule.cells_as_read:
        standing = available.cells[cell.stratum]
        if standing.most < cell.count * forms:
            line = _("{cell}; a form needs {n}") if forms == 1 else _("{cell}; the forms need {n} together")
            yield line.format(cell=told(cell.stratum, standing), n=cell.count * forms)


@contextmanager
def explained(available: RuleAvailability, rule: Rule) -> Iterator[None]:
    """Where items are refused for being too few, each cell that is short is told on stderr before the refusal."""

    try:
        yield
    except Denied:
        for line in short(available, rule):
            print("  " + line, file=sys.stderr)
        raise
