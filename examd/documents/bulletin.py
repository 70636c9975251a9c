"""The bulletin of pass rates (考试合格率公告): one HTML file, for the bureau's site, a telephone and the notice board.

It holds its own style and pictures and asks for nothing from elsewhere; no script; a content security policy says so
to the browser. It names institutions and the chief examiner, never a candidate. Rows are in order of name, and every
rate stands with its numerator, its denominator, its definition and its interval.
"""

from collections.abc import Iterable
from pathlib import Path

from examd.documents import words
from examd.documents.html import Html, join, tag
from examd.documents.language import translator
from examd.documents.report import Report
from examd.protocol.catalogue import Translate
from examd.rates.compute import Definition, GroupSize, Row

STYLE = Path(__file__).with_name("bulletin.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

NO_BREAK = "\u2060"


def bulletin(report: Report, language: str) -> bytes:
    """The page in `language` ("zh" or "en"), UTF-8."""
    _ = translator(language)
    title = _("Examination pass rates: public notice")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light"),
        tag("title", f"{_('Drill')} · {title}" if report.session.mock else title, f" · {report.session.name}"),
        tag("style", Html(STYLE.read_text(encoding="utf-8"))),
    )
    page = tag(
        "main",
        _masthead(report, title, _),
        _facts(report, _),
        _summary(report, _),
        _institutions(report, _),
        _meaning(report, _),
        _evidence(report, _),
        _signatures(report, _),
    )
    body = tag("body", _drill_notices(_) if report.session.mock else "", page)
    document = tag("html", head, body, lang="zh-CN" if language == "zh" else "en")
    return f"<!doctype html>\n{document}\n".encode()


# -- above the table ---------------------------------------------------------------------------------------------------


def _drill_notices(_: Translate) -> Html:
    """Said in words at the top, and across every printed page, so that no photograph of a part misleads."""
    return join(
        tag("p", tag("strong", _("Drill")), " ", _("A rehearsal with sample material. Not a result."), class_="drill"),
        tag("div", _("Drill"), class_="watermark", aria_hidden="true"),
    )


def _masthead(report: Report, title: str, _: Translate) -> Html:
    bureau = tag("p", _bdi(report.bureau), class_="bureau") if report.bureau else ""
    return tag("header", bureau, tag("h1", title), tag("p", _bdi(report.session.name), class_="session"))


def _facts(report: Report, _: Translate) -> Html:
    session, rule = report.session, report.rule
    facts = [
        (_("Date"), tag("time", session.date, datetime=session.date)),
        (_("Examination site"), join(_bdi(session.site_name), " ", tag("small", session.site_id))),
        (_("Session"), tag("span", session.id)),
        (_("Chief examiner"), _bdi(report.chief_examiner or "—")),
        (_("Composition rule"), join(_bdi(rule.name), " ", tag("small", f"{rule.id} v{rule.version}"))),
        (_("Pass mark"), tag("span", f"{rule.pass_points} / {rule.total_points}")),
    ]
    return _list(facts, "facts")


def _summary(report: Report, _: Translate) -> Html:
    total = report.total
    tiles = _list(((label, f"{n:,}") for label, n in _counts(total, _)), "counts")
    return tag("section", tiles, *(_headline(total, definition, _) for definition in Definition), class_="summary")


def _headline(total: Row, definition: Definition, _: Translate) -> Html:
    return tag(
        "div",
        tag("h2", words.definition_name(definition, _), " ", _definition_id(definition)),
        tag(
            "p",
            tag("strong", _percent(total.rate(definition))),
            tag("span", f"{total.passed:,} ÷ {total.denominator(definition):,}", class_="fraction"),
            class_="rate",
        ),
        _bar(total, definition, _),
        tag("p", _("Interval (95%)"), " ", _interval(total, definition), class_="interval"),
        class_="headline",
    )


# -- the table ---------------------------------------------------------------------------------------------------------


def _institutions(report: Report, _: Translate) -> Html:
    header = tag(
        "tr",
        tag("th", _("Training institution"), scope="col"),
        *(tag("th", label, scope="col", class_="n") for label, _n in _counts(report.total, _)),
        *(_definition_header(definition, _) for definition in Definition),
    )
    body = tag("tbody", *(_row(row, words.institution_name(row.institution, _), _) for row in report.rates))
    foot = tag("tfoot", _row(report.total, _("Total"), _, note_size=False))
    caption = tag("caption", tag("h2", _("Training institutions")), tag("p", words.order_explained(_)))
    return tag("table", caption, tag("thead", header), body, foot, class_="institutions")


def _definition_header(definition: Definition, _: Translate) -> Html:
    scale = tag("span", tag("i", "0"), tag("i", "50"), tag("i", "100%"), class_="scale", aria_hidden="true")
    name = tag("span", words.definition_name(definition, _), " ", _definition_id(definition))
    formula = tag("small", words.definition_formula(definition, _), class_="formula")
    return tag("th", name, formula, scale, scope="col", class_="definition")


def _row(row: Row, name: str, _: Translate, *, note_size: bool = True) -> Html:
    return tag(
        "tr",
        tag("th", _bdi(name), _size_note(row, _) if note_size else "", scope="row"),
        *(tag("td", f"{n:,}", class_="n", data_label=label) for label, n in _counts(row, _)),
        *(_rate_cell(row, definition, _) for definition in Definition),
    )


