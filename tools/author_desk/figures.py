"""The page of figures of one item: where it was, how it fared, what it is related to, whose it is. Rows, no widgets.

What nobody knows is said to be unknown; a dash or a nought would be taken for a finding.

Before: `tools.author_desk.bank_access` fetches them. After: `tools.author_desk.item_pane` shows the rows.
"""

from bank.clock import day_of
from bank.store import BankItem
from terminal.row import Row
from terminal.text import fit, one_line
from terminal.theme import AMBER, BLUE, BOLD, FAINT, GREEN, INK, RED, SOFT
from tools.author_desk.drawing import LEFT, STATES, Page, heading, share
from tools.author_desk.item_facts import Figures
from tools.cli.bank.changes import item_name
from tools.cli.language import N_, _, joined, sentence

PERMISSIONS = {"exam": N_("exams"), "drill": N_("drills"), "open": N_("open practice")}
_FEW = 30
"""Responses below which a share of right answers is a hint and no measurement."""
_BAR = 20


def figures_page(width: int, figures: Figures) -> list[Row]:
    """Exposure, shares of right answers, relations and ownership."""
    page = Page(width)
    heading(page, figures.item)
    page.line()
    _exposure(page, figures)
    _difficulty(page, figures)
    _relations(page, figures)
    _ownership(page, figures)
    return page.rows


def _exposure(page: Page, figures: Figures) -> None:
    page.line(_("Exposure"), BLUE)
    uses = figures.uses
    if not uses:
        page.words(_("It has never left this bank."), SOFT)
    else:
        page.fact(_("sessions"), f"{len({session for session, *_rest in uses}):,}")
        page.fact(_("sites"), f"{len({site for _session, site, *_rest in uses}):,}")
        page.fact(_("candidates"), f"{sum(number for *_rest, number in uses):,}")
        last = max(day for _session, _site, day, _number in uses)
        page.fact(_("last use"), last or _("unknown: nobody dated it"))
        page.fact(_("rest until"), _("the rule in use says: a bank sets no rests of its own"), SOFT)
        for session, site, day, number in uses:
            row = page.line(f"{day or _('no date'):<10}", SOFT, LEFT + 2).put("  ").put(fit(session, 24))
            row.put("  ").put(fit(site, 16), SOFT).put(f"  {number:,}", BOLD)
    page.fact(_("watermarks"), _("not shown here: who knows which items trace a leak can leave them out"), SOFT)


def _difficulty(page: Page, figures: Figures) -> None:
    from examd.rates.wilson import wilson  # numpy comes with it, and a desk opens sooner without

    item = figures.item
    page.line()
    page.line(_("Share of right answers"), BLUE)
    page.fact(_("as judged"), _("unknown: nobody judged it") if item.p4 is None else share(item.p4))
    for rev, p4, responses, at in figures.measured:
        bar = round(p4 / 10_000 * _BAR)
        row = page.line(_("revision {rev}", rev=rev), SOFT).at(LEFT + 12)
        row.put("█" * bar, GREEN).put("░" * (_BAR - bar), FAINT).put(f"  {share(p4)}", BOLD)
        row.put(f"  {day_of(at)}", SOFT)
        if responses:
            low, high = wilson(round(p4 * responses / 10_000), responses)
            ends = {"low": share(round(low * 10_000)), "high": share(round(high * 10_000))}
            page.fact("", _("{n} responses, Wilson interval {low} to {high}", n=f"{responses:,}", **ends), SOFT)
            if responses < _FEW:
                page.fact("", "⚑ " + _("too few responses to go by"), AMBER)
        else:
            page.fact("", _("responses unknown: a file said so"), SOFT)
    if not figures.measured:
        page.fact(_("measured"), _("unknown: nothing has been measured yet"), SOFT)
    elif item.p4 is not None and item.calibrated_p4 is not None:
        difference = (item.calibrated_p4 - item.p4) / 100
        told = _("easier than judged") if difference > 0 else _("harder than judged")
        page.fact(_("against"), f"{difference:+.1f}%  {told}" if difference else _("as judged"))
    if item.content.options:
        page.fact(_("wrong ones"), _("unknown: the bank keeps no shares of single options"), SOFT)


def _relations(page: Page, figures: Figures) -> None:
    item = figures.item
    page.line()
    page.line(_("Not on one form with"), BLUE)
    page.fact(_("enemies"), "；".join(item.enemies) or _("it belongs to no enemy group"), INK if item.enemies else SOFT)
    for enemy in figures.enemies:
        _named(page, enemy, enemy.content.stem)
    if figures.more_enemies:
        page.fact("", _("and {n} more", n=figures.more_enemies), SOFT)
    if figures.group:
        page.fact(_("case"), _("{n} items, see G", n=len(figures.group)))
    page.line()
    page.line(_("Near-duplicates"), BLUE)
    if figures.twins is None:
        page.words("…", SOFT)
    elif not figures.twins:
        page.words(_("None among the items not retired."), SOFT)
    for twin, likeness in figures.twins or ():
        _named(page, twin, f"{share(likeness)}  {twin.content.stem}")


def _named(page: Page, item: BankItem, text: str) -> None:
    row = page.line(f"{STATES[item.state][0]} ", SOFT, LEFT + 2).put(fit(item_name(item), 10), BLUE).at(LEFT + 15)
    row.put(fit(one_line(text), max(2, page.measure - 14))).all_press(f"screen.show_number({item.number})")


def _ownership(page: Page, figures: Figures) -> None:
    item, lent = figures.item, figures.lent
    page.line()
    page.line(_("Whose it is"), BLUE)
    if lent is None:
        page.fact(_("owner"), item.provenance.owner or _("this bank"))
    else:
        page.fact(_("owner"), lent.owner_name)
        page.fact(_("slice"), lent.id[:8])
        allowed = joined(sentence(each.value, {}, PERMISSIONS) for each in lent.permission)
        page.fact(_("permission"), f"{allowed}  {lent.first} – {lent.until}")
        if lent.withdrawn_at:
            page.fact("", "⚑ " + _("withdrawn by its owner on {day}", day=day_of(lent.withdrawn_at)), RED)
        elif not figures.lent_now:
            page.fact("", "⚑ " + _("not lent on this day"), RED)
    page.fact(_("author"), item.provenance.author or _("see H: who wrote and who signed"))
    if item.provenance.origin and lent is None:
        page.fact(_("came by"), item.provenance.origin)
