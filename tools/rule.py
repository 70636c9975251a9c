"""`examd rule check|try|reserve`: has a rule no contradictions, can a bank fill it, are its forms alike?

Who signs rules, and which is in force: `tools.rule_officers`.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bank.blueprint import Blueprint
    from bank.exposure import Ledger
    from bank.pool import ItemFacts
    from bank.proof import Demand, Lack, Proof
    from bank.refused import Refused
    from tools.fairness import Drawn, Fairness, Floats
    from tools.forecast import Season

TRIAL = b"examd rule try".ljust(32, b".")
"""Key and seed of trial draws: public, so that a trial can be repeated, and never a session's."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from tools import rule_officers
    from tools.arguments import help_formatter, positive
    from tools.say import _

    rule = subparsers.add_parser(
        "rule",
        help=_("check a composition rule, try it on a bank, have it signed"),
        description=_("A composition rule is a TOML file: a table of cells, and margins that must agree with it."),
        epilog=_("Example: examd rule check tools/samples/SP-ELV-T/rule.toml"),
        formatter_class=help_formatter(),
    )
    commands = rule.add_subparsers(dest="command", required=True, metavar=_("COMMAND"), prog="examd rule")

    check = commands.add_parser(
        "check",
        help=_("find contradictions; with --bank, what the bank cannot fill"),
        description=_(
            "Exit code 0: in order; 1: a contradiction, or demands that the bank cannot meet. Then the smallest set of "
            "cells that makes it impossible is named, with how many items each lacks. Nothing is ever relaxed."
        ),
        epilog=_("Example: examd rule check rule.toml --bank bank/ --candidates 300"),
        formatter_class=help_formatter(),
    )
    check.add_argument(
        "--candidates", type=positive, metavar="N",
        help=_("for so many in a session: what a cap on candidates demands of the pool"),
    )  # fmt: skip
    check.set_defaults(run=run_check)

    trial = commands.add_parser(
        "try",
        help=_("draw trial forms from a bank and measure how alike they are"),
        description=_(
            "Draws a session pool and forms from it, beside plain stratified draws from the same pool. The borderline "
            "candidate passes with a chance of one half on average, under a logistic model on the stated shares of "
            "right answers. Refused (exit code 1) where fewer draws are admissible than the rule's min_accept."
        ),
        epilog=_("Example: examd rule try rule.toml --bank bank/ --sessions 40 --candidates 200 --svg try.svg"),
        formatter_class=help_formatter(),
    )
    trial.add_argument("--forms", type=positive, default=2_000, help=_("how many forms (default: %(default)s)"))
    trial.add_argument("--sessions", type=positive, metavar="N", help=_("forecast a season of so many sessions"))
    trial.add_argument(
        "--candidates", type=positive, default=100, metavar="N",
        help=_("of a session, for the forecast (default: %(default)s)"),
    )  # fmt: skip
    trial.add_argument(
        "--every", type=positive, default=7, metavar="DAYS",
        help=_("from one session to the next, for the forecast (default: %(default)s)"),
    )  # fmt: skip
    trial.add_argument("--svg", type=Path, metavar="FILE", help=_("write the picture here"))
    trial.add_argument(
        "--propose", type=Path, metavar="MARGINS",
        help=_("propose cells for a rule that has margins alone; print the whole rule, for people to read and sign"),
    )  # fmt: skip
    trial.set_defaults(run=run_try)

    reserve = commands.add_parser(
        "reserve",
        help=_("make fixed reserve forms, with no item in common"),
        description=_(
            "Chooses items for reserve forms exactly as the rule says, by integer programming, and prints "
            "their ids. Reserve forms are fixed and secret, not drawn: they do not replace the draw of a session."
        ),
        epilog=_("Example: examd rule reserve rule.toml --bank bank/ --forms 3 --out reserve.json"),
        formatter_class=help_formatter(),
    )
    reserve.add_argument("--forms", type=positive, default=2, help=_("how many forms (default: %(default)s)"))
    reserve.add_argument("--out", type=Path, metavar="FILE", help=_("write them here instead, for your eyes alone"))
    reserve.set_defaults(run=run_reserve)

    for command in (check, trial, reserve):
        command.add_argument(
            "rule", type=Path, metavar=_("RULE"), nargs="?" if command is trial else None,
            help=_("the rule, a TOML file"),
        )  # fmt: skip
        command.add_argument(
            "--bank", type=Path, metavar="DIR", required=command is reserve, help=_("the bank's folder")
        )
        command.add_argument("--passphrase-file", type=Path, metavar="FILE", help=_("read the bank's passphrase here"))
        command.add_argument("--json", action="store_true", help=_("print the findings as JSON"))
    rule_officers.register(commands)


