"""A secret in k-of-n shares: SLIP-39 words, each share sealed to its holder's passphrase in a file of its own.

k shares rebuild the secret, k-1 say nothing about it. With its words a holder keeps a signing key, so that an opening
can name who was there and be checked by anyone. What stands in clear around the sealed part (whose bank, which
generation, which holder) is bound to it: changed, the share no longer opens.

    {"bank":…, "format":"examd-share-1", "generation":1, "holder":"王强", "index":1, "need":2, "of":3,
     "sealed":{a file of bank.seal.passphrase}}

The words come from the reference implementation, which does not hide its timing. It runs here on a machine that
holds the rebuilt secret anyway; its 45 published vectors are in our tests.

After: `bank.custody` shares a bank's key among its keyholders.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.constants import CUSTOMIZATION_STRING_EXTENDABLE
from shamir_mnemonic.rs1024 import verify_checksum
from shamir_mnemonic.shamir import decode_mnemonics, recover_ems
from shamir_mnemonic.wordlist import WORDLIST, mnemonic_from_indices, mnemonic_to_indices

from bank.canonical import canonical, digest
from bank.refused import BadFile, Denied
from bank.seal import codes
from bank.seal import passphrase as sealing
from bank.seal.statements import public_hex

FORMAT = "examd-share-1"
WORDS, GROUPS = 33, 8
"""Of a share in clear: words of SLIP-39 for 256 bits, and groups of the signing key."""
_GROUP = re.compile("[0-9a-f]{9}")
MOST = 16
"""Shares in one group: SLIP-39 gives the index four bits."""
SEED_BYTES = 32
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Head:
    """What a share says of itself in clear."""

    bank: str
    generation: int
    need: int
    of: int
    index: int
    holder: str


@dataclass(frozen=True, slots=True)
class Share:
    """An opened share: secret."""

    head: Head
    words: str = field(repr=False)
    signing_key: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> str:
        return public_hex(self.signing_key)


def check_policy(need: int, of: int) -> None:
    """That `need` of `of` holders is a policy SLIP-39 and two people's sense allow. Raises Denied: when it is not."""
    # One of n would be n people who each can walk away with the bank: that is what shares are there to prevent.
    if need > of:
        raise Denied("shares-need-above", need=need, of=of)
    if not 2 <= need <= of <= MOST:
        raise Denied("shares-policy", need=need, of=of, most=MOST)


def split(secret: bytes, need: int, of: int) -> list[str]:
    """The words of `of` shares, any `need` of which rebuild `secret`; each such combination has been tried."""
    check_policy(need, of)
    words: list[str] = generate_mnemonics(1, [(need, of)], secret)[0]
    try_all(words, need, secret)
    return words


def try_all(words: Sequence[str], need: int, secret: bytes) -> int:
    """Rebuilds from every combination of `need`; how many there were. Raises Denied where one gives another secret."""
    if len(words) < need:
        raise Denied("shares-too-few", need=need, found=len(words))
    masters = set()
    count = 0
    for chosen in combinations(words, need):
        try:
            masters.add(recover_ems(decode_mnemonics(chosen)))  # the slow key stretching is the same for all: once
        except MnemonicError:
            raise Denied("shares-do-not-fit") from None
        count += 1
    if len(masters) != 1 or masters.pop().decrypt(b"") != secret:
        raise Denied("shares-do-not-fit")
    return count


def rebuild(words: Iterable[str], passphrase: bytes = b"") -> bytes:
    """The secret. SLIP-39's own passphrase is not used by us: a wrong one could not be told from a right one.

    Raises Denied: when they do not fit.
    """
    try:
        return bytes(combine_mnemonics(words, passphrase))
    except (MnemonicError, ValueError):
        raise Denied("shares-do-not-fit") from None


def seal(share: Share, passphrase: str) -> bytes:
    """The share's file."""
    indices = mnemonic_to_indices(share.words)
    secret = share.signing_key.private_bytes_raw() + b"".join(index.to_bytes(2, "big") for index in indices)
    sealed = json.loads(sealing.seal(secret, passphrase, _purpose(share.head)))
    return canonical({"format": FORMAT, **asdict(share.head), "sealed": sealed})


