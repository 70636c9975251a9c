"""Refusals of custody, journal and agent as sentences, and the journal's acts as lines."""

from tools.cli.language import N_

SENTENCES = {
    # Shares (`bank.seal.shares`, `bank.custody`).
    "shares-need-above": N_("There are {of} holders: {need} of them cannot be asked to be present."),
    "shares-policy": N_(
        "{need} of {of} is no division: at least 2 holders must be needed, at most {most} can hold a share."
    ),
    "shares-too-few": N_("Too few shares: {found} are here, {need} are needed. Fewer open nothing."),
    "shares-do-not-fit": N_("These shares do not rebuild the bank's key."),
    "share-other-bank": N_("{file} ({holder}) is a share of another bank."),
    "share-old-generation": N_(
        "{file} ({holder}) is a share of generation {found}; the bank now has the key of generation {expected}."
    ),
    "share-twice": N_("{file}: the share of {holder} is here twice; one person counts once."),
    "share-stranger": N_("The share of {holder} is not the one that was made for this bank."),
    "words-shape": N_("A share in clear is {words} words and {groups} groups; {found} parts were given."),
    "words-unknown": N_("Number {number} is no word of a share. Four letters of a word are enough."),
    "words-group": N_(
        "Number {number} is not as printed: nine digits 0-9 and letters a-f, the last of which checks it."
    ),
    "words-wrong": N_("Word {number} is wrong: all others fit together."),
    "words-of-another": N_("These are the words of {other}, not those of {holder}."),
    "words-several-wrong": N_("More than one word is wrong, or words are in another order: compare all with the card."),
    "share-altered": N_("{file}: what it says of itself ({holder}) was altered; it does not open."),
    "stick-of-another": N_(
        "{stick} is the stick of {other}. What belongs to {name} goes on a stick of their own: whoever found one with "
        "the keys of two people would be two people."
    ),
    "stick-is-the-bank": N_("{stick} is the bank's own folder: a share belongs on its holder's stick."),
    "share-malformed": N_("{file} is not a share, or is damaged."),
    "share-unreadable": N_("{file} cannot be read ({error})."),
    "share-missing": N_(
        "The share of {holder} ({file}) is not in the bank's folder; name it with --share FILE, e.g. on its holder's "
        "stick."
    ),
    "holder-file-missing": N_(
        "What stands after {name}= must be a file that holds the passphrase; there is none of that name. A passphrase "
        "itself never belongs on a command line."
    ),
    "custody-altered": N_("{file} was altered: its holders and the bank's key did not sign what it says."),
    "no-such-holder": N_("{name} is no keyholder of this bank; its holders are: {names}"),
    "holder-name": N_("“{name}” cannot be a holder's name: 1 to {most} characters, no “=”, not only digits."),
    "holder-twice": N_("{name} is named twice; every holder is another person."),
    "holders-not-named": N_("Say who is here: --holder NAME, at least {need} times."),
    "passphrase-shared": N_("The passphrase of {name} is another holder's already: everyone needs their own."),
    "bank-not-shared": N_("{file} is not in the hands of keyholders (examd bank share), or not a bank."),
    "bank-is-shared": N_("{file} is in the hands of keyholders already; use rekey or replace-holder."),
    "bank-not-open": N_("The bank is not open. {need} of its keyholders open it: examd bank open {file} --hours H"),
    "bank-left-open": N_(
        "The bank is not open. Its last opening was never closed (entry {n}): its agent was killed, or the power "
        "failed. {need} of its keyholders open it again: examd bank open {file} --hours H"
    ),
    "bank-open-now": N_("The bank is open now; close it first: examd bank close {file}"),
    "bank-swapped": N_("{file} is not the vault that these keyholders hold."),
    "hours-out-of-range": N_("{found} hours: a bank is opened for 1 to {most} hours."),
    "export-limit-negative": N_("The limit of answer keys cannot be {found}."),
    "export-limit": N_(
        "Refused: in this opening the answer keys of at most {limit} items may leave, {used} have left, {wanted} more "
        "were wanted. The keyholders set the limit when they open the bank (--export-limit)."
    ),
    # Who reads, and who takes items out (`bank.agent.readers`, `bank.lending.outgoing`).
    "reader-unnamed": N_(
        "Refused: in one opening {most} items are shown to whoever does not say who they are. Say it with your own key "
        "(--as; at the desk: sign in)."
    ),
    "reader-alone": N_(
        "Refused: {names} has read {read} items in this opening; more than {most} are read by two people together "
        "(--second)."
    ),
    "outgoing-unnamed": N_("{items} items leave the bank only in the name of a person of the bank (--as KEY)."),
    "outgoing-to-whom": N_("Say in one line whom the items are for (--to): the bank keeps it with who took them."),
    "outgoing-needs-second": N_(
        "{name} alone takes out at most {most} items a day: {today} today, and now {items} more. A second person of "
        "the bank signs with them (--second KEY)."
    ),
    "outgoing-again": N_("What was signed to take items out was used already; sign anew."),
    "outgoing-other-bureau": N_(
        "This bank has issued for another bureau so far. For {bureau} (key {key}) two people of the bank sign once: "
        "--as KEY --second KEY. Compare the key with the bureau first."
    ),
    # Numbers that are read off paper (`bank.custody.journal_report`).
    "number-shape": N_("{option}: {expected} digits were printed, {found} were typed. Type it again."),
    "number-slip": N_(
        "{option}: all but a digit or two agree with a number of this journal; wrong in group {groups}. Probably "
        "mistyped: compare it with the paper and type it again. If the paper does say so, stop and report it."
    ),
    # Copies that are not the newest.
    "bank-copy-older": N_(
        "This is an older copy of the bank: it ends at position {found}, but in {where} position {seen} has been seen "
        "(of two positions the first number counts first: it grows when a loss is accepted). Use the newest copy; if "
        "it is lost, open with --accept-loss REASON."
    ),
    "bank-copy-other": N_(
        "This copy of the bank took another course: its entry at position {n} is not the one seen in {where}. If "
        "the other copy is lost, open with --accept-loss REASON."
    ),
    "vault-behind": N_(
        "The vault is older than its journal: it knows entry {found}, the journal has {expected}. An old bank.db was "
        "put back. If the newer one is lost, open with --accept-loss REASON."
    ),
    "journal-behind": N_(
        "The journal is shorter than the vault remembers: {found} entries instead of {expected}. Entries were cut off "
        "or an old journal was put back. If the newer one is lost, open with --accept-loss REASON."
    ),
    "journal-other": N_("The journal is not the vault's own: entry {n} differs."),
    "journal-unsound": N_(
        "The journal was altered, in {findings} places; the first is entry {n}: {finding} Find out why. If no sound "
        "copy is left, its holders open it with --accept-loss REASON; the altered entries stay marked."
    ),
    "seen-malformed": N_(
        "{file} should hold the bank's last position, but cannot be read. Find out why before deleting it."
    ),
    "backup-missing": N_("There is no backup in {file}."),
    "backup-damaged": N_("The backup is damaged: {file} is not as it was written."),
    "folder-not-empty": N_("{file} is not empty."),
    # The journal (`bank.journal`).
    "journal-io": N_("The journal cannot be written ({error}): nothing was done."),
    "journal-malformed": N_("{file} line {line} is not an entry of a journal."),
    "journal-number": N_("The number of the entry is not one more than the last."),
    "journal-chain": N_("The entry does not follow from the one before: something was altered, removed or put in."),
    "journal-signature": N_("The signature of the opening does not hold."),
    "journal-too-few-holders": N_("Not enough keyholders vouch for this entry."),
    "journal-entry-malformed": N_("The entry lacks what an entry of its kind must have."),
    "journal-other-custody": N_("No entry carries the custody fingerprint you gave."),
    "journal-missing": N_("The journal is missing: a bank in the hands of keyholders always has one."),
    "journal-not-this-custody": N_("The last holders the journal names are not those of custody.json."),
    "journal-alone": N_("There is no custody.json here: the journal was not compared with it."),
    "journal-unsettled": N_(
        "A handing over was broken off after the new key came into force; the next opening writes its entry."
    ),
    "journal-position-unknown": N_("The position you gave is nowhere in this journal."),
    "journal-not-closed": N_(
        "The opening up to here was not closed: its agent was killed, the power failed, or the journal was cut here, "
        "as in a copy made while the bank was open."
    ),
    "journal-after-hour": N_("The entry is later than the hour of its opening."),
    "journal-clock-back": N_("The clock went back."),
    "journal-loss-accepted": N_("An older copy was opened knowingly."),
    "journal-alteration-accepted": N_("The bank was opened although its journal had been altered, knowingly."),
    # The agent (`bank.agent`, `bank.agent.channel`).
    "agent-already": N_("The bank is open already."),
    "agent-out-of-reach": N_(
        "The bank is OPEN: process {pid} holds it, but it does not answer from here (another login, its socket "
        "deleted, or a handing over is under way). Close it where it was opened, or end that process: kill {pid}"
    ),
    "agent-gone": N_("The agent that held the bank open is gone (killed, or the power failed). Open the bank again."),
    "agent-closed": N_("The bank has been closed: its hour is over, or somebody closed it."),
    "agent-did-not-start": N_("The agent did not start (exit code {exit})."),
    "agent-did-not-close": N_("The agent (process {pid}) has not ended yet."),
    "agent-other-copy": N_("The agent holds another copy of this bank open, in {held}."),
    "agent-place-open": N_("{file} does not belong to you alone; the agent's socket must not be there."),
    "agent-no-such-act": N_("An open shared bank does not offer “{act}”."),
    "agent-arguments": N_("The agent could not read what it was asked ({act})."),
    "agent-fault": N_("Internal fault of the agent ({kind}); please report it."),
    "agent-frame-too-large": N_("{bytes} bytes at once are more than the agent takes ({most})."),
}

