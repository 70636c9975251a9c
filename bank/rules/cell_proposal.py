"""From margins to cells: a proposal by controlled rounding, which people read, change and sign.

Written are the margins by type, chapter and level; a table that meets them all exactly, and lies as near as whole
numbers can to shares in proportion, is found with HiGHS. Where the bank is known, no cell asks for more than it holds
`pool.multiple` times. Where no such table exists, the margins that it would miss are named: they are never changed.

Before: a rule file without cells. After: `bank.rules.parse` checks what came of it as any other rule.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bank.refused import BadFile, Denied
from bank.rules import ANY, CASE, Rule, TypeMargin, parse, place, reading
from bank.rules.parts import covers
from bank.rules.solver import Model
from bank.rules.strict_toml import StrictTable, read_toml

Key = tuple[str, str, str]
"""Type, chapter, level."""


def propose_cells(text: bytes, held: Mapping[Key, int] | None = None) -> Rule:
    """The rule of a file of margins (a rule without `cells`). `held`: units by type, chapter and level in the bank.

    Raises BadFile: when the file has cells or cases, or its margins differ.
    Raises Denied: when no table meets them.
    """
    rule = read_toml(text)
    if "cells" in rule:
        raise Denied("margins-with-cells")
    whole = StrictTable(rule)
    total = whole.integer("total_points", 1, 1_000)
    stated = reading.types(whole.table("types"))
    order = reading.type_order(whole.table("shuffle", {}), stated)
    types = {type_.value: margin for type_, margin in stated.items()}
    chapters = {code: margin.points for code, margin in reading.chapters(whole.table("chapters")).items()}
    levels = reading.levels(whole.table("levels"))
    multiple = reading.multiple(whole.table("pool", {}))
    if CASE in stated:
        raise Denied("margins-with-cases")
    sums = {"types": sum(margin.count * margin.points for margin in types.values())}
    sums |= {"chapters": sum(chapters.values()), "levels": sum(levels.values())}
    for name, found in sums.items():
        if found != total:
            raise BadFile("margins-differ", margin=name, stated=total, found=found)
    margins = _Margins(types, order, chapters, levels)
    cells = [
        {"type": type_, "chapter": chapter, "level": level, "count": count, "points": types[type_].points}
        for (type_, chapter, level), count in margins.rounded(margins.room(held, multiple)).items()
        if count
    ]
    return Rule.from_json(rule | {"cells": cells})


def subjects_of(text: bytes) -> tuple[str, ...]:
    """The subjects that a file of margins names; () where it names none."""
    whole = StrictTable(read_toml(text))
    return reading.subjects(whole.sequence("subjects")) if whole.has("subjects") else ()


@dataclass(frozen=True)
class _Margins:
    """What the cells have to add up to."""

    types: Mapping[str, TypeMargin]
    order: Sequence[str]
    chapters: Mapping[str, int]
    levels: Mapping[str, int]

    def room(self, held: Mapping[Key, int] | None, multiple: int) -> dict[Key, int]:
        """The most that each cell may ask for."""
        room = dict[Key, int]()
        for type_, chapter, level in (
            (t, c, level) for t in self.types for c in self.chapters for level in self.levels
        ):
            most = self.types[type_].count
            if held is not None:
                having = (n for (t, c, k), n in held.items() if t == type_ and level in (ANY, k) and covers(chapter, c))
                most = min(most, sum(having) // multiple)
            room[type_, chapter, level] = most
        return room

    def rounded(self, room: Mapping[Key, int]) -> dict[Key, int]:
        """Whole numbers with every margin exact, least Σ |count − share|; the second unit of distance costs threefold,
        so that many cells off by a little are preferred to one off by much."""
        model, number, total = Model(), dict[Key, int](), sum(self.levels.values())
        for (type_, chapter, level), most in room.items():
            share = self.types[type_].count * self.chapters[chapter] * self.levels[level] / total / total
            cell = number[type_, chapter, level] = model.integer(high=most)
            below, above = model.real(0, 1, 1.0), model.real(0, 1, 1.0)
            far_below, far_above = model.real(0, cost=3.0), model.real(0, cost=3.0)
            model.row({cell: 1.0, below: 1.0, far_below: 1.0, above: -1.0, far_above: -1.0}, share, share)
        for _margin, _name, stated, terms in self._rows(number):
            model.row(terms, stated, stated)
        found = model.solve(gap=0.0)
        if found is None:
            raise self._refusal(room)
        return {key: round(found.values[n]) for key, n in number.items()}

    def _refusal(self, room: Mapping[Key, int]) -> Denied:
        """Names the margins that the table nearest to all misses, and the cells that the bank holds it back with."""
        model, number = Model(), {key: n for n, key in enumerate(room)}
        for most in room.values():
            model.integer(high=most)
        off = dict[tuple[str, str], tuple[int, int]]()
        for margin, name, stated, terms in self._rows(number):
            off[margin, name] = above, below = model.integer(high=1_000, cost=1.0), model.integer(high=1_000, cost=1.0)
            model.row(terms | {above: -1.0, below: 1.0}, stated, stated)
        found = model.solve()
        assert found is not None  # whoever may miss every margin always can
        by = {name: round(found.values[above] - found.values[below]) for name, (above, below) in off.items()}
        missed = [(margin, name, amount) for (margin, name), amount in by.items() if amount]
        names = {name for _margin, name, _amount in missed}
        full = [
            "/".join(key) for key, n in sorted(number.items(), key=lambda entry: place(entry[0], self.order))
            if names & set(key) and room[key] < self.types[key[0]].count and found.values[n] > room[key] - 0.5
        ]  # fmt: skip
        told = ", ".join(f"{margin}.{name} {amount:+d}" for margin, name, amount in missed)
        if full:
            return Denied("margins-beyond-bank", missed=told, cells=", ".join(full))
        return Denied("margins-impossible", missed=told)

    def _rows(self, number: Mapping[Key, int]) -> Iterator[tuple[str, str, int, dict[int, float]]]:
        """Each margin: which table, its name, what it states, and the cells that add up to it."""
        points = {n: self.types[key[0]].points for key, n in number.items()}
        for type_, margin in self.types.items():
            yield "types", type_, margin.count, {n: 1.0 for key, n in number.items() if key[0] == type_}
        for at, table, stated in ((1, "chapters", self.chapters), (2, "levels", self.levels)):
            for name, total in stated.items():
                yield table, name, total, {n: points[n] for key, n in number.items() if key[at] == name}


def with_cells(text: str, rule: Rule, comment: str) -> str:
    """The author's own text with the proposed cells written in before one of its tables, under a `comment`.

    Read again, it is the rule that was proposed: else it is refused, and not a word of it shown.

    Raises Denied: when the text does not read back as that rule.
    """
    lines = [f"# {comment}", "cells = ["]
    before = None
    for cell in rule.cells_as_read:
        if cell.chapter != before:
            lines.append(f"  # {cell.chapter} {rule.chapters[cell.chapter].name}")
            before = cell.chapter
        chapter = json.dumps(cell.chapter, ensure_ascii=False)
        fields = f'type = "{cell.type.value}", chapter = {chapter}, level = "{cell.level}"'
        lines.append(f"  {{ {fields}, count = {cell.count}, points = {cell.points} }},")
    written = "\n".join([*lines, "]", "", ""])
    for table in re.finditer(r"^[ \t]*\[", text, re.MULTILINE):  # or what looks like one inside a text of several lines
        whole = f"{text[: table.start()].rstrip()}\n\n{written}{text[table.start() :]}"
        try:
            if parse(whole.encode()).sha256 == rule.sha256:
                return whole
        except BadFile:
            continue
    raise Denied("margins-not-written")
