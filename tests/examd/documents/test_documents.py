"""Documents, read again the way their readers read them."""

import copy
import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from rich.cells import cell_len

import examd.documents
from bank.refused import BadFile
from bank.rules import Rule, propose
from examd.documents import words
from examd.documents.bulletin import bulletin
from examd.documents.delimited import plain_text, rates_csv, results_csv
from examd.documents.html import Html, tag
from examd.documents.incidents import Incident, What
from examd.documents.language import translator
from examd.documents.report import Report
from examd.documents.workbook import workbook
from examd.documents.write import write_all
from examd.protocol.catalogue import LANGUAGES
from examd.rates.compute import by_institution
from examd.rates.wilson import wilson
from examd.result import Candidate

# -- a result as closing and grading write it --------------------------------------------------------------------------

RULE = propose({("single", "1", "know"): 400, ("truefalse", "2", "know"): 300}, "特种作业·低压电工·理论", id="SP-ELV-T")

Seat = tuple[str, int | None]
"""Institution and points; None is absent."""


def signed(seats: list[Seat], *, rule: Rule = RULE, mock: bool = True, **session: Any) -> dict[str, Any]:
    candidates = [
        {
            "c": c,
            "admission_no": f"0{26112101000 + c}",
            "institution": institution,
            "status": "absent" if points is None else "present",
            "form": "" if points is None else f"{c:064x}",
            "answered": 0 if points is None else 98,
            "points": points or 0,
            "passed": (points or 0) >= rule.pass_points,
            "late": 0,
        }
        for c, (institution, points) in enumerate(seats, start=1)
    ]
    rates, total = by_institution([Candidate(**candidate) for candidate in candidates])
    return {
        "type": "examd-result",
        "v": 1,
        "engine": "0.1.0",
        "package_id": "5f" * 16,
        "session": {
            "id": "2026-11-21-S001",
            "name": "低压电工作业理论考试",
            "date": "2026-11-21",
            "site_id": "SZ01",
            "site_name": "朔城区第一考试点",
            "mock": mock,
        }
        | session,
        "hashes": {
            "manifest": "1a" * 32,
            "rule": rule.sha256,
            "pool_root": "2b" * 32,
            "answers": "3c" * 32,
            "closing_root": "9e107d9d372bb6826bd81d3542a419d6e277252adbdd02c0b5a1f0c4d9e8a7b6",
            "closing_chain": "4d" * 32,
        },
        "entries": 4812,
        "separated": False,
        "holders": {"chief": "王建国", "site": "李敏"},
        "candidates": candidates,
        "rates": msgspec.to_builtins(list(rates)),
        "total": msgspec.to_builtins(total),
    }


def report(seats: list[Seat], names: dict[str, str] | None = None, **more: Any) -> Report:
    return Report.from_signed(signed(seats, **more), more.get("rule", RULE), names or {})


def demo_seats() -> list[Seat]:
    """24 candidates of four institutions, like the demonstration; one group is small, one person has none."""
    return [
        *[("朔州市平安职业培训学校", points) for points in (92, 88, 81, 80, 79, 95, 64)],
        *[("山西晋能安全技术培训中心（右玉分部）", points) for points in (85, 90, 71, 83, None, 88, 97, 80)],
        *[("怀仁市陶瓷工业园区安全生产教育培训有限责任公司", points) for points in (58, 82, 77, None, 84)],
        *[("应县电力培训站", points) for points in (91, 86, 74)],
        ("", 88),
    ]


def large_seats(institutions: int = 45) -> list[Seat]:
    return [
        (f"第{k:02d}培训学校" + "（安全技术）" * (k % 3), None if (k * j) % 17 == 5 else 60 + (k * 7 + j * 11) % 40)
        for k in range(1, institutions + 1)
        for j in range(3 + (k * k) % 97)
    ]


FORMULAS = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx", "＝1", "'quoted", '<script>alert("1")</script>&']
NAMES = {f"0{26112101000 + c}": f"考生{c}" for c in range(1, 25)}


