"""What a rule's codes are called: types, levels, cells. A clerk reads 单选/第 3 章/掌握, not single/3/grasp."""

import re
from collections.abc import Callable

from tools.cli.language import N_, _, joined

TYPES = {
    "truefalse": N_("true-false"), "single": N_("single answer"), "multiple": N_("multiple answers"),
    "fill": N_("fill-in"), "case": N_("case group"),
}  # fmt: skip
LEVELS = {"know": N_("know"), "grasp": N_("grasp"), "master": N_("master"), "none": N_("no level"), "any": ""}
MARGINS: dict[str, str] = {"types": N_("types"), "chapters": N_("chapters"), "levels": N_("levels")}
_MOST = 12
"""Cells told in one sentence."""


def type_name(type_: str) -> str:
    return _(TYPES[type_]) if type_ in TYPES else type_


def level_name(level: str) -> str:
    return (_(LEVELS[level]) if LEVELS[level] else _("any level")) if level in LEVELS else level


def chapter_name(code: str) -> str:
    return _("all chapters") if code == "any" else _("chapter {code}", code=code)


def cell_name(stratum: str) -> str:
    """ "single/3/grasp" in words; the code itself stays in JSON and in the rule."""
    parts = stratum.split("/")
    if len(parts) != 3 or parts[0] not in TYPES or parts[2] not in LEVELS:
        return stratum
    words = [type_name(parts[0])]
    words.append(chapter_name(parts[1]))
    if parts[2] != "any":
        words.append(level_name(parts[2]))
    return "·".join(words)


def margin_name(name: str) -> str:
    """A margin in a refusal: a table of them, a type, a level, or a chapter's code."""
    for words in (MARGINS, TYPES, LEVELS):
        if words.get(name):
            return _(words[name])
    return name


def _cells(text: str) -> str:
    names = text.split(", ")
    told = joined(map(cell_name, names[:_MOST]))
    return told if len(names) <= _MOST else _("{cells} and {n} more", cells=told, n=len(names) - _MOST)


def _missed(text: str) -> str:
    """ "types.single -3, chapters.1 +2" in words."""
    told = []
    for part in text.split(", "):
        margin, _dot, rest = part.partition(".")
        name, _space, by = rest.rpartition(" ")
        told.append(f"{margin_name(margin)} {margin_name(name)} {by}")
    return _("; ").join(told)


def _field(text: str) -> str:
    """ "cells[13].type": a person counts cells, not what is between brackets."""
    found = re.fullmatch(r"cells\[(\d+)\](?:\.(.*))?", text)
    if found is None:
        return text
    cell = _("cell number {n}", n=found[1])
    return cell if found[2] is None else _("{cell}, {field}", cell=cell, field=found[2])


FACTS: dict[str, Callable[[str], str]] = {
    "cell": cell_name,
    "other": cell_name,
    "cells": _cells,
    "field": _field,
    "margin": margin_name,
    "missed": _missed,
    "parts": lambda text: re.sub(r"[a-z]+", lambda word: type_name(word[0]), text),
}
"""Name of a fact in a refusal about rules -> how its value reads."""
