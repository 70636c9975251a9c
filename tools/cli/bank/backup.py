"""`examd bank backup|restore|journal`: copies of a shared bank, and the record of all that was done with it."""

import argparse
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tools.cli.bank.holders import local_time
from tools.cli.base import Commands, positive
from tools.cli.language import _, joined, plain, sentence
from tools.cli.output import as_json, report


def add(bank: Commands) -> None:
    """Adds `examd bank backup|restore|journal`."""
    backing = bank.add(
        "backup",
        run_backup,
        _("write an encrypted copy of an open shared bank"),
        _(
            "The copy holds no share: it opens with the same holders as the bank does now. Closing brings it up to "
            "date, if it is still there: then it is the newest."
        ),
        "examd bank backup bank/ /media/stick/bank-2026-11",
    )
    restoring = bank.add(
        "restore",
        run_restore,
        _("put a backup's files into a new folder"),
        _("DIR is the new folder. An older copy than its holders have seen opens only with --accept-loss."),
        "examd bank restore bank/ /media/stick/bank-2026-11",
    )
    journal = bank.add(
        "journal",
        run_journal,
        _("check and show who opened the bank and what left it"),
        _("Recomputes chain and signatures. Needs no passphrase. Exit code 0: sound; 1: something is wrong."),
        "examd bank journal bank/",
    )
    for command in (backing, restoring, journal):
        command.takes_bank(passphrase=False)
    backing.add_argument("out", type=Path, metavar="OUT", help=_("an empty or new folder"))
    restoring.add_argument("backup", type=Path, metavar="BACKUP", help=_("the folder that “bank backup” wrote"))
    journal.add_argument("--custody", metavar=_("DIGITS"), help=_("the custody fingerprint on a card"))
    journal.add_argument(
        "--position", metavar=_("DIGITS"), help=_("a position printed at an earlier opening or closing")
    )
    journal.add_argument("--last", type=positive, default=40, metavar="N", help=_("show the last N (default: 40)"))


def run_backup(args: argparse.Namespace) -> int:
    """Made by the agent: the bank must be open."""
    from bank import agent
    from bank.custody import Position

    with agent.require(args.bank, "bank backup") as remote:
        position = Position(**remote.backup(args.out))
    report(
        args,
        position.to_json(),
        _("An encrypted copy is in {place}.").format(place=args.out),
        _("Position: {position}").format(position=position.spoken),
    )
    line = _(
        "Leave it where it is until “bank close” has brought it up to date: taken away before, it is an older copy."
    )
    print(line, file=sys.stderr)
    print(_("It holds no share: keep the holders' sticks and cards apart from it."), file=sys.stderr)
    return 0


def run_restore(args: argparse.Namespace) -> int:
    """Every file is checked as it is written."""
    from bank.custody import restore

    position = restore(args.backup, args.bank)
    return report(
        args,
        position.to_json(),
        _("The copy is in {place}, every file as it was written.").format(place=args.bank),
        _("Position: {position}").format(position=position.spoken),
        _("If the bank was opened after this backup, the copy opens only if its holders accept the loss."),
    )


def run_journal(args: argparse.Namespace) -> int:
    """1: something is wrong, or was and its keyholders went on."""
    from bank.custody import journal_report
    from tools.cli.sentences import told

    found = journal_report.inspect(args.bank, args.custody, args.position)
    first = found.custodies[0].fingerprint if found.custodies else ""
    if args.json:
        as_json({
            "ok": found.sound, "findings": found.findings, "accepted": found.accepted, "notes": found.notes,
            "custody": first, "custodies": list(map(asdict, found.custodies)), "position": found.position.spoken,
            "shown": found.shown,
            "entries": [{"n": e.n, "at": e.at, "act": e.act, "facts": e.facts} for e in found.entries],
        })  # fmt: skip
        return 0 if found.sound else 1
    for entry in found.entries[-args.last :]:
        print(plain(f"{entry.n:>5}  {local_time(entry.at)}  {_entry(entry.act, entry.facts)}"))
        for more in _more(entry.facts):
            print(plain(f"{'':>25}{more}"))
    for number, code in found.notes:
        print(f"{number:>5}  {told(code, {})}", file=sys.stderr)
    for number, code in found.accepted:
        print(f"{number:>5}  ✗ {told(code, {})}  {_('accepted by its keyholders')}", file=sys.stderr)
    for number, code in found.findings:
        print(f"{number:>5}  ✗ {told(code, {})}", file=sys.stderr)
    for who, number in found.shown.items():
        print(_("{who} was shown {n} items for review.", who=who, n=number))
    print(_("Custody fingerprint of the first entry: {digits}").format(digits=first or "–"))
    if found.matching is not None:
        said = _("The fingerprint you gave is that of generation {generation} (entry {n}).")
        print(said.format(n=found.matching.n, generation=found.matching.generation))
    print(_("Position: {position}").format(position=found.position.spoken))
    if found.findings:
        print(_("The journal is NOT sound: {n} findings.").format(n=len(found.findings)))
    elif found.accepted:
        altered = " ".join(map(str, dict.fromkeys(number for number, _code in found.accepted)))
        print(_("Altered, and accepted by its keyholders: entries {altered}. All others hold.").format(altered=altered))
    else:
        print(_("Sound: {n} entries, chain and all signatures hold.").format(n=len(found.entries)))
    return 0 if found.sound else 1


def _entry(act: str, facts: Any) -> str:
    from tools.cli.sentences.custody import ACTS, DOORS, NAMES, REASONS

    shown = dict(facts)
    if facts.get("what") in NAMES:
        shown["what"] = sentence(facts["what"], {}, NAMES)
    if facts.get("door") in DOORS:
        shown["door"] = sentence(facts["door"], {}, DOORS)
    if facts.get("code"):
        shown["code"] = _why(str(facts["code"]))
    if facts.get("reason") in REASONS:
        shown["reason"] = sentence(facts["reason"], {}, REASONS)
    if act == "opened":
        shown["names"] = joined([holder["name"] for holder in facts["holders"]])
        shown["time"] = local_time(facts["until"])
    if act == "shared":
        shown["names"] = joined([holder["name"] for holder in facts["custody"]["holders"]])
        shown["need"] = facts["custody"]["need"]
    text = sentence(act, shown, ACTS)
    text += f"  {facts['who']}" if facts.get("who") else ""
    by = [facts["by"]] if isinstance(facts.get("by"), str) else facts.get("by")  # one text, in entries of before
    text += "  " + _("signed by {names}").format(names=joined(by)) if by and by != [""] else ""
    return text + (f"  [{facts['said']}]" if facts.get("said") else "")


def _why(code: str) -> str:
    """The sentence of a refusal, its facts left open: the journal keeps none."""
    from tools.cli.sentences import told

    text = told(code, {})
    if text == f"{code}: ":
        return code
    return re.sub(r"^…\s*[:：]\s*", "", re.sub(r"<\w+>", "…", text)).rstrip(".。")


def _more(facts: Any) -> list[str]:
    """Why holders opened an older or altered copy, and what they knew to be wrong with it."""
    from bank.journal import LOSS_ACCEPTED, accepted
    from tools.cli.sentences.custody import LOSSES

    if not facts.get("accepted"):
        return []
    older = LOSS_ACCEPTED in accepted(facts)
    line = _("older copy opened knowingly: {reason}") if older else _("altered journal accepted: {reason}")
    reason = line.format(reason=facts["accepted"])
    return [reason, *dict.fromkeys(sentence(loss["code"], loss, LOSSES) for loss in facts["lost"])]
