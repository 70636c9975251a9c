"""Fixed reserve forms, with no item in common: chosen exactly as the rule says, secret, and not drawn.

Before: `bank.composing.availability`; `bank.composing.solver` chooses. After: print, seal, and keep them apart.
"""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from bank.canonical import digest
from bank.composing.availability import RuleAvailability
from bank.composing.solver import reserve
from bank.leaks import watermarks
from bank.rules import Rule
from bank.store import OpenBank

SITE = "reserve"
"""Stands for the site in the record of exposure."""


@dataclass(frozen=True, slots=True)
class ReserveForm:
    items: list[str]
    digest: str
    expected_points: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def reserve_forms(available: RuleAvailability, rule: Rule, forms: int) -> list[ReserveForm]:
    """So many forms of items that neither rest nor are capped."""
    made = []
    for form in reserve(available.free, rule, forms, secrets.token_bytes(32)):
        ids = [fact.id for fact in form]
        expected = sum(fact.points * fact.p4 for fact in form) / 10_000
        made.append(ReserveForm(ids, digest(ids), round(expected, 4)))
    return made


def keep(bank: OpenBank, rule: Rule, forms: Iterable[ReserveForm], day: date) -> None:
    """As a session that nobody sat yet: caps, rests and overlap count it, and its items stay out of other pools."""
    for form in forms:
        name = f"{rule.id}-{form.digest[:8]}"
        bank.exposure.add(name, SITE, dict.fromkeys(form.items, 0), day.isoformat())
        bank.watermarks.add(form.items, form.digest, name, SITE, watermarks.until(day))
