"""Refusals of the bank, of question files and of passphrases as sentences."""

from tools.say import N_

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
    "wrong-passphrase": N_("Wrong passphrase for {file}."),
    "sealed-malformed": N_("{file} is not a sealed file, or is damaged."),
    "sealed-for-other-purpose": N_("{file} was sealed for another purpose than “{expected}”."),
    "sealed-absurd-cost": N_("{file} asks for more memory or time than any file of ours would."),
    "bank-exists": N_("{file} already holds a bank."),
    "bank-missing": N_("There is no bank in {file}."),
    "bank-not-a-folder": N_("{file} is a file; a bank is a folder."),
    # Files that are no bank at all (`bank.formats`).
    "file-missing": N_("There is no file {file}."),
    "file-unreadable": N_("{file} cannot be read ({error})."),
    "file-too-large": N_("{file} is larger than {most} bytes."),
    "media-missing": N_("There is no folder {file}."),
    "unknown-format": N_("{file}: only these forms are known: {known}"),
    "no-items": N_("{file} holds no items."),
    "text-binary": N_("{file} is not text."),
    "text-encoding": N_("{file} is neither UTF-8 nor GB18030 text."),
    "csv-quotes": N_("{file} row {row}: the quotation marks do not match."),
    "too-many-rows": N_("{file} has more than {most} rows."),
    "too-many-columns": N_("{file} has more than {most} columns."),
    "workbook-unreadable": N_("{file} is not a workbook that can be read."),
    "workbook-locked-or-old": N_(
        "{file} is locked with a password or in the old .xls form. Save it as .xlsx without a password."
    ),
    "workbook-too-large": N_("{file} unpacks to more than any question file needs; it was not read."),
    "json-file-malformed": N_("{file} is not valid JSON."),
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
    "json-wrong-kind": N_("Column {column} is not of the kind expected."),
    "picture-path": N_("A picture is named outside the folder of the file."),
    "picture-unreadable": N_("{picture} is not a picture that can be read."),
    "picture-too-large": N_("{picture} is larger than {most} bytes."),
    # Remarks about what was accepted.
    "column-not-read": N_("Column “{column}” means nothing here and was not read."),
    "code-disagrees": N_("{code}: its code claims another number of right answers than are marked."),
    "picture-missing": N_("{code}: its picture was not found; it stays out of pools."),
    # Passphrases (`tools.secrets`).
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
}
"""Names of columns, for the sentences above."""

TYPES = {
    "single": N_("single"),
    "multiple": N_("multiple"),
    "truefalse": N_("true-false"),
}

LEVELS = {
    "know": N_("know"),
    "grasp": N_("grasp"),
    "master": N_("master"),
    "none": N_("no level"),
}
