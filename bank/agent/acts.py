"""Which methods of a Bank cross the line, what each lets out, and how its arguments and result are read on either end.

A method crosses only if ACTS lists it. Its own signature says the rest.

Before: `bank.store.Bank`. After: `bank.agent.serving` performs, `bank.agent.remote` asks.
"""

import functools
import inspect
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

from bank.authoring.people import Person
from bank.authoring.submissions import Taken
from bank.refused import Denied
from bank.store import AddReport, Bank
from bank.vault import Vault


class Reach(Enum):
    """What an act lets out."""

    LOOK = "numbers and names only"
    READ = "contents: counted, noted in bulk"
    KEYS = "answer keys: counted against the bound, each act noted"
    CHANGE = "the bank changes: noted"


ACTS: dict[str, Reach] = {
    **dict.fromkeys(
        (
            "broken_acts", "calibrations", "carried_over", "chapters", "counts", "events",
            "exposure", "findings", "has_case", "head", "marks", "numbers", "owners", "people", "pictures", "practice",
            "related", "repeals", "rules_noted", "sample", "seal", "slices", "states", "to_sign", "twins", "uses",
            "uses_of", "vault.problems", "vault.settings", "withheld", "wrote",
        ),
        Reach.LOOK,
    ),
    **dict.fromkeys(
        ("find", "items", "media", "near", "newest", "numbered", "revisions", "unverified_items", "unwritten"),
        Reach.READ,
    ),
    # `weigh` says whether a guessed answer key is the right one; two distributions, before and after an item is
    # changed, tell that item's. `seal` tells nothing, its digests are salted.
    **dict.fromkeys(("answer_keys", "answer_positions", "weigh", "weigh_drafts", "whole"), Reach.KEYS),
    **dict.fromkeys(
        (
            "accept", "accept_loss", "add", "adopt", "calibrate", "card", "end_person", "enrol", "expose", "mark",
            "note_rules", "perform", "repeal", "revise", "take_drafts", "vouch", "withdraw", "write",
        ),
        Reach.CHANGE,
    ),
}  # fmt: skip


def ids_of(given: dict[str, Any], result: Any) -> list[str]:
    """The items whose answer keys a result tells."""
    if isinstance(result, (AddReport, Taken)):
        return list(result.already)
    if isinstance(result, dict):
        return list(result)
    return [each.id for each in given["bank_items"]]


def whom(act: str, given: dict[str, Any], people: Mapping[str, Person]) -> dict[str, str]:
    """The person whom a change is about, by id and name, and who signed for them."""
    if act not in ("enrol", "end_person"):
        return {}
    try:
        said = json.loads(given["statement"])["signed"]
        identity, by = str(said["id"]), [*said["sponsors"], *(each["name"] for each in said["keepers"])]
        name = str(said["name"]) if act == "enrol" else people[identity].name
    except (ValueError, TypeError, KeyError):
        return {"by": "", "who": ""}
    return {"by": "、".join(map(str, by))[:160], "who": f"{identity} {name}"[:160]}


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
        given = self.names.bind(None, *positional, **named).arguments
        return {name: value for name, value in given.items() if name != "self"}


def _readable(hint: Any) -> Any:
    """An Iterable, as which anything passes, read as the list that was sent."""
    return list[get_args(hint)[0]] if get_origin(hint) in (Iterable, Collection, Iterator) else hint  # type: ignore[misc]


@functools.cache
def signature(act: str) -> Signature:
    method: Any
    owner, name = (Vault, act.removeprefix("vault.")) if act.startswith("vault.") else (Bank, act)
    method = inspect.getattr_static(owner, name, None)
    if act not in ACTS or method is None:
        raise Denied("agent-no-such-act", act=act[:40])
    if isinstance(method, property):
        method = method.fget
    return Signature(method)


def is_property(act: str) -> bool:
    return isinstance(inspect.getattr_static(Bank, act, None), property)