def rows_of(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


# -- the report --------------------------------------------------------------------------------------------------------


def spoil(**changes):
    def change(result):
        for path, value in changes.items():
            *parents, last = path.split("__")
            place = result
            for parent in parents:
                place = place[int(parent) if parent.isdigit() else parent]
            place[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (spoil(type="examd-package"), "not-a-result"),
        (spoil(v=2), "not-a-result"),
        (spoil(candidates=None), "result-malformed"),
        (spoil(hashes={}), "result-malformed"),
        (spoil(holders=7), "result-malformed"),
        (spoil(hashes__rule="00" * 32), "rule-is-another"),
        (spoil(rates__0__passed=9), "rates-differ-from-candidates"),
        (spoil(total__enrolled=25), "rates-differ-from-candidates"),
        (spoil(candidates__0__passed=False), "passed-differs-from-points"),
        (lambda result: result["rates"].reverse(), "rates-differ-from-candidates"),
    ],
)
def test_a_result_that_contradicts_itself_is_not_printed(change, code):
    result = copy.deepcopy(signed(demo_seats()))
    change(result)
    with pytest.raises(BadFile) as refused:
        Report.from_signed(result, RULE, {})
    assert refused.value.code == code


# -- CSV ---------------------------------------------------------------------------------------------------------------


def test_results_csv_has_a_line_for_every_candidate_with_name_and_marks():
    data = results_csv(report(demo_seats(), NAMES), "zh")
    assert data.count(b"\r\n") == 25
    assert data.count(b"\n") == 25
    header, *lines = rows_of(data)
    assert header[:8] == ["序号", "准考证号", "姓名", "培训机构", "作答题数", "得分", "结果", "断网补传答案数"]
    assert lines[0][:7] == ["1", "026112101001", "考生1", "朔州市平安职业培训学校", "98", "92", "合格"]
    assert lines[11][4:8] == ["", "", "缺考", ""]
    assert {line[header.index("类别")] for line in lines} == {"演练"}


BEFELL = (
    Incident(0, What.TIME_ADDED, "停电", 5),
    Incident(2, What.TIME_ADDED, "换机", 2.5),
    Incident(2, What.WAIVED, "离场"),
    Incident(12, What.WAIVED, "未到"),
)


def test_what_befell_a_candidate_and_their_receipt_stand_in_the_last_columns_of_the_score_sheet():
    told = replace(report(demo_seats(), NAMES), incidents=BEFELL, receipts={1: "ABCD-EFGH-JKMN-PQRS-TV", 12: "x"})
    header, *lines = rows_of(results_csv(told, "zh"))
    assert header[-2:] == ["异常情况", "回执号"]
    assert [line[-1] for line in lines[:2]] == ["ABCD-EFGH-JKMN-PQRS-TV", ""]
    assert [line[-2] for line in lines[:2]] == [
        "全场补时 5 分钟：停电",
        "全场补时 5 分钟：停电; 补时 2.5 分钟：换机; 未交卷关场：离场",
    ]
    assert lines[11][-2:] == ["", ""]  # who was not there, nothing befell
    assert sheets(workbook(told, "zh"))["成绩"][2][-2] == lines[1][-2]
    assert sheets(workbook(told, "zh"))["成绩"][1][-1] == lines[0][-1]
    assert "离场" not in bulletin(told, "zh").decode()


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0.0%"), (1, "100.0%"), (1999 / 2000, "99.95%"), (1 / 3000, "0.03%"), (0.5, "50.0%"), (0.9994, "99.9%"),
        (1 - 1e-5, "99.999%"), (1 / 40_000, "0.003%"),
    ],
)  # fmt: skip
def test_a_share_is_never_rounded_to_nothing_or_everything_unless_it_is(share, said):
    assert words.percent(share) == said


def test_1999_of_2000_is_not_everybody_in_any_document():
    nearly = report([("甲", 90)] * 1999 + [("甲", 10)])
    text = Page(bulletin(nearly, "zh")).text
    assert "99.95%" in text and "100.0%" not in text
    data = workbook(nearly, "zh")
    sheet, styles = _part(data, "xl/worksheets/sheet1.xml").decode(), _part(data, "xl/styles.xml").decode()
    formats = dict(re.findall(r'<numFmt numFmtId="(\d+)" formatCode="([^"]*)"', styles))
    kinds = re.findall(r'<xf numFmtId="(\d+)"', styles[styles.index("<cellXfs") :])
    assert formats[kinds[int(re.search(r'<c r="F2" s="(\d+)"', sheet)[1])]] == "0.00%"


