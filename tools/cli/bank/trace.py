"""`examd bank exposure|trace`: where items went, and who leaked them."""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Commands
from tools.cli.language import _
from tools.cli.output import as_json, rows

if TYPE_CHECKING:
    from bank.leaks.trace import BestFit, Candidate, Match, Seen, TraceResult, TravelledSession
    from bank.refused import Denied

MOST_FORMS = 10


def add(bank: Commands) -> None:
    exposing = bank.add(
        "exposure",
        run_exposure,
        _("which items went to which sessions, and how many met them"),
        _("Without items: all that ever left the bank, the most seen first. With items: use by use, with the sites."),
        "examd bank exposure bank/ q17",
    )
    exposing.takes_bank()
    exposing.takes_items()

    tracing = bank.add(
        "trace",
        run_trace,
        _("name the package, form and seat of a photographed screen"),
        _(
            "Recognises the items by parts of their texts, says which packages had them (marks first), draws every "
            "form of the sessions given again and names those that show most of these items with their options in this "
            "order, and the seat, with the chance that some form does so by accident. What is likelier than one in a "
            "thousand is called not sufficient. Exit code 0: a form or package is named; 1: the evidence names none."
        ),
        "examd bank trace bank/ --result site/sessions/S1/result --seen-file photo.txt",
    )
    tracing.takes_bank()
    tracing.add_argument(
        "--seen", action="append", default=[], metavar="ITEM",
        help=_("one item: part of the stem (or its id), a colon, the options from the top, divided by |"),
    )  # fmt: skip
    tracing.takes_file("--seen-file", _("a text file with one such line an item"))
    tracing.add_argument(
        "--result", type=Path, action="append", default=[], metavar="DIR", help=_("result folder of a session")
    )
    tracing.add_argument(
        "--package", type=Path, action="append", default=[], metavar="DIR",
        help=_("a package that has no result: only whether the items travelled in it can be said"),
    )  # fmt: skip


# ---- the ledger ----------------------------------------------------------------------------------------------------


def run_exposure(args: argparse.Namespace) -> int:
    with open_bank(args) as bank:
        wanted = [bank.items.find(word) for word in args.items]
        uses = bank.exposure.uses()
        names = {item.id: item.code or item.id[:8] for item in [*bank.items.select(verified=False), *wanted]}
        marks = {(mark.item, mark.session, mark.site): mark.until for mark in bank.watermarks.all()}
    asked = {item.id for item in wanted}
    ledger: dict[str, list[dict[str, Any]]] = {item: [] for item in asked}
    for item, session, site, on, candidates in uses:
        if item in names and (not asked or item in asked):
            use = {"candidates": candidates, "day": on, "session": session, "site": site}
            until = marks.get((item, session, site))
            ledger.setdefault(item, []).append(use | ({"mark_until": until} if until else {}))
    rows = [
        {
            "candidates": sum(use["candidates"] for use in each), "code": names[item], "item": item,
            "sessions": len({use["session"] for use in each}), "sites": len({use["site"] for use in each}),
            "uses": each,
        }
        for item, each in ledger.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: (-row["candidates"], row["item"]))
    if args.json:
        as_json(rows)
        return 0
    line = _("{code}  sessions {sessions}, sites {sites}, candidates {candidates}")
    for row in rows:
        print(line.format(**row))
        for use in row["uses"] if asked else ():
            said = _("kept as a mark until {day}").format(day=use["mark_until"]) if "mark_until" in use else ""
            print(f"  {use['day'] or '–'}  {use['session']}  {use['site']}  {use['candidates']}  {said}".rstrip())
    if not rows:
        print(_("No item has left the bank."))
    return 0


# ---- tracing -------------------------------------------------------------------------------------------------------


