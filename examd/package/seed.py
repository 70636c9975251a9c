"""The session's seed from two shares, bureau's and room's, each committed to before the other could be seen.

Before: `examd.package.open` (the bureau's share is sealed with the items), the record's PREPARE entry (the room's
commitment). After: `bank.composing.assembly`.
"""

from bank.composing import draw
from bank.refused import Denied
from examd.package.layout import Manifest


def room_commit(manifest: Manifest, room_r: bytes) -> str:
    """What the record holds before release code 1 is used."""
    return _commit(manifest, "room", room_r)


def session_seed(manifest: Manifest, bureau_r: bytes, room_r: bytes, committed: str) -> bytes:
    """`committed`: the room's commitment in the record. Raises Denied naming the party whose share does not open it."""
    if _commit(manifest, "bureau", bureau_r) != manifest.seed_commit.get("bureau"):
        raise Denied("seed-commitment", party="bureau")
    if _commit(manifest, "room", room_r) != committed:
        raise Denied("seed-commitment", party="room")
    root, rule_hash = bytes.fromhex(manifest.pool.root), bytes.fromhex(manifest.rule.sha256)
    return draw.seed(manifest.draw_session, root, rule_hash, {"bureau": bureau_r, "room": room_r})


def _commit(manifest: Manifest, party: str, share: bytes) -> str:
    root, rule_hash = bytes.fromhex(manifest.pool.root), bytes.fromhex(manifest.rule.sha256)
    return draw.commit(party, manifest.draw_session, root, rule_hash, share).hex()
