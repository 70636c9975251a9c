"""Sentences of drafts handed in from elsewhere."""

from tools.cli.language import N_

SENTENCES = {
    "bank-card-malformed": N_("{file} is no bank's card, or was altered. Ask the bank for it again."),
    "drafts-no-card": N_("{file} cannot be for this bank: it has never made a card (examd bank card)."),
    "drafts-malformed": N_("{file} is not a file of drafts that “bank pack” wrote."),
    "drafts-other-bank": N_("{file} was packed for another bank; nothing was taken."),
    "drafts-altered": N_("{file} was altered or damaged on its way; nothing was taken. Ask its author for it again."),
    "drafts-taken": N_("{file} was taken already, at {at}; a file is taken once."),
    "drafts-measured": N_("A measured difficulty was left out: what is measured comes from results, not from authors."),
    "revises-no-item": N_("{item}: {found} items of the files have this code; --revises needs exactly one."),
    "handin-file-exists": N_("{file} exists; choose another name."),
}
