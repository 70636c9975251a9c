"""Whose letter it is: options out of order, all in one cell, answers by letter, by text or both; numbers before stems."""

import json

import pytest

from bank import formats
from bank.content import ItemType
from bank.formats import options as choices
from bank.formats import stem_number
from bank.refused import BadFile
from tests.bank.formats.test_formats import HEAD, ROW, csv, lines, one

IN_ONE = ["题干", "选项", "答案"]


def in_one_cell(path, *rows):
    """Outcomes of a table whose options stand in one cell: the right options' texts, or the reason of a refusal."""
    result = formats.read(csv(path, IN_ONE, *(["问" + str(n), *row] for n, row in enumerate(rows))))
    found = {place.row: right(item) for place, item in zip(result.places, result.items, strict=True)}
    return [outcome for _row, outcome in sorted((found | {each.row: each.reason for each in result.refused}).items())]


def right(item):
    return [item.content.options[index].text for index in item.answer_key.correct]


def texts(item):
    return [option.text for option in item.content.options]


@pytest.mark.parametrize(
    ("cell", "answer", "chosen"),
    [
        ("D.丁\nA.甲\nB.乙\nC.丙", "A", ["甲"]),
        ("A.60%B.70%\nC.80%\nD.90%", "C", ["80%"]),
        ("A.一年B.两年C.半年", "B", ["两年"]),
        ("（B）乙（A）甲（C）丙", "A", ["甲"]),
        ("A.甲**B.乙**C.丙", "C", ["丙"]),
        ("A．甲；B．乙；C．以上A、B都对", "C", ["以上A、B都对"]),
        ("A 甲\nB 乙\nC 丙", "B", ["乙"]),
    ],
)
def test_an_options_own_letter_decides_never_its_position(tmp_path, cell, answer, chosen):
    assert in_one_cell(tmp_path, [cell, answer]) == [chosen]


@pytest.mark.parametrize("cell", ["A.甲\nC.丙\nD.丁", "A.甲\nA.乙\nB.丙", "B.甲\nC.乙"])
def test_letters_that_make_no_whole_refuse_the_row(tmp_path, cell):
    assert in_one_cell(tmp_path, [cell, "A"]) == ["option-letters-unclear"]


@pytest.mark.parametrize(
    "options",
    [
        ["D.丁", "A.甲", "B.乙", "C.丙"],
        {"D": "丁", "A": "甲", "B": "乙", "C": "丙"},
        [{"label": letter, "text": text} for letter, text in zip("DABC", "丁甲乙丙", strict=True)],
        [{"value": letter, "label": text} for letter, text in zip("DABC", "丁甲乙丙", strict=True)],
        "D.丁\nA.甲\nB.乙\nC.丙",
    ],
)
def test_labels_in_json_decide_too_and_are_taken_off(tmp_path, options):
    (item,) = lines(tmp_path, {"stem": "问", "options": options, "answer": "A"}).items
    assert (texts(item), right(item)) == (["甲", "乙", "丙", "丁"], ["甲"])


def test_a_number_that_counts_options_and_letters_out_of_order_are_not_weighed_against_each_other(tmp_path):
    result = lines(tmp_path, {"stem": "问", "options": ["D.丁", "A.甲", "B.乙", "C.丙"], "answer": [0]})
    assert [refused.reason for refused in result.refused] == ["option-letters-and-numbers"]


def test_numbers_that_count_from_one_refuse_all_rows_that_count(tmp_path):
    options = ["甲", "乙", "丙"]
    rows = [{"stem": f"问{row}", "options": options, "answer": n} for row, n in enumerate((1, 2, 3, 2))]
    result = lines(tmp_path, *rows, {"stem": "问", "options": ["甲", "乙"], "answer": "A"})
    assert [right(item) for item in result.items] == [["甲"]]
    assert {(each.row, each.reason) for each in result.refused} == {
        (1, "answer-counts-from-one"),
        (2, "answer-counts-from-one"),
        (3, "answer-out-of-range"),
        (4, "answer-counts-from-one"),
    }
    result = lines(tmp_path, *rows, {"stem": "问", "options": ["甲", "乙"], "answer": 0})
    assert len(result.items) == 4


def test_marks_at_json_options_are_the_answer_or_held_against_it(tmp_path):
    options = [{"text": "甲", "isCorrect": False}, {"text": "乙", "isCorrect": True}]
    result = lines(tmp_path, {"stem": "问", "options": options}, {"stem": "问问", "options": options, "answer": "A"})
    assert [right(item) for item in result.items] == [["乙"]]
    assert [(each.row, each.reason) for each in result.refused] == [(2, "answers-disagree")]


