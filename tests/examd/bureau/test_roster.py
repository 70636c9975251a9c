"""A list of candidates: every sheet, every row that cannot be taken, each document as what it is, nothing dropped."""

import datetime
import io
import re
import zipfile

import pytest
import xlsxwriter

from bank.refused import BadFile, Refused
from examd.bureau import identity, roster
from examd.bureau.identity import Kind
from tools.drill.session import made_up_roster

HEAD = ["准考证号", "姓名", "身份证号", "培训机构"]
LI = ["2026-001", "李娜", "11010519491231002X", "甲校"]
WANG = ["2026-002", "王伟", "440524188001010014", "甲校"]


def changed(**cells):
    return [cells.get(name, cell) for name, cell in zip(("number", "name", "id_number", "institution"), LI)]


def told(refusals):
    return [(each.sheet, each.row, each.reason) for each in refusals]


def of(*rows, head=HEAD):
    return roster.check_rows([head, *rows], "r.csv")


@pytest.fixture
def check(tmp_path):
    """Checks the workbook that `fill` makes, or such bytes."""

    def act(fill, name="r.xlsx"):
        data = fill
        if callable(fill):
            stream = io.BytesIO()
            with xlsxwriter.Workbook(stream, {"in_memory": True}) as made:
                fill(made)
            data = stream.getvalue()
        (tmp_path / name).write_bytes(data)
        return roster.check(tmp_path / name)

    return act


def sheet(made, title, *rows, head=HEAD):
    page = made.add_worksheet(title)
    for number, row in enumerate([head, *rows]):
        page.write_row(number, 0, row)
    return page


def numbered(n):
    return [[f"2026-{c:03}", f"考生{c}", line, "甲校"] for c, line in enumerate(IDS[:n], 1)]


IDS = [
    first + identity.check_character(first) for first in (f"14010619900101{serial:03}" for serial in range(100, 150))
]

# ---- columns ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "column"),
    [
        ("培训机构", "培训单位", "institution"),
        ("准考证号", "考号", "admission_no"),
        ("姓名", "考生姓名", "name"),
        ("身份证号", "证件号码", "id_number"),
        ("身份证号", "身份证号", "id_number"),
    ],
)
def test_two_columns_that_mean_one_thing_are_refused_with_both_headings(one, other, column):
    for head in ([*HEAD, other], [other, *HEAD]):
        found = of([*LI, "乙"] if head[0] == HEAD[0] else ["乙", *LI], head=head)
        assert told(found.bad) == [("", 1, "roster-columns-twice")] and not found.people
        assert found.bad[0].facts["column"] == column
        assert set(found.bad[0].facts["headings"].split(" / ")) == {one, other}


def test_each_missing_column_is_named():
    found = of(["1", "x"], head=["准考证号", "备注"])
    assert [(each.reason, each.facts["column"]) for each in found.bad] == [
        ("list-column-missing", name) for name in ("id_number", "institution", "name")
    ]


def test_headings_with_legends_are_known_and_columns_that_mean_nothing_are_named():
    found = roster.check_rows(
        [
            ["2026年第三期名单"],
            ["序号", "准考证号*", "姓 名", "身份证号（18位）", "培训机构：", "手机", ""],
            ["1", *LI, "13800000000", "走读"],
            ["", "", "", "", "", "制表人：张三"],
        ],
        "r.csv",
    )
    assert not found.bad and [line.admission_no for line in found.whole()] == ["2026-001"]
    assert [(each.row, each.reason, each.facts.get("column")) for each in found.remarks] == [
        (1, "rows-above-heading", None),
        (2, "column-not-read", "序号"),
        (2, "column-not-read", "手机"),
        (2, "column-not-read", "G"),
        (4, "foot-rows", None),
    ]


def test_a_cell_beyond_the_heading_means_an_unquoted_comma():
    assert told(of([*LI, "x"]).bad) == [("", 2, "extra-cells")]


