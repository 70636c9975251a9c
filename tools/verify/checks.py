"""The numbered list. Order is dependence: a check finds ready what those before it established.

`run` makes every check in turn and gives every outcome. Whatever a check could not establish turns the checks that
need it to "skipped", with the reason, and a fault of the verifier itself to "failed: could not be evaluated": no
input may end the audit early, and nothing unjudged may pass for good.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from . import course, forms, issued, journals, limits, officers, released, results, sealed, seats, tables, witness
from .case import NOTHING_MORE, Asked, Case
from .outcome import Missing, Outcome, Status

Check = Callable[[Case, Outcome], None]


def for_people(case: Case, out: Outcome) -> None:
    """Workbook and bulletin are not read: their numbers count only as far as they repeat the tables."""
    out.skip("not_read", "report.xlsx, bulletin.html")


CHECKS: tuple[tuple[str, Check], ...] = (
    ("files", issued.files),
    ("manifest", issued.manifest),
    ("manifest-signature", issued.manifest_signature),
    ("manifest-signer", issued.manifest_signer),
    ("rule", issued.rule),
    ("rule-edition", officers.rule_edition),
    ("rule-officers", officers.rule_officers),
    ("rule-officers-first", officers.rule_officers_first),
    ("rule-signatures", officers.rule_signatures),
    ("roster", issued.roster),
    ("pool", issued.pool),
    ("answers", issued.answers),
    ("pool-fits-rule", forms.pool_fits_rule),
    ("result", results.result),
    ("result-signature", results.result_signature),
    ("entries", course.entries),
    ("chain", sealed.chain),
    ("checkpoints", sealed.checkpoints),
    ("checkpoint-signatures", sealed.checkpoint_signatures),
    ("cosignatures", sealed.cosignatures),
    ("interim", witness.interim),
    ("closing-checkpoint", sealed.closing_checkpoint),
    ("epochs", course.epochs),
    ("time", course.time),
    ("ticks", course.ticks),
    ("alarms", course.alarms),
    ("commitments", sealed.commitments),
    ("window", released.window),
    ("result-facts", results.result_facts),
    ("forms", forms.forms),
    ("form-rules", forms.form_rules),
    ("seat-keys", seats.seat_keys),
    ("attendance", course.attendance),
    ("order", course.order),
    ("orders", course.orders),
    ("sequences", course.sequences),
    ("seat-chains", seats.seat_chains),
    ("journals", journals.journals),
    ("choices", course.choices),
    ("deadlines", course.deadlines),
    ("limits", limits.limits),
    ("incidents", limits.incidents),
    ("presence", limits.presence),
    ("clock-drift", limits.drift),
    ("hand-ins", course.hand_ins),
    ("closing", course.closing),
    ("marks", results.marks),
    ("rates", results.rates),
    ("results-table", tables.results),
    ("rates-table", tables.rates),
    ("receipts", seats.receipts),
    ("ledger", released.ledger),
    ("separation", results.separation),
    ("for-people", for_people),
)


def run(
    directory: Path,
    bureau_key: bytes | None = None,
    officers_sha256: str | None = None,
    known: Sequence[Path] = (),
    asked: Asked = NOTHING_MORE,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Case, list[Outcome]]:
    """Every check in turn; `progress` is told how many are done, of how many."""
    case, outcomes = Case(directory, bureau_key, officers_sha256, known, asked), []
    for number, (name, check) in enumerate(CHECKS, 1):
        progress(number - 1, len(CHECKS))
        out = Outcome(number, name)
        try:
            check(case, out)
        except Missing as missing:
            out.skip("needs", what=str(missing))
        except Exception as error:  # the last resort that the docstring promises
            out.fail("not_evaluated", "", why=type(error).__name__)
        outcomes.append(out)
    _nothing_missing_without_a_cause(outcomes)
    return case, outcomes


def passed(outcomes: list[Outcome]) -> bool:
    return all(out.status is not Status.FAILED for out in outcomes)


def _nothing_missing_without_a_cause(outcomes: list[Outcome]) -> None:
    """A check skipped for want of something, with nobody having said why it is wanting, is a failure itself."""
    if passed(outcomes):
        for out in outcomes:
            if any(skip.code == "needs" for skip in out.skips):
                out.fail("not_evaluated", "", why="; ".join(str(skip.facts["what"]) for skip in out.skips))
