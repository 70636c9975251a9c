"""The terminal's sentences, in the one language its screen speaks. Before: `examd.protocol.catalogue`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from examd.protocol.catalogue import LANGUAGES, N_, catalogue
from examd.protocol.reasons import Reason

LOCALE = Path(__file__).parent / "locale"
_language = LANGUAGES[0]


def set_language(language: str) -> None:
    """ "zh" (the default everywhere) or "en"."""
    global _language  # noqa: PLW0603 - one screen speaks one language
    _language = language


def _(message: str, **facts: object) -> str:
    """`message` in the current language, its {facts} filled in."""
    said = catalogue(LOCALE, _language).gettext(message)
    return said.format(**facts) if facts else said


_REASONS: dict[Reason, str] = {
    Reason.MALFORMED: N_("The server did not understand this terminal. Please raise your hand."),
    Reason.TOO_LARGE: N_("The message was too long for the server. Please raise your hand."),
    Reason.OUT_OF_ORDER: N_("That cannot be done now."),
    Reason.NOT_ENROLLED: N_("This machine is not one of the site's terminals. Please raise your hand."),
    Reason.NOT_PAIRING: N_("Nobody is pairing terminals at the server now: examd site pair."),
    Reason.BAD_CODE: N_("This is not the code that the server shows. Please check it."),
    Reason.NAME_TAKEN: N_("Another machine was just paired under this name. Give this one another."),
    Reason.UNKNOWN_CANDIDATE: N_(
        "These numbers open no seat here. Please check both; if they are right, raise your hand."
    ),
    Reason.TOO_MANY_TRIES: N_("Too many tries. Please wait {wait_s} seconds, or raise your hand."),
    Reason.BAD_TOKEN: N_("This seat has to be signed in again. Your answers are kept."),
    Reason.REOPENED: N_("Your form has been opened again."),
    Reason.TAKEN_OVER: N_("You are going on at another terminal. This one has been released."),
    Reason.NOT_OPEN: N_("The examination is not open yet. Please wait and try again."),
    Reason.CLOSED: N_("The examination has ended."),
    Reason.NOT_STARTED: N_("The examination has not started yet."),
    Reason.PAUSED: N_("The examination is paused."),
    Reason.TIME_UP: N_("The time was already up."),
    Reason.HANDED_IN: N_("This form has already been handed in."),
    Reason.UNSIGNED: N_("This terminal has still to sign your answers; that is being done."),
    Reason.GAP: N_("The server is missing an earlier answer; it is being sent again."),
    Reason.BAD_ANSWER: N_("The server could not take this answer. Please answer the question again."),
    Reason.STORE_FULL: N_("The server cannot save now. Answers are kept here. Raise your hand."),
    Reason.RECORD_LOST: N_("The server's record does not agree with this terminal. Please raise your hand."),
    Reason.BAD_STAFF: N_("Name, passphrase or code is wrong."),
    Reason.STALE_CODE: N_("This code was used before. Please wait for the next one."),
    Reason.NOT_ALLOWED: N_("You may not do that."),
    Reason.SEATS_OPEN: N_("Some candidates have not handed in yet."),
    Reason.REFUSED: N_("The server refused this."),
}


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"  # a missing fact must not turn a refusal into a crash


def reason_sentence(reason: Reason, facts: Mapping[str, Any]) -> str:
    """A refusal of the server for the candidate's eyes."""
    if reason is Reason.MALFORMED and "protocol" in facts:
        return _("This terminal and the server are of different versions. Please raise your hand.")
    return _(_REASONS[reason]).format_map(_Facts(facts))
