"""Files that a command reads whole, within a bound, and writes whole or not at all."""

from pathlib import Path

from bank import durable
from bank.refused import BadFile, Denied


def read_file(path: Path, most: int) -> bytes:
    """The whole file. Raises BadFile: when it is missing, unreadable or larger than `most` bytes."""
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except FileNotFoundError:
        raise BadFile("file-missing", file=str(path)) from None
    except OSError as error:
        raise BadFile("file-unreadable", file=str(path), why=error.strerror) from None
    if len(data) > most:
        raise BadFile("file-too-large", file=path.name, most=most)
    return data


def require_new(path: Path) -> None:
    """That nothing stands there yet. Raises Denied: when something does."""
    if path.exists():
        raise Denied("handin-file-exists", file=str(path))


def write_new(path: Path, data: bytes, *, same_is_fine: bool = False, private: bool = False) -> None:
    """Never over another file: a slip in --out must not cost an author the key. `private`: for its owner alone."""
    with durable.store_errors(str(path), taken=Denied("handin-file-exists", file=str(path))):
        if same_is_fine and path.is_file() and path.read_bytes() == data:
            return
        durable.write_new(path, data, private=private)