def run_trace(args: argparse.Namespace) -> int:
    from bank.authoring.review import State
    from bank.leaks import trace
    from bank.refused import BadFile, Denied
    from examd.bureau import tracing
    from examd.package import layout

    named = [(f"--seen {n}", text) for n, text in enumerate(args.seen, 1)]
    fragments = [(where, trace.Fragment.parse(text)) for where, text in (*named, *_lines(args.seen_file))]
    if not fragments:
        raise BadFile("seen-nothing")
    sittings = [tracing.sitting(folder) for folder in args.result]
    packages = [layout.manifest_in(folder)[0] for folder in args.package]
    with open_bank(args) as bank:
        # What was retired since may be on the photo; a draft never left the bank.
        states = (State.APPROVED, State.RETIRED)
        held = [(item.id, item.content) for state in states for item in bank.items.select(state=state)]
        uses, marks = bank.exposure.uses(), bank.watermarks.all()
    pooled = {fact.id for sitting in sittings for fact in sitting.pool}
    left = pooled | {use[0] for use in uses}
    # An item is told from its like by what left the bank, before by what else is in it.
    known = trace.KnownItems(held)
    seen, unread = list[trace.Seen](), list[_Unread]()
    for where, fragment in fragments:
        try:
            seen.append(known.recognise(fragment, (pooled, left)))
        except Denied as refusal:
            unread.append(_Unread(where, fragment.text, refusal, known.most_similar(fragment)))
    if not seen:
        _print_unread(unread)
        raise Denied("seen-nothing-known", lines=len(unread))
    by_session: dict[tuple[str, str], list[str]] = {}
    for mark in marks:
        by_session.setdefault((mark.session, mark.site), []).append(mark.item)
    asked = {(each.session.id, each.session.site_id) for each in packages} | {(s.session, s.site) for s in sittings}
    ledger = [
        each
        for each in trace.travelled({one.item for one in seen}, uses, by_session)
        if not packages or (each.session, each.site) in asked or each.watermarks
    ]
    traced = trace.trace(seen, sittings)
    if args.json:
        as_json(_trace_record(seen, unread, ledger, traced))
    else:
        _print_recognised(seen, unread)
        _print_ledger(ledger, len(seen))
        if sittings:
            _print_forms(traced)
        elif ledger:
            print(_("For form and seat give the result folder of such a session: --result."))
    return 0 if traced.sufficient or any(each.watermarks or each.only for each in ledger) else 1


@dataclass(frozen=True, slots=True)
class _Unread:
    """A line that is no item, or not one item."""

    where: str
    text: str
    refusal: "Denied"
    nearest: tuple[str, str, int] | None

    @property
    def sentence(self) -> str:
        from tools.cli.sentences import said

        return said(self.refusal)

    def to_json(self) -> dict[str, Any]:
        nearest = self.nearest and dict(zip(("item", "stem", "likeness_p4"), self.nearest, strict=True))
        reason = {"nearest": nearest, "reason": self.refusal.code, "sentence": self.sentence}
        return {"line": self.where, "text": self.text} | reason


def _lines(file: Path | None) -> list[tuple[str, str]]:
    """Each line with its place, in whatever encoding an office saves text."""
    from bank.formats.sheets.csv_ import decode
    from bank.refused import BadFile

    if file is None:
        return []
    try:
        text = decode(file.read_bytes(), file.name)
    except OSError as error:
        raise BadFile("file-unreadable", file=str(file), why=error.strerror) from None
    lines = enumerate(text.splitlines(), 1)
    return [(_("line {n}").format(n=number), line) for number, line in lines if line.strip()]


def _trace_record(
    seen: "list[Seen]", unread: "list[_Unread]", ledger: "list[TravelledSession]", traced: "TraceResult"
) -> dict[str, Any]:
    from bank.leaks.trace import LIMIT

    return {
        "seen": [{"item": one.item, "order": one.order} for one in seen],
        "not_recognised": [each.to_json() for each in unread],
        "packages": [
            {
                "day": each.day, "items": each.items, "marks": list(each.watermarks), "marks_spent": list(each.spent),
                "only_here": list(each.only), "session": each.session, "site": each.site,
            }
            for each in ledger
        ],
        "fits": [
            {
                "false_match": {"by_rule": fit.by_rule, "orders_alone": fit.orders},
                "forms": [_form_record(match) for match in fit.matches],
                "items": fit.items, "of": fit.of, "sufficient": fit.sufficient,
            }
            for fit in traced.fits
        ],
        "candidates": traced.candidates,
        "limit": float(LIMIT),
        "sufficient": traced.sufficient,
        "unplaced": [{"item": one.item, "order": one.order} for one in traced.unplaced],
    }  # fmt: skip


def _form_record(match: "Match") -> dict[str, Any]:
    candidate, sitting = match.candidate, match.sitting
    return {
        "admission_no": candidate.admission_no, "ordinal": candidate.c, "package": sitting.package,
        "seats": [
            {"from_minute": sat.minute if sat.minute >= 0 else None, "seat": sat.terminal} for sat in candidate.seats
        ],
        "session": sitting.session, "shown": sorted(one.item for one in match.shown), "site": sitting.site,
    }  # fmt: skip