def test_the_letter_of_a_column_against_that_in_its_cell_refuses_the_row(tmp_path):
    assert one(tmp_path, 选项A="D.丁", 选项B="A.甲", 选项C="B.乙", 选项D="C.丙")[0] == "option-letters-disagree"


@pytest.mark.parametrize("swallowed", ["60%B.70%", "三（B）四", "甲 B．乙", "甲\nD.丁"])
def test_an_option_that_holds_the_next_one_is_refused(tmp_path, swallowed):
    assert one(tmp_path, 选项A=swallowed)[0] == "option-holds-another"


def test_letters_taken_off_show_what_is_empty_or_stands_twice(tmp_path):
    assert one(tmp_path, 选项A="A.安", 选项B="B.安", 选项C="C.欧", 选项D="D.瓦")[0] == "repeated-option"


@pytest.mark.parametrize(
    ("stem", "bare"),
    [
        ("3、安全电压是", "安全电压是"),
        ("（12）安全电压是", "安全电压是"),
        ("1\t安全电压是", "安全电压是"),
        ("第5题：安全电压是", "第5题：安全电压是"),
        ("Q：安全电压是", "安全电压是"),
        ("12. 380V 线路", "380V 线路"),
        ("1、2级配电", "1、2级配电"),
        ("1：1 配比", "1：1 配比"),
        ("3.5 V 是", "3.5 V 是"),
        ("1. 断电\n2. 验电，先后是", "1. 断电\n2. 验电，先后是"),
    ],
)
def test_numbers_before_stems_are_taken_off_and_numbers_of_the_question_stay(tmp_path, stem, bare):
    assert stem_number.without(stem) == bare
    assert one(tmp_path, 题干=stem).content.stem == bare.replace("\t", " ")
    (item,) = lines(tmp_path, {"stem": stem, "options": ["甲", "乙"], "answer": "A"}).items
    assert item.content.stem == bare


def test_a_number_that_was_left_is_told_once_a_sheet(tmp_path):
    result = formats.read(csv(tmp_path, HEAD, *([f"第{n}题：{ROW[0]}", *ROW[1:]] for n in (1, 2))))
    assert [(each.reason, each.row, each.facts) for each in result.remarks] == [("number-before-stem", 2, {"found": 2})]


def test_numbered_repeats_are_one_question(tmp_path):
    result = formats.read(csv(tmp_path, HEAD, ["3、" + ROW[0], *ROW[1:]], ["118．" + ROW[0], *ROW[1:]]))
    assert len({item.id for item in result.items}) == 1 and len(result.items) == 2


@pytest.mark.parametrize("sign", ["**", "##", "||", "|", "\t", "$$", "@@", "@", "\n"])
def test_what_parts_options_is_learned_from_the_column_as_a_whole(tmp_path, sign):
    cells = [sign.join(("甲；又", "乙", "丙")), sign.join(("丁", "戊"))]
    assert in_one_cell(tmp_path, [cells[0], "A"], [cells[1], "B"]) == [["甲；又"], ["戊"]]


def test_an_unknown_sign_is_refused_and_not_cut_at_an_inner_semicolon(tmp_path):
    assert in_one_cell(tmp_path, ["甲→乙；又→丙", "A"], ["甲 * 乙；再 * 丙", "A"]) == ["options-unclear"] * 2
    assert in_one_cell(tmp_path, ["甲##乙；丙", "A"], ["甲；乙", "B"]) == [["甲"], "options-unclear"]


@pytest.mark.parametrize(
    "heading",
    [
        ["题目内容", "题目选项", "题目答案", "试题类型", "作业种类"],
        ["问题内容", "备选项", "正确选项", "题型", "工种"],
        ["试题", "可选项", "标准答案", "试题种类", "作业类别"],
    ],
)
def test_more_headings_are_known(tmp_path, heading):
    (item,) = formats.read(csv(tmp_path, heading, ["问", "A.甲 B.乙", "B", "单选题", "低压电工"])).items
    assert (item.content.type, right(item), item.subject) == (ItemType.SINGLE, ["乙"], "SP-ELV")


def test_an_unread_column_on_which_the_answer_depends_refuses_its_rows(tmp_path):
    result = formats.read(csv(tmp_path, ["题干", "选项列", "答案"], ["问", "A.甲 B.乙", "F"], ["水导电", "", "对"]))
    assert [(each.row, each.reason, each.facts) for each in result.refused] == [
        (2, "column-decides", {"column": "选项列"})
    ]
    assert [item.content.type for item in result.items] == [ItemType.TRUEFALSE]
    result = formats.read(csv(tmp_path, [*HEAD, "答案2"], [*ROW, "B"], [*ROW, ""]))
    assert [(each.row, each.reason) for each in result.refused] == [(2, "column-decides")]
    result = lines(tmp_path, {"stem": "问", "选项们": ["甲", "乙"], "answer": "F"})
    assert [each.reason for each in result.refused] == ["column-decides"]


