"""How authors write, and what it means: a table of spellings; and what makes no sense, refused with its place."""

import io
import json
import re
import time

import pytest
import xlsxwriter

from bank import formats
from bank.content import TRUEFALSE_OPTIONS, ItemType, Level
from bank.formats import spelling
from bank.formats.sheets import table
from bank.refused import BadFile
from tests.pictures import png

HEAD = ["题干", "题型", "选项A", "选项B", "选项C", "选项D", "答案", "章节"]
ROW = ["电流的单位是（ ）。", "单选", "安", "伏", "欧", "瓦", "A", "5"]
PNG = png()


def csv(path, *rows, encoding="utf-8", delimiter=",", name="t.csv"):
    lines = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    (path / name).write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path / name


def xlsx(path, sheets, merged=(), name="t.xlsx"):
    with xlsxwriter.Workbook(path / name) as book:
        for title, rows in sheets.items():
            page = book.add_worksheet(title)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
            for first, last, column, text in merged:
                page.merge_range(first, column, last, column, text)
    return path / name


def one(path, **changed):
    """The outcome of a table with one row: the Item, or (reason, facts)."""
    row = dict(zip(HEAD, ROW, strict=True)) | changed
    result = formats.read(csv(path, list(row), list(row.values())))
    assert len(result.items) + len(result.refused) == 1
    return result.items[0] if result.items else (result.refused[0].reason, result.refused[0].facts)


def test_a_plain_row_is_read(tmp_path):
    item = one(tmp_path)
    assert item.content.stem == "电流的单位是（ ）。"
    assert [option.text for option in item.content.options] == ["安", "伏", "欧", "瓦"]
    assert item.answer_key.correct == (0,) and item.chapter == "5" and item.level is Level.NONE and item.p4 is None


@pytest.mark.parametrize(
    "answer",
    ["ACD", "A,C,D", "A、C、D", "Ａ　Ｃ　Ｄ", "a c d", "A，C，D", "A;C；D", "DCA", "（ACD）", "A/C/D", "A|C|D"],
)
def test_answers_of_several_letters_are_one_answer_however_written(tmp_path, answer):
    assert one(tmp_path, 题型="多选", 答案=answer).answer_key.correct == (0, 2, 3)


@pytest.mark.parametrize(
    "word", sorted(spelling.TRUE_WORDS) + ["Ｔ", "ＴＲＵＥ", "True", "（√）", " 对 ", "A", "a", "Ａ", "1"]
)
def test_true_is_true_however_written(tmp_path, word):
    item = one(tmp_path, 题型="判断", 答案=word, 选项A="", 选项B="", 选项C="", 选项D="")
    assert item.answer_key.correct == (0,)
    assert tuple(option.text for option in item.content.options) == TRUEFALSE_OPTIONS and item.locked == (0, 1)


@pytest.mark.parametrize("word", sorted(spelling.FALSE_WORDS) + ["Ｆ", "Ｘ", "错 误", "B", "0"])
def test_false_is_false_however_written(tmp_path, word):
    assert one(tmp_path, 题型="判断", 答案=word, 选项A="", 选项B="", 选项C="", 选项D="").answer_key.correct == (1,)


@pytest.mark.parametrize(
    ("first", "second", "answer", "correct"),
    [
        ("正确", "错误", "A", 0),
        ("正确", "错误", "B", 1),
        ("错误", "正确", "A", 1),
        ("错误", "正确", "B", 0),
        ("对", "错", "对", 0),
        ("错", "对", "√", 0),
        ("√", "×", "B", 1),
        ("Yes", "No", "n", 1),
        ("False", "True", "T", 0),
        ("A.正确", "B.错误", "B", 1),
        ("是", "否", "否", 1),
    ],
)
def test_true_false_items_are_stored_one_way_round_whichever_way_they_were_written(
    tmp_path, first, second, answer, correct
):
    item = one(tmp_path, 题型="判断题", 选项A=first, 选项B=second, 选项C="", 选项D="", 答案=answer)
    assert tuple(option.text for option in item.content.options) == TRUEFALSE_OPTIONS
    assert item.answer_key.correct == (correct,)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("单选题", ItemType.SINGLE),
        ("单项选择", ItemType.SINGLE),
        ("Single", ItemType.SINGLE),
        ("radio", ItemType.SINGLE),
        ("多选", ItemType.MULTIPLE),
        ("不定项选择题", ItemType.MULTIPLE),
        ("multi", ItemType.MULTIPLE),
        ("选择题", ItemType.SINGLE),
        ("", ItemType.SINGLE),
    ],
)
def test_types_are_known_by_many_names(tmp_path, type_, kind):
    assert one(tmp_path, 题型=type_).content.type is kind