def _print_recognised(seen: "list[Seen]", unread: "list[_Unread]") -> None:
    for one in seen:
        line = _("recognised {item}, options seen in the order {order}")
        print(line.format(item=one.item[:8], order=one.order or "–"))
    _print_unread(unread)


def _print_unread(unread: "list[_Unread]") -> None:
    told = []
    for each in unread:
        near = _("nearest stem ({share} % alike, {item}): {stem}")
        _item, stem, p4 = each.nearest or ("", "", 0)
        hint = " " + near.format(share=p4 // 100, item=_item[:8], stem=stem[:60]) if each.nearest else ""
        told.append((each.where, each.sentence + hint))
    rows(_("NOT recognised, and left out of what follows:"), told)


def _print_ledger(ledger: "list[TravelledSession]", all_of_it: int) -> None:
    for each in ledger:
        said = _("session {session}, site {site}, {day}: {items} of {all} items were in its pool").format(
            session=each.session, site=each.site, day=each.day or "–", items=each.items, all=all_of_it
        )
        if each.watermarks:
            said += " · " + _("MARK of this package: {n}").format(n=len(each.watermarks))
        if each.spent:
            said += " · " + _("its marks that travelled again, and name no package: {n}").format(n=len(each.spent))
        if each.only:
            said += " · " + _("in no other package: {n}").format(n=len(each.only))
        print(said)
    if not ledger:
        print(_("None of these items has left the bank in a package asked for."))


def _print_forms(traced: "TraceResult") -> None:
    if not traced.fits:
        print(_("None of {n} forms shows two of these items in the orders seen.").format(n=traced.candidates))
    for number, fit in enumerate(traced.fits):
        if number:
            print(_("The rest fits another screen:"))
        for match in fit.matches[:MOST_FORMS]:
            print(_(
                "FORM {c}: admission number {number}, {seat}, session {session}, site {site}: {items} of {all} items"
            ).format(
                c=match.candidate.c, number=match.candidate.admission_no, seat=_seat(match.candidate),
                session=match.sitting.session, site=match.sitting.site, items=fit.items, all=fit.of,
            ))  # fmt: skip
        if len(fit.matches) > MOST_FORMS:
            print("  " + _("… and {n} more (--json lists them all)").format(n=len(fit.matches) - MOST_FORMS))
        print(_(
            "  chance that any of {n} forms shows so much by accident: {chance}; from the orders alone: {given}"
        ).format(
            n=traced.candidates, chance=odds(fit.by_rule), given=odds(fit.orders)
        ))  # fmt: skip
        print("  " + _verdict(fit))
    if traced.fits and traced.unplaced:
        line = _("On none of these forms as it was seen, perhaps misread: {items}")
        print(line.format(items=" ".join(one.item[:8] for one in traced.unplaced)))


def _verdict(fit: "BestFit") -> str:
    from bank.leaks.trace import LIMIT

    if fit.sufficient:
        return _("Sufficient to say whose screen it was; not who held the camera.")
    if len(fit.matches) > 1:
        return _("NOT SUFFICIENT to name anybody: {n} forms show the same.").format(n=len(fit.matches))
    line = _("NOT SUFFICIENT to name anybody: an accident is likelier than 1 in {n}. Give more items, or more options.")
    if fit.by_rule <= LIMIT:
        line = _("NOT SUFFICIENT to name anybody: from the orders alone, an accident is likelier than 1 in {n}. "
                 "Give more options, or more items.")  # fmt: skip
    return line.format(n=f"{LIMIT.denominator:,}")


def _seat(candidate: "Candidate") -> str:
    if not candidate.seats:
        return _("seat not in the record")
    first, *later = candidate.seats
    told = [_("seat {seat}").format(seat=first.terminal)]
    told += [_("from minute {n} seat {seat}").format(n=sat.minute, seat=sat.terminal) for sat in later]
    return " → ".join(told)


def odds(chance: float) -> str:
    """As a clerk says it: a share down to one in a hundred; below that about one in so many, rather too likely."""
    from tools.cli.sentences.guarding import DIGITS, POWERS

    if chance <= 0:
        return _("none")
    if chance >= 0.01:
        return f"{100 * chance:.3g} %"
    exponent = int(math.log10(1 / chance) + 1e-9)
    digit = min(9, int(1 / chance / 10**exponent + 1e-9))
    if exponent >= len(POWERS):
        return _("less than one in {number}").format(number=_(POWERS[-1]).format(digit=_(DIGITS[0])))
    return _("about one in {number}").format(number=_(POWERS[exponent]).format(digit=_(DIGITS[digit - 1])))
