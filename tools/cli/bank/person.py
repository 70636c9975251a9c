"""`examd bank person`: who writes and who reviews, each with a key of their own, vouched for by two others."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cli import unlock
from tools.cli.bank.holders import present, split, takes_holders, takes_shares
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Commands, by_name
from tools.cli.language import _, joined, sentence
from tools.cli.output import as_json
from tools.cli.secrets import ask_secret

if TYPE_CHECKING:
    from bank.authoring.enrolment import Vouching
    from bank.authoring.people import Keeper, Person, Signer
    from bank.store import OpenBank


def add(bank: Commands) -> None:
    """Adds `examd bank person`."""
    person = bank.add(
        "person",
        run_person,
        _("enrol authors and reviewers, list them, end their work"),
        _(
            "With --key: enrols its holder; the key file is made where there is none, and stays with its holder. Two "
            "of the bank's people sign with --sponsor; while there are not two, as many keyholders as open the bank "
            "are asked for their passphrases. In a bank that one person holds the first two come in unvouched. With "
            "--key and --role, without --name: who is enrolled takes on a further role, vouched for in the same way; "
            "one person may be author and reviewer, never of the same item. With --end: signed by that person (--key), "
            "or by two others. Else: lists the people and who vouched for them."
        ),
        "examd bank person bank/ --key stick/liming.key --name 李明 --role author --role reviewer",
    )
    person.takes_bank()
    person.takes_file("--key", _("the person's key file, <id>.key"))
    person.add_argument("--name", metavar="NAME", help=_("the person's name"))
    person.add_argument(
        "--role",
        action="append",
        default=[],
        choices=("author", "reviewer"),
        help=_("what they may do; may be repeated"),
    )
    person.add_argument(
        "--same-name", action="store_true", help=_("another person of a name that is enrolled; who vouches confirms it")
    )
    person.add_argument(
        "--was",
        default="",
        metavar="ID",
        help=_("the same person as this one, whose key is lost and whose work has ended"),
    )
    person.add_argument(
        "--sponsor", action="append", default=[], metavar=_("KEY[=FILE]"),
        help=_("key file of one who is enrolled; FILE holds their passphrase, else it is asked for; twice"),
    )  # fmt: skip
    person.add_argument("--end", metavar="ID", help=_("from today this person signs nothing more"))
    person.add_argument(
        "--accept-loss", metavar=_("REASON"),
        help=_("with --key: this person saw a newer copy, knows that it is lost, and goes on with this one"),
    )  # fmt: skip
    person.takes_file("--key-passphrase-file", _("read the person's passphrase here"))
    takes_holders(person)
    takes_shares(person)


def run_person(args: argparse.Namespace) -> int:
    """Ends somebody's work, accepts a loss, gives a further role or enrols; then lists the people."""
    from bank.authoring import enrolment, lifecycle, people
    from bank.seal.statements import keyid
    from tools.cli.sentences.review import ROLES

    with open_bank(args) as bank:
        if args.end is not None:
            if args.key is not None:
                lifecycle.end(bank, args.end, [unlock.signer(args.key, args.key_passphrase_file)])
            else:
                lifecycle.end(bank, args.end, enrolment.vouchers(bank, "", _vouching(args), besides=args.end))
        elif args.accept_loss is not None and args.key is not None:
            lifecycle.accept_loss(bank, unlock.signer(args.key, args.key_passphrase_file), args.accept_loss)
        elif args.key is not None and args.name is None and args.role:
            enrolment.take_on(
                bank,
                args.key,
                frozenset(map(people.Role, args.role)),
                _vouching(args),
                lambda: unlock.signer(args.key, args.key_passphrase_file),
            )
        elif args.key is not None:
            _enrol(bank, args)
        known = bank.people.all()
    for person in known.values():
        if args.json:
            record = {"id": person.id, "name": person.name, "key": keyid(person.sign), "until": person.until}
            as_json(record | {"roles": sorted(person.roles), "vouched": list(person.vouched), "was": person.was})
            continue
        roles = " ".join(sentence(role.value, {}, ROLES) for role in sorted(person.roles))
        was = _("formerly {id}").format(id=person.was) if person.was else ""
        until = _("until {day}").format(day=person.until) if person.until else ""
        key = keyid(person.sign)[:16]
        print("  ".join(filter(None, (person.id, person.name, roles, key, _vouched(person), was, until))))
    return 0


def _vouched(person: "Person") -> str:
    if person.vouched:
        return _("vouched for by {names}").format(names=joined(person.vouched))
    return _("not separated: one holder")


def _enrol(bank: "OpenBank", args: argparse.Namespace) -> None:
    from bank.authoring import enrolment, people

    def signer(is_new: bool) -> "Signer":
        if not is_new:
            return unlock.signer(args.key, args.key_passphrase_file)
        prompt = _("New passphrase of {file}").format(file=args.key.name)
        return people.create(args.key, ask_secret("key", prompt, args.key_passphrase_file, confirm=True))

    done = enrolment.enrol(
        bank,
        args.key,
        args.name,
        frozenset(map(people.Role, args.role)),
        _vouching(args),
        signer,
        same_name=args.same_name,
        was=args.was,
    )
    if done.is_new:
        print(_("{file} is this person's signature: it stays with them alone.").format(file=args.key), file=sys.stderr)
    if not done.person.vouched:
        line = _("Not separated: one person holds this bank, and nobody vouched for {name}.")
        print(line.format(name=done.person.name), file=sys.stderr)


def _vouching(args: argparse.Namespace) -> "Vouching":
    from bank.authoring.enrolment import Vouching
    from bank.authoring.people import Keeper
    from bank.custody import Custody

    given = by_name((Path(key), file) for key, file in map(split, args.sponsor))

    def sponsors() -> "list[Signer]":
        return [unlock.signer(key, file) for key, file in given.items()]

    def keepers(name: str) -> "list[Keeper]":
        print(_("{name}: the keyholders by whom the bank is open vouch for this.").format(name=name), file=sys.stderr)
        shares = [offered.unseal(passphrase) for offered, passphrase in present(args, Custody.read(args.bank))]
        return [Keeper(share.head.holder, share.signing_key) for share in shares]

    return Vouching(list(given), sponsors, keepers)
