"""People on duty: sign-in by passphrase and one-time code, and the one table of who may do what.

A code is a second factor for people at a console, never the protection of data (the verifier holds its secret). The
last accepted time step is stored in the same transaction that accepts it, so no code passes twice, not even after
a restart. Wrong tries are counted per person and lock the name for a while of the boot clock: a wall clock that is put
right moves no lock. The wall clock says one thing here, which code is on the person's device now.
"""

import hmac
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import pyotp
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from bank.refused import Denied
from bank.seal.passphrase import LANES, MEMORY_KIB, PASSES, check_passphrase
from bank.vault import Connection, Vault
from examd.clock import Instant

SCHEMA = """
CREATE TABLE staff(
  name TEXT PRIMARY KEY, role TEXT NOT NULL, salt BLOB NOT NULL, verifier BLOB NOT NULL, totp TEXT NOT NULL,
  last_step INTEGER NOT NULL DEFAULT 0, misses INTEGER NOT NULL DEFAULT 0, locked_until_ms INTEGER NOT NULL DEFAULT 0,
  locked_boot TEXT NOT NULL DEFAULT '', employer TEXT NOT NULL DEFAULT ''
) STRICT;
"""
VERSION = 3
TRIES, LOCK_S = 5, 300


def migrate(connection: Connection, version: int) -> None:
    """From version 1, whose locks counted on the wall clock: they lapse, and with them what a wrong clock did. From
    version 2, which did not ask whose employees people are."""
    if version < 2:
        connection.execute("ALTER TABLE staff RENAME COLUMN locked_until_s TO locked_until_ms")
        connection.execute("ALTER TABLE staff ADD COLUMN locked_boot TEXT NOT NULL DEFAULT ''")
        connection.execute("UPDATE staff SET locked_until_ms = 0")
    connection.execute("ALTER TABLE staff ADD COLUMN employer TEXT NOT NULL DEFAULT ''")


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    """系统管理员: runs the session on the machine."""
    INVIGILATOR = "invigilator"
    """监考: sees the room."""
    INSPECTOR = "inspector"
    """巡考: sees everything, changes nothing, notes who is not where they should be."""


class Act(StrEnum):
    STATUS = "status"
    ON_DUTY = "on-duty"
    DUTY_LAPSE = "duty-lapse"
    NEW_PASSPHRASE = "new-passphrase"  # noqa: S105 - the act of changing one
    PAIR = "pair"
    TERMINALS = "terminals"
    ENROL = "enrol"
    REMOVE = "remove-terminal"
    RELEASE = "release"
    ADMIT = "admit"
    REOPEN = "reopen"
    HELD = "held"
    RESTORE = "restore"
    PREPARE = "prepare"
    OPEN = "open"
    COSIGN = "cosign"
    CHECKPOINT = "checkpoint"
    ASK_CHIEF = "ask-chief"
    CHIEF_ANSWER = "chief-answer"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    ADD_TIME = "add-time"
    CLOSE = "close"
    ANSWERS_LOCK = "answers-lock"
    SIGN_RESULT = "sign-result"


_EVERYBODY = frozenset({Act.STATUS, Act.TERMINALS, Act.ON_DUTY, Act.DUTY_LAPSE, Act.NEW_PASSPHRASE})
MAY: dict[Role, frozenset[Act]] = {
    Role.ADMINISTRATOR: frozenset(Act),
    Role.INVIGILATOR: _EVERYBODY,
    Role.INSPECTOR: _EVERYBODY,
}
"""The one table of who may do what; docs/roles.md is printed from it (`.ci/roles`)."""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: Role
    employer: str = ""
    """Whose employee they are; "" where nobody said it."""

    def require(self, act: Act) -> None:
        """Raises Denied: this person's role may not do that."""
        if act not in MAY[self.role]:
            raise Denied("not-allowed", name=self.name, role=self.role.value, act=act.value)

    def require_impartial(self, institutions: Iterable[str]) -> None:
        """教考分离. Raises Denied: an institution of these, which trained candidates of the session, employs them."""
        own = _plain(self.employer)
        if own and any(_plain(institution) == own for institution in institutions):
            raise Denied("conflict-of-interest", name=self.name, institution=self.employer)


