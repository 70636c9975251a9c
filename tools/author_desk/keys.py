"""Which keys the bar at the foot of the list offers, and which of them would do nothing now.

What is allowed is for `bank.authoring.review` to say: here is what comes first at hand.

Before: `tools.author_desk.browse` says what is looked at. After: `terminal.widgets.bars.KeyBar`.
"""

from bank.authoring.review import Act, State
from bank.store import BankItem
from terminal.widgets.bars import Key
from tools.cli.language import N_, _

ACTS = {Act.SUBMIT: N_("Submit"), Act.APPROVE: N_("Approve"), Act.RETURN: N_("Return"), Act.RETIRE: N_("Retire")}
LETTERS = {Act.SUBMIT: "S", Act.APPROVE: "A", Act.RETURN: "R", Act.RETIRE: "X"}
POSSIBLE = {
    State.DRAFT: (Act.SUBMIT,),
    State.IN_REVIEW: (Act.APPROVE, Act.RETURN),
    State.APPROVED: (Act.RETIRE,),
    State.RETIRED: (),
}


def in_search() -> list[Key]:
    return [
        Key("Enter", _("Into the list"), "screen.next(1)", main=True),
        Key("Esc", _("Clear"), "screen.back"),
        _help(),
    ]


def of_marked(number: int) -> list[Key]:
    submit = Key("S", _("Submit {n}", n=number), "screen.act('submit')", main=True)
    return [submit, Key("␣", _("Mark"), "screen.mark"), Key("Esc", _("No marks"), "screen.back"), _help()]


def of_item(item: BankItem | None, *, seen: bool, answer: bool, full: bool, queue: bool) -> list[Key]:
    """`seen`: it was shown as whoever approves must have seen it; `answer`: its answer key is on the screen."""
    keys = []
    for act in POSSIBLE[item.state] if item is not None else ():
        on, main = seen or act is not Act.APPROVE, act in (Act.SUBMIT, Act.APPROVE)
        keys.append(Key(LETTERS[act], _(ACTS[act]), f"screen.act('{act.value}')", on=on, main=main))
    if item is not None and item.state is not State.IN_REVIEW:
        keys.append(Key("E", _("Edit"), "screen.edit"))
    if item is not None:
        keys.append(Key("K", _("Answer key"), "screen.answer", lit=answer))
    if full:
        around = Key("← →", _("Other item"), "screen.step(1)")
        return [*keys, around, Key("Esc", _("Back"), "screen.back"), _help()]
    new, waiting = Key("N", _("New"), "screen.new"), Key("Q", _("Queue"), "screen.queue", lit=queue)
    run = Key("V", _("Review"), "screen.review", main=queue and not seen)
    return [*keys, new, waiting, run, Key("/", _("Search"), "screen.search"), _help()]


def _help() -> Key:
    return Key("F1", _("Help"), "screen.explain")
