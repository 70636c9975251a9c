"""The exported record of a closed session, read back and held against its package; no answer key is needed for it.

It reads the export, never the database, and draws every form again: a form that was not the rule's own is refused.

Before: `examd.delivery.export`. After: `examd.grading.result` marks it, `examd.bureau.tracing` holds photos against it.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bank import merkle
from bank.composing.assembly import Assembler, Form
from bank.draw_facts import ItemFacts, pool_root
from bank.durable import read_bytes
from bank.refused import BadFile, Denied
from bank.rules import Rule
from examd.package import layout
from examd.package.layout import Manifest, RosterLine
from examd.package.seed import session_seed
from examd.record.entries import NO_CHAIN, chain_hash, decode_entry, leaf_hash
from examd.record.state import Seat, SessionState


@dataclass(frozen=True, slots=True)
class Export:
    manifest: Manifest
    manifest_sha256: str
    rule: Rule
    facts: tuple[ItemFacts, ...]
    roster: tuple[RosterLine, ...]
    entries: bytes
    """As exported: a line each."""
    state: SessionState
    size: int
    root: bytes
    chain: bytes

    @classmethod
    def read(cls, folder: Path) -> "Export":
        """Of a result folder.

        Raises BadFile: when a file is missing or malformed.
        Raises Denied: when rule, pool or roster are not those of the package.
        """
        manifest, manifest_sha256 = layout.manifest_in(folder / "package")
        try:
            rule = Rule.from_json(json.loads(read_bytes(folder / "package" / layout.RULE)))
            records = layout.records_in(read_bytes(folder / "pool.jsonl"), what="pool")
            facts = tuple(ItemFacts.from_json(record) for record in records)
        except (ValueError, KeyError, TypeError):
            raise BadFile("part-malformed", what="pool") from None
        if rule.sha256 != manifest.rule.sha256 or pool_root(f.to_json() for f in facts) != manifest.pool.root:
            raise Denied("pool-root")
        roster = read_bytes(folder / "roster.jsonl")
        if hashlib.sha256(roster).hexdigest() != manifest.roster.sha256:
            raise Denied("part-commitment", what=layout.ROSTER)
        entries = read_bytes(folder / "entries.jsonl")
        people = tuple(layout.read_roster(roster))
        return cls(manifest, manifest_sha256, rule, facts, people, entries, *replay(entries))

    def forms(self) -> Callable[[RosterLine, Seat], Form]:
        """What draws a candidate's form again.

        It raises Denied where the record says that another was shown. Raises Denied: when the session never opened,
        or the shares of the seed are not those committed to: a seed of somebody's choosing would choose the forms.
        """
        opened, prepared = self.state.opened, self.state.prepared
        if opened is None:
            raise Denied("not-closed")
        if prepared is None:
            raise Denied("seed-commitment", party="room")
        bureau_r, room_r = bytes.fromhex(opened["bureau_r"]), bytes.fromhex(opened["room_r"])
        seed = session_seed(self.manifest, bureau_r, room_r, prepared["room_commit"])
        assembler = Assembler(self.facts, self.rule, seed, self.manifest.draw_session)

        def shown(line: RosterLine, seat: Seat) -> Form:
            form = assembler.form(line.c)
            if (form.digest, form.attempt) != (seat.form, seat.attempt):
                raise Denied("form-is-another", c=line.c, expected=form.digest, found=seat.form)
            return form

        return shown


def replay(entries: bytes) -> tuple[SessionState, int, bytes, bytes]:
    """(state, size, tree root, chain value) of an exported record. Raises BadFile: when an entry is not in its place
    or none at all."""
    state, tree, chain = SessionState(), merkle.Tree(), NO_CHAIN
    for number, line in enumerate(entries.splitlines()):
        try:
            entry = decode_entry(line)
        except ValueError:
            raise BadFile("entry-malformed", line=number + 1) from None
        if entry.idx != number:
            raise BadFile("entry-out-of-place", line=number + 1, found=entry.idx)
        leaf = leaf_hash(line)
        tree.append(leaf)
        chain = chain_hash(chain, leaf)
        state.apply(entry.type, entry.body, entry.t_ms, entry.idx)
    return state, tree.size, tree.root(), chain
