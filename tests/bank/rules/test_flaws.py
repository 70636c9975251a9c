"""All fields at fault are told at once, each by its name; what hangs on them is not."""

from pathlib import Path

import pytest

import tools.samples
from bank.refused import BadFile
from bank.rules import parse
from bank.rules.flaws import flaws

SAMPLE = (Path(next(iter(tools.samples.__path__))) / "SP-ELV-T/rule.toml").read_text("utf-8")


def spoiled(*pairs):
    text = SAMPLE
    for before, after in pairs:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text.encode()


def told(text):
    return {str(each.facts.get("field", each.facts.get("name"))): each.code for each in flaws(text)}


def test_a_rule_in_order_has_none():
    assert flaws(SAMPLE.encode()) == []


def test_fields_of_every_kind_are_told_at_once_and_nothing_that_follows_from_them():
    minutes = next(line for line in SAMPLE.splitlines() if line.startswith("minutes"))
    passing = next(line for line in SAMPLE.splitlines() if line.startswith("pass_points"))
    name = next(line for line in SAMPLE.splitlines() if line.startswith("name"))
    text = spoiled(
        (minutes, 'minutes = "sixty"\ncolour = "red"'), (passing, "pass_point = 80"), (name, "name = 7"),
        ('type = "single"', 'type = "单选"'), ("count = ", "cuont = "),
    )  # fmt: skip
    found = told(text)
    assert found["minutes"] == "rule-not-integer"
    assert found["colour"] == found["pass_point"] == "rule-unknown-field"
    assert found["pass_points"] == "rule-missing-field"
    assert found["name"] == "rule-not-line"
    assert "rule-not-one-of" in found.values()
    assert not {"rule-total-differs", "rule-type-margin", "rule-cells-overlap"} & set(found.values())
    assert len(found) >= 7
    with pytest.raises(BadFile) as first:
        parse(text)
    assert first.value.code == flaws(text)[0].code


def test_an_unknown_field_comes_with_those_that_are_known():
    (flaw,) = flaws(("colour = 1\n" + SAMPLE).encode())
    assert flaw.facts["field"] == "colour" and {"minutes", "cells", "name"} <= set(flaw.facts["known"])


@pytest.mark.parametrize("value", ["低压电工", "“低压电工”", "sixty minutes", "「甲」"])
def test_text_without_quotation_marks_is_told_as_that(value):
    (flaw,) = flaws(f"version = 1\nname = {value}\n".encode())
    assert (flaw.code, flaw.facts) == ("rule-not-quoted", {"line": 2, "name": "name"})


def test_what_is_wrong_as_a_whole_is_told_as_it_is():
    total = next(line for line in SAMPLE.splitlines() if line.startswith("total_points"))
    assert [each.code for each in flaws(spoiled((total, "total_points = 99")))] == ["rule-total-differs"]
