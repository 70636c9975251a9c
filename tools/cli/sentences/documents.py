"""Refusals about results and what is printed from them (`examd.grading.mark`, `examd.documents`)."""

from tools.cli.language import N_

SENTENCES = {
    "not-a-result": N_(
        "This is not a result of examd (type {type}, version {v}). Name the result folder of a session."
    ),
    "result-malformed": N_(
        "The result is damaged: {field} is missing or wrong. Use another copy, or grade again: examd site grade"
    ),
    "rule-is-another": N_(
        "The result was made under another rule (expected {expected}, found {found}). Do not publish it; report it."
    ),
    "passed-differs-from-points": N_(
        "Candidate {c}: passed or not does not agree with the points and the pass mark. Do not publish it; report it."
    ),
    "rates-differ-from-candidates": N_(
        "The rates in the result are not those of its candidates. Do not publish it; report it."
    ),
    "passed-but-absent": N_(
        "{candidates} candidates are marked as passed but were absent. Do not publish it; report it."
    ),
    "too-large-for-workbook": N_("Too many rows for a workbook; use the CSV files."),
    "slot-outside-form": N_(
        "The record answers item {slot}, but the form has {items}. Nothing was graded; keep the record and report it."
    ),
    "choice-outside-options": N_(
        "The record chooses option {position} at item {slot}, which has {options}. "
        "Nothing was graded; keep the record and report it."
    ),
    "no-answer-key": N_("There is no answer key for item {item}. Nothing was graded; ask the bureau."),
    "result-of-another-record": N_("The result speaks of another record ({field}); it was not signed."),
}
