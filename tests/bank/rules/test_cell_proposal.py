"""Cells from margins: every margin exact, near to proportion; and the reference rules for the five exams."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank.refused import BadFile, Denied
from bank.rules import parse
from bank.rules.cell_proposal import propose_cells, with_cells
from tests.shared import SHARED, needs

SAMPLES = Path(__file__).parents[3] / "tools/samples"
REFERENCE = SHARED / "research/rules-reference.json"
EXAMS = ("SP-ELV-T", "HC-P-T", "HC-M-T", "CM-M-T", "SPOT-20")
WORDS = {"判断": "truefalse", "单选": "single", "多选": "multiple"}

MARGINS = """\
# 合计
id = "M"
version = 1
name = "只有合计的规则"
source = "test"
effective_from = 2026-01-01
grading = "site"
minutes = 60
total_points = 100
pass_points = 80
pool = { multiple = 1 }

[types]
truefalse = { count = 30, points = 1 }
single = { count = 40, points = 1 }
multiple = { count = 15, points = 2 }

[levels]
know = 20
grasp = 30
master = 50

[chapters]
"1" = { name = "一", points = 41 }
"2" = { name = "二", points = 36 }
"3" = { name = "三", points = 23 }
"""


@pytest.mark.parametrize("exam", EXAMS)
def test_a_reference_rule_is_in_order_and_says_that_it_is_illustrative(exam):
    text = (SAMPLES / exam / "rule.toml").read_bytes()
    rule = parse(text)
    assert rule.id == exam
    assert (rule.total_points, rule.pass_points, rule.pool_multiple) == (100, 80, 3)
    assert "示例" in rule.source
    assert "不用于正式考试" in rule.source
    assert "sample" in text.decode().casefold()


@needs(REFERENCE)
@pytest.mark.parametrize("exam", EXAMS)
def test_a_reference_rule_has_the_reference_margins(exam):
    reference = next(each for each in json.loads(REFERENCE.read_text()) if each["id"] == exam)
    rule = parse((SAMPLES / exam / "rule.toml").read_bytes())
    assert rule.minutes == reference["paper"]["minutes"]
    assert {t.value: (m.count, m.points) for t, m in rule.types.items()} == {
        WORDS[each["type"]]: (each["count"], each["points"]) for each in reference["types"]
    }
    assert {c: (m.name, m.points) for c, m in rule.chapters.items()} == {
        each["code"]: (each["name"], each["points"]) for each in reference["chapters"]
    }


@pytest.mark.parametrize("exam", EXAMS)
def test_the_cells_of_a_reference_rule_lie_near_to_proportion(exam):
    rule = parse((SAMPLES / exam / "rule.toml").read_bytes())
    cells = Counter()
    for cell in rule.cells:
        cells[cell.type, cell.chapter] += cell.count
    for type_, margin in rule.types.items():
        for chapter, stated in rule.chapters.items():
            assert abs(cells[type_, chapter] - margin.count * stated.points / 100) <= 1.5


def test_every_margin_is_met_and_the_file_keeps_its_own_words():
    rule = propose_cells(MARGINS.encode())
    assert rule.items == 85
    text = with_cells(MARGINS, rule, "提议")
    assert parse(text.encode()).sha256 == rule.sha256
    assert text.startswith("# 合计\n")
    assert "  # 2 二\n" in text


def test_no_cell_asks_for_more_than_the_bank_holds():
    held = {(t, c, level): 9 for t in WORDS.values() for c in "123" for level in ("know", "grasp", "master")}
    held["single", "1.4", "master"] = 0
    assert max(cell.count for cell in propose_cells(MARGINS.encode()).cells) > 5
    rule = propose_cells(MARGINS.encode(), held)
    assert max(cell.count for cell in rule.cells) <= 9
    with pytest.raises(Denied, match="margins-beyond-bank") as refusal:
        propose_cells(MARGINS.encode(), dict.fromkeys(held, 3))
    assert "chapters.1 -" in refusal.value.facts["missed"]
    assert "single/1/know" in refusal.value.facts["cells"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("points = 41", "points = 40", "margins-differ"),
        ("total_points = 100", "total_points = 99", "margins-differ"),
        ("[levels]\nknow = 20\n", "[levels]\n", "margins-differ"),
        ("count = 30, ", "", "rule-missing-field"),
        ("total_points = 100", "", "rule-missing-field"),
        ("multiple = 1", "multiple = 0", "rule-out-of-range"),
        ("points = 41", "points = " + 5_000 * "9", "rule-too-large"),
        ("[types]", "[types", "rule-not-toml"),
    ],
)
def test_margins_that_disagree_are_refused_and_never_changed(old, new, code):
    with pytest.raises(BadFile) as refusal:
        propose_cells(MARGINS.replace(old, new).encode())
    assert refusal.value.code == code


def test_a_whole_rule_and_case_groups_are_not_proposed():
    with pytest.raises(Denied, match="margins-with-cells"):
        propose_cells(with_cells(MARGINS, propose_cells(MARGINS.encode()), "提议").encode())
    with pytest.raises(Denied, match="margins-with-cases"):
        propose_cells(MARGINS.replace("\nmultiple =", "\ncase =").encode())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(0, 20), st.integers(0, 100))
def test_a_table_of_single_points_always_exists(chapters, singles, know):
    total = sum(chapters)
    singles, know = min(singles, total - 1), know * total // 101
    types = f"truefalse = {{ count = {total - singles}, points = 1 }}\n"
    types += f"single = {{ count = {singles}, points = 1 }}\n" if singles else ""
    levels = f"grasp = {total - know}\n" + (f"know = {know}\n" if know else "")
    head = MARGINS[: MARGINS.index("[types]")].replace("100", str(total)).replace("pass_points = 80", "pass_points = 1")
    names = "".join(f'"{n}" = {{ name = "x", points = {points} }}\n' for n, points in enumerate(chapters, start=1))
    rule = propose_cells(f"{head}[types]\n{types}\n[levels]\n{levels}\n[chapters]\n{names}".encode())
    assert rule.items == total
