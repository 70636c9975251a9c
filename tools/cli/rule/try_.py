"""`examd rule try`: trial forms from a bank, and how alike they are; or cells for a rule that has margins alone."""

import argparse
import sys
from pathlib import Path

from bank.clock import today
from bank.composing.availability import RuleAvailability, availability
from bank.composing.fairness import EXPERT_ERROR, PROMISED, RESPONSES, Spread
from bank.composing.forecast import Season
from bank.composing.pool import tally
from bank.composing.trial import Trial, try_forms, try_season
from bank.refused import BadFile, Denied, Refused
from bank.rules import Rule, parse
from bank.rules.cell_proposal import propose_cells, subjects_of, with_cells
from tools.cli.bank.open_bank import open_bank
from tools.cli.files import require_new, write_new
from tools.cli.language import _
from tools.cli.output import as_json, progress, table
from tools.cli.rule import common, withheld
from tools.cli.rule.chart import Panel, bars, svg
from tools.cli.rule.fairness_table import side_by_side
from tools.cli.rule.names import cell_name
from tools.cli.sentences import said


def run_try(args: argparse.Namespace) -> int:
    if args.propose is not None:
        return _propose(args)
    _require(args, "rule", "bank")
    try:
        rule = parse(common.read(args.rule))
        common.require_subjects(args, rule)
    except Refused as refusal:
        return common.found_wrong(args, refusal)
    available = common.availability_of(args, rule, args.candidates)
    try:
        with progress(_("trial draws")) as shown:
            found = try_forms(available, rule, args.candidates, args.forms, shown)
    except Denied as refusal:
        for line in () if args.json else withheld.short(available, rule):
            print("  " + line)
        return common.found_wrong(args, refusal)
    coming = None
    if args.sessions is not None:
        coming = try_season(available, rule, args.candidates, args.sessions, args.every)
    if args.svg is not None:
        _write_svg(args.svg, rule, found)
    verdict, warning = _verdict(rule, found, available, coming), common.off_the_mark(found.pool, rule)
    if args.json:
        report = {
            "season": None if coming is None else coming.to_json(), "verdict": verdict, "warning": warning or None,
            "promise_kept": found.promise_kept, "measured": available.measured, "items": len(available.in_cells),
            "withheld": available.of_bank.reasons, "counted_for": available.of_bank.kind.value,
        }  # fmt: skip
        as_json({"ok": True, "sha256": rule.sha256} | found.to_json() | report)
        return 0
    common.print_heading(rule)
    _print_trial(found)
    if coming is not None:
        _print_season(coming, args)
    print()
    for line in (*verdict, *((warning,) if warning else ())):
        print(line)
    return 0


def _verdict(rule: Rule, found: Trial, available: RuleAvailability, coming: Season | None) -> list[str]:
    """For whoever answers for the rule: what it does, whether that is enough, on what it rests; and where it sets no
    cap, how far a season goes with one item."""

    ahead = found.outlook
    lines = [_(
        "Fairness: one and the same candidate on the edge of passing passes with a chance of {ours} whichever form "
        "is drawn (plain stratified draw: {plain}).", ours=_range(ahead.known), plain=_range(ahead.plain),
    )]  # fmt: skip
    facts = {"sd": _points(ahead.known.sd), "most": _points(PROMISED["known"]), "plain": _points(ahead.plain.sd)}
    if found.promise_kept:
        sure = _("GOOD ENOUGH: forms differ by {sd} percentage points (SD); required: {most} at most.")
        if available.measured < len(available.in_cells):
            sure = _(
                "GOOD ENOUGH if the stated shares are right: {sd} percentage points (SD), at most {most} required."
            )
        lines.append(sure.format(**facts))
    elif rule.difficulty is None:
        short = _("NOT GOOD ENOUGH: {sd} percentage points (SD), at most {most} required; the rule has no difficulty.")
        lines.append(short.format(**facts))
    else:
        short = _(
            "NOT GOOD ENOUGH: forms differ by {sd} percentage points (SD); required: {most} at most. Narrow the "
            "tolerance, or bring the pass mark and the items' difficulty nearer to each other."
        )
        lines.append(short.format(**facts))
    line = _(
        "This takes the stated shares of right answers for true: {measured} of {items} items here are measured. "
        "Measured on {n} answers an item: {responses}; judged by experts alone: {experts}."
    )
    told = {"measured": available.measured, "items": len(available.in_cells), "n": RESPONSES}
    lines.append(line.format(responses=_range(ahead.responses), experts=_range(ahead.experts), **told))
    limits = rule.exposure
    if coming is not None and (limits is None or limits.sessions is limits.candidates is None):
        lines.append(_(
            "Exposure: the rule sets no cap. In the season forecast one item travels to {times} sessions and is met by "
            "{most} candidates; whether that may be is for people to decide.",
            times=coming.sessions_most, most=coming.seen_most,
        ))  # fmt: skip
    return lines


def _range(spread: Spread) -> str:
    return _("{low:.0%} to {high:.0%}", low=spread.low, high=spread.high)


def _points(share: float) -> str:
    return f"{share * 100:.1f}"