ACTS = {
    "shared": N_("key given to {names}; {need} of them open the bank ({reason})"),
    "opened": N_("opened by {names} until {time}; limit {limit}"),
    "closed": N_("closed ({reason}); contents read {contents}, answer keys {keys}"),
    "read": N_("contents of {items} items read; {total} in this opening"),
    "answer_keys": N_("answer keys of {items} items; {total} in this opening"),
    "whole": N_("whole items with answer keys: {items}; {total} in this opening"),
    "show": N_("shown for review, with answer keys: {items}; {total} in this opening"),
    "have_read": N_("read for review"),
    "weigh": N_("answer keys of {items} items compared; {total} in this opening"),
    "refused": N_("REFUSED beyond the limit: {what}, {items} items"),
    "add": N_("{items} items added"),
    "write": N_("{items} items written or changed, signed by their writer"),
    "adopt": N_("drafts adopted by one who answers for having written them"),
    "revise": N_("an item revised"),
    "card": N_("the card for authors elsewhere written"),
    "weigh_drafts": N_("answer keys of {items} items compared with handed-in drafts; {total} in this opening"),
    "take_drafts": N_("{items} items of handed-in drafts added"),
    "calibrate": N_("difficulties of {items} items calibrated"),
    "expose": N_("exposure of {items} items noted"),
    "mark": N_("{items} items kept as watermarks of one package"),
    "accept": N_("a slice of another body taken in"),
    "withdraw": N_("a slice withdrawn by its owner"),
    "vouch": N_("an owner's card signed"),
    "perform": N_("{items} signed acts on items"),
    "enrol": N_("a person enrolled"),
    "grant_role": N_("a person took on a further role"),
    "end_person": N_("a person ended"),
    "repeal": N_("a provision repealed"),
    "note_rules": N_("rules and registers of rule officers noted, their signatures checked"),
    "accept_loss": N_("a person accepted the loss of a newer copy"),
    "take_out": N_("{items} items taken out to {to}: {door}"),
    "backup": N_("backup written"),
    "answer_positions": N_("where the right answers of {items} items stand; {total} in this opening"),
    "undone": N_("entry {of} ({what}) did NOT happen: refused or failed ({code})"),
}
"""What an entry of the journal says."""

