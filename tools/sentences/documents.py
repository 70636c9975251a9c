"""Refusals about results and what is printed from them (`examd.grading`, `examd.documents`)."""

from tools.say import N_

SENTENCES = {
    "not-a-result": N_("This is not a result of examd (type {type}, version {v})."),
    "result-malformed": N_("The result is damaged: {field} is missing or wrong."),
    "rule-is-another": N_("The result was made under another rule (expected {expected}, found {found})."),
    "passed-differs-from-points": N_("Candidate {c}: passed or not does not agree with the points and the pass mark."),
    "rates-differ-from-candidates": N_("The rates in the result are not those of its candidates."),
    "passed-but-absent": N_("{candidates} candidates are marked as passed but were absent."),
    "too-large-for-workbook": N_("Too many rows for a workbook; use the CSV files."),
    "slot-outside-form": N_("The record answers item {slot}, but the form has {items}."),
    "choice-outside-options": N_("The record chooses option {position} at item {slot}, which has {options}."),
    "no-answer-key": N_("There is no answer key for item {item}."),
    "result-of-another-record": N_("The result speaks of another record ({field}); it was not signed."),
}
