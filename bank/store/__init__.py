"""The bank at rest, encrypted: items with all their revisions, the answer keys in a table of their own, every act kept.

What a candidate sees is a revision's identity (`Content.item_id`), so the same question imported twice is there once;
the item through all its revisions is a *lineage*, named by its first. Listed are by default the approved revisions: no
other may go into a session.

Each module here is one thought, and holds all SQL about it. A module that keeps something is a class, a *part*, that
takes what it stands on; a Bank (`bank.store.bank`) is made of all of them, and called by part: `bank.items.find(…)`.

    tables, migration, acts          the tables; an older bank; the chain of acts
    meta, rules                      what kind of bank it is; the rules it was used with
    people, owners, history          who may act; whose items are taken in; what was done to each revision
    authors, proof                   who signed for having written what; whether signatures cover a revision
    items, answer_keys, media        revisions, one by one and many; what reveals the answer; pictures
    listing, catalogue, search_text  the listing in memory, and what is asked of it
    near_duplicates                  what is nearly the same
    writing, drafts, submissions     a revision into its rows; new wordings; those of authors elsewhere
    reviews, slices                  acts signed and done; items of other bodies
    outgoing                         who took items out, to whom
    exposure, watermarks             where items have been; by which a leak is traced
    calibrations, provisions         measured difficulty; repealed law
    audit                            whether the rows say what the acts state

Before: `bank.formats` makes Items. After: `bank.authoring.lifecycle` reviews them; `bank.rules` counts them,
`examd.package.issue` takes a session pool.
"""

from bank.store.audit import Finding
from bank.store.bank import DATABASE, KEY_FILE, Bank, OpenBank
from bank.store.bank_item import BankItem, ItemOutline
from bank.store.exposure import Exposure, ExposureRecord
from bank.store.watermarks import Watermark

__all__ = [
    "DATABASE",
    "KEY_FILE",
    "Bank",
    "BankItem",
    "Exposure",
    "ExposureRecord",
    "Finding",
    "ItemOutline",
    "OpenBank",
    "Watermark",
]
