"""Signed statements (docs/formats.md §3): `{"signed": …, "signatures": [{"keyid", "sig"}]}`.

The signature covers the canonical JSON of `signed`, so the file's own spacing proves nothing and changes nothing.
The key id is computed here from the key: a statement never chooses the key it is checked with.
"""

import hashlib
from typing import Any

from . import canonical, notes
from .shapes import Shape, hexadecimal, list_of, pattern, record


def shape(signed: Shape) -> Shape:
    signature = record({"keyid": hexadecimal(32), "sig": pattern(r"[0-9a-f]*", "hex")})
    return record({"signed": signed, "signatures": list_of(signature, least=1)})


def signed_by(statement: dict[str, Any], public_key: bytes) -> bool:
    """Whether one of the signatures is by this Ed25519 key, over the canonical bytes of `signed`."""
    key_id = hashlib.sha256(public_key).hexdigest()
    message = canonical.encode(statement["signed"])
    return any(
        each["keyid"] == key_id
        and len(each["sig"]) == 128
        and notes.verified(public_key, bytes.fromhex(each["sig"]), message)
        for each in statement["signatures"]
    )
