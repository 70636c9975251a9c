"""Sentences of an item's life: people, revisions, reviews."""

from tools.cli.language import N_

SENTENCES = {
    # what may be done (`bank.authoring.review`, `bank.authoring.lifecycle`)
    "act-not-possible": N_("{act} is not possible: the revision is {state}."),
    "approve-unread": N_(
        "You have not read item {item}: nobody approves what they were not shown. Read it at the desk (bank browse, "
        "key V) or with: examd bank review DIR {item} --as KEY"
    ),
    "read-too-briefly": N_("Nobody reads item {item} in less than {least} s: {left} s to go."),
    "read-without-picture": N_("Item {item} lacks {pictures} of its pictures: it cannot be reviewed. Return it."),
    "reader-unknown": N_("The bank does not know this reader any more: sign in again."),
    "own-item": N_("{name} had a hand in this item: nobody approves or returns their own work."),
    "person-lacks-role": N_("{name} is not enrolled as {role}."),
    "person-ended": N_("{name} has not acted for this bank since {until}."),
    "person-unknown": N_("{name} is not one of this bank's people, or this is not the key they enrolled with."),
    "person-has-role": N_("{name} is enrolled for that already."),
    "person-exists": N_("{name}, or somebody with the same key, is enrolled already."),
    "person-needs-sponsors": N_(
        "{name}: {need} of the bank's people who are at work must sign for this (--sponsor FILE --sponsor FILE)."
    ),
    "person-needs-keepers": N_(
        "{name}: {need} of the keyholders by whom the bank is open must vouch for this, among them two others than "
        "the person (--holder NAME --holder NAME)."
    ),
    "person-needs-sharing": N_(
        "{name}: the bank has no two others at work who could sign for this, and no keyholders. Give it to keyholders "
        "(bank share); two of them then vouch."
    ),
    "person-same-name": N_(
        "{name} is enrolled already, as {id}. With another key: end that one, then --was {id}. If this is another "
        "person of that name, those who vouch say so with --same-name."
    ),
    "person-still-enrolled": N_(
        "{name} ({id}) is at work, or was followed by another key already: end that one first (--end {id})."
    ),
    "keeper-unknown": N_("{names}: not all of them are keyholders by whom this bank is open now."),
    "writer-unknown": N_("Nobody knows who wrote item {item}: its writer signs first (bank adopt)."),
    "writer-known": N_("Whoever wrote item {item} has signed for it; there is nothing to adopt."),
    "drafts-unsigned": N_("{file} is a bank with reviews: whoever writes in it signs (--as KEY)."),
    "draft-of-older-revision": N_(
        "Item {item} has gone on: this is made from revision {rev}, the newest is {newest}. Look at that one first."
    ),
    "items-not-named": N_("Name at least one item."),
    "not-in-review": N_("Item {item} does not wait for review: it is {state}."),
    "revision-first": N_("Item {item} has only one revision yet: there is none before it."),
    "person-malformed": N_("{name} needs a name that can be printed and at least one role."),
    "person-key-exists": N_("{file} exists; a person's key is never overwritten."),
    "person-file-name": N_("{file}: a key file is called <id>.key, with small letters, digits, . _ - in the id."),
    "person-seen-malformed": N_(
        "{file} is damaged. It keeps how far the bank had come: look at what `bank check` prints, then remove it."
    ),
    "bank-rolled-back": N_(
        "The bank does not know act {acts}, which {name} has seen in it: this is an older copy. Do not go on. If the "
        "newer copy is lost for certain: examd bank person DIR --key FILE --accept-loss REASON"
    ),
    "loss-none": N_("The bank holds all that {name} has seen: there is no loss to accept."),
    "loss-not-accepted": N_(
        "The keyholders have not accepted the loss of a newer copy (examd bank journal); {name} cannot do it for them."
    ),
    "remarks-missing": N_("Say why (--remarks)."),
    "item-unknown": N_("No item is called {item}."),
    "item-ambiguous": N_("{item} names {found} items: give more of it."),
    "item-already-there": N_("The bank has this very question already, as item {item}."),
    "item-flawed": N_("Item {item} is no whole item: {flaw}."),
    "bank-not-sample": N_("{file} is not a bank of samples: two people approve (bank submit, bank approve)."),
    "bank-of-samples": N_("{file} is a bank of samples: it serves drills (--mock) only."),
    "revision-unknown": N_("Item {item} has no revision {rev}; its newest is {found}."),
    "one-item-file": N_("{file} must hold exactly one item; it holds {found}."),
    # what was found to be false (`bank.authoring.review.verify`)
    "revision-history": N_("Item {item}, revision {rev}: its acts do not follow from one another."),
    "revision-state": N_("Item {item}, revision {rev}: its state is not the one its acts led to."),
    "revision-unsigned": N_("Item {item}, revision {rev}: approved, but not signed by author and reviewer."),
    "revision-signature": N_("Item {item}, revision {rev}: a signature is forged."),
    "revision-signer-unknown": N_("Item {item}, revision {rev}: signed by somebody who is not enrolled for that."),
    "revision-writer-unknown": N_("Item {item}, revision {rev}: no signature proves who wrote it."),
    "revision-writer-changed": N_("Item {item}, revision {rev}: its writer is not the one that the acts name."),
    "revision-type-changed": N_("Item {item}, revision {rev}: its type in the tables is not that of its content."),
    "revision-not-searched": N_("Item {item}, revision {rev}: missing from the search."),
    "revision-own-approval": N_("Item {item}, revision {rev}: author and reviewer are the same person."),
    "revision-swapped": N_("Item {item}, revision {rev}: another revision was put in its place."),
    "revision-content-changed": N_("Item {item}, revision {rev}: the question was changed after it was signed."),
    "revision-answer-key-changed": N_("Item {item}, revision {rev}: the ANSWER KEY was changed after it was signed."),
    "revision-about-changed": N_("Item {item}, revision {rev}: chapter, basis or the like was changed after signing."),
    "revision-missing": N_("Revision {number} is missing."),
    "revision-without-key": N_("Item {item}, revision {rev}: its answer key is missing."),
    "background-changed": N_("The background {background} of a case is missing or was changed."),
    "acts-chain": N_("Act {rev} does not follow from the acts before it: the record of acts was changed."),
    "acts-cut": N_("Acts are missing after act {rev}: the bank had noted more of them."),
    "bank-kind-changed": N_("The bank calls itself a bank of samples or of practice, and was not made as one."),
    "repeal-unsigned": N_("Act {rev} ends a provision and is signed by nobody of the bank: it has no effect."),
    "person-forged": N_("Act {number} on the bank's people has not the signatures that it takes."),
    "person-stranger": N_(
        "Act {rev} on the bank's people was signed by somebody as keyholder who never held a share of it: it vouches "
        "for nobody."
    ),
    "number-malformed": N_("A number in an answer key is not written as a decimal."),
}