def test_rates_csv_gives_numerators_denominators_both_rates_and_their_intervals():
    header, *lines = rows_of(rates_csv(report(demo_seats()), "zh"))
    assert header[5] == "合格率 D1t (按报考人数, 合格人数 ÷ 报考人数)"
    assert header[8] == "合格率 D2 (按实考人数, 合格人数 ÷ 实考人数)"
    shanxi = lines[1]
    assert shanxi[:5] == ["山西晋能安全技术培训中心（右玉分部）", "8", "7", "1", "6"]
    assert shanxi[5:11] == [f"{x:.6f}" for x in (6 / 8, *wilson(6, 8), 6 / 7, *wilson(6, 7))]
    assert [line[11] for line in lines] == [
        "小样本",
        "不足 30 人，不作比较",
        "小样本",
        "小样本",
        "不足 30 人，不作比较",
        "",
    ]
    assert lines[0][0] == "（未填培训机构）"
    assert lines[-1][:5] == ["合计", "24", "22", "2", "16"]


@pytest.mark.parametrize("evil", FORMULAS)
def test_no_text_cell_begins_a_formula_and_every_text_comes_back(evil):
    data = results_csv(report([(evil, 90)], {"026112101001": evil}), "zh")
    name, institution = rows_of(data)[1][2:4]
    assert not name.startswith(tuple("=+-@\t＝"))
    assert plain_text(name) == plain_text(institution) == evil


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_any_institutions_name_survives_the_round_trip(name):
    rows = rows_of(rates_csv(report([(name, 90), (name, 10)]), "en"))
    assert plain_text(rows[1][0]) == name
    assert rows[1][1:5] == ["2", "2", "0", "1"]


def test_an_institution_all_of_whose_candidates_were_absent_has_no_rate_of_those_present():
    row = rows_of(rates_csv(report([("甲", None)]), "en"))[1]
    assert row[5] == "0.000000"
    assert row[8:11] == ["", "", ""]


# -- the workbook ------------------------------------------------------------------------------------------------------


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def test_the_workbook_holds_numbers_as_numbers_and_text_as_text():
    book = sheets(workbook(report(demo_seats(), NAMES), "zh"))
    assert list(book) == ["合格率", "成绩", "说明"]
    shanxi = book["合格率"][2]
    assert shanxi[:5] == ["山西晋能安全技术培训中心（右玉分部）", 8, 7, 1, 6]
    assert shanxi[5:11] == pytest.approx([6 / 8, *wilson(6, 8), 6 / 7, *wilson(6, 7)], abs=1e-15)
    assert book["成绩"][1][:6] == [1, "026112101001", "考生1", "朔州市平安职业培训学校", 98, 92]
    assert book["成绩"][12][4:7] == ["", "", "缺考"]
    notes = {line[0]: line[1] for line in book["说明"]}
    assert notes["规则 SHA-256"] == RULE.sha256
    assert notes["合格线"] == "合格：满分 100 分，得分不低于 80 分。"
    assert "演练" in book["说明"][0][0]


@pytest.mark.parametrize("evil", FORMULAS)
def test_no_text_in_the_workbook_becomes_a_formula_or_a_link(evil):
    data = workbook(report([(evil, 90)]), "zh")
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.get_sheet_by_name("合格率").to_python()[1][0] == evil
    for sheet in book.sheet_names:
        # calamine reports formulas cell by cell; there must be none
        assert b"<f>" not in _part(data, f"xl/worksheets/sheet{book.sheet_names.index(sheet) + 1}.xml")


def test_the_workbook_has_a_frozen_header_a_filter_and_percentages():
    data = workbook(report(demo_seats()), "zh")
    rates_sheet = _part(data, "xl/worksheets/sheet1.xml").decode()
    assert '<pane xSplit="1" ySplit="1"' in rates_sheet
    assert '<autoFilter ref="A1:N6"/>' in rates_sheet  # the total stays out of it
    assert 'formatCode="0.0%"' in _part(data, "xl/styles.xml").decode()
    widths = [float(width) for width in re.findall(r'<col [^>]*width="([\d.]+)"', rates_sheet)]
    assert widths[0] >= 2 * len("山西晋能安全技术培训中心（右玉分部）")


