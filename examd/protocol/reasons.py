"""Why the server said no: codes that travel; each edge owns the sentence it shows."""

from enum import StrEnum


class Reason(StrEnum):
    # the message itself
    MALFORMED = "malformed"
    TOO_LARGE = "too-large"
    OUT_OF_ORDER = "out-of-order"
    """A message that makes no sense now, e.g. an answer before signing in."""
    # enrolling a terminal
    NOT_ENROLLED = "not-enrolled"
    """This machine is not (or no more) one of the site's terminals."""
    NOT_PAIRING = "not-pairing"
    """Staff have not begun pairing at the server, or it has ended."""
    BAD_CODE = "bad-code"
    NAME_TAKEN = "name-taken"
    """Another machine has just been paired under this name."""
    # signing in
    UNKNOWN_CANDIDATE = "unknown-candidate"
    """These two numbers open no seat here. Says neither whether they belong together nor who sits elsewhere."""
    TOO_MANY_TRIES = "too-many-tries"
    """facts: wait_s."""
    BAD_TOKEN = "bad-token"  # noqa: S105 - a reason, not a secret
    TAKEN_OVER = "taken-over"
    """The candidate continues at another terminal; this one has lost the seat."""
    REOPENED = "reopened"
    """The chief examiner opened the hand-in again; the terminal begins anew from the record."""
    # the session
    NOT_OPEN = "not-open"
    CLOSED = "closed"
    # answering
    NOT_STARTED = "not-started"
    PAUSED = "paused"
    TIME_UP = "time-up"
    HANDED_IN = "handed-in"
    UNSIGNED = "unsigned"
    """The terminal at this seat has not signed yet, or its signature is not over these acts: nothing enters before."""
    GAP = "gap"
    """facts: expected. The terminal sends again from there."""
    BAD_ANSWER = "bad-answer"
    STORE_FULL = "store-full"
    """The disk is nearly full: nothing more is acknowledged; answers stay in the terminal's journal."""
    RECORD_LOST = "record-lost"
    """The server no longer holds what it once acknowledged (a disk rolled back): the alarm is raised."""
    # staff
    BAD_STAFF = "bad-staff"
    STALE_CODE = "stale-code"
    """A one-time code that was used before, or an older one."""
    NOT_ALLOWED = "not-allowed"
    SEATS_OPEN = "seats-open"
    """facts: seats. Closing needs each of these handed in, or waived by name."""
    REFUSED = "refused"
    """A refusal of a core, carried as it is: facts hold its own code under "code"."""
