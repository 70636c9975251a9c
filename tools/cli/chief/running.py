"""`examd chief init | pin | answer | watch | status`.

Before: `tools.cli.chief.commands`. After: `tools.cli.chief.wording` says what is asked; `examd.chief.device` signs.
"""

import argparse
import sys
import time
from pathlib import Path

from bank.clock import office_time, today
from bank.refused import Denied
from examd import holders
from examd.chief import device, messages, stick
from examd.chief.device import Device
from examd.chief.judging import Question, Step
from examd.chief.messages import Answer
from examd.clock import SystemClock
from examd.holders import Card
from tools.cli.chief import wording
from tools.cli.language import _, plain
from tools.cli.output import report
from tools.cli.secrets import ask_line, ask_secret

LOOK_S = 0.5
YES = ("y", "yes", "是", "签", "签字")


def run_init(args: argparse.Namespace) -> int:
    bureau = None if args.bureau is None else Card.read(args.bureau, "bureau")
    passphrase = ask_secret("chief", _("Chief examiner's passphrase"), file=args.passphrase_file, confirm=True)
    card = device.create(args.directory, args.id, args.name, passphrase, bureau).card
    facts: dict[str, object] = {
        "card": str(args.directory / "chief.card.json"), "key": str(args.directory / "chief.key"),
    }  # fmt: skip
    lines = [
        _("Made {key} (keep it with you) and {card} (give it to the bureau).", **facts),
        _("Fingerprint of the card: {fingerprint}", fingerprint=card.fingerprint),
    ]
    if bureau is not None:
        facts["bureau_fingerprint"] = bureau.fingerprint
        lines.append(_pinned(bureau))
    return report(args, facts | {"fingerprint": card.fingerprint}, *lines)


def run_pin(args: argparse.Namespace) -> int:
    bureau = Card.read(args.bureau, "bureau")
    holder = holders.unlock(args.directory, device.ROLE, _passphrase(args))
    device.begin_memory(args.directory, holder)
    Device(holder, args.directory, SystemClock()).pin(bureau)
    return report(args, {"bureau": bureau.name, "bureau_fingerprint": bureau.fingerprint}, _pinned(bureau))


def _pinned(bureau: Card) -> str:
    return _(
        "This device opens packages of {name} alone. Fingerprint of its card, to be compared with the bureau: {digits}",
        name=bureau.name,
        digits=bureau.fingerprint,
    )


def run_answer(args: argparse.Namespace) -> int:
    request = stick.waiting(args.stick)
    if request is None:
        raise Denied("chief-nothing-asked", folder=str(args.stick))
    own = _unlocked(args)
    judged = own.judge(request, today())
    if isinstance(judged, Answer):
        stick.lay(args.stick, messages.written(judged))
        return report(args, {"signed": False, "since": judged.since}, _needs_more())
    _ask(judged, own, sure=args.yes)
    stick.lay(args.stick, own.sign(judged))
    return report(args, wording.record(judged) | {"signed": True}, wording.done(judged))


def run_watch(args: argparse.Namespace) -> int:
    stick.require_no_key(args.stick)
    own = _unlocked(args)
    print(_("Waiting for requests in {folder}. Ctrl+C ends it.", folder=args.stick), flush=True)
    refused: bytes | None = None
    while True:
        request = stick.waiting(args.stick)
        if request is None or request == refused:
            time.sleep(LOOK_S)
            continue
        judged = own.judge(request, today())
        if isinstance(judged, Answer):
            stick.lay(args.stick, messages.written(judged))
            continue
        try:
            _ask(judged, own, sure=args.yes or (judged.step is Step.INTERIM and not judged.oddities), quiet=True)
        except Denied as denied:
            if denied.code != "chief-not-signed":
                raise
            refused = request
            print(_("Not signed. Waiting for the next request."), flush=True)
            continue
        stick.lay(args.stick, own.sign(judged))
        print(plain(wording.done(judged)), flush=True)
        if judged.step is Step.CLOSING:
            return 0


def run_status(args: argparse.Namespace) -> int:
    own = _unlocked(args)
    found = [
        {
            "closed": each.read()[2].state.closed, "entries": each.signed.size,
            "last": office_time(each.signed.at.wall_s), "name": each.session.name, "session": each.session.id,
            "site": each.session.site_name, "times": each.times,
        }
        for each in own.records.values()
    ]  # fmt: skip
    lines = [plain(wording.remembered(each)) for each in found] or [_("This device has signed nothing yet.")]
    bureau = own.bureau
    lines.insert(0, _("No bureau is pinned: examd chief pin") if bureau is None else _pinned(bureau))
    return report(args, {"bureau": None if bureau is None else bureau.name, "sessions": found}, *lines)


def _ask(question: Question, own: Device, *, sure: bool, quiet: bool = False) -> None:
    """Shows what is asked, and asks. Raises Denied: nobody at the keyboard said yes."""
    if not (sure and quiet):
        for line in wording.lines(question, own.holder.card.name):
            print(plain(line), file=sys.stderr)
    if sure:
        return
    if not sys.stdin.isatty() or ask_line("sign", wording.asking()).lower() not in YES:
        raise Denied("chief-not-signed")


def _needs_more() -> str:
    return _("The device wants more of the record first, and has signed nothing. Take the stick back to the site.")


def _passphrase(args: argparse.Namespace) -> str:
    return ask_secret("chief", _("Chief examiner's passphrase"), file=args.passphrase_file)


def _unlocked(args: argparse.Namespace) -> Device:
    directory: Path = args.directory
    return Device(holders.unlock(directory, device.ROLE, _passphrase(args)), directory, SystemClock())
