"""Handing in (asked twice), and every screen on which nothing can be answered.

Before: `terminal.screens.sheet`.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from terminal.heard import Link, Trouble
from terminal.language import _
from terminal.screens.base import ExamScreen
from terminal.seat import Stage
from terminal.theme import AMBER, BOLD, GREEN, INK, RED, SOFT
from terminal.widgets.bars import Key
from terminal.widgets.card import Big, Block, Fact, Gap, Title, Words


class HandInScreen(ExamScreen):
    """Asked twice, on two screens, with different keys and chips in different places: nothing held down or pressed
    twice can hand in."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y,Y", "yes", show=False), Binding("n,N", "escape", show=False)]
    answering = True

    def _keys(self) -> Iterator[Key]:
        yield Key("Esc", _("Go on answering"), "escape", main=True)
        yield Key("Y", _("Yes, hand in"), "yes")

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        counts = self.seat.counts
        yield Title(_("Hand in your answers?"))
        yield Fact(_("Answered"), f"{counts.answered} / {len(self.seat.items)}")
        yield Fact(_("Not answered"), str(counts.unanswered), AMBER if counts.unanswered else BOLD)
        yield Fact(_("Flagged"), str(counts.flagged), AMBER if counts.flagged else BOLD)
        yield Gap()
        if counts.unanswered:
            yield Words(_("Still without an answer: {n}. They earn nothing.", n=counts.unanswered), AMBER)
        else:
            yield Words(_("Every question has an answer."), GREEN)

    def action_yes(self) -> None:
        self.actions.place(Stage.SURE)

    def escape(self) -> None:
        self.actions.place(Stage.SHEET)


class SureScreen(ExamScreen):
    """The second question."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("n,N", "escape", show=False)]
    answering = True

    def _keys(self) -> Iterator[Key]:
        yield Key("Esc", _("Go on answering"), "escape", main=True)
        yield Key("Enter", _("Hand in for good"), "enter", apart=True)

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("Last question: hand in for good?"), RED)
        yield Words(_("After handing in nothing can be changed any more."), BOLD)
        yield Gap()
        yield Words(_("Press Enter to hand in. Press Esc to go on answering."))

    def enter(self) -> None:
        self.actions.hand_in()

    def escape(self) -> None:
        self.actions.place(Stage.SHEET)


class PausedScreen(ExamScreen):
    """The clock stands still."""

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("The examination is paused"))
        yield Words(_("Your time stands still. Please stay seated; the questions come back when it goes on."))
        yield Gap()
        yield Words(_("Answered and kept: {n}.", n=self.seat.answered), SOFT)


def _unconfirmed(n: int) -> Block:
    if n:
        return Words(_("Saved on this machine, waiting for the server: {n}.", n=n), AMBER)
    return Words(_("Everything you answered is confirmed by the server."), GREEN, bullet="✓")


class TimeUpScreen(ExamScreen):
    """Until the server has the hand-in."""

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("The time is up"))
        if self.seat.link is Link.UP:
            yield Words(_("Your answers are being handed in. Please wait a moment."))
        else:
            yield Words(_("The network is away. Your answers are handed in as soon as it is back. Please stay seated."))
        yield Gap()
        yield _unconfirmed(self.seat.unconfirmed)


class HandingScreen(ExamScreen):
    """Handed in here, not yet confirmed."""

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        away = self.seat.link is not Link.UP
        yield Title(_("Handing in"))
        if away:
            yield Words(_("Your hand-in is saved on this machine and goes out as soon as the network is back."))
            yield Words(_("Please stay seated and raise your hand."), BOLD)
        else:
            yield Words(_("One moment, the server is confirming."))
        yield Gap()
        yield _unconfirmed(self.seat.unconfirmed)


class ReceiptScreen(ExamScreen):
    """Handed in for good."""

    staff_may_leave = True

    def _keys(self) -> Iterator[Key]:
        if self.actions.exit_after_receipt:
            yield Key("Enter", _("Done"), "enter", main=True)
        yield from super()._keys()

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        if (receipt := self.seat.receipt) is None:
            return
        yield Title(_("Handed in"), GREEN)
        if receipt.by_clock:
            yield Words(_("The time was up; your answers were handed in by themselves."))
        yield Words(_("Answered {answered} of {n}.", answered=receipt.answered, n=receipt.n_items), BOLD)
        yield Gap()
        yield Words(_("Your receipt number. Please write it down and keep it:"))
        yield Gap()
        yield Big(receipt.code[:10])
        yield Gap()
        yield Big(receipt.code[10:])
        yield Gap()
        yield Words(receipt.code, BOLD)
        yield Words(_("It pins your answers in the record and tells them to nobody."), SOFT)
        if self.seat.dropped:
            yield Words(_("Given after the time was up, not counted: {n}.", n=self.seat.dropped), AMBER)

    def enter(self) -> None:
        if self.actions.exit_after_receipt:
            self.actions.leave()


class ClosedScreen(ExamScreen):
    """The session was closed by staff."""

    staff_may_leave = True

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("The examination has ended"))
        if n := self.seat.unconfirmed:
            yield Words(_("Kept on this machine, not yet at the server: {n}.", n=n), AMBER)
            yield Words(_("Please raise your hand before you leave."), BOLD)
        else:
            yield Words(_("Everything you answered is confirmed by the server."), GREEN, bullet="✓")


class TroubleScreen(ExamScreen):
    """This seat cannot go on."""

    staff_may_leave = True

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        trouble = self.seat.trouble or Trouble.FAULT
        yield Title(_("Please raise your hand"), RED)
        yield Words(
            {
                Trouble.TAKEN_OVER: _("You are going on at another terminal. This one has been released."),
                Trouble.RECORD_LOST: _("The server's record does not agree with this terminal."),
                Trouble.JOURNAL: _("This machine cannot save your answers any more."),
                Trouble.IN_USE: _(
                    "Another program on this machine has your answers open. Close it, then sign in again."
                ),
                Trouble.FAULT: _("Something went wrong in this program."),
            }[trouble],
            BOLD,
        )
        yield Gap()
        if trouble is Trouble.TAKEN_OVER:
            return
        yield Words(_("What you answered before is kept. You will be given another seat or this one again."), INK)
        yield Gap()
        yield Words(_("For staff: {code}", code=f"{trouble.value}"), SOFT)
