"""The keys of people, unlocked with a passphrase that is asked for or read from a file of one's own."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bank.refused import Denied
from tools.cli.language import _
from tools.cli.secrets import ask_secret

if TYPE_CHECKING:
    from bank.authoring.people import Signer
    from bank.store import OpenBank
    from examd.bureau.office import Office
    from examd.holders import Holder


def signer(file: Path, passphrase_file: Path | None) -> "Signer":
    """An author or reviewer of the bank, by the key file."""
    from bank.authoring import people

    return people.unlock(file, ask_secret("key", _("Passphrase of {file}", file=file.name), passphrase_file))


def signers(args: argparse.Namespace) -> "list[Signer]":
    """Those who take items out (`Command.takes_signers`): nobody, one, or two."""
    given = ((args.key, args.key_passphrase_file), (args.second, args.second_passphrase_file))
    return [signer(key, passphrase_file) for key, passphrase_file in given if key is not None]


def writer(bank: "OpenBank", args: argparse.Namespace) -> "Signer | None":
    """Whoever signs for what they write (`--as`); None in a bank of samples, where nobody has to.

    Raises Denied: when nobody is named in another bank.
    """

    if args.key is not None:
        return signer(args.key, args.key_passphrase_file)
    if not bank.sample:
        raise Denied("drafts-unsigned", file=args.bank.name)
    return None


def bureau(office: "Office", passphrase_file: Path | None) -> "Holder":
    """The issuing officer, who signs and seals for the bureau."""
    return office.unlock(ask_secret("bureau", _("Issuing officer's passphrase"), passphrase_file))
