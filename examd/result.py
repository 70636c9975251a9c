"""What `result.json` states, as types (docs/formats.md §6): its objects hold the fields named here and no others.

Before: `examd.grading.result` states it. After: `examd.delivery.signing` compares it and has the site sign it,
`examd.documents.report` prints from it. What is read and written again is the same bytes.
"""

from typing import Any, Literal

import msgspec

from bank.refused import BadFile
from examd.package.layout import Session

UNSIGNED, RESULT, KIND = "result.unsigned.json", "result.json", "examd-result"
VERSION = 1


class Hashes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SHA-256, each 64 hexadecimal digits."""

    manifest: str
    rule: str
    pool_root: str
    answers: str
    closing_root: str
    closing_chain: str


class Candidate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    c: int
    admission_no: str
    institution: str
    status: Literal["present", "absent"] = "absent"
    form: str = ""
    """Digest of the form; "" for the absent, and for the present who never started."""
    answered: int = 0
    points: int = 0
    passed: bool = False
    late: int = 0
    """Answers that reached the server after the deadline, given before it by a seat that was cut off."""

    @property
    def present(self) -> bool:
        return self.status == "present"


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Candidates of one institution, or of all; `examd.rates.compute.Row` says what they come to."""

    institution: str
    """"" in the total."""
    enrolled: int
    present: int
    passed: int


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`signed` of result.json."""

    type: str
    v: int
    engine: str
    package_id: str
    session: Session
    hashes: Hashes
    entries: int
    separated: bool
    """False: one holder kept what two should."""
    holders: dict[str, str]
    """Role -> name."""
    candidates: tuple[Candidate, ...]
    rates: tuple[Count, ...]
    """In byte order of institution: no ranking."""
    total: Count

    def to_json(self) -> dict[str, Any]:
        """The statement to sign (`bank.seal.statements.sign`)."""
        return dict(msgspec.to_builtins(self))


def read(signed: object) -> Result:
    """The shape alone; nothing is compared. Raises BadFile: when fields are missing, too many, or of another type."""
    try:
        return msgspec.convert(signed, Result)
    except msgspec.ValidationError as error:
        raise BadFile("result-malformed", field=str(error)) from None
