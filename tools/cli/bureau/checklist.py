"""The checklist of `examd bureau setup` on A4: steps to sign for, who keeps what, fingerprints, what is carried.

Nothing on it is secret. Where no font of this machine shows Chinese it is in English, and a name that cannot be shown
is left blank, to be written by hand.

Before: `examd.bureau.setup` surveys. After: paper, in the bureau's register.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bank.agent import keeping
from bank.clock import today
from bank.durable import write_atomically
from examd.bureau.setup import Standing, Survey
from examd.protocol.catalogue import catalogue
from tools.cli import fonts
from tools.cli.bureau.setup_words import TITLES
from tools.cli.language import LOCALE, N_, _

BLANK_LINES = 6

_PAGE = r"""
#set page(
  "a4", margin: (x: 16mm, y: 14mm),
  footer: context align(center, text(size: 8pt, counter(page).display("1 / 1", both: true))),
)
#set text(font: sys.inputs.font, size: 9.5pt, fallback: true)
#set par(leading: 0.5em, spacing: 0.8em)
#set table(stroke: 0.4pt, inset: 4pt)
#let paper = json(bytes(sys.inputs.paper))
#let stroke(from, to) = place(line(start: from, end: to, stroke: 0.9pt))
#let tick(done) = box(width: 3mm, height: 3mm, stroke: 0.5pt, baseline: 0.4mm, if done {
  stroke((0.5mm, 1.6mm), (1.2mm, 2.4mm))
  stroke((1.2mm, 2.4mm), (2.6mm, 0.5mm))
})
#let title(words) = block(above: 4.5mm, below: 2mm, text(size: 11pt, weight: "bold", words))
#text(size: 16pt, weight: "bold", paper.title)
#h(1fr) #paper.day
#linebreak() #paper.of

#title(paper.steps.title)
#table(columns: (auto, auto, 1fr, 1.2fr, 24mm, 30mm),
  table.header([], [], ..paper.steps.heads.map(h => strong(h))),
  ..paper.steps.rows.enumerate().map(((n, row)) => (tick(row.done), str(n + 1), row.what, row.who, [], [])).flatten())

#title(paper.keeps.title)
#table(columns: (30mm, 1fr, 1fr, 30mm), table.header(..paper.keeps.heads.map(h => strong(h))),
  ..paper.keeps.rows.map(row => (..row, [])).flatten())
#paper.keeps.warning

#block(breakable: false)[
#title(paper.prints.title)
#table(columns: (46mm, 1fr, 8mm), table.header(..paper.prints.heads.map(h => strong(h)), tick(false)),
  ..paper.prints.rows.map(((of, digits)) => (of, raw(digits), tick(false))).flatten())
]

#block(breakable: false)[
#title(paper.carried.title)
#table(columns: (8mm, 1.3fr, 1fr, 1fr), table.header([], ..paper.carried.heads.map(h => strong(h))),
  ..paper.carried.rows.map(row => (tick(row.done), ..row.words)).flatten())
]

