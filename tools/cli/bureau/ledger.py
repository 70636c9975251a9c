"""`examd bureau ledger | void`: the release ledger, as the duty officer and a second body look at it.

Before: `tools.cli.bureau.office` gives codes. After: `tools.cli.bureau.receive`.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from bank.clock import now, time_of, today
from bank.refused import BadFile, Denied
from bank.seal import codes, statements
from examd.bureau.closing import Seen
from examd.bureau.ledger import EXTRACT_KIND, Alarm, Ledger
from examd.bureau.office import Office
from examd.bureau.releasing import at_the_desk
from examd.bureau.standings import Standing, standings
from examd.holders import Card
from tools.cli import unlock
from tools.cli.bureau import ledger_words
from tools.cli.bureau.office import LARGEST_CHECKPOINTS, package_number
from tools.cli.files import read_file, write_new
from tools.cli.language import _
from tools.cli.output import report

LARGEST_EXTRACT = 16 << 20


def run_void(args: argparse.Namespace) -> int:
    office, package = Office(args.directory), package_number(args.package)
    bureau = unlock.bureau(office, args.passphrase_file)
    with at_the_desk(office, bureau, now()) as desk:
        desk.void(package, args.reason)
    return report(args, {"package_id": package, "void": True}, _("Package {package} is void.", package=package))


def run_ledger(args: argparse.Namespace) -> int:
    return _ACTS[args.act](args, Office(args.directory))


def _read(office: Office, *, every_signature: bool = False) -> Ledger:
    """Raises Denied: when there is none."""
    card = Card.read(office.directory / "bureau.card.json", "bureau")
    ledger = office.ledger(card, every_signature=every_signature)
    if not ledger.size:
        raise Denied("ledger-not-begun", office=str(office.directory))
    return ledger


def _list(args: argparse.Namespace, office: Office) -> int:
    found = standings(_read(office), today())
    alarmed = any(each.alarms for each in found)
    open_ = sum(not each.where.is_over for each in found)
    total = _("{n} packages, {open} of them not returned", n=len(found), open=open_)
    report(args, {"packages": [_to_json(each) for each in found]}, *_lines(found), total)
    return int(alarmed)


def _lines(found: list[Standing]) -> list[str]:
    lines = []
    for each in found:
        issue = each.issue
        where = _(ledger_words.WHERE[each.where])
        if each.days:
            where = _("{where}, for {n} days", where=where, n=each.days)
        if each.unsigned and each.where.is_over:
            where += _("; the signed closing never came")
        lines.append(f"{'!' if each.alarms else ' '} {issue.date}  {issue.site}  {issue.session}  {where}")
        lines.append(f"    PKG-{issue.package}")
        lines += [f"  ! {time_of(alarm.at)}  {ledger_words.alarm(alarm)}" for alarm in each.alarms]
    return lines


def _to_json(each: Standing) -> Mapping[str, object]:
    issue = each.issue
    return {
        "alarms": [{"at": alarm.at, "what": alarm.what, "found": alarm.found} for alarm in each.alarms],
        "counter": issue.counter, "date": issue.date, "days": each.days, "package_id": issue.package,
        "session": issue.session, "since": each.since, "site": issue.site, "unsigned": each.unsigned,
        "where": each.where.name.lower(),
    }  # fmt: skip


def _show(args: argparse.Namespace, office: Office) -> int:
    package = _package(args)
    found = next((each for each in standings(_read(office), today()) if each.issue.package == package), None)
    if found is None:
        raise Denied("package-unknown", package=package)
    entries = [f"{entry.n:>5}  {time_of(entry.at)}  {ledger_words.entry(entry)}" for entry in found.entries]
    record = {**_to_json(found), "entries": msgspec.to_builtins(found.entries)}
    return report(args, record, *_lines([found]), *entries)


def _extract(args: argparse.Namespace, office: Office) -> int:
    package = _package(args)
    if args.out is None:
        raise BadFile("extract-no-file")
    bureau = unlock.bureau(office, args.passphrase_file)
    office.manifest(package, bureau.card)
    with at_the_desk(office, bureau, now()) as desk:
        file, head = desk.ledger.extract(package, bureau.signing_key), desk.ledger.spoken_head()
    write_new(args.out, file, same_is_fine=True)
    return report(args, {"file": str(args.out), "head": head, "package_id": package},
        _("Written: {path}", path=args.out))  # fmt: skip


def _note(args: argparse.Namespace, office: Office) -> int:
    package = _package(args)
    if args.checkpoint is None:
        raise BadFile("closing-missing")
    checkpoints = read_file(args.checkpoint, LARGEST_CHECKPOINTS)
    bureau = unlock.bureau(office, args.passphrase_file)
    with at_the_desk(office, bureau, now()) as desk:
        seen: list[Seen] = desk.checkpoints_came(package, checkpoints, file=str(args.checkpoint))
    newest = {"package_id": package, "size": seen[-1].size, "root": seen[-1].root}
    return report(args, newest, _("Entered: the record must go on from entry {size}.", size=seen[-1].size))


def _head(args: argparse.Namespace, office: Office) -> int:
    ledger = _read(office)
    facts = {"bureau": ledger.bureau.sign, "head": ledger.spoken_head(), "root": ledger.root.hex(), "size": ledger.size}
    return report(args, facts | {"note": ledger.heads[-1]}, ledger.spoken_head())


def _check(args: argparse.Namespace, office: Office) -> int:
    ledger = _read(office, every_signature=True)
    held = []
    if args.head:
        size, root = _printed(args.head)
        ledger.hold_root(size, root, _("printed head"))
        held.append(_("printed head"))
    for path in args.against:
        ledger.hold(_head_in(path), str(path))
        held.append(str(path))
    alarms = sum(isinstance(entry, Alarm) for entry in ledger.entries)
    facts = {"alarms": alarms, "entries": ledger.size, "head": ledger.spoken_head(), "held_against": held}
    line = _("{n} entries, all signed, one chain. Alarms: {alarms}", n=ledger.size, alarms=alarms)
    report(args, facts, line, *(_("It goes on from: {where}", where=where) for where in held))
    return int(alarms > 0)


def _printed(typed: list[str]) -> tuple[int, str]:
    size, *groups = " ".join(typed).split()
    if not (size.isascii() and size.isdigit()):
        raise BadFile("ledger-head-typed", found=size)
    return int(size), codes.short_of(" ".join(groups), codes.Short.HEAD)


def _head_in(path: Path) -> str:
    return str(statements.read(read_file(path, LARGEST_EXTRACT), EXTRACT_KIND, name=str(path)).get("head", ""))


def _package(args: argparse.Namespace) -> str:
    if args.package is None:
        raise BadFile("package-not-named", act=args.act)
    return package_number(args.package)


_ACTS: Mapping[str, Callable[[argparse.Namespace, Office], int]] = {
    "list": _list, "show": _show, "extract": _extract, "note": _note, "head": _head, "check": _check,
}  # fmt: skip
