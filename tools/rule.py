"""`examd rule check|try`: is a composition rule free of contradictions, can a bank fill it, are its forms alike?"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bank.assembly import Assembler
    from bank.blueprint import Blueprint
    from bank.pool import ItemFacts
    from bank.refused import Refused
    from tools.fairness import Floats

TRIAL = b"examd rule try".ljust(32, b".")
"""Key and seed of trial draws: public, so that a trial can be repeated, and never a session's."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools.arguments import help_formatter, positive
    from tools.say import _

    rule = subparsers.add_parser(
        "rule",
        help=_("check a composition rule, and try it on a bank"),
        description=_("A composition rule is a TOML file: a table of cells, and margins that must agree with it."),
        epilog=_("Example: examd rule check tools/samples/SP-ELV-T/rule.toml"),
        formatter_class=help_formatter(),
    )
    commands = rule.add_subparsers(
        dest="command", required=True, metavar=_("COMMAND"), prog="examd rule"
    )

    check = commands.add_parser(
        "check",
        help=_("find contradictions; with --bank, cells that the bank cannot fill"),
        description=_("Exit code 0: in order; 1: a contradiction, or a cell that cannot be filled."),
        epilog=_("Example: examd rule check rule.toml --bank bank/"),
        formatter_class=help_formatter(),
    )
    check.set_defaults(run=run_check)

    trial = commands.add_parser(
        "try",
        help=_("draw trial forms from a bank and measure how alike they are"),
        description=_(
            "Draws a session pool and forms from it, beside plain stratified draws from the same pool. The borderline "
            "candidate passes with a chance of one half on average, under a logistic model on the stated shares of "
            "right answers. Refused (exit code 1) where fewer draws are admissible than the rule's min_accept."
        ),
        epilog=_("Example: examd rule try rule.toml --bank bank/ --forms 2000"),
        formatter_class=help_formatter(),
    )
    trial.add_argument("--forms", type=positive, default=2_000, help=_("how many forms (default: %(default)s)"))
    trial.set_defaults(run=run_try)

    for command in (check, trial):
        command.add_argument("rule", type=Path, metavar=_("RULE"), help=_("the rule, a TOML file"))
        command.add_argument("--bank", type=Path, metavar="DIR", required=command is trial, help=_("the bank's folder"))
        command.add_argument("--passphrase-file", type=Path, metavar="FILE", help=_("read the bank's passphrase here"))
        command.add_argument("--json", action="store_true", help=_("print the findings as JSON"))


def run_check(args: argparse.Namespace) -> int:
    from bank.assembly import Assembler, session_pool
    from bank.blueprint import feasible, parse
    from bank.refused import Refused

    text = _read(args.rule)
    try:
        blueprint = parse(text)
    except Refused as refusal:
        return _found_wrong(refusal, args.json)
    available: dict[str, int] | None = None
    acceptance: dict[str, int] | None = None
    if args.bank is not None:
        facts = _facts(args, blueprint)
        try:
            available = feasible(facts, blueprint)
            acceptance = _acceptance(Assembler(session_pool(facts, blueprint, TRIAL), blueprint, TRIAL, "trial"))
        except Refused as refusal:
            return _found_wrong(refusal, args.json)
    if args.json:
        report = {"ok": True, "acceptance": acceptance} | _summary(blueprint, available)
        print(json.dumps(report, ensure_ascii=False))
    else:
        _print_rule(blueprint, available, acceptance)
    return 0