class StaffBook:
    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def close(self) -> None:
        self._vault.close()

    def add(self, name: str, role: Role, passphrase: str, employer: str = "") -> str:
        """Enters a person. Returns the secret (base 32) for their one-time-code app; it is shown once.

        Raises Denied: the name is taken.
        """
        check_passphrase(passphrase, (name,))
        totp = pyotp.random_base32()
        salt = secrets.token_bytes(16)
        with self._vault.transaction() as connection:
            if connection.execute("SELECT 1 FROM staff WHERE name = ?", (name,)).fetchone():
                raise Denied("staff-exists", name=name)
            connection.execute(
                "INSERT INTO staff(name, role, salt, verifier, totp, employer) VALUES (?, ?, ?, ?, ?, ?)",
                (name, role.value, salt, _stretched(passphrase, salt), totp, employer),
            )
        return totp

    def change_employer(self, name: str, employer: str) -> None:
        """Notes whose employee somebody is. Raises Denied: nobody has that name."""
        self._require(name)
        self._write("UPDATE staff SET employer = ? WHERE name = ?", (employer, name))

    def change_passphrase(self, name: str, passphrase: str) -> None:
        """Gives a person who is signed in another passphrase. Raises Denied: nobody has that name, or as
        `check_passphrase` does."""
        self._require(name)
        check_passphrase(passphrase, (name,))
        salt = secrets.token_bytes(16)
        self._write(
            "UPDATE staff SET salt = ?, verifier = ? WHERE name = ?", (salt, _stretched(passphrase, salt), name)
        )

    def _require(self, name: str) -> None:
        with self._vault.reading() as connection:
            if connection.execute("SELECT 1 FROM staff WHERE name = ?", (name,)).fetchone() is None:
                raise Denied("staff-unknown", name=name)

    def sign_in(self, name: str, passphrase: str, code: str, at: Instant) -> Person:
        """Raises Denied: "bad-staff" (which of the three was wrong is not said), "stale-code", "too-many-tries"."""
        with self._vault.reading() as connection:
            row = connection.execute(
                "SELECT role, salt, verifier, totp, last_step, locked_until_ms, locked_boot, employer FROM staff"
                " WHERE name = ?",
                (name,),
            ).fetchone()
        nobody = ("", b"\0" * 16, b"", "", 0, 0, "", "")
        role, salt, verifier, totp, last_step, locked_until_ms, boot, employer = row or nobody
        if (wait_ms := _lock_left_ms(locked_until_ms, boot, at)) > 0:
            raise Denied("too-many-tries", wait_s=-(-wait_ms // 1000))
        # The work is done for unknown names too: the time it takes must not tell names apart.
        right = hmac.compare_digest(_stretched(passphrase, salt), verifier)
        step = _step_of(code, totp, at.wall_s) if totp else None
        if not right or step is None:
            self._write(
                "UPDATE staff SET locked_until_ms = iif(misses + 1 >= ?, ?, 0), locked_boot = ?,"
                " misses = (misses + 1) % ? WHERE name = ?",
                (TRIES, at.mono_ms + LOCK_S * 1000, at.boot, TRIES, name),
            )
            raise Denied("bad-staff")
        if step <= last_step:
            raise Denied("stale-code")
        self._write("UPDATE staff SET last_step = ?, misses = 0 WHERE name = ?", (step, name))
        return Person(name, Role(role), employer)

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with self._vault.transaction() as connection:
            connection.execute(statement, values)


def _lock_left_ms(until_ms: int, boot: str, at: Instant) -> int:
    """A machine that was started anew begins the lock anew: how long it was off, no clock says that can be trusted."""
    if until_ms and boot != at.boot:
        until_ms = LOCK_S * 1000
    return until_ms - at.mono_ms


def _step_of(code: str, totp: str, now_s: int) -> int | None:
    # pyotp compares after NFKC and would take full-width digits; a code is six ASCII digits or it is nothing.
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return None
    try:
        return pyotp.TOTP(totp).verify_and_get_timecode(code, for_time=now_s, valid_window=1)
    except pyotp.exceptions.OTPVerificationError:
        return None


def _plain(name: str) -> str:
    """As two spellings of one name are compared: width, case and blanks aside."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _stretched(passphrase: str, salt: bytes) -> bytes:
    spoken = unicodedata.normalize("NFC", passphrase).encode()
    return Argon2id(salt=salt, length=32, iterations=PASSES, lanes=LANES, memory_cost=MEMORY_KIB).derive(spoken)
