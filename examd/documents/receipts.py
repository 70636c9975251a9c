"""The receipts of a session, by its record: what a candidate wrote down at the end, for the score sheet.

Before: `entries.jsonl` of the result. After: `examd.documents.tables`; `tools/verify` makes them anew for itself.
"""

from pathlib import Path

from bank.durable import read_bytes
from bank.refused import BadFile
from examd.protocol.receipt import receipt_code, receipt_code_before
from examd.record.entries import NO_CHAIN, Kind, chain_hash, decode_entry, leaf_hash

MARKS = (b'"HAND_IN"', b'"REOPEN"')
"""Of a hundred entries one is worth decoding."""


def read(folder: Path) -> dict[int, str]:
    """Candidate's number -> code of the hand-in that ends their record. Raises BadFile: an entry cannot be read."""
    found: dict[int, str] = {}
    chain = NO_CHAIN
    for number, line in enumerate(read_bytes(folder / "entries.jsonl", named="entries.jsonl").splitlines(), 1):
        leaf = leaf_hash(line)
        chain = chain_hash(chain, leaf)
        if not any(mark in line for mark in MARKS):
            continue
        try:
            entry = decode_entry(line)
        except ValueError:
            raise BadFile("entry-malformed", line=number) from None
        if entry.type is Kind.HAND_IN:
            # the hand-ins of earlier records bear no head of acts
            found[entry.body["c"]] = receipt_code(chain) if "acts" in entry.body else receipt_code_before(leaf)
        elif entry.type is Kind.REOPEN:
            found.pop(entry.body["c"], None)
    return found