#block(breakable: false)[
#title(paper.positions.title)
#table(columns: (26mm, 1fr, 1fr, 34mm), rows: (auto,) + (8mm,) * paper.positions.blank,
  table.header(..paper.positions.heads.map(h => strong(h))), ..paper.positions.rows.flatten(),
  ..range(paper.positions.blank - paper.positions.rows.len()).map(_ => ([], [], [], [])).flatten())
]
"""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    of: str
    digits: str


def fingerprints(survey: Survey, say: Callable[[str], str] = _) -> list[Fingerprint]:
    """Whatever people compare with each other, as far as it is there."""
    found = []
    if survey.bureau is not None:
        found.append(Fingerprint(say(N_("bureau's card")), survey.bureau.fingerprint))
        found.append(Fingerprint(say(N_("bureau's public key")), survey.bureau.sign))
    if survey.custody is not None:
        found.append(Fingerprint(say(N_("custody of the bank")), survey.custody.fingerprint))
    if survey.register:
        found.append(Fingerprint(say(N_("register of rule officers")), survey.register))
    for each in survey.signed_rules:
        if each.complete:
            found.append(Fingerprint(f"{say(N_('rule'))} {each.rule.id} v{each.rule.version}", each.rule.sha256))
    for card, name in ((survey.site, N_("site's card")), (survey.chief, N_("chief examiner's card"))):
        if card is not None:
            found.append(Fingerprint(say(name), card.fingerprint))
    found += [Fingerprint(f"{say(N_('package'))} {each.session} ({each.date})", each.id) for each in survey.packages]
    return found


def write(survey: Survey, out: Path) -> None:
    """Writes the PDF anew."""
    import typst

    family = fonts.chinese_family()
    say = _ if family else catalogue(LOCALE, "en").gettext
    paper = json.dumps(_paper(survey, say, lambda text: _shown(text, family)), ensure_ascii=False)
    pdf = typst.compile(_PAGE.encode(), format="pdf", sys_inputs={"paper": paper, "font": family or "Libertinus Serif"})
    assert isinstance(pdf, bytes)
    write_atomically(out, pdf)


def _shown(text: str, family: str | None) -> str:
    lost = fonts.missing(text, family) if family else "".join(char for char in text if not char.isascii())
    return "".join("＿" if family and char in lost else "_" if char in lost else char for char in text)


def _paper(survey: Survey, say: Callable[[str], str], shown: Callable[[str], str]) -> dict[str, object]:
    plan = survey.plan
    stages = survey.stages()
    names = say(N_(", "))
    secret = say(N_("passphrase in the head alone"))
    sealed = say(N_("locked away by its holder; the passphrase in the head alone"))
    apart = say(N_("stick and card in two places; the passphrase in the head alone"))
    share = say(N_("share {n} of {of}, on a stick; card on paper"))
    of = len(plan.keyholders)
    keeps = [
        [shown(plan.issuing_officer), say(N_("the bureau's key, in the bureau's folder")), secret],
        *([shown(name), share.format(n=n, of=of), apart] for n, name in enumerate(plan.keyholders, 1)),
        *([shown(each.name), f"{each.id}.key", sealed] for each in plan.people),
        *([shown(each.name), "rule-officer.key", sealed] for each in plan.rule_officers),
        [shown(plan.chief), "chief.key", say(N_("with the chief examiner, never left at the site"))],
    ]
    bureau, site, chief = (say(N_(where)) for where in ("bureau", "site", "chief examiner"))
    carried = [
        ("site" in survey.notes.sent, ["bureau.card.json", bureau, site]),
        (survey.site is not None, ["site.card.json", site, bureau]),
        (survey.chief is not None, ["chief.card.json", chief, bureau]),
        (False, ["root.pem", site, say(N_("every terminal"))]),
        (False, ["PKG-…", bureau, site]),
    ]
    position = [] if survey.custody is None else [keeping.standing(survey.bank).position.spoken]
    return {
        "title": say(N_("Checklist: from nothing to the first session")),
        "day": today().isoformat(),
        "of": f"{plan.bureau.id}  {shown(plan.bureau.name)}",
        "steps": {
            "title": say(N_("Steps")),
            "heads": [say(N_("what")), say(N_("who sits down")), say(N_("date")), say(N_("signature"))],
            "rows": [
                {"done": each.standing is Standing.DONE, "what": say(TITLES[each.step]),
                 "who": shown(names.join(survey.everybody(each.step)))}
                for each in stages
            ],
        },
        "keeps": {
            "title": say(N_("Who keeps what")),
            "heads": [say(N_("name")), say(N_("what")), say(N_("how it is kept")), say(N_("signature"))],
            "rows": keeps,
            "warning": say(N_("One stick, one person. No passphrase is written down, none is told to anybody.")),
        },
        "prints": {
            "title": say(N_("Fingerprints, to be compared by telephone or in person")),
            "heads": [say(N_("of")), say(N_("digits"))],
            "rows": [[shown(each.of), each.digits] for each in fingerprints(survey, say)],
        },
        "carried": {
            "title": say(N_("Carried between machines")),
            "heads": [say(N_("file")), say(N_("from")), say(N_("to"))],
            "rows": [{"done": done, "words": words} for done, words in carried],
        },
        "positions": {
            "title": say(N_("Positions of the bank, at each opening and closing: the count never goes back")),
            "heads": [say(N_("date")), say(N_("position")), say(N_("who was there")), say(N_("signature"))],
            "rows": [["", each, "", ""] for each in position],
            "blank": BLANK_LINES,
        },
    }  # fmt: skip