def test_totals_notes_and_signatures_are_one_remark_and_no_candidates():
    foot = [
        ["", "甲校小计", "1人", ""], ["合 计", "", "2", ""], ["备注：缺考一人", "", "", ""], ["填表人：王五", "", "审核人：赵六", "11月"],
        ["联系电话", "13800000000", "", ""], ["说明", "一式两份", "", ""], ["单位（盖章）：", "", "日期：2026-11-30", ""],
    ]  # fmt: skip
    found = of(LI, foot[0], WANG, *foot[1:])
    assert [person.name for person in found.whole()] == ["李娜", "王伟"]
    (remark,) = found.remarks
    assert (remark.row, remark.reason, remark.facts["found"]) == (3, "foot-rows", 7)
    assert "5: 合 计" in remark.facts["rows"] and "6: 备注" in remark.facts["rows"]


@pytest.mark.parametrize("row", [["合计", "王五", "11010519491231002X", "甲校"], ["备注", "王五", "110105194912310021", "甲校"],
                                 ["注册公司", "王五", "", "甲校"], ["2026-9", "小计", "", "甲校"]])  # fmt: skip
def test_what_may_be_somebody_is_refused_by_row_and_not_passed_over_as_a_note(row):
    found = of(LI, row)
    assert {each.row for each in found.bad} == {3} and found.remarks == []


# ---- sheets and rows ----------------------------------------------------------------------------------------------


def test_all_sheets_are_read_and_counted(check):
    def fill(made):
        sheet(made, "甲班", *numbered(2))
        sheet(made, "乙班", ["2026-009", "赵六", IDS[9], "乙校"])
        made.add_worksheet("空")

    found = check(fill)
    assert len(found.whole()) == 3 and found.sheets == {"甲班": 2, "乙班": 1} and not found.remarks


def test_a_hidden_sheet_with_candidates_refuses_the_file_wherever_it_stands(check):
    def fill(made):
        sheet(made, "去年", *numbered(2)).hide()
        sheet(made, "今年", LI).activate()
        page = made.add_worksheet("下拉")
        page.write_column(0, 0, ["居民身份证", "护照"])
        page.very_hidden()

    found = check(fill)
    assert told(found.bad) == [("去年", 0, "roster-hidden-sheet")] and found.bad[0].facts == {"found": 2}
    assert told(found.remarks) == [("下拉", 0, "hidden-sheet-not-read")]
    with pytest.raises(BadFile, match="roster-refused"):
        found.whole()


def test_a_sheet_without_headings_is_not_passed_over(check):
    def fill(made):
        sheet(made, "甲班", LI)
        made.add_worksheet("续").write_row(0, 0, WANG)

    assert {(each.sheet, each.row, each.reason) for each in check(fill).bad} == {("续", 0, "list-column-missing")}


def test_hidden_and_struck_rows_are_refused_each_by_its_row(check):
    def fill(made):
        page = sheet(made, "一", *numbered(4))
        page.set_row(2, None, None, {"hidden": True})
        struck = made.add_format({"font_strikeout": True})
        for column, cell in enumerate(numbered(4)[2]):
            page.write_string(3, column, cell, struck)

    found = check(fill)
    assert told(found.bad) == [("一", 3, "roster-hidden"), ("一", 4, "roster-struck")]
    assert [line.admission_no for line in found.people] == ["2026-001", "2026-004"]


def test_a_hidden_column_is_read_and_said(check):
    def fill(made):
        sheet(made, "一", LI).set_column(2, 2, 20, None, {"hidden": True})

    found = check(fill)
    assert found.whole() and [(each.reason, each.facts["column"]) for each in found.remarks] == [
        ("hidden-column", "身份证号")
    ]


def test_a_merged_institution_speaks_for_its_rows_and_a_merged_name_for_none(check):
    def fill(made):
        page = sheet(made, "一", *numbered(4))
        page.merge_range(1, 3, 2, 3, "乙校")
        page.merge_range(3, 1, 4, 1, "两人")

    found = check(fill)
    assert [line.institution for line in found.people] == ["乙校", "乙校", "甲校"]  # what lies beneath is not shown
    assert told(found.bad) == [("一", 5, "roster-cell-empty")] and found.bad[0].facts["column"] == "name"