def test_a_multiple_answer_item_with_one_answer_stays_multiple(tmp_path):
    item = one(tmp_path, 题型="多选", 答案="B")
    assert item.content.type is ItemType.MULTIPLE and item.answer_key.correct == (1,)


def test_without_a_type_several_letters_mean_multiple_and_true_false_options_mean_true_false(tmp_path):
    assert one(tmp_path, 题型="", 答案="AB").content.type is ItemType.MULTIPLE
    blank = {"选项A": "", "选项B": "", "选项C": "", "选项D": ""}
    assert one(tmp_path, 题型="", 答案="×", **blank).content.type is ItemType.TRUEFALSE
    assert one(tmp_path, 题型="", 答案="A", **(blank | {"选项A": "错", "选项B": "对"})).answer_key.correct == (1,)


def test_options_lose_their_own_letters_only_where_all_have_them(tmp_path):
    item = one(tmp_path, 选项A="A.安", 选项B="B、伏", 选项C="C：欧", 选项D="D) 瓦")
    assert [option.text for option in item.content.options] == ["安", "伏", "欧", "瓦"]
    item = one(tmp_path, 选项A="A.安", 选项B="伏")
    assert item.content.options[0].text == "A.安"
    item = one(tmp_path, 选项A="A、B", 选项B="B、C", 选项C="C、D", 选项D="D、A")  # parts of a picture, not letters
    assert item.content.options[0].text == "A、B"


@pytest.mark.parametrize(
    ("difficulty", "p4"),
    [
        ("0.88", 8800),
        ("88%", 8800),
        ("１", 10000),
        ("易", 9250),
        ("较难", 5500),
        ("", None),
        ("-", None),
        ("0.33333", 3333),
    ],
)
def test_difficulty_is_a_share_or_a_word(tmp_path, difficulty, p4):
    assert one(tmp_path, 难度=difficulty).p4 == p4


@pytest.mark.parametrize(
    ("word", "level"), [("了解", Level.KNOW), ("掌握", Level.GRASP), ("熟练掌握", Level.MASTER), ("", Level.NONE)]
)
def test_levels_are_the_three_of_the_syllabus(tmp_path, word, level):
    assert one(tmp_path, 认知层次=word).level is level


@pytest.mark.parametrize(
    "cell",
    [
        "A.安 B.伏 C.欧 D.瓦",
        "A、安\nB、伏\nC、欧\nD、瓦",
        "安|伏|欧|瓦",
        "安\n伏\n欧\n瓦",
        "安；伏；欧；瓦",
        "A：安；B：伏；C：欧；D：瓦",
    ],
)
def test_all_options_may_stand_in_one_cell(cell):
    assert [option.text for option in table.options_in_cell(cell)] == ["安", "伏", "欧", "瓦"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"题干": ""}, "empty-stem"),
        ({"题干": "\u200b"}, "empty-stem"),
        ({"选项B": ""}, "empty-option"),
        ({"选项C": "", "选项D": "", "答案": "D"}, "answer-out-of-range"),
        ({"选项D": "安"}, "repeated-option"),
        ({"选项A": "5 V", "选项D": "５　Ｖ"}, "repeated-option"),
        ({"选项B": "", "选项C": "", "选项D": ""}, "few-options"),
        ({"答案": ""}, "no-answer"),
        ({"答案": "-"}, "no-answer"),
        ({"答案": "E"}, "answer-out-of-range"),
        ({"答案": "AB"}, "single-many-answers"),
        ({"答案": "AA", "题型": "多选"}, "answer-repeats-itself"),
        ({"答案": "牛顿"}, "answer-unreadable"),
        ({"答案": "1"}, "answer-unreadable"),
        ({"题型": "连线"}, "unknown-type"),
        ({"题型": "填空题"}, "fill-with-options"),
        ({"题型": "简答题"}, "unsupported-type"),
        ({"题型": "判断"}, "truefalse-options"),
        ({"题型": "判断", "选项A": "正确", "选项B": "对", "选项C": "", "选项D": ""}, "truefalse-options"),
        ({"题型": "判断", "选项A": "正确", "选项B": "错误", "选项C": "不确定", "选项D": ""}, "truefalse-options"),
        ({"难度": "3"}, "difficulty-unreadable"),
        ({"难度": "NaN"}, "difficulty-unreadable"),
        ({"认知层次": "精通"}, "unknown-level"),
        ({"固定选项": "F"}, "locked-unreadable"),
        ({"题干": "长" * 8_001}, "text-too-long"),
        ({"选项A": "长" * 2_001}, "text-too-long"),
        ({"题干": "清屏\x1b[2J"}, "control-character"),
        ({"选项A": "反\u202e写"}, "control-character"),
        ({"题干": "丢失\ufffd字"}, "lost-character"),
        ({"选项D": "#REF!"}, "cell-error"),
        ({"图片": "../../etc/passwd"}, "picture-path"),
        ({"图片": "/etc/passwd"}, "picture-path"),
        ({"图片": "C:\\secret.png"}, "picture-path"),
    ],
)
def test_a_row_without_sense_is_refused_with_its_reason(tmp_path, changed, reason):
    outcome = one(tmp_path, **changed)
    assert isinstance(outcome, tuple) and outcome[0] == reason


