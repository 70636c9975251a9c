"""Words of the program inside the facts of a refusal: who, which act, what the system said."""

from typing import Any

from tools.cli.language import N_, _, joined
from tools.cli.rule import names
from tools.cli.sentences.bank import COLUMNS
from tools.cli.sentences.chief import CONTRADICTIONS
from tools.cli.sentences.custody import SENTENCES as CUSTODY
from tools.cli.sentences.review import DOING, FLAWS, ROLES, STATES

ERRORS = {
    error: error for error in (
        N_("No such file or directory"), N_("Permission denied"), N_("Is a directory"), N_("Not a directory"),
        N_("File exists"), N_("File name too long"), N_("No space left on device"), N_("Read-only file system"),
        N_("Input/output error"), N_("Address already in use"), N_("Operation not permitted"),
        N_("Disk quota exceeded"),
    )
}  # fmt: skip
HOLDERS = {"bureau": N_("bureau"), "site": N_("site"), "chief": N_("chief examiner")}

SHORTS = {"closing": N_("the closing"), "room": N_("the room's commitment"), "head": N_("the ledger's head")}

WORDS = {
    "column": COLUMNS
    | {
        "admission_no": N_("admission number"),
        "name": N_("name"),
        "id_number": N_("ID number"),
        "institution": N_("training institution"),
        "document": N_("kind of document"),
    },
    "kind": {
        "resident": N_("resident's ID card"),
        "resident-15": N_("resident's ID number of 15 digits"),
        "residence-permit": N_("residence permit for Hong Kong, Macao and Taiwan residents"),
        "hk-macao-permit": N_("mainland travel permit for Hong Kong and Macao residents"),
        "taiwan-permit": N_("mainland travel permit for Taiwan residents"),
        "permanent-residence": N_("foreign permanent resident's ID card"),
        "passport": N_("passport"),
        "other": N_("another document"),
    },
    "interaction": {
        "essay": N_("written answer"),
        "matching": N_("matching"),
        "description": N_("description without a question"),
        "cloze": N_("cloze"),
        "calculated": N_("calculated"),
        "ddwtos": N_("drag words into text"),
        "orderInteraction": N_("ordering"),
        "matchInteraction": N_("matching"),
        "associateInteraction": N_("pairing"),
        "gapMatchInteraction": N_("gaps filled from a list"),
        "extendedTextInteraction": N_("written answer"),
        "hotspotInteraction": N_("point in a picture"),
        "hottextInteraction": N_("words picked in a text"),
        "graphicGapMatchInteraction": N_("labels put into a picture"),
        "sliderInteraction": N_("slider"),
        "uploadInteraction": N_("file handed in"),
        "drawingInteraction": N_("drawing"),
        "shared-options": N_("one list of options for several questions"),
    },
    "role": {"administrator": N_("administrator"), "invigilator": N_("invigilator")} | ROLES,
    "state": STATES,
    "flaw": FLAWS,
    "act": DOING
    | {
        "status": N_("ask for the status"),
        "prepare": N_("prepare a package"),
        "open": N_("open the session"),
        "cosign": N_("co-sign"),
        "checkpoint": N_("make a checkpoint"),
        "ask-chief": N_("ask the chief examiner's device"),
        "chief-answer": N_("bring the device's answer"),
        "start": N_("start the session"),
        "pause": N_("pause"),
        "resume": N_("resume"),
        "add-time": N_("add time"),
        "pair": N_("pair terminals"),
        "terminals": N_("list the terminals"),
        "enrol": N_("enrol terminals"),
        "remove-terminal": N_("take a terminal off the list"),
        "release": N_("let a terminal go on"),
        "admit": N_("admit a candidate at another terminal"),
        "reopen": N_("open a hand-in again"),
        "held": N_("see what the record holds of a candidate"),
        "restore": N_("admit answers from a journal"),
        "close": N_("close the session"),
        "answers-lock": N_("open the answer keys"),
        "sign-result": N_("sign the result"),
    },
    "contradiction": CONTRADICTIONS,
    "spoken": SHORTS,
    "other": SHORTS,
    "party": {"bureau": N_("bureau"), "room": N_("room")},
    "expected": HOLDERS,
    "found": HOLDERS,
    "missing": HOLDERS,
    "error": ERRORS,
    "reason": ERRORS,
    "why": ERRORS,
    "finding": {code: said for code, said in CUSTODY.items() if code.startswith("journal-")},
}
"""Name of the fact -> its value -> the word. What people wrote themselves (names, numbers, paths) is left alone."""


def in_language(name: str, value: Any) -> Any:
    """The fact as it stands in a sentence."""
    if isinstance(value, list | tuple):
        return joined(value)
    if name in names.FACTS and isinstance(value, str):
        return names.FACTS[name](value)
    word = WORDS.get(name, {}).get(str(value))
    return value if word is None else _(word)