def test_a_number_alone_is_no_stem(tmp_path):
    assert one(tmp_path, 题干="8.")[0] == "empty-stem"


def test_an_f_without_options_in_a_sheet_of_choices_is_no_statement(tmp_path):
    assert in_one_cell(tmp_path, ["A.甲 B.乙", "A"], ["", "F"]) == [["甲"], "answer-letter-unclear"]
    assert one(tmp_path, 题型="", 选项A="", 选项B="", 选项C="", 选项D="", 答案="F")[0] == "answer-letter-unclear"


@pytest.mark.parametrize(
    "answer", ["B、伏", "B.伏", "B 伏", "伏", "答案：B", "答案是：B", "正确答案：伏。", "选B", "（B）"]
)
def test_an_answer_is_read_by_letter_by_text_or_both(tmp_path, answer):
    assert right(one(tmp_path, 答案=answer)) == ["伏"]


def test_english_words_are_texts_and_not_letters(tmp_path):
    words = {"选项A": "one", "选项B": "bad", "选项C": "three", "选项D": "four"}
    assert right(one(tmp_path, 答案="three", **words)) == ["three"]
    assert right(one(tmp_path, 答案="C) three", **words)) == ["three"]
    assert one(tmp_path, 答案="bad", **words)[0] == "answer-two-ways"


def test_several_answers_by_text(tmp_path):
    for answer in ("伏；瓦", "伏、瓦", "B、伏 D、瓦", "B.伏\nD.瓦"):
        assert right(one(tmp_path, 题型="多选", 答案=answer)) == ["伏", "瓦"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"答案": "B、安"}, "answer-two-ways"),
        ({"答案": "2", "选项A": "2", "选项B": "3", "选项C": "4", "选项D": "5"}, "answer-two-ways"),
        ({"答案": "牛"}, "answer-unreadable"),
        ({"答案": "AC", "选项A": "DC", "选项B": "AC", "题型": ""}, "answer-two-ways"),
        ({"答案": "安、伏", "选项C": "安、伏", "题型": "多选"}, "answer-two-ways"),
    ],
)
def test_an_answer_that_says_two_things_is_refused(tmp_path, changed, reason):
    assert one(tmp_path, **changed)[0] == reason


def test_truth_behind_a_label_is_truth(tmp_path):
    none = dict.fromkeys(("选项A", "选项B", "选项C", "选项D"), "")
    assert one(tmp_path, 题型="判断", 答案="答案是：正确", **none).answer_key.correct == (0,)
    assert one(tmp_path, 题型="判断", 答案="答案：×", **none).answer_key.correct == (1,)


def test_what_we_export_ourselves_is_read_by_its_letters_alone(tmp_path):
    record = {"stem": "图中哪个是", "options": ["乙", "甲", "A、B"], "answer": [0, 1], "type": "multiple"}
    (item,) = lines(tmp_path, json.dumps(record)).items
    formats.write(tmp_path / "b.csv", [item])
    assert formats.read(tmp_path / "b.csv").items == [item]


def test_a_tilde_before_the_equals_sign_of_gift_is_read(tmp_path):
    (tmp_path / "a.gift").write_text("问 { ~=甲 ~乙 ~丙 }", encoding="utf-8")
    (item,) = formats.read(tmp_path / "a.gift").items
    assert (texts(item), right(item)) == (["甲", "乙", "丙"], ["甲"])


@pytest.mark.parametrize("doctype", ["<!DOCTYPE quiz>", "<!DOCTYPE quiz >\n"])
def test_a_bare_document_type_does_no_harm(tmp_path, doctype):
    question = (
        '<question type="truefalse"><questiontext><text>水导电。</text></questiontext>'
        '<answer fraction="100"><text>true</text></answer></question>'
    )
    (tmp_path / "a.xml").write_text(f'<?xml version="1.0"?>{doctype}<quiz>{question}</quiz>', encoding="utf-8")
    assert len(formats.read(tmp_path / "a.xml").items) == 1


@pytest.mark.parametrize(
    "doctype", ['<!DOCTYPE quiz SYSTEM "q.dtd">', '<!DOCTYPE quiz [<!ENTITY a "b">]>', "<!DOCTYPE quiz []>"]
)
def test_a_document_type_that_says_more_is_refused(tmp_path, doctype):
    (tmp_path / "a.xml").write_text(f"{doctype}<quiz><question/></quiz>", encoding="utf-8")
    with pytest.raises(BadFile, match="xml-doctype"):
        formats.read(tmp_path / "a.xml")


