"""This machine's own secret, by which the site knows it again: one file in the folder of the journals.

Made here at the first start, 32 random bytes, readable by its owner alone; the site keeps a hash of it once staff have
paired the machine. A machine that is set up anew without this file is another machine, and is paired again.

Before: `tools.cli.terminal` names the folder. After: `terminal.conversation` shows it to the server and nobody else.
"""

import os
import re
import secrets
from pathlib import Path

FILE = "machine.key"


def machine_key(folder: Path) -> str:
    """64 hexadecimal digits. Raises OSError: the folder keeps no file."""
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        kept = path.read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        kept = ""
    if re.fullmatch("[0-9a-f]{64}", kept):
        return kept
    key = secrets.token_hex(32)
    beside = path.with_name(f".{FILE}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(key + "\n")
        stream.flush()
        os.fsync(handle)
    beside.replace(path)
    if os.name == "posix":  # a new file's name is durable only with its folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return key
