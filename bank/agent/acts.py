"""Which methods of a bank's parts cross the line, what each lets out, and how its arguments and result are read on
either end.

A method crosses only if ACTS lists it. Its own signature says the rest.

Before: `bank.store.OpenBank`. After: `bank.agent.serving` performs, `bank.agent.remote` asks.
"""

import functools
import inspect
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

from bank.authoring import review
from bank.authoring.outcome import AddReport
from bank.authoring.people import Person
from bank.authoring.reading import Shown
from bank.authoring.submissions import Taken
from bank.journal import SHOWN
from bank.lending import outgoing
from bank.refused import Denied, Refused
from bank.store import OpenBank


class Reach(Enum):
    """What an act lets out."""

    LOOK = "numbers and names only"
    READ = "contents: counted by who reads, noted in bulk"
    ANSWER_KEYS = "answer keys: counted against the bound, each act noted"
    CHANGE = "the bank changes: noted"


# `weigh` says whether a guessed answer key is the right one; two distributions, before and after an item is changed,
# tell that item's. `proof.seal` tells nothing, its digests are salted.
_ANSWER_KEYS = {
    "answer_keys.of": "answer_keys", "answer_keys.positions": "answer_positions", "answer_keys.whole": "whole",
    "readings.show": SHOWN, "slices.to_lend": "whole",
    "drafts.weigh": "weigh", "submissions.weigh": "weigh_drafts",
}  # fmt: skip
_CHANGES = {
    "calibrations.add": "calibrate", "drafts.add": "add", "drafts.adopt": "adopt", "drafts.revise": "revise",
    "drafts.set_subject": "set_subject", "drafts.write": "write",
    "exposure.add": "expose", "outgoing.permit": "take_out", "owners.vouch": "vouch",
    "people.accept_loss": "accept_loss", "people.end": "end_person", "people.enrol": "enrol",
    "people.grant": "grant_role", "provisions.repeal": "repeal", "readings.read": "have_read",
    "reviews.perform": "perform",
    "rules.note": "note_rules", "rules.note_ledger": "note_ledger", "slices.accept": "accept",
    "slices.withdraw": "withdraw", "submissions.card": "card", "submissions.take": "take_drafts",
    "watermarks.add": "mark",
}  # fmt: skip
NOTED = _ANSWER_KEYS | _CHANGES
"""How the journal calls an act, in every version."""

ACTS: dict[str, Reach] = {
    **dict.fromkeys(
        (
            "audit.broken_acts", "audit.findings", "authors.of", "calibrations.of", "catalogue.chapters",
            "catalogue.find", "catalogue.has_case", "catalogue.related", "catalogue.subjects",
            "drafts.subject_to_sign", "drafts.unwritten", "drafts.written_by", "exposure.totals", "exposure.uses",
            "exposure.uses_of",
            "history.events", "history.head", "items.count", "items.count_states", "items.outline", "items.outlines",
            "media.digests", "meta.carried_over", "meta.practice", "meta.sample", "near_duplicates.of", "outgoing.all",
            "owners.all", "people.all",
            "proof.seal", "provisions.repealed", "readings.begin", "readings.by", "readings.challenge", "readings.of",
            "reviews.to_sign", "rules.ledgers", "rules.noted", "slices.all", "slices.withheld",
            "vault.problems", "vault.settings", "watermarks.all",
        ),
        Reach.LOOK,
    ),
    **dict.fromkeys(
        (
            "items.at", "items.contents", "items.find", "items.newest", "items.revisions", "items.select",
            "media.find", "near_duplicates.find", "near_duplicates.recognise",
        ),
        Reach.READ,
    ),
    **dict.fromkeys(_ANSWER_KEYS, Reach.ANSWER_KEYS),
    **dict.fromkeys(_CHANGES, Reach.CHANGE),
}  # fmt: skip
"""By part and method."""

PARTS: dict[str, type] = {name: part for name, part in get_type_hints(OpenBank).items() if name != "directory"}
"""What a bank is made of, by name."""


def ids_of(given: dict[str, Any], result: Any) -> list[str]:
    """The items whose answer keys a result tells."""
    if isinstance(result, (AddReport, Taken)):
        return list((result.rows if isinstance(result, Taken) else result).already)
    if isinstance(result, dict):
        return list(result)
    if isinstance(result, Shown):
        return [result.item.id, *([] if result.before is None else [result.before.id])]
    return [each.id for each in given["bank_items"]]


def whom(act: str, given: dict[str, Any], bank: OpenBank) -> dict[str, str | list[str]]:
    """The person whom a change is about, by id and name, and who signed for them; of what is taken out, who takes it
    by which door, and to whom; who reads for review, and who signs it."""
    people = bank.people.all()
    if act == "outgoing.permit":
        try:
            found = outgoing.parse(given["statement"])
            return {"by": found.told_by(people), "door": found.door.value, "to": found.to}
        except (Refused, KeyError):
            return {"by": [], "door": "", "to": ""}
    if act.startswith("readings."):
        return {"by": _named([bank.readings.who(given["reader"])], people)} if "reader" in given else {}
    if act == "reviews.perform":
        try:
            return {"by": _named(dict.fromkeys(str(review.read(each)["by"]) for each in given["signed"]), people)}
        except Refused:
            return {"by": []}
    if act not in ("people.enrol", "people.grant", "people.end"):
        return {}
    try:
        said = json.loads(given["statement"])["signed"]
        identity, by = str(said["id"]), [*said["sponsors"], *(each["name"] for each in said["keepers"])]
        name = str(said["name"]) if act == "people.enrol" else people[identity].name
    except (ValueError, TypeError, KeyError):
        return {"by": [], "who": ""}
    return {"by": [str(each)[:80] for each in by[:20]], "who": f"{identity} {name}"[:160]}


def _named(ids: Iterable[str], people: Mapping[str, Person]) -> list[str]:
    return [f"{each} {people[each].name}" if each in people else each[:80] for each in ids][:20]


class Signature:
    """How the arguments and the result of one method cross: read off the method itself."""

    def __init__(self, method: Callable[..., Any]) -> None:
        hints = get_type_hints(method)
        self.names = inspect.signature(method)
        self.result = hints.pop("return")
        self.arguments = {name: _readable(hint) for name, hint in hints.items() if "Callable" not in str(hint)}
        self.progress = "progress" in self.names.parameters
        self.streams = get_origin(self.result) in (Iterator, Iterable)
        if self.streams:
            (self.element,) = get_args(self.result)

    def bind(self, *positional: Any, **named: Any) -> dict[str, Any]:
        """Arguments by name."""
        given = self.names.bind(None, *positional, **named).arguments
        return {name: value for name, value in given.items() if name != "self"}


def _readable(hint: Any) -> Any:
    """An Iterable, as which anything passes, read as the list that was sent."""
    return list[get_args(hint)[0]] if get_origin(hint) in (Iterable, Collection, Iterator) else hint  # type: ignore[misc]


@functools.cache
def signature(act: str) -> Signature:
    """How an act crosses. Raises Denied: when it does not."""
    if act not in ACTS:
        raise Denied("agent-no-such-act", act=act[:40])
    part, _, method = act.partition(".")
    return Signature(getattr(PARTS[part], method))
