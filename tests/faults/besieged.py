"""An honest room while somebody attacks it: what its candidates and its staff notice, and what it costs the server.

    python -m tests.faults.besieged [--seats N] [--seconds S] [ATTACK …]     prints a line each

Seats answer once a second, first beside a process that only keeps its own processor busy, then under the attack: the
two are compared, in one run, and what the attacker costs by being on the same machine is in both.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bank.refused import Denied
from examd.protocol import messages as m
from examd.protocol.trust import trusting
from examd.site.staff_client import StaffClient
from terminal.machine import Machine
from tests.examd.served import hear, say
from tests.faults.hostile import SEATED, STRANGERS, Hostile, Report
from tools.bench.fleet import Fleet
from tools.drill.session import Drill, hall_for

UP_S = 0.7
"""Until the attacker's process has come up."""


@dataclass
class Found:
    """`quiet` and `attacked`: what the fleet reports (`tools.bench.fleet`)."""

    attack: str
    report: Report
    quiet: dict[str, float]
    attacked: dict[str, float]
    rss_mib: float
    """More than before, at the worst moment."""
    descriptors: int
    """Likewise."""
    record_kib: float
    log_lines: int
    desk_s: float | None
    """How long staff needed for a connection and an answer, in the middle of it; None where they got none."""
    told: list[tuple[str, int, str]]

    def line(self) -> str:
        r, told = self.report, "; ".join(f"{event} {number} {about}" for event, number, about in self.told)
        return (
            f"{self.attack:15} p50 {self.quiet['p50_ms']:5.1f} -> {self.attacked['p50_ms']:6.1f}  p99 "
            f"{self.quiet['p99_ms']:6.1f} -> {self.attacked['p99_ms']:7.1f}  most {self.attacked['max_ms']:7.1f} ms  "
            f"acked {self.attacked['acked']}/{self.attacked['sent']}  +{self.rss_mib:.0f} MiB  +{self.descriptors} fds  "
            f"record +{self.record_kib:.0f} KiB  log +{self.log_lines}  desk "
            f"{'-' if self.desk_s is None else format(self.desk_s, '.2f')} s  | connects {r.connects} refused {r.refused} "
            f"cut {r.cut} sent {r.sent} held {r.held} for {r.held_s:.1f} s | {told}"
        )


@dataclass
class Besieged:
    drill: Drill
    fleet: Fleet
    enemies: dict[str, tuple[str, str, str, str]]
    """Attack -> admission number and ID tail of the candidate whose seat the attacker has, secret of its terminal."""
    honest: int
    work: Path
    told: list[tuple[str, int, str]] = field(default_factory=list)
    quiet: dict[str, float] | None = None

    async def under(
        self, attack: str, seconds: float, sources: list[str] | None = None, *, again: bool = True
    ) -> Found:
        """`again`: measures anew how it is without the attack."""
        if again or self.quiet is None:
            _, self.quiet = await self._while_("spin", seconds)
        quiet = self.quiet
        began, before = len(self.told), self._state()
        watching = asyncio.create_task(self._watch())
        (report, attacked), desk_s = await asyncio.gather(self._while_(attack, seconds, sources), self._desk_s())
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        rss, descriptors = self._worst
        after = self._state()
        return Found(
            attack, report, quiet, attacked, rss - before[0], descriptors - before[1], (after[2] - before[2]) / 1024,
            after[3] - before[3], desk_s, self.told[began:],
        )  # fmt: skip

    async def _while_(
        self, attack: str, seconds: float, sources: list[str] | None = None
    ) -> tuple[Report, dict[str, float]]:
        """The attack, and what the honest seats noticed of it."""
        hostile = Hostile(
            attack, seconds + 1, self.drill.address, sources or sources_of("connects"), *self.enemies.get(attack, ())
        )
        attacking = asyncio.create_task(hostile.run())
        await asyncio.sleep(UP_S)
        noticed = await self.fleet.order("paced", seconds=seconds)
        return await attacking, noticed

    async def _watch(self) -> None:
        self._worst = (0.0, 0)
        while True:
            rss, descriptors, *_ = self._state()
            self._worst = max(self._worst[0], rss), max(self._worst[1], descriptors)
            await asyncio.sleep(0.1)

    def _state(self) -> tuple[float, int, int, int]:
        pid = self.drill.server_pid
        status = Path(f"/proc/{pid}/status").read_text()
        rss = int(status.partition("VmRSS:")[2].split()[0]) / 1024
        try:  # of a process that keeps its memory private only root sees the descriptors
            descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        except PermissionError:
            descriptors = 0
        record = sum(path.stat().st_size for path in self.drill.site.glob("sessions/*/record.db*"))
        log = self.work / "server.log"
        return rss, descriptors, record, len(log.read_bytes().splitlines()) if log.exists() else 0

    async def _desk_s(self) -> float | None:
        """Somebody of the staff comes to the desk while it lasts; a wrong passphrase is an answer too."""
        await asyncio.sleep(UP_S + 0.5)
        began = time.monotonic()
        try:
            async with asyncio.timeout(10):
                client = await StaffClient.connect(self.drill.site)
                try:
                    await client.command("status")
                except Denied as denied:
                    assert denied.code == "bad-staff"  # not signed in: it was heard
                finally:
                    await client.close()
        except (Denied, TimeoutError):
            return None
        return time.monotonic() - began


