"""report.xlsx: pass rates, the score sheet to sign, and a sheet that says what the numbers mean.

Numbers are numbers, text is text: every cell is written with its type, so no text can become a formula, a link or a
number (an admission number keeps its noughts). The same result gives the same bytes. Printed, nothing is cut: text
wraps, rows are as high as it needs, every page bears the headings.
"""

import io
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import xlsxwriter

from bank.refused import BadFile
from examd.documents import words
from examd.documents.language import translator
from examd.documents.report import Report
from examd.documents.tables import Kind, Table, Value, rates_table, results_table
from examd.protocol.catalogue import Translate
from examd.rates.compute import Definition

FONT = "Microsoft YaHei"
WIDEST = 44
RULE_LINE = "#B4BCC6"


def workbook(report: Report, language: str) -> bytes:
    """The file in `language` ("zh" or "en")."""
    _ = translator(language)
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.formats[0].set_font_name(FONT)
    book.set_properties(
        {
            "title": f"{report.session.name} {_('Pass rates')}",
            "comments": f"{report.result.hashes.closing_root}",
            "created": datetime.fromisoformat(report.session.date),  # the clock would make every copy differ
        }
    )
    styles = _Styles(book)
    _table_sheet(book, styles, report, rates_table(report, _), _)
    _table_sheet(book, styles, report, results_table(report, _), _, signed=True)
    _notes_sheet(book, styles, report, _)
    book.close()
    return stream.getvalue()


class _Styles:
    def __init__(self, book: Any) -> None:
        def style(**more: Any) -> Any:
            return book.add_format({"font_name": FONT, "font_size": 10.5, "valign": "vcenter", **more})

        head = {"bold": True, "text_wrap": True, "bg_color": "#EAF0F6", "bottom": 2, "bottom_color": "#1F4E79"}
        self.head = {kind: style(**head, align="left" if kind is Kind.TEXT else "right") for kind in Kind}
        numbers = {(kind, 0): number for kind, number in ((Kind.TEXT, "@"), (Kind.COUNT, "#,##0"))}
        numbers |= {(Kind.SHARE, n): f"0.{'0' * n}%" for n in range(1, words.MOST_DECIMALS + 1)}
        line = {"bottom": 4, "bottom_color": RULE_LINE, "text_wrap": True}
        self.cell = {kind: style(**line, num_format=number) for kind, number in numbers.items()}
        self.total = {kind: style(bold=True, top=1, num_format=number) for kind, number in numbers.items()}
        self.sign = style(top=1, valign="top")
        self.title = style(bold=True, font_size=14)
        self.label = style(bold=True, valign="top", text_wrap=True)
        self.text = style(text_wrap=True, num_format="@", valign="top")


def _table_sheet(
    book: Any, styles: _Styles, report: Report, table: Table, _: Translate, *, signed: bool = False
) -> None:
    sheet = book.add_worksheet(table.title)
    last_column = len(table.columns) - 1
    widths = []
    for number, column in enumerate(table.columns):
        _put(sheet.write_string(0, number, column.title, styles.head[column.kind]))
        widths.append(_width(column.kind, column.title, (row[number] for row in (*table.rows, *table.totals))))
        sheet.set_column(number, number, widths[-1])
    sheet.set_row(0, _height([column.title for column in table.columns], widths))
    for line, row in enumerate(table.rows, start=1):
        _write_row(sheet, line, table, row, styles.cell)
        sheet.set_row(line, _height(row, widths))
    for line, row in enumerate(table.totals, start=len(table.rows) + 1):
        _write_row(sheet, line, table, row, styles.total)
    if signed:
        _signatures(sheet, styles, report, len(table.rows) + len(table.totals) + 3, _)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(table.rows), last_column)
    _page_setup(sheet, report, table.title, _)
    sheet.set_landscape()
    sheet.repeat_rows(0)


def _signatures(sheet: Any, styles: _Styles, report: Report, line: int, _: Translate) -> None:
    """Who answers for the scores, below them on paper."""
    bureau = report.bureau or _("Examination body")
    for text in (
        _("Chief examiner (signature)"), _("Invigilators (signature)"), _("{bureau} (seal)").format(bureau=bureau),
        _("Signed on"),
    ):  # fmt: skip
        sheet.merge_range(line, 0, line, 3, "", styles.sign)
        _put(sheet.write_string(line, 0, text, styles.sign))
        sheet.set_row(line, 40)
        line += 1