def in_clear(share: Share) -> str:
    """The words and, in 8 groups of 9 digits (0-9, a-f), the signing key: all that is needed where file or passphrase
    are lost. The last digit of each group checks it and its place (`bank.seal.codes`).

    The key is not made from the words: k holders together can compute the words of all others, and could then sign as
    somebody who was not there.
    """
    return f"{share.words} {codes.spoken_root(share.signing_key.private_bytes_raw().hex())}"


def from_clear(head: Head, parts: Sequence[str]) -> Share:
    """The inverse, from what `clear_parts` gave. What is wrong is named by its place, and nothing of it is said.

    Raises Denied: when words are missing or misspelt.
    """
    if len(parts) != WORDS + GROUPS:
        raise Denied("words-shape", found=len(parts), words=WORDS, groups=GROUPS)
    check_words(parts[:WORDS])
    seed = codes.root_of(" ".join(parts[WORDS:]))
    return Share(head, " ".join(parts[:WORDS]), Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)))


def clear_parts(text: str, first: int = 1) -> list[str]:
    """Words and groups as typed from part `first` on, with or without the numbers before them and in as many lines as
    they like; a word may be cut after its fourth letter. Raises Denied naming the first that cannot be."""
    parts: list[str] = []
    for typed in unicodedata.normalize("NFKC", text).lower().split():
        number = first + len(parts)
        part = typed.removeprefix(f"{number}.")
        if not part or part == str(number):
            continue
        if number > WORDS:
            place = number - WORDS
            if place > GROUPS or not _GROUP.fullmatch(part) or codes.root_check_digit(part[:-1], place) != part[-1]:
                raise Denied("words-group", number=number)
            parts.append(part)
        else:
            fitting = [word for word in WORDLIST if word == part or (len(part) >= 4 and word.startswith(part))]
            if len(fitting) != 1:
                raise Denied("words-unknown", number=number)
            parts += fitting
    return parts


def check_words(words: Sequence[str]) -> None:
    """Raises Denied naming the one word that is wrong, or 0 where more than one is."""
    try:
        decode_mnemonics([" ".join(words)])
    except MnemonicError:
        number = _wrong_word(words)
        raise Denied("words-wrong" if number else "words-several-wrong", number=number) from None


def _wrong_word(words: Sequence[str]) -> int:
    """The place of the one word whose exchange makes the checksum hold; 0 where more than one is wrong."""
    indices = list(mnemonic_to_indices(" ".join(words)))
    for place, index in enumerate(indices):
        for other in range(len(WORDLIST)):
            indices[place] = other
            if other != index and verify_checksum(indices, CUSTOMIZATION_STRING_EXTENDABLE):
                return place + 1
        indices[place] = index
    return 0


def printable(file: bytes) -> str:
    """The share's file in ASCII, for a QR code: what a scanner types back is read like the file."""
    return json.dumps(json.loads(file), separators=(",", ":"))


def head_of(file: bytes, *, name: str = "") -> Head:
    return _read(file, name)[0]


def unseal(file: bytes, passphrase: str, *, name: str = "") -> Share:
    """Raises Denied("wrong-passphrase") or BadFile where the file is not a share as it was made."""
    head, sealed = _read(file, name)
    try:
        secret = sealing.unseal(canonical(sealed), passphrase, _purpose(head), file=name)
    except BadFile as refusal:
        if refusal.code == "sealed-for-other-purpose":
            raise BadFile("share-altered", file=name, holder=head.holder) from None
        raise
    words = secret[SEED_BYTES:]
    indices = [int.from_bytes(words[at : at + 2], "big") for at in range(0, len(words), 2)]
    signing_key = Ed25519PrivateKey.from_private_bytes(secret[:SEED_BYTES])
    return Share(head, mnemonic_from_indices(indices), signing_key)


def _purpose(head: Head) -> str:
    return f"bank-share {digest(asdict(head))}"


def _read(file: bytes, name: str) -> tuple[Head, dict[str, Any]]:
    try:
        if len(file) > sealing.LARGEST_FILE:
            raise ValueError
        document = json.loads(file)
        if document.pop("format") != FORMAT:
            raise ValueError
        sealed = document.pop("sealed")
        head = Head(**document)
        numbers = (head.generation, head.need, head.of, head.index)
        if not all(type(number) is int for number in numbers) or not all(
            isinstance(text, str) for text in (head.bank, head.holder)
        ):
            raise ValueError
        canonical(sealed)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadFile("share-malformed", file=name) from None
    return head, dict(sealed)
