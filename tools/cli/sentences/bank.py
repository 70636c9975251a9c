"""Refusals of the bank, of question files and of passphrases as sentences."""

from tools.cli.language import N_

SENTENCES = {
    # The vault (`bank.vault`).
    "vault-exists": N_("{file} exists already and was left alone."),
    "vault-missing": N_("{file} is missing."),
    "vault-plaintext": N_("{file} is NOT encrypted. It is not opened; find out where it comes from."),
    "vault-wrong-key": N_(
        "{file} does not open with this key: it belongs to another key, or its first page is damaged."
    ),
    "vault-short-key": N_("The key has {found} bytes instead of {expected}: the key file is damaged."),
    "vault-not-encrypting": N_("The SQLite library in use does not encrypt ({missing} is empty). Nothing was stored."),
    "vault-other-application": N_("{file} is a vault, but not a {expected}."),
    "vault-version": N_("{file} has form {found}; this program reads form {expected}."),
    "vault-no-sentinel": N_("{file} decrypts, but is not as this program left it."),
    "vault-old-library": N_("SQLite {found} is too old; {expected} or later is needed."),
    "vault-setting": N_(
        "{file}: the library did not accept {setting} = {expected} (it reads {found}). Nothing was stored."
    ),
    "vault-in-use": N_("{file} is in use by another program."),
    "store-full": N_("The disk is full: {file} was left as it was."),
    "store-io": N_("The disk refuses {file} ({error}). Nothing more is written to it."),
    "store-damaged": N_("{file} is damaged."),
    # Sealed files (`bank.seal.passphrase`) and the bank (`bank.store`).
    "passphrase-short": N_("The passphrase has {found} characters; at least {minimum} are needed."),
    "passphrase-same": N_("The new passphrase is the old one. Nothing was changed."),
    "passphrase-guessable": N_(
        "This passphrase is guessed too soon: names, dates, slogans, rows of keys and repeats are tried first. "
        "Take four or more words that have nothing to do with each other, or with you."
    ),
    "wrong-passphrase": N_(
        "Wrong passphrase for {file}. Type it again: mind capitals, the input method, and whose file it is."
    ),
    "sealed-damaged": N_(
        "{file} is not as it was written: damaged or changed. The passphrase is not the cause; use another copy or the "
        "card."
    ),
    "sealed-malformed": N_("{file} is not a sealed file, or is damaged."),
    "sealed-for-other-purpose": N_("{file} was sealed for another purpose than “{expected}”."),
    "sealed-absurd-cost": N_("{file} asks for more memory or time than any file of ours would."),
    "bank-kind-in-shares": N_(
        "A bank of samples or for practice is founded with one passphrase; give it to keyholders afterwards: bank share"
    ),
    "bank-exists": N_("{file} already holds a bank."),
    "bank-missing": N_("There is no bank in {file}."),
    "bank-not-a-folder": N_("{file} is a file; a bank is a folder."),
    # Files that are no bank at all (`bank.formats`).
    "file-missing": N_("There is no file {file}."),
    "media-missing": N_("There is no folder {file}."),
    "unknown-format": N_("{file}: only these forms are known: {known}"),
    "no-items": N_("{file} holds no items."),
    "text-binary": N_("{file} is not text."),
    "text-encoding": N_("{file} is surely neither UTF-8 nor GB18030 text; save it as UTF-8."),
    "csv-quotes": N_("{file} row {row}: the quotation marks do not match."),
    "too-many-rows": N_("{file} has more than {most} rows."),
    "too-many-columns": N_("{file} has more than {most} columns."),
    "workbook-unreadable": N_("{file} is not a workbook that can be read."),
    "workbook-locked-or-old": N_(
        "{file} is locked with a password or in the old .xls form. Save it as .xlsx without a password."
    ),
    "workbook-too-large": N_("{file} unpacks to more than any question file needs; it was not read."),
    "json-file-malformed": N_("{file} is not valid JSON."),
    "suffix-of-other-form": N_("{file}: a file of this form is called {expected}."),
    "nothing-to-write": N_("None of the items can be written in the form {form}; {left_out} were left out."),
    "xml-malformed": N_("{file} line {line}: this is not well-formed XML."),
    "xml-doctype": N_("{file} declares a document type or entities; question files need none, and it was not read."),
    "xml-too-deep": N_("{file} is nested more than {most} deep or holds far too many elements; it was not read."),
    "xml-not-questions": N_("{file} is XML, but no question file (it begins with <{root}>)."),
    "qti-version": N_("This is QTI {found}; read are {known}."),
    "archive-unreadable": N_("{file} is not an archive that can be read, or is damaged."),
    "archive-too-large": N_("{file} unpacks to more than any question file needs; it was not read."),
    "archive-path": N_("{file} holds a part that leads outside ({part}); it was not read."),
    "archive-link": N_("{file} holds a link instead of a file ({part}); it was not read."),
    "archive-locked": N_("{file} is locked with a password."),
    "archive-repeats": N_("{file} holds the part {part} twice; which of them counts cannot be known."),
    "part-too-large": N_("The part {file} is larger than {most} bytes."),
    "docx-unreadable": N_("{file} is not a Word file that can be read."),
    "csv-field": N_("{file} row {row}: a cell or a line is longer than any question; a quotation mark may be missing."),
    "too-many-cells": N_("{file} has more than {most} cells."),
    "questions-in-table": N_(
        "{file}: its questions stand in a table. Copy the table into a workbook (.xlsx) and import that."
    ),
    # Rows that are refused.
    "empty-stem": N_("There is no stem."),
    "empty-option": N_("Option {option} is empty."),
    "repeated-option": N_("Option {option} repeats option {same_as}."),
    "few-options": N_("There are {found} options; at least 2 are needed."),
    "many-options": N_("There are {found} options; at most {most} can be shown."),
    "truefalse-options": N_("The options of a true-false item must be one “true” and one “false”."),
    "unknown-type": N_("The type of item is not known."),
    "unsupported-type": N_("This type of item cannot be used yet."),
    "no-answer": N_("There is no answer."),
    "answer-unreadable": N_("The answer cannot be read."),
    "answer-out-of-range": N_("The answer names an option that is not there (there are {options})."),
    "answer-repeats-itself": N_("The answer names an option twice."),
    "single-many-answers": N_("A single-answer item has {found} answers."),
    "locked-unreadable": N_("The locked options cannot be read."),
    "unknown-level": N_("The cognitive level is not known."),
    "unknown-subject": N_("The subject “{found}” stands in no code list; examd bank subjects shows the list."),
    "subject-of-other-kind": N_("The subject {subject} is no operation of {kind}."),
    "subject-of-other-file": N_("It states the subject {found}, and the whole file is said to be of {expected}."),
    "difficulty-unreadable": N_(
        "The difficulty must be a share of right answers such as 0.85, or one of 易 较易 中 较难 难."
    ),
    "many-names": N_("Column {column} holds more than {most} names."),
    "text-too-long": N_("Column {column} has {found} characters; at most {most} are allowed."),
    "lost-character": N_("Column {column} holds a character that was lost in an earlier conversion (�)."),
    "control-character": N_("Column {column} holds the invisible control character {character}."),
    "cell-error": N_("Column {column} holds a calculation error."),
    "formula": N_("Column {column} holds a formula; paste it as text."),
    "extra-cells": N_("The row has {found} cells, the heading {expected}: an unquoted comma?"),
    "no-heading": N_("No heading row with at least 题干 and 答案 was found; the sheet was not read."),
    "repeated-heading": N_("Two columns both claim to be {column}; the sheet was not read."),
    "repeated-field": N_("Two fields both claim to be {column}."),
    "line-too-long": N_("The line is longer than {most} characters."),
    "json-malformed": N_("This is not valid JSON."),
    "json-not-an-object": N_("This is JSON, but not an item."),
    "row-of-other-owner": N_("It came in a slice of {owner}: such items are taken in by bank accept alone."),
    "json-wrong-kind": N_("Column {column} is not of the kind expected."),
    "picture-path": N_("A picture is named outside the folder of the file."),
    "picture-unreadable": N_("{picture} is not a picture that can be read."),
    "picture-too-large": N_("{picture} is larger than {most} bytes."),
    "picture-too-many-pixels": N_("{picture} has {width} × {height} points: too many for any screen."),
    "unsupported-interaction": N_("Questions of the kind “{interaction}” cannot be used."),
    "unsupported-markup": N_("It holds “{markup}”, which plain text and pictures cannot say."),
    "several-interactions": N_("It asks {found} things at once; an item asks one."),
    "no-interaction": N_("It asks nothing: there is no place for an answer."),
    "qti-template": N_("It is a template that makes another question each time; an item is one question."),
    "qti-adaptive": N_("It changes with the candidate's answers; an item stays as it is."),
    "qti-part-missing": N_("The package names {part}, which it does not hold."),
    "repeated-identifier": N_("Two options bear one identifier."),
    "tolerance-not-read": N_("How near a number must come is said in a way that cannot be kept."),
    "gift-braces": N_("The braces {{ }} do not match; there must be one pair."),
    "gift-answers": N_("What stands in the braces is not an answer in GIFT."),
    "several-numbers": N_("{found} numbers are right; an item has one, with a tolerance."),
    "wildcard-answer": N_("The answer holds a * that stands for anything."),
    "unit-multiplier": N_("Units are converted into each other; the bank does not convert."),
    "fill-with-options": N_("A fill-in item has options."),
    "place-without-case": N_("It has a place in a case group, but no background."),
    "no-place-in-case": N_("Its place in the case group must be a number from 1 to {most}."),
    "case-not-there": N_("It belongs to a case whose background this file does not hold before it."),
    "types-disagree": N_("It states its type twice, and not alike."),
    "answers-disagree": N_("It states its answer twice, and not alike."),
    "basis-date": N_("A date of its basis cannot be read (YYYY-MM-DD)."),
    "translation-of-other-shape": N_("A translation has other options than the item, or lacks a part."),
    "struck-text": N_("Some of it is struck out: whether that belongs to the question only its author knows."),
    "hidden-text": N_("Some of it is hidden text."),
    "two-questions": N_("It seems to hold another question; begin each with its number on a line of its own."),
    "bracket-unclear": N_(
        "The letter in the brackets of the stem may be the answer or part of the text. Empty the brackets, "
        "or put empty ones where the answer belongs."
    ),
    "cell-struck": N_("Column {column} holds text that is struck out."),
    "cell-date": N_(
        "Column {column} holds a date or a time, which shows differently on each computer; type it "
        "again in a cell formatted as text."
    ),
    "cell-shown-otherwise": N_(
        "Column {column} shows its number otherwise than the cell holds it (number format {form}); "
        "type it again in a cell formatted as text."
    ),
    "cell-raised": N_("Column {column} is raised or lowered as a whole; format only the characters concerned."),
    "number-too-long": N_(
        "Column {column} holds a number of more than 15 digits: a workbook loses those behind; format the cell as text."
    ),
    "picture-in-cell": N_(
        "Column {column} holds a picture placed in the cell itself, which cannot be read; place it over the cell."
    ),
    "picture-not-in-cell": N_(
        "A picture lies over this row, but not within one cell of the stem, of an option or of a background: "
        "whose it is cannot be known."
    ),
    "drawing-not-read": N_("A shape, text box or chart lies over this row; it cannot be read."),
    "difficulty-scale": N_(
        "Its difficulty is 1, and others in the file are 2 or more: that is a scale, and no share of right answers."
    ),
    "stacked-accents": N_("Column {column} heaps accents upon one character."),
    # Remarks about what was accepted.
    "feedback-not-read": N_("What it says to single answers was not read; the general explanation was."),
    "scoring-not-read": N_("It gives part of the points for some answers; only full ones were read as right."),
    "picture-moved": N_("A picture stood within the text; it is shown below it."),
    "picture-of-explanation": N_("A picture in the explanation was not read."),
    "option-begins-with-percent": N_("An option begins with a percentage: in GIFT a weight is written %50%."),
    "case-not-kept": N_("Capital letters were to count; in the bank they do not."),
    "answer-without-question": N_("An answer here belongs to no question and was not read."),
    "case-without-questions": N_("No question that can be read follows this background; it was not read."),
    "answer-in-stem": N_(
        "In {found} questions from here on, the answer stood in the brackets of the stem and was taken out of them."
    ),
    "answer-shown": N_("The answer stands in the brackets of the stem: candidates would see it. Empty the brackets."),
    "answer-within-text": N_(
        "An answer stands where it cannot be told from the text; write it on a line of its own: 答案：B."
    ),
    "options-without-question": N_("Options stand here without a question; begin it with its number, as in 1. …"),
    "bracket-left": N_("What stands in brackets in the stem reads like an answer; it was left as part of the text."),
    "answers-without-numbers": N_("Answers without the numbers of their questions were not read."),
    "shared-options": N_("Questions that share one list of options are not read."),
    "table-not-read": N_("A table of questions within a text was not read; copy it into a workbook."),
    "hidden-sheet": N_("This sheet is hidden; it was read."),
    "hidden-rows": N_("From here on {found} rows are hidden; they were read."),
    "hidden-column": N_("Column “{column}” is hidden; it was read."),
    "drawing-without-row": N_("A picture or drawing on this sheet belongs to no row and was not read."),
    "type-from-above": N_("From here on {found} rows name no type; that of the row above was taken."),
    "difficulty-certain": N_("From here on {found} rows have difficulty 1; it was read as: everyone answers rightly."),
    "one-answer-of-several": N_("A multiple-answer item with one right answer."),
    "several-blanks": N_(
        "The stem has several blanks; the candidate has one place to write, and must write all as the answer does."
    ),
    "answer-as-one-text": N_("The answer was read as one text; alternatives are parted by |."),
    "line-not-read": N_("This line belongs to no question and was not read."),
    "item-not-in-manifest": N_("The package holds this item, and its manifest does not name it: it was not read."),
    "column-not-read": N_("Column “{column}” means nothing here and was not read."),
    "option-letters-unclear": N_("The letters of the options make no whole: one stands twice, or one is left out."),
    "option-letters-disagree": N_(
        "An option bears another letter than its column or label; which of the two is meant?"
    ),
    "option-letters-and-numbers": N_(
        "The options bear letters out of order, and the answer is a number; write the answer as letters."
    ),
    "option-holds-another": N_("Option {option} seems to hold the next one too; begin each option on its own."),
    "options-unclear": N_(
        "What parts the options of this cell is not sure; put each on a line of its own, or part them by |."
    ),
    "column-decides": N_(
        "Column “{column}” was not read, and the answer may depend on it; rename its heading, or remove it."
    ),
    "answer-letter-unclear": N_("The answer F may be an option or “false”; name the type."),
    "answer-two-ways": N_("The answer can be read in two ways, or its letter and its text disagree."),
    "answer-counts-from-one": N_("Answers here seem to count options from 1; write them as letters."),
    "json-option-unclear": N_("Which field holds the text of an option is not sure."),
    "text-left-over": N_("“{left}” stands here and found no place in the item; the row was not read."),
    "text-behind-answer": N_(
        "What stood in brackets behind the answer's bracket became the explanation: it gave the answer away."
    ),
    "section-not-read": N_("A section of a kind that is not read begins here."),
    "part-not-read": N_("It holds “{markup}”, which was not read."),
    "header-not-read": N_("What stands at the top or bottom of each page was not read: “{text}”."),
    "tracked-changes": N_(
        "From here on {found} paragraphs hold tracked changes; they were read as if all were accepted."
    ),
    "note-not-read": N_("A footnote or endnote hangs here; it was not read."),
    "comment-not-read": N_("A comment hangs here; it was not read."),
    "title-not-read": N_("The title of the question was not read."),
    "hidden-question": N_("This question is hidden where it comes from; it was read."),
    "style-sheet-not-read": N_(
        "A style sheet that it names is not in the file; should it hide or strike something, that is not seen."
    ),
    "rubric-not-read": N_("What is said to others than candidates was not read."),
    "encoding-assumed": N_("Nothing in the file says its encoding; it was read as {encoding}."),
    "rows-above-heading": N_("{found} rows above the heading were not read."),
    "numbers-taken-off": N_("From here on the numbers before {found} stems were taken off."),
    "shuffle-not-said": N_(
        "From here on {found} questions do not say whether their options may be shuffled; as QTI has it, they stay in "
        "their order (locked)."
    ),
    "number-before-stem": N_("From here on a number stands before {found} stems; is it the questions' own?"),
    "own-letter-left": N_("An option bears a letter or number of its own; shuffled, it would lie."),
    "option-may-hold-next": N_("An option may hold the next one too; look at its end."),
    "answer-word-in-stem": N_("The stem holds a word like 答案: candidates would see it."),
    "answer-word-in-option": N_("An option holds a word like 答案; was it read to its end?"),
    "markup-as-text": N_("Markup (HTML or TeX) came in as text."),
    "option-speaks-of-place": N_("An option speaks of the place of others; it was locked, or all were."),
    "few-options-beside": N_("This item has far fewer options than its neighbours; was one read into another?"),
    "code-disagrees": N_("{code}: its code claims another number of right answers than are marked."),
    "picture-missing": N_("{code}: its picture was not found; it stays out of pools."),
    # Passphrases (`tools.cli.secrets`).
    "secret-empty": N_("The passphrase is empty."),
    "secret-mismatch": N_("The two entries differ."),
    "secret-no-terminal": N_("There is no terminal to ask at; passphrases and codes can be given as files (--help)."),
    "secret-file-open": N_("{file} can be read by other users; take their rights away first (chmod 600)."),
    "secret-file-unreadable": N_("{file} cannot be read ({error})."),
    "secret-file-malformed": N_("{file} does not begin with a line of UTF-8 text."),
}

