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
    "rule-needs-ledger": N_(
        "Rule {rule} limits exposure, so a pool is picked only with the bank's record of exposure at hand."
    ),
    "case-not-whole": N_("Case group {case} in cell {cell} has {found} items, {needed} belong to it."),
    "cell-short-beside-overlap": N_(
        "Cell {cell} needs {needed} of a form; caps, rests and the limit of overlap with recent sessions "
        "leave {available}. The rule is not relaxed: add items, or let the rule's officers change it."
    ),
    "rule-no-form-in-tolerance": N_(
        "Rule {rule}: proved that no form at all lies within the tolerance. Widen it, or change the target."
    ),
    "solver-undecided": N_("The solver came to no proof within {seconds} seconds ({status})."),
    "no-reserve-form": N_(
        "Rule {rule}: no {forms} forms without an item in common can be made; the bank lasts for fewer than "
        "{number}."
    ),
    "margins-with-cells": N_("The file of margins has cells already; check it as a rule instead."),
    "margins-with-cases": N_("Cells of case groups are not proposed: how many items a group has, people say."),
    "margins-malformed": N_(
        "The margins cannot be read: types need count and points, chapters name and points, levels points "
        "({detail})."
    ),
    "margins-differ": N_("{margin} add up to {found} points, but total_points says {stated}."),
    "margins-impossible": N_("Proved: no table of whole numbers meets these margins with what the bank holds."),
    "rules-no-register": N_(
        "The bureau keeps no register of rules yet: examd rule appoint names its two rule officers."
    ),
    "rules-too-few-officers": N_("{needed} different rule officers are needed, {found} given."),
    "rules-not-an-officer": N_("{id} is not a rule officer of this bureau."),
    "rules-register-signature": N_(
        "{file} in the register of rules is not signed by whom it should be, or was changed."
    ),
    "rule-version": N_(
        "Rule {rule}: the next version is {expected}, not {found}. A version that was signed is never "
        "changed."
    ),
    "rule-signed-already": N_(
        "{officer} has signed version {version} of rule {rule} already; another officer has to."
    ),
    "rule-other-text": N_("{officer} proposed another text as version {version} of rule {rule}. Agree on one first."),
    "rule-chain-broken": N_(
        "The register of rule {rule} does not hold together at version {version}: a version is missing, "
        "changed or out of order."
    ),
    "rule-not-signed": N_(
        "Rule {rule} has no version signed by two rule officers. Have it signed (examd rule sign); an "
        "unsigned file serves drills only (--mock)."
    ),
    "rule-not-the-signed-one": N_(
        "The file is not the signed version of rule {rule} in force: version {found} was given, {expected} is"
        " in force."
    ),
    "rule-id": N_(
        "“{found}” cannot name a rule in the register: letters, digits, dot, hyphen and underscore, 64 at "
        "most."
    ),
    "argument-missing": N_("{name} is missing."),
    "file-unwritable": N_("{file}: cannot be written ({why})."),
}