def _propose(args: argparse.Namespace) -> int:
    if args.out is not None:
        require_new(args.out)
    text, held, kind = common.read(args.propose), None, None
    if args.bank is not None:
        subjects = subjects_of(text)
        on = args.date or today()
        with open_bank(args) as bank:
            found = availability(bank, on, withheld.kind_of(bank, args), subjects)
            if not args.json:
                withheld.tell_kind(bank, args)
        held, kind = dict(tally(found.items, subjects)), found.kind.value
        if not args.json:
            withheld.tell(found.reasons)
    try:
        rule = propose_cells(text, held)
        comment = _(
            "Cells proposed from the margins by controlled rounding; a proposal until two rule officers sign it."
        )
        whole = with_cells(text.decode("utf-8-sig"), rule, comment)
    except Refused as refusal:
        if args.json:
            return common.found_wrong(args, refusal)
        print(said(refusal), file=sys.stderr)  # stdout may be on its way into a file
        return 1
    if args.out is not None:
        write_new(args.out, whole.encode())
    if args.json:
        as_json({"ok": True, "rule": rule.to_json(), "sha256": rule.sha256, "counted_for": kind})
    elif args.out is not None:
        print(_("Written: {file}. Read it, change it, check it; then have it signed.", file=args.out))
    else:
        print(whole, end="")
    return 0


def _require(args: argparse.Namespace, *names: str) -> None:
    for name in names:
        if getattr(args, name) is None:
            raise BadFile("argument-missing", name="--bank" if name == "bank" else "RULE")


def _print_trial(found: Trial) -> None:
    ahead = found.outlook
    side_by_side(found.fair, found.plain)
    print()
    print(_("Chance that the borderline candidate passes, by where the shares of right answers come from"))
    rows = [
        (_("this rule; the stated shares are true"), ahead.known),
        (_("this rule; measured on {n} answers an item", n=RESPONSES), ahead.responses),
        (_("this rule; judged by experts alone (off by {error:.0%}, SD)", error=EXPERT_ERROR), ahead.experts),
        (_("plain stratified draw"), ahead.plain),
    ]
    table(
        ["", _("nine forms of ten"), _("SD, percentage points")],
        [(name, _range(spread), _points(spread.sd)) for name, spread in rows],
    )
    print()
    shares = ("exposure", "exposure_most", "exposure_least", "overlap")
    table(
        [_("cell"), _("taken/pool"), _("exposure flat"), _("most"), _("least"), _("two forms share")],
        [
            (cell_name(cell.cell), f"{cell.count}/{cell.pool}", *(f"{getattr(cell, name):.1%}" for name in shares))
            for cell in found.cells
        ],
    )
    print()
    print(_("Chance that the borderline candidate passes: share of forms of this rule, and of plain stratified draws"))
    for line in bars(*(chances.tolist() for chances in ahead.chances)):
        print(line)


def _write_svg(path: Path, rule: Rule, found: Trial) -> None:
    ahead = found.outlook
    spreads, names = (ahead.known, ahead.plain), (_("this rule"), _("plain stratified draw"))
    chances = tuple(
        (
            _("{name}: {range} (SD {sd} percentage points)", name=name, range=_range(each), sd=_points(each.sd)),
            of.tolist(),
        )
        for name, each, of in zip(names, spreads, ahead.chances, strict=True)
    )
    points = tuple(
        (_("{name}: SD {sd:.2f} points", name=name, sd=each.expected_sd), of)
        for name, each, of in zip(names, (found.fair, found.plain), found.scores, strict=True)
    )
    picture = svg(
        f"{rule.name} ({rule.id} v{rule.version})",
        _("{forms} trial forms of each kind; on the edge of passing is who passes half of the forms",
          forms=found.fair.forms),
        _("height: share of the forms; above the line this rule, below it the plain stratified draw"),
        [
            Panel(
                _("Chance that one and the same candidate on the edge of passing passes"),
                _("The narrower, the fairer: in a narrow heap it hardly matters which form somebody draws."),
                (chances[0], chances[1]), share=True,
            ),
            Panel(
                _("Score to be expected of a form, points"),
                _("The narrower, the more alike the forms are in difficulty."),
                (points[0], points[1]),
            ),
        ],
    )  # fmt: skip
    try:
        path.write_text(picture, "utf-8")
    except OSError as error:
        raise BadFile("file-unwritable", file=str(path), why=error.strerror or "") from None


def _print_season(ahead: Season, args: argparse.Namespace) -> None:
    print()
    print(_(
        "Season: {sessions} of {asked} sessions of {candidates} candidates, {every} days apart",
        sessions=ahead.sessions, asked=args.sessions, candidates=args.candidates, every=args.every,
    ))  # fmt: skip
    if ahead.dry:
        print(_("Then the rule's caps, rests and overlap leave too few: {cell}", cell=cell_name(ahead.dry)))
    lines = [
        _("items that travelled: {travelled} of {held}, each at most {times} times"),
        _("candidates who met an item: {mean:.0f} on average, {most} at most"),
    ]
    if ahead.new_last is not None:
        lines.append(_("items never used before: {first:.0%} of the first pool, {last:.0%} of the last"))
    for line in lines:
        print("  " + line.format(
            travelled=ahead.travelled, held=ahead.held, times=ahead.sessions_most, mean=ahead.seen_mean,
            most=ahead.seen_most, first=ahead.new_first, last=ahead.new_last,
        ))  # fmt: skip