def test_all_that_is_wrong_is_told_at_once_and_never_the_number_itself():
    found = of(WANG, changed(name="", number="二〇二六"), changed(id_number="110105194912310021"), [], WANG, LI)
    assert told(found.bad) == [
        ("", 3, "roster-cell-empty"),
        ("", 3, "roster-number"),
        ("", 4, "roster-id-check"),
        ("", 6, "roster-repeated"),
        ("", 6, "roster-repeated"),
        ("", 7, "roster-repeated"),
        ("", 7, "roster-repeated"),
    ]
    with pytest.raises(Refused) as caught:
        found.whole()
    assert (caught.value.code, caught.value.facts["found"], len(caught.value.facts["bad"])) == ("roster-refused", 7, 7)
    assert "1101051949" not in str(caught.value.facts)


# ---- numbers in cells ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["", "0", "0.00E+00", "@", "#,##0"])
def test_an_id_number_that_is_a_number_is_named_as_such(check, form):
    def fill(made):
        page = sheet(made, "一", LI)
        page.write_number(1, 2, 110105194912310029, made.add_format({"num_format": form} if form else {}))

    found = check(fill)
    assert told(found.bad) == [("一", 2, "number-too-long")] and found.bad[0].facts["column"] == "id_number"


def test_a_short_number_in_the_id_column_has_lost_its_zeros_perhaps(check):
    def fill(made):
        page = sheet(made, "一", changed(number=2026001))
        page.write_number(1, 2, 140106900101101)

    found = check(fill)
    assert told(found.bad) == [("一", 2, "cell-number")]


def test_an_admission_number_may_be_a_number_that_is_shown_whole(check):
    assert check(lambda made: sheet(made, "一", changed(number=2026001))).whole()[0].admission_no == "2026001"
    found = check(lambda made: sheet(made, "一", changed(number=20261121010000123)))
    assert (told(found.bad), found.bad[0].facts["column"]) == ([("一", 2, "number-too-long")], "admission_no")


def test_a_date_or_formula_is_no_text(check):
    def fill(made):
        page = sheet(made, "一", LI, WANG)
        page.write_formula(1, 3, '=UPPER("甲校")', None, "甲校")
        page.write_datetime(2, 0, datetime.datetime(2026, 1, 2), made.add_format({"num_format": "yyyy-m-d"}))

    assert told(check(fill).bad) == [("一", 2, "formula"), ("一", 3, "cell-date")]


def test_what_a_spreadsheet_made_of_numbers_in_a_text_file_is_named(check):
    table = "\n".join(["准考证号,姓名,身份证号,培训机构", "1,李娜,1.10105E+17,甲校", "2,王伟,110105194912310000,甲校"])
    found = check(table.encode("gb18030"), "r.csv")
    assert told(found.bad) == [("", 2, "roster-shortened"), ("", 3, "roster-id-rounded")]
    assert told(found.remarks) == [("", 0, "encoding-assumed")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_tables_of_all_delimiters_are_read(check, delimiter):
    data = "\r\n".join(delimiter.join(row) for row in (HEAD, LI, WANG)).encode("utf-8-sig")
    assert len(check(data, "r.csv").whole()) == 2


def test_old_workbooks_are_named(check):
    with pytest.raises(BadFile, match="workbook-locked-or-old"):
        check(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "r.xls")


# ---- cells --------------------------------------------------------------------------------------------------------


def test_the_check_character_is_that_of_the_standards_own_example():
    assert identity.check_character("11010519491231002") == "X"
    assert identity.check_character("44052418800101001") == "4"


def test_numbers_are_brought_to_what_a_terminal_types():
    people = of(changed(number="ａb－１", id_number="11010519491231002x")).whole()
    assert (people[0].admission_no, people[0].id_tail) == ("AB-1", "31002X")
    assert people[0].id_masked == "110***********002X"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (changed(number="2026 001"), "roster-number"),
        (changed(number="二〇二六"), "roster-number"),
        (changed(number="1" * 33), "roster-number"),
        (changed(number="2.026E+09"), "roster-shortened"),
        (changed(id_number="110105194912310021"), "roster-id-check"),
        (changed(id_number="1101051949123100ZX"), "roster-id-shape"),
        (changed(id_number="710105194912310029"), "roster-id-shape"),
        (changed(id_number="123"), "roster-id-unclear"),
        (changed(name="李\u202e娜"), "roster-unseen"),
        (changed(name="李\u0007娜"), "roster-unseen"),
        (changed(name="李\ufffd"), "lost-character"),
        (changed(institution="甲\u200b校"), "roster-unseen"),
        (changed(name=""), "roster-cell-empty"),
    ],
)
def test_what_cannot_be_right_is_refused_by_its_row(row, code):
    found = of(WANG, row)
    assert told(found.bad) == [("", 3, code)]
    with pytest.raises(BadFile):
        found.whole()