def sources_of(attack: str, n: int = 1) -> list[str]:
    """Addresses of their own for each attack, so that none pays for another."""
    number = [*STRANGERS, *SEATED].index(attack) + 1
    return [f"127.0.{100 + number}.{m + 1}" for m in range(n)]


@contextlib.asynccontextmanager
async def besieged(honest: int, work: Path) -> AsyncIterator[Besieged]:
    """A session that has begun, `honest` seats in it, and a candidate more for each attack by somebody signed in."""
    told: list[tuple[str, int, str]] = []
    async with hall_for(honest + len(SEATED), work) as (drill, client, people):
        pass_on = drill.supervisor._on_event  # type: ignore[union-attr]

        def tell(event: str, number: int, about: str = "") -> None:
            told.append((event, number, about))
            pass_on(event, number, about)

        drill.supervisor._on_event = tell  # type: ignore[union-attr]
        seats = [(line.admission_no, line.id_tail) for line in people]
        fleet = await Fleet.start(drill.address, drill.trust, seats[:honest])
        try:
            keys = [Machine.new() for _ in SEATED]

            async def pair(code: str) -> None:
                await fleet.pair(code)
                async with aiohttp.ClientSession() as session:
                    for n, key in enumerate(keys):
                        async with session.ws_connect(
                            f"wss://{drill.address}/seat", ssl=trusting(drill.trust)
                        ) as socket:
                            await say(socket, m.Pair(code, f"enemy {n}", key.key, key.public))
                            await hear(socket, m.Enrolled)

            await drill.enrol(client, pair, honest + len(keys))
            await drill.open(client)
            await fleet.order("connect")
            async with asyncio.timeout(60):
                while (await client.status()).ready < honest:
                    await asyncio.sleep(0.05)
            starting = asyncio.create_task(client.command("start"))
            await fleet.order("await_forms")
            await starting
            enemies = {
                name: (*seat, key.key, key.seed) for name, seat, key in zip(SEATED, seats[honest:], keys, strict=True)
            }
            yield Besieged(drill, fleet, enemies, honest, work, told)
        finally:
            await fleet.stop()


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seats", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--sources", type=int, default=1)
    parser.add_argument("attacks", nargs="*")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with besieged(args.seats, Path(folder)) as room:
            for attack in args.attacks or [*STRANGERS, *SEATED]:
                found = await room.under(attack, args.seconds, sources_of(attack, args.sources))
                print(found.line(), flush=True)
                log = (Path(folder) / "server.log").read_text().splitlines() if found.log_lines else []
                print(*(f"    log: {line[:150]}" for line in log[-2:]), sep="\n", flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