# -- check -------------------------------------------------------------------------------------------------------------


def run_check(args: argparse.Namespace) -> int:
    from bank.assembly import Assembler, session_pool
    from bank.blueprint import parse
    from bank.proof import prove
    from bank.refused import Refused

    text = read(args.rule)
    try:
        blueprint = parse(text)
    except Refused as refusal:
        return _found_wrong(refusal, args.json)
    proof: Proof | None = None
    acceptance: dict[str, int] | None = None
    if args.bank is not None:
        facts, ledger = _facts(args, blueprint, args.candidates or 1)
        proof = prove(facts, blueprint, args.candidates)
        if not proof.feasible:
            return _impossible(blueprint, proof, args.json)
        try:
            pool = session_pool(facts, blueprint, TRIAL, ledger)
            acceptance = _acceptance(pool, blueprint, Assembler(pool, blueprint, TRIAL, "trial"))
        except Refused as refusal:
            return _found_wrong(refusal, args.json)
    if args.json:
        report = {"ok": True, "acceptance": acceptance} | _summary(blueprint, proof)
        print(json.dumps(report, ensure_ascii=False))
    else:
        _print_rule(blueprint, proof, acceptance)
    return 0


def _acceptance(pool: "list[ItemFacts]", blueprint: "Blueprint", assembler: Any, draws: int = 2_000) -> dict[str, int]:
    """Of trial draws those admissible; where they are too few, whether any form at all lies within the tolerance."""
    from bank.proof import in_tolerance
    from bank.refused import Denied

    try:
        return {"admitted": assembler.acceptance(draws), "draws": draws}
    except Denied as refusal:
        target = assembler.target
        if refusal.facts["admitted"] or target is None or in_tolerance(pool, blueprint, target):
            raise
        raise Denied("rule-no-form-in-tolerance", rule=blueprint.id) from None


def _impossible(blueprint: "Blueprint", proof: "Proof", as_json: bool) -> int:
    from tools.say import _

    if as_json:
        lists = {"conflict": proof.conflict, "alone": proof.alone}
        told = {
            name: [_demand(lack.demand) | {"missing": lack.missing} for lack in those] for name, those in lists.items()
        }
        print(json.dumps({"ok": False, "code": "rule-impossible"} | told, ensure_ascii=False))
        return 1
    if proof.alone:
        print(_("Each of these demands of the rule is more than this bank can meet:"))
    else:
        print(_("This bank cannot meet these demands of the rule together; without any one of them it could:"))
    for lack in proof.alone or proof.conflict:
        print("  " + _told(lack))
    if len(proof.conflict) > 1:
        print(_("What is lacking is one least way: items of no enemy group, added to these."))
    return 1


def _told(lack: "Lack") -> str:
    from tools.say import _

    sentences = {
        "cell": _("Cell {name}: a form needs {needed}, the bank holds {available}, {missing} lacking."),
        "pool": _(
            "Cell {name}: for so many candidates the pool needs {needed}, the bank holds {available}, "
            "{missing} lacking."
        ),
        "tag": _("Tag {name}: a form needs {needed}, the bank holds {available}, {missing} lacking."),
    }  # fmt: skip
    return sentences[lack.demand.kind].format(missing=lack.missing, **_demand(lack.demand))


def _demand(demand: "Demand") -> dict[str, Any]:
    return {
        "kind": demand.kind, "name": demand.name, "needed": demand.needed, "available": demand.available,
    }  # fmt: skip


# -- try ---------------------------------------------------------------------------------------------------------------


