"""Before the first question: sign in, is this you, the rules, waiting for the start.

Before: `terminal.screens.pair`, once a machine. After: `terminal.screens.question`.
"""

from collections.abc import Iterator

from rich.cells import cell_len

from examd.protocol.reasons import Reason
from terminal.actions import Actions
from terminal.language import _
from terminal.screens.base import ExamScreen
from terminal.screens.form import FormScreen
from terminal.theme import AMBER, BOLD, INK, SOFT
from terminal.widgets.bars import Key
from terminal.widgets.card import Block, Fact, Gap, Title, Words


class SignInScreen(FormScreen):
    """Two lines to type in: the admission number and the end of the ID number."""

    LENGTHS = (32, 6)
    WRONG = frozenset({Reason.UNKNOWN_CANDIDATE, Reason.TOO_MANY_TRIES})

    def __init__(self, actions: Actions, admission_no: str = "") -> None:
        super().__init__(actions, (admission_no, ""))

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("Candidate sign-in"))
        yield Words(_("Type both numbers, then press Enter."), SOFT)
        yield Gap()
        yield self._line(0, _("Admission number"))
        yield self._line(1, _("Last 6 of ID"), _("X: the letter X"))
        yield self._message(now_ms)

    def _keys(self) -> Iterator[Key]:
        yield Key("Enter", _("Sign in"), "enter", main=True)
        yield from super()._keys()

    def send(self) -> None:
        """Sign in, or say what is missing for that."""
        number, tail = self.values
        if not number:
            self.active, self.complaint = 0, _("Please type your admission number.")
        elif len(tail) < self.LENGTHS[1]:
            empty = not tail and self.active == 0
            self.active = 1
            self.complaint = "" if empty else _("Please type the last six characters of your ID number.")
        else:
            self.complaint = ""
            self.actions.sign_in(number, tail)

    def forget(self) -> None:
        """The next person must not find the last one's numbers."""
        self.values, self.active, self.complaint = ["", ""], 0, ""
        self._doubtful = set()


class ConfirmScreen(ExamScreen):
    """Is this you? And what was restored."""

    def _keys(self) -> Iterator[Key]:
        yield Key("Enter", _("Yes, this is me"), "enter", main=True)
        yield Key("Esc", _("No, go back"), "escape")

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        if (welcome := self.seat.welcome) is None:
            return
        who, sitting = welcome.candidate, welcome.sitting
        yield Title(_("Is this you?"))
        yield Gap()
        yield Fact(_("Name"), _spaced(who.name))
        yield Gap()
        yield Fact(_("Admission number"), who.admission_no)
        yield Fact(_("ID number"), who.id_masked)
        yield Fact(_("Training institution"), who.institution, INK)
        yield Fact(_("Examination"), sitting.exam, INK)
        yield Fact(_("Site"), sitting.site, INK)
        yield from self._restored()

    def _restored(self) -> Iterator[Block]:
        restored, outbox = self.seat.restored, self.seat.outbox
        if outbox is not None and outbox.lost:
            yield Gap()
            yield Words(
                _("The file that keeps answers on this machine was damaged. Please check your answers."),
                AMBER,
                bullet="!",
            )
        if restored is None or not (restored.answered or restored.resent or restored.differ):
            return
        yield Gap()
        yield Words(_("Your earlier answers are restored: {n}.", n=restored.answered), BOLD, bullet="✓")
        if restored.resent:
            yield Words(_("Kept on this machine and now being sent to the server: {n}.", n=restored.resent), bullet="✓")
        if restored.differ:
            numbers = "、".join(str(slot + 1) for slot in restored.differ[:20])
            yield Words(
                _("Please check {numbers}: this machine and the server held different answers.", numbers=numbers),
                AMBER,
                bullet="!",
            )

    def enter(self) -> None:
        self.actions.confirm()

    def escape(self) -> None:
        self.actions.not_me()


def _spaced(name: str) -> str:
    """A short Chinese name set wide, as on a certificate."""
    wide = len(name) <= 4 and cell_len(name) == 2 * len(name)
    return "  ".join(name) if wide else name


class RulesScreen(ExamScreen):
    """What to know before the first question."""

    def _keys(self) -> Iterator[Key]:
        yield Key("Enter", _("I have read this"), "enter", main=True)

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        if (welcome := self.seat.welcome) is None:
            return
        sitting = welcome.sitting
        yield Title(_("Before you begin"))
        yield Words(
            _(
                "{n} questions, {minutes} minutes, {total} points; {enough} points pass.",
                n=sitting.n_items,
                minutes=sitting.minutes,
                total=sitting.total_points,
                enough=sitting.pass_points,
            ),
            BOLD,
        )
        yield Gap()
        yield Words(
            _(
                "Press the letter of your answer: A, B, C … You can change it until you hand in; "
                "Delete or Backspace takes it back."
            ),
            bullet="1",
        )
        yield Words(_("→ goes on to the next question, ← goes back. The mouse works everywhere too."), bullet="2")
        yield Words(
            _(
                "* flags a question you want to see again, Esc shows the answer sheet of all questions. "
                "F and G do the same where no answer has that letter."
            ),
            bullet="3",
        )
        yield Words(
            _("Each answer is kept at once, here (saved) and at the server (confirmed); you need do nothing."),
            bullet="4",
        )
        yield Words(_("If the network or the power fails, stay seated: nothing you answered is lost."), bullet="5")
        yield Words(_("When the time is up, your answers are handed in by themselves."), bullet="6")

    def enter(self) -> None:
        self.actions.ready()


class WaitingScreen(ExamScreen):
    """Ready, and not yet started."""

    def _blocks(self, now_ms: int) -> Iterator[Block]:
        yield Title(_("Please wait for the start"))
        yield Words(_("You are ready. The questions appear here when the chief examiner starts the examination."))
        yield Gap()
        yield Words(_("You need not press anything."), SOFT)
        if self.seat.away_ms(now_ms):
            yield Gap()
            yield Words(_("The examination server does not answer. Trying again …"), AMBER)
