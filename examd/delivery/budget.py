"""How much somebody may ask for: so much at once, so much a second after that. Pure: time comes with each call.

Before: `door` keeps one for each address, `seats` one for each candidate.
"""


class Budget:
    """A bucket that fills by itself. What it holds is in whatever unit its keeper counts."""

    __slots__ = ("_at_s", "_burst", "_left", "_per_s")

    def __init__(self, burst: float, per_s: float, now_s: float) -> None:
        self._burst, self._per_s, self._left, self._at_s = burst, per_s, burst, now_s

    def afford(self, cost: float, now_s: float) -> bool:
        """Takes `cost` where there is so much; else takes nothing."""
        self._fill(now_s)
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def spend(self, cost: float, now_s: float) -> float:
        """Takes `cost`, on credit if need be. The seconds until the debt is paid; 0 where there is none."""
        self._fill(now_s)
        self._left -= cost
        return max(0.0, -self._left / self._per_s)

    def give_back(self, cost: float) -> None:
        """What turned out to be no abuse costs nothing."""
        self._left = min(self._burst, self._left + cost)

    def _fill(self, now_s: float) -> None:
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
