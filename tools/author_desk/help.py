"""What F1 says: of each thing that can have the focus, what it is and what its keys do."""

from tools.cli.language import N_

Help = tuple[str, str, tuple[tuple[str, str], ...]]
"""Title, what it is, (key, what it does)."""

_ANYWHERE = (
    ("Tab", N_("on to the next part of the screen")),
    ("F1", N_("this explanation")),
    ("Ctrl+L", N_("sign out: the key is forgotten")),
    ("Ctrl+Q", N_("leave the desk")),
)
_VIEWS = (
    ("I", N_("the item as the candidate will see it, a case's background with it")),
    ("G", N_("its whole case group, in order")),
    ("D", N_("what differs from the revision in force, or the one before")),
    ("H", N_("history: every act, who, when, signed or not")),
    ("U", N_("figures: exposure, what was measured, relations, owner")),
    ("L", N_("the item in its next language")),
    ("P", N_("its pictures, on the whole screen")),
    ("T", N_("to one of its case, its enemies or its near-duplicates")),
    ("K", N_("show or hide answer key and explanation; each showing is counted where the bank is in shares")),
)
_ACTS = (
    ("N", N_("a new item; beside a case group (G) the next of that case")),
    ("E", N_("edit: makes a new draft revision, the approved one stays in force")),
    ("S", N_("submit the draft for review, signed with your key; with marks, all that are marked")),
    ("A", N_("approve what you have read, with its answer key, or as changes to what is approved; never your own")),
    ("R", N_("return to the author, with remarks")),
    ("X", N_("retire, with the reason")),
)
HELP: dict[str, Help] = {
    "search": (
        N_("Search"),
        N_("Type any part of stem, options or code; the list follows. Width and case do not matter."),
        (("↓ Enter", N_("into the list")), ("Esc", N_("clear the search, then into the list")), *_ANYWHERE),
    ),
    "list": (
        N_("The list"),
        N_("○ draft   ◐ in review   ● approved   × retired. The item under the bar is shown beside or below."),
        (
            ("↑ ↓ PgUp PgDn Home End", N_("move")),
            ("Enter", N_("to the item, on the whole screen; Esc comes back")),
            ("/", N_("search")),
            ("1 … 7", N_("choose a filter's value")),
            ("Q", N_("review queue: what waits for review and is not yours; a revision shows its changes at once")),
            ("V", N_("review: all that waits for you, one after the other, signed together at the end")),
            ("Space", N_("mark a draft, to hand in several together; approvals go one by one")),
            ("*", N_("mark all, where your own drafts are listed (filters 4 and 6)")),
            ("Esc", N_("take the marks away, then all filters")),
            *_VIEWS,
            *_ACTS,
            *_ANYWHERE,
        ),
    ),
    "pane": (
        N_("The item"),
        N_("As the candidate will see it, without the answer key; below it what is said about it."),
        (
            ("↑ ↓ PgUp PgDn", N_("scroll")),
            ("← →", N_("previous, next item of the list or the queue")),
            *_VIEWS,
            *_ACTS,
            *_ANYWHERE,
        ),
    ),
    "review": (
        N_("Review"),
        N_(
            "Each item as the candidate will see it, then with answer key, explanation and basis. It counts as read "
            "when all of it has been on the screen for as long as its words take; nothing else can be approved, here "
            "or elsewhere. What you skip comes again at the end."
        ),
        (
            ("Enter Space", N_("on: further down, to the answer key, to the next item as read")),
            ("↑ ↓ PgUp PgDn", N_("scroll")),
            ("R", N_("return to the author, with remarks")),
            ("J", N_("skip: not read, it comes again in the second pass")),
            ("P", N_("its pictures, on the whole screen")),
            ("A", N_("approve all that you have read, one passphrase for all of it")),
            ("Esc", N_("leave; what you have read stays read")),
        ),
    ),
    "edit": (
        N_("Editing"),
        N_(
            "What you save becomes a draft in your name; nothing that anyone signed is changed. Everything is checked "
            "as an import would check it."
        ),
        (
            ("Tab Shift+Tab", N_("next, previous field; behind the last the next section")),
            ("F2 … F8", N_("the sections of the form")),
            ("← →", N_("another value, where one of few is chosen")),
            ("Ctrl+S", N_("save as a draft revision; what is wrong is shown at its field")),
            ("Ctrl+O", N_("one more option, provision or language; what stays empty is left out")),
            ("Del", N_("take a picture away")),
            ("Esc", N_("leave; asks where something was changed")),
            ("F1", N_("this explanation")),
        ),
    ),
    "act": (
        N_("Signing"),
        N_(
            "Your key file lies on your own stick. The passphrase is asked for once: the key stays open until you sign "
            "out (Ctrl+L) or leave, and is never given to the bank."
        ),
        (("Tab", N_("next field")), ("Enter", N_("next field, and at the last one do it")), ("Esc", N_("do nothing"))),
    ),
    "choose": (
        N_("Choosing"),
        N_("One of these."),
        (("↑ ↓", N_("move")), ("Enter", N_("take it")), ("Esc", N_("leave it as it was"))),
    ),
    "filter": (
        N_("Choosing"),
        N_("One value for this filter; the first line takes the filter away."),
        (("↑ ↓", N_("move")), ("Enter", N_("take it")), ("Esc", N_("leave it as it was"))),
    ),
}
FIELDS: dict[str, str] = {
    "type": N_("single, multiple, true-false or fill-in."),
    "stem": N_("The question. A small table: lines that begin and end with |, two rows at least."),
    "option": N_("One option, without its letter."),
    "answer": N_("Letters of the right options, such as AC; for true-false √ or ×."),
    "accepted": N_("For a blank: the accepted texts, with | between; the first is the one that is printed."),
    "value": N_("For a blank with a number: the right value."),
    "tolerance": N_("How far a number may be off, bounds included."),
    "units": N_("Spellings of the unit, with | between. An empty one among them lets it be left out."),
    "chapter": N_("The rule's own numbering; dots nest, as in 2.1."),
    "level": N_("了解, 掌握, 熟练掌握; no level where nobody says."),
    "difficulty": N_(
        "Expected share of right answers as experts judge it, from 0 to 1, or 易 … 难; empty: nobody did."
    ),
    "locked": N_("Letters of options that stay in place when options are shuffled, such as D for 以上都对."),
    "enemies": N_("Names of enemy groups, with ； between: no two items of one group are on one form."),
    "tags": N_("Words to find it by, with ； between. 保密 keeps it out of open practice."),
    "code": N_("Your own number for it."),
    "source": N_("The book or paper that it comes from."),
    "explanation": N_("Why the answer is right. As secret as the answer key."),
    "basis": N_("The provision it rests on."),
    "provision": N_("One provision with its dates. Once it is repealed the item is listed for mending."),
    "day": N_("A day as 2024-07-01; empty where unknown. Repealed: the first day on which it no longer holds."),
    "background": N_(
        "What the items of a case have in common. Changing it changes it for all of the case, each as a new draft; the "
        "background of another case moves this item there."
    ),
    "place": N_("Where the item stands in its case: 1, 2, 3 …; empty outside a case."),
    "lang": N_("The language as en, ug, zh-Hant."),
    "translation": N_("The same in the other language: as many options, in the same order."),
    "media": N_("PNG, JPEG, GIF, WebP or BMP. Type the path of a file and press Enter; Del takes a picture away."),
}
