"""The answer sheet, handing in (asked twice), and every screen on which nothing can be answered.

Before: `terminal.screens.question`.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from terminal.language import _
from terminal.look import AMBER, BOLD, GREEN, INK, MARK, RED, SOFT
from terminal.screens.base import ExamScreen
from terminal.screens.question import counts, marks
from terminal.seat import Link, Show, Stage, Trouble
from terminal.widgets.bars import Key
from terminal.widgets.board import Board
from terminal.widgets.card import Big, Block, Fact, Gap, Title, Words
from terminal.widgets.grid import PER_ROW, WideGrid

_SHOWN = (Show.ALL, Show.UNANSWERED, Show.FLAGGED)


class SheetScreen(ExamScreen):
    """All items at a glance, by mark; the way to any of them and to handing in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "step(1)", show=False),
        Binding("left", "step(-1)", show=False),
        Binding("down", f"step({PER_ROW})", show=False),
        Binding("up", f"step({-PER_ROW})", show=False),
        Binding("home", "ends(0)", show=False),
        Binding("end", "ends(-1)", show=False),
        Binding("tab", "next_filter(1)", show=False),
        Binding("shift+tab", "next_filter(-1)", show=False),
        Binding("a,A", "filter('all')", show=False),
        Binding("u,U", "filter('unanswered')", show=False),
        Binding("f,F", "filter('flagged')", show=False),
        Binding("g,G", "escape", show=False),
        Binding("h,H", "hand_in", show=False),
    ]
    shows_time = True

    def body(self) -> Iterator[Board]:
        yield WideGrid(id="grid")

    def draw_body(self, now_ms: int) -> None:
        seat = self.seat
        title = {
            Show.ALL: _("Answer sheet: all questions"),
            Show.UNANSWERED: _("Answer sheet: not answered"),
            Show.FLAGGED: _("Answer sheet: flagged"),
        }[seat.show]
        self.query_one("#grid", WideGrid).show(marks(seat), tuple(seat.listed()), seat.slot, title, counts(seat))

    def keys(self) -> Iterator[Key]:
        seat = self.seat
        yield Key("Enter", _("Go to {n}", n=seat.slot + 1), "enter", main=seat.unanswered > 0)
        yield Key("A", _("All"), "filter('all')", lit=seat.show is Show.ALL)
        yield Key("U", _("Unanswered {n}", n=seat.unanswered), "filter('unanswered')", lit=seat.show is Show.UNANSWERED)
        yield Key("F", f"{MARK} {seat.flags}", "filter('flagged')", lit=seat.show is Show.FLAGGED)
        yield Key("H", _("Hand in"), "hand_in", main=seat.unanswered == 0)
        yield Key("Esc", _("Back"), "escape")

    def action_step(self, step: int) -> None:
        listed = self.seat.listed()
        if not listed:
            return
        place = listed.index(self.seat.slot) if self.seat.slot in listed else -1 if step > 0 else len(listed)
        target = place + step
        if place < 0 or place == len(listed):
            target = max(0, min(len(listed) - 1, place + (1 if step > 0 else -1)))
        if 0 <= target < len(listed):
            self.seat.slot = listed[target]
        self.exam.draw()

    def action_ends(self, place: int) -> None:
        if listed := self.seat.listed():
            self.seat.slot = listed[place]
        self.exam.draw()

    def action_next_filter(self, step: int) -> None:
        self._list(_SHOWN[(_SHOWN.index(self.seat.show) + step) % len(_SHOWN)])

    def action_filter(self, show: str) -> None:
        self._list(Show(show))

    def _list(self, show: Show) -> None:
        self.seat.show = show
        listed = self.seat.listed()
        if listed and self.seat.slot not in listed:
            self.seat.slot = listed[0]
        self.exam.draw()

    def action_go_to(self, slot: int) -> None:
        self.exam.go_to(slot)
        self.exam.place(Stage.QUESTION)

    def action_hand_in(self) -> None:
        self.exam.place(Stage.HAND_IN)

    def enter(self) -> None:
        self.exam.place(Stage.QUESTION)

    def escape(self) -> None:
        self.exam.place(Stage.QUESTION)


