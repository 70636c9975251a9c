"""`examd bench …`: how each benchmark is called. Its module is imported when it runs: asyncio alone takes 15 ms."""

from tools.cli.base import Command, Commands, positive
from tools.cli.language import _


def declare(bench: Commands) -> None:
    """Adds each benchmark."""
    answers = bench.add(
        "answers",
        "tools.bench.answers:run",
        _("load a real site with terminals over TLS and time its acknowledgements"),
        _(
            "Opens a throw-away session, seats terminals, measures, grades, and looks every acknowledged answer up "
            "in the record."
        ),
        "examd bench answers --terminals 1000 --seconds 30",
    )
    _number(answers, "--terminals", 1_000, _("how many terminals (default: %(default)s)"))
    _number(answers, "--seconds", 30, _("how long at one answer a second each (default: %(default)s)"), "S")

    bank = bench.add(
        "bank",
        "tools.bench.bank:run",
        _("measure the bank: import, search, reviews"),
        _(
            "Makes items of the usual length, adds them to a new bank, searches it and has some approved. "
            "Nothing is left behind."
        ),
        "examd bench bank --json",
    )
    _number(bank, "--rows", 20_000, _("how many items are imported (default: %(default)s)"))
    _number(bank, "--items", 50_000, _("how many items are searched (default: %(default)s)"))

    forms = bench.add(
        "forms",
        "tools.bench.forms:run",
        _("time the drawing of forms and measure how alike they are"),
        _(
            "Draws forms from a simulated pool of 5,000 items, on one core, and looks at them with pass marks of "
            "60, 70, 80 and 90 in 100. Exit code 1 where, at 70 or 80, the spread of the borderline candidate's pass "
            "chance, or exposure, is larger than promised."
        ),
        "examd bench forms --lengths 30,60,100 --tolerance 0.1",
    )
    _number(forms, "--forms", 1_000, _("how many forms (default: %(default)s)"))
    forms.add_argument(
        "--lengths", type=_lengths, default=(30, 60, 100), metavar="N,N",
        help=_("items of a form, multiples of ten (default: 30,60,100)"),
    )  # fmt: skip
    forms.add_argument("--tolerance", default="0.1", help=_("of the expected score, in points (default: %(default)s)"))

    rates = bench.add(
        "rates",
        "tools.bench.rates:run",
        _("time the pass rates of millions of results"),
        _("Times pass rates with Wilson intervals, beside one plain count without chunks."),
        "examd bench rates --results 10000000 --institutions 3000",
    )
    _number(rates, "--results", 10_000_000, _("how many results (default: %(default)s)"))
    _number(rates, "--institutions", 3_000, _("how many institutions (default: %(default)s)"))
    _number(rates, "--repeat", 5, _("median of so many runs (default: %(default)s)"))

    terminal = bench.add(
        "terminal",
        "tools.bench.terminal:run",
        _("the candidate's screen: first paint, key to paint, memory"),
        _("Runs the real terminal in tmux (a pty where tmux is absent) and times it from outside."),
        "examd bench terminal --keys 200 --json",
    )
    _number(terminal, "--keys", 150, _("keys to press (at least 100 count)"))
    _number(terminal, "--starts", 5, _("starts; the middle one counts"))


def _number(command: Command, option: str, default: int, text: str, metavar: str = "N") -> None:
    command.add_argument(option, type=positive, default=default, metavar=metavar, help=text)


def _lengths(text: str) -> tuple[int, ...]:
    lengths = tuple(int(part) for part in text.split(","))
    if any(length % 10 or not 10 <= length <= 1_000 for length in lengths):
        raise ValueError(text)
    return lengths