def test_superscripts_are_not_repeats_of_plain_digits(tmp_path):
    assert not isinstance(one(tmp_path, 选项A="10²", 选项B="102", 选项C="m²", 选项D="m2"), tuple)


def test_a_refusal_names_file_sheet_and_row_and_tells_no_answer(tmp_path):
    path = xlsx(tmp_path, {"第一章": [HEAD, ROW], "第二章": [["题库"], HEAD, ROW, ROW[:6] + ["E", "5"]]})
    result = formats.read(path)
    assert len(result.items) == 2
    (refused,) = result.refused
    assert (refused.file, refused.sheet, refused.row, refused.reason) == ("t.xlsx", "第二章", 4, "answer-out-of-range")
    assert refused.facts == {"options": 4}
    assert [(place.sheet, place.row) for place in result.places] == [("第一章", 2), ("第二章", 3)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_and_delimiter_of_an_office_gives_the_same_item(tmp_path, encoding, delimiter):
    result = formats.read(csv(tmp_path, HEAD, ROW, encoding=encoding, delimiter=delimiter))
    assert [item.content.stem for item in result.items] == ["电流的单位是（ ）。"] and not result.refused


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        (
            [
                "项目代码",
                "知识类型名称",
                "问题",
                "选项A",
                "选项B",
                "选项C",
                "选项D",
                "答案(多选用英文逗号)",
                "题型",
                "考试人员类型",
            ],
            ["低压", "触电", "问", "甲", "乙", "丙", "丁", "A,B", "多选", "初训"],
        ),
        (
            ["问题", "题型", "考试人员类型", "选项A", "选项B", "选项C", "选项D", "答案"],
            ["问", "2", "初训", "甲", "乙", "丙", "丁", "A,B"],
        ),
        (
            ["问题", "题型(0单选,1判断,2多选)", "A", "B", "C", "D", "正确答案"],
            ["问", "2", "甲", "乙", "丙", "丁", "AB"],
        ),
        (["J", "P", "I", "Q", "T", "A", "B", "C", "D"], ["LX", "1.1", "MC2-0001", "问", "AB", "甲", "乙", "丙", "丁"]),
        (
            ["content", "type", "option1", "option2", "option3", "option4", "correctAnswer"],
            ["问", "multiple", "甲", "乙", "丙", "丁", "A,B"],
        ),
        (
            ["*题目 （必填）", "类 型", "选项Ａ", "选项Ｂ", "选项Ｃ", "选项Ｄ", "标准答案"],
            ["问", "多选", "甲", "乙", "丙", "丁", "A B"],
        ),
        (
            ["quContent", "quType", "quA", "quB", "quC", "quD", "quAnswer"],
            ["问", "multi", "甲", "乙", "丙", "丁", "AB"],
        ),
        (["序号", "试题内容", "题型", "备选答案", "参考答案"], ["1", "问", "多选", "A.甲 B.乙 C.丙 D.丁", "AB"]),
    ],
)
def test_the_headings_of_known_banks_are_known(tmp_path, heading, row):
    (item,) = formats.read(csv(tmp_path, heading, row)).items
    assert item.content.type is ItemType.MULTIPLE and item.answer_key.correct == (0, 1)
    assert item.content.stem == "问" and [option.text for option in item.content.options] == ["甲", "乙", "丙", "丁"]


def test_a_digit_for_a_type_means_nothing_without_its_legend(tmp_path):
    assert one(tmp_path, 题型="2")[0] == "unknown-type"


def test_a_knowledge_point_is_the_chapter_or_a_tag_beside_one(tmp_path):
    assert one(tmp_path, 知识点="触电").tags == ("触电",)
    head = [*HEAD[:-1], "知识点"]
    (item,) = formats.read(csv(tmp_path, head, [*ROW[:-1], "触电"])).items
    assert item.chapter == "触电" and item.tags == ()


def test_a_column_that_means_nothing_is_told(tmp_path):
    result = formats.read(csv(tmp_path, [*HEAD, "难渡"], [*ROW, "0.8"]))
    assert [(remark.reason, remark.facts) for remark in result.remarks] == [("column-not-read", {"column": "难渡"})]


def test_two_columns_for_one_field_refuse_the_sheet(tmp_path):
    result = formats.read(csv(tmp_path, [*HEAD, "正确答案"], [*ROW, "B"]))
    assert not result.items and result.refused[0].reason == "repeated-heading"


