"""`examd bank exposure|trace`: where items went, and who leaked them."""

import argparse
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Commands
from tools.cli.language import _
from tools.cli.output import as_json, rows

if TYPE_CHECKING:
    from bank.leaks.trace import BestFit, Candidate, Match, TraceResult, TravelledSession
    from bank.leaks.uses import Use
    from examd.bureau.tracing import Recognised, Traced, Unread

MOST_FORMS = 10


def add(bank: Commands) -> None:
    """Adds `examd bank exposure|trace`."""
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


def run_exposure(args: argparse.Namespace) -> int:
    """Use by use where items are named."""
    from bank.leaks.uses import uses_by_item

    with open_bank(args) as bank:
        listed = uses_by_item(bank, args.items)
    if args.json:
        as_json([asdict(each) | {"uses": list(map(_use_record, each.uses))} for each in listed])
        return 0
    line = _("{code}  sessions {sessions}, sites {sites}, candidates {candidates}")
    for each in listed:
        print(line.format(
            code=each.code, sessions=each.sessions, sites=each.sites, candidates=each.candidates
        ))  # fmt: skip
        for use in each.uses if args.items else ():
            said = _("kept as a watermark until {day}").format(day=use.mark_until) if use.mark_until else ""
            print(f"  {use.day or '–'}  {use.session}  {use.site}  {use.candidates}  {said}".rstrip())
    if not listed:
        print(_("No item has left the bank."))
    return 0


def _use_record(use: "Use") -> dict[str, Any]:
    return {name: value for name, value in asdict(use).items() if value or name != "mark_until"}


# ---- tracing -------------------------------------------------------------------------------------------------------


def run_trace(args: argparse.Namespace) -> int:
    """1: the evidence names none. Raises BadFile: when nothing of a photo is given."""
    from bank.authoring.fragments import Fragment
    from bank.refused import BadFile
    from examd.bureau import tracing
    from examd.package import layout

    named = [(f"--seen {n}", text) for n, text in enumerate(args.seen, 1)]
    for number, text in tracing.lines_in(args.seen_file) if args.seen_file else ():
        named.append((_("line {n}").format(n=number), text))
    fragments = [(where, Fragment.parse(text)) for where, text in named]
    if not fragments:
        raise BadFile("seen-nothing")
    sittings = [tracing.sitting(folder) for folder in args.result]
    sessions = [layout.manifest_in(folder)[0].session for folder in args.package]
    with open_bank(args) as bank:
        found = tracing.recognise(bank, fragments, sittings)
        if not found.seen:
            _print_unread(found.unread)
        traced = tracing.trace_items(bank, found, sittings, [(each.id, each.site_id) for each in sessions])
    if args.json:
        as_json(_trace_record(found, traced))
        return 0 if traced.names_one else 1
    for one in found.seen:
        line = _("recognised {item}, options seen in the order {order}")
        print(line.format(item=one.item[:8], order=one.order or "–"))
    _print_unread(found.unread)
    _print_ledger(traced.ledger, len(found.seen))
    if sittings:
        _print_forms(traced.forms)
    elif traced.ledger:
        print(_("For form and seat give the result folder of such a session: --result."))
    return 0 if traced.names_one else 1


def _trace_record(found: "Recognised", traced: "Traced") -> dict[str, Any]:
    from bank.leaks.trace import LIMIT

    forms = traced.forms
    return {
        "seen": [{"item": one.item, "order": one.order} for one in found.seen],
        "not_recognised": [_unread_record(each) for each in found.unread],
        "packages": [
            {
                "day": each.day, "items": each.items, "marks": list(each.watermarks), "marks_spent": list(each.spent),
                "only_here": list(each.only), "session": each.session, "site": each.site,
            }
            for each in traced.ledger
        ],
        "fits": [
            {
                "false_match": {"by_rule": fit.by_rule, "orders_alone": fit.orders},
                "forms": [_form_record(match) for match in fit.matches],
                "items": fit.items, "of": fit.of, "sufficient": fit.sufficient,
            }
            for fit in forms.fits
        ],
        "candidates": forms.candidates,
        "limit": float(LIMIT),
        "sufficient": forms.sufficient,
        "unplaced": [{"item": one.item, "order": one.order} for one in forms.unplaced],
    }  # fmt: skip


def _unread_record(each: "Unread") -> dict[str, Any]:
    from tools.cli.sentences import said

    nearest = each.nearest and dict(zip(("item", "stem", "likeness_p4"), each.nearest, strict=True))
    reason = {"nearest": nearest, "reason": each.refusal.code, "sentence": said(each.refusal)}
    return {"line": each.where, "text": each.text} | reason


def _form_record(match: "Match") -> dict[str, Any]:
    candidate, sitting = match.candidate, match.sitting
    return {
        "admission_no": candidate.admission_no, "ordinal": candidate.c, "package": sitting.package,
        "seats": [
            {"from_minute": sat.minute if sat.minute >= 0 else None, "seat": sat.terminal} for sat in candidate.seats
        ],
        "session": sitting.session, "shown": sorted(one.item for one in match.shown), "site": sitting.site,
    }  # fmt: skip


def _print_unread(unread: "list[Unread]") -> None:
    from tools.cli.sentences import said

    told = []
    for each in unread:
        near = _("nearest stem ({share} % alike, {item}): {stem}")
        item, stem, p4 = each.nearest or ("", "", 0)
        hint = " " + near.format(share=p4 // 100, item=item[:8], stem=stem[:60]) if each.nearest else ""
        told.append((each.where, said(each.refusal) + hint))
    rows(_("NOT recognised, and left out of what follows:"), told)


def _print_ledger(ledger: "list[TravelledSession]", all_of_it: int) -> None:
    for each in ledger:
        said = _("session {session}, site {site}, {day}: {items} of {all} items were in its pool").format(
            session=each.session, site=each.site, day=each.day or "–", items=each.items, all=all_of_it
        )
        if each.watermarks:
            said += " · " + _("WATERMARKS of this package: {n}").format(n=len(each.watermarks))
        if each.spent:
            said += " · " + _("its watermarks that travelled again, and name no package: {n}").format(n=len(each.spent))
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