def test_the_score_sheet_is_signed_and_nothing_of_it_is_cut_when_printed():
    told = replace(report(demo_seats(), NAMES), bureau="朔州市应急管理局", incidents=BEFELL)
    data = workbook(told, "zh")
    sheet = _part(data, "xl/worksheets/sheet2.xml").decode()
    assert 'fitToPage="1"' in sheet and 'fitToHeight="0"' in sheet and 'orientation="landscape"' in sheet
    assert "朔州市应急管理局" in sheet[sheet.index("<oddHeader>") :]
    assert re.search(r"成绩'?!\$1:\$1</definedName>", _part(data, "xl/workbook.xml").decode())
    last = [str(line[0]) for line in sheets(data)["成绩"][-4:]]
    assert last == ["主考官（签字）", "监考人员（签字）", "朔州市应急管理局（盖章）", "签字日期"]
    columns = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', sheet)
    widths = [float(width) for first, last, width in columns for _n in range(int(first), int(last) + 1)]
    heights = {int(n): float(h) for n, h in re.findall(r'<row r="(\d+)"[^>]* ht="([\d.]+)"', sheet)}
    for number, row in enumerate(sheets(data)["成绩"][:25], 1):
        for width, value in zip(widths, row, strict=True):
            lines = -(-cell_len(str(value).removesuffix(".0")) // int(width))
            assert heights[number] >= 15 * lines, (number, value)


def test_the_bureau_names_itself_on_bulletin_and_notes():
    told = replace(report(demo_seats()), bureau="朔州市应急管理局")
    text = Page(bulletin(told, "zh")).text
    assert text.index("朔州市应急管理局") < text.index("考试合格率公告", text.index("朔州市应急管理局"))
    assert "朔州市应急管理局（盖章）" in text
    assert {line[0]: line[1] for line in sheets(workbook(told, "zh"))["说明"]}["考试机构"] == "朔州市应急管理局"


def test_the_same_result_gives_the_same_workbook():
    assert workbook(report(demo_seats()), "zh") == workbook(report(demo_seats()), "zh")


def test_a_name_too_long_for_a_workbook_is_refused_and_not_dropped():
    with pytest.raises(BadFile) as refused:
        workbook(report([("甲" * 40_000, 90)]), "zh")
    assert refused.value.code == "too-large-for-workbook"


def _part(data: bytes, name: str) -> bytes:
    import zipfile

    return zipfile.ZipFile(io.BytesIO(data)).read(name)


# -- the bulletin ------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Text, elements and attributes; fails on a tag that is not closed."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.tags, self.attributes, self.open, self.text, self.style = [], [], [], "", ""
        self.feed(data.decode())
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in ("meta", "wbr", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["style"]:
            self.style += data
        else:
            self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seats", [demo_seats(), large_seats(), [], [("甲", None)]])
def test_the_bulletin_asks_for_nothing_from_elsewhere_and_runs_nothing(language, seats):
    page = Page(bulletin(report(seats), language))
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    for _, attribute, _ in page.attributes:
        assert not attribute.startswith("on")
        assert attribute not in ("src", "href", "srcset", "action", "style", "xlink:href")
    assert not re.search(r"url\(|@import|https?:|//[a-z]", page.style)
    policy = [value for tag_, name, value in page.attributes if (tag_, name) == ("meta", "content")][0]
    assert policy.startswith("default-src 'none'")


def test_the_bulletin_says_all_that_it_must():
    text = Page(bulletin(report(demo_seats(), NAMES), "zh")).text
    for expected in (
        "考试合格率公告", "低压电工作业理论考试", "朔城区第一考试点", "2026-11-21", "王建国", "SP-ELV-T v1", "80 / 100",
        "山西晋能安全技术培训中心（右玉分部）", "75.0%", "6/8", "40.9–92.9%", "85.7%", "6/7", "48.7–97.4%",
        "16 ÷ 24", "16 ÷ 22", "合格人数 ÷ 报考人数", "合格人数 ÷ 实考人数", "D1t", "D2", "小样本", "不代表名次",
        "examd verify", "未分离", "共 4,812 条记录", RULE.sha256, "9e107d9d372bb6826bd81d3542a419d6",
    ):  # fmt: skip
        assert expected in text, expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_drill_says_so_and_an_examination_does_not(language):
    word = translator(language)("Drill")
    assert Page(bulletin(report(demo_seats()), language)).text.count(word) >= 3
    assert word not in Page(bulletin(report(demo_seats(), mock=False), language)).text


def test_no_candidate_is_named_anywhere_but_on_the_score_sheet_and_in_results_csv():
    of_24 = report(demo_seats(), NAMES)
    rates, scores, notes = sheets(workbook(of_24, "zh")).values()
    for public in (bulletin(of_24, "zh").decode(), rates_csv(of_24, "zh").decode(), str(rates), str(notes)):
        assert "考生1" not in public
    assert "考生1" in str(scores)
    assert "026112101001" not in bulletin(of_24, "zh").decode()
    assert "考生1" in results_csv(of_24, "zh").decode()


@pytest.mark.parametrize("evil", [*FORMULAS, '"><img src=x onerror=alert(1)>', "</style><b>", "\u202e倒"])
def test_names_from_outside_are_shown_as_text(evil):
    result = signed([(evil, 90)], name=evil, site_name=evil)
    result["holders"]["chief"] = evil
    rule = propose({("single", "1", "know"): 400}, "规则 <b>", id="X")
    result["hashes"]["rule"] = rule.sha256
    page = Page(bulletin(Report.from_signed(result, rule, {}), "zh"))
    harmless = Page(bulletin(report([("甲", 90)]), "zh"))
    assert page.tags == harmless.tags
    assert page.text.count(evil) >= 5  # title, session, site, chief examiner, institution
    assert "规则 <b>" in page.text


def test_a_rate_of_nobody_is_a_dash():
    text = Page(bulletin(report([("甲", None)]), "zh")).text
    assert "—" in text
    assert "0/1" in text


def test_markup_is_what_tag_made_and_nothing_else():
    assert tag("p", "a<b", tag("b", "&"), class_="x", data_label='"') == (
        '<p class="x" data-label="&quot;">a&lt;b<b>&amp;</b></p>'
    )
    assert isinstance(tag("p"), Html)
    assert tag("p", tag("i") + "<") == "<p>&lt;i&gt;&lt;/i&gt;&lt;</p>"  # joined text is text again


# -- languages and files -----------------------------------------------------------------------------------------------


def test_every_sentence_has_its_chinese_and_the_catalogue_is_compiled():
    here = Path(examd.documents.__file__).parent
    used = {message for file, _, message, _, _ in extract_from_dir(here, [("**.py", "python")], keywords={"_": None})}
    folder = here / "locale/zh_CN/LC_MESSAGES"
    with (folder / "documents.po").open("rb") as po, (folder / "documents.mo").open("rb") as mo:
        written = {m.id: m.string for m in read_po(po) if m.id}
        compiled = {m.id: m.string for m in read_mo(mo) if m.id}
    assert used == set(written)
    assert all(written.values())
    assert written == compiled, "run .ci/catalogues"


def test_english_documents_hold_no_chinese_of_ours():
    english = report([("A", 90), ("", None)], name="Theory", site_name="Site")
    english.result.holders["chief"] = "Chief"
    cells = [*rows_of(rates_csv(english, "en")), *rows_of(results_csv(english, "en"))]
    text = Page(bulletin(english, "en")).text + str(cells)
    assert not re.search(r"[\u4e00-\u9fff]", text.replace(RULE.name, ""))


def test_all_documents_are_written_whole_and_the_names_stay_private(tmp_path):
    paths = write_all(report(demo_seats(), NAMES), tmp_path, "zh")
    assert [path.name for path in paths] == ["rates.csv", "results.csv", "report.xlsx", "bulletin.html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)
    for name in ("results.csv", "report.xlsx"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    again = [path.read_bytes() for path in paths]
    write_all(report(demo_seats(), NAMES), tmp_path, "zh")
    assert [path.read_bytes() for path in paths] == again
