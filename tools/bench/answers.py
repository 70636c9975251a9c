"""`examd bench answers`: a room of terminals over TLS on a real site, beside the bare things it is made of.

A throw-away session (`tools.drill.session`) and a fleet of terminals in a process of its own (`tools.bench.fleet`): all
sign in and get their forms, answer one item a second each, hand in at once; the session is closed and graded. In a
second session some answer as fast as they are acknowledged, in turns with the same on a bare echo server
(`tools.bench.bare`). Then every acknowledged answer is looked up in the exported records: one that is missing, doubled
or different fails the run.

CPU an answer is the figure to trust: server and fleet share this machine with whatever else runs on it.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from bank.refused import Denied
from bank.rules import Rule
from examd.package.layout import RosterLine
from examd.site.staff_client import StaffClient
from tools.bench.fleet import Fleet, planned
from tools.cli.language import _
from tools.cli.output import report
from tools.drill.session import Drill, hall_for

SATURATING, WINDOW = 200, 4
"""Terminals of the closed loop, and acts that each keeps under way."""
ROUNDS = 3
"""Ours and bare in turns: what else the machine does then falls on both."""
HAND_IN_WITHIN_S = 2.0
READY_PATIENCE_S = 120
PACED_ROWS = 1_000


def run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="examd-bench-") as work:
        figures = asyncio.run(_Bench(Path(work), args.terminals, args.seconds).run())
    report(args, figures, *_table(figures))
    record = figures["record"]
    if record["missing"] or record["twice"] or record["different"]:
        print(_("The record does not hold what was acknowledged."), file=sys.stderr)
        return 1
    return 0


class _Bench:
    def __init__(self, work: Path, terminals: int, seconds: int) -> None:
        self.work = work
        self.terminals = terminals
        self.seconds = seconds
        self.figures: dict[str, Any] = {"terminals": terminals, "load_before": round(os.getloadavg()[0], 2)}

    async def run(self) -> dict[str, Any]:
        self.figures["record"] = await self._hall(self.terminals, self._exam)
        saturated = await self._hall(min(SATURATING, self.terminals), self._saturate)
        self.figures["record"] = {name: n + saturated[name] for name, n in self.figures["record"].items()}
        self._say(_("the same rows without a network"))
        self.figures["loop"] = await self._loop()
        self.figures["load_after"] = round(os.getloadavg()[0], 2)
        return self.figures

    async def _hall(
        self, terminals: int, course: Callable[[Drill, StaffClient, Fleet], Awaitable[None]]
    ) -> dict[str, int]:
        """A session of its own: all start, `course` is run, it is closed and graded; what the record then holds."""

        self._say(_("preparing a session for {n} candidates", n=terminals))
        async with hall_for(terminals, self.work / f"hall-{course.__name__}") as (drill, client, people):
            seats = [(line.admission_no, line.id_tail) for line in people]
            fleet = await Fleet.start(drill.address, drill.trust, seats)
            try:
                await drill.enrol(client, fleet.pair, terminals)
                await drill.open(client)
                start = await self._start_storm(client, fleet, terminals)
                self.figures.setdefault("start", start)
                await course(drill, client, fleet)
                acked = await fleet.order("acknowledged")
                result, times = await self._close(drill, client)
                self.figures.setdefault("times", times)
            finally:
                await fleet.stop()
        return _look_up(result, people, acked)

    async def _exam(self, drill: Drill, client: StaffClient, fleet: Fleet) -> None:
        await self._paced(drill, fleet)
        await self._hand_in(fleet)

    async def _start_storm(self, client: StaffClient, fleet: Fleet, terminals: int) -> dict[str, Any]:
        self._say(_("start storm: all sign in and get their forms"))
        began = time.perf_counter()
        await fleet.order("connect")
        connected = time.perf_counter()
        while (await client.status()).ready < terminals:
            if time.perf_counter() - connected > READY_PATIENCE_S:
                raise Denied("not-all-ready", expected=terminals)
            await asyncio.sleep(0.1)
        ready = time.perf_counter()
        starting = asyncio.create_task(client.command("start"))
        forms = await fleet.order("await_forms")
        await starting
        return {
            "connected_s": round(connected - began, 2), "ready_s": round(ready - began, 2),
            "forms": forms["forms"], "seconds": round(ready - began + forms["seconds"], 2),
        }  # fmt: skip

    async def _paced(self, drill: Drill, fleet: Fleet) -> None:
        self._say(_("{seconds} s of one answer a second each", seconds=self.seconds))
        paced = await _measured(fleet, drill.server_pid, "paced", seconds=self.seconds)
        self.figures["paced"] = paced | {"rss_mib": _rss_mib(drill.server_pid)}

    async def _saturate(self, drill: Drill, client: StaffClient, fleet: Fleet) -> None:
        some = min(SATURATING, self.terminals)
        seconds = max(1.0, min(4.0, self.seconds / 5))
        echo = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "tools.bench.bare", "echo", str(drill.site), str(self.work),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert echo.stdin is not None and echo.stdout is not None
        echo.stdin.write(drill.holder.secret_bytes() + b"\n")
        await echo.stdin.drain()
        port = int(await echo.stdout.readline())
        bare_fleet = await Fleet.start(f"127.0.0.1:{port}", drill.trust, [("", "")] * some, bare=True)
        rounds: dict[str, list[dict[str, Any]]] = {"ours": [], "bare": []}
        try:
            await bare_fleet.order("connect")
            for n in range(ROUNDS):
                self._say(_("as fast as acknowledged, round {n} of {rounds}", n=n + 1, rounds=ROUNDS))
                for name, those, pid in (("ours", fleet, drill.server_pid), ("bare", bare_fleet, echo.pid)):
                    found = await _measured(those, pid, "saturate", seconds=seconds, terminals=some, window=WINDOW)
                    rounds[name].append(found)
        finally:
            await bare_fleet.stop()
            echo.stdin.close()
            await echo.wait()
        ours, bare = (
            {field: statistics.median(r[field] for r in rounds[name]) for field in ("per_s", "cpu_us", "fleet_cpu_us")}
            for name in ("ours", "bare")
        )
        self.figures["saturated"] = {
            "terminals": some, "ours": ours, "bare": bare, "ratio": round(bare["per_s"] / max(1, ours["per_s"]), 2),
            "cpu_ratio": round(ours["cpu_us"] / max(0.1, bare["cpu_us"]), 2),
        }  # fmt: skip

    async def _hand_in(self, fleet: Fleet) -> None:
        self._say(_("hand-in storm: all hand in within {seconds:.0f} s", seconds=HAND_IN_WITHIN_S))
        self.figures["hand_in"] = await fleet.order("hand_in", within=HAND_IN_WITHIN_S)

    async def _close(self, drill: Drill, client: StaffClient) -> tuple[Path, dict[str, float]]:
        self._say(_("closing and grading"))
        began = time.perf_counter()
        left = [seat.admission_no for seat in (await client.status()).seats if seat.phase != "handed-in"]
        closed = await drill.close(client, left)
        closing_s = time.perf_counter() - began
        began = time.perf_counter()
        result = await drill.grade(client, Path(closed.result))
        return result, {"close_s": round(closing_s, 2), "grade_s": round(time.perf_counter() - began, 2)}

    async def _loop(self) -> dict[str, Any]:
        seconds = max(1.0, min(4.0, self.seconds / 5))
        outstanding = min(SATURATING, self.terminals) * WINDOW
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "tools.bench.bare", "loop", str(self.work), str(seconds), str(outstanding),
            str(PACED_ROWS), stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _error = await process.communicate()
        figures: dict[str, Any] = json.loads(output)
        return figures

    @staticmethod
    def _say(text: str) -> None:
        print(f"… {text}", file=sys.stderr, flush=True)


async def _measured(fleet: Fleet, pid: int, order: str, **facts: float) -> dict[str, Any]:
    """A report of the fleet, with the CPU that the server and the fleet took an answer."""
    before = _cpu_s(pid), _cpu_s(fleet.pid)
    found = await fleet.order(order, **facts)
    after = _cpu_s(pid), _cpu_s(fleet.pid)
    each = [round((b - a) / max(1, found["acked"]) * 1e6, 1) for a, b in zip(before, after, strict=True)]
    return found | {"cpu_us": each[0], "fleet_cpu_us": each[1]}


def _cpu_s(pid: int) -> float:
    """User and system time of a process, all threads. 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mib(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return round(int(status.partition("VmRSS:")[2].split()[0]) / 1024, 1)


def _look_up(result: Path, people: list[RosterLine], acked: Mapping[str, int]) -> dict[str, int]:
    """Each act that a terminal holds an acknowledgement for, in the exported record: once, and as it was sent."""

    rule = Rule.from_json(json.loads((result / "package" / "rule.json").read_bytes()))
    found: dict[tuple[int, int], int] = {}
    different = entries = 0
    with (result / "entries.jsonl").open("rb") as lines:
        for line in lines:
            entries += 1
            entry = json.loads(line)
            body = entry["body"]
            if entry["type"] not in ("ANSWER", "HAND_IN") or not body["seq"]:
                continue
            at = (body["c"], body["seq"])
            found[at] = found.get(at, 0) + 1
            if entry["type"] == "ANSWER":
                sent = planned(body["seq"], rule.items)
                different += (body["slot"], tuple(body["choice"]), body["used_ms"]) != (
                    sent.slot, sent.choice, sent.used_ms,
                )  # fmt: skip
    must = [(line.c, seq) for line in people for seq in range(1, acked[line.admission_no] + 1)]
    return {
        "entries": entries, "acknowledged": len(must), "missing": sum(at not in found for at in must),
        "twice": sum(times > 1 for times in found.values()), "different": different,
    }  # fmt: skip


def _table(f: Mapping[str, Any]) -> list[str]:
    about = {"n": f["terminals"], "before": f["load_before"], "after": f["load_after"]}
    paced, saturated, times, record = f["paced"], f["saturated"], f["times"], f["record"]
    held = _("in the record    {acknowledged:>8} acknowledged; {missing} missing, {twice} twice, {different} different")
    latency = _("paced            {p50_ms:>8.2f} ms   median; {p95_ms:.2f} p95, {p99_ms:.2f} p99, {max_ms:.1f} most")
    lines = (
        (_("{n} terminals over TLS; load of the machine {before} before, {after} after"), about),
        (_("start storm      {seconds:>8.2f} s    {forms} forms"), f["start"]),
        (latency, paced),
        (_("  acknowledged   {acked:>8} of {sent}; {cpu_us:.0f} µs CPU each"), paced),
        (_("  server holds   {rss_mib:>8.0f} MiB"), paced),
        (_("saturated        {per_s:>8.0f} answers/s, {cpu_us:.0f} µs CPU each"), saturated["ours"]),
        (_("  bare echo      {per_s:>8.0f} answers/s, {cpu_us:.0f} µs CPU each"), saturated["bare"]),
        (_("  bare ÷ ours    {ratio:>8.2f}      in answers/s; {cpu_ratio:.2f} ours ÷ bare in CPU"), saturated),
        (_("  rows alone     {rows_per_s:>8} rows/s, {rows_a_commit} a commit, {cpu_us:.0f} µs CPU each"), f["loop"]),
        (_("  rows, paced    {paced_p50_ms:>8.2f} ms   median; {paced_p99_ms:.2f} p99, at 1,000 rows/s"), f["loop"]),
        (_("hand-in storm    {seconds:>8.2f} s    {receipts} receipts; {p99_ms:.2f} ms p99"), f["hand_in"]),
        (_("closed           {close_s:>8.2f} s"), times),
        (_("graded           {grade_s:>8.2f} s"), times),
        (held, record),
    )
    return [line.format(**facts) for line, facts in lines]
