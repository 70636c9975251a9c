"""`examd bureau receive`: results from sticks, verified and filed, or refused with the checks that failed.

Before: `examd site grade` at the site. After: `examd bureau ledger` has them as returned.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bank.clock import now
from bank.refused import Refused
from examd.bureau.office import Office
from examd.bureau.receiving import Finding, Received, ResultRefused, Verdict, Verify, receive
from examd.bureau.releasing import at_the_desk
from examd.holders import Holder
from tools.cli import unlock
from tools.cli.language import _, current_language_from_environment, plain
from tools.cli.output import as_json, progress
from tools.cli.sentences import said
from tools.verify import checks
from tools.verify.outcome import Outcome, Status
from tools.verify.text import text


def run_receive(args: argparse.Namespace) -> int:
    office = Office(args.directory)
    bureau = unlock.bureau(office, args.passphrase_file)
    told: list[dict[str, object]] = []
    refused = 0
    for folder in args.results:
        try:
            with progress(folder.name) as shown:
                done = receive(
                    office, lambda: at_the_desk(office, bureau, now()), folder, verifier(office, bureau, shown)
                )
        except Refused as refusal:
            refused += 1
            verdict = refusal.verdict if isinstance(refusal, ResultRefused) else Verdict((), ())
            told.append({
                "result": str(folder), "filed": "", "refused": refusal.code, "facts": refusal.facts,
                "sentence": said(refusal), "failed": _to_json(verdict.failed),
            })  # fmt: skip
            print(plain(f"✗ {folder}: {said(refusal)}"), file=sys.stderr)
            _print(verdict.failed)
        else:
            told.append({
                "result": str(folder), "filed": str(done.filed), "again": done.again, "package_id": done.package,
                "attention": _to_json(done.verdict.attention),
            })  # fmt: skip
            if not args.json:
                _tell(done)
    if args.json:
        as_json({"results": told})
    return int(refused > 0)


def verifier(office: Office, bureau: Holder, shown: Callable[[int, int], None]) -> Verify:
    """Every check of `examd verify`, with what this office knows: its key, its first register of officers, the rules
    of all packages, and the extract that lies in the folder."""
    book = office.rulebook()
    first = book.registers()[0].sha256 if book.kept else None

    def verify(folder: Path) -> Verdict:
        _case, outcomes = checks.run(folder, bytes.fromhex(bureau.card.sign), first, office.editions(), progress=shown)
        return Verdict(_findings(outcomes, Status.FAILED), _findings(outcomes, Status.ATTENTION))

    return verify


def _findings(outcomes: Sequence[Outcome], status: Status) -> tuple[Finding, ...]:
    language = current_language_from_environment()
    found = []
    for out in outcomes:
        if out.status is status:
            first = (out.failures or out.attentions)[0]
            why = text(first.code, language, **first.facts)
            found.append(Finding(out.number, out.name, f"{first.place}: {why}" if first.place else why))
    return tuple(found)


def _to_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    return [{"number": each.number, "check": each.check, "why": each.why} for each in findings]


def _print(findings: Sequence[Finding]) -> None:
    language = current_language_from_environment()
    for each in findings:
        print(plain(f"  {each.number:>2} {text('check_' + each.check, language)}  {each.why}"), file=sys.stderr)


def _tell(done: Received) -> None:
    line = _("✓ Session {session}: filed in {folder}", session=done.manifest.session.id, folder=done.filed)
    if done.again:
        line = _("✓ Session {session}: was filed before, the same result", session=done.manifest.session.id)
    print(plain(line))
    _print(done.verdict.attention)
