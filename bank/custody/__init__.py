"""Custody: a bank's key in shares, so that opening it takes k of its n keyholders, and leaves its mark.

`hand_over` gives a bank to holders: a new key, the bank copied under it and the copy proved, the key split and every
combination tried from the files as they lie on the disk, the old key destroyed. A founding, the first sharing, a new
key for the same people, and a holder replaced are all this one act: shares of an earlier generation never fit again.

`Opening.begin` rebuilds the key from the shares of those present, opens the vault, forgets the key, and signs into the
journal who was there. An Opening counts what leaves: answer keys up to the bound its holders set, contents as told.

A copy that was put back in the place of a newer one is refused by name (`bank.custody.positions`).

    bank/  bank.db  custody.json (public: who, k, check value)  journal.jsonl  shares/share-<generation>-<index>.json

Before: `bank.store` holds the items, `bank.seal.shares` splits. After: `bank.agent` keeps an Opening open for hours.
"""

from bank.custody.backups import restore
from bank.custody.founding import found
from bank.custody.handing_over import HandedOver, hand_over
from bank.custody.holders import (
    SHARES,
    Custody,
    Holder,
    Offered,
    check_offered,
    find_share,
    is_shared,
    reseal,
    share_name,
    verify_shares,
)
from bank.custody.opening import BULK, Copied, Opening
from bank.custody.positions import Position, position_of

__all__ = [
    "BULK", "SHARES", "Copied", "Custody", "HandedOver", "Holder", "Offered", "Opening", "Position", "check_offered",
    "find_share", "found", "hand_over", "is_shared", "position_of", "reseal", "restore", "share_name", "verify_shares",
]  # fmt: skip
