"""What a screen may ask of the program. Screens know this and not the App, which gives it to each of them.

Before: a key or a click on `terminal.screens`. After: `terminal.app`, which writes to the outbox before all else.
"""

from typing import Protocol

from textual.events import Key

from terminal.seat import Seat, Stage


class Actions(Protocol):
    """The candidate's acts, and the few of staff. Each shows its outcome at once."""

    @property
    def seat(self) -> Seat: ...
    @property
    def exit_after_receipt(self) -> bool: ...

    def now(self) -> int: ...  # this machine's monotonic clock, in milliseconds
    def draw(self) -> None: ...
    def settled(self) -> bool:
        """Whether this screen has been here long enough for Enter or a click to be meant for it."""

    async def press(self, key: Key) -> None:
        """Give the key to the screen of this moment."""

    def pair(self, name: str, code: str) -> None:
        """Staff have typed the code that the server shows: make this machine one of the site's terminals."""

    def sign_in(self, admission_no: str, id_tail: str) -> None: ...
    def confirm(self) -> None:
        """The candidate is who the server says."""

    def not_me(self) -> None:
        """The person at the screen is somebody else: forget the seat and begin again."""

    def ready(self) -> None: ...
    def place(self, where: Stage) -> None:
        """Go to another screen; `where` is one of `terminal.seat.ANSWERING`."""

    def go_to(self, slot: int) -> None: ...
    def answer(self, slot: int, choice: tuple[int, ...]) -> None:
        """Choose these displayed positions, ascending; empty takes the answer back."""

    def flag(self, slot: int, on: bool) -> None: ...
    def hand_in(self) -> None: ...
    def leave(self) -> None:
        """End the program: staff's way out, and the candidate's after the receipt where that was asked for."""
