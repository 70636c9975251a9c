"""Nothing visible is lost: in every form, what reaches neither an item nor the report refuses its row by its words."""

import pytest

from bank import formats
from bank.content import Content, ItemType, Option
from bank.formats import conservation, summary
from bank.formats.draft import Draft, DraftOption
from bank.item import AnswerKey, Item
from bank.refused import BadFile
from tests.bank.formats.test_formats import HEAD, ROW, csv, lines
from tests.bank.formats.test_html import moodle
from tests.shared import DATA, needs


def item(stem="安全电压是", *options):
    return Item(Content(ItemType.SINGLE, stem, tuple(map(Option, options or ("36 V", "220 V")))), AnswerKey((0,)), "")


@pytest.mark.parametrize(
    ("shown", "left"),
    [
        (("安全电压是", "36 V", "220 V"), ""),
        (("安全电压是：", "A.36 V B.220 V"), ""),
        (("安全电压是", "36 V", "220 V", "不得超过"), "不得超过"),
        (("安全电压不是", "36 V", "220 V"), "不"),
        (("安全电压是", "36 V", "36 V", "220 V"), "36v"),
        (("安全电压是", "≥36 V", "220 V"), "≥"),
        ((), ""),
    ],
)
def test_what_is_shown_less_what_is_held(shown, left):
    options = [DraftOption("36 V"), DraftOption("220 V")]
    assert conservation.left(Draft(shown=shown, options=options), item()) == left


def test_superscripts_widths_and_case_are_no_difference():
    held = item("10⁶ 欧")
    assert conservation.left(Draft(shown=("１０^(6) 欧", "36 v", "220 V")), held) == ""


def test_a_table_with_options_in_two_places_loses_none_of_them(tmp_path):
    result = formats.read(csv(tmp_path, [*HEAD, "备选项"], [*ROW, "A.库 B.仑"], [*ROW, ""]))
    assert [(each.row, each.reason, each.facts) for each in result.refused] == [(2, "text-left-over", {"left": "库"})]
    assert len(result.items) == 1


def test_a_json_record_whose_words_go_nowhere_is_refused(tmp_path):
    options = {"A": "甲", "B": "乙"}
    result = lines(tmp_path, {"stem": "问", "options": options, "optionC": "丙", "answer": "A"})
    assert [(each.reason, each.facts) for each in result.refused] == [("text-left-over", {"left": "丙"})]


def test_what_stands_above_a_heading_is_told(tmp_path):
    result = formats.read(csv(tmp_path, ["低压电工题库", "2026"], ["答题须知"], HEAD, ROW))
    told = [(each.row, each.reason, each.facts) for each in result.remarks]
    assert told == [(1, "rows-above-heading", {"found": 2})] and len(result.items) == 1


def test_an_unknown_part_of_a_moodle_question_is_not_dropped(tmp_path):
    result = moodle(tmp_path, "问", "<questionnote format='html'><text>只限电工</text></questionnote>")
    assert [(each.reason, each.facts) for each in result.refused] == [("text-left-over", {"left": "只限电工"})]


def test_a_report_comes_to_totals_and_the_edit_that_mends_most(tmp_path):
    rows = [[*ROW[:6], answer, "1"] for answer in ("E", "E", "E", "", "A")]
    result = formats.read(csv(tmp_path, HEAD, *rows))
    assert [(total.reason, total.rows) for total in summary.totals(result.refused)] == [
        ("answer-out-of-range", 3),
        ("no-answer", 1),
    ]
    most = summary.mends_most(result.refused)
    assert most is not None and (most.reason, most.rows, most.first.row) == ("answer-out-of-range", 3, 2)
    assert summary.mends_most(result.refused[-1:]) is None


@needs(DATA / "interchange")
def test_of_all_files_that_others_wrote_no_text_is_left_over_unnamed():
    """Each reader accounts for what these files hold: nothing in them is refused as left over."""
    left = []
    for path in [*DATA.glob("interchange/**/*.*"), *DATA.glob("banks/*/*.jsonl"), *DATA.glob("banks/*/original/*.csv")]:
        if path.suffix in formats.READ and path.is_file():
            try:
                result = formats.read(path)
            except BadFile:
                continue
            left += [(path.name, each.row, each.facts) for each in result.refused if each.reason == "text-left-over"]
    assert left == []