def run_try(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from bank.assembly import Assembler, require_p4, session_pool
    from bank.blueprint import parse
    from bank.refused import Refused
    from tools.fairness import Drawn, side_by_side

    blueprint = parse(_read(args.rule))
    facts = _facts(args, blueprint)
    try:
        pool = session_pool(facts, blueprint, TRIAL)
        require_p4(pool)
        fair, plain = (
            Assembler(pool, each, TRIAL, "trial") for each in (blueprint, replace(blueprint, difficulty=None))
        )
        acceptance = _acceptance(fair)
    except Refused as refusal:
        return _found_wrong(refusal, args.json)
    drawn = [Drawn.of([draw.form(n) for n in range(1, args.forms + 1)], pool) for draw in (fair, plain)]
    ability = drawn[1].borderline(lambda x: shifted(pool, x), blueprint.pass_points)
    found = [each.fairness(shifted(pool, 0.0), shifted(pool, ability), blueprint.pass_points) for each in drawn]
    if args.json:
        report = {"fair": found[0].record(), "plain": found[1].record(), "pool": len(pool), "acceptance": acceptance}
        print(json.dumps({"ok": True, "sha256": blueprint.sha256} | report))
    else:
        _print_heading(blueprint)
        side_by_side(*found)
    return 0


def shifted(pool: "list[ItemFacts]", ability: float) -> "Floats":
    """Chances of a right answer for a candidate `ability` logits above the one the shares were stated for."""
    import numpy as np

    shares = np.clip(np.array([fact.p4 for fact in pool]) / 10_000, 0.01, 0.99)
    chances: Floats = 1.0 / (1.0 + np.exp(-(np.log(shares / (1.0 - shares)) + ability)))
    return chances


def _read(path: Path) -> bytes:
    from bank.refused import BadFile

    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile("rule-unreadable", file=str(path), reason=error.strerror or "") from None


def _facts(args: argparse.Namespace, blueprint: "Blueprint") -> "list[ItemFacts]":
    from bank.facts import facts_of
    from bank.store import Bank
    from tools.say import _
    from tools.secrets import ask_secret

    with Bank.open(args.bank, ask_secret("bank", _("Passphrase of the bank"), args.passphrase_file)) as bank:
        return facts_of(bank.items(), blueprint)


def _acceptance(assembler: "Assembler", draws: int = 2_000) -> dict[str, int]:
    return {"admitted": assembler.acceptance(draws), "draws": draws}


def _found_wrong(refusal: "Refused", as_json: bool) -> int:
    from tools.sentences import said

    text = said(refusal)
    if as_json:
        wrong = {"ok": False, "code": refusal.code, "facts": refusal.facts, "sentence": text}
        print(json.dumps(wrong, ensure_ascii=False))
    else:
        print(text)
    return 1


def _summary(blueprint: "Blueprint", available: dict[str, int] | None) -> dict[str, Any]:
    cells = []
    for cell in blueprint.cells:
        stated: dict[str, Any] = {"cell": cell.stratum, "count": cell.count, "points": cell.points}
        cells.append(stated if available is None else stated | {"available": available[cell.stratum]})
    return {
        "id": blueprint.id,
        "version": blueprint.version,
        "name": blueprint.name,
        "sha256": blueprint.sha256,
        "items": blueprint.items,
        "minutes": blueprint.minutes,
        "total_points": blueprint.total_points,
        "pass_points": blueprint.pass_points,
        "cells": cells,
    }


def _print_heading(blueprint: "Blueprint") -> None:
    from tools.say import _

    types = {"truefalse": _("true-false"), "single": _("single answer"), "multiple": _("multiple answers")}
    print(f"{blueprint.name}  ({blueprint.id} v{blueprint.version})")
    print(_("rule hash {hash}").format(hash=blueprint.sha256))
    parts = [f"{types[t]} {blueprint.types[t].count}×{blueprint.types[t].points}" for t in blueprint.type_order]
    summary = _("{items} items, {points} points, {minutes} minutes, {passing} to pass: {parts}")
    print(
        summary.format(
            items=blueprint.items,
            points=blueprint.total_points,
            minutes=blueprint.minutes,
            passing=blueprint.pass_points,
            parts=" + ".join(parts),
        )
    )


def _print_rule(blueprint: "Blueprint", available: dict[str, int] | None, acceptance: dict[str, int] | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from bank.blueprint import within
    from tools.say import _

    _print_heading(blueprint)
    table = Table(box=None, pad_edge=False)
    for title in (_("chapter"), _("points"), _("items")):
        table.add_column(title, justify="left" if title == _("chapter") else "right")
    if available is not None:
        table.add_column(_("in the bank"), justify="right")
        table.add_column(_("scarcest cell, held/taken"), justify="right")
    for code, margin in sorted(blueprint.chapters.items(), key=lambda entry: _natural(entry[0])):
        cells = [cell for cell in blueprint.cells if within(code, cell.chapter)]
        row = [f"{code} {margin.name}", str(margin.points), str(sum(cell.count for cell in cells))]
        if available is not None:
            scarcest = min(cells, key=lambda cell: available[cell.stratum] / cell.count)
            held = f"{scarcest.stratum} {available[scarcest.stratum]}/{scarcest.count}"
            row += [str(sum(available[cell.stratum] for cell in cells)), held]
        table.add_row(*row)
    Console(highlight=False).print(table)
    if available is not None and acceptance is not None:
        short = [c.stratum for c in blueprint.cells if available[c.stratum] < c.count * blueprint.pool_multiple]
        if short:
            line = _("{n} cells hold less than {multiple} times what a form takes; their pool is all there is: {cells}")
            print(line.format(n=len(short), multiple=blueprint.pool_multiple, cells=", ".join(short)))
        print(_("{admitted} of {draws} trial draws are admissible").format(**acceptance))
    print(_("In order."))


def _natural(code: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdecimal() else (10**9, part) for part in code.split("."))