def test_cells_moved_by_an_unquoted_comma_are_noticed(tmp_path):
    (tmp_path / "t.csv").write_text(",".join(HEAD) + "\n" + ",".join(ROW) + "\n甲,乙," + ",".join(ROW) + "\n")
    result = formats.read(tmp_path / "t.csv")
    assert len(result.items) == 1 and [(r.row, r.reason) for r in result.refused] == [(3, "extra-cells")]


def test_merged_cells_speak_for_all_rows_they_cover(tmp_path):
    blank = [*ROW[:1], "", *ROW[2:7], ""]
    rows = [HEAD, ROW, blank, blank, [*ROW[:1], "", *ROW[2:7], "6"]]
    result = formats.read(xlsx(tmp_path, {"s": rows}, merged=[(1, 3, 7, "5.2"), (1, 2, 1, "多选")]))
    assert [item.chapter for item in result.items] == ["5.2", "5.2", "5.2", "6"]
    assert [item.content.type for item in result.items] == [
        ItemType.MULTIPLE,
        ItemType.MULTIPLE,
        ItemType.SINGLE,
        ItemType.SINGLE,
    ]


def test_an_empty_chapter_in_csv_means_as_above_and_a_dash_means_none(tmp_path):
    rows = [[*ROW[:7], chapter] for chapter in ("3", "", "-", "4")]
    assert [item.chapter for item in formats.read(csv(tmp_path, HEAD, *rows)).items] == ["3", "3", "", "4"]


def test_a_title_above_the_heading_and_headings_repeated_below_do_no_harm(tmp_path):
    result = formats.read(csv(tmp_path, ["低压电工题库"], [], HEAD, ROW, [], HEAD, ROW))
    assert [place.row for place in result.places] == [4, 7] and not result.refused


def test_numbers_and_truth_values_in_workbook_cells_are_text(tmp_path):
    row = ["几？", "单选", 1, 2.5, 3, 4, "A", 5.1]
    (item, truth) = formats.read(xlsx(tmp_path, {"s": [HEAD, row, ["对？", "判断", "", "", "", "", True, 5]]})).items
    assert [option.text for option in item.content.options] == ["1", "2.5", "3", "4"] and item.chapter == "5.1"
    assert truth.answer_key.correct == (0,)


def test_pictures_are_found_beside_the_file_and_their_digests_are_part_of_identity(tmp_path):
    (tmp_path / "pic").mkdir()
    (tmp_path / "pic" / "a.png").write_bytes(PNG)
    with_picture, without = one(tmp_path, 图片="pic/a.png"), one(tmp_path)
    assert with_picture.content.needs_picture and with_picture.id != without.id
    path = csv(tmp_path, [*HEAD, "图片"], [*ROW, "pic\\a.png"])
    assert list(formats.read(path).media.values()) == [PNG]


def test_an_absent_picture_keeps_two_questions_apart_and_is_told(tmp_path):
    path = csv(tmp_path, [*HEAD, "图片"], [*ROW, "x.png"], [*ROW, "y.png"])
    result = formats.read(path)
    assert len({item.id for item in result.items}) == 2 and result.media == {}
    assert [remark.reason for remark in result.remarks] == ["picture-missing"] * 2


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "secret.png").write_bytes(PNG)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "p.png").symlink_to(tmp_path / "secret.png")
    result = formats.read(csv(inner, [*HEAD, "图片"], [*ROW, "p.png"]))
    assert [refused.reason for refused in result.refused] == ["picture-path"] and result.media == {}


def test_a_picture_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"root:x:0:0")
    assert one(tmp_path, 图片="a.png")[0] == "picture-unreadable"


def test_a_picture_is_matched_by_number_only_in_a_folder_named_for_it(tmp_path):
    (tmp_path / "7.png").write_bytes(PNG)
    path = csv(tmp_path, ["编号", *HEAD], ["7", *ROW])
    assert not formats.read(path).items[0].content.needs_picture
    assert formats.read(path, tmp_path).items[0].content.needs_picture


SAMPLE = {"id": "x1", "type": "single", "stem": "问", "options": ["甲", "乙"], "answer": [1], "chapter": "1"}


def lines(path, *records, name="t.jsonl"):
    text = "\n".join(
        record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records
    )
    (path / name).write_text(text, encoding="utf-8")
    return formats.read(path / name)


@pytest.mark.parametrize(
    "changed",
    [
        {"answer": 1},
        {"answer": "B"},
        {"answer": ["B"]},
        {"options": {"A": "甲", "B": "乙"}},
        {"options": [{"text": "甲"}, {"text": "乙"}]},
        {"options": [{"key": "A", "content": "甲"}, {"key": "B", "content": "乙"}]},
        {"options": None, "optionA": "甲", "optionB": "乙", "optionC": ""},
        {"chapter": 1},
    ],
)
def test_json_lines_take_other_people_s_forms(tmp_path, changed):
    record = {key: value for key, value in (SAMPLE | changed).items() if value is not None}
    (item,) = lines(tmp_path, record).items
    assert item.answer_key.correct == (1,) and item.code == "x1" and item.chapter == "1"


