"""`examd site pair | terminals | release`: which machines may sign anybody in, and one that must wait.

Before: `tools.cli.site.commissioning` serves. After: `tools.cli.site.session`; `examd terminal` at each machine.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from bank.refused import Denied
from examd.site.enrolling import enrol_terminals
from examd.site.replies import PairingBegun, RoomTerminals, TerminalStatus, WaitingTerminal
from examd.site.staff_client import Attended
from tools.cli.language import _, joined, plain
from tools.cli.output import as_json, report
from tools.cli.secrets import ask_line
from tools.cli.site.session import signed_in


def run_pair(args: argparse.Namespace) -> int:
    with signed_in(args) as attended:
        done = attended.run(_Walk(attended, args.expect, sure=args.yes).run())
    line = _("Enrolled: {enrolled}. This site has {terminals} terminals now.")
    facts = msgspec.to_builtins(done)
    return report(args, facts, line.format(enrolled=_list(done.enrolled), terminals=done.terminals))


class _Walk:
    """Somebody walks through the room with the code, and comes back to say that these are the room's machines."""

    def __init__(self, attended: Attended, expect: int, *, sure: bool) -> None:
        self._attended = attended
        self._expect = expect
        self._sure = sure
        self._back: asyncio.Task[str] | None = None

    async def run(self) -> Any:
        return await enrol_terminals(self._attended.client, self._begun, self._came, self._enough, self._confirm)

    def _begun(self, pairing: PairingBegun) -> None:
        text = _("Pairing code, good for {minutes} minutes: {code}\nType it at each terminal, with its name.")
        code = f"{pairing.code[:4]} {pairing.code[4:]}"
        print(text.format(minutes=pairing.seconds // 60, code=code), file=sys.stderr, flush=True)
        if not self._expect:
            asked = self._attended.from_person(lambda: ask_line("pair", _("Press Enter here when all are paired.\n")))
            self._back = asyncio.create_task(asked)

    def _came(self, each: WaitingTerminal) -> None:
        print(_waiting_line(each), file=sys.stderr, flush=True)

    def _enough(self, waiting: Sequence[WaitingTerminal]) -> bool:
        return self._back.done() if self._back is not None else len(waiting) >= self._expect

    async def _confirm(self, waiting: Sequence[WaitingTerminal]) -> Sequence[WaitingTerminal]:
        if self._back is not None:
            if not self._back.done():
                print(_("The code's time is over."), file=sys.stderr, flush=True)
            await self._back
        return await self._attended.from_person(lambda: _chosen(waiting, sure=self._sure))


def _chosen(waiting: Sequence[WaitingTerminal], *, sure: bool) -> Sequence[WaitingTerminal]:
    """Those of them that stand in the room. Raises Denied: nobody at the keyboard says so."""
    print(_("{n} machines typed the code:", n=len(waiting)), file=sys.stderr)
    for each in waiting:
        print(_waiting_line(each), file=sys.stderr)
    if sure:
        return waiting
    while True:
        question = _("Do all of them stand in this room? (yes, no, or the names to leave out) ")
        answer = ask_line("pair", question) if sys.stdin.isatty() else "no"
        if answer.lower() in ("y", "yes", "是"):
            return waiting
        if answer.lower() in ("", "n", "no", "否"):
            raise Denied("pairing-not-confirmed")
        named = set(re.split(r"[\s,，、]+", answer.strip()))
        if unknown := named - {each.name for each in waiting}:
            print(_("Not among them: {names}", names=_list(sorted(unknown))), file=sys.stderr)
            continue
        return [each for each in waiting if each.name not in named]


def _waiting_line(each: WaitingTerminal) -> str:
    line = _("  {name}  check {check}  {address}", name=each.name, check=each.check, address=each.address)
    return plain(line + (_("  (in place of the machine that has this name now)") if each.replaces else ""))


def run_terminals(args: argparse.Namespace) -> int:
    with signed_in(args) as attended:
        for name in args.remove:
            attended.run(attended.client.command("remove-terminal", terminal=name))
        facts = attended.run(attended.client.command("terminals"))
    if args.json:
        as_json(facts)
        return 0
    room = msgspec.convert(facts, RoomTerminals)
    print(_("Enrolled terminals: {n}", n=len(room.terminals)))
    for each in room.terminals:
        print(plain(_terminal_line(each)))
    if room.pairing_s:
        text = _("Pairing is under way for {seconds} s more: {n} wait to be confirmed, {misses} wrong codes")
        print(text.format(seconds=room.pairing_s, n=len(room.waiting), misses=room.misses))
    return 0


def _terminal_line(each: TerminalStatus) -> str:
    line = _("  {name}  check {check}  confirmed by {by}", name=each.name, check=each.check, by=each.by)
    if not each.wait_s:
        return line
    return line + _("  too many wrong sign-ins, waits {wait_s} s: examd site release", wait_s=each.wait_s)


def run_release(args: argparse.Namespace) -> int:
    with signed_in(args) as attended:
        facts = attended.run(attended.client.command("release", terminal=args.terminal))
    return report(args, facts, _("Terminal {name} takes sign-ins again.", name=args.terminal))


def _list(names: Sequence[str]) -> str:
    return joined(names) or "–"
