"""Sentences of the desk."""

from tools.say import N_

SENTENCES = {
    "desk-no-terminal": N_("A desk needs a terminal: standard input and output must be one."),
}