def _write_row(sheet: Any, line: int, table: Table, row: tuple[Value, ...], style: dict[tuple[Kind, int], Any]) -> None:
    for number, (column, value) in enumerate(zip(table.columns, row, strict=True)):
        if value is None:
            sheet.write_blank(line, number, None, style[Kind.TEXT, 0])
        elif column.kind is Kind.TEXT:
            _put(sheet.write_string(line, number, str(value), style[Kind.TEXT, 0]))
        else:
            places = words.decimals(float(value)) if column.kind is Kind.SHARE else 0
            _put(sheet.write_number(line, number, value, style[column.kind, places]))


def _notes_sheet(book: Any, styles: _Styles, report: Report, _: Translate) -> None:
    sheet = book.add_worksheet(_("Notes"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 92)
    _put(sheet.write_string(0, 0, f"{report.session.name} · {words.session_kind(report, _)}", styles.title))
    sheet.set_row(0, 28)
    for line, (label, text) in enumerate(_notes(report, _), start=2):
        _put(sheet.write_string(line, 0, label, styles.label))
        _put(sheet.write_string(line, 1, text, styles.text))
        sheet.set_row(line, 17 * max(1, -(-_cells(text) // 86)))  # spreadsheets do not grow a row by themselves
    _page_setup(sheet, report, _("Notes"), _)


def _notes(report: Report, _: Translate) -> Iterable[tuple[str, str]]:
    if report.bureau:
        yield _("Examination body"), report.bureau
    yield _("Session"), f"{report.session.id} · {report.session.date}"
    yield _("Examination site"), f"{report.session.site_name} ({report.session.site_id})"
    yield _("Chief examiner"), report.chief_examiner
    yield _("Composition rule"), f"{report.rule.name} · {report.rule.id} v{report.rule.version}"
    yield _("Pass mark"), words.passing_explained(report, _)
    for definition in Definition:
        formula = f"{definition.value} = {words.definition_formula(definition, _)}"
        yield words.definition_name(definition, _), f"{formula}  {words.definition_explained(definition, _)}"
    yield _("Interval (95%)"), words.interval_explained(_)
    yield _("Small groups"), words.small_groups_explained(_)
    yield _("Order"), words.order_explained(_)
    yield _("Custody of the locks"), words.separation(report, _)
    yield _("How to verify"), words.verifying(_)
    yield _("Rule SHA-256"), report.result.hashes.rule
    yield _("Record root"), report.result.hashes.closing_root
    yield _("Record entries"), str(report.result.entries)
    yield _("Package"), report.result.package_id
    yield _("Engine"), report.result.engine


def _page_setup(sheet: Any, report: Report, title: str, _: Translate) -> None:
    drill = f"{_('Drill')} · " if report.session.mock else ""
    body = f"{report.bureau[:50]} · " if report.bureau else ""
    # & begins a code in headers, which hold 255 characters
    name = f"{body}{drill}{report.session.name[:80]} · {title}".replace("&", "&&")[:225]
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f'&C&"{FONT},Bold"{name}')
    sheet.set_footer("&C&P / &N")
    if report.session.mock:
        sheet.set_tab_color("#C0392B")


def _width(kind: Kind, title: str, values: Iterable[Value]) -> float:
    """In cells of the standard digit. A title may wrap to three lines; values may not."""
    content = max((_cells(str(value)) for value in values if value is not None), default=0)
    if kind is Kind.SHARE:
        content = 8
    return min(WIDEST, max(content + 3, _cells(title) // 3 + 5))


def _height(row: Iterable[Value], widths: list[float]) -> int:
    """In points, of a row whose texts wrap: spreadsheets do not grow one by themselves."""
    return 17 * max(-(-_cells(str(value)) // max(1, int(width) - 1)) for value, width in zip(row, widths, strict=True))


def _cells(text: str) -> int:
    """Width in half-width cells: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _put(outcome: int) -> None:
    """xlsxwriter drops a cell that exceeds the format's limits and only says so in its return value."""
    if outcome != 0:
        raise BadFile("too-large-for-workbook")
