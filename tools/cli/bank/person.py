"""`examd bank person`: who writes and who reviews, each with a key of their own, vouched for by two others."""

import argparse
import sys
from typing import TYPE_CHECKING

from tools.cli import unlock
from tools.cli.bank.holders import custody_of, present, takes_holders, takes_shares
from tools.cli.bank.open_bank import open_bank
from tools.cli.base import Commands
from tools.cli.language import _, sentence
from tools.cli.output import as_json
from tools.cli.secrets import ask_secret

if TYPE_CHECKING:
    from bank.authoring.people import Keeper, Person, Signer
    from bank.store import OpenBank


def add(bank: Commands) -> None:
    person = bank.add(
        "person",
        run_person,
        _("enrol authors and reviewers, list them, end their work"),
        _(
            "With --key: enrols its holder; the key file is made where there is none, and stays with its holder. Two "
            "of the bank's people sign with --sponsor; while there are not two, as many keyholders as open the bank "
            "are asked for their passphrases. In a bank that one person holds the first two come in unvouched. With "
            "--end: signed by that person (--key), or by two others. Else: lists the people and who vouched for them."
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
    person.takes_file("--sponsor", _("key file of one who is enrolled; twice"), many=True)
    person.add_argument("--end", metavar="ID", help=_("from today this person signs nothing more"))
    person.add_argument(
        "--accept-loss", metavar=_("REASON"),
        help=_("with --key: this person saw a newer copy, knows that it is lost, and goes on with this one"),
    )  # fmt: skip
    person.takes_file("--key-passphrase-file", _("read the person's passphrase here"))
    person.takes_file("--sponsor-passphrase-file", _("read the sponsors' passphrases here, in their order"), many=True)
    takes_holders(person)
    takes_shares(person)


def run_person(args: argparse.Namespace) -> int:
    from bank.authoring import lifecycle
    from bank.seal.statements import keyid
    from tools.cli.sentences.review import ROLES

    with open_bank(args) as bank:
        if args.end is not None:
            own = args.key is not None
            by = [unlock.signer(args.key, args.key_passphrase_file)] if own else _vouchers(bank, args, args.end)
            lifecycle.end(bank, args.end, by)
        elif args.accept_loss is not None and args.key is not None:
            lifecycle.accept_loss(bank, unlock.signer(args.key, args.key_passphrase_file), args.accept_loss)
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
        return _("vouched for by {names}").format(names="、".join(person.vouched))
    return _("not separated: one holder")


def _enrol(bank: "OpenBank", args: argparse.Namespace) -> None:
    from bank.authoring import lifecycle, people
    from bank.refused import BadFile, Denied

    if not args.name or not args.role:
        raise BadFile("person-malformed", name=args.key.stem)
    # Whatever would refuse the person is asked before anybody types a passphrase.
    people.check_name(args.name, args.key.stem, bank.people.all(), same_name=args.same_name, was=args.was)
    vouchers = _vouchers(bank, args, "")
    if is_new := not args.key.exists():
        prompt = _("New passphrase of {file}").format(file=args.key.name)
        signer = people.create(args.key, ask_secret("key", prompt, args.key_passphrase_file, confirm=True))
    else:
        signer = unlock.signer(args.key, args.key_passphrase_file)
    roles = frozenset(map(people.Role, args.role))
    try:
        person = lifecycle.enrol(bank, signer, args.name, roles, vouchers, same_name=args.same_name, was=args.was)
    except (BadFile, Denied):
        if is_new:  # a refusal: nothing was enrolled, and no key file is left behind
            args.key.unlink(missing_ok=True)
        raise
    if is_new:
        print(_("{file} is this person's signature: it stays with them alone.").format(file=args.key), file=sys.stderr)
    if not person.vouched:
        print(_("Not separated: one person holds this bank, and nobody vouched for {name}.").format(name=person.name),
              file=sys.stderr)  # fmt: skip


def _vouchers(bank: "OpenBank", args: argparse.Namespace, besides: str) -> "list[Signer | Keeper]":
    """Two of the bank's people or, while there are not two, the keyholders who are present."""
    from bank import custody
    from bank.authoring import people
    from bank.refused import Denied

    known, shared = bank.people.all(), custody.is_shared(args.bank)
    name = known[besides].name if besides in known else besides or args.name
    wanted = people.needs(known, shared=shared, besides=besides)
    if besides and besides not in known:
        raise Denied("person-unknown", name=besides)
    if wanted == "sponsors":
        if len(set(args.sponsor)) != people.VOUCHERS:
            raise Denied("person-needs-sponsors", name=name, need=people.VOUCHERS)
        files = [*args.sponsor_passphrase_file, None, None]
        return [unlock.signer(key, file) for key, file in zip(args.sponsor, files, strict=False)]
    if wanted == "keepers":
        print(_("{name}: the keyholders by whom the bank is open vouch for this.").format(name=name), file=sys.stderr)
        shares = [offered.unseal(passphrase) for offered, passphrase in present(args, custody_of(args))]
        return [people.Keeper(share.head.holder, share.signing_key) for share in shares]
    if besides or len(known) >= people.VOUCHERS:
        raise Denied("person-needs-sharing", name=name, need=people.VOUCHERS)
    return []
