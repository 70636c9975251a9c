"""This machine's own secrets, two files in the folder of the journals, each readable by its owner alone.

`machine.key`: the site knows the machine again by it, and is shown it. `machine.sign`: the key by which this terminal
vouches for its candidate's acts; it is shown to nobody, the server neither, which learns the public half alone. Both
are 32 random bytes made here at the first start. A machine that is set up anew without them is another machine, and is
paired again.

Before: `tools.cli.terminal` names the folder. After: `terminal.conversation` shows the one and signs with the other.
"""

import os
import re
import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FILE, SIGN_FILE = "machine.key", "machine.sign"


class Machine:
    """An `examd.protocol.acts.Signer`, with the secret that the site knows."""

    def __init__(self, key: str, seed: str) -> None:
        """64 hexadecimal digits each."""
        self.key = key
        self.seed = seed

    @classmethod
    def new(cls) -> "Machine":
        """One that is kept nowhere."""
        return cls(secrets.token_hex(32), secrets.token_hex(32))

    @cached_property
    def _private(self) -> "Ed25519PrivateKey":
        # imported here: 20 ms that no first paint waits for
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.seed))

    @cached_property
    def public(self) -> str:
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        return self._private.sign(message).hex()

    def __repr__(self) -> str:
        return "Machine(…)"


def this_machine(folder: Path) -> Machine:
    """Raises OSError: the folder keeps no file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Machine(_kept(folder / FILE), _kept(folder / SIGN_FILE))


def _kept(path: Path) -> str:
    """64 hexadecimal digits, made now where there are none."""
    try:
        kept = path.read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        kept = ""
    if re.fullmatch("[0-9a-f]{64}", kept):
        return kept
    key = secrets.token_hex(32)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(key + "\n")
        stream.flush()
        os.fsync(handle)
    beside.replace(path)
    if os.name == "posix":  # a new file's name is durable only with its folder
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return key