@pytest.mark.parametrize(
    ("row", "column"), [(changed(number="2026-002"), "admission_no"), (changed(id_number=WANG[2]), "id_number")]
)
def test_a_repeated_number_names_both_rows(row, column):
    (bad,) = of(WANG, [], row).bad
    assert (bad.reason, bad.row, bad.facts["first"], bad.facts["column"]) == ("roster-repeated", 4, 2, column)


def test_a_number_repeated_on_another_sheet_names_the_sheet(check):
    def fill(made):
        sheet(made, "甲班", LI)
        sheet(made, "乙班", LI)

    found = check(fill)
    assert told(found.bad) == [("乙班", 2, "roster-repeated-elsewhere")] * 2
    assert {each.facts["first_sheet"] for each in found.bad} == {"甲班"}


def test_made_up_rosters_hold_to_the_same_rules():
    assert len(made_up_roster(25_000)) == 25_000


# ---- documents ----------------------------------------------------------------------------------------------------


def ends(first17):
    return first17 + identity.check_character(first17)


DOCUMENT = ["准考证号", "姓名", "证件号码", "培训机构", "证件类型"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("H1234567801", Kind.HK_MACAO),
        ("E12345678", Kind.PASSPORT),
        ("EA1234567", Kind.PASSPORT),
        ("140106900101101", Kind.RESIDENT_OLD),
        ("USA110190010112", Kind.PERMANENT),
        (ends("91184019900101123"), Kind.PERMANENT),
        (ends("81000019900101123"), Kind.SETTLED),
    ],
)
def test_a_number_that_can_be_of_one_kind_only_is_taken_as_that_and_remarked(number, kind):
    found = of(changed(id_number=number))
    assert found.whole()[0].id_tail == number[-6:] and found.kinds == {kind: 1}
    assert [(each.reason, each.facts["kind"]) for each in found.remarks] == [
        ("roster-id-old" if kind is Kind.RESIDENT_OLD else "roster-kind-inferred", kind.value)
    ]


@pytest.mark.parametrize("number", ["H12345678", "12345678", "AB123456", "A123456789", "1234567890", "993456789012345"])
def test_a_number_that_may_be_of_several_kinds_waits_for_the_kind_to_be_stated(number):
    assert told(of(changed(id_number=number)).bad) == [("", 2, "roster-id-unclear")]


@pytest.mark.parametrize(
    ("number", "word", "kind"),
    [
        ("H12345678", "港澳居民来往内地通行证", Kind.HK_MACAO),
        ("12345678", "台胞证", Kind.TAIWAN),
        ("H12345678", " 护 照 ", Kind.PASSPORT),
        ("P123456", "护照", Kind.PASSPORT),
        ("A123456789", "其他证件", Kind.OTHER),
        (LI[2], "居民身份证", Kind.RESIDENT),
        ("140106900101101", "身份证", Kind.RESIDENT_OLD),
        (ends("83000019900101123"), "台湾居民居住证", Kind.SETTLED),
        ("USA110190010112", "外国人永久居留身份证", Kind.PERMANENT),
    ],
)
def test_a_stated_kind_decides(number, word, kind):
    found = of([*changed(id_number=number), word], head=DOCUMENT)
    assert found.kinds == {kind: 1} and bool(found.remarks) == (kind is not Kind.RESIDENT)
    assert found.whole()[0].id_tail == number[-6:]


