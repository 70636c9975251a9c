"""Refusals about rules, pools and forms (`bank.rules.strict_toml`, `bank.rules`, `bank.composing.assembly`)."""

from tools.cli.language import N_

SENTENCES = {
    "rule-unreadable": N_("{file}: cannot be read ({reason})."),
    "rule-not-utf8": N_("The rule is not UTF-8 text (byte {byte}). Save it as UTF-8."),
    "rule-not-toml": N_("The file is not valid TOML: look near line {line}, column {column}."),
    "rule-too-large": N_("The file holds a number too long, or tables nested too deep, to be read."),
    "rule-tag-above-items": N_("Tag {tag}: {needed} items are demanded, but a form has only {items}."),
    "rule-multiple-below-cap": N_(
        "Rule {rule}: of {candidates} candidates each item may meet {cap}, so the pool must hold {needed} times what a "
        "form takes; pool.multiple says {multiple}. No bank, however large, can mend that."
    ),
    "rule-attempts-too-few": N_(
        "Rule {rule}: the rule draws {attempts} times for a form at most. {admitted} of {draws} trial draws are "
        "admissible; so few draws prove no more than that {share} in 100 are. With that, the chance that one of "
        "{candidates} candidates gets no form is up to {chance}, and {most} at most is allowed. Raise attempts to "
        "{enough}."
    ),
    "pool-without-form": N_(
        "Rule {rule}: no pool can be picked from which a form could be drawn, with its caps, rests, overlap, enemies "
        "and tags together. The rule is not relaxed: add items to the bank, or let the rule's officers change it."
    ),
    "rule-not-table": N_("{field}: a table is expected here."),
    "rule-not-list": N_("{field}: a list is expected here."),
    "rule-not-line": N_("{field}: one line of text is expected here, at most 200 characters, no blanks around it."),
    "rule-not-integer": N_("{field}: a whole number is expected here, without quotation marks or decimal point."),
    "rule-not-flag": N_("{field}: true or false is expected here."),
    "rule-not-decimal": N_('{field}: a decimal in quotation marks is expected here, such as "0.25".'),
    "rule-not-date": N_("{field}: a date is expected here, such as 2026-11-21."),
    "rule-not-one-of": N_("{field}: “{found}” is not one of {allowed}."),
    "rule-missing-field": N_("{field} is missing."),
    "rule-unknown-field": N_("{field} is not a field of a rule. Known here are: {known}."),
    "rule-not-quoted": N_('Line {line}: text stands in straight quotation marks, such as {name} = "…".'),
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
    "partial-without-multiple": N_("scoring.multiple is partial, and the rule has no multiple-answer items."),
    "partial-of-one-point": N_(
        "scoring.multiple is partial, but a multiple-answer item is worth one point: a part of it is rounded down to "
        "nothing. Give such items two points or more."
    ),
    "level-never-drawn": N_(
        "{items} items are of levels that no cell takes in their chapter: they are never drawn ({cells})."
    ),
    "rule-without-multiple": N_(
        "The rule does not say pool.multiple: how many times what a form takes the session pool holds. With 1 every "
        "candidate gets the same items; 3 is usual."
    ),
    "rule-forms-alike": N_(
        "Two candidates' forms would have {found} of their items in common on average; {most} is the most. Raise "
        'pool.multiple or add items; or state why it may be: pool.alike = {{ share = "0.8", reason = "…" }}.'
    ),
    "rule-without-subjects": N_(
        'The rule does not say what it draws from. Add the codes of its exam subjects, such as subjects = ["SP-ELV"]; '
        "examd bank subjects lists them. Without them only a drill may use it (--mock)."
    ),
    "rule-subject-unknown": N_("subjects: “{found}” stands in no code list; examd bank subjects shows the list."),
    "rule-subject-twice": N_("subjects: each code stands once ({found})."),
    "rule-chapter-of-no-subject": N_(
        "Chapter {chapter}: a rule of several subjects names the subject before the chapter, such as {first}.1; its "
        "subjects are {subjects}."
    ),
    "rule-not-yet-in-force": N_("Rule {rule} is in force from {effective_from}, not yet on {day}."),
    "rule-no-longer-in-force": N_("Rule {rule} was in force until {effective_to}, no longer on {day}."),
    "rule-rarely-admits": N_(
        "Rule {rule}: only {admitted} of {draws} trial draws are admissible, at least {least} are required. "
        "The tolerance rejects most of them: widen it, or add items to the bank."
    ),
    "rule-rarely-at-peace": N_(
        "Rule {rule}: only {admitted} of {draws} trial draws are admissible, at least {least} are required. "
        "On most of them two items of an enemy group meet: the pool has to hold several of a group, since there are "
        "too few others. Add items of no enemy group; most often in the way: {groups}."
    ),
    "rule-rarely-tagged": N_(
        "Rule {rule}: only {admitted} of {draws} trial draws are admissible, at least {least} are required. "
        "Most of them hold too few items with the tag {tag}: add items with that tag."
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
        "Rule {rule}: no {forms} forms without an item in common can be made; the bank lasts for fewer than {number}."
    ),
    "margins-with-cells": N_("The file of margins has cells already; check it as a rule instead."),
    "margins-with-cases": N_("Cells of case groups are not proposed: how many items a group has, people say."),
    "margins-differ": N_("{margin} add up to {found} points, but total_points says {stated}."),
    "margins-impossible": N_(
        "Proved: no table of whole numbers meets these margins together. The nearest one misses: {missed}."
    ),
    "margins-beyond-bank": N_(
        "Proved: no table of whole numbers meets these margins with what the bank holds. The nearest one misses: "
        "{missed}. The bank has no more for: {cells}."
    ),
    "margins-not-written": N_(
        "The proposed cells could not be written into this file so that it reads as the same rule. Move [types] to the "
        "beginning of its own line."
    ),
    "rules-no-register": N_(
        "The bureau keeps no register of rules yet: examd rule appoint names its two rule officers."
    ),
    "rules-register-lost": N_(
        "The register of rules is missing from the bureau's folder, and {where} has seen register {version} of rule "
        "officers in it. Begin none anew: put the folder rules back from a backup."
    ),
    "rules-too-few-officers": N_("{needed} different rule officers are needed, {found} given."),
    "rules-not-an-officer": N_("{id} is not a rule officer of this bureau."),
    "rules-officer-is-bureau": N_("The bureau's own key cannot be a rule officer's: one person would sign for two."),
    "rules-nobody-left": N_(
        "At least one officer of the register before has to consent: the bureau alone cannot name new ones."
    ),
    "rules-gone-and-appointed": N_("{id} is said to be gone and appointed again at once."),
    "rules-nothing-to-consent": N_(
        "No new register of rule officers waits for consent (examd rule appoint makes one)."
    ),
    "rules-called-gone": N_(
        "The proposed register says that {id} cannot consent. Whoever can has to be asked: the bureau has to propose "
        "again."
    ),
    "rules-consented-already": N_("{officer} has consented already; another officer has to."),
    "rules-changed-since": N_(
        "A rule was signed since this register was proposed. The bureau has to propose it again (examd rule appoint)."
    ),
    "rules-register-broken": N_(
        "The registers of rule officers do not hold together at {file}: a version is missing, changed or out of order."
    ),
    "rules-register-missing": N_(
        "Version {version} of rule {rule} was signed under register {register} of rule officers, which is not here or "
        "reads otherwise: an older register was put in its place."
    ),
    "rule-register-over": N_(
        "Version {version} of rule {rule} bears signatures of register {register} of rule officers, but was not there "
        "when register {newer} took over: officers who were dismissed can add nothing."
    ),
    "rules-rolled-back": N_(
        "Register {version} of rule officers, which {where} has seen, is missing or reads otherwise: this is an older "
        "or another copy. Do not go on."
    ),
    "rule-rolled-back": N_(
        "Version {version} of rule {rule}, which {where} has seen, is missing or reads otherwise: this is an older or "
        "another copy. Do not go on."
    ),
    "rules-other-register": N_(
        "Register {version} of rule officers in this package is not the one that earlier packages of this bureau bore. "
        "Somebody began it anew: ask the bureau's rule officers, not the bureau's issuing officer."
    ),
    "rules-other-text": N_(
        "Version {version} of rule {rule} in this package reads otherwise than in earlier packages of this bureau. Ask "
        "the bureau's rule officers."
    ),
    "rules-nothing-to-compare": N_(
        "{file}: neither an officer's folder with a note of what was seen, nor a package or result with a signed rule."
    ),
    "rules-noted-otherwise": N_(
        "{name} in the bureau's register of rules is missing or reads otherwise (SHA-256 {found}…) than when this bank "
        "issued with it before ({expected}…). Nothing was noted. Ask the bureau's rule officers which register is "
        "theirs, and issue with that one."
    ),
    "rules-not-confirmed": N_("Not confirmed: nothing was signed."),
    "rules-register-signature": N_(
        "{file} in the register of rules is not signed by whom it should be, or was changed."
    ),
    "rule-version": N_(
        "Rule {rule}: the next version is {expected}, not {found}. A version that was signed is never changed."
    ),
    "rule-signed-already": N_("{officer} has signed version {version} of rule {rule} already; another officer has to."),
    "rule-superseded": N_(
        "Version {version} of rule {rule} was over on the day of this session: version {newer} is in force from {day} "
        "on, as an earlier package of this bureau shows. Ask the bureau's rule officers."
    ),
    "rules-same-name": N_(
        "Several of the officers bear one name ({ids}). One person with two cards would sign for two. If they are "
        "different people, say how they are told apart: --same-name REASON."
    ),
    "not-one-line": N_(
        "A name, a number or a reason is one line of at most 200 characters, without line breaks, invisible characters "
        "or blanks around it."
    ),
    "rule-chain-broken": N_(
        "The register of rule {rule} does not hold together at version {version}: a version is missing, "
        "changed or out of order."
    ),
    "rule-not-signed": N_(
        "Rule {rule} has no version signed by two rule officers. Have it signed (examd rule sign); an "
        "unsigned file serves drills only (--mock)."
    ),
    "rule-not-the-signed-one": N_(
        "The file is not the signed version of rule {rule} in force: version {found} was given, {expected} is in force."
    ),
    "rule-id": N_(
        "“{found}” cannot name a rule in the register: letters, digits, dot, hyphen and underscore, 64 at most."
    ),
    "argument-missing": N_("{name} is missing."),
    "file-unwritable": N_("{file}: cannot be written ({why})."),
}
