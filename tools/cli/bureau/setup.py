"""`examd bureau setup`: from an empty folder to the first issued package, one person after the other.

It says who sits down next and what is asked of them, and goes on wherever it was broken off: what is done is read off
what lies there (`examd.bureau.setup`).

Before: nothing but people and sticks. After: `tools.cli.bureau.setup_steps` does each step; the package travels.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import msgspec

from bank.agent import keeping
from bank.hardening import harden
from bank.refused import BrokenStore, Denied, Refused
from examd.bureau.setup import Notes, Stage, Standing, Step, Survey
from tools.cli.base import cells
from tools.cli.bureau import asking, checklist
from tools.cli.bureau.asking import Later, tell
from tools.cli.bureau.setup_steps import Guide
from tools.cli.bureau.setup_words import ASKED, TITLES, standing, who
from tools.cli.language import _
from tools.cli.output import as_json
from tools.cli.sentences import said

PAPER = "checklist.pdf"
LINE = "─" * 60


def run_setup(args: argparse.Namespace) -> int:
    """Leads on, or says how far things have come."""
    office: Path = args.directory
    guide = Guide(office, _bank_of(office, args.bank), args.sticks, _command)
    if args.json or args.status:
        survey = guide.survey()
        if args.json:
            as_json(_to_json(survey))
        else:
            print("\n".join(_table(survey)))
        return 0
    try:
        return _lead(guide)
    except KeyboardInterrupt:
        tell("", _("To go on: examd bureau setup {office}", office=office))
        if guide.is_open:
            tell(_("The bank is still open: examd bank close {bank}", bank=guide.bank))
        raise


def _bank_of(office: Path, given: Path | None) -> Path:
    kept = Notes.read(office).bank
    if kept and given is not None and Path(kept) != given.resolve():
        raise Denied("setup-other-bank", kept=kept, given=str(given))
    return Path(kept) if kept else (given or office.resolve().parent / "bank").resolve()


def _command(words: Sequence[str]) -> int:
    from tools.cli.main import main  # that is what started us

    return main(words)


def _lead(guide: Guide) -> int:
    harden()  # passphrases of many people pass through here
    notes = Notes.read(guide.office)
    if not notes.bank:
        msgspec.structs.replace(notes, bank=str(guide.bank)).keep(guide.office)
    put_off: set[Step] = set()
    while True:
        survey = guide.survey()
        _write_paper(survey)
        open_ = [each for each in survey.stages() if each.standing is Standing.NOW]
        if not open_:
            tell(LINE, _("All is done: the first package is issued. Checklist: {file}", file=guide.office / PAPER))
            return 0
        stage = next((each for each in open_ if each.step not in put_off), None)
        if stage is None:
            tell(LINE, *_table(survey))
            return _leave(guide, survey)
        _announce(stage)
        wish = asking.line(_("Enter begin · l later · s status · p people · q stop"), may_be_empty=True).lower()
        if wish == "q":
            return _leave(guide, survey)
        if wish == "s":
            tell(*_table(survey))
        elif wish == "l":
            put_off.add(stage.step)
        elif wish in ("", "p"):
            try:
                guide.do(Step.PLAN if wish else stage.step)
            except Later:
                put_off.add(stage.step)
            except BrokenStore:
                raise
            except Refused as refusal:
                if refusal.code in asking.NOT_ASKED:
                    raise
                tell("✗ " + said(refusal))


def _announce(stage: Stage) -> None:
    number = list(Step).index(stage.step) + 1
    parts = f"  {stage.done}/{stage.of}" if stage.of > 1 and stage.done else ""
    tell(
        LINE,
        _("Step {number} of {all}: {title}", number=number, all=len(Step), title=_(TITLES[stage.step])) + parts,
        _("Sits down: {names}", names=who(stage)),
        _(ASKED[stage.step]),
    )


def _leave(guide: Guide, survey: Survey) -> int:
    """An open bank is not left behind unsaid."""
    if survey.is_open and asking.yes(_("The bank is still open. Close it now?")):
        _command(["bank", "close", str(survey.bank)])
        _write_paper(guide.survey())
    tell(_("To go on: examd bureau setup {office}", office=survey.office))
    return 0


def _table(survey: Survey) -> list[str]:
    """A line a step, and who is next."""
    lines = []
    stages = survey.stages()
    for number, stage in enumerate(stages, 1):
        title = _(TITLES[stage.step])
        people = who(stage) if stage.standing is Standing.NOW and stage.who else ""
        lines.append(f"{number:>2}  {title}{' ' * (44 - cells(title))}{standing(stage)}  {people}".rstrip())
    if survey.custody is not None:
        position = keeping.standing(survey.bank).position.spoken
        line = (
            _("The bank is open. Position: {position}")
            if survey.is_open
            else _("The bank is closed. Position: {position}")
        )
        lines.append(line.format(position=position))
    after = next((stage for stage in stages if stage.standing is Standing.NOW), None)
    if after is not None:
        lines.append(_("Next: {title}. Sits down: {names}", title=_(TITLES[after.step]), names=who(after)))
    return lines


def _write_paper(survey: Survey) -> None:
    if survey.plan.missing:
        return
    checklist.write(survey, survey.office / PAPER)


def _to_json(survey: Survey) -> dict[str, object]:
    stages = survey.stages()
    now = [stage for stage in stages if stage.standing is Standing.NOW]
    return {
        "bank": {"folder": str(survey.bank), "open": survey.is_open, **msgspec.to_builtins(survey.notes.seen)},
        "complete": not now,
        "fingerprints": {each.of: each.digits for each in checklist.fingerprints(survey)},
        "next": now[0].step.value if now else None,
        "steps": [asdict(stage) | {"standing": stage.standing.value} for stage in stages],
    }
