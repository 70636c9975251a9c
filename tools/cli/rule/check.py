"""`examd rule check`: has a rule no contradictions, can a bank fill it on the day, and would a session be issued?"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bank.composing.availability import RuleAvailability
from bank.composing.exposure import require_large_enough
from bank.composing.trial import Issuable, issuable
from bank.refused import Refused
from bank.rules import Rule, by_number, parse, within
from bank.rules.advice import doubts
from bank.rules.feasibility import Demand, Feasibility, Lack
from bank.rules.flaws import flaws
from bank.rules.signed_rule import named
from examd.package.issue import require_showable
from tools.cli.language import _, joined, plain
from tools.cli.output import as_json, progress, table
from tools.cli.rule import common, withheld
from tools.cli.rule.names import cell_name


def run_check(args: argparse.Namespace) -> int:
    text = common.read(args.rule)
    try:
        rule = parse(text)
        if args.bank is not None:
            require_large_enough(rule, args.candidates)
    except Refused as refusal:
        return common.found_wrong(args, refusal, flaws(text)[1:])
    if args.bank is None:
        return _told(args, rule)
    available = common.availability_of(args, rule, args.candidates)
    with progress(_("trial draws")) as shown:
        found = issuable(available, rule, args.candidates, shown)
    if not found.feasibility.feasible:
        return _impossible(found.feasibility, available, as_record=args.json)
    if found.refusal is not None:
        if not args.json:
            for line in list(withheld.short(available, rule)) or withheld.others(available, rule):
                print("  " + line)
        return common.found_wrong(args, found.refusal)
    return _told(args, rule, available, found)


def _told(
    args: argparse.Namespace, rule: Rule, available: RuleAvailability | None = None, found: Issuable | None = None
) -> int:
    obstacle = _obstacle(rule, mock=args.mock)
    warning = "" if found is None else common.off_the_mark(found.pool, rule)
    foolish = doubts(rule) if available is None else available.doubts(rule)
    if args.json:
        acceptance = None
        if found is not None and found.acceptance is not None:
            acceptance = asdict(found.acceptance) | {"pools": found.pools}
        told: dict[str, Any] = {"ok": obstacle is None, "acceptance": acceptance, "warning": warning or None}
        told["doubts"] = [{"code": each.code, "facts": each.facts} for each in foolish]
        if obstacle is not None:
            told |= {"code": obstacle.code, "facts": obstacle.facts}
        as_json(told | _summary(rule, available, found))
        return 0 if obstacle is None else 1
    _print_rule(rule, available, found)
    for line in (warning, *(common.warning(each) for each in foolish)):
        if line:
            print(line)
    if obstacle is not None:
        return common.found_wrong(args, obstacle)
    print(_("In order."))
    return 0


def _obstacle(rule: Rule, *, mock: bool) -> Refused | None:
    """Why no session could use the rule whatever the bank holds: issuing and signing refuse it for the same."""

    try:
        named(rule.id)
        require_showable(rule)
        rule.require_unlike()
        if not mock:
            rule.require_subjects()
    except Refused as refusal:
        return refusal
    return None


def _impossible(found: Feasibility, available: RuleAvailability, *, as_record: bool) -> int:
    if as_record:
        counted = {"counted_for": available.of_bank.kind.value, "cells": _cells(available)}
        as_json({"ok": False, "code": "rule-impossible"} | _record(found) | counted)
        return 1
    if found.alone:
        print(_("Each of these demands of the rule is more than can be met:"))
        for lack, groups in zip(found.alone, found.alone_enemies, strict=True):
            print("  " + _line(lack, available, alone=True))
            _print_enemies(groups, "    ")
    together = ([] if found.alone else [found.conflict]) + list(found.further)
    for lacks, groups in zip(together, found.enemies[-len(together) :] if together else (), strict=True):
        print(_("These demands of the rule cannot be met together:"))
        for lack in lacks:
            print("  " + _line(lack, available, alone=False))
        _print_reason(lacks, groups)
    return 1


def _print_enemies(groups: Sequence[str], indent: str) -> None:
    if groups:
        line = _("Reason: a form holds one item of an enemy group at most. The groups in the way: {groups}.")
        print(indent + line.format(groups=joined(groups)))


def _print_reason(lacks: Sequence[Lack], groups: Sequence[str]) -> None:
    _print_enemies(groups, "  ")
    added = joined(f"{_name(lack.demand)} {lack.missing}" for lack in lacks if lack.missing)
    if added:
        print(_("  It would be enough to add, for instance, so many items of no enemy group: {added}.", added=added))


def _name(demand: Demand) -> str:
    return _("tag {name}", name=demand.name) if demand.kind == "tag" else cell_name(demand.name)


def _line(lack: Lack, available: RuleAvailability, *, alone: bool) -> str:
    demand = lack.demand
    if demand.kind == "tag":
        line = _("tag {name}: a form needs {needed}, {available} free", **asdict(demand))
    else:
        needs = _("; a form needs {n}") if demand.kind == "cell" else _("; for so many candidates the pool needs {n}")
        line = withheld.told(demand.name, available.cells[demand.name]) + needs.format(n=demand.needed)
    return line + (_(", {n} lacking", n=lack.missing) if alone else "")


def _record(found: Feasibility) -> dict[str, Any]:
    def told(lacks: Sequence[Lack]) -> list[dict[str, Any]]:
        return [asdict(lack.demand) | {"missing": lack.missing} for lack in lacks]

    return {
        "conflict": told(found.conflict), "alone": told(found.alone), "further": [told(each) for each in found.further],
        "enemies": [list(groups) for groups in found.enemies],
        "alone_enemies": [list(groups) for groups in found.alone_enemies],
    }  # fmt: skip


def _cells(available: RuleAvailability) -> list[dict[str, Any]]:
    return [
        {
            "cell": name, "held": cell.held, "free": cell.free, "staying": dict(cell.withheld), "recent": cell.recent,
            "free_again_on": None if cell.again is None else cell.again.isoformat(),
        }
        for name, cell in available.cells.items()
    ]  # fmt: skip


def _summary(rule: Rule, available: RuleAvailability | None, found: Issuable | None) -> dict[str, Any]:
    cells = []
    for cell in rule.cells_as_read:
        stated: dict[str, Any] = {"cell": cell.stratum, "count": cell.count, "points": cell.points}
        if available is not None:
            standing = available.cells[cell.stratum]
            stated |= {"available": standing.free, "held": standing.held, "staying": dict(standing.withheld)}
        cells.append(stated)
    return {
        "id": rule.id,
        "version": rule.version,
        "name": rule.name,
        "sha256": rule.sha256,
        "items": rule.items,
        "subjects": list(rule.subjects),
        "alike": None if found is None else {"found": round(float(found.alike), 4), "most": rule.most_alike / 10_000},
        "minutes": rule.minutes,
        "total_points": rule.total_points,
        "pass_points": rule.pass_points,
        "below_multiple": None if found is None else [each.name for each in found.feasibility.below_multiple],
        "withheld": None if available is None else available.of_bank.reasons,
        "counted_for": None if available is None else available.of_bank.kind.value,
        "cells": cells,
    }


def _print_rule(rule: Rule, available: RuleAvailability | None, found: Issuable | None) -> None:
    common.print_heading(rule)
    titles, lines = [_("chapter"), _("points"), _("items")], []
    if available is not None:
        titles += [_("in the bank"), _("free"), _("scarcest cell, free/taken")]
    for code, margin in sorted(rule.chapters.items(), key=lambda entry: by_number(entry[0])):
        cells = [cell for cell in rule.cells if within(code, cell.chapter)]
        row = [f"{code} {margin.name}", str(margin.points), str(sum(cell.items for cell in cells))]
        if available is not None:
            standing = available.cells
            scarcest = min(cells, key=lambda cell: standing[cell.stratum].free / cell.count)
            row += [
                str(sum(standing[cell.stratum].held * cell.size for cell in cells)),
                str(sum(standing[cell.stratum].free * cell.size for cell in cells)),
                f"{cell_name(scarcest.stratum)} {standing[scarcest.stratum].free}/{scarcest.count}",
            ]
        lines.append(row)
    table(titles, lines)
    if available is not None:
        for line in withheld.others(available, rule):
            print(line)
    if found is not None and found.acceptance is not None:
        short = [cell_name(demand.name) for demand in found.feasibility.below_multiple]
        if short:
            line = _("{n} cells hold less than {multiple} times what a form takes; their pool is all there is: {cells}")
            print(line.format(n=len(short), multiple=rule.pool_multiple, cells=joined(short)))
        print(_("Proved: a form exists that fills every cell, with every tag and no two enemies."))
        line = _("{admitted} of {draws} trial draws are admissible")
        if found.pools > 1:
            line = _("{admitted} of {draws} trial draws are admissible, from the worst of {pools} trial pools")
        print(line.format(**asdict(found.acceptance), pools=found.pools))
        line = _("two candidates have {found:.0%} of their items in common on average; {most:.0%} at most{why}")
        why = "" if rule.alike is None else _(" ({reason})", reason=rule.alike.reason)
        print(line.format(found=float(found.alike), most=rule.most_alike / 10_000, why=plain(why)))
        if found.acceptance.near_limit(rule):
            line = _("WARNING: that is near the limit of {share:.0%}. Another pool may fall below it and be refused.")
            print(line.format(share=rule.min_accept / 10_000))
