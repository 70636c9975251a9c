"""Signed statements: canonical JSON, Ed25519, and the type inside what is signed.

`{"signed": {"type": …}, "signatures": [{"keyid", "sig"}]}` is the shape TUF metadata has, so a later trust chain
can sign the same bytes. The type stands inside `signed`: a manifest can never pass as a result.
"""

import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bank.canonical import canonical
from bank.refused import BadFile, Denied

MAX_STATEMENT_BYTES = 64 * 1024 * 1024
"""A result of 100,000 candidates is some 30 MiB; anything larger is not one of ours."""

LONGEST_LINE = 200


def tellable(text: str) -> bool:
    """One line that people can be shown. A name with a line break in it could write lines of its own on a screen on
    which somebody is asked to sign."""
    return 0 < len(text) <= LONGEST_LINE and text.replace("\u3000", "-").isprintable() and text == text.strip()


def public_hex(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def keyid(public: str) -> str:
    """SHA-256 (hex) of the raw public key."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()


def sign(signed: dict[str, Any], *keys: Ed25519PrivateKey) -> bytes:
    """The statement file."""
    message = canonical(signed)
    signatures = [{"keyid": keyid(public_hex(key)), "sig": key.sign(message).hex()} for key in keys]
    return canonical({"signed": signed, "signatures": signatures})


def read(file: bytes, kind: str, *, name: str) -> dict[str, Any]:
    """`signed` of a statement of type `kind`, signatures NOT yet checked (`verify` does). Raises BadFile."""
    if len(file) > MAX_STATEMENT_BYTES:
        raise BadFile("statement-too-large", file=name, bytes=len(file))
    try:
        statement = json.loads(file)
        signed = statement["signed"]
        if signed["type"] != kind:
            raise BadFile("statement-type", file=name, expected=kind, found=str(signed["type"])[:40])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadFile("statement-malformed", file=name) from None
    return dict(signed)


def verify(file: bytes, public: str, *, name: str) -> None:
    """Raises Denied("signature") unless the holder of `public` signed the canonical bytes of `signed`."""
    statement = json.loads(file)
    try:
        message = canonical(statement["signed"])
        wanted = keyid(public)
        # The key id only picks the signature to try; what decides is the key that the caller trusts.
        signatures = [s["sig"] for s in statement["signatures"] if s["keyid"] == wanted]
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        for signature in signatures:
            key.verify(bytes.fromhex(signature), message)
            return
    except (InvalidSignature, ValueError, TypeError, KeyError, RecursionError):
        pass
    raise Denied("signature", file=name)
