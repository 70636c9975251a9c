"""The receipt's code: twelve symbols that name the hand-in entry, and one that catches a slip of the pen.

Crockford base 32 leaves out I, L, O and U, so a code can be copied by hand. The twelve symbols are the first 60
bits of the entry's RFC 6962 leaf hash: whoever holds the exported record finds the entry, whoever does not learns
nothing of the answers. The check symbol is the value mod 37 (Crockford's own: the alphabet and *~$=U).
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_ALPHABET = ALPHABET + "*~$=U"


def receipt_code(leaf: bytes) -> str:
    """`leaf`: 32-byte leaf hash of the HAND_IN entry -> "XXXX-XXXX-XXXX-X"."""
    value = int.from_bytes(leaf[:8], "big") >> 4
    symbols = "".join(ALPHABET[(value >> shift) & 31] for shift in range(55, -1, -5))
    return f"{symbols[:4]}-{symbols[4:8]}-{symbols[8:]}-{CHECK_ALPHABET[value % 37]}"


def read_code(text: str) -> int | None:
    """The 60-bit value of a typed code, or None where the check symbol disagrees. Forgives I, L, O and case."""
    symbols = text.upper().replace("-", "").replace(" ", "")
    if len(symbols) != 13:
        return None
    body = symbols[:12].translate(str.maketrans("ILO", "110"))
    value = 0
    for symbol in body:
        digit = ALPHABET.find(symbol)
        if digit < 0:
            return None
        value = value << 5 | digit
    return value if CHECK_ALPHABET[value % 37] == symbols[12] else None
