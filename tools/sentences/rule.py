"""Refusals about rules, pools and forms (`bank.table`, `bank.blueprint`, `bank.assembly`)."""

from tools.say import N_

SENTENCES = {
    "rule-unreadable": N_("{file}: cannot be read ({reason})."),
    "rule-not-utf8": N_("The rule is not UTF-8 text (byte {byte}). Save it as UTF-8."),
    "rule-not-toml": N_("The rule is not valid TOML: {detail}"),
    "rule-not-table": N_("{field}: a table is expected here."),
    "rule-not-list": N_("{field}: a list is expected here."),
    "rule-not-line": N_("{field}: one line of text is expected here, at most 200 characters, no blanks around it."),
    "rule-not-integer": N_("{field}: a whole number is expected here, without quotation marks or decimal point."),
    "rule-not-flag": N_("{field}: true or false is expected here."),
    "rule-not-decimal": N_('{field}: a decimal in quotation marks is expected here, such as "0.25".'),
    "rule-not-date": N_("{field}: a date is expected here, such as 2026-11-21."),
    "rule-not-one-of": N_("{field}: “{found}” is not one of {allowed}."),
    "rule-missing-field": N_("{field} is missing."),
    "rule-unknown-field": N_("{field} is not a field of a rule. Is it misspelt?"),
    "rule-out-of-range": N_("{field} is {found}; it must lie between {low} and {high}."),
    "rule-type-order": N_("{field} is “{found}”; it must name each of {expected} once."),
    "rule-total-differs": N_("The cells add up to {found} points ({parts}), but total_points says {stated}."),
    "rule-pass-above-total": N_("{pass_points} points to pass are more than the form's {total}."),
    "rule-ends-before-it-begins": N_("effective_to {effective_to} is before effective_from {effective_from}."),
    "rule-cells-overlap": N_("Cells {cell} and {other} overlap: an item could lie in both."),
    "rule-points-differ": N_("Cell {cell} gives {found} points an item, but its type says {stated}."),
    "rule-chapters-overlap": N_("Cell {cell} lies in more than one chapter of the margin: {chapters}."),
    "rule-type-margin": N_("Type {margin}: the margin says {stated} items, its cells give {found}."),
    "rule-chapter-margin": N_("Chapter {margin}: the margin says {stated} points, its cells give {found}."),
    "rule-level-margin": N_("Level {margin}: the margin says {stated} points, its cells give {found}."),
    "rule-not-yet-in-force": N_("Rule {rule} is in force from {effective_from}, not yet on {day}."),
    "rule-no-longer-in-force": N_("Rule {rule} was in force until {effective_to}, no longer on {day}."),
    "rule-rarely-admits": N_(
        "Rule {rule}: only {admitted} of {draws} trial draws are admissible, at least {least} are required. "
        "Widen the tolerance, or add items to the bank."
    ),
    "fact-outside-rule": N_("Item {item} is said to lie in cell {cell} of rule {rule}, but does not."),
    "fact-twice": N_("Item {item} is twice in cell {cell}."),
    "cell-short-of-items": N_("Cell {cell} cannot be filled: {needed} items needed, {available} available."),
    "cell-short-beside-enemies": N_(
        "Cell {cell} needs {needed} items, but enemy groups allow no more than {available} together."
    ),
    "form-short-beside-enemies": N_(
        "The cells need {needed} items of enemy groups in all, but there are only {available} groups."
    ),
    "tag-short-of-items": N_("A form needs {needed} items with the tag {tag}; no more than {available} can be on it."),
    "cell-without-difficulty": N_(
        "Cell {cell}: {items} items have no stated share of right answers, so forms cannot be made equally difficult."
    ),
    "no-admissible-form": N_("Rule {rule}: no admissible form for ordinal {ordinal} in {attempts} attempts."),
    "bank-too-small": N_("The bank holds {available} items that can be drawn; at least {needed} are needed."),
}
