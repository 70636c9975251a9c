"""What `examd demo` does: a whole examination on one machine, every part the real one, one seat for a person.

The path, in order: bank, rule, package, opening, forms, screen, record, closing, grading, rates, verifying. The demo
plays every holder in turn, and says so: "not separated: one holder".
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from bank import rules
from bank.composing.pool import tally
from bank.durable import read_bytes
from bank.item import Item
from bank.refused import Denied
from bank.rules import Rule
from bank.store import Bank
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.package.layout import RosterLine
from examd.site.journals import collect
from examd.site.staff_client import StaffClient
from tools.cli.language import _, current_language_from_environment
from tools.cli.output import progress
from tools.cli.sentences import told
from tools.cli.site.reporting import rates_table
from tools.drill import candidate
from tools.drill.candidate import Knowledge, Part
from tools.drill.session import INSTITUTIONS, SAMPLES, Drill, made_up_roster

ABILITIES = (0.92, 0.78, 0.64, 0.85)
"""Mean ability of each institution's candidates."""
LEAVE_SCREEN = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1049l\x1b[?25h\x1b[0m"
"""Mouse and paste reports off, the ordinary screen back, the cursor shown."""
AUTO_PACE_S, PERSON_PACE_S = 0.03, 0.45


@dataclass
class Steps:
    """Numbered progress lines, each with the time it took."""

    total: int
    done: int = 0

    def __call__(self, text: str) -> None:
        self.done += 1
        print(f"[{self.done:>2}/{self.total}] {text}", flush=True)

    @staticmethod
    def detail(text: str) -> None:
        print(f"        {text}", flush=True)


def run(args: argparse.Namespace) -> int:
    began = time.monotonic()
    auto = args.auto or not (sys.stdin.isatty() and sys.stdout.isatty())
    work = args.dir or Path(tempfile.mkdtemp(prefix="examd-demo-"))
    work.mkdir(parents=True, exist_ok=True)
    code = asyncio.run(_Demo(work, args, auto).run())
    print(_("{seconds:.1f} s. Everything is in {folder}", seconds=time.monotonic() - began, folder=work))
    return code


class _Demo:
    def __init__(self, work: Path, args: argparse.Namespace, auto: bool) -> None:
        self.work, self.args, self.auto = work, args, auto
        self.step = Steps(13)
        self.drill = Drill(work)

    async def run(self) -> int:
        print(_("examd demo: 演练, a drill. One machine plays bureau, site and chief examiner."))
        bank, items = self._fill_bank()
        rule = self._read_rule(bank)
        roster = self._roster()
        with bank:
            self._issue(bank, rule, roster)
        players: list[BaseProcess] = []
        closing = contextlib.AsyncExitStack()
        try:
            self.step(_("Server and supervisor running: TLS 1.3 on port {port}", port=self.drill.serve()))
            client = await self.drill.sign_in()
            closing.push_async_callback(client.close)
            await self._enrol(client, roster)
            self.step(_("Package opened by site, chief examiner and code 1; seed fixed by bureau and room"))
            opening = await self.drill.open(client)
            self.step.detail(_("not separated: one holder") + " · " + opening.opened.session)
            own = roster[-1]
            players = self._seat(roster if self.auto else roster[:-1], items)
            person = None if self.auto else self._seat_person(own)
            await self._start(client, len(roster), person)
            waived = await self._wait(client, players, person)
            report, result = await self._close(client, waived)
        finally:
            await closing.aclose()
            for player in players:
                player.terminate()
            self.drill.stop()
        return self._show(report, result, own)

    # ---- the bureau -------------------------------------------------------------------------------------------

    def _fill_bank(self) -> tuple[Bank, list[Item]]:
        source = self.args.bank or SAMPLES / "items.jsonl"
        bank, found, added = self.drill.fill_bank(source)
        self.step(_("Encrypted bank filled from {file}: {n} items", file=source.name, n=added))
        if found.refused:
            self.step.detail(_("{n} rows refused, such as:", n=len(found.refused)))
            for row in found.refused[:6]:
                self.step.detail(f"  {_('row {row}', row=row.row)}  {told(row.reason, row.facts)}")
        return bank, found.items

    def _read_rule(self, bank: Bank) -> Rule:
        if self.args.rule is None and self.args.bank is not None:
            items = list(bank.items.outlines())
            subject = Counter(item.subject for item in items).most_common(1)[0][0] if items else ""
            subjects = [subject] if subject else []
            rule = rules.propose(tally(items, subjects), name=self.args.bank.stem, subjects=subjects)
            origin = _("proposed for this bank")
        else:
            file = self.args.rule or SAMPLES / "rule.toml"
            rule = rules.parse(read_bytes(file))
            origin = file.name
        self.step(_("Rule {id} ({origin}): {cells} cells, {items} items, {points} points, pass at {mark}",
            id=rule.id, origin=origin, cells=len(rule.cells), items=rule.items, points=rule.total_points,
            mark=rule.pass_points,
        ))  # fmt: skip
        self.step.detail(f"SHA-256 {rule.sha256}")
        return rule

    def _roster(self) -> list[RosterLine]:
        people = made_up_roster(self.args.candidates)
        self.step(_("Roster: {n} candidates from {m} training institutions",
            n=len(people), m=len({line.institution for line in people})
        ))  # fmt: skip
        return people

    def _issue(self, bank: Bank, rule: Rule, roster: list[RosterLine]) -> None:
        issued = self.drill.issue(bank, rule, roster)
        self.step(_("Package issued: a pool of {n} items, sealed; {share:.0%} of trial draws admissible",
            n=issued.pool_size, share=issued.acceptance / 2000
        ))  # fmt: skip

    # ---- the room ---------------------------------------------------------------------------------------------

    async def _enrol(self, client: StaffClient, roster: list[RosterLine]) -> None:
        where, journals = (self.drill.address, self.drill.trust), self.work / "journals"

        async def walk_through(code: str) -> None:
            for line in roster:
                await candidate.pair(*where, candidate.machine(journals, line.admission_no), f"{line.c:02}", code)

        await self.drill.enrol(client, walk_through, len(roster))
        self.step(_("{n} terminals paired with a code of eight digits, and confirmed by staff", n=len(roster)))

    def _seat(self, lines: list[RosterLine], items: list[Item]) -> list[BaseProcess]:
        knowledge: Knowledge = {
            (i.content.stem, frozenset(o.text for o in i.content.options)): frozenset(
                i.content.options[n].text for n in i.answer_key.correct
            )
            for i in items
        }
        spread = (-0.08, -0.03, 0.0, 0.03, 0.08)
        parts = [
            Part(
                line.admission_no, line.id_tail,
                min(0.99, ABILITIES[INSTITUTIONS.index(line.institution)] + spread[line.c % 5]),
                AUTO_PACE_S if self.auto else PERSON_PACE_S, line.c,
            )
            for line in lines
        ]  # fmt: skip
        self.step(_("{n} simulated candidates, a process each, sign in over the wire", n=len(parts)))
        return _start_players(self.drill, parts, knowledge)

    def _seat_person(self, own: RosterLine) -> "subprocess.Popen[bytes]":
        print()
        print(_("  Your seat: {name}, admission number {number}", name=own.name, number=own.admission_no))
        print(_("  Last six of your ID number: {tail}  (remember it, the screen will ask)", tail=own.id_tail))
        print(_("  The session starts as soon as you have confirmed the rules."))
        try:
            input(_("  Press Enter to sit down … "))
        except EOFError:
            raise KeyboardInterrupt from None
        machine = candidate.machine(self.work / "journals", own.admission_no)
        command = [
            sys.executable, "-m", "tools.cli", "terminal", "--server", self.drill.address,
            "--trust", str(self.drill.trust), "--journal", str(machine),
            "--name", f"{own.c:02}", "--admission-no", own.admission_no, "--exit-after-receipt",
            "--lang", os.environ.get("EXAMD_LANG", "zh"),
        ]  # fmt: skip
        return subprocess.Popen(command)

    async def _start(self, client: StaffClient, expected: int, person: "subprocess.Popen[bytes] | None") -> None:
        """Starts once everyone is ready; a person may take their time, and leaves the screen when it is done."""

        patience = time.monotonic() + (30 if self.auto else 900)
        while (await client.status()).ready < expected:
            if time.monotonic() > patience:
                raise Denied("not-all-ready", expected=expected)
            await asyncio.sleep(0.1 if self.auto else 0.3)
        started = await client.command("start")
        while person is not None and person.poll() is None:  # nothing may be printed over the screen
            await asyncio.sleep(0.2)
        if person is not None and person.returncode < 0:  # killed: it could not give the window back itself
            print(LEAVE_SCREEN, end="", flush=True)
        await self.drill.cosign(client)
        self.step(_("Session started: {n} forms drawn by rule and seed, answers on their way", n=started["started"]))

    async def _wait(
        self, client: StaffClient, players: list[BaseProcess], person: "subprocess.Popen[bytes] | None"
    ) -> list[str]:
        """Until every seat has handed in. Returns the numbers to waive: a person who left the screen."""

        while any(player.is_alive() for player in players):
            if person is not None:
                done = (await client.status()).handed_in
                text = _("  Waiting for the other candidates: {done} handed in", done=done)
                print(f"\r{text}", end="", flush=True)
                await asyncio.sleep(1)
            await asyncio.sleep(0.05)
        if person is not None:
            print("\r\x1b[K", end="")
        return [seat.admission_no for seat in (await client.status()).seats if seat.phase != "handed-in"]

    # ---- closing ----------------------------------------------------------------------------------------------

    async def _close(self, client: StaffClient, waived: list[str]) -> tuple[Report, Path]:
        closed = await self.drill.close(client, waived)
        self.step(_("Closed: {n} entries, chained, every one durable before it was acknowledged", n=closed.entries))
        self.step.detail(_("closing root {root}", root=closed.root))
        folder = await self.drill.grade(client, Path(closed.result))
        self.step(_("Graded by a process of its own, with code 2 given against that signed closing"))
        acted = [seat.admission_no for seat in (await client.status()).seats if seat.answered]
        collected = collect(folder, self.drill.issued.package_id, [self.work / "journals"], acted)
        self.step(_("{n} journals of terminals collected, to be held against the record", n=len(collected.names)))
        report = Report.read(folder, self.drill.bureau.card.name)
        write_all(report, folder, current_language_from_environment())
        with progress(_("verifying")) as shown:
            filed = await asyncio.to_thread(self.drill.receive, folder, shown)
        self.step(_("The result came home: verified, held against the release ledger, filed with its extract"))
        return report, filed.filed

    def _show(self, report: Report, folder: Path, own: RosterLine) -> int:
        mine = next(c for c in report.result.candidates if c.admission_no == own.admission_no)
        print()
        print(_("Result of {name} ({number}): {points} of {total} points, {verdict}; receipt {receipt}",
            name=own.name, number=own.admission_no, points=mine.points, total=report.rule.total_points,
            verdict=_("passed ✓") if mine.passed else _("not passed ✗"), receipt=report.receipts.get(own.c, "–"),
        ))  # fmt: skip
        print()
        print("\n".join(rates_table(report)))
        print()
        self.step(_("Verified from the raw record by a program that shares no code with the rest:"))
        command = [
            sys.executable, "-P", "-m", "tools.verify", str(folder), "--bureau-key", self.drill.bureau.card.sign,
            "--lang", os.environ.get("EXAMD_LANG", "zh"),
        ]  # fmt: skip
        code = subprocess.run(command, check=False).returncode
        print()
        for name in ("report.xlsx", "rates.csv", "results.csv", "bulletin.html"):
            print(_("Written: {path}", path=folder / name))
        print(_("Verify again with: examd verify {folder}", folder=folder))
        return code


def _start_players(drill: Drill, parts: list[Part], knowledge: Knowledge) -> list[BaseProcess]:
    """A process each. They are forked from one that has imported the client already, where the system can fork."""

    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context: Any = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["tools.drill.candidate", "aiohttp"])
    where = (drill.address, drill.trust, drill.work / "journals")
    players = [context.Process(target=candidate.play, args=(*where, part, knowledge), daemon=True) for part in parts]
    for player in players:
        player.start()
    return players