def test_the_sample_form_is_read_whole(tmp_path):
    record = SAMPLE | {
        "level": "熟练掌握",
        "difficulty": 0.55,
        "explanation": "解",
        "basis": "据",
        "enemies": ["e"],
        "tags": ["t"],
        "locked": [1],
    }
    (item,) = lines(tmp_path, record).items
    assert (item.level, item.p4, item.explanation, item.basis) == (Level.MASTER, 5500, "解", "据")
    assert (item.enemies, item.tags, item.locked) == (("e",), ("t",), (1,))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "json-malformed"),
        ("[1]x", "json-malformed"),
        ('{"a":1,"a":2}', "json-malformed"),
        ('{"a":NaN}', "json-malformed"),
        ('"text"', "json-not-an-object"),
        ('{"a":' + "[" * 5000 + "]" * 5000 + "}", "json-malformed"),
        (SAMPLE | {"answer": []}, "no-answer"),
        (SAMPLE | {"answer": [2]}, "answer-out-of-range"),
        (SAMPLE | {"answer": [-1]}, "answer-out-of-range"),
        (SAMPLE | {"answer": [True]}, "answer-out-of-range"),
        (SAMPLE | {"answer": [1.0]}, "answer-unreadable"),
        (SAMPLE | {"answer": {"a": 1}}, "answer-unreadable"),
        (SAMPLE | {"options": ["甲", "乙", ""]}, "empty-option"),
        (SAMPLE | {"options": "甲乙"}, "json-wrong-kind"),
        (SAMPLE | {"stem": ["问"]}, "json-wrong-kind"),
        (SAMPLE | {"stem": "\ud800"}, "control-character"),
        (SAMPLE | {"group_stem": "案例"}, "unsupported-type"),
        (SAMPLE | {"question": "又问"}, "repeated-field"),
        ('{"stem":"' + "x" * 1_000_001 + '"}', "line-too-long"),
        ('{"difficulty":1e999999999}', "empty-stem"),
    ],
)
def test_a_line_without_sense_is_refused_and_the_others_are_read(tmp_path, line, reason):
    if isinstance(line, dict):
        line = json.dumps(line)
    result = lines(tmp_path, SAMPLE, line, SAMPLE)
    assert len(result.items) == 2 and [(r.row, r.reason) for r in result.refused] == [(2, reason)]


def test_a_json_array_is_read_too(tmp_path):
    assert len(lines(tmp_path, json.dumps([SAMPLE, SAMPLE]), name="t.json").items) == 2


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", b"", "no-items"),
        ("a.csv", b"\n\n", "no-items"),
        ("a.csv", b"a\0b,c", "text-binary"),
        ("a.csv", b"\xff\xff\xff\xff", "text-encoding"),
        ("a.csv", '题干,答案\n"未完'.encode(), "csv-quotes"),
        ("a.csv", ("题干,答案\n" + '"' + "长" * 200_000 + '",A').encode(), "csv-field"),
        ("a.csv", ("题干,答案" + "," * 300).encode(), "too-many-columns"),
        ("a.csv", "题干,答案\n".encode() + b"a,b\n" * 200_001, "too-many-rows"),
        ("a.jsonl", b"{}\n" * 200_001, "too-many-rows"),
        ("a.json", b"[{]", "json-file-malformed"),
        ("a.xlsx", b"not a workbook", "workbook-unreadable"),
        ("a.xlsx", b"PK\x03\x04" + bytes(100), "workbook-unreadable"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "workbook-locked-or-old"),
        ("a.docx", b"hello", "unknown-format"),
    ],
)
def test_what_is_no_bank_is_refused_whole_and_by_name(tmp_path, name, data, code):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadFile) as caught:
        formats.read(tmp_path / name)
    assert caught.value.code == code and caught.value.facts["file"] == name


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadFile, match="file-missing"):
        formats.read(tmp_path / "none.csv")


def test_a_sheet_without_a_heading_is_told(tmp_path):
    result = formats.read(xlsx(tmp_path, {"说明": [["请按格式填写"]], "题": [HEAD, ROW], "空": []}))
    assert len(result.items) == 1 and [(r.sheet, r.row, r.reason) for r in result.refused] == [
        ("说明", 0, "no-heading")
    ]


def test_the_suffix_does_not_hide_what_a_file_is(tmp_path):
    path = xlsx(tmp_path, {"s": [HEAD, ROW]})
    assert len(formats.read(path.rename(path.with_suffix(".csv"))).items) == 1
    (tmp_path / "t.txt").write_text(json.dumps(SAMPLE))
    assert len(formats.read(tmp_path / "t.txt").items) == 1


