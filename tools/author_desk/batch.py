"""Which item of a review comes next, what was done with those before it, and how long the rest will take. No widget.

First all that was not read yet, then, in a second pass, what was skipped. What was read in an earlier sitting and is
not signed yet is signed along.

Before: `bank.authoring.revisions.to_read`. After: `tools.author_desk.review_run` shows it.
"""

from collections.abc import Sequence


class Batch:
    def __init__(self, unread: Sequence[int], read: Sequence[int]) -> None:
        self.todo, self.skipped = list(unread), list[int]()
        self.to_sign = list(read)
        """Read, to be approved by one signature each."""
        self.earlier = len(read)
        self.total = len(unread)
        self.read = self.returned = 0
        self.second_pass = False
        self._seconds = 0.0
        """That those read took."""

    @property
    def here(self) -> int | None:
        """The revision that is before the reviewer; None where there is nothing left."""
        return self.todo[0] if self.todo else None

    @property
    def after(self) -> int | None:
        """The one that comes when this one is read."""
        rest = self.todo[1:] or ([] if self.second_pass else self.skipped)
        return rest[0] if rest else None

    @property
    def done(self) -> int:
        return self.read + self.returned

    def have_read(self, seconds: float) -> None:
        """This one is read, after so long."""
        self.to_sign.append(self.todo[0])
        self.read += 1
        self._seconds += seconds
        self._on()

    def skip(self) -> None:
        self.skipped.append(self.todo[0])
        self._on()

    def send_back(self) -> None:
        self.returned += 1
        self._on()

    def drop(self) -> None:
        """Somebody else dealt with this one."""
        self.total -= 1
        self._on()

    def signed(self) -> None:
        self.to_sign.clear()
        self.earlier = 0

    def _on(self) -> None:
        del self.todo[0]
        if not self.todo and self.skipped and not self.second_pass:
            self.second_pass = True
            self.todo, self.skipped = self.skipped, []

    def seconds_left(self) -> float | None:
        """At the pace so far; None before anything was read."""
        return None if not self.read else (len(self.todo) + len(self.skipped)) * self._seconds / self.read
