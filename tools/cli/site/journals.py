"""`examd site journals | restore`: terminals' journals collected into the result; lost answers admitted from one.

Before: `tools.cli.site.session`. After: `examd verify`.
"""

import argparse
import json
import sys
from pathlib import Path

import msgspec

from bank.durable import read_bytes
from bank.refused import Denied
from examd.package import layout
from examd.record.entries import Kind, decode_entry
from examd.site.folder import SiteFolder
from examd.site.journals import collect
from examd.site.restoring import Restoring, restore_answers
from tools.cli.language import _, joined, plain
from tools.cli.output import report
from tools.cli.secrets import ask_line
from tools.cli.site.session import with_chief


def run_journals(args: argparse.Namespace) -> int:
    site = SiteFolder(args.directory)
    result = site.result(args.session)
    manifest, _sha256 = layout.manifest_in(result / "package")
    done = collect(result, manifest.package_id, [*args.folder, *args.from_], _acted(result))
    text = _("Collected {n} journals into {folder}")
    lines = [text.format(n=len(done.names), folder=done.folder)]
    if done.missing:
        lines.append(_("No journal came of: {numbers}", numbers=joined(done.missing)))
    if done.passed_over:
        lines.append(_("Passed over, no journals of this session: {names}", names=joined(done.passed_over)))
    facts = {
        "folder": str(done.folder), "journals": list(done.names), "missing": list(done.missing),
        "passed_over": list(done.passed_over),
    }  # fmt: skip
    return report(args, facts, *map(plain, lines))


def _acted(result: Path) -> list[str]:
    """Admission numbers of those who answered."""
    numbers = {line["c"]: line["admission_no"] for line in map(json.loads, _lines(result / "roster.jsonl"))}
    acted = {
        entry.body["c"]
        for raw in _lines(result / "entries.jsonl")
        if b'"ANSWER"' in raw and (entry := decode_entry(raw)).type is Kind.ANSWER
    }
    return [numbers[c] for c in sorted(acted) if c in numbers]


def _lines(path: Path) -> list[bytes]:
    return read_bytes(path, named=path.name).splitlines()


def run_restore(args: argparse.Namespace) -> int:
    with with_chief(args) as (attended, chief):

        async def confirm(found: Restoring) -> None:
            await attended.from_person(lambda: _confirm(found, sure=args.yes))

        done = attended.run(restore_answers(attended.client, chief, args.journal, args.reason, confirm))
    line = _("Admitted: {n} answers of {name}. They count unless answered anew.", n=len(done.answers), name=done.name)
    return report(args, {"name": done.name, "answers": msgspec.to_builtins(done.answers)}, plain(line))


def _confirm(found: Restoring, *, sure: bool) -> None:
    """Shows what the journal proves. Raises Denied: nobody at the keyboard confirmed it."""
    text = _("The journal of {name} at terminal {terminal} holds acknowledged answers that this record has not:")
    print(plain(text.format(name=found.name, terminal=found.terminal)), file=sys.stderr)
    for each in found.answers:
        letters = "".join(chr(65 + place) for place in each.choice) or "–"
        print(_("  item {item}: {letters}", item=each.slot + 1, letters=letters), file=sys.stderr)
    if not found.known:
        print(_("! The record names no terminal with this journal's key."), file=sys.stderr)
    if sure:
        return
    question = _("Admit these answers? (yes/no) ")
    if not sys.stdin.isatty() or ask_line("restore", question).lower() not in ("y", "yes", "是"):
        raise Denied("restore-not-confirmed")