COLUMNS = {
    "stem": N_("stem"),
    "option": N_("option"),
    "options": N_("option"),
    "explanation": N_("explanation"),
    "basis": N_("basis"),
    "subject": N_("subject"),
    "kind_of_work": N_("kind of work"),
    "chapter": N_("chapter"),
    "topic": N_("topic"),
    "code": N_("number"),
    "number": N_("number"),
    "source": N_("source"),
    "enemies": N_("enemies"),
    "tags": N_("tags"),
    "locked": N_("locked options"),
    "images": N_("picture"),
    "type": N_("type"),
    "answer": N_("answer"),
    "level": N_("level"),
    "difficulty": N_("difficulty"),
    "lang": N_("language"),
    "background": N_("background of the case"),
    "calibrated": N_("measured difficulty"),
    "bases": N_("provisions with their dates"),
    "translations": N_("other languages"),
    "provenance": N_("provenance"),
}
"""Names of columns, for the sentences above."""

LEFT_OUT = {
    "pictures": N_("it has pictures"),
    "picture-missing": N_("its picture is not in the bank"),
    "case": N_("it belongs to a case group"),
    "type": N_("the form knows one right answer only"),
    "fill": N_("the form knows no blank to be filled in"),
    "units": N_("its number has units, or is accepted in words as well"),
    "arrow": N_("an accepted text holds ->"),
    "lines": N_("an option has several lines"),
    "not-readable-again": N_("its text would be read otherwise"),
    "lent": N_("it belongs to {owner}, who lent it for use here alone"),
}
"""Why a form cannot hold an item."""

TYPES = {"single": N_("single"), "multiple": N_("multiple"), "truefalse": N_("true-false"), "fill": N_("fill-in")}

LEVELS = {"know": N_("know"), "grasp": N_("grasp"), "master": N_("master"), "none": N_("no level")}
