"""Closing's export: the record as files that outlive its database (docs/formats.md §6).

Before: CLOSE is in the record. After: `examd.grading.result` grades and reports from these files, `tools.verify` audits
them.
"""

from typing import TYPE_CHECKING

from bank.durable import make_folder, sync_directory, write_atomically
from examd.package import layout
from examd.record import notes

if TYPE_CHECKING:
    from examd.delivery.server import Server


def write(server: "Server") -> None:
    """Writes what the serving process knows into `result/`; the answer keys are not among it."""
    assert server.package is not None and server.record is not None and server.hall is not None
    session = server.folder.session(server.package.manifest.session.id)
    result = session / "result"
    make_folder(result / "package")
    names = [layout.MANIFEST, layout.RULE] + ([layout.SIGNED_RULE] if server.package.proof else [])
    for name in names:
        write_atomically(result / "package" / name, (session / "package" / name).read_bytes())
    files = {
        "roster.jsonl": layout.lines(line.to_json() for line in server.hall.roster),
        "pool.jsonl": layout.lines(f.to_json() for f in server.hall.pool),
        "entries.jsonl": b"".join(entry + b"\n" for entry in server.record.entries()),
        "checkpoints.txt": notes.SEPARATOR.join(note for _, _, note in server.record.notes()).encode(),
    }
    for name, data in files.items():
        write_atomically(result / name, data, private=True)
    sync_directory(result)
