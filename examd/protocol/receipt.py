"""The receipt's code: sixteen symbols that pin a hand-in and all before it, and two that catch a slip of the pen.

Crockford base 32 leaves out I, L, O and U, so a code can be copied by hand. The sixteen symbols are the first 80 bits
of SHA-256("examd/receipt/v2" ‖ the record's chain value at the hand-in's entry). That entry bears the form and the head
of the candidate's acts, and the chain runs over all entries before it: a record in which any of this was changed, this
candidate's answers or another's, has other receipts. Whoever does not hold the record learns nothing of the answers.
The check symbols are the value mod 1021, which catches every wrong symbol and every two that changed places.

Records of before have codes of twelve symbols, the first 60 bits of the entry's leaf hash, and one check symbol (the
value mod 37, Crockford's own: the alphabet and *~$=U); they are still read.
"""

import json
from hashlib import sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_ALPHABET = ALPHABET + "*~$=U"
DOMAIN = b"examd/receipt/v2"
SYMBOLS, CHECK_MODULUS = 16, 1021
SYMBOLS_BEFORE = 12


def receipt_code(chain: bytes) -> str:
    """`chain`: the record's chain value at the HAND_IN entry -> "XXXX-XXXX-XXXX-XXXX-XX"."""
    value = int.from_bytes(sha256(DOMAIN + chain).digest()[:10], "big")
    symbols = _symbols(value, SYMBOLS)
    return f"{symbols[:4]}-{symbols[4:8]}-{symbols[8:12]}-{symbols[12:]}-{_symbols(value % CHECK_MODULUS, 2)}"


def holds(code: str, entry: str, before: str, acts: str, form: str) -> bool:
    """Whether the code follows from this HAND_IN entry and the chain value before it (hex), and the entry bears this
    head of acts and this form: a terminal asks that before it shows a code."""
    try:
        leaf = sha256(b"\x00" + entry.encode()).digest()
        chain = sha256(b"examd/chain/v1" + bytes.fromhex(before) + leaf).digest()
        body = json.loads(entry)["body"]
        return (code, acts, form) == (receipt_code(chain), body["acts"], body["form"])
    except (ValueError, KeyError, TypeError):
        return False


def receipt_code_before(leaf: bytes) -> str:
    """Of a record whose hand-ins bear no head of acts. `leaf`: the entry's leaf hash -> "XXXX-XXXX-XXXX-X"."""
    value = int.from_bytes(leaf[:8], "big") >> 4
    symbols = _symbols(value, SYMBOLS_BEFORE)
    return f"{symbols[:4]}-{symbols[4:8]}-{symbols[8:]}-{CHECK_ALPHABET[value % 37]}"


def read_code(text: str) -> str | None:
    """A typed code as it is written, of either kind; None where the check symbols disagree.

    Forgives I, L, O, case, spaces and dashes.
    """
    symbols = text.upper().replace("-", "").replace(" ", "")
    if len(symbols) not in (SYMBOLS + 2, SYMBOLS_BEFORE + 1):
        return None
    n = SYMBOLS if len(symbols) == SYMBOLS + 2 else SYMBOLS_BEFORE
    body, check = symbols[:n].translate(_FORGIVEN), symbols[n:]
    value = 0
    for symbol in body:
        digit = ALPHABET.find(symbol)
        if digit < 0:
            return None
        value = value << 5 | digit
    right = _symbols(value % CHECK_MODULUS, 2) if n == SYMBOLS else CHECK_ALPHABET[value % 37]
    if right != (check.translate(_FORGIVEN) if n == SYMBOLS else check):
        return None
    return "-".join([*(body[at : at + 4] for at in range(0, n, 4)), right])


_FORGIVEN = str.maketrans("ILO", "110")


def _symbols(value: int, n: int) -> str:
    return "".join(ALPHABET[(value >> shift) & 31] for shift in range(5 * (n - 1), -1, -5))
