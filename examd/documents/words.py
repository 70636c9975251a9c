"""What the numbers mean, said once: used by the bulletin, by the workbook's notes, and by screens that show rates."""

from examd.documents.incidents import Incident, What
from examd.documents.report import Report
from examd.protocol.catalogue import Translate
from examd.rates.compute import Definition, GroupSize, Row
from examd.record.state import ROOM

MOST_DECIMALS = 6


def definition_name(definition: Definition, _: Translate) -> str:
    return _("Of the enrolled") if definition is Definition.OF_ENROLLED else _("Of those present")


def definition_formula(definition: Definition, _: Translate) -> str:
    return _("passed ÷ enrolled") if definition is Definition.OF_ENROLLED else _("passed ÷ present")


def definition_explained(definition: Definition, _: Translate) -> str:
    if definition is Definition.OF_ENROLLED:
        return _("Everyone enrolled for this session is counted, the absent included. Theory exam only.")
    return _("Only those who signed in are counted; the absent are left out. Theory exam only.")


def decimals(share: float) -> int:
    """Of a percentage: one, and more where one would round to 0 % or 100 % what is neither."""
    if share in (0, 1):
        return 1
    return next((n for n in range(1, MOST_DECIMALS) if float(f"{100 * share:.{n}f}") not in (0, 100)), MOST_DECIMALS)


def percent(share: float) -> str:
    """A share (0 to 1) as a percentage; 1,999 of 2,000 is 99.95%."""
    return f"{100 * share:.{decimals(share)}f}%"


def incident(each: Incident, _: Translate) -> str:
    """What befell, for how long, and why."""
    if each.what is What.WAIVED:
        return _("Waived: {reason}").format(reason=each.reason)
    if each.what is What.REOPENED:
        return _("Hand-in opened again: {reason}").format(reason=each.reason)
    if each.what is What.LATE_COUNTED:
        return _("{n} late answers counted: {reason}").format(n=each.n, reason=each.reason)
    if each.what is What.LATE_DROPPED:
        return _("{n} late answers not counted: {reason}").format(n=each.n, reason=each.reason)
    if each.what is What.RESTORED:
        return _("{n} answers admitted from the terminal's journal: {reason}").format(n=each.n, reason=each.reason)
    text = _("Whole room: {minutes:g} min added: {reason}") if each.c == ROOM else _("{minutes:g} min added: {reason}")
    return text.format(minutes=round(each.minutes, 1), reason=each.reason)


def institution_name(row_institution: str, _: Translate) -> str:
    return row_institution or _("(no institution stated)")


def size_note(row: Row, _: Translate) -> str:
    """By the smaller denominator, which is always that of those present."""
    marks = {GroupSize.SMALL: _("small group"), GroupSize.FEW: _("under 30, do not compare")}
    return marks.get(row.size(Definition.OF_PRESENT), "")


def passing_explained(report: Report, _: Translate) -> str:
    return _("Passed: {pass_points} points or more of {total_points}.").format(
        pass_points=report.rule.pass_points, total_points=report.rule.total_points
    )


def interval_explained(_: Translate) -> str:
    return _(
        "Interval (95%): the Wilson score interval (z = 1.96). It shows how far chance alone may have moved a rate: "
        "the fewer the candidates, the wider. Rates whose intervals overlap widely are no evidence that one "
        "institution trains better than another."
    )


def small_groups_explained(_: Translate) -> str:
    return _(
        "Small groups: with fewer than 5 present, one candidate moves the rate by 25 points or more, and the row is "
        "marked “small group”; with fewer than 30 it is marked † and is not to be compared with others."
    )


def order_explained(_: Translate) -> str:
    return _("Rows stand in the coding order of the institutions’ names. The order is not a ranking.")


def separation(report: Report, _: Translate) -> str:
    return _("separated") if report.result.separated else _("not separated: one holder")


def session_kind(report: Report, _: Translate) -> str:
    return _("Drill") if report.session.mock else _("Examination")


def verifying(_: Translate) -> str:
    return _(
        "With the session’s result directory at hand, run “examd verify DIRECTORY”. It shares no code with the "
        "examination system: from the raw record it recomputes every form, every mark and every rate above. The "
        "values below must agree, digit by digit."
    )