def run_try(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from bank.assembly import Assembler, require_p4, session_pool
    from bank.blueprint import parse
    from bank.refused import Refused
    from tools.fairness import Drawn, remaining
    from tools.forecast import season

    if args.propose is not None:
        return _propose(args)
    _require(args, "rule", "bank")
    blueprint = parse(read(args.rule))
    facts, ledger = _facts(args, blueprint, args.candidates)
    try:
        pool = session_pool(facts, blueprint, TRIAL, ledger)
        require_p4(pool)
        fair, plain = (
            Assembler(pool, each, TRIAL, "trial") for each in (blueprint, replace(blueprint, difficulty=None))
        )
        acceptance = _acceptance(pool, blueprint, fair)
    except Refused as refusal:
        return _found_wrong(refusal, args.json)
    drawn = [Drawn.of([draw.form(n) for n in range(1, args.forms + 1)], pool) for draw in (fair, plain)]
    ability = drawn[1].borderline(lambda x: shifted(pool, x), blueprint.pass_points)
    stated, borderline = shifted(pool, 0.0), shifted(pool, ability)
    found = [each.fairness(stated, borderline, blueprint.pass_points) for each in drawn]
    left = remaining(drawn, stated, blueprint.pass_points)
    cells = _by_cell(blueprint, pool, drawn[0])
    ahead = None
    if args.sessions is not None:
        ahead = season(facts, blueprint, args.sessions, args.candidates, args.every, TRIAL)
    spreads = [
        (each.pass_chances(borderline, blueprint.pass_points), stated[each.rows] @ each.points) for each in drawn
    ]
    if args.svg is not None:
        _write_svg(args.svg, blueprint, found, spreads)
    if args.json:
        report = {
            "fair": found[0].record(), "plain": found[1].record(), "pool": len(pool), "acceptance": acceptance,
            "remaining": {name: {"fair": round(f, 5), "plain": round(p, 5)} for name, (f, p) in left.items()},
            "cells": cells, "season": None if ahead is None else ahead.record(),
        }  # fmt: skip
        print(json.dumps({"ok": True, "sha256": blueprint.sha256} | report))
    else:
        _print_heading(blueprint)
        _print_trial(found, left, cells, spreads)
        if ahead is not None:
            _print_season(ahead, args)
    return 0


def _require(args: argparse.Namespace, *names: str) -> None:
    from bank.refused import BadFile

    for name in names:
        if getattr(args, name) is None:
            raise BadFile("argument-missing", name="--bank" if name == "bank" else "RULE")


def shifted(pool: "list[ItemFacts]", ability: float) -> "Floats":
    """Chances of a right answer for a candidate `ability` logits above the one the shares were stated for."""
    import numpy as np

    shares = np.clip(np.array([fact.p4 for fact in pool]) / 10_000, 0.01, 0.99)
    chances: Floats = 1.0 / (1.0 + np.exp(-(np.log(shares / (1.0 - shares)) + ability)))
    return chances


def _by_cell(blueprint: "Blueprint", pool: "list[ItemFacts]", drawn: "Drawn") -> list[dict[str, Any]]:
    """For each cell: units in the pool, exposure of its items (flat, most, least), and what two forms share of it."""
    forms, seen = len(drawn.rows), drawn.seen
    cells = []
    for cell in blueprint.cells:
        those = [n for n, fact in enumerate(pool) if fact.stratum == cell.stratum]
        counts = seen[those]
        pairs = forms * (forms - 1)
        cells.append(
            {
                "cell": cell.stratum, "count": cell.count, "pool": len(those) // cell.size,
                "exposure": round(cell.count / (len(those) // cell.size), 4),
                "exposure_most": round(float(counts.max()) / forms, 4),
                "exposure_least": round(float(counts.min()) / forms, 4),
                "overlap": round(float((counts * (counts - 1)).sum()) / pairs / cell.items, 4) if pairs else 0.0,
            }
        )  # fmt: skip
    return cells


def _print_trial(
    found: "list[Fairness]", left: dict[str, list[float]], cells: list[dict[str, Any]], spreads: list[Any]
) -> None:
    from rich.console import Console
    from rich.table import Table

    from tools.fairness import EXPERT_ERROR, RESPONSES, side_by_side
    from tools.picture import bars, histogram
    from tools.say import _

    side_by_side(*found)
    print()
    print(_("These figures take the stated shares of right answers for true. What is left of the spread if they are"))
    table = Table(box=None, pad_edge=False)
    for title in ("", _("this rule"), _("plain stratified draw")):
        table.add_column(title, justify="right" if title else "left")
    names = {
        "responses": _("measured on {n} answers an item").format(n=RESPONSES),
        "experts": _("judged by experts alone (labels off by {error}, SD)").format(error=EXPERT_ERROR),
    }
    for name, (ours, others) in left.items():
        table.add_row(names[name], f"{ours:.3f}", f"{others:.3f}")
    Console(highlight=False).print(table)
    print()
    table = Table(box=None, pad_edge=False)
    for title in (_("cell"), _("taken/pool"), _("exposure flat"), _("most"), _("least"), _("two forms share")):
        table.add_column(title, justify="left" if title == _("cell") else "right")
    for cell in cells:
        shares = [f"{cell[name]:.1%}" for name in ("exposure", "exposure_most", "exposure_least", "overlap")]
        table.add_row(cell["cell"], f"{cell['count']}/{cell['pool']}", *shares)
    Console(highlight=False).print(table)
    print()
    print(_("Chance that the borderline candidate passes: this rule, plain stratified draw"))
    low = min(int(passing.min() * 20) for passing, _scores in spreads) / 20
    high = max(int(passing.max() * 20) + 1 for passing, _scores in spreads) / 20
    fair, plain = (histogram(passing, low, high, 20) for passing, _scores in spreads)
    for line in bars(fair, plain, low, high):
        print(line)


def _write_svg(path: Path, blueprint: "Blueprint", found: "list[Fairness]", spreads: list[Any]) -> None:
    from bank.refused import BadFile
    from tools.picture import svg
    from tools.say import _

    low = min(float(scores.min()) for _passing, scores in spreads)
    high = max(float(scores.max()) for _passing, scores in spreads)
    names = (_("this rule"), _("plain stratified draw"))
    chances = [
        (f"{name}: SD {each.pass_sd:.3f}", passing)
        for name, each, (passing, _s) in zip(names, found, spreads, strict=True)
    ]
    scores = [
        (f"{name}: SD {each.expected_sd:.3f}", s) for name, each, (_p, s) in zip(names, found, spreads, strict=True)
    ]
    picture = svg(
        f"{blueprint.name} ({blueprint.id} v{blueprint.version})",
        _("{forms} trial forms of each kind; share of forms by value").format(forms=found[0].forms),
        [
            (_("Chance that the borderline candidate passes"), 0.0, 1.0, chances[0], chances[1]),
            (_("Expected score, points"), low, high, scores[0], scores[1]),
        ],
    )
    try:
        path.write_text(picture, "utf-8")
    except OSError as error:
        raise BadFile("file-unwritable", file=str(path), why=error.strerror or "") from None


def _print_season(ahead: "Season", args: argparse.Namespace) -> None:
    from tools.say import _

    print()
    print(
        _("Season: {sessions} of {asked} sessions of {candidates} candidates, {every} days apart").format(
            sessions=ahead.sessions, asked=args.sessions, candidates=args.candidates, every=args.every
        )
    )
    if ahead.dry:
        print(_("Then the rule's caps, rests and overlap leave too few: {cell}").format(cell=ahead.dry))
    for line in (
        _("items that travelled: {travelled} of {held}, each at most {times} times"),
        _("candidates who met an item: {mean:.0f} on average, {most} at most"),
        _("new items in the second pool {first:.0%}, in the last {last:.0%}"),
    ):
        print("  " + line.format(
            travelled=ahead.travelled, held=ahead.held, times=ahead.sessions_most, mean=ahead.seen_mean,
            most=ahead.seen_most, first=ahead.new_first, last=ahead.new_last,
        ))  # fmt: skip


# -- propose, reserve --------------------------------------------------------------------------------------------------


def _propose(args: argparse.Namespace) -> int:
    from bank.facts import tally
    from bank.margins import propose_cells, with_cells
    from bank.refused import Refused
    from tools.open_bank import open_bank

    text = read(args.propose)
    held = None
    if args.bank is not None:
        with open_bank(args) as bank:
            held = dict(tally(bank.items()))
    try:
        blueprint = propose_cells(text, held)
    except Refused as refusal:
        return _found_wrong(refusal, args.json)
    if args.json:
        print(json.dumps({"ok": True, "rule": blueprint.record(), "sha256": blueprint.sha256}, ensure_ascii=False))
    else:
        print(with_cells(text.decode("utf-8-sig"), blueprint), end="")
    return 0


def run_reserve(args: argparse.Namespace) -> int:
    import secrets

    from bank.blueprint import parse
    from bank.canonical import digest
    from bank.optimiser import reserve
    from bank.refused import Refused
    from examd.files import write_atomically
    from tools.say import _

    blueprint = parse(read(args.rule))
    facts, _ledger = _facts(args, blueprint, 1)
    try:
        made = reserve(facts, blueprint, args.forms, secrets.token_bytes(32))
    except Refused as refusal:
        return _found_wrong(refusal, args.json)
    forms = []
    for form in made:
        ids = [fact.id for fact in form]
        expected = sum(fact.points * fact.p4 for fact in form) / 10_000
        forms.append({"items": ids, "digest": digest(ids), "expected_points": round(expected, 4)})
    report = {"rule": blueprint.id, "version": blueprint.version, "sha256": blueprint.sha256, "forms": forms}
    if args.out is not None:
        write_atomically(args.out, json.dumps(report, indent=1).encode(), private=True)
    if args.json:
        print(json.dumps({"ok": True} | report))
        return 0
    for number, each in enumerate(forms, start=1):
        line = _("Reserve form {number}: {items} items, expected score {expected:.2f}, digest {digest}")
        print(
            line.format(
                number=number, items=len(made[number - 1]), expected=each["expected_points"], digest=each["digest"]
            )
        )
        if args.out is None:
            print("  " + " ".join(fact.id for fact in made[number - 1]))
    return 0


# -- what they share ---------------------------------------------------------------------------------------------------


def read(path: Path) -> bytes:
    from bank.refused import BadFile

    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile("rule-unreadable", file=str(path), reason=error.strerror or "") from None


def _facts(args: argparse.Namespace, blueprint: "Blueprint", candidates: int) -> "tuple[list[ItemFacts], Ledger]":
    from datetime import UTC, datetime

    from bank.facts import facts_of, ledger_of
    from tools.open_bank import open_bank

    with open_bank(args) as bank:
        return facts_of(bank.items(), blueprint), ledger_of(bank, datetime.now(UTC).date(), candidates)


def _found_wrong(refusal: "Refused", as_json: bool) -> int:
    from tools.sentences import said

    text = said(refusal)
    if as_json:
        wrong = {"ok": False, "code": refusal.code, "facts": refusal.facts, "sentence": text}
        print(json.dumps(wrong, ensure_ascii=False))
    else:
        print(text)
    return 1


def _summary(blueprint: "Blueprint", proof: "Proof | None") -> dict[str, Any]:
    cells, held = [], _held(proof)
    for cell in blueprint.cells:
        stated: dict[str, Any] = {"cell": cell.stratum, "count": cell.count, "points": cell.points}
        cells.append(stated if proof is None else stated | {"available": held[cell.stratum]})
    return {
        "id": blueprint.id,
        "version": blueprint.version,
        "name": blueprint.name,
        "sha256": blueprint.sha256,
        "items": blueprint.items,
        "minutes": blueprint.minutes,
        "total_points": blueprint.total_points,
        "pass_points": blueprint.pass_points,
        "below_multiple": [demand.name for demand in proof.below_multiple] if proof is not None else None,
        "cells": cells,
    }


def _held(proof: "Proof | None") -> dict[str, int]:
    demands = () if proof is None else proof.demands
    return {demand.name: demand.available for demand in demands if demand.kind == "cell"}


def _print_heading(blueprint: "Blueprint") -> None:
    from tools.say import _

    types = {
        "truefalse": _("true-false"), "single": _("single answer"), "multiple": _("multiple answers"),
        "fill": _("fill-in"), "case": _("case group"),
    }  # fmt: skip
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


def _print_rule(blueprint: "Blueprint", proof: "Proof | None", acceptance: dict[str, int] | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from bank.blueprint import within
    from tools.say import _

    _print_heading(blueprint)
    table, available = Table(box=None, pad_edge=False), _held(proof)
    for title in (_("chapter"), _("points"), _("items")):
        table.add_column(title, justify="left" if title == _("chapter") else "right")
    if proof is not None:
        table.add_column(_("in the bank"), justify="right")
        table.add_column(_("scarcest cell, held/taken"), justify="right")
    for code, margin in sorted(blueprint.chapters.items(), key=lambda entry: _natural(entry[0])):
        cells = [cell for cell in blueprint.cells if within(code, cell.chapter)]
        row = [f"{code} {margin.name}", str(margin.points), str(sum(cell.items for cell in cells))]
        if proof is not None:
            scarcest = min(cells, key=lambda cell: available[cell.stratum] / cell.count)
            held = f"{scarcest.stratum} {available[scarcest.stratum]}/{scarcest.count}"
            row += [str(sum(available[cell.stratum] * cell.size for cell in cells)), held]
        table.add_row(*row)
    Console(highlight=False).print(table)
    if proof is not None and acceptance is not None:
        short = [demand.name for demand in proof.below_multiple]
        if short:
            line = _("{n} cells hold less than {multiple} times what a form takes; their pool is all there is: {cells}")
            print(line.format(n=len(short), multiple=blueprint.pool_multiple, cells=", ".join(short)))
        print(_("Proved: a form exists that fills every cell, with every tag and no two enemies."))
        print(_("{admitted} of {draws} trial draws are admissible").format(**acceptance))
    print(_("In order."))


def _natural(code: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdecimal() else (10**9, part) for part in code.split("."))
