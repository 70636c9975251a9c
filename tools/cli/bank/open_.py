"""`examd bank open|close|status`: a shared bank is kept open for stated hours by one agent, and no longer."""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from tools.cli.bank.holders import local_time, present, takes_holders, takes_loss, takes_shares
from tools.cli.base import Commands, positive
from tools.cli.language import _, joined
from tools.cli.output import report
from tools.cli.sentences import said


def add(bank: Commands) -> None:
    """Adds `examd bank open|close|status`."""
    opening = bank.add(
        "open",
        run_open,
        _("open a shared bank for some hours, with its holders present"),
        _(
            "Starts one agent that keeps the bank open for this user on this machine. All other commands use it. It "
            "ends with “bank close” or the hour. Every opening, bulk read and export is written into the bank's "
            "journal."
        ),
        "examd bank open bank/ --hours 4 --share /media/a/share-1-1.json --share /media/b/share-1-3.json",
    )
    opening.takes_bank(passphrase=False)
    opening.add_argument("--hours", type=positive, required=True, metavar=_("HOURS"), help=_("how long, at most 24"))
    opening.add_argument("--export-limit", type=int, metavar="N", default=2_000,
                         help=_("of how many items the answer keys may leave (default: %(default)s)"))  # fmt: skip
    takes_loss(opening)
    takes_holders(opening)
    takes_shares(opening)

    closing = bank.add(
        "close",
        run_close,
        _("close a shared bank now"),
        _(
            "Ends the agent; the key is gone. Closing writes an encrypted backup that ends where the bank ends, and "
            "brings those that “bank backup” made in this opening up to date where they can be reached. Exit code 1: "
            "one could not be written."
        ),
        "examd bank close bank/ --backup /media/stick/bank-2026-11",
    )
    closing.add_argument(
        "--backup", type=Path, metavar="OUT",
        help=_("an empty or new folder for the backup (default: DIR-backups/POSITION; the last three stay)"),
    )  # fmt: skip
    status = bank.add(
        "status",
        run_status,
        _("who holds the bank, and whether it is open"),
        _("Needs no passphrase."),
        "examd bank status bank/",
    )
    for command in (closing, status):
        command.takes_bank(passphrase=False)


def run_open(args: argparse.Namespace) -> int:
    """Asks those present for their passphrases, which stay in this process."""
    from bank.agent import keeping

    status = keeping.open_shared(
        args.bank, partial(present, args), hours=args.hours, limit=args.export_limit, accept_loss=args.accept_loss
    )
    return report(
        args,
        status,
        _open_until(status),
        *_accepted(status),
        _("Answer keys of at most {n} items may leave.").format(n=status["limit"]),
        _("Position: {position}").format(position=status["position"]),
        *_unlocked(status),
    )


def _accepted(status: dict[str, Any]) -> list[str]:
    return [_("Opened knowingly in spite of a loss: {reason}").format(reason=status["accepted"])] * bool(
        status["accepted"]
    )


def _unlocked(status: dict[str, Any]) -> list[str]:
    """Said where it matters: the key may reach the disk."""
    if "locked" in status["guards"]:
        return []
    return [
        _("This system does not let the agent lock its memory: use a machine without swap, or with encrypted swap.")
    ]


def _open_until(status: dict[str, Any]) -> str:
    line = _("The bank is open until {time}, opened by {names}.")
    return line.format(time=local_time(status["until"]), names=joined(status["holders"]))


def run_close(args: argparse.Namespace) -> int:
    """A bank that is not open is said so, and is no refusal."""
    from bank.agent import keeping
    from bank.refused import Denied

    done = keeping.close_shared(args.bank, args.backup)
    if isinstance(done, Denied):
        left = {"left_open": done.facts["n"]} if done.code == "bank-left-open" else {}
        return report(args, {"was_open": False, **left}, said(done) if left else _("The bank is not open."))
    copies = [
        {"place": each.place, "written": each.refusal is None}
        | ({} if each.refusal is None else {"why": each.refusal.code})
        for each in done.backups
    ]
    report(
        args,
        {"was_open": True, "keys_out": done.keys_out, "position": done.position.spoken, "backups": copies},
        _("Closed. Answer keys of {n} items left the bank in this opening.").format(n=done.keys_out),
        _("Position: {position}").format(position=done.position.spoken),
        *(_("Backup: {place}").format(place=each.place) for each in done.backups if each.refusal is None),
    )
    for each in done.backups:
        if each.refusal is not None:
            line = _("The backup in {place} was NOT written: {why}")
            print(line.format(place=each.place, why=said(each.refusal)), file=sys.stderr)
    if args.backup is None and not args.json:
        print(
            _("It holds no share. Carry a copy of it away from this machine: a disk that dies takes both."),
            file=sys.stderr,
        )
    return 0 if all(each.refusal is None for each in done.backups) else 1


def run_status(args: argparse.Namespace) -> int:
    """3: it is open out of reach."""
    from bank.agent import keeping

    found = keeping.standing(args.bank)
    custody, status, position = found.custody, found.status, found.position.spoken
    lines = [
        _("{need} of these {of} open the bank (generation {generation}):").format(
            need=custody.need, of=len(custody.holders), generation=custody.generation
        ),
        *(f"  {holder.index}  {holder.name}" for holder in custody.holders),
        _("Custody fingerprint: {digits}").format(digits=custody.fingerprint),
        _("Position: {position}").format(position=position),
    ]
    record: dict[str, Any] = {
        "custody": custody.to_json(),
        "fingerprint": custody.fingerprint,
        "open": status,
        "position": position,
    }
    if found.unsettled:
        record["unsettled"] = True
        lines.append(
            _("A handing over was broken off after the new key came into force; the next opening finishes it.")
        )
    if status is not None:
        line = _("Answer keys of {used} items have left, of at most {limit}.")
        lines += [_open_until(status), *_accepted(status)]
        lines += [line.format(used=status["keys_out"], limit=status["limit"]), *_unlocked(status)]
    if (why := found.why) is not None:
        record["not_open"] = {"code": why.code, **why.facts}
        lines.append(_("The bank is not open.") if why.code == "bank-not-open" else said(why))
    report(args, record, *lines)
    return 3 if why is not None and why.code == "agent-out-of-reach" else 0
