"""What a workbook shows is what its author means: raised, struck, formatted, hidden, drawn over."""

import datetime
import hashlib
import io
import re
import zipfile

import pytest
import xlsxwriter

from bank import formats
from bank.formats.sheets import xlsx_numbers
from tests.pictures import png

HEAD = ["题干", "题型", "选项A", "选项B", "答案", "章节", "难度", "图片"]
ROW = ["问", "单选", "甲", "乙", "A", "1"]


@pytest.fixture
def sheet(tmp_path):
    """Fills a sheet of two rows, the second as `change` makes it; what comes of it."""

    def filled(change, *, hide=False):
        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(path) as book:
            page = book.add_worksheet("题")
            page.write_row(0, 0, HEAD)
            page.write_row(1, 0, ["别的问", *ROW[1:]])
            page.write_row(2, 0, ROW)
            change(book, page)
            if hide:
                book.add_worksheet("空")
                page.hide()
                book.worksheets()[1].activate()
        return formats.read(path)

    return filled


def options(result):
    return [option.text for option in result.items[1].content.options]


@pytest.mark.parametrize(("script", "stem"), [(1, "约 10⁶ 欧"), (2, "约 10₆ 欧")])
def test_raised_and_lowered_characters_stay_so(sheet, script, stem):
    def change(book, page):
        page.write_rich_string(2, 0, "约 10", book.add_format({"font_script": script}), "6", " 欧")

    assert sheet(change).items[1].content.stem == stem


def test_text_that_is_struck_out_is_refused_by_row_and_column(sheet):
    def a_word(book, page):
        page.write_rich_string(2, 0, "断路器", book.add_format({"font_strikeout": True}), "不", "应断开")

    def a_cell(book, page):
        page.write(2, 3, "乙", book.add_format({"font_strikeout": True}))

    for change, column in ((a_word, "stem"), (a_cell, "options")):
        result = sheet(change)
        (refused,) = result.refused
        assert (refused.row, refused.reason, refused.facts) == (3, "cell-struck", {"column": column})
        assert len(result.items) == 1


