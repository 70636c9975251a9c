"""Wrong sign-ins of the last minutes, counted by terminal: how long whoever comes next there must wait.

By terminal alone, for nobody can make themselves another one: counted by candidate, any terminal could lock anybody
out. Pure: time comes with each call.

Before: `sign_in` judges one. After: staff may let a terminal go on at once (`commands.terminals`).
"""

WINDOW_MS = 5 * 60_000
TRIES = 5
"""Sixty an hour: of the thousand ID tails that fit a known birthday and county, somebody unseen tries out six in a
hundred."""


class WrongSignIns:
    def __init__(self) -> None:
        self._at: dict[str, list[int]] = {}

    def wait_ms(self, machine: str, now_ms: int) -> int:
        """Until fewer than TRIES are left of the last WINDOW_MS; 0 where it is so now."""
        recent = self._recent(machine, now_ms)
        return recent[-TRIES] + WINDOW_MS - now_ms if len(recent) >= TRIES else 0

    def add(self, machine: str, now_ms: int) -> None:
        self._at[machine] = [*self._recent(machine, now_ms), now_ms]

    def release(self, machine: str) -> None:
        """Forgets those of one terminal."""
        self._at.pop(machine, None)

    def _recent(self, machine: str, now_ms: int) -> list[int]:
        return [at for at in self._at.get(machine, ()) if now_ms - at < WINDOW_MS]
