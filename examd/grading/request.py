"""What the grading process is asked, what it answers, how it is run: answer keys are read in there and nowhere else.

Secrets go through the pipe: argv and environment are open to every process of the machine.

Before: `examd.site.grading`. After: `examd.grading.process`, in a process of its own.
"""

import subprocess
import sys
from typing import Any

import msgspec

from bank.refused import BadFile, BrokenStore, Denied, Refused

FAMILIES: dict[str, type[Refused]] = {"bad-file": BadFile, "broken": BrokenStore, "denied": Denied}
"""How the class of a refusal is named on a wire."""


class Request(msgspec.Struct, frozen=True):
    chief: str
    """The chief examiner's age identity; empty where their layer is off the lock."""
    code: str
    """Release code 2."""
    lock: str
    """The answers' middle lock, as `examd.package.open.encode_lock` writes it."""
    package: str
    """The package's folder."""
    result: str
    """The result folder."""

    def __repr__(self) -> str:
        return f"Request({self.result}, …)"


class Told(msgspec.Struct, frozen=True):
    """A refusal on its way from one process to another."""

    code: str
    facts: dict[str, Any]
    family: str

    @classmethod
    def of(cls, refused: Refused) -> "Told":
        """The refusal, in words for a wire."""
        family = next(name for name, each in FAMILIES.items() if isinstance(refused, each))
        return cls(refused.code, refused.facts, family)

    def refusal(self) -> Refused:
        """The refusal that it was; one of an unknown family is a denial."""
        return FAMILIES.get(self.family, Denied)(self.code, **self.facts)


def run(request: Request) -> None:
    """Grades in a process of its own. Raises Refused: whatever the process refused; or that it ended without a word."""
    command = [sys.executable, "-P", "-m", "examd.grading.process"]
    done = subprocess.run(command, input=msgspec.json.encode(request), capture_output=True, check=False)
    if done.returncode:
        try:
            told = msgspec.json.decode(done.stdout, type=Told)
        except msgspec.DecodeError:
            raise BrokenStore("grading-failed") from None
        raise told.refusal()