def repacked(path, change):
    """The workbook with one part changed by `change(name, bytes)`."""
    import zipfile

    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return path


@pytest.mark.slow
def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path):
    path = xlsx(tmp_path, {"s": [HEAD, ROW]})
    repacked(path, lambda name, data: data + b" " * 300_000_000 if name.endswith("sharedStrings.xml") else data)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(BadFile, match="workbook-too-large"):
        formats.read(path)


@pytest.mark.parametrize(
    ("part", "filling"),
    [
        ("sheet1.xml", b'<c r="A1"/>' * 95_000),
        ("sharedStrings.xml", b"<si/>" * 200_000),
        ("styles.xml", b" " * 1_000_000),
    ],
)
def test_a_bomb_just_below_the_bound_is_refused_at_once(tmp_path, part, filling):
    path = xlsx(tmp_path, {"s": [HEAD, ROW]})
    repacked(path, lambda name, data: data + filling * 200 if name.endswith(part) else data)
    began = time.process_time()
    with pytest.raises(BadFile, match="workbook-too-large"):
        formats.read(path)
    assert time.process_time() - began < 2


@pytest.mark.slow
def test_a_bomb_that_lies_about_its_size_is_refused_all_the_same(tmp_path):
    import struct
    import zipfile

    path = xlsx(tmp_path, {"s": [HEAD, ROW]})
    repacked(path, lambda name, data: data + b" " * 300_000_000 if name.endswith("sharedStrings.xml") else data)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        true = archive.getinfo("xl/sharedStrings.xml").file_size
    data = data.replace(struct.pack("<I", true), struct.pack("<I", 1000))
    path.write_bytes(data)
    with pytest.raises(BadFile, match="workbook-too-large"):
        formats.read(path)


@pytest.mark.parametrize("corner", [b"XFD1048576", b"A1048576", b"XFD1"])
def test_a_cell_in_the_far_corner_does_not_order_the_memory_of_all_before_it(tmp_path, corner):
    path = xlsx(tmp_path, {"s": [HEAD, ROW]})
    repacked(path, lambda name, data: data.replace(b'r="A2"', b'r="' + corner + b'"') if "sheet1" in name else data)
    with pytest.raises(BadFile, match=r"too-many-(rows|columns)|workbook-too-large"):
        formats.read(path)


def test_a_stated_dimension_or_endless_merged_cells_order_no_memory_or_time(tmp_path):
    path = xlsx(tmp_path, {"s": [HEAD, ROW]})
    vast = b'<dimension ref="A1:XFD1048576"/>'
    repacked(path, lambda name, data: re.sub(rb"<dimension[^>]*/>", vast, data) if "sheet1" in name else data)
    assert len(formats.read(path).items) == 1
    path = xlsx(tmp_path, {"s": [HEAD, *[ROW] * 2000]})
    merges = b"<mergeCells>" + b'<mergeCell ref="A1:XFD1048576"/>' * 5000 + b"</mergeCells>"
    repacked(
        path, lambda name, data: data.replace(b"</sheetData>", b"</sheetData>" + merges) if "sheet1" in name else data
    )
    with pytest.raises(BadFile, match="workbook-too-large"):
        formats.read(path)


def test_entities_in_a_workbook_are_refused(tmp_path):
    path = xlsx(tmp_path, {"s": [HEAD, ROW]})
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    repacked(
        path, lambda name, data: data.replace(b"<workbook", bomb + b"<workbook") if name == "xl/workbook.xml" else data
    )
    with pytest.raises(BadFile, match="xml-doctype"):
        formats.read(path)


def test_a_formula_in_a_column_that_is_read_refuses_the_row(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        page = book.add_worksheet("s")
        page.write_row(0, 0, ["序号", *HEAD])
        for number in (1, 2, 3):
            page.write_formula(number, 0, "=ROW()-1", value=number)
            page.write_row(number, 1, ROW)
        page.write_formula(2, 7, '=IF(1,"A","B")', value="A")
        page.write_formula(3, 4, '="乙"', value="乙")
    result = formats.read(tmp_path / "t.xlsx")
    assert [item.code for item in result.items] == ["1"]
    assert [(r.row, r.reason) for r in result.refused] == [(3, "formula"), (4, "formula")]


@pytest.mark.parametrize("cut", [200, 1000, 3000])
def test_a_cut_workbook_is_refused(tmp_path, cut):
    path = xlsx(tmp_path, {"s": [HEAD, ROW]})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadFile, match="workbook-unreadable"):
        formats.read(path)


def test_a_workbook_damaged_anywhere_is_read_or_refused_but_never_a_traceback(tmp_path):
    path = xlsx(tmp_path, {"s": [HEAD, ROW]})
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            formats.read(path)
        except BadFile as refused:
            assert refused.facts["file"] == "t.xlsx"


