"""The fairness of two draws side by side, as people read it: for `rule try`."""

from collections.abc import Callable

from bank.composing.fairness import Fairness
from tools.cli.language import _
from tools.cli.output import table


def side_by_side(fair: Fairness, plain: Fairness) -> None:
    """Prints both draws, measure by measure."""
    rows: list[tuple[str, Callable[[Fairness], str]]] = [
        (_("forms"), lambda f: str(f.forms)),
        (_("draws admitted"), lambda f: f"{f.forms / f.attempts:.1%}"),
        (_("SD of expected score, points"), lambda f: f"{f.expected_sd:.3f}"),
        (_("SD of the borderline candidate's pass chance"), lambda f: f"{f.pass_sd:.1%}"),
        (_("its 5th to 95th percentile"), lambda f: f"{f.pass_low:.0%}～{f.pass_high:.0%}"),
        (_("exposure of the most used item"), lambda f: f"{f.exposure_max:.1%}"),
        (_("exposure, mean"), lambda f: f"{f.exposure_mean:.1%}"),
        (_("most exposed twentieth by difficulty, × flat"), lambda f: f"{f.exposure_tilt:.2f}"),
        (_("share of items two forms have in common"), lambda f: f"{f.overlap:.1%}"),
    ]
    table(["", _("this rule"), _("plain stratified draw")], [(name, show(fair), show(plain)) for name, show in rows])
