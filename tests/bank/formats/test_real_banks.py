"""Real banks, with their real dirt: exactly the counts and the flagged rows that their collection states."""

import collections
import json

import pytest

from bank import formats
from bank.content import ItemType
from tests.shared import DATA, needs

BANKS = DATA / "banks"
pytestmark = needs(BANKS)


def flagged(path):
    """What the collectors found: line number -> reason, in our spelling."""
    records = map(json.loads, path.read_text().strip().split("\n"))  # not splitlines: a stem may hold U+0085
    return {number: record["flag"].replace("_", "-") for number, record in enumerate(records, 1) if "flag" in record}


@pytest.mark.parametrize(
    ("name", "rows", "refused", "distinct"),
    [
        ("crac_2025", 1375, 2, 1373),
        ("irish_driving_zh", 805, 4, 801),
        ("wx_party_quiz", 411, 17, 388),
        ("irish_driving_en", 805, 0, 805),
    ],
)
def test_each_bank_gives_its_counts_and_its_flagged_rows(name, rows, refused, distinct):
    path = BANKS / name / f"{name}.jsonl"
    result = formats.read(path)
    assert {each.row: each.reason for each in result.refused} == flagged(path)
    assert (len(result.refused), len(result.items) + len(result.refused)) == (refused, rows)
    assert len({item.id for item in result.items}) == distinct


@pytest.mark.parametrize("name", ["opentriviaqa_subset", "mmlu_redux"])
def test_of_dirtier_banks_every_flagged_row_is_refused_and_beyond_them_only_unprintable_ones(name):
    path = BANKS / name / f"{name}.jsonl"
    found = {each.row: each.reason for each in formats.read(path).refused}
    assert found.items() >= flagged(path).items()
    beyond = {found[row] for row in found.keys() - flagged(path).keys()}
    assert beyond <= {"lost-character", "control-character"}


def test_the_amateur_radio_table_and_its_json_lines_are_the_same_bank():
    table = formats.read(BANKS / "crac_2025/original/full.csv")
    lines = formats.read(BANKS / "crac_2025/crac_2025.jsonl")
    assert [item.id for item in table.items] == [item.id for item in lines.items]
    assert [item.answer_key for item in table.items] == [item.answer_key for item in lines.items]
    assert [item.content.type for item in table.items] == [item.content.type for item in lines.items]
    assert table.media == lines.media and len(table.media) == 53
    assert [(r.row, r.reason) for r in table.refused] == [(1013, "repeated-option"), (1054, "repeated-option")]


def test_its_pictures_keep_seven_repeats_apart():
    items = formats.read(BANKS / "crac_2025/original/full.csv").items
    assert sum(item.content.needs_picture for item in items) == 53
    texts = collections.Counter((item.content.stem, item.content.options) for item in items)
    assert sum(number - 1 for number in texts.values()) == 7
    assert len({item.id for item in items}) == len(items) == 1373


def test_where_the_code_claims_another_number_of_answers_it_is_told():
    result = formats.read(BANKS / "crac_2025/original/full.csv")
    codes = [remark.facts["code"] for remark in result.remarks if remark.reason == "code-disagrees"]
    assert codes == ["MC1-0014", "MC1-0016"]
    by_code = {item.code: item for item in result.items}
    assert by_code["MC1-0014"].content.type is ItemType.MULTIPLE


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
def test_real_banks_survive_export_and_import(tmp_path, suffix):
    for name in ("crac_2025", "irish_driving_zh", "wx_party_quiz"):
        first = formats.read(BANKS / name / f"{name}.jsonl")
        formats.write(tmp_path / f"{name}{suffix}", first.items, first.media.get)
        again = formats.read(tmp_path / f"{name}{suffix}")
        assert again.items == first.items and again.refused == [] and again.media == first.media
