"""The bank at rest, encrypted: items with all their revisions, the answer keys in a table of their own, every act kept.

What a candidate sees is a revision's identity (`Content.item_id`), so the same question imported twice is there once;
the item through all its revisions is a *lineage*, named by its first. Listed are by default the approved revisions: no
other may go into a session.

Each module here is one thought, and holds all SQL about it. A module that keeps something is a class; it inherits those
it stands on, and a Bank (`bank.store.bank`) is all of them, so whoever needs one part asks for that one by its type:

    tables, migration, acts, index    the tables; an older bank; the chain of acts; the text that is searched
    opened, people, owners, history   the vault; who may act; whose items are taken in; what was done to each revision
    authors                           who signed for having written what
    items, answer_keys                revisions one by one; what reveals the answer, and the proof that comes first
    catalogue, search, near           the listing in memory; finding and counting; what is nearly the same
    writing, drafts                   a revision into its rows; new wordings
    handed_in, slices                 items of authors elsewhere; of other bodies
    signing, stated                   acts signed and done; whether the rows say what the acts state
    exposure, media, measured, provisions   where items have been; pictures; measured difficulty; repealed law

Before: `bank.formats` makes Items. After: `bank.authoring.lifecycle` reviews them; `bank.rules` counts them,
`examd.package.issue` takes a session pool.
"""

from bank.store.act_audit import Finding
from bank.store.acts import now
from bank.store.bank import DATABASE, KEY_FILE, Bank
from bank.store.bank_item import BankItem
from bank.store.drafts import AddReport
from bank.store.exposure import Exposure, ExposureRecord, Mark

__all__ = [
    "DATABASE", "KEY_FILE", "AddReport", "Bank", "BankItem", "Exposure", "ExposureRecord", "Finding", "Mark", "now",
]  # fmt: skip