def columns(tmp_path, *rows, head=("题干", "选项A", "选项B", "选项C", "答案")):
    return formats.read(csv(tmp_path, list(head), *map(list, rows)))


@pytest.mark.parametrize(
    ("options", "answer", "outcome"),
    [
        (("①甲", "②乙", "③丙"), "②", (["甲", "乙", "丙"], (1,))),
        (("1.甲", "2.乙", "3.5 V"), "2", (["甲", "乙", "5 V"], (1,))),
        (("A 甲", "B 乙", "C 丙"), "B", (["甲", "乙", "丙"], (1,))),
        (("③甲", "①乙", "②丙"), "A", "option-letters-unclear"),
        (("C甲", "A乙", "B丙"), "A", "option-letters-unclear"),
        (("A级", "B级", "C级"), "A", (["A级", "B级", "C级"], (0,))),
        (("①大于②", "②大于①", "相等"), "A", (["①大于②", "②大于①", "相等"], (0,))),
    ],
)
def test_numbers_and_bare_letters_of_options_are_taken_off_in_order_and_refused_out_of_it(
    tmp_path, options, answer, outcome
):
    result = columns(tmp_path, ("问", *options, answer))
    if isinstance(outcome, str):
        assert [each.reason for each in result.refused] == [outcome]
    else:
        (item,) = result.items
        assert ([option.text for option in item.content.options], item.answer_key.correct) == outcome


def test_letters_pressed_to_their_texts_and_an_option_behind_another_are_told(tmp_path):
    pressed = columns(tmp_path, ("问", "A甲", "B乙", "C丙", "B"))
    assert [each.reason for each in pressed.remarks] == ["own-letter-left"]
    behind = columns(tmp_path, ("问", "甲", "3.5mmC.丙", "丁", "B"))
    assert [each.reason for each in behind.remarks] == ["option-may-hold-next"]


def test_an_option_whose_heading_is_not_known_refuses_its_rows(tmp_path):
    head = ("题干", "选项A", "选项B", "C号备选", "答案")
    result = columns(tmp_path, ("问", "甲", "乙", "丙", "A"), ("再问", "甲", "乙", "", "A"), head=head)
    assert [(each.row, each.reason, each.facts) for each in result.refused] == [
        (2, "column-decides", {"column": "C号备选"})
    ]
    known = columns(tmp_path, ("问", "甲", "乙", "丙", "C"), head=("题干", "答案选项A", "选项_B", "选项三", "答案"))
    assert [len(item.content.options) for item in known.items] == [3]


@pytest.mark.parametrize("sign", ["/", "<br>", "\\n", "，"])
def test_signs_between_lettered_options_are_no_part_of_them(tmp_path, sign):
    cell = sign.join(("A.甲", "B.乙", "C.丙"))
    result = formats.read(csv(tmp_path, ["题干", "选项", "答案"], ["问", cell, "B"]))
    assert [[option.text for option in item.content.options] for item in result.items] == [["甲", "乙", "丙"]]
    unsure = formats.read(csv(tmp_path, ["题干", "选项", "答案"], ["问", "A.甲-B.乙-C.丙", "B"]))
    assert [each.reason for each in unsure.refused] == ["options-unclear"]


@pytest.mark.parametrize("number", ["{} ", "第{}题 ", "No.{} ", "{}:", "{}．"])
def test_where_a_whole_list_counts_its_stems_all_numbers_go(tmp_path, number):
    stems = ["3人以上作业应", "220V 电路属于", "2、4号线是", "触电急救先"]
    rows = [[number.format(n) + stem, "甲", "乙", "丙", "A"] for n, stem in enumerate(stems, 1)]
    result = columns(tmp_path, *rows)
    assert [item.content.stem for item in result.items] == stems
    assert sum(each.reason == "number-before-stem" for each in result.remarks) == 0


def test_the_kind_before_a_stem_is_its_type_and_another_refuses_it(tmp_path):
    head = ("题型", "题干", "选项A", "选项B", "选项C", "答案")
    rows = [("", "【多选题】问", "甲", "乙", "丙", "A"), ("单选", "（单选题）再问", "甲", "乙", "丙", "A")]
    result = columns(tmp_path, *rows, ("判断", "【单选题】又问", "甲", "乙", "丙", "A"), head=head)
    assert [(item.content.type.value, item.content.stem) for item in result.items] == [
        ("multiple", "问"),
        ("single", "再问"),
    ]
    assert [each.reason for each in result.refused] == ["types-disagree"]


def test_an_option_that_names_others_bears_the_letter_that_they_lack():
    assert choices.own_letters(["C．A和B都对", "A．甲", "B．乙"]) == [(2, "A和B都对"), (0, "甲"), (1, "乙")]
    assert choices.own_letters(["A、B两点", "A、C两点", "乙"]) is None