NAMES = {
    "answer_keys": N_("answer keys"),
    "answer_positions": N_("where the right answers stand"),
    "whole": N_("whole items with answer keys"),
    "show": N_("showing for review"),
    "have_read": N_("having read for review"),
    "weigh": N_("comparing answer keys"),
    "weigh_drafts": N_("comparing handed-in drafts"),
    "add": N_("adding items"),
    "write": N_("writing or changing items"),
    "adopt": N_("adopting drafts"),
    "revise": N_("revising an item"),
    "card": N_("the card for authors elsewhere"),
    "take_drafts": N_("adding handed-in drafts"),
    "calibrate": N_("calibrating difficulties"),
    "expose": N_("noting exposure"),
    "mark": N_("keeping watermarks of a package"),
    "accept": N_("taking in a slice"),
    "withdraw": N_("withdrawing a slice"),
    "vouch": N_("signing an owner's card"),
    "perform": N_("signed acts on items"),
    "enrol": N_("enrolling a person"),
    "grant_role": N_("taking on a further role"),
    "end_person": N_("ending a person"),
    "repeal": N_("repealing a provision"),
    "note_rules": N_("noting rules and registers of rule officers"),
    "accept_loss": N_("a person accepting a loss"),
    "take_out": N_("taking items out"),
    "backup": N_("a backup"),
    "reader-unnamed": N_("reading by somebody who did not say who they are"),
    "reader-alone": N_("reading by one person alone"),
}
"""The same acts by name, inside another entry's sentence."""

DOORS = {
    "export": N_("exported in the open"),
    "slice": N_("lent in a slice"),
    "list": N_("listed"),
    "issue": N_("in a package"),
}
"""By which door items left."""

LOSSES = {
    "bank-copy-older": N_("this copy ended at position {found}; position {seen} had been seen"),
    "bank-copy-other": N_("at position {n} another entry had been seen"),
    "vault-behind": N_("the vault knew entry {found}, the journal {expected}"),
    "journal-behind": N_("the journal ended with entry {found}, the vault knew entry {expected}"),
    "journal-other": N_("entry {n} of the journal was not the one the vault knew"),
    "journal-unsound": N_("the journal was altered in {findings} places, first in entry {n}"),
}
"""What holders knew to be missing when they accepted a loss."""

REASONS = {
    "found": N_("founded in shares"),
    "share": N_("first sharing"),
    "rekey": N_("new key"),
    "replace-holder": N_("holder replaced"),
    "shared": N_("after handing over"),
    "closed": N_("on request"),
    "hour": N_("the hour was over"),
    "signal": N_("its process was told to end"),
    "refused": N_("refused"),
    "fault": N_("a fault"),
}
"""Why a key was given or an opening ended."""
