"""Sentences of the desk."""

from tools.cli.language import N_

SENTENCES = {
    "case-in-review": N_("Item {item} of the same case waits for its reviewer: its background cannot be changed now."),
    "provision-without-words": N_("A provision has dates and no words."),
    "desk-no-terminal": N_("A desk needs a terminal: standard input and output must be one."),
}