class HandInScreen(ExamScreen):
    """Asked twice, on two screens, with different keys and chips in different places: nothing held down or pressed
    twice can hand in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y", "yes", show=False),
        Binding("n,N", "escape", show=False),
    ]
    shows_time = True

    def keys(self) -> Iterator[Key]:
        yield Key("Esc", _("Go on answering"), "escape", main=True)
        yield Key("Y", _("Yes, hand in"), "yes")

    def blocks(self, now_ms: int) -> Iterator[Block]:
        seat = self.seat
        yield Title(_("Hand in your answers?"))
        yield Fact(_("Answered"), f"{seat.answered} / {len(seat.items)}")
        yield Fact(_("Not answered"), str(seat.unanswered), AMBER if seat.unanswered else BOLD)
        yield Fact(_("Flagged"), str(seat.flags), AMBER if seat.flags else BOLD)
        yield Gap()
        if seat.unanswered:
            yield Words(_("Still without an answer: {n}. They earn nothing.", n=seat.unanswered), AMBER)
        else:
            yield Words(_("Every question has an answer."), GREEN)

    def action_yes(self) -> None:
        self.exam.place(Stage.SURE)

    def escape(self) -> None:
        self.exam.place(Stage.SHEET)


class SureScreen(ExamScreen):
    """The second question."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("n,N", "escape", show=False)]
    shows_time = True

    def keys(self) -> Iterator[Key]:
        yield Key("Esc", _("Go on answering"), "escape", main=True)
        yield Key("Enter", _("Hand in for good"), "enter", apart=True)

    def blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("Last question: hand in for good?"), RED)
        yield Words(_("After handing in nothing can be changed any more."), BOLD)
        yield Gap()
        yield Words(_("Press Enter to hand in. Press Esc to go on answering."))

    def enter(self) -> None:
        self.exam.hand_in()

    def escape(self) -> None:
        self.exam.place(Stage.SHEET)


class PausedScreen(ExamScreen):
    def blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("The examination is paused"))
        yield Words(_("Your time stands still. Please stay seated; the questions come back when it goes on."))
        yield Gap()
        yield Words(_("Answered and kept: {n}.", n=self.seat.answered), SOFT)


def _unconfirmed(n: int) -> Block:
    if n:
        return Words(_("Saved on this machine, waiting for the server: {n}.", n=n), AMBER)
    return Words(_("Everything you answered is confirmed by the server."), GREEN, mark="✓")


class TimeUpScreen(ExamScreen):
    def blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("The time is up"))
        if self.seat.link is Link.UP:
            yield Words(_("Your answers are being handed in. Please wait a moment."))
        else:
            yield Words(_("The network is away. Your answers are handed in as soon as it is back. Please stay seated."))
        yield Gap()
        yield _unconfirmed(self.seat.unconfirmed)


class HandingScreen(ExamScreen):
    def blocks(self, now_ms: int) -> Iterator[Block]:
        away = self.seat.link is not Link.UP
        yield Title(_("Handing in"))
        if away:
            yield Words(_("Your hand-in is saved on this machine and goes out as soon as the network is back."))
            yield Words(_("Please stay seated and raise your hand."), BOLD)
        else:
            yield Words(_("One moment, the server is confirming."))
        yield Gap()
        yield _unconfirmed(self.seat.unconfirmed)


def sign_name(sign: str) -> str:
    """What a check symbol is called that few people write by hand; "" for digits and most letters."""
    return {
        "*": _("an asterisk"),
        "~": _("a tilde (a wave)"),
        "$": _("a dollar sign"),
        "=": _("an equals sign"),
        "U": _("the letter U"),
    }.get(sign, "")


class ReceiptScreen(ExamScreen):
    staff_may_leave = True

    def keys(self) -> Iterator[Key]:
        if self.exam.exit_after_receipt:
            yield Key("Enter", _("Done"), "enter", main=True)
        yield Key("Ctrl+X", _("Staff"), "staff")

    def blocks(self, now_ms: int) -> Iterator[Block]:
        receipt, seat = self.seat.receipt, self.seat
        assert receipt is not None
        assert seat.welcome is not None
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
        name = sign_name(receipt.code[-1])
        said = "    " + _("The last sign {sign} is {name}.", sign=receipt.code[-1], name=name) if name else ""
        yield Words(receipt.code + said, BOLD)
        yield Words(_("With it anyone can find your hand-in in the record; it says nothing of your answers."), SOFT)
        if seat.dropped:
            yield Words(_("Given after the time was up, not counted: {n}.", n=seat.dropped), AMBER)

    def enter(self) -> None:
        if self.exam.exit_after_receipt:
            self.exam.leave()


class ClosedScreen(ExamScreen):
    staff_may_leave = True

    def keys(self) -> Iterator[Key]:
        yield Key("Ctrl+X", _("Staff"), "staff")

    def blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("The examination has ended"))
        if n := self.seat.unconfirmed:
            yield Words(_("Kept on this machine, not yet at the server: {n}.", n=n), AMBER)
            yield Words(_("Please raise your hand before you leave."), BOLD)
        else:
            yield Words(_("Everything you answered is confirmed by the server."), GREEN, mark="✓")


class TroubleScreen(ExamScreen):
    staff_may_leave = True

    def keys(self) -> Iterator[Key]:
        yield Key("Ctrl+X", _("Staff"), "staff")

    def blocks(self, now_ms: int) -> Iterator[Block]:
        trouble = self.seat.trouble or Trouble.FAULT
        yield Title(_("Please raise your hand"), RED)
        yield Words(
            {
                Trouble.TAKEN_OVER: _("You are going on at another terminal. This one has been released."),
                Trouble.RECORD_LOST: _("The server's record does not agree with this terminal."),
                Trouble.JOURNAL: _("This machine cannot save your answers any more."),
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
