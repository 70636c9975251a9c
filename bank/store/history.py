"""What was done to each revision, by whom, in which order: the acts, read and added to.

Before: `bank.store.acts` chains them. After: `bank.authoring.review` proves an approved revision from them.
"""

from dataclasses import dataclass

from bank.authoring import review
from bank.authoring.review import Act, Event, State
from bank.refused import BrokenStore
from bank.store import acts
from bank.store.meta import Meta
from bank.vault import Connection, Vault


@dataclass(frozen=True, eq=False)
class History:
    """The acts on revisions."""

    _vault: Vault
    _meta: Meta

    def events(self, number: int, *, readings: bool = False) -> list[Event]:
        """The acts on one revision, oldest first; `readings`: also who read it, which leads nowhere.

        Raises BrokenStore: when one of them is no act that is known.
        """
        query = "SELECT act, who, at, remarks, statement FROM acts WHERE revision = ? ORDER BY number"
        written = "SELECT written_by, written_at, state FROM revisions WHERE number = ?"
        with self._vault.reading() as connection:
            rows = connection.execute(query, (number,)).fetchall()
            by, at, state = connection.execute(written, (number,)).fetchone()
        try:
            later = [Event(Act(act), who, at, remarks, bytes(signed)) for act, who, at, remarks, signed in rows]
            later = [event for event in later if readings or event.act is not Act.READ]
        except ValueError:
            raise BrokenStore("revision-history", item="", rev=number) from None
        if later and (later[0].act is Act.CARRY or review.is_lent(later)):
            return later
        first = Event(Act.WRITE, by, at)
        # A sample has no act of its own: what is approved and was never submitted was approved as one.
        sampled = State(state) is not State.DRAFT and not any(event.act is Act.SUBMIT for event in later)
        return [first, *([Event(Act.SAMPLE, by, at)] if sampled and self._meta.sample() else []), *later]

    def head(self, number: int | None = None) -> tuple[int, str]:
        """Number and hash of the last act, or of the one asked for; ("" where there is none). Binds all before it."""
        query = "SELECT number, head FROM acts WHERE number = coalesce(?, (SELECT max(number) FROM acts))"
        row = self._vault.one(query, (number,))
        return (number or 0, "") if row is None else (row[0], row[1])

    def note(self, connection: Connection, number: int, event: Event, state: State) -> None:
        """Adds an act on a revision, which is in `state` from then on."""
        act = (number, event.act.value, event.who, event.at, event.remarks, event.statement)
        acts.chain(connection, [act])
        connection.execute("UPDATE revisions SET state = ? WHERE number = ?", (state.value, number))
