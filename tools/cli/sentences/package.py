"""Refusals about packages, sites, staff, the running session and the record."""

from tools.cli.language import N_

SENTENCES = {
    # files and holders
    "file-unreadable": N_("{file} cannot be read: {why}. Check the path and your rights to it."),
    "file-irregular": N_(
        "{file} is no ordinary file (a link, a pipe, a device). Do not use this stick; ask the bureau."
    ),
    "file-too-large": N_("{file} is larger than {most} bytes and was not read."),
    "holder-exists": N_("{file} exists already; nothing was overwritten. Name another folder."),
    "card-malformed": N_("{file} is not a public card (site.card.json, chief.card.json, bureau.card.json)."),
    "card-role": N_("{file} is the card of a {found}; the card of a {expected} is needed."),
    "identity-malformed": N_("A key file holds no valid identity: it is damaged. Use its copy."),
    "recipient-malformed": N_("A public card holds no valid recipient: it is damaged. Ask its owner for it again."),
    "lock": N_(
        "The lock “{what}” does not open. A code that was mistyped would have been told by its check digits: this is "
        "the code or key of another package, code 1 and 2 are exchanged, or the lock was changed."
    ),
    "lock-content": N_("The lock “{what}” holds something else than a key. Do not use this package; ask the bureau."),
    # release codes
    "code-shape": N_("A release code has {expected} digits; {found} were given. Enter it again."),
    "code-group": N_("Group {group} of the release code is wrong: its check digit does not agree. Ask for it again."),
    "root-shape": N_("A closing root read out has {expected} characters, 0–9 and a–f; {found} were given."),
    "root-group": N_(
        "Group {group} of the closing root is wrong: its check digit does not agree. Ask the site for that group again."
    ),
    "short-shape": N_("{spoken}: four groups of nine are read out, {expected} characters 0–9 and a–f; found {found}."),
    "short-group": N_(
        "Group {group} of this is wrong: {spoken}. Its check digit does not agree. Ask the site for that group again."
    ),
    "short-of-another": N_("Those are the groups of another thing: {other}. Needed is: {spoken}."),
    "closing-missing": N_(
        "It takes the closing: --checkpoint FILE with the site's checkpoints.txt, or for code 2 --closing with the "
        "four groups that the site reads out."
    ),
    "commit-missing": N_(
        "Code 1 is given for the room's commitment: --commit with the four groups that “site open” shows."
    ),
    "heard-not-confirmed": N_("Nothing was entered and no code given. Ask the site to read the groups again."),
    "code-1-needed": N_(
        "Release code 1 is needed. Read the bureau the room's commitment, {groups}, and open again with --code-file."
    ),
    "checkpoint-malformed": N_("{file} is not the checkpoints.txt of a closed session, or is damaged. Copy it again."),
    "checkpoint-other-session": N_("{file} closes another session ({found}). Ask for the one of this package."),
    "checkpoint-unsigned": N_(
        "The last checkpoint in {file} lacks the signature: {missing}. Close again at the site (examd site close) "
        "and take the file anew."
    ),
    "checkpoint-not-closing": N_(
        "{file} may be that of the opening: the chief examiner has to have signed twice, at opening and at closing. "
        "Take the file after closing, or give the closing as it is read out: --closing"
    ),
    "package-unknown": N_("This bureau has no codes for package {package}. Check the package number."),
    "package-id-malformed": N_("A package number has 32 hexadecimal digits."),
    "another-closing": N_(
        "Code 2 of this package was asked for with another closing ({first}). No code was given; that somebody asked "
        "is in the ledger as an alarm. Only the signed closing settles it: --checkpoint FILE."
    ),
    "checkpoint-of-another-record": N_(
        "A checkpoint over {size} entries came before, with another root: two records of one session. It is in the "
        "ledger as an alarm; keep both files and report it."
    ),
    # the release ledger
    "second-sitting": N_(
        "Code 1 of this package was given at {at} for another room. It is not given again: this would be a second "
        "sitting. That somebody asked is in the ledger as an alarm. If the server was lost before the session began, "
        "issue the session anew: bureau issue --again"
    ),
    "never-opened": N_(
        "Code 1 of package {package} was never given, so there is nothing to close. Check the package number; report "
        "it where the site is sure."
    ),
    "package-void": N_("Package {package} is void: {reason}. Issued in its place: {by}"),
    "code-outside-window": N_(
        "This package may be opened from {first} to {last}; today is {today}. Issue the session anew for another day."
    ),
    "void-after-result": N_("The result of package {package} is filed; it is not made void any more."),
    "issued-meanwhile": N_("Another package for site {site} was issued meanwhile. Issue again."),
    "ledger-busy": N_("Another program is at the release ledger. Try again in a moment."),
    "ledger-not-begun": N_(
        "{office} has no release ledger yet. It is begun with the next package or code, from what is on file."
    ),
    "ledger-malformed": N_(
        "Line {line} of the release ledger is none of its lines. Stop, keep the file, put back a copy, and report it."
    ),
    "ledger-edited": N_(
        "The release ledger was altered at line {line}: it is not what was signed. Stop, keep the file, and report it."
    ),
    "ledger-rolled-back": N_(
        "The release ledger is an older copy: it has {found} entries, and {where} has seen {known}. Put the newest "
        "copy back; if there is none, stop and report it."
    ),
    "ledger-another": N_(
        "The release ledger is not the one that {where} has seen: its first {known} entries are others. Stop, keep the "
        "file, and report it."
    ),
    "ledger-head-foreign": N_("The head in {where} is not one that this bureau signed."),
    "ledger-head-typed": N_("A printed head is a number and four groups; “{found}” is no number."),
    "extract-no-file": N_("Name the file for the extract: --out FILE"),
    "package-not-named": N_("“ledger {act}” takes a package: its number, PKG-number, or its folder."),
    # results that come home
    "result-not-a-result": N_("{folder} is not the folder of a result. At the site it is sessions/…/result."),
    "result-of-no-package": N_(
        "{folder} is the result of a package that this bureau did not issue ({package}), or its manifest is another."
    ),
    "result-refused": N_("Package {package}: nothing was filed. Checks that failed: {checks}"),
    "second-result": N_(
        "A different result of this session was here before ({filed}). Nothing was filed; keep both and report it."
    ),
    "filed-altered": N_("What lies in {folder} is not the result that was filed. Stop, keep it, and report it."),
    "two-closings": N_(
        "Code 2 of this package was given against another signed closing ({first}). Two closings of one session: "
        "keep both files and report it."
    ),
    # issuing
    "issued-before": N_(
        "Session {session} of site {site} has a package already ({package}). If another is meant: --again"
    ),
    "setup-notes-malformed": N_(
        "{file} is damaged. Put it back from a backup, or delete it and answer the questions anew."
    ),
    "setup-same-person": N_("One person is named twice, or two have one id: here it takes different people."),
    "setup-no-vouchers": N_(
        "{name} is a keyholder: {need} others must hold the bank as well, for nobody vouches for themselves."
    ),
    "setup-number-and-name": N_("“{typed}”: a number or id comes first, then a space, then the name."),
    "setup-fixed": N_("That was used already: what was made by it stands."),
    "setup-no-number": N_("“{typed}” is no number."),
    "setup-another-stick": N_("Then put in another stick."),
    "setup-other-bank": N_("This setup has its bank in {kept}, not in {given}."),
    "stick-missing": N_("There is no folder {stick}."),
    "card-here-already": N_(
        "Another card of {name} is here already. Whether a key was made anew, ask them in person; then take the old "
        "card out of the folder cards."
    ),
    "card-fingerprint-differs": N_(
        "These digits are not on the card of {name}. Listen again; if they stay different, it was exchanged: do not "
        "use it."
    ),
    "card-of-another": N_("{file} is the card of {name} ({id}), not of {wanted}."),
    "session-date": N_("{found} is not a date (YYYY-MM-DD)."),
    "session-name": N_(
        "“{found}” cannot be a number of a session, site or bureau: letters, digits, - and _ only, at most 64."
    ),
    "screen-cannot-show": N_(
        "Cell {cell}: the candidate's screen cannot show case groups or take written answers yet. The rule may be "
        "checked and tried; it cannot be issued for a session."
    ),
    "roster-empty": N_("The roster names no candidate. Check the file: a heading row, then one candidate a row."),
    "roster-twice": N_("Admission number {admission_no} stands in the roster twice. Correct the roster."),
    "roster-refused": N_(
        "{file}: {found} faults were found; nothing was issued. Correct them all and check again: "
        "examd bureau roster check"
    ),
    # rows of a roster: the place stands before the sentence
    "roster-repeated": N_("“{column}” is that of row {first}. Correct one of them, or delete one of the rows."),
    "roster-repeated-elsewhere": N_(
        "“{column}” is that of row {first} of sheet {first_sheet}. Correct one of them, or delete one of the rows."
    ),
    "roster-number": N_("“{found}” cannot be an admission number: letters A–Z, digits and - only, at most 32."),
    "roster-unseen": N_("“{column}” holds characters that cannot be seen. Type it anew."),
    "list-column-missing": N_(
        "The column “{column}” is missing. Add it, or delete the sheet if no candidates stand on it."
    ),
    "roster-columns-twice": N_(
        "Two columns both mean “{column}”: {headings}. Delete one of them, or give it another heading."
    ),
    "roster-cell-empty": N_("“{column}” is empty. Fill it in."),
    "roster-hidden": N_("The row is hidden. Unhide it, or delete it if this candidate does not sit the exam."),
    "roster-hidden-sheet": N_(
        "The sheet is hidden and holds {found} rows. Unhide it, or delete it if its candidates do not sit the exam."
    ),
    "roster-struck": N_(
        "Something in the row is struck out. Delete the row if this candidate does not sit the exam; otherwise take "
        "the stroke away."
    ),
    "cell-number": N_(
        "“{column}” is a number, not a text: leading zeros, and all digits behind the 15th, are lost in it. "
        "Format the column as text and type the number again from the document."
    ),
    "roster-shortened": N_(
        "“{column}” stands here as a spreadsheet shortened it (like 1.1E+17); its last digits are lost. "
        "Format the column as text and type it again from the document."
    ),
    "roster-id-check": N_("The last character of the ID number does not agree with the others: {kind}. Correct it."),
    "roster-id-rounded": N_(
        "The ID number ends in 000 and does not agree with its check character: a spreadsheet has rounded it. "
        "Format the column as text and type it again from the document."
    ),
    "roster-id-date": N_("The date of birth in the ID number is no date: {kind}. Correct it."),
    "roster-id-shape": N_("A number of {length} characters like this is no number of: {kind}. Correct it."),
    "roster-id-unclear": N_(
        "A number of {length} characters like this may be of several documents, or of none. Correct it, or state the "
        "kind of document in a column 证件类型."
    ),
    "roster-kind-unknown": N_(
        "“{found}” is no kind of document that is known. Known are 居民身份证, 港澳台居民居住证, "
        "港澳居民来往内地通行证, 台湾居民来往大陆通行证, 外国人永久居留身份证, 护照, 其他证件."
    ),
    "roster-kind": N_("The document is: {kind}. The package does not say so; have the site look at it."),
    "roster-kind-inferred": N_("By its number the document is: {kind}. State it in a column 证件类型 if not."),
    "roster-id-old": N_(
        "An ID number of 15 digits, as given until 1999; it has no check character. Compare it with the document."
    ),
    "hidden-sheet-not-read": N_("The sheet is hidden and holds no candidates; it was not read."),
    "foot-rows": N_("{found} rows are no candidates (totals, notes, signatures) and were not read: {rows}"),
    "row-not-read": N_("Nothing stands in the columns that are read; the row was not read."),
    "drawing-on-list": N_("A picture or drawing lies here; it was not read."),
    # statements and packages
    "statement-too-large": N_("{file} is too large to be a signed statement ({bytes} bytes)."),
    "statement-type": N_("{file} is a statement of type {found}; {expected} is needed."),
    "statement-malformed": N_("{file} is not a signed statement, or is damaged. Copy it again."),
    "signature": N_("{file} is not signed by the bureau that this site trusts. Do not use this package."),
    "manifest-malformed": N_("The package's manifest is malformed: {why}. Use the second stick, or ask the bureau."),
    "manifest-version": N_("The package is of version {found}; this program reads version {expected}."),
    "window-backwards": N_("The last day, {last}, lies before the first, {first}. Correct it."),
    "package-outside-window": N_(
        "This package may be opened from {first} to {last}; this machine's clock says {today}. If the clock is wrong, "
        "state today's date, which stands in the record: --date YYYY-MM-DD. Otherwise take today's package."
    ),
    "stated-outside-window": N_(
        "This package may be opened from {first} to {last}, and not on {today}. Take today's package, or ask the "
        "bureau."
    ),
    "package-opened-before": N_(
        "Package {package} was opened here before and its record is gone: it is not opened a second time. Report it; "
        "the bureau issues the session anew."
    ),
    "package-superseded": N_(
        "Package {package} was replaced: the later one, {newer}, was opened here already. Do not use it."
    ),
    "package-day-over": N_(
        "This package could be opened until {last}, and package {newer} for {day} was opened here already. Do not use "
        "it; ask the bureau."
    ),
    "part-unlisted": N_("The manifest does not list {file}. Do not use this package; ask the bureau."),
    "part-missing": N_("The package lacks {file}. Use the second stick, or ask the bureau."),
    "part-extra": N_("The package holds a file that its manifest does not list: {file}. Find out who put it there."),
    "part-name": N_("The manifest lists an impossible file name. Do not use this package; ask the bureau."),
    "part-altered": N_("{file} is not what was issued. Use the second stick, or ask the bureau."),
    "part-malformed": N_("The part “{what}” is malformed. Do not use this package; ask the bureau."),
    "part-commitment": N_(
        "The part “{what}” opened, but it is not what the manifest committed to. Stop, keep the files, and report it."
    ),
    "rule-hash": N_(
        "The rule in the package is not the one its manifest names ({expected}). Stop, keep the files, and report it."
    ),
    "pool-root": N_("The pool of items is not the one the manifest committed to. Stop, keep the files, and report it."),
    "item-content": N_("The text of item {item} is not the one that was issued. Stop, keep the files, and report it."),
    "seed-commitment": N_(
        "The {party}'s share of the seed does not open its commitment. Stop, keep the files, and report it."
    ),
    "package-other-site": N_(
        "This package is for site {found}; this is site {expected}. Use the package issued for this site."
    ),
    "package-other-keys": N_(
        "This package is for a site of the same number ({site}) with other keys: the site was commissioned anew. "
        "Give the bureau its present site.card.json and ask for a new package."
    ),
    # the running session
    "no-session": N_("No session was held in {site} yet. Open a package first: examd site open"),
    "session-unknown": N_("No session {session} was held here. Held were: {held}"),
    "server-unreachable": N_("No server answers for {site}. Start it with: examd site serve {site}"),
    "server-went-away": N_("The server ended the connection. The record is safe; ask for the status and try again."),
    "server-keeps-dying": N_("The server ended {starts} times in a row and was not started again. See its messages."),
    "site-busy": N_("This site is already being served (process {pid}). End that server first."),
    "port-unavailable": N_("Port {port} is not available: {why}. Choose another with --port."),
    "session-exists": N_(
        "Session {session} was held here before; a session cannot be begun twice. Ask the bureau for a new package."
    ),
    "session-running": N_("Session {session} is still running; close it first."),
    "nothing-prepared": N_("No package has been prepared. Open one: examd site open"),
    "already-open": N_("The session {session} is already open. Go on with: examd site start"),
    "already-started": N_("The session has already started. See where it stands: examd site status"),
    "not-open": N_("No session is open. Open a package first: examd site open"),
    "opening-not-cosigned": N_(
        "The opening of session {session} was broken off before the chief examiner had co-signed it. "
        "Repeat: examd site open"
    ),
    "closing-not-cosigned": N_(
        "The closing of session {session} was broken off before the chief examiner had co-signed it. "
        "Repeat: examd site close"
    ),
    "init-unfinished": N_(
        "{file} was left half made by a command that was broken off. "
        "Make it anew: repeat that init, with the same folder."
    ),
    "not-closed": N_(
        "The session is not closed yet; answer keys can be opened only after closing. Close first: examd site close"
    ),
    "closed": N_("The session is closed: nothing more enters the record."),
    "not-graded": N_("There is no result yet in {folder}. Grade first: examd site grade"),
    "seats-open": N_("Not yet handed in: {seats}. Wait, or waive each by name: --waive NUMBER=REASON"),
    "late-undecided": N_(
        "Answers came after the deadline, and nobody decided whether they count: {seats}. "
        "Decide each by name: --count-late NUMBER=REASON or --drop-late NUMBER=REASON"
    ),
    "order-unsigned": N_("The order does not bear the chief examiner's signature. Use the chief examiner's own key."),
    "not-handed-in": N_("Candidate {admission_no} has not handed in. See: examd site status"),
    "terminal-journal-malformed": N_(
        "{file} is no journal of a terminal, or of a version before journals said whose they are."
    ),
    "journal-of-another": N_("{file} is a journal of another session or candidate."),
    "journal-proves-nothing": N_("{file} holds no acknowledged answer that the record does not have."),
    "journals-none": N_(
        "No journal of this session is in these folders ({found} others). Name the terminals' folders."
    ),
    "restore-not-confirmed": N_("Nobody confirmed that these answers are to be admitted; nothing was entered."),
    "not-signed-in": N_("Candidate {admission_no} has not signed in yet, and may at any enrolled terminal."),
    "no-time-left": N_("Candidate {admission_no} has no time left. Give some back with it: --minutes"),
    # terminals
    "terminal-unknown": N_("No terminal named {terminal} is enrolled. See: examd site terminals"),
    "terminal-not-waiting": N_("Some of these machines no longer wait to be enrolled. Begin again: examd site pair"),
    "pairing-not-confirmed": N_("Nothing was enrolled: the list was not confirmed. In a script: --expect N --yes"),
    "not-pairing": N_("Nobody is pairing terminals at the server. Begin: examd site pair"),
    "bad-code": N_("This is not the pairing code. Read it again at the server."),
    "name-taken": N_("Another machine was just paired under this name. Give this one another."),
    "not-enrolled": N_("This machine is not one of the site's terminals. Pair it: examd site pair"),
    "reason-missing": N_("A reason is needed, and may not be blank."),
    "never-started": N_("The session never started. To close it all the same, say why: --never-started REASON"),
    "close-not-confirmed": N_("Nothing was closed: what this decides was not confirmed. In a script: --yes"),
    "given-twice": N_("For {name} two things are given: {first}; {second}. Give one."),
    "conflict-of-interest": N_(
        "{name} is employed by {institution}, which trained candidates of this session: teaching and examining are "
        "kept apart. Somebody else has to do it."
    ),
    "staff-unknown": N_("Nobody on duty is called {name}."),
    "order-needed": N_(
        "The rule allows {most} minutes in all; this would make {minutes}. The chief examiner may order it: give the "
        "command again with --chief DIR."
    ),
    "order-upon-another": N_(
        "The server asks for an order upon something else than was commanded. Nothing was signed."
    ),
    "reopen-over-the-rule": N_(
        "With these minutes {admission_no} would have more time than the rule allows. Give them first, by order of the "
        "chief examiner (examd site addtime --chief DIR), then open the hand-in again."
    ),
    "time-out-of-range": N_("Time can be added by 1 to 180 minutes."),
    "unknown-candidate": N_("No candidate with admission number {admission_no} in this session. Check the number."),
    "seat-unknown": N_("Nobody has signed in at a seat named {seat}. See: examd site status"),
    "seat-of-several": N_("Several candidates signed in at seat {seat}: {candidates}. Name one: --candidate NUMBER"),
    "seat-not-started": N_("The clock of candidate {admission_no} has not started."),
    "already-paused": N_("It is paused already."),
    "not-paused": N_("It is not paused."),
    "form-is-another": N_(
        "Candidate {c} was shown a form that the rule does not draw (expected {expected}, found {found}). "
        "Nothing was graded; keep the record and report it."
    ),
    "internal-error": N_("The server met a fault of its own; the record is safe. See the server's messages."),
    "malformed": N_("The server did not understand the message. Use the same version of examd on both sides."),
    "unknown-act": N_("The server does not know the command {act}. Use the same version of examd on both sides."),
    "command-fact-missing": N_("The command “{act}” lacks {fact}. Use the same version of examd on both sides."),
    "command-fact-malformed": N_("The command's {fact} is not of the kind expected. Correct it and try again."),
    "cosignature-malformed": N_(
        "The chief examiner's signature line is malformed. Try again with the chief examiner's key."
    ),
    "not-all-ready": N_("Not all {expected} seats were ready in time; the demo was ended. Run it again."),
    # the terminal
    "trust-unreadable": N_("{file} is not a root certificate (PEM). Copy root.pem from the site's folder."),
    # staff
    "bad-staff": N_("Name, passphrase or one-time code is wrong. Try again with the next code."),
    "code-used": N_("This one-time code was used already: each command needs a fresh one. The next in {wait_s} s."),
    "stale-code": N_("This one-time code was used already. Wait for the next one (at most 30 seconds)."),
    "too-many-tries": N_("Too many wrong tries. Wait {wait_s} seconds."),
    "not-allowed": N_("{name} ({role}) may not do this: {act}. Ask an administrator."),
    "staff-exists": N_("There is already a person named {name}. Choose another sign-in name."),
    # record
    "record-chain-broken": N_("The record is damaged from entry {idx} on. Stop, keep the disk, and report it."),
    "system-refused-file": N_("{file}: {why}. See to it and try again."),
    "system-refused": N_("The system refused: {why}. See to it and try again."),
    "grading-failed": N_("Grading ended unexpectedly; nothing was published. Try again."),
    "entry-malformed": N_("Line {line} of the exported record is not an entry. Keep the files and report it."),
    "entry-out-of-place": N_("Line {line} of the exported record holds entry {found}. Keep the files and report it."),
}