def test_a_string_within_its_cell_may_be_raised_or_struck_too(sheet, tmp_path):
    sheet(lambda book, page: None)
    path = tmp_path / "t.xlsx"
    inline = (
        b'<c r="A3" t="inlineStr"><is><r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>6</t></r>'
        b'<rPh sb="0" eb="1"><t>shi</t></rPh></is></c>'
    )

    def patched(replacement):
        with zipfile.ZipFile(path) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        name = "xl/worksheets/sheet1.xml"
        parts[name] = re.sub(rb'<c r="A3"[^>]*>.*?</c>', replacement, parts[name])
        (tmp_path / "u.xlsx").write_bytes(b"")
        with zipfile.ZipFile(tmp_path / "u.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
            for part, data in parts.items():
                packed.writestr(part, data)
        return formats.read(tmp_path / "u.xlsx")

    assert patched(inline).items[1].content.stem == "10⁶"
    nowhere = inline.replace(b' r="A3"', b"")  # a cell need not say where it stands
    assert patched(nowhere).items[1].content.stem == "10⁶"
    struck = inline.replace(b'<vertAlign val="superscript"/>', b"<strike/>")
    assert [each.reason for each in patched(struck).refused] == ["cell-struck"]


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (0.05, "0%", "5%"), (36, '0"V"', "36V"), (0.5, "0.00", "0.50"), (7, "000", "007"), (1234567, "#,##0", "1,234,567"),
        (0.1 + 0.2, "General", "0.3"), (0.00001, "General", "0.00001"), (123456789012345, "General", "123456789012345"),
        (36, "0\\V", "36V"), (-3, "0", "-3"), (12.5, "0.0_ ", "12.5"), (5, '"约"0" m"', "约5 m"), (12, "[Red]0", "12"),
        (36, 'General"V"', "36V"), (-1.5, 'G/通用格式" A"', "-1.5 A"), (0.5, "G/通用格式", "0.5"), (5, "[$-804]0", "5"),
        (1200.5, "[$¥-804]#,##0.00", "¥1,200.50"), (12, "[$USD] 0", "USD 12"), (3, "[$€-zh-CN]0", "€3"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_the_workbook_shows_it(sheet, value, code, shown):
    result = sheet(lambda book, page: page.write_number(2, 2, value, book.add_format({"num_format": code})))
    assert options(result) == [shown, "乙"]


@pytest.mark.parametrize(
    ("value", "code", "reason"),
    [
        (datetime.datetime(2024, 3, 4), "m-d", "cell-date"),
        (datetime.datetime(2024, 3, 4), "yyyy/m/d", "cell-date"),
        (datetime.timedelta(hours=30), "[h]:mm", "cell-date"),
        (0.456, "0%", "cell-shown-otherwise"),
        (1.5, "# ?/?", "cell-shown-otherwise"),
        (3500, '0.0,"k"', "cell-shown-otherwise"),
        (-3, "0;(0)", "cell-shown-otherwise"),
        (5, "[$-2000401]0", "cell-shown-otherwise"),
        (12, "[DBNum1][$-804]General", "cell-shown-otherwise"),
        (12, '0"-"0', "cell-shown-otherwise"),
        (0.5, "General%", "cell-shown-otherwise"),
        (123456789012345678, "General", "number-too-long"),
        (123456789012345678, "0", "cell-shown-otherwise"),
    ],
)
def test_what_the_workbook_shows_otherwise_than_it_holds_is_refused(sheet, value, code, reason):
    def change(book, page):
        form = book.add_format({"num_format": code})
        (page.write_number if isinstance(value, int | float) else page.write_datetime)(2, 2, value, form)

    (refused,) = sheet(change).refused
    form = {"form": code} if reason == "cell-shown-otherwise" else {}
    assert (refused.row, refused.reason, refused.facts) == (3, reason, {"column": "options"} | form)


def test_a_difficulty_may_be_shown_rounded(sheet):
    result = sheet(lambda book, page: page.write_number(2, 6, 0.85, book.add_format({"num_format": "0.0"})))
    assert result.refused == [] and result.items[1].p4 == 8500


def test_no_form_of_a_number_ends_in_anything_but_a_text_or_nothing():
    for code in ('"', "\\", "0%%", "#", "0.", ".", "[", "0;;;", "E+0", "0E+00", "_", "0 0", "0\x000", "??"):
        assert isinstance(xlsx_numbers.shown("1.5", code), str | None)
    for value in ("", "x", "nan", "1e999", "-1e-999", "1_000"):
        assert isinstance(xlsx_numbers.shown(value, "0.00"), str | None)


def test_hidden_rows_columns_and_sheets_are_read_and_told(sheet):
    def change(_book, page):
        page.set_row(2, None, None, {"hidden": True})
        page.set_row(9, None, None, {"hidden": True})
        page.set_column(3, 3, None, None, {"hidden": True})

    result = sheet(change, hide=True)
    assert len(result.items) == 2
    assert [(each.row, each.reason, each.facts) for each in result.remarks] == [
        (0, "hidden-sheet", {}), (3, "hidden-rows", {"found": 1}), (1, "hidden-column", {"column": "选项B"}),
    ]  # fmt: skip


def test_a_picture_within_a_cell_of_stem_or_option_belongs_to_it(sheet):
    def change(_book, page):
        page.set_row(2, 120)
        page.insert_image(2, 0, "a.png", {"image_data": io.BytesIO(png(20, 20))})
        page.insert_image(2, 7, "b.png", {"image_data": io.BytesIO(png(20, 22))})
        page.insert_image(2, 3, "c.png", {"image_data": io.BytesIO(png(20, 24))})

    result = sheet(change)
    assert result.refused == [] and result.remarks == []
    digests = [hashlib.sha256(png(20, height)).hexdigest() for height in (20, 22, 24)]
    content = result.items[1].content
    assert content.media == tuple(digests[:2]) and content.options[1].media == (digests[2],)
    assert result.media.keys() == set(digests)


def test_rows_under_a_picture_that_belongs_to_no_cell_are_refused(sheet):
    def tall(_book, page):
        page.insert_image(1, 0, "a.png", {"image_data": io.BytesIO(png(20, 300))})

    def beside(_book, page):
        page.set_row(2, 120)
        page.insert_image(2, 5, "a.png", {"image_data": io.BytesIO(png(20, 20))})

    def words(_book, page):
        page.insert_textbox(2, 0, "不", {"height": 10})

    def broken(_book, page):
        page.set_row(2, 120)
        page.insert_image(2, 0, "a.png", {"image_data": io.BytesIO(png(20, 20)[:-20] + bytes(20))})

    for change, rows in (
        (tall, [(2, "picture-not-in-cell"), (3, "picture-not-in-cell")]), (beside, [(3, "picture-not-in-cell")]),
        (words, [(3, "drawing-not-read")]), (broken, [(3, "picture-unreadable")]),
    ):  # fmt: skip
        assert [(each.row, each.reason) for each in sheet(change).refused] == rows


def test_a_picture_beside_all_rows_is_told_and_one_above_the_heading_is_none_of_ours(sheet):
    def below(_book, page):
        page.insert_image(40, 0, "a.png", {"image_data": io.BytesIO(png())})

    result = sheet(below)
    assert len(result.items) == 2 and [each.reason for each in result.remarks] == ["drawing-without-row"]


def test_what_is_our_own_is_read_without_a_second_look(sheet, tmp_path, monkeypatch):
    first = sheet(lambda book, page: None)
    formats.write(tmp_path / "o.xlsx", first.items)
    monkeypatch.setattr("bank.formats.sheets.xlsx_appearance.look", None)
    assert formats.read(tmp_path / "o.xlsx").items == first.items


@pytest.mark.parametrize(
    ("stem", "kind", "answer", "shown"),
    [
        ("停电后应验电（×）", "判断", "错", True), ("停电后应验电（×）", "判断", "对", False),
        ("题干含答案（B）", "单选", "B", True), ("题干含答案（B）", "单选", "A", False),
        ("断电（F）", "判断", "错", True), ("熔断器（对）电路起保护", "判断", "对", False),
        ("电压的单位是伏特（V）", "判断", "对", False), ("甲类（B）灭火器是（ ）", "单选", "B", False),
        ("甲类（B）灭火器", "单选", "B", False), ("措施有（ A、B ）等", "多选", "AB", True),
    ],
)  # fmt: skip
def test_an_answer_that_candidates_would_see_in_the_stem_is_told(sheet, stem, kind, answer, shown):
    def change(book, page):
        page.write_row(2, 0, [stem, kind, *(("正确", "错误") if kind == "判断" else ("甲", "乙")), answer])

    result = sheet(change)
    assert not result.refused and result.items[1].content.stem == stem
    assert [(each.row, each.reason) for each in result.remarks] == ([(3, "answer-shown")] if shown else [])


@pytest.mark.parametrize(("mark", "reason"), [("\u200b", None), ("\u2060", None), ("\u00ad", None), ("\ufe0f", None),
                                             ("\u200d", "control-character"), ("\u200c", "control-character")])  # fmt: skip
def test_dirt_of_pasting_is_taken_out_and_what_joins_letters_is_refused(sheet, mark, reason):
    result = sheet(lambda book, page: page.write_string(2, 0, f"断路{mark}器"))
    assert [each.reason for each in result.refused] == ([reason] if reason else [])
    assert reason or result.items[1].content.stem == "断路器"