def _rate_cell(row: Row, definition: Definition, _: Translate) -> Html:
    line = tag(
        "p",
        tag("strong", _percent(row.rate(definition))),
        tag("span", f"{row.passed:,}/{row.denominator(definition):,}", class_="fraction"),
        tag("span", _interval(row, definition), class_="interval"),
    )
    label = f"{words.definition_name(definition, _)} {definition.value}"
    return tag("td", line, _bar(row, definition, _), class_="definition", data_label=label)


def _size_note(row: Row, _: Translate) -> Html:
    size = row.size(Definition.OF_PRESENT)
    if size is GroupSize.SMALL:
        return join(" ", tag("span", words.size_note(row, _), class_="small-group"))
    if size is GroupSize.FEW:
        return join(NO_BREAK, tag("sup", "†", title=words.size_note(row, _)))
    return Html("")


def _bar(row: Row, definition: Definition, _: Translate) -> Html:
    """The interval as a band, the rate as a dot, on a scale from 0 to 100 %."""
    low, high = row.interval(definition)
    rate = row.rate(definition)
    said = f"{_percent(rate)}, {_('Interval (95%)')} {_interval(row, definition)}"
    axis = tag("line", x1="0%", x2="100%", y1="7", y2="7", class_="axis")
    ticks = [tag("line", x1=f"{x}%", x2=f"{x}%", y1="2", y2="12", class_="tick") for x in (0, 50, 100)]
    band, dot = Html(""), Html("")
    if rate is not None:
        band = tag("rect", x=f"{100 * low:.2f}%", width=f"{100 * (high - low):.2f}%", y="4", height="6", class_="band")
        dot = tag("circle", cx=f"{100 * rate:.2f}%", cy="7", r="4", class_="dot")
    return tag("svg", axis, *ticks, band, dot, class_="bar", role="img", aria_label=said, height="14")


# -- below the table ---------------------------------------------------------------------------------------------------


def _meaning(report: Report, _: Translate) -> Html:
    definitions = [
        tag(
            "div",
            tag("dt", words.definition_name(definition, _), " ", _definition_id(definition)),
            tag(
                "dd", tag("b", words.definition_formula(definition, _)), " ", words.definition_explained(definition, _)
            ),
        )
        for definition in Definition
    ]
    notes = (words.passing_explained(report, _), words.interval_explained(_), words.small_groups_explained(_))
    return tag(
        "section",
        tag("h2", _("How to read the figures")),
        tag("dl", *definitions, class_="definitions"),
        tag("ul", *(tag("li", note) for note in notes)),
        class_="meaning",
    )


def _evidence(report: Report, _: Translate) -> Html:
    entries = _("{entries} entries").format(entries=f"{report.result.entries:,}")
    values = [
        (_("Record root"), join(_hash(report.result.hashes.closing_root), " ", tag("small", entries))),
        (_("Rule SHA-256"), _hash(report.result.hashes.rule)),
        (_("Item pool root"), _hash(report.result.hashes.pool_root)),
        (_("Answer keys SHA-256"), _hash(report.result.hashes.answers)),
        (_("Package"), _hash(report.result.package_id)),
        (_("Custody of the locks"), tag("span", words.separation(report, _))),
        (_("Engine"), tag("span", report.result.engine)),
    ]
    return tag(
        "section",
        tag("h2", _("How to verify")),
        tag("p", words.verifying(_)),
        _list(values, "values"),
        class_="evidence",
    )


def _signatures(report: Report, _: Translate) -> Html:
    """On paper only: the copy on the notice board is signed and sealed by hand."""
    body = _("{bureau} (seal)").format(bureau=report.bureau) if report.bureau else _("Examination body (seal)")
    places = (_("Chief examiner (signature)"), body, _("Posted on"))
    return tag("footer", *(tag("p", place) for place in places), class_="signatures")


# -- small parts -------------------------------------------------------------------------------------------------------


def _list(facts: Iterable[tuple[str, str]], kind: str) -> Html:
    return tag("dl", *(tag("div", tag("dt", label), tag("dd", value)) for label, value in facts), class_=kind)


def _counts(row: Row, _: Translate) -> tuple[tuple[str, int], ...]:
    labels = _("Enrolled"), _("Present"), _("Absent"), _("Passed")
    return tuple(zip(labels, (row.enrolled, row.present, row.absent, row.passed), strict=True))


def _definition_id(definition: Definition) -> Html:
    return tag("abbr", definition.value)


def _percent(share: float | None) -> str:
    return "—" if share is None else words.percent(share)


def _interval(row: Row, definition: Definition) -> str:
    if not row.denominator(definition):
        return "—"
    low, high = map(words.percent, row.interval(definition))
    return f"{low.removesuffix('%')}–{high}"


def _bdi(text: str) -> Html:
    """A name cannot turn the direction of what stands beside it."""
    return tag("bdi", text)


def _hash(value: str) -> Html:
    """In groups that the eye can compare; copied, it is one word again."""
    groups = [tag("span", value[start : start + 8]) for start in range(0, len(value), 8)]
    return tag("code", *(part for group in groups for part in (group, tag("wbr"))))
