"""Files that a command reads whole, within a bound, and writes whole or not at all."""

import contextlib
import os
from pathlib import Path

from bank.refused import BadFile, BrokenStore, Denied


def read_file(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except FileNotFoundError:
        raise BadFile("file-missing", file=str(path)) from None
    except OSError as error:
        raise BadFile("file-unreadable", file=str(path), error=error.strerror) from None
    if len(data) > most:
        raise BadFile("file-too-large", file=path.name, most=most)
    return data


def require_new(path: Path) -> None:
    if path.exists():
        raise Denied("handin-file-exists", file=str(path))


def write_new(path: Path, data: bytes, *, same_is_fine: bool = False, private: bool = False) -> None:
    """Never over another file: a slip in --out must not cost an author the key. `private`: for its owner alone."""
    import secrets  # 12 ms that `--help` need not wait for

    passing = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if same_is_fine and path.is_file() and path.read_bytes() == data:
            return
        rights = 0o600 if private else 0o644
        with os.fdopen(os.open(passing, os.O_CREAT | os.O_EXCL | os.O_WRONLY, rights), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        require_new(path)
        passing.rename(path)
    except OSError as error:
        raise BrokenStore("store-io", file=str(path), error=error.strerror) from None
    finally:
        with contextlib.suppress(OSError):
            passing.unlink()
