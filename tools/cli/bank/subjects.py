"""`examd bank subjects|set-subject`: the code list, and the subject of items that were there before items had one."""

import argparse
import sys
from typing import TYPE_CHECKING

from tools.cli import unlock
from tools.cli.bank.changes import item_name
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Command, Commands, some
from tools.cli.language import _
from tools.cli.output import as_json, progress, report

if TYPE_CHECKING:
    from bank.subjects import Subject


def add(bank: Commands) -> None:
    """Adds `examd bank subjects` and `set-subject`."""
    bank.add(
        "subjects",
        run_subjects,
        _("the code list of exam subjects"),
        _(
            "An item is of one subject, a rule draws from the subjects that it names. What stands in no catalogue may "
            "be given a code of one's own that begins with X-."
        ),
        "examd bank subjects --lang en",
    )
    setting = bank.add(
        "set-subject",
        run_set_subject,
        _("state the subject of items that have none, signed"),
        _(
            "Each item gets a new draft that differs in the subject alone and goes through review like any other; the "
            "revision in force stays until then, and stays out of sessions. No answer key is shown for it."
        ),
        "examd bank set-subject bank/ SP-ELV --all --as stick/liming.key",
    )
    setting.takes_bank()
    setting.add_argument("subject", type=subject, metavar="SUBJECT", help=_("code or name (examd bank subjects)"))
    setting.takes_items()
    setting.add_argument("--all", action="store_true", help=_("all items that state none, but those in review"))
    setting.add_argument("--chapter", metavar="CODE", help=_("with --all: a chapter with its sub-chapters"))
    setting.takes_key()


def subject(word: str) -> str:
    """A type for argparse: the code of a subject named by code or name.

    Raises ArgumentTypeError: when no list has it.
    """
    from bank import subjects

    found = subjects.named(word)
    if found is None:
        raise argparse.ArgumentTypeError(
            _("{word} is no subject; examd bank subjects shows the list").format(word=word)
        )
    return found


def takes_subject(command: Command, text: str) -> None:
    """`--subject CODE`; `text` says of what."""
    command.add_argument("--subject", type=subject, metavar="SUBJECT", help=text)


def run_subjects(args: argparse.Namespace) -> int:
    """In the order of the catalogue."""
    from bank import subjects

    if args.json:
        listed = [
            {
                "code": each.code, "name": each.name, "kind": each.kind, "source": each.source.name,
                "source_day": None if each.source.day is None else each.source.day.isoformat(),
                "recalled": each.recalled,
            }
            for each in subjects.SUBJECTS.values()
        ]  # fmt: skip
        as_json({"edition": subjects.EDITION.isoformat(), "subjects": listed})
        return 0
    title = _("Exam subjects, edition of {day}:").format(day=subjects.EDITION)
    for line in (
        title,
        *(_line(each) for each in subjects.SUBJECTS.values()),
        _("Sources:"),
        *(
            f"  {source.name}" + (f"  {source.day}" if source.day else "")
            for source in dict.fromkeys(each.source for each in subjects.SUBJECTS.values())
        ),
        _("* The name stood in no text at hand: compare it with the catalogue in force before you rely on it."),
    ):
        print(line)
    return 0


def _line(each: "Subject") -> str:
    return f"{'  ' if each.kind else ''}{each.code}  {each.name}{' *' if each.recalled else ''}"


def run_set_subject(args: argparse.Namespace) -> int:
    """Of the items named, or of all that state none."""
    from bank.authoring import lifecycle, revisions

    with open_bank(args) as bank:
        chosen, waiting = (
            revisions.without_subject(bank, args.chapter)
            if args.all
            else ([*map(bank.items.outline, some(args.items))], 0)
        )
        if chosen:
            signer = unlock.signer(args.key, args.key_passphrase_file)
            with progress(args.bank.name) as shown:
                lifecycle.set_subject(bank, chosen, args.subject, signer, shown)
    told = {"items": [item_name(item) for item in chosen], "subject": args.subject, "in_review": waiting}
    if waiting:
        line = _("{n} items without a subject are in review: return them, or state it in their next revision.")
        print(line.format(n=waiting), file=sys.stderr)
    line = _("{n} items have a new draft of the subject {subject}: hand them in, and have them approved.")
    return report(args, told, line.format(n=len(chosen), subject=args.subject))
