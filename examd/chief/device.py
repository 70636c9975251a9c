"""The device in the chief examiner's hand: a folder with their key and its memory, on a machine of their own.

    chief.key chief.card.json   as every holder has them (`examd.holders`)
    chief.memory                what it has signed, and whose packages it opens (`examd.chief.memory`)

Before: `tools.cli.chief`. After: `examd.chief.judging` says what to ask, `examd.chief.signing` signs.
"""

from datetime import date
from pathlib import Path

from bank.refused import Denied
from examd import holders
from examd.chief import messages
from examd.chief.judging import Question, judge
from examd.chief.memory import FILE, Memory, MemoryFile, Remembered
from examd.chief.messages import Answer
from examd.chief.signing import sign
from examd.clock import Clock
from examd.holders import Card, Holder

ROLE = "chief"


def create(folder: Path, holder_id: str, name: str, passphrase: str, bureau: Card | None) -> Holder:
    """Makes keys and memory as one act. `bureau`: whose packages it opens, where that is known already.

    Raises BadFile: when there is such a holder already, or a name cannot be shown on one line.
    """
    with holders.founded(folder, ROLE, FILE):
        holder = holders.make(folder, ROLE, holder_id, name, passphrase)
        MemoryFile(folder, holder.vault_key).write(Memory(bureau))
    return holder


class Device:
    """One that was unlocked."""

    def __init__(self, holder: Holder, folder: Path, clock: Clock) -> None:
        """Raises Denied: its memory is missing."""
        self.holder, self._clock = holder, clock
        self._file = MemoryFile(folder, holder.vault_key)
        self._memory = self._file.read()

    @property
    def bureau(self) -> Card | None:
        return self._memory.bureau

    @property
    def records(self) -> dict[str, Remembered]:
        """What it has signed anything of."""
        return dict(self._memory.records)

    def pin(self, bureau: Card) -> None:
        """From now on it opens this bureau's packages. Raises Denied: it opens another's."""
        if self._memory.bureau not in (None, bureau):
            raise Denied("chief-bureau-pinned", name=self._memory.bureau.name, digits=self._memory.bureau.fingerprint)
        self._memory.bureau = bureau
        self._file.write(self._memory)

    def judge(self, request: bytes, today: date) -> Question | Answer:
        """As `examd.chief.judging.judge` does, at this moment of the device's own clock."""
        return judge(request, self.holder, self._memory, self._clock.now(), today)

    def sign(self, question: Question) -> bytes:
        """The answer's file. What was signed is remembered durably before this returns."""
        answer, memory = sign(question, self.holder, self._memory)
        self._file.write(memory)
        self._memory = memory
        return messages.written(answer)


def begin_memory(folder: Path, holder: Holder) -> None:
    """For keys that were made before devices remembered. A memory that is there stays."""
    file = MemoryFile(folder, holder.vault_key)
    if not file.exists():
        file.write(Memory())
