"""The checkpoints of a session as its site exported them -> what the bureau notes of them, and gives code 2 against.

A closing that comes with the site's signature and the chief examiner's cannot be mistyped, nor made up by one of them.
The chief examiner co-signs many times, and only the closing under the name that says so: no other note is taken for it.

Before: `checkpoints.txt` of the result (docs/formats.md §5). After: `examd.bureau.releasing`.
"""

from dataclasses import dataclass, replace

from bank.refused import BadFile, Denied
from examd.package.layout import Manifest
from examd.record import notes
from examd.record.notes import Checkpoint


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that site and chief examiner have signed."""

    size: int
    root: str
    statement: str
    """SHA-256 (hex) of it with both signatures: what is read out over a telephone."""


def signed_in(checkpoints: bytes, manifest: Manifest, *, file: str) -> list[Seen]:
    """The checkpoints of this package's session that both have signed, oldest first; the last note is one of them.

    Raises BadFile: when the file holds no notes.
    Raises Denied: when it is another session's, or the last note lacks a signature.
    """
    keys, session = manifest.keys, manifest.session
    try:
        found = [notes.read(text) for text in checkpoints.decode().split(notes.SEPARATOR)]
    except ValueError:
        raise BadFile("checkpoint-malformed", file=file) from None
    last, site = found[-1], f"site/{session.site_id}"
    if last.origin != notes.origin(session.site_id, session.id):
        raise Denied("checkpoint-other-session", file=file, found=last.origin)
    if not any(notes.is_signature(line, last.text, site, keys.site) for line in last.lines):
        raise Denied("checkpoint-unsigned", file=file, missing="site")
    if not _seen(last, manifest):
        raise Denied("checkpoint-unsigned", file=file, missing="chief")
    return [seen for each in found if each.origin == last.origin for seen in _seen(each, manifest)]


def closing_of(checkpoints: bytes, manifest: Manifest, *, file: str) -> list[Seen]:
    """The same; the last is the closing, and its statement is over the signature that says so.

    Raises Denied: when it cannot be. And as `signed_in` does.
    """
    found, last = (
        signed_in(checkpoints, manifest, file=file),
        notes.read(checkpoints.decode().split(notes.SEPARATOR)[-1]),
    )
    keys = manifest.keys
    statement = notes.statement(last, manifest.session.site_id, keys.site, keys.chief, notes.CLOSING)
    if not statement:
        raise Denied("checkpoint-not-closing", file=file)
    return [*found[:-1], replace(found[-1], statement=statement)]


def _seen(checkpoint: Checkpoint, manifest: Manifest) -> list[Seen]:
    statement = notes.statement(checkpoint, manifest.session.site_id, manifest.keys.site, manifest.keys.chief)
    return [Seen(checkpoint.size, checkpoint.root.hex(), statement)] if statement else []
