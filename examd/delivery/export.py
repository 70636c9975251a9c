"""Closing's export: the record as files that outlive its database (docs/formats.md §6).

Before: CLOSE is in the record. After: `examd.grading.result` grades and reports from these files, `tools.verify` audits
them.
"""

from bank.durable import make_folder, sync_directory, write_atomically
from examd.delivery.room import OpenSession
from examd.package import layout
from examd.record import notes


def write(session: OpenSession) -> None:
    """Writes what the serving process knows into `result/`; the answer keys are not among it."""
    package = session.result / "package"
    make_folder(package)
    names = [layout.MANIFEST, layout.RULE] + ([layout.SIGNED_RULE] if session.package.proof else [])
    for name in names:
        write_atomically(package / name, (session.folder / "package" / name).read_bytes())
    files = {
        "roster.jsonl": layout.lines(line.to_json() for line in session.hall.roster),
        "pool.jsonl": layout.lines(f.to_json() for f in session.hall.pool),
        "entries.jsonl": b"".join(entry + b"\n" for entry in session.record.entries()),
        "checkpoints.txt": notes.SEPARATOR.join(note.text for note in session.record.notes()).encode(),
    }
    for name, data in files.items():
        write_atomically(session.result / name, data, private=True)
    sync_directory(session.result)