@pytest.mark.parametrize(
    ("number", "word", "reason"),
    [
        (LI[2], "护照", "roster-id-shape"),
        ("E12345678", "居民身份证", "roster-id-shape"),
        (ends("81000019900101123"), "居民身份证", "roster-id-shape"),
        (ends("14010619900231123"), "居民身份证", "roster-id-date"),
        ("140106900231101", "居民身份证", "roster-id-date"),
        (ends("83000019900101123")[:-1] + "x", "台湾居民居住证", "roster-id-check"),
        ("9" + "1" * 16 + "5", "外国人永久居留身份证", "roster-id-check"),
        ("12345", "其他", "roster-id-shape"),
        ("军字第1234567号", "其他", "roster-id-shape"),
        (LI[2], "工作证", "roster-kind-unknown"),
    ],
)
def test_a_number_that_is_none_of_the_stated_kind_is_refused(number, word, reason):
    assert told(of([*changed(id_number=number), word], head=DOCUMENT).bad) == [("", 2, reason)]


@pytest.mark.parametrize(
    ("old", "new"), [("140106900101101", ends("14010619900101101")), ("H1234567800", "H1234567801")]
)
def test_one_person_with_an_old_and_a_new_number_stands_twice(old, new):
    found = of(changed(id_number=old), ["2026-002", "李娜", new, "甲校"])
    assert told(found.bad) == [("", 3, "roster-repeated")]


def test_a_short_passport_number_is_masked_and_no_other_changes_its_mask():
    row = [*changed(id_number="P123456"), "护照"]
    assert of(row, head=DOCUMENT).whole()[0].id_masked == "P****56"
    assert of(changed(id_number="E12345678")).whole()[0].id_masked == "E12**5678"


# ---- the template -------------------------------------------------------------------------------------------------


def test_what_is_typed_into_the_template_stays_a_text(tmp_path):
    from tools.cli import main

    assert main.main(["bureau", "template", str(tmp_path / "r.xlsx")]) == 0
    book = zipfile.ZipFile(tmp_path / "r.xlsx")
    columns = re.findall(
        r'<col min="(\d+)" max="(\d+)" [^>]*style="(\d+)"', book.read("xl/worksheets/sheet1.xml").decode()
    )
    forms = re.findall(r"<xf [^>]*>", book.read("xl/styles.xml").decode().partition("<cellXfs")[2])
    texts = {
        column
        for first, last, style in columns
        if 'numFmtId="49"' in forms[int(style)]
        for column in range(int(first), int(last) + 1)
    }
    assert texts == {1, 2, 3, 4, 5} and len(roster.HEADINGS) == 5
    with pytest.raises(BadFile, match="roster-empty"):
        roster.check(tmp_path / "r.xlsx").whole()


def test_a_heading_of_two_rows_merged_downwards_names_its_columns(check):
    def fill(made):
        page = made.add_worksheet("甲班")
        page.merge_range(0, 0, 0, 2, "考生")
        page.merge_range(0, 3, 1, 3, "培训机构")
        page.write_row(1, 0, HEAD[:3])
        page.write_row(2, 0, LI)

    found = check(fill)
    assert [each.admission_no for each in found.people] == [LI[0]] and not found.bad


def test_an_id_number_in_groups_is_the_same_number():
    grouped = changed(number="2026-003", id_number="110105 19491231 002X")
    assert told(of(grouped).bad) == [] and of(grouped).people[0].id_masked == of(LI).people[0].id_masked
    assert told(of(LI, grouped).bad) == [("", 3, "roster-repeated")]