STATES = {"draft": N_("draft"), "in-review": N_("in review"), "approved": N_("approved"), "retired": N_("retired")}

ACTS = {
    "write": N_("written"),
    "submit": N_("handed in for review"),
    "approve": N_("approved"),
    "return": N_("returned"),
    "retire": N_("retired"),
    "supersede": N_("superseded"),
    "approve-as-sample": N_("taken as a sample"),
    "carry-over": N_("carried over from a bank without reviews"),
    "read": N_("read"),
    "accept": N_("taken in from its owner's slice, approved there"),
    "receive": N_("taken in from its owner's slice, to be reviewed here"),
    "withdraw": N_("withdrawn by its owner"),
    "resume": N_("in force again: the slice in its place was withdrawn"),
}

DOING = {
    "write": N_("writing it anew"),
    "submit": N_("handing in"),
    "approve": N_("approving"),
    "return": N_("returning"),
    "retire": N_("retiring"),
}
"""Acts as what is not possible; ACTS tells them as done."""

ROLES = {"author": N_("author"), "reviewer": N_("reviewer")}

FLAWS = {
    "empty-stem": N_("it has no stem"),
    "fill-with-options": N_("a blank has no options"),
    "no-answer": N_("it has no answer key"),
    "choice-with-text-answer": N_("a choice takes no written answer"),
    "too-few-options": N_("it has too few options"),
    "several-answers": N_("it has several right options"),
    "locked-out-of-range": N_("a locked option is not there"),
    "other-background": N_("the background is not the one that its content names"),
    "no-place-in-case": N_("its place in the case is missing"),
    "translation-of-other-shape": N_("a translation has another type or number of options"),
}

FIELDS = {
    "type": N_("type"),
    "stem": N_("stem"),
    "pictures": N_("pictures"),
    "answer key": N_("answer key"),
    "number": N_("right value"),
    "explanation": N_("explanation"),
    "background": N_("background"),
    "bases": N_("provisions"),
    "basis": N_("basis"),
    "chapter": N_("chapter"),
    "code": N_("code"),
    "enemies": N_("enemies"),
    "level": N_("level"),
    "locked": N_("locked options"),
    "p4": N_("expected share of right answers"),
    "place": N_("place in the case"),
    "provenance": N_("provenance"),
    "source": N_("source"),
    "subject": N_("subject"),
    "tags": N_("tags"),
}
