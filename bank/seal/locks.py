"""Sealed parts and their locks: stock age v1 files, opened by anyone's age with the right identity.

A part is sealed to a one-off identity K. K travels in a small lock file nested per holder, so that opening needs
every holder in turn and each learns nothing before the turn comes: age(site, age(chief, age(code, K))).

Before: `examd.package.issue` seals. After: `examd.package.open` and `site grade` open.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyrage import DecryptError, IdentityError, RecipientError, decrypt, encrypt, x25519

from bank.refused import BadFile, Denied


@dataclass(frozen=True, slots=True)
class Identity:
    """An X25519 age identity. `text` is the secret "AGE-SECRET-KEY-1…"; `recipient` is public."""

    text: str
    recipient: str

    def __repr__(self) -> str:
        return f"Identity(recipient={self.recipient!r}, …)"

    @classmethod
    def generate(cls) -> "Identity":
        return cls.from_private_bytes(
            X25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        )

    @classmethod
    def from_private_bytes(cls, private: bytes) -> "Identity":
        return cls.from_text(_bech32("age-secret-key-", private).upper())

    @classmethod
    def from_text(cls, text: str) -> "Identity":
        """The identity that age writes so. Raises BadFile: when it is none."""
        try:
            return cls(text, str(x25519.Identity.from_str(text).to_public()))
        except IdentityError:
            raise BadFile("identity-malformed") from None  # the cause could quote the secret


def seal(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """One age file that any single one of `recipients` opens. Raises BadFile: when one is no recipient."""
    try:
        return bytes(encrypt(plaintext, [x25519.Recipient.from_str(r) for r in recipients]))
    except RecipientError:
        raise BadFile("recipient-malformed") from None


def unseal(sealed: bytes, identity: Identity, *, what: str) -> bytes:
    """Raises Denied("lock", what) where `identity` does not open it, whatever the reason: age keeps it from us."""
    try:
        return bytes(decrypt(sealed, [x25519.Identity.from_str(identity.text)]))
    except DecryptError:
        raise Denied("lock", what=what) from None


def lock(secret: Identity, holders: Sequence[str]) -> bytes:
    """`secret` nested for `holders`, outermost first: each must open in turn."""
    inner = secret.text.encode()
    for recipient in reversed(holders):
        inner = seal(inner, [recipient])
    return inner


def identity_in(opened: bytes, *, what: str) -> Identity:
    """The identity that a fully opened lock holds. Raises BadFile: when it holds none."""
    try:
        return Identity.from_text(opened.decode("ascii"))
    except UnicodeDecodeError:
        raise BadFile("lock-content", what=what) from None


_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _bech32(prefix: str, data: bytes) -> str:
    """BIP 173 encoding, which age writes its identities in. pyrage reads such text but cannot make it from bytes."""
    values = _five_bits(data)
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    checksum = _polymod([*expanded, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    tail = [(checksum >> 5 * (5 - i)) & 31 for i in range(6)]
    return prefix + "1" + "".join(_CHARSET[v] for v in [*values, *tail])


def _five_bits(data: bytes) -> list[int]:
    bits = int.from_bytes(data, "big") << (-8 * len(data)) % 5
    count = -(-8 * len(data) // 5)
    return [(bits >> 5 * (count - 1 - i)) & 31 for i in range(count)]


def _polymod(values: Sequence[int]) -> int:
    generator = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for i in range(5):
            if top >> i & 1:
                checksum ^= generator[i]
    return checksum
