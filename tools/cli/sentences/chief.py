"""Refusals of the chief examiner's device, and of the site that asks it."""

from tools.cli.language import N_

CONTRADICTIONS = {
    "gap": N_("an entry is missing or stands twice"),
    "after-close": N_("an entry follows the closing"),
    "time-back": N_("time runs back"),
    "time-not-boot-clock": N_("time and boot clock advance differently"),
    "twice": N_("the package is prepared or opened twice"),
    "start-before-opening": N_("somebody started before the opening"),
    "time-taken": N_("time was taken away"),
    "act-before-start": N_("somebody answered before starting"),
    "act-after-hand-in": N_("somebody answered after the hand-in"),
    "act-in-pause": N_("somebody answered while the clock was stopped"),
    "over-the-rule": N_("more time than the rule allows, and nobody ordered it"),
    "order-of-another-moment": N_("an order of yours is used for another moment"),
    "act-not-by-seat": N_("somebody else answered for a seat"),
    "late-unmarked": N_("an answer came after the deadline and is entered as in time"),
    "late-undecided": N_("closed although nobody decided upon late answers"),
    "close-counts": N_("the closing's counts are not those of the entries"),
    "other-package": N_("the record is of another package"),
    "order-unsigned": N_("an order in your name that this key never signed"),
    "no-commitment": N_("opened without the room's commitment"),
    "no-interval": N_("it does not say how often you are to co-sign, or too seldom"),
}

SENTENCES = {
    "chief-message-malformed": N_("{file} is not what examd writes. Let the site ask again, with the same version."),
    "chief-entry-malformed": N_("Entry {idx} of the record is malformed. NOT SIGNED. Keep the stick and report it."),
    "record-contradicts": N_(
        "Entry {idx} contradicts the record: {contradiction}. NOT SIGNED. Keep the stick and tell the bureau."
    ),
    "chief-package-unknown": N_(
        "This device knows nothing of {session} and the request brings no package. "
        "The opening has to be asked for first: examd site open"
    ),
    "chief-bureau-unknown": N_(
        "This device does not know yet whose packages it may open. Compare the bureau's card, then: examd chief pin"
    ),
    "chief-bureau-pinned": N_("This device opens the packages of {name} alone (card {digits}), and stays with it."),
    "chief-other-key": N_("The package of {session} is for another chief examiner's key. NOT SIGNED."),
    "chief-other-name": N_("The opening is in another name than {name}. NOT SIGNED. Tell the bureau."),
    "chief-separation-untrue": N_(
        "The opening of {session} says what is not so of where this device is (a machine apart, or not). NOT SIGNED."
    ),
    "chief-other-package": N_(
        "SECOND PACKAGE: {session} was opened with package {first}; now {found} is shown. "
        "NOT SIGNED. Keep the stick and tell the bureau."
    ),
    "chief-opened-otherwise": N_(
        "SECOND OPENING: this device signed another opening of {session} (its first {size} entries). "
        "NOT SIGNED. Keep the stick and tell the bureau."
    ),
    "chief-closed-otherwise": N_(
        "SECOND CLOSING: this device signed another closing of {session} ({size} entries). "
        "NOT SIGNED. Keep the stick and tell the bureau."
    ),
    "chief-record-rewritten": N_(
        "THE RECORD WAS WRITTEN ANEW: of {session} this device signed {size} entries, and what is shown now ({found}) "
        "does not go on from them. NOT SIGNED. Keep the stick and tell the bureau."
    ),
    "chief-order-untrue": N_(
        "The order upon candidate no. {c} of the roster does not fit what the record says of them. NOT SIGNED."
    ),
    "chief-clock-back": N_("This device's clock stands before its last signature. Set date and time right first."),
    "chief-judged-before": N_("Something else of {session} was signed meanwhile. Run the command again."),
    "chief-memory-missing": N_(
        "{file} is missing: without its memory this device signs nothing. Look for it; "
        "where the keys are older than that file: examd chief pin"
    ),
    "chief-memory-altered": N_("{file} is not what this device wrote. It signs nothing with it. Tell the bureau."),
    "chief-key-on-stick": N_(
        "{file}: the chief examiner's key must not be on the stick that goes to the server. Take another stick."
    ),
    "chief-nothing-asked": N_("No request waits in {folder}. At the site: examd site open, checkpoint or close."),
    "chief-not-signed": N_("Nothing was signed. In a script: --yes"),
    "chief-not-answered": N_(
        "The chief examiner's device has not answered yet. Repeat the step before with --chief-device, "
        "or use a key on this machine: --chief"
    ),
    "chief-answer-to-another": N_("The answer on the stick is to another request. Give the command again."),
    "cosign-out-of-range": N_("The chief examiner can be asked to co-sign every 1 to {most} minutes."),
}
