"""A secret sealed to a person's passphrase: Argon2id, then ChaCha20-Poly1305, in one small JSON file.

The bank's key lies beside the bank in this form. A lost laptop then costs the finder one Argon2id of 64 MiB for
each guess. The whole header is authenticated, so a file sealed for one purpose cannot pass for another.

    {"argon2id":{"lanes":4,"memory_kib":65536,"passes":3,"salt":…},"ciphertext":…,"format":"examd-passphrase-1",
     "nonce":…,"purpose":"bank-key","sum":…}                                            (bytes in hexadecimal)

The sum is of the rest as it was written, so that a file which a stick spoilt is told from a passphrase that was
mistyped. It keeps nobody from changing both: that shows as a passphrase that never fits.
"""

import json
import secrets
import unicodedata
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from bank.canonical import canonical, digest
from bank.refused import BadFile, Denied
from bank.seal.guesses import guesses

FORMAT = "examd-passphrase-1"
SHORTEST = 10
"""Characters. Chinese passphrases are short in characters and rich in choice; ten serves both scripts."""
LEAST_GUESSES = 0.99e10
"""Ten random digits or characters have just these. At 64 MiB and some tenths of a second each, a hundred processors are
years at it."""

MEMORY_KIB, PASSES, LANES = 64 * 1024, 3, 4  # RFC 9106 §4, second recommended option
MOST_MEMORY_KIB, MOST_PASSES, MOST_LANES = 256 * 1024, 8, 16  # a file may not order us to take the machine's memory
SALT_BYTES, NONCE_BYTES, TAG_BYTES = 16, 12, 16
LARGEST_FILE = 64 * 1024


def check_passphrase(passphrase: str, about: Sequence[str] = ()) -> None:
    """That it is worth Argon2id's work. `about`: names and numbers of its owner, which others would try.

    Raises Denied: when it is too short, or guessed too soon.
    """
    length = len(unicodedata.normalize("NFC", passphrase))
    if length < SHORTEST:
        raise Denied("passphrase-short", minimum=SHORTEST, found=length)
    if guesses(passphrase, about) < LEAST_GUESSES:
        raise Denied("passphrase-guessable")


def seal(secret: bytes, passphrase: str, purpose: str, about: Sequence[str] = ()) -> bytes:
    """The file's bytes. `purpose` must be said again to unseal; `about`: see `check_passphrase`."""
    check_passphrase(passphrase, about)
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    header: dict[str, Any] = {
        "argon2id": {"lanes": LANES, "memory_kib": MEMORY_KIB, "passes": PASSES, "salt": salt.hex()},
        "format": FORMAT,
        "nonce": nonce.hex(),
        "purpose": purpose,
    }
    cipher = ChaCha20Poly1305(_derive(passphrase, salt, MEMORY_KIB, PASSES, LANES))
    ciphertext = cipher.encrypt(nonce, secret, canonical(header))
    document = header | {"ciphertext": ciphertext.hex()}
    return canonical(document | {"sum": _sum(document)})


def sealed_anew(data: bytes, old: str, new: str, *, file: str = "") -> bytes:
    """The same secret for the same purpose, under a new passphrase. Raises as `unseal` and `check_passphrase` do."""
    purpose = _read(data, file)["purpose"]
    return seal(unseal(data, old, purpose, file=file), new, purpose)


def unseal(data: bytes, passphrase: str, purpose: str, *, file: str = "") -> bytes:
    """The secret.

    Raises BadFile: when the file is no such seal, or not as it was written.
    Raises Denied: when the passphrase is another one.
    """
    document = _read(data, file)
    try:
        costs = document["argon2id"]
        memory, passes, lanes = costs["memory_kib"], costs["passes"], costs["lanes"]
        salt, nonce = bytes.fromhex(costs["salt"]), bytes.fromhex(document["nonce"])
        ciphertext = bytes.fromhex(document["ciphertext"])
        if len(salt) != SALT_BYTES or len(nonce) != NONCE_BYTES or len(ciphertext) < TAG_BYTES:
            raise ValueError
        if document["purpose"] != purpose:
            raise BadFile("sealed-for-other-purpose", file=file, expected=purpose)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadFile("sealed-malformed", file=file) from None
    for cost, most in ((lanes, MOST_LANES), (passes, MOST_PASSES), (memory, MOST_MEMORY_KIB)):
        if type(cost) is not int or not 1 <= cost <= most:
            raise BadFile("sealed-absurd-cost", file=file)
    if memory < 8 * lanes:  # RFC 9106 §3.1: below this the function is not defined
        raise BadFile("sealed-absurd-cost", file=file)
    header = {name: value for name, value in document.items() if name != "ciphertext"}
    cipher = ChaCha20Poly1305(_derive(passphrase, salt, memory, passes, lanes))
    try:
        return cipher.decrypt(nonce, ciphertext, canonical(header))
    except InvalidTag:
        raise Denied("wrong-passphrase", file=file) from None


def _read(data: bytes, file: str) -> dict[str, Any]:
    """The file as JSON, its sum taken off."""
    try:
        if len(data) > LARGEST_FILE:
            raise ValueError
        document: dict[str, Any] = json.loads(data)
        if canonical(document) != data or document["format"] != FORMAT:  # one spelling: no smuggled duplicates
            raise ValueError
        if not isinstance(document["purpose"], str):
            raise ValueError
        if "sum" in document and document.pop("sum") != _sum(document):  # none in files of earlier versions
            raise BadFile("sealed-damaged", file=file)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadFile("sealed-malformed", file=file) from None
    return document


def _sum(document: dict[str, Any]) -> str:
    return digest(document)[:16]


def _derive(passphrase: str, salt: bytes, memory_kib: int, passes: int, lanes: int) -> bytes:
    # NFC: the same characters typed on another keyboard or system may arrive in another composition.
    spoken = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib).derive(spoken)
