"""The composition rule (组题规则): a table of cells, and nothing left to the moment of drawing.

A rule *is* its cells: type × chapter × level -> how many items, how many points each; or case group × chapter × level
-> how many groups (案例) of how many items. What people read beside them (the margins by type, chapter and level, the
total) is stated as well and must agree, so that one slip of the pen is found before an exam and not after it. Nothing
is rounded, relaxed or borrowed from a neighbour when a cell cannot be filled: that would be 擅自改变组题规则.

`parse` reads TOML, `Rule.from_json` the canonical JSON that it became (`Rule.to_json`); `sha256` is over the
latter, so two ways to write one rule have one hash. docs/rule.md explains every field to the person who writes one.

Before: a file written by the rule officer. After: `bank.composing.pool` and `bank.composing.assembly`.
"""

from bank.rules.parts import (
    ANY,
    CASE,
    Cell,
    Conduct,
    ItemOrder,
    Limits,
    MultipleScoring,
    TypeMargin,
    by_number,
    chapter_of,
    place,
    within,
)
from bank.rules.rule import Rule, parse
from bank.rules.rule_for_bank import propose
from bank.rules.units import Unit, by_stratum, enemies, require_enough

__all__ = [
    "ANY", "CASE", "Cell", "Conduct", "ItemOrder", "Limits",
    "MultipleScoring", "Rule", "TypeMargin", "Unit", "by_number",
    "by_stratum", "chapter_of", "enemies", "parse", "place", "propose", "require_enough", "within",
]  # fmt: skip
