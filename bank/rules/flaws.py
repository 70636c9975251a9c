"""All that is wrong with the fields of a rule's file, not only the first: a person corrects them in one go.

Each field at fault gets a stand-in of its kind, and the rule is read again until it reads; what whole tables say
together (sums, overlaps) is judged once the fields are right.

Before: a file that `bank.rules.parse` refused. After: `examd rule check`.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from bank.refused import BadFile
from bank.rules.rule import Rule
from bank.rules.strict_toml import read_toml

MOST = 100
"""Fields at fault that are told; a file with more is no rule."""
_DAY = date(2000, 1, 1)
_STAND_INS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "rule-not-line": lambda _facts: "x",
    "rule-not-integer": lambda _facts: 1,
    "rule-not-flag": lambda _facts: True,
    "rule-not-decimal": lambda _facts: "0.5",
    "rule-not-date": lambda _facts: _DAY,
    "rule-not-table": lambda _facts: {},
    "rule-not-list": lambda _facts: [],
    "rule-not-one-of": lambda facts: facts["allowed"].split(", ")[0],
    "rule-out-of-range": lambda facts: "0.5" if isinstance(facts["found"], str) else facts["low"],
    "rule-missing-field": lambda _facts: None,
}


def flaws(text: bytes) -> list[BadFile]:
    """Every field at fault in the order of reading, each once; the refusal itself where it is of another kind."""
    try:
        data = read_toml(text)
    except BadFile as refused:
        return [refused]
    found: dict[str, BadFile] = {}
    tried: dict[str, int] = {}
    while len(found) < MOST:
        try:
            Rule.from_json(data)
        except BadFile as refused:
            field = str(refused.facts.get("field", ""))
            known = refused.code in _STAND_INS or refused.code == "rule-unknown-field"
            if not known or not field:
                return list(found.values()) or [refused]
            found.setdefault(field, refused)
            tried[field] = tried.get(field, 0) + 1
            if tried[field] > 3 or not _mend(data, field, refused, drop=tried[field] > 2):
                break
        else:
            break
    return list(found.values())


def _mend(data: Any, path: str, refused: BadFile, *, drop: bool) -> bool:
    """Puts a stand-in there, or takes the field away; False where the path leads nowhere."""
    place, rest = data, path
    while True:
        if rest.startswith("["):
            number, _bracket, rest = rest[1:].partition("]")
            place, rest = place[int(number) - 1], rest.removeprefix(".")
            continue
        if not isinstance(place, dict):
            return False
        # A chapter's code holds dots: the longest name that is there.
        names = [name for name in place if rest == name or rest.startswith((f"{name}.", f"{name}["))]
        name = max(names, key=len, default=rest)
        if rest == name:
            break
        place, rest = place[name], rest.removeprefix(name).removeprefix(".")
    if refused.code == "rule-unknown-field" or drop:
        place.pop(name, None)
    else:
        place[name] = _STAND_INS[refused.code](refused.facts)
    return True
