"""Wrong sign-ins of the last minute, each counted under several heads at once: how long whoever comes next must wait.

Counted by number alone, any terminal could lock any candidate out; by terminal alone, many terminals could share the
guessing. Pure: time comes with each call.

Before: `sign_in` judges one.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping

WINDOW_MS = 60_000
REMEMBERED = 8_192
"""Heads that are remembered at most; the one that was added to longest ago goes first."""

Head = tuple[str, ...]
"""E.g. (address, number). A part is cut at 64 characters: strangers choose how long a number is."""


class WrongSignIns:
    def __init__(self) -> None:
        self._at: OrderedDict[Head, list[int]] = OrderedDict()

    def __iter__(self) -> Iterator[Head]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)

    def wait_ms(self, limits: Mapping[Head, int], now_ms: int) -> int:
        """Until fewer than the limit are left under every head; 0 where it is so now."""
        waits = [0]
        for head, limit in limits.items():
            recent = self._recent(head, now_ms)
            if len(recent) >= limit:
                waits.append(recent[-limit] + WINDOW_MS - now_ms)
        return max(waits)

    def add(self, heads: Mapping[Head, int], now_ms: int) -> None:
        """Counts one under each of `heads`."""
        for head in heads:
            self._at[_cut(head)] = [*self._recent(head, now_ms), now_ms]
            self._at.move_to_end(_cut(head))
        while len(self._at) > REMEMBERED:
            self._at.popitem(last=False)

    def _recent(self, head: Head, now_ms: int) -> list[int]:
        return [at for at in self._at.get(_cut(head), ()) if now_ms - at < WINDOW_MS]


def _cut(head: Head) -> Head:
    return tuple(part[:64] for part in head)
