"""The folder in which request and answer lie, from the device's side: a stick that is carried, or one both reach.

Before: `examd.site.chief` puts a request there. After: `examd.chief.device` judges it.
"""

from pathlib import Path

from bank.durable import read_bytes, write_atomically
from bank.refused import BadFile, Denied
from examd.chief import messages
from examd.chief.messages import ANSWER, MOST_ANSWER_BYTES, MOST_REQUEST_BYTES, REQUEST, Answer

KEY = "chief.key"


def require_no_key(stick: Path) -> None:
    """Raises Denied: the chief examiner's key lies there, and the stick is about to be in the server."""
    if (stick / KEY).exists():
        raise Denied("chief-key-on-stick", file=str(stick / KEY))


def waiting(stick: Path) -> bytes | None:
    """The request that waits there; None where there is none, or it has its answer beside it.

    Raises BadFile: it cannot be read. Raises Denied: the key lies there too.
    """
    require_no_key(stick)
    if not (stick / REQUEST).exists():
        return None
    file = read_bytes(stick / REQUEST, MOST_REQUEST_BYTES + 1)
    if len(file) > MOST_REQUEST_BYTES:
        raise BadFile("file-too-large", file=REQUEST, most=MOST_REQUEST_BYTES)
    return None if _answered(stick, file) else file


def lay(stick: Path, answer: bytes) -> None:
    """Puts the answer beside its request. Raises BadFile: the stick does not take it."""
    try:
        write_atomically(stick / ANSWER, answer)
    except OSError as error:
        raise BadFile("file-unreadable", file=str(stick), why=error.strerror) from None


def _answered(stick: Path, request: bytes) -> bool:
    try:
        answer = messages.read(read_bytes(stick / ANSWER, MOST_ANSWER_BYTES), Answer)
    except BadFile:
        return False
    return answer.to == messages.name_of(request)