def test_reading_tells_its_progress(tmp_path):
    seen = []
    formats.read(csv(tmp_path, HEAD, *[ROW] * 1200), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(500, 1201), (1000, 1201)]


def test_an_option_column_that_stands_twice_is_refused_as_any_other(tmp_path):
    head = ["题干", "A", "B", "选项A", "B", "答案"]
    (refused,) = formats.read(csv(tmp_path, head, ["问", "甲", "乙", "丙", "丁", "A"])).refused
    assert (refused.reason, refused.facts) == ("repeated-heading", {"column": "选项A"})


@pytest.mark.parametrize(
    "odd",
    [
        "\u3164",
        "\u115f",
        "\u17b4",
        "\ufdd0",
        "\ufff4",
        "\u2065",
        "\U000e0041",
        "\u061c",
        "\U0001fffe",
        "\u180e",
        "e" + "\u0301" * 50,
    ],
)
def test_what_is_drawn_as_nothing_or_as_a_heap_is_refused(tmp_path, odd):
    assert one(tmp_path, 题干=f"甲{odd}乙")[0] in ("control-character", "stacked-accents")


@pytest.mark.parametrize("dirt", ["\ufe0f", "\U000e0100", "\u034f", "\u200b", "\u00ad"])
def test_choices_of_a_glyph_and_joiners_make_no_other_option(tmp_path, dirt):
    assert one(tmp_path, 题干=f"甲{dirt}乙", 选项A="丙", 选项B="丁").content.stem == "甲乙"
    assert one(tmp_path, 选项A="安", 选项B=f"安{dirt}")[0] == "repeated-option"


def test_letters_of_other_tongues_keep_their_accents(tmp_path):
    assert one(tmp_path, 题干="Zażółć Việt ﬃ ㎡ हिन्दी e\u0301").content.stem == "Zażółć Việt ﬃ ㎡ हिन्दी é"


def test_a_difficulty_of_one_is_no_share_where_others_are_steps_of_a_scale(tmp_path):
    head = [*HEAD, "难度"]
    scale = formats.read(csv(tmp_path, head, [*ROW, "1"], [*ROW, "3"], [*ROW, "0.5"]))
    assert [(each.row, each.reason) for each in scale.refused] == [
        (3, "difficulty-unreadable"),
        (2, "difficulty-scale"),
    ]
    assert [place.row for place in scale.places] == [4] and len(scale.items) == 1
    share = formats.read(csv(tmp_path, head, [*ROW, "1"], [*ROW, "0.5"], [*ROW, "1.0"]))
    assert share.refused == [] and len(share.items) == 3
    assert [(each.row, each.reason, each.facts) for each in share.remarks] == [(2, "difficulty-certain", {"found": 2})]


def test_a_type_taken_from_the_row_above_and_a_multiple_with_one_answer_are_told(tmp_path):
    several, untyped = dict(zip(HEAD, ROW, strict=True)), dict(zip(HEAD, ROW, strict=True))
    several |= {"题型": "多选", "答案": "AB"}
    untyped |= {"题型": "", "答案": "B"}
    result = formats.read(csv(tmp_path, HEAD, list(several.values()), list(untyped.values())))
    assert [item.content.type for item in result.items] == [ItemType.MULTIPLE] * 2
    assert [(each.row, each.reason) for each in result.remarks] == [
        (3, "type-from-above"),
        (3, "one-answer-of-several"),
    ]
    result = formats.read(xlsx(tmp_path, {"s": [HEAD, list((several | {"答案": "B"}).values())]}))
    assert [(each.row, each.reason) for each in result.remarks] == [(2, "one-answer-of-several")]


@pytest.mark.parametrize(
    ("stem", "answer", "remark"),
    [
        ("三相电压____V，频率____Hz", "380；50", "several-blanks"),
        ("电压是（　）", "36V/36伏", "answer-as-one-text"),
        ("电压是____", "36V或36伏", "answer-as-one-text"),
        ("速度是____", "10 m/s", None),
        ("电压是____", "36V|36伏", None),
    ],
)
def test_a_blank_that_may_want_several_answers_is_told(tmp_path, stem, answer, remark):
    row = dict(zip(HEAD, ROW, strict=True)) | {"题干": stem, "题型": "填空", "答案": answer}
    row |= dict.fromkeys(("选项A", "选项B", "选项C", "选项D"), "")
    result = formats.read(csv(tmp_path, HEAD, list(row.values())))
    assert len(result.items) == 1
    assert [each.reason for each in result.remarks] == ([remark] if remark else [])


