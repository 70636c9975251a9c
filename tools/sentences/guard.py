"""Refusals of tracing and sharing as sentences."""

from tools.say import N_

SENTENCES = {
    # A photo (`bank.trace`).
    "seen-nothing": N_("Nothing to trace: give --seen or --seen-file."),
    "seen-malformed": N_("“{found}”: write part of the stem, a colon, then the options from the top divided by |."),
    "seen-unknown": N_("No item that left the bank fits “{seen}” with these options."),
    "seen-ambiguous": N_("“{seen}” fits {found} items; give more of its text, or more options."),
    # Slices (`bank.sharing`).
    "item-confidential": N_(
        "Item {item} is confidential ({found} such items): an open bank takes only items with the tag “open” and "
        "without the tag “confidential”. Nothing was done."
    ),
    "item-of-other-owner": N_(
        "This item belongs to {owner}: here it is used as lent, and not written, approved, retired or lent on."
    ),
    "slice-without-permission": N_("A slice must permit something."),
    "slice-ends-before-it-begins": N_("The slice would end ({until}) before it begins ({first})."),
    "slice-not-approved": N_("Item {item} is not approved; it cannot be lent."),
    "slice-empty": N_("There is no item to lend."),
    "slice-picture-missing": N_("The bank lacks {pictures} pictures of these items; they cannot be lent without."),
    "slice-not-yours": N_("Only {owner} can withdraw this slice."),
    "slice-other-owner": N_("The slice is signed by {found}, not by the holder of the card of {wanted}."),
    "slice-other-receiver": N_("The slice is sealed to {receiver}, not to this bureau."),
    "slice-altered": N_("Slice {slice}: what is inside is not what its owner signed. Nothing was taken in."),
    "slice-malformed": N_("Slice {slice}: what is inside is not made of items."),
    "slice-other-acceptance": N_("What was signed does not accept slice {slice} for this bank."),
    "slice-other-withdrawal": N_("What was signed does not withdraw slice {slice}."),
    "slice-unknown": N_("Slice {slice} is not in this bank."),
    "slice-already": N_("Slice {slice} is in this bank already."),
    "slice-withdrawn": N_("Slice {slice} was withdrawn by its owner and cannot come back."),
    "slice-not-open": N_("Slice {slice} of {owner} does not permit open practice."),
    "slice-ended": N_("The period of slice {slice} ended on {until}."),
    "slice-not-permitted": N_("their owner does not permit this use."),
    "slice-not-yet": N_("their owner's permission has not begun on that day."),
    "slice-over": N_("their owner's permission is over on that day."),
    "withdrawal-without-reason": N_("A withdrawal by the owner needs --reason and --out."),
    "bank-for-practice": N_("{file} is open to candidates: sessions other than drills are not issued from it."),
    # What a bank does not prove (`bank check`).
    "slice-forged": N_("what came with a slice: the signature of its owner or of our reviewer does not hold."),
    "slice-item-changed": N_("not as its owner signed it."),
}

PERMISSIONS = {
    "exam": N_("exam"),
    "drill": N_("drill"),
    "open": N_("open practice"),
}
"""What an owner lets its items be used for."""
