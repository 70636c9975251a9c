"""What F1 says: of each thing that can have the focus, what it is and what its keys do."""

from tools.say import N_

Help = tuple[str, str, tuple[tuple[str, str], ...]]
"""Title, what it is, (key, what it does)."""

_ANYWHERE = (
    ("Tab", N_("on to the next part of the screen")),
    ("F1", N_("this explanation")),
    ("Ctrl+L", N_("sign out: the key is forgotten")),
    ("Ctrl+Q", N_("leave the desk")),
)
_VIEWS = (
    ("I", N_("the item as the candidate will see it")),
    ("D", N_("what differs from the revision in force, or the one before")),
    ("H", N_("history: every act, who, when, signed or not")),
    ("U", N_("use: exposure, and what was measured")),
    ("K", N_("show or hide answer key and explanation; each showing is counted where the bank is in shares")),
)
_ACTS = (
    ("E", N_("edit: makes a new draft revision, the approved one stays in force")),
    ("S", N_("submit the draft for review, signed with your key")),
    ("A", N_("approve; nobody approves their own work")),
    ("R", N_("return to the author, with remarks")),
    ("X", N_("retire, with the reason")),
)
HELP: dict[str, Help] = {
    "search": (
        N_("Search"),
        N_("Type any part of stem, options or code; the list follows. Width and case do not matter."),
        (
            ("↓ Enter", N_("into the list")),
            ("Esc", N_("clear the search, then into the list")),
            *_ANYWHERE,
        ),
    ),
    "list": (
        N_("The list"),
        N_("○ draft   ◐ in review   ● approved   × retired. The item under the bar is shown beside or below."),
        (
            ("↑ ↓ PgUp PgDn Home End", N_("move")),
            ("Enter", N_("to the item, on the whole screen; Esc comes back")),
            ("/", N_("search")),
            ("1 … 6", N_("choose a filter's value")),
            ("Q", N_("review queue: what waits for review and is not yours")),
            ("Esc", N_("take all filters away")),
            *_VIEWS,
            *_ACTS,
            *_ANYWHERE,
        ),
    ),
    "pane": (
        N_("The item"),
        N_("As the candidate will see it, without the answer key; below it what is said about it."),
        (("↑ ↓ PgUp PgDn", N_("scroll")), ("← →", N_("previous, next item")), *_VIEWS, *_ACTS, *_ANYWHERE),
    ),
    "edit": (
        N_("Editing"),
        N_(
            "What you save becomes a draft in your name; nothing that anyone signed is changed. Everything is checked "
            "as an import would check it."
        ),
        (
            ("Tab Shift+Tab", N_("next, previous field")),
            ("Ctrl+S", N_("save as a draft revision")),
            ("Ctrl+O", N_("one more option; an empty last option is left out")),
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
    "pick": (
        N_("Choosing"),
        N_("One value for this filter; the first line takes the filter away."),
        (("↑ ↓", N_("move")), ("Enter", N_("take it")), ("Esc", N_("leave it as it was"))),
    ),
}
FIELDS: dict[str, str] = {
    "stem": N_("The question. A small table: lines that begin and end with |, two rows at least."),
    "option": N_("One option, without its letter."),
    "answer": N_(
        "Letters of the right options, such as AC; for true-false √ or ×; for a blank the accepted texts, with | "
        "between."
    ),
    "value": N_("For a blank with a number: the right value."),
    "tolerance": N_("How far a number may be off, bounds included."),
    "units": N_("Spellings of the unit, with | between."),
    "chapter": N_("The rule's own numbering; dots nest, as in 2.1."),
    "level": N_("了解, 掌握, 熟练掌握; empty where nobody says."),
    "difficulty": N_("Expected share of right answers, from 0 to 1; empty where nobody judged it."),
    "explanation": N_("Why the answer is right. As secret as the answer key."),
    "basis": N_("The provision it rests on."),
}
