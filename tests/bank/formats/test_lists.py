"""Lists that are no questions: all sheets, all problems, and what is hidden said so."""

import io

import xlsxwriter

from bank.formats.sheets import lists

COLUMNS = lists.Columns({"number": {"准考证号", "考号"}, "name": {"姓名"}, "id": {"身份证号", "证件号码"}})


def book(fill):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as made:
        fill(made)
    return stream.getvalue()


def test_all_sheets_are_read_hidden_ones_too_and_say_so():
    def fill(made):
        for title, name in (("甲班", "张三"), ("乙班", "李四")):
            page = made.add_worksheet(title)
            page.write_row(0, 0, ["培训名单"])
            page.write_row(1, 0, ["准考证号", "姓 名", "证件号码", "备注"])
            page.write_row(2, 0, [f"T-{name}", name, "11010519491231002X", "x"])
            page.write_row(3, 0, [f"H-{name}", name, "11010519491231002X"])
            page.set_row(3, None, None, {"hidden": True})
            if title == "乙班":
                page.hide()

    found = lists.read(book(fill), "r.xlsx", COLUMNS)
    assert not found.problems and found.hidden_sheets == ["乙班"]
    assert [(each.sheet, each.number, each.reason, dict(each.facts)) for each in found.remarks] == [
        (title, *remark)
        for title in ("甲班", "乙班")
        for remark in ((1, "rows-above-heading", {"found": 1}), (2, "column-not-read", {"column": "备注"}))
    ]
    assert [(row.sheet, row.number, row.cells["name"], row.hidden) for row in found.rows] == [
        ("甲班", 3, "张三", False),
        ("甲班", 4, "张三", True),
        ("乙班", 3, "李四", True),
        ("乙班", 4, "李四", True),
    ]


def test_two_headings_that_mean_one_column_are_named_both_and_a_sheet_without_headings_too():
    def fill(made):
        made.add_worksheet("一").write_row(0, 0, ["考号", "姓名", "身份证号", "证件号码"])
        made.add_worksheet("二").write_row(0, 0, ["考号", "说明"])
        made.add_worksheet("空")

    found = lists.read(book(fill), "r.xlsx", COLUMNS)
    assert [(each.sheet, each.reason, dict(each.facts)) for each in found.problems] == [
        ("一", "repeated-heading", {"column": "身份证号 / 证件号码", "means": "id"}),
        ("二", "list-column-missing", {"column": "id"}),
        ("二", "list-column-missing", {"column": "name"}),
    ]


def test_every_row_that_cannot_be_taken_is_told_with_its_reason():
    def fill(made):
        page = made.add_worksheet("一")
        page.write_row(0, 0, ["考号", "姓名", "身份证号"])
        page.write_row(1, 0, ["1", "张三", 110105194912310021])
        page.write_row(2, 0, ["2", "李四", "110105194912310021"])
        page.write_string(2, 1, "李四", made.add_format({"font_strikeout": True}))
        page.write_row(3, 0, ["3", "王五", "110105194912310021"])

    found = lists.read(book(fill), "r.xlsx", COLUMNS)
    assert [(each.number, each.reason, dict(each.facts)) for each in found.problems] == [
        (2, "number-too-long", {"column": "id"}),
        (3, "cell-struck", {"column": "name"}),
    ]
    assert [row.cells["name"] for row in found.rows] == ["王五"]


def test_a_text_table_is_a_list_too():
    found = lists.read("考号,姓名,身份证号\n1,张三,x\n".encode("gb18030"), "r.csv", COLUMNS)
    assert found.rows == [lists.Row("", 2, {"number": "1", "name": "张三", "id": "x"}, False)]
    assert [dict(each.facts) for each in found.remarks] == [{"encoding": "GB18030"}]