def test_a_csv_that_would_fill_the_memory_is_refused_before_it_does(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    for data, code in ((b"," * 1_000_001, "csv-field"), ((b"," * 200 + b"\n") * 25_000, "too-many-cells")):
        path.write_bytes("题干,答案\n".encode() + data)
        with pytest.raises(BadFile) as caught:
            formats.read(path)
        assert caught.value.code == code
    monkeypatch.setattr("bank.formats.encoding.LARGEST", 10)
    with pytest.raises(BadFile, match="file-too-large"):
        formats.read(path)


@pytest.mark.parametrize("sign", list("=+-@＝＋－＠"))
def test_what_a_spreadsheet_takes_for_a_formula_is_exported_as_text(tmp_path, sign):
    item = one(tmp_path, 题干=f"{sign}1+1 是多少")
    formats.write(tmp_path / "o.csv", [item])
    assert f"'{sign}1+1" in (tmp_path / "o.csv").read_text(encoding="utf-8-sig")
    assert formats.read(tmp_path / "o.csv").items == [item]


@pytest.mark.parametrize("indent", [None, 1])
def test_lists_of_items_within_a_json_object_are_read_by_their_names(tmp_path, indent):
    items = [
        {"题目": "问", "选项": ["甲", "乙"], "答案": "A"},
        {"题目": "再问", "选项": {"A": "甲", "B": "乙"}, "答案": "B"},
    ]
    path = tmp_path / "a.json"
    for whole, names in (({"code": 0, "data": {"list": items}}, ["data/list"] * 2), (items[1], [""])):
        path.write_text(json.dumps(whole, indent=indent, ensure_ascii=False), "utf-8")
        result = formats.read(path)
        assert [place.sheet for place in result.places] == names and not result.refused
    path.write_text('{"a": [\n1,\n', "utf-8")
    with pytest.raises(BadFile, match="json-file-malformed"):
        formats.read(path)


# ---- one heading over several columns ------------------------------------------------------------------------------


UNITS = ("电压单位是？", "安", "伏", "欧", "瓦", "B")


@pytest.mark.parametrize("second", [(), ("", "A", "B", "C", "D", ""), ("", "选项1", "选项2", "选项3", "选项4", "")])
def test_one_heading_over_all_options_names_each_by_the_row_below_or_by_its_place(tmp_path, second):
    rows = [["题干", "选项", "", "", "", "答案"], *([list(second)] if second else []), list(UNITS)]
    result = formats.read(xlsx(tmp_path, {"s": rows}))
    (item,) = result.items
    assert [option.text for option in item.content.options] == ["安", "伏", "欧", "瓦"]
    assert item.answer_key.correct == (1,) and result.refused == result.remarks == []


def test_a_row_below_the_heading_may_name_options_in_another_order(tmp_path):
    rows = [["题干", "选项", "", "", "", "答案"], ["", "D", "C", "B", "A", ""], list(UNITS)]
    (item,) = formats.read(xlsx(tmp_path, {"s": rows})).items
    assert item.content.options[item.answer_key.correct[0]].text == "欧"


def test_cells_beside_the_one_that_holds_all_options_are_no_options_of_their_own(tmp_path):
    rows = [["题干", "选项", "", "答案"], ["一？", "A.甲 B.乙", "C.丙", "B"], ["二？", "A.甲 B.乙", "", "B"]]
    result = formats.read(xlsx(tmp_path, {"s": [*rows, ["三？", "A.甲 B.乙", "", "B"]]}))
    assert [item.content.stem for item in result.items] == ["二？", "三？"]
    assert [(each.row, each.reason, each.facts["column"]) for each in result.refused] == [(2, "column-decides", "C")]


def test_a_column_without_a_heading_is_not_dropped_without_a_word(tmp_path):
    rows = [["题干", "A", "B", "答案", ""], ["一？", "甲", "乙", "B", "见教材第三页"]]
    result = formats.read(xlsx(tmp_path, {"s": rows}))
    assert len(result.items) == 1
    assert [(each.reason, each.facts["column"]) for each in result.remarks] == [("column-not-read", "E")]


def test_circled_signs_that_stand_out_of_order_beside_others_are_refused(tmp_path):
    """②甲 ③乙 ①丙④: whether B means the second or the one that bears ② nobody can know."""
    rows = [
        ["题干", "A", "B", "C", "答案"],
        ["一？", "②三相", "③甲", "①①③", "B"],
        ["二？①甲②乙③丙", "②③", "③①", "①②", "B"],
    ]
    result = formats.read(xlsx(tmp_path, {"s": rows}))
    assert [(each.row, each.reason) for each in result.refused] == [(2, "option-letters-unclear")]
    assert [option.text for option in result.items[0].content.options] == ["②③", "③①", "①②"]


def test_an_answer_of_circled_numbers_that_is_an_option_too_is_refused(tmp_path):
    rows = [["题干", "A", "B", "C", "D", "答案"], ["一？", "1.甲", "2.①③", "3.乙", "4.丙", "①③"]]
    (refused,) = formats.read(xlsx(tmp_path, {"s": rows})).refused
    assert refused.reason == "answer-two-ways"
