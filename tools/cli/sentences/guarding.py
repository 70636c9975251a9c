"""Refusals of tracing and sharing as sentences."""

from tools.cli.language import N_

SENTENCES = {
    # A photo (`bank.leaks.trace`).
    "seen-nothing": N_("Nothing to trace: give --seen or --seen-file."),
    "fragment-malformed": N_("“{found}”: write part of the stem, a colon, then the options from the top divided by |."),
    "seen-unknown": N_("No item of the bank fits “{seen}”."),
    "seen-other-options": N_("“{seen}” fits item {item}, but not with these options."),
    "seen-nothing-known": N_("None of the {lines} lines is an item of the bank: nothing to trace."),
    "seen-ambiguous": N_("“{seen}” fits {found} items; give more of its text, or more options."),
    # Slices (`bank.lending.slices`).
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
    "slice-no-statement": N_("slice.json is not the statement of a slice, or is damaged. Copy the slice again."),
    "slice-signature": N_(
        "Slice {slice}: the signature of {owner}, whom it names as its owner, does not hold. It was altered on its "
        "way; ask its owner for it again. Nothing was taken in."
    ),
    "withdrawal-no-statement": N_("The file is not the withdrawal of a slice, or is damaged. Copy it again."),
    "withdrawal-signature": N_(
        "The withdrawal of slice {slice} is not signed by the slice's owner, or not by an owner whom this bank knows, "
        "or it was altered on its way. Nothing was done."
    ),
    "item-came-in-a-slice": N_(
        "Item {item} says that it came in a slice of {owner} ({found} such items): it is taken in by bank accept, "
        "signed by its owner, and by no other door. Nothing was done."
    ),
    # Whose slices are taken in (`bank.lending.owners`).
    "owner-unknown": N_(
        "This bank does not know {owner} (key {key}): two of its people must sign the owner's card first (bank owner). "
        "Nothing was taken in."
    ),
    "owner-half-signed": N_(
        "Only {by} has signed the card of {owner} (key {key}): a second person of the bank must sign it (bank owner). "
        "Nothing was taken in."
    ),
    "owner-card-replaced": N_(
        "The slice is signed with the key {key} of {owner}, whose card was replaced by a newer one. Nothing was taken "
        "in."
    ),
    "owner-signed-already": N_("{name} has signed this card of {owner} already; another person must."),
    "owner-signature": N_("What was signed is not an owner's card, or not signed by one of this bank's people."),
    "owner-needs-card-and-key": N_("To sign an owner's card, give the card and --as with your key file."),
    "slice-other-receiver": N_("The slice is sealed to {receiver}, not to this bureau."),
    "slice-altered": N_("Slice {slice}: what is inside is not what its owner signed. Nothing was taken in."),
    "slice-approval": N_(
        "Slice {slice}: {owner} says that item {item} was approved by people of its bank, and their signatures are not "
        "on this item. Nothing was taken in: the owner makes the slice again."
    ),
    "slice-malformed": N_("Slice {slice}: what is inside is not made of items."),
    "slice-other-acceptance": N_("What was signed does not accept slice {slice} for this bank."),
    "slice-other-withdrawal": N_("What was signed does not withdraw slice {slice}."),
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
    "slice-of-stranger": N_("came in a slice of an owner whose card two people of this bank have not signed."),
    "owner-forged": N_("the signature under an owner's card does not hold."),
    "slice-item-changed": N_("not as its owner signed it."),
    "slice-item-unread": N_("in force although nobody of the owner's bank or of this one approved it."),
}

DIGITS = (N_("1"), N_("2"), N_("3"), N_("4"), N_("5"), N_("6"), N_("7"), N_("8"), N_("9"))
POWERS = (
    N_("{digit}"), N_("{digit}0"), N_("{digit}00"), N_("{digit},000"), N_("{digit}0,000"), N_("{digit}00,000"),
    N_("{digit} million"), N_("{digit}0 million"), N_("{digit}00 million"), N_("{digit} billion"),
    N_("{digit}0 billion"), N_("{digit}00 billion"), N_("{digit},000 billion"),
)  # fmt: skip
"""Round numbers as people say them: a digit and a power of ten."""

PERMISSIONS = {"exam": N_("exam"), "drill": N_("drill"), "open": N_("open practice")}
"""What an owner lets its items be used for."""
